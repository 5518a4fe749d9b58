//! The last call to another peer, kept while a card shows what it has to say of the one that is chosen.

use super::Call;
use crate::model::{options::Options, target::Target};

/// A call and what it was made with.
#[derive(Debug, Clone)]
pub struct Made {
    /// The call.
    pub call: Call,
    /// What it was made with, and for whom.
    pub options: Options,
}

/// One call at most: frames are large.
#[derive(Debug, Clone, Default)]
pub struct Aside(Option<Made>);

impl Aside {
    /// The call to show for `target` in place of `shown`, which went to another peer: the one that was put aside if it
    /// went there, otherwise none yet. `shown` is put aside, if anything was called.
    pub fn exchange(&mut self, shown: Made, target: Option<&Target>) -> Made {
        let back = self
            .0
            .take_if(|made| Target::is_same(made.options.target.as_ref(), target));
        let next = match back {
            Some(mut made) => {
                made.call.come_back(&shown.call);
                made
            }
            None => Made {
                call: shown.call.put_aside(),
                options: Options {
                    target: target.cloned(),
                    ..Options::default()
                },
            },
        };
        if !shown.call.is_idle() {
            self.0 = Some(shown);
        }
        next
    }

    /// What is kept.
    pub fn made(&self) -> Option<&Made> {
        self.0.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{call::Event, hello::Kind};

    fn peer(id: &str) -> Option<Target> {
        Some(Target {
            id: id.into(),
            name: id.into(),
        })
    }

    /// A card that was called so: the call has ended.
    fn called(mut made: Made) -> Made {
        let run = made.call.begin(0.0);
        made.call.apply(run, 1.0, Event::Cancelled);
        made
    }

    fn idle() -> Made {
        Made {
            call: Call::new(Kind::Unary),
            options: Options::default(),
        }
    }

    fn ids(made: &Made) -> Vec<u64> {
        made.call.log().entries().map(|entry| entry.id).collect()
    }

    #[test]
    fn a_peer_that_was_not_called_has_no_call_and_the_one_before_comes_back_with_its_peer() {
        let mut aside = Aside::default();
        let home = called(idle());
        let (cali, bogota) = (peer("cali"), peer("bogota"));
        let fresh = aside.exchange(home.clone(), cali.as_ref());
        assert!(fresh.call.is_idle());
        assert_eq!(fresh.options.target, cali);
        // Nothing was called there: what is kept stays.
        let fresh = aside.exchange(fresh, bogota.as_ref());
        assert!(fresh.call.is_idle());
        let back = aside.exchange(fresh, None);
        assert_eq!((ids(&back), back.options.target.clone()), (ids(&home), None));
        assert!(aside.made().is_none());
    }

    #[test]
    fn no_row_and_no_call_of_one_peer_is_taken_for_one_of_another() {
        let mut aside = Aside::default();
        let cali = peer("cali");
        let home = called(idle());
        let far = called(aside.exchange(home.clone(), cali.as_ref()));
        let (first, second) = (ids(&home), ids(&far));
        let back = called(aside.exchange(far.clone(), None));
        let third = ids(&back);
        assert!(first.iter().chain(&second).all(|id| !third.contains(id)));
        assert!(first.iter().all(|id| !second.contains(id)));
        assert_ne!(back.call.run(), far.call.run());
    }
}

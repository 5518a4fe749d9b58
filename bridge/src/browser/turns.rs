//! Who may open a socket now: a browser punishes a page that opens many at once.

use std::{cell::RefCell, collections::HashMap, future::poll_fn, mem, task::Poll, task::Waker};

/// So many sockets to one origin may be opening at once.
///
/// Chromium opens those to one address one after the other anyway, but holds each up for longer the more of a page
/// are waiting: by a millisecond at four, by one to five seconds from sixteen on.
const AT_ONCE: usize = 4;

thread_local! {
    /// Origins that sockets are being opened to.
    static ORIGINS: RefCell<HashMap<String, Turns>> = RefCell::default();
}

#[derive(Debug, Default)]
struct Turns {
    opening: usize,
    /// All of them look again when a turn ends: one alone might be of a call that was dropped.
    waiting: Vec<Waker>,
}

/// The right to open a socket, until it is open or given up.
#[derive(Debug)]
pub(super) struct Turn {
    origin: String,
}

impl Turn {
    /// Waits for a turn.
    pub(super) async fn wait(origin: &str) -> Self {
        poll_fn(|cx| {
            ORIGINS.with_borrow_mut(|origins| {
                let turns = origins.entry(origin.to_owned()).or_default();
                if turns.opening < AT_ONCE {
                    turns.opening += 1;
                    return Poll::Ready(());
                }
                if !turns.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                    turns.waiting.push(cx.waker().clone());
                }
                Poll::Pending
            })
        })
        .await;
        Self {
            origin: origin.to_owned(),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let waiting = ORIGINS.with_borrow_mut(|origins| {
            let turns = origins.get_mut(&self.origin)?;
            turns.opening -= 1;
            let waiting = mem::take(&mut turns.waiting);
            if turns.opening == 0 {
                origins.remove(&self.origin);
            }
            Some(waiting)
        });
        // With nothing borrowed: whoever is woken may look at once.
        for waker in waiting.into_iter().flatten() {
            waker.wake();
        }
    }
}

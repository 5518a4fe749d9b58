//! A try to reach a peer, step by step.

use contract::parcero::v1::{DiagnoseStep, diagnose_step};
use tonic::Status;

use crate::model::visible::visible;

/// What was seen at a step, at most: some addresses, or a reason.
const EVIDENCE_CHARS: usize = 400;

/// A step on the way to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An address of it is known.
    Address,
    /// Something answers there.
    Packets,
    /// What answers proves to be that peer.
    Handshake,
    /// Both belong to one network, and neither blocked the other.
    Admission,
    /// A call comes back.
    Call,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Step; 5] = [
        Step::Address,
        Step::Packets,
        Step::Handshake,
        Step::Admission,
        Step::Call,
    ];

    /// Its name in `data-step`.
    pub fn word(self) -> &'static str {
        match self {
            Step::Address => "address",
            Step::Packets => "packets",
            Step::Handshake => "handshake",
            Step::Admission => "admission",
            Step::Call => "call",
        }
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It went well.
    Passed,
    /// It did not; none comes after.
    Failed,
    /// It is tried now.
    Trying,
    /// It was not tried, or not yet.
    Untried,
}

/// A diagnosis, as far as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagnosis {
    done: Vec<Done>,
    end: Option<End>,
    ended_at: Option<i64>, // seconds since 1970
    is_past: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Done {
    step: Step,
    passed: bool,
    evidence: String,
    next: String,
}

#[derive(Debug, Clone)]
enum End {
    All,
    Broken(Status),
}

impl PartialEq for End {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (End::All, End::All) => true,
            (End::Broken(one), End::Broken(other)) => {
                one.code() == other.code() && one.message() == other.message()
            }
            (End::All | End::Broken(_), _) => false,
        }
    }
}

impl Diagnosis {
    /// Takes the next step. One this page does not know is left out.
    pub fn push(&mut self, said: &DiagnoseStep) {
        let step = match said.step() {
            diagnose_step::Step::Unspecified => return,
            diagnose_step::Step::Address => Step::Address,
            diagnose_step::Step::Packets => Step::Packets,
            diagnose_step::Step::Handshake => Step::Handshake,
            diagnose_step::Step::Admission => Step::Admission,
            diagnose_step::Step::Call => Step::Call,
        };
        self.done.retain(|done| done.step != step);
        self.done.push(Done {
            step,
            passed: said.passed,
            evidence: visible(&said.evidence, EVIDENCE_CHARS),
            next: visible(&said.next, EVIDENCE_CHARS),
        });
    }

    /// No more steps come; `now` is in seconds since 1970.
    pub fn end(&mut self, status: Result<(), Status>, now: i64) {
        self.ended_at = Some(now);
        self.end = Some(match status {
            Ok(()) => End::All,
            Err(status) => End::Broken(status),
        });
    }

    /// Each step, how it stands, and what was seen there.
    pub fn steps(&self) -> [(Step, Mark, &str); 5] {
        let mut is_next = self.end.is_none();
        Step::ALL.map(|step| match self.done.iter().find(|done| done.step == step) {
            Some(done) => {
                is_next &= done.passed;
                let mark = if done.passed { Mark::Passed } else { Mark::Failed };
                (step, mark, done.evidence.as_str())
            }
            None if std::mem::take(&mut is_next) => (step, Mark::Trying, ""),
            None => (step, Mark::Untried, ""),
        })
    }

    /// When it ended, in seconds since 1970: what it found may be otherwise by now.
    pub fn ended_at(&self) -> Option<i64> {
        self.ended_at
    }

    /// The peer came, or went: one that found the opposite is of the past.
    pub fn turn(&mut self, is_here: bool) {
        self.is_past |= !self.is_live() && self.is_well() != is_here;
    }

    /// Whether the peer came since it was not reached, or went since it was.
    pub fn is_past(&self) -> bool {
        self.is_past
    }

    /// Whether more steps may come.
    pub fn is_live(&self) -> bool {
        self.end.is_none()
    }

    /// The step that failed, and what the peer on this computer says to try next.
    pub fn failed(&self) -> Option<(Step, &str)> {
        let failed = self.done.iter().find(|done| !done.passed)?;
        Some((failed.step, failed.next.as_str()))
    }

    /// Why the diagnosis itself broke off, if it did.
    pub fn broken(&self) -> Option<&Status> {
        match &self.end {
            Some(End::Broken(status)) => Some(status),
            Some(End::All) | None => None,
        }
    }

    /// Whether every step passed.
    pub fn is_well(&self) -> bool {
        Step::ALL
            .iter()
            .all(|step| self.done.iter().any(|done| done.step == *step && done.passed))
    }
}

#[cfg(test)]
mod tests {
    use super::{diagnose_step::Step as Said, *};

    fn said(step: Said, passed: bool) -> DiagnoseStep {
        DiagnoseStep {
            step: step.into(),
            passed,
            evidence: "seen".into(),
            next: if passed { String::new() } else { "try".into() },
        }
    }

    fn marks(diagnosis: &Diagnosis) -> [Mark; 5] {
        diagnosis.steps().map(|(_, mark, _)| mark)
    }

    #[test]
    fn the_step_after_the_last_one_that_passed_is_being_tried() {
        let mut diagnosis = Diagnosis::default();
        assert_eq!(marks(&diagnosis)[0], Mark::Trying);
        diagnosis.push(&said(Said::Address, true));
        assert_eq!(
            marks(&diagnosis),
            [
                Mark::Passed,
                Mark::Trying,
                Mark::Untried,
                Mark::Untried,
                Mark::Untried
            ]
        );
    }

    #[test]
    fn nothing_is_tried_after_a_step_that_failed() {
        let mut diagnosis = Diagnosis::default();
        diagnosis.push(&said(Said::Address, true));
        diagnosis.push(&said(Said::Packets, false));
        let expected = [
            Mark::Passed,
            Mark::Failed,
            Mark::Untried,
            Mark::Untried,
            Mark::Untried,
        ];
        assert_eq!(marks(&diagnosis), expected);
        assert_eq!(diagnosis.ended_at(), None);
        diagnosis.end(Ok(()), 7);
        assert_eq!(diagnosis.ended_at(), Some(7));
        assert_eq!(marks(&diagnosis), expected);
        assert_eq!(diagnosis.failed(), Some((Step::Packets, "try")));
        assert!(!diagnosis.is_well());
    }

    #[test]
    fn five_steps_that_passed_are_a_peer_that_is_well() {
        let mut diagnosis = Diagnosis::default();
        for step in [
            Said::Address,
            Said::Packets,
            Said::Handshake,
            Said::Admission,
            Said::Call,
        ] {
            assert!(!diagnosis.is_well());
            diagnosis.push(&said(step, true));
        }
        assert!(diagnosis.is_well() && diagnosis.failed().is_none());
    }

    #[test]
    fn a_step_this_page_does_not_know_is_left_out() {
        let mut diagnosis = Diagnosis::default();
        let unknown = DiagnoseStep {
            step: 99,
            ..said(Said::Address, true)
        };
        diagnosis.push(&unknown);
        assert_eq!(diagnosis, Diagnosis::default());
    }

    #[test]
    fn a_diagnosis_that_breaks_off_says_why_and_tries_nothing_more() {
        let mut diagnosis = Diagnosis::default();
        diagnosis.push(&said(Said::Address, true));
        diagnosis.end(Err(Status::not_found("gone")), 7);
        assert_eq!(diagnosis.broken().unwrap().message(), "gone");
        assert_eq!(marks(&diagnosis)[1], Mark::Untried);
    }
}

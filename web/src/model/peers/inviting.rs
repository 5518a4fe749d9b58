//! Invitations: how one is asked for, and those that can still be used.

use contract::parcero::v1::{CreateInvitationRequest, Invitation as Said};
use tonic::Status;

/// The most friends one invitation makes; more is a mistake.
const MAX_USES: u32 = 1_000;

/// How long an invitation can be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Validity {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    #[default]
    Week,
    /// Thirty days.
    Month,
}

impl Validity {
    /// All of them, the shortest first.
    pub const ALL: [Validity; 4] = [Validity::Hour, Validity::Day, Validity::Week, Validity::Month];

    /// In seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Validity::Hour => 60 * 60,
            Validity::Day => 24 * 60 * 60,
            Validity::Week => 7 * 24 * 60 * 60,
            Validity::Month => 30 * 24 * 60 * 60,
        }
    }

    /// The one with so many seconds.
    pub fn of(seconds: &str) -> Option<Self> {
        Validity::ALL
            .into_iter()
            .find(|validity| validity.seconds().to_string() == seconds)
    }
}

/// What stands in the dialog.
#[derive(Debug, Clone)]
pub struct Form {
    /// For how many friends, as typed.
    pub uses: String,
    /// For how long.
    pub validity: Validity,
    /// The ticket that was made last.
    pub made: Option<String>,
    /// The invitations that can still be used.
    pub open: Vec<Invitation>,
    /// Why something could not be done.
    pub failed: Option<Status>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            uses: "1".into(),
            validity: Validity::default(),
            made: None,
            open: Vec::new(),
            failed: None,
        }
    }
}

/// An invitation that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// By which it is revoked; no secret.
    pub id: String,
    /// How often it can be used.
    pub uses_left: u64,
    /// Until when, in seconds since 1970.
    pub expires: Option<i64>,
}

impl Invitation {
    /// What was said of one.
    pub fn read(said: &Said) -> Self {
        Self {
            id: said.id.clone(),
            uses_left: said.uses_left.into(),
            expires: said.expires.map(|time| time.seconds),
        }
    }
}

impl Form {
    /// What to ask the peer for; nothing if the number is none.
    pub fn request(&self) -> Option<CreateInvitationRequest> {
        let uses = self
            .uses
            .trim()
            .parse()
            .ok()
            .filter(|uses| (1..=MAX_USES).contains(uses))?;
        Some(CreateInvitationRequest {
            uses,
            valid_for: Some(prost_types::Duration {
                seconds: self.validity.seconds(),
                nanos: 0,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_for_one_to_a_thousand_friends() {
        let uses = |text: &str| {
            let form = Form {
                uses: text.into(),
                ..Form::default()
            };
            form.request().map(|request| request.uses)
        };
        assert_eq!((uses("1"), uses(" 1000 ")), (Some(1), Some(1_000)));
        for nothing in ["", "0", "1001", "-1", "1.5", "x"] {
            assert_eq!(uses(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_validity_is_found_by_its_seconds() {
        for validity in Validity::ALL {
            assert_eq!(Validity::of(&validity.seconds().to_string()), Some(validity));
        }
        assert_eq!(Validity::of("1"), None);
    }
}

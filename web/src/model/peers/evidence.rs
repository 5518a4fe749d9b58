//! What was seen at a step of a diagnosis: as meanings where the peer on this computer says it in words this page knows,
//! so that each language has its own for them, and as a quote where it passes on what somebody else said.

use super::diagnosis::Step;

/// What was seen, from the general to the particular, and how long the step took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// What was seen.
    pub seen: Vec<Seen<'a>>,
    /// In milliseconds, where that was said.
    pub took_ms: Option<u64>,
}

/// One thing that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// Addresses, which read the same in every language.
    Addresses(&'a str),
    /// None of the peer is known.
    NoAddress,
    /// All that are known are on networks this machine is not in.
    AddressesElsewhere,
    /// Packets come and go by this address.
    PacketsBy(&'a str),
    /// Packets came back.
    Answered,
    /// Nothing came back within so many seconds.
    NoAnswer(&'a str),
    /// It proved its key.
    ItsKey,
    /// What answers has another key.
    OtherKey,
    /// It speaks another version than this one.
    OtherVersion(&'a str),
    /// Both belong to one network.
    SameNetwork,
    /// It belongs to another network.
    OtherNetwork,
    /// The secret of the network is not the same on both sides.
    OtherSecret,
    /// It is blocked here.
    BlockedHere,
    /// This peer is blocked there.
    BlockedThere,
    /// The call of this method came back.
    CameBack(&'a str),
    /// The call was taken, and not answered within so many seconds.
    NoReply(&'a str),
    /// It cannot be reached, for what comes next.
    Unreachable,
    /// It refused, for what comes next.
    Refused,
    /// What was said, as it was said: in English.
    Quote(&'a str),
}

impl<'a> Evidence<'a> {
    /// What this evidence of a step means.
    pub fn read(step: Step, said: &'a str) -> Self {
        let took = said
            .strip_suffix(" ms)")
            .and_then(|said| said.rsplit_once(" (after "))
            .and_then(|(said, took)| Some((said, took.parse().ok()?)));
        let (said, took_ms) = took.map_or((said, None), |(said, took_ms)| (said, Some(took_ms)));
        let mut seen = Vec::new();
        match (said.is_empty(), whole(said)) {
            (true, _) => {}
            (false, Some(known)) => seen.push(known),
            // The one step whose evidence is not a sentence.
            (false, None) if step == Step::Address => seen.push(Seen::Addresses(said)),
            (false, None) => {
                let mut rest = said;
                for (opening, known) in [
                    ("something answered: ", Seen::Answered),
                    ("the peer cannot be reached: ", Seen::Unreachable),
                    ("the peer refused: ", Seen::Refused),
                ] {
                    if whole(rest).is_none()
                        && let Some(after) = rest.strip_prefix(opening)
                    {
                        seen.push(known);
                        rest = after;
                    }
                }
                seen.push(whole(rest).unwrap_or(Seen::Quote(rest)));
            }
        }
        Self { seen, took_ms }
    }
}

/// What a whole sentence means, if it is one of those that are known.
fn whole(said: &str) -> Option<Seen<'_>> {
    let within = |opening: &str, ending: &str| said.strip_prefix(opening)?.strip_suffix(ending);
    Some(match said {
        "no address of this peer is known" => Seen::NoAddress,
        "all known addresses of this peer are on networks this machine is not in" => Seen::AddressesElsewhere,
        "something answered" => Seen::Answered,
        "it has proved its key" | "it proved its key" => Seen::ItsKey,
        "the peer cannot be reached: what answers there has another key" => Seen::OtherKey,
        "both belong to the same network" => Seen::SameNetwork,
        "the peer refused: it belongs to another network"
        | "the peer refused: this peer belongs to another network" => Seen::OtherNetwork,
        "the peer refused: the secret of the network is not the same on both sides" => Seen::OtherSecret,
        "that peer is blocked; unblock it first" => Seen::BlockedHere,
        "the peer refused: the person of that peer has blocked this one" => Seen::BlockedThere,
        _ => {
            if let Some(address) = said.strip_prefix("packets come and go by ") {
                Seen::PacketsBy(address)
            } else if let Some(method) = said.strip_suffix(" came back") {
                Seen::CameBack(method)
            } else if let Some(seconds) = within("the peer cannot be reached: no answer within ", " seconds")
            {
                Seen::NoAnswer(seconds)
            } else if let Some(seconds) = within(
                "the peer cannot be reached: it took the call and did not answer within ",
                " seconds",
            ) {
                Seen::NoReply(seconds)
            } else {
                let (version, _) = said
                    .strip_prefix("the peer speaks another version of parcero than this one (")?
                    .split_once(')')?;
                Seen::OtherVersion(version)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(step: Step, said: &str, seen: &[Seen<'_>], took_ms: Option<u64>) {
        let evidence = Evidence::read(step, said);
        assert_eq!(
            (evidence.seen.as_slice(), evidence.took_ms),
            (seen, took_ms),
            "{said}"
        );
    }

    #[test]
    fn what_this_software_says_has_a_meaning_and_all_else_is_a_quote() {
        let (refused, unreachable, answered) = (Seen::Refused, Seen::Unreachable, Seen::Answered);
        check(Step::Address, "", &[], None);
        check(
            Step::Address,
            "127.0.0.1:5, [::1]:6",
            &[Seen::Addresses("127.0.0.1:5, [::1]:6")],
            None,
        );
        check(
            Step::Address,
            "no address of this peer is known",
            &[Seen::NoAddress],
            None,
        );
        check(
            Step::Packets,
            "packets come and go by 127.0.0.1:5 (after 12 ms)",
            &[Seen::PacketsBy("127.0.0.1:5")],
            Some(12),
        );
        check(
            Step::Packets,
            "the peer cannot be reached: no answer within 5 seconds (after 5003 ms)",
            &[Seen::NoAnswer("5")],
            Some(5003),
        );
        check(
            Step::Packets,
            "something answered: the peer cannot be reached: what answers there has another key",
            &[answered, Seen::OtherKey],
            None,
        );
        check(
            Step::Packets,
            "something answered: the peer cannot be reached: reset by peer",
            &[answered, unreachable, Seen::Quote("reset by peer")],
            None,
        );
        check(
            Step::Handshake,
            "the peer speaks another version of parcero than this one (0.2.0): update the older of the two",
            &[Seen::OtherVersion("0.2.0")],
            None,
        );
        check(
            Step::Admission,
            "the peer refused: the person of that peer has blocked this one",
            &[Seen::BlockedThere],
            None,
        );
        check(
            Step::Admission,
            "the peer refused: it did not greet (after x ms)",
            &[refused, Seen::Quote("it did not greet (after x ms)")],
            None,
        );
        check(
            Step::Call,
            "grpc.health.v1.Health/Check came back (after 3 ms)",
            &[Seen::CameBack("grpc.health.v1.Health/Check")],
            Some(3),
        );
    }
}

//! The view Peers in English.

use tonic::Code;

use super::{Adding, Details, Diagnosis, Inviting, Notifying, Peers, Picture, Table};
use crate::model::peers::{
    diagnosis::{Mark, Step},
    evidence::Seen,
    peer::{Path, Relation, Source},
    picture::Look,
    work::{Deed, Sure},
};

/// The view Peers in English.
pub(in crate::i18n) const ENGLISH: Peers = Peers {
    title: "Peers",
    reachable: |count, of| format!("{count} of {of} reachable. No server in the middle."),
    asking: "Looking for other peers…",
    nobody: "Nobody else yet. A peer on the same network shows up by itself; for any other, invite its person or paste their ticket.",
    old: "The peer on this computer is not there: this is how things were.",
    network: |name, is_secret| {
        if is_secret {
            format!("Network “{name}”: nobody enters without its secret.")
        } else {
            format!("Network “{name}”.")
        }
    },
    this_peer: "this peer",
    here: "here",
    away: "away",
    unknown: "not known",
    requests: |count| match count {
        1 => "1 friend request".to_owned(),
        _ => format!("{count} friend requests"),
    },
    asks: |name| format!("{name} asks to be friends"),
    busy: "Something is being done with this peer: wait a moment",
    gone: "The peer on this computer is not there: start it again first",
    picture: Picture {
        label: |count| {
            format!(
                "The network: this peer in the middle, and {count} around it. The table below says the same in words."
            )
        },
        look: |look| match look {
            Look::Lan => "this network",
            Look::Direct => "direct, over the internet",
            Look::Relayed => "by a relay",
            Look::None => "not connected",
            Look::Knows => "know each other",
        },
        left_out: |count| format!("{count} more in the table."),
    },
    table: Table {
        label: "The peers that are known",
        peer: "Peer",
        identity: "Identity",
        path: "Path",
        round_trip: "Round trip",
        last_seen: "Last seen",
        traffic: "Received / sent",
        actions: "Actions",
        relation: |relation| match relation {
            Relation::Stranger => "stranger",
            Relation::Friend => "friend",
            Relation::Blocked => "blocked",
        },
        means: |relation| match relation {
            Relation::Stranger => "Found or introduced, and no more: it may say hello and ask to be friends.",
            Relation::Friend => "You both agreed to be friends.",
            Relation::Blocked => "Nothing of it is answered.",
        },
        asks: "asks to be friends",
        asked: "asked, no answer yet",
        doubtful: "known name, another key",
        path_is: |path| match path {
            Path::Lan => "this network",
            Path::Direct => "direct",
            Path::Relayed => "relayed",
        },
        never: "never",
        say_hello: "Say hello",
        details: "More",
    },
    details: Details {
        fingerprint: "Fingerprint",
        compare: "Read it to each other: the same on both sides is the same peer.",
        own_name: "Calls itself",
        version: "Version",
        source: "Known",
        source_is: |source| match source {
            Source::Discovered => "found on this network",
            Source::Introduced => "introduced by another peer",
            Source::Ticket => "by a ticket",
            Source::Called => "it came by itself",
        },
        first_seen: "Known since",
        another_key: "You know a peer of this name, and it has another key: this may be somebody else. Compare fingerprints before you trust it.",
        name: "Your name for it",
        deed: |deed| match deed {
            Deed::Ask => "Ask to be friends",
            Deed::Accept => "Accept",
            Deed::Decline => "Decline",
            Deed::Remove => "End the friendship",
            Deed::Name => "Rename",
            Deed::Block => "Block",
            Deed::Unblock => "Unblock",
            Deed::Forget => "Forget",
            Deed::Ping => "Ping",
        },
        done: |deed| match deed {
            Deed::Ask => "Asked. Its person accepts or declines.",
            Deed::Accept => "You are friends now.",
            Deed::Decline => "Declined. It is not told, and may not ask again for a day.",
            Deed::Remove => "You are no longer friends.",
            Deed::Name => "Renamed.",
            Deed::Block => "Blocked. Nothing of it is answered.",
            Deed::Unblock => "No longer blocked. It is a stranger now.",
            Deed::Forget => "Forgotten.",
            Deed::Ping => "It answered.",
        },
        doing: "Doing it…",
        sure: |sure| match sure {
            Sure::Remove => "End the friendship? To be friends again one of you has to ask.",
            Sure::BlockFriend => {
                "Block it? The friendship ends, and nothing of it is answered. Unblocking makes a stranger of it, not a friend."
            }
            Sure::BlockStranger => "Block it? Nothing of it is answered until you unblock it.",
            Sure::Forget => {
                "Forget its name and all that is between you? It may be found anew, as a stranger."
            }
        },
        keep: "Keep",
        answered: |time, path| match path {
            Some(path) => format!("It answered in {time} ({path})."),
            None => format!("It answered in {time}."),
        },
    },
    diagnosis: Diagnosis {
        diagnose: "Diagnose",
        title: "Step by step",
        step: |step| match step {
            Step::Address => "An address of it is known",
            Step::Packets => "Something answers there",
            Step::Handshake => "It proves to be this peer, by its key",
            Step::Admission => "Both are in one network, and neither blocks the other",
            Step::Call => "A call comes back",
        },
        mark: |mark| match mark {
            Mark::Passed => "passed",
            Mark::Failed => "failed",
            Mark::Trying => "trying…",
            Mark::Untried => "not tried",
        },
        seen: |seen| match seen {
            Seen::Addresses(said) | Seen::Quote(said) => (*said).to_owned(),
            Seen::NoAddress => "no address of it is known".to_owned(),
            Seen::AddressesElsewhere => {
                "all its known addresses are on networks this computer is not in".to_owned()
            }
            Seen::PacketsBy(address) => format!("packets come and go by {address}"),
            Seen::Answered => "something answered".to_owned(),
            Seen::NoAnswer(seconds) => format!("no answer within {seconds} seconds"),
            Seen::ItsKey => "it proved its key".to_owned(),
            Seen::OtherKey => "what answers there has another key".to_owned(),
            Seen::OtherVersion(version) => format!("it speaks another version than this peer ({version})"),
            Seen::SameNetwork => "both belong to the same network".to_owned(),
            Seen::OtherNetwork => "it belongs to another network".to_owned(),
            Seen::OtherSecret => "the secret of the network is not the same on both sides".to_owned(),
            Seen::BlockedHere => "it is blocked here".to_owned(),
            Seen::BlockedThere => "its person has blocked this peer".to_owned(),
            Seen::CameBack(method) => format!("{method} came back"),
            Seen::NoReply(seconds) => format!("it took the call and did not answer within {seconds} seconds"),
            Seen::Unreachable => "it cannot be reached".to_owned(),
            Seen::Refused => "it refused".to_owned(),
        },
        next: |step, said| {
            match (step, said) {
            (Step::Address, "") => "Ask its person for a new ticket, and add it here.".to_owned(),
            (Step::Handshake, "") => {
                "Another peer may have its address now, or its version cannot talk to this one: ask its person for a new ticket, and compare versions.".to_owned()
            }
            (Step::Packets, "") => {
                "See that it runs, that both computers are on one network, and that no firewall drops UDP to its port.".to_owned()
            }
            (Step::Admission, "") => "Compare the network and its secret on both sides, and see that neither blocks the other.".to_owned(),
            (Step::Call, "") => "It is there and answers no calls: its terminal may tell more.".to_owned(),
            (_, said) => said.to_owned(),
        }
        },
        try_next: "Try next:",
        well: "Every step passed: this peer was reached.",
        made: |when| format!("Tried {when}."),
        made_before_it_came: |when| format!("Tried {when}, before it came back."),
        made_before_it_went: |when| format!("Tried {when}, before it went away."),
    },
    adding: Adding {
        open: "Add a friend…",
        title: "Add a friend",
        by_link: "A link brought this ticket. Nothing has been done with it yet.",
        ticket: "Ticket or link",
        hint: "Your friend gets one by Invite, or by `parcero ticket`.",
        reading: "Reading the ticket…",
        no_ticket: "This is no ticket: it is one long word that begins with “parcero”, or a link that ends in one.",
        damaged: "This begins as a ticket does, but it is incomplete or mistyped: copy all of it once more.",
        whose: |name| format!("This is a ticket of {name}."),
        whose_unknown: "This is a ticket of a peer that is not known here yet.",
        reached_at: |addresses| format!("It says to be reached at {addresses}."),
        with_invitation: "It carries an invitation: you will be friends at once. Compare the fingerprint with your friend first.",
        without_invitation: "It carries no invitation: the peer becomes known, as a stranger. You can ask to be friends then.",
        own: "This is a ticket of this very peer. Give it to somebody else.",
        is_friend: "You are friends already.",
        is_blocked: "You have blocked this peer: unblock it first.",
        name: "Your name for it (or leave it empty)",
        add: "Add",
        cancel: "Cancel",
        friends_now: "You are friends now.",
        friends_soon: "It cannot be reached now. The invitation is kept, and used as soon as it can.",
        known_now: "It is known now, as a stranger: you can ask to be friends.",
    },
    inviting: Inviting {
        open: "Invite…",
        title: "Invite a friend",
        intro: "Whoever uses an invitation is your friend at once. Hand it over as you would a key.",
        uses: "For how many friends",
        bad_uses: "A whole number from 1 to 1,000.",
        valid_for: "Good for",
        hour: "an hour",
        day: "a day",
        week: "a week",
        month: "30 days",
        make: "Make an invitation",
        ticket: "Ticket",
        link: "Link",
        link_hint: "The link opens your friend's own page, where a peer is running.",
        code: "The ticket as a QR code",
        secret: "It is shown only now: copy it before you close this.",
        open_ones: "Open invitations",
        none: "None that could still be used.",
        uses_left: |count| match count {
            1 => "1 use left".to_owned(),
            _ => format!("{count} uses left"),
        },
        expires: |when| format!("ends {when}"),
        revoke: "Revoke",
        close: "Close",
    },
    notifying: Notifying {
        label: "Notify me when somebody asks to be friends",
        denied: "The browser does not allow this page to notify. Its site settings can change that.",
        body: "Accept or decline in the view Peers.",
    },
    failed: |code| match code {
        Code::Unavailable => Some("It cannot be reached now. Diagnose shows where the way ends."),
        Code::PermissionDenied => Some("It refused."),
        Code::NotFound => Some("There is nothing of this any more; the list shows how things are."),
        Code::FailedPrecondition => Some("It is blocked here. Unblock it first."),
        Code::InvalidArgument => Some("This cannot be done so."),
        _ => None,
    },
};

//! Tickets: how to reach a peer, and perhaps an invitation to be its friend, in one word to paste.

use std::{fmt, str::FromStr};

use iroh::{EndpointAddr, EndpointId, TransportAddr};
use iroh_tickets::{ParseError, Ticket as _};
use serde::{Deserialize, Serialize};

/// The secret of an invitation. It is not printed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationSecret([u8; 16]);

impl InvitationSecret {
    /// Keeps this one.
    pub fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// The secret itself, to be sent to the peer that made it or compared with what came.
    pub fn reveal(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for InvitationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The most addresses a ticket may hold: a machine has a few.
const MAX_ADDRESSES: usize = 32;

/// What stands before the ticket in a link to the page, `http://localhost:50051/#join=TICKET`, as the page makes them.
const JOIN: &str = "#join=";

/// How to reach a peer, and perhaps an invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    address: EndpointAddr,
    invitation: Option<InvitationSecret>,
}

/// The bytes of a ticket, by version.
#[derive(Serialize, Deserialize)]
enum Wire {
    V1 {
        id: EndpointId,
        addrs: Vec<TransportAddr>,
        invitation: Option<InvitationSecret>,
    },
}

impl Ticket {
    /// A ticket for the peer at `address`.
    pub fn new(address: EndpointAddr, invitation: Option<InvitationSecret>) -> Self {
        Self { address, invitation }
    }

    /// Whose ticket it is.
    pub fn id(&self) -> EndpointId {
        self.address.id
    }

    /// How to reach that peer.
    pub fn address(&self) -> &EndpointAddr {
        &self.address
    }

    /// The secret that makes friends, if there is one in it.
    pub fn invitation(&self) -> Option<InvitationSecret> {
        self.invitation
    }
}

impl iroh_tickets::Ticket for Ticket {
    const KIND: &'static str = "parcero";

    fn encode_bytes(&self) -> Vec<u8> {
        let wire = Wire::V1 {
            id: self.address.id,
            addrs: self.address.addrs.iter().cloned().collect(),
            invitation: self.invitation,
        };
        // Into memory, of types that always can be: postcard has no reason to refuse.
        postcard::to_stdvec(&wire).unwrap_or_default()
    }

    fn decode_bytes(bytes: &[u8]) -> Result<Self, ParseError> {
        let (
            Wire::V1 {
                id,
                addrs,
                invitation,
            },
            rest,
        ) = postcard::take_from_bytes(bytes)?;
        if !rest.is_empty() {
            return Err(ParseError::verification_failed("there is more than a ticket"));
        }
        if addrs.len() > MAX_ADDRESSES {
            return Err(ParseError::verification_failed("too many addresses"));
        }
        Ok(Self {
            address: EndpointAddr::from_parts(id, addrs),
            invitation,
        })
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode_string())
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("address", &self.address)
            .field("invitation", &self.invitation)
            .finish()
    }
}

/// A text that is no ticket.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}. A ticket is one word that begins with `parcero`, as `parcero ticket` prints it, or a \
     link that has one behind `#join=`"
)]
pub struct NoTicket(String);

impl FromStr for Ticket {
    type Err = NoTicket;

    fn from_str(text: &str) -> Result<Self, NoTicket> {
        // As a QR code has it, in capitals, it is the same ticket.
        let text = text.trim().to_ascii_lowercase();
        let ticket = text.split_once(JOIN).map_or(text.as_str(), |(_, ticket)| ticket);
        Self::decode_string(ticket).map_err(|error| {
            NoTicket(match ticket.starts_with(Self::KIND) {
                true => format!("the ticket is incomplete or mistyped ({error})"),
                false => format!("this is no ticket of a peer ({error})"),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;
    use proptest::prelude::*;

    use super::*;

    fn ticket(invitation: Option<InvitationSecret>) -> Ticket {
        let id = SecretKey::from_bytes(&[7; 32]).public();
        Ticket::new(
            EndpointAddr::new(id).with_ip_addr("127.0.0.1:4000".parse().unwrap()),
            invitation,
        )
    }

    #[test]
    fn a_ticket_survives_being_pasted() {
        for ticket in [ticket(None), ticket(Some(InvitationSecret::new([9; 16])))] {
            let text = ticket.to_string();
            assert!(text.starts_with("parcero"));
            assert_eq!(format!(" {text}\n").parse::<Ticket>().unwrap(), ticket);
            assert_eq!(text.to_ascii_uppercase().parse::<Ticket>().unwrap(), ticket);
            let link = format!("http://localhost:50051/#join={text}");
            assert_eq!(link.parse::<Ticket>().unwrap(), ticket);
            assert_eq!(link.to_ascii_uppercase().parse::<Ticket>().unwrap(), ticket);
        }
    }

    #[test]
    fn a_damaged_ticket_is_told_from_what_is_none() {
        let text = ticket(None).to_string();
        for (text, why) in [
            (&text[..text.len() - 4], "the ticket is incomplete or mistyped ("),
            ("hello", "this is no ticket of a peer ("),
        ] {
            let error = text.parse::<Ticket>().unwrap_err().to_string();
            assert!(error.starts_with(why), "{error}");
        }
    }

    #[test]
    fn the_secret_of_an_invitation_is_not_printed_for_debugging() {
        let text = format!("{:?}", ticket(Some(InvitationSecret::new([9; 16]))));
        assert!(text.contains("[redacted]") && !text.contains("9, 9"), "{text}");
    }

    #[test]
    fn a_ticket_of_today_can_be_read_for_ever() {
        let text = "parceroadveu3dd4kofecv66vihwezoyx4zkr3wv27l464siipou2iui3jcyaibab7qaaabuapqccijbeeqscijbeeqscijbeeqsci";
        assert_eq!(ticket(Some(InvitationSecret::new([9; 16]))).to_string(), text);
        assert_eq!(
            text.parse::<Ticket>().unwrap(),
            ticket(Some(InvitationSecret::new([9; 16])))
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(parcero)?[a-z2-7]{0,200}") {
            let _ = text.parse::<Ticket>();
        }
    }
}

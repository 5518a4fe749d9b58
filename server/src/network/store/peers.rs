//! Peers as they are written down.

use std::{collections::BTreeSet, net::SocketAddr};

use iroh::EndpointId;
use rusqlite::{Connection, params};

use crate::network::{
    InvitationSecret,
    known::{Known, Relation, Source},
};

/// Everybody known in a network.
pub(super) fn load(connection: &Connection, network: &str) -> rusqlite::Result<Vec<Known>> {
    let mut statement = connection.prepare(
        "SELECT id, own_name, label, relation, source, addresses, card_made, first_seen, last_seen, version, asks, asked,
                declined_until, invitation, ticket_addresses
         FROM peers WHERE network = ?1",
    )?;
    let rows = statement.query_map([network], |row| {
        let id: [u8; 32] = row.get(0)?;
        let Ok(id) = EndpointId::from_bytes(&id) else {
            return Ok(None);
        };
        let addresses = |column: usize| -> rusqlite::Result<_> {
            let lines: String = row.get(column)?;
            Ok(lines
                .lines()
                .filter_map(|line| line.parse::<SocketAddr>().ok())
                .collect())
        };
        Ok(Some(Known {
            own_name: row.get(1)?,
            label: row.get(2)?,
            relation: Relation::from_number(row.get(3)?),
            source: Source::from_number(row.get(4)?),
            addresses: addresses(5)?,
            ticket_addresses: addresses(14)?,
            card_made: row.get(6)?,
            first_seen: row.get(7)?,
            last_seen: row.get(8)?,
            version: row.get(9)?,
            asks: row.get(10)?,
            asked: row.get(11)?,
            declined_until: row.get(12)?,
            invitation: row.get::<_, Option<[u8; 16]>>(13)?.map(InvitationSecret::new),
            ..Known::new(id, Source::Called)
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// A number as SQLite can keep it: one that is too large is the largest.
pub(super) fn kept(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Writes down what is known of one peer.
pub(super) fn save(connection: &Connection, network: &str, known: &Known) -> rusqlite::Result<()> {
    let lines = |addresses: &BTreeSet<SocketAddr>| {
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        addresses.join("\n")
    };
    connection.execute(
        "INSERT OR REPLACE INTO peers (network, id, own_name, label, relation, source, addresses, card_made, first_seen,
                                       last_seen, version, asks, asked, declined_until, invitation, ticket_addresses)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            network,
            known.id.as_bytes(),
            known.own_name,
            known.label,
            known.relation as i64,
            known.source as i64,
            lines(&known.addresses),
            kept(known.card_made),
            kept(known.first_seen),
            known.last_seen.map(kept),
            known.version,
            known.asks,
            known.asked,
            kept(known.declined_until),
            known.invitation.as_ref().map(InvitationSecret::reveal),
            lines(&known.ticket_addresses),
        ],
    )?;
    Ok(())
}

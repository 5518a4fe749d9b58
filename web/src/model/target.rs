//! The peer a call is for.

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};

use super::metadata::Metadata;

/// The metadata key that names the peer a call is for.
pub const PEER_KEY: &str = "parcero-peer";

/// Another peer than the one the page belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Its name when it was chosen.
    pub name: String,
}

impl Target {
    /// Whether both are one peer; none is the one of the page.
    pub fn is_same(one: Option<&Self>, other: Option<&Self>) -> bool {
        one.map(|target| &target.id) == other.map(|target| &target.id)
    }

    /// The metadata that has a call passed on to it; none for an id that is no id.
    pub fn row(&self) -> Option<Metadata> {
        let value: AsciiMetadataValue = self.id.parse().ok()?;
        Some(Metadata::Text(AsciiMetadataKey::from_static(PEER_KEY), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_travels_by_its_id_and_never_by_its_name() {
        let target = Target {
            id: "b05c".into(),
            name: "bogotá".into(),
        };
        let Some(Metadata::Text(key, value)) = target.row() else {
            panic!("no row");
        };
        assert_eq!((key.as_str(), value.to_str().unwrap()), ("parcero-peer", "b05c"));
    }
}

//! What an entry holds once opened, and what waits in the queue to be put into one.

use crate::record::DocKey;
use automerge::Change;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use protocol::entry::Head;

/// Plaintext of an entry of kind [`protocol::entry::KIND_CHANGES`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Payload {
    /// How far the author had every device's chain when it sealed this, sorted by device.
    #[n(0)]
    pub seen: Vec<Head>,
    /// Changes, in an order in which they can be applied.
    #[n(1)]
    pub items: Vec<Item>,
}

/// Changes of one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    /// Which document.
    #[n(0)]
    pub key: DocKey,
    /// Automerge changes in their own binary format.
    #[n(1)]
    pub changes: Vec<ByteVec>,
}

impl Item {
    /// An item of change bytes.
    pub fn new(key: DocKey, changes: Vec<Vec<u8>>) -> Self {
        Self { key, changes: changes.into_iter().map(ByteVec::from).collect() }
    }
    /// Bytes it counts for.
    pub fn size(&self) -> usize {
        // Key and framing are about 64 bytes.
        self.changes.iter().map(|c| c.len() + 4).sum::<usize>() + 64
    }
    /// The changes, parsed.
    pub(crate) fn parse(&self) -> Result<Vec<Change>, String> {
        self.changes.iter().map(|c| Change::from_bytes(c.to_vec()).map_err(|e| e.to_string())).collect()
    }
}

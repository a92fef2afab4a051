//! What packs and the bodies of manifests hold once opened, and what a device remembers of the packs it knows.
//!
//! Invariant: packs come in pairs, documents and the rows of the read model that follow from them. A document may stand in
//! several packs; all its states are merged, so an older one beside a newer does no harm but take room.

use crate::record::{DocKey, Row};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use protocol::entry::Head;
use protocol::manifest::{ManifestHeader, PackRef};
use protocol::{ManifestHash, PackHash};

/// Version of the plaintexts here.
pub(crate) const PACK_VERSION: u8 = 1;

/// Plaintext of a pack of documents.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub struct PackedDocuments {
    /// [`PACK_VERSION`].
    #[n(0)]
    pub version: u8,
    /// Sorted by key, so that like stands beside like.
    #[n(1)]
    pub documents: Vec<PackedDocument>,
}

/// A document in a pack.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub struct PackedDocument {
    /// Which.
    #[n(0)]
    pub key: DocKey,
    /// All of it, history included, as automerge saves it; compressed with its neighbours, not by itself.
    #[n(1)]
    pub bytes: ByteVec,
}

/// Plaintext of a pack of rows.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub struct PackedRows {
    /// [`PACK_VERSION`].
    #[n(0)]
    pub version: u8,
    /// Version of the projection that made the rows. Another one than the reader's: it has to wait for the documents.
    #[n(1)]
    pub projection: u32,
    /// The rows.
    #[n(2)]
    pub rows: Vec<Row>,
}

/// Plaintext of a manifest's body. The header names first all packs of rows, then all packs of documents, pair by pair.
#[derive(Debug, Clone, Copy, Encode, Decode)]
#[cbor(map)]
pub struct ManifestBody {
    /// [`PACK_VERSION`].
    #[n(0)]
    pub version: u8,
    /// Pairs of packs.
    #[n(1)]
    pub pairs: u32,
}

/// A pack of documents and the pack of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Pair {
    #[n(0)]
    pub rows: PackRef,
    #[n(1)]
    pub documents: PackRef,
}

impl Pair {
    /// The pairs that a manifest names. None if header and body do not agree.
    pub fn of(header: &ManifestHeader, body: &ManifestBody) -> Option<Vec<Self>> {
        let count = usize::try_from(body.pairs).ok()?;
        let (rows, documents) = header.packs.split_at_checked(count)?;
        let pairs =
            rows.iter().zip(documents).map(|(rows, documents)| Self { rows: *rows, documents: *documents });
        (rows.len() == documents.len() && body.version == PACK_VERSION).then(|| pairs.collect())
    }

    /// The order in which a manifest names packs.
    pub fn in_order(pairs: &[Self]) -> Vec<PackRef> {
        pairs.iter().map(|p| p.rows).chain(pairs.iter().map(|p| p.documents)).collect()
    }

    pub fn size(&self) -> u64 {
        self.rows.size.saturating_add(self.documents.size)
    }
}

/// What a device remembers of a pack of documents that it made or took in.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Contents {
    /// The documents in it.
    #[n(0)]
    pub keys: Vec<DocKey>,
}

/// A compaction under way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Compacting {
    /// The manifest it will replace.
    #[n(0)]
    pub parent: Option<ManifestHash>,
    /// Height of the membership chain when it began; a link makes it begin anew.
    #[n(1)]
    pub height: u32,
    /// What the packs will hold.
    #[n(2)]
    pub coverage: Vec<Head>,
    /// Marks of this round and earlier ones are done with when it ends.
    #[n(3)]
    pub round: u64,
    /// All documents, not only those that changed.
    #[n(4)]
    pub whole: bool,
    /// The last document done, by its place in the store.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub after: Vec<u8>,
    /// Pairs of the parent that stay.
    #[n(6)]
    pub kept: Vec<Pair>,
    /// Pairs that the relay has stored.
    #[n(7)]
    pub made: Vec<Pair>,
}

impl Compacting {
    pub fn pairs(&self) -> Vec<Pair> {
        self.kept.iter().chain(&self.made).copied().collect()
    }
}

/// A pair that was made and has to be stored.
#[derive(Debug)]
pub(crate) struct Made {
    pub rows: Vec<u8>,
    pub documents: Vec<u8>,
    pub contents: Contents,
    /// The last document in it, by its place in the store.
    pub after: Vec<u8>,
}

impl Made {
    pub fn pair(&self) -> Pair {
        let reference = |bytes: &[u8]| PackRef { hash: PackRef::address(bytes), size: bytes.len() as u64 };
        Pair { rows: reference(&self.rows), documents: reference(&self.documents) }
    }
}

/// Which pairs of a manifest are worth writing anew, given what each holds (oldest first) and which documents changed
/// since: those of which much is stale, and small ones when they are many. `true` says rewrite.
pub(crate) fn worn(pairs: &[(Pair, Vec<DocKey>)], changed: &std::collections::BTreeSet<DocKey>) -> Vec<bool> {
    let mut newer = changed.clone();
    let mut rewrite = vec![false; pairs.len()];
    for ((_, keys), worn) in pairs.iter().zip(&mut rewrite).rev() {
        let stale = keys.iter().filter(|k| newer.contains(*k)).count();
        *worn = stale * STALE_SHARE > keys.len();
        newer.extend(keys.iter().cloned());
    }
    let small = |pair: &Pair| pair.size() < SMALL_PAIR;
    if pairs.iter().filter(|(pair, _)| small(pair)).count() >= SMALL_PAIRS {
        pairs.iter().zip(&mut rewrite).for_each(|((pair, _), worn)| *worn |= small(pair));
    }
    rewrite
}

/// A pair is written anew when more than one in so many of its documents is stale.
const STALE_SHARE: usize = 4;
/// A pair of fewer sealed bytes is small.
const SMALL_PAIR: u64 = 128 << 10;
/// So many small pairs become one.
const SMALL_PAIRS: usize = 8;

/// Whether a pack is what its address says.
pub(crate) fn is_pack(bytes: &[u8], address: &PackHash) -> bool {
    PackRef::address(bytes) == *address
}

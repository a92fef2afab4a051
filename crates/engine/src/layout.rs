//! Where things stand in a device's store. Keys tell little to anyone without the store key: record kinds appear as
//! keyed hashes, documents as hashes, record ids as the random numbers they are; a stream's period shows; buckets and
//! what stands in them are keyed hashes, so that no date shows and no record; pages of the search index are numbered, so
//! that no word shows. Every value is sealed with its key as associated data, so that values cannot be swapped.

use crate::bucket::is_shared;
use crate::record::{DocKey, RecordId, hash16};
use protocol::{DeviceId, NoticeId, PackHash};
use seal::StoreKey;

/// Version of this layout, stored beside the identity.
pub(crate) const LAYOUT_VERSION: u8 = 1;

/// The space a key belongs to. One vault for now; shares get the following numbers.
const VAULT_SLOT: u8 = 0;

/// Everything that is read when a store is opened.
pub(crate) const STATE: &[u8] = b"s";

/// Device keys and layout version.
pub(crate) fn identity() -> Vec<u8> {
    b"si".to_vec()
}
/// The epoch keys.
pub(crate) fn key_ring() -> Vec<u8> {
    vec![b's', b'k', VAULT_SLOT]
}
/// Where the space stands.
pub(crate) fn position() -> Vec<u8> {
    vec![b's', b'p', VAULT_SLOT]
}
/// What was noticed that a person should know.
pub(crate) fn alarms() -> Vec<u8> {
    vec![b's', b'a', VAULT_SLOT]
}
/// Prefix of membership links.
pub(crate) fn links() -> Vec<u8> {
    vec![b's', b'c', VAULT_SLOT]
}
/// A membership link.
pub(crate) fn link(height: u32) -> Vec<u8> {
    [links(), height.to_be_bytes().to_vec()].concat()
}
/// Prefix of marks of entries that wait for others.
pub(crate) fn waiting_all() -> Vec<u8> {
    vec![b's', b'w', VAULT_SLOT]
}
/// Marks an entry as waiting.
pub(crate) fn waiting(device: &DeviceId, index: u64) -> Vec<u8> {
    [waiting_all(), device.as_bytes().to_vec(), index.to_be_bytes().to_vec()].concat()
}
/// Prefix of marks of entries that rest on void ones.
pub(crate) fn baseless_all() -> Vec<u8> {
    vec![b's', b'b', VAULT_SLOT]
}
/// Marks an entry as one that rests on void ones.
pub(crate) fn baseless(device: &DeviceId, index: u64) -> Vec<u8> {
    [baseless_all(), device.as_bytes().to_vec(), index.to_be_bytes().to_vec()].concat()
}
/// Whose entry, and which, a mark is about.
pub(crate) fn entry_of_mark(prefix: &[u8], key: &[u8]) -> Option<(DeviceId, u64)> {
    let (device, index) = key.strip_prefix(prefix)?.split_at_checked(16)?;
    Some((DeviceId::from_slice(device)?, u64::from_be_bytes(index.try_into().ok()?)))
}
/// Prefix of tombstones that were learnt of, or are no more, and to which the documents here do not conform yet.
pub(crate) fn burials() -> Vec<u8> {
    vec![b's', b'g', VAULT_SLOT]
}
/// A document that does not conform to its tombstone yet.
pub(crate) fn burial(key: &DocKey) -> Vec<u8> {
    [burials(), document_id(key).to_vec()].concat()
}
/// Prefix of purged documents whose bytes are still here.
pub(crate) fn buried_all() -> Vec<u8> {
    vec![b'g', VAULT_SLOT]
}
/// A purged document whose bytes are still here.
pub(crate) fn buried(key: &DocKey) -> Vec<u8> {
    [buried_all(), document_id(key).to_vec()].concat()
}
/// Since when a record is in the trash, as this device saw it.
pub(crate) fn trashed(key: &DocKey) -> Vec<u8> {
    [vec![b'r', VAULT_SLOT], document_id(key).to_vec()].concat()
}
/// Prefix of a device's entries.
pub(crate) fn entries(device: &DeviceId) -> Vec<u8> {
    [vec![b'e', VAULT_SLOT], device.as_bytes().to_vec()].concat()
}
/// Prefix of all entries.
pub(crate) fn all_entries() -> Vec<u8> {
    vec![b'e', VAULT_SLOT]
}
/// An entry.
pub(crate) fn entry(device: &DeviceId, index: u64) -> Vec<u8> {
    [entries(device), index.to_be_bytes().to_vec()].concat()
}
/// An entry that another took the place of, unapplied; kept for a person to look at.
pub(crate) fn displaced(device: &DeviceId, index: u64) -> Vec<u8> {
    [vec![b'x', VAULT_SLOT], device.as_bytes().to_vec(), index.to_be_bytes().to_vec()].concat()
}
/// Prefix of changes that no entry holds yet.
pub(crate) fn queue_all() -> Vec<u8> {
    vec![b'q', VAULT_SLOT]
}
/// A change that no entry holds yet.
pub(crate) fn queue(number: u64) -> Vec<u8> {
    [queue_all(), number.to_be_bytes().to_vec()].concat()
}
/// Prefix of marks of documents that changed since they were packed.
pub(crate) fn marks() -> Vec<u8> {
    vec![b'm', VAULT_SLOT]
}
/// Marks a document as changed since it was packed.
pub(crate) fn mark(key: &DocKey) -> Vec<u8> {
    [marks(), document_id(key).to_vec()].concat()
}
/// The document that a mark is of.
pub(crate) fn marked(mark: &[u8]) -> Vec<u8> {
    [documents(), mark.get(marks().len()..).unwrap_or_default().to_vec()].concat()
}
/// The pairs of packs of the manifest that is held here.
pub(crate) fn pairs() -> Vec<u8> {
    vec![b's', b'm', VAULT_SLOT]
}
/// Prefix of what is remembered of packs.
pub(crate) fn packs() -> Vec<u8> {
    vec![b'p', VAULT_SLOT]
}
/// What is remembered of a pack of documents.
pub(crate) fn pack(hash: &PackHash) -> Vec<u8> {
    [packs(), hash.as_bytes().to_vec()].concat()
}
/// The pack that a key under [`packs`] is of.
pub(crate) fn pack_of(key: &[u8]) -> Option<PackHash> {
    PackHash::from_slice(key.get(packs().len()..)?)
}
/// Version of what is kept of notices at the relay. Others are not read.
const NOTICES_VERSION: u8 = 1;

/// Which relay notices were put to.
pub(crate) fn whereabouts() -> Vec<u8> {
    vec![b'n', VAULT_SLOT, NOTICES_VERSION, b'r']
}
/// Prefix of notices that the relay may have.
pub(crate) fn notices() -> Vec<u8> {
    vec![b'n', VAULT_SLOT, NOTICES_VERSION, b's']
}
/// A notice that the relay may have, under its blind name.
pub(crate) fn notice(name: &NoticeId) -> Vec<u8> {
    [notices(), name.as_bytes().to_vec()].concat()
}
/// The notice that a key under [`notices`] is of.
pub(crate) fn notice_of(key: &[u8]) -> Option<NoticeId> {
    NoticeId::from_slice(key.get(notices().len()..)?)
}
/// Prefix of all documents.
pub(crate) fn documents() -> Vec<u8> {
    vec![b'd', VAULT_SLOT]
}
/// Prefix of one document: its snapshot, then its chunks.
pub(crate) fn document(key: &DocKey) -> Vec<u8> {
    [documents(), document_id(key).to_vec()].concat()
}
/// Behind all keys of the document that a key is of: it may have more of them by the time one goes on.
pub(crate) fn behind_document(key: &[u8]) -> Vec<u8> {
    [key.get(..DOCUMENT_PREFIX).unwrap_or(key), &[u8::MAX]].concat()
}
/// Marks a document as purged. Sorts before its snapshot, which may be gone: whoever reads the document reads this too.
pub(crate) fn marker(key: &DocKey) -> Vec<u8> {
    [document(key), vec![MARKER]].concat()
}
/// Whether a key under [`documents`] is a [`marker`].
pub(crate) fn is_marker(key: &[u8]) -> bool {
    key.get(DOCUMENT_PREFIX) == Some(&MARKER)
}
const MARKER: u8 = b'p';
/// A document saved whole.
pub(crate) fn snapshot(key: &DocKey) -> Vec<u8> {
    [document(key), b"s".to_vec()].concat()
}
/// Changes since the snapshot. Sorts after it: `s` < `t`.
pub(crate) fn chunk(key: &DocKey, number: u32) -> Vec<u8> {
    [document(key), b"t".to_vec(), number.to_be_bytes().to_vec()].concat()
}
/// Bytes of a key of a document up to where snapshot and chunks differ.
pub(crate) const DOCUMENT_PREFIX: usize = 2 + 16;

/// Constant function of kind, record or parent, period and shard.
pub(crate) fn document_id(key: &DocKey) -> [u8; 16] {
    let (period, shard) = key.part.as_ref().map_or(("", 0), |p| (p.period.as_str(), p.shard));
    let is_stream = u8::from(key.part.is_some());
    hash16(
        "life-os v1 document id",
        &[key.kind.as_bytes(), key.id.as_bytes(), &[is_stream], period.as_bytes(), &[shard]],
    )
}

/// Prefix of the read model's rows of one generation.
pub(crate) fn view_all(generation: u8) -> Vec<u8> {
    vec![b'v', VAULT_SLOT, generation]
}
/// Prefix of the read model's rows of a kind, or of one parent in it.
pub(crate) fn view_of(generation: u8, store: &StoreKey, kind: &str, parent: Option<&RecordId>) -> Vec<u8> {
    let tag = store.tag(kind.as_bytes());
    let parent = parent.map_or(&[][..], |p| p.as_bytes());
    [view_all(generation), tag.to_vec(), parent.to_vec()].concat()
}
/// A row of the read model.
pub(crate) fn view(generation: u8, store: &StoreKey, key: &DocKey) -> Vec<u8> {
    let mut out = view_of(generation, store, &key.kind, Some(&key.id));
    if let Some(part) = &key.part {
        out.extend(part.period.as_bytes());
        out.push(part.shard);
    }
    out
}
/// Prefix of all buckets of one generation of the read model.
pub(crate) fn buckets_all(generation: u8) -> Vec<u8> {
    vec![b'b', VAULT_SLOT, generation]
}
/// Prefix of a bucket of a kind, or of all.
pub(crate) fn bucket(generation: u8, store: &StoreKey, kind: &str, name: &str) -> Vec<u8> {
    let tag = store.tag(&bucket_label(kind, name));
    [buckets_all(generation), tag.to_vec()].concat()
}
/// A document in a bucket. Of 10,000 in one, two would meet by a chance of one in 10^11.
pub(crate) fn member(generation: u8, store: &StoreKey, key: &DocKey, name: &str) -> Vec<u8> {
    let tag = store.tag(&[bucket_label(&key.kind, name), vec![0], document_id(key).to_vec()].concat());
    [bucket(generation, store, &key.kind, name), tag.to_vec()].concat()
}
/// No kind has the name of this: the tags of kinds are others.
fn bucket_label(kind: &str, name: &str) -> Vec<u8> {
    let kind = if is_shared(name) { "" } else { kind };
    [b"bucket", &[0][..], kind.as_bytes(), &[0], name.as_bytes()].concat()
}
/// Prefix of the search index of one generation of the read model.
pub(crate) fn search_all(generation: u8) -> Vec<u8> {
    vec![b'i', VAULT_SLOT, generation]
}
/// Prefix of changes that the search index has not taken in.
pub(crate) fn search_deltas(generation: u8) -> Vec<u8> {
    [search_all(generation), b"c".to_vec()].concat()
}
/// Changes of one transaction that the search index has not taken in.
pub(crate) fn search_delta(generation: u8, number: u64) -> Vec<u8> {
    [search_deltas(generation), number.to_be_bytes().to_vec()].concat()
}

/// What a page of the search index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Words.
    Leaf = b'p' as isize,
    /// The first words of leaves.
    Directory = b'd' as isize,
    /// The first words of directories.
    Top = b't' as isize,
}

/// Prefix of the leaves of a run of the search index.
pub(crate) fn search_leaves(generation: u8, run: u32) -> Vec<u8> {
    search_level(generation, Level::Leaf, run)
}
fn search_level(generation: u8, level: Level, run: u32) -> Vec<u8> {
    [search_all(generation), vec![level as u8], run.to_be_bytes().to_vec()].concat()
}
/// A page of the search index.
pub(crate) fn search_page(generation: u8, level: Level, run: u32, number: u32) -> Vec<u8> {
    [search_level(generation, level, run), number.to_be_bytes().to_vec()].concat()
}

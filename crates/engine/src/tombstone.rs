//! Tombstones: what is left of a record that was purged.
//!
//! Invariant: a tombstone says which changes its author had seen, by actor and number, so that whoever holds the record can
//! tell what came later, though it lacks what the author had. Which document a tombstone stands in and what a record
//! that comes back is called are constant functions of the record's name; tombstones of two authors are added up. So all
//! devices that know the same tombstones void the same changes, and make one and the same record of the others.

use crate::document::{Document, TRASH_SUFFIX};
use crate::record::{DocKey, RecordId, hash16};
use crate::schema::{Container, Kind, Schema};
use automerge::{ChangeHash, ROOT, ReadDoc, ScalarValue};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// The documents that hold tombstones. Every schema has this kind.
pub static PURGED: Kind =
    Kind { name: "purged", containers: &[(RECORDS, Container::Map)], extensions: &[], stream: None };

/// The map of tombstones, one key a record.
pub(crate) const RECORDS: &str = "records";
/// Documents that tombstones are spread over; fixed for ever. 10,000 of them make 600 to each.
const SHARDS: u8 = 16;
/// Version of [`Tombstone`].
const VERSION: u8 = 1;

/// Which changes of a record are gone for good.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Tombstone {
    /// [`VERSION`].
    #[n(0)]
    version: u8,
    /// By actor, sorted.
    #[n(1)]
    seen: Vec<Seen>,
}

/// How far an actor's changes were seen.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Seen {
    #[n(0)]
    actor: ByteVec,
    /// The number of the last one.
    #[n(1)]
    last: u64,
}

impl Tombstone {
    /// Of all changes that `document` holds now.
    pub fn of(document: &Document) -> Self {
        let mut seen: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for change in document.automerge().get_changes_meta(&[]) {
            if !document.is_constant(&change.hash) {
                let last = seen.entry(change.actor.to_bytes().to_vec()).or_default();
                *last = change.seq.max(*last);
            }
        }
        Self::from_map(seen)
    }

    fn from_map(seen: BTreeMap<Vec<u8>, u64>) -> Self {
        let seen = seen.into_iter().map(|(actor, last)| Seen { actor: actor.into(), last });
        Self { version: VERSION, seen: seen.collect() }
    }

    /// What either says.
    fn and(self, other: Self) -> Self {
        let mut seen: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for one in self.seen.into_iter().chain(other.seen) {
            let last = seen.entry(one.actor.into()).or_default();
            *last = one.last.max(*last);
        }
        Self::from_map(seen)
    }

    fn last(&self, actor: &[u8]) -> u64 {
        let at = self.seen.binary_search_by(|seen| seen.actor.as_slice().cmp(actor));
        at.ok().and_then(|at| self.seen.get(at)).map_or(0, |seen| seen.last)
    }

    /// Whether `document` holds something that a person wrote and that is not purged: a change that the author of this had
    /// not seen, other than one that put the record in the trash; or all of it, where the record was not in the trash.
    pub fn leaves_something(&self, document: &Document) -> bool {
        let (mut later, mut found) = (BTreeSet::new(), BTreeMap::new());
        let mut written = false;
        for change in document.automerge().get_changes_meta(&[]) {
            if document.is_constant(&change.hash) {
                continue;
            }
            let actor = change.actor.to_bytes();
            if change.seq > self.last(actor) {
                written |= !change.message.is_some_and(|message| message.ends_with(TRASH_SUFFIX));
                later.insert(change.hash);
            } else {
                let last: &mut u64 = found.entry(actor.to_vec()).or_default();
                *last = change.seq.max(*last);
            }
        }
        let whole = self.seen.iter().all(|seen| found.get(seen.actor.as_slice()) == Some(&seen.last));
        written || whole && !was_in_trash(document, &later)
    }
}

/// Whether a document was in the trash without these changes.
fn was_in_trash(document: &Document, later: &BTreeSet<ChangeHash>) -> bool {
    // What cannot be told apart is treated as a person's.
    match document.before(later) {
        Ok(None) => document.row().deleted,
        Ok(Some(before)) => before.row().deleted,
        Err(_) => false,
    }
}

/// The document that holds the tombstone of a record.
pub(crate) fn shard_of(key: &DocKey) -> DocKey {
    let [first, ..] = hash16("life-os v1 shard of a tombstone", &[key.kind.as_bytes(), key.id.as_bytes()]);
    let id = hash16("life-os v1 document of tombstones", &[&[first % SHARDS]]);
    DocKey::thing(PURGED.name, RecordId::new(id))
}

/// The name of a record in its tombstone's document.
pub(crate) fn name_of(key: &DocKey) -> String {
    format!("{}|{}", key.kind, key.id)
}

/// The record that a name is of; none if it is no name.
fn named(name: &str) -> Option<DocKey> {
    let (kind, id) = name.split_once('|')?;
    Some(DocKey::thing(kind, id.parse().ok()?))
}

/// What a record is called that comes back: the same on every device.
pub(crate) fn heir_of(key: &DocKey) -> DocKey {
    let id = hash16("life-os v1 record that came back", &[key.kind.as_bytes(), key.id.as_bytes()]);
    DocKey { id: RecordId::new(id), ..key.clone() }
}

/// Whether a document may be purged: a record that exists once keeps its name, rows of streams go by their keys.
pub(crate) fn may_go(key: &DocKey) -> bool {
    key.part.is_none() && key.kind != PURGED.name && key.id != RecordId::singleton(&key.kind)
}

/// The kinds whose records may be purged.
pub(crate) fn kinds(schema: &Schema) -> Vec<&'static str> {
    schema
        .kinds()
        .filter(|kind| kind.stream.is_none() && kind.name != PURGED.name)
        .map(|kind| kind.name)
        .collect()
}

/// All tombstones in a document of them. What cannot be read is left for a later version.
pub(crate) fn read(document: &Document) -> BTreeMap<DocKey, Tombstone> {
    let doc = document.automerge();
    let mut found: BTreeMap<DocKey, Tombstone> = BTreeMap::new();
    let Ok(Some((_, records))) = doc.get(ROOT, RECORDS) else { return found };
    for name in doc.keys(&records) {
        let Some(key) = named(&name).filter(may_go) else { continue };
        // Of two authors' that neither had seen, both count.
        for (value, _) in doc.get_all(&records, name.as_str()).unwrap_or_default() {
            let automerge::Value::Scalar(scalar) = value else { continue };
            let ScalarValue::Bytes(bytes) = scalar.as_ref() else { continue };
            let Ok(tombstone) = protocol::codec::decode::<Tombstone>(bytes) else { continue };
            if tombstone.version != VERSION {
                continue;
            }
            let sum = match found.remove(&key) {
                Some(other) => other.and(tombstone),
                None => tombstone.and(Tombstone::from_map(BTreeMap::new())),
            };
            found.insert(key.clone(), sum);
        }
    }
    found
}

//! What was purged, read from the tombstones and judged by the log.
//!
//! Invariant: nothing here asks the engine. A record is purged whose tombstone stands in a document of tombstones; what that
//! counts as seen is gone for good, and had to be in the trash; all else goes on under a name that follows from the record's.

use super::member::Saved;
use super::world::Failure;
use automerge::{Automerge, Change, ROOT, ReadDoc as _};
use engine::{DocKey, HistoryItem, RecordId, Value};
use minicbor::bytes::ByteVec;
use std::collections::{BTreeMap, BTreeSet};

/// How far each actor's changes were seen.
type Seen = BTreeMap<Vec<u8>, u64>;

#[derive(minicbor::Decode)]
#[cbor(map)]
struct Stone {
    #[n(0)]
    version: u8,
    #[n(1)]
    seen: Vec<Last>,
}

#[derive(minicbor::Decode)]
#[cbor(map)]
struct Last {
    #[n(0)]
    actor: ByteVec,
    #[n(1)]
    last: u64,
}

/// More often no record of a storm goes on under another name.
const HEIRS: usize = 8;

/// All tombstones.
#[derive(Default)]
pub struct Tombs(BTreeMap<DocKey, Seen>);

/// Whether a change did nothing but put a record in the trash.
fn is_trash(change: &Change) -> bool {
    change.message().is_some_and(|message| message.ends_with(":trash"))
}

impl Tombs {
    /// Those that were ever written to documents of tombstones, by their histories.
    pub fn of(histories: &BTreeMap<DocKey, Vec<HistoryItem>>) -> Self {
        let mut tombs = Self::default();
        let stones = histories.iter().filter(|(key, _)| key.kind == "purged").flat_map(|(_, items)| items);
        for field in stones.flat_map(|item| &item.fields) {
            let (engine::Path::Key(_, name), Some(Value::Bytes(bytes))) = (&field.path, &field.after) else {
                continue;
            };
            let (kind, id) = name.split_once('|').unwrap();
            let stone: Stone = protocol::codec::decode(bytes).unwrap();
            assert_eq!(stone.version, 1);
            let seen = tombs.0.entry(DocKey::thing(kind, id.parse().unwrap())).or_default();
            for last in stone.seen {
                let to = seen.entry(last.actor.into()).or_default();
                *to = last.last.max(*to);
            }
        }
        tombs
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Whether a record is purged.
    pub fn has(&self, key: &DocKey) -> bool {
        self.0.contains_key(key)
    }

    fn has_seen(&self, key: &DocKey, change: &Change) -> bool {
        let seen = self.0.get(key).and_then(|seen| seen.get(change.actor_id().to_bytes()));
        seen.is_some_and(|last| change.seq() <= *last)
    }

    /// What a record is called that goes on.
    fn heir(key: &DocKey) -> DocKey {
        let mut hasher = blake3::Hasher::new_derive_key("life-os v1 record that came back");
        for part in [key.kind.as_bytes(), key.id.as_bytes()] {
            hasher.update(&u64::try_from(part.len()).unwrap().to_le_bytes());
            hasher.update(part);
        }
        let id = hasher.finalize().as_bytes()[..16].try_into().unwrap();
        DocKey { id: RecordId::new(id), ..key.clone() }
    }

    /// Names under which a record may have gone on, whether it is purged or not.
    pub fn heirs(key: &DocKey) -> Vec<DocKey> {
        std::iter::successors(Some(Self::heir(key)), |last| Some(Self::heir(last))).take(HEIRS).collect()
    }

    /// The names under which a record may stand: its own, and as long as it is purged the next one.
    pub fn names(&self, key: &DocKey) -> Vec<DocKey> {
        let mut names = vec![key.clone()];
        while let Some(last) = names.last().filter(|last| self.has(last)) {
            names.push(Self::heir(last));
        }
        names
    }

    /// Whether a change of a purged record is purged with it, or was no more than one more delete, or is `shown` under one of
    /// the names that follow.
    pub fn settles(&self, key: &DocKey, change: &Change, shown: &BTreeSet<(DocKey, [u8; 32])>) -> bool {
        let names = self.names(key);
        let gone = names.iter().any(|name| self.has_seen(name, change));
        gone || is_trash(change) || names.iter().any(|name| shown.contains(&(name.clone(), change.hash().0)))
    }

    /// Everything that was purged had been in the trash, as far as the log still tells.
    pub fn were_in_trash(
        &self,
        logged: &BTreeMap<(DocKey, [u8; 32]), Change>,
        constants: &[Change],
    ) -> Result<(), Failure> {
        for (key, seen) in &self.0 {
            let all = logged.iter().filter(|((of, _), change)| of == key && self.has_seen(key, change));
            let changes: Vec<Change> = all.map(|(_, change)| change.clone()).collect();
            let mut found = Seen::new();
            for change in &changes {
                let to = found.entry(change.actor_id().to_bytes().to_vec()).or_default();
                *to = change.seq().max(*to);
            }
            if found != *seen {
                // Some of it is void, or is nowhere in the log any more.
                continue;
            }
            let mut doc = Automerge::new();
            doc.apply_changes(constants.to_vec()).unwrap();
            let by_hash: BTreeMap<[u8; 32], bool> =
                changes.iter().map(|change| (change.hash().0, is_trash(change))).collect();
            if doc.apply_changes(changes).is_err() {
                continue;
            }
            let marked = doc.get(ROOT, "deleted").unwrap().is_some();
            let heads = doc.get_heads();
            if !marked || heads.iter().any(|head| by_hash.get(&head.0) == Some(&false)) {
                return Err(format!("{key:?} was purged and had not been in the trash"));
            }
        }
        Ok(())
    }

    /// Whether what somebody wrote to a record was purged with it: a change that says so is counted. Where no entry that can
    /// be read has it (those before it were packed, or sealed under a key of a branch that was dropped), some change of that
    /// device has to be.
    pub fn took(&self, saved: &Saved, key: &DocKey, said: &BTreeMap<(DocKey, String), Vec<Change>>) -> bool {
        let of_device = |actor: &Vec<u8>| actor.get(..8) == saved.device.as_bytes().get(..8);
        match said.get(&(key.clone(), saved.value.clone())) {
            Some(changes) => {
                changes.iter().any(|change| self.names(key).iter().any(|name| self.has_seen(name, change)))
            }
            None => self.0.get(key).is_some_and(|seen| seen.keys().any(of_device)),
        }
    }
}

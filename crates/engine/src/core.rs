//! The engine's state and its one way to the store.
//!
//! Invariant: what is in memory is what the store holds plus the transaction being prepared. A task that fails
//! leaves no trace: its writes are dropped, the position goes back, and the documents it touched leave memory.

use crate::alarm::Alarm;
use crate::api::{EngineError, Read, Write};
use crate::docs::Docs;
use crate::layout;
use crate::position::Position;
use crate::record::DocKey;
use crate::reminder::Agenda;
use crate::schema::Schema;
use crate::search::change::Change;
use crate::search::run::Index;
use crate::task::{Checking, Purging};
use automerge::ChangeHash;
use minicbor::Encode;
use protocol::{Chain, DeviceId, EntryHash, Head};
use rand_core::CryptoRng;
use seal::{DeviceKeys, EpochKey, KeyRing, StoreKey};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// Version of the read model's projection. Another one in the store means: make it anew.
///
/// 1: rows. 2: rows and the search index. 3: buckets besides. 4: buckets of calendars, routines and tasks that come again.
/// 5: buckets of what was changed on a day.
pub(crate) const VIEW_VERSION: u32 = 6;
/// Version of the rows alone, which packs of rows bear: what is kept beside them here is no part of it.
pub(crate) const ROW_VERSION: u32 = 2;

/// Pairs found in the store.
pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;
/// Answers to reads, still sealed.
pub(crate) type Fetched = BTreeMap<Read, Pairs>;

/// What a task may use besides the state.
pub(crate) struct Env<'a> {
    pub rng: &'a mut dyn CryptoRng,
    pub now: i64,
    /// Most items one step works on.
    pub batch: usize,
    /// Most changes that share an entry.
    pub changes_per_entry: usize,
}

enum Pending {
    /// Plain until it is sealed, and some values are keys: wiped when dropped.
    Put(Vec<u8>, Zeroizing<Vec<u8>>),
    Delete(Vec<u8>),
}

/// The state of an open vault.
pub(crate) struct Core {
    pub device: DeviceKeys,
    pub chain: Chain,
    pub ring: KeyRing,
    pub store: StoreKey,
    pub schema: Schema,
    pub position: Position,
    pub docs: Docs,
    /// Entries that are stored and wait for others, with the document that lacks something, if it is known.
    pub waiting: BTreeMap<(DeviceId, u64), Option<DocKey>>,
    /// Entries that cannot be applied as they rest on void ones: what they said was written again.
    pub baseless: BTreeSet<(DeviceId, u64)>,
    /// The relay's membership chain, where it parts from the one here and both hold.
    pub branch: Option<Chain>,
    /// What members say they have seen of others, and that is not here.
    pub claims: BTreeMap<DeviceId, Claim>,
    /// What was noticed that a person should know, the newest last.
    pub alarms: Vec<Alarm>,
    /// Devices of which an entry was refused: what follows it cannot be placed.
    pub refused: BTreeSet<DeviceId>,
    /// A manifest that is being taken in.
    pub checking: Option<Checking>,
    /// Changes that came since packs are being made, which must not hold them.
    pub packing: Option<BTreeSet<ChangeHash>>,
    /// Something here cannot be packed.
    pub cannot_compact: bool,
    /// Changes of [`Position::unsorted`] devices that packs hold; none before a manifest was looked at for it.
    pub counted: Option<BTreeSet<ChangeHash>>,
    compact_after: u64,
    /// Milliseconds of a day, for what is counted in days.
    pub day: i64,
    /// Documents may have to conform to tombstones, or bytes of purged ones to go.
    pub burials: bool,
    /// A document was purged since packs are being made, which leave it out: they have to be made anew.
    pub packing_spoilt: bool,
    /// Something waits for a manifest that holds its delete.
    pub pack_wanted: bool,
    /// How far the look for what is to be purged is.
    pub purging: Option<Purging>,
    /// What is to be pushed.
    pub agenda: Agenda,
    /// Addresses of this device's newest entries.
    pub recent: BTreeMap<u64, EntryHash>,
    committed: Position,
    writes: Vec<Pending>,
    touched: BTreeSet<DocKey>,
    save_position: bool,
    /// What the search index is to learn, by generation of the read model.
    changes: BTreeMap<u8, Vec<Change>>,
    /// The search index cannot be read: it is left alone until it is made anew.
    pub index_stuck: bool,
}

/// What a member says it has seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    /// How far.
    pub index: u64,
    /// Who says so.
    pub witness: DeviceId,
    /// Since when it is missing here.
    pub since: i64,
    /// The relay was asked for it.
    pub asked: bool,
}

/// The parts of a [`Core`] that are read from a store.
pub(crate) struct Parts {
    pub device: DeviceKeys,
    pub chain: Chain,
    pub ring: KeyRing,
    pub store: StoreKey,
    pub position: Position,
    pub waiting: BTreeMap<(DeviceId, u64), Option<DocKey>>,
    /// Entries that cannot be applied as they rest on void ones: what they said was written again.
    pub baseless: BTreeSet<(DeviceId, u64)>,
    pub alarms: Vec<Alarm>,
    /// Whether documents have to conform to tombstones.
    pub buries: bool,
}

impl Core {
    pub fn new(parts: Parts, schema: Schema, docs: Docs, config: &crate::Config) -> Self {
        let Parts { device, chain, ring, store, position, waiting, baseless, alarms, buries } = parts;
        let burials = buries || position.releasing;
        let committed = position.clone();
        Self {
            device,
            chain,
            ring,
            store,
            schema,
            position,
            docs,
            waiting,
            baseless,
            alarms,
            branch: None,
            claims: BTreeMap::new(),
            refused: BTreeSet::new(),
            checking: None,
            packing: None,
            cannot_compact: false,
            counted: None,
            compact_after: config.compact_after,
            day: config.day.max(1),
            burials,
            packing_spoilt: false,
            pack_wanted: false,
            purging: None,
            agenda: Agenda::default(),
            recent: BTreeMap::new(),
            committed,
            writes: Vec::new(),
            touched: BTreeSet::new(),
            save_position: false,
            changes: BTreeMap::new(),
            index_stuck: false,
        }
    }

    /// This device.
    pub fn me(&self) -> DeviceId {
        self.device.id()
    }

    /// Takes note of how far a member says it has seen the others.
    pub fn claim(&mut self, witness: DeviceId, seen: &[Head], now: i64) {
        let me = self.me();
        for head in seen.iter().filter(|h| h.device != witness && h.device != me) {
            let cut = self.chain.member(&head.device).and_then(|m| m.revoked.as_ref());
            let void = cut.is_some_and(|(_, cut)| head.index > cut.index);
            let claimed = self.claims.get(&head.device).map_or(0, |c| c.index);
            if !void && head.index > claimed.max(self.position.index(&head.device)) {
                let claim = Claim { index: head.index, witness, since: now, asked: false };
                self.claims.insert(head.device, claim);
            }
        }
    }

    /// Forgets claims that were met, or that a revocation made void.
    pub fn settle_claims(&mut self) {
        let (position, chain) = (&self.position, &self.chain);
        self.claims.retain(|device, claim| {
            let cut = chain.member(device).and_then(|m| m.revoked.as_ref()).map(|(_, cut)| cut.index);
            claim.index > position.index(device) && cut.is_none_or(|index| claim.index <= index)
        });
    }

    /// So many uncovered entries make a compaction due for the device with so many before it.
    pub fn compact_after(&self, rank: u64) -> u64 {
        self.compact_after.saturating_add(self.compact_after / 2 * rank)
    }

    /// The key that is written with now.
    pub fn present_key(&self) -> Result<&EpochKey, EngineError> {
        let key = self.ring.get(&self.chain.epoch());
        key.ok_or_else(|| EngineError::Damaged("the key of the present epoch is missing".into()))
    }

    /// Whether a link cut this device off.
    pub fn is_revoked(&self) -> bool {
        self.chain.active(&self.me()).is_none()
    }

    pub fn put<T: Encode<()>>(&mut self, key: Vec<u8>, value: &T) {
        self.writes.push(Pending::Put(key, Zeroizing::new(protocol::codec::encode(value))));
    }
    pub fn put_bytes(&mut self, key: Vec<u8>, value: &[u8]) {
        self.writes.push(Pending::Put(key, Zeroizing::new(value.to_vec())));
    }
    pub fn delete(&mut self, key: Vec<u8>) {
        self.writes.push(Pending::Delete(key));
    }
    /// The position goes into this transaction. Otherwise it follows with a later one: a cursor or an
    /// acknowledgement that is lost is only received again.
    pub fn save_position(&mut self) {
        self.save_position = true;
    }
    /// Says that a document is about to change in memory.
    pub fn touch(&mut self, key: &DocKey) {
        self.docs.note_filed(&self.schema, key);
        self.touched.insert(key.clone());
    }
    /// Whether the position in memory is ahead of the store's.
    pub fn is_ahead(&self) -> bool {
        self.position != self.committed
    }

    /// The search index of a generation of the read model.
    pub fn index(&self, generation: u8) -> Option<&Index> {
        let rebuild = self.position.rebuild.as_ref().filter(|r| r.view == generation);
        match rebuild {
            Some(rebuild) => rebuild.index.as_ref(),
            None => self.position.index.as_ref().filter(|_| self.position.view == generation),
        }
    }
    /// Puts another in its place. The position has to be saved.
    pub fn set_index(&mut self, generation: u8, index: Index) {
        match self.position.rebuild.as_mut().filter(|r| r.view == generation) {
            Some(rebuild) => rebuild.index = Some(index),
            None => self.position.index = Some(index),
        }
    }
    /// Has the search index of a generation learn of a change, with this transaction.
    pub fn note_change(&mut self, generation: u8, change: Change) {
        self.changes.entry(generation).or_default().push(change);
    }

    /// One key a transaction, however many documents it changed.
    fn put_changes(&mut self) {
        for (generation, changes) in std::mem::take(&mut self.changes) {
            let mut index = self.index(generation).cloned().unwrap_or_default();
            let delta = Zeroizing::new(protocol::codec::encode(&changes));
            index.bytes += delta.len() as u64;
            self.writes.push(Pending::Put(layout::search_delta(generation, index.next), delta));
            index.next += 1;
            self.set_index(generation, index);
            self.save_position = true;
        }
    }

    /// Seals what was prepared into one transaction.
    pub fn take_writes(&mut self, rng: &mut dyn CryptoRng) -> Vec<Write> {
        self.touched.clear();
        self.put_changes();
        let mut writes = std::mem::take(&mut self.writes);
        if self.save_position || (!writes.is_empty() && self.is_ahead()) {
            let position = Zeroizing::new(protocol::codec::encode(&self.position));
            writes.push(Pending::Put(layout::position(), position));
            self.committed = self.position.clone();
        }
        self.save_position = false;
        let seal = |write| match write {
            Pending::Put(key, value) => {
                let sealed = self.store.seal(rng, &key, &value);
                Write::Put(key, sealed)
            }
            Pending::Delete(key) => Write::Delete(key),
        };
        writes.into_iter().map(seal).collect()
    }

    /// Undoes what a failed task did to memory.
    pub fn roll_back(&mut self, before: Position) {
        self.writes.clear();
        self.changes.clear();
        self.save_position = false;
        self.position = before;
        let touched = std::mem::take(&mut self.touched);
        self.docs.forget(&touched);
    }

    /// Opens one value of the store.
    pub fn open(&self, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, EngineError> {
        self.store.open(key, sealed).map_err(|e| EngineError::Damaged(format!("{} ({e})", describe(key))))
    }

    /// Opens values of the store.
    pub fn open_all(&self, pairs: &Pairs) -> Result<Pairs, EngineError> {
        pairs.iter().map(|(key, sealed)| Ok((key.clone(), self.open(key, sealed)?))).collect()
    }

    /// Opens and decodes one value of the store.
    pub fn decode<T>(&self, key: &[u8], sealed: &[u8]) -> Result<T, EngineError>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let plain = self.open(key, sealed)?;
        let damaged = |e| EngineError::Damaged(format!("{}: {e}", describe(key)));
        protocol::codec::decode(&plain).map_err(damaged)
    }
}

/// What kind of thing a store key names, for error messages; says nothing of whose it is.
pub(crate) fn describe(key: &[u8]) -> &'static str {
    match key.first() {
        Some(b's') => "the vault's state",
        Some(b'e') => "an entry",
        Some(b'q') => "a change in the queue",
        Some(b'd') => "a document",
        Some(b'v') => "a row of the read model",
        Some(b'b') => "a bucket of the read model",
        Some(b'n') => "a notice at the relay",
        Some(b'i') => "a page of the search index",
        Some(b'g') => "a purged document",
        Some(b'r') => "a record in the trash",
        _ => "an unknown item",
    }
}

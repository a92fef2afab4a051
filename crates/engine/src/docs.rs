//! The documents in memory: a bounded set, loaded when written or merged into, gone again by least recent use.
//!
//! Invariant: a document leaves memory only between transactions, so what is evicted is what the store holds.

use crate::api::{EngineError, Read};
use crate::bucket::Filed;
use crate::core::{Core, Fetched};
use crate::document::{Document, Genesis, Rewritten};
use crate::layout;
use crate::record::{DocKey, RecordId};
use crate::tombstone::{self, PURGED, Tombstone};
use crate::{limits, schema::Schema};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// A document saved whole, with the name that its hash cannot give back.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Snapshot {
    #[n(0)]
    pub key: DocKey,
    #[n(1)]
    pub bytes: ByteVec,
}

/// A loaded document and how it lies in the store.
#[derive(Debug)]
pub(crate) struct Resident {
    pub document: Document,
    snapshot_bytes: usize,
    chunks: u32,
    chunk_bytes: usize,
    used: u64,
    /// The round in which it was last marked as changed.
    marked: Option<u64>,
    /// What is kept of it beside its row; none until it is about to change.
    filed: Option<Filed>,
    /// It is purged: nothing of it is shown, and its bytes may be gone.
    pub purged: Option<Tombstone>,
    /// The tombstones in it, as the store has them; none until it is about to change, or if it is not of that kind.
    tombstones: Option<BTreeMap<DocKey, Tombstone>>,
}

impl Resident {
    /// A document without changes.
    fn new(document: Document, used: u64, purged: Option<Tombstone>) -> Self {
        let (filed, tombstones, marked) = (None, None, None);
        let (snapshot_bytes, chunks, chunk_bytes) = (0, 0, 0);
        Self { document, snapshot_bytes, chunks, chunk_bytes, used, marked, filed, purged, tombstones }
    }
    /// Whether there is something to be shown.
    pub fn is_there(&self) -> bool {
        !self.document.is_new() && self.purged.is_none()
    }
    /// It is purged and nothing is left of it.
    pub fn is_gone(&self) -> bool {
        self.document.is_new() && self.purged.is_some()
    }
}

/// The set of loaded documents.
#[derive(Debug)]
pub(crate) struct Docs {
    resident: BTreeMap<DocKey, Resident>,
    genesis: BTreeMap<&'static str, Genesis>,
    actor: [u8; 16],
    capacity: usize,
    uses: u64,
}

impl Docs {
    pub fn new(actor: [u8; 16], capacity: usize) -> Self {
        Self { resident: BTreeMap::new(), genesis: BTreeMap::new(), actor, capacity, uses: 0 }
    }

    /// Another actor for whatever is written from now on in documents that are loaded or made anew. A document that lost
    /// changes must not count on under the same one: others may still hold what it counted before.
    pub fn renew_actor(&mut self, rng: &mut dyn rand_core::CryptoRng) {
        let mut random = [0; 8];
        rng.fill_bytes(&mut random);
        self.actor.iter_mut().skip(8).zip(random).for_each(|(to, from)| *to = from);
    }

    /// The same for documents in memory too.
    pub fn renew_actors(&mut self, rng: &mut dyn rand_core::CryptoRng) {
        self.renew_actor(rng);
        self.resident.values_mut().for_each(|resident| resident.document.set_actor(&self.actor));
    }

    /// How to read a document from the store. Chunks are few: a snapshot replaces them.
    pub fn read(key: &DocKey) -> Read {
        let limit = 2 + usize::try_from(limits::CHUNKS_PER_DOCUMENT).unwrap_or(usize::MAX - 2);
        Read::Scan { prefix: layout::document(key), after: None, limit }
    }

    /// The document in memory, if it is.
    pub fn get_mut(&mut self, key: &DocKey) -> Option<&mut Resident> {
        self.uses += 1;
        let used = self.uses;
        let resident = self.resident.get_mut(key)?;
        resident.used = used;
        Some(resident)
    }

    /// Remembers what is kept of a document beside its row, as it is now and as the store has it.
    pub fn note_filed(&mut self, schema: &Schema, key: &DocKey) {
        if let Some(resident) = self.resident.get_mut(key)
            && resident.filed.is_none()
        {
            let of = || Filed::of(schema, &resident.document.row());
            resident.filed = Some(if resident.is_there() { of() } else { Filed::default() });
        }
        if let Some(resident) = self.resident.get_mut(key)
            && key.kind == PURGED.name
            && resident.tombstones.is_none()
        {
            resident.tombstones = Some(tombstone::read(&resident.document));
        }
    }

    /// Puts what is kept of a document now in the place of what was kept before, which it gives back.
    fn replace_filed(&mut self, key: &DocKey, now: Filed) -> Filed {
        let resident = self.resident.get_mut(key);
        resident.and_then(|resident| resident.filed.replace(now)).unwrap_or_default()
    }

    /// Forgets documents beyond the capacity, least recently used first. Called between transactions only.
    pub fn evict(&mut self) {
        if self.resident.len() <= self.capacity {
            return;
        }
        let mut uses: Vec<u64> = self.resident.values().map(|r| r.used).collect();
        uses.sort_unstable();
        let surplus = self.resident.len() - self.capacity / 2;
        let Some(&newest_to_go) = uses.get(surplus.saturating_sub(1)) else { return };
        self.resident.retain(|_, r| r.used > newest_to_go);
    }

    /// Drops documents whose changes were not stored.
    pub fn forget(&mut self, keys: &BTreeSet<DocKey>) {
        self.resident.retain(|key, _| !keys.contains(key));
    }

    /// Puts another document in the place of a resident one. It is stored whole the next time.
    pub fn replace(&mut self, key: &DocKey, document: Document) {
        if let Some(resident) = self.resident.get_mut(key) {
            resident.document = document;
            resident.snapshot_bytes = 0;
        }
    }

    /// A document without void changes; see [`Document::without`].
    pub fn without(
        &self,
        key: &DocKey,
        void: &BTreeSet<automerge::ChangeHash>,
    ) -> Result<Option<Rewritten>, EngineError> {
        let Some(resident) = self.resident.get(key) else { return Ok(None) };
        let damaged = |e: crate::document::DocumentError| EngineError::Damaged(e.to_string());
        resident.document.without(void, &self.actor).map_err(damaged)
    }

    fn genesis(&mut self, kind: &'static crate::Kind) -> Genesis {
        self.genesis.entry(kind.name).or_insert_with(|| Genesis::of(kind)).clone()
    }

    /// Takes a document that was read from the store, or begins it.
    fn admit(
        &mut self,
        schema: &Schema,
        key: &DocKey,
        parts: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(), EngineError> {
        let kind = schema.get(&key.kind).ok_or_else(|| EngineError::UnknownKind(key.kind.clone()))?;
        let resident = self.assemble(kind, key, parts)?;
        self.resident.insert(key.clone(), resident);
        Ok(())
    }

    fn assemble(
        &mut self,
        kind: &'static crate::Kind,
        key: &DocKey,
        parts: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<Resident, EngineError> {
        let damaged = |e: &dyn core::fmt::Display| {
            EngineError::Damaged(format!("document {} {}: {e}", key.kind, key.id))
        };
        let genesis = self.genesis(kind);
        self.uses += 1;
        let used = self.uses;
        let (purged, parts) = match parts.split_first() {
            Some(((at, marker), rest)) if layout::is_marker(at) => {
                (Some(protocol::codec::decode(marker).map_err(|e| damaged(&e))?), rest)
            }
            _ => (None, parts),
        };
        let Some(((_, first), chunks)) = parts.split_first() else {
            let document =
                Document::new(key.clone(), kind, &genesis, &self.actor).map_err(|e| damaged(&e))?;
            return Ok(Resident::new(document, used, purged));
        };
        let snapshot: Snapshot = protocol::codec::decode(first).map_err(|e| damaged(&e))?;
        if snapshot.key != *key {
            return Err(damaged(&"the store holds another document in its place"));
        }
        let snapshot_bytes = snapshot.bytes.len();
        let mut saved: Vec<u8> = snapshot.bytes.into();
        for (_, chunk) in chunks {
            saved.extend(chunk);
        }
        let document =
            Document::load(key.clone(), kind, &genesis, &self.actor, &saved).map_err(|e| damaged(&e))?;
        let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let chunk_bytes = saved.len() - snapshot_bytes;
        let resident = Resident::new(document, used, purged);
        Ok(Resident { snapshot_bytes, chunks: count, chunk_bytes, ..resident })
    }
}

impl Core {
    /// Makes sure that `keys` are in memory. Returns what must be read first; nothing once all are there.
    pub fn load(&mut self, keys: &[DocKey], fetched: &Fetched) -> Result<Vec<Read>, EngineError> {
        let mut reads = Vec::new();
        for key in keys {
            if self.docs.get_mut(key).is_some() {
                continue;
            }
            let read = Docs::read(key);
            match fetched.get(&read) {
                Some(sealed) => {
                    let parts = self.open_all(sealed)?;
                    self.docs.admit(&self.schema, key, &parts)?;
                }
                None => reads.push(read),
            }
        }
        Ok(reads)
    }

    /// Loads a document aside from the resident ones: for a rebuild or a check that passes over all of them.
    pub fn load_aside(
        &mut self,
        key: &DocKey,
        parts: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<Document, EngineError> {
        let kind = self.schema.get(&key.kind).ok_or_else(|| EngineError::UnknownKind(key.kind.clone()))?;
        Ok(self.docs.assemble(kind, key, parts)?.document)
    }

    /// Writes what was added to a resident document: its changes or, now and then, all of it; and its row.
    pub fn store_document(&mut self, key: &DocKey, changes: &[Vec<u8>]) -> Result<crate::Row, EngineError> {
        let gone =
            || EngineError::Damaged(format!("document {} left memory in the middle of a change", key.id));
        let resident = self.docs.get_mut(key).ok_or_else(gone)?;
        let added: usize = changes.iter().map(Vec::len).sum();
        let whole = resident.snapshot_bytes == 0
            || resident.chunks >= limits::CHUNKS_PER_DOCUMENT
            || resident.chunk_bytes + added > 4 * resident.snapshot_bytes.max(1_024);
        let row = resident.document.row();
        self.mark(key);
        let Some(resident) = self.docs.get_mut(key) else { return Err(gone()) };
        if whole {
            let bytes = resident.document.save();
            let old_chunks = resident.chunks;
            resident.snapshot_bytes = bytes.len();
            resident.chunks = 0;
            resident.chunk_bytes = 0;
            (0..old_chunks).for_each(|n| self.delete(layout::chunk(key, n)));
            self.put(layout::snapshot(key), &Snapshot { key: key.clone(), bytes: bytes.into() });
        } else if added > 0 {
            let number = resident.chunks;
            resident.chunks += 1;
            resident.chunk_bytes += added;
            self.put_bytes(layout::chunk(key, number), &changes.concat());
        }
        if self.is_purged(key) {
            // Something may have come that is to be kept under another name.
            self.put_burial(key);
            self.put_buried(key);
            return Ok(crate::Row { deleted: true, ..row });
        }
        self.put_row(&row);
        let filed = Filed::of(&self.schema, &row);
        self.file_resident(key, &filed);
        self.note_tombstones(key);
        Ok(row)
    }

    /// Whether a document in memory is purged.
    pub fn is_purged(&mut self, key: &DocKey) -> bool {
        self.docs.get_mut(key).is_some_and(|resident| resident.purged.is_some())
    }

    /// Documents of which a tombstone came or went have to conform to that.
    fn note_tombstones(&mut self, key: &DocKey) {
        if key.kind != PURGED.name {
            return;
        }
        let Some(resident) = self.docs.get_mut(key) else { return };
        let now = tombstone::read(&resident.document);
        let before = resident.tombstones.replace(now.clone()).unwrap_or_default();
        let either: BTreeSet<&DocKey> = now.keys().chain(before.keys()).collect();
        for key in either.into_iter().filter(|key| now.get(*key) != before.get(*key)) {
            self.put_burial(key);
        }
    }

    /// Loads a document of a pack, aside from what is here of it.
    pub fn load_packed(&mut self, key: &DocKey, bytes: &[u8]) -> Result<Document, EngineError> {
        let snapshot = protocol::codec::encode(&Snapshot { key: key.clone(), bytes: bytes.to_vec().into() });
        self.load_aside(key, &[(layout::snapshot(key), snapshot)])
    }

    /// Takes a document of a pack as it is where there is none here. Gives its row; none if its kind is of a newer version.
    pub fn store_packed(&mut self, key: &DocKey, bytes: &[u8]) -> Result<Option<crate::Row>, EngineError> {
        let snapshot = Snapshot { key: key.clone(), bytes: bytes.to_vec().into() };
        let stored = layout::snapshot(key);
        let plain = protocol::codec::encode(&snapshot);
        let row = match self.schema.get(&key.kind) {
            Some(_) => Some(self.load_aside(key, &[(stored.clone(), plain.clone())])?.row()),
            None => None,
        };
        self.put_bytes(stored, &plain);
        // One without changes may be in memory, because somebody asked for it.
        self.docs.forget(&BTreeSet::from([key.clone()]));
        if let Some(row) = &row {
            self.put_row(row);
            let filed = Filed::of(&self.schema, row);
            // Its row may be here already, of a pack of rows; nothing was kept of that.
            self.file_everywhere(key, &Filed::default(), &filed);
        }
        if key.kind == PURGED.name {
            let document = self.load_packed(key, bytes)?;
            tombstone::read(&document).keys().for_each(|key| self.put_burial(key));
        }
        Ok(row)
    }

    /// The read model in use, and the one being made.
    fn generations(&self) -> impl Iterator<Item = u8> + use<> {
        let rebuild = self.position.rebuild.as_ref().map(|r| r.view);
        core::iter::once(self.position.view).chain(rebuild)
    }

    fn file_everywhere(&mut self, key: &DocKey, before: &Filed, after: &Filed) {
        self.generations().for_each(|generation| self.file(generation, key, before, after));
    }

    /// What is kept of a resident document follows it.
    fn file_resident(&mut self, key: &DocKey, now: &Filed) {
        let before = self.docs.replace_filed(key, now.clone());
        self.file_everywhere(key, &before, now);
    }

    /// A document is not as the packs have it.
    pub fn mark(&mut self, key: &DocKey) {
        let round = self.position.round;
        let known = self.docs.get_mut(key).and_then(|resident| resident.marked.replace(round));
        if known != Some(round) {
            self.put(layout::mark(key), &round);
        }
    }

    /// A document in memory is as the packs have it.
    pub fn unmark(&mut self, key: &DocKey) {
        if let Some(resident) = self.docs.get_mut(key) {
            resident.marked = None;
        }
        self.delete(layout::mark(key));
    }

    /// Takes a resident document without changes of its own out of the store, and its row out of the read model. The row
    /// returned says that it is gone.
    pub fn remove_document(&mut self, key: &DocKey) -> Result<crate::Row, EngineError> {
        let gone =
            || EngineError::Damaged(format!("document {} left memory in the middle of a change", key.id));
        let resident = self.docs.get_mut(key).ok_or_else(gone)?;
        let row = crate::Row { deleted: true, ..resident.document.row() };
        let chunks = std::mem::take(&mut resident.chunks);
        (resident.snapshot_bytes, resident.chunk_bytes) = (0, 0);
        (0..chunks).for_each(|n| self.delete(layout::chunk(key, n)));
        self.delete(layout::snapshot(key));
        self.hide(key);
        self.note_tombstones(key);
        Ok(row)
    }

    /// Takes a row out of the read model, and what is kept of its document, which is in memory.
    pub fn hide(&mut self, key: &DocKey) {
        for generation in self.generations() {
            self.delete(layout::view(generation, &self.store, key));
        }
        self.file_resident(key, &Filed::default());
    }

    /// Shows a document in memory again.
    pub fn show(&mut self, key: &DocKey) -> Option<crate::Row> {
        let row = self.docs.get_mut(key)?.document.row();
        self.put_row(&row);
        let filed = Filed::of(&self.schema, &row);
        self.file_resident(key, &filed);
        Some(row)
    }

    /// Writes a row into the read model, and into the one being made. What is kept beside it follows the document.
    pub fn put_row(&mut self, row: &crate::Row) {
        for generation in self.generations() {
            let key = layout::view(generation, &self.store, &row.key);
            self.put(key, row);
        }
    }
}

impl RecordId {
    /// The parent of streams that belong to no record.
    pub const NONE: Self = Self::new([0; 16]);
}

//! Taking in a manifest that another device made: its packs are merged into the documents, and checked against what is here.
//!
//! Invariant: nothing is taken from documents here. A manifest is acknowledged only when every change of the entries that
//! it says to hold, as far as they are here, is in its packs; and a chain is taken to begin where it ends only then, or
//! when the entries before are to be had in no other way, or other entries stand there than here. Then what it lacks is
//! written anew by this device. Cut off, it goes on with the packs that are still missing.

use super::behind::{Behind, Found};
use super::compact::contents_read;
use super::outbox::{open_entries, scan_entries};
use super::receive::{displace, open_payload};
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Notice, Read};
use crate::core::{Core, Env, Fetched, ROW_VERSION};
use crate::docs::Resident;
use crate::document::Document;
use crate::layout;
use crate::limits;
use crate::pack::{
    Contents, ManifestBody, PACK_VERSION, PackedDocument, PackedDocuments, PackedRows, Pair, is_pack,
};
use crate::payload::Item;
use crate::position::{Base, DeviceHead};
use crate::record::{DocKey, Row};
use crate::session::PackSignal;
use automerge::ChangeHash;
use protocol::chain::AdmitError;
use protocol::entry::{Head, Header};
use protocol::manifest::{ManifestError, ManifestHeader, PackRef, SealedManifest};
use protocol::{DeviceId, ManifestHash, RunningHash, SealedEntry};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is known of a manifest that is being taken in.
#[derive(Debug)]
pub(crate) struct Checking {
    pub hash: ManifestHash,
    pub header: ManifestHeader,
    pub pairs: Vec<Pair>,
    /// Devices of which another chain is here than the one it covers, and from which index on.
    parted: BTreeMap<DeviceId, u64>,
    /// Changes that it need not hold: of entries behind its coverage, and of none.
    later: BTreeSet<ChangeHash>,
    /// Documents of entries that it covers and the manifest before did not.
    needed: BTreeSet<DocKey>,
    /// What it lacks; it is not acknowledged then.
    problem: Option<String>,
    /// What it lacks is written anew here, and is no problem.
    rescue: bool,
    /// Documents that it lacks altogether, and that were written anew.
    rescued: BTreeSet<DocKey>,
    /// A copy of this store wrote what it says to hold of this device.
    cloned: bool,
    /// Own entries when it was looked at.
    own: u64,
    /// Changes in its packs of devices of which it is to be found out what counts.
    pub counted: BTreeSet<ChangeHash>,
}

impl Checking {
    fn new(hash: ManifestHash, header: ManifestHeader, pairs: Vec<Pair>, own: u64) -> Self {
        let (parted, later, needed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let (problem, rescue, rescued, cloned) = (None, false, BTreeSet::new(), false);
        let counted = BTreeSet::new();
        Self { hash, header, pairs, parted, later, needed, problem, rescue, rescued, cloned, own, counted }
    }

    /// Whether it says to hold an entry.
    fn covers(&self, device: &DeviceId, index: u64) -> bool {
        index <= self.header.covered(device) && self.parted.get(device).is_none_or(|from| index < *from)
    }
}

impl Core {
    /// Takes note of changes that came while a manifest is being taken in: of an entry, or made here.
    pub fn note_later(&mut self, of: Option<(DeviceId, u64)>, items: &[Item]) {
        let Some(checking) = &mut self.checking else { return };
        let covered = of.is_some_and(|(device, index)| checking.covers(&device, index));
        if !covered {
            let changes = items.iter().filter_map(|i| i.parse().ok()).flatten();
            checking.later.extend(changes.map(|c| c.hash()));
        }
    }
}

/// Looks at a manifest, and at what is here of what it covers.
pub(crate) struct BeginIntake {
    pub manifest: Box<SealedManifest>,
    /// The entries that it stands for are to be had in no other way.
    must: bool,
    /// What is here behind its coverage; none before it was looked at itself.
    behind: Option<Behind>,
}

impl BeginIntake {
    pub fn new(manifest: SealedManifest, must: bool) -> Self {
        Self { manifest: Box::new(manifest), must, behind: None }
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let Some(behind) = &mut self.behind else { return self.begin(core, fetched) };
        match behind.next(core, env, fetched)? {
            Err(reads) => return Ok(Step::Need(reads)),
            Ok(Found::Entries(entries)) => {
                core.note_entries(entries);
                return Ok(Step::More(Outcome::default()));
            }
            Ok(Found::Queued(items)) => {
                core.note_later(None, &items);
                return Ok(Step::More(Outcome::default()));
            }
            Ok(Found::All) => {}
        }
        let packs = contents_read();
        let Some(known) = fetched.get(&packs) else { return Ok(Step::Need(vec![packs])) };
        let mut known: BTreeSet<_> = known.iter().filter_map(|(key, _)| layout::pack_of(key)).collect();
        let fresh = core.is_fresh();
        let Some(checking) = &core.checking else { return Ok(Step::Done(Outcome::default())) };
        // What is known of packs was found out beside those of the manifest that is held. One that covers less lacks some of
        // these, and with them the newer changes of documents that stand in older packs too.
        if core.must_count() || !core.goes_on(&checking.header) {
            known.clear();
        }
        let missing: Vec<Pair> =
            checking.pairs.iter().filter(|p| !known.contains(&p.documents.hash)).copied().collect();
        if !missing.is_empty() {
            let position = &mut core.position;
            for head in &checking.header.coverage {
                let loose = position.loose.entry(head.device).or_default();
                *loose = head.index.max(*loose);
                if head.index > position.index(&head.device) {
                    let merged = position.merged.entry(head.device).or_default();
                    *merged = head.index.max(*merged);
                }
            }
        }
        let rows = missing.iter().filter(|_| fresh).map(|p| (p.rows, true));
        let packs = rows.chain(missing.iter().map(|p| (p.documents, false))).collect();
        core.save_position();
        Ok(Step::Done(Outcome::signal(PackSignal::Wanted(packs).into())))
    }

    fn begin(&mut self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        let refused = |hash, reason: String| {
            let notice = Effect::Notice(Notice::ManifestRefused { reason });
            Ok(Step::Done(Outcome { effects: vec![notice], signals: vec![PackSignal::Refused(hash).into()] }))
        };
        let name = SealedManifest::hash(&self.manifest.header, &self.manifest.body);
        let (header, hash) = match self.manifest.verify(&core.chain) {
            Ok(verified) => verified,
            Err(ManifestError::Refused(AdmitError::UnknownHead)) => {
                return Ok(Step::Done(Outcome::signal(PackSignal::NeedsLinks.into())));
            }
            Err(error) => return refused(name, error.to_string()),
        };
        if core.position.manifest == Some(hash) && !core.must_count() {
            return Ok(Step::Done(Outcome::signal(PackSignal::ManifestTaken.into())));
        }
        if let Some(device) = core.covered_beyond_cut(&header) {
            return refused(hash, format!("it holds entries of {device} from beyond its revocation"));
        }
        let body = seal::open_manifest(&self.manifest, &core.ring).map_err(|e| e.to_string());
        let body = body.and_then(|b| protocol::codec::decode::<ManifestBody>(&b).map_err(|e| e.to_string()));
        let pairs = body.map(|body| Pair::of(&header, &body));
        let pairs = match pairs {
            Ok(Some(pairs)) => pairs,
            Ok(None) => return refused(hash, "its header and its body do not agree".into()),
            Err(reason) => return refused(hash, reason),
        };
        let parted = match core.parted(&header.coverage, fetched)? {
            Ok(parted) => parted,
            Err(reads) => return Ok(Step::Need(reads)),
        };
        let from = |device: &DeviceId| {
            let covered = core.position.covered(device).min(header.covered(device));
            parted.get(device).copied().unwrap_or(u64::MAX).min(covered.saturating_add(1))
        };
        self.behind = Some(Behind::new(core.position.heads.keys().map(|d| (*d, from(d)))));
        let cloned = core.others_write_as_me(&header) || parted.contains_key(&core.me());
        // What is not sorted out yet may be void, and is not written anew.
        let rescue = core.position.unsorted.is_empty() && (self.must || cloned || !parted.is_empty());
        let own = core.position.index(&core.me());
        core.checking = Some(Checking { parted, rescue, cloned, ..Checking::new(hash, header, pairs, own) });
        Ok(Step::More(Outcome::default()))
    }
}

impl Core {
    /// Whether nothing was ever received or written here.
    pub fn is_fresh(&self) -> bool {
        self.position.cursor == 0 && self.position.heads.is_empty() && self.position.queued() == 0
    }

    /// Whether a manifest covers all that the one held here does, and those of which packs were merged since.
    fn goes_on(&self, header: &ManifestHeader) -> bool {
        let held = self.position.covered.iter().map(|head| (&head.device, &head.index));
        held.chain(&self.position.loose).all(|(device, index)| self.reaches(header, device, *index))
    }

    /// Whether a manifest covers all that counts of a device's chain up to an index.
    fn reaches(&self, header: &ManifestHeader, device: &DeviceId, index: u64) -> bool {
        let cut = self.chain.member(device).and_then(|m| m.revoked.as_ref()).map(|(_, cut)| cut.index);
        header.covered(device) >= cut.map_or(index, |cut| cut.min(index))
    }

    /// Whether a manifest covers more entries of this device than are here: then a copy of this store wrote them, and what
    /// is here need not be what they follow, not even what a relay acknowledged that forgot it since.
    fn others_write_as_me(&self, header: &ManifestHeader) -> bool {
        let (me, here) = (self.me(), self.position.index(&self.me()));
        header.covered(&me) > here && here > self.position.base(&me)
    }

    /// Puts changes that a manifest lacks into the queue, as this device's own.
    fn write_anew(&mut self, key: &DocKey, changes: Vec<Vec<u8>>) {
        self.position.queue_first -= 1;
        self.put(layout::queue(self.position.queue_first), &Item::new(key.clone(), changes));
        self.save_position();
    }

    /// A manifest is not taken. Rows of it have nothing behind them then: the read model is made anew.
    fn drop_provisional(&mut self) {
        if std::mem::take(&mut self.position.provisional) {
            self.position.view_version = 0;
            self.save_position();
        }
    }

    /// A revoked device of which a manifest holds more than counts.
    fn covered_beyond_cut(&self, header: &ManifestHeader) -> Option<DeviceId> {
        let cuts = self.chain.members().filter_map(|(_, m)| m.revoked.as_ref().map(|(_, cut)| cut));
        let beyond = |cut: &&protocol::link::Cut| header.covered(&cut.device) > cut.index;
        cuts.filter(|cut| cut.device != self.me()).find(beyond).map(|cut| cut.device)
    }

    /// Takes note of what entries hold: what a manifest must have, or need not.
    fn note_entries(&mut self, entries: Vec<(u64, SealedEntry)>) {
        for (index, sealed) in entries {
            let Ok(entry) = sealed.read() else { continue };
            let device = entry.header().device;
            let Ok(payload) = open_payload(self, &entry) else { continue };
            // What waits was applied by nobody here; whoever could apply it had what it waits for.
            let waits = self.waiting.contains_key(&(device, index));
            self.note_later(Some((device, index)), &payload.items);
            let Some(checking) = &mut self.checking else { return };
            if checking.covers(&device, index) && !waits {
                checking.needed.extend(payload.items.into_iter().map(|i| i.key));
            }
        }
    }
}

/// Merges a pack.
pub(crate) struct TakePack {
    pub pack: PackRef,
    pub rows: bool,
    pub bytes: Option<Vec<u8>>,
    todo: VecDeque<PackedDocument>,
    keys: Vec<DocKey>,
}

impl TakePack {
    pub fn new(pack: PackRef, rows: bool, bytes: Option<Vec<u8>>) -> Self {
        Self { pack, rows, bytes, todo: VecDeque::new(), keys: Vec::new() }
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if core.checking.is_none() {
            return Ok(Step::Done(Outcome::default()));
        }
        if let Some(bytes) = self.bytes.take() {
            let opened = self.open(core, &bytes);
            return Ok(match opened {
                Ok(None) => Step::More(Outcome::default()),
                Ok(Some(rows)) => Step::Done(self.taken(rows)),
                Err(reason) => self.refuse(core, &reason),
            });
        }
        if self.todo.is_empty() && self.keys.is_empty() {
            return Ok(self.refuse(core, "the relay does not have it"));
        }
        let batch: Vec<DocKey> = self.todo.iter().take(env.batch).map(|d| d.key.clone()).collect();
        let reads: Vec<Read> = batch.iter().map(crate::docs::Docs::read).collect();
        let missing: Vec<Read> = reads
            .iter()
            .zip(&batch)
            .filter(|(read, key)| core.docs.get_mut(key).is_none() && !fetched.contains_key(read))
            .map(|(read, _)| read.clone())
            .collect();
        if !missing.is_empty() {
            return Ok(Step::Need(missing));
        }
        let mut rows = Vec::new();
        for (key, read) in batch.iter().zip(&reads) {
            let Some(packed) = self.todo.pop_front() else { break };
            let stored = fetched.get(read).is_some_and(|pairs| !pairs.is_empty());
            // Of one that was purged nothing may be left but a mark.
            let known = |r: &mut Resident| !r.document.is_new() || r.purged.is_some();
            let here = stored || core.docs.get_mut(key).is_some_and(known);
            if let Err(error) = core.count(&packed) {
                return Ok(self.refuse(core, &format!("{} {}: {error}", key.kind, key.id)));
            }
            let row = if here {
                core.merge_packed(&packed, fetched)
            } else {
                core.store_packed(key, &packed.bytes)
            };
            match row {
                Ok(row) => rows.extend(row),
                Err(error) => return Ok(self.refuse(core, &format!("{} {}: {error}", key.kind, key.id))),
            }
        }
        if !self.todo.is_empty() {
            return Ok(Step::More(Outcome::effects(changed(rows))));
        }
        // One in which something is missing is looked at again whenever a manifest names it.
        if core.checking.as_ref().is_some_and(|checking| checking.problem.is_none()) {
            core.put(layout::pack(&self.pack.hash), &Contents { keys: std::mem::take(&mut self.keys) });
        }
        Ok(Step::Done(self.taken(rows)))
    }

    fn taken(&self, rows: Vec<Row>) -> Outcome {
        Outcome { effects: changed(rows), signals: vec![PackSignal::Taken.into()] }
    }

    /// A manifest of which one pack is not what it should be is not taken; its documents that were merged do no harm.
    fn refuse(&self, core: &mut Core, reason: &str) -> Step {
        let hash = core.checking.take().map(|c| c.hash);
        core.drop_provisional();
        let reason = format!("pack {}: {reason}", self.pack.hash);
        let notice = Effect::Notice(Notice::ManifestRefused { reason });
        let signals = hash.map(|hash| PackSignal::Refused(hash).into()).into_iter().collect();
        Step::Done(Outcome { effects: vec![notice], signals })
    }

    /// Opens the pack. Rows are written at once, and given back.
    fn open(&mut self, core: &mut Core, bytes: &[u8]) -> Result<Option<Vec<Row>>, String> {
        if !is_pack(bytes, &self.pack.hash) {
            return Err("it is not what its address says".into());
        }
        let plain = seal::open_pack(bytes, &core.chain.space(), &core.ring).map_err(|e| e.to_string())?;
        if !self.rows {
            let packed: PackedDocuments = protocol::codec::decode(&plain).map_err(|e| e.to_string())?;
            version(packed.version)?;
            self.keys = packed.documents.iter().map(|d| d.key.clone()).collect();
            self.todo = packed.documents.into();
            return Ok(None);
        }
        let packed: PackedRows = protocol::codec::decode(&plain).map_err(|e| e.to_string())?;
        version(packed.version)?;
        // Another projection than this one: its documents tell. Rows of a kind unknown here stay away, as in a rebuild.
        let mine = packed.projection == ROW_VERSION;
        let known = |row: &Row| mine && core.schema.get(&row.key.kind).is_some();
        let rows: Vec<Row> = packed.rows.into_iter().filter(known).collect();
        if !rows.is_empty() {
            let this = core.checking.as_ref().map(|checking| checking.hash);
            let position = &mut core.position;
            let alone = !position.provisional || position.provisional_of == this;
            position.provisional_of = this.filter(|_| alone);
            position.provisional = true;
        }
        core.save_position();
        rows.iter().for_each(|row| core.put_row(row));
        Ok(Some(rows))
    }
}

fn version(version: u8) -> Result<(), String> {
    if version == PACK_VERSION { Ok(()) } else { Err(format!("it is of version {version}")) }
}

fn changed(rows: Vec<Row>) -> Vec<Effect> {
    if rows.is_empty() { Vec::new() } else { vec![Effect::Notice(Notice::Changed(rows))] }
}

impl Core {
    /// Merges a document of a pack into the one that is here. Gives its row if it changed.
    fn merge_packed(
        &mut self,
        packed: &PackedDocument,
        fetched: &Fetched,
    ) -> Result<Option<Row>, EngineError> {
        let key = &packed.key;
        if self.schema.get(&key.kind).is_none() {
            // Of a newer version, which will find the entries that it waits for.
            return Ok(None);
        }
        let reads = self.load(std::slice::from_ref(key), fetched)?;
        if !reads.is_empty() {
            return Err(EngineError::Damaged("a document left memory".into()));
        }
        let theirs = self.load_packed(key, &packed.bytes)?;
        self.touch(key);
        if self.is_left_out(key, &theirs) {
            self.hide(key);
            self.put_buried(key);
            return Ok(None);
        }
        let gone = || EngineError::Damaged("a document left memory".into());
        let resident = self.docs.get_mut(key).ok_or_else(gone)?;
        let damaged = |e: crate::document::DocumentError| EngineError::Damaged(e.to_string());
        let fresh = resident.document.apply(theirs.changes()).map_err(damaged)?;
        let beyond = resident.document.beyond(&theirs);
        let mut lacking = Vec::new();
        // What came after a tombstone goes on under another name: nobody packs it under this one.
        let packed = resident.purged.is_none();
        if let Some(checking) = self.checking.as_mut().filter(|_| packed) {
            let lacks: BTreeSet<_> =
                beyond.iter().filter(|h| !checking.later.contains(*h)).copied().collect();
            if !lacks.is_empty() && checking.rescue {
                lacking = resident.document.raw(|hash| lacks.contains(hash));
                checking.later.extend(lacks);
            } else if !lacks.is_empty() && checking.problem.is_none() {
                checking.problem =
                    Some(format!("changes of {} {} are missing in its packs", key.kind, key.id));
            }
        }
        if !lacking.is_empty() {
            self.write_anew(key, lacking);
        }
        let row = if fresh.is_empty() { None } else { Some(self.store_document(key, &fresh)?) };
        if beyond.is_empty() {
            self.unmark(key);
        } else {
            // Another manifest held it, which the relay has forgotten, and it was marked no more.
            self.mark(key);
        }
        Ok(row)
    }
}

impl Core {
    /// Whether a packed document is purged here, gone, and holds nothing that came later.
    fn is_left_out(&mut self, key: &DocKey, theirs: &Document) -> bool {
        let resident = self.docs.get_mut(key).filter(|resident| resident.document.is_new());
        let tombstone = resident.and_then(|resident| resident.purged.as_ref());
        tombstone.is_some_and(|tombstone| !tombstone.leaves_something(theirs))
    }
}

/// More documents that may be missing are not looked for: most of these are, or the manifest is not worth having.
const MISSING: usize = 256;

/// All packs are merged: the manifest is this device's own from now on.
pub(crate) struct EndIntake {
    /// Where the relay's log is covered up to, if it is to be read from there.
    pub place: Option<(u64, RunningHash)>,
    /// Both sides have to be filled before anything is believed.
    pub healing: bool,
}

impl EndIntake {
    pub fn run(&mut self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        let Some(checking) = &core.checking else { return Ok(Step::Done(Outcome::default())) };
        let mut reads = vec![contents_read(), Read::Get(layout::pairs())];
        reads.retain(|read| !fetched.contains_key(read));
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let missing = core.missing(checking, fetched)?;
        // What rested on entries from beyond a revocation was never applied: such a document is not here either.
        let here = |key: &DocKey| Read::Get(layout::snapshot(key));
        // What is purged is rightly left out: the packs hold its tombstone, by which it was marked.
        let purged = |key: &DocKey| Read::Get(layout::marker(key));
        let reads = missing.iter().flat_map(|key| [here(key), purged(key)]);
        let reads: Vec<Read> = reads.filter(|r| !fetched.contains_key(r)).collect();
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        core.end_count();
        let Some(checking) = &core.checking else { return Ok(Step::Done(Outcome::default())) };
        let found = |read: Read| fetched.get(&read).is_some_and(|pairs| !pairs.is_empty());
        let mut lacks = missing.into_iter().filter(|k| found(here(k)) && !found(purged(k)));
        let lacks: Vec<DocKey> =
            if checking.rescue { lacks.collect() } else { lacks.next().into_iter().collect() };
        if checking.rescue && !lacks.is_empty() {
            return core.rescue(&lacks, fetched);
        }
        let lacks = lacks.first().map(|key| format!("{} {} is missing in its packs", key.kind, key.id));
        if let Some(reason) = checking.problem.clone().or(lacks) {
            let hash = checking.hash;
            core.checking = None;
            core.drop_provisional();
            let notice = Effect::Notice(Notice::ManifestRefused { reason });
            let signals = vec![PackSignal::Refused(hash).into()];
            return Ok(Step::Done(Outcome { effects: vec![notice], signals }));
        }
        let mut parted = checking.parted.clone();
        let (me, own) = (core.me(), checking.own);
        if checking.header.covered(&me) > own && core.position.index(&me) > own {
            // Sealed meanwhile, where the manifest stands for what a copy of this store wrote.
            parted.entry(me).or_insert(own + 1);
        }
        let scans = |(device, from): (&DeviceId, &u64)| scan_entries(device, *from, limits::WAITING_ENTRIES);
        let reads: Vec<Read> = parted.iter().map(scans).filter(|r| !fetched.contains_key(r)).collect();
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        for (device, from) in &parted {
            displace(core, device, *from, fetched)?;
        }
        Ok(self.adopt(core, fetched, &parted))
    }

    fn adopt(&self, core: &mut Core, fetched: &Fetched, parted: &BTreeMap<DeviceId, u64>) -> Step {
        let Some(checking) = core.checking.take() else { return Step::Done(Outcome::default()) };
        for head in &checking.header.coverage {
            let (index, hash) = (head.index, head.hash);
            if core.position.index(&head.device) < index || parted.contains_key(&head.device) {
                core.position.base.insert(head.device, Base { index, hash });
                core.position.heads.insert(head.device, DeviceHead { index, hash, height: 0 });
            }
        }
        let me = core.me();
        let own = checking.header.covered(&me);
        core.position.acked = core.position.acked.max(own);
        core.position.echoed = core.position.echoed.max(own);
        if core.position.provisional_of == Some(checking.hash) {
            // All documents behind them are here. Rows of another manifest go when everything was received.
            core.position.provisional = false;
        }
        core.position.manifest = Some(checking.hash);
        let mut loose = std::mem::take(&mut core.position.loose);
        loose.retain(|device, index| !core.reaches(&checking.header, device, *index));
        core.position.loose = loose;
        core.position.covered = checking.header.coverage;
        core.pack_wanted = false;
        let heads = &core.position.heads;
        core.position.merged.retain(|device, index| heads.get(device).is_none_or(|h| h.index < *index));
        core.put(layout::pairs(), &checking.pairs);
        let named: BTreeSet<_> = checking.pairs.iter().map(|p| p.documents.hash).collect();
        for (key, _) in fetched.get(&contents_read()).into_iter().flatten() {
            if layout::pack_of(key).is_none_or(|hash| !named.contains(&hash)) {
                core.delete(key.clone());
            }
        }
        if let Some((seq, running)) = self.place {
            (core.position.cursor, core.position.running) = (seq, running);
        }
        if self.healing || !parted.is_empty() {
            // Where chains parted, the relay's own go on behind what the manifest holds.
            core.position.healing = Some(true);
        }
        core.settle_claims();
        core.save_position();
        let mut effects = Vec::new();
        if checking.cloned {
            effects.push(Effect::Notice(Notice::StoreCloned));
        }
        Step::Done(Outcome { effects, signals: vec![PackSignal::ManifestTaken.into()] })
    }
}

impl Core {
    /// Documents that a manifest should hold and its packs do not; of many, the first.
    fn missing(&self, checking: &Checking, fetched: &Fetched) -> Result<Vec<DocKey>, EngineError> {
        let mut held: BTreeSet<DocKey> = BTreeSet::new();
        let mut before: BTreeSet<DocKey> = BTreeSet::new();
        let named: BTreeSet<_> = checking.pairs.iter().map(|p| p.documents.hash).collect();
        let replaced = self.held_packs(fetched)?;
        for (key, sealed) in fetched.get(&contents_read()).into_iter().flatten() {
            let contents: Contents = self.decode(key, sealed)?;
            match layout::pack_of(key) {
                Some(hash) if named.contains(&hash) => held.extend(contents.keys),
                Some(hash) if replaced.contains(&hash) => before.extend(contents.keys),
                // Of a manifest that never came into force.
                _ => {}
            }
        }
        let missing = checking.needed.union(&before);
        let missing = missing.filter(|key| !held.contains(*key) && !checking.rescued.contains(*key));
        Ok(missing.take(MISSING).cloned().collect())
    }

    /// Writes documents anew that a manifest lacks altogether, but for what entries tell of that it does not cover.
    fn rescue(&mut self, keys: &[DocKey], fetched: &Fetched) -> Result<Step, EngineError> {
        let known: Vec<DocKey> =
            keys.iter().filter(|k| self.schema.get(&k.kind).is_some()).cloned().collect();
        let reads = self.load(&known, fetched)?;
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let later = self.checking.as_ref().map(|checking| checking.later.clone()).unwrap_or_default();
        for key in &known {
            let gone = || EngineError::Damaged("a document left memory".into());
            let changes = self.docs.get_mut(key).ok_or_else(gone)?.document.raw(|hash| !later.contains(hash));
            if !changes.is_empty() {
                self.write_anew(key, changes);
            }
        }
        for key in keys {
            self.touch(key);
            self.mark(key);
        }
        if let Some(checking) = &mut self.checking {
            checking.rescued.extend(keys.iter().cloned());
        }
        Ok(Step::More(Outcome::default()))
    }

    /// Chains here that part from what a manifest covers, and from which index on they are taken out.
    fn parted(
        &self,
        coverage: &[Head],
        fetched: &Fetched,
    ) -> Result<Result<BTreeMap<DeviceId, u64>, Vec<Read>>, EngineError> {
        let (mut parted, mut reads) = (BTreeMap::new(), Vec::new());
        for head in coverage {
            let (device, here) = (head.device, self.position.index(&head.device));
            let base = self.position.base(&device);
            if here < head.index {
                // Somebody writes under this device's name. What the relay never took of it may not be what follows.
                if device == self.me() && here > self.position.acked.max(base) {
                    parted.insert(device, self.position.acked.max(base) + 1);
                }
                continue;
            }
            let read = Read::Get(layout::entry(&device, head.index));
            let known = if head.index == here { Some(self.position.last_hash(&device)) } else { None };
            let hash = match (known, fetched.get(&read)) {
                (Some(hash), _) => Some(hash),
                (None, Some(pairs)) => {
                    let entry = open_entries(self, pairs)?.into_iter().next();
                    let based = self.position.base.get(&device).filter(|b| b.index == head.index);
                    entry.map(|(_, e)| Header::address(&e.header, &e.ciphertext)).or(based.map(|b| b.hash))
                }
                (None, None) => {
                    reads.push(read);
                    continue;
                }
            };
            if hash.is_some_and(|hash| hash != head.hash) {
                parted.insert(device, base + 1);
            }
        }
        Ok(if reads.is_empty() { Ok(parted) } else { Err(reads) })
    }
}

/// The relay has taken this device's word.
pub(crate) fn acknowledged(core: &mut Core, manifest: ManifestHash) -> Step {
    core.position.acknowledged = Some(manifest);
    core.save_position();
    Step::Done(Outcome::default())
}

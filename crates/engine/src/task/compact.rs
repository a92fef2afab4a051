//! Making packs of documents, and the manifest that names them.
//!
//! Invariant: nothing is said to be packed before the relay holds it. A document's mark goes only when a manifest that
//! holds the document is in force; what changes meanwhile carries a newer mark, and is not packed: an entry behind the
//! coverage may turn out to be void, and of a pack nobody could take it out. Cut off at any step, a compaction goes on
//! where it was, or begins anew and leaves packs behind that nobody names.

use super::bury::is_purged;
use super::rebuild::{complete_documents, page_size};
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Job, Notice, Read};
use crate::core::{Core, Env, Fetched, Pairs, ROW_VERSION};
use crate::docs::Snapshot;
use crate::layout;
use crate::limits;
use crate::pack::{
    Compacting, Contents, Made, ManifestBody, PACK_VERSION, PackedDocument, PackedDocuments, PackedRows,
    Pair, worn,
};
use crate::payload::Item;
use crate::record::{DocKey, Row};
use crate::session::PackSignal;
use protocol::entry::Head;
use protocol::{DeviceId, ManifestHash, PackHash};
use seal::ManifestDraft;
use std::collections::BTreeSet;

/// Bytes that a document or row takes in a pack beside its own.
const FRAMING: usize = 64;

/// Begins a compaction, or goes on with one, up to the next pair of packs or the manifest.
pub(crate) struct Compact {
    /// The manifest in force at the relay.
    pub parent: Option<ManifestHash>,
    documents: Vec<PackedDocument>,
    rows: Vec<Row>,
    size: usize,
    after: Option<Vec<u8>>,
}

impl Compact {
    pub fn new(parent: Option<ManifestHash>) -> Self {
        Self { parent, documents: Vec::new(), rows: Vec::new(), size: 0, after: None }
    }

    pub fn run(&mut self, core: &mut Core, env: &mut Env<'_>, fetched: &Fetched) -> Step {
        if std::mem::take(&mut core.packing_spoilt) || !core.position.unsorted.is_empty() {
            core.position.compacting = None;
            core.packing = None;
            core.save_position();
            return Step::Done(Outcome::signal(PackSignal::Ended.into()));
        }
        self.step(core, env, fetched).unwrap_or_else(|error| {
            // Not tried again before the vault is opened anew: a document of a newer version stays what it is.
            core.cannot_compact = true;
            core.position.compacting = None;
            core.packing = None;
            core.save_position();
            let (effects, signals) =
                (vec![Effect::Notice(Notice::Trouble(error))], vec![PackSignal::Ended.into()]);
            Step::Done(Outcome { effects, signals })
        })
    }

    fn step(&mut self, core: &mut Core, env: &mut Env<'_>, fetched: &Fetched) -> Result<Step, EngineError> {
        // What came since is known as long as the vault stays open. After that only a job goes on of which nothing came.
        let known = core.packing.is_some();
        let fits = |c: &Compacting| {
            let nothing_new = || core.position.queued() == 0 && c.coverage == coverage(core);
            let marks_hold = c.whole || core.position.loose.is_empty();
            marks_hold
                && c.parent == self.parent
                && c.height == core.chain.height()
                && (known || nothing_new())
        };
        let Some(job) = core.position.compacting.clone().filter(fits) else {
            return self.begin(core, fetched);
        };
        core.packing.get_or_insert_default();
        let after = self.after.clone().unwrap_or_else(|| job.after.clone());
        let groups = match next_documents(&job, &after, page_size(env.batch), fetched) {
            Ok(groups) => groups,
            Err(reads) => return Ok(Step::Need(reads)),
        };
        if groups.is_empty() {
            return if self.documents.is_empty() {
                make_manifest(core, env, &job)
            } else {
                self.emit(core, env)
            };
        }
        for (place, group) in groups {
            if !group.is_empty() && !self.add(core, &group)? {
                return self.emit(core, env);
            }
            self.after = Some(place);
        }
        Ok(Step::More(Outcome::default()))
    }

    /// Decides what is packed.
    fn begin(&mut self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        let mut job = Compacting {
            parent: self.parent,
            height: core.chain.height(),
            coverage: coverage(core),
            round: core.position.round,
            whole: self.parent.is_none()
                || self.parent != core.position.manifest
                || !core.position.loose.is_empty(),
            after: Vec::new(),
            kept: Vec::new(),
            made: Vec::new(),
        };
        if !job.whole {
            let pairs = match known_pairs(core, fetched)? {
                Ok(pairs) => pairs,
                Err(reads) => return Ok(Step::Need(reads)),
            };
            let marked = Read::Scan { prefix: layout::marks(), after: None, limit: limits::MARKS };
            let Some(marks) = fetched.get(&marked) else { return Ok(Step::Need(vec![marked])) };
            let buried = Read::Scan { prefix: layout::buried_all(), after: None, limit: limits::MARKS };
            let Some(purged) = fetched.get(&buried) else { return Ok(Step::Need(vec![buried])) };
            match pairs.filter(|_| marks.len() < limits::MARKS && purged.len() < limits::MARKS) {
                Some(pairs) => keep(core, &mut job, &pairs, (marks, purged))?,
                None => job.whole = true,
            }
        }
        core.position.round += 1;
        core.position.compacting = Some(job);
        core.packing = Some(BTreeSet::new());
        core.save_position();
        self.after = None;
        Ok(Step::More(Outcome::default()))
    }

    /// Takes a stored document in. False if it does not fit any more.
    fn add(&mut self, core: &mut Core, group: &Pairs) -> Result<bool, EngineError> {
        if is_purged(group) {
            return Ok(true);
        }
        let parts = core.open_all(group)?;
        let first = parts.first().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        let snapshot: Snapshot =
            protocol::codec::decode(first).map_err(|e| EngineError::Damaged(format!("a document: {e}")))?;
        let mut document = core.load_aside(&snapshot.key, &parts)?;
        let later = core.packing.as_ref().map(|packing| document.before(packing));
        if let Some(before) = later.transpose().map_err(|e| EngineError::Damaged(e.to_string()))?.flatten() {
            // What is left out has marked the document for the next time.
            if before.is_new() {
                return Ok(true);
            }
            document = before;
        }
        let (bytes, row) = (document.save_for_pack(), document.row());
        let weight = bytes.len().max(protocol::codec::encode(&row).len()) + FRAMING;
        if self.size + weight > limits::PACK_PLAINTEXT_BYTES && !self.documents.is_empty() {
            return Ok(false);
        }
        self.size += weight;
        self.documents.push(PackedDocument { key: snapshot.key, bytes: bytes.into() });
        self.rows.push(row);
        Ok(true)
    }

    /// Seals a pair of packs.
    fn emit(&mut self, core: &mut Core, env: &mut Env<'_>) -> Result<Step, EngineError> {
        let mut documents = std::mem::take(&mut self.documents);
        let mut rows = std::mem::take(&mut self.rows);
        documents.sort_by(|a, b| a.key.cmp(&b.key));
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        let contents = Contents { keys: documents.iter().map(|d| d.key.clone()).collect() };
        let documents = protocol::codec::encode(&PackedDocuments { version: PACK_VERSION, documents });
        let rows =
            protocol::codec::encode(&PackedRows { version: PACK_VERSION, projection: ROW_VERSION, rows });
        let epoch = core.present_key()?;
        let space = core.chain.space();
        let mut seal = |plain: &[u8]| {
            let sealed = seal::seal_pack(&mut *env.rng, &space, epoch, plain);
            sealed.map_err(|e| EngineError::Damaged(format!("a pack: {e}")))
        };
        let after = self.after.take().unwrap_or_default();
        let made = Made { rows: seal(&rows)?, documents: seal(&documents)?, contents, after };
        Ok(Step::Done(Outcome::signal(PackSignal::Made(Box::new(made)).into())))
    }
}

impl Core {
    /// Takes note of changes made here while packs are being made.
    pub fn note_made(&mut self, items: &[Item]) {
        if let Some(packing) = &mut self.packing {
            let changes = items.iter().filter_map(|item| item.parse().ok()).flatten();
            packing.extend(changes.map(|change| change.hash()));
        }
    }
}

/// How far the packs will hold each chain: what is here and at the relay. Of a device of which an entry waits, only what an
/// earlier manifest held.
fn coverage(core: &Core) -> Vec<Head> {
    let waits: BTreeSet<DeviceId> = core.waiting.keys().map(|(device, _)| *device).collect();
    let whole = core.position.vector().into_iter().filter(|h| !waits.contains(&h.device));
    let bases = core.position.base.iter().filter(|(device, _)| waits.contains(*device));
    let bases = bases.map(|(device, base)| Head { device: *device, index: base.index, hash: base.hash });
    let mut coverage: Vec<Head> = whole.chain(bases).filter(|h| h.index > 0).collect();
    coverage.sort_by_key(|c| c.device);
    coverage
}

type Known = Option<Vec<(Pair, Vec<DocKey>)>>;

/// The pairs of the manifest that is held here and what is in them; none if that is not known of all.
fn known_pairs(core: &Core, fetched: &Fetched) -> Result<Result<Known, Vec<Read>>, EngineError> {
    let listed = Read::Get(layout::pairs());
    let packs =
        Read::Scan { prefix: layout::packs(), after: None, limit: protocol::limits::PACKS_PER_MANIFEST };
    let (Some(pairs), Some(contents)) = (fetched.get(&listed), fetched.get(&packs)) else {
        return Ok(Err(vec![listed, packs]));
    };
    let Some((key, sealed)) = pairs.first() else { return Ok(Ok(None)) };
    let pairs: Vec<Pair> = core.decode(key, sealed)?;
    let mut known = Vec::new();
    for pair in pairs {
        let place = layout::pack(&pair.documents.hash);
        let Some((key, sealed)) = contents.iter().find(|(key, _)| *key == place) else { return Ok(Ok(None)) };
        known.push((pair, core.decode::<Contents>(key, sealed)?.keys));
    }
    Ok(Ok(Some(known)))
}

/// Keeps the pairs that are not worn, and marks what is still good of those that are.
fn keep(
    core: &mut Core,
    job: &mut Compacting,
    pairs: &[(Pair, Vec<DocKey>)],
    (marks, purged): (&Pairs, &Pairs),
) -> Result<(), EngineError> {
    let mut marked = BTreeSet::new();
    for (key, sealed) in marks {
        if core.decode::<u64>(key, sealed)? > core.position.packed_round {
            marked.insert(key.clone());
        }
    }
    let all = pairs.iter().flat_map(|(_, keys)| keys);
    let changed: BTreeSet<DocKey> = all.filter(|k| marked.contains(&layout::mark(k))).cloned().collect();
    let buried: BTreeSet<&Vec<u8>> = purged.iter().map(|(key, _)| key).collect();
    for ((pair, keys), worn) in pairs.iter().zip(worn(pairs, &changed)) {
        // What is purged goes with these packs, whatever else is worth keeping.
        let holds_purged = || !buried.is_empty() && keys.iter().any(|k| buried.contains(&layout::buried(k)));
        if !worn && !holds_purged() {
            job.kept.push(*pair);
            continue;
        }
        for key in keys.iter().filter(|k| !changed.contains(*k)) {
            core.put(layout::mark(key), &job.round);
        }
    }
    Ok(())
}

type Documents = Vec<(Vec<u8>, Pairs)>;

/// The next documents to be packed, each with its place in the order. A document that is gone has no pairs.
fn next_documents(
    job: &Compacting,
    after: &[u8],
    page: usize,
    fetched: &Fetched,
) -> Result<Documents, Vec<Read>> {
    let prefix = if job.whole { layout::documents() } else { layout::marks() };
    let read = Read::Scan { prefix, after: Some(after.to_vec()).filter(|a| !a.is_empty()), limit: page };
    let Some(pairs) = fetched.get(&read) else { return Err(vec![read]) };
    if job.whole {
        let behind = |group: &Pairs| group.last().map(|(key, _)| layout::behind_document(key));
        let groups = complete_documents(pairs, page).into_iter();
        return Ok(groups.map(|group| (behind(&group).unwrap_or_default(), group)).collect());
    }
    let of = |mark: &[u8]| Read::Scan { prefix: layout::marked(mark), after: None, limit: CHUNKS };
    let reads: Vec<Read> =
        pairs.iter().map(|(mark, _)| of(mark)).filter(|read| !fetched.contains_key(read)).collect();
    if !reads.is_empty() {
        return Err(reads);
    }
    let read = |mark: &[u8]| fetched.get(&of(mark)).cloned().unwrap_or_default();
    Ok(pairs.iter().map(|(mark, _)| (mark.clone(), read(mark))).collect())
}

/// More pairs than any document has.
const CHUNKS: usize = 2 + limits::CHUNKS_PER_DOCUMENT as usize;

fn make_manifest(core: &mut Core, env: &mut Env<'_>, job: &Compacting) -> Result<Step, EngineError> {
    let pairs = job.pairs();
    let draft = ManifestDraft {
        space: core.chain.space(),
        parent: job.parent,
        membership: core.chain.head(),
        packs: Pair::in_order(&pairs),
        coverage: job.coverage.clone(),
    };
    let count = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
    let body = protocol::codec::encode(&ManifestBody { version: PACK_VERSION, pairs: count });
    let epoch = core.present_key()?;
    let manifest = seal::seal_manifest(&mut *env.rng, draft, epoch, &core.device, &body)
        .map_err(|e| EngineError::Damaged(format!("a manifest: {e}")))?;
    Ok(Step::Done(Outcome::signal(PackSignal::ManifestMade(Box::new(manifest)).into())))
}

/// The relay has stored a pair of packs, and gave back what it was given.
pub(crate) struct KeepPair {
    pub pair: Pair,
    pub contents: Contents,
    pub after: Vec<u8>,
}

impl KeepPair {
    pub fn run(&mut self, core: &mut Core) -> Step {
        if let Some(job) = &mut core.position.compacting {
            job.made.push(self.pair);
            job.after = std::mem::take(&mut self.after);
            core.put(layout::pack(&self.pair.documents.hash), &self.contents);
            core.save_position();
        }
        let done = core.position.compacting.as_ref().map_or(0, |job| job.made.len() as u64);
        let progress = Effect::Notice(Notice::Progress { job: Job::Compact, done, total: None });
        let (effects, signals) = (vec![progress], vec![PackSignal::Kept.into()]);
        Step::Done(Outcome { effects, signals })
    }
}

/// The compaction is over: its manifest is in force, or another took its place.
pub(crate) struct EndCompaction {
    /// The manifest that was made; none if it came to nothing.
    pub manifest: Option<ManifestHash>,
    /// Marks up to this one were looked at; none before the end is stored.
    swept: Option<Option<Vec<u8>>>,
}

impl EndCompaction {
    pub fn new(manifest: Option<ManifestHash>) -> Self {
        Self { manifest, swept: None }
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if let Some(after) = &self.swept {
            return match sweep(core, env, after.clone(), fetched)? {
                Swept::Needs(reads) => Ok(Step::Need(reads)),
                Swept::UpTo(place) => {
                    self.swept = Some(Some(place));
                    Ok(Step::More(Outcome::default()))
                }
                Swept::All => Ok(Step::Done(Outcome::default())),
            };
        }
        let job = core.position.compacting.take();
        core.packing = None;
        core.packing_spoilt = false;
        core.save_position();
        let (Some(job), Some(manifest)) = (job, self.manifest) else {
            return Ok(Step::Done(Outcome::signal(PackSignal::Ended.into())));
        };
        let pairs = job.pairs();
        core.put(layout::pairs(), &pairs);
        let me = core.me();
        let own = job.coverage.iter().find(|h| h.device == me).map_or(0, |h| h.index);
        core.position.acked = core.position.acked.max(own);
        core.position.echoed = core.position.echoed.max(own);
        core.position.manifest = Some(manifest);
        // Its author's word is the manifest itself.
        core.position.acknowledged = Some(manifest);
        core.position.covered = job.coverage;
        core.position.loose.clear();
        core.position.packed_round = job.round;
        core.pack_wanted = false;
        self.swept = Some(None);
        Ok(Step::More(Outcome::signal(PackSignal::Ended.into())))
    }
}

enum Swept {
    Needs(Vec<Read>),
    UpTo(Vec<u8>),
    All,
}

/// Removes marks that are void, and what is remembered of packs that are named no more.
fn sweep(
    core: &mut Core,
    env: &mut Env<'_>,
    after: Option<Vec<u8>>,
    fetched: &Fetched,
) -> Result<Swept, EngineError> {
    let first = after.is_none();
    let marks = Read::Scan { prefix: layout::marks(), after, limit: env.batch };
    let mut reads = vec![marks.clone()];
    if first {
        reads.extend([Read::Get(layout::pairs()), contents_read()]);
    }
    reads.retain(|read| !fetched.contains_key(read));
    if !reads.is_empty() {
        return Ok(Swept::Needs(reads));
    }
    let found = fetched.get(&marks).map(Vec::as_slice).unwrap_or_default();
    for (key, sealed) in found {
        if core.decode::<u64>(key, sealed)? <= core.position.packed_round {
            core.delete(key.clone());
        }
    }
    if first {
        forget_packs(core, fetched)?;
    }
    Ok(found.last().map_or(Swept::All, |(key, _)| Swept::UpTo(key.clone())))
}

/// Forgets packs that the manifest held here does not name.
pub(crate) fn forget_packs(core: &mut Core, fetched: &Fetched) -> Result<(), EngineError> {
    let named = core.held_packs(fetched)?;
    for (key, _) in fetched.get(&contents_read()).into_iter().flatten() {
        if layout::pack_of(key).is_none_or(|hash| !named.contains(&hash)) {
            core.delete(key.clone());
        }
    }
    Ok(())
}

impl Core {
    /// Packs of documents of the manifest that is held here, if [`layout::pairs`] was read.
    pub fn held_packs(&self, fetched: &Fetched) -> Result<BTreeSet<PackHash>, EngineError> {
        let listed = fetched.get(&Read::Get(layout::pairs())).and_then(|p| p.first());
        let pairs = listed.map(|(key, sealed)| self.decode::<Vec<Pair>>(key, sealed)).transpose()?;
        Ok(pairs.unwrap_or_default().iter().map(|p| p.documents.hash).collect())
    }
}

/// How to read what is remembered of packs.
pub(crate) fn contents_read() -> Read {
    Read::Scan { prefix: layout::packs(), after: None, limit: 2 * protocol::limits::PACKS_PER_MANIFEST }
}

//! Checks everything a store holds, and changes nothing.

use super::outbox::open_entries;
use super::rebuild::{complete_documents, page_size, project};
use super::receive::open_payload;
use super::sum::Sum;
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Job, Notice, Read, Reply, RequestId, Verified};
use crate::bucket::Filed;
use crate::core::{Core, Env, Fetched, describe};
use crate::layout;
use crate::limits::SEARCH_MERGE_PAGES;
use crate::payload::Item;
use crate::position::DeviceHead;
use crate::record::Row;
use crate::search::change::{Change, Indexed};
use crate::search::run::{self, Around, Entries, Stream};
use protocol::chain::AdmitError;
use protocol::entry::Header;
use protocol::{Chain, DeviceId, EntryHash, ReadEntry, SealedEntry};
use std::collections::BTreeMap;

/// Most problems listed; more of the same help nobody.
const PROBLEMS: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Entries,
    Queue,
    Documents,
    Views,
    Buckets,
    Index,
}

/// A verification.
pub(crate) struct VerifyAll {
    pub request: RequestId,
    stage: Stage,
    after: Option<Vec<u8>>,
    heads: BTreeMap<DeviceId, DeviceHead>,
    /// An entry without its author's signature, and the newest of those that follow it and have none either.
    unsigned: Option<(DeviceId, u64, EntryHash)>,
    queued: u64,
    expected_rows: u64,
    /// What the documents make for the search index, and what it holds.
    expected: Sum,
    indexed: Sum,
    stream: Option<Stream>,
    /// What the documents make for the buckets, and what those hold.
    expected_members: Sum,
    members: Sum,
    found: Verified,
}

impl VerifyAll {
    pub fn new(request: RequestId) -> Self {
        Self {
            request,
            stage: Stage::Entries,
            after: None,
            heads: BTreeMap::new(),
            unsigned: None,
            queued: 0,
            expected_rows: 0,
            expected: Sum::default(),
            indexed: Sum::default(),
            stream: None,
            expected_members: Sum::default(),
            members: Sum::default(),
            found: Verified::default(),
        }
    }

    fn problem(&mut self, text: String) {
        if self.found.problems.len() < PROBLEMS {
            self.found.problems.push(text);
        }
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if self.stage == Stage::Index {
            return self.index(core, env.batch, fetched);
        }
        let page = page_size(env.batch);
        let prefix = match self.stage {
            Stage::Entries => layout::all_entries(),
            Stage::Queue => layout::queue_all(),
            Stage::Documents => layout::documents(),
            Stage::Buckets => layout::buckets_all(core.position.view),
            Stage::Views | Stage::Index => layout::view_all(core.position.view),
        };
        let read = Read::Scan { prefix, after: self.after.clone(), limit: page };
        let Some(pairs) = fetched.get(&read) else { return Ok(Step::Need(vec![read])) };
        let last = match self.stage {
            Stage::Entries => {
                for pair in pairs {
                    self.entry(core, pair);
                }
                pairs.last().map(|(key, _)| key.clone())
            }
            Stage::Queue => {
                for pair in pairs {
                    self.waits(core, pair);
                }
                pairs.last().map(|(key, _)| key.clone())
            }
            Stage::Documents => {
                let groups = complete_documents(pairs, page);
                let mut rows = Vec::new();
                for group in &groups {
                    match project(core, group) {
                        Ok(row) => rows.extend(row),
                        Err(error) => self.problem(error.to_string()),
                    }
                }
                let reads: Vec<Read> = rows.iter().map(|r| view_of(core, r)).collect();
                if reads.iter().any(|r| !fetched.contains_key(r)) {
                    return Ok(Step::Need(reads));
                }
                rows.iter().zip(&reads).for_each(|(row, read)| self.row(core, row, fetched.get(read)));
                self.found.documents += groups.len() as u64;
                groups.last().and_then(|g| g.last()).map(|(key, _)| layout::behind_document(key))
            }
            Stage::Buckets => {
                pairs.iter().for_each(|pair| self.member(core, pair));
                pairs.last().map(|(key, _)| key.clone())
            }
            Stage::Views | Stage::Index => {
                self.found.rows += pairs.len() as u64;
                pairs.last().map(|(key, _)| key.clone())
            }
        };
        let done = self.found.entries + self.found.documents;
        let progress =
            Outcome::effects(vec![Effect::Notice(Notice::Progress { job: Job::Verify, done, total: None })]);
        if last.is_some() {
            self.after = last;
            return Ok(Step::More(progress));
        }
        self.after = None;
        self.end_stage(core);
        Ok(Step::More(progress))
    }

    /// What can only be said once all of a stage was seen.
    fn end_stage(&mut self, core: &Core) {
        self.stage = match self.stage {
            Stage::Entries => {
                self.unvouched();
                self.chain(core);
                Stage::Queue
            }
            Stage::Queue => {
                if self.queued != core.position.queued() {
                    self.problem("the queue is not as long as its count".into());
                }
                Stage::Documents
            }
            Stage::Documents => Stage::Views,
            Stage::Views => {
                if self.found.rows != self.expected_rows {
                    let (have, want) = (self.found.rows, self.expected_rows);
                    self.problem(format!("the read model has {have} rows where the documents make {want}"));
                }
                Stage::Buckets
            }
            Stage::Buckets => {
                if self.members != self.expected_members {
                    let (have, want) = (self.members.count, self.expected_members.count);
                    let text = "the buckets are not what the documents make";
                    self.problem(format!("{text}: {have} documents in them, of {want}"));
                }
                Stage::Index
            }
            Stage::Index => Stage::Index,
        };
    }

    /// Compares the search index with what the documents make, pages at a time.
    fn index(&mut self, core: &Core, batch: usize, fetched: &Fetched) -> Result<Step, EngineError> {
        let view = core.position.view;
        let index = core.index(view).cloned().unwrap_or_default();
        let deltas = run::read_deltas(view, index.deltas());
        if index.deltas() > 0 && !fetched.contains_key(&deltas) {
            return Ok(Step::Need(vec![deltas]));
        }
        let cursors = || Stream { cursors: vec![0; index.runs.len()], after: Vec::new() };
        let stream = self.stream.get_or_insert_with(cursors);
        let indexed = &mut self.indexed;
        let newest = run::open_deltas(core, &deltas, fetched);
        let step = newest.and_then(|(newest, _)| {
            let pages = batch.clamp(8, SEARCH_MERGE_PAGES) / index.runs.len().max(1);
            let runs = &index.runs;
            let around =
                Around { core, generation: view, runs, newest: &newest, pages: pages.max(1), fetched };
            stream.step(&around, |key, value| indexed.add(key, value))
        });
        match step {
            Ok(Err(reads)) => return Ok(Step::Need(reads)),
            Ok(Ok(false)) => return Ok(Step::More(Outcome::default())),
            Ok(Ok(true)) if self.indexed != self.expected => {
                let (have, want) = (self.indexed.count, self.expected.count);
                let text = "the search index is not what the documents make";
                self.problem(format!("{text}: {have} words in places, of {want}"));
            }
            Ok(Ok(true)) => {}
            Err(error) => self.problem(error.to_string()),
        }
        Ok(Step::Done(self.answer()))
    }

    fn answer(&self) -> Outcome {
        Outcome::effects(vec![Effect::Reply(self.request, Ok(Reply::Verified(self.found.clone())))])
    }

    /// The membership chain from its genesis, and the heads of all devices.
    fn chain(&mut self, core: &Core) {
        let links = core.chain.links().iter().map(|l| (l.signed.clone(), l.keyboxes.clone()));
        match Chain::verify(links) {
            Ok(chain) => self.found.links = chain.links().len() as u64,
            Err(error) => self.problem(format!("membership chain: {error}")),
        }
        // A chain of which a manifest stands for the end, or for all.
        for (device, base) in &core.position.base {
            let head = DeviceHead { index: base.index, hash: base.hash, height: 0 };
            let found = self.heads.entry(*device).or_insert(head);
            if found.index < base.index {
                *found = head;
            }
        }
        if self.heads != core.position.heads {
            self.problem("the heads of the devices are not those of the entries in the store".into());
        }
    }

    fn entry(&mut self, core: &Core, pair: &(Vec<u8>, Vec<u8>)) {
        self.found.entries += 1;
        let opened = open_entries(core, std::slice::from_ref(pair));
        let sealed: SealedEntry = match opened.map(|e| e.into_iter().next()) {
            Ok(Some((_, sealed))) => sealed,
            _ => return self.problem(format!("{} cannot be opened", describe(&pair.0))),
        };
        let entry = match sealed.read() {
            Ok(entry) => entry,
            Err(error) => return self.problem(error.to_string()),
        };
        let Header { device, index, previous, .. } = *entry.header();
        let last = self.heads.get(&device).copied();
        let before = match core.position.base.get(&device) {
            Some(base) if base.index + 1 == index => {
                Some(DeviceHead { index: base.index, hash: base.hash, height: 0 })
            }
            // Of what a manifest stands for, some may be here and some not.
            Some(base) if index <= base.index && last.map_or(0, |h| h.index) + 1 != index => {
                Some(DeviceHead { index: index - 1, hash: previous, height: 0 })
            }
            _ => last,
        };
        if before.map_or(0, |h| h.index) + 1 != index
            || before.map_or(Header::NO_PREVIOUS, |h| h.hash) != previous
            || layout::entry(&device, index) != pair.0
        {
            self.problem(format!("entry {index} of device {device} does not follow the one before it"));
        }
        self.signature(core, &entry);
        match core.chain.admit_unsigned(&entry, before.map(|h| h.height)) {
            Ok((height, _)) => {
                self.heads.insert(device, DeviceHead { index, hash: entry.hash(), height });
            }
            // Whoever was revoked keeps what it has, its own and what it had of others, though it counts for nobody else.
            Err(AdmitError::BeyondCut) if core.is_revoked() => {
                let height = core.chain.height_of(&entry.header().membership).unwrap_or_default();
                self.heads.insert(device, DeviceHead { index, hash: entry.hash(), height });
            }
            Err(error) => self.problem(format!("entry {index} of device {device}: {error}")),
        }
        if let Err(error) = open_payload(core, &entry)
            && !core.waiting.contains_key(&(device, index))
        {
            self.problem(format!("entry {index} of device {device}: {error}"));
        }
    }

    /// An entry is vouched for by its own signature, or by one that follows it (see `Receive::sort`).
    fn signature(&mut self, core: &Core, entry: &ReadEntry) {
        let Header { device, index, previous, .. } = *entry.header();
        if self.unsigned.is_some_and(|(_, _, newest)| newest != previous) {
            self.unvouched();
        }
        self.unsigned = if core.chain.is_signed(entry) {
            None
        } else {
            let (device, index) = self.unsigned.map_or((device, index), |(device, index, _)| (device, index));
            Some((device, index, entry.hash()))
        };
    }

    fn unvouched(&mut self) {
        if let Some((device, index, _)) = self.unsigned.take() {
            self.problem(format!("entry {index} of device {device}: {}", AdmitError::Signature));
        }
    }

    /// A change that no entry holds yet.
    fn waits(&mut self, core: &Core, (key, sealed): &(Vec<u8>, Vec<u8>)) {
        if *key != layout::queue(core.position.queue_first + self.queued) {
            self.problem("a change is missing in the queue".into());
        }
        self.queued += 1;
        if let Err(error) = core.decode::<Item>(key, sealed) {
            self.problem(error.to_string());
        }
    }

    /// A document in a bucket.
    fn member(&mut self, core: &Core, pair: &(Vec<u8>, Vec<u8>)) {
        match core.member(pair) {
            Ok(member) => self.members.add_member(&pair.0, &member.order),
            Err(error) => self.problem(error.to_string()),
        }
    }

    fn row(&mut self, core: &Core, row: &Row, found: Option<&crate::core::Pairs>) {
        self.expected_rows += 1;
        if let Some(texts) = core.schema.texts() {
            let indexed = Indexed::of(texts, row);
            let mut entries = Entries::new();
            let change = Change::between(&row.key, &Indexed::default(), &indexed);
            change.into_iter().for_each(|change| change.entries(&mut entries));
            entries.iter().for_each(|(key, value)| self.expected.add(key, *value));
        }
        for (bucket, order) in &Filed::of(&core.schema, row).buckets {
            let at = layout::member(core.position.view, &core.store, &row.key, bucket);
            self.expected_members.add_member(&at, order);
        }
        let stored = found.and_then(|p| p.first()).map(|(key, sealed)| core.decode::<Row>(key, sealed));
        match stored {
            Some(Ok(stored)) if stored == *row => {}
            Some(Ok(_)) => self.problem(format!("{} {}: the read model differs", row.key.kind, row.key.id)),
            Some(Err(error)) => self.problem(error.to_string()),
            None => self.problem(format!("{} {}: missing in the read model", row.key.kind, row.key.id)),
        }
    }
}

fn view_of(core: &Core, row: &Row) -> Read {
    Read::Get(layout::view(core.position.view, &core.store, &row.key))
}

//! Checks everything a store holds, and changes nothing.

use super::outbox::open_entries;
use super::rebuild::{complete_documents, page_size, project};
use super::receive::open_payload;
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Job, Notice, Read, Reply, RequestId, Verified};
use crate::core::{Core, Env, Fetched, describe};
use crate::layout;
use crate::payload::Item;
use crate::position::DeviceHead;
use crate::record::Row;
use protocol::entry::Header;
use protocol::{Chain, DeviceId, SealedEntry};
use std::collections::BTreeMap;

/// Most problems listed; more of the same help nobody.
const PROBLEMS: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Entries,
    Queue,
    Documents,
    Views,
}

/// A verification.
pub(crate) struct VerifyAll {
    pub request: RequestId,
    stage: Stage,
    after: Option<Vec<u8>>,
    heads: BTreeMap<DeviceId, DeviceHead>,
    queued: u64,
    expected_rows: u64,
    found: Verified,
}

impl VerifyAll {
    pub fn new(request: RequestId) -> Self {
        Self {
            request,
            stage: Stage::Entries,
            after: None,
            heads: BTreeMap::new(),
            queued: 0,
            expected_rows: 0,
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
        let page = page_size(env.batch);
        let prefix = match self.stage {
            Stage::Entries => layout::all_entries(),
            Stage::Queue => layout::queue_all(),
            Stage::Documents => layout::documents(),
            Stage::Views => layout::view_all(core.position.view),
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
            Stage::Views => {
                self.found.rows += pairs.len() as u64;
                pairs.last().map(|(key, _)| key.clone())
            }
        };
        let done = self.found.entries + self.found.documents;
        let progress = Outcome::effects(vec![Effect::Notice(Notice::Progress { job: Job::Verify, done })]);
        if last.is_some() {
            self.after = last;
            return Ok(Step::More(progress));
        }
        self.after = None;
        Ok(if self.end_stage(core) { Step::Done(self.answer()) } else { Step::More(progress) })
    }

    /// What can only be said once all of a stage was seen. Whether that was the last.
    fn end_stage(&mut self, core: &Core) -> bool {
        self.stage = match self.stage {
            Stage::Entries => {
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
                return true;
            }
        };
        false
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
        match core.chain.admit(&entry, before.map(|h| h.height)) {
            Ok(height) => drop(self.heads.insert(device, DeviceHead { index, hash: entry.hash(), height })),
            Err(error) => self.problem(format!("entry {index} of device {device}: {error}")),
        }
        if let Err(error) = open_payload(core, &entry)
            && !core.waiting.contains_key(&(device, index))
        {
            self.problem(format!("entry {index} of device {device}: {error}"));
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

    fn row(&mut self, core: &Core, row: &Row, found: Option<&crate::core::Pairs>) {
        self.expected_rows += 1;
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

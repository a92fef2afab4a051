//! Changes made on this device. Requests that came while a transaction was under way share the next one.

use super::{Outcome, Signal, Step, seal_items};
use crate::api::{Effect, EngineError, Notice, Reply, RequestId};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::limits;
use crate::payload::Item;
use crate::record::{DocKey, Edit, Expect, Row};
use crate::tombstone::heir_of;
use std::collections::{BTreeMap, BTreeSet};

/// Requests to edit, each all or nothing.
pub(crate) struct Edits {
    requests: Vec<(RequestId, Vec<Edit>)>,
    /// Whether entries may be sealed at once because the relay is listening.
    pub live: bool,
}

impl Edits {
    pub fn new(request: RequestId, edits: Vec<Edit>) -> Self {
        Self { requests: vec![(request, edits)], live: false }
    }
    pub fn requests(&self) -> Vec<RequestId> {
        self.requests.iter().map(|(id, _)| *id).collect()
    }
    /// Number of edits.
    pub fn len(&self) -> usize {
        self.requests.iter().map(|(_, e)| e.len()).sum()
    }
    /// Takes over another task's requests.
    pub fn join(&mut self, other: Self) {
        self.requests.extend(other.requests);
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if core.is_revoked() {
            return Err(EngineError::Revoked);
        }
        loop {
            let all = self.requests.iter().flat_map(|(_, e)| e);
            let known = all.filter(|e| core.schema.get(&e.key.kind).is_some());
            let keys: Vec<DocKey> = known.map(|e| e.key.clone()).collect();
            let reads = core.load(&keys, fetched)?;
            if !reads.is_empty() {
                return Ok(Step::Need(reads));
            }
            if !self.redirect(core) {
                break;
            }
        }
        let mut items = Vec::new();
        let mut made: Vec<(RequestId, Result<Vec<DocKey>, EngineError>)> = Vec::new();
        for (request, edits) in &self.requests {
            let keys = make(core, env.now, edits).map(|these| {
                let keys = these.iter().map(|item| item.key.clone()).collect();
                items.extend(these);
                keys
            });
            made.push((*request, keys));
        }
        let rows = store(core, &items)?;
        let of = |keys: Vec<DocKey>| {
            let keys: BTreeSet<DocKey> = keys.into_iter().collect();
            keys.iter().filter_map(|key| rows.get(key)).cloned().collect()
        };
        let replied = made
            .into_iter()
            .map(|(request, keys)| Effect::Reply(request, keys.map(|k| Reply::Edited(of(k)))));
        let mut effects: Vec<Effect> = replied.collect();
        if !rows.is_empty() {
            effects.push(Effect::Notice(Notice::Changed(rows.into_values().collect())));
        }
        let mut outcome = Outcome::effects(effects);
        if self.live && core.position.queued() == 0 {
            let sealed = seal_items(core, env, items)?;
            outcome.signals.push(Signal::Sealed(sealed));
        } else {
            enqueue(core, items);
        }
        Ok(Step::Done(outcome))
    }

    /// What is written anew under the name of a purged record, as by an import, goes where such a record goes on. Whether
    /// there was something like that.
    fn redirect(&mut self, core: &mut Core) -> bool {
        let mut any = false;
        for edit in self.requests.iter_mut().flat_map(|(_, edits)| edits) {
            if edit.expect != Expect::Exists && core.is_purged(&edit.key) {
                (edit.key, edit.expect, any) = (heir_of(&edit.key), Expect::Any, true);
            }
        }
        any
    }
}

/// Makes edits that nobody asked for, of documents in memory.
pub(super) fn write(core: &mut Core, now: i64, edits: &[Edit]) -> Result<(), EngineError> {
    let items = make(core, now, edits)?;
    store(core, &items)?;
    enqueue(core, items);
    Ok(())
}

/// Makes the edits of one request. Automerge has no undo, so all of them are checked before the first is made.
fn make(core: &mut Core, now: i64, edits: &[Edit]) -> Result<Vec<Item>, EngineError> {
    let gone = || EngineError::Damaged("a document left memory".into());
    let mut exists: BTreeMap<&DocKey, bool> = BTreeMap::new();
    let size: usize = edits.iter().map(Edit::size).sum();
    if size > limits::EDIT_BYTES {
        return Err(EngineError::TooLarge(size));
    }
    for edit in edits {
        if core.schema.get(&edit.key.kind).is_none() {
            return Err(EngineError::UnknownKind(edit.key.kind.clone()));
        }
        let resident = core.docs.get_mut(&edit.key).ok_or_else(gone)?;
        let there = exists.get(&edit.key).copied().unwrap_or(resident.is_there());
        resident.document.check(edit, there)?;
        exists.insert(&edit.key, true);
    }
    let mut items = Vec::new();
    for edit in edits {
        core.touch(&edit.key);
        let resident = core.docs.get_mut(&edit.key).ok_or_else(gone)?;
        let changes = resident.document.edit(edit, now)?;
        items.push(Item::new(edit.key.clone(), changes));
    }
    Ok(items)
}

/// Stores each changed document once, however many requests changed it. Returns the rows as they are then.
fn store(core: &mut Core, items: &[Item]) -> Result<BTreeMap<DocKey, Row>, EngineError> {
    let mut changes: BTreeMap<&DocKey, Vec<Vec<u8>>> = BTreeMap::new();
    for item in items {
        changes.entry(&item.key).or_default().extend(item.changes.iter().map(|bytes| bytes.to_vec()));
    }
    let mut rows = BTreeMap::new();
    for (key, changes) in changes {
        rows.insert(key.clone(), core.store_document(key, &changes)?);
    }
    core.note_later(None, items);
    core.note_made(items);
    Ok(rows)
}

/// Puts changes at the end of the queue.
pub(crate) fn enqueue(core: &mut Core, items: Vec<Item>) {
    core.note_later(None, &items);
    for item in items {
        core.put(layout::queue(core.position.queue_next), &item);
        core.position.queue_next += 1;
        core.save_position();
    }
}

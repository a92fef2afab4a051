//! Applying entries, and keeping those that cannot be applied yet.
//!
//! Invariant: an entry that is stored was applied or is marked as waiting. It waits for the automerge changes that
//! its own depend on, for a kind that this version does not know, or for a key; what waits is tried again whenever
//! something was applied, and at every opening. One that rests on entries from beyond a revocation counts as waiting for
//! nothing: those are void, and its author, if it is still a member, has written again what it said. It is tried again all
//! the same: others may hold what is void here under numbers that count.

use super::outbox::open_entries;
use super::receive::open_payload;
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Notice, Read};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::payload::{Item, Payload};
use crate::record::{DocKey, Row};
use automerge::{Change, ChangeHash};
use protocol::DeviceId;
use protocol::entry::Head;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// What was added to documents, not yet prepared for the store.
///
/// Changes are held back and given to their document together: one change at a time costs it ten times as much.
#[derive(Default)]
pub(crate) struct Applied {
    held: BTreeMap<DocKey, Held>,
    changes: BTreeMap<DocKey, Vec<Vec<u8>>>,
}

/// What can be applied to one document, in order.
#[derive(Default)]
struct Held {
    hashes: BTreeSet<ChangeHash>,
    /// Of each item its changes that are new, and the entry that it came with.
    items: Vec<((DeviceId, u64), Vec<Change>)>,
}

impl Applied {
    /// Gives documents what was held back. Returns the entries of which automerge refused something: they wait.
    pub fn settle(&mut self, core: &mut Core) -> Result<BTreeSet<(DeviceId, u64)>, EngineError> {
        let gone = || EngineError::Damaged("a document left memory".into());
        let mut refused = BTreeSet::new();
        for (key, held) in std::mem::take(&mut self.held) {
            let resident = core.docs.get_mut(&key).ok_or_else(gone)?;
            let all: Vec<Change> = held.items.iter().flat_map(|(_, changes)| changes).cloned().collect();
            let to = self.changes.entry(key.clone()).or_default();
            if let Ok(fresh) = resident.document.apply(all) {
                to.extend(fresh);
                continue;
            }
            // One by one, so that no sound change is lost with a false one.
            for (address, changes) in held.items {
                let applied = match resident.document.can_apply(&changes, &BTreeSet::new()) {
                    true => resident.document.apply(changes).ok(),
                    false => None,
                };
                match applied {
                    Some(fresh) => to.extend(fresh),
                    None => drop(refused.insert((address, key.clone()))),
                }
            }
        }
        refused.iter().for_each(|((device, index), key)| core.wait(*device, *index, Some(key)));
        Ok(refused.into_iter().map(|(address, _)| address).collect())
    }

    /// Prepares documents and rows for the store. Returns the rows as they are now.
    pub fn store(mut self, core: &mut Core) -> Result<Vec<Row>, EngineError> {
        self.settle(core)?;
        let changed = self.changes.into_iter().filter(|(_, changes)| !changes.is_empty());
        changed.map(|(key, changes)| core.store_document(&key, &changes)).collect()
    }
}

/// Applies the items of an entry, in any order in which they can be; marks the entry as waiting if some cannot.
/// Changes of displaced entries are put together from several chains, so an item may depend on one behind it.
pub(crate) fn apply_items(
    core: &mut Core,
    address: (DeviceId, u64),
    items: &[Item],
    applied: &mut Applied,
) -> Result<bool, EngineError> {
    core.note_later(Some(address), items);
    let mut rest: Vec<&Item> = items.iter().collect();
    loop {
        let before = rest.len();
        let mut waiting = Vec::new();
        for item in rest {
            if !apply_item(core, address, item, applied)? {
                waiting.push(item);
            }
        }
        match waiting.first() {
            None => return Ok(true),
            Some(first) if waiting.len() == before => {
                if !core.baseless.contains(&address) {
                    core.wait(address.0, address.1, Some(&first.key));
                }
                return Ok(false);
            }
            Some(_) => rest = waiting,
        }
    }
}

/// Takes one item if it can be applied: its kind is known, it can be read, and what it depends on is here.
fn apply_item(
    core: &mut Core,
    address: (DeviceId, u64),
    item: &Item,
    applied: &mut Applied,
) -> Result<bool, EngineError> {
    if core.schema.get(&item.key.kind).is_none() {
        return Ok(false);
    }
    let Ok(mut changes) = item.parse() else { return Ok(false) };
    core.touch(&item.key);
    let gone = || EngineError::Damaged("a document left memory".into());
    let resident = core.docs.get_mut(&item.key).ok_or_else(gone)?;
    if resident.is_gone() {
        // Void; whoever wrote it has what it rests on, and keeps it under another name.
        return Ok(true);
    }
    let held = applied.held.entry(item.key.clone()).or_default();
    if !resident.document.can_apply(&changes, &held.hashes) {
        // A manifest covers no entry that its maker could not apply. So where the one taken in covers this, and leaves the
        // record out because it is purged, what the entry rests on comes no more, and who had it kept what was to be kept.
        let (device, index) = address;
        return Ok(resident.purged.is_some() && core.position.covered(&device) >= index);
    }
    changes.retain(|change| {
        let hash = change.hash();
        !resident.document.holds(&hash) && held.hashes.insert(hash)
    });
    // Not those that were here before: what is packed holds them.
    core.packing.iter_mut().for_each(|packing| packing.extend(changes.iter().map(Change::hash)));
    held.items.push((address, changes));
    Ok(true)
}

impl Core {
    /// Marks an entry as waiting, for something in `document` if that is known.
    pub fn wait(&mut self, device: DeviceId, index: u64, document: Option<&DocKey>) {
        let document = document.cloned();
        let known = self.waiting.insert((device, index), document.clone()) == Some(document.clone());
        if !known {
            self.put(layout::waiting(&device, index), &document);
        }
    }

    /// The entry rests on void ones and on nothing else that is missing.
    fn call_baseless(&mut self, device: DeviceId, index: u64) {
        if self.waiting.remove(&(device, index)).is_some() {
            self.delete(layout::waiting(&device, index));
        }
        if self.baseless.insert((device, index)) {
            self.put(layout::baseless(&device, index), &());
        }
    }

    /// The entry was applied, or is none of its chain any more. Whether it waited.
    pub fn wait_no_more(&mut self, device: DeviceId, index: u64) -> bool {
        if self.baseless.remove(&(device, index)) {
            self.delete(layout::baseless(&device, index));
        }
        let waited = self.waiting.remove(&(device, index)).is_some();
        if waited {
            self.delete(layout::waiting(&device, index));
        }
        waited
    }
}

impl Core {
    /// Whether an entry's author had seen entries from beyond a revocation, and all else that it had seen is here.
    fn is_baseless(&self, payload: &Payload) -> bool {
        let cut = |head: &&Head| {
            let revoked = self.chain.member(&head.device).and_then(|m| m.revoked.as_ref());
            revoked.is_some_and(|(_, cut)| {
                head.index > cut.index || head.index == cut.index && head.hash != cut.hash
            })
        };
        let (void, valid): (Vec<&Head>, Vec<&Head>) = payload.seen.iter().partition(cut);
        // Of a device that was cut off, all that counts has to be here: it may be what the entry rests on.
        let cut_is_here = |head: &&Head| {
            let revoked = self.chain.member(&head.device).and_then(|m| m.revoked.as_ref());
            revoked.is_none_or(|(_, cut)| {
                let (index, hash) =
                    (self.position.index(&head.device), self.position.last_hash(&head.device));
                index == cut.index && (index == 0 || hash == cut.hash)
            })
        };
        !void.is_empty()
            && void.iter().all(cut_is_here)
            && valid.iter().all(|h| h.index <= self.position.index(&h.device))
    }
}

/// Tries entries that wait, a batch at a time, from the first on; begins anew as long as one could be applied.
#[derive(Default)]
pub(crate) struct RetryWaiting {
    after: Option<(DeviceId, u64)>,
    progress: bool,
    /// Something of what waits may still come.
    hopeful: bool,
    /// What was built on void entries and on nothing else that is missing.
    baseless: Vec<(DeviceId, u64)>,
}

impl RetryWaiting {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let after = self.after.map_or(Bound::Unbounded, Bound::Excluded);
        let baseless = core.baseless.range((after, Bound::Unbounded));
        let waiting = core.waiting.range((after, Bound::Unbounded)).map(|(address, _)| address);
        let all: BTreeSet<(DeviceId, u64)> =
            waiting.take(env.batch).chain(baseless.take(env.batch)).copied().collect();
        let batch: Vec<(DeviceId, u64)> = all.into_iter().take(env.batch).collect();
        let Some(last) = batch.last() else {
            let left = !core.waiting.is_empty() || !core.baseless.is_empty();
            let again = std::mem::take(&mut self.progress) && left;
            let baseless = std::mem::take(&mut self.baseless);
            if !std::mem::take(&mut self.hopeful) && !again {
                baseless.into_iter().for_each(|(device, index)| core.call_baseless(device, index));
            }
            self.after = None;
            let outcome = Outcome::default();
            return Ok(if again { Step::More(outcome) } else { Step::Done(outcome) });
        };
        let get = |(device, index): &(DeviceId, u64)| Read::Get(layout::entry(device, *index));
        let reads: Vec<Read> = batch.iter().map(get).filter(|r| !fetched.contains_key(r)).collect();
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let mut opened = Vec::new();
        let mut keys = Vec::new();
        for address in &batch {
            let pairs = fetched.get(&get(address)).cloned().unwrap_or_default();
            for (_, sealed) in open_entries(core, &pairs)? {
                let entry = sealed.read().map_err(|e| EngineError::Damaged(e.to_string()))?;
                match open_payload(core, &entry) {
                    Ok(payload) => {
                        keys.extend(payload.items.iter().map(|i| i.key.clone()));
                        opened.push((*address, payload));
                    }
                    Err(_) => self.hopeful = true,
                }
            }
        }
        keys.retain(|k| core.schema.get(&k.kind).is_some());
        let reads = core.load(&keys, fetched)?;
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let mut applied = Applied::default();
        let mut tried = Vec::new();
        for (address, payload) in opened {
            tried.push((address, apply_items(core, address, &payload.items, &mut applied)?, payload));
        }
        let refused = applied.settle(core)?;
        for (address, could, payload) in tried {
            if could && !refused.contains(&address) {
                core.wait_no_more(address.0, address.1);
                self.progress = true;
            } else if core.is_baseless(&payload) {
                self.baseless.push(address);
            } else {
                self.hopeful = true;
                if core.baseless.contains(&address) {
                    core.wait_no_more(address.0, address.1);
                    core.wait(address.0, address.1, None);
                }
            }
        }
        self.after = Some(*last);
        let rows = applied.store(core)?;
        let effects = if rows.is_empty() { Vec::new() } else { vec![Effect::Notice(Notice::Changed(rows))] };
        Ok(Step::More(Outcome::effects(effects)))
    }
}

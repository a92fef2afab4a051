//! From changes to entries, and from entries to the relay.
//!
//! Invariant: an entry is made in the same transaction that stores it and takes its changes off the queue, and is
//! sent only after that transaction is durable. So offered bytes never change, and what was never offered is no
//! entry yet: it is sealed under whatever epoch is in force when its turn comes.

use super::{Outcome, Signal, Step};
use crate::api::{EngineError, Read};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::limits;
use crate::payload::{Item, Payload};
use crate::position::DeviceHead;
use protocol::entry::KIND_CHANGES;
use protocol::{DeviceId, ReadEntry, SealedEntry};
use seal::EntryDraft;

/// Seals the changes that wait in the queue.
#[derive(Default)]
pub(crate) struct SealQueue;

impl SealQueue {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        // What is sealed must not rest on what is void: while that is not known it waits.
        if core.position.queued() == 0 || !core.position.unsorted.is_empty() {
            return Ok(Step::Done(Outcome::signal(Signal::QueueSealed)));
        }
        if core.is_revoked() {
            // It has no key of the present epoch. It may be connected only to give the link back to a relay that lost it.
            return Ok(Step::Done(Outcome::default()));
        }
        let after = core.position.queue_first.checked_sub(1).map(layout::queue);
        // Never more than this process put there itself: one that lost its store to another reads that one's changes too.
        let queued = usize::try_from(core.position.queued()).unwrap_or(usize::MAX);
        let limit = env.batch.min(limits::ITEMS_PER_ENTRY).min(queued);
        let read = Read::Scan { prefix: layout::queue_all(), after, limit };
        let Some(pairs) = fetched.get(&read) else { return Ok(Step::Need(vec![read])) };
        let mut items = Vec::new();
        for (key, sealed) in pairs {
            items.push(core.decode::<Item>(key, sealed)?);
        }
        if items.is_empty() {
            return Err(EngineError::Damaged("the queue is shorter than its count".into()));
        }
        let reads = core.drop_baseless(&mut items, fetched)?;
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        for (key, _) in pairs {
            core.delete(key.clone());
        }
        core.position.queue_first += pairs.len() as u64;
        if core.position.queued() == 0 {
            core.position.displaced = None;
        }
        core.save_position();
        let sealed = seal_items(core, env, items)?;
        let mut outcome = Outcome::signal(Signal::Sealed(sealed));
        if core.position.queued() > 0 {
            return Ok(Step::More(outcome));
        }
        outcome.signals.push(Signal::QueueSealed);
        Ok(Step::Done(outcome))
    }
}

impl Core {
    /// Takes out what is not in its document: it rests on entries from beyond a revocation, and what it said was written
    /// again; or it stood in a displaced entry that still waited for others. Nobody could apply it. Returns what must be read
    /// first.
    fn drop_baseless(&mut self, items: &mut Vec<Item>, fetched: &Fetched) -> Result<Vec<Read>, EngineError> {
        let revoked = |m: &protocol::chain::Member| m.revoked.is_some() && m.role != protocol::Role::Paper;
        if self.position.displaced != Some(true) && !self.chain.members().any(|(_, m)| revoked(m)) {
            return Ok(Vec::new());
        }
        let known = items.iter().filter(|i| self.schema.get(&i.key.kind).is_some());
        let keys: Vec<_> = known.map(|i| i.key.clone()).collect();
        let reads = self.load(&keys, fetched)?;
        if reads.is_empty() {
            items.retain(|item| match self.docs.get_mut(&item.key) {
                Some(resident) => item.parse().is_ok_and(|changes| resident.document.has(&changes)),
                None => true,
            });
        }
        Ok(reads)
    }
}

/// Makes entries of `items`, in order, as few as their size allows.
pub(crate) fn seal_items(
    core: &mut Core,
    env: &mut Env<'_>,
    items: Vec<Item>,
) -> Result<Vec<(u64, SealedEntry)>, EngineError> {
    let mut made = Vec::new();
    let mut group: Vec<Item> = Vec::new();
    let mut size = 0;
    for item in items {
        let full = size + item.size() > limits::ENTRY_PAYLOAD_BYTES || group.len() >= env.changes_per_entry;
        if full && !group.is_empty() {
            made.push(seal_one(core, env, std::mem::take(&mut group))?);
            size = 0;
        }
        size += item.size();
        group.push(item);
    }
    if !group.is_empty() {
        made.push(seal_one(core, env, group)?);
    }
    Ok(made)
}

/// Makes an entry of no items, which only says what was seen.
pub(crate) fn seal_nothing(core: &mut Core, env: &mut Env<'_>) -> Result<(u64, SealedEntry), EngineError> {
    seal_one(core, env, Vec::new())
}

fn seal_one(core: &mut Core, env: &mut Env<'_>, items: Vec<Item>) -> Result<(u64, SealedEntry), EngineError> {
    let me = core.me();
    let payload = protocol::codec::encode(&Payload { seen: core.position.vector(), items });
    let draft = EntryDraft {
        kind: KIND_CHANGES,
        space: core.chain.space(),
        index: core.position.index(&me) + 1,
        previous: core.position.last_hash(&me),
        membership: core.chain.head(),
    };
    let key = core.present_key()?;
    let entry = seal::seal_entry(&mut *env.rng, &draft, key, &core.device, &payload)
        .map_err(|e| EngineError::Damaged(e.to_string()))?;
    let height = core.chain.height();
    core.position.sealed_at = Some(env.now);
    store_entry(core, &entry, height);
    Ok((entry.header().index, entry.into_sealed()))
}

/// Stores an entry as the newest of its author.
pub(crate) fn store_entry(core: &mut Core, entry: &ReadEntry, height: u32) {
    let header = entry.header();
    let (device, index) = (header.device, header.index);
    core.position.heads.insert(device, DeviceHead { index, hash: entry.hash(), height });
    core.put(layout::entry(&device, index), entry.sealed());
    core.save_position();
    if device == core.me() {
        core.recent.insert(index, entry.hash());
        while core.recent.len() > limits::RECENT_ENTRIES {
            core.recent.pop_first();
        }
    }
}

/// Reads own entries from an index on, to be offered.
pub(crate) struct Offer {
    pub from: u64,
}

impl Offer {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let read = scan_entries(&core.me(), self.from, env.batch);
        let Some(pairs) = fetched.get(&read) else { return Ok(Step::Need(vec![read])) };
        let entries = open_entries(core, pairs)?;
        Ok(Step::Done(Outcome::signal(Signal::Offer(entries))))
    }
}

/// How to read a device's entries from an index on.
pub(crate) fn scan_entries(device: &DeviceId, from: u64, limit: usize) -> Read {
    let after = layout::entry(device, from.saturating_sub(1));
    Read::Scan { prefix: layout::entries(device), after: Some(after), limit }
}

/// Opens stored entries, with their indexes.
pub(crate) fn open_entries(
    core: &Core,
    pairs: &[(Vec<u8>, Vec<u8>)],
) -> Result<Vec<(u64, SealedEntry)>, EngineError> {
    let open = |(key, sealed): &(Vec<u8>, Vec<u8>)| {
        let index = key.last_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b));
        Ok((index, core.decode::<SealedEntry>(key, sealed)?))
    };
    pairs.iter().map(open).collect()
}

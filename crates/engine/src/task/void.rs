//! Entries beyond the revocation of their author. A device can hold some when a relay was restored from a backup before
//! the revocation: it had handed them out, and then knew of them no more.
//!
//! Invariant: afterwards nothing of them is in a document, and what this device wrote on top of them is written again
//! without them, so nothing of a member's own is lost. Each other device does the same with what it wrote. The entries
//! themselves are kept aside.

use super::outbox::{open_entries, scan_entries};
use super::receive::open_payload;
use super::{Outcome, Signal, Step};
use crate::api::{Effect, EngineError, Notice, Read};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::limits;
use crate::payload::Item;
use crate::position::DeviceHead;
use crate::record::DocKey;
use automerge::ChangeHash;
use protocol::link::Cut;
use protocol::{DeviceId, ReadEntry, SealedEntry};
use std::collections::{BTreeMap, BTreeSet};

/// Takes void entries out.
#[derive(Default)]
pub(crate) struct VoidEntries {
    /// Of a chain that begins here beyond its cut: entries up to here were looked at.
    looked: u64,
    /// The last of its entries that are here from the first on and count.
    kept: Option<DeviceHead>,
}

impl Core {
    /// The first cut that entries here lie beyond. None for whoever was revoked: it keeps what it has, of others too.
    pub fn beyond_cut(&self) -> Option<Cut> {
        if self.is_revoked() {
            return None;
        }
        let mut cuts = self.chain.members().filter_map(|(_, m)| m.revoked.as_ref().map(|(_, cut)| cut));
        cuts.find(|cut| self.position.index(&cut.device) > cut.index || self.merged_beyond(cut)).cloned()
    }
}

impl Core {
    /// Whether packs that were merged hold more of a device than counts, and than the entries here tell of.
    fn merged_beyond(&self, cut: &Cut) -> bool {
        let merged = self.position.merged.get(&cut.device).copied().unwrap_or(0);
        merged > cut.index.max(self.position.index(&cut.device))
    }

    /// Has all entries that count applied once more. Where a device was copied, or displaced entries were written again, one
    /// that counts may hold the very changes that one beyond the cut held too.
    pub fn try_all_again(&mut self) {
        let heads: Vec<(DeviceId, u64)> =
            self.position.heads.iter().map(|(id, head)| (*id, head.index)).collect();
        for (device, last) in heads {
            // Those before may be missing, and a manifest holds what they said.
            let from =
                (last.saturating_sub(limits::WAITING_ENTRIES as u64)).max(self.position.base(&device)) + 1;
            (from..=last).for_each(|index| self.wait(device, index, None));
        }
    }

    /// Whether a revoked device's last entry here is another than the one that its cut names: there were two of it, and
    /// what counts is the other one's.
    pub fn parts_from_cut(&self) -> bool {
        let cuts = self.chain.members().filter_map(|(_, m)| m.revoked.as_ref().map(|(_, cut)| cut));
        cuts.filter(|cut| cut.device != self.me() && cut.index > 0).any(|cut| {
            self.position.index(&cut.device) == cut.index && self.position.last_hash(&cut.device) != cut.hash
        })
    }
}

impl VoidEntries {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let Some(cut) = core.beyond_cut() else { return Ok(Step::Done(Outcome::default())) };
        if core.position.base(&cut.device) > cut.index || core.merged_beyond(&cut) {
            return self.forget_chain(core, env, fetched, &cut);
        }
        let scan = scan_entries(&cut.device, cut.index + 1, env.batch);
        let last = Read::Get(layout::entry(&cut.device, cut.index));
        let reads: Vec<Read> =
            [scan.clone(), last.clone()].into_iter().filter(|r| !fetched.contains_key(r)).collect();
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let pairs = fetched.get(&scan).cloned().unwrap_or_default();
        let entries = open_entries(core, &pairs)?;
        let void = changes_of(core, &entries)?;
        let keys: Vec<DocKey> = void.keys().cloned().collect();
        let mut reads = core.load(&keys, fetched)?;
        let queue = core.read_queue();
        reads.extend(queue.iter().filter(|r| !fetched.contains_key(r)).cloned());
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let queued = queue.and_then(|read| fetched.get(&read)).map(Vec::as_slice).unwrap_or_default();
        let rows = core.take_out(env, &void, queued)?;
        let more = entries.len() >= env.batch;
        for (index, sealed) in entries {
            core.set_aside(cut.device, index, &sealed);
        }
        if !more {
            let head = head_at(core, fetched.get(&last).map(Vec::as_slice).unwrap_or_default())?;
            let base = core.position.base.get(&cut.device).filter(|base| base.index == cut.index);
            match head.or(base.map(|b| DeviceHead { index: b.index, hash: b.hash, height: 0 })) {
                // As it stands here, not as the cut has it: where the two differ the chains part further down, and
                // comparing with the relay has to find that.
                Some(head) => drop(core.position.heads.insert(cut.device, head)),
                None => drop(core.position.heads.remove(&cut.device)),
            }
            core.save_position();
            core.try_all_again();
        }
        let mut outcome = Outcome::default();
        if !more {
            outcome.signals.push(Signal::LinksReceived { forked: false });
        }
        if !rows.is_empty() {
            outcome.effects.push(Effect::Notice(Notice::Changed(rows)));
        }
        Ok(Step::More(outcome))
    }

    /// A chain of which a manifest told that it goes beyond the cut: which of its changes lie there is not to be seen here. Its
    /// entries are asked for anew, from the first one missing on, and [`SortOut`](super::SortOut) does the rest.
    fn forget_chain(
        &mut self,
        core: &mut Core,
        env: &Env<'_>,
        fetched: &Fetched,
        cut: &Cut,
    ) -> Result<Step, EngineError> {
        let device = cut.device;
        let scan = scan_entries(&device, self.looked + 1, env.batch);
        let Some(pairs) = fetched.get(&scan) else { return Ok(Step::Need(vec![scan])) };
        let entries = open_entries(core, pairs)?;
        if entries.is_empty() {
            core.position.base.remove(&device);
            core.position.merged.remove(&device);
            match std::mem::take(self).kept {
                Some(head) => drop(core.position.heads.insert(device, head)),
                None => drop(core.position.heads.remove(&device)),
            }
            core.position.unsorted.push(device);
            core.counted = None;
            core.save_position();
            return Ok(Step::More(Outcome::signal(Signal::LinksReceived { forked: false })));
        }
        for (index, sealed) in entries {
            self.looked = index;
            let entry = read(&sealed)?;
            let height = core.chain.height_of(&entry.header().membership);
            let follows = index <= cut.index && self.kept.map_or(0, |h| h.index) + 1 == index;
            match height.filter(|_| follows) {
                Some(height) => self.kept = Some(DeviceHead { index, hash: entry.hash(), height }),
                None => core.set_aside(device, index, &sealed),
            }
        }
        Ok(Step::More(Outcome::default()))
    }
}

/// Hashes of the automerge changes in entries, by document.
fn changes_of(
    core: &Core,
    entries: &[(u64, SealedEntry)],
) -> Result<BTreeMap<DocKey, BTreeSet<ChangeHash>>, EngineError> {
    let mut void: BTreeMap<DocKey, BTreeSet<ChangeHash>> = BTreeMap::new();
    for (_, sealed) in entries {
        let entry = read(sealed)?;
        let Ok(payload) = open_payload(core, &entry) else { continue };
        for item in payload.items.iter().filter(|i| core.schema.get(&i.key.kind).is_some()) {
            let changes = item.parse().unwrap_or_default();
            void.entry(item.key.clone()).or_default().extend(changes.iter().map(automerge::Change::hash));
        }
    }
    Ok(void)
}

fn read(sealed: &SealedEntry) -> Result<ReadEntry, EngineError> {
    sealed.clone().read().map_err(|e| EngineError::Damaged(e.to_string()))
}

/// The last entry that counts; none if the device wrote none.
fn head_at(core: &Core, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<Option<DeviceHead>, EngineError> {
    let Some((index, sealed)) = open_entries(core, pairs)?.into_iter().next() else { return Ok(None) };
    let entry = read(&sealed)?;
    let height = core.chain.height_of(&entry.header().membership);
    Ok(height.map(|height| DeviceHead { index, hash: entry.hash(), height }))
}

impl Core {
    /// Keeps an entry where nobody takes it for one that counts.
    fn set_aside(&mut self, device: DeviceId, index: u64, sealed: &SealedEntry) {
        self.delete(layout::entry(&device, index));
        self.put(layout::displaced(&device, index), sealed);
        self.wait_no_more(device, index);
    }

    /// Takes void changes out of documents, which are in memory, and writes again what this device had built on them. Gives
    /// the rows that changed.
    pub fn take_out(
        &mut self,
        env: &mut Env<'_>,
        void: &BTreeMap<DocKey, BTreeSet<ChangeHash>>,
        queued: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<Vec<crate::Row>, EngineError> {
        self.docs.renew_actor(env.rng);
        let (mut rows, mut again) = (Vec::new(), Vec::new());
        for (key, hashes) in void {
            let Some((row, items)) = self.rewrite_without(key, hashes)? else { continue };
            rows.push(row);
            again.extend(items);
        }
        if !rows.is_empty() {
            self.clear_queue(void, queued)?;
        }
        self.note_made(&again);
        super::edits::enqueue(self, again);
        Ok(rows)
    }

    /// How to read all changes that wait in the queue; none if there are none.
    pub fn read_queue(&self) -> Option<Read> {
        let limit = usize::try_from(self.position.queued()).unwrap_or(usize::MAX);
        let after = self.position.queue_first.checked_sub(1).map(layout::queue);
        (limit > 0).then(|| Read::Scan { prefix: layout::queue_all(), after, limit })
    }

    /// Takes changes off the queue that are not in their documents any more, because they rest on void ones: nobody
    /// could ever apply them. What they said is written again.
    fn clear_queue(
        &mut self,
        void: &BTreeMap<DocKey, BTreeSet<ChangeHash>>,
        queued: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(), EngineError> {
        let mut kept = Vec::new();
        for (key, sealed) in queued {
            let item = self.decode::<Item>(key, sealed)?;
            let holds = match self.docs.get_mut(&item.key).filter(|_| void.contains_key(&item.key)) {
                Some(resident) => item.parse().is_ok_and(|changes| resident.document.has(&changes)),
                None => true,
            };
            if holds {
                kept.push(item);
            }
        }
        if kept.len() < queued.len() {
            queued.iter().for_each(|(key, _)| self.delete(key.clone()));
            self.position.queue_next = self.position.queue_first;
            super::edits::enqueue(self, kept);
            self.save_position();
        }
        Ok(())
    }

    /// Makes a document anew without `void` changes and what rests on them, and writes this device's own part of that
    /// again. None if the document has none of them.
    fn rewrite_without(
        &mut self,
        key: &DocKey,
        void: &BTreeSet<ChangeHash>,
    ) -> Result<Option<(crate::Row, Vec<Item>)>, EngineError> {
        self.touch(key);
        let me = self.me();
        let Some((document, own)) = self.docs.without(key, void)? else { return Ok(None) };
        let mine = |device: &[u8; 8]| me.as_bytes().iter().take(8).eq(device.iter());
        let mut items = Vec::new();
        self.docs.replace(key, document);
        for edit in own.into_iter().filter(|(device, _)| mine(device)).map(|(_, edit)| edit) {
            let gone = || EngineError::Damaged("a document left memory".into());
            let resident = self.docs.get_mut(key).ok_or_else(gone)?;
            let changes = resident.document.edit(&edit, 0)?;
            items.push(Item::new(key.clone(), changes));
        }
        // Made by void changes alone, it was never there for anybody who did not hold them.
        let never_was = self.docs.get_mut(key).is_some_and(|r| r.document.is_new());
        let row = if never_was { self.remove_document(key)? } else { self.store_document(key, &[])? };
        Ok(Some((row, items)))
    }
}

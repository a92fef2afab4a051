//! Entries from the relay.
//!
//! Invariant: the cursor passes an entry only when it is stored, was stored before, or can never be used. An entry
//! is stored only if the membership chain admits it and it follows its author's last one. When the relay shows
//! another entry at an address that is taken here, the relay's stays (everybody else sees that one), and the
//! changes of the displaced entries go back to the queue: nothing is lost, whoever copied which store.

use super::outbox::{open_entries, scan_entries, store_entry};
use super::waiting::{Applied, apply_items};
use super::{Outcome, Signal, Step};
use crate::api::{Effect, EngineError, Notice, Read};
use crate::core::{Core, Env, Fetched};
use crate::incoming;
use crate::layout;
use crate::limits;
use crate::payload::{Item, Payload};
use crate::position::DeviceHead;
use crate::record::DocKey;
use protocol::chain::AdmitError;
use protocol::entry::{Header, KIND_CHANGES};
use protocol::{DeviceId, EntryHash, ErrorCode, ReadEntry, SealedEntry};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// So many entries count as one item of a batch: what they say of a document is applied to it together, and that costs
/// less the more they are.
const ENTRIES: usize = 4;

/// Where entries came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The space's log, in delivery order.
    Stream,
    /// One device's chain, asked for.
    Chain(DeviceId),
}

/// What became of entries.
#[derive(Debug)]
pub(crate) struct Received {
    /// Where they came from.
    pub source: Source,
    /// Index of the last one, if they are one device's chain and any came.
    pub last: Option<u64>,
    /// Entries of other devices that were not here before.
    pub fresh: u64,
    /// Whether any entry was taken in, so that others may stop waiting.
    pub taken: bool,
    /// A chain that has to be asked for, from an index on, before what follows can be placed.
    pub missing: Option<(DeviceId, u64)>,
    /// How the relay broke the protocol, if it did.
    pub broken: Option<ErrorCode>,
}

/// Entries to take in.
pub(crate) struct Receive {
    source: Source,
    /// Sequence number of the first of `rest`, if they came from the log.
    next: u64,
    rest: VecDeque<ReadEntry>,
    last: Option<u64>,
    fresh: u64,
    taken: bool,
    broken: Option<ErrorCode>,
    /// What the next entries are, while what they change is read.
    sorted: Option<Sorted>,
    /// Payloads opened so far, so that no run opens one twice.
    opened: BTreeMap<EntryHash, Result<Payload, String>>,
}

/// What an entry is to this device.
enum Class {
    /// It is here already.
    Known,
    /// It follows its author's last one. Holds the height of the membership head it names.
    Next(u32),
    /// Another one stands here at its address.
    Displaces(u32),
    /// The chain does not admit it.
    Refused(AdmitError),
}

/// How an entry is admitted; see [`Receive::sort_by`].
type Admit<'a> = dyn FnMut(usize, &ReadEntry, Option<usize>, Option<u32>) -> Result<u32, AdmitError> + 'a;

/// A batch, sorted out.
struct Sorted {
    classes: Vec<Class>,
    /// By device, the first index that is displaced.
    displaced: BTreeMap<DeviceId, u64>,
    /// What must be asked for before the entry after `classes` can be placed.
    missing: Option<(DeviceId, u64)>,
    /// The entry after `classes` names links that are not here.
    unknown_head: bool,
}

impl Receive {
    pub fn new(source: Source, first: u64, entries: Vec<SealedEntry>) -> Self {
        let mut rest = VecDeque::new();
        let mut broken = None;
        for entry in entries {
            match entry.read() {
                Ok(entry) => rest.push_back(entry),
                Err(error) => {
                    broken = Some(incoming::code_of_entry(&error));
                    break;
                }
            }
        }
        let last = rest.back().map(|e: &ReadEntry| e.header().index);
        let (sorted, opened) = (None, BTreeMap::new());
        Self { source, next: first, rest, last, fresh: 0, taken: false, broken, sorted, opened }
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if self.source == Source::Stream && !self.skip_delivered(core) {
            return Ok(Step::Done(self.signal(None, Some(ErrorCode::Gap))));
        }
        let sorted = match self.sorted.take() {
            Some(sorted) => sorted,
            None => match self.sort(core, self.rest.len().min(env.batch.saturating_mul(ENTRIES)), fetched)? {
                Ok(sorted) => sorted,
                Err(reads) => return Ok(Step::Need(reads)),
            },
        };
        let mut reads = self.open_payloads(core, &sorted, fetched)?;
        for (device, index) in &sorted.displaced {
            let scan = scan_entries(device, *index, limits::WAITING_ENTRIES);
            if !fetched.contains_key(&scan) {
                reads.push(scan);
            }
        }
        if !reads.is_empty() {
            self.sorted = Some(sorted);
            return Ok(Step::Need(reads));
        }
        let mut effects = Vec::new();
        for (device, index) in &sorted.displaced {
            displace(core, device, *index, fetched)?;
            let me = *device == core.me();
            let notice = if me { Notice::StoreCloned } else { Notice::EntryForked { device: *device } };
            effects.push(Effect::Notice(notice));
        }
        self.take_in(core, &sorted, env.now, &mut effects)?;
        let stop = sorted.missing.is_some() || sorted.unknown_head || self.rest.is_empty();
        let mut outcome = if stop {
            let unknown = sorted.unknown_head.then_some(ErrorCode::StaleMembershipHead);
            self.signal(sorted.missing, unknown.or(self.broken))
        } else {
            Outcome::default()
        };
        outcome.effects = effects;
        Ok(if stop { Step::Done(outcome) } else { Step::More(outcome) })
    }

    fn signal(&self, missing: Option<(DeviceId, u64)>, broken: Option<ErrorCode>) -> Outcome {
        let Self { source, last, fresh, taken, .. } = *self;
        Outcome::signal(Signal::Received(Received { source, last, fresh, taken, missing, broken }))
    }

    /// Drops what was delivered before. False if something in between is missing.
    fn skip_delivered(&mut self, core: &Core) -> bool {
        while self.next <= core.position.cursor && self.rest.pop_front().is_some() {
            self.next = self.next.saturating_add(1);
        }
        self.rest.is_empty() || core.position.cursor.checked_add(1) == Some(self.next)
    }

    /// Finds out what each of the next `take` entries is.
    ///
    /// An entry names the hash of the one before it, so of a run of one device's entries the last signature vouches for
    /// all. Where one does not hold each is looked at by itself, so that no true entry is lost with a forged one.
    fn sort(
        &self,
        core: &Core,
        take: usize,
        fetched: &Fetched,
    ) -> Result<Result<Sorted, Vec<Read>>, EngineError> {
        let mut unvouched = BTreeSet::new();
        let sorted = self.sort_by(core, take, fetched, &mut |at, entry, before, after| {
            let (height, _) = core.chain.admit_unsigned(entry, after)?;
            if let Some(before) = before {
                unvouched.remove(&before);
            }
            unvouched.insert(at);
            Ok(height)
        })?;
        let holds = |at: &usize| self.rest.get(*at).is_some_and(|entry| core.chain.is_signed(entry));
        if unvouched.iter().all(holds) {
            return Ok(sorted);
        }
        self.sort_by(core, take, fetched, &mut |_, entry, _, after| core.chain.admit(entry, after))
    }

    /// `admit` is given an entry and its place among those to be sorted, the place of the one it names if that is among
    /// them, and the height of the head which that one named.
    fn sort_by(
        &self,
        core: &Core,
        take: usize,
        fetched: &Fetched,
        admit: &mut Admit<'_>,
    ) -> Result<Result<Sorted, Vec<Read>>, EngineError> {
        let mut heads = core.position.heads.clone();
        let mut hashes: BTreeMap<(DeviceId, u64), (usize, EntryHash)> = BTreeMap::new();
        let mut reads = Vec::new();
        let mut sorted =
            Sorted { classes: Vec::new(), displaced: BTreeMap::new(), missing: None, unknown_head: false };
        for (at, entry) in self.rest.iter().take(take).enumerate() {
            let Header { device, index, previous, .. } = *entry.header();
            let head = heads.get(&device).copied();
            let last = head.map_or(0, |h| h.index);
            if core.refused.contains(&device) {
                sorted.classes.push(Class::Refused(AdmitError::NotAMember));
                continue;
            }
            let mut stored = |at: u64| match (at, hashes.get(&(device, at)), head) {
                (0, _, _) => Ok(Some(Header::NO_PREVIOUS)),
                (_, Some((_, hash)), _) => Ok(Some(*hash)),
                (_, None, Some(h)) if h.index == at => Ok(Some(h.hash)),
                _ => stored_hash(core, &device, at, fetched, &mut reads),
            };
            let base = core.position.base(&device);
            if index <= base {
                // A manifest stands for it, or for what all devices have in its place.
                sorted.classes.push(Class::Known);
                continue;
            }
            let here = if index <= last { stored(index)? } else { None };
            let before = if index <= last + 1 { stored(index - 1)? } else { None };
            if index <= last && here.is_none() || index <= last + 1 && before.is_none() {
                // To be read from the store; go on, to ask for everything at once.
                sorted.classes.push(Class::Known);
                continue;
            }
            if here == Some(entry.hash()) {
                sorted.classes.push(Class::Known);
                continue;
            }
            // What its author named before counts only if this is what follows it: a chain that parts from the one here
            // further down may rightly name an older head.
            let follows = index > last && before == Some(previous);
            let after = head.filter(|_| follows).map(|h| h.height);
            let named = hashes.get(&(device, index - 1)).filter(|(_, hash)| *hash == previous);
            let height = match admit(at, entry, named.map(|(at, _)| *at), after) {
                Ok(height) => height,
                Err(AdmitError::UnknownHead) => {
                    sorted.unknown_head = true;
                    break;
                }
                Err(error) => {
                    sorted.classes.push(Class::Refused(error));
                    continue;
                }
            };
            if before != Some(previous) {
                // A hole, or a chain that parts from the one here further down: from its beginning in that case.
                sorted.missing =
                    Some((device, if index > last + 1 { last + 1 } else { below(core, &device, index) }));
                break;
            }
            if index <= last {
                let first = sorted.displaced.entry(device).or_insert(index);
                *first = index.min(*first);
                hashes.retain(|(d, i), _| *d != device || *i < index);
            }
            sorted.classes.push(if index <= last { Class::Displaces(height) } else { Class::Next(height) });
            heads.insert(device, DeviceHead { index, hash: entry.hash(), height });
            hashes.insert((device, index), (at, entry.hash()));
        }
        Ok(if reads.is_empty() { Ok(sorted) } else { Err(reads) })
    }

    /// Opens what will be taken in. Returns what must be read for it.
    fn open_payloads(
        &mut self,
        core: &mut Core,
        sorted: &Sorted,
        fetched: &Fetched,
    ) -> Result<Vec<Read>, EngineError> {
        let mut keys: Vec<DocKey> = Vec::new();
        for (entry, class) in self.rest.iter().zip(&sorted.classes) {
            if !matches!(class, Class::Next(_) | Class::Displaces(_)) {
                continue;
            }
            let payload = self.opened.entry(entry.hash()).or_insert_with(|| open_payload(core, entry));
            let items = payload.iter().flat_map(|p| &p.items);
            keys.extend(items.filter(|i| core.schema.get(&i.key.kind).is_some()).map(|i| i.key.clone()));
        }
        keys.sort_unstable();
        keys.dedup();
        core.load(&keys, fetched)
    }

    /// Stores and applies what was sorted out.
    fn take_in(
        &mut self,
        core: &mut Core,
        sorted: &Sorted,
        now: i64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), EngineError> {
        let me = core.me();
        let mut applied = Applied::default();
        let mut cloned = false;
        for class in &sorted.classes {
            let Some(entry) = self.rest.pop_front() else { break };
            let header = entry.header();
            let (device, index) = (header.device, header.index);
            match class {
                Class::Known => {}
                Class::Refused(error) => {
                    core.refused.insert(device);
                    let reason = error.to_string();
                    effects.push(Effect::Notice(Notice::EntryRefused { device, index, reason }));
                }
                Class::Next(height) | Class::Displaces(height) => {
                    store_entry(core, &entry, *height);
                    cloned |= device == me;
                    self.taken = true;
                    self.fresh += u64::from(device != me);
                    match self.opened.remove(&entry.hash()) {
                        Some(Ok(payload)) => {
                            core.claim(device, &payload.seen, now);
                            apply_items(core, (device, index), &payload.items, &mut applied)?;
                        }
                        Some(Err(reason)) => {
                            // Kept: a later version, or a key that is still to come, may open it.
                            core.wait(device, index, None);
                            effects.push(Effect::Notice(Notice::EntryRefused { device, index, reason }));
                        }
                        None => {}
                    }
                }
            }
            if device == me && !matches!(class, Class::Refused(_)) {
                core.position.acked = core.position.acked.max(index);
            }
            if self.source == Source::Stream {
                if device == me {
                    core.position.echoed = core.position.echoed.max(index);
                }
                core.position.running = core.position.running.then(&entry.hash());
                core.position.cursor = self.next;
                // The numbers are the relay's: its log may claim to have come to the last one there is.
                self.next = self.next.saturating_add(1);
            }
        }
        let already = effects.contains(&Effect::Notice(Notice::StoreCloned));
        if cloned && !already {
            effects.push(Effect::Notice(Notice::StoreCloned));
        }
        core.settle_claims();
        let rows = applied.store(core)?;
        if !rows.is_empty() {
            effects.push(Effect::Notice(Notice::Changed(rows)));
        }
        Ok(())
    }
}

/// Where to begin asking for a chain that parts from the one here somewhere before `index`: after what the relay
/// acknowledged, if that can be it, else at its beginning.
fn below(core: &Core, device: &DeviceId, index: u64) -> u64 {
    let acked = if *device == core.me() { core.position.acked } else { 0 };
    if acked + 1 < index { acked + 1 } else { 1 }
}

/// The address that stands in the store, if it was read.
fn stored_hash(
    core: &Core,
    device: &DeviceId,
    index: u64,
    fetched: &Fetched,
    reads: &mut Vec<Read>,
) -> Result<Option<EntryHash>, EngineError> {
    if let Some(hash) = core.recent.get(&index).filter(|_| *device == core.me()) {
        return Ok(Some(*hash));
    }
    if let Some(base) = core.position.base.get(device).filter(|b| b.index == index) {
        return Ok(Some(base.hash));
    }
    let read = Read::Get(layout::entry(device, index));
    let Some(pairs) = fetched.get(&read) else {
        reads.push(read);
        return Ok(None);
    };
    let missing = || EngineError::Damaged(format!("entry {index} of a device is missing"));
    let (key, sealed) = pairs.first().ok_or_else(missing)?;
    let entry: SealedEntry = core.decode(key, sealed)?;
    Ok(Some(Header::address(&entry.header, &entry.ciphertext)))
}

/// Opens and decodes an entry's content.
pub(crate) fn open_payload(core: &Core, entry: &ReadEntry) -> Result<Payload, String> {
    if entry.header().kind != KIND_CHANGES {
        return Err(format!("entries of kind {} are of a newer version", entry.header().kind));
    }
    let plain = seal::open_entry(entry, &core.ring).map_err(|e| e.to_string())?;
    protocol::codec::decode(&plain).map_err(|e| e.to_string())
}

/// Takes a device's entries from `index` on out of the chain; their changes go to the front of the queue.
pub(crate) fn displace(
    core: &mut Core,
    device: &DeviceId,
    index: u64,
    fetched: &Fetched,
) -> Result<(), EngineError> {
    let scan = scan_entries(device, index, limits::WAITING_ENTRIES);
    let pairs = fetched.get(&scan).cloned().unwrap_or_default();
    let mut items: Vec<Item> = Vec::new();
    for (at, sealed) in open_entries(core, &pairs)? {
        core.delete(layout::entry(device, at));
        if core.wait_no_more(*device, at) {
            // Not all of it was applied here; kept to be looked at. What was is handed on, and sealing leaves out the rest.
            core.put(layout::displaced(device, at), &sealed);
        }
        let entry = sealed.read().map_err(|e| EngineError::Damaged(e.to_string()))?;
        match open_payload(core, &entry) {
            Ok(payload) => items.extend(payload.items),
            Err(_) => core.put(layout::displaced(device, at), entry.sealed()),
        }
    }
    if !items.is_empty() {
        core.position.displaced = Some(true);
    }
    core.position.queue_first -= items.len() as u64;
    for (number, item) in (core.position.queue_first..).zip(&items) {
        core.put(layout::queue(number), item);
    }
    if *device == core.me() {
        core.position.acked = core.position.acked.min(index - 1);
        core.position.echoed = core.position.echoed.min(index - 1);
        core.recent.retain(|i, _| *i < index);
    }
    core.save_position();
    Ok(())
}

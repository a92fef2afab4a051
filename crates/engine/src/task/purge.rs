//! Purging what lies in the trash for thirty days.
//!
//! Invariant: a tombstone is written for what this device itself saw lie in the trash unchanged for that long, by the time
//! that passed for it and not by anybody's clock alone, and that a manifest holds of which every live device has said, in
//! an entry of its own, that it has all that is in it. What a device has that others had not seen is no part of that.

use super::edits;
use super::outbox::open_entries;
use super::receive::open_payload;
use super::{Outcome, Step};
use crate::api::{EngineError, Read};
use crate::core::{Core, Env, Fetched, Pairs, VIEW_VERSION};
use crate::layout;
use crate::limits::{LIVE_DAYS, TRASH_DAYS};
use crate::position::Heard;
use crate::record::{DocKey, Edit, EditOp, Expect, Origin, Path, Row, Value};
use crate::session::{PackSignal, rank};
use crate::tombstone::{self, RECORDS, Tombstone, name_of, shard_of};
use minicbor::{Decode, Encode};
use protocol::chain::Member;
use protocol::entry::Head;
use protocol::{DeviceId, Role};
use std::collections::{BTreeSet, VecDeque};

/// A record in the trash.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Trashed {
    /// The time that had passed for this device when it first saw it so.
    #[n(0)]
    since: i64,
    /// What it held then.
    #[n(1)]
    held: Tombstone,
    /// When it was changed last, by its authors' clocks: a sign that it may not be as it was.
    #[n(2)]
    updated: i64,
}

/// How far a look for what is to be purged is.
#[derive(Debug, Clone)]
pub(crate) struct Purging {
    /// The generation of the read model that is looked through.
    view: u8,
    /// Kinds that were not looked through yet.
    kinds: VecDeque<&'static str>,
    after: Option<Vec<u8>>,
}

impl Core {
    /// Whether it is time to look for what is to be purged, or to go on with that.
    pub fn is_purge_due(&self) -> bool {
        let position = &self.position;
        let whole =
            position.view_version == VIEW_VERSION && position.rebuild.is_none() && !position.provisional;
        let since = position.passed().saturating_sub(position.looked);
        whole && (self.purging.is_some() || since >= self.day)
    }

    /// Takes note of who has said something since the last look.
    fn hear(&mut self) {
        let at = self.position.passed();
        let active: BTreeSet<DeviceId> = self.others().collect();
        self.position.heard.retain(|device, _| active.contains(device));
        for device in active {
            let index = self.position.index(&device);
            let heard = self.position.heard.entry(device).or_insert(Heard { index, at });
            if heard.index != index {
                *heard = Heard { index, at };
            }
        }
    }

    /// Members but for this one.
    fn others(&self) -> impl Iterator<Item = DeviceId> {
        let me = self.me();
        let active =
            move |(id, m): &(&DeviceId, &Member)| m.role == Role::Device && m.revoked.is_none() && **id != me;
        self.chain.members().filter(active).map(|(id, _)| *id)
    }

    /// Other devices that are waited for.
    fn live(&self) -> Vec<DeviceId> {
        let waited = self.day.saturating_mul(LIVE_DAYS);
        let now = self.position.passed();
        let heard = |id: &DeviceId| self.position.heard.get(id).map_or(now, |heard| heard.at);
        self.others().filter(|id| now.saturating_sub(heard(id)) < waited).collect()
    }

    /// Whether a device said in its last entry that it has all that the manifest held here covers.
    fn has_all(&self, device: &DeviceId, pairs: &Pairs) -> Result<bool, EngineError> {
        let Some((index, sealed)) = open_entries(self, pairs)?.into_iter().next() else { return Ok(false) };
        let entry = sealed.read().map_err(|e| EngineError::Damaged(e.to_string()))?;
        let Ok(payload) = open_payload(self, &entry) else { return Ok(false) };
        let own = Head { device: *device, index, hash: entry.hash() };
        let has = |head: &Head| {
            let cut = self.chain.member(&head.device).and_then(|m| m.revoked.as_ref());
            let wanted = cut.map_or(head.index, |(_, cut)| cut.index.min(head.index));
            let mut seen = payload.seen.iter().chain([&own]).filter(|seen| seen.device == head.device);
            wanted == 0
                || seen.any(|seen| {
                    seen.index > wanted
                        || seen.index == wanted && (wanted < head.index || seen.hash == head.hash)
                })
        };
        Ok(self.position.covered.iter().all(has))
    }
}

/// What was found out, or what must be read for it.
type Answer<T> = Result<Result<T, Vec<Read>>, EngineError>;

/// A look through a page of the read model.
pub(crate) struct Purge {
    /// The manifest that is held here is in force at the relay.
    pub in_force: bool,
}

/// What is found out about a page before anything is changed.
#[derive(Default)]
struct Found {
    /// In the trash, and not before, or not as it was.
    fresh: Vec<(DocKey, Trashed)>,
    /// For long enough.
    ripe: Vec<(DocKey, Tombstone)>,
}

impl Purge {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if core.purging.is_none() {
            core.hear();
            let (view, kinds) = (core.position.view, tombstone::kinds(&core.schema).into());
            core.purging = Some(Purging { view, kinds, after: None });
        }
        let Some(purging) = core.purging.clone().filter(|p| p.view == core.position.view) else {
            return Ok(end(core));
        };
        let Some(kind) = purging.kinds.front() else { return self.release(core, fetched) };
        let prefix = layout::view_of(purging.view, &core.store, kind, None);
        let scan = Read::Scan { prefix, after: purging.after.clone(), limit: env.batch };
        let Some(pairs) = fetched.get(&scan) else { return Ok(Step::Need(vec![scan])) };
        let found = match find(core, pairs, fetched)? {
            Ok(found) => found,
            Err(reads) => return Ok(Step::Need(reads)),
        };
        let (mut wanted, mut edits) = (false, Vec::new());
        if !found.ripe.is_empty() {
            match self.judge(core, &found.ripe, fetched)? {
                Ok((unheld, these)) => (wanted, edits) = (unheld, these),
                Err(reads) => return Ok(Step::Need(reads)),
            }
        }
        found.fresh.iter().for_each(|(key, trashed)| core.put(layout::trashed(key), trashed));
        core.pack_wanted |= wanted;
        edits::write(core, env.now, &edits)?;
        if let Some(purging) = &mut core.purging {
            purging.after = pairs.last().map(|(key, _)| key.clone());
            if purging.after.is_none() {
                purging.kinds.pop_front();
            }
        }
        Ok(Step::Done(Outcome::signal(PackSignal::Purging { more: true }.into())))
    }

    /// Whether something waits for a manifest, and the edits that purge what does not.
    fn judge(
        &self,
        core: &mut Core,
        ripe: &[(DocKey, Tombstone)],
        fetched: &Fetched,
    ) -> Answer<(bool, Vec<Edit>)> {
        let mark = |key: &DocKey| Read::Get(layout::mark(key));
        let reads = ripe.iter().map(|(key, _)| mark(key));
        let mut reads: Vec<Read> = reads.filter(|read| !fetched.contains_key(read)).collect();
        let (mut held, mut unheld) = (Vec::new(), false);
        for (key, tombstone) in ripe {
            let marked = fetched.get(&mark(key)).and_then(|pairs| pairs.first());
            let round = marked.map(|(at, sealed)| core.decode::<u64>(at, sealed)).transpose()?;
            let changed = round.is_some_and(|round| round > core.position.packed_round);
            if changed || core.position.manifest.is_none() {
                unheld = true;
            } else {
                held.push((key, tombstone));
            }
        }
        let agreed = match self.agreed(core, fetched)? {
            Ok(agreed) => agreed,
            Err(missing) => {
                reads.extend(missing);
                false
            }
        };
        let shards: Vec<DocKey> = held.iter().map(|(key, _)| shard_of(key)).collect();
        reads.extend(core.load(&shards, fetched)?);
        if !reads.is_empty() {
            return Ok(Err(reads));
        }
        let edit = |(key, tombstone): &(&DocKey, &Tombstone)| {
            let value = Value::Bytes(protocol::codec::encode(*tombstone));
            let op = EditOp::Put(Path::Key(RECORDS.into(), name_of(key)), value);
            Edit { key: shard_of(key), expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Rule }
        };
        Ok(Ok((unheld, if agreed { held.iter().map(edit).collect() } else { Vec::new() })))
    }

    /// Whether every live device says to have all that the manifest in force covers.
    fn agreed(&self, core: &Core, fetched: &Fetched) -> Answer<bool> {
        let live = core.live();
        let word = |device: &DeviceId| Read::Get(layout::entry(device, core.position.index(device)));
        let reads: Vec<Read> = live.iter().map(word).filter(|read| !fetched.contains_key(read)).collect();
        if !reads.is_empty() {
            return Ok(Err(reads));
        }
        let mut agreed = self.in_force && core.position.loose.is_empty();
        for device in &live {
            let pairs = fetched.get(&word(device)).cloned().unwrap_or_default();
            agreed = agreed && core.has_all(device, &pairs)?;
        }
        Ok(Ok(agreed))
    }

    /// All was looked through. Bytes of what was purged before may go.
    fn release(&self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        let buried = Read::Scan { prefix: layout::buried_all(), after: None, limit: 1 };
        let Some(found) = fetched.get(&buried) else { return Ok(Step::Need(vec![buried])) };
        match self.agreed(core, fetched)? {
            Err(reads) => return Ok(Step::Need(reads)),
            Ok(true) if !found.is_empty() => core.release_buried(),
            Ok(_) => {}
        }
        Ok(end(core))
    }
}

/// What of a page lies in the trash, since now or for long enough.
fn find(core: &mut Core, pairs: &Pairs, fetched: &Fetched) -> Answer<Found> {
    let rows = pairs.iter().map(|(at, sealed)| core.decode::<Row>(at, sealed));
    let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    let rows = rows.into_iter().filter(|row| row.deleted && tombstone::may_go(&row.key));
    let rows: Vec<(DocKey, i64)> = rows.map(|row| (row.key, row.updated)).collect();
    let known = |key: &DocKey| Read::Get(layout::trashed(key));
    let mut reads: Vec<Read> =
        rows.iter().map(|(key, _)| known(key)).filter(|read| !fetched.contains_key(read)).collect();
    if !reads.is_empty() {
        return Ok(Err(reads));
    }
    // Whoever is first purges; the others only when it does not.
    let days = TRASH_DAYS.saturating_add(i64::try_from(rank(core)).unwrap_or(i64::MAX));
    let (now, long) = (core.position.passed(), core.day.saturating_mul(days));
    let mut told = Vec::new();
    for (key, updated) in rows {
        let stored = fetched.get(&known(&key)).and_then(|pairs| pairs.first());
        let stored = stored.map(|(at, sealed)| core.decode::<Trashed>(at, sealed)).transpose()?;
        let stored = stored.filter(|stored| stored.updated == updated);
        if stored.as_ref().is_none_or(|stored| now.saturating_sub(stored.since) >= long) {
            told.push((key, updated, stored));
        }
    }
    let load: Vec<DocKey> = told.iter().map(|(key, ..)| key.clone()).collect();
    reads.extend(core.load(&load, fetched)?);
    if !reads.is_empty() {
        return Ok(Err(reads));
    }
    let mut found = Found::default();
    for (key, updated, stored) in told {
        let Some(resident) = core.docs.get_mut(&key).filter(|resident| resident.is_there()) else { continue };
        let held = Tombstone::of(&resident.document);
        match stored {
            Some(stored) if stored.held == held => found.ripe.push((key, held)),
            _ => found.fresh.push((key, Trashed { since: now, held, updated })),
        }
    }
    Ok(Ok(found))
}

fn end(core: &mut Core) -> Step {
    core.purging = None;
    core.position.looked = core.position.passed();
    core.save_position();
    Step::Done(Outcome::signal(PackSignal::Purging { more: false }.into()))
}

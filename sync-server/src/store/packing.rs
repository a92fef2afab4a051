//! What becomes of packs, manifests and acknowledgements inside a transaction: one text for all stores.
//!
//! Invariant: with the space's row locked, a manifest comes into force only in the place of its parent, with all of its
//! packs here, and contradicts no entry that is here; the heads of devices never move back.

use super::{
    Dropped, LogPlace, Outcome, PutAck, PutManifest, PutPack, SpaceState, StoreError, Terms, Transaction,
};
use crate::clock::Millis;
use crate::limits::{MANIFESTS_PER_STEP, PACK_GRACE, PACKS_PER_STEP};
use crate::rules::{DeviceHead, is_void, keeps_coverage};
use async_trait::async_trait;
use protocol::manifest::ManifestHeader;
use protocol::{Chain, DeviceId, ErrorCode, Head, PackHash, Role, RunningHash, SpaceId, limits};
use std::collections::BTreeMap;
use std::time::Duration;

/// The manifest in force, as far as the next one is measured by it.
#[derive(Debug)]
pub(crate) struct Newest {
    /// Its place among those of the space, from 1.
    pub number: u64,
    /// Its header.
    pub header: ManifestHeader,
}

/// A manifest with what was found out when it was stored.
#[derive(Debug)]
pub(crate) struct NewManifest<'p> {
    pub number: u64,
    pub put: &'p PutManifest,
    pub covered: LogPlace,
}

/// A manifest up to which the log may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    pub number: u64,
    pub seq: u64,
}

/// What one step dropped.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gone {
    pub count: usize,
    pub bytes: u64,
}

/// What this needs of an open transaction.
#[async_trait]
pub(crate) trait Packing: Send {
    /// Stores a pack, or remembers that it was put again. Whether it is new.
    async fn put_pack(&mut self, put: &PutPack) -> Result<bool, StoreError>;
    /// All packs of a space with their sizes.
    async fn pack_sizes(&mut self, space: &SpaceId) -> Result<BTreeMap<PackHash, u64>, StoreError>;
    /// The manifest in force.
    async fn newest(&mut self, space: &SpaceId) -> Result<Option<Newest>, StoreError>;
    /// Stores a manifest and marks its packs as named by it.
    async fn insert_manifest(&mut self, manifest: &NewManifest<'_>) -> Result<(), StoreError>;
    /// Sequence number of the device's first entry here with an index over `index`.
    async fn first_after(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<u64>, StoreError>;
    /// Running hash after an entry that is here.
    async fn running_after(&mut self, space: &SpaceId, seq: u64) -> Result<Option<RunningHash>, StoreError>;
    /// Remembers that a device has acknowledged the manifest with that number.
    async fn put_ack(&mut self, space: &SpaceId, device: &DeviceId, number: u64) -> Result<(), StoreError>;
    /// Counts a device of which nothing is known as seen now.
    async fn meet(&mut self, space: &SpaceId, device: &DeviceId, now: Millis) -> Result<(), StoreError>;
    /// The manifest that every device seen after `since` has acknowledged, or one after it: its number, or 0 while one of
    /// them has acknowledged none. None if no device was seen.
    async fn acknowledged(&mut self, space: &SpaceId, since: Millis) -> Result<Option<u64>, StoreError>;
    /// The newest manifest up to that number that was stored by then.
    async fn base(
        &mut self,
        space: &SpaceId,
        upto: u64,
        stored_by: Millis,
    ) -> Result<Option<Base>, StoreError>;
    /// Drops entries up to that sequence number, at most so many from the front; where the log begins now.
    async fn drop_entries(
        &mut self,
        space: &SpaceId,
        upto: u64,
        most: usize,
    ) -> Result<Option<(Gone, LogPlace)>, StoreError>;
    /// Drops the oldest manifests before that number.
    async fn drop_manifests(&mut self, space: &SpaceId, before: u64, most: usize)
    -> Result<Gone, StoreError>;
    /// Drops packs that no manifest names and that were put by then.
    async fn drop_packs(&mut self, space: &SpaceId, put_by: Millis, most: usize) -> Result<Gone, StoreError>;
}

pub(super) async fn store_pack(
    tx: &mut dyn Transaction,
    mut state: SpaceState,
    put: &PutPack,
) -> Result<Outcome, StoreError> {
    if tx.put_pack(put).await? {
        state.bytes_used += put.bytes.len() as u64;
        tx.put_space(&state).await?;
    }
    Ok(Outcome::PackStored)
}

pub(super) async fn store_ack(
    tx: &mut dyn Transaction,
    state: &SpaceState,
    ack: &PutAck,
) -> Result<Outcome, StoreError> {
    let newest = tx.newest(&ack.space).await?;
    match newest {
        Some(newest) if state.manifest == Some(ack.manifest) => {
            tx.put_ack(&ack.space, &ack.device, newest.number).await?;
            Ok(Outcome::AckStored)
        }
        Some(_) | None => Ok(Outcome::ManifestMoved { current: state.manifest }),
    }
}

pub(super) async fn store_manifest(
    tx: &mut dyn Transaction,
    mut state: SpaceState,
    put: &PutManifest,
) -> Result<Outcome, StoreError> {
    let (space, header) = (state.space, put.manifest.header());
    if state.manifest == Some(put.manifest.hash()) {
        return Ok(Outcome::ManifestStored { new: false });
    }
    if header.parent != state.manifest {
        return Ok(Outcome::ManifestMoved { current: state.manifest });
    }
    let before = tx.newest(&space).await?;
    if before.as_ref().is_some_and(|before| !keeps_coverage(&put.chain, &before.header, header)) {
        return Ok(Outcome::ManifestRefused(ErrorCode::CoverageConflicts));
    }
    let here = tx.pack_sizes(&space).await?;
    if header.packs.iter().any(|pack| here.get(&pack.hash) != Some(&pack.size)) {
        return Ok(Outcome::ManifestRefused(ErrorCode::PackMissing));
    }
    let Some(raised) = heads_after(tx, put).await? else {
        return Ok(Outcome::ManifestRefused(ErrorCode::CoverageConflicts));
    };
    let covered = covered(tx, &state, put).await?;
    for (device, last) in &raised {
        tx.put_last(&space, device, last).await?;
    }
    let number = before.map_or(1, |before| before.number + 1);
    tx.insert_manifest(&NewManifest { number, put, covered }).await?;
    // Who wrote it has checked it.
    tx.put_ack(&space, &header.device, number).await?;
    for device in devices(&put.chain) {
        tx.meet(&space, device, put.now).await?;
    }
    state.manifest = Some(put.manifest.hash());
    state.bytes_used += put.manifest.sealed().size() as u64;
    tx.put_space(&state).await?;
    Ok(Outcome::ManifestStored { new: true })
}

/// The devices that are waited for.
fn devices(chain: &Chain) -> impl Iterator<Item = &DeviceId> {
    chain.members().filter(|(_, m)| m.role == Role::Device && m.revoked.is_none()).map(|(id, _)| id)
}

/// The heads that the coverage moves up; none if it contradicts what is here. A chain may begin where a manifest
/// covers it, so what is under a head need not be here.
async fn heads_after(
    tx: &mut dyn Transaction,
    put: &PutManifest,
) -> Result<Option<Vec<(DeviceId, DeviceHead)>>, StoreError> {
    let header = put.manifest.header();
    let mut raised = Vec::new();
    for Head { device, index, hash } in header.coverage.iter().copied() {
        let last = tx.last_of(&header.space, &device).await?;
        match last {
            Some(last) if last.index == index && last.hash == hash => {}
            Some(last) if last.index == index => return Ok(None),
            Some(last) if last.index > index => {
                // It was dropped if it is not here, and what was dropped is covered as it was before.
                let here = tx.hash_at(&header.space, &device, index).await?;
                if here.is_some_and(|here| here != hash) {
                    return Ok(None);
                }
            }
            Some(_) | None => {
                // Which membership head the entry there names is not known: any that its author can name may follow.
                let added = put.chain.member(&device).map_or(0, |m| m.added);
                let height = last.map_or(added, |last| last.height);
                raised.push((device, DeviceHead { index, hash, height }));
            }
        }
    }
    Ok(Some(raised))
}

/// Up to where every entry here is covered. That never changes once the manifest is stored: what comes later is not.
async fn covered(
    tx: &mut dyn Transaction,
    state: &SpaceState,
    put: &PutManifest,
) -> Result<LogPlace, StoreError> {
    let (space, header) = (state.space, put.manifest.header());
    let mut seq = state.seq;
    for (device, member) in put.chain.members() {
        let index = header.covered(device);
        if is_void(member, index) {
            continue;
        }
        if let Some(first) = tx.first_after(&space, device, index).await? {
            seq = seq.min(first.saturating_sub(1));
        }
    }
    let running = if seq == state.seq {
        Some(state.running)
    } else if seq <= state.floor.seq {
        return Ok(state.floor);
    } else {
        tx.running_after(&space, seq).await?
    };
    let running = running.ok_or_else(|| StoreError::Damaged(format!("entry {seq} of a log is not there")))?;
    Ok(LogPlace { seq, running })
}

/// One step of dropping what need not be kept.
pub(crate) async fn drop_step(
    tx: &mut dyn Transaction,
    space: &SpaceId,
    terms: Terms,
    most: usize,
) -> Result<Dropped, StoreError> {
    let Some(mut state) = tx.lock_space(space).await?.filter(|s| s.deletes.is_none()) else {
        return Ok(Dropped::default());
    };
    let live = terms.now.minus(Duration::from_secs(limits::LIVE_DEVICE_SECONDS));
    let base = match tx.acknowledged(space, live).await? {
        Some(number) => tx.base(space, number, terms.stored_by()).await?,
        None => None,
    };
    if let Some(base) = base {
        if state.floor.seq < base.seq
            && let Some((gone, floor)) = tx.drop_entries(space, base.seq, most).await?
        {
            state.floor = floor;
            state.bytes_used = state.bytes_used.saturating_sub(gone.bytes);
            tx.put_space(&state).await?;
            return Ok(Dropped { entries: gone.count, more: true, ..Dropped::default() });
        }
        let gone = tx.drop_manifests(space, base.number, MANIFESTS_PER_STEP).await?;
        if gone.count > 0 {
            state.bytes_used = state.bytes_used.saturating_sub(gone.bytes);
            tx.put_space(&state).await?;
            return Ok(Dropped { manifests: gone.count, more: true, ..Dropped::default() });
        }
    }
    let gone = tx.drop_packs(space, terms.now.minus(PACK_GRACE), PACKS_PER_STEP).await?;
    if gone.count > 0 {
        state.bytes_used = state.bytes_used.saturating_sub(gone.bytes);
        tx.put_space(&state).await?;
    }
    Ok(Dropped { packs: gone.count, more: gone.count > 0, ..Dropped::default() })
}

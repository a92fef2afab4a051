//! Packs, manifests and who was there, in memory.

use super::MemoryStore;
use super::space::{MemorySpace, MemoryTransaction};
use crate::clock::Millis;
use crate::limits::SEEN_SECONDS;
use crate::store::{
    Base, Dropped, Gone, InForce, LogPlace, NewManifest, Newest, PackStore, Packing, PutPack, StoreError,
    Terms, drop_step,
};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use protocol::manifest::{ManifestHeader, SealedManifest};
use protocol::{DeviceId, ManifestHash, PackHash, Role, RunningHash, SpaceId};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

#[derive(Debug, Clone)]
struct Pack {
    bytes: Arc<Vec<u8>>,
    put: Millis,
    /// The newest manifest that names it; 0 for none.
    named: u64,
}

#[derive(Debug, Clone)]
struct Manifest {
    hash: ManifestHash,
    header: ManifestHeader,
    sealed: Arc<SealedManifest>,
    stored: Millis,
    covered: LogPlace,
}

/// What a space holds beside its log.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed {
    packs: BTreeMap<PackHash, Pack>,
    /// By number.
    manifests: BTreeMap<u64, Manifest>,
    acks: BTreeMap<DeviceId, u64>,
    seen: BTreeMap<DeviceId, Millis>,
}

impl Packed {
    /// Erases packs, at most so many; how many.
    pub(super) fn erase_first(&mut self, most: usize) -> usize {
        let before = self.packs.len();
        let first: Vec<PackHash> = self.packs.keys().take(most).copied().collect();
        first.iter().for_each(|hash| drop(self.packs.remove(hash)));
        before - self.packs.len()
    }

    fn is_empty(&self) -> bool {
        self.packs.is_empty() && self.manifests.is_empty()
    }
}

#[async_trait]
impl PackStore for MemoryStore {
    async fn pack(&self, space: &SpaceId, hash: &PackHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.reading(space, |s| s.packed.packs.get(hash).map(|pack| (*pack.bytes).clone()))
    }

    async fn manifest(&self, space: &SpaceId) -> Result<Option<InForce>, StoreError> {
        self.reading(space, |s| {
            let (_, newest) = s.packed.manifests.last_key_value()?;
            let manifest = (*newest.sealed).clone();
            Some(InForce { hash: newest.hash, manifest, covered: newest.covered })
        })
    }

    async fn saw(&self, space: &SpaceId, device: &DeviceId, now: Millis) -> Result<(), StoreError> {
        let seen = self.reading(space, |s| s.packed.seen.get(device).copied())?;
        if seen.is_some_and(|seen| seen.plus_seconds(SEEN_SECONDS) > now) {
            return Ok(());
        }
        if let Some(space) = self.writing()?.spaces.get_mut(space) {
            space.packed.seen.insert(*device, now);
        }
        Ok(())
    }

    async fn packed_spaces(&self, after: Option<SpaceId>, most: usize) -> Result<Vec<SpaceId>, StoreError> {
        let all = self.lock();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let packed = all.spaces.range((from, Bound::Unbounded)).filter(|(_, s)| !s.packed.is_empty());
        Ok(packed.map(|(id, _)| *id).take(most).collect())
    }

    async fn drop_some(&self, space: &SpaceId, terms: Terms, most: usize) -> Result<Dropped, StoreError> {
        self.in_transaction(|tx| drop_step(tx, space, terms, most).now_or_never())
    }
}

impl MemoryTransaction<'_> {
    fn packed(&mut self, space: &SpaceId) -> Result<&mut Packed, StoreError> {
        self.space(space).map(|s| &mut s.packed)
    }
}

/// Devices that are waited for and were seen after `since`.
fn live(space: &MemorySpace, since: Millis) -> impl Iterator<Item = &DeviceId> {
    let seen = space.packed.seen.iter().filter(move |(_, seen)| **seen > since);
    seen.map(|(device, _)| device).filter(|device| space.has_member(device, Role::Device))
}

#[async_trait]
impl Packing for MemoryTransaction<'_> {
    async fn put_pack(&mut self, put: &PutPack) -> Result<bool, StoreError> {
        let packs = &mut self.packed(&put.space)?.packs;
        if let Some(pack) = packs.get_mut(&put.hash) {
            pack.put = put.now;
            return Ok(false);
        }
        packs.insert(put.hash, Pack { bytes: Arc::new(put.bytes.clone()), put: put.now, named: 0 });
        Ok(true)
    }

    async fn pack_sizes(&mut self, space: &SpaceId) -> Result<BTreeMap<PackHash, u64>, StoreError> {
        let packs = &self.packed(space)?.packs;
        Ok(packs.iter().map(|(hash, pack)| (*hash, pack.bytes.len() as u64)).collect())
    }

    async fn newest(&mut self, space: &SpaceId) -> Result<Option<Newest>, StoreError> {
        let newest = self.packed(space)?.manifests.last_key_value();
        Ok(newest.map(|(number, m)| Newest { number: *number, header: m.header.clone() }))
    }

    async fn insert_manifest(&mut self, new: &NewManifest<'_>) -> Result<(), StoreError> {
        let judged = &new.put.manifest;
        let packed = self.packed(&judged.header().space)?;
        for named in &judged.header().packs {
            if let Some(pack) = packed.packs.get_mut(&named.hash) {
                pack.named = new.number;
            }
        }
        let manifest = Manifest {
            hash: judged.hash(),
            header: judged.header().clone(),
            sealed: Arc::new(judged.sealed().clone()),
            stored: new.put.now,
            covered: new.covered,
        };
        packed.manifests.insert(new.number, manifest);
        Ok(())
    }

    async fn first_after(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<u64>, StoreError> {
        Ok(self.space(space)?.first_after(device, index))
    }

    async fn running_after(&mut self, space: &SpaceId, seq: u64) -> Result<Option<RunningHash>, StoreError> {
        Ok(self.space(space)?.running_at(seq))
    }

    async fn put_ack(&mut self, space: &SpaceId, device: &DeviceId, number: u64) -> Result<(), StoreError> {
        self.packed(space)?.acks.insert(*device, number);
        Ok(())
    }

    async fn meet(&mut self, space: &SpaceId, device: &DeviceId, now: Millis) -> Result<(), StoreError> {
        self.packed(space)?.seen.entry(*device).or_insert(now);
        Ok(())
    }

    async fn acknowledged(&mut self, space: &SpaceId, since: Millis) -> Result<Option<u64>, StoreError> {
        let space = &*self.space(space)?;
        let word = |device: &DeviceId| space.packed.acks.get(device).copied().unwrap_or(0);
        Ok(live(space, since).map(word).min())
    }

    async fn base(
        &mut self,
        space: &SpaceId,
        upto: u64,
        stored_by: Millis,
    ) -> Result<Option<Base>, StoreError> {
        let old = |(_, m): &(&u64, &Manifest)| m.stored <= stored_by;
        let base = self.packed(space)?.manifests.range(..=upto).rev().find(old);
        Ok(base.map(|(number, m)| Base { number: *number, seq: m.covered.seq }))
    }

    async fn drop_entries(
        &mut self,
        space: &SpaceId,
        upto: u64,
        most: usize,
    ) -> Result<Option<(Gone, LogPlace)>, StoreError> {
        Ok(self.space(space)?.drop_first(upto, most))
    }

    async fn drop_manifests(
        &mut self,
        space: &SpaceId,
        before: u64,
        most: usize,
    ) -> Result<Gone, StoreError> {
        let manifests = &mut self.packed(space)?.manifests;
        let old: Vec<u64> = manifests.range(..before).map(|(number, _)| *number).take(most).collect();
        let dropped: Vec<Manifest> = old.iter().filter_map(|number| manifests.remove(number)).collect();
        Ok(Gone { count: dropped.len(), bytes: dropped.iter().map(|m| m.sealed.size() as u64).sum() })
    }

    async fn drop_packs(&mut self, space: &SpaceId, put_by: Millis, most: usize) -> Result<Gone, StoreError> {
        let packed = self.packed(space)?;
        let oldest = packed.manifests.keys().next().copied().unwrap_or(1);
        let unnamed = packed.packs.iter().filter(|(_, p)| p.named < oldest && p.put <= put_by);
        let unnamed: Vec<PackHash> = unnamed.map(|(hash, _)| *hash).take(most).collect();
        let dropped: Vec<Pack> = unnamed.iter().filter_map(|hash| packed.packs.remove(hash)).collect();
        Ok(Gone { count: dropped.len(), bytes: dropped.iter().map(|p| p.bytes.len() as u64).sum() })
    }
}

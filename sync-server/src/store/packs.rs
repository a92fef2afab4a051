//! Packs, manifests and the word of devices on them; and what they let go of the log.
//!
//! Invariant: one manifest of a space is in force, and each one kept but the oldest names the one before as its parent. An
//! entry is dropped only when a manifest covers it that every live device has acknowledged, or one after it, and whose
//! retention time is over; that manifest, all after it and the packs they name stay.

use super::StoreError;
use crate::clock::Millis;
use crate::rules::JudgedManifest;
use async_trait::async_trait;
use protocol::manifest::SealedManifest;
use protocol::{Chain, DeviceId, LinkHash, ManifestHash, PackHash, RunningHash, SpaceId};
use std::sync::Arc;
use std::time::Duration;

/// A place in the log of a space: after the entry with that sequence number, 0 for before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPlace {
    /// The sequence number.
    pub seq: u64,
    /// Running hash up to there.
    pub running: RunningHash,
}

/// A pack to be stored.
#[derive(Debug, Clone)]
pub struct PutPack {
    /// The space.
    pub space: SpaceId,
    /// Hash of the bytes.
    pub hash: PackHash,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
    /// Now.
    pub now: Millis,
}

/// A manifest to be put in force.
#[derive(Debug, Clone)]
pub struct PutManifest {
    /// The manifest, judged on `chain`.
    pub manifest: JudgedManifest,
    /// The chain; if the space has another head by now it must be judged again.
    pub chain: Arc<Chain>,
    /// Now.
    pub now: Millis,
}

/// A device's word on the manifest in force.
#[derive(Debug, Clone, Copy)]
pub struct PutAck {
    /// The space.
    pub space: SpaceId,
    /// Head of the chain it was judged on.
    pub judged_on: LinkHash,
    /// Which manifest.
    pub manifest: ManifestHash,
    /// Whose word.
    pub device: DeviceId,
}

/// The manifest in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Its hash.
    pub hash: ManifestHash,
    /// The manifest.
    pub manifest: SealedManifest,
    /// Every entry up to there is covered.
    pub covered: LogPlace,
}

/// When what a manifest covers may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Now.
    pub now: Millis,
    /// How old a manifest must be.
    pub retention: Duration,
}

impl Terms {
    /// What was stored by then is old enough.
    pub(crate) fn stored_by(&self) -> Millis {
        self.now.minus(self.retention)
    }
}

/// What was dropped of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Entries.
    pub entries: usize,
    /// Manifests.
    pub manifests: usize,
    /// Packs.
    pub packs: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Dropped {
    /// Counts another step.
    pub fn add(&mut self, step: Self) {
        self.entries += step.entries;
        self.manifests += step.manifests;
        self.packs += step.packs;
        self.more = step.more;
    }
}

/// What a space holds beside its log. Writing is [`super::Store::commit`]'s.
#[async_trait]
pub trait PackStore: Send + Sync {
    /// The sealed bytes of a pack.
    async fn pack(&self, space: &SpaceId, hash: &PackHash) -> Result<Option<Vec<u8>>, StoreError>;
    /// The manifest in force.
    async fn manifest(&self, space: &SpaceId) -> Result<Option<InForce>, StoreError>;
    /// Remembers that a device of the space is there. Coarse: written once in [`crate::limits::SEEN_SECONDS`].
    async fn saw(&self, space: &SpaceId, device: &DeviceId, now: Millis) -> Result<(), StoreError>;
    /// Spaces with packs or manifests, by id, after `after`, at most so many.
    async fn packed_spaces(&self, after: Option<SpaceId>, most: usize) -> Result<Vec<SpaceId>, StoreError>;
    /// Drops some of what a space need not keep, in one transaction: at most `most` entries; or manifests; or packs that no
    /// manifest names and that were put more than a day ago.
    async fn drop_some(&self, space: &SpaceId, terms: Terms, most: usize) -> Result<Dropped, StoreError>;
}

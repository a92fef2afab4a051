//! Where a space stands on this device.
//!
//! Invariant: `heads` names exactly the entries in the store; everything of this device up to `acked` is durable at
//! the relay; `running` is the hash over everything delivered up to `cursor`.

use crate::pack::Compacting;
use crate::search::run::Index;
use minicbor::{Decode, Encode};
use protocol::entry::{Head, Header};
use protocol::{DeviceId, EntryHash, ManifestHash, RunningHash, SpaceId};
use std::collections::BTreeMap;

/// How far a device's chain is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct DeviceHead {
    /// Index of the last entry.
    #[n(0)]
    pub index: u64,
    /// Its address.
    #[n(1)]
    pub hash: EntryHash,
    /// Height of the membership head it named.
    #[n(2)]
    pub height: u32,
}

/// Where the space stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Position {
    /// Sequence number of the last entry delivered.
    #[n(0)]
    pub cursor: u64,
    /// Hash over all delivered up to there.
    #[n(1)]
    pub running: RunningHash,
    /// Every device's chain.
    #[n(2)]
    pub heads: BTreeMap<DeviceId, DeviceHead>,
    /// Index of this device's last entry that the relay acknowledged.
    #[n(3)]
    pub acked: u64,
    /// Index of this device's last entry that was delivered back.
    #[n(4)]
    pub echoed: u64,
    /// Number of the first change in the queue. Displaced changes go before it.
    #[n(5)]
    pub queue_first: u64,
    /// Number of the next change in the queue.
    #[n(6)]
    pub queue_next: u64,
    /// Generation of the read model in use.
    #[n(7)]
    pub view: u8,
    /// A generation being made, and the last document key done.
    #[n(8)]
    pub rebuild: Option<Rebuild>,
    /// Version of the read model's projection.
    #[n(9)]
    pub view_version: u32,
    /// When this device last sealed an entry, by its own clock.
    #[n(10)]
    pub sealed_at: Option<i64>,
    /// Filling both ways was begun and has not ended. A relay that was given a part of what it lacks may agree with this
    /// cursor by that part alone, so agreement says nothing until the rest is there.
    #[n(11)]
    pub healing: Option<bool>,
    /// The queue holds changes of displaced entries, and some may never have been applied here.
    #[n(12)]
    pub displaced: Option<bool>,
    /// The newest manifest that this device made or has taken in.
    #[n(13)]
    pub manifest: Option<ManifestHash>,
    /// How far that manifest holds each device's chain.
    #[cbor(n(14), default)]
    pub covered: Vec<Head>,
    /// Where chains begin that were taken from a manifest: entries up to here may be missing, their changes are not.
    #[cbor(n(15), default)]
    pub base: BTreeMap<DeviceId, Base>,
    /// Changes made now mark their document with this number.
    #[cbor(n(16), default)]
    pub round: u64,
    /// Marks up to this number are void: the manifest holds what they were for.
    #[cbor(n(17), default)]
    pub packed_round: u64,
    /// A compaction under way.
    #[n(18)]
    pub compacting: Option<Compacting>,
    /// The manifest that the relay has this device's acknowledgement of.
    #[n(19)]
    pub acknowledged: Option<ManifestHash>,
    /// The read model holds rows of packs whose documents are not all here yet.
    #[cbor(n(20), default)]
    pub provisional: bool,
    /// The search index of the read model in use; none until something was written for it.
    #[n(21)]
    pub index: Option<Index>,
    /// Devices that were cut off before the place where their chain began here. Of their changes in documents, some may be
    /// void; which is not known yet, and until it is nothing is sealed or packed.
    #[cbor(n(22), default)]
    pub unsorted: Vec<DeviceId>,
    /// How far packs held each device's chain that were merged, perhaps in part, and whose manifest was not taken. Documents
    /// may hold changes of entries up to there.
    #[cbor(n(23), default)]
    pub merged: BTreeMap<DeviceId, u64>,
    /// How far manifests reached of which packs were merged, perhaps in part, and that were neither taken nor replaced by one
    /// that reaches as far. While there are any, marks do not say what the manifest held here lacks.
    #[cbor(n(24), default)]
    pub loose: BTreeMap<DeviceId, u64>,
    /// The time that passed for this device.
    #[n(26)]
    pub aged: Option<Aged>,
    /// The time that had passed when it last looked for what is to be purged.
    #[cbor(n(27), default)]
    pub looked: i64,
    /// What was heard of each other device, and when.
    #[cbor(n(28), default)]
    pub heard: BTreeMap<DeviceId, Heard>,
    /// Every live device has what the manifest in force holds, and bytes of purged documents that it leaves out are still here.
    #[cbor(n(29), default)]
    pub releasing: bool,
    /// The manifest whose packs the provisional rows are of; none if they are of several, or of one that an earlier version
    /// took rows of.
    #[n(25)]
    pub provisional_of: Option<ManifestHash>,
}

/// The time that passed for this device. Clocks are set, forward and back: of the time between two looks at the clock no more
/// is believed than [`crate::limits::BELIEVED_DAYS`], and none of what it goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Aged {
    /// What the clock showed, in milliseconds since 1970.
    #[n(0)]
    pub at: i64,
    /// What passed, in milliseconds.
    #[n(1)]
    pub passed: i64,
}

/// What was heard of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Heard {
    /// Index of its last entry.
    #[n(0)]
    pub index: u64,
    /// The time that had passed here when that was new, as in [`Aged`].
    #[n(1)]
    pub at: i64,
}

/// Where a chain begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Base {
    /// Index of the last entry that a manifest stands for.
    #[n(0)]
    pub index: u64,
    /// Its address.
    #[n(1)]
    pub hash: EntryHash,
}

/// A rebuild under way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Rebuild {
    /// The generation being made.
    #[n(0)]
    pub view: u8,
    /// Last store key done; none at the beginning.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub after: Vec<u8>,
    /// Documents done.
    #[n(2)]
    pub done: u64,
    /// The search index being made.
    #[n(3)]
    pub index: Option<Index>,
    /// Version of the projection it is made by; none before there was a second one.
    #[n(4)]
    pub version: Option<u32>,
}

/// The queue's numbers begin in the middle, so that displaced changes find room before it.
const QUEUE_START: u64 = 1 << 40;

impl Position {
    /// The beginning.
    pub fn start(space: &SpaceId) -> Self {
        Self {
            cursor: 0,
            running: RunningHash::start(space),
            heads: BTreeMap::new(),
            acked: 0,
            echoed: 0,
            queue_first: QUEUE_START,
            queue_next: QUEUE_START,
            view: 0,
            rebuild: None,
            view_version: crate::core::VIEW_VERSION,
            sealed_at: None,
            healing: None,
            displaced: None,
            manifest: None,
            covered: Vec::new(),
            base: BTreeMap::new(),
            round: 1,
            packed_round: 0,
            compacting: None,
            acknowledged: None,
            provisional: false,
            index: None,
            unsorted: Vec::new(),
            merged: BTreeMap::new(),
            loose: BTreeMap::new(),
            provisional_of: None,
            aged: None,
            looked: 0,
            heard: BTreeMap::new(),
            releasing: false,
        }
    }
    /// The last index of `device`'s chain here; 0 for none.
    pub fn index(&self, device: &DeviceId) -> u64 {
        self.heads.get(device).map_or(0, |h| h.index)
    }
    /// The last address of `device`'s chain here.
    pub fn last_hash(&self, device: &DeviceId) -> EntryHash {
        self.heads.get(device).map_or(Header::NO_PREVIOUS, |h| h.hash)
    }
    /// The last index of `device`'s chain of which the entry may be missing; 0 for none.
    pub fn base(&self, device: &DeviceId) -> u64 {
        self.base.get(device).map_or(0, |b| b.index)
    }
    /// How far the manifest holds `device`'s chain; 0 for not at all.
    pub fn covered(&self, device: &DeviceId) -> u64 {
        self.covered.iter().find(|h| h.device == *device).map_or(0, |h| h.index)
    }
    /// Entries that the manifest does not hold yet.
    pub fn uncovered(&self) -> u64 {
        self.heads.iter().map(|(device, h)| h.index.saturating_sub(self.covered(device))).sum()
    }
    /// Changes in the queue.
    pub fn queued(&self) -> u64 {
        self.queue_next - self.queue_first
    }
    /// The time that passed for this device, in milliseconds.
    pub fn passed(&self) -> i64 {
        self.aged.map_or(0, |aged| aged.passed)
    }
    /// Looks at the clock, where a day has so many milliseconds.
    pub fn look_at_clock(&mut self, now: i64, day: i64) {
        let Aged { at, passed } = self.aged.unwrap_or(Aged { at: now, passed: 0 });
        let between = now.saturating_sub(at);
        // An hour is exact enough for what is counted in days.
        if self.aged.is_some() && (0..day / 24).contains(&between) {
            return;
        }
        let believed = between.clamp(0, day.saturating_mul(crate::limits::BELIEVED_DAYS));
        self.aged = Some(Aged { at: now, passed: passed.saturating_add(believed) });
    }
    /// All heads, sorted by device.
    pub fn vector(&self) -> Vec<Head> {
        self.heads.iter().map(|(device, h)| Head { device: *device, index: h.index, hash: h.hash }).collect()
    }
}

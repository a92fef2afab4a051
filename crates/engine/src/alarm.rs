//! What was noticed that a person should know. Kept until it is pushed out by newer ones, so that it is there when
//! somebody looks, and not only for who happened to be looking.

use crate::api::{Millis, Notice};
use crate::limits;
use minicbor::{Decode, Encode};
use protocol::DeviceId;

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum AlarmKind {
    /// The relay had lost something; it was given back.
    #[n(1)]
    RelayHealed,
    /// Another copy of this device's store has written under its name.
    #[n(2)]
    StoreCloned,
    /// The relay holds other entries of a device than those it handed out before.
    #[n(3)]
    EntryForked,
    /// The relay serves a membership chain that contradicts the one known here.
    #[n(4)]
    MembershipForked,
    /// An entry cannot be used.
    #[n(5)]
    EntryRefused,
    /// The relay shows less of a device than another member has seen.
    #[n(6)]
    Withheld,
    /// This device was revoked.
    #[n(7)]
    Revoked,
    /// A manifest of the relay is not what it should be.
    #[n(8)]
    ManifestRefused,
}

impl AlarmKind {
    /// Its name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RelayHealed => "relay_healed",
            Self::StoreCloned => "store_cloned",
            Self::EntryForked => "entry_forked",
            Self::MembershipForked => "membership_forked",
            Self::EntryRefused => "entry_refused",
            Self::Withheld => "withheld",
            Self::Revoked => "revoked",
            Self::ManifestRefused => "manifest_refused",
        }
    }
}

/// Something that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Alarm {
    /// When it was last noticed, by this device's clock.
    #[n(0)]
    pub at: Millis,
    /// What.
    #[n(1)]
    pub kind: AlarmKind,
    /// Whose entries it is about.
    #[n(2)]
    pub device: Option<DeviceId>,
    /// English, for a report.
    #[n(3)]
    pub detail: String,
    /// How often it was noticed.
    #[n(4)]
    pub times: u64,
}

impl Alarm {
    /// The alarm that a notice raises, if it is one.
    pub(crate) fn of(notice: &Notice, at: Millis) -> Option<Self> {
        let (kind, device, detail) = match notice {
            Notice::RelayHealed { entries } => {
                (AlarmKind::RelayHealed, None, format!("{entries} entries were given back to the relay"))
            }
            Notice::StoreCloned => (AlarmKind::StoreCloned, None, String::new()),
            Notice::EntryForked { device } => (AlarmKind::EntryForked, Some(*device), String::new()),
            Notice::MembershipForked => (AlarmKind::MembershipForked, None, String::new()),
            Notice::EntryRefused { device, index, reason } => {
                (AlarmKind::EntryRefused, Some(*device), format!("entry {index}: {reason}"))
            }
            Notice::Withheld { device, have, claimed, witness } => {
                let detail = format!("{have} entries came, {witness} has seen {claimed}");
                (AlarmKind::Withheld, Some(*device), detail)
            }
            Notice::Revoked => (AlarmKind::Revoked, None, String::new()),
            Notice::ManifestRefused { reason } => (AlarmKind::ManifestRefused, None, reason.clone()),
            _ => return None,
        };
        Some(Self { at, kind, device, detail, times: 1 })
    }

    /// Puts it among others: the same again counts up, and the oldest go when there are too many.
    pub(crate) fn join(mut self, others: &mut Vec<Self>) {
        let same = |a: &Self| a.kind == self.kind && a.device == self.device && a.detail == self.detail;
        if let Some(before) = others.iter().position(same) {
            self.times = others.remove(before).times.saturating_add(1);
        }
        others.push(self);
        let surplus = others.len().saturating_sub(limits::ALARMS);
        others.drain(..surplus);
    }
}

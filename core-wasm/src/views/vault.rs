//! The vault: who is in it, what was noticed, where sync stands.

use engine::api::MemberStatus;
use protocol::Role;
use serde::Serialize;
use tsify::Tsify;

/// What a member of the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    /// A device.
    Device,
    /// The recovery phrase.
    Paper,
    /// Somebody else's device.
    Guest,
}

/// A member of the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Member {
    /// Its id, hex.
    pub device: String,
    /// What it is.
    pub role: MemberRole,
    /// Whether it may read and write.
    pub active: bool,
    /// Entries of it that are here.
    pub entries: u64,
    /// This one.
    pub here: bool,
}

impl Member {
    pub(crate) fn of(member: &MemberStatus, here: bool) -> Self {
        let role = match member.role {
            Role::Device => MemberRole::Device,
            Role::Paper => MemberRole::Paper,
            Role::Guest => MemberRole::Guest,
        };
        let device = member.device.to_string();
        Self { device, role, active: member.active, entries: member.entries, here }
    }
}

/// Who came and went on one of two lists of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Branch {
    /// Ids of those added, hex.
    pub added: Vec<String>,
    /// Ids of those revoked, hex.
    pub revoked: Vec<String>,
}

/// Two lists of devices that both hold. Nothing is sent until one goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Fork {
    /// The one here.
    pub here: Branch,
    /// The relay's.
    pub relay: Branch,
}

impl From<&engine::api::Branch> for Branch {
    fn from(branch: &engine::api::Branch) -> Self {
        let ids = |of: &[protocol::DeviceId]| of.iter().map(ToString::to_string).collect();
        Self { added: ids(&branch.added), revoked: ids(&branch.revoked) }
    }
}

impl From<&engine::api::Fork> for Fork {
    fn from(fork: &engine::api::Fork) -> Self {
        Self { here: Branch::from(&fork.here), relay: Branch::from(&fork.relay) }
    }
}

/// Something that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Alarm {
    /// When it was last noticed, in milliseconds since 1970.
    pub at: i64,
    /// What: `relay_healed`, `store_cloned`, `entry_forked`, `membership_forked`, `entry_refused`, `withheld`, `revoked`.
    pub kind: String,
    /// Whose entries it is about, hex.
    pub device: Option<String>,
    /// English, for a report.
    pub detail: String,
    /// How often it was noticed.
    pub times: u64,
}

impl From<&engine::Alarm> for Alarm {
    fn from(alarm: &engine::Alarm) -> Self {
        let device = alarm.device.map(|device| device.to_string());
        let (kind, detail) = (alarm.kind.name().to_owned(), alarm.detail.clone());
        Self { at: alarm.at, kind, device, detail, times: alarm.times }
    }
}

/// Where sync stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Status {
    /// The account, hex.
    pub account: String,
    /// This device, hex.
    pub device: String,
    /// Changes that the relay has not acknowledged.
    pub pending: u64,
    /// Entries that wait for others.
    pub waiting: u64,
    /// Whether everything that the relay has was received.
    pub live: bool,
    /// Entries sent since the vault was opened.
    pub pushed: u64,
    /// Entries received since then.
    pub pulled: u64,
}

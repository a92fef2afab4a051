//! Reminders: what the person's browsers are to be pushed at a time, by a relay that cannot read it.
//!
//! Invariant: the relay is given nothing before it is written down here that it may have it, and what it may have is
//! forgotten only when it was taken back or is over. So what is not wanted any more is taken back, whatever ended in
//! between. A notice has one name on every device of the vault, so that two devices have it pushed once.

use crate::record::hash16;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use protocol::limits::NOTICES_PER_ACCOUNT;
use protocol::notice::are_times;
use protocol::{EpochId, NoticeId, SubscriptionId};
use seal::{MAX_CONTENT, NoticeKey, NoticeText, PushTarget};
use std::collections::{BTreeMap, BTreeSet};

/// Something to be pushed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Whatever stands for the reminder, the same on every device.
    pub reminder: Vec<u8>,
    /// Whatever stands for this time of it, the same on every device.
    pub occurrence: Vec<u8>,
    /// When, in milliseconds since 1970 in UTC; not before.
    pub at: u64,
    /// What it says, and when it is over.
    pub text: NoticeText,
}

/// All that is to be pushed, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// What.
    pub reminders: Vec<Reminder>,
    /// To which subscriptions of the vault, of whichever device.
    pub targets: Vec<(SubscriptionId, PushTarget)>,
}

/// The push subscription of this device, as its browser gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSubscription {
    /// Chosen at random when it was made.
    pub id: SubscriptionId,
    /// The push service's address of it.
    pub endpoint: String,
}

/// Where notices stand at the relay, before anything of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Whereabouts {
    /// The relay that they were put to, as in `https://relay.example`.
    #[n(0)]
    pub origin: String,
}

/// A notice that the relay may have.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Standing {
    /// When it is over.
    #[n(0)]
    pub expires: u64,
    /// What was put under its name.
    #[n(1)]
    pub content: ByteArray<16>,
    /// The relay has said that it has it.
    #[n(2)]
    pub sure: bool,
}

/// What is wanted, and what the relay may have.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// What the host wants; none before it said so. Nothing is done about what stands until then.
    schedule: Option<Schedule>,
    /// Reminder and target of what is wanted, by name under `epoch`, the nearest first.
    wanted: Vec<(NoticeId, usize, usize)>,
    names: BTreeSet<NoticeId>,
    epoch: Option<EpochId>,
    /// None before it was read.
    pub standing: Option<BTreeMap<NoticeId, Standing>>,
    pub whereabouts: Whereabouts,
    /// Refused by the relay since the host last said what it wants.
    pub refused: BTreeSet<NoticeId>,
    /// There may be something to put or to take back.
    pub due: bool,
}

/// What is to be put next.
pub(crate) struct Next<'a> {
    pub name: NoticeId,
    pub content: ByteArray<16>,
    pub reminder: &'a Reminder,
    pub target: &'a (SubscriptionId, PushTarget),
}

impl Agenda {
    /// Whether there may be something to do at the relay called so, in that epoch.
    pub fn is_due(&self, origin: &str, epoch: EpochId) -> bool {
        self.schedule.is_some()
            && (self.due || self.epoch != Some(epoch) || self.whereabouts.origin != origin)
    }

    /// Whether the host has said what it wants.
    pub fn is_set(&self) -> bool {
        self.schedule.is_some()
    }

    /// Takes what the host wants from `now` on. How many reminders cannot be: too long, at times that no relay takes, or
    /// one too many.
    pub fn set(&mut self, schedule: Schedule, now: u64) -> usize {
        let Schedule { mut reminders, targets } = schedule;
        reminders.retain(|r| r.text.expires > now);
        let before = reminders.len();
        reminders.retain(|r| are_times(r.at, r.text.expires, now) && r.text.to_bytes().len() <= MAX_CONTENT);
        reminders.sort_by_key(|r| r.at);
        let room = NOTICES_PER_ACCOUNT.checked_div(targets.len()).unwrap_or(usize::MAX);
        reminders.truncate(room);
        let refused = before - reminders.len();
        self.schedule = Some(Schedule { reminders, targets });
        self.epoch = None;
        self.refused.clear();
        self.due = true;
        refused
    }

    /// Names what is wanted, if it is not named under this key yet.
    pub fn name(&mut self, epoch: EpochId, key: &NoticeKey) {
        let Some(schedule) = self.schedule.as_ref().filter(|_| self.epoch != Some(epoch)) else { return };
        self.wanted.clear();
        self.names.clear();
        for (r, reminder) in schedule.reminders.iter().enumerate() {
            for (t, (target, _)) in schedule.targets.iter().enumerate() {
                let name = key.name(&reminder.reminder, &reminder.occurrence, target);
                if self.names.insert(name) {
                    self.wanted.push((name, r, t));
                }
            }
        }
        self.epoch = Some(epoch);
        self.due = true;
    }

    /// What the relay may have and nobody wants, at most so many.
    pub fn unwanted(&self, most: usize) -> Vec<NoticeId> {
        let standing = self.standing.iter().flatten().map(|(name, _)| *name);
        standing.filter(|name| !self.names.contains(name)).take(most).collect()
    }

    /// What is wanted at `now` and the relay has not said that it has, the nearest first, at most so many.
    pub fn missing(&self, now: u64, most: usize) -> Vec<Next<'_>> {
        let next = self.wanted.iter().filter_map(|(name, r, t)| {
            let schedule = self.schedule.as_ref()?;
            let (reminder, target) = (schedule.reminders.get(*r)?, schedule.targets.get(*t)?);
            let next = Next { name: *name, content: content(reminder), reminder, target };
            (reminder.text.expires > now && !self.has(&next) && !self.refused.contains(name)).then_some(next)
        });
        next.take(most).collect()
    }

    fn has(&self, next: &Next<'_>) -> bool {
        let standing = self.standing.as_ref().and_then(|all| all.get(&next.name));
        standing.is_some_and(|s| s.sure && s.content == next.content)
    }

    /// How many are to be put or taken back.
    pub fn pending(&self, now: u64) -> usize {
        self.missing(now, usize::MAX).len() + self.unwanted(usize::MAX).len()
    }
}

/// Two of the same content need not be put twice.
fn content(reminder: &Reminder) -> ByteArray<16> {
    let at = reminder.at.to_be_bytes();
    hash16("life-os v1 content of a notice", &[&at, &reminder.text.to_bytes()]).into()
}

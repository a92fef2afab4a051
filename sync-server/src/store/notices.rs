//! Push subscriptions and the notices that are pushed to them.
//!
//! Invariant: a notice is claimed by one relay at a time, and one that was settled is never claimed again. Nothing is
//! claimed for an account that is to be deleted, nor for a device that is no active member any more.

use super::StoreError;
use crate::clock::Millis;
use async_trait::async_trait;
use protocol::notice::{FailReason, Notice, NoticeState, NoticeStatus};
use protocol::{AccountId, DeviceId, NoticeId, SubscriptionId};

/// A push subscription of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its name.
    pub id: SubscriptionId,
    /// Whose.
    pub account: AccountId,
    /// Of which device; it has one.
    pub device: DeviceId,
    /// The push service's address of it.
    pub endpoint: String,
    /// When it was registered.
    pub created: Millis,
}

/// What became of a subscription that was to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscribed {
    /// It is the device's.
    Yes,
    /// Another one has that name.
    Taken,
    /// The account has as many as it may.
    TooMany,
}

/// What became of a notice that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticePut {
    /// It is to come as it was put.
    Stored,
    /// It is there already, and sent or being sent: it stays as it is.
    Kept,
    /// The account has no such subscription.
    NoSubscription,
    /// The account has as many as it may.
    TooMany,
}

/// Who has claimed a notice: one that was claimed again, or replaced, is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub notice: NoticeId,
    /// How often it was claimed, this time included.
    pub attempts: u32,
}

/// A notice whose time has come.
#[derive(Clone, PartialEq, Eq)]
pub struct DueNotice {
    /// To settle it by.
    pub claim: Claim,
    /// To which subscription.
    pub subscription: SubscriptionId,
    /// The push service's address of that.
    pub endpoint: String,
    /// From then on it is not sent any more.
    pub expires: Millis,
    /// The sealed message.
    pub body: Vec<u8>,
}

/// Without the address and the message: logs hold neither.
impl std::fmt::Debug for DueNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DueNotice").field("claim", &self.claim).finish_non_exhaustive()
    }
}

/// What became of a notice that was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The push service has it.
    Sent,
    /// The push service does not want it.
    Failed(FailReason),
    /// Its time was over.
    Expired,
    /// It is tried again then.
    Later(Millis),
    /// The subscription is gone: it is removed, with all that was to be pushed to it.
    Gone,
}

impl Settled {
    /// The state that it ends in, if it ends in one.
    pub(crate) fn ended(self) -> Option<(NoticeState, Option<FailReason>)> {
        match self {
            Self::Sent => Some((NoticeState::Sent, None)),
            Self::Failed(reason) => Some((NoticeState::Failed, Some(reason))),
            Self::Expired => Some((NoticeState::Expired, None)),
            Self::Later(_) | Self::Gone => None,
        }
    }
}

/// Subscriptions and notices.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// The relay's secret called `name`: `made`, if it had none. All relays on a database have the same.
    async fn relay_key(&self, name: &str, made: [u8; 32]) -> Result<[u8; 32], StoreError>;
    /// Registers a subscription in the place of the device's former one, whose notices are dropped, unless its account has
    /// `most`. The same again changes its address at most.
    async fn put_subscription(
        &self,
        subscription: Subscription,
        most: usize,
    ) -> Result<Subscribed, StoreError>;
    /// Removes the subscription of a device, with its notices. Whether it had one.
    async fn drop_subscription(&self, account: &AccountId, device: &DeviceId) -> Result<bool, StoreError>;
    /// The account's, sorted by device.
    async fn subscriptions(&self, account: &AccountId) -> Result<Vec<Subscription>, StoreError>;
    /// Puts notices on the word of `device`, in one transaction, unless there would be more than `most` of the account: what
    /// became of each.
    async fn put_notices(
        &self,
        account: &AccountId,
        device: &DeviceId,
        notices: &[Notice],
        most: usize,
    ) -> Result<Vec<NoticePut>, StoreError>;
    /// Takes notices back that were to come. How many.
    async fn cancel_notices(&self, account: &AccountId, notices: &[NoticeId]) -> Result<usize, StoreError>;
    /// The account's after one called `after`, sorted by name, at most so many.
    async fn notices(
        &self,
        account: &AccountId,
        after: Option<&NoticeId>,
        most: usize,
    ) -> Result<Vec<NoticeStatus>, StoreError>;
    /// Claims notices whose time has come, the longest due first, at most so many. Until `until` nobody else can.
    async fn claim_notices(
        &self,
        now: Millis,
        until: Millis,
        most: usize,
    ) -> Result<Vec<DueNotice>, StoreError>;
    /// Says what became of a claimed notice. Nothing happens if it is claimed by somebody else by now, or not there any more.
    /// `forget` is when one that has ended is forgotten.
    async fn settle_notice(
        &self,
        due: &DueNotice,
        settled: Settled,
        forget: Millis,
    ) -> Result<(), StoreError>;
    /// When the first notice is to be looked at, of those to be looked at after `after`.
    async fn next_notice(&self, after: Millis) -> Result<Option<Millis>, StoreError>;
    /// Forgets notices that have ended long enough ago, and those that nobody could claim until `stale` and that expired before
    /// that; at most so many. How many.
    async fn forget_notices(&self, now: Millis, stale: Millis, most: usize) -> Result<usize, StoreError>;
}

/// A state as the database keeps it; the numbers are those of the wire.
pub(crate) const fn state_number(state: NoticeState) -> i64 {
    match state {
        NoticeState::Pending => 0,
        NoticeState::Sent => 1,
        NoticeState::Failed => 2,
        NoticeState::Expired => 3,
    }
}

/// And back.
pub(crate) const fn state_of(number: i64) -> Option<NoticeState> {
    match number {
        0 => Some(NoticeState::Pending),
        1 => Some(NoticeState::Sent),
        2 => Some(NoticeState::Failed),
        3 => Some(NoticeState::Expired),
        _ => None,
    }
}

/// A reason as the database keeps it; the numbers are those of the wire.
pub(crate) const fn reason_number(reason: FailReason) -> i64 {
    match reason {
        FailReason::Refused => 1,
        FailReason::TooLarge => 2,
    }
}

/// And back.
pub(crate) const fn reason_of(number: i64) -> Option<FailReason> {
    match number {
        1 => Some(FailReason::Refused),
        2 => Some(FailReason::TooLarge),
        _ => None,
    }
}

/// What stands in the way of a notice, if something does: `there` is its state and how often it was claimed, `room` whether
/// the account may have one more.
pub(crate) fn judge_put(
    there: Option<(NoticeState, u32)>,
    subscribed: bool,
    room: bool,
) -> Result<(), NoticePut> {
    match there {
        Some((NoticeState::Pending, 0)) if subscribed => Ok(()),
        Some((NoticeState::Pending, 0)) => Err(NoticePut::NoSubscription),
        Some(_) => Err(NoticePut::Kept),
        None if !subscribed => Err(NoticePut::NoSubscription),
        None if !room => Err(NoticePut::TooMany),
        None => Ok(()),
    }
}

//! Subscriptions and notices in memory.

use super::{MemoryStore, State};
use crate::clock::Millis;
use crate::store::{
    Claim, DueNotice, NoticePut, NoticeStore, Settled, StoreError, Subscribed, Subscription, judge_put,
};
use async_trait::async_trait;
use protocol::notice::{FailReason, Notice, NoticeState, NoticeStatus};
use protocol::{AccountId, DeviceId, NoticeId, Purpose, Role, SubscriptionId};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
struct Kept {
    notice: Notice,
    device: DeviceId,
    state: NoticeState,
    reason: Option<FailReason>,
    next: Millis,
    attempts: u32,
}

/// What is to be pushed, and to whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices {
    keys: BTreeMap<String, [u8; 32]>,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    notices: BTreeMap<(AccountId, NoticeId), Kept>,
}

fn millis(time: u64) -> Millis {
    Millis(i64::try_from(time).unwrap_or(i64::MAX))
}

impl Notices {
    /// Forgets an account.
    pub(super) fn erase(&mut self, account: &AccountId) {
        self.subscriptions.retain(|_, s| s.account != *account);
        self.notices.retain(|(of, _), _| of != account);
    }

    pub(super) fn drop_of_device(&mut self, account: &AccountId, device: &DeviceId) {
        self.notices.retain(|(of, _), kept| {
            of != account || kept.device != *device || kept.state != NoticeState::Pending
        });
        self.drop_subscriptions(|s| s.account == *account && s.device == *device);
    }

    fn drop_subscriptions(&mut self, which: impl Fn(&Subscription) -> bool) {
        self.subscriptions.retain(|_, s| !which(s));
        let there = &self.subscriptions;
        self.notices.retain(|_, kept| there.contains_key(&kept.notice.subscription));
    }

    fn put(&mut self, account: &AccountId, device: &DeviceId, notice: &Notice, most: usize) -> NoticePut {
        let place = (*account, notice.notice);
        let there = self.notices.get(&place).map(|kept| (kept.state, kept.attempts));
        let subscription = self.subscriptions.get(&notice.subscription);
        let subscribed = subscription.is_some_and(|s| s.account == *account);
        let count = self.notices.keys().filter(|(of, _)| of == account).count();
        match judge_put(there, subscribed, count < most) {
            Err(kept) => kept,
            Ok(()) => {
                let next = millis(notice.send_at);
                let (state, reason) = (NoticeState::Pending, None);
                let kept = Kept { notice: notice.clone(), device: *device, state, reason, next, attempts: 0 };
                self.notices.insert(place, kept);
                NoticePut::Stored
            }
        }
    }
}

impl State {
    /// Whether something may be pushed to a subscription: its device is an active member, its account stays.
    fn may_push(&self, subscription: &SubscriptionId) -> bool {
        let Some(subscription) = self.notices.subscriptions.get(subscription) else { return false };
        let mut of_account = self.spaces.values().filter(|s| s.state.account == subscription.account);
        of_account.any(|space| {
            let vault = space.purpose == Purpose::Vault && space.state.deletes.is_none();
            vault && space.has_member(&subscription.device, Role::Device)
        })
    }
}

#[async_trait]
impl NoticeStore for MemoryStore {
    async fn relay_key(&self, name: &str, made: [u8; 32]) -> Result<[u8; 32], StoreError> {
        Ok(*self.writing()?.notices.keys.entry(name.to_owned()).or_insert(made))
    }

    async fn put_subscription(
        &self,
        subscription: Subscription,
        most: usize,
    ) -> Result<Subscribed, StoreError> {
        let all = &mut self.writing()?.notices;
        let (account, device, id) = (subscription.account, subscription.device, subscription.id);
        let others = all.subscriptions.values().filter(|s| s.account == account && s.device != device);
        if others.count() >= most {
            return Ok(Subscribed::TooMany);
        }
        match all.subscriptions.get_mut(&id) {
            Some(there) if there.account == account && there.device == device => {
                there.endpoint = subscription.endpoint;
            }
            Some(_) => return Ok(Subscribed::Taken),
            None => {
                all.drop_subscriptions(|s| s.account == account && s.device == device);
                all.subscriptions.insert(id, subscription);
            }
        }
        Ok(Subscribed::Yes)
    }

    async fn drop_subscription(&self, account: &AccountId, device: &DeviceId) -> Result<bool, StoreError> {
        let all = &mut self.writing()?.notices;
        let before = all.subscriptions.len();
        all.drop_subscriptions(|s| s.account == *account && s.device == *device);
        Ok(all.subscriptions.len() < before)
    }

    async fn subscriptions(&self, account: &AccountId) -> Result<Vec<Subscription>, StoreError> {
        let all = self.lock();
        let mut found: Vec<_> =
            all.notices.subscriptions.values().filter(|s| s.account == *account).cloned().collect();
        found.sort_by_key(|s| s.device);
        Ok(found)
    }

    async fn put_notices(
        &self,
        account: &AccountId,
        device: &DeviceId,
        notices: &[Notice],
        most: usize,
    ) -> Result<Vec<NoticePut>, StoreError> {
        let all = &mut self.writing()?.notices;
        Ok(notices.iter().map(|notice| all.put(account, device, notice, most)).collect())
    }

    async fn cancel_notices(&self, account: &AccountId, notices: &[NoticeId]) -> Result<usize, StoreError> {
        let all = &mut self.writing()?.notices.notices;
        let before = all.len();
        for notice in notices {
            let place = (*account, *notice);
            if all.get(&place).is_some_and(|kept| kept.state == NoticeState::Pending) {
                all.remove(&place);
            }
        }
        Ok(before - all.len())
    }

    async fn notices(
        &self,
        account: &AccountId,
        after: Option<&NoticeId>,
        most: usize,
    ) -> Result<Vec<NoticeStatus>, StoreError> {
        let all = self.lock();
        let found = all
            .notices
            .notices
            .iter()
            .filter(|((of, notice), _)| of == account && after.is_none_or(|after| notice > after));
        let status = |((_, notice), kept): (&(AccountId, NoticeId), &Kept)| NoticeStatus {
            notice: *notice,
            subscription: kept.notice.subscription,
            send_at: kept.notice.send_at,
            state: kept.state,
            reason: kept.reason,
        };
        Ok(found.take(most).map(status).collect())
    }

    async fn claim_notices(
        &self,
        now: Millis,
        until: Millis,
        most: usize,
    ) -> Result<Vec<DueNotice>, StoreError> {
        let mut all = self.writing()?;
        let due = all.notices.notices.iter().filter(|(_, kept)| {
            kept.state == NoticeState::Pending && kept.next <= now && all.may_push(&kept.notice.subscription)
        });
        let mut due: Vec<_> = due.map(|((account, notice), kept)| (kept.next, *notice, *account)).collect();
        due.sort();
        let Notices { notices, subscriptions, .. } = &mut all.notices;
        let claimed = due.into_iter().take(most).filter_map(|(_, notice, account)| {
            let kept = notices.get_mut(&(account, notice))?;
            kept.attempts += 1;
            kept.next = until;
            let subscription = kept.notice.subscription;
            Some(DueNotice {
                claim: Claim { account, notice, attempts: kept.attempts },
                subscription,
                endpoint: subscriptions.get(&subscription)?.endpoint.clone(),
                expires: millis(kept.notice.expires_at),
                body: kept.notice.body.to_vec(),
            })
        });
        Ok(claimed.collect())
    }

    async fn settle_notice(
        &self,
        due: &DueNotice,
        settled: Settled,
        forget: Millis,
    ) -> Result<(), StoreError> {
        let all = &mut self.writing()?.notices;
        if settled == Settled::Gone {
            all.drop_subscriptions(|s| s.id == due.subscription && s.endpoint == due.endpoint);
            return Ok(());
        }
        let Claim { account, notice, attempts } = due.claim;
        let Some(kept) = all.notices.get_mut(&(account, notice)) else { return Ok(()) };
        if kept.state != NoticeState::Pending || kept.attempts != attempts {
            return Ok(());
        }
        match (settled.ended(), settled) {
            (Some((state, reason)), _) => {
                (kept.state, kept.reason, kept.next) = (state, reason, forget);
                kept.notice.body = Vec::new().into();
            }
            (None, Settled::Later(at)) => kept.next = at,
            (None, _) => {}
        }
        Ok(())
    }

    async fn next_notice(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        let all = self.lock();
        let pending = all.notices.notices.values().filter(|kept| kept.state == NoticeState::Pending);
        Ok(pending.map(|kept| kept.next).filter(|next| *next > after).min())
    }

    async fn forget_notices(&self, now: Millis, stale: Millis, most: usize) -> Result<usize, StoreError> {
        let all = &mut self.writing()?.notices.notices;
        let old = all.iter().filter(|(_, kept)| match kept.state {
            NoticeState::Pending => kept.next <= stale && millis(kept.notice.expires_at) <= stale,
            NoticeState::Sent | NoticeState::Failed | NoticeState::Expired => kept.next <= now,
        });
        let old: Vec<_> = old.take(most).map(|(place, _)| *place).collect();
        old.iter().for_each(|place| drop(all.remove(place)));
        Ok(old.len())
    }
}

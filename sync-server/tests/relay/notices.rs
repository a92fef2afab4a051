//! Notices and subscriptions: what every store promises.

use crate::support::device::{Device, Vault};
use crate::support::stores::on_every_store;
use protocol::frame::LinkItem;
use protocol::limits::NOTICE_BYTES;
use protocol::notice::{FailReason, Notice, NoticeState, NoticeStatus};
use protocol::{AccountId, DeviceId, NoticeId, SubscriptionId};
use std::collections::BTreeSet;
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::relay::Relay;
use sync_server::store::{Admission, DueNotice, Erased, NoticePut, Settled, Store, Subscribed, Subscription};

const NOW: Millis = Millis(1_000_000);
const LEASE: Millis = Millis(1_060_000);
/// When what has ended is forgotten.
const FORGET: Millis = Millis(5_000_000);
const MOST: usize = 9;

fn subscription_id(n: u8) -> SubscriptionId {
    SubscriptionId::new([n; 16])
}

fn notice_id(n: u8) -> NoticeId {
    NoticeId::new([n; 32])
}

fn notice(n: u8, subscription: u8, send_at: i64) -> Notice {
    let send_at = u64::try_from(send_at).unwrap();
    Notice {
        notice: notice_id(n),
        subscription: subscription_id(subscription),
        send_at,
        expires_at: send_at + 600_000,
        body: vec![n; NOTICE_BYTES].into(),
    }
}

/// A vault with a laptop and a phone; both have subscriptions, 1 and 2.
struct World {
    store: Arc<dyn Store>,
    vault: Vault,
    laptop: Device,
    phone: Device,
}

impl World {
    async fn new(store: Arc<dyn Store>) -> Self {
        Self::called(store, "laptop", [1, 2]).await
    }

    async fn called(store: Arc<dyn Store>, name: &str, subscriptions: [u8; 2]) -> Self {
        let (laptop, phone) = (Device::named(name), Device::named(&format!("{name}'s phone")));
        let mut vault = Vault::begin(&laptop, &Device::named(&format!("{name}'s slip")));
        vault.take(vault.adding(&laptop, &phone));
        let relay = Relay::new(store.clone());
        relay.register(&vault.items, Admission::Open, None, NOW).await.unwrap();
        let world = Self { store, vault, laptop, phone };
        for (device, n) in [&world.laptop, &world.phone].into_iter().zip(subscriptions) {
            assert_eq!(world.subscribe(device, n, "https://push.example/1").await, Subscribed::Yes);
        }
        world
    }

    fn account(&self) -> AccountId {
        self.vault.account()
    }

    async fn subscribe(&self, device: &Device, n: u8, endpoint: &str) -> Subscribed {
        let (account, device, endpoint) = (self.account(), device.id(), endpoint.to_owned());
        let subscription = Subscription { id: subscription_id(n), account, device, endpoint, created: NOW };
        self.store.put_subscription(subscription, 2).await.unwrap()
    }

    async fn subscriptions(&self) -> BTreeSet<(DeviceId, SubscriptionId, String)> {
        let all = self.store.subscriptions(&self.account()).await.unwrap();
        assert!(all.is_sorted_by_key(|s| s.device));
        all.into_iter().map(|s| (s.device, s.id, s.endpoint)).collect()
    }

    async fn put(&self, notices: &[Notice]) -> Vec<NoticePut> {
        self.store.put_notices(&self.account(), &self.laptop.id(), notices, MOST).await.unwrap()
    }

    async fn states(&self) -> Vec<(NoticeId, NoticeState, Option<FailReason>)> {
        let all = self.store.notices(&self.account(), None, 99).await.unwrap();
        all.iter().map(|s| (s.notice, s.state, s.reason)).collect()
    }

    async fn names(&self) -> Vec<NoticeId> {
        self.states().await.into_iter().map(|(name, ..)| name).collect()
    }

    async fn claim(&self, now: Millis, until: Millis) -> Vec<DueNotice> {
        self.store.claim_notices(now, until, 99).await.unwrap()
    }

    async fn settle(&self, due: &DueNotice, settled: Settled) {
        self.store.settle_notice(due, settled, FORGET).await.unwrap();
    }

    async fn revoke_phone(&mut self) {
        let link = self.vault.revoking(&self.laptop, &self.phone);
        self.extend(link).await;
    }

    async fn extend(&mut self, link: LinkItem) {
        let relay = Relay::new(self.store.clone());
        let space = self.vault.space();
        let extended = relay.extend(&space, std::slice::from_ref(&link), false).await.unwrap();
        extended.unwrap().unwrap();
        self.vault.take(link);
    }
}

async fn a_relay_keeps_the_first_key_of_a_name(store: Arc<dyn Store>) {
    assert_eq!(store.relay_key("vapid", [1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.relay_key("vapid", [2; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.relay_key("another", [3; 32]).await.unwrap(), [3; 32]);
}

async fn a_device_has_one_subscription_and_another_takes_its_place(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let (laptop, phone) = (world.laptop.id(), world.phone.id());
    let row = |device, n, endpoint: &str| (device, subscription_id(n), endpoint.to_owned());
    let first = "https://push.example/1";
    assert_eq!(world.subscriptions().await, [row(laptop, 1, first), row(phone, 2, first)].into());
    assert_eq!(
        world.put(&[notice(1, 1, NOW.0), notice(2, 2, NOW.0)]).await,
        [NoticePut::Stored, NoticePut::Stored]
    );
    // The same subscription at another address keeps what is to be pushed to it.
    assert_eq!(world.subscribe(&world.laptop, 1, "https://push.example/2").await, Subscribed::Yes);
    assert_eq!(world.names().await, [notice_id(1), notice_id(2)]);
    let here = [row(laptop, 1, "https://push.example/2"), row(phone, 2, first)];
    assert_eq!(world.subscriptions().await, here.clone().into());
    // A name that another device or account has is not taken from it, and costs the asker nothing.
    assert_eq!(world.subscribe(&world.laptop, 2, first).await, Subscribed::Taken);
    let stranger = World::called(store.clone(), "desk", [8, 9]).await;
    assert_eq!(stranger.subscribe(&stranger.laptop, 1, first).await, Subscribed::Taken);
    assert_eq!(world.subscriptions().await, here.into());
    assert_eq!(world.names().await, [notice_id(1), notice_id(2)]);
    // Another subscription of the device ends the first, with what was to be pushed to it.
    assert_eq!(world.subscribe(&world.laptop, 3, first).await, Subscribed::Yes);
    assert_eq!(world.subscriptions().await, [row(laptop, 3, first), row(phone, 2, first)].into());
    assert_eq!(world.names().await, [notice_id(2)]);
    // No more of an account than may be.
    assert_eq!(world.subscribe(&Device::named("tablet"), 4, first).await, Subscribed::TooMany);
    assert!(store.drop_subscription(&world.account(), &phone).await.unwrap());
    assert!(!store.drop_subscription(&world.account(), &phone).await.unwrap());
    assert_eq!(world.names().await, []);
    assert_eq!(world.subscribe(&Device::named("tablet"), 4, first).await, Subscribed::Yes);
    assert_eq!(stranger.subscriptions().await.len(), 2);
}

async fn a_notice_is_one_however_often_it_is_put_and_replaced_until_it_is_claimed(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    assert_eq!(world.put(&[notice(1, 1, NOW.0 + 50)]).await, [NoticePut::Stored]);
    assert_eq!(store.next_notice(Millis(-1)).await.unwrap(), Some(Millis(NOW.0 + 50)));
    let mut other = notice(1, 2, NOW.0 + 10);
    other.body = vec![7; NOTICE_BYTES].into();
    assert_eq!(world.put(&[other.clone(), other.clone()]).await, [NoticePut::Stored; 2]);
    assert_eq!(world.names().await, [notice_id(1)]);
    assert_eq!(store.next_notice(Millis(-1)).await.unwrap(), Some(Millis(NOW.0 + 10)));
    assert_eq!(store.next_notice(Millis(NOW.0 + 9)).await.unwrap(), Some(Millis(NOW.0 + 10)));
    assert_eq!(store.next_notice(Millis(NOW.0 + 10)).await.unwrap(), None);
    assert_eq!(world.claim(Millis(NOW.0 + 9), LEASE).await, []);
    let due = world.claim(Millis(NOW.0 + 10), LEASE).await;
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].subscription, due[0].body.as_slice(), due[0].claim.attempts),
        (subscription_id(2), &[7; NOTICE_BYTES][..], 1)
    );
    assert_eq!(due[0].expires, Millis(NOW.0 + 10 + 600_000));
    // Under way: it stays as it is, also once it was sent.
    assert_eq!(world.put(&[notice(1, 1, NOW.0)]).await, [NoticePut::Kept]);
    assert_eq!(world.claim(NOW, LEASE).await, []);
    world.settle(&due[0], Settled::Sent).await;
    assert_eq!(world.put(&[notice(1, 1, NOW.0)]).await, [NoticePut::Kept]);
    assert_eq!(world.claim(FORGET, FORGET).await, []);
    assert_eq!(world.states().await, [(notice_id(1), NoticeState::Sent, None)]);
    assert_eq!(store.next_notice(Millis(-1)).await.unwrap(), None);
    // The same name in another account is another notice.
    let stranger = World::called(store.clone(), "desk", [8, 9]).await;
    assert_eq!(
        stranger.put(&[notice(1, 8, NOW.0), notice(2, 1, NOW.0)]).await,
        [NoticePut::Stored, NoticePut::NoSubscription]
    );
    assert_eq!(stranger.states().await, [(notice_id(1), NoticeState::Pending, None)]);
}

async fn notices_are_taken_back_and_no_more_kept_than_may_be(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let all: Vec<_> = (1..=9).map(|n| notice(n, 1, NOW.0)).collect();
    assert_eq!(world.put(&all).await, [NoticePut::Stored; 9]);
    let tenth = [notice(3, 1, NOW.0), notice(10, 1, NOW.0)];
    assert_eq!(world.put(&tenth).await, [NoticePut::Stored, NoticePut::TooMany]);
    let cancel = async |names: &[u8]| {
        let names: Vec<_> = names.iter().copied().map(notice_id).collect();
        store.cancel_notices(&world.account(), &names).await.unwrap()
    };
    assert_eq!(cancel(&[2, 2, 99]).await, 1);
    assert_eq!(world.put(&tenth[1..]).await, [NoticePut::Stored]);
    let due = world.claim(NOW, LEASE).await;
    assert_eq!(due.iter().map(|d| d.claim.notice).collect::<BTreeSet<_>>().len(), 9);
    world.settle(&due[0], Settled::Sent).await;
    // What was sent cannot be taken back, what is under way only from being tried again.
    assert_eq!(cancel(&[due[0].claim.notice.as_bytes()[0]]).await, 0);
    assert_eq!(cancel(&[due[1].claim.notice.as_bytes()[0]]).await, 1);
    world.settle(&due[1], Settled::Later(NOW)).await;
    assert_eq!(world.claim(NOW, LEASE).await, []);
    // In pages, by name.
    let page = async |after: Option<NoticeId>, most| {
        let page = store.notices(&world.account(), after.as_ref(), most).await.unwrap();
        page.iter().map(|s: &NoticeStatus| s.notice).collect::<Vec<_>>()
    };
    let names = world.names().await;
    assert!(names.len() == 8 && names.is_sorted());
    assert_eq!(page(None, 3).await, names[..3]);
    assert_eq!(page(Some(names[2]), 99).await, names[3..]);
}

async fn of_many_that_claim_at_once_each_notice_goes_to_one(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let all: Vec<_> = (1..=60).map(|n| notice(n, 1 + n % 2, NOW.0 + i64::from(n))).collect();
    let put = store.put_notices(&world.account(), &world.laptop.id(), &all, 99).await.unwrap();
    assert_eq!(put, [NoticePut::Stored; 60]);
    let claiming: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let some = store.claim_notices(Millis(NOW.0 + 60), LEASE, 5).await.unwrap();
                    if some.is_empty() {
                        return mine;
                    }
                    assert!(some.len() <= 5);
                    mine.extend(some.into_iter().map(|d| d.claim.notice));
                }
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for task in claiming {
        claimed.extend(task.await.unwrap());
    }
    // Two that look at once may both find nothing while the other still holds it: what is left is found next.
    claimed.extend(world.claim(Millis(NOW.0 + 60), LEASE).await.into_iter().map(|d| d.claim.notice));
    assert_eq!(claimed.len(), 60);
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>().len(), 60);
}

async fn a_claim_runs_out_and_then_its_holder_has_no_word_in_it(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    world.put(&[notice(1, 1, NOW.0), notice(2, 1, NOW.0 - 1)]).await;
    let first = world.claim(NOW, LEASE).await;
    assert_eq!(first.iter().map(|d| d.claim.notice).collect::<BTreeSet<_>>().len(), 2);
    assert_eq!(world.claim(Millis(LEASE.0 - 1), FORGET).await, []);
    let second = world.claim(LEASE, FORGET).await;
    assert_eq!(second.len(), 2);
    assert!(second.iter().all(|d| d.claim.attempts == 2));
    for late in &first {
        world.settle(late, Settled::Failed(FailReason::Refused)).await;
        world.settle(late, Settled::Later(NOW)).await;
    }
    let pending = |n| (notice_id(n), NoticeState::Pending, None);
    assert_eq!(world.states().await, [pending(1), pending(2)]);
    assert_eq!(world.claim(NOW, FORGET).await, []);
    let of = |n| second.iter().find(|d| d.claim.notice == notice_id(n)).unwrap();
    world.settle(of(1), Settled::Later(Millis(NOW.0 + 5))).await;
    world.settle(of(2), Settled::Failed(FailReason::TooLarge)).await;
    let failed = (notice_id(2), NoticeState::Failed, Some(FailReason::TooLarge));
    assert_eq!(world.states().await, [pending(1), failed]);
    assert_eq!(world.claim(Millis(NOW.0 + 4), FORGET).await, []);
    let third = world.claim(Millis(NOW.0 + 5), FORGET).await;
    assert_eq!(
        third.iter().map(|d| (d.claim.notice, d.claim.attempts)).collect::<Vec<_>>(),
        [(notice_id(1), 3)]
    );
    world.settle(&third[0], Settled::Expired).await;
    assert_eq!(world.states().await, [(notice_id(1), NoticeState::Expired, None), failed]);
}

async fn a_subscription_that_is_gone_takes_its_notices_along(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    world.put(&[notice(1, 1, NOW.0), notice(2, 1, NOW.0 + 900_000), notice(3, 2, NOW.0 + 900_000)]).await;
    let due = world.claim(NOW, LEASE).await;
    // Registered at another address meanwhile: it is that which is gone, not this.
    world.subscribe(&world.laptop, 1, "https://push.example/2").await;
    world.settle(&due[0], Settled::Gone).await;
    assert_eq!(world.names().await, [1, 2, 3].map(notice_id));
    let due = world.claim(LEASE, FORGET).await;
    assert_eq!(due[0].endpoint, "https://push.example/2");
    world.settle(&due[0], Settled::Gone).await;
    assert_eq!(world.names().await, [notice_id(3)]);
    assert_eq!(world.subscriptions().await.len(), 1);
}

async fn a_revoked_device_is_pushed_nothing_and_has_nothing_pushed(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let by_phone = [notice(3, 1, NOW.0), notice(4, 1, NOW.0)];
    world.put(&[notice(1, 1, NOW.0), notice(2, 2, NOW.0)]).await;
    let put = store.put_notices(&world.account(), &world.phone.id(), &by_phone, MOST).await.unwrap();
    assert_eq!(put, [NoticePut::Stored; 2]);
    let stranger = World::called(store.clone(), "desk", [8, 9]).await;
    stranger.put(&[notice(1, 9, NOW.0)]).await;
    world.revoke_phone().await;
    assert_eq!(world.names().await, [notice_id(1)]);
    assert_eq!(world.subscriptions().await.len(), 1);
    assert_eq!(stranger.names().await, [notice_id(1)]);
    // Were it registered again by a relay that does not know yet, nothing would be pushed to it.
    world.subscribe(&world.phone, 2, "https://push.example/2").await;
    world.put(&[notice(5, 2, NOW.0)]).await;
    let claimed = world.claim(NOW, LEASE).await;
    let of_world = claimed.iter().filter(|d| d.claim.account == world.account());
    assert_eq!(of_world.map(|d| d.claim.notice).collect::<Vec<_>>(), [notice_id(1)]);
}

async fn nothing_is_pushed_for_an_account_that_is_to_be_deleted_and_nothing_left_of_it(
    store: Arc<dyn Store>,
) {
    let world = World::new(store.clone()).await;
    let stranger = World::called(store.clone(), "desk", [8, 9]).await;
    world.put(&[notice(1, 1, NOW.0)]).await;
    stranger.put(&[notice(1, 8, NOW.0)]).await;
    let (account, end) = (world.account(), Millis(NOW.0 + 1));
    store.mark_for_deletion(&account, end).await.unwrap();
    assert!(world.claim(NOW, NOW).await.iter().all(|d| d.claim.account == stranger.account()));
    store.keep_account(&account, NOW).await.unwrap();
    assert!(world.claim(NOW, NOW).await.iter().any(|d| d.claim.account == account));
    store.mark_for_deletion(&account, end).await.unwrap();
    while store.erase_some(&account, 99, end).await.unwrap() == Erased::Partly {}
    assert_eq!(store.vault(&account).await.unwrap(), None);
    assert_eq!((world.names().await, world.subscriptions().await.len()), (Vec::new(), 0));
    assert_eq!((stranger.names().await.len(), stranger.subscriptions().await.len()), (1, 2));
}

async fn what_has_ended_is_forgotten_in_time_and_so_is_what_nobody_could_push(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    world.put(&[notice(1, 1, NOW.0), notice(2, 1, NOW.0), notice(3, 1, NOW.0 + 100_000)]).await;
    let due = world.claim(NOW, LEASE).await;
    world.settle(&due[0], Settled::Sent).await;
    world.settle(&due[1], Settled::Expired).await;
    let before = Millis(FORGET.0 - 1);
    assert_eq!(store.forget_notices(before, NOW, 99).await.unwrap(), 0);
    assert_eq!(store.forget_notices(FORGET, NOW, 1).await.unwrap(), 1);
    assert_eq!(store.forget_notices(FORGET, NOW, 99).await.unwrap(), 1);
    assert_eq!(world.names().await, [notice_id(3)]);
    // Put to a device that is none any more: it is never claimed, and goes some time after it expired.
    world.revoke_phone().await;
    world.subscribe(&world.phone, 2, "https://push.example/2").await;
    world.put(&[notice(4, 2, NOW.0)]).await;
    let expired = Millis(NOW.0 + 600_000);
    assert_eq!(store.forget_notices(FORGET, Millis(expired.0 - 1), 99).await.unwrap(), 0);
    assert_eq!(store.forget_notices(FORGET, expired, 99).await.unwrap(), 1);
    assert_eq!(world.names().await, [notice_id(3)]);
}

on_every_store!(
    a_relay_keeps_the_first_key_of_a_name,
    a_device_has_one_subscription_and_another_takes_its_place,
    a_notice_is_one_however_often_it_is_put_and_replaced_until_it_is_claimed,
    notices_are_taken_back_and_no_more_kept_than_may_be,
    of_many_that_claim_at_once_each_notice_goes_to_one,
    a_claim_runs_out_and_then_its_holder_has_no_word_in_it,
    a_subscription_that_is_gone_takes_its_notices_along,
    a_revoked_device_is_pushed_nothing_and_has_nothing_pushed,
    nothing_is_pushed_for_an_account_that_is_to_be_deleted_and_nothing_left_of_it,
    what_has_ended_is_forgotten_in_time_and_so_is_what_nobody_could_push,
);

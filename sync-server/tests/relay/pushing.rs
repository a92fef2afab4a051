//! Notices on their way: from a device's socket by a relay to a push service, which looks at who pushes.

use crate::support::postgres::Postgres;
use crate::support::push_service::PushService;
use crate::support::push_world::*;
use crate::support::server::Server;
use crate::support::stores::on_every_store;
use protocol::notice::{FailReason, Notice, NoticeState, RefusedNotice};
use protocol::{ErrorCode, NoticeId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync_server::memory::MemoryStore;
use sync_server::store::{PostgresStore, SqliteStore, Store};

const SOON: i64 = 700;

async fn a_notice_is_pushed_once_at_its_time_as_it_was_put(store: Arc<dyn Store>) {
    let service = PushService::start().await;
    let server = Server::start_over(store, pushes_to(&service)).await;
    let mut world = World::subscribed(&server.url, &service).await;
    let (key, subscriptions) = world.push().await;
    assert_eq!(subscriptions, [(world.laptop.id(), subscription(LAPTOP))]);
    let (first, began) = (notice(1, SOON, "Walk"), Instant::now());
    assert_eq!(world.put(std::slice::from_ref(&first)).await, []);
    assert_eq!(world.states().await, [(1, NoticeState::Pending, None)]);
    let came = service.wait_for(1).await;
    assert!(came[0].at - began >= Duration::from_millis(500), "{:?} too early", came[0].at - began);
    assert_eq!(texts(&came), ["Walk"]);
    // As it was put, and said to be what it is.
    assert_eq!(came[0].body, first.body.to_vec());
    assert_eq!((came[0].path.as_str(), came[0].header("content-encoding")), ("/laptop", "aes128gcm"));
    let left: u64 = came[0].header("ttl").parse().unwrap();
    assert!((590..=600).contains(&left), "{left}");
    assert_eq!((came[0].header("urgency"), came[0].header("topic").len()), ("high", 32));
    let claims = came[0].signed_by(&key, &service.url);
    assert_eq!(claims["sub"], "mailto:me@relay.example");
    assert_eq!(world.settled(1).await, [(1, NoticeState::Sent, None)]);
    // Put again by a device that did not know, it is not pushed again; what comes after it is.
    assert_eq!(world.put(&[notice(1, 0, "Walk again"), notice(2, 0, "Run")]).await, []);
    let came = service.wait_for(2).await;
    assert_eq!(texts(&came), ["Walk", "Run"]);
    assert_ne!(came[0].header("topic"), came[1].header("topic"));
    drop(world);
    server.stop().await.unwrap();
    assert_eq!(service.came().len(), 2);
}

async fn what_is_taken_back_is_not_pushed(store: Arc<dyn Store>) {
    let service = PushService::start().await;
    let server = Server::start_over(store, pushes_to(&service)).await;
    let mut world = World::subscribed(&server.url, &service).await;
    world.put(&[notice(1, SOON, "Walk"), notice(2, SOON + 200, "Run"), notice(3, 900_000, "Swim")]).await;
    assert_eq!(world.cancel(&[1, 3, 9]).await, 2);
    assert_eq!(texts(&service.wait_for(1).await), ["Run"]);
    assert_eq!(world.settled(2).await, [(2, NoticeState::Sent, None)]);
    drop(world);
    server.stop().await.unwrap();
    assert_eq!(service.came().len(), 1);
}

async fn a_subscription_that_has_ended_takes_its_queue_along(store: Arc<dyn Store>) {
    let service = PushService::start().await;
    let server = Server::start_over(store, pushes_to(&service)).await;
    let mut world = World::subscribed(&server.url, &service).await;
    world.subscribe_phone(&service).await;
    let phone_notice = |n, milliseconds| Notice {
        subscription: subscription(PHONE),
        ..notice(n, milliseconds, "for the phone")
    };
    service.answer(410, &[]);
    world.put(&[notice(1, 0, "Walk"), notice(2, SOON, "Run"), phone_notice(3, SOON + 300)]).await;
    let came = service.wait_for(2).await;
    assert_eq!(came.iter().map(|d| d.path.as_str()).collect::<Vec<_>>(), ["/laptop", "/phone"]);
    assert_eq!(world.settled(3).await, [(3, NoticeState::Sent, None)]);
    assert_eq!(world.push().await.1, [(world.phone.id(), subscription(PHONE))]);
    // It is told so when it puts more.
    let refused = RefusedNotice { notice: NoticeId::new([4; 32]), code: ErrorCode::NotFound };
    assert_eq!(world.put(&[notice(4, 0, "Swim")]).await, [refused]);
}

on_every_store!(
    a_notice_is_pushed_once_at_its_time_as_it_was_put,
    what_is_taken_back_is_not_pushed,
    a_subscription_that_has_ended_takes_its_queue_along,
);

async fn start(service: &PushService) -> Server<MemoryStore> {
    Server::start_with(pushes_to(service)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_that_asks_for_time_is_given_it() {
    let service = PushService::start().await;
    let server = start(&service).await;
    let mut world = World::subscribed(&server.url, &service).await;
    service.answer(503, &[("retry-after", "3")]);
    service.answer(500, &[]);
    world.put(&[notice(1, 0, "Walk")]).await;
    let came = service.wait_for(3).await;
    assert_eq!(texts(&came), ["Walk"; 3]);
    let waited = came[1].at - came[0].at;
    assert!(waited >= Duration::from_secs(3) && waited < Duration::from_secs(10), "{waited:?}");
    // Without a word from it, the second wait is two to four seconds.
    assert!(came[2].at - came[1].at >= Duration::from_millis(1_900), "{:?}", came[2].at - came[1].at);
    assert!(came.iter().all(|d| d.header("topic") == came[0].header("topic")));
    assert_eq!(world.settled(1).await, [(1, NoticeState::Sent, None)]);
    drop(world);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_push_service_does_not_want_fails_alone_and_no_redirect_is_followed() {
    let service = PushService::start().await;
    let server = start(&service).await;
    let mut world = World::subscribed(&server.url, &service).await;
    let elsewhere = format!("{}/elsewhere", service.url);
    for (status, n) in [413, 400, 307].into_iter().zip(1..) {
        service.answer(status, &[("location", elsewhere.as_str())]);
        world.put(&[notice(n, 0, "Walk")]).await;
        world.settled(n).await;
    }
    world.put(&[notice(4, 0, "Run")]).await;
    let failed = |n, reason| (n, NoticeState::Failed, Some(reason));
    assert_eq!(
        world.settled(4).await,
        [
            failed(1, FailReason::TooLarge),
            failed(2, FailReason::Refused),
            failed(3, FailReason::Refused),
            (4, NoticeState::Sent, None),
        ]
    );
    let paths: Vec<_> = service.came().iter().map(|d| d.path.clone()).collect();
    assert_eq!(paths, ["/laptop"; 4]);
    drop(world);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_is_not_pushed_and_nothing_is_tried_beyond_that() {
    let service = PushService::start().await;
    let server = start(&service).await;
    let mut world = World::subscribed(&server.url, &service).await;
    let over = Notice { expires_at: from_now(-1), ..notice(1, -1_000, "Walk") };
    let short = Notice { expires_at: from_now(2_000), ..notice(2, 0, "Run") };
    service.answer(503, &[("retry-after", "60")]);
    world.put(&[over, short]).await;
    world.settled(1).await;
    let ended = |n| (n, NoticeState::Expired, None);
    assert_eq!(world.settled(2).await, [ended(1), ended(2)]);
    assert_eq!(texts(&service.came()), ["Run"]);
    drop(world);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_stopped_pushes_the_rest_when_it_is_started_again() {
    let service = PushService::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.sqlite");
    let open = async || Arc::new(SqliteStore::open(&path).await.unwrap());
    let server = Server::start_over(open().await, pushes_to(&service)).await;
    let mut world = World::subscribed(&server.url, &service).await;
    let (key, _) = world.push().await;
    world.put(&[notice(1, 0, "Walk"), notice(2, 1_500, "Run")]).await;
    service.wait_for(1).await;
    drop(world);
    server.stop().await.unwrap();
    let server = Server::start_over(open().await, pushes_to(&service)).await;
    let came = service.wait_for(2).await;
    assert_eq!(texts(&came), ["Walk", "Run"]);
    // It is the same relay to the push service.
    came.iter().for_each(|d| drop(d.signed_by(&key, &service.url)));
    server.stop().await.unwrap();
    assert_eq!(service.came().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_relays_on_one_database_one_pushes() {
    let service = PushService::start().await;
    let cluster = Postgres::shared();
    let database = cluster.database();
    let open = async || Arc::new(PostgresStore::open(&database).await.unwrap());
    let one = Server::start_over(open().await, pushes_to(&service)).await;
    let two = Server::start_over(open().await, pushes_to(&service)).await;
    let mut world = World::subscribed(&one.url, &service).await;
    let key = world.push().await.0;
    let mut there = World::at(&two.url).await;
    assert_eq!(there.push().await, (key, vec![(world.laptop.id(), subscription(LAPTOP))]));
    let at = from_now(SOON);
    let all: Vec<_> = (1..=60).map(|n| Notice { send_at: at, ..notice(n, 0, &n.to_string()) }).collect();
    world.put(&all).await;
    // Wakes the other one in time.
    there.put(&all[..1]).await;
    let came = service.wait_for(60).await;
    assert_eq!(texts(&came).into_iter().collect::<BTreeSet<_>>().len(), 60);
    drop((world, there));
    one.stop().await.unwrap();
    two.stop().await.unwrap();
    assert_eq!(service.came().len(), 60);
}

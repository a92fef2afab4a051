//! Notices on their way: from a device's socket by a relay to a push service, which looks at who pushes.

use crate::support::client::{Http, Socket};
use crate::support::device::{Device, Vault};
use crate::support::postgres::Postgres;
use crate::support::program::Relay as Program;
use crate::support::push_service::{Delivery, PushService, body_of, text_of};
use crate::support::server::Server;
use crate::support::stores::on_every_store;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::limits::{ENDPOINT_BYTES, NOTICE_AHEAD_SECONDS, NOTICE_BYTES};
use protocol::notice::{FailReason, Notice, NoticeState, RefusedNotice};
use protocol::{DeviceId, ErrorCode, NoticeId, SubscriptionId};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use sync_server::clock::Millis;
use sync_server::config::Config;
use sync_server::memory::MemoryStore;
use sync_server::push::Resolve;
use sync_server::relay::Relay;
use sync_server::session::Session;
use sync_server::store::{Admission, PostgresStore, SqliteStore, Store};

const LAPTOP: u8 = 1;
const PHONE: u8 = 2;
const SOON: i64 = 700;

fn subscription(n: u8) -> SubscriptionId {
    SubscriptionId::new([n; 16])
}

fn from_now(milliseconds: i64) -> u64 {
    u64::try_from(Millis::now().0 + milliseconds).unwrap()
}

/// A notice for the laptop's browser, so many milliseconds from now.
fn notice(n: u8, milliseconds: i64, text: &str) -> Notice {
    Notice {
        notice: NoticeId::new([n; 32]),
        subscription: subscription(LAPTOP),
        send_at: from_now(milliseconds),
        expires_at: from_now(milliseconds + 600_000),
        body: body_of(text).into(),
    }
}

fn pushes_to(service: &PushService) -> impl FnOnce(&mut Config) {
    let named = service.named();
    move |config| {
        config.push.services = named;
        config.push.subject = Some("mailto:me@relay.example".into());
    }
}

/// A laptop and a phone of one vault at a relay; the laptop's socket.
struct World {
    http: Http,
    vault: Vault,
    laptop: Device,
    phone: Device,
    socket: Socket,
    requests: u64,
}

impl World {
    async fn at(url: &str) -> Self {
        let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
        let mut vault = Vault::begin(&laptop, &Device::named("paper"));
        vault.take(vault.adding(&laptop, &phone));
        let http = Http::new(url);
        assert!(http.register(&vault, None).await.status < 300);
        let socket = http.connect(&laptop, vault.account()).await;
        Self { http, vault, laptop, phone, socket, requests: 0 }
    }

    /// With a subscription of the laptop at `service`.
    async fn subscribed(url: &str, service: &PushService) -> Self {
        let mut world = Self::at(url).await;
        world.subscribe(LAPTOP, &format!("{}/laptop", service.url)).await;
        world
    }

    async fn ask(&mut self, frame: impl FnOnce(u64) -> ClientFrame) -> ServerFrame {
        self.requests += 1;
        self.socket.ask(&frame(self.requests)).await
    }

    async fn try_subscribe(&mut self, n: u8, endpoint: &str) -> (Option<ErrorCode>, String) {
        let (subscription, endpoint) = (subscription(n), endpoint.to_owned());
        let put = |request| ClientFrame::PutSubscription { request, subscription, endpoint };
        let answer = self.ask(put).await;
        let ServerFrame::SubscriptionStored { refusal, message, .. } = answer else { panic!("{answer:?}") };
        (refusal, message.unwrap_or_default())
    }

    async fn subscribe(&mut self, n: u8, endpoint: &str) {
        assert_eq!(self.try_subscribe(n, endpoint).await, (None, String::new()));
    }

    /// The phone's subscription, put by itself.
    async fn subscribe_phone(&mut self, service: &PushService) {
        let mut socket = self.http.connect(&self.phone, self.vault.account()).await;
        let (subscription, endpoint) = (subscription(PHONE), format!("{}/phone", service.url));
        let answer = socket.ask(&ClientFrame::PutSubscription { request: 1, subscription, endpoint }).await;
        assert_eq!(answer, ServerFrame::SubscriptionStored { request: 1, refusal: None, message: None });
    }

    async fn push(&mut self) -> (Vec<u8>, Vec<(DeviceId, SubscriptionId)>) {
        let answer = self.ask(|request| ClientFrame::GetPush { request }).await;
        let ServerFrame::Push { key, subscriptions, .. } = answer else { panic!("{answer:?}") };
        let subscriptions = subscriptions.into_iter().map(|s| (s.device, s.subscription)).collect();
        (key.expect("a relay that pushes").to_vec(), subscriptions)
    }

    async fn put(&mut self, notices: &[Notice]) -> Vec<RefusedNotice> {
        let notices = notices.to_vec();
        let answer = self.ask(|request| ClientFrame::PutNotices { request, notices }).await;
        let ServerFrame::NoticesStored { refused, .. } = answer else { panic!("{answer:?}") };
        refused
    }

    async fn cancel(&mut self, names: &[u8]) -> u32 {
        let notices = names.iter().map(|n| NoticeId::new([*n; 32])).collect();
        let answer = self.ask(|request| ClientFrame::CancelNotices { request, notices }).await;
        let ServerFrame::NoticesCancelled { cancelled, .. } = answer else { panic!("{answer:?}") };
        cancelled
    }

    async fn states(&mut self) -> Vec<(u8, NoticeState, Option<FailReason>)> {
        let answer = self.ask(|request| ClientFrame::GetNotices { request, after: None }).await;
        let ServerFrame::NoticeStates { notices, more: false, .. } = answer else { panic!("{answer:?}") };
        notices.iter().map(|s| (s.notice.as_bytes()[0], s.state, s.reason)).collect()
    }

    /// The states, once the notice is not pending any more: it was pushed before that is written down.
    async fn settled(&mut self, n: u8) -> Vec<(u8, NoticeState, Option<FailReason>)> {
        let began = Instant::now();
        loop {
            let states = self.states().await;
            let state = states.iter().find(|(name, ..)| *name == n).map(|(_, state, _)| *state);
            if state != Some(NoticeState::Pending) {
                return states;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{states:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn texts(came: &[Delivery]) -> Vec<String> {
    came.iter().map(|d| text_of(&d.body)).collect()
}

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
    let database = Postgres::shared().database();
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
    one.stop().await.unwrap();
    two.stop().await.unwrap();
    assert_eq!(service.came().len(), 60);
}

/// Says of every host that it has these addresses, one after the other and then the last.
#[derive(Debug)]
struct Says(Vec<&'static str>, AtomicUsize);

impl Says {
    fn new(addresses: &[&'static str]) -> Arc<Self> {
        Arc::new(Self(addresses.to_vec(), AtomicUsize::new(0)))
    }
}

#[async_trait::async_trait]
impl Resolve for Says {
    async fn resolve(&self, _host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let asked = self.1.fetch_add(1, Ordering::SeqCst);
        let address = self.0.get(asked).or(self.0.last());
        let address = address.ok_or_else(|| std::io::Error::other("no such host"))?;
        Ok(vec![SocketAddr::new(address.parse().unwrap(), port)])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_of_a_push_service_is_refused_with_the_reason() {
    let service = PushService::start().await;
    let server = start(&service).await;
    let mut world = World::at(&server.url).await;
    let other_port = "http://127.0.0.1:9/x";
    for (endpoint, code, said) in [
        (other_port, ErrorCode::EndpointRefused, "https://"),
        ("http://fcm.googleapis.com/x", ErrorCode::EndpointRefused, "https://"),
        ("https://127.0.0.1/x", ErrorCode::EndpointRefused, "--push-service"),
        ("https://relay.example/x", ErrorCode::EndpointRefused, "no push service"),
        ("nonsense", ErrorCode::Malformed, "subscribe again"),
    ] {
        let (refusal, message) = world.try_subscribe(LAPTOP, endpoint).await;
        assert_eq!(refusal, Some(code), "{endpoint}");
        assert!(message.contains(said), "{endpoint}: {message}");
    }
    let long = format!("{}/{}", service.url, "x".repeat(ENDPOINT_BYTES));
    assert_eq!(world.try_subscribe(LAPTOP, &long).await.0, Some(ErrorCode::TooLarge));
    assert_eq!(world.push().await.1, []);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_name_that_leads_into_a_private_network_is_refused_when_saved_and_when_sent() {
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"] {
        let server = Server::start_with(|config| config.push.resolver = Says::new(&[address])).await;
        let mut world = World::at(&server.url).await;
        let (refusal, message) = world.try_subscribe(LAPTOP, "https://fcm.googleapis.com/x").await;
        assert_eq!(refusal, Some(ErrorCode::EndpointRefused), "{address}");
        assert!(message.contains("not of the internet"), "{message}");
        server.stop().await.unwrap();
    }
    let server = Server::start_with(|config| config.push.resolver = Says::new(&[])).await;
    let mut world = World::at(&server.url).await;
    let (refusal, _) = world.try_subscribe(LAPTOP, "https://fcm.googleapis.com/x").await;
    assert_eq!(refusal, Some(ErrorCode::Unavailable));
    server.stop().await.unwrap();
    // It was another one when it was saved.
    let resolver = Says::new(&["8.8.8.8", "127.0.0.1"]);
    let server = Server::start_with(|config| config.push.resolver = resolver.clone()).await;
    let mut world = World::at(&server.url).await;
    world.subscribe(LAPTOP, "https://fcm.googleapis.com/x").await;
    world.put(&[notice(1, 0, "Walk")]).await;
    assert_eq!(world.settled(1).await, [(1, NoticeState::Failed, Some(FailReason::Refused))]);
    assert_eq!(resolver.1.load(Ordering::SeqCst), 2, "asked once more, and then not connected to");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_over_their_limits_and_notices_that_are_none_are_refused_by_name() {
    let service = PushService::start().await;
    let server = start(&service).await;
    let mut world = World::subscribed(&server.url, &service).await;
    let ahead = i64::try_from(NOTICE_AHEAD_SECONDS * 1_000).unwrap();
    let wrong = [
        Notice { body: vec![0; NOTICE_BYTES - 1].into(), ..notice(1, 0, "") },
        Notice { body: vec![0; NOTICE_BYTES + 1].into(), ..notice(2, 0, "") },
        notice(3, ahead + 60_000, ""),
        Notice { subscription: subscription(9), ..notice(4, 0, "") },
    ];
    let codes = [ErrorCode::Malformed, ErrorCode::TooLarge, ErrorCode::Malformed, ErrorCode::NotFound];
    let mut refused = world.put(&wrong).await;
    refused.sort_by_key(|r| r.notice);
    assert_eq!(refused.iter().map(|r| r.code).collect::<Vec<_>>(), codes);
    let many = vec![notice(1, 900_000, ""); 129];
    let answer = world.ask(|request| ClientFrame::PutNotices { request, notices: many }).await;
    assert!(
        matches!(answer, ServerFrame::Error { request: Some(_), code: ErrorCode::TooLarge, .. }),
        "{answer:?}"
    );
    let many = vec![NoticeId::new([1; 32]); 1_025];
    let answer = world.ask(|request| ClientFrame::CancelNotices { request, notices: many }).await;
    assert!(
        matches!(answer, ServerFrame::Error { request: Some(_), code: ErrorCode::TooLarge, .. }),
        "{answer:?}"
    );
    assert_eq!(world.states().await, []);
    assert!(service.came().is_empty());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_relay_without_push_says_so_and_a_phrase_has_nothing_pushed() {
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    let relay = Relay::new(Arc::new(MemoryStore::new()));
    relay.register(&vault.items, Admission::Open, None, Millis(1)).await.unwrap();
    let code = |frames: &[ServerFrame]| match frames {
        [ServerFrame::Error { request: Some(7), code, .. }] => Some(*code),
        _ => None,
    };
    let get = ClientFrame::GetPush { request: 7 };
    let subscription = subscription(LAPTOP);
    let put = ClientFrame::PutSubscription {
        request: 7,
        subscription,
        endpoint: "https://fcm.googleapis.com/x".into(),
    };
    let mut session = Session::new(relay.clone(), vault.account(), laptop.id());
    let none = ServerFrame::Push { request: 7, key: None, subscriptions: Vec::new() };
    assert_eq!(session.on_frame(get.clone(), Millis(1)).await, [none]);
    assert_eq!(code(&session.on_frame(put.clone(), Millis(1)).await), Some(ErrorCode::NotSupported));
    let mut session = Session::new(relay, vault.account(), paper.id());
    for frame in [get, put] {
        assert_eq!(code(&session.on_frame(frame, Millis(1)).await), Some(ErrorCode::NotAllowed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_the_program_holds_neither_address_nor_message() {
    let service = PushService::start().await;
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("relay.sqlite").display());
    let named = format!("--push-service={}", service.url);
    let key = format!("--vapid-key={}", folder.path().join("vapid").display());
    let arguments = ["--log=trace", "--push-subject=mailto:me@relay.example", named.as_str(), key.as_str()];
    let mut relay =
        Program::start(Path::new(env!("CARGO_BIN_EXE_sync-server")), folder.path(), &database, &arguments);
    let mut world = World::at(&relay.url()).await;
    world.subscribe(LAPTOP, &format!("{}/canary-endpoint", service.url)).await;
    service.answer(500, &[]);
    world.put(&[notice(1, 0, "canary-message"), notice(2, 900_000, "canary-message later")]).await;
    let came = service.wait_for(2).await;
    assert_eq!(texts(&came), ["canary-message"; 2]);
    let key = world.push().await.0;
    assert_eq!(came[0].signed_by(&key, &service.url)["sub"], "mailto:me@relay.example");
    assert_eq!(world.settled(1).await[0], (1, NoticeState::Sent, None));
    relay.terminate();
    assert_eq!(relay.wait().code(), Some(0));
    let log = relay.log();
    assert!(log.contains("a notice was pushed"), "{log}");
    for secret in ["canary", service.url.trim_start_matches("http://"), "vapid"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
    // The key is in its file, and the same after a start.
    relay.restart();
    let mut world = World::at(&relay.url()).await;
    assert_eq!(world.push().await.0, key);
    assert_eq!(std::fs::read_to_string(folder.path().join("vapid")).unwrap().trim().len(), 43);
}

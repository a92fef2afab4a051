//! What a relay does not push, whom it does not speak to, and what it keeps to itself.

use crate::support::device::{Device, Vault};
use crate::support::program::Relay as Program;
use crate::support::push_service::PushService;
use crate::support::push_world::*;
use crate::support::server::Server;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::limits::{ENDPOINT_BYTES, NOTICE_AHEAD_SECONDS, NOTICE_BYTES};
use protocol::notice::{FailReason, Notice, NoticeState};
use protocol::{ErrorCode, NoticeId};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use sync_server::clock::Millis;
use sync_server::memory::MemoryStore;
use sync_server::push::Resolve;
use sync_server::relay::Relay;
use sync_server::session::Session;
use sync_server::store::Admission;

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
    let server = Server::start_with(pushes_to(&service)).await;
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
    drop(world);
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
        drop(world);
        server.stop().await.unwrap();
    }
    let server = Server::start_with(|config| config.push.resolver = Says::new(&[])).await;
    let mut world = World::at(&server.url).await;
    let (refusal, _) = world.try_subscribe(LAPTOP, "https://fcm.googleapis.com/x").await;
    assert_eq!(refusal, Some(ErrorCode::Unavailable));
    drop(world);
    server.stop().await.unwrap();
    // It was another one when it was saved.
    let resolver = Says::new(&["8.8.8.8", "127.0.0.1"]);
    let server = Server::start_with(|config| config.push.resolver = resolver.clone()).await;
    let mut world = World::at(&server.url).await;
    world.subscribe(LAPTOP, "https://fcm.googleapis.com/x").await;
    world.put(&[notice(1, 0, "Walk")]).await;
    assert_eq!(world.settled(1).await, [(1, NoticeState::Failed, Some(FailReason::Refused))]);
    assert_eq!(resolver.1.load(Ordering::SeqCst), 2, "asked once more, and then not connected to");
    drop(world);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_over_their_limits_and_notices_that_are_none_are_refused_by_name() {
    let service = PushService::start().await;
    let server = Server::start_with(pushes_to(&service)).await;
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
    drop(world);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_is_believed_by_its_certificate_and_by_nothing_else() {
    let (service, certificate) = PushService::start_tls().await;
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, certificate).unwrap();
    let named = format!("--push-service={}", service.url);
    let program = Path::new(env!("CARGO_BIN_EXE_sync-server"));
    let of = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let trusting = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let arguments = [named.as_str()];
    let relay = Program::start_in(program, folder.path(), &of("one.sqlite"), &arguments, &trusting);
    let mut world = World::subscribed(&relay.url(), &service).await;
    world.put(&[notice(1, 0, "Walk")]).await;
    let came = service.wait_for(1).await;
    assert_eq!((texts(&came), came[0].path.as_str()), (vec!["Walk".to_owned()], "/laptop"));
    let (key, _) = world.push().await;
    // Named with its port, as it was pushed to.
    came[0].signed_by(&key, &service.url);
    assert_eq!(world.settled(1).await, [(1, NoticeState::Sent, None)]);
    assert_eq!(service.strangers(), 0);

    // A relay to which nobody has vouched for it turns back at the handshake, and tries again later.
    let relay = Program::start(program, folder.path(), &of("two.sqlite"), &arguments);
    let mut world = World::subscribed(&relay.url(), &service).await;
    world.put(&[notice(1, 0, "Run")]).await;
    service.wait_for_strangers(2).await;
    assert_eq!(world.states().await, [(1, NoticeState::Pending, None)]);
    assert_eq!(texts(&service.came()), ["Walk"]);
}

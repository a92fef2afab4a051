//! A reminder on its whole way: sealed by a device, put at a real relay, pushed to a push service, opened by a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../crates/seal/tests/kit/browser.rs"]
mod browser;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use browser::Browser;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::notice::Notice;
use protocol::{NoticeId, SubscriptionId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::{NoticeKey, NoticeText, PushTarget};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tests::canary::Canaries;
use tests::programs::program;
use tests::relay::Relay;
use tests::wire::{Member, Wire};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(60);
const AUTH: [u8; 16] = [0x5e; 16];

/// A push service that takes everything; what came is received.
async fn push_service() -> (String, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (came, receiver) = mpsc::unbounded_channel();
    let take = |State(came): State<mpsc::UnboundedSender<Vec<u8>>>, body: Bytes| async move {
        came.send(body.to_vec()).unwrap();
        StatusCode::CREATED
    };
    let router = Router::new().fallback(take).with_state(came);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, receiver)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

async fn stored(wire: &mut Wire, frame: &ClientFrame) {
    match wire.ask(frame).await {
        Some(ServerFrame::SubscriptionStored { refusal: None, .. }) => {}
        Some(ServerFrame::NoticesStored { refused, .. }) if refused.is_empty() => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_pushes_words_that_neither_its_database_nor_its_log_holds() {
    let (service, mut came) = push_service().await;
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("relay.sqlite").display());
    let named = format!("--push-service={service}");
    let arguments = ["--registration=open", "--log=trace", named.as_str()];
    let mut relay = Relay::start(&program("sync-server"), folder.path(), &database, &arguments);
    let member = Member::found(7);
    member.register(&relay.url()).await;
    let mut wire = member.connect(&relay.url()).await.unwrap();

    let mut canaries = Canaries::numbered(70);
    let browser = Browser::new(&[7; 32], &AUTH);
    canaries.bytes("the browser's key", &browser.public()[1..]);
    let subscription = SubscriptionId::new([7; 16]);
    let endpoint = format!("{service}/push/7");
    stored(&mut wire, &ClientFrame::PutSubscription { request: 1, subscription, endpoint }).await;

    let epoch = member.ring().get(&member.chain().epoch()).unwrap();
    let names = NoticeKey::of(epoch, &member.space());
    let target = PushTarget::new(&browser.public(), &AUTH).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let reminder = canaries.word("reminder", 20);
    let mut sealed = |occurrence: &str, send_at: u64| -> (Notice, NoticeText) {
        let text = NoticeText {
            title: canaries.word("title", 20),
            body: canaries.word("body", 32),
            record: Some(canaries.word("record", 32)),
            tag: canaries.word("tag", 20),
            expires: send_at + 600_000,
        };
        let notice: NoticeId = names.name(reminder.as_bytes(), occurrence.as_bytes(), &subscription);
        let body = seal::seal_notice(&mut rng, &target, &text).unwrap().into();
        (Notice { notice, subscription, send_at, expires_at: text.expires, body }, text)
    };
    // One that is pushed, and one that is still there when the relay's files are searched.
    let (soon, said) = sealed("today", now() + 500);
    let (later, _) = sealed("tomorrow", now() + 86_400_000);
    let request = 2;
    stored(&mut wire, &ClientFrame::PutNotices { request, notices: vec![soon.clone(), later] }).await;
    let pushed = tokio::time::timeout(PATIENCE, came.recv()).await.unwrap().unwrap();
    assert_eq!(pushed, soon.body.to_vec());
    let opened = browser.open(&pushed).expect("what was sealed to this browser");
    assert_eq!(NoticeText::from_bytes(&opened).unwrap(), said);

    relay.terminate();
    assert_eq!(relay.wait().code(), Some(0));
    assert!(came.try_recv().is_err(), "once");
    // Database, what is not yet written into it, and log.
    let found = canaries.scan().find_in(folder.path());
    assert!(found.is_empty(), "{found:?}");
}

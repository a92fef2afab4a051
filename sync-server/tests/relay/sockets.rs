//! Real sockets.

use crate::support::client::{Closed, Http, refused};
use crate::support::device::{Author, Device, Vault};
use crate::support::manifest::{hash_of, manifest, pack_ref};
use crate::support::server::Server;
use protocol::auth::AuthPurpose;
use protocol::frame::{ClientFrame, ResumeSpace, ServerFrame};
use protocol::{ErrorCode, RunningHash, limits};
use std::time::Duration;
use sync_server::clock::Millis;
use sync_server::config::SocketLimits;
use sync_server::identity::SecretHash;
use sync_server::store::{Store, Ticket};
use tokio_tungstenite::tungstenite::Message;

struct World {
    server: Server,
    http: Http,
    laptop: Device,
    vault: Vault,
}

impl World {
    async fn new() -> Self {
        Self::on(Server::start().await).await
    }
    async fn on(server: Server) -> Self {
        let http = Http::new(&server.url);
        let laptop = Device::named("laptop");
        let vault = Vault::begin(&laptop, &Device::named("paper"));
        assert_eq!(http.register(&vault, None).await.status, 201);
        Self { server, http, laptop, vault }
    }
    async fn connect(&self) -> crate::support::client::Socket {
        self.http.connect(&self.laptop, self.vault.account()).await
    }
    async fn ticket(&self) -> String {
        self.http.ticket(&self.laptop, self.vault.account()).await
    }
}

#[tokio::test]
async fn what_one_device_appends_another_is_sent_at_once() {
    let world = World::new().await;
    let space = world.vault.space();
    let (mut writer, mut reader) = (world.connect().await, world.connect().await);
    writer.resume(&world.vault).await;
    reader.resume(&world.vault).await;
    let mut author = Author::new(&world.laptop, &world.vault);
    for n in 1..=3_u64 {
        let entry = author.write(&n.to_le_bytes());
        let append = ClientFrame::Append { request: n, space, entries: vec![entry.clone()] };
        let done = ServerFrame::Appended { request: n, space, accepted: 1, refusal: None };
        assert_eq!(writer.ask(&append).await, done);
        let news = ServerFrame::Entries { space, first: n, entries: vec![entry] };
        assert_eq!(reader.next().await, news);
        assert_eq!(writer.next().await, news);
    }
}

#[tokio::test]
async fn frames_that_come_together_are_answered_each_and_in_order() {
    let world = World::new().await;
    let space = world.vault.space();
    let mut writer = world.connect().await;
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..50_u64).map(|n| author.write(&n.to_le_bytes())).collect();
    for (n, entry) in entries.iter().enumerate() {
        let request = n as u64 + 1;
        writer.send(&ClientFrame::Append { request, space, entries: vec![entry.clone()] }).await;
        if n == 20 {
            let mut forged = entries[21].clone();
            forged.signature = protocol::Signature::new([1; 64]);
            writer.send(&ClientFrame::Append { request: 1_000, space, entries: vec![forged] }).await;
            writer.send(&ClientFrame::Ping { nonce: 7 }).await;
        }
    }
    for request in 1..=50_u64 {
        let done = ServerFrame::Appended { request, space, accepted: 1, refusal: None };
        assert_eq!(writer.next().await, done);
        if request == 21 {
            let refused = writer.next().await;
            assert!(
                matches!(&refused, ServerFrame::Appended { request: 1_000, accepted: 0, refusal: Some(why), .. }
                    if why.code == ErrorCode::BadSignature),
                "{refused:?}"
            );
            assert_eq!(writer.next().await, ServerFrame::Pong { nonce: 7 });
        }
    }
}

#[tokio::test]
async fn a_long_log_is_caught_up_frame_by_frame_while_the_socket_still_answers() {
    let world = World::new().await;
    let space = world.vault.space();
    let mut author = Author::new(&world.laptop, &world.vault);
    let mut writer = world.connect().await;
    let mut all = Vec::new();
    for n in 0..12_u8 {
        let entry = author.write(&vec![n; 400 << 10]);
        all.push(entry.clone());
        writer.ask(&ClientFrame::Append { request: 1, space, entries: vec![entry] }).await;
    }
    let mut reader = world.connect().await;
    reader.resume(&world.vault).await;
    reader.send(&ClientFrame::Ping { nonce: 5 }).await;
    let (mut got, mut pong) = (Vec::new(), false);
    while got.len() < all.len() || !pong {
        match reader.next().await {
            ServerFrame::Entries { first, entries, .. } => {
                assert_eq!(first, got.len() as u64 + 1);
                got.extend(entries);
            }
            ServerFrame::Pong { nonce: 5 } => pong = true,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(got, all);
}

#[tokio::test]
async fn a_second_resume_starts_again_from_its_own_cursor() {
    let world = World::new().await;
    let space = world.vault.space();
    let mut author = Author::new(&world.laptop, &world.vault);
    let mut socket = world.connect().await;
    for n in 0..8_u8 {
        let entry = author.write(&vec![n; 400 << 10]);
        socket.ask(&ClientFrame::Append { request: 1, space, entries: vec![entry] }).await;
    }
    for _ in 0..3 {
        socket.send_resume(&world.vault).await;
    }
    let (mut resumed, mut seq) = (0, 0);
    while resumed < 3 || seq < 8 {
        match socket.next().await {
            ServerFrame::Resumed { .. } => (resumed, seq) = (resumed + 1, 0),
            ServerFrame::Entries { first, entries, .. } => {
                assert_eq!(first, seq + 1);
                seq += entries.len() as u64;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_and_only_in_time() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let _open = world.http.open_with(&ticket).await.expect("a socket");
    assert_eq!(refused(world.http.open_with(&ticket).await), (401, ErrorCode::TicketExpired));
    assert_eq!(refused(world.http.open_with("made-up").await), (401, ErrorCode::TicketExpired));
    let old = Ticket { account: world.vault.account(), device: world.laptop.id(), session: None };
    let now = Millis::now();
    let long_ago = Millis(now.0 - 31_000);
    let hash = SecretHash::of(b"old");
    world.server.store.put_ticket(hash, old, long_ago.plus_seconds(30), long_ago).await.unwrap();
    assert_eq!(refused(world.http.open_with("old").await), (401, ErrorCode::TicketExpired));
}

#[tokio::test]
async fn the_door_wants_the_subprotocol_a_ticket_and_its_own_origin() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let none = world.http.open("lifeos.v1", None).await;
    assert_eq!(refused(none), (401, ErrorCode::Unauthorized));
    let other = world.http.open(&format!("chat, ticket.{ticket}"), None).await;
    assert_eq!(refused(other), (400, ErrorCode::UnsupportedVersion));
    let offered = format!("lifeos.v1, ticket.{ticket}");
    let foreign = world.http.open(&offered, Some("https://elsewhere.example")).await;
    assert_eq!(refused(foreign), (403, ErrorCode::WrongOrigin));
    let _own = world.http.open(&offered, Some(&world.server.url)).await.expect("a socket");
}

#[tokio::test]
async fn the_first_frame_must_prove_the_device_that_has_the_ticket() {
    let world = World::new().await;
    let account = world.vault.account();
    let (laptop, paper) = (&world.laptop, Device::named("paper"));
    for (device, signer, origin, purpose) in [
        (laptop, &paper, world.server.url.as_str(), AuthPurpose::Socket),
        (&paper, &paper, world.server.url.as_str(), AuthPurpose::Socket),
        (laptop, laptop, world.server.url.as_str(), AuthPurpose::Ticket),
        (laptop, laptop, "https://elsewhere.example", AuthPurpose::Socket),
    ] {
        let mut socket = world.http.open_with(&world.ticket().await).await.expect("a socket");
        let ServerFrame::Challenge { challenge } = socket.next().await else { panic!("no challenge") };
        let signature = signer.prove(origin, Some(account), challenge, purpose);
        let answer = socket.ask(&ClientFrame::Hello { device: device.id(), signature }).await;
        let ServerFrame::Error { request: None, code: ErrorCode::Unauthorized, .. } = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(socket.next_or_end().await, Err(Closed { code: Some(1008) }));
    }
    let mut socket = world.http.open_with(&world.ticket().await).await.expect("a socket");
    socket.next().await;
    let answer = socket.ask(&ClientFrame::Ping { nonce: 1 }).await;
    let ServerFrame::Error { request: None, code: ErrorCode::Unauthorized, .. } = answer else {
        panic!("{answer:?}")
    };
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_the_connection_with_1009() {
    let world = World::new().await;
    for size in [limits::FRAME_BYTES + 1, 3 * limits::FRAME_BYTES] {
        let mut socket = world.connect().await;
        socket.send_raw(Message::binary(vec![1_u8; size])).await;
        assert_eq!(socket.next_or_end().await, Err(Closed { code: Some(1009) }), "{size}");
    }
    let mut socket = world.connect().await;
    // The largest frame is read, and found to be none.
    let answer = {
        socket.send_raw(Message::binary(vec![1_u8; limits::FRAME_BYTES])).await;
        socket.next().await
    };
    let ServerFrame::Error { request: None, code: ErrorCode::Malformed, .. } = answer else {
        panic!("{answer:?}")
    };
}

#[tokio::test]
async fn what_is_no_frame_ends_the_connection_by_name() {
    let world = World::new().await;
    for (message, wanted) in [
        (Message::binary(vec![1_u8, 0xff]), ErrorCode::Malformed),
        (Message::binary(Vec::new()), ErrorCode::Malformed),
        (Message::binary(vec![2_u8, 0x80]), ErrorCode::UnsupportedVersion),
        (Message::text("hello"), ErrorCode::Malformed),
    ] {
        let mut socket = world.connect().await;
        socket.send_raw(message).await;
        let answer = socket.next().await;
        let ServerFrame::Error { request: None, code, .. } = answer else { panic!("{answer:?}") };
        assert_eq!(code, wanted);
        assert_eq!(socket.next_or_end().await, Err(Closed { code: Some(1008) }));
    }
}

#[tokio::test]
async fn sockets_are_capped_and_free_their_seat() {
    let two = SocketLimits { total: 2, ..SocketLimits::default() };
    let server = Server::start_with(|c| c.sockets = two).await;
    let world = World::on(server).await;
    let (first, _second) = (world.connect().await, world.connect().await);
    let ticket = world.ticket().await;
    assert_eq!(refused(world.http.open_with(&ticket).await), (429, ErrorCode::RateLimited));
    drop(first);
    // The relay notices that the socket has gone in its own time.
    let freed = async { while world.http.open_with(&world.ticket().await).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), freed).await.expect("a free seat");
}

#[tokio::test]
async fn a_stop_closes_sockets_as_going_away_and_then_ends() {
    let world = World::new().await;
    let mut socket = world.connect().await;
    let stopping = tokio::spawn(world.server.stop());
    assert_eq!(socket.next_or_end().await, Err(Closed { code: Some(1001) }));
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_silent_socket_is_closed_and_one_that_pings_is_not() {
    let idle_timeout = Duration::from_millis(300);
    let limits = SocketLimits { idle_timeout, hello_timeout: idle_timeout, ..SocketLimits::default() };
    let world = World::on(Server::start_with(|c| c.sockets = limits).await).await;
    let (mut silent, mut lively) = (world.connect().await, world.connect().await);
    let pinging = async {
        for nonce in 0.. {
            assert_eq!(lively.ask(&ClientFrame::Ping { nonce }).await, ServerFrame::Pong { nonce });
        }
    };
    let ended = tokio::select! {
        ended = silent.next_or_end() => ended,
        () = pinging => panic!("pings end never"),
    };
    assert_eq!(ended, Err(Closed { code: Some(1008) }));
    lively.send(&ClientFrame::Ping { nonce: u64::MAX }).await;
    while lively.next().await != (ServerFrame::Pong { nonce: u64::MAX }) {}
    let mut nobody = world.http.open_with(&world.ticket().await).await.expect("a socket");
    nobody.next().await;
    assert_eq!(nobody.next_or_end().await, Err(Closed { code: Some(1008) }));
}

#[tokio::test]
async fn a_device_that_takes_nothing_is_dropped_and_resumes_from_its_cursor() {
    let send_timeout = Duration::from_millis(300);
    let limits = SocketLimits { send_timeout, per_account: 2, ..SocketLimits::default() };
    let world = World::on(Server::start_with(|c| c.sockets = limits).await).await;
    let space = world.vault.space();
    let mut author = Author::new(&world.laptop, &world.vault);
    let mut writer = world.connect().await;
    // More than the kernel's buffers of both ends hold.
    let count = 60_u64;
    for n in 0..count {
        let entry = author.write(&vec![u8::try_from(n).unwrap(); 500 << 10]);
        writer.ask(&ClientFrame::Append { request: 1, space, entries: vec![entry] }).await;
    }
    let mut slow = world.connect().await;
    slow.send_resume(&world.vault).await;
    // Its seat becomes free when it was dropped.
    let dropped = async { while world.http.open_with(&world.ticket().await).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), dropped).await.expect("the slow socket is held for ever");
    let (mut cursor, mut running) = (0, RunningHash::start(&space));
    while let Ok(frame) = slow.next_or_end().await {
        if let ServerFrame::Entries { first, entries, .. } = frame {
            assert_eq!(first, cursor + 1);
            cursor += entries.len() as u64;
            running = entries.into_iter().fold(running, |r, e| r.then(&e.read().unwrap().hash()));
        }
    }
    assert!(cursor < count, "it was sent everything");
    drop(writer);
    let mut again = loop {
        let ticket = world.ticket().await;
        if let Ok(socket) = world.http.open_with(&ticket).await {
            break world.http.prove(socket, &world.laptop, world.vault.account()).await;
        }
    };
    let membership = world.vault.chain.head();
    let place = ResumeSpace { space, cursor, running, height: 0, membership };
    again.send(&ClientFrame::Resume { spaces: vec![place] }).await;
    again.next().await;
    while cursor < count {
        let ServerFrame::Entries { first, entries, .. } = again.next().await else { panic!("not entries") };
        assert_eq!(first, cursor + 1);
        cursor += entries.len() as u64;
    }
}

#[tokio::test]
async fn a_pack_of_the_largest_size_crosses_a_socket_both_ways_and_its_manifest_is_told_to_others() {
    let world = World::new().await;
    let space = world.vault.space();
    let (mut writer, mut reader) = (world.connect().await, world.connect().await);
    writer.resume(&world.vault).await;
    reader.resume(&world.vault).await;
    let pack = vec![7; limits::PACK_BYTES];
    let put = ClientFrame::PutPack { request: 1, space, bytes: pack.clone().into() };
    assert_eq!(writer.ask(&put).await, ServerFrame::PackStored { request: 1, space, refusal: None });
    let new = manifest(&world.laptop, &world.vault, None, &[&pack], &[]);
    let hash = hash_of(&new);
    let stored = ServerFrame::ManifestStored { request: 2, space, refusal: None, current: Some(hash) };
    assert_eq!(writer.ask(&ClientFrame::PutManifest { request: 2, space, manifest: new }).await, stored);
    assert_eq!(reader.next().await, ServerFrame::ManifestMoved { space, manifest: hash });
    let asked = ClientFrame::GetPack { request: 3, space, pack: pack_ref(&pack).hash };
    assert_eq!(reader.ask(&asked).await, ServerFrame::Pack { request: 3, space, bytes: Some(pack.into()) });
    // Its writer was answered, and hears nothing of it beside.
    assert_eq!(writer.ask(&ClientFrame::Ping { nonce: 4 }).await, ServerFrame::Pong { nonce: 4 });
}

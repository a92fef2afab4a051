//! What becomes of a revoked device's connections: real sockets, real databases, and two relays on one of them.

use crate::support::client::{Closed, Http, Socket, refused};
use crate::support::device::{Author, Device, Vault};
use crate::support::postgres::Postgres;
use crate::support::server::Server;
use crate::support::stores::on_every_store;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::{ErrorCode, SealedEntry};
use std::sync::Arc;
use std::time::Duration;
use sync_server::config::SocketLimits;
use sync_server::relay::Relay;
use sync_server::store::{PostgresStore, Store};

/// In which the connections of a revoked device must have ended.
const SOON: Duration = Duration::from_secs(2);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("not within two seconds")
}

struct World {
    http: Http,
    laptop: Device,
    phone: Device,
    vault: Vault,
}

impl World {
    async fn new(url: &str) -> Self {
        let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
        let mut vault = Vault::begin(&laptop, &Device::named("paper"));
        vault.take(vault.adding(&laptop, &phone));
        let http = Http::new(url);
        assert_eq!(http.register(&vault, None).await.status, 201);
        Self { http, laptop, phone, vault }
    }
    async fn phone_at(&self, http: &Http) -> Socket {
        let mut socket = http.connect(&self.phone, self.vault.account()).await;
        assert!(matches!(socket.resume(&self.vault).await, ServerFrame::Resumed { .. }));
        socket
    }
    /// Revokes the phone; returns when the link is stored.
    async fn revoke(&mut self) -> LinkItem {
        let link = self.vault.revoking(&self.laptop, &self.phone);
        let mut socket = self.http.connect(&self.laptop, self.vault.account()).await;
        let (space, links) = (self.vault.space(), vec![link.clone()]);
        let answer = socket.ask(&ClientFrame::AppendLinks { request: 1, space, links, restores: None }).await;
        assert!(matches!(answer, ServerFrame::Links { height: 2, refusal: None, .. }), "{answer:?}");
        link
    }
}

/// It is told by which link it was revoked, that it was, and then nothing.
async fn farewell(socket: &mut Socket, link: &LinkItem) {
    let ServerFrame::Links { links, height: 2, .. } = socket.next().await else { panic!("not links") };
    assert_eq!(links, std::slice::from_ref(link));
    told_revoked(socket).await;
}

async fn told_revoked(socket: &mut Socket) {
    let answer = socket.next().await;
    assert!(
        matches!(answer, ServerFrame::Error { request: None, code: ErrorCode::Revoked, .. }),
        "{answer:?}"
    );
    assert_eq!(socket.next_or_end().await, Err(Closed { code: Some(1008) }));
}

async fn the_sockets_of_a_revoked_device_end_within_two_seconds_and_no_others(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let mut world = World::new(&server.url).await;
    let mut subscribed = world.phone_at(&world.http).await;
    let mut idle = world.http.connect(&world.phone, world.vault.account()).await;
    let mut other = world.http.connect(&world.laptop, world.vault.account()).await;
    let link = world.revoke().await;
    soon(async {
        farewell(&mut subscribed, &link).await;
        told_revoked(&mut idle).await;
    })
    .await;
    assert_eq!(other.ask(&ClientFrame::Ping { nonce: 1 }).await, ServerFrame::Pong { nonce: 1 });
}

async fn what_a_revoked_device_may_still_open_is_a_socket_that_says_so(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let mut world = World::new(&server.url).await;
    let account = world.vault.account();
    let unused = world.http.ticket(&world.phone, account).await;
    let unconcerned = world.http.ticket(&world.laptop, account).await;
    let before = world.vault.chain.clone();
    let entry = Author::new(&world.phone, &world.vault).write(b"too late");
    let link = world.revoke().await;
    assert_eq!(refused(world.http.open_with(&unused).await), (401, ErrorCode::TicketExpired));
    world.http.open_with(&unconcerned).await.expect("the laptop's ticket counts");
    let mut socket = world.http.connect(&world.phone, account).await;
    socket.send_resume(&world.vault).await;
    farewell(&mut socket, &link).await;
    let space = before.space();
    for frame in [
        ClientFrame::Append { request: 1, space, entries: vec![entry] },
        ClientFrame::AppendLinks { request: 1, space, links: vec![link.clone()], restores: None },
        ClientFrame::GetLinks { request: 1, space, from: 0 },
        ClientFrame::GetHeads { request: 1, space },
        ClientFrame::GetEntries { request: 1, space, device: world.laptop.id(), from: 1 },
    ] {
        let mut socket = world.http.connect(&world.phone, account).await;
        socket.send(&frame).await;
        told_revoked(&mut socket).await;
    }
}

on_every_store!(
    the_sockets_of_a_revoked_device_end_within_two_seconds_and_no_others,
    what_a_revoked_device_may_still_open_is_a_socket_that_says_so,
);

#[tokio::test]
async fn a_former_member_that_asks_for_nothing_is_not_kept() {
    let hello_timeout = Duration::from_millis(300);
    let limits = SocketLimits { hello_timeout, ..SocketLimits::default() };
    let server = Server::start_with(|c| c.sockets = limits).await;
    let mut world = World::new(&server.url).await;
    world.revoke().await;
    let mut socket = world.http.connect(&world.phone, world.vault.account()).await;
    soon(told_revoked(&mut socket)).await;
}

#[tokio::test]
async fn a_revoked_device_that_takes_nothing_is_gone_in_two_seconds_too() {
    let limits = SocketLimits { per_account: 3, ..SocketLimits::default() };
    let server = Server::start_with(|c| c.sockets = limits).await;
    let mut world = World::new(&server.url).await;
    let account = world.vault.account();
    let mut author = Author::new(&world.laptop, &world.vault);
    let mut writer = world.http.connect(&world.laptop, account).await;
    // More than the kernel's buffers of both ends hold.
    for n in 0..60 {
        let entries = vec![author.write(&vec![n; 500 << 10])];
        writer.ask(&ClientFrame::Append { request: 1, space: world.vault.space(), entries }).await;
    }
    let mut slow = world.http.connect(&world.phone, account).await;
    slow.send_resume(&world.vault).await;
    world.revoke().await;
    // Its seat, and that of the socket that revoked it, are free again: with the writer's all three are taken then.
    let both = async {
        let mut open = Vec::new();
        while open.len() < 2 {
            let ticket = world.http.ticket(&world.laptop, account).await;
            open.extend(world.http.open_with(&ticket).await);
        }
    };
    soon(both).await;
}

/// Two relays on one database, each with connections of its own.
async fn two_relays(database: &str) -> [Server<dyn Store>; 2] {
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store: Arc<dyn Store> = Arc::new(PostgresStore::open(database).await.unwrap());
        servers.push(Server::start_over(store, |_| {}).await);
    }
    servers.try_into().ok().expect("two")
}

async fn stop(servers: [Server<dyn Store>; 2]) {
    for server in servers {
        server.stop().await.unwrap();
    }
}

async fn append(world: &World, entry: &SealedEntry) {
    let mut socket = world.http.connect(&world.laptop, world.vault.account()).await;
    let (space, entries) = (world.vault.space(), vec![entry.clone()]);
    let done = ServerFrame::Appended { request: 1, space, accepted: 1, refusal: None };
    assert_eq!(socket.ask(&ClientFrame::Append { request: 1, space, entries }).await, done);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_relay_on_the_database_sends_what_was_stored_here_without_being_asked() {
    let cluster = Postgres::shared();
    let servers = two_relays(&cluster.database()).await;
    let mut world = World::new(&servers[0].url).await;
    let there = Http::new(&servers[1].url);
    let mut reader = world.phone_at(&there).await;
    let mut idle = there.connect(&world.phone, world.vault.account()).await;
    let entry = Author::new(&world.laptop, &world.vault).write(b"from the other relay");
    append(&world, &entry).await;
    let space = world.vault.space();
    let entries = ServerFrame::Entries { space, first: 1, entries: vec![entry] };
    assert_eq!(soon(reader.next()).await, entries);
    let link = world.revoke().await;
    soon(async {
        farewell(&mut reader, &link).await;
        told_revoked(&mut idle).await;
    })
    .await;
    stop(servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_ear_looks_at_everything_when_it_has_it_back() {
    let cluster = Postgres::shared();
    let database = cluster.database();
    let servers = two_relays(&database).await;
    let world = World::new(&servers[0].url).await;
    let mut reader = world.phone_at(&Http::new(&servers[1].url)).await;
    let direct = PostgresStore::open(&database).await.unwrap();
    // Written by nobody who leaves notes: only a look finds it.
    let entry = Author::new(&world.laptop, &world.vault).write(b"nobody said so");
    let (space, relay) = (world.vault.space(), Relay::new(Arc::new(direct.clone())));
    relay.append(&space, std::slice::from_ref(&entry)).await.unwrap().unwrap();
    let ended = "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and query like 'LISTEN%'";
    let cut = sqlx::query(ended).execute(direct.writer()).await.unwrap();
    assert_eq!(cut.rows_affected(), 2);
    assert_eq!(reader.next().await, ServerFrame::Entries { space, first: 1, entries: vec![entry] });
    direct.close().await;
    stop(servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_hint_told_of_is_found_at_the_next_ping() {
    let cluster = Postgres::shared();
    let database = cluster.database();
    let servers = two_relays(&database).await;
    let mut world = World::new(&servers[0].url).await;
    let mut reader = world.phone_at(&world.http).await;
    let mut idle = world.http.connect(&world.phone, world.vault.account()).await;
    let direct: Arc<dyn Store> = Arc::new(PostgresStore::open(&database).await.unwrap());
    let relay = Relay::new(direct.clone());
    let entry = Author::new(&world.laptop, &world.vault).write(b"nobody said so");
    let space = world.vault.space();
    relay.append(&space, std::slice::from_ref(&entry)).await.unwrap().unwrap();
    assert_eq!(reader.ask(&ClientFrame::Ping { nonce: 1 }).await, ServerFrame::Pong { nonce: 1 });
    assert_eq!(reader.next().await, ServerFrame::Entries { space, first: 1, entries: vec![entry] });
    let link = world.vault.revoking(&world.laptop, &world.phone);
    relay.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap();
    for socket in [&mut reader, &mut idle] {
        assert_eq!(socket.ask(&ClientFrame::Ping { nonce: 2 }).await, ServerFrame::Pong { nonce: 2 });
    }
    farewell(&mut reader, &link).await;
    told_revoked(&mut idle).await;
    world.vault.take(link);
    direct.close().await;
    stop(servers).await;
}

//! Whatever was acknowledged survives a hundred kills of the relay and a hundred of a device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use lifeos::store::{Missing, Store};
use protocol::frame::{ClientFrame, ServerFrame};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use sync_server::store::{PostgresStore, SqliteStore};
use tests::dice::Dice;
use tests::home::Home;
use tests::kill::{Batch, Journal, dice, moment};
use tests::postgres::Postgres;
use tests::programs::program;
use tests::proxy::Proxy;
use tests::relay::Relay;
use tests::stage::converge;
use tests::wire::{Member, Wire};

/// Kills in each story.
const KILLS: u32 = 100;
/// Kills where a start takes long.
const FEW_KILLS: u32 = 12;
/// Changes given to a device before each kill; the kill falls somewhere among them.
const CHANGES: u64 = 60;

/// A relay behind a proxy, on a database.
fn relay_behind(proxy: &Proxy, folder: &Path, database: &str) -> Relay {
    let public = format!("--public-url={}", proxy.url());
    let arguments = ["--registration=open", "--rate-limit-factor=1000", &public];
    let relay = Relay::start(&program("sync-server"), folder, database, &arguments);
    proxy.aim(relay.port());
    relay
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("relay.sqlite").display())
}

fn pick(dice: &mut Dice, below: u64) -> u64 {
    u64::try_from(dice.below(usize::try_from(below).unwrap())).unwrap()
}

/// Two devices of one vault, a task that both have, and the vault's phrase.
fn pair(folder: &Path, proxy: &Proxy) -> (Home, Home, String, String) {
    let (desk, phone) = (Home::at(folder.join("desk")), Home::at(folder.join("phone")));
    let phrase = desk.init(&proxy.url(), "desk");
    let shared = desk.add(&["task", "title=both"]);
    desk.sync();
    phone.join(&proxy.url(), &phrase).json();
    phone.sync();
    (desk, phone, shared, phrase)
}

/// A third device that knows only what the relay has.
fn newcomer(folder: &Path, proxy: &Proxy, phrase: &str) -> Home {
    let home = Home::at(folder.join("newcomer"));
    home.join(&proxy.url(), phrase).json();
    home.sync();
    home
}

#[test]
fn a_relay_killed_a_hundred_times_loses_nothing_that_two_devices_were_told_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::new();
    let mut relay = relay_behind(&proxy, folder.path(), &sqlite(folder.path()));
    let (desk, phone, shared, phrase) = pair(folder.path(), &proxy);
    let mut dice = dice(1);
    let done = AtomicBool::new(false);
    let journals = std::thread::scope(|scope| {
        let (shared, done) = (&shared, &done);
        let work = |home| scope.spawn(move || edit_and_sync(home, shared, done));
        let workers = [work(&desk), work(&phone)];
        for _ in 0..KILLS {
            // In the middle of whatever is said next.
            let talked = proxy.wait_for(1 + pick(&mut dice, 12_000), Duration::from_secs(60));
            assert!(talked, "the devices fell silent");
            std::thread::sleep(moment(&mut dice, Duration::from_millis(4)));
            relay.kill();
            relay.restart();
        }
        done.store(true, Ordering::Relaxed);
        workers.map(|worker| worker.join().unwrap())
    });
    let new = newcomer(folder.path(), &proxy, &phrase);
    for (journal, failed) in &journals {
        let (saved, synced) = journal.counts();
        println!("{saved} saved, {synced} synced, {failed} syncs failed");
        assert!(synced > 10, "the kills left no time to work");
        assert_eq!(
            journal.lost_after_sync_at(&new),
            Vec::<String>::new(),
            "the relay had acknowledged these"
        );
    }
    converge(&[&desk, &phone, &new]);
    for home in [&desk, &phone, &new] {
        home.verify();
        for (journal, _) in &journals {
            assert_eq!(journal.lost_at(home), Vec::<String>::new(), "these were saved");
        }
    }
}

/// Edits and syncs until it is enough: what was acknowledged, and how many syncs failed.
fn edit_and_sync(home: &Home, shared: &str, done: &AtomicBool) -> (Journal, u32) {
    let name = home.path().file_name().unwrap().to_string_lossy();
    let mut batch = Batch::start(home);
    let (mut journal, mut failed) = (Journal::default(), 0);
    for n in 0.. {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let (one, other) = (format!("{name}-{n}-shared"), format!("{name}-{n}-own"));
        assert_eq!(batch.ask(format!("set {shared} title={one}"))["id"], *shared);
        journal.saved(shared, &one);
        let added = batch.ask(format!("add task title={other}"));
        journal.saved(added["id"].as_str().unwrap(), &other);
        let answer = batch.ask("sync".into());
        match &answer["error"] {
            serde_json::Value::Null => assert!(journal.synced(&answer), "{answer}"),
            error => {
                assert_eq!(error["exit"], 4, "nothing but the relay being away: {error}");
                failed += 1;
            }
        }
    }
    batch.finish();
    (journal, failed)
}

#[test]
fn a_device_killed_a_hundred_times_loses_nothing_that_it_said_was_saved_or_synced() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::new();
    let _relay = relay_behind(&proxy, folder.path(), &sqlite(folder.path()));
    let (desk, phone, shared, phrase) = pair(folder.path(), &proxy);
    let mut dice = dice(2);
    let (mut ours, mut theirs) = (Journal::default(), Journal::default());
    let mut other = Batch::start(&phone);
    let (mut batches, mut syncs) = (0, 0);
    while batches + syncs < KILLS {
        kill_batch(&desk, &shared, batches, &mut dice, &mut ours);
        batches += 1;
        // The other device gives the next sync something to receive.
        let title = format!("phone-{batches}");
        assert_eq!(other.ask(format!("set {shared} title={title}"))["id"], *shared);
        theirs.saved(&shared, &title);
        let answer = other.ask("sync".into());
        assert!(theirs.synced(&answer), "{answer}");
        syncs += u32::from(kill_sync(&desk, &proxy, &mut dice, &mut ours));
    }
    other.finish();
    let (saved, synced) = ours.counts();
    println!("{batches} batches and {syncs} syncs killed; {saved} saved, {synced} synced");
    assert!(syncs > KILLS / 5, "the kills did not fall into syncs");
    let new = newcomer(folder.path(), &proxy, &phrase);
    for journal in [&ours, &theirs] {
        assert_eq!(
            journal.lost_after_sync_at(&new),
            Vec::<String>::new(),
            "the relay had acknowledged these"
        );
    }
    desk.verify();
    converge(&[&desk, &phone, &new]);
    for home in [&desk, &phone, &new] {
        home.verify();
        for journal in [&ours, &theirs] {
            assert_eq!(journal.lost_at(home), Vec::<String>::new(), "these were saved");
        }
    }
}

/// Gives the device a stream of edits with syncs among them, and kills it somewhere in there.
fn kill_batch(home: &Home, shared: &str, round: u32, dice: &mut Dice, journal: &mut Journal) {
    let title = |n: u64| format!("desk-{round}-{n}");
    let line = |n: u64| match n % 10 {
        7 => "sync".to_owned(),
        0 | 3 | 5 => format!("set {shared} title={}", title(n)),
        _ => format!("add task title={}", title(n)),
    };
    let mut batch = Batch::start(home);
    batch.tell(&(0..CHANGES).map(line).collect::<Vec<_>>());
    let mut count = 0;
    let mut record = |answer: serde_json::Value| {
        assert_eq!(answer.get("error"), None, "{answer}");
        match answer["id"].as_str() {
            Some(id) => journal.saved(id, &title(count)),
            None => assert!(journal.synced(&answer), "{answer}"),
        }
        count += 1;
    };
    // Some kills fall before the first answer: while the store opens.
    let wanted = pick(dice, CHANGES + 8).saturating_sub(8);
    for _ in 0..wanted {
        record(batch.answer().expect("it lives"));
    }
    let longest = Duration::from_millis(if wanted == 0 { 300 } else { 8 });
    std::thread::sleep(moment(dice, longest));
    batch.kill();
    while let Some(answer) = batch.answer() {
        record(answer);
    }
}

/// Kills the device while it syncs. False if it had done before.
fn kill_sync(home: &Home, proxy: &Proxy, dice: &mut Dice, journal: &mut Journal) -> bool {
    // As many bytes as a sync may be long; the last of them rarely come.
    let point = 1 + pick(dice, 9_000);
    let mut command = home.command(&["sync"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn();
    let mut child = child.unwrap();
    let patience = Duration::from_millis(40);
    let since = proxy.passed();
    let ended = loop {
        if proxy.passed() - since >= point || proxy.wait_for(1, patience) && proxy.passed() - since >= point {
            break false;
        }
        if child.try_wait().unwrap().is_some() {
            break true;
        }
    };
    if !ended {
        std::thread::sleep(moment(dice, Duration::from_millis(3)));
    }
    let _gone = child.kill();
    let output = child.wait_with_output().unwrap();
    // It may have answered just before it was killed.
    if let Ok(answer) = serde_json::from_slice::<serde_json::Value>(&output.stdout) {
        assert!(journal.synced(&answer), "{answer}");
    }
    output.status.code().is_none()
}

/// What a client at the socket sent, and what of it was acknowledged.
struct Appender {
    member: Member,
    url: String,
    /// Entries acknowledged, from the first on.
    acked: usize,
    /// Appends under way: their last entry.
    flying: BTreeMap<u64, usize>,
    requests: u64,
}

impl Appender {
    async fn new(seed: u64, relay: &Relay) -> Self {
        let member = Member::found(seed);
        let url = relay.url();
        member.register(&url).await;
        Self { member, url, acked: 0, flying: BTreeMap::new(), requests: 0 }
    }

    /// Everything acknowledged from entry `from` on is there, byte for byte.
    async fn check(&self, wire: &mut Wire, from: usize) {
        let (space, device) = (self.member.space(), self.member.id());
        let mut at = from;
        loop {
            let index = u64::try_from(at).unwrap() + 1;
            let ask = ClientFrame::GetEntries { request: 1, space, device, from: index };
            match wire.ask(&ask).await {
                Some(ServerFrame::DeviceEntries { entries, .. }) if entries.is_empty() => break,
                Some(ServerFrame::DeviceEntries { entries, .. }) => {
                    assert_eq!(entries, self.member.written[at..at + entries.len()]);
                    at += entries.len();
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(at >= self.acked, "{} entries were acknowledged and {at} are there", self.acked);
    }

    /// Appends until so many appends were acknowledged: first what was not acknowledged before, then new entries.
    async fn append(&mut self, wire: &mut Wire, acks: usize, dice: &mut Dice) {
        let mut sent = self.acked;
        for _ in 0..acks {
            while self.flying.len() < 8 {
                let first = sent;
                sent += 1 + dice.below(4);
                while self.member.written.len() < sent {
                    let size = dice.below(3_000);
                    self.member.write(&vec![0x2a; size]);
                }
                self.requests += 1;
                self.flying.insert(self.requests, sent);
                let (request, space) = (self.requests, self.member.space());
                let entries = self.member.written[first..sent].to_vec();
                wire.send(&ClientFrame::Append { request, space, entries });
            }
            let answer = wire.next().await.expect("the relay lives");
            assert!(self.record(&answer), "{answer:?}");
        }
    }

    /// Notes an acknowledgement. False if it is none.
    fn record(&mut self, answer: &ServerFrame) -> bool {
        match answer {
            ServerFrame::Appended { request, refusal: None, .. } => {
                let last = self.flying.remove(request).expect("it was asked");
                self.acked = self.acked.max(last);
                true
            }
            ServerFrame::Error { request: Some(request), .. } => {
                self.flying.remove(request);
                false
            }
            other => panic!("{other:?}"),
        }
    }

    /// Waits until every append was answered. Gives how many were refused.
    async fn land(&mut self, wire: &mut Wire) -> u32 {
        let mut refused = 0;
        while !self.flying.is_empty() {
            let answer = wire.next().await.expect("the relay lives");
            refused += u32::from(!self.record(&answer));
        }
        refused
    }

    /// Kills the relay so many times, each time while appends are under way.
    async fn survive(&mut self, relay: &mut Relay, kills: u32, dice: &mut Dice) {
        let mut checked = 0;
        for _ in 0..kills {
            let mut wire = self.member.connect(&self.url).await.expect("a socket");
            self.check(&mut wire, checked).await;
            checked = self.acked;
            let acks = 1 + dice.below(20);
            self.append(&mut wire, acks, dice).await;
            tokio::time::sleep(moment(dice, Duration::from_millis(5))).await;
            relay.kill();
            // What was said before the kill counts.
            while let Some(answer) = wire.next().await {
                assert!(self.record(&answer), "{answer:?}");
            }
            self.flying.clear();
            relay.restart();
        }
        println!("{kills} kills, {} entries acknowledged, {} sent", self.acked, self.member.written.len());
        let mut wire = self.member.connect(&self.url).await.expect("a socket");
        self.check(&mut wire, 0).await;
    }

    /// The database server goes while appends are under way, and comes back.
    async fn survive_database(&mut self, cluster: &Postgres, dice: &mut Dice) {
        let mut wire = self.member.connect(&self.url).await.expect("a socket");
        self.append(&mut wire, 30, dice).await;
        cluster.crash();
        let refused = self.land(&mut wire).await;
        println!("{refused} appends were refused while the database was away");
        cluster.recover();
        let mut wire = self.member.connect(&self.url).await.expect("a socket");
        self.check(&mut wire, 0).await;
        self.append(&mut wire, 10, dice).await;
        assert_eq!(self.land(&mut wire).await, 0);
        self.check(&mut wire, 0).await;
    }
}

const ARGUMENTS: [&str; 2] = ["--registration=open", "--rate-limit-factor=1000"];

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_acknowledged_on_a_socket_is_there_after_each_of_a_hundred_kills() {
    let folder = tempfile::tempdir().unwrap();
    let program = program("sync-server");
    let mut relay = Relay::start(&program, folder.path(), &sqlite(folder.path()), &ARGUMENTS);
    let mut appender = Appender::new(3, &relay).await;
    appender.survive(&mut relay, KILLS, &mut dice(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_neither_a_killed_relay_nor_a_crashed_database_loses_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Postgres::start(&[]);
    let program = program("sync-server");
    let mut relay = Relay::start(&program, folder.path(), &cluster.database(), &ARGUMENTS);
    let mut appender = Appender::new(4, &relay).await;
    let mut dice = dice(4);
    appender.survive(&mut relay, FEW_KILLS, &mut dice).await;
    appender.survive_database(&cluster, &mut dice).await;
}

#[tokio::test]
async fn every_live_connection_to_a_database_waits_for_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let full = ("wal".to_owned(), 2);
    // On the file of a relay that runs, by the relay's own way of opening it.
    let _relay = Relay::start(&program("sync-server"), folder.path(), &sqlite(folder.path()), &ARGUMENTS);
    let relays = SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap();
    assert_eq!(relays.durability().await.unwrap(), full);
    let mut homes = Store::open(&folder.path().join("store.db"), Missing::Make).await.unwrap();
    assert_eq!(homes.durability().await.unwrap(), full);
    let cluster = Postgres::shared();
    let postgres = PostgresStore::open(&cluster.database()).await.unwrap();
    assert_eq!(postgres.durability().await.unwrap(), ("on".to_owned(), "on".to_owned()));
}

//! Packs and manifests: what every store promises of them.

use crate::support::device::{Author, Device, Vault};
use crate::support::manifest::{ack, bent, hash_of, manifest, pack_ref};
use crate::support::stores::on_every_store;
use protocol::entry::Head;
use protocol::manifest::{PackRef, SealedManifest};
use protocol::{ErrorCode, ManifestHash, PackHash, RunningHash, SealedEntry, limits};
use std::sync::Arc;
use std::time::Duration;
use sync_server::clock::Millis;
use sync_server::relay::{ManifestPut, Relay};
use sync_server::rules::judge_manifest;
use sync_server::store::{
    Admission, Dropped, LogPlace, Outcome, Page, PutAck, PutManifest, PutPack, Store, Terms, Write,
};

const ALL: Page = Page { count: 1_000, bytes: 1 << 20 };
const NOW: Millis = Millis(1_000_000_000_000);
const DAY: u64 = 24 * 60 * 60;
const MONTH: Duration = Duration::from_secs(30 * DAY);

/// A vault with a laptop and a phone that write.
struct World {
    store: Arc<dyn Store>,
    relay: Relay,
    laptop: Device,
    phone: Device,
    vault: Vault,
}

fn head(entry: &SealedEntry) -> Head {
    entry.clone().read().unwrap().head()
}

fn days(count: u64) -> Millis {
    NOW.plus_seconds(count * DAY)
}

impl World {
    async fn new(store: Arc<dyn Store>) -> Self {
        let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
        let mut vault = Vault::begin(&laptop, &Device::named("paper"));
        vault.take(vault.adding(&laptop, &phone));
        let relay = Relay::new(store.clone());
        relay.register(&vault.items, Admission::Open, None, NOW).await.unwrap();
        Self { store, relay, laptop, phone, vault }
    }
    async fn state(&self) -> sync_server::store::SpaceState {
        self.store.space(&self.vault.space()).await.unwrap().unwrap()
    }
    async fn append(&self, entries: &[SealedEntry]) -> (usize, Option<(ErrorCode, Option<u64>)>) {
        let done = self.relay.append(&self.vault.space(), entries).await.unwrap().unwrap();
        (done.accepted, done.refusal.map(|r| (r.code, r.expected)))
    }
    /// `count` entries of the laptop and as many of the phone, taking turns; all of them, in the order of the log.
    async fn lived(&self, count: u8) -> Vec<SealedEntry> {
        let mut authors = [Author::new(&self.laptop, &self.vault), Author::new(&self.phone, &self.vault)];
        let turns = (0..count).flat_map(|n| [(0, n), (1, n)]);
        let entries: Vec<_> = turns.map(|(who, n)| authors[who].write(&[n; 9])).collect();
        assert_eq!(self.append(&entries).await, (entries.len(), None));
        entries
    }
    async fn log(&self, cursor: u64) -> Vec<SealedEntry> {
        self.store.entries(&self.vault.space(), cursor, ALL).await.unwrap()
    }
    async fn pack(&self, bytes: &[u8], now: Millis) {
        let put = self.relay.put_pack(&self.vault.space(), bytes.to_vec(), now).await.unwrap();
        assert_eq!(put, Some(Ok(())));
    }
    async fn has(&self, bytes: &[u8]) -> bool {
        self.store.pack(&self.vault.space(), &PackRef::address(bytes)).await.unwrap().is_some()
    }
    async fn put(&self, manifest: &SealedManifest, now: Millis) -> ManifestPut {
        self.relay.put_manifest(&self.vault.space(), manifest, now).await.unwrap().unwrap()
    }
    async fn refused(&self, manifest: &SealedManifest) -> Option<ErrorCode> {
        self.put(manifest, NOW).await.refusal
    }
    /// A manifest of the laptop on the one in force, put in force.
    async fn compact(&self, packs: &[&[u8]], coverage: &[Head], now: Millis) -> ManifestHash {
        let parent = self.state().await.manifest;
        let new = manifest(&self.laptop, &self.vault, parent, packs, coverage);
        let put = self.put(&new, now).await;
        assert_eq!(put, ManifestPut { refusal: None, current: Some(hash_of(&new)) });
        hash_of(&new)
    }
    async fn acknowledge(&self, device: &Device, manifest: ManifestHash) -> Result<(), ErrorCode> {
        let ack = ack(device, self.vault.space(), manifest);
        self.relay.put_ack(&self.vault.space(), &ack).await.unwrap().unwrap()
    }
    async fn covered(&self) -> LogPlace {
        self.store.manifest(&self.vault.space()).await.unwrap().unwrap().covered
    }
    async fn keep(&self, now: Millis) -> (usize, usize, usize) {
        let dropped = self.relay.keep(now, MONTH).await.unwrap().dropped;
        (dropped.entries, dropped.manifests, dropped.packs)
    }
    fn after(&self, entries: &[SealedEntry]) -> LogPlace {
        let start = RunningHash::start(&self.vault.space());
        let running = entries.iter().fold(start, |r, e| r.then(&head(e).hash));
        LogPlace { seq: entries.len() as u64, running }
    }
}

async fn a_pack_is_kept_once_under_the_hash_of_its_bytes(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let (space, before) = (world.vault.space(), world.state().await.bytes_used);
    for _ in 0..2 {
        world.pack(b"one", NOW).await;
        world.pack(b"the other", NOW).await;
        assert_eq!(world.state().await.bytes_used, before + 3 + 9);
    }
    let bytes = store.pack(&space, &PackRef::address(b"the other")).await.unwrap();
    assert_eq!(bytes.as_deref(), Some(&b"the other"[..]));
    assert_eq!(store.pack(&space, &PackHash::new([0; 32])).await.unwrap(), None);
    let large = vec![7; limits::PACK_BYTES];
    world.pack(&large, NOW).await;
    assert_eq!(store.pack(&space, &PackRef::address(&large)).await.unwrap().unwrap(), large);
    let larger = vec![7; limits::PACK_BYTES + 1];
    let refused = world.relay.put_pack(&space, larger, NOW).await.unwrap();
    assert_eq!(refused, Some(Err(ErrorCode::TooLarge)));
    let elsewhere = Vault::begin(&world.phone, &world.laptop).space();
    assert_eq!(world.relay.put_pack(&elsewhere, b"one".to_vec(), NOW).await.unwrap(), None);
    assert_eq!(store.pack(&elsewhere, &PackRef::address(b"one")).await.unwrap(), None);
}

async fn a_manifest_takes_the_place_of_its_parent_and_of_no_other(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let space = world.vault.space();
    assert_eq!(store.manifest(&space).await.unwrap(), None);
    let before = world.state().await;
    let first = manifest(&world.laptop, &world.vault, None, &[], &[]);
    let rival = manifest(&world.phone, &world.vault, None, &[], &[]);
    let late = manifest(&world.phone, &world.vault, Some(hash_of(&rival)), &[], &[]);
    assert_eq!(
        world.put(&late, NOW).await,
        ManifestPut { refusal: Some(ErrorCode::ManifestMoved), current: None }
    );
    for _ in 0..2 {
        let current = Some(hash_of(&first));
        assert_eq!(world.put(&first, NOW).await, ManifestPut { refusal: None, current });
        let moved = ManifestPut { refusal: Some(ErrorCode::ManifestMoved), current };
        assert_eq!(world.put(&rival, NOW).await, moved);
        assert_eq!(world.put(&late, NOW).await, moved);
        let state = world.state().await;
        assert_eq!((state.manifest, state.seq, state.floor), (current, 0, before.floor));
        assert_eq!(state.bytes_used, before.bytes_used + first.size() as u64);
    }
    let second = manifest(&world.phone, &world.vault, Some(hash_of(&first)), &[], &[]);
    assert_eq!(world.refused(&second).await, None);
    let found = store.manifest(&space).await.unwrap().unwrap();
    assert_eq!((found.hash, found.manifest, found.covered), (hash_of(&second), second, before.floor));
    assert_eq!(world.refused(&first).await, Some(ErrorCode::ManifestMoved));
}

async fn of_two_manifests_on_one_parent_one_comes_into_force(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let puts = [&world.laptop, &world.phone].map(|device| {
        let new = manifest(device, &world.vault, None, &[], &[]);
        let (relay, space) = (world.relay.clone(), world.vault.space());
        tokio::spawn(async move { relay.put_manifest(&space, &new, NOW).await.unwrap().unwrap() })
    });
    let [one, other] = puts;
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    assert_eq!((one.current, world.state().await.manifest), (other.current, other.current));
    let refusals = [one.refusal, other.refusal];
    assert!(refusals.contains(&None) && refusals.contains(&Some(ErrorCode::ManifestMoved)), "{refusals:?}");
}

async fn every_pack_that_a_manifest_names_is_here(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.pack(b"one", NOW).await;
    let both = manifest(&world.laptop, &world.vault, None, &[b"one", b"the other"], &[]);
    assert_eq!(world.refused(&both).await, Some(ErrorCode::PackMissing));
    let longer = bent(&world.laptop, &world.vault, |header| {
        header.packs = vec![PackRef { size: 4, ..pack_ref(b"one") }];
    });
    assert_eq!(world.refused(&longer).await, Some(ErrorCode::PackMissing));
    assert_eq!(world.state().await.manifest, None);
    world.pack(b"the other", NOW).await;
    assert_eq!(world.refused(&both).await, None);
}

async fn a_manifest_contradicts_nothing_that_is_here_and_forgets_nothing(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let entries = world.lived(3).await;
    let heads: Vec<Head> = entries.iter().map(head).collect();
    let elsewhere = Author::new(&world.laptop, &world.vault).draft(b"elsewhere");
    let other = |index| Head { index, ..head(&elsewhere) };
    let before = (world.state().await, store.heads(&world.vault.space()).await.unwrap());
    for conflict in [other(1), other(3)] {
        let new = manifest(&world.laptop, &world.vault, None, &[], &[conflict]);
        assert_eq!(world.refused(&new).await, Some(ErrorCode::CoverageConflicts), "{conflict:?}");
    }
    assert_eq!((world.state().await, store.heads(&world.vault.space()).await.unwrap()), before);
    let first = world.compact(&[], &[heads[2], heads[3]], NOW).await;
    for less in [&heads[2..3], &heads[1..3], &[heads[4], heads[1]]] {
        let new = manifest(&world.laptop, &world.vault, Some(first), &[], less);
        assert_eq!(world.refused(&new).await, Some(ErrorCode::CoverageConflicts), "{less:?}");
    }
    world.compact(&[], &[heads[4], heads[3]], NOW).await;
}

async fn a_log_goes_on_from_where_a_manifest_covers_it(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let mut author = Author::new(&world.phone, &world.vault);
    let entries: Vec<_> = (0..7_u8).map(|n| author.write(&[n])).collect();
    // The link that the manifest names is newer than what the entries name that follow it.
    let link = world.vault.adding(&world.laptop, &Device::named("tablet"));
    world
        .relay
        .extend(&world.vault.space(), std::slice::from_ref(&link), false)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    world.vault.take(link);
    assert_eq!(world.append(&entries[..2]).await, (2, None));
    world.compact(&[], &[head(&entries[4])], NOW).await;
    assert_eq!(world.covered().await, world.after(&entries[..2]));
    let heads = store.heads(&world.vault.space()).await.unwrap().unwrap();
    assert_eq!((heads.heads, heads.seq), (vec![head(&entries[4])], 2));
    assert_eq!(world.append(&entries[6..]).await, (0, Some((ErrorCode::Gap, Some(6)))));
    assert_eq!(world.append(&entries[2..5]).await, (3, None), "they are covered");
    assert_eq!(world.log(0).await, entries[..2]);
    let mut copy = Author::new(&world.phone, &world.vault);
    copy.last = Some(head(&entries[3]));
    let twin = copy.draft(b"twin");
    assert_eq!(world.append(std::slice::from_ref(&twin)).await, (0, Some((ErrorCode::AddressTaken, None))));
    assert_eq!(store.evidence(&world.vault.space()).await.unwrap(), [twin]);
    assert_eq!(world.append(&entries).await, (7, None));
    assert_eq!(world.log(0).await, [&entries[..2], &entries[5..]].concat());
    assert_eq!(world.covered().await, world.after(&entries[..2]), "what came later is not covered");
}

async fn the_covered_part_of_a_log_ends_before_the_first_entry_that_is_not(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let entries = world.lived(3).await;
    let heads: Vec<Head> = entries.iter().map(head).collect();
    for (coverage, seq) in [
        (&heads[..0], 0),
        (&heads[..1], 1),
        (&[heads[2], heads[1]][..], 3),
        (&[heads[4], heads[1]][..], 3),
        (&[heads[4], heads[5]][..], 6),
    ] {
        world.compact(&[], coverage, NOW).await;
        assert_eq!(world.covered().await, world.after(&entries[..seq]), "{coverage:?}");
    }
    let mut author = Author::new(&world.laptop, &world.vault);
    author.last = Some(heads[4]);
    world.append(&[author.write(b"later")]).await;
    assert_eq!(world.covered().await, world.after(&entries));
}

async fn entries_beyond_a_cut_keep_nothing_back(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let entries = world.lived(2).await;
    let heads: Vec<Head> = entries.iter().map(head).collect();
    // The link was in force before: so the second entry of the phone was written after its end.
    let link = world.vault.revoking_at(&world.laptop, &world.phone, Some(heads[1]));
    world
        .relay
        .extend(&world.vault.space(), std::slice::from_ref(&link), true)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    world.vault.take(link);
    let new = manifest(&world.laptop, &world.vault, None, &[], &heads[2..]);
    assert_eq!(world.refused(&new).await, Some(ErrorCode::CoverageConflicts));
    world.compact(&[], &[heads[1], heads[2]], NOW).await;
    assert_eq!(world.covered().await, world.after(&entries));
}

async fn what_every_device_has_checked_is_dropped_when_its_time_is_over(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let space = world.vault.space();
    let entries = world.lived(3).await;
    let heads: Vec<Head> = entries.iter().map(head).collect();
    world.pack(b"first", NOW).await;
    world.pack(b"both", NOW).await;
    world.compact(&[b"first", b"both"], &[heads[0]], NOW).await;
    world.pack(b"second", NOW).await;
    let now = days(1);
    let second = world.compact(&[b"both", b"second"], &[heads[2], heads[3]], now).await;
    assert_eq!(world.keep(days(40)).await, (0, 0, 0), "the phone has not checked it");
    assert_eq!(world.acknowledge(&world.phone, second).await, Ok(()));
    assert_eq!(world.acknowledge(&world.phone, second).await, Ok(()), "again is as once");
    assert_eq!(world.keep(Millis(days(31).0 - 1)).await, (1, 0, 0), "the first is old enough");
    let before = world.state().await;
    assert_eq!(before.floor, world.after(&entries[..1]));
    let terms = Terms { now: days(31), retention: MONTH };
    let step = store.drop_some(&space, terms, 2).await.unwrap();
    assert_eq!(step, Dropped { entries: 2, more: true, ..Dropped::default() });
    assert_eq!(world.state().await.floor, world.after(&entries[..3]));
    assert_eq!(world.keep(days(31)).await, (1, 1, 1));
    assert_eq!(world.keep(days(90)).await, (0, 0, 0));
    let state = world.state().await;
    assert_eq!((state.floor, state.seq, state.running), (world.after(&entries[..4]), 6, before.running));
    assert_eq!((world.log(4).await, world.log(5).await), (entries[4..].to_vec(), entries[5..].to_vec()));
    assert_eq!(store.running_at(&space, 4).await.unwrap(), None);
    assert_eq!(store.running_at(&space, 5).await.unwrap(), Some(world.after(&entries[..5]).running));
    assert_eq!(store.device_entries(&space, &world.phone.id(), 1, ALL).await.unwrap(), entries[5..]);
    assert_eq!(store.heads(&space).await.unwrap().unwrap().heads.len(), 2);
    let kept = [world.has(b"first").await, world.has(b"both").await, world.has(b"second").await];
    assert_eq!(kept, [false, true, true]);
    let entry_bytes: usize = entries[1..4].iter().map(SealedEntry::size).sum();
    let manifest_bytes = before.bytes_used - state.bytes_used - entry_bytes as u64 - b"first".len() as u64;
    assert!(manifest_bytes > 100, "{manifest_bytes}");
    assert_eq!(world.append(&entries).await, (6, None), "what is given again is covered or here");
    let mut author = Author::new(&world.phone, &world.vault);
    author.last = Some(heads[5]);
    let next = author.write(b"next");
    assert_eq!(world.append(std::slice::from_ref(&next)).await, (1, None));
    assert_eq!((world.log(6).await, world.state().await.seq), (vec![next], 7));
}

async fn what_was_stored_for_nothing_counts_no_more(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let empty = world.state().await.bytes_used;
    let entries = world.lived(4).await;
    let heads: Vec<Head> = entries.iter().map(head).collect();
    for n in 0..12_u8 {
        world.pack(&[n; 3], NOW).await;
        world.compact(&[&[n; 3]], &heads[6..], NOW).await;
    }
    for n in 100..140_u8 {
        world.pack(&[n; 3], NOW).await;
    }
    let last = world.state().await.manifest.unwrap();
    world.acknowledge(&world.phone, last).await.unwrap();
    assert_eq!(world.keep(days(30)).await, (8, 11, 51));
    let (kept, state) =
        (world.store.manifest(&world.vault.space()).await.unwrap().unwrap(), world.state().await);
    assert_eq!((kept.hash, state.bytes_used), (last, empty + 3 + kept.manifest.size() as u64));
}

async fn a_device_that_is_gone_for_long_is_not_waited_for(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let (space, phone) = (world.vault.space(), world.phone.id());
    let entries = world.lived(1).await;
    store.saw(&space, &world.laptop.id(), NOW).await.unwrap();
    world.compact(&[], &[head(&entries[0]), head(&entries[1])], days(10)).await;
    // Nothing was known of the phone: it counts as there when the first manifest came.
    let live = |from: u64| Millis(days(from).0 + i64::try_from(limits::LIVE_DEVICE_SECONDS).unwrap() * 1_000);
    store.saw(&space, &world.laptop.id(), days(60)).await.unwrap();
    assert_eq!(world.keep(Millis(live(10).0 - 1)).await, (0, 0, 0));
    store.saw(&space, &phone, days(12)).await.unwrap();
    // Less than a day later is not written down.
    store.saw(&space, &phone, Millis(days(13).0 - 1)).await.unwrap();
    assert_eq!(world.keep(Millis(live(12).0 - 1)).await, (0, 0, 0));
    assert_eq!(world.keep(live(12)).await, (2, 0, 0));
}

async fn nothing_is_dropped_while_no_device_is_there(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let entries = world.lived(1).await;
    let new = world.compact(&[], &[head(&entries[0]), head(&entries[1])], NOW).await;
    world.acknowledge(&world.phone, new).await.unwrap();
    assert_eq!(world.keep(days(400)).await, (0, 0, 0));
    store.saw(&world.vault.space(), &world.phone.id(), days(400)).await.unwrap();
    assert_eq!(world.keep(days(400)).await, (2, 0, 0));
}

async fn a_revoked_device_and_a_phrase_are_not_waited_for(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let entries = world.lived(1).await;
    let paper = Device::named("paper").id();
    store.saw(&world.vault.space(), &paper, NOW).await.unwrap();
    world.compact(&[], &[head(&entries[0]), head(&entries[1])], NOW).await;
    assert_eq!(world.keep(days(30)).await, (0, 0, 0));
    let link = world.vault.revoking_at(&world.laptop, &world.phone, Some(head(&entries[1])));
    world
        .relay
        .extend(&world.vault.space(), std::slice::from_ref(&link), false)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    world.vault.take(link);
    assert_eq!(world.keep(days(30)).await, (2, 0, 0));
}

async fn who_has_checked_a_manifest_has_checked_those_before(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let entries = world.lived(2).await;
    let heads: Vec<Head> = entries.iter().map(head).collect();
    let first = world.compact(&[], &heads[..2], NOW).await;
    let second = world.compact(&[], &heads[2..], days(10)).await;
    assert_eq!(world.acknowledge(&world.phone, first).await, Err(ErrorCode::ManifestMoved));
    assert_eq!(world.keep(days(30)).await, (0, 0, 0));
    assert_eq!(world.acknowledge(&world.phone, second).await, Ok(()));
    assert_eq!(world.keep(days(30)).await, (2, 0, 0), "up to the first, which is old enough");
    assert_eq!(world.covered().await, world.after(&entries), "the second is in force all the while");
    assert_eq!(world.keep(days(40)).await, (2, 1, 0));
}

async fn only_an_active_device_has_a_word_on_the_manifest_in_force(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let space = world.vault.space();
    let stranger = Device::named("stranger");
    let nothing = ManifestHash::new([1; 32]);
    assert_eq!(world.acknowledge(&world.phone, nothing).await, Err(ErrorCode::ManifestMoved));
    let new = world.compact(&[], &[], NOW).await;
    assert_eq!(world.acknowledge(&world.phone, nothing).await, Err(ErrorCode::ManifestMoved));
    assert_eq!(world.acknowledge(&stranger, new).await, Err(ErrorCode::NotAMember));
    assert_eq!(world.acknowledge(&Device::named("paper"), new).await, Err(ErrorCode::NotAMember));
    let mut forged = ack(&world.laptop, space, new);
    forged.device = world.phone.id();
    let refused = world.relay.put_ack(&space, &forged).await.unwrap();
    assert_eq!(refused, Some(Err(ErrorCode::BadSignature)));
    let judged_on = world.vault.chain.head();
    let late = PutAck { space, judged_on, manifest: new, device: world.phone.id() };
    let behind = PutManifest {
        manifest: judge_manifest(
            &world.vault.chain,
            manifest(&world.phone, &world.vault, Some(new), &[], &[]),
        )
        .unwrap(),
        chain: Arc::new(world.vault.chain.clone()),
        now: NOW,
    };
    let link = world.vault.revoking(&world.laptop, &world.phone);
    world.relay.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap();
    world.vault.take(link);
    let writes = [Write::Ack(late), Write::Manifest(Box::new(behind))];
    assert_eq!(store.commit(&writes).await.unwrap(), [Outcome::HeadMoved, Outcome::HeadMoved]);
    assert_eq!(world.acknowledge(&world.phone, new).await, Err(ErrorCode::NotAMember));
}

async fn a_pack_that_nobody_names_is_dropped_after_a_day(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.pack(b"named", NOW).await;
    world.pack(b"forgotten", NOW).await;
    world.pack(b"wanted again", NOW).await;
    world.compact(&[b"named"], &[], NOW).await;
    assert_eq!(world.keep(Millis(days(1).0 - 1)).await, (0, 0, 0));
    world.pack(b"wanted again", Millis(days(1).0 - 1)).await;
    assert_eq!(world.keep(days(1)).await, (0, 0, 1));
    let here = [world.has(b"named").await, world.has(b"forgotten").await, world.has(b"wanted again").await];
    assert_eq!(here, [true, false, true]);
    assert_eq!(world.keep(days(2)).await, (0, 0, 1));
    assert_eq!(world.keep(days(90)).await, (0, 0, 0));
    assert!(world.has(b"named").await);
}

async fn a_space_that_is_to_be_deleted_takes_and_drops_nothing(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let entries = world.lived(1).await;
    let new = world.compact(&[], &[head(&entries[0]), head(&entries[1])], NOW).await;
    world.acknowledge(&world.phone, new).await.unwrap();
    store.mark_for_deletion(&world.vault.account(), days(90)).await.unwrap();
    let put = world.relay.put_pack(&world.vault.space(), b"one".to_vec(), NOW).await.unwrap();
    assert_eq!(put, Some(Err(ErrorCode::AccountDeleted)));
    let next = manifest(&world.laptop, &world.vault, Some(new), &[], &[]);
    assert_eq!(world.refused(&next).await, Some(ErrorCode::AccountDeleted));
    assert_eq!(world.acknowledge(&world.phone, new).await, Err(ErrorCode::AccountDeleted));
    assert_eq!(world.keep(days(40)).await, (0, 0, 0));
    store.keep_account(&world.vault.account(), NOW).await.unwrap();
    assert_eq!(world.keep(days(40)).await, (2, 0, 0));
}

async fn a_year_of_packs_is_named_by_one_manifest(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let packs: Vec<[u8; 4]> = (0..1_100_u32).map(u32::to_le_bytes).collect();
    let put = |pack: &[u8; 4]| {
        let (space, hash) = (world.vault.space(), PackRef::address(pack));
        Write::Pack(PutPack { space, hash, bytes: pack.to_vec(), now: NOW })
    };
    world.store.commit(&packs.iter().map(put).collect::<Vec<_>>()).await.unwrap();
    let named: Vec<&[u8]> = packs.iter().map(<[u8; 4]>::as_slice).collect();
    world.compact(&named[1..], &[], NOW).await;
    assert_eq!(world.keep(days(2)).await, (0, 0, 1));
    assert_eq!((world.has(named[0]).await, world.has(named[1_099]).await), (false, true));
}

on_every_store!(
    a_pack_is_kept_once_under_the_hash_of_its_bytes,
    a_manifest_takes_the_place_of_its_parent_and_of_no_other,
    of_two_manifests_on_one_parent_one_comes_into_force,
    every_pack_that_a_manifest_names_is_here,
    a_manifest_contradicts_nothing_that_is_here_and_forgets_nothing,
    a_log_goes_on_from_where_a_manifest_covers_it,
    the_covered_part_of_a_log_ends_before_the_first_entry_that_is_not,
    entries_beyond_a_cut_keep_nothing_back,
    what_every_device_has_checked_is_dropped_when_its_time_is_over,
    what_was_stored_for_nothing_counts_no_more,
    a_device_that_is_gone_for_long_is_not_waited_for,
    nothing_is_dropped_while_no_device_is_there,
    a_revoked_device_and_a_phrase_are_not_waited_for,
    who_has_checked_a_manifest_has_checked_those_before,
    only_an_active_device_has_a_word_on_the_manifest_in_force,
    a_pack_that_nobody_names_is_dropped_after_a_day,
    a_space_that_is_to_be_deleted_takes_and_drops_nothing,
    a_year_of_packs_is_named_by_one_manifest,
);

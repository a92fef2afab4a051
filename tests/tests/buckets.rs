//! Buckets of the read model: whatever happened, they hold what a look at every row would find; and nothing of it shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "buckets/packs.rs"]
mod packs;

use engine::api::MemberChange;
use engine::{
    BucketPage, Command, Config, DocKey, Edit, EditOp, EngineError, Expect, Origin, Path, Query, RecordId,
    Reply, Row, Value,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet};
use sync_server::memory::MemoryStore;
use tests::simulation::device::Device;
use tests::simulation::disk::Counts;
use tests::simulation::house::House;
use tests::simulation::schema::{MARKED, in_bucket};

const START: i64 = 1_763_700_000_000;
/// Titles of the random histories begin with these.
const LETTERS: [&str; 4] = ["a", "b", "c", "é"];

fn ask(device: &mut Device, rng: &mut ChaCha20Rng, now: i64, query: Query) -> Reply {
    device.ask(rng, now, query).unwrap()
}

/// Pages of a bucket, the last one first, as many rows a page.
fn pages(
    device: &mut Device,
    rng: &mut ChaCha20Rng,
    now: i64,
    (bucket, until, limit): (&str, Option<&str>, usize),
) -> Vec<BucketPage> {
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let (kind, bucket) = ("thing".to_owned(), bucket.to_owned());
        let query = Query::Bucket { kind, bucket, until: until.map(Into::into), before, limit };
        let Reply::Bucket(page) = ask(device, rng, now, query) else { panic!("not a bucket") };
        before = page.before.clone();
        pages.push(page);
        if before.is_none() {
            return pages;
        }
    }
}

/// All rows of a bucket, however they come.
fn listed(
    device: &mut Device,
    rng: &mut ChaCha20Rng,
    now: i64,
    (bucket, limit): (&str, usize),
) -> BTreeMap<DocKey, Row> {
    let (mut rows, mut count, mut after) = (BTreeMap::new(), 0, None);
    loop {
        let query = Query::BucketRows { kind: "thing".into(), bucket: bucket.into(), after, limit };
        let Reply::Page(page, next) = ask(device, rng, now, query) else { panic!("not a page") };
        count += page.len();
        rows.extend(page.into_iter().map(|row| (row.key.clone(), row)));
        after = next;
        if after.is_none() {
            assert_eq!(count, rows.len(), "a row came twice");
            return rows;
        }
    }
}

/// All rows of a kind, by a look at every one.
fn all(device: &mut Device, rng: &mut ChaCha20Rng, now: i64, kind: &str) -> Vec<Row> {
    let query = Query::List { kind: kind.into(), parent: None, after: None, limit: 1_000 };
    let Reply::Page(rows, None) = ask(device, rng, now, query) else { panic!("more than a page") };
    rows
}

/// What the buckets say and what the rows say. How many rows there are.
#[track_caller]
fn assert_same(device: &mut Device, rng: &mut ChaCha20Rng, now: i64, what: &str) -> usize {
    let things = all(device, rng, now, "thing");
    let rows = [things.clone(), all(device, rng, now, "log")].concat();
    let wanted = [("all", None), ("untitled", None), ("a", Some("ab")), ("é", None), (MARKED, None)];
    for (bucket, until) in wanted.into_iter().chain(LETTERS.map(|letter| (letter, None))) {
        let expected = in_bucket(&rows, bucket, until);
        for limit in [3, 1_000] {
            let pages = pages(device, rng, now, (bucket, until, limit));
            assert_eq!(pages[0].total, expected.len() as u64, "{what}: {bucket} until {until:?}");
            let found: Vec<Row> = pages.into_iter().rev().flat_map(|page| page.rows).collect();
            assert!(found == expected, "{what}: {bucket} until {until:?}, {limit} a page");
            if until.is_none() {
                let by_key: BTreeMap<DocKey, Row> =
                    expected.iter().map(|row| (row.key.clone(), row.clone())).collect();
                assert!(
                    listed(device, rng, now, (bucket, limit)) == by_key,
                    "{what}: {bucket}, {limit} a page"
                );
            }
        }
    }
    things.len()
}

fn problems(device: &mut Device, rng: &mut ChaCha20Rng, now: i64) -> Vec<String> {
    match device.run(rng, now, Command::Verify).unwrap() {
        Reply::Verified(found) => found.problems,
        other => panic!("{other:?}"),
    }
}

fn thing(n: u8) -> DocKey {
    DocKey::thing("thing", RecordId::new([n; 16]))
}

fn edit(key: DocKey, op: EditOp) -> Edit {
    Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand }
}

fn title(n: u8, title: &str) -> Edit {
    edit(thing(n), EditOp::Put(Path::Field("title".into()), Value::Text(title.into())))
}

fn any_edit(rng: &mut ChaCha20Rng) -> Edit {
    let record = u8::try_from(rng.next_u32() % 40).unwrap();
    let letter = |n: u32| LETTERS[n as usize % LETTERS.len()];
    match rng.next_u32() % 10 {
        0..5 => title(record, &format!("{}{}", letter(rng.next_u32()), letter(rng.next_u32()))),
        5 => edit(thing(record), EditOp::Remove(Path::Field("title".into()))),
        6 => edit(thing(record), EditOp::Put(Path::Field("other".into()), Value::Bool(true))),
        7 => edit(thing(record), EditOp::Untrash),
        8 => edit(thing(record), EditOp::Trash),
        _ => {
            let log = DocKey::stream("log", RecordId::new([record; 16]), "2026", 0);
            edit(log, EditOp::Put(Path::Key("rows".into(), "2026-01-01".into()), Value::Bool(true)))
        }
    }
}

/// One device without a relay.
fn alone(config: Config) -> (Device, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let mut device = Device::found("alice", config, &mut rng).device;
    device.open(&mut rng);
    device.settle(&mut rng, START);
    (device, rng)
}

#[test]
fn whatever_happened_to_a_device_alone_its_buckets_hold_what_its_rows_say() {
    for seed in 0..16 {
        let small = Config { batch: 3, resident: 4, ..Config::default() };
        let (mut device, mut rng) = alone(if seed % 2 == 0 { Config::default() } else { small });
        let mut dice = ChaCha20Rng::seed_from_u64(seed);
        for n in 0..200 {
            let now = START + n * 1_000;
            let some = (0..=dice.next_u32() % 3).map(|_| any_edit(&mut dice)).collect();
            device.run(&mut rng, now, Command::Edit(some)).unwrap();
            if dice.next_u32().is_multiple_of(20) {
                // The power goes somewhere on the way, with the last transaction on the disk or not.
                let edits = Command::Edit(vec![any_edit(&mut dice)]);
                device.command(if dice.next_u32().is_multiple_of(2) { Command::Rebuild } else { edits });
                for _ in 0..dice.next_u32() % 12 {
                    device.sync_disk();
                    device.step(&mut rng, now);
                }
                device.crash(dice.next_u32() as usize % 2);
                device.open(&mut rng);
                assert_same(&mut device, &mut rng, now, &format!("seed {seed}, opened after {n}"));
            }
        }
        assert!(assert_same(&mut device, &mut rng, START, &format!("seed {seed}")) > 30);
        assert_eq!(problems(&mut device, &mut rng, START), Vec::<String>::new(), "seed {seed}");
        device.run(&mut rng, START, Command::Rebuild).unwrap();
        assert_same(&mut device, &mut rng, START, &format!("seed {seed}, made anew"));
        assert_eq!(problems(&mut device, &mut rng, START), Vec::<String>::new(), "seed {seed}, made anew");
    }
}

/// Edits by somebody, of which nothing is told about those that are not allowed.
fn make(house: &mut House, who: usize, edits: Vec<Edit>) {
    let now = house.vault.now;
    let made = house.rooms[who].device.run(&mut house.vault.rng, now, Command::Edit(edits));
    assert!(matches!(made, Ok(_) | Err(EngineError::Revoked)), "{made:?}");
}

#[track_caller]
fn assert_buckets(house: &mut House, who: usize, what: &str) -> usize {
    let (vault, device) = (&mut house.vault, &mut house.rooms[who].device);
    assert_same(device, &mut vault.rng, vault.now, &format!("{what}, device {who}"))
}

#[test]
fn changes_merged_in_any_order_leave_the_same_in_the_buckets() {
    for seed in 0..6 {
        let mut house = House::of(&["bob", "carol"]);
        let mut dice = ChaCha20Rng::seed_from_u64(seed);
        for round in 0..30 {
            let who = dice.next_u32() as usize % 3;
            make(&mut house, who, (0..4).map(|_| any_edit(&mut dice)).collect());
            if house.rooms[who].connection.is_some() {
                house.disconnect(who);
            } else {
                house.connect(who);
            }
            house.settle();
            for who in 0..3 {
                assert_buckets(&mut house, who, &format!("seed {seed}, {round}"));
            }
        }
        for who in 0..3 {
            if house.rooms[who].connection.is_none() {
                house.connect(who);
            }
        }
        house.settle();
        for who in 0..3 {
            assert!(assert_buckets(&mut house, who, &format!("seed {seed}")) > 20);
            assert_eq!(house.problems(who), Vec::<String>::new(), "seed {seed}, device {who}");
        }
    }
}

#[test]
fn what_a_revocation_made_void_stands_in_no_bucket() {
    let mut house = House::of(&["bob", "carol"]);
    make(&mut house, 1, vec![title(1, "a before")]);
    house.settle();
    let backup: MemoryStore = (*house.vault.relay.store).clone();
    house.disconnect(0);
    make(&mut house, 1, vec![title(1, "b beyond"), title(3, "b beyond too")]);
    house.settle();
    (0..3).for_each(|who| house.disconnect(who));
    house.vault.relay.store.restore(&backup);
    house.vault.relay.restart();
    house.connect(0);
    house.settle();
    let bob = house.id(1);
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    house.connect(2);
    house.settle();
    assert_eq!(assert_buckets(&mut house, 2, "after the revocation"), 1);
    assert_eq!(house.problems(2), Vec::<String>::new());
}

#[test]
fn a_bucket_is_read_and_not_the_kind_and_only_the_rows_that_are_shown() {
    let (mut device, mut rng) = alone(Config::default());
    for n in 0..100 {
        let letter = if n < 90 { "a" } else { "b" };
        device.run(&mut rng, START, Command::Edit(vec![title(n, &format!("{letter}{n:02}"))])).unwrap();
    }
    device.disk.take_counts();
    let found = &pages(&mut device, &mut rng, START, ("b", Some("b95"), 4))[0];
    assert_eq!((found.rows.len(), found.total), (4, 6));
    let counts = device.disk.take_counts();
    // The second page is the last: what stands in the bucket was looked at twice.
    assert_eq!((Counts::of(&counts.found, b'b'), Counts::of(&counts.found, b'v')), (20, 6));
}

#[test]
fn all_of_a_bucket_is_read_once_however_small_the_pages_are() {
    let (mut device, mut rng) = alone(Config::default());
    for n in 0..100 {
        let letter = if n < 60 { "a" } else { "b" };
        device.run(&mut rng, START, Command::Edit(vec![title(n, &format!("{letter}{n:02}"))])).unwrap();
    }
    device.disk.take_counts();
    assert_eq!(listed(&mut device, &mut rng, START, ("b", 7)).len(), 40);
    let counts = device.disk.take_counts();
    assert_eq!((Counts::of(&counts.found, b'b'), Counts::of(&counts.found, b'v')), (40, 40));
}

#[test]
fn a_list_of_a_bucket_goes_on_where_it_was_though_all_is_made_anew_between_two_pages() {
    let (mut device, mut rng) = alone(Config::default());
    for n in 0..20 {
        device.run(&mut rng, START, Command::Edit(vec![title(n, "a")])).unwrap();
    }
    let page = |after| Query::BucketRows { kind: "thing".into(), bucket: "a".into(), after, limit: 8 };
    let Reply::Page(first, Some(after)) = ask(&mut device, &mut rng, START, page(None)) else { panic!() };
    device.run(&mut rng, START, Command::Rebuild).unwrap();
    let Reply::Page(second, Some(after)) = ask(&mut device, &mut rng, START, page(Some(after))) else {
        panic!()
    };
    let Reply::Page(third, None) = ask(&mut device, &mut rng, START, page(Some(after))) else { panic!() };
    let keys: BTreeSet<DocKey> = [first, second, third].concat().into_iter().map(|row| row.key).collect();
    assert_eq!(keys.len(), 20);
    // A cursor of nobody's leads to nothing or to the rest, and is no harm.
    for cursor in [vec![], vec![7], vec![1, 255, 255], vec![0; 90]] {
        assert!(matches!(ask(&mut device, &mut rng, START, page(Some(cursor))), Reply::Page(..)));
    }
}

#[test]
fn an_edit_that_moves_nothing_writes_nothing_for_the_buckets() {
    let (mut device, mut rng) = alone(Config::default());
    device.run(&mut rng, START, Command::Edit(vec![title(1, "a")])).unwrap();
    let mut written = |edit| {
        device.disk.take_counts();
        device.run(&mut rng, START, Command::Edit(vec![edit])).unwrap();
        Counts::of(&device.disk.take_counts().writes, b'b')
    };
    assert_eq!(written(edit(thing(1), EditOp::Put(Path::Field("else".into()), Value::Bool(true)))), 0);
    assert_eq!(written(title(1, "a")), 0);
    assert_eq!(written(title(1, "ab")), 1, "another order in the same bucket");
    assert_eq!(written(title(1, "b")), 2, "out of one and into another");
    assert_eq!(written(edit(thing(1), EditOp::Trash)), 2, "out of both");
}

#[test]
fn neither_a_bucket_nor_what_stands_in_it_shows_in_the_store() {
    let (mut device, mut rng) = alone(Config::default());
    for n in 0..50 {
        device.run(&mut rng, START, Command::Edit(vec![title(n, &format!("2917-07-{n:02}"))])).unwrap();
    }
    let members = device.disk.keys(b"b");
    assert_eq!(members.len(), 100);
    let created = format!("{START:020}");
    let plain = ["untitled", "thing", "all", "bucket", "2917", &created];
    for word in plain.iter().filter(|word| word.len() > 3) {
        let bytes = device.disk.bytes();
        assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
    // The ids of records show in the keys of rows, and nowhere in those of buckets.
    for (n, key) in (0..50).flat_map(|n| members.iter().map(move |key| (n, key))) {
        assert!(!key.windows(4).any(|part| part == &[n; 16][..4]), "record {n} in {key:?}");
    }
    let rows = device.disk.keys(b"v");
    assert!(rows.iter().all(|key| (0..50).any(|n| key.windows(16).any(|part| part == [n; 16]))));
}

#[test]
fn a_damaged_bucket_is_told_and_mended_by_a_rebuild() {
    let (mut device, mut rng) = alone(Config::default());
    (0..20).for_each(|n| drop(device.run(&mut rng, START, Command::Edit(vec![title(n, "a")])).unwrap()));
    assert_eq!(device.disk.spoil(b"b"), 40);
    let query =
        Query::Bucket { kind: "thing".into(), bucket: "a".into(), until: None, before: None, limit: 10 };
    let told = device.ask(&mut rng, START, query);
    assert!(matches!(&told, Err(EngineError::Damaged(text)) if text.contains("bucket")), "{told:?}");
    assert!(problems(&mut device, &mut rng, START).iter().any(|text| text.contains("bucket")));
    device.run(&mut rng, START, Command::Rebuild).unwrap();
    assert_same(&mut device, &mut rng, START, "made anew");
    assert_eq!(problems(&mut device, &mut rng, START), Vec::<String>::new());
}

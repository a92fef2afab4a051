//! The hot paths, alone, on a store in memory: guards against a change that makes one of them slower. Times are compared with
//! those that criterion kept of an earlier run on the same machine, so run it before a change and after it.
//!
//! Growth with the size of a vault is counted, not timed, in `tests/tests/growth.rs` and `tests/tests/search/size.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::{Command, Edit, Query, Reply};
use std::hint::black_box;
use tests::simulation::device::Device;
use tests::simulation::house::{House, Room};
use tests::simulation::schema::titled;
use tests::simulation::vault::Vault;
use tests::wire::Member;

const ALICE: usize = 0;
/// Records of a vault.
const RECORDS: u32 = 1_000;
/// Entries that come together.
const TOGETHER: u64 = 64;

/// A vault, offline, with so many records on its first device.
fn vault(records: u32) -> (Vault, Device) {
    let (mut vault, mut devices) = Vault::found(3, &[]);
    let mut alice = devices.remove(0);
    for from in (0..records).step_by(100) {
        let edits =
            (from..records.min(from + 100)).map(|n| titled(n, &format!("record {n} of many"))).collect();
        run(&mut vault, &mut alice, edits);
    }
    (vault, alice)
}

fn run(vault: &mut Vault, device: &mut Device, edits: Vec<Edit>) {
    assert!(matches!(device.run(&mut vault.rng, vault.now, Command::Edit(edits)), Ok(Reply::Edited(_))));
}

fn entries(c: &mut Criterion) {
    let mut group = c.benchmark_group("entry");
    let text = b"what a change of a title comes to, more or less".repeat(4);
    group.bench_function("seal, sign", |b| {
        b.iter_batched_ref(
            || Member::found(1),
            |member| member.write(black_box(&text)),
            BatchSize::SmallInput,
        );
    });
    let mut member = Member::found(1);
    let run: Vec<_> = (0..TOGETHER).map(|_| member.write(&text).read().unwrap()).collect();
    group.throughput(Throughput::Elements(TOGETHER));
    group.bench_function("open", |b| {
        b.iter(|| {
            run.iter().for_each(|entry| drop(seal::open_entry(black_box(entry), member.ring()).unwrap()))
        });
    });
    group.bench_function("admit a run with one signature", |b| {
        b.iter(|| {
            assert!(run.iter().all(|entry| member.chain().admit_unsigned(black_box(entry), None).is_ok()));
            assert!(member.chain().is_signed(run.last().unwrap()));
        });
    });
    group.finish();
}

fn alone(c: &mut Criterion) {
    let mut group = c.benchmark_group("device");
    let (mut vault, mut alice) = vault(RECORDS);
    let mut n = 0;
    group.bench_function("edit", |b| {
        b.iter(|| {
            n += 1;
            run(&mut vault, &mut alice, vec![titled(n * 7 % RECORDS, &format!("another {n}"))]);
        });
    });
    group.bench_function("search", |b| {
        let query = || Query::Search { text: "recrd man".into(), kinds: Vec::new(), trash: false, limit: 20 };
        b.iter(|| alice.ask(&mut vault.rng, vault.now, black_box(query())).unwrap());
    });
    group.bench_function("a page of 100 rows", |b| {
        let query = || Query::List { kind: "thing".into(), parent: None, after: None, limit: 100 };
        b.iter(|| alice.ask(&mut vault.rng, vault.now, black_box(query())).unwrap());
    });
    group.bench_function("open", |b| {
        b.iter(|| {
            alice.crash(0);
            alice.open(&mut vault.rng);
            alice.settle(&mut vault.rng, vault.now);
        });
    });
    group.finish();
}

/// Alice online with so many records; nobody else.
fn house(records: u32) -> House {
    let mut house = House::of(&[]);
    for from in (0..records).step_by(100) {
        let edits = (from..records.min(from + 100)).map(|n| titled(n, &format!("record {n}"))).collect();
        let request = house.rooms[ALICE].device.command(Command::Edit(edits));
        house.settle();
        assert!(house.rooms[ALICE].device.reply(request).is_some_and(|reply| reply.is_ok()));
    }
    house
}

fn together(c: &mut Criterion) {
    let mut group = c.benchmark_group("relay in memory");
    group.sample_size(10);
    let fresh = |packed: bool| {
        move || {
            let mut house = house(RECORDS);
            if packed {
                house.rooms[ALICE].device.command(Command::Compact);
                house.settle();
                house.vault.relay.keep(house.vault.now, std::time::Duration::ZERO);
                assert!(house.vault.relay.log(house.vault.account).is_empty());
            }
            let device = house.vault.join("bob");
            house.rooms.push(Room { device, connection: None, disk_takes: 0 });
            house
        }
    };
    for (name, packed) in [("fresh device, the log", false), ("fresh device, packs", true)] {
        group.throughput(Throughput::Elements(u64::from(RECORDS)));
        group.bench_function(name, |b| {
            let begin = |house: &mut House| {
                house.connect(1);
                house.settle();
            };
            b.iter_batched_ref(fresh(packed), begin, BatchSize::PerIteration);
        });
    }
    group.bench_function("pack", |b| {
        let pack = |house: &mut House| {
            house.rooms[ALICE].device.command(Command::Compact);
            house.settle();
        };
        b.iter_batched_ref(|| house(RECORDS), pack, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(hot, entries, alone, together);
criterion_main!(hot);

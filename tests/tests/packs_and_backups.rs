//! Packs, where a relay is restored from a backup or a device is cut short: what was packed once is packed again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use sync_server::memory::MemoryStore;
use tests::simulation::house::House;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn title(record: u8) -> String {
    format!("record {record}")
}

fn write(house: &mut House, who: usize, records: impl IntoIterator<Item = u8>) {
    for record in records {
        house.write(who, record, "title", &title(record)).unwrap();
        house.settle();
    }
}

#[track_caller]
fn assert_whole(house: &mut House, who: usize, fields: &[(u8, &str, &str)]) {
    for (record, field, value) in fields {
        assert_eq!(house.read(who, *record, field).as_deref(), Some(*value), "{record} {field} on {who}");
    }
    assert_eq!(house.problems(who), Vec::<String>::new());
}

/// The relay has packs of records, then newer ones of what was written since, and nothing else. Gives what it had before
/// that was written.
fn packed_twice(house: &mut House) -> MemoryStore {
    write(house, ALICE, 10..40);
    house.compact(ALICE);
    assert_eq!(house.keep(), 0);
    let backup = house.backup();
    // One stands in the older packs too, one in the newer ones alone.
    house.write(ALICE, 10, "other", "newer").unwrap();
    house.write(ALICE, 50, "other", "newer").unwrap();
    house.settle();
    house.compact(ALICE);
    assert_eq!(house.keep(), 0);
    backup
}

const NEWER: [(u8, &str, &str); 2] = [(10, "other", "newer"), (50, "other", "newer")];

#[test]
fn what_newer_packs_held_that_a_restored_relay_forgot_is_packed_again() {
    let mut house = House::of(&[]);
    let backup = packed_twice(&mut house);
    house.restore(&backup);
    house.connect(ALICE);
    house.settle();
    house.compact(ALICE);
    assert_eq!(house.keep(), 0);
    let bob = house.joins("bob");
    assert_whole(&mut house, bob, &NEWER);
}

#[test]
fn who_began_with_newer_packs_than_a_restored_relay_has_gives_it_what_they_held() {
    let mut house = House::of(&[]);
    let backup = packed_twice(&mut house);
    assert_eq!(house.joins("bob"), BOB);
    assert_whole(&mut house, BOB, &NEWER);
    house.restore(&backup);
    // Alice, who has the entries, does not come back. The relay does not know Bob any more.
    let links = house.rooms[BOB].device.engine().unwrap().chain();
    house.vault.relay.register(&links, house.vault.now).unwrap();
    house.connect(BOB);
    house.settle();
    assert_eq!(house.joins("carol"), CAROL);
    assert_whole(&mut house, CAROL, &NEWER);
}

//! Packs, where a relay is restored from a backup or a device is cut short: what was packed once is packed again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::{Job, MemberChange};
use engine::{Command, Notice, Reply};
use sync_server::memory::MemoryStore;
use tests::simulation::house::{House, Room};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DORA: usize = 3;

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

/// Goes online, and is cut short after so many turns, in each of which one transaction is stored. Whether it had taken packs.
fn is_cut_short(house: &mut House, who: usize, turns: usize) -> bool {
    house.rooms[who].disk_takes = 1;
    house.rooms[who].device.notices.clear();
    house.connect(who);
    for _ in 0..turns {
        house.turn();
    }
    let took = |n: &Notice| matches!(n, Notice::Progress { job: Job::Intake, .. });
    let taken = house.rooms[who].device.notices.iter().any(took);
    house.rooms[who].connection = None;
    house.rooms[who].device.crash(0);
    house.rooms[who].disk_takes = 0;
    taken
}

/// More turns than anybody needs to take packs in.
const TURNS: usize = 100;

#[test]
fn who_was_cut_short_with_newer_packs_than_a_restored_relay_has_packs_what_they_held() {
    let story = |turns: usize| {
        let mut house = House::of(&["bob"]);
        write(&mut house, ALICE, 10..40);
        house.compact(ALICE);
        let backup = house.backup();
        house.write(ALICE, 10, "other", "newer").unwrap();
        house.write(ALICE, 50, "other", "newer").unwrap();
        house.settle();
        house.disconnect(BOB);
        house.compact(ALICE);
        let taken = is_cut_short(&mut house, BOB, turns);
        house.restore(&backup);
        // Alice does not come back.
        house.vault.now += 120 * 24 * 3_600 * 1_000;
        house.connect(BOB);
        house.settle();
        house.compact(BOB);
        assert_eq!(house.keep(), 0);
        let carol = house.joins("carol");
        assert_whole(&mut house, carol, &NEWER);
        taken
    };
    assert!((0..TURNS).any(story), "he never took packs in");
}

#[test]
fn who_was_cut_short_with_packs_takes_out_what_of_them_lies_beyond_a_later_revocation() {
    let story = |turns: usize| {
        let mut house = House::of(&["bob", "carol"]);
        house.write(BOB, 10, "title", "counts").unwrap();
        let device = house.vault.join("dora");
        house.settle();
        house.disconnect(CAROL);
        let backup = house.backup();
        house.write(BOB, 10, "title", "void").unwrap();
        house.settle();
        house.compact(ALICE);
        house.rooms.push(Room { device, connection: None, disk_takes: 0 });
        let taken = is_cut_short(&mut house, DORA, turns);
        house.restore(&backup);
        house.connect(CAROL);
        house.settle();
        let bob = house.id(BOB);
        assert_eq!(house.change(CAROL, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
        house.connect(DORA);
        house.settle();
        house.wait(1_000);
        assert_whole(&mut house, DORA, &[(10, "title", "counts")]);
        taken
    };
    assert!((0..TURNS).any(story), "she never took packs in");
}

/// Dora has rows of packs, and was cut short before their documents came. The relay has forgotten those packs when she comes
/// again; `others` says whether it has packs of other records by then. Whether she had taken any.
fn finds_no_rows_of_forgotten_packs(turns: usize, others: bool) -> bool {
    let mut house = House::of(&["bob"]);
    let device = house.vault.join("dora");
    house.settle();
    house.disconnect(BOB);
    let backup = house.backup();
    write(&mut house, ALICE, 10..40);
    house.compact(ALICE);
    house.rooms.push(Room { device, connection: None, disk_takes: 0 });
    let dora = house.rooms.len() - 1;
    let taken = is_cut_short(&mut house, dora, turns);
    house.restore(&backup);
    // Alice does not come back.
    house.connect(BOB);
    house.settle();
    if others {
        write(&mut house, BOB, 50..60);
        house.compact(BOB);
    }
    house.connect(dora);
    house.settle();
    house.wait(1_000);
    assert_eq!(house.problems(dora), Vec::<String>::new(), "after {turns} turns");
    let there = house.read(dora, 50, "title");
    assert_eq!(there.as_deref(), others.then_some("record 50"));
    taken
}

#[test]
fn rows_of_packs_go_where_the_relay_forgot_them_before_their_documents_came() {
    assert!(
        (0..TURNS).any(|turns| finds_no_rows_of_forgotten_packs(turns, false)),
        "she never took packs in"
    );
}

#[test]
fn rows_of_packs_go_where_others_took_their_place_before_their_documents_came() {
    assert!((0..TURNS).any(|turns| finds_no_rows_of_forgotten_packs(turns, true)), "she never took packs in");
}

#[test]
fn packs_that_stand_for_a_chain_which_its_author_wrote_anew_are_taken_by_who_has_the_new_one() {
    let mut house = House::of(&["bob", "carol"]);
    write(&mut house, ALICE, 10..14);
    let (backup, before) = (house.backup(), house.rooms[BOB].device.copy("bob, restored"));
    house.disconnect(CAROL);
    write(&mut house, BOB, 20..24);
    // Longer than a device is waited for.
    house.vault.now += 120 * 24 * 3_600 * 1_000;
    [ALICE, BOB].into_iter().for_each(|who| house.disconnect(who));
    [ALICE, BOB].into_iter().for_each(|who| house.connect(who));
    house.settle();
    house.compact(ALICE);
    assert_eq!(house.keep(), 0);
    assert_eq!(house.joins("dora"), DORA);
    let links = house.rooms[DORA].device.engine().unwrap().chain();

    // The relay and Bob were restored, and Bob goes on. Alice does not come back.
    house.restore(&backup);
    house.vault.relay.register(&links, house.vault.now).unwrap();
    house.rooms[BOB].device = before;
    house.connect(BOB);
    house.connect(CAROL);
    write(&mut house, BOB, 30..32);
    // Dora has what Bob wrote first as packed documents only, and what she writes now goes to the relay with them.
    write(&mut house, DORA, 40..42);
    house.connect(DORA);
    house.settle();
    write(&mut house, DORA, 42..44);

    let all = [20, 21, 22, 23, 30, 31, 40, 41, 42, 43];
    let titles: Vec<String> = all.iter().map(|record| title(*record)).collect();
    let whole: Vec<(u8, &str, &str)> =
        all.iter().zip(&titles).map(|(record, title)| (*record, "title", title.as_str())).collect();
    for who in [BOB, CAROL, DORA] {
        assert_whole(&mut house, who, &whole);
    }
}

/// Carol, who knows what Bob wrote as packed documents only, fills a relay that lost it, and packs with that what she wrote
/// and had not sent. A copy of her store is online, and something is written on it so many turns later. Whether it had merged
/// those packs by then.
fn copy_keeps_what_is_written_on_it_after(turns: usize) -> bool {
    let mut house = House::of(&["bob", "carol"]);
    write(&mut house, ALICE, 10..14);
    let backup = house.backup();
    let copy = house.rooms[CAROL].device.copy("carol, copied");
    house.disconnect(CAROL);
    write(&mut house, BOB, 20..24);
    // Longer than a device is waited for.
    house.vault.now += 120 * 24 * 3_600 * 1_000;
    [ALICE, BOB].into_iter().for_each(|who| house.disconnect(who));
    [ALICE, BOB].into_iter().for_each(|who| house.connect(who));
    house.settle();
    house.compact(ALICE);
    assert_eq!(house.keep(), 0);
    house.connect(CAROL);
    house.settle();

    // Alice and Bob do not come back.
    house.restore(&backup);
    let twin = house.rooms.len();
    house.rooms.push(Room { device: copy, connection: None, disk_takes: 1 });
    house.connect(twin);
    house.settle();
    write(&mut house, CAROL, 40..42);
    house.connect(CAROL);
    for _ in 0..turns {
        house.turn();
    }
    let taking = |n: &Notice| matches!(n, Notice::Progress { job: Job::Intake, .. });
    let taken = house.rooms[twin].device.notices.iter().any(taking);
    house.write(twin, 60, "title", &title(60)).unwrap();
    house.settle();
    house.settle();
    for who in [CAROL, twin] {
        // Whom the relay refused, as the other was faster, begins anew.
        if house.rooms[who].connection.is_none() {
            house.connect(who);
            house.settle();
        }
    }
    for who in [CAROL, twin] {
        assert_whole(&mut house, who, &[(41, "title", &title(41)), (60, "title", &title(60))]);
    }
    taken
}

#[test]
fn what_is_written_on_a_copied_device_while_it_takes_in_packs_of_its_twin_is_kept() {
    assert!((0..TURNS).any(copy_keeps_what_is_written_on_it_after), "it never took packs in");
}

/// Two devices pack, one of them so many turns later, and slowly the one that began: a transaction there takes `slow` turns.
/// Whether the other was faster.
fn takes_in_what_it_packs_upon(slow: u32, turns: usize) -> bool {
    let mut house = House::of(&["bob"]);
    write(&mut house, ALICE, 10..40);
    house.rooms[BOB].disk_takes = slow;
    let asked = [BOB, ALICE].map(|who| {
        let request = house.rooms[who].device.command(Command::Compact);
        for _ in 0..turns {
            house.turn();
        }
        (who, request)
    });
    house.settle();
    for (who, request) in asked {
        assert_eq!(house.rooms[who].device.reply(request), Some(Ok(Reply::Compacted)), "{who}");
    }
    let last = house.vault.relay.manifest(house.vault.account).unwrap();
    let bob_is_last = last.device == house.id(BOB);
    if bob_is_last {
        assert!(last.parent.is_some(), "they made one each");
        let taking = |n: &Notice| matches!(n, Notice::Progress { job: Job::Intake, .. });
        assert!(house.rooms[BOB].device.notices.iter().any(taking), "{slow}, {turns} turns");
    }
    bob_is_last
}

#[test]
fn who_packs_while_other_packs_come_into_force_takes_those_in_first() {
    let paces = (1..8).flat_map(|slow| (0..12).map(move |turns| (slow, turns)));
    let faster = paces.filter(|(slow, turns)| takes_in_what_it_packs_upon(*slow, *turns));
    assert!(faster.count() > 0, "the other was never faster");
}

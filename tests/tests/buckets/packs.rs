//! Buckets while packs come, and while the read model is made anew because of them.

use super::{any_edit, assert_buckets, edit, make, thing, title};
use engine::EditOp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::BTreeSet;
use tests::simulation::house::{House, Room};

#[test]
fn a_device_that_takes_packs_shows_at_every_moment_what_its_rows_say() {
    let mut house = House::of(&["bob"]);
    let mut dice = ChaCha20Rng::seed_from_u64(5);
    for round in 0..4 {
        for n in 0..40 {
            make(&mut house, n % 2, vec![any_edit(&mut dice)]);
        }
        house.settle();
        if round < 3 {
            house.compact(0);
            house.keep();
        }
    }
    let device = house.vault.join("carol");
    house.rooms.push(Room { device, connection: None, disk_takes: 0 });
    house.connect(2);
    let mut seen = BTreeSet::new();
    for turn in 0.. {
        let moved = house.turn();
        seen.insert(assert_buckets(&mut house, 2, &format!("turn {turn}")));
        // It writes, too, while packs come: its document is there before theirs.
        if turn == 3 {
            make(&mut house, 2, vec![title(7, "cc")]);
        }
        if !moved {
            break;
        }
    }
    assert!(seen.len() > 2, "it came in one piece: {seen:?}");
    for who in 0..3 {
        assert!(assert_buckets(&mut house, who, "in the end") > 30);
        assert_eq!(house.problems(who), Vec::<String>::new(), "device {who}");
    }
}

/// Goes online, and after so many turns, in each of which one transaction is stored, the power goes.
fn cut_short(house: &mut House, who: usize, turns: usize) {
    house.rooms[who].disk_takes = 1;
    house.connect(who);
    for _ in 0..turns {
        house.turn();
    }
    house.rooms[who].connection = None;
    house.rooms[who].device.crash(0);
    house.rooms[who].disk_takes = 0;
    house.rooms[who].device.open(&mut house.vault.rng);
}

/// More turns than anybody needs to take packs in.
const TURNS: usize = 24;

/// Carol takes packs in and is cut short. Whether she had rows without documents then.
fn has_rows_alone(turns: usize) -> bool {
    let mut house = House::of(&["bob"]);
    (0..30).for_each(|n| make(&mut house, 0, vec![title(n, "ab")]));
    house.compact(0);
    house.keep();
    let device = house.vault.join("carol");
    house.rooms.push(Room { device, connection: None, disk_takes: 0 });
    cut_short(&mut house, 2, turns);
    let rows = assert_buckets(&mut house, 2, &format!("cut off after {turns}"));
    let alone = rows > 0 && house.rooms[2].device.disk.keys(b"d").is_empty();
    // What she writes herself stands beside rows of packs for a while.
    make(&mut house, 2, vec![title(3, "b"), title(40, "c")]);
    assert_buckets(&mut house, 2, &format!("cut off after {turns}, written"));
    house.connect(2);
    house.settle();
    assert_eq!(assert_buckets(&mut house, 2, &format!("cut off after {turns}, in step")), 31);
    assert_eq!(house.problems(2), Vec::<String>::new(), "cut off after {turns}");
    alone
}

#[test]
fn rows_of_packs_are_found_before_their_documents_come() {
    let alone = (0..TURNS).filter(|turns| has_rows_alone(*turns)).count();
    assert!(alone > 0, "the documents came with the rows");
}

/// Carol has rows of packs that the relay forgot, and makes her read model anew; so many turns later she is offline. Whether
/// that was on the way.
fn is_made_anew_in_two_pieces(rows_alone: usize, turns: usize) -> bool {
    let mut house = House::of(&["bob"]);
    let device = house.vault.join("carol");
    house.settle();
    house.disconnect(1);
    let backup = house.backup();
    (0..30).for_each(|n| make(&mut house, 0, vec![title(n, "ab")]));
    house.compact(0);
    house.rooms.push(Room { device, connection: None, disk_takes: 0 });
    cut_short(&mut house, 2, rows_alone);
    house.restore(&backup);
    // Alice does not come back.
    house.connect(1);
    (50..60).for_each(|n| make(&mut house, 1, vec![title(n, "a")]));
    house.settle();
    house.rooms[2].disk_takes = 1;
    house.connect(2);
    for _ in 0..turns {
        house.turn();
    }
    house.disconnect(2);
    let before = assert_buckets(&mut house, 2, &format!("offline after {turns}"));
    make(
        &mut house,
        2,
        vec![title(50, "b"), title(51, "ac"), edit(thing(52), EditOp::Trash), title(60, "c")],
    );
    assert_buckets(&mut house, 2, &format!("offline after {turns}, written"));
    let (vault, device) = (&mut house.vault, &mut house.rooms[2].device);
    let generations: BTreeSet<u8> = device.disk.keys(b"b").iter().map(|key| key[2]).collect();
    device.crash(0);
    device.open(&mut vault.rng);
    device.settle(&mut vault.rng, vault.now);
    assert_buckets(&mut house, 2, &format!("offline after {turns} of {before} rows, opened again"));
    house.rooms[2].disk_takes = 0;
    house.connect(2);
    house.settle();
    house.wait(1_000);
    assert_eq!(assert_buckets(&mut house, 2, &format!("after {turns}, in step")), 11);
    assert_eq!(house.problems(2), Vec::<String>::new(), "after {turns}");
    generations.len() == 2
}

#[test]
fn a_read_model_that_is_made_anew_in_two_pieces_has_what_was_written_in_between() {
    let rows_alone = (0..TURNS).find(|turns| has_rows_alone(*turns)).unwrap();
    let two = (0..TURNS).filter(|turns| is_made_anew_in_two_pieces(rows_alone, *turns)).count();
    assert!(two > 0, "it was never written to while another one was made");
}

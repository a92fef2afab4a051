//! Thirty days in the trash, and what becomes of a record then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "purging/back.rs"]
mod back;
#[path = "purging/kit.rs"]
mod kit;

use engine::EditOp;
use kit::*;
use tests::simulation::clock::YEAR;

#[test]
fn what_lies_in_the_trash_for_thirty_days_is_purged_when_all_have_seen_it_and_not_before() {
    let mut house = lived(&["bob"]);
    trash(&mut house, ALICE);
    days(&mut house, 29);
    for who in [ALICE, BOB] {
        assert_eq!(in_trash(&mut house, who), Some(true), "device {who}");
    }
    days(&mut house, 6);
    for who in [ALICE, BOB] {
        assert_gone(&mut house, who);
    }
}

#[test]
fn what_somebody_changed_in_the_trash_or_took_out_and_put_back_lies_there_for_thirty_days_again() {
    let mut house = lived(&["bob"]);
    trash(&mut house, ALICE);
    days(&mut house, 25);
    order(&mut house, BOB, edit(thing(OLD), EditOp::Untrash)).unwrap();
    trash(&mut house, BOB);
    days(&mut house, 29);
    assert_eq!(in_trash(&mut house, ALICE), Some(true));
    days(&mut house, 6);
    assert_gone(&mut house, ALICE);
}

#[test]
fn what_is_not_in_the_trash_stays_for_ever() {
    let mut house = lived(&["bob"]);
    trash(&mut house, ALICE);
    days(&mut house, 25);
    order(&mut house, BOB, edit(thing(OLD), EditOp::Untrash)).unwrap();
    days(&mut house, 40);
    for who in [ALICE, BOB] {
        assert_eq!(in_trash(&mut house, who), Some(false), "device {who}");
    }
}

#[test]
fn nothing_is_purged_while_a_live_device_has_not_seen_the_delete() {
    let mut house = lived(&["bob"]);
    house.disconnect(BOB);
    trash(&mut house, ALICE);
    days(&mut house, 80);
    assert_eq!(in_trash(&mut house, ALICE), Some(true));
    house.connect(BOB);
    house.settle();
    days(&mut house, 3);
    for who in [ALICE, BOB] {
        assert_gone(&mut house, who);
    }
}

#[test]
fn a_device_that_is_away_for_long_is_not_waited_for_and_lets_the_record_go_when_it_comes_back() {
    let mut house = lived(&["bob"]);
    house.disconnect(BOB);
    trash(&mut house, ALICE);
    days(&mut house, 100);
    assert_gone(&mut house, ALICE);
    assert_eq!(in_trash(&mut house, BOB), Some(false));
    house.compact(ALICE);
    house.keep();
    house.connect(BOB);
    house.settle();
    days(&mut house, 2);
    for who in [ALICE, BOB] {
        assert_gone(&mut house, who);
        assert_eq!(list(&mut house, who, "thing").len(), 1, "device {who}");
    }
}

#[test]
fn bytes_go_with_the_next_packs_and_a_device_that_begins_with_them_never_had_any() {
    let mut house = about_to_be_purged(&["bob"]);
    assert!(says(&packed(&house), WORDS));
    let before = [ALICE, BOB].map(|who| bytes_kept(&house, who));
    days(&mut house, 6);
    let purged = [ALICE, BOB].map(|who| bytes_kept(&house, who));
    for (before, purged) in before.into_iter().zip(purged) {
        assert!(purged > before, "marked, and nothing gone yet: {before}, {purged}");
    }
    house.compact(BOB);
    house.settle();
    assert!(!says(&packed(&house), WORDS));
    assert!(says(&packed(&house), "kept"));
    // A device keeps them until all have said that they know.
    assert_eq!([ALICE, BOB].map(|who| bytes_kept(&house, who)), purged);
    assert_eq!(house.keep(), 0, "both have checked it");
    days(&mut house, 3);
    for (who, purged) in [ALICE, BOB].into_iter().zip(purged) {
        assert!(bytes_kept(&house, who) < purged, "device {who}");
        assert_gone(&mut house, who);
    }
    let carol = house.joins("carol");
    assert_gone(&mut house, carol);
    // A record, its tombstone's document, and nothing of the other record but a mark.
    assert_eq!(bytes_kept(&house, carol), 3);
}

#[test]
fn a_clock_far_ahead_does_not_purge() {
    let mut house = lived(&["bob"]);
    trash(&mut house, ALICE);
    days(&mut house, 5);
    house.compact(ALICE);
    // All have said that they know, and only time is missing.
    days(&mut house, 3);
    for who in [ALICE, BOB] {
        house.disconnect(who);
    }
    house.vault.now += 10 * YEAR;
    for who in [ALICE, BOB] {
        house.connect(who);
        house.settle();
    }
    for _ in 0..20 {
        house.wait(1_000);
    }
    for who in [ALICE, BOB] {
        assert_eq!(in_trash(&mut house, who), Some(true), "device {who}");
    }
}

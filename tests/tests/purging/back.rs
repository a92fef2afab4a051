//! What a tombstone does not count goes on under another name, and what counts for nothing purges nothing.

use super::kit::*;
use engine::api::MemberChange;
use engine::payload::Payload;
use engine::{DocKey, Edit, EditOp, Expect, Path, Query, RecordId, Reply, Value};
use std::collections::BTreeMap;
use tests::simulation::house::House;

/// Bob, who is away for long, writes meanwhile; `dropped` says whether the relay has packs alone by then.
fn away_and_wrote(dropped: bool) {
    let mut house = lived(&["bob"]);
    house.disconnect(BOB);
    order(&mut house, BOB, edit(log(OLD), EditOp::Put(Path::Key("rows".into(), "1".into()), Value::Int(1))))
        .unwrap();
    house.write(BOB, OLD, "other", "while away").unwrap();
    trash(&mut house, ALICE);
    days(&mut house, 100);
    assert_gone(&mut house, ALICE);
    if dropped {
        house.compact(ALICE);
        assert_eq!(house.keep(), 0);
    }
    house.connect(BOB);
    house.settle();
    days(&mut house, 2);
    let back = heir(&mut house, &[ALICE, BOB]);
    assert!(!back.deleted);
    assert_eq!(back.fields.get("other"), Some(&Value::Text("while away".into())));
    // What belongs to it came with it.
    for who in [ALICE, BOB] {
        let rows = row(&mut house, who, DocKey { id: back.key.id, ..log(OLD) }).expect("its log");
        assert_eq!(rows.fields.len(), 1, "{rows:?}");
        assert_gone(&mut house, who);
    }
    house.compact(BOB);
    assert_eq!(house.keep(), 0, "both have checked it");
}

#[test]
fn what_was_written_without_knowing_of_the_delete_comes_back_as_a_new_record_on_all() {
    away_and_wrote(false);
    away_and_wrote(true);
}

#[test]
fn what_is_taken_out_of_the_trash_while_it_is_purged_comes_back_as_one_new_record() {
    let mut house = about_to_be_purged(&["bob", "carol"]);
    for who in [BOB, CAROL] {
        house.disconnect(who);
        order(&mut house, who, edit(thing(OLD), EditOp::Untrash)).unwrap();
    }
    house.write(CAROL, OLD, "other", "of carol").unwrap();
    days(&mut house, 8);
    assert_gone(&mut house, ALICE);
    house.connect(BOB);
    house.settle();
    house.connect(CAROL);
    house.settle();
    let all = [ALICE, BOB, CAROL];
    let back = heir(&mut house, &all);
    assert!(!back.deleted);
    assert_eq!(back.fields.get("other"), Some(&Value::Text("of carol".into())));
    days(&mut house, 40);
    assert_eq!(heir(&mut house, &all).key, back.key);
    house.compact(BOB);
    assert_eq!(house.keep(), 0, "all have checked it");
}

#[test]
fn one_more_delete_that_nobody_had_seen_brings_nothing_back() {
    let mut house = lived(&["bob"]);
    house.disconnect(BOB);
    trash(&mut house, BOB);
    trash(&mut house, ALICE);
    days(&mut house, 100);
    house.connect(BOB);
    house.settle();
    for who in [ALICE, BOB] {
        assert_gone(&mut house, who);
        assert_eq!(list(&mut house, who, "thing").len(), 1, "device {who}");
    }
}

#[test]
fn a_tombstone_from_beyond_the_revocation_of_its_author_counts_for_nothing() {
    let mut house = about_to_be_purged(&["bob", "carol"]);
    for who in [ALICE, CAROL] {
        house.disconnect(who);
    }
    let backup = house.backup();
    days(&mut house, 8);
    assert_gone(&mut house, BOB);
    house.connect(ALICE);
    house.settle();
    assert_gone(&mut house, ALICE);
    house.restore(&backup);
    house.connect(CAROL);
    house.settle();
    let bob = house.id(BOB);
    assert_eq!(house.change(CAROL, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    house.connect(ALICE);
    house.settle();
    // No time passes: she would purge it herself.
    for who in [ALICE, CAROL] {
        assert_eq!(in_trash(&mut house, who), Some(true), "device {who}");
        assert_eq!(house.problems(who), Vec::<String>::new());
    }
    order(&mut house, CAROL, edit(thing(OLD), EditOp::Untrash)).unwrap();
    assert_eq!(house.read(ALICE, OLD, "title").as_deref(), Some(WORDS));
}

#[test]
fn what_is_imported_under_the_name_of_a_purged_record_goes_on_under_another_one() {
    let mut house = about_to_be_purged(&["bob"]);
    days(&mut house, 8);
    for _ in 0..2 {
        let op = EditOp::Put(Path::Field("title".into()), Value::Text(WORDS.into()));
        let made = order(&mut house, BOB, Edit { expect: Expect::New, ..edit(thing(OLD), op) });
        assert!(made.is_ok(), "{made:?}");
    }
    let made = heir(&mut house, &[ALICE, BOB]);
    // What was written now, and nothing of what was purged.
    match ask(&mut house, BOB, Query::History(made.key)) {
        Reply::History(items) => assert_eq!(items.len(), 2, "{items:?}"),
        other => panic!("{other:?}"),
    }
    let op = EditOp::Put(Path::Field("title".into()), Value::Text("of a page left open".into()));
    let made = order(&mut house, BOB, Edit { expect: Expect::Exists, ..edit(thing(OLD), op) });
    assert!(made.is_err(), "{made:?}");
}

/// Every actor of the old record in the log, and the number of its last change.
fn actors(house: &House) -> BTreeMap<Vec<u8>, u64> {
    let ring = ring(house);
    let mut actors = BTreeMap::new();
    for entry in house.vault.relay.log(house.vault.account) {
        let plain = seal::open_entry(&entry.read().unwrap(), &ring).unwrap();
        let payload: Payload = protocol::codec::decode(&plain).unwrap();
        let items = payload.items.iter().filter(|item| item.key == thing(OLD));
        for change in items.flat_map(|item| &item.changes) {
            let change = automerge::Change::from_bytes(change.to_vec()).unwrap();
            let last: &mut u64 = actors.entry(change.actor_id().to_bytes().to_vec()).or_default();
            *last = change.seq().max(*last);
        }
    }
    actors
}

#[test]
fn a_tombstone_of_what_is_not_in_the_trash_takes_nothing_away() {
    for counted in [false, true] {
        let mut house = lived(&["bob"]);
        let seen = if counted { actors(&house) } else { BTreeMap::new() };
        let seen = seen.into_iter().map(|(actor, last)| Last { actor: actor.into(), last }).collect();
        let value = protocol::codec::encode(&Stone { version: 1, seen });
        let name = format!("thing|{}", RecordId::new([OLD; 16]));
        let op = EditOp::Put(Path::Key("records".into(), name), Value::Bytes(value));
        order(&mut house, BOB, edit(document_of_tombstones(), op)).unwrap();
        heir(&mut house, &[ALICE, BOB]);
        for who in [ALICE, BOB] {
            assert_gone(&mut house, who);
        }
    }
}

//! Thirty days in the trash, and what becomes of a record then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::MemberChange;
use engine::{Command, DocKey, Edit, EditOp, Expect, Origin, Path, Query, RecordId, Reply, Row, Value};
use protocol::manifest::PackRef;
use tests::simulation::clock::YEAR;
use tests::simulation::house::House;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAY: i64 = 24 * 3_600 * 1_000;
/// The record that is put in the trash.
const OLD: u8 = 10;
/// One that is not.
const KEPT: u8 = 11;
const WORDS: &str = "words that nobody else wrote";

fn thing(record: u8) -> DocKey {
    DocKey::thing("thing", RecordId::new([record; 16]))
}

fn log(record: u8) -> DocKey {
    DocKey::stream("log", RecordId::new([record; 16]), "2026", 0)
}

/// Two devices, or more, and two records that they know.
fn lived(others: &[&'static str]) -> House {
    let mut house = House::of(others);
    house.write(ALICE, OLD, "title", WORDS).unwrap();
    house.write(ALICE, KEPT, "title", "kept").unwrap();
    house.settle();
    house
}

fn order(house: &mut House, who: usize, edit: Edit) -> Result<Reply, engine::EngineError> {
    let done = house.rooms[who].device.run(&mut house.vault.rng, house.vault.now, Command::Edit(vec![edit]));
    house.settle();
    done
}

fn edit(key: DocKey, op: EditOp) -> Edit {
    Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand }
}

/// Puts the old record in the trash: years ago, by the clock of who did it.
fn trash(house: &mut House, who: usize) {
    let time = Some(house.vault.now - 3 * YEAR);
    order(house, who, Edit { time, ..edit(thing(OLD), EditOp::Trash) }).unwrap();
}

/// Days pass, for those who are online.
fn days(house: &mut House, days: usize) {
    for _ in 0..days {
        house.wait(DAY);
    }
}

fn ask(house: &mut House, who: usize, query: Query) -> Reply {
    house.rooms[who].device.ask(&mut house.vault.rng, house.vault.now, query).unwrap()
}

fn row(house: &mut House, who: usize, key: DocKey) -> Option<Row> {
    match ask(house, who, Query::Get(vec![key])) {
        Reply::Rows(mut rows) => rows.remove(0),
        other => panic!("{other:?}"),
    }
}

fn list(house: &mut House, who: usize, kind: &str) -> Vec<Row> {
    let query = Query::List { kind: kind.into(), parent: None, after: None, limit: 1_000 };
    match ask(house, who, query) {
        Reply::Page(rows, None) => rows,
        other => panic!("{other:?}"),
    }
}

/// Whether a record is there, and in the trash.
fn in_trash(house: &mut House, who: usize) -> Option<bool> {
    row(house, who, thing(OLD)).map(|row| row.deleted)
}

#[track_caller]
fn assert_gone(house: &mut House, who: usize) {
    assert_eq!(in_trash(house, who), None, "device {who}");
    let query = Query::History(thing(OLD));
    let history = house.rooms[who].device.ask(&mut house.vault.rng, house.vault.now, query);
    assert!(history.is_err(), "{history:?}");
    assert_eq!(house.read(who, KEPT, "title").as_deref(), Some("kept"));
    assert_eq!(house.problems(who), Vec::<String>::new());
}

/// The record that goes on with the words of the old one, the same on these.
#[track_caller]
fn heir(house: &mut House, who: &[usize]) -> Row {
    let mut found = Vec::new();
    for who in who {
        let title = Some(Value::Text(WORDS.into()));
        let rows = list(house, *who, "thing").into_iter();
        let heirs: Vec<Row> = rows.filter(|row| row.fields.get("title") == title.as_ref()).collect();
        assert_eq!(heirs.len(), 1, "on {who}: {heirs:?}");
        assert_eq!(house.problems(*who), Vec::<String>::new());
        found.extend(heirs);
    }
    assert!(found.iter().all(|row| *row == found[0]), "{found:?}");
    assert_ne!(found[0].key, thing(OLD));
    found.remove(0)
}

/// What the packs of the manifest in force say, opened with the phrase.
fn packed(house: &House) -> Vec<u8> {
    let (relay, account) = (&house.vault.relay, house.vault.account);
    let (chain, paper) = (relay.chain(account).unwrap(), house.vault.phrase.device_keys());
    let link = chain.links().iter().rev().find(|l| l.keyboxes.of(&paper.id()).is_some()).unwrap();
    let mut ring = seal::KeyRing::new();
    seal::open_keyboxes(&chain.space(), &link.link, &link.keyboxes, &paper, &mut ring).unwrap();
    let open =
        |pack: &PackRef| seal::open_pack(&relay.pack(account, pack).unwrap(), &chain.space(), &ring).unwrap();
    relay.manifest(account).unwrap().packs.iter().flat_map(open).collect()
}

fn says(packed: &[u8], what: &str) -> bool {
    packed.windows(what.len()).any(|w| w == what.as_bytes())
}

/// All but the marker that says that a document is purged.
fn bytes_kept(house: &House, who: usize) -> usize {
    house.rooms[who].device.disk.keys(b"d").len()
}

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

/// All have seen the delete, and said so; it is about to be purged. `rested` days it lay there.
fn about_to_be_purged(others: &[&'static str]) -> House {
    let mut house = lived(others);
    trash(&mut house, ALICE);
    days(&mut house, 27);
    house.compact(ALICE);
    days(&mut house, 2);
    house
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
fn a_clock_far_ahead_does_not_purge() {
    let mut house = about_to_be_purged(&["bob"]);
    days(&mut house, 1);
    trash(&mut house, BOB);
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

#[test]
fn what_is_imported_under_the_name_of_a_purged_record_goes_on_under_another_one() {
    let mut house = about_to_be_purged(&["bob"]);
    days(&mut house, 8);
    for _ in 0..2 {
        let op = EditOp::Put(Path::Field("title".into()), Value::Text(WORDS.into()));
        let made = order(&mut house, BOB, Edit { expect: Expect::New, ..edit(thing(OLD), op) });
        assert!(made.is_ok(), "{made:?}");
    }
    heir(&mut house, &[ALICE, BOB]);
    let op = EditOp::Put(Path::Field("title".into()), Value::Text("of a page left open".into()));
    let made = order(&mut house, BOB, Edit { expect: Expect::Exists, ..edit(thing(OLD), op) });
    assert!(made.is_err(), "{made:?}");
}

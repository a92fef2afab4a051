//! Alice and Bob are two devices of one vault. What they do apart comes together, and nobody is asked anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::{Config, DocKey, EditOp, Event, Notice, Path, RecordId, Row, Value};
use futures_util::FutureExt as _;
use protocol::SealedEntry;
use protocol::frame::{ClientFrame, ServerFrame};
use std::collections::BTreeSet;
use sync_server::memory::MemoryStore;
use sync_server::store::{Page, Store as _};
use tests::simulation::device::ORIGIN;
use tests::simulation::joining::join;
use tests::simulation::network::{Connection, flush};
use tests::simulation::story::{ALICE, BOB, NOW, Story};

const CAROL: usize = 2;

/// A third device, which knows what the relay has and nothing else.
fn newcomer(story: &mut Story) -> usize {
    let paper = story.phrase.device_keys();
    let carol = join("carol", &mut story.relay, paper, &story.chain, Config::default(), &mut story.rng);
    story.devices.push(carol);
    story.open(CAROL);
    CAROL
}

/// What the relay has of a device's chain.
fn entries_of(story: &mut Story, who: usize) -> Vec<SealedEntry> {
    let device = story.devices[who].id().unwrap();
    let page = Page { count: 100, bytes: 1 << 20 };
    let space = story.chain.space();
    let found = story.relay.store.device_entries(&space, &device, 1, page);
    found.now_or_never().unwrap().unwrap()
}

/// Gives the relay entries by hand, on a connection that Bob has opened.
fn offer(story: &mut Story, entries: &[SealedEntry]) {
    let space = story.chain.space();
    let mut connection = Connection::new(&story.relay, story.account, [4; 32]);
    let bob = &mut story.devices[BOB];
    bob.send(Event::SocketOpened { origin: ORIGIN.into() });
    connection.down.drain(..).for_each(|frame| bob.send(Event::SocketFrame(frame)));
    bob.settle(&mut story.rng, NOW);
    flush(bob, &mut connection);
    let hello = connection.up.pop_front().unwrap();
    connection.up =
        [hello, ClientFrame::Append { request: 7, space, entries: entries.to_vec() }.to_bytes()].into();
    connection.serve(0);
    connection.serve(0);
    let last = ServerFrame::from_bytes(&connection.down.pop_back().unwrap()).unwrap();
    let accepted = u32::try_from(entries.len()).unwrap();
    assert_eq!(last, ServerFrame::Appended { request: 7, space, accepted, refusal: None });
    story.devices[BOB].hang_up();
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn thing(n: u8) -> DocKey {
    DocKey::thing("thing", RecordId::new([n; 16]))
}

fn log() -> DocKey {
    DocKey::stream("log", RecordId::new([9; 16]), "2026", 0)
}

fn day(day: &str, value: &str) -> Vec<EditOp> {
    vec![EditOp::Put(Path::Key("rows".into(), day.into()), text(value))]
}

fn rows(row: &Row) -> Vec<(String, Value)> {
    match &row.fields["rows"] {
        Value::Map(rows) => rows.clone().into_iter().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_field_that_both_changed_offline_shows_the_same_on_both_and_keeps_the_other_value_in_history() {
    let mut story = Story::new();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    story.set(ALICE, &thing(1), "title", "Run slowly");
    story.set(BOB, &thing(1), "title", "Run far");
    story.sync();
    let shown = story.both(&thing(1)).fields["title"].clone();
    assert!([text("Run slowly"), text("Run far")].contains(&shown), "{shown:?}");
    for who in [ALICE, BOB] {
        let wanted = ["Run", "Run slowly", "Run far"].map(str::to_owned);
        assert_eq!(story.history(who, &thing(1)), BTreeSet::from(wanted));
    }
}

#[test]
fn different_fields_that_both_changed_offline_both_stay() {
    let mut story = Story::new();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    story.set(ALICE, &thing(1), "place", "the park");
    story.set(BOB, &thing(1), "hour", "six");
    story.sync();
    let row = story.both(&thing(1));
    assert_eq!((&row.fields["place"], &row.fields["hour"]), (&text("the park"), &text("six")));
}

#[test]
fn what_one_deletes_and_the_other_edits_comes_back() {
    let mut story = Story::new();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    story.edit(ALICE, &thing(1), vec![EditOp::Trash]);
    story.set(BOB, &thing(1), "title", "Run far");
    story.sync();
    let row = story.both(&thing(1));
    assert_eq!((row.deleted, &row.fields["title"]), (false, &text("Run far")));
}

#[test]
fn what_both_delete_stays_deleted() {
    let mut story = Story::new();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    story.edit(ALICE, &thing(1), vec![EditOp::Trash]);
    story.edit(BOB, &thing(1), vec![EditOp::Trash]);
    story.sync();
    assert!(story.both(&thing(1)).deleted);
    // An edit that had seen both brings it back, for everybody.
    story.set(BOB, &thing(1), "title", "Walk");
    story.sync();
    assert!(!story.both(&thing(1)).deleted);
}

#[test]
fn two_rows_of_one_year_both_stay_and_one_day_logged_twice_is_one_row() {
    let mut story = Story::new();
    story.edit(ALICE, &log(), day("2026-03-01", "alice"));
    story.edit(BOB, &log(), day("2026-03-02", "bob"));
    story.edit(ALICE, &log(), day("2026-03-03", "both, says alice"));
    story.edit(BOB, &log(), day("2026-03-03", "both, says bob"));
    story.sync();
    let rows = rows(&story.both(&log()));
    assert_eq!(rows[0], ("2026-03-01".into(), text("alice")));
    assert_eq!(rows[1], ("2026-03-02".into(), text("bob")));
    assert_eq!((rows.len(), rows[2].0.as_str()), (3, "2026-03-03"));
    let told = story.history(BOB, &log());
    assert!(told.contains("both, says alice") && told.contains("both, says bob"), "{told:?}");
}

#[test]
fn prose_that_both_edit_keeps_the_words_of_both() {
    let mut story = Story::new();
    let notes = |words: &str| vec![EditOp::PutText("notes".into(), words.into())];
    story.edit(ALICE, &thing(1), notes("We meet at noon."));
    story.sync();
    story.edit(ALICE, &thing(1), notes("Dear all, we meet at noon."));
    story.edit(BOB, &thing(1), notes("We meet at noon. Bring bread."));
    story.sync();
    let Value::Text(merged) = story.both(&thing(1)).fields["notes"].clone() else { panic!("no prose") };
    assert!(merged.contains("Dear all") && merged.contains("Bring bread."), "{merged}");
    assert_eq!(merged.matches("meet at noon").count(), 1, "{merged}");
}

#[test]
fn an_entry_that_builds_on_what_is_missing_waits_visibly_and_is_applied_when_that_comes() {
    let mut story = Story::new();
    let before = (*story.relay.store).clone();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    story.set(BOB, &thing(1), "title", "Run far");
    story.connect(BOB);
    let bobs = entries_of(&mut story, BOB);
    // The relay has lost what Alice wrote, and not what Bob built on it.
    story.relay.store.restore(&before);
    story.relay.restart();
    let carol = newcomer(&mut story);
    offer(&mut story, &bobs);
    story.connect(carol);
    assert_eq!(story.status(carol).waiting, 1);
    assert_eq!(story.row(carol, &thing(1)), None);
    story.connect(ALICE);
    story.connect(carol);
    assert_eq!(story.status(carol).waiting, 0);
    assert_eq!(story.row(carol, &thing(1)).unwrap().fields["title"], text("Run far"));
}

#[test]
fn a_copied_store_and_its_original_both_go_on_and_nothing_of_either_is_lost() {
    let mut story = Story::new();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    let copy = story.devices[ALICE].disk.clone();
    story.set(ALICE, &thing(1), "title", "from the original");
    story.set(ALICE, &thing(2), "title", "another");
    story.sync();
    // From here on Alice's machine is the copy, which knows nothing of that and writes under the same name.
    story.devices[ALICE].crash(0);
    story.devices[ALICE].disk = copy;
    story.open(ALICE);
    story.set(ALICE, &thing(1), "title", "from the copy");
    story.devices[ALICE].notices.clear();
    story.sync();
    assert!(story.was_told(ALICE, |notice| matches!(notice, Notice::StoreCloned)));
    story.both(&thing(1));
    let wanted = ["Run", "from the original", "from the copy"].map(str::to_owned);
    assert_eq!(story.history(BOB, &thing(1)), BTreeSet::from(wanted));
    assert_eq!(story.both(&thing(2)).fields["title"], text("another"));
}

#[test]
fn a_wiped_relay_is_whole_again_once_the_devices_were_there() {
    let mut story = Story::new();
    story.set(ALICE, &thing(1), "title", "Run");
    story.sync();
    story.set(BOB, &thing(2), "title", "only at Bob's");
    story.relay.store.restore(&MemoryStore::new());
    story.relay.restart();
    // Bob gives back what Alice wrote, too: who knows only the relay finds all of it there.
    story.connect(BOB);
    let carol = newcomer(&mut story);
    story.connect(carol);
    for key in [thing(1), thing(2)] {
        let row = story.row(BOB, &key);
        assert!(row.is_some());
        assert_eq!(story.row(carol, &key), row);
    }
    story.sync();
    assert_eq!(story.both(&thing(2)).fields["title"], text("only at Bob's"));
    for who in [ALICE, BOB] {
        assert_eq!(story.status(who).pending, 0);
    }
}

//! Packs: what devices and relay make of a log that grew, and how a device begins that has only those.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::{Job, MemberChange};
use engine::{Command, Notice, Reply};
use protocol::frame::ServerFrame;
use protocol::manifest::PackRef;
use sync_server::memory::MemoryStore;
use tests::simulation::house::{House, Room};
use tests::simulation::network::SimRelay;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DORA: usize = 3;
/// Records that are written.
const RECORDS: std::ops::Range<u8> = 10..60;

/// Alice and Bob have written records, all of them in step.
fn lived() -> House {
    let mut house = House::of(&["bob"]);
    for record in RECORDS {
        let who = usize::from(record % 2);
        house.write(who, record, "title", &format!("record {record}")).unwrap();
        house.settle();
    }
    house
}

/// The relay is another one, which has nothing; one device comes back to it. All are offline before.
fn begins_at_an_empty_relay(house: &mut House, who: usize) {
    let links = house.rooms[who].device.engine().unwrap().chain();
    house.vault.relay = SimRelay::default();
    house.vault.relay.register(&links, house.vault.now).unwrap();
    house.connect(who);
    house.settle();
}

/// What the packs of the manifest in force say, opened with the phrase; none if there is no manifest.
fn packed(house: &House) -> Option<Vec<u8>> {
    let (relay, account) = (&house.vault.relay, house.vault.account);
    let (chain, paper) = (relay.chain(account).unwrap(), house.vault.phrase.device_keys());
    let link = chain.links().iter().rev().find(|l| l.keyboxes.of(&paper.id()).is_some()).unwrap();
    let mut ring = seal::KeyRing::new();
    seal::open_keyboxes(&chain.space(), &link.link, &link.keyboxes, &paper, &mut ring).unwrap();
    let open =
        |pack: &PackRef| seal::open_pack(&relay.pack(account, pack).unwrap(), &chain.space(), &ring).unwrap();
    let packs = relay.manifest(account)?.packs;
    Some(packs.iter().flat_map(open).collect())
}

#[track_caller]
fn assert_whole(house: &mut House, who: usize) {
    for record in RECORDS {
        assert_eq!(house.read(who, record, "title"), Some(format!("record {record}")), "{record}");
    }
    assert_eq!(house.problems(who), Vec::<String>::new());
}

fn was_refused(house: &House, who: usize) -> bool {
    let refused = |n: &Notice| matches!(n, Notice::ManifestRefused { .. } | Notice::Trouble(_));
    house.rooms[who].device.notices.iter().any(refused)
}

#[test]
fn what_is_packed_and_checked_by_all_is_dropped_from_the_log_and_a_new_device_has_it_all() {
    let mut house = lived();
    let before = house.vault.relay.log(house.vault.account).len();
    house.compact(ALICE);
    house.settle();
    assert_eq!(house.keep(), 0, "of {before} entries");
    let carol = house.joins("carol");
    assert_whole(&mut house, carol);
    house.write(carol, 60, "title", "of carol").unwrap();
    house.write(BOB, 10, "other", "of bob").unwrap();
    house.settle();
    assert_eq!(house.read(ALICE, 60, "title").as_deref(), Some("of carol"));
    assert_eq!(house.read(carol, 10, "other").as_deref(), Some("of bob"));
    (0..3).for_each(|who| assert!(!was_refused(&house, who), "device {who}"));
}

#[test]
fn nothing_is_dropped_before_every_live_device_has_checked_it() {
    let mut house = lived();
    house.disconnect(BOB);
    house.compact(ALICE);
    let before = house.vault.relay.log(house.vault.account).len();
    assert_eq!(house.keep(), before);
    house.connect(BOB);
    house.settle();
    assert_eq!(house.keep(), 0);
    assert_whole(&mut house, BOB);
}

#[test]
fn who_was_away_while_the_log_was_dropped_has_all_and_keeps_what_it_wrote() {
    let mut house = lived();
    let carol = house.joins("carol");
    house.write(carol, 61, "title", "before").unwrap();
    house.settle();
    house.disconnect(carol);
    house.write(carol, 61, "title", "while away").unwrap();
    house.write(ALICE, 62, "title", "meanwhile").unwrap();
    house.settle();
    // Longer than a device is waited for.
    house.vault.now += 120 * 24 * 3_600 * 1_000;
    (ALICE..=BOB).for_each(|who| house.disconnect(who));
    (ALICE..=BOB).for_each(|who| house.connect(who));
    house.settle();
    house.compact(ALICE);
    house.settle();
    assert_eq!(house.keep(), 0);
    house.connect(carol);
    house.settle();
    assert_whole(&mut house, carol);
    assert_eq!(house.read(carol, 62, "title").as_deref(), Some("meanwhile"));
    assert_eq!(house.read(ALICE, 61, "title").as_deref(), Some("while away"));
    (0..3).for_each(|who| assert!(!was_refused(&house, who), "device {who}"));
}

#[test]
fn a_relay_that_lost_everything_is_filled_by_a_device_that_has_only_packs() {
    let mut house = lived();
    house.compact(ALICE);
    house.settle();
    assert_eq!(house.keep(), 0);
    let carol = house.joins("carol");
    (0..3).for_each(|who| house.disconnect(who));
    begins_at_an_empty_relay(&mut house, carol);
    let dora = house.joins("dora");
    assert_whole(&mut house, dora);
    (ALICE..=BOB).for_each(|who| house.connect(who));
    house.settle();
    house.write(ALICE, 63, "title", "after").unwrap();
    house.settle();
    assert_eq!(house.read(dora, 63, "title").as_deref(), Some("after"));
    (0..4).for_each(|who| assert!(!was_refused(&house, who), "device {who}"));
}

#[test]
fn a_second_compaction_keeps_the_packs_that_did_not_change() {
    let mut house = lived();
    house.compact(ALICE);
    house.settle();
    let packs = |house: &House| house.vault.relay.manifest(house.vault.account).unwrap().packs;
    let before = packs(&house);
    house.write(BOB, 10, "title", "record 10").unwrap();
    house.write(BOB, 61, "title", "new").unwrap();
    house.settle();
    house.compact(BOB);
    house.settle();
    assert_eq!(house.keep(), 0);
    let after = packs(&house);
    assert!(before.iter().all(|pack| after.contains(pack)), "{before:?} {after:?}");
    assert_eq!(after.len(), before.len() + 2);
    let carol = house.joins("carol");
    assert_whole(&mut house, carol);
    assert_eq!(house.read(carol, 61, "title").as_deref(), Some("new"));
}

/// Carol, who was away, revokes Bob at a relay that is as it was. Then these come back, one after another.
fn bob_is_revoked_in_the_past(house: &mut House, backup: &MemoryStore, back: [usize; 2]) {
    house.restore(backup);
    house.connect(CAROL);
    house.settle();
    let bob = house.id(BOB);
    assert_eq!(house.change(CAROL, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    for who in back {
        house.connect(who);
        house.settle();
        house.wait(1_000);
    }
    house.wait(1_000);
}

/// All but Bob have the same, as they should, and go on.
#[track_caller]
fn assert_in_step(house: &mut House, fields: &[(u8, &str, Option<&str>)]) {
    for who in [ALICE, CAROL, DORA] {
        for (record, field, value) in fields {
            assert_eq!(house.read(who, *record, field).as_deref(), *value, "{record} {field} on {who}");
        }
        assert_eq!(house.problems(who), Vec::<String>::new());
        let status = house.status(who);
        assert!(status.live && status.pending == 0 && status.waiting == 0, "{who}: {status:?}");
    }
    house.compact(DORA);
    assert_eq!(house.keep(), 0, "all have checked it");
}

#[test]
fn who_began_with_packs_takes_out_entries_that_came_after_them_and_lie_beyond_a_later_revocation() {
    let mut house = House::of(&["bob", "carol"]);
    house.write(BOB, 10, "title", "counts").unwrap();
    house.write(ALICE, 11, "title", "of alice").unwrap();
    house.settle();
    house.compact(ALICE);
    assert_eq!(house.joins("dora"), DORA);
    house.disconnect(CAROL);
    let backup = house.backup();
    house.write(BOB, 10, "title", "void").unwrap();
    house.settle();
    assert_eq!(house.read(DORA, 10, "title").as_deref(), Some("void"));
    bob_is_revoked_in_the_past(&mut house, &backup, [ALICE, DORA]);
    assert_in_step(&mut house, &[(10, "title", Some("counts")), (11, "title", Some("of alice"))]);
}

/// Dora began with packs that hold what Bob wrote last.
fn bob_is_cut_off_behind_what_dora_began_with(back: [usize; 2]) {
    let mut house = House::of(&["bob", "carol"]);
    house.write(BOB, 10, "title", "counts").unwrap();
    house.write(ALICE, 11, "title", "of alice").unwrap();
    let device = house.vault.join("dora");
    house.settle();
    house.disconnect(CAROL);
    let backup = house.backup();
    house.write(BOB, 10, "title", "void").unwrap();
    house.write(BOB, 12, "title", "void").unwrap();
    house.settle();
    house.write(ALICE, 10, "other", "built on it").unwrap();
    house.write(ALICE, 13, "title", "of alice too").unwrap();
    house.settle();
    house.compact(ALICE);
    house.rooms.push(Room { device, connection: None, disk_takes: 0 });
    house.connect(DORA);
    house.settle();
    assert_eq!(house.read(DORA, 10, "title").as_deref(), Some("void"));
    house.write(DORA, 12, "other", "of dora").unwrap();
    house.settle();
    house.disconnect(DORA);
    house.write(DORA, 12, "more", "not sent yet").unwrap();
    bob_is_revoked_in_the_past(&mut house, &backup, back);
    let fields = [
        (10, "title", Some("counts")),
        (10, "other", Some("built on it")),
        (11, "title", Some("of alice")),
        (12, "title", None),
        (12, "other", Some("of dora")),
        (12, "more", Some("not sent yet")),
        (13, "title", Some("of alice too")),
    ];
    assert_in_step(&mut house, &fields);
}

#[test]
fn who_began_with_packs_takes_out_what_of_them_lies_beyond_a_later_revocation_and_keeps_the_rest() {
    bob_is_cut_off_behind_what_dora_began_with([ALICE, DORA]);
    bob_is_cut_off_behind_what_dora_began_with([DORA, ALICE]);
}

#[test]
fn a_copy_that_packed_where_the_relay_had_forgotten_what_this_device_wrote_does_not_shut_it_out() {
    let mut house = House::of(&[]);
    let title = |record: u8| format!("record {record}");
    let write = |house: &mut House, who: usize, record: u8| {
        house.write(who, record, "title", &title(record)).unwrap();
    };
    for record in 10..20 {
        write(&mut house, ALICE, record);
        house.settle();
    }
    let before = house.backup();
    let copy = house.rooms[ALICE].device.copy("a copy");
    for record in 20..24 {
        write(&mut house, ALICE, record);
        house.settle();
    }
    // Sealed and offered, and cut off before it arrived.
    write(&mut house, ALICE, 24);
    house.disconnect(ALICE);
    house.vault.relay.store.restore(&before);
    house.vault.relay.restart();
    house.rooms.push(Room { device: copy, connection: None, disk_takes: 0 });
    house.connect(BOB);
    house.settle();
    for record in 30..50 {
        write(&mut house, BOB, record);
        house.settle();
    }
    house.compact(BOB);
    assert_eq!(house.keep(), 0);
    house.connect(ALICE);
    house.settle();
    for who in [ALICE, BOB] {
        assert_eq!(house.problems(who), Vec::<String>::new(), "{who}");
        assert_eq!(house.status(who).pending, 0, "{who}");
        for record in (10..25).chain(30..50) {
            assert_eq!(house.read(who, record, "title"), Some(title(record)), "device {who}");
        }
    }
}

#[test]
fn what_waited_to_be_sealed_is_sealed_before_it_is_packed_for_a_relay_that_lost_everything() {
    let mut house = lived();
    house.compact(ALICE);
    house.settle();
    assert_eq!(house.keep(), 0);
    let carol = house.joins("carol");
    (0..3).for_each(|who| house.disconnect(who));
    house.write(carol, 10, "other", "in the queue").unwrap();
    house.write(carol, 70, "title", "in the queue").unwrap();
    begins_at_an_empty_relay(&mut house, carol);
    // A pack from which nobody could take it, were she revoked before the relay sees an entry that has it.
    let manifest = house.vault.relay.manifest(house.vault.account).unwrap();
    let covered = manifest.coverage.iter().find(|head| head.device == house.id(carol)).map(|head| head.index);
    assert!(covered.is_some_and(|index| index > 0), "{:?}", manifest.coverage);
    let dora = house.joins("dora");
    for (record, field) in [(10, "other"), (70, "title")] {
        assert_eq!(house.read(dora, record, field).as_deref(), Some("in the queue"));
    }
}

#[test]
fn who_did_not_hear_that_packs_were_replaced_finds_out_when_its_word_on_them_is_refused() {
    let mut house = lived();
    house.disconnect(BOB);
    house.compact(ALICE);
    house.connect(BOB);
    let first = house.vault.relay.manifest_hash(house.vault.account);
    house.rooms[BOB].disk_takes = 1;
    let took = |n: &Notice| matches!(n, Notice::Progress { job: Job::Intake, .. });
    while !house.rooms[BOB].device.notices.iter().any(took) {
        assert!(house.turn(), "he takes no packs in");
    }
    // He is about to say so, and the news of newer ones is lost.
    let mut connection = house.rooms[BOB].connection.take().unwrap();
    house.write(ALICE, 70, "title", "newer").unwrap();
    house.compact(ALICE);
    connection.pump();
    let moved =
        |frame: &Vec<u8>| matches!(ServerFrame::from_bytes(frame), Ok(ServerFrame::ManifestMoved { .. }));
    let before = connection.down.len();
    connection.down.retain(|frame| !moved(frame));
    assert_eq!(connection.down.len() + 1, before);
    house.rooms[BOB].connection = Some(connection);
    house.settle();
    assert_ne!(house.vault.relay.manifest_hash(house.vault.account), first);
    assert_eq!(house.keep(), 0, "both have checked the newer ones");
    assert_whole(&mut house, BOB);
    assert!(!was_refused(&house, BOB));
}

#[test]
fn what_is_written_while_packs_are_made_waits_for_the_next_ones() {
    let mut house = House::of(&[]);
    let long = "all work and no play ".repeat(1_000);
    for record in 10..80 {
        house.write(ALICE, record, "title", &long).unwrap();
        house.settle();
    }
    let request = house.rooms[ALICE].device.command(Command::Compact);
    // All that fits one pair is packed by now, and not yet at the relay.
    for record in 10..80 {
        house.write(ALICE, record, "other", "while packing").unwrap();
    }
    while packed(&house).is_none() {
        assert!(house.turn(), "no manifest came");
    }
    let says =
        |packed: &[u8], what: &str| packed.windows(what.len()).filter(|w| *w == what.as_bytes()).count();
    let first = packed(&house).unwrap();
    assert!(house.vault.relay.manifest(house.vault.account).unwrap().packs.len() >= 4, "one pair is no test");
    assert_eq!(says(&first, &long), 2 * 70, "every record, in its document and its row");
    assert_eq!(says(&first, "while packing"), 0);
    house.settle();
    assert_eq!(house.rooms[ALICE].device.reply(request), Some(Ok(Reply::Compacted)));
    assert_eq!(says(&packed(&house).unwrap(), "while packing"), 2 * 70, "left out once, and not for good");
    let bob = house.joins("bob");
    for record in 10..80 {
        assert_eq!(house.read(bob, record, "other").as_deref(), Some("while packing"));
    }
    assert_eq!(house.problems(bob), Vec::<String>::new());
}

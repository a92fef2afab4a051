//! What a relay that forgets or hides can do to a vault, and how its devices find out and come together again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::{Branch, Fork, MemberChange};
use engine::{AlarmKind, EngineError, Notice, Query, Reply};
use seal::DeviceKeys;
use sync_server::memory::MemoryStore;
use tests::simulation::house::House;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn resolve() -> MemberChange {
    MemberChange::Resolve { revoke: Vec::new() }
}

/// The relay is restored to a time before a link, and nobody is connected.
fn rolled_back(house: &mut House, backup: &MemoryStore) {
    (0..house.rooms.len()).for_each(|who| house.disconnect(who));
    house.vault.relay.store.restore(backup);
    house.vault.relay.restart();
}

fn backup(house: &House) -> MemoryStore {
    (*house.vault.relay.store).clone()
}

fn is_whole(house: &mut House, who: &[usize]) {
    for who in who {
        assert_eq!(house.problems(*who), Vec::<String>::new(), "{who}");
        assert_eq!(house.fork(*who), None, "{who}");
        assert_eq!(house.status(*who).pending, 0, "{who}");
    }
}

/// Alice revokes carol; the relay forgets it; dora joins there. Gives dora's place.
fn two_lists(house: &mut House) -> usize {
    let before = backup(house);
    house.disconnect(BOB);
    let carol = house.id(CAROL);
    house.change(ALICE, MemberChange::Revoke(vec![carol])).unwrap();
    house.write(ALICE, 1, "title", "under the first list").unwrap();
    house.settle();
    rolled_back(house, &before);
    house.connect(BOB);
    house.settle();
    house.joins("dora")
}

#[test]
fn two_lists_of_devices_are_an_alarm_and_nothing_is_sent_until_a_member_of_both_resolves_them() {
    let mut house = House::of(&["bob", "carol"]);
    let dora = two_lists(&mut house);
    house.write(dora, 2, "title", "under the second list").unwrap();
    house.connect(ALICE);
    house.settle();
    assert!(house.was_told(ALICE, &Notice::MembershipForked));
    let (carol, dora_id) = (house.id(CAROL), house.id(dora));
    let here = Branch { added: Vec::new(), revoked: vec![carol] };
    let relay = Branch { added: vec![dora_id], revoked: Vec::new() };
    assert_eq!(house.fork(ALICE), Some(Fork { height: 2, here, relay }));

    house.write(ALICE, 3, "title", "meanwhile").unwrap();
    house.wait(60_000);
    assert_eq!(house.read(BOB, 3, "title"), None, "it was sent");
    assert_eq!(house.read(ALICE, 2, "title"), None, "it was taken");
    let bob = house.id(BOB);
    let other = house.change(ALICE, MemberChange::Revoke(vec![bob]));
    assert!(matches!(other, Err(EngineError::NotAllowed(_))), "{other:?}");

    assert_eq!(house.change(ALICE, resolve()), Ok(Reply::MembersChanged));
    for who in [ALICE, BOB, dora] {
        assert!(!house.is_active(who, carol), "the revocation of the dropped list counts: {who}");
        assert!(house.is_active(who, dora_id), "{who}");
        for (record, title) in [(1, "under the first list"), (2, "under the second list"), (3, "meanwhile")] {
            assert_eq!(house.read(who, record, "title").as_deref(), Some(title), "{who}");
        }
    }
    is_whole(&mut house, &[ALICE, BOB, dora]);
}

/// A relay that delivers what flows shows the link that resolves to everybody, also to who signed it, and may do so before
/// that is stored there.
#[test]
fn two_lists_become_one_on_one_connection_also_where_the_relay_is_faster_than_the_disk() {
    for disk_takes in 1..6 {
        let mut house = House::of(&["bob", "carol"]);
        let before = backup(&house);
        house.disconnect(BOB);
        let carol = house.id(CAROL);
        // Nothing but the link: all entries are as they were, and the relay goes on delivering after it was restored.
        house.change(ALICE, MemberChange::Revoke(vec![carol])).unwrap();
        rolled_back(&mut house, &before);
        house.connect(BOB);
        house.joins("dora");
        house.connect(ALICE);
        house.settle();
        house.rooms[ALICE].device.notices.clear();
        house.rooms[ALICE].disk_takes = disk_takes;
        assert_eq!(house.change(ALICE, resolve()), Ok(Reply::MembersChanged));
        house.rooms[ALICE].disk_takes = 0;
        house.settle();
        assert!(!house.was_told(ALICE, &Notice::MembershipForked), "a transaction takes {disk_takes} turns");
        assert_eq!(house.rooms[ALICE].device.closings, [], "a transaction takes {disk_takes} turns");
        assert!(house.was_told(ALICE, &Notice::Synced), "a transaction takes {disk_takes} turns");
        is_whole(&mut house, &[ALICE, BOB]);
    }
}

#[test]
fn who_was_on_the_dropped_list_goes_over_by_itself_when_it_sees_that_it_was_resolved() {
    let mut house = House::of(&["bob", "carol", "erin"]);
    let dora = two_lists(&mut house);
    // Erin heard of alice's link, and wrote under it.
    let erin = 3;
    house.write(erin, 4, "title", "of erin").unwrap();
    house.connect(ALICE);
    house.settle();
    house.change(ALICE, resolve()).unwrap();
    house.connect(erin);
    house.settle();
    for who in [ALICE, BOB, dora, erin] {
        assert_eq!(house.read(who, 4, "title").as_deref(), Some("of erin"), "{who}");
        assert_eq!(house.read(who, 1, "title").as_deref(), Some("under the first list"), "{who}");
    }
    is_whole(&mut house, &[ALICE, BOB, dora, erin]);
}

#[test]
fn whom_somebody_added_that_the_other_list_had_revoked_is_cut_off_with_them() {
    let mut house = House::of(&["bob"]);
    let before = backup(&house);
    house.disconnect(BOB);
    let bob = house.id(BOB);
    house.change(ALICE, MemberChange::Revoke(vec![bob])).unwrap();
    rolled_back(&mut house, &before);
    // Bob never heard of it, and at a relay that plays along he brings another one in.
    house.connect(BOB);
    house.settle();
    let stranger = DeviceKeys::generate(&mut house.vault.rng).public().clone();
    house.change(BOB, MemberChange::Add(stranger.clone())).unwrap();
    house.connect(ALICE);
    house.settle();
    house.change(ALICE, resolve()).unwrap();
    assert!(!house.is_active(ALICE, bob));
    assert!(!house.is_active(ALICE, stranger.id()), "who came with bob is still a member");
    assert!(house.was_told(BOB, &Notice::Revoked));
    is_whole(&mut house, &[ALICE]);
}

#[test]
fn an_addition_of_the_dropped_list_is_void_and_what_it_wrote_is_kept() {
    let mut house = House::of(&["bob", "carol"]);
    let before = backup(&house);
    house.disconnect(BOB);
    // Dora comes on the first list alone.
    let dora = house.joins("dora");
    house.write(dora, 1, "title", "of dora").unwrap();
    house.settle();
    rolled_back(&mut house, &before);
    house.connect(BOB);
    house.settle();
    let carol = house.id(CAROL);
    house.change(BOB, MemberChange::Revoke(vec![carol])).unwrap();
    house.connect(ALICE);
    house.settle();
    house.change(ALICE, resolve()).unwrap();
    let dora_id = house.id(dora);
    assert!(!house.is_active(BOB, dora_id), "an addition of the dropped list counts");
    assert!(!house.is_active(ALICE, dora_id) && !house.is_active(ALICE, carol));
    assert_eq!(house.read(BOB, 1, "title").as_deref(), Some("of dora"), "what she wrote is kept");
    is_whole(&mut house, &[ALICE, BOB]);
}

#[test]
fn where_there_is_one_list_there_is_nothing_to_resolve() {
    let mut house = House::of(&["bob"]);
    assert!(matches!(house.change(ALICE, resolve()), Err(EngineError::NotAllowed(_))));
    house.disconnect(ALICE);
    assert_eq!(house.change(ALICE, resolve()), Err(EngineError::Offline));
}

/// Alice is at a relay that hides what bob writes from now on; carol sees everything.
fn hiding() -> House {
    let mut house = House::of(&["bob", "carol"]);
    for who in [ALICE, BOB, CAROL] {
        house.write(who, 9, "title", "first").unwrap();
    }
    house.settle();
    house.disconnect(ALICE);
    let honest = house.vault.relay.twin();
    // Bob and carol go on at the honest one.
    let hiding = std::mem::replace(&mut house.vault.relay, honest);
    for who in [BOB, CAROL] {
        house.disconnect(who);
        house.connect(who);
    }
    house.write(BOB, 1, "title", "hidden").unwrap();
    house.settle();
    house.write(CAROL, 2, "title", "shown").unwrap();
    house.settle();
    let honest = std::mem::replace(&mut house.vault.relay, hiding);
    let carol = house.id(CAROL);
    let log = honest.log(house.vault.account);
    let shown: Vec<_> = log
        .iter()
        .filter(|e| (*e).clone().read().is_ok_and(|e| e.header().device == carol))
        .cloned()
        .collect();
    house.vault.relay.give(house.vault.account, &shown);
    house.connect(ALICE);
    house.settle();
    assert_eq!(house.read(ALICE, 2, "title").as_deref(), Some("shown"));
    house
}

fn withheld(house: &House) -> Option<&Notice> {
    house.rooms[ALICE].device.notices.iter().find(|n| matches!(n, Notice::Withheld { .. }))
}

#[test]
fn what_a_relay_hides_from_one_device_is_noticed_by_the_next_message_of_another() {
    let mut house = hiding();
    let (bob, carol) = (house.id(BOB), house.id(CAROL));
    assert_eq!(withheld(&house), None, "not before the relay was asked for it");
    house.wait(10_000);
    house.wait(10_000);
    let told = Notice::Withheld { device: bob, have: 1, claimed: 2, witness: carol };
    assert_eq!(withheld(&house), Some(&told));
    match house.rooms[ALICE].device.ask(&mut house.vault.rng, house.vault.now, Query::Alarms).unwrap() {
        Reply::Alarms(alarms) => {
            assert_eq!(
                alarms.iter().map(|a| (a.kind, a.device)).collect::<Vec<_>>(),
                [(AlarmKind::Withheld, Some(bob))]
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_only_comes_a_little_later_is_no_alarm() {
    let mut house = hiding();
    house.wait(10_000);
    // It comes after all: from bob himself.
    house.disconnect(BOB);
    house.connect(BOB);
    house.settle();
    house.wait(10_000);
    assert_eq!(withheld(&house), None);
    assert_eq!(house.read(ALICE, 1, "title").as_deref(), Some("hidden"));
}

#[test]
fn a_device_that_writes_nothing_says_once_a_day_what_it_has_seen() {
    let mut house = House::of(&["bob"]);
    house.wait(1_000);
    let before = house.vault.relay.log(house.vault.account).len();
    house.wait(23 * 3_600_000);
    assert_eq!(house.vault.relay.log(house.vault.account).len(), before, "too early");
    house.wait(3_600_000);
    assert_eq!(house.vault.relay.log(house.vault.account).len(), before + 2, "one of each");
    house.wait(1_000);
    assert_eq!(house.vault.relay.log(house.vault.account).len(), before + 2, "once a day");
    is_whole(&mut house, &[ALICE, BOB]);
}

#[test]
fn a_vault_of_one_device_needs_no_witness_and_writes_nothing_by_itself() {
    let mut house = House::of(&[]);
    house.wait(1_000);
    house.wait(48 * 3_600_000);
    assert_eq!(house.vault.relay.log(house.vault.account).len(), 0);
}

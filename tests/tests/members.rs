//! Devices come and go: revoked by another, told by the relay with the link itself, and what lies beyond a revocation
//! is void for everybody. Engines, the relay's own logic, a store in memory; nothing fails but what the test lets fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::{CloseReason, MemberChange, NewPhrase};
use engine::{
    Command, Config, DocKey, Edit, EditOp, EngineError, Event, Expect, Notice, Origin, Path, RecordId, Reply,
    Value,
};
use protocol::{DeviceId, ErrorCode, SealedEntry};
use seal::Phrase;
use sync_server::memory::MemoryStore;
use tests::simulation::house::{House, Room};
use tests::simulation::joining::join;
use tests::simulation::network::flush;

#[test]
fn a_revoked_device_is_told_keeps_what_it_has_and_learns_and_writes_nothing_more() {
    let mut house = House::of(&["bob", "carol"]);
    house.write(1, 1, "title", "of bob").unwrap();
    house.settle();
    let bob = house.id(1);
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    assert!(!house.is_active(0, bob) && !house.is_active(2, bob), "somebody still counts on it");
    assert!(house.was_told(1, &Notice::Revoked), "it was cut off without a word");
    assert!(house.rooms[1].connection.is_none(), "its socket is still open");

    house.write(0, 1, "title", "after").unwrap();
    house.write(2, 2, "title", "of carol").unwrap();
    house.settle();
    assert_eq!(house.read(2, 1, "title").as_deref(), Some("after"));
    assert_eq!(house.read(0, 2, "title").as_deref(), Some("of carol"));
    house.connect(1);
    house.settle();
    assert_eq!(
        house.read(1, 1, "title").as_deref(),
        Some("of bob"),
        "it keeps what it has and learns no more"
    );
    assert_eq!(house.read(1, 2, "title"), None);
    assert_eq!(house.write(1, 1, "title", "from outside"), Err(EngineError::Revoked));
    for who in [0, 2] {
        assert_eq!(house.problems(who), Vec::<String>::new());
    }
}

#[test]
fn a_device_that_is_at_work_when_its_connection_ends_still_learns_from_the_link_that_it_was_revoked() {
    let mut house = House::of(&["bob"]);
    house.disconnect(1);
    let bob = house.id(1);
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    let op = EditOp::Put(Path::Field("title".into()), Value::Text("of bob".into()));
    let key = DocKey::thing("thing", RecordId::new([1; 16]));
    let edit = Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand };
    house.connect(1);
    house.rooms[1].device.command(Command::Edit(vec![edit]));
    // Its disk is slow: the transaction is under way until after the last frame.
    let House { vault, rooms } = &mut house;
    let Room { device, connection, .. } = &mut rooms[1];
    let connection = connection.as_mut().unwrap();
    while connection.ended.is_none() || !connection.down.is_empty() {
        connection.down.drain(..).for_each(|frame| device.send(Event::SocketFrame(frame)));
        while device.has_event() {
            device.step(&mut vault.rng, vault.now);
        }
        assert!(device.has_commit() && !device.notices.contains(&Notice::Revoked), "it is idle");
        flush(device, connection);
        connection.serve(vault.now);
    }
    assert_eq!(device.closings, [CloseReason::Protocol(ErrorCode::Revoked)]);
    device.hang_up();
    rooms[1].connection = None;
    house.settle();
    assert!(house.was_told(1, &Notice::Revoked), "the link was forgotten with the connection");
}

#[test]
fn nothing_that_is_written_after_a_revocation_is_sealed_under_a_key_that_the_revoked_device_was_given() {
    let mut house = House::of(&["bob"]);
    house.write(0, 1, "title", "before").unwrap();
    house.settle();
    let bob = house.id(1);
    let before = house.vault.relay.log(house.vault.account).len();
    house.change(0, MemberChange::Revoke(vec![bob])).unwrap();
    house.write(0, 1, "title", "after").unwrap();
    house.settle();
    let chain = house.vault.relay.chain(house.vault.account).unwrap();
    let given: Vec<_> =
        chain.links().iter().filter(|l| l.keyboxes.of(&bob).is_some()).map(|l| l.link.epoch).collect();
    assert!(!given.is_empty(), "bob was never given any key");
    let log = house.vault.relay.log(house.vault.account);
    let epoch_of = |entry: &SealedEntry| entry.clone().read().unwrap().header().epoch;
    assert!(log[..before].iter().all(|e| given.contains(&epoch_of(e))), "the test looks at the wrong keys");
    assert!(log.len() > before && log[before..].iter().all(|e| !given.contains(&epoch_of(e))));
}

#[test]
fn a_device_that_was_away_learns_of_its_revocation_from_the_link_itself_when_it_comes_back() {
    let mut house = House::of(&["bob"]);
    house.disconnect(1);
    house.write(1, 1, "title", "never sent").unwrap();
    let bob = house.id(1);
    house.change(0, MemberChange::Revoke(vec![bob])).unwrap();
    house.connect(1);
    house.settle();
    assert!(house.was_told(1, &Notice::Revoked));
    assert_eq!(house.read(0, 1, "title"), None, "what was never sent is not taken");
    assert_eq!(house.read(1, 1, "title").as_deref(), Some("never sent"), "but its owner can still read it");
    // Opened again, it still knows.
    house.disconnect(1);
    house.rooms[1].device.crash(0);
    house.rooms[1].device.open(&mut house.vault.rng);
    assert_eq!(house.write(1, 1, "title", "again"), Err(EngineError::Revoked));
}

#[test]
fn changes_of_membership_need_the_relay_and_another_active_device() {
    let mut house = House::of(&["bob"]);
    let (alice, bob) = (house.id(0), house.id(1));
    let refused = |answer| matches!(answer, Err(EngineError::NotAllowed(_)));
    assert!(refused(house.change(0, MemberChange::Revoke(vec![alice]))), "oneself");
    assert!(refused(house.change(0, MemberChange::Revoke(vec![DeviceId::new([9; 16])]))), "a stranger");
    assert!(refused(house.change(0, MemberChange::Revoke(Vec::new()))), "nobody");
    house.disconnect(0);
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob])), Err(EngineError::Offline));
    assert!(house.is_active(1, bob));
    house.connect(0);
    house.settle();
    house.change(0, MemberChange::Revoke(vec![bob])).unwrap();
    assert!(refused(house.change(0, MemberChange::Revoke(vec![bob]))), "twice");
}

#[test]
fn a_change_whose_connection_ends_between_the_relays_answer_and_the_disk_is_answered_and_holds() {
    let mut house = House::of(&["bob"]);
    let bob = house.id(1);
    let room = &mut house.rooms[0];
    let (rng, now) = (&mut house.vault.rng, house.vault.now);
    let change = room.device.command(Command::ChangeMembers(MemberChange::Revoke(vec![bob])));
    room.device.settle(rng, now);
    // A transaction of something else is on its way to the disk when the relay answers.
    room.device.command(Command::Rebuild);
    while !room.device.has_commit() {
        room.device.step(rng, now);
    }
    let connection = room.connection.as_mut().unwrap();
    flush(&mut room.device, connection);
    while !connection.up.is_empty() {
        connection.serve(now);
    }
    connection.down.drain(..).for_each(|frame| room.device.send(Event::SocketFrame(frame)));
    while room.device.has_event() {
        room.device.step(rng, now);
    }
    assert!(room.device.has_commit(), "nothing is on its way to the disk");
    room.connection = None;
    room.device.hang_up();
    room.device.settle(rng, now);
    assert_eq!(room.device.reply(change), Some(Err(EngineError::Offline)));
    house.connect(0);
    house.settle();
    assert!(!house.is_active(0, bob), "the relay had taken it");
}

#[test]
fn two_devices_that_revoke_each_other_at_the_same_moment_agree_on_who_was_first() {
    let mut house = House::of(&["bob", "carol"]);
    let (alice, bob) = (house.id(0), house.id(1));
    let first = house.rooms[0].device.command(Command::ChangeMembers(MemberChange::Revoke(vec![bob])));
    let second = house.rooms[1].device.command(Command::ChangeMembers(MemberChange::Revoke(vec![alice])));
    house.settle();
    let answers = [house.rooms[0].device.reply(first).unwrap(), house.rooms[1].device.reply(second).unwrap()];
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1, "{answers:?}");
    assert_ne!(house.is_active(2, alice), house.is_active(2, bob));
}

#[test]
fn a_new_phrase_opens_the_vault_and_the_old_one_does_not() {
    let mut house = House::of(&["bob"]);
    house.write(0, 1, "title", "Kept").unwrap();
    let new = Phrase::generate(&mut house.vault.rng);
    let change = MemberChange::SetRecovery(NewPhrase::new(new.words()));
    assert_eq!(house.change(0, change), Ok(Reply::MembersChanged));
    house.write(1, 2, "title", "After").unwrap();
    house.settle();
    let mut carol = join(
        "carol",
        &mut house.vault.relay,
        new.device_keys(),
        &house.vault.chain,
        Config::default(),
        &mut house.vault.rng,
    );
    carol.open(&mut house.vault.rng);
    house.rooms.push(Room { device: carol, connection: None, disk_takes: 0 });
    house.connect(2);
    house.settle();
    assert_eq!(house.read(2, 1, "title").as_deref(), Some("Kept"));
    assert_eq!(house.read(2, 2, "title").as_deref(), Some("After"));
    let old = house.vault.phrase.device_keys().id();
    assert!(!house.is_active(2, old), "the old phrase is still a member");
}

/// A relay restored from a backup forgets what a device had written; the device is revoked; and then others come that
/// had been given what lies beyond the cut, and had built on it.
#[test]
fn who_is_revoked_together_with_another_keeps_what_it_has_of_it() {
    let mut house = House::of(&["bob", "carol"]);
    let backup = house.backup();
    house.disconnect(0);
    // Alice sees none of it.
    house.write(1, 1, "title", "of bob").unwrap();
    house.settle();
    house.write(2, 1, "colour", "of carol, on top").unwrap();
    house.settle();
    house.restore(&backup);
    house.connect(0);
    house.settle();
    let (bob, carol) = (house.id(1), house.id(2));
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob, carol])), Ok(Reply::MembersChanged));
    for who in [2, 1] {
        house.connect(who);
        house.settle();
        assert!(house.was_told(who, &Notice::Revoked), "{who}");
        assert_eq!(house.read(who, 1, "title").as_deref(), Some("of bob"), "{who}");
        assert_eq!(house.read(who, 1, "colour").as_deref(), Some("of carol, on top"), "{who}");
        house.rooms[who].device.crash(0);
        house.rooms[who].device.open(&mut house.vault.rng);
        assert_eq!(house.read(who, 1, "title").as_deref(), Some("of bob"), "{who}, opened again");
        assert_eq!(house.problems(who), Vec::<String>::new(), "{who}");
    }
    assert_eq!(house.read(0, 1, "title"), None, "it counts for who stayed");
}

#[test]
fn entries_beyond_a_revocation_are_taken_out_and_what_others_built_on_them_is_written_again() {
    let mut house = House::of(&["bob", "carol", "dora"]);
    house.write(1, 1, "title", "before").unwrap();
    house.settle();
    let backup: MemoryStore = (*house.vault.relay.store).clone();
    house.disconnect(0);
    // Only carol and dora are there to see it.
    house.write(1, 1, "title", "beyond").unwrap();
    house.write(1, 3, "title", "beyond too").unwrap();
    house.settle();
    house.write(2, 1, "colour", "green").unwrap();
    house.write(2, 3, "colour", "red").unwrap();
    house.settle();
    assert_eq!(house.read(3, 3, "colour").as_deref(), Some("red"));
    (0..4).for_each(|who| house.disconnect(who));
    house.vault.relay.store.restore(&backup);
    house.vault.relay.restart();
    house.connect(0);
    house.settle();
    let bob = house.id(1);
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    for who in [2, 3, 0] {
        if who != 0 {
            house.connect(who);
        }
        house.settle();
    }
    for who in [0, 2, 3] {
        assert_eq!(house.read(who, 1, "title").as_deref(), Some("before"), "{who}");
        assert_eq!(house.read(who, 1, "colour").as_deref(), Some("green"), "{who}");
        assert_eq!(house.read(who, 3, "title"), None, "{who}");
        assert_eq!(house.read(who, 3, "colour").as_deref(), Some("red"), "{who}");
        assert_eq!(house.problems(who), Vec::<String>::new(), "{who}");
    }
}

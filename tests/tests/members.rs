//! Devices come and go: revoked by another, told by the relay with the link itself, and what lies beyond a revocation
//! is void for everybody. Engines, the relay's own logic, a store in memory; nothing fails but what the test lets fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::{MemberChange, NewPhrase};
use engine::{
    Command, Config, DocKey, Edit, EditOp, EngineError, Event, Expect, Notice, Origin, Path, Query, RecordId,
    Reply, Value,
};
use protocol::{AccountId, Chain, DeviceId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use seal::Phrase;
use sync_server::memory::MemoryStore;
use tests::simulation::device::{Device, ORIGIN};
use tests::simulation::joining::join;
use tests::simulation::network::{Connection, SimRelay, flush};

const START: i64 = 1_763_700_000_000;

struct Room {
    device: Device,
    connection: Option<Connection>,
}

/// Devices of one vault and their relay.
struct House {
    rng: ChaCha20Rng,
    now: i64,
    relay: SimRelay,
    account: AccountId,
    chain: Chain,
    phrase: Phrase,
    rooms: Vec<Room>,
}

impl House {
    /// The founder and `others` that joined by phrase, all online and in step.
    fn of(others: &[&'static str]) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        let founded = Device::found("alice", Config::default(), &mut rng);
        let mut alice = founded.device;
        alice.open(&mut rng);
        alice.settle(&mut rng, START);
        let relay = SimRelay::default();
        relay.register(&alice.engine().unwrap().chain(), START).unwrap();
        let account = founded.chain.account();
        let rooms = vec![Room { device: alice, connection: None }];
        let (chain, phrase) = (founded.chain, founded.phrase);
        let mut house = Self { rng, now: START, relay, account, chain, phrase, rooms };
        for name in others {
            let paper = house.phrase.device_keys();
            let device = join(name, &mut house.relay, paper, &house.chain, Config::default(), &mut house.rng);
            house.rooms.push(Room { device, connection: None });
        }
        (0..house.rooms.len()).for_each(|who| house.connect(who));
        house.settle();
        house
    }

    fn connect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.device.open(&mut self.rng);
        room.device.settle(&mut self.rng, self.now);
        let mut challenge = [0; 32];
        self.rng.fill_bytes(&mut challenge);
        room.connection = Some(Connection::new(&self.relay, self.account, challenge));
        room.device.send(Event::SocketOpened { origin: ORIGIN.into() });
    }
    fn disconnect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.connection = None;
        room.device.hang_up();
        room.device.settle(&mut self.rng, self.now);
    }

    /// Lets everything go on until nothing moves.
    fn settle(&mut self) {
        for _ in 0..2_000 {
            let mut moved = false;
            for who in 0..self.rooms.len() {
                let room = &mut self.rooms[who];
                moved |= room.device.is_busy();
                room.device.settle(&mut self.rng, self.now);
                let Some(connection) = &mut room.connection else { continue };
                flush(&mut room.device, connection);
                while !connection.up.is_empty() {
                    connection.serve();
                    moved = true;
                }
                while let Some(frame) = connection.down.pop_front() {
                    room.device.send(Event::SocketFrame(frame));
                    moved = true;
                }
                if room.connection.as_ref().is_some_and(|c| c.ended.is_some()) && !room.device.is_busy() {
                    room.connection = None;
                    room.device.hang_up();
                }
                for other in self.rooms.iter_mut().filter_map(|r| r.connection.as_mut()) {
                    other.pump();
                }
            }
            self.now += 10;
            if !moved {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    fn id(&self, who: usize) -> DeviceId {
        self.rooms[who].device.id().unwrap()
    }
    fn write(&mut self, who: usize, record: u8, field: &str, value: &str) -> Result<(), EngineError> {
        let key = DocKey::thing("thing", RecordId::new([record; 16]));
        let op = EditOp::Put(Path::Field(field.into()), Value::Text(value.into()));
        let edit = Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand };
        self.rooms[who].device.run(&mut self.rng, self.now, Command::Edit(vec![edit])).map(|_| ())
    }
    fn read(&mut self, who: usize, record: u8, field: &str) -> Option<String> {
        let key = DocKey::thing("thing", RecordId::new([record; 16]));
        match self.rooms[who].device.ask(&mut self.rng, self.now, Query::Get(vec![key])).unwrap() {
            Reply::Rows(rows) => match rows[0].as_ref()?.fields.get(field)? {
                Value::Text(text) => Some(text.clone()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    fn change(&mut self, who: usize, change: MemberChange) -> Result<Reply, EngineError> {
        let request = self.rooms[who].device.command(Command::ChangeMembers(change));
        self.settle();
        self.rooms[who].device.reply(request).expect("an answer")
    }
    fn is_active(&mut self, who: usize, of: DeviceId) -> bool {
        match self.rooms[who].device.ask(&mut self.rng, self.now, Query::Status).unwrap() {
            Reply::Status(status) => status.members.iter().any(|m| m.device == of && m.active),
            other => panic!("{other:?}"),
        }
    }
    fn problems(&mut self, who: usize) -> Vec<String> {
        match self.rooms[who].device.run(&mut self.rng, self.now, Command::Verify).unwrap() {
            Reply::Verified(found) => found.problems,
            other => panic!("{other:?}"),
        }
    }
    fn was_told(&self, who: usize, notice: &Notice) -> bool {
        self.rooms[who].device.notices.contains(notice)
    }
}

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
    house.rooms[1].device.open(&mut house.rng);
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
    let new = Phrase::generate(&mut house.rng);
    let change = MemberChange::SetRecovery(NewPhrase::new(new.words()));
    assert_eq!(house.change(0, change), Ok(Reply::MembersChanged));
    house.write(1, 2, "title", "After").unwrap();
    house.settle();
    let mut carol =
        join("carol", &mut house.relay, new.device_keys(), &house.chain, Config::default(), &mut house.rng);
    carol.open(&mut house.rng);
    house.rooms.push(Room { device: carol, connection: None });
    house.connect(2);
    house.settle();
    assert_eq!(house.read(2, 1, "title").as_deref(), Some("Kept"));
    assert_eq!(house.read(2, 2, "title").as_deref(), Some("After"));
    let old = house.phrase.device_keys().id();
    assert!(!house.is_active(2, old), "the old phrase is still a member");
}

/// A relay restored from a backup forgets what a device had written; the device is revoked; and then others come that
/// had been given what lies beyond the cut, and had built on it.
#[test]
fn entries_beyond_a_revocation_are_taken_out_and_what_others_built_on_them_is_written_again() {
    let mut house = House::of(&["bob", "carol", "dora"]);
    house.write(1, 1, "title", "before").unwrap();
    house.settle();
    let backup: MemoryStore = (*house.relay.store).clone();
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
    house.relay.store.restore(&backup);
    house.relay.restart();
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

//! Devices of one vault and their relay, of which nothing fails but what a test lets fail.

use super::device::{Device, ORIGIN};
use super::joining::join;
use super::network::{Connection, SimRelay, flush};
use engine::api::{Fork, MemberChange, Status};
use engine::{
    Command, Config, DocKey, Edit, EditOp, EngineError, Event, Expect, Notice, Origin, Path, Query, RecordId,
    Reply, Value,
};
use protocol::{AccountId, Chain, DeviceId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use seal::Phrase;

const START: i64 = 1_763_700_000_000;

/// A device, and its connection if it is online.
pub struct Room {
    /// The device.
    pub device: Device,
    /// Its connection.
    pub connection: Option<Connection>,
}

/// Devices of one vault and their relay.
pub struct House {
    /// All chance there is.
    pub rng: ChaCha20Rng,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The relay.
    pub relay: SimRelay,
    /// The account.
    pub account: AccountId,
    /// The vault's first link.
    pub chain: Chain,
    /// The words it was made with.
    pub phrase: Phrase,
    /// The devices, the founder first.
    pub rooms: Vec<Room>,
}

impl House {
    /// The founder and `others` that joined by phrase, all online and in step.
    pub fn of(others: &[&'static str]) -> Self {
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

    /// Goes online.
    pub fn connect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.device.open(&mut self.rng);
        room.device.settle(&mut self.rng, self.now);
        let mut challenge = [0; 32];
        self.rng.fill_bytes(&mut challenge);
        room.connection = Some(Connection::new(&self.relay, self.account, challenge));
        room.device.send(Event::SocketOpened { origin: ORIGIN.into() });
    }
    /// Goes offline.
    pub fn disconnect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.connection = None;
        room.device.hang_up();
        room.device.settle(&mut self.rng, self.now);
    }

    /// Lets everything go on until nothing moves.
    pub fn settle(&mut self) {
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
                let over = room.connection.as_ref().is_some_and(|c| c.ended.is_some()) || room.device.close;
                if over && !room.device.is_busy() {
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

    /// Whose room it is.
    pub fn id(&self, who: usize) -> DeviceId {
        self.rooms[who].device.id().unwrap()
    }
    /// Writes a field of a record.
    pub fn write(&mut self, who: usize, record: u8, field: &str, value: &str) -> Result<(), EngineError> {
        let key = DocKey::thing("thing", RecordId::new([record; 16]));
        let op = EditOp::Put(Path::Field(field.into()), Value::Text(value.into()));
        let edit = Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand };
        self.rooms[who].device.run(&mut self.rng, self.now, Command::Edit(vec![edit])).map(|_| ())
    }
    /// Reads a field of a record.
    pub fn read(&mut self, who: usize, record: u8, field: &str) -> Option<String> {
        let key = DocKey::thing("thing", RecordId::new([record; 16]));
        match self.rooms[who].device.ask(&mut self.rng, self.now, Query::Get(vec![key])).unwrap() {
            Reply::Rows(rows) => match rows[0].as_ref()?.fields.get(field)? {
                Value::Text(text) => Some(text.clone()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    /// Changes who is a member, and lets everybody hear of it.
    pub fn change(&mut self, who: usize, change: MemberChange) -> Result<Reply, EngineError> {
        let request = self.rooms[who].device.command(Command::ChangeMembers(change));
        self.settle();
        self.rooms[who].device.reply(request).expect("an answer")
    }
    /// Whether `who` counts on a device.
    pub fn is_active(&mut self, who: usize, of: DeviceId) -> bool {
        match self.rooms[who].device.ask(&mut self.rng, self.now, Query::Status).unwrap() {
            Reply::Status(status) => status.members.iter().any(|m| m.device == of && m.active),
            other => panic!("{other:?}"),
        }
    }
    /// What a check of everything finds.
    pub fn problems(&mut self, who: usize) -> Vec<String> {
        match self.rooms[who].device.run(&mut self.rng, self.now, Command::Verify).unwrap() {
            Reply::Verified(found) => found.problems,
            other => panic!("{other:?}"),
        }
    }
    /// What a device says of itself.
    pub fn status(&mut self, who: usize) -> Status {
        match self.rooms[who].device.ask(&mut self.rng, self.now, Query::Status).unwrap() {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }
    /// The two lists of devices, if there are two.
    pub fn fork(&mut self, who: usize) -> Option<Fork> {
        self.status(who).fork
    }
    /// Time passes for everybody, and all that comes of it is done. Who was online is so again: a long silence ends
    /// connections.
    pub fn wait(&mut self, milliseconds: i64) {
        self.now += milliseconds;
        let online = |room: &Room| room.connection.is_some();
        let before: Vec<bool> = self.rooms.iter().map(online).collect();
        self.tick();
        for (who, was_online) in before.into_iter().enumerate() {
            if was_online && self.rooms[who].connection.is_none() {
                self.connect(who);
            }
        }
        self.settle();
        self.tick();
    }
    fn tick(&mut self) {
        for room in self.rooms.iter_mut().filter(|r| r.connection.is_some()) {
            room.device.send(Event::Tick);
        }
        self.settle();
    }
    /// A further device joins by the vault's first words, at the relay as it is; gives its place.
    pub fn joins(&mut self, name: &'static str) -> usize {
        let paper = self.phrase.device_keys();
        let device = join(name, &mut self.relay, paper, &self.chain, Config::default(), &mut self.rng);
        self.rooms.push(Room { device, connection: None });
        self.connect(self.rooms.len() - 1);
        self.settle();
        self.rooms.len() - 1
    }
    /// Whether somebody was told something.
    pub fn was_told(&self, who: usize, notice: &Notice) -> bool {
        self.rooms[who].device.notices.contains(notice)
    }
}

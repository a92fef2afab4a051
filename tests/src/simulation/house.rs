//! Devices of one vault and their relay, of which nothing fails but what a test lets fail.

use super::device::Device;
use super::network::{Connection, flush};
use super::vault::{Vault, until_at_rest};
use engine::api::{Fork, MemberChange, Status};
use engine::{Command, EngineError, Event, Notice, Query, Reply};
use protocol::DeviceId;
use std::time::Duration;
use sync_server::memory::MemoryStore;

/// A device, and its connection if it is online.
pub struct Room {
    /// The device.
    pub device: Device,
    /// Its connection.
    pub connection: Option<Connection>,
    /// A transaction takes so many turns, in which frames come and go.
    pub disk_takes: u32,
}

/// Devices of one vault and their relay.
pub struct House {
    /// What the devices share.
    pub vault: Vault,
    /// The devices, the founder first.
    pub rooms: Vec<Room>,
}

impl House {
    /// The founder and `others` that joined by phrase, all online and in step.
    pub fn of(others: &[&'static str]) -> Self {
        let (vault, devices) = Vault::found(11, others);
        let rooms =
            devices.into_iter().map(|device| Room { device, connection: None, disk_takes: 0 }).collect();
        let mut house = Self { vault, rooms };
        (0..house.rooms.len()).for_each(|who| house.connect(who));
        house.settle();
        house
    }

    /// Goes online.
    pub fn connect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.connection = Some(self.vault.connect(&mut room.device));
    }
    /// Goes offline.
    pub fn disconnect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.connection = None;
        self.vault.hang_up(&mut room.device);
    }

    /// Lets everything go on until nothing moves.
    pub fn settle(&mut self) {
        until_at_rest(2_000, || self.turn());
    }
    /// One turn of everybody. Whether anything happened.
    pub fn turn(&mut self) -> bool {
        let mut moved = false;
        for who in 0..self.rooms.len() {
            moved |= self.go_on(who);
        }
        self.vault.now += 10;
        moved
    }
    /// One turn of one device and its connection. Whether anything happened.
    fn go_on(&mut self, who: usize) -> bool {
        let room = &mut self.rooms[who];
        let mut moved = room.device.is_busy();
        for _ in 0..room.disk_takes {
            let arrived = room.connection.iter_mut().flat_map(|c| c.down.drain(..));
            arrived.for_each(|frame| room.device.send(Event::SocketFrame(frame)));
            while room.device.has_event() {
                room.device.step(&mut self.vault.rng, self.vault.now);
            }
            let Some(connection) = &mut room.connection else { break };
            flush(&mut room.device, connection);
            while !connection.up.is_empty() {
                connection.serve(self.vault.now);
                connection.pump();
            }
        }
        if room.disk_takes > 0 {
            room.device.sync_disk();
        } else {
            room.device.settle(&mut self.vault.rng, self.vault.now);
        }
        let Some(connection) = &mut room.connection else { return moved };
        flush(&mut room.device, connection);
        while !connection.up.is_empty() {
            connection.serve(self.vault.now);
            moved = true;
        }
        while let Some(frame) = connection.down.pop_front() {
            room.device.send(Event::SocketFrame(frame));
            moved = true;
        }
        let over = connection.ended.is_some() || room.device.close;
        if over && !room.device.is_busy() {
            room.connection = None;
            room.device.hang_up();
        }
        for other in self.rooms.iter_mut().filter_map(|r| r.connection.as_mut()) {
            other.pump();
        }
        moved
    }

    /// Whose room it is.
    pub fn id(&self, who: usize) -> DeviceId {
        self.rooms[who].device.id().unwrap()
    }
    /// Writes a field of a record.
    pub fn write(&mut self, who: usize, record: u8, field: &str, value: &str) -> Result<(), EngineError> {
        self.vault.write(&mut self.rooms[who].device, record, field, value)
    }
    /// Reads a field of a record.
    pub fn read(&mut self, who: usize, record: u8, field: &str) -> Option<String> {
        self.vault.read(&mut self.rooms[who].device, record, field)
    }
    /// Changes who is a member, and lets everybody hear of it.
    pub fn change(&mut self, who: usize, change: MemberChange) -> Result<Reply, EngineError> {
        let request = self.rooms[who].device.command(Command::ChangeMembers(change));
        self.settle();
        self.rooms[who].device.reply(request).expect("an answer")
    }
    /// Packs what changed, now.
    pub fn compact(&mut self, who: usize) {
        let request = self.rooms[who].device.command(Command::Compact);
        self.settle();
        assert_eq!(self.rooms[who].device.reply(request), Some(Ok(Reply::Compacted)));
    }
    /// The relay drops all that it need not keep. How many entries are left there.
    pub fn keep(&self) -> usize {
        self.vault.relay.keep(self.vault.now, Duration::ZERO);
        self.vault.relay.log(self.vault.account).len()
    }
    /// The relay as it is now, to be restored later.
    pub fn backup(&self) -> MemoryStore {
        (*self.vault.relay.store).clone()
    }
    /// Everybody goes offline, and the relay becomes what it was.
    pub fn restore(&mut self, backup: &MemoryStore) {
        (0..self.rooms.len()).for_each(|who| self.disconnect(who));
        self.vault.relay.store.restore(backup);
        self.vault.relay.restart();
    }
    /// Whether `who` counts on a device.
    pub fn is_active(&mut self, who: usize, of: DeviceId) -> bool {
        self.status(who).members.iter().any(|m| m.device == of && m.active)
    }
    /// What a check of everything finds.
    pub fn problems(&mut self, who: usize) -> Vec<String> {
        self.vault.problems(&mut self.rooms[who].device)
    }
    /// What a device says of itself.
    pub fn status(&mut self, who: usize) -> Status {
        match self.rooms[who].device.ask(&mut self.vault.rng, self.vault.now, Query::Status).unwrap() {
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
        self.vault.now += milliseconds;
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
        let device = self.vault.join(name);
        self.rooms.push(Room { device, connection: None, disk_takes: 0 });
        self.connect(self.rooms.len() - 1);
        self.settle();
        self.rooms.len() - 1
    }
    /// Whether somebody was told something.
    pub fn was_told(&self, who: usize, notice: &Notice) -> bool {
        self.rooms[who].device.notices.contains(notice)
    }
}

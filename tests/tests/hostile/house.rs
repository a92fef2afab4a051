//! Devices of one vault, the relay's own logic, and somebody who sits between them and changes what passes.

use engine::api::CloseReason;
use engine::{Command, EngineError, Event, Notice, Reply};
use protocol::chain::AdmitError;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::{Chain, DeviceId, ErrorCode, Header, SealedEntry, SpaceId, codec};
use rand_chacha::ChaCha20Rng;
use sync_server::memory::MemoryStore;
use tests::simulation::device::Device;
use tests::simulation::network::Connection;
use tests::simulation::vault::{Vault, until_at_rest};

/// The founder.
pub const ALICE: usize = 0;
/// The one whose connection is attacked.
pub const BOB: usize = 1;

/// What becomes of a frame of the relay.
pub type Down = Box<dyn FnMut(ServerFrame) -> Vec<Vec<u8>>>;
/// What becomes of a frame of the device. Frames in the second list are answered to it at once.
pub type Up = Box<dyn FnMut(ClientFrame) -> (Vec<ClientFrame>, Vec<ServerFrame>)>;

/// What a device says when it notices something.
#[derive(Debug, Clone, PartialEq)]
pub enum Alarm {
    /// To the person.
    Told(Notice),
    /// To the relay, by hanging up.
    Closed(CloseReason),
}

/// A device with its connection and whoever sits on that.
pub struct Room {
    pub device: Device,
    pub connection: Option<Connection>,
    pub down: Option<Down>,
    pub up: Option<Up>,
    /// What the device sent since last looked.
    pub sent: Vec<ClientFrame>,
    /// Sequence number that the next entry of the log would have for it.
    next: u64,
    /// How many entries it was given that the relay's log does not have.
    given: u64,
}

/// The vault.
pub struct House {
    pub vault: Vault,
    pub rooms: Vec<Room>,
}

/// The code for a relay that broke the protocol in this way.
pub fn broke(code: ErrorCode) -> Vec<Alarm> {
    vec![Alarm::Closed(CloseReason::Protocol(code))]
}

/// Changes the clear header of an entry.
pub fn with_header(entry: SealedEntry, change: impl FnOnce(&mut Header)) -> SealedEntry {
    let mut header: Header = codec::decode_canonical(&entry.header).unwrap();
    change(&mut header);
    SealedEntry { header: codec::encode(&header), ..entry }
}

/// A tampering that changes entries of the log and nothing else.
pub fn on_entries(mut change: impl FnMut(Vec<SealedEntry>) -> Vec<SealedEntry> + 'static) -> Down {
    Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Entries { space, first, entries } => {
                ServerFrame::Entries { space, first, entries: change(entries) }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    })
}

impl House {
    /// The founder and those who joined by phrase, all online and in step.
    pub fn of(others: &[&'static str]) -> Self {
        let (vault, devices) = Vault::found(23, others);
        let mut house = Self { vault, rooms: devices.into_iter().map(Room::of).collect() };
        (0..house.rooms.len()).for_each(|who| house.connect(who));
        house.settle();
        house
    }

    /// Alice and Bob, who has what Alice wrote before.
    pub fn in_step() -> Self {
        let mut house = Self::of(&["bob"]);
        house.write(ALICE, 1, "before");
        house.settle();
        assert_eq!(house.read(BOB, 1).as_deref(), Some("before"));
        house.forget_alarms();
        house
    }

    /// The vault's space.
    pub fn space(&self) -> SpaceId {
        self.vault.chain.space()
    }
    /// The chain as Alice has it.
    pub fn present_chain(&self) -> Chain {
        let links = self.rooms[ALICE].device.engine().unwrap().chain();
        Chain::verify(links.into_iter().map(|l| (l.link, l.keyboxes))).unwrap()
    }

    pub fn connect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.given = 0;
        room.connection = Some(self.vault.connect(&mut room.device));
    }
    pub fn disconnect(&mut self, who: usize) {
        let room = &mut self.rooms[who];
        room.connection = None;
        self.vault.hang_up(&mut room.device);
    }
    /// The connection ends and another begins.
    pub fn reconnect(&mut self, who: usize) {
        self.disconnect(who);
        self.connect(who);
        self.settle();
    }
    /// As [`Self::reconnect`], and nobody sits on the new connection.
    pub fn reconnect_honestly(&mut self, who: usize) {
        (self.rooms[who].down, self.rooms[who].up) = (None, None);
        self.reconnect(who);
    }

    /// What the relay has, for [`Self::roll_back`].
    pub fn backup(&self) -> MemoryStore {
        (*self.vault.relay.store).clone()
    }
    /// The relay goes back to what it had, and Bob is the first to come to it again.
    pub fn roll_back(&mut self, before: &MemoryStore) {
        (0..2).for_each(|who| self.disconnect(who));
        self.vault.relay.store.restore(before);
        self.vault.relay.restart();
        self.forget_alarms();
        self.connect(BOB);
        self.settle();
    }

    /// Lets everything go on until nothing moves.
    pub fn settle(&mut self) {
        until_at_rest(600, || {
            let mut moved = false;
            for who in 0..self.rooms.len() {
                moved |= self.rooms[who].go_on(&mut self.vault.rng, self.vault.now);
                for other in self.rooms.iter_mut().filter_map(|r| r.connection.as_mut()) {
                    other.pump();
                }
            }
            self.vault.now += 10;
            moved
        });
    }

    /// Time passes for one device, whose relay says nothing.
    pub fn wait(&mut self, who: usize, seconds: i64) {
        for _ in 0..seconds {
            self.vault.now += 1_000;
            self.rooms[who].device.send(Event::Tick);
            self.settle();
        }
    }

    /// The relay says this to a device, unasked.
    pub fn say(&mut self, who: usize, frame: &ServerFrame) {
        self.say_bytes(who, frame.to_bytes());
    }
    /// The relay sends these bytes to a device.
    pub fn say_bytes(&mut self, who: usize, bytes: Vec<u8>) {
        self.rooms[who].device.send(Event::SocketFrame(bytes));
        self.settle();
    }
    /// The relay delivers these as the next of the log, and numbers what follows accordingly.
    pub fn deliver(&mut self, who: usize, entries: Vec<SealedEntry>) {
        let first = self.rooms[who].next;
        self.rooms[who].next += entries.len() as u64;
        self.rooms[who].given += entries.len() as u64;
        self.say(who, &ServerFrame::Entries { space: self.space(), first, entries });
    }
    /// The relay pushes these links.
    pub fn push_links(&mut self, who: usize, links: Vec<LinkItem>) {
        let (space, chain) = (self.space(), self.present_chain());
        let (height, head) = (chain.height(), chain.head());
        self.say(who, &ServerFrame::Links { request: 0, space, links, height, head, refusal: None });
    }

    pub fn id(&self, who: usize) -> DeviceId {
        self.rooms[who].device.id().unwrap()
    }
    pub fn write(&mut self, who: usize, record: u8, value: &str) {
        self.try_write(who, record, value).unwrap();
    }
    pub fn try_write(&mut self, who: usize, record: u8, value: &str) -> Result<(), EngineError> {
        self.vault.write(&mut self.rooms[who].device, record, "title", value)
    }
    pub fn read(&mut self, who: usize, record: u8) -> Option<String> {
        self.vault.read(&mut self.rooms[who].device, record, "title")
    }
    pub fn command(&mut self, who: usize, command: Command) -> Result<Reply, EngineError> {
        let request = self.rooms[who].device.command(command);
        self.settle();
        self.rooms[who].device.reply(request).expect("an answer")
    }
    /// What a check of the whole store finds wrong.
    pub fn problems(&mut self, who: usize) -> Vec<String> {
        self.vault.problems(&mut self.rooms[who].device)
    }

    pub fn forget_alarms(&mut self) {
        for room in &mut self.rooms {
            room.device.notices.clear();
            room.device.closings.clear();
            room.sent.clear();
        }
    }
    /// What a device has told and why it hung up, since last forgotten.
    pub fn alarms(&self, who: usize) -> Vec<Alarm> {
        let device = &self.rooms[who].device;
        let quiet = |n: &&Notice| {
            !matches!(n, Notice::Ready | Notice::Changed(_) | Notice::Synced | Notice::Progress { .. })
        };
        let told = device.notices.iter().filter(quiet).cloned().map(Alarm::Told);
        told.chain(device.closings.iter().cloned().map(Alarm::Closed)).collect()
    }
    /// Why entries were refused.
    pub fn reasons(&self, who: usize) -> Vec<String> {
        let reason = |n: &Notice| match n {
            Notice::EntryRefused { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        self.rooms[who].device.notices.iter().filter_map(reason).collect()
    }
    /// Exactly one entry was refused, for this reason, and nothing else was noticed.
    #[track_caller]
    pub fn assert_refused(&self, who: usize, error: AdmitError) {
        assert_eq!(self.alarms(who).len(), 1, "{:?}", self.alarms(who));
        assert_eq!(self.reasons(who), [error.to_string()]);
    }
    /// All is well in the store, and the same is read on both devices.
    #[track_caller]
    pub fn assert_sound(&mut self, records: &[u8]) {
        for who in 0..self.rooms.len() {
            assert_eq!(self.problems(who), Vec::<String>::new(), "device {who}");
        }
        for record in records {
            let of_alice = self.read(ALICE, *record);
            assert!(of_alice.is_some(), "record {record} is gone");
            assert_eq!(self.read(BOB, *record), of_alice, "record {record}");
        }
    }
}

impl Room {
    fn of(device: Device) -> Self {
        Self { device, connection: None, down: None, up: None, sent: Vec::new(), next: 1, given: 0 }
    }

    /// One turn of device, connection and attacker. Whether anything happened.
    fn go_on(&mut self, rng: &mut ChaCha20Rng, now: i64) -> bool {
        let mut moved = self.device.is_busy();
        self.device.settle(rng, now);
        if self.device.close {
            self.connection = None;
            self.device.hang_up();
            return true;
        }
        let Some(connection) = &mut self.connection else { return moved };
        for bytes in std::mem::take(&mut self.device.outgoing) {
            moved = true;
            let frame = ClientFrame::from_bytes(&bytes).unwrap();
            self.sent.push(frame.clone());
            let (on, back) = match &mut self.up {
                Some(up) => up(frame),
                None => (vec![frame], Vec::new()),
            };
            connection.up.extend(on.iter().map(ClientFrame::to_bytes));
            back.iter().for_each(|frame| self.device.send(Event::SocketFrame(frame.to_bytes())));
        }
        while !connection.up.is_empty() {
            connection.serve(now);
            moved = true;
        }
        while let Some(bytes) = connection.down.pop_front() {
            moved = true;
            let mut frame = ServerFrame::from_bytes(&bytes).unwrap();
            if let ServerFrame::Entries { first, entries, .. } = &mut frame {
                *first += self.given;
                self.next = *first + entries.len() as u64;
            }
            let passed = match &mut self.down {
                Some(down) => down(frame),
                None => vec![frame.to_bytes()],
            };
            passed.into_iter().for_each(|bytes| self.device.send(Event::SocketFrame(bytes)));
        }
        if connection.ended.is_some() && !self.device.is_busy() {
            self.connection = None;
            self.device.hang_up();
        }
        moved
    }
}

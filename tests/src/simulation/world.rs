//! Devices, a relay and everything that can go wrong between them, in the order that one seed decides.
//!
//! After the storm the world is left alone until it is quiet. Then: every device shows the same, nothing waits,
//! every store verifies, and every change that was ever acknowledged as saved is in the history of its record.

use super::device::{Device, ORIGIN};
use super::disk::Disk;
use super::network::{Connection, SimRelay, flush};
use engine::{
    Command, Config, DocKey, Edit, EditOp, Event, Expect, Notice, Origin, Path, Query, RecordId, Reply, Row,
    Value,
};
use protocol::{AccountId, ErrorCode};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use sync_server::memory::MemoryStore;

/// How much happens before the world is left alone.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    /// Edits, crashes, cuts and the like.
    pub events: usize,
    /// Whether stores are copied and restored, and relays restored and wiped.
    pub copies: bool,
}

/// A change that was acknowledged as saved.
#[derive(Debug, Clone)]
struct Saved {
    key: DocKey,
    value: String,
}

struct Member {
    device: Device,
    connection: Option<Connection>,
    /// Edits that were not answered yet.
    asked: BTreeMap<u64, Saved>,
    /// Edits that were answered as saved since the last copy of the disk was taken.
    since_copy: Vec<Saved>,
    copy: Option<Disk>,
    online: bool,
}

impl Member {
    fn new(device: Device) -> Self {
        let (asked, since_copy) = (BTreeMap::new(), Vec::new());
        Self { device, connection: None, asked, since_copy, copy: None, online: false }
    }
}

/// The world.
pub struct World {
    rng: ChaCha20Rng,
    now: i64,
    account: AccountId,
    relay: SimRelay,
    backup: Option<MemoryStore>,
    members: Vec<Member>,
    /// The one whose store may be restored or copied. If all were, a change could be gone for good.
    frail: usize,
    saved: Vec<Saved>,
    tokens: u64,
    log: Vec<String>,
}

/// Why a seed failed.
pub type Failure = String;

impl World {
    /// Two members of one vault and a relay.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let config = Config { batch: 1 + pick(&mut rng, 40), resident: 1 + pick(&mut rng, 12) };
        let founded = Device::found("alice", config, &mut rng);
        let mut relay = SimRelay::default();
        let mut alice = founded.device;
        alice.open(&mut rng);
        alice.settle(&mut rng, 0);
        let chain = alice.engine().unwrap().chain();
        relay.register(&chain, 0).unwrap();
        let bob = super::joining::join(
            "bob",
            &mut relay,
            founded.phrase.device_keys(),
            &founded.chain,
            config,
            &mut rng,
        );
        let account = founded.chain.account();
        let frail = pick(&mut rng, 2);
        Self {
            rng,
            now: 1_763_700_000_000,
            account,
            relay,
            backup: None,
            members: vec![Member::new(alice), Member::new(bob)],
            frail,
            saved: Vec::new(),
            tokens: 0,
            log: Vec::new(),
        }
    }

    /// What happened, for whoever looks into a failure.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Runs one seed to its end.
    pub fn run(seed: u64, storm: Storm) -> Result<(), Failure> {
        let mut world = Self::new(seed);
        let mut events = 0;
        while events < storm.events {
            // Between two events the world goes on for a while.
            for _ in 0..world.pick(100) {
                world.move_something();
            }
            events += 1;
            world.event(storm);
        }
        let checked = world.calm().and_then(|()| world.check());
        checked.map_err(|e| {
            let tail = world.log.iter().rev().take(60).rev().cloned().collect::<Vec<_>>().join("\n  ");
            format!("seed {seed}: {e}\n  {tail}")
        })
    }

    fn pick(&mut self, below: usize) -> usize {
        pick(&mut self.rng, below)
    }

    fn note(&mut self, text: String) {
        self.log.push(text);
    }

    /// Something a person, a network or a machine does.
    fn event(&mut self, storm: Storm) {
        let who = self.pick(self.members.len());
        match self.pick(100) {
            0..=44 => self.edit(who),
            45..=59 => {
                let online = !self.members[who].online;
                self.note(format!("{who} online {online}"));
                self.members[who].online = online;
                if !online {
                    self.disconnect(who);
                }
            }
            60..=69 => self.crash(who),
            70..=79 => self.meddle(who),
            80..=84 => {
                self.note("relay restarts".into());
                (0..self.members.len()).for_each(|m| self.disconnect(m));
                self.relay.restart();
            }
            85..=89 => self.now += 20_000,
            90..=91 => self.relay.store.set_failing(true),
            92..=94 => self.relay.store.set_failing(false),
            _ if !storm.copies => {}
            95 => {
                self.note(format!("backup of {}", self.frail));
                let frail = &mut self.members[self.frail];
                frail.copy = Some(frail.device.disk.clone());
                frail.since_copy.clear();
            }
            96 if self.pick(3) == 0 && self.members.len() == 2 => {
                self.note(format!("{} copied to a second machine", self.frail));
                let twin = self.members[self.frail].device.copy("twin");
                self.members.push(Member::new(twin));
            }
            96 => self.restore_device(self.frail),
            97 => {
                self.note("relay backup".into());
                self.backup = Some((*self.relay.store).clone());
            }
            98 => {
                if let Some(backup) = self.backup.take() {
                    self.note("relay restored".into());
                    (0..self.members.len()).for_each(|m| self.disconnect(m));
                    self.relay.store.restore(&backup);
                    self.relay.restart();
                }
            }
            _ => {
                self.note("relay wiped".into());
                (0..self.members.len()).for_each(|m| self.disconnect(m));
                self.relay.store.restore(&MemoryStore::new());
                self.relay.restart();
            }
        }
    }

    fn edit(&mut self, who: usize) {
        self.tokens += 1;
        let value = format!("{who}-{}", self.tokens);
        let id = RecordId::new([u8::try_from(self.pick(6)).unwrap(); 16]);
        let (key, op) = match self.pick(10) {
            0..=4 => {
                let path = Path::Field(format!("f{}", self.pick(3)));
                (DocKey::thing("thing", id), EditOp::Put(path, Value::Text(value.clone())))
            }
            5..=6 => {
                let path = Path::Key("tags".into(), format!("t{}", self.pick(3)));
                (DocKey::thing("thing", id), EditOp::Put(path, Value::Text(value.clone())))
            }
            7 => (DocKey::thing("thing", id), EditOp::Trash),
            _ => {
                let path = Path::Key("rows".into(), format!("2026-01-{:02}", self.pick(28) + 1));
                (DocKey::stream("log", id, "2026", 0), EditOp::Put(path, Value::Text(value.clone())))
            }
        };
        let traced = op != EditOp::Trash;
        let edit =
            Edit { key: key.clone(), expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand };
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
        let request = member.device.command(Command::Edit(vec![edit]));
        if traced {
            member.asked.insert(request, Saved { key, value });
        }
    }

    fn crash(&mut self, who: usize) {
        let durable = self.pick(2);
        self.note(format!("{who} crashes, {durable}"));
        let member = &mut self.members[who];
        member.device.crash(durable);
        member.asked.clear();
        self.disconnect(who);
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
    }

    fn restore_device(&mut self, who: usize) {
        let Some(copy) = self.members[who].copy.clone() else { return };
        self.note(format!("{who} restored from its backup"));
        self.crash(who);
        let member = &mut self.members[who];
        member.device.crash(0);
        member.device.disk = copy;
        member.device.open(&mut self.rng);
        // What was saved after the copy was taken lived on that disk alone, or is at the relay, or is gone.
        let gone: Vec<String> = member.since_copy.drain(..).map(|s| s.value).collect();
        self.saved.retain(|s| !gone.contains(&s.value));
    }

    /// The network does what TCP would not, or the disk fails.
    fn meddle(&mut self, who: usize) {
        let what = self.pick(7);
        if what == 6 {
            if self.members[who].device.has_commit() {
                self.note(format!("{who} disk fails"));
                self.members[who].device.fail_disk();
                while self.members[who].device.has_event() {
                    self.members[who].device.step(&mut self.rng, self.now);
                }
                self.crash(who);
            }
            return;
        }
        let Some(connection) = &mut self.members[who].connection else { return };
        let queue = if what.is_multiple_of(2) { &mut connection.up } else { &mut connection.down };
        match (what / 2, queue.len()) {
            (0, 1..) => drop(queue.pop_front()),
            (1, 1..) => queue.push_back(queue[0].clone()),
            (2, 2..) => queue.swap(0, 1),
            _ => return,
        }
        self.note(format!("{who} network {what}"));
    }

    fn disconnect(&mut self, who: usize) {
        let member = &mut self.members[who];
        if member.connection.take().is_some() {
            member.device.hang_up();
        }
    }

    fn connect(&mut self, who: usize) {
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
        if member.device.id().is_none() {
            return;
        }
        if std::mem::take(&mut member.device.register) {
            let chain = member.device.engine().unwrap().chain();
            if self.relay.register(&chain, self.now).is_err() {
                member.device.register = true;
                return;
            }
        }
        let mut challenge = [0; 32];
        self.rng.fill_bytes(&mut challenge);
        member.connection = Some(Connection::new(&self.relay, self.account, challenge));
        member.device.send(Event::SocketOpened { origin: ORIGIN.into() });
    }

    /// One small thing goes on: a transaction, an event, a frame.
    fn move_something(&mut self) {
        let who = self.pick(self.members.len());
        self.now += 1 + i64::try_from(self.pick(50)).unwrap();
        match self.pick(6) {
            0 => self.members[who].device.sync_disk(),
            1 | 2 => {
                self.members[who].device.step(&mut self.rng, self.now);
                self.take_replies(who);
            }
            3 => self.serve(who),
            4 => {
                if let Some(connection) = &mut self.members[who].connection
                    && let Some(frame) = connection.down.pop_front()
                {
                    self.members[who].device.send(Event::SocketFrame(frame));
                }
            }
            _ => {
                self.members[who].device.send(Event::Tick);
                self.tend(who);
            }
        }
    }

    /// The relay works on a connection, and tells the others if it stored something.
    fn serve(&mut self, who: usize) {
        let member = &mut self.members[who];
        let Some(connection) = &mut member.connection else { return };
        flush(&mut member.device, connection);
        connection.serve();
        for other in self.members.iter_mut().filter_map(|m| m.connection.as_mut()) {
            other.pump();
        }
    }

    /// Ends and begins connections as the device and the relay want it.
    fn tend(&mut self, who: usize) {
        let member = &mut self.members[who];
        let ended = member.connection.as_ref().filter(|c| c.down.is_empty()).and_then(|c| c.ended);
        if matches!(ended, Some(ErrorCode::UnknownAccount | ErrorCode::UnknownDevice)) {
            member.device.register = true;
        }
        if ended.is_some() || member.device.close {
            self.disconnect(who);
        }
        if self.members[who].connection.is_none() && self.members[who].online {
            self.connect(who);
        }
    }

    fn take_replies(&mut self, who: usize) {
        let member = &mut self.members[who];
        let asked: Vec<u64> = member.asked.keys().copied().collect();
        for request in asked {
            if let Some(reply) = member.device.reply(request) {
                let saved = member.asked.remove(&request).unwrap();
                if reply.is_ok() {
                    member.since_copy.push(saved.clone());
                    self.saved.push(saved);
                }
            }
        }
    }

    /// No more faults: everybody is online until nothing is left to do.
    fn calm(&mut self) -> Result<(), Failure> {
        self.note("calm".into());
        self.relay.store.set_failing(false);
        for who in 0..self.members.len() {
            self.members[who].online = true;
        }
        let mut quiet = 0;
        for round in 0..4_000 {
            let mut busy = false;
            for who in 0..self.members.len() {
                busy |= self.drain(who);
            }
            self.now += 500;
            if round % 2 == 0 {
                for who in 0..self.members.len() {
                    self.members[who].device.send(Event::Tick);
                }
            }
            let done = !busy && (0..self.members.len()).all(|who| self.is_synced(who));
            quiet = if done { quiet + 1 } else { 0 };
            // Two rounds: pings go on for ever and keep longer silences from happening.
            if quiet > 1 {
                return Ok(());
            }
        }
        let states: Vec<String> = (0..self.members.len()).map(|who| self.describe(who)).collect();
        Err(format!("not quiet after 4,000 rounds: {}", states.join("; ")))
    }

    fn describe(&mut self, who: usize) -> String {
        let status = self.members[who].device.ask(&mut self.rng, self.now, Query::Status);
        let device = &self.members[who].device;
        let closings = &device.closings[device.closings.len().saturating_sub(4)..];
        let other: Vec<_> =
            device.notices.iter().rev().filter(|n| !matches!(n, Notice::Changed(_))).take(4).collect();
        let ended = self.members[who].connection.as_ref().map(|c| c.ended);
        format!("{who} {status:?}\n    closed {closings:?}\n    notices {other:?}\n    connection {ended:?}")
    }

    /// Everything in flight for one member moves on. Whether anything did.
    fn drain(&mut self, who: usize) -> bool {
        self.tend(who);
        let mut moved = false;
        while self.members[who].device.is_busy() {
            self.members[who].device.sync_disk();
            self.members[who].device.step(&mut self.rng, self.now);
            moved = true;
        }
        self.take_replies(who);
        let member = &mut self.members[who];
        if let Some(connection) = &mut member.connection {
            flush(&mut member.device, connection);
            if !connection.up.is_empty() {
                self.serve(who);
                moved = true;
            }
        }
        let member = &mut self.members[who];
        if let Some(connection) = &mut member.connection {
            while let Some(frame) = connection.down.pop_front() {
                member.device.send(Event::SocketFrame(frame));
                moved = true;
            }
        }
        moved
    }

    fn is_synced(&mut self, who: usize) -> bool {
        match self.members[who].device.ask(&mut self.rng, self.now, Query::Status) {
            Ok(Reply::Status(status)) => status.live && status.pending == 0 && status.waiting == 0,
            _ => false,
        }
    }

    fn check(&mut self) -> Result<(), Failure> {
        let first = self.rows(0)?;
        for who in 0..self.members.len() {
            if self.rows(who)? != first {
                return Err(format!("{who} shows something else than 0"));
            }
            match self.members[who].device.run(&mut self.rng, self.now, Command::Verify) {
                Ok(Reply::Verified(verified)) if verified.problems.is_empty() => {}
                other => return Err(format!("{who} does not verify: {other:?}")),
            }
        }
        let mut histories: BTreeMap<DocKey, Vec<String>> = BTreeMap::new();
        for saved in self.saved.clone() {
            if !histories.contains_key(&saved.key) {
                let values = self.history(&saved.key)?;
                histories.insert(saved.key.clone(), values);
            }
            if !histories[&saved.key].contains(&saved.value) {
                return Err(format!("{saved:?} was acknowledged and is gone"));
            }
        }
        Ok(())
    }

    fn rows(&mut self, who: usize) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for kind in ["thing", "log"] {
            let query = Query::List { kind: kind.into(), parent: None, after: None, limit: 1_000 };
            match self.members[who].device.ask(&mut self.rng, self.now, query) {
                Ok(Reply::Page(page, None)) => rows.extend(page),
                other => return Err(format!("{who} cannot list: {other:?}")),
            }
        }
        Ok(rows)
    }

    /// Every text value ever written to a record.
    fn history(&mut self, key: &DocKey) -> Result<Vec<String>, Failure> {
        match self.members[0].device.ask(&mut self.rng, self.now, Query::History(key.clone())) {
            Ok(Reply::History(items)) => {
                let values = items.into_iter().flat_map(|i| i.fields).filter_map(|f| f.after);
                Ok(values.filter_map(|v| if let Value::Text(t) = v { Some(t) } else { None }).collect())
            }
            other => Err(format!("no history of {key:?}: {other:?}")),
        }
    }
}

fn pick(rng: &mut ChaCha20Rng, below: usize) -> usize {
    usize::try_from(rng.next_u64() % u64::try_from(below).unwrap()).unwrap()
}

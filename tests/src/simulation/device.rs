//! A device: an engine, its disk, and the queue of events between them.

use super::disk::Disk;
use super::network::is_sign_of_life;
use super::schema::schema;
use engine::{Command, Config, Effect, Engine, EngineError, Event, Notice, Query, Reply, Schema, Write};
use protocol::{Chain, DeviceId, Purpose};
use rand_chacha::ChaCha20Rng;
use seal::{DeviceKeys, KeyRing, Phrase, StoreKey};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// Where the simulated relay says it is.
pub const ORIGIN: &str = "https://relay.test";

/// A simulated device.
pub struct Device {
    /// For messages about it.
    pub name: &'static str,
    /// Its store.
    pub disk: Disk,
    /// Opens its store. Kept as bytes would be: wrapped by a passphrase.
    store_key: Rc<dyn Fn() -> StoreKey>,
    engine: Option<Engine>,
    config: Config,
    /// The kinds of documents that it knows from its next opening on.
    pub schema: fn() -> Schema,
    /// Events on their way to the engine.
    inbox: VecDeque<Event>,
    /// Transactions on their way to the disk.
    commits: VecDeque<(u64, Vec<Write>)>,
    /// Frames on their way to the relay.
    pub outgoing: VecDeque<Vec<u8>>,
    /// The engine asked for the socket to be closed.
    pub close: bool,
    /// The engine asked for the chain to be registered.
    pub register: bool,
    /// Ends of connections that the engine has not heard of yet: what it sends meanwhile goes nowhere.
    hung_up: usize,
    /// A transaction failed, and the engine was told so.
    pub died: bool,
    /// The engine said that this device is no member any more.
    pub revoked: bool,
    replies: BTreeMap<u64, Result<Reply, EngineError>>,
    /// Why the engine closed its sockets.
    pub closings: Vec<engine::api::CloseReason>,
    /// Notices since last taken.
    pub notices: Vec<Notice>,
    requests: u64,
}

/// A vault's beginnings: its first device's disk and its phrase.
pub struct Founded {
    /// The first device.
    pub device: Device,
    /// The vault's phrase.
    pub phrase: Phrase,
    /// The vault's chain.
    pub chain: Chain,
}

impl Device {
    /// Makes a vault and its first device.
    pub fn found(name: &'static str, config: Config, rng: &mut ChaCha20Rng) -> Founded {
        let phrase = Phrase::generate(rng);
        let keys = DeviceKeys::generate(rng);
        let (link, boxes, epoch) =
            seal::genesis(rng, Purpose::Vault, &keys, Some(&phrase.device_keys())).unwrap();
        let chain = Chain::begin(link, boxes).unwrap();
        let mut ring = KeyRing::new();
        ring.insert(epoch);
        let device = Self::install(name, config, &keys, &chain, &ring, rng);
        Founded { device, phrase, chain }
    }

    /// Makes the store of a member of a vault.
    pub fn install(
        name: &'static str,
        config: Config,
        keys: &DeviceKeys,
        chain: &Chain,
        ring: &KeyRing,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let key = StoreKey::generate(rng);
        let paper = Phrase::generate(rng).device_keys();
        let wrapped = seal::RecoveryWrap::seal_to(rng, paper.public(), &key).unwrap();
        let mut disk = Disk::default();
        assert!(disk.commit(engine::store::found(rng, &key, keys, chain, ring)), "a new disk has room");
        let store_key: Rc<dyn Fn() -> StoreKey> =
            Rc::new(move || seal::RecoveryWrap::open_with(&paper, &wrapped).unwrap());
        Self::on(name, config, disk, store_key)
    }

    /// The same, keeping records of another schema; before it is opened.
    pub fn keeping(mut self, schema: fn() -> Schema) -> Self {
        self.schema = schema;
        self
    }

    /// A second machine with a copy of this one's store.
    pub fn copy(&self, name: &'static str) -> Self {
        Self::on(name, self.config, self.disk.clone(), self.store_key.clone())
    }

    /// A second process on this one's store.
    pub fn beside(&self, name: &'static str) -> Self {
        Self::on(name, self.config, self.disk.beside(), self.store_key.clone())
    }

    fn on(name: &'static str, config: Config, disk: Disk, store_key: Rc<dyn Fn() -> StoreKey>) -> Self {
        Self {
            name,
            disk,
            store_key,
            engine: None,
            config,
            schema,
            inbox: VecDeque::new(),
            commits: VecDeque::new(),
            outgoing: VecDeque::new(),
            close: false,
            register: false,
            hung_up: 0,
            died: false,
            revoked: false,
            replies: BTreeMap::new(),
            closings: Vec::new(),
            notices: Vec::new(),
            requests: 0,
        }
    }

    /// Opens the store, if it is closed.
    pub fn open(&mut self, rng: &mut ChaCha20Rng) {
        if self.engine.is_none() {
            self.disk.open();
            // It is said at every opening.
            self.revoked = false;
            let (engine, effects) = Engine::open(self.config, (self.schema)(), (self.store_key)(), rng);
            self.engine = Some(engine);
            self.carry_out(effects);
        }
    }

    /// The power goes. Of the transactions on their way the first `durable` reach the disk.
    pub fn crash(&mut self, durable: usize) {
        for (_, writes) in self.commits.drain(..).take(durable) {
            if !self.disk.commit(writes) {
                break;
            }
        }
        self.engine = None;
        self.inbox.clear();
        self.outgoing.clear();
        self.replies.clear();
        self.close = false;
        self.hung_up = 0;
        self.died = false;
    }

    /// Whether the engine runs.
    pub fn is_open(&self) -> bool {
        self.engine.is_some()
    }

    /// The engine, if it runs.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// Who it is, once open.
    pub fn id(&self) -> Option<DeviceId> {
        self.engine.as_ref().and_then(Engine::device)
    }

    /// Puts an event in line.
    pub fn send(&mut self, event: Event) {
        if self.engine.is_some() {
            self.inbox.push_back(event);
        }
    }

    /// The socket is gone, and with it all frames on their way either way.
    pub fn hang_up(&mut self) {
        self.inbox.retain(|e| !matches!(e, Event::SocketFrame(_) | Event::SocketOpened { .. }));
        self.outgoing.clear();
        self.close = false;
        self.hung_up += usize::from(self.engine.is_some());
        self.send(Event::SocketClosed);
    }

    /// Gives a command; the answer is found under the number returned.
    pub fn command(&mut self, command: Command) -> u64 {
        self.requests += 1;
        self.send(Event::Command(self.requests, command));
        self.requests
    }

    /// Asks a question.
    pub fn query(&mut self, query: Query) -> u64 {
        self.requests += 1;
        self.send(Event::Query(self.requests, query));
        self.requests
    }

    /// The answer to a request, if it came.
    pub fn reply(&mut self, request: u64) -> Option<Result<Reply, EngineError>> {
        self.replies.remove(&request)
    }

    /// Whether events or transactions are on their way.
    pub fn is_busy(&self) -> bool {
        !self.inbox.is_empty() || !self.commits.is_empty()
    }
    /// Whether more is on its way than clock ticks and signs of life, which go on for ever.
    pub fn has_news(&self) -> bool {
        let is_news = |event: &Event| match event {
            Event::Tick => false,
            Event::SocketFrame(frame) => !is_sign_of_life(frame),
            _ => true,
        };
        self.has_commit() || self.inbox.iter().any(is_news)
    }
    /// Whether events are on their way to the engine.
    pub fn has_event(&self) -> bool {
        !self.inbox.is_empty()
    }
    /// Whether frames are on their way to the engine.
    pub fn has_frame(&self) -> bool {
        self.inbox.iter().any(|e| matches!(e, Event::SocketFrame(_)))
    }
    /// Whether transactions are on their way to the disk.
    pub fn has_commit(&self) -> bool {
        !self.commits.is_empty()
    }

    /// Hands the next event to the engine.
    pub fn step(&mut self, rng: &mut ChaCha20Rng, now: i64) {
        let Some(engine) = &mut self.engine else { return };
        if let Some(event) = self.inbox.pop_front() {
            self.died |= matches!(event, Event::CommitFailed(_));
            if matches!(event, Event::SocketClosed) {
                self.hung_up = self.hung_up.saturating_sub(1);
            }
            let effects = engine.handle(rng, now, event);
            self.carry_out(effects);
        }
    }

    /// Carries out the next transaction.
    pub fn sync_disk(&mut self) {
        if let Some((token, writes)) = self.commits.pop_front() {
            if self.disk.commit(writes) {
                self.inbox.push_back(Event::Committed(token));
            } else {
                self.commits.clear();
                self.inbox.push_back(Event::CommitFailed(token));
            }
        }
    }

    /// Fails the next transaction: a full disk.
    pub fn fail_disk(&mut self) {
        if let Some((token, _)) = self.commits.pop_front() {
            self.commits.clear();
            self.inbox.push_back(Event::CommitFailed(token));
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                // Reads see what is durable; the engine has one transaction under way and reads in between.
                Effect::Read(token, reads) => self.inbox.push_back(match self.disk.read(&reads) {
                    Some(found) => Event::Read(token, found),
                    None => Event::CommitFailed(token),
                }),
                Effect::Commit(token, writes) => self.commits.push_back((token, writes)),
                Effect::Send(_) if self.hung_up > 0 => {}
                Effect::Send(frame) => self.outgoing.push_back(frame),
                Effect::CloseSocket(reason) => {
                    self.close = true;
                    self.closings.push(reason.clone());
                    self.register |= reason == engine::api::CloseReason::UnknownSpace;
                }
                Effect::Reply(request, reply) => drop(self.replies.insert(request, reply)),
                Effect::Notice(notice) => {
                    self.revoked |= notice == Notice::Revoked;
                    self.notices.push(notice);
                }
            }
        }
    }

    /// Runs without a relay until nothing is left to do.
    pub fn settle(&mut self, rng: &mut ChaCha20Rng, now: i64) {
        while self.is_busy() {
            self.sync_disk();
            self.step(rng, now);
        }
    }

    /// Gives a command and runs until it is answered.
    pub fn run(&mut self, rng: &mut ChaCha20Rng, now: i64, command: Command) -> Result<Reply, EngineError> {
        let request = self.command(command);
        self.settle(rng, now);
        self.reply(request).expect("every command is answered")
    }

    /// Asks a question and runs until it is answered.
    pub fn ask(&mut self, rng: &mut ChaCha20Rng, now: i64, query: Query) -> Result<Reply, EngineError> {
        let request = self.query(query);
        self.settle(rng, now);
        self.reply(request).expect("every question is answered")
    }
}

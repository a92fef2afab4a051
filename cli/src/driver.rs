//! The loop around the engine: events in, effects out, in order, one at a time.
//!
//! Invariants: effects are carried out in the order in which the engine gave them; a commit that fails ends the
//! driver, so nothing after it can be called saved; and no future that can be dropped holds an effect half done
//! ([`Driver::work`] is run to its end, [`Driver::idle`] may be dropped).

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::net::Socket;
use crate::store::{Missing, Store};
use engine::api::{CloseReason, RequestId, Status, Token};
use engine::pair::Sponsor;
use engine::{Command, Effect, Engine, Event, Notice, Query, Reply};
use rand_chacha::ChaCha20Rng;
use seal::StoreKey;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often the engine hears that time passes while a socket is open.
const TICK: Duration = Duration::from_secs(1);

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// The connection broke, or the relay closed it.
    Lost,
    /// The engine ended it.
    ByEngine(CloseReason),
}

/// Runs one engine on one store.
pub struct Driver {
    engine: Engine,
    store: Store,
    rng: ChaCha20Rng,
    clock: Clock,
    events: VecDeque<Event>,
    effects: VecDeque<Effect>,
    replies: BTreeMap<RequestId, Result<Reply, engine::EngineError>>,
    notices: VecDeque<Notice>,
    last_request: RequestId,
    socket: Option<Socket>,
    closed: Option<Closed>,
    ticks: Interval,
}

impl Driver {
    /// Opens the store and the engine on it, and waits until commands are taken.
    pub async fn open(path: &Path, key: StoreKey, clock: Clock) -> Result<Self> {
        Self::open_with(path, key, clock, engine::Config::default()).await
    }
    /// As [`Driver::open`], with an engine that does and keeps as much as `config` says.
    pub async fn open_with(path: &Path, key: StoreKey, clock: Clock, config: engine::Config) -> Result<Self> {
        let store = Store::open(path, Missing::Refuse).await?;
        let mut rng = crate::secret::rng()?;
        let (engine, effects) = Engine::open(config, life::schema(), key, &mut rng);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut driver = Self {
            engine,
            store,
            rng,
            clock,
            events: VecDeque::new(),
            effects: effects.into(),
            replies: BTreeMap::new(),
            notices: VecDeque::new(),
            last_request: 0,
            socket: None,
            closed: None,
            ticks,
        };
        while driver.has_work() {
            driver.work().await?;
        }
        if driver.notices.contains(&Notice::Ready) {
            driver.notices.retain(|notice| *notice != Notice::Ready);
            return Ok(driver);
        }
        let trouble = driver.notices.into_iter().find_map(|notice| match notice {
            Notice::Trouble(error) => Some(Error::from(error)),
            _ => None,
        });
        Err(trouble.unwrap_or_else(|| Error::damaged("the engine does not start")))
    }

    /// The engine, for what it says without doing anything.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
    /// The store, for what is asked of it directly.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }
    /// Time and date.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
    /// The store's key sealed to the recovery phrase in force; none if there is no phrase.
    pub fn recovery_wrap(&mut self) -> Option<std::result::Result<Vec<u8>, seal::RecoveryWrapError>> {
        self.engine.recovery_wrap(&mut self.rng)
    }
    /// Answers a new device's offer to pair.
    pub fn sponsor(&mut self, offer: &[u8]) -> Result<(Sponsor, Vec<u8>)> {
        let answered = self.engine.sponsor(&mut self.rng, offer);
        let answered = answered.ok_or_else(|| Error::failed("internal", "the engine is not ready"))?;
        answered.map_err(|error| crate::error::pairing(&error))
    }
    /// Randomness.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// Hands a command to the engine. Its reply comes by [`Driver::take_reply`] or [`Driver::answer`].
    pub fn submit(&mut self, command: Command) -> RequestId {
        let id = self.next_request();
        self.events.push_back(Event::Command(id, command));
        id
    }
    /// The reply to `id`, if it has come.
    pub fn take_reply(&mut self, id: RequestId) -> Option<Result<Reply>> {
        self.replies.remove(&id).map(|reply| reply.map_err(Error::from))
    }
    /// Runs until the reply to `id` is there.
    pub async fn answer(&mut self, id: RequestId) -> Result<Reply> {
        loop {
            if let Some(reply) = self.take_reply(id) {
                return reply;
            }
            if self.has_work() {
                self.work().await?;
            } else if self.socket.is_some() {
                self.idle().await;
            } else {
                return Err(Error::failed("internal", "the engine gave no answer"));
            }
        }
    }
    /// Runs a command to its reply.
    pub async fn run(&mut self, command: Command) -> Result<Reply> {
        let id = self.submit(command);
        self.answer(id).await
    }
    /// Runs a query to its reply.
    pub async fn ask(&mut self, query: Query) -> Result<Reply> {
        let id = self.next_request();
        self.events.push_back(Event::Query(id, query));
        self.answer(id).await
    }
    /// Where sync stands.
    pub async fn status(&mut self) -> Result<Status> {
        match self.ask(Query::Status).await? {
            Reply::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// The oldest notice not yet taken.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Gives the engine a socket.
    pub fn connect(&mut self, socket: Socket, origin: String) {
        self.socket = Some(socket);
        self.closed = None;
        self.ticks.reset();
        self.events.push_back(Event::SocketOpened { origin });
    }
    /// How the last socket ended, if it did since this was last asked.
    pub fn take_closed(&mut self) -> Option<Closed> {
        self.closed.take()
    }
    /// Says goodbye to the relay, if there is a socket.
    pub async fn disconnect(&mut self) -> Result<()> {
        if let Some(socket) = self.socket.take() {
            socket.close().await;
            self.events.push_back(Event::SocketClosed);
        }
        while self.has_work() {
            self.work().await?;
        }
        Ok(())
    }

    /// Whether there is something to do without waiting for anybody.
    pub fn has_work(&self) -> bool {
        !self.events.is_empty() || !self.effects.is_empty()
    }

    /// Does one thing. Events go first, so that requests made together are known to the engine together.
    pub async fn work(&mut self) -> Result<()> {
        if let Some(event) = self.events.pop_front() {
            let now = self.clock.millis();
            self.effects.extend(self.engine.handle(&mut self.rng, now, event));
            return Ok(());
        }
        match self.effects.pop_front() {
            Some(effect) => self.carry_out(effect).await,
            None => Ok(()),
        }
    }

    /// Waits until the relay says something or time has passed; for ever if there is no socket.
    pub async fn idle(&mut self) {
        let event = match &mut self.socket {
            None => std::future::pending().await,
            Some(socket) => tokio::select! {
                frame = socket.next() => match frame {
                    Some(frame) => Event::SocketFrame(frame),
                    None => Event::SocketClosed,
                },
                _ = self.ticks.tick() => Event::Tick,
            },
        };
        if matches!(event, Event::SocketClosed) {
            self.socket = None;
            self.closed = Some(Closed::Lost);
        }
        self.events.push_back(event);
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<()> {
        match effect {
            Effect::Read(token, reads) => {
                let read = self.store.read(&reads).await;
                let found = read.map_err(|error| self.lose_store(token, error))?;
                self.events.push_back(Event::Read(token, found));
            }
            Effect::Commit(token, writes) => {
                let committed = self.store.commit(&writes).await;
                committed.map_err(|error| self.lose_store(token, error))?;
                self.events.push_back(Event::Committed(token));
            }
            Effect::Send(frame) => {
                // A socket that does not drain is as good as gone; the outbox keeps what was in the frame.
                if self.socket.as_ref().is_some_and(|socket| !socket.send(frame)) {
                    self.socket = None;
                    self.closed = Some(Closed::Lost);
                    self.events.push_back(Event::SocketClosed);
                }
            }
            Effect::CloseSocket(reason) => {
                if let Some(socket) = self.socket.take() {
                    socket.close().await;
                    self.closed = Some(Closed::ByEngine(reason));
                    self.events.push_back(Event::SocketClosed);
                }
            }
            Effect::Reply(id, reply) => {
                self.replies.insert(id, reply);
            }
            Effect::Notice(notice) => self.notices.push_back(notice),
        }
        Ok(())
    }

    /// The engine is dead after this, and so is this driver: its caller gets the error.
    fn lose_store(&mut self, token: Token, error: Error) -> Error {
        let _ = self.engine.handle(&mut self.rng, self.clock.millis(), Event::CommitFailed(token));
        error
    }

    fn next_request(&mut self) -> RequestId {
        self.last_request += 1;
        self.last_request
    }

    /// Leaves the home tidy: lazily kept positions written, the socket closed, the log folded into the database.
    pub async fn close(mut self) -> Result<()> {
        self.disconnect().await?;
        self.run(Command::Flush).await?;
        self.store.close().await
    }
}

/// An answer that does not belong to the question.
pub fn unexpected(reply: &Reply) -> Error {
    let name = match reply {
        Reply::Edited(_) => "edited",
        Reply::Rows(_) => "rows",
        Reply::Page(..) => "page",
        Reply::Bucket(_) => "bucket",
        Reply::Found(_) => "found",
        Reply::History(_) => "history",
        Reply::Status(_) => "status",
        Reply::Alarms(_) => "alarms",
        Reply::Rebuilt(_) => "rebuilt",
        Reply::Verified(_) => "verified",
        Reply::Flushed => "flushed",
        Reply::Compacted => "compacted",
        Reply::Scheduled { .. } => "scheduled",
        Reply::Push { .. } => "push",
        Reply::Subscribed => "subscribed",
        Reply::MembersChanged => "members_changed",
    };
    Error::failed("internal", format!("the engine answered something else: {name}"))
}

//! Where requests wait for the engine. A request is a future that asks the engine one thing after another; it is
//! polled when an answer came, never by a runtime.
//!
//! Invariant: nothing here calls JavaScript, and no borrow outlives the statement that takes it.

use crate::error::CoreError;
use crate::request::LongWork;
use crate::undo::Undo;
use crate::wire::{Clock, Effect};
use core::cell::{Cell, RefCell};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use engine::api::{RequestId, Status};
use engine::{Command, DocKey, Edit, EngineError, Event, Query, RecordId, Reply, Row};
use protocol::DevicePublic;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};
use zeroize::Zeroizing;

/// What a request ends with: JSON text.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<String, CoreError>>>>;

/// Most changes that can be taken back.
const UNDO: usize = 50;

/// What requests and the engine's driver share.
pub(crate) struct Desk {
    events: RefCell<VecDeque<Event>>,
    replies: RefCell<BTreeMap<RequestId, Result<Reply, EngineError>>>,
    last: Cell<RequestId>,
    told: RefCell<Vec<Effect>>,
    undo: RefCell<VecDeque<Undo>>,
    rng: RefCell<ChaCha20Rng>,
    /// Keys of a new device, whose digits a person has compared.
    vouched: RefCell<Option<DevicePublic>>,
    /// What is under way that a person may stop, and whether they did.
    jobs: RefCell<Vec<(LongWork, Weak<Cell<bool>>)>>,
}

impl Desk {
    pub(crate) fn new(rng: ChaCha20Rng) -> Rc<Self> {
        Rc::new(Self {
            events: RefCell::default(),
            replies: RefCell::default(),
            last: Cell::new(0),
            told: RefCell::default(),
            undo: RefCell::default(),
            rng: RefCell::new(rng),
            vouched: RefCell::default(),
            jobs: RefCell::default(),
        })
    }

    pub(crate) fn next_event(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }
    pub(crate) fn answer(&self, id: RequestId, reply: Result<Reply, EngineError>) {
        self.replies.borrow_mut().insert(id, reply);
    }
    pub(crate) fn take_told(&self) -> Vec<Effect> {
        self.told.take()
    }
    /// Tells the person something while work goes on.
    pub(crate) fn tell(&self, effect: Effect) {
        self.told.borrow_mut().push(effect);
    }
    pub(crate) fn vouch(&self, public: Option<DevicePublic>) {
        *self.vouched.borrow_mut() = public;
    }
    pub(crate) fn take_vouched(&self) -> Option<DevicePublic> {
        self.vouched.borrow_mut().take()
    }
    /// Begins what may be stopped: true is in there once it was.
    pub(crate) fn begin(&self, work: LongWork) -> Rc<Cell<bool>> {
        let stopped = Rc::new(Cell::new(false));
        let mut jobs = self.jobs.borrow_mut();
        jobs.retain(|(_, job)| job.strong_count() > 0);
        jobs.push((work, Rc::downgrade(&stopped)));
        stopped
    }
    /// Stops what is under way of a kind; whether there was any.
    pub(crate) fn stop(&self, work: LongWork) -> bool {
        let jobs = self.jobs.borrow();
        let these = jobs.iter().filter(|(kind, _)| *kind == work).filter_map(|(_, job)| job.upgrade());
        these.inspect(|job| job.set(true)).count() > 0
    }
    pub(crate) fn new_id(&self) -> RecordId {
        RecordId::random(&mut *self.rng.borrow_mut())
    }
    pub(crate) fn remember(&self, undo: Undo) {
        let mut list = self.undo.borrow_mut();
        if list.len() == UNDO {
            list.pop_front();
        }
        list.push_back(undo);
    }
    pub(crate) fn take_undo(&self) -> Option<Undo> {
        self.undo.borrow_mut().pop_back()
    }

    fn send(&self, event: impl FnOnce(RequestId) -> Event) -> RequestId {
        let id = self.last.get() + 1;
        self.last.set(id);
        self.events.borrow_mut().push_back(event(id));
        id
    }
    async fn reply(&self, id: RequestId) -> Result<Reply, CoreError> {
        let reply = core::future::poll_fn(|_| match self.replies.borrow_mut().remove(&id) {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        });
        Ok(reply.await?)
    }
    pub(crate) async fn run(&self, command: Command) -> Result<Reply, CoreError> {
        let id = self.send(|id| Event::Command(id, command));
        self.reply(id).await
    }
    pub(crate) async fn ask(&self, query: Query) -> Result<Reply, CoreError> {
        let id = self.send(|id| Event::Query(id, query));
        self.reply(id).await
    }

    /// Makes the edits durable; the rows as they are then.
    pub(crate) async fn edit(&self, edits: Vec<Edit>) -> Result<Vec<Row>, CoreError> {
        match self.run(Command::Edit(edits)).await? {
            Reply::Edited(rows) => Ok(rows),
            _ => Err(unexpected()),
        }
    }
    /// Makes each of these changes durable by itself. They are all asked for before the first is waited for, so that many
    /// share a transaction. The first that failed, if one did; others may have been made.
    pub(crate) async fn edit_each(&self, all: Vec<Vec<Edit>>) -> Result<(), CoreError> {
        let send = |edits| self.send(|id| Event::Command(id, Command::Edit(edits)));
        let ids: Vec<RequestId> = all.into_iter().map(send).collect();
        let mut failed = None;
        for id in ids {
            if let Err(error) = self.reply(id).await {
                failed.get_or_insert(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }
    pub(crate) async fn rows(&self, keys: Vec<DocKey>) -> Result<Vec<Option<Row>>, CoreError> {
        match self.ask(Query::Get(keys)).await? {
            Reply::Rows(rows) => Ok(rows),
            _ => Err(unexpected()),
        }
    }
    pub(crate) async fn row(&self, key: DocKey) -> Result<Option<Row>, CoreError> {
        Ok(self.rows(vec![key]).await?.into_iter().next().flatten())
    }
    pub(crate) async fn page(
        &self,
        kind: &str,
        parent: Option<RecordId>,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<Vec<u8>>), CoreError> {
        match self.ask(Query::List { kind: kind.to_owned(), parent, after, limit }).await? {
            Reply::Page(rows, next) => Ok((rows, next)),
            _ => Err(unexpected()),
        }
    }
    pub(crate) async fn status(&self) -> Result<Status, CoreError> {
        match self.ask(Query::Status).await? {
            Reply::Status(status) => Ok(status),
            _ => Err(unexpected()),
        }
    }
}

/// The engine answered another question.
pub(crate) fn unexpected() -> CoreError {
    CoreError::internal("the engine answered something else")
}

/// Polls one request.
pub(crate) fn poll(work: &mut Work) -> Poll<Result<String, CoreError>> {
    work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Randomness of the browser.
pub(crate) fn rng() -> Result<ChaCha20Rng, CoreError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| CoreError::internal(format!("the browser gives no randomness: {error}")))?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

/// What a request works with: the desk, and the time and place at which it was made.
#[derive(Clone)]
pub(crate) struct Errand {
    pub(crate) desk: Rc<Desk>,
    pub(crate) clock: Clock,
}

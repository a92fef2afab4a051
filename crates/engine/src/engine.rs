//! The engine itself: it takes events, runs tasks one after another, and returns effects.
//!
//! Invariant: one transaction is under way at a time, and what depends on it (replies, frames, notices) goes out
//! after it is durable. A failed transaction ends the engine.

use crate::api::{
    CloseReason, Command, Effect, EngineError, Event, Millis, Notice, Query, Read, RequestId, Token,
};
use crate::core::{Core, Env, Fetched, Pairs, VIEW_VERSION};
use crate::docs::Docs;
use crate::limits;
use crate::pair::{PairError, Sponsor};
use crate::schema::Schema;
use crate::session::{Action, PackSignal, Session};
use crate::store::read_state;
use crate::task::{
    Ask, Bury, Edits, Heartbeat, IndexStep, NoteAlarm, Outcome, RebuildViews, RetryWaiting, SetSchedule,
    Signal, SortOut, Step, Task, VerifyAll, VoidEntries,
};
use crate::tombstone::PURGED;
use protocol::auth::AuthClaim;
use protocol::chain::Member;
use protocol::frame::LinkItem;
use protocol::{AccountId, DeviceId, DevicePublic, ErrorCode, Role, Signature};
use rand_core::CryptoRng;
use seal::{RecoveryWrap, RecoveryWrapError, StoreKey};
use std::collections::VecDeque;

/// How much the engine may do and keep.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Most items (edits, entries, documents) one step works on.
    pub batch: usize,
    /// Most documents in memory between transactions.
    pub resident: usize,
    /// So many entries that no manifest holds make a compaction due.
    pub compact_after: u64,
    /// Most changes that share an entry.
    pub changes_per_entry: usize,
    /// Milliseconds of a day, for what is counted in days: how long records lie in the trash, and devices are waited for.
    pub day: Millis,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            batch: 256,
            resident: 1_000,
            compact_after: 1_000,
            changes_per_entry: crate::limits::ITEMS_PER_ENTRY,
            day: 24 * 60 * 60 * 1_000,
        }
    }
}

/// A task in line, and the connection it serves, if any: it is dropped when that ends.
struct Queued {
    task: Task,
    session: Option<u64>,
}

/// What is under way.
enum Current {
    Idle,
    /// About to be run, again or for the first time.
    Ready {
        queued: Queued,
        fetched: Fetched,
    },
    /// Waiting for the store to answer.
    Reading {
        queued: Queued,
        token: Token,
        reads: Vec<Read>,
        fetched: Fetched,
    },
    /// Waiting for a transaction to be durable; `again` is the task if it has more to do.
    Committing {
        token: Token,
        outcome: Outcome,
        session: Option<u64>,
        again: Option<Queued>,
    },
}

/// A vault being opened.
struct Opening {
    store: StoreKey,
    schema: Schema,
    token: Token,
    pairs: Pairs,
    actor: [u8; 8],
}

enum State {
    Opening(Box<Opening>),
    Open(Box<Core>),
    Dead(EngineError),
}

/// The engine of one vault on one device. See the crate's documentation for how a host drives it.
pub struct Engine {
    config: Config,
    state: State,
    session: Session,
    queue: VecDeque<Queued>,
    current: Current,
    tokens: Token,
    /// When the first tick came on a live connection; 0 before.
    awake_since: Millis,
    /// The connection on which chains were compared because of a cut.
    compared_on: u64,
}

/// Pairs read at once while opening.
const STATE_PAGE: usize = 1_000;

impl Engine {
    /// Begins to open a store. Commands and queries may be given at once; they are answered once it is open.
    pub fn open(
        config: Config,
        schema: Schema,
        store: StoreKey,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Vec<Effect>) {
        let mut actor = [0; 8];
        rng.fill_bytes(&mut actor);
        let token = 1;
        let opening = Opening { store, schema, token, pairs: Vec::new(), actor };
        let engine = Self {
            config,
            state: State::Opening(Box::new(opening)),
            session: Session::new(),
            queue: VecDeque::new(),
            current: Current::Idle,
            tokens: token,
            awake_since: 0,
            compared_on: 0,
        };
        (engine, vec![Effect::Read(token, vec![state_page(None)])])
    }

    fn core(&self) -> Option<&Core> {
        match &self.state {
            State::Open(core) => Some(core),
            State::Opening(_) | State::Dead(_) => None,
        }
    }

    /// This device; none before [`Notice::Ready`].
    pub fn device(&self) -> Option<DeviceId> {
        self.core().map(Core::me)
    }
    /// The account; none before [`Notice::Ready`].
    pub fn account(&self) -> Option<AccountId> {
        self.core().map(|c| c.chain.account())
    }
    /// Signs a claim with this device's key; none before [`Notice::Ready`].
    pub fn sign(&self, claim: &AuthClaim) -> Option<Signature> {
        self.core().map(|c| c.device.sign(&claim.signing_hash()))
    }
    /// Answers a new device's offer to pair; none before [`Notice::Ready`].
    pub fn sponsor(
        &self,
        rng: &mut dyn CryptoRng,
        offer: &[u8],
    ) -> Option<Result<(Sponsor, Vec<u8>), PairError>> {
        let core = self.core()?;
        Some(Sponsor::answer(rng, core.device.public().clone(), &core.chain, offer))
    }
    /// Public keys of the recovery phrase in force; none before [`Notice::Ready`], or if there is none.
    pub fn paper(&self) -> Option<DevicePublic> {
        let mut members = self.core()?.chain.members();
        members.find(|(_, m)| m.role == Role::Paper && m.revoked.is_none()).map(|(_, m)| m.public.clone())
    }
    /// The store's key sealed to the recovery phrase in force; none if there is none, or before [`Notice::Ready`].
    pub fn recovery_wrap(&self, rng: &mut dyn CryptoRng) -> Option<Result<Vec<u8>, RecoveryWrapError>> {
        let core = self.core()?;
        Some(RecoveryWrap::seal_to(rng, &self.paper()?, &core.store))
    }
    /// The membership chain, for registering the account at a relay; empty before [`Notice::Ready`].
    pub fn chain(&self) -> Vec<LinkItem> {
        let links = self.core().map(|c| c.chain.links()).unwrap_or_default();
        links.iter().map(|l| LinkItem { link: l.signed.clone(), keyboxes: l.keyboxes.clone() }).collect()
    }
    /// Whether nothing is under way or in line.
    pub fn is_idle(&self) -> bool {
        matches!(self.current, Current::Idle) && self.queue.is_empty()
    }

    /// Takes one event; returns what the host is to do, in order.
    pub fn handle(&mut self, rng: &mut dyn CryptoRng, now: Millis, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Command(request, command) => self.command(request, command, &mut effects),
            Event::Query(request, query) => self.query(request, query, &mut effects),
            Event::Read(token, answers) => self.read(token, answers, &mut effects),
            Event::Committed(token) => self.committed(token, &mut effects),
            Event::CommitFailed(_) => self.die(EngineError::Dead, &mut effects),
            Event::SocketOpened { origin } => {
                self.drop_session_tasks();
                self.session.opened(origin, now);
            }
            Event::SocketFrame(bytes) => {
                if let State::Open(core) = &mut self.state {
                    let mut actions = self.session.frame(core, &bytes, now);
                    actions.extend(self.session.remind(core));
                    self.act(actions, &mut effects);
                }
            }
            Event::SocketClosed => {
                self.session.closed();
                self.drop_session_tasks();
            }
            Event::Tick => {
                let actions = self.session.tick(now);
                self.act(actions, &mut effects);
                self.watch(now, &mut effects);
            }
        }
        self.note_alarms(&effects);
        let told = effects.len();
        self.advance(rng, now, &mut effects);
        self.note_alarms(effects.get(told..).unwrap_or_default());
        if self.is_ready_to_run() {
            self.advance(rng, now, &mut effects);
        }
        let offline = |request| Effect::Reply(request, Err(EngineError::Offline));
        effects.extend(self.session.take_orphans().into_iter().map(offline));
        effects
    }

    /// Looks, once a tick, whether the relay withholds something, and says once a day what was seen here.
    fn watch(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let State::Open(core) = &mut self.state else { return };
        if !self.session.is_live() {
            return;
        }
        core.settle_claims();
        core.position.look_at_clock(now, core.day);
        // Once a connection: the relay may not have what is missing.
        let mut ask = self.compared_on != self.session.number
            && (core.parts_from_cut() || !core.position.unsorted.is_empty());
        if ask {
            self.compared_on = self.session.number;
        }
        for (device, claim) in &mut core.claims {
            let waited = now.saturating_sub(claim.since);
            if waited < -limits::CLAIM_REMINDER {
                // The clock was set back.
                claim.since = now;
            } else if waited >= limits::CLAIM_PATIENCE && !claim.asked {
                (claim.asked, claim.since, ask) = (true, now, true);
            } else if waited >= limits::CLAIM_PATIENCE {
                let have = core.position.index(device);
                let (claimed, witness) = (claim.index, claim.witness);
                effects.push(Effect::Notice(Notice::Withheld { device: *device, have, claimed, witness }));
                // Once an hour is enough to be told.
                claim.since = now.saturating_add(limits::CLAIM_REMINDER);
            }
        }
        let last = core.position.sealed_at.unwrap_or(self.awake_since);
        let quiet = now.saturating_sub(last);
        let me = core.me();
        let witness =
            |(id, m): (&DeviceId, &Member)| m.role == Role::Device && m.revoked.is_none() && *id != me;
        let heard = core.chain.members().any(witness);
        let due = self.awake_since != 0 && quiet.abs() >= limits::HEARTBEAT && heard;
        if self.awake_since == 0 {
            self.awake_since = now.max(1);
        }
        let mut actions = if ask { self.session.ask_again(core) } else { Vec::new() };
        if core.is_purge_due() {
            actions.extend(self.session.pump(core));
        }
        self.act(actions, effects);
        if due && !self.queue.iter().any(|q| matches!(q.task, Task::Heartbeat(_))) {
            self.queue.push_back(Queued { task: Task::Heartbeat(Heartbeat), session: None });
        }
    }

    /// Keeps what a person should know, so that it is there when they look.
    fn note_alarms(&mut self, effects: &[Effect]) {
        let notices = effects.iter().filter_map(|e| if let Effect::Notice(n) = e { Some(n) } else { None });
        for alarm in notices.filter_map(NoteAlarm::of) {
            self.queue.push_back(Queued { task: Task::Alarm(alarm), session: None });
        }
    }

    fn is_ready_to_run(&self) -> bool {
        matches!(self.current, Current::Idle) && !self.queue.is_empty()
    }

    fn command(&mut self, request: RequestId, command: Command, effects: &mut Vec<Effect>) {
        let task = match command {
            Command::Edit(edits) => Task::Edits(Edits::new(request, edits)),
            Command::Rebuild => Task::Rebuild(RebuildViews::new(Some(request))),
            Command::Verify => Task::Verify(VerifyAll::new(request)),
            Command::Flush => Task::Flush(request),
            Command::Schedule(schedule) => {
                Task::SetSchedule(SetSchedule { request, schedule: Some(schedule) })
            }
            Command::Compact | Command::ChangeMembers(_) | Command::GetPush | Command::Subscribe(_) => {
                match self.command_at_relay(request, command) {
                    Ok(actions) => self.act(actions, effects),
                    Err(error) => effects.push(Effect::Reply(request, Err(error))),
                }
                return;
            }
        };
        self.accept(request, task, effects);
    }

    /// What the relay has to answer.
    fn command_at_relay(&mut self, request: RequestId, command: Command) -> Result<Vec<Action>, EngineError> {
        if let Command::ChangeMembers(change) = command {
            return self.session.change_members(request, change);
        }
        let State::Open(core) = &self.state else { return Err(EngineError::Offline) };
        match command {
            Command::Compact => self.session.compact(core, request),
            Command::GetPush => self.session.get_push(core, request),
            Command::Subscribe(subscription) => self.session.subscribe(core, request, subscription),
            // They need no relay.
            _ => Err(EngineError::Offline),
        }
    }

    fn query(&mut self, request: RequestId, query: Query, effects: &mut Vec<Effect>) {
        let session = (self.session.is_live(), self.session.pushed, self.session.pulled);
        self.accept(request, Task::Ask(Ask::new(request, query, session)), effects);
    }

    fn accept(&mut self, request: RequestId, task: Task, effects: &mut Vec<Effect>) {
        match &self.state {
            State::Dead(error) => effects.push(Effect::Reply(request, Err(error.clone()))),
            _ if self.queue.len() >= limits::REQUESTS => {
                effects.push(Effect::Reply(request, Err(EngineError::Busy)));
            }
            _ => self.queue.push_back(Queued { task, session: None }),
        }
    }

    fn drop_session_tasks(&mut self) {
        // A link proves itself, whatever became of the connection that brought it; of the last ones, which say that this
        // device was revoked, the connection ends.
        let ends = |q: &Queued| q.session.is_some() && !matches!(q.task, Task::ReceiveLinks(_));
        let (dropped, kept) = std::mem::take(&mut self.queue).into_iter().partition(ends);
        let dropped: VecDeque<Queued> = dropped;
        self.queue = kept;
        self.session.orphan(dropped.iter().flat_map(|q| q.task.requests()));
    }

    fn act(&mut self, actions: Vec<Action>, effects: &mut Vec<Effect>) {
        let session = Some(self.session.number);
        for action in actions {
            match action {
                Action::Effect(effect) => effects.push(effect),
                Action::Task(task) => self.queue.push_back(Queued { task, session }),
            }
        }
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        self.tokens
    }

    fn read(&mut self, token: Token, answers: Vec<Pairs>, effects: &mut Vec<Effect>) {
        match &mut self.state {
            State::Opening(opening) if opening.token == token => self.opened_page(answers, effects),
            _ => {
                let current = std::mem::replace(&mut self.current, Current::Idle);
                self.current = match current {
                    Current::Reading { queued, token: expected, reads, mut fetched } if expected == token => {
                        fetched.extend(reads.into_iter().zip(answers));
                        Current::Ready { queued, fetched }
                    }
                    other => other,
                };
            }
        }
    }

    /// Takes a page of the state; opens the vault after the last.
    fn opened_page(&mut self, answers: Vec<Pairs>, effects: &mut Vec<Effect>) {
        let token = self.token();
        let State::Opening(opening) = &mut self.state else { return };
        let page = answers.into_iter().next().unwrap_or_default();
        if page.len() >= STATE_PAGE {
            let after = page.last().map(|(key, _)| key.clone());
            opening.pairs.extend(page);
            opening.token = token;
            effects.push(Effect::Read(token, vec![state_page(after)]));
            return;
        }
        opening.pairs.extend(page);
        let dead = State::Dead(EngineError::Dead);
        let State::Opening(opening) = std::mem::replace(&mut self.state, dead) else { return };
        let Opening { store, schema, pairs, actor: random, .. } = *opening;
        match read_state(store, &pairs) {
            Ok(parts) => {
                let mut actor = [0; 16];
                let device = parts.device.id();
                let halves = device.as_bytes().iter().take(8).chain(&random);
                actor.iter_mut().zip(halves).for_each(|(to, from)| *to = *from);
                let rebuild = parts.position.view_version != VIEW_VERSION || parts.position.rebuild.is_some();
                let retry = !parts.waiting.is_empty();
                let docs = Docs::new(actor, self.config.resident);
                let core = Core::new(parts, schema, docs, &self.config);
                // A revocation was stored, and then the program ended.
                let core_beyond_cut = core.beyond_cut().is_some();
                let revoked = core.is_revoked();
                self.state = State::Open(Box::new(core));
                if retry {
                    let task = Task::RetryWaiting(RetryWaiting::default());
                    self.queue.push_front(Queued { task, session: None });
                }
                if core_beyond_cut {
                    self.queue.push_front(Queued { task: Task::Void(VoidEntries::default()), session: None });
                }
                if rebuild {
                    let task = Task::Rebuild(RebuildViews::new(None));
                    self.queue.push_front(Queued { task, session: None });
                }
                effects.push(Effect::Notice(Notice::Ready));
                if revoked {
                    // Said at every opening: the program may have ended between storing it and saying it.
                    effects.push(Effect::Notice(Notice::Revoked));
                }
            }
            Err(error) => {
                effects.push(Effect::Notice(Notice::Trouble(error.clone())));
                self.die(error, effects);
            }
        }
    }

    fn die(&mut self, error: EngineError, effects: &mut Vec<Effect>) {
        let current = match std::mem::replace(&mut self.current, Current::Idle) {
            Current::Ready { queued, .. } | Current::Reading { queued, .. } => Some(queued),
            // The replies were prepared as successes; nobody must see them.
            Current::Committing { outcome, again, .. } => {
                for effect in outcome.effects {
                    if let Effect::Reply(request, _) = effect {
                        effects.push(Effect::Reply(request, Err(error.clone())));
                    }
                }
                again
            }
            Current::Idle => None,
        };
        let waiting = current.into_iter().chain(std::mem::take(&mut self.queue));
        for request in waiting.flat_map(|q| q.task.requests()) {
            effects.push(Effect::Reply(request, Err(error.clone())));
        }
        self.state = State::Dead(error);
    }

    fn committed(&mut self, token: Token, effects: &mut Vec<Effect>) {
        let current = std::mem::replace(&mut self.current, Current::Idle);
        match current {
            Current::Committing { token: expected, outcome, session, again } if expected == token => {
                self.finish(outcome, session, effects);
                self.run_again(again);
            }
            other => self.current = other,
        }
    }

    /// A task that has more to do goes first, unless the connection it served has ended.
    fn run_again(&mut self, again: Option<Queued>) {
        let Some(queued) = again else { return };
        if queued.session.is_none_or(|s| s == self.session.number) {
            self.current = Current::Ready { queued, fetched: Fetched::new() };
        } else {
            self.session.orphan(queued.task.requests());
        }
    }

    fn finish(&mut self, outcome: Outcome, session: Option<u64>, effects: &mut Vec<Effect>) {
        effects.extend(outcome.effects.into_iter().filter_map(told));
        for signal in outcome.signals {
            // What a task found out for a connection that has ended is worth nothing to the next.
            let local = matches!(signal, Signal::Sealed(_) | Signal::SortedOut);
            if matches!(signal, Signal::LinksReceived { forked: false } | Signal::Switched) {
                self.after_links();
            }
            let taken = match &signal {
                Signal::Received(received) => received.taken,
                Signal::Pack(signal) => matches!(signal, PackSignal::Taken | PackSignal::ManifestTaken),
                _ => false,
            };
            if taken {
                self.retry_waiting();
            }
            if let State::Open(core) = &mut self.state
                && (local || session == Some(self.session.number))
            {
                let actions = self.session.signal(core, signal);
                self.act(actions, effects);
            }
        }
        if let State::Open(core) = &self.state {
            let waits = self.queue.iter().any(|q| matches!(q.task, Task::SortOut(_)));
            if core.can_sort_out() && !waits {
                self.queue.push_back(Queued { task: Task::SortOut(SortOut::default()), session: None });
            }
            let mut actions = self.session.pump(core);
            actions.extend(self.session.remind(core));
            self.act(actions, effects);
        }
    }

    /// Something was taken in: what waits may have waited for that, whatever became of the connection. What was void when an
    /// entry was found to rest on it may have come back by packs, or by who holds it under other numbers.
    fn retry_waiting(&mut self) {
        let State::Open(core) = &self.state else { return };
        // One pass over what waits, in line, is as good as many.
        let waits = !core.waiting.is_empty() || !core.baseless.is_empty();
        if waits && !self.queue.iter().any(|q| q.task.is_retry()) {
            let task = Task::RetryWaiting(RetryWaiting::default());
            self.queue.push_back(Queued { task, session: None });
        }
    }

    /// Links are stored: entries may be void now, and what waits for those waits no longer. Whatever became of the
    /// connection by which they came.
    fn after_links(&mut self) {
        let State::Open(core) = &self.state else { return };
        if core.beyond_cut().is_some() {
            // Before anything is packed or sealed that may rest on them.
            let task = Task::Void(VoidEntries::default());
            self.queue.push_front(Queued { task, session: None });
        }
        self.retry_waiting();
    }

    /// Runs tasks until one waits for the store or none is left.
    fn advance(&mut self, rng: &mut dyn CryptoRng, now: Millis, effects: &mut Vec<Effect>) {
        loop {
            let State::Open(core) = &mut self.state else { return };
            let (mut queued, fetched) = match std::mem::replace(&mut self.current, Current::Idle) {
                Current::Ready { queued, fetched } => (queued, fetched),
                Current::Idle => {
                    core.docs.evict();
                    // The search index is worked on when nothing else is to do, or when too much waits for it.
                    let urgent = IndexStep::is_urgent(core);
                    let step = |task| Queued { task, session: None };
                    // Nothing is shown, packed or checked that is purged.
                    let bury = std::mem::take(&mut core.burials);
                    let next = match bury {
                        true => Some(step(Task::Bury(Bury::default()))),
                        false if urgent => None,
                        false => self.queue.pop_front(),
                    };
                    let index = || IndexStep::is_due(core).then(|| step(Task::Index(IndexStep)));
                    let Some(queued) = next.or_else(index) else { return };
                    (queued, Fetched::new())
                }
                busy => {
                    self.current = busy;
                    return;
                }
            };
            if let Task::Edits(edits) = &mut queued.task {
                gather(edits, &mut self.queue, self.config.batch);
                edits.live = self.session.may_offer(core);
            }
            let before = core.position.clone();
            let mut env = Env {
                rng: &mut *rng,
                now,
                batch: self.config.batch,
                changes_per_entry: self.config.changes_per_entry,
            };
            let step = queued.task.run(core, &mut env, &fetched);
            let (outcome, again) = match step {
                Ok(Step::Need(reads)) => {
                    let token = self.token();
                    effects.push(Effect::Read(token, reads.clone()));
                    self.current = Current::Reading { queued, token, reads, fetched };
                    return;
                }
                Ok(Step::Done(outcome)) => (outcome, None),
                Ok(Step::More(outcome)) => (outcome, Some(())),
                Err(error) => {
                    core.roll_back(before);
                    self.failed(&queued, &error, effects);
                    continue;
                }
            };
            let session = queued.session;
            let again = again.map(|()| queued);
            let writes = core.take_writes(rng);
            if writes.is_empty() {
                self.finish(outcome, session, effects);
                self.run_again(again);
                continue;
            }
            let token = self.token();
            effects.push(Effect::Commit(token, writes));
            self.current = Current::Committing { token, outcome, session, again };
            return;
        }
    }

    fn failed(&mut self, queued: &Queued, error: &EngineError, effects: &mut Vec<Effect>) {
        let requests = queued.task.requests();
        if requests.is_empty() {
            effects.push(Effect::Notice(Notice::Trouble(error.clone())));
        }
        // A command that cannot be carried out is answered, and the connection it was for goes on, unless that waits
        // for nothing else.
        let ends = requests.is_empty() || matches!(queued.task, Task::Switch(_));
        if queued.session == Some(self.session.number) && ends {
            effects.push(Effect::CloseSocket(CloseReason::Protocol(ErrorCode::Internal)));
            self.session.closed();
            self.drop_session_tasks();
        }
        requests.iter().for_each(|request| self.session.change_failed(*request));
        effects.extend(requests.into_iter().map(|r| Effect::Reply(r, Err(error.clone()))));
    }
}

/// Takes edits that stand next in line into one transaction.
fn gather(edits: &mut Edits, queue: &mut VecDeque<Queued>, batch: usize) {
    while edits.len() < batch {
        match queue.pop_front() {
            Some(Queued { task: Task::Edits(next), .. }) if edits.len() + next.len() <= batch => {
                edits.join(next)
            }
            Some(other) => {
                queue.push_front(other);
                return;
            }
            None => return,
        }
    }
}

/// Of what changed, what is somebody's: no host shows tombstones.
fn told(effect: Effect) -> Option<Effect> {
    let Effect::Notice(Notice::Changed(mut rows)) = effect else { return Some(effect) };
    rows.retain(|row| row.key.kind != PURGED.name);
    (!rows.is_empty()).then_some(Effect::Notice(Notice::Changed(rows)))
}

fn state_page(after: Option<Vec<u8>>) -> Read {
    Read::Scan { prefix: crate::layout::STATE.to_vec(), after, limit: STATE_PAGE }
}

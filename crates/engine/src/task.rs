//! The engine's work, one task at a time, in the order in which it came.
//!
//! A task is run until it is done. When it needs something from the store it says what, and is run again from its
//! beginning once that was read; so it looks first and changes afterwards. What it prepared becomes one
//! transaction, and its effects go out when that is durable, never before.

mod alarm;
mod behind;
mod branch;
mod bucket;
mod bury;
mod compact;
mod edits;
mod heal;
mod heartbeat;
mod index;
mod intake;
mod links;
mod members;
mod outbox;
mod purge;
mod query;
mod rebuild;
mod receive;
mod remind;
mod search;
mod sort;
mod sum;
mod verify;
mod void;
mod waiting;

pub(crate) use alarm::NoteAlarm;
pub(crate) use branch::{JudgeBranch, Judgement, SwitchBranch};
pub(crate) use bury::Bury;
pub(crate) use compact::{Compact, EndCompaction, KeepPair};
pub(crate) use edits::Edits;
pub(crate) use heal::{HealPlan, PushRange};
pub(crate) use heartbeat::Heartbeat;
pub(crate) use index::IndexStep;
pub(crate) use intake::{BeginIntake, Checking, EndIntake, TakePack};
pub(crate) use links::ReceiveLinks;
pub(crate) use members::{AdoptLink, Proposal, ProposeLink};
pub(crate) use outbox::{Offer, SealQueue, seal_items};
pub(crate) use purge::{Purge, Purging};
pub(crate) use query::{Ask, pending};
pub(crate) use rebuild::RebuildViews;
pub(crate) use receive::{Receive, Received, Source};
pub(crate) use remind::{Remind, RemindSignal, Reminded, SetSchedule};
pub(crate) use sort::SortOut;
pub(crate) use verify::VerifyAll;
pub(crate) use void::VoidEntries;
pub(crate) use waiting::RetryWaiting;

use crate::api::{Effect, EngineError, Read};
use crate::core::{Core, Env, Fetched};
use crate::session::PackSignal;
use protocol::entry::Head;
use protocol::{DeviceId, ManifestHash, RunningHash, SealedEntry};

/// What the session learns from a task once its transaction is durable.
#[derive(Debug)]
pub(crate) enum Signal {
    /// This device has new entries, with their bytes if they are at hand.
    Sealed(Vec<(u64, SealedEntry)>),
    /// The queue is empty, all of it is in entries.
    QueueSealed,
    /// Entries were taken in.
    Received(Received),
    /// Links were taken in.
    LinksReceived {
        /// The relay's chain contradicts this one.
        forked: bool,
    },
    /// A link was made that the relay is to take.
    Proposed(Box<Proposal>),
    /// The relay's whole chain was looked at.
    Judged(Judgement),
    /// This device went over to the relay's chain.
    Switched,
    /// What was wanted is so already.
    NothingProposed,
    /// Own entries were read, to be offered.
    Offer(Vec<(u64, SealedEntry)>),
    /// The relay's heads were compared with ours.
    Healing {
        /// Chains of which the relay has more, and from which index.
        fetch: Vec<(DeviceId, u64)>,
        /// Chains of which this device has more, and the last place the relay has.
        push: Vec<Head>,
        /// The relay lacks what is not here either, but as packed documents.
        hole: bool,
    },
    /// Entries for the relay were read.
    Push(DeviceId, Vec<(u64, SealedEntry)>),
    /// The position took over the relay's log.
    Adopted,
    /// Something about packs and manifests.
    Pack(PackSignal),
    /// Something about notices.
    Remind(RemindSignal),
    /// It is known what counts of a device that was cut off before its chain began here.
    SortedOut,
}

/// What a step came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// Read this and run again.
    Need(Vec<Read>),
    /// Commit what was prepared; when durable, do this.
    Done(Outcome),
    /// As `Done`, then run again.
    More(Outcome),
}

/// What follows a durable transaction.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub effects: Vec<Effect>,
    pub signals: Vec<Signal>,
}

impl Outcome {
    pub fn effects(effects: Vec<Effect>) -> Self {
        Self { effects, signals: Vec::new() }
    }
    pub fn signal(signal: Signal) -> Self {
        Self { effects: Vec::new(), signals: vec![signal] }
    }
}

/// A piece of work.
pub(crate) enum Task {
    Edits(Edits),
    Ask(Ask),
    Alarm(NoteAlarm),
    Flush(crate::api::RequestId),
    SealQueue(SealQueue),
    Offer(Offer),
    Receive(Receive),
    ReceiveLinks(ReceiveLinks),
    ProposeLink(ProposeLink),
    AdoptLink(AdoptLink),
    Judge(JudgeBranch),
    Switch(SwitchBranch),
    Heartbeat(Heartbeat),
    Void(VoidEntries),
    SortOut(SortOut),
    RetryWaiting(RetryWaiting),
    HealPlan(HealPlan),
    PushRange(PushRange),
    Rebuild(RebuildViews),
    Index(IndexStep),
    Bury(Bury),
    Purge(Purge),
    Verify(VerifyAll),
    Compact(Compact),
    KeepPair(KeepPair),
    EndCompaction(EndCompaction),
    BeginIntake(BeginIntake),
    TakePack(TakePack),
    EndIntake(EndIntake),
    SetSchedule(SetSchedule),
    Remind(Remind),
    Reminded(Reminded),
    /// The relay has this device's word on a manifest.
    Acknowledged(ManifestHash),
    /// Takes over where the relay's log stood when its heads were compared with ours.
    Adopt((u64, RunningHash)),
}

impl Task {
    /// One step.
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        match self {
            Self::Edits(task) => task.run(core, env, fetched),
            Self::Ask(task) => task.run(core, fetched),
            Self::Alarm(task) => Ok(task.run(core, env)),
            Self::Flush(request) => {
                if core.is_ahead() {
                    core.save_position();
                }
                Ok(Step::Done(Outcome::effects(vec![Effect::Reply(*request, Ok(crate::Reply::Flushed))])))
            }
            Self::SealQueue(task) => task.run(core, env, fetched),
            Self::Offer(task) => task.run(core, env, fetched),
            Self::Receive(task) => task.run(core, env, fetched),
            Self::ReceiveLinks(task) => task.run(core),
            Self::ProposeLink(task) => task.run(core, env),
            Self::AdoptLink(task) => task.run(core),
            Self::Judge(task) => Ok(task.run(core)),
            Self::Switch(task) => task.run(core, fetched),
            Self::Heartbeat(task) => task.run(core, env),
            Self::Void(task) => task.run(core, env, fetched),
            Self::SortOut(task) => task.run(core, env, fetched),
            Self::RetryWaiting(task) => task.run(core, env, fetched),
            Self::HealPlan(task) => task.run(core, fetched),
            Self::PushRange(task) => task.run(core, env, fetched),
            Self::Rebuild(task) => task.run(core, env, fetched),
            Self::Index(task) => task.run(core, env, fetched),
            Self::Bury(task) => task.run(core, env, fetched),
            Self::Purge(task) => task.run(core, env, fetched),
            Self::Verify(task) => task.run(core, env, fetched),
            Self::Compact(task) => Ok(task.run(core, env, fetched)),
            Self::KeepPair(task) => Ok(task.run(core)),
            Self::EndCompaction(task) => task.run(core, env, fetched),
            Self::BeginIntake(task) => task.run(core, env, fetched),
            Self::TakePack(task) => task.run(core, env, fetched),
            Self::EndIntake(task) => task.run(core, fetched),
            Self::SetSchedule(task) => task.run(core, env, fetched),
            Self::Remind(task) => task.run(core, env, fetched),
            Self::Reminded(task) => Ok(task.run(core)),
            Self::Acknowledged(manifest) => Ok(intake::acknowledged(core, *manifest)),
            Self::Adopt((seq, running)) => {
                core.position.cursor = *seq;
                core.position.running = *running;
                core.position.healing = None;
                core.save_position();
                Ok(Step::Done(Outcome::signal(Signal::Adopted)))
            }
        }
    }

    /// Whether it tries again what waits.
    pub fn is_retry(&self) -> bool {
        matches!(self, Self::RetryWaiting(_))
    }

    /// Who is told when the task fails.
    pub fn requests(&self) -> Vec<crate::api::RequestId> {
        match self {
            Self::Edits(task) => task.requests(),
            Self::Ask(task) => vec![task.request],
            Self::Flush(request) => vec![*request],
            Self::Rebuild(task) => task.request.into_iter().collect(),
            Self::Verify(task) => vec![task.request],
            Self::ProposeLink(task) => vec![task.request],
            Self::AdoptLink(task) => vec![task.request],
            Self::SetSchedule(task) => vec![task.request],
            Self::Switch(task) => task.proposal.iter().map(|(request, _)| *request).collect(),
            _ => Vec::new(),
        }
    }
}

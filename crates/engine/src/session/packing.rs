//! Packs and manifests on their way: those of others to be taken in, own ones to be stored.
//!
//! Invariant: one thing at a time. What the relay says it stored is read back before it counts, and a manifest is taken for
//! in force only when the relay has said so. A manifest that was refused is not asked for again on this connection.

use super::{Action, Phase, Session, send};
use crate::api::{CloseReason, Effect, EngineError, Job, Notice, Reply};
use crate::core::{Core, VIEW_VERSION};
use crate::limits;
use crate::pack::{Made, is_pack};
use crate::task::{
    BeginIntake, Compact, EndCompaction, EndIntake, KeepPair, Purge, RebuildViews, SealQueue, Signal,
    TakePack, Task, pending,
};
use minicbor::bytes::ByteVec;
use protocol::frame::{ClientFrame, RequestId};
use protocol::manifest::{PackRef, SealedManifest};
use protocol::{DeviceId, ErrorCode, ManifestHash, PackHash, Role, RunningHash};
use std::collections::{BTreeMap, VecDeque};

/// A manifest whose links are unknown here is asked for again so often.
const LINK_TRIES: u32 = 8;

/// What is under way.
#[derive(Debug, Default)]
enum Stage {
    #[default]
    Idle,
    /// The relay was asked for its manifest.
    Asked(RequestId),
    /// The manifest names links that are not here yet.
    AwaitingLinks,
    /// It is looked at, and what is here of what it covers.
    Looking((u64, RunningHash)),
    /// Its packs are asked for and merged.
    Taking(Taking),
    /// A pair of packs or a manifest is being made, or the end of it stored.
    Making,
    /// A pair is on its way to the relay and back.
    Storing(Box<Storing>),
    /// A manifest is on its way to the relay.
    Putting(RequestId, ManifestHash),
    /// This device's word is on its way to the relay.
    Acknowledging(RequestId, ManifestHash),
    /// The trash is looked through for what is to be purged.
    Purging,
}

#[derive(Debug)]
struct Taking {
    place: (u64, RunningHash),
    wanted: VecDeque<(PackRef, bool)>,
    asked: BTreeMap<RequestId, (PackRef, bool)>,
    /// Packs that are being merged.
    merging: usize,
    done: u64,
}

#[derive(Debug)]
struct Storing {
    made: Made,
    /// Frames that wait for their answer, and the packs they are about.
    asked: BTreeMap<RequestId, PackHash>,
    reading: bool,
}

/// Where packs and manifests stand on this connection.
#[derive(Debug, Default)]
pub(super) struct Packing {
    /// The manifest in force at the relay.
    pub(super) current: Option<ManifestHash>,
    refused: Option<ManifestHash>,
    /// It was looked at once more after that, as the one way to what the relay does not give as entries.
    insisted: bool,
    /// The relay did not take this device's word on it.
    unheard: Option<ManifestHash>,
    stage: Stage,
    tries: u32,
    /// The relay did not take what was made; another connection may.
    given_up: bool,
    /// Who asked for a compaction, whether it is due or not.
    asked_by: Option<RequestId>,
}

impl Session {
    /// Compacts now. The error says why not.
    pub fn compact(&mut self, core: &Core, command: RequestId) -> Result<Vec<Action>, EngineError> {
        if !self.is_live() {
            return Err(EngineError::Offline);
        }
        if self.packing.asked_by.is_some() {
            return Err(EngineError::Busy);
        }
        self.packing.asked_by = Some(command);
        self.packing.given_up = false;
        Ok(self.pack_on(core))
    }

    /// Nothing of this connection is left; who waited for a compaction is told.
    pub(super) fn forget_packing(&mut self) {
        self.orphans.extend(self.packing.asked_by);
        self.packing = Packing::default();
    }

    /// Whether nothing is done with packs now.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.packing.stage, Stage::Idle)
    }

    /// Whether a manifest of the relay is worth looking at.
    pub(super) fn is_news(&self, core: &Core, manifest: Option<ManifestHash>) -> bool {
        let taken = manifest == core.position.manifest && !core.must_count();
        manifest.is_some() && !taken && manifest != self.packing.refused
    }

    /// One that was refused may be good now.
    pub(super) fn look_at_manifest_again(&mut self) {
        self.packing.refused = None;
    }

    /// The relay has entries and does not give them. A manifest that was refused for what it lacks may be what stands for
    /// them, where other entries were packed than are here: it is taken then, and what it lacks is written anew.
    pub(super) fn only_packed(&mut self, core: &Core) -> Vec<Action> {
        let refused = self.packing.refused.is_some() && self.packing.refused == self.packing.current;
        if !refused || self.packing.insisted || !self.is_idle() {
            return self.halt(CloseReason::Protocol(ErrorCode::Gap));
        }
        self.packing.insisted = true;
        self.look_at_manifest_again();
        self.phase = Phase::Taking { healing: true };
        self.in_flight.clear();
        self.ask_for_manifest(core)
    }

    pub(super) fn ask_for_manifest(&mut self, core: &Core) -> Vec<Action> {
        let (request, space) = (self.request(), core.chain.space());
        self.packing.stage = Stage::Asked(request);
        vec![send(&ClientFrame::GetManifest { request, space })]
    }

    /// Whether the relay was asked for what a frame answers.
    pub(super) fn awaits_pack_frame(&self, request: RequestId) -> bool {
        match &self.packing.stage {
            Stage::Asked(asked) | Stage::Putting(asked, _) => *asked == request,
            Stage::Taking(taking) => taking.asked.contains_key(&request),
            Stage::Storing(storing) => storing.asked.contains_key(&request),
            Stage::Idle
            | Stage::AwaitingLinks
            | Stage::Looking(_)
            | Stage::Making
            | Stage::Acknowledging(..)
            | Stage::Purging => false,
        }
    }

    pub(super) fn manifest_moved(&mut self, core: &Core, manifest: ManifestHash) -> Vec<Action> {
        self.packing.current = Some(manifest);
        if self.is_live() { self.pack_on(core) } else { Vec::new() }
    }

    pub(super) fn manifest_came(
        &mut self,
        core: &Core,
        request: RequestId,
        manifest: Option<SealedManifest>,
        place: (u64, RunningHash),
    ) -> Vec<Action> {
        if !matches!(self.packing.stage, Stage::Asked(asked) if asked == request) {
            return Vec::new();
        }
        match manifest {
            Some(manifest) => {
                self.packing.current = Some(SealedManifest::hash(&manifest.header, &manifest.body));
                self.packing.stage = Stage::Looking(place);
                let must = matches!(self.phase, Phase::Taking { .. });
                vec![Action::Task(Task::BeginIntake(BeginIntake::new(manifest, must)))]
            }
            None => {
                self.packing.stage = Stage::Idle;
                self.packing.current = None;
                if matches!(self.phase, Phase::Taking { .. }) { self.resume(core) } else { Vec::new() }
            }
        }
    }

    /// Links came that a manifest named.
    pub(super) fn links_for_manifest(&mut self, core: &Core) -> Vec<Action> {
        if matches!(self.packing.stage, Stage::AwaitingLinks) {
            self.ask_for_manifest(core)
        } else {
            Vec::new()
        }
    }

    pub(super) fn packing_signal(&mut self, core: &Core, signal: PackSignal) -> Vec<Action> {
        match signal {
            PackSignal::NeedsLinks => {
                self.packing.tries += 1;
                if self.packing.tries > LINK_TRIES {
                    return self.halt(CloseReason::Protocol(ErrorCode::StaleMembershipHead));
                }
                self.packing.stage = Stage::AwaitingLinks;
                let (request, space) = (self.request(), core.chain.space());
                vec![send(&ClientFrame::GetLinks { request, space, from: core.chain.height() + 1 })]
            }
            PackSignal::Wanted(wanted) => {
                let Stage::Looking(place) = self.packing.stage else { return Vec::new() };
                let (asked, merging, done) = (BTreeMap::new(), 0, 0);
                self.packing.stage = Stage::Taking(Taking { place, wanted, asked, merging, done });
                self.take_on(core)
            }
            PackSignal::Taken => {
                let Stage::Taking(taking) = &mut self.packing.stage else { return Vec::new() };
                taking.merging = taking.merging.saturating_sub(1);
                taking.done += 1;
                let left = taking.wanted.len() + taking.asked.len() + taking.merging;
                let total = taking.done.saturating_add(left as u64);
                let progress = Notice::Progress { job: Job::Intake, done: taking.done, total: Some(total) };
                let mut actions = vec![Action::Effect(Effect::Notice(progress))];
                actions.extend(self.take_on(core));
                actions
            }
            PackSignal::Refused(manifest) => {
                self.packing.refused = Some(manifest);
                let anew = core.position.view_version != VIEW_VERSION;
                let rebuild = anew.then(|| Action::Task(Task::Rebuild(RebuildViews::new(None))));
                rebuild.into_iter().chain(self.taken_or_not(core)).collect()
            }
            PackSignal::ManifestTaken => self.taken_or_not(core),
            PackSignal::Made(made) => self.store(core, *made),
            PackSignal::Kept => self.make(core),
            PackSignal::ManifestMade(manifest) => {
                let hash = SealedManifest::hash(&manifest.header, &manifest.body);
                let (request, space) = (self.request(), core.chain.space());
                self.packing.stage = Stage::Putting(request, hash);
                vec![send(&ClientFrame::PutManifest { request, space, manifest: *manifest })]
            }
            PackSignal::Purging { .. } if !matches!(self.packing.stage, Stage::Purging) => Vec::new(),
            PackSignal::Purging { more: true } => self.purge(core),
            PackSignal::Purging { more: false } => {
                self.packing.stage = Stage::Idle;
                self.pump(core)
            }
            PackSignal::Ended => {
                self.packing.stage = Stage::Idle;
                let mut actions = Vec::new();
                if let Some(command) = self.packing.asked_by.take_if(|_| core.position.uncovered() == 0) {
                    actions.push(Action::Effect(Effect::Reply(command, Ok(Reply::Compacted))));
                }
                actions.extend(match self.phase {
                    Phase::Healing(_) if self.packing.given_up || core.cannot_compact => {
                        self.halt(CloseReason::Protocol(ErrorCode::Gap))
                    }
                    Phase::Healing(_) => self.heal(core),
                    _ => self.pump(core),
                });
                actions
            }
        }
    }

    /// A manifest was taken in, or cannot be.
    fn taken_or_not(&mut self, core: &Core) -> Vec<Action> {
        self.packing.stage = Stage::Idle;
        match self.phase {
            Phase::Taking { .. } => self.resume(core),
            Phase::Live if core.position.healing == Some(true) => self.heal(core),
            _ => self.pump(core),
        }
    }

    /// Asks for the next packs; ends when all are merged.
    fn take_on(&mut self, core: &Core) -> Vec<Action> {
        let space = core.chain.space();
        let phase = match self.phase {
            Phase::Taking { healing } => Some(healing),
            _ => None,
        };
        let Stage::Taking(taking) = &mut self.packing.stage else { return Vec::new() };
        if taking.wanted.is_empty() && taking.asked.is_empty() && taking.merging == 0 {
            let place = phase.map(|_| taking.place);
            return vec![Action::Task(Task::EndIntake(EndIntake { place, healing: phase == Some(true) }))];
        }
        let mut actions = Vec::new();
        while taking.asked.len() + taking.merging < limits::PACKS_IN_FLIGHT {
            let Some((pack, rows)) = taking.wanted.pop_front() else { break };
            self.requests += 1;
            taking.asked.insert(self.requests, (pack, rows));
            actions.push(send(&ClientFrame::GetPack { request: self.requests, space, pack: pack.hash }));
        }
        actions
    }

    pub(super) fn pack_came(&mut self, request: RequestId, bytes: Option<ByteVec>) -> Vec<Action> {
        let bytes: Option<Vec<u8>> = bytes.map(Into::into);
        match &mut self.packing.stage {
            Stage::Taking(taking) => {
                let Some((pack, rows)) = taking.asked.remove(&request) else { return Vec::new() };
                taking.merging += 1;
                vec![Action::Task(Task::TakePack(TakePack::new(pack, rows, bytes)))]
            }
            Stage::Storing(storing) if storing.reading => {
                let Some(pack) = storing.asked.remove(&request) else { return Vec::new() };
                if !bytes.is_some_and(|bytes| is_pack(&bytes, &pack)) {
                    let reason = "the relay gives back another pack than it was given".into();
                    let mut actions =
                        vec![Action::Effect(Effect::Notice(Notice::ManifestRefused { reason }))];
                    actions.extend(self.give_up());
                    return actions;
                }
                if !storing.asked.is_empty() {
                    return Vec::new();
                }
                let pair = storing.made.pair();
                let (contents, after) = (storing.made.contents.clone(), storing.made.after.clone());
                self.packing.stage = Stage::Making;
                vec![Action::Task(Task::KeepPair(KeepPair { pair, contents, after }))]
            }
            _ => Vec::new(),
        }
    }

    /// Makes the next pair of packs, or the manifest. If another manifest came into force meanwhile that one is taken in
    /// first: what is packed in its place has to hold what it holds, and where a copy of this store made it, it may hold
    /// what nobody has as entries.
    fn make(&mut self, core: &Core) -> Vec<Action> {
        self.packing.stage = Stage::Making;
        if self.is_news(core, self.packing.current) {
            return vec![Action::Task(Task::EndCompaction(EndCompaction::new(None)))];
        }
        vec![Action::Task(Task::Compact(Compact::new(self.packing.current)))]
    }

    /// Fills a relay that lost what is kept in packs only. What is in no entry yet is put into one first, so that the packs
    /// hold nothing but entries.
    pub(super) fn compact_to_heal(&mut self, core: &Core) -> Vec<Action> {
        let mut actions = vec![Action::Task(Task::SealQueue(SealQueue))];
        actions.extend(self.make(core));
        actions
    }

    fn store(&mut self, core: &Core, made: Made) -> Vec<Action> {
        let space = core.chain.space();
        let pair = made.pair();
        let (mut asked, mut actions) = (BTreeMap::new(), Vec::new());
        for (hash, bytes) in [(pair.rows.hash, &made.rows), (pair.documents.hash, &made.documents)] {
            let request = self.request();
            asked.insert(request, hash);
            actions.push(send(&ClientFrame::PutPack { request, space, bytes: bytes.clone().into() }));
        }
        self.packing.stage = Stage::Storing(Box::new(Storing { made, asked, reading: false }));
        actions
    }

    pub(super) fn pack_stored(
        &mut self,
        core: &Core,
        request: RequestId,
        refusal: Option<ErrorCode>,
    ) -> Vec<Action> {
        let Stage::Storing(storing) = &mut self.packing.stage else { return Vec::new() };
        if storing.reading || storing.asked.remove(&request).is_none() {
            return Vec::new();
        }
        if let Some(code) = refusal {
            let mut actions = vec![Action::Effect(Effect::Notice(Notice::Refused(code)))];
            actions.extend(self.give_up());
            return actions;
        }
        if !storing.asked.is_empty() {
            return Vec::new();
        }
        storing.reading = true;
        let pair = storing.made.pair();
        let mut actions = Vec::new();
        for pack in [pair.rows.hash, pair.documents.hash] {
            self.requests += 1;
            storing.asked.insert(self.requests, pack);
            let (request, space) = (self.requests, core.chain.space());
            actions.push(send(&ClientFrame::GetPack { request, space, pack }));
        }
        actions
    }

    pub(super) fn manifest_stored(
        &mut self,
        request: RequestId,
        refusal: Option<ErrorCode>,
        current: Option<ManifestHash>,
    ) -> Vec<Action> {
        let Stage::Putting(_, hash) = self.packing.stage else { return Vec::new() };
        if !self.awaits_pack_frame(request) {
            return Vec::new();
        }
        match refusal {
            None => {
                self.packing.current = Some(hash);
                self.packing.stage = Stage::Making;
                vec![Action::Task(Task::EndCompaction(EndCompaction::new(Some(hash))))]
            }
            // Somebody was faster.
            Some(ErrorCode::ManifestMoved) => {
                self.packing.current = current;
                self.packing.stage = Stage::Making;
                vec![Action::Task(Task::EndCompaction(EndCompaction::new(None)))]
            }
            Some(code) => {
                let mut actions = vec![Action::Effect(Effect::Notice(Notice::Refused(code)))];
                actions.extend(self.give_up());
                actions
            }
        }
    }

    /// What was made is not tried again on this connection.
    fn give_up(&mut self) -> Vec<Action> {
        self.packing.given_up = true;
        self.packing.stage = Stage::Making;
        vec![Action::Task(Task::EndCompaction(EndCompaction::new(None)))]
    }

    pub(super) fn ack_stored(
        &mut self,
        core: &Core,
        request: RequestId,
        refusal: Option<ErrorCode>,
    ) -> Vec<Action> {
        let Stage::Acknowledging(asked, manifest) = self.packing.stage else { return Vec::new() };
        if asked != request {
            return Vec::new();
        }
        self.packing.stage = Stage::Idle;
        match refusal {
            None => vec![Action::Task(Task::Acknowledged(manifest))],
            Some(code) => {
                // Once a connection: a relay that refuses it always must not be asked for ever.
                self.packing.unheard = Some(manifest);
                // Another one took its place, and what told of that did not come here.
                let moved = code == ErrorCode::ManifestMoved && self.is_live();
                if moved { self.ask_for_manifest(core) } else { Vec::new() }
            }
        }
    }

    /// Starts what can be started with packs, while all else is at rest.
    pub(super) fn pack_on(&mut self, core: &Core) -> Vec<Action> {
        if !self.is_live() || !self.is_idle() || core.is_revoked() {
            return Vec::new();
        }
        if self.is_news(core, self.packing.current) {
            return self.ask_for_manifest(core);
        }
        if !core.position.unsorted.is_empty() {
            return Vec::new();
        }
        let held = core.position.manifest.filter(|held| Some(*held) == self.packing.current);
        let unsaid = |held: &ManifestHash| {
            core.position.acknowledged != Some(*held) && self.packing.unheard != Some(*held)
        };
        if let Some(manifest) = held.filter(unsaid) {
            let (request, space) = (self.request(), core.chain.space());
            self.packing.stage = Stage::Acknowledging(request, manifest);
            let ack = seal::acknowledge(&core.device, &space, manifest);
            return vec![send(&ClientFrame::PutAck { request, space, ack })];
        }
        let at_rest = core.position.queued() == 0 && pending(core) == 0 && core.waiting.is_empty();
        let may = at_rest && !self.packing.given_up && !core.cannot_compact && core.branch.is_none();
        let due = self.packing.asked_by.is_some()
            || core.pack_wanted
            || core.position.uncovered() >= core.compact_after(rank(core));
        if may && (due || core.position.compacting.is_some()) {
            return self.make(core);
        }
        if at_rest && core.branch.is_none() && core.is_purge_due() { self.purge(core) } else { Vec::new() }
    }

    /// Looks through a part of the trash.
    fn purge(&mut self, core: &Core) -> Vec<Action> {
        self.packing.stage = Stage::Purging;
        let held = core.position.manifest.filter(|held| Some(*held) == self.packing.current);
        let in_force = held.is_some() && held == core.position.acknowledged;
        vec![Action::Task(Task::Purge(Purge { in_force }))]
    }
}

/// How many of the active devices go before this one. Whoever is first compacts; the others only when it does not.
pub(crate) fn rank(core: &Core) -> u64 {
    let me = core.me();
    let active = core.chain.members().filter(|(_, m)| m.role == Role::Device && m.revoked.is_none());
    let before = |(id, _): &(&DeviceId, &protocol::chain::Member)| **id < me;
    active.filter(before).count() as u64
}

/// What tasks say of packs.
#[derive(Debug)]
pub(crate) enum PackSignal {
    /// The manifest names links that are not here.
    NeedsLinks,
    /// These packs are missing here, in this order; `true` for rows.
    Wanted(VecDeque<(PackRef, bool)>),
    /// A pack was merged.
    Taken,
    /// The manifest cannot be taken.
    Refused(ManifestHash),
    /// The manifest is taken.
    ManifestTaken,
    /// A pair was made.
    Made(Box<Made>),
    /// A pair is stored and remembered.
    Kept,
    /// The manifest was made.
    ManifestMade(Box<SealedManifest>),
    /// The compaction is over.
    Ended,
    /// A part of the trash was looked through; whether there is more.
    Purging { more: bool },
}

impl From<PackSignal> for Signal {
    fn from(signal: PackSignal) -> Self {
        Self::Pack(signal)
    }
}

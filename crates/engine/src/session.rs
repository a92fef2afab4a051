//! One connection to a relay, from its challenge to its end.
//!
//! Invariant: nothing is offered before the relay and this device agree on what was delivered so far; an own entry
//! counts as safe only when the relay has acknowledged it, and again only when it was delivered back. Nothing the
//! relay says is believed: entries go through [`crate::task::Receive`], links through the chain.

mod branching;
mod changing;
mod healing;
mod offering;
mod packing;
mod reminding;

use branching::is_whole;
use changing::Changing;
use healing::Heal;
use offering::InFlight;
use packing::Packing;
pub(crate) use packing::{PackSignal, rank};
use reminding::Reminding;

use crate::api::{CloseReason, Effect, Millis, Notice};
use crate::core::Core;
use crate::incoming;
use crate::limits;
use crate::task::{
    HealPlan, JudgeBranch, Offer, RebuildViews, Receive, ReceiveLinks, Received, SealQueue, Signal, Source,
    Task, pending,
};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::frame::{ClientFrame, LinkItem, RequestId, ResumeOutcome, ResumeSpace, ServerFrame};
use protocol::{AccountId, ErrorCode, LinkHash};
use std::collections::VecDeque;

/// A ping goes out when nothing was heard for this long, in milliseconds.
const PING_AFTER: Millis = 5_000;

/// A step that the relay leaves unanswered for this long ends the connection, in milliseconds: a relay that answers
/// pings alone must not keep a device waiting for ever.
const STEP_WITHIN: Millis = 30_000;

/// Comparing chains more often than this on one connection does not help.
const HEALS: u32 = 64;

/// The number of a frame that answers nothing. Requests are counted from one.
const UNASKED: RequestId = 0;

/// What the session wants done.
pub(crate) enum Action {
    Effect(Effect),
    Task(Task),
}

/// Where a connection is.
#[derive(Debug, PartialEq)]
enum Phase {
    Closed,
    /// Open, not yet proved. Holds the origin dialled.
    Opened(String),
    /// Taking in the relay's manifest, before what came since is received.
    Taking {
        /// The relay's log is another one than it was.
        healing: bool,
    },
    /// Receiving what came since.
    Resuming,
    /// The relay's log is another one than it was.
    Healing(Heal),
    /// Everything was received; offering.
    Live,
    /// The relay's membership chain parts from the one here: reading all of it.
    Comparing(Vec<LinkItem>),
    /// Both chains hold: nothing is offered until that is resolved.
    Forked,
    /// One of them goes on, and is being gone over to: what the relay shows meanwhile is asked for again afterwards.
    Switching,
    /// Nothing more is said on this connection.
    Halted,
}

/// The state of the connection.
#[derive(Debug)]
pub(crate) struct Session {
    phase: Phase,
    /// The relay that was dialled last.
    origin: String,
    /// Told apart from earlier ones by this number.
    pub number: u64,
    target: u64,
    /// Height of the membership chain that the relay has.
    target_height: u32,
    /// Whether the relay has yet to say how the space resumes.
    resuming: bool,
    /// The oldest request that the relay has not answered, and since when that was so.
    oldest: Option<(RequestId, Millis)>,
    in_flight: VecDeque<InFlight>,
    requests: RequestId,
    /// Own entries up to here were offered on this connection.
    offered: u64,
    sealing: bool,
    offering: bool,
    heard: Millis,
    /// When the relay last said something other than that it is there.
    moved: Millis,
    heals: u32,
    comparisons: u32,
    /// The relay said of its chain what parts from the one here; it has to show one that does.
    claimed_fork: bool,
    synced: bool,
    changing: Option<Changing>,
    packing: Packing,
    reminding: Reminding,
    /// The relay did not answer the question for its manifest: what it has to say comes with resuming.
    resumes_first: bool,
    /// Requests whose connection ended before the relay had answered.
    orphans: Vec<RequestId>,
    /// Entries acknowledged and received since the engine was opened.
    pub pushed: u64,
    pub pulled: u64,
}

impl Session {
    pub fn new() -> Self {
        Self {
            phase: Phase::Closed,
            origin: String::new(),
            number: 0,
            target: 0,
            target_height: 0,
            resuming: false,
            oldest: None,
            in_flight: VecDeque::new(),
            requests: 0,
            offered: 0,
            sealing: false,
            offering: false,
            heard: 0,
            moved: 0,
            heals: 0,
            comparisons: 0,
            claimed_fork: false,
            synced: false,
            changing: None,
            packing: Packing::default(),
            reminding: Reminding::default(),
            resumes_first: false,
            orphans: Vec::new(),
            pushed: 0,
            pulled: 0,
        }
    }

    pub fn opened(&mut self, origin: String, now: Millis) {
        self.closed();
        self.origin.clone_from(&origin);
        self.phase = Phase::Opened(origin);
        (self.heard, self.moved) = (now, now);
    }

    pub fn closed(&mut self) {
        self.number += 1;
        self.phase = Phase::Closed;
        self.in_flight.clear();
        (self.heals, self.comparisons) = (0, 0);
        self.orphans.extend(self.changing.take().map(|c| c.command));
        self.forget_packing();
        self.forget_reminding();
        (self.sealing, self.offering, self.synced, self.resuming) = (false, false, false, false);
        self.oldest = None;
    }

    /// Whether everything the relay had was received.
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        self.requests
    }

    fn halt(&mut self, reason: CloseReason) -> Vec<Action> {
        self.phase = Phase::Halted;
        vec![Action::Effect(Effect::CloseSocket(reason))]
    }

    pub fn tick(&mut self, now: Millis) -> Vec<Action> {
        // A clock that was set back begins to count anew.
        (self.heard, self.moved) = (self.heard.min(now), self.moved.min(now));
        let silent = now.saturating_sub(self.heard);
        let limit = Millis::try_from(protocol::limits::SILENCE_SECONDS * 1_000).unwrap_or(Millis::MAX);
        let overdue = self.is_overdue(now);
        match self.phase {
            Phase::Closed | Phase::Halted => Vec::new(),
            _ if silent >= limit => self.halt(CloseReason::Silence),
            _ if self.awaits_answer() && now.saturating_sub(self.moved) >= STEP_WITHIN => {
                self.halt(CloseReason::Silence)
            }
            _ if overdue => self.halt(CloseReason::Silence),
            Phase::Opened(_) => Vec::new(),
            _ if silent >= PING_AFTER => {
                let nonce = self.request();
                vec![send(&ClientFrame::Ping { nonce })]
            }
            _ => Vec::new(),
        }
    }

    fn awaits_answer(&self) -> bool {
        !matches!(self.phase, Phase::Live | Phase::Forked | Phase::Switching) || !self.in_flight.is_empty()
    }

    /// Whether what was offered stays unanswered, whatever else the relay says meanwhile.
    fn is_overdue(&mut self, now: Millis) -> bool {
        let appended = self.in_flight.front().map(|f| f.request);
        let changed = self.changing.as_ref().and_then(|c| c.frame);
        let oldest = appended.into_iter().chain(changed).chain(self.oldest_reminding()).min();
        match (oldest, self.oldest) {
            (Some(request), Some((known, since))) if known == request => {
                now.saturating_sub(since) >= STEP_WITHIN
            }
            (oldest, _) => {
                self.oldest = oldest.map(|request| (request, now));
                false
            }
        }
    }

    /// Whether a frame brings this connection on. One that only says something must not keep a device waiting for ever.
    fn is_progress(&self, core: &Core, frame: &ServerFrame) -> bool {
        match frame {
            ServerFrame::Pong { .. } => false,
            ServerFrame::Entries { first, entries, .. } => {
                !entries.is_empty()
                    && first.saturating_add(entries.len() as u64) > core.position.cursor.saturating_add(1)
            }
            ServerFrame::Links { links, .. } => {
                matches!(self.phase, Phase::Comparing(_)) && !links.is_empty()
                    || links
                        .iter()
                        .any(|l| l.link.read().is_ok_and(|(link, _)| link.height > core.chain.height()))
            }
            ServerFrame::Appended { request, .. } => self.in_flight.iter().any(|f| f.request == *request),
            ServerFrame::Heads { .. } => matches!(&self.phase, Phase::Healing(heal) if heal.at.is_none()),
            ServerFrame::DeviceEntries { .. } => {
                matches!(&self.phase, Phase::Healing(heal) if !heal.fetch.is_empty())
            }
            ServerFrame::Challenge { .. }
            | ServerFrame::Welcome { .. }
            | ServerFrame::Resumed { .. }
            | ServerFrame::Error { .. } => true,
            ServerFrame::Manifest { request, .. }
            | ServerFrame::Pack { request, .. }
            | ServerFrame::PackStored { request, .. }
            | ServerFrame::ManifestStored { request, .. } => self.awaits_pack_frame(*request),
            ServerFrame::AckStored { .. } | ServerFrame::ManifestMoved { .. } => false,
            ServerFrame::Push { request, .. }
            | ServerFrame::SubscriptionStored { request, .. }
            | ServerFrame::NoticesStored { request, .. }
            | ServerFrame::NoticesCancelled { request, .. } => self.awaits_reminding(*request),
            ServerFrame::NoticeStates { .. } => false,
        }
    }

    pub fn frame(&mut self, core: &mut Core, bytes: &[u8], now: Millis) -> Vec<Action> {
        self.heard = now;
        if matches!(self.phase, Phase::Closed | Phase::Halted) {
            return Vec::new();
        }
        let frame = match incoming::read(bytes, &core.chain.space()) {
            Ok(frame) => frame,
            Err(code) => return self.halt(CloseReason::Protocol(code)),
        };
        if self.is_progress(core, &frame) {
            self.moved = now;
        }
        let opening = matches!(
            frame,
            ServerFrame::Challenge { .. } | ServerFrame::Welcome { .. } | ServerFrame::Error { .. }
        );
        if matches!(self.phase, Phase::Opened(_)) && !opening {
            return self.halt(CloseReason::Protocol(ErrorCode::Malformed));
        }
        match frame {
            ServerFrame::Challenge { challenge } => self.challenge(core, challenge),
            ServerFrame::Welcome { account, .. } => self.welcome(core, account, now),
            ServerFrame::Resumed { outcome, seq, height, membership, manifest, .. } => {
                self.packing.current = manifest;
                self.resumed(core, outcome, seq, height, membership)
            }
            ServerFrame::Entries { first, entries, .. } => match self.phase {
                // While healing the cursor is about to jump; what flows now is asked for again afterwards.
                Phase::Resuming | Phase::Live => {
                    vec![Action::Task(Task::Receive(Receive::new(Source::Stream, first, entries)))]
                }
                _ => Vec::new(),
            },
            ServerFrame::Appended { request, accepted, refusal, .. } => {
                self.appended(core, request, accepted, refusal)
            }
            ServerFrame::Links { request, links, height, refusal, .. } => {
                self.links(core, request, links, height, refusal)
            }
            ServerFrame::Heads { heads, seq, running, .. } => match &mut self.phase {
                Phase::Healing(heal) if heal.at.is_none() => {
                    heal.at = Some((seq, running));
                    heal.claimed = heads.iter().map(|h| (h.device, h.index)).collect();
                    vec![Action::Task(Task::HealPlan(HealPlan { heads }))]
                }
                _ => Vec::new(),
            },
            ServerFrame::DeviceEntries { entries, .. } => self.device_entries(entries),
            ServerFrame::Error { request, code, .. } => self.error(request, code),
            ServerFrame::Manifest { request, manifest, seq, running, .. } => {
                self.manifest_came(core, request, manifest, (seq, running))
            }
            ServerFrame::Pack { request, bytes, .. } => self.pack_came(request, bytes),
            ServerFrame::PackStored { request, refusal, .. } => self.pack_stored(core, request, refusal),
            ServerFrame::ManifestStored { request, refusal, current, .. } => {
                self.manifest_stored(request, refusal, current)
            }
            ServerFrame::AckStored { request, refusal, .. } => self.ack_stored(core, request, refusal),
            ServerFrame::ManifestMoved { manifest, .. } => self.manifest_moved(core, manifest),
            ServerFrame::Pong { .. } => Vec::new(),
            answer @ (ServerFrame::Push { .. } | ServerFrame::SubscriptionStored { .. }) => {
                self.push_answered(answer)
            }
            ServerFrame::NoticesStored { request, refused } => self.reminded(request, refused),
            ServerFrame::NoticesCancelled { request, .. } => self.reminded(request, Vec::new()),
            // Not asked for by this engine.
            ServerFrame::NoticeStates { .. } => Vec::new(),
        }
    }

    fn error(&mut self, request: Option<RequestId>, code: ErrorCode) -> Vec<Action> {
        if let Some(actions) = self.reminding_refused(request, code) {
            return actions;
        }
        self.resumes_first |= matches!(self.phase, Phase::Taking { .. });
        let mut actions = self.halt(CloseReason::Protocol(code));
        if request.is_some() {
            actions.push(Action::Effect(Effect::Notice(Notice::Refused(code))));
        }
        actions
    }

    /// Links came: as an answer, or because the relay's chain grew.
    fn links(
        &mut self,
        core: &Core,
        request: RequestId,
        links: Vec<LinkItem>,
        height: u32,
        refusal: Option<ErrorCode>,
    ) -> Vec<Action> {
        if self.changing.as_ref().is_some_and(|c| c.frame == Some(request)) {
            return self.proposal_answered(core, links, refusal);
        }
        match (&self.phase, refusal) {
            (Phase::Comparing(_), None) => self.comparing(core, links, height),
            // What flows meanwhile is part of what is asked for.
            (Phase::Comparing(_) | Phase::Switching, _) => Vec::new(),
            // The relay's chain grew: somebody may have resolved it.
            (Phase::Forked, _) => self.compare(core),
            // Before it ends the connection of a device that it takes for revoked, a relay on another branch shows all of it.
            // The answer to a comparison that was overtaken looks alike, and shows the chain that was gone over to.
            (Phase::Resuming, _) if request == UNASKED && !core.is_revoked() && is_whole(&links, height) => {
                self.claimed_fork = true;
                vec![Action::Task(Task::Judge(JudgeBranch { links }))]
            }
            // Somebody else was faster: the links that came with the refusal, or the next, tell.
            (_, None | Some(ErrorCode::HeadMoved)) => {
                vec![Action::Task(Task::ReceiveLinks(ReceiveLinks { links }))]
            }
            (_, Some(code)) => vec![Action::Effect(Effect::Notice(Notice::Refused(code)))],
        }
    }

    fn challenge(&mut self, core: &Core, challenge: [u8; 32]) -> Vec<Action> {
        let Phase::Opened(origin) = &self.phase else {
            return self.halt(CloseReason::Protocol(ErrorCode::Malformed));
        };
        let claim = AuthClaim {
            origin: origin.clone(),
            account: Some(core.chain.account()),
            challenge,
            purpose: AuthPurpose::Socket,
            device: core.me(),
        };
        let signature = core.device.sign(&claim.signing_hash());
        vec![send(&ClientFrame::Hello { device: core.me(), signature })]
    }

    /// The relay takes this device for what it says it is.
    fn welcome(&mut self, core: &mut Core, account: AccountId, now: Millis) -> Vec<Action> {
        if !matches!(self.phase, Phase::Opened(_)) {
            return self.halt(CloseReason::Protocol(ErrorCode::Malformed));
        }
        if account != core.chain.account() {
            return self.halt(CloseReason::Protocol(ErrorCode::UnknownAccount));
        }
        // Whatever was refused may have been changed on its way: on a new connection it is looked at again, and what was
        // withheld is asked for again.
        core.refused.clear();
        for claim in core.claims.values_mut() {
            (claim.asked, claim.since) = (false, now);
        }
        if core.is_fresh() && !self.resumes_first {
            self.phase = Phase::Taking { healing: false };
            return self.ask_for_manifest(core);
        }
        self.resume(core)
    }

    fn resume(&mut self, core: &Core) -> Vec<Action> {
        self.phase = Phase::Resuming;
        self.resuming = true;
        self.in_flight.clear();
        let space = ResumeSpace {
            space: core.chain.space(),
            cursor: core.position.cursor,
            running: core.position.running,
            height: core.chain.height(),
            membership: core.chain.head(),
        };
        vec![send(&ClientFrame::Resume { spaces: vec![space] })]
    }

    fn resumed(
        &mut self,
        core: &Core,
        outcome: ResumeOutcome,
        seq: u64,
        height: u32,
        membership: Option<LinkHash>,
    ) -> Vec<Action> {
        if !std::mem::take(&mut self.resuming) {
            return self.halt(CloseReason::Protocol(ErrorCode::Malformed));
        }
        let (false, Some(membership)) = (outcome == ResumeOutcome::Unknown, membership) else {
            return self.halt(CloseReason::UnknownSpace);
        };
        let mut actions = Vec::new();
        if height <= core.chain.height() && core.chain.height_of(&membership) != Some(height) {
            return self.compare(core);
        }
        // It had every link that is here: each was taken by it, or served by it.
        let lost_links = height < core.chain.height();
        actions.extend(self.offer_links(core, height));
        (self.target, self.target_height) = (seq, height);
        let compacted = outcome == ResumeOutcome::Compacted;
        if compacted && !self.is_news(core, self.packing.current) && core.position.manifest.is_none() {
            // What is gone from its log is to be had in no other way.
            return self.halt(CloseReason::Protocol(ErrorCode::Gap));
        }
        // Filling that was broken off would ask for entries that the relay has as packed documents only by now.
        let unfinished = core.position.healing == Some(true);
        let fills = unfinished || outcome != ResumeOutcome::Continues;
        if fills && self.is_news(core, self.packing.current) {
            if height > core.chain.height() {
                let (request, space) = (self.request(), core.chain.space());
                actions.push(send(&ClientFrame::GetLinks { request, space, from: core.chain.height() + 1 }));
            }
            self.phase = Phase::Taking { healing: !compacted };
            actions.extend(self.ask_for_manifest(core));
            return actions;
        }
        if fills {
            if height > core.chain.height() {
                // Nothing flows by itself now, and the entries asked for next may name these links.
                let (request, space) = (self.request(), core.chain.space());
                actions.push(send(&ClientFrame::GetLinks { request, space, from: core.chain.height() + 1 }));
            }
            actions.extend(self.heal(core));
            if let Phase::Healing(heal) = &mut self.phase {
                heal.links = lost_links;
            }
            return actions;
        }
        if lost_links {
            actions.push(Action::Effect(Effect::Notice(Notice::RelayHealed { entries: 0 })));
        }
        actions.extend(self.look_whether_caught_up(core));
        actions
    }

    fn look_whether_caught_up(&mut self, core: &Core) -> Vec<Action> {
        let all = core.position.cursor >= self.target && core.chain.height() >= self.target_height;
        if self.phase == Phase::Resuming && all { self.caught_up(core) } else { Vec::new() }
    }

    /// Everything the relay had was received.
    fn caught_up(&mut self, core: &Core) -> Vec<Action> {
        if core.position.echoed < core.position.acked {
            // It acknowledged entries that it does not have any more.
            return self.heal(core);
        }
        self.phase = Phase::Live;
        self.offered = core.position.acked;
        let mut actions = self.pump(core);
        if core.position.provisional {
            // Taking packs in was cut short, and their manifest is not in force any more.
            actions.push(Action::Task(Task::Rebuild(RebuildViews::new(None))));
        }
        actions
    }

    /// Starts what can be started: sealing, offering, or telling that all is done.
    pub fn pump(&mut self, core: &Core) -> Vec<Action> {
        if !self.is_live() {
            return Vec::new();
        }
        if !core.position.unsorted.is_empty() {
            // What is sealed must not rest on what is void.
            return self.pack_on(core);
        }
        let mut actions = Vec::new();
        if core.position.queued() > 0 {
            if !self.sealing {
                self.sealing = true;
                actions.push(Action::Task(Task::SealQueue(SealQueue)));
            }
        } else if pending(core) == 0 {
            if !self.synced {
                self.synced = true;
                actions.push(Action::Effect(Effect::Notice(Notice::Synced)));
            }
            actions.extend(self.pack_on(core));
            return actions;
        }
        self.synced = false;
        let more = self.offered < core.position.index(&core.me());
        if more && !self.offering && self.in_flight.len() < limits::APPENDS_IN_FLIGHT {
            self.offering = true;
            actions.push(Action::Task(Task::Offer(Offer { from: self.offered + 1 })));
        }
        actions
    }

    pub fn signal(&mut self, core: &Core, signal: Signal) -> Vec<Action> {
        match signal {
            Signal::Sealed(entries) => {
                let mut actions = Vec::new();
                let next = entries.first().is_some_and(|(index, _)| *index == self.offered + 1);
                let room = self.in_flight.len() < limits::APPENDS_IN_FLIGHT;
                if self.is_live() && next && room && !self.offering {
                    actions.extend(self.append(core, core.me(), entries));
                }
                actions.extend(self.pump(core));
                actions
            }
            Signal::QueueSealed => {
                self.sealing = false;
                self.pump(core)
            }
            Signal::Offer(entries) => {
                self.offering = false;
                let mut actions = Vec::new();
                if self.is_live() {
                    actions.extend(self.append(core, core.me(), entries));
                    actions.extend(self.pump(core));
                }
                actions
            }
            Signal::Received(received) => self.received(core, &received),
            Signal::Adopted => self.adopted(core),
            Signal::LinksReceived { forked: true } => self.compare(core),
            Signal::Judged(judgement) => self.judged(core, judgement),
            Signal::Switched => self.resume(core),
            // What they ask for otherwise is the engine's, whatever becomes of the connection.
            Signal::LinksReceived { forked: false } => {
                let mut actions = self.links_for_manifest(core);
                actions.extend(self.look_whether_caught_up(core));
                actions
            }
            Signal::Pack(signal) => self.packing_signal(core, signal),
            Signal::Remind(signal) => self.remind_signal(signal),
            // What could not be compared before can be now.
            Signal::SortedOut => {
                self.look_at_manifest_again();
                if matches!(self.phase, Phase::Live | Phase::Resuming) { self.heal(core) } else { Vec::new() }
            }
            Signal::Proposed(proposal) => self.proposed(core, proposal),
            Signal::NothingProposed => {
                self.changing = None;
                Vec::new()
            }
            Signal::Healing { fetch, push, hole } => {
                if let Phase::Healing(heal) = &mut self.phase {
                    heal.hole = hole;
                    heal.fetch = fetch.into();
                    heal.push = push.into();
                }
                self.heal_on(core)
            }
            Signal::Push(device, entries) => {
                if entries.is_empty() {
                    return self.cannot_give(core, device);
                }
                self.append(core, device, entries)
            }
        }
    }

    fn received(&mut self, core: &Core, received: &Received) -> Vec<Action> {
        self.pulled += received.fresh;
        let mut actions = Vec::new();
        if received.fresh > 0 && self.changing.as_ref().is_some_and(|c| c.waits) {
            actions.extend(self.propose());
        }
        if let Some(code) = received.broken {
            actions.extend(self.halt(CloseReason::Protocol(code)));
            return actions;
        }
        let Source::Chain(device) = received.source else {
            if received.missing.is_some() {
                actions.extend(self.heal(core));
            } else if self.phase == Phase::Resuming {
                actions.extend(self.look_whether_caught_up(core));
            } else {
                actions.extend(self.pump(core));
            }
            return actions;
        };
        let Phase::Healing(heal) = &mut self.phase else { return actions };
        match (received.missing, received.last) {
            (Some((_, from)), _) if !heal.refetched.contains(&(device, from)) => {
                heal.refetched.push((device, from));
                heal.fetch.push_front((device, from));
            }
            // The relay's own chain has a hole: nothing more of it can be used.
            (Some(_), _) => {}
            // Not what was asked for: asking on would never end.
            (None, Some(last)) if last < heal.asked => {
                actions.extend(self.halt(CloseReason::Protocol(ErrorCode::Malformed)));
                return actions;
            }
            (None, Some(last)) => {
                last.checked_add(1).into_iter().for_each(|from| heal.fetch.push_front((device, from)));
            }
            // It has less than it said, keeps it to itself, or has it as packed documents only.
            (None, None) if heal.claimed.get(&device).is_some_and(|index| *index >= heal.asked) => {
                actions.extend(self.only_packed(core));
                return actions;
            }
            (None, None) => {}
        }
        actions.extend(self.heal_on(core));
        actions
    }
}

fn send(frame: &ClientFrame) -> Action {
    Action::Effect(Effect::Send(frame.to_bytes()))
}

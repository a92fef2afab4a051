//! Filling both ways, where the relay's log is another than it was.
//!
//! Invariant: the position takes over the relay's log only after both sides have what either had.

use super::{Action, HEALS, Phase, Session, send};
use crate::api::{CloseReason, Effect, Notice};
use crate::core::Core;
use crate::task::{PushRange, Receive, Source, Task};
use protocol::entry::Head;
use protocol::frame::ClientFrame;
use protocol::{DeviceId, ErrorCode, RunningHash, SealedEntry};
use std::collections::{BTreeMap, VecDeque};

/// Filling both ways.
#[derive(Debug, PartialEq, Default)]
pub(super) struct Heal {
    /// Where the relay's log stood when its heads were taken.
    pub(super) at: Option<(u64, RunningHash)>,
    pub(super) fetch: VecDeque<(DeviceId, u64)>,
    pub(super) push: VecDeque<Head>,
    /// Entries given to the relay that it had acknowledged before, or that others wrote.
    pub(super) given: u64,
    /// Own entries up to here were acknowledged when healing began.
    pub(super) acked: u64,
    /// Chains asked for from their beginning; a second time would not help.
    pub(super) refetched: Vec<(DeviceId, u64)>,
    /// How far the relay said that it has each device's chain.
    pub(super) claimed: BTreeMap<DeviceId, u64>,
    /// The index from which the chain was asked for that is being taken in.
    pub(super) asked: u64,
    /// The relay had lost links.
    pub(super) links: bool,
    /// The relay lacks what is not here either, but as packed documents.
    pub(super) hole: bool,
}

impl Session {
    pub(super) fn heal(&mut self, core: &Core) -> Vec<Action> {
        self.heals += 1;
        self.doubt_reminding();
        if self.heals > HEALS {
            return self.halt(CloseReason::Protocol(ErrorCode::Gap));
        }
        if self.is_idle() && self.is_news(core, self.packing.current) {
            // The relay may have no more than this of what it would be asked for.
            self.phase = Phase::Taking { healing: true };
            self.in_flight.clear();
            return self.ask_for_manifest(core);
        }
        self.phase = Phase::Healing(Heal { acked: core.position.acked, ..Heal::default() });
        self.in_flight.clear();
        let (request, space) = (self.request(), core.chain.space());
        vec![send(&ClientFrame::GetHeads { request, space })]
    }

    /// The next step of filling both ways.
    pub(super) fn heal_on(&mut self, core: &Core) -> Vec<Action> {
        let space = core.chain.space();
        let Phase::Healing(heal) = &mut self.phase else { return Vec::new() };
        if let Some((device, from)) = heal.fetch.front().copied() {
            let request = self.request();
            return vec![send(&ClientFrame::GetEntries { request, space, device, from })];
        }
        // While it is not known what counts, nothing is packed: it is compared again when it is.
        if std::mem::take(&mut heal.hole) && core.position.unsorted.is_empty() {
            return self.compact_to_heal(core);
        }
        if let Some(head) = heal.push.front() {
            let (device, from) = (head.device, head.index + 1);
            if from <= core.position.index(&device) {
                return vec![Action::Task(Task::PushRange(PushRange { device, from }))];
            }
            heal.push.pop_front();
            return self.heal_on(core);
        }
        let Some(at) = heal.at else { return Vec::new() };
        let given = heal.given;
        let mut actions = Vec::new();
        if given > 0 || heal.links {
            actions.push(Action::Effect(Effect::Notice(Notice::RelayHealed { entries: given })));
        }
        actions.push(Action::Task(Task::Adopt(at)));
        actions
    }

    /// What the relay lacks of a device cannot be given as entries: it is given packed.
    pub(super) fn cannot_give(&mut self, core: &Core, device: DeviceId) -> Vec<Action> {
        if let Phase::Healing(heal) = &mut self.phase {
            heal.push.retain(|head| head.device != device);
            heal.hole = true;
        }
        self.heal_on(core)
    }

    /// The position took over the relay's log: go on from there.
    pub(super) fn adopted(&mut self, core: &Core) -> Vec<Action> {
        if matches!(self.phase, Phase::Healing(_)) { self.resume(core) } else { Vec::new() }
    }

    pub(super) fn device_entries(&mut self, entries: Vec<SealedEntry>) -> Vec<Action> {
        match &mut self.phase {
            Phase::Healing(heal) => match heal.fetch.pop_front() {
                Some((device, from)) => {
                    heal.asked = from;
                    vec![Action::Task(Task::Receive(Receive::new(Source::Chain(device), 0, entries)))]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Asks the relay for what a member says it has seen.
    pub fn ask_again(&mut self, core: &Core) -> Vec<Action> {
        if self.is_live() { self.heal(core) } else { Vec::new() }
    }
}

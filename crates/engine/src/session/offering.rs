//! Links and entries on their way to the relay, and its answers.
//!
//! Invariant: what is offered is durable here, and counts as safe only when the relay has said so.

use super::{Action, Phase, Session, send};
use crate::api::{CloseReason, Effect, Notice};
use crate::core::Core;
use crate::limits;
use protocol::frame::{ClientFrame, LinkItem, Refusal, RequestId};
use protocol::{DeviceId, ErrorCode, SealedEntry};

/// An append the relay has not answered.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) request: RequestId,
    pub(super) device: DeviceId,
    pub(super) first: u64,
    pub(super) count: u64,
}

/// Bytes a link takes in a frame, with room for its own framing.
pub(super) fn link_size(item: &LinkItem) -> usize {
    item.link.link.len() + item.keyboxes.size() + 256
}

impl Session {
    /// Whether entries made now may go out at once.
    pub fn may_offer(&self, core: &Core) -> bool {
        self.is_live()
            && !self.sealing
            && core.position.unsorted.is_empty()
            && self.in_flight.len() < limits::APPENDS_IN_FLIGHT
            && self.offered == core.position.index(&core.me())
    }

    /// Links above `height`, in as many frames as they need: the relay must know them before it sees entries that
    /// name them.
    pub(super) fn offer_links(&mut self, core: &Core, height: u32) -> Vec<Action> {
        let newer = core.chain.links().iter().filter(|l| l.link.height > height);
        let mut rest =
            newer.map(|l| LinkItem { link: l.signed.clone(), keyboxes: l.keyboxes.clone() }).peekable();
        let mut actions = Vec::new();
        while rest.peek().is_some() {
            let (mut links, mut size) = (Vec::new(), 0);
            while let Some(item) = rest.next_if(|item| {
                links.is_empty()
                    || links.len() < protocol::limits::LINKS_PER_FRAME
                        && size + link_size(item) <= protocol::limits::ENTRY_BYTES_PER_FRAME
            }) {
                size += link_size(&item);
                links.push(item);
            }
            let (request, space) = (self.request(), core.chain.space());
            actions.push(send(&ClientFrame::AppendLinks { request, space, links, restores: Some(true) }));
        }
        actions
    }

    /// Sends entries, in as many frames as they need.
    pub(super) fn append(
        &mut self,
        core: &Core,
        device: DeviceId,
        entries: Vec<(u64, SealedEntry)>,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut rest = entries.into_iter().peekable();
        while let Some(first) = rest.peek().map(|(index, _)| *index) {
            let (mut frame, mut size) = (Vec::new(), 0);
            while let Some((_, entry)) = rest.next_if(|(_, e)| {
                frame.is_empty()
                    || frame.len() < protocol::limits::ENTRIES_PER_FRAME
                        && size + e.size() + 16 <= protocol::limits::ENTRY_BYTES_PER_FRAME
            }) {
                size += entry.size() + 16;
                frame.push(entry);
            }
            let (request, count) = (self.request(), frame.len() as u64);
            if device == core.me() {
                self.offered = self.offered.max(first + count - 1);
            }
            self.in_flight.push_back(InFlight { request, device, first, count });
            let space = core.chain.space();
            actions.push(send(&ClientFrame::Append { request, space, entries: frame }));
        }
        actions
    }

    pub(super) fn appended(
        &mut self,
        core: &mut Core,
        request: RequestId,
        accepted: u32,
        refusal: Option<Refusal>,
    ) -> Vec<Action> {
        let at = self.in_flight.iter().position(|f| f.request == request);
        let Some(flight) = at.and_then(|at| self.in_flight.remove(at)) else {
            // An answer may come late, when chains were compared meanwhile; but not to what was never asked.
            return if request > self.requests {
                self.halt(CloseReason::Protocol(ErrorCode::Malformed))
            } else {
                Vec::new()
            };
        };
        let accepted = u64::from(accepted);
        if accepted > flight.count || (accepted == flight.count) != refusal.is_none() {
            return self.halt(CloseReason::Protocol(ErrorCode::Malformed));
        }
        let last = flight.first + accepted - 1;
        if flight.device == core.me() && accepted > 0 && last > core.position.acked {
            self.pushed += last - core.position.acked;
            core.position.acked = last;
        }
        if let Phase::Healing(heal) = &mut self.phase {
            // Own entries that it had never acknowledged are offered, not given back.
            let known = if flight.device == core.me() {
                (heal.acked + 1).saturating_sub(flight.first)
            } else {
                accepted
            };
            heal.given += accepted.min(known);
            match heal.push.front_mut().filter(|h| h.device == flight.device) {
                // Somebody else filled it, or wrote other entries there: what is left is found out by resuming.
                Some(_) if refusal.is_some() => drop(heal.push.pop_front()),
                Some(head) => head.index = last.max(head.index),
                None => {}
            }
            return if self.in_flight.is_empty() { self.heal_on(core) } else { Vec::new() };
        }
        match refusal.map(|r| r.code) {
            None => self.pump(core),
            // Another copy of this store wrote there, or the relay lost what came before: compare chains.
            Some(ErrorCode::AddressTaken | ErrorCode::Gap) => self.heal(core),
            Some(code) => {
                let mut actions = vec![Action::Effect(Effect::Notice(Notice::Refused(code)))];
                actions.extend(self.halt(CloseReason::Protocol(code)));
                actions
            }
        }
    }
}

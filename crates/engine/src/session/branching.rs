//! Where the relay's membership chain parts from the one here: it is read whole, and judged.
//!
//! Invariant: until that is decided nothing is offered.

use super::{Action, HEALS, Phase, Session, send};
use crate::api::{CloseReason, Effect, Notice};
use crate::core::Core;
use crate::task::{JudgeBranch, Judgement, SwitchBranch, Task};
use protocol::ErrorCode;
use protocol::frame::{ClientFrame, LinkItem};

/// Whether these are all links up to `height`, from the genesis on.
pub(super) fn is_whole(links: &[LinkItem], height: u32) -> bool {
    let first = links.first().and_then(|l| l.link.read().ok());
    first.is_some_and(|(link, _)| link.height == 0) && links.len() as u64 == u64::from(height) + 1
}

impl Session {
    /// Reads the relay's whole chain, because it parts from the one here.
    pub(super) fn compare(&mut self, core: &Core) -> Vec<Action> {
        if matches!(self.phase, Phase::Comparing(_) | Phase::Switching | Phase::Halted | Phase::Closed) {
            return Vec::new();
        }
        self.comparisons += 1;
        if self.comparisons > HEALS {
            return self.halt(CloseReason::Protocol(ErrorCode::BadLink));
        }
        self.claimed_fork = self.phase != Phase::Forked;
        self.phase = Phase::Comparing(Vec::new());
        self.in_flight.clear();
        let (request, space) = (self.request(), core.chain.space());
        vec![send(&ClientFrame::GetLinks { request, space, from: 0 })]
    }

    pub(super) fn comparing(&mut self, core: &Core, links: Vec<LinkItem>, height: u32) -> Vec<Action> {
        let Phase::Comparing(read) = &mut self.phase else { return Vec::new() };
        let none = links.is_empty();
        // Links that flow unasked begin elsewhere: only what goes on from what was read counts.
        let next = u32::try_from(read.len()).unwrap_or(u32::MAX);
        let goes_on = links.first().and_then(|l| l.link.read().ok()).is_some_and(|(l, _)| l.height == next);
        if goes_on {
            read.extend(links);
        } else if !none {
            return Vec::new();
        }
        let have = u32::try_from(read.len()).unwrap_or(u32::MAX);
        if have > height {
            let links = std::mem::take(read);
            return vec![Action::Task(Task::Judge(JudgeBranch { links }))];
        }
        if none || read.len() >= protocol::limits::LINKS_PER_CHAIN {
            return self.halt(CloseReason::Protocol(ErrorCode::BadLink));
        }
        let (request, space) = (self.request(), core.chain.space());
        vec![send(&ClientFrame::GetLinks { request, space, from: have })]
    }

    /// Goes over to the relay's chain.
    pub(super) fn switch(&mut self, to: SwitchBranch) -> Vec<Action> {
        self.phase = Phase::Switching;
        vec![Action::Task(Task::Switch(to))]
    }

    pub(super) fn judged(&mut self, core: &Core, judgement: Judgement) -> Vec<Action> {
        if matches!(self.phase, Phase::Switching | Phase::Halted) {
            return Vec::new();
        }
        match judgement {
            Judgement::Same if !self.claimed_fork => self.resume(core),
            Judgement::Resolved => self.switch(SwitchBranch::new(None)),
            Judgement::Forked => {
                self.phase = Phase::Forked;
                vec![Action::Effect(Effect::Notice(Notice::MembershipForked))]
            }
            // What it said before contradicts what it shows now.
            Judgement::Same | Judgement::False => {
                let mut actions = vec![Action::Effect(Effect::Notice(Notice::MembershipForked))];
                actions.extend(self.halt(CloseReason::Protocol(ErrorCode::BadLink)));
                actions
            }
        }
    }
}

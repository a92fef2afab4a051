//! A change of membership on its way to the relay, which compares and swaps.
//!
//! Invariant: one at a time, and each is answered: done, refused, or out of reach.

use super::{Action, Phase, Session, send};
use crate::api::{Effect, EngineError, MemberChange};
use crate::core::Core;
use crate::task::{AdoptLink, Proposal, ProposeLink, ReceiveLinks, SwitchBranch, Task};
use protocol::ErrorCode;
use protocol::frame::{ClientFrame, LinkItem, RequestId};

/// A change of membership that the relay has not taken yet.
#[derive(Debug)]
pub(super) struct Changing {
    /// Whose command it is.
    pub(super) command: RequestId,
    pub(super) change: MemberChange,
    pub(super) proposal: Option<Box<Proposal>>,
    /// Number of the frame that offered it.
    pub(super) frame: Option<RequestId>,
    pub(super) tries: u32,
    /// The relay has entries of a revoked device that are on their way here.
    pub(super) waits: bool,
}

/// Others may change membership at the same moment; somebody is always first.
pub(super) const PROPOSALS: u32 = 16;

impl Session {
    /// Begins a change of membership. The error says why not.
    pub fn change_members(
        &mut self,
        command: RequestId,
        change: MemberChange,
    ) -> Result<Vec<Action>, EngineError> {
        let resolves = matches!(change, MemberChange::Resolve { .. });
        match self.phase {
            Phase::Live if !resolves => {}
            Phase::Forked if resolves => {}
            Phase::Forked => {
                let why = "the relay shows another list of devices; that has to be resolved first";
                return Err(EngineError::NotAllowed(why.into()));
            }
            Phase::Live => return Err(EngineError::NotAllowed("there are no two lists of devices".into())),
            _ => return Err(EngineError::Offline),
        }
        if self.changing.is_some() {
            return Err(EngineError::Busy);
        }
        let (proposal, frame) = (None, None);
        self.changing = Some(Changing { command, change, proposal, frame, tries: 0, waits: false });
        Ok(self.propose())
    }

    /// Whose change of membership could not be made, and will not be.
    pub fn change_failed(&mut self, command: RequestId) {
        self.changing = self.changing.take().filter(|c| c.command != command);
    }

    /// These commands will not be carried out any more: the connection that they needed has ended.
    pub fn orphan(&mut self, commands: impl IntoIterator<Item = RequestId>) {
        for command in commands {
            if !self.orphans.contains(&command) {
                self.orphans.push(command);
            }
        }
    }

    /// Commands whose connection ended before they were answered.
    pub fn take_orphans(&mut self) -> Vec<RequestId> {
        std::mem::take(&mut self.orphans)
    }

    pub(super) fn propose(&mut self) -> Vec<Action> {
        let Some(changing) = &mut self.changing else { return Vec::new() };
        changing.tries += 1;
        changing.waits = false;
        changing.frame = None;
        if changing.tries > PROPOSALS {
            let command = changing.command;
            self.changing = None;
            return vec![Action::Effect(Effect::Reply(command, Err(EngineError::Busy)))];
        }
        let (request, change) = (changing.command, changing.change.clone());
        vec![Action::Task(Task::ProposeLink(ProposeLink { request, change }))]
    }

    pub(super) fn proposed(&mut self, core: &Core, proposal: Box<Proposal>) -> Vec<Action> {
        let request = self.request();
        let Some(changing) = &mut self.changing else { return Vec::new() };
        let links = vec![proposal.item.clone()];
        // What a resolution cuts off was cut off before.
        let restores = proposal.resolves.then_some(true);
        changing.proposal = Some(proposal);
        changing.frame = Some(request);
        let space = core.chain.space();
        vec![send(&ClientFrame::AppendLinks { request, space, links, restores })]
    }

    pub(super) fn proposal_answered(
        &mut self,
        core: &Core,
        links: Vec<LinkItem>,
        refusal: Option<ErrorCode>,
    ) -> Vec<Action> {
        match refusal {
            None => {
                let Some(changing) = self.changing.take() else { return Vec::new() };
                let request = changing.command;
                match changing.proposal {
                    Some(proposal) if proposal.resolves => {
                        self.switch(SwitchBranch::new(Some((request, proposal))))
                    }
                    proposal => vec![Action::Task(Task::AdoptLink(AdoptLink { request, proposal }))],
                }
            }
            // Somebody else was faster, and may have resolved it.
            Some(ErrorCode::HeadMoved) if matches!(self.phase, Phase::Forked | Phase::Comparing(_)) => {
                let Some(changing) = self.changing.take() else { return Vec::new() };
                let busy = Effect::Reply(changing.command, Err(EngineError::Busy));
                let mut actions = vec![Action::Effect(busy)];
                actions.extend(self.compare(core));
                actions
            }
            // Their links first, then another proposal.
            Some(ErrorCode::HeadMoved) => {
                let mut actions = vec![Action::Task(Task::ReceiveLinks(ReceiveLinks { links }))];
                actions.extend(self.propose());
                actions
            }
            // The relay has entries of the device that are not here yet; they come by themselves.
            Some(ErrorCode::CutMoved) => {
                if let Some(changing) = &mut self.changing {
                    changing.waits = true;
                }
                Vec::new()
            }
            Some(code) => {
                let Some(changing) = self.changing.take() else { return Vec::new() };
                let error = EngineError::NotAllowed(format!("the relay refuses it ({})", code.name()));
                vec![Action::Effect(Effect::Reply(changing.command, Err(error)))]
            }
        }
    }
}

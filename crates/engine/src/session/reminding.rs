//! Notices and this device's push subscription on their way to the relay, and its answers.
//!
//! Invariant: one frame about notices is on its way at a time. A relay that will not have them, or knows no such frames, ends
//! nothing else with that.

use super::{Action, Session, send};
use crate::api::{self, Effect, EngineError, Reply};
use crate::core::Core;
use crate::reminder::PushSubscription;
use crate::task::{Remind, RemindSignal, Reminded, Task};
use protocol::frame::{ClientFrame, RequestId, ServerFrame};
use protocol::notice::RefusedNotice;
use protocol::{ErrorCode, NoticeId};
use std::collections::BTreeMap;

/// Most commands about subscribing that wait for the relay's answer.
const ASKED: usize = 16;

/// What the relay was told and has not answered.
#[derive(Debug)]
enum Told {
    Put(Vec<NoticeId>),
    TakeBack(Vec<NoticeId>),
}

/// Notices on their way.
#[derive(Debug, Default)]
pub(super) struct Reminding {
    /// The next frame is being made; whether in doubt.
    making: Option<bool>,
    told: Option<(RequestId, Told)>,
    /// The relay may have lost what it was given.
    doubt: bool,
    /// Nothing more of it on this connection.
    given_up: bool,
    /// The relay knows no such frames. It is not told again before the engine is opened anew.
    unheard: bool,
    /// Commands that wait for the relay's answer, by the number of their frame.
    asked: BTreeMap<RequestId, api::RequestId>,
}

impl Session {
    /// Forgets what the connection that has ended was told.
    pub(super) fn forget_reminding(&mut self) {
        let Reminding { making, doubt, unheard, asked, .. } = std::mem::take(&mut self.reminding);
        let doubt = doubt || making == Some(true);
        self.reminding = Reminding { doubt, unheard, ..Reminding::default() };
        self.orphans.extend(asked.into_values());
    }

    /// The relay is not what it was: it may have lost notices, too.
    pub(super) fn doubt_reminding(&mut self) {
        self.reminding.doubt = true;
    }

    /// The oldest question about notices that the relay has not answered.
    pub(super) fn oldest_reminding(&self) -> Option<RequestId> {
        let asked = self.reminding.asked.keys().next().copied();
        asked.into_iter().chain(self.reminding.told.as_ref().map(|(request, _)| *request)).min()
    }

    /// Whether a question about notices is answered by that.
    pub(super) fn awaits_reminding(&self, request: RequestId) -> bool {
        let told = self.reminding.told.as_ref().is_some_and(|(told, _)| *told == request);
        told || self.reminding.asked.contains_key(&request)
    }

    /// Starts telling the relay of notices, if there may be something to tell.
    pub fn remind(&mut self, core: &Core) -> Vec<Action> {
        let Reminding { making, told, doubt, given_up, unheard, .. } = &self.reminding;
        let may = self.is_live() && !core.is_revoked() && !given_up && !unheard;
        let idle = making.is_none() && told.is_none();
        let due = core.agenda.is_due(&self.origin, core.chain.epoch());
        if !(may && idle && (due || *doubt && core.agenda.is_set())) {
            return Vec::new();
        }
        let (origin, doubt) = (self.origin.clone(), *doubt);
        (self.reminding.making, self.reminding.doubt) = (Some(doubt), false);
        vec![Action::Task(Task::Remind(Remind { origin, doubt }))]
    }

    pub(super) fn remind_signal(&mut self, signal: RemindSignal) -> Vec<Action> {
        self.reminding.making = None;
        if !self.is_live() {
            // It is made anew once all else is in order.
            return Vec::new();
        }
        let request = self.request();
        let (told, frame) = match signal {
            RemindSignal::Nothing => return Vec::new(),
            RemindSignal::Put(notices) => {
                let names = notices.iter().map(|n| n.notice).collect();
                (Told::Put(names), ClientFrame::PutNotices { request, notices })
            }
            RemindSignal::TakeBack(notices) => {
                (Told::TakeBack(notices.clone()), ClientFrame::CancelNotices { request, notices })
            }
        };
        self.reminding.told = Some((request, told));
        vec![send(&frame)]
    }

    /// The relay has answered what it was told of notices.
    pub(super) fn reminded(&mut self, request: RequestId, refused: Vec<RefusedNotice>) -> Vec<Action> {
        let Some((_, told)) = self.reminding.told.take_if(|(told, _)| *told == request) else {
            return Vec::new();
        };
        let reminded = match told {
            Told::Put(names) => Reminded::Put(names, refused),
            Told::TakeBack(names) => Reminded::TakenBack(names),
        };
        vec![Action::Task(Task::Reminded(reminded))]
    }

    /// Asks the relay what a browser needs to subscribe. The error says why not.
    pub fn get_push(&mut self, core: &Core, command: api::RequestId) -> Result<Vec<Action>, EngineError> {
        self.ask_of_push(core, command, |request| ClientFrame::GetPush { request })
    }

    /// Registers or removes the subscription of this device. The error says why not.
    pub fn subscribe(
        &mut self,
        core: &Core,
        command: api::RequestId,
        subscription: Option<PushSubscription>,
    ) -> Result<Vec<Action>, EngineError> {
        self.ask_of_push(core, command, |request| match subscription {
            Some(PushSubscription { id, endpoint }) => {
                ClientFrame::PutSubscription { request, subscription: id, endpoint }
            }
            None => ClientFrame::DropSubscription { request },
        })
    }

    fn ask_of_push(
        &mut self,
        core: &Core,
        command: api::RequestId,
        frame: impl FnOnce(RequestId) -> ClientFrame,
    ) -> Result<Vec<Action>, EngineError> {
        if core.is_revoked() {
            return Err(EngineError::Revoked);
        }
        if !self.is_live() {
            return Err(EngineError::Offline);
        }
        if self.reminding.unheard {
            return Err(refused(ErrorCode::NotSupported));
        }
        if self.reminding.asked.len() >= ASKED {
            return Err(EngineError::Busy);
        }
        let request = self.request();
        self.reminding.asked.insert(request, command);
        Ok(vec![send(&frame(request))])
    }

    /// Answers a command with what the relay has answered.
    pub(super) fn push_answered(&mut self, frame: ServerFrame) -> Vec<Action> {
        let (request, reply) = match frame {
            ServerFrame::Push { request, key, subscriptions } => {
                (request, Ok(Reply::Push { key: key.map(Into::into), subscriptions }))
            }
            ServerFrame::SubscriptionStored { request, refusal, .. } => {
                (request, refusal.map_or(Ok(Reply::Subscribed), |code| Err(refused(code))))
            }
            _ => return Vec::new(),
        };
        let Some(command) = self.reminding.asked.remove(&request) else { return Vec::new() };
        // The browser has another subscription now: what was refused for its sake is not any more.
        if reply == Ok(Reply::Subscribed) {
            self.reminding.given_up = false;
        }
        vec![Action::Effect(Effect::Reply(command, reply))]
    }

    /// The relay answered with an error. If that is about notices alone, what comes of it.
    pub(super) fn reminding_refused(
        &mut self,
        request: Option<RequestId>,
        code: ErrorCode,
    ) -> Option<Vec<Action>> {
        let Some(request) = request else {
            // A relay of a release before cannot read the frame, and ends the connection.
            self.reminding.unheard |= code == ErrorCode::Malformed && self.oldest_reminding().is_some();
            return None;
        };
        if self.reminding.told.take_if(|(told, _)| *told == request).is_some() {
            // On the next connection it is told again.
            self.reminding.given_up = true;
            return Some(Vec::new());
        }
        let command = self.reminding.asked.remove(&request)?;
        Some(vec![Action::Effect(Effect::Reply(command, Err(refused(code))))])
    }
}

fn refused(code: ErrorCode) -> EngineError {
    EngineError::NotAllowed(format!("the relay refuses it ({})", code.name()))
}

//! What is to be pushed: taken from the host, put at the relay, taken back.
//!
//! Invariant: a frame goes out after what it gives the relay was written down, and one after another.

use super::{Outcome, Signal, Step};
use crate::api::{Effect, EngineError, Notice, Read, Reply, RequestId};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::limits;
use crate::reminder::{Schedule, Standing, Whereabouts};
use protocol::limits::{NOTICE_NAMES_PER_FRAME, NOTICES_PER_FRAME};
use protocol::notice::RefusedNotice;
use protocol::{ErrorCode, NoticeId};
use seal::NoticeKey;
use std::collections::BTreeMap;

/// What the session learns about notices.
#[derive(Debug)]
pub(crate) enum RemindSignal {
    /// To be put.
    Put(Vec<protocol::notice::Notice>),
    /// To be taken back.
    TakeBack(Vec<NoticeId>),
    /// Nothing is to be done.
    Nothing,
}

impl From<RemindSignal> for Signal {
    fn from(signal: RemindSignal) -> Self {
        Self::Remind(signal)
    }
}

fn millis(now: i64) -> u64 {
    u64::try_from(now).unwrap_or_default()
}

impl Core {
    /// Reads what the relay may have. Returns what must be read first.
    fn load_agenda(&mut self, fetched: &Fetched) -> Result<Option<Read>, EngineError> {
        if self.agenda.standing.is_some() {
            return Ok(None);
        }
        let read = Read::Get(layout::whereabouts());
        let Some(found) = fetched.get(&read) else { return Ok(Some(read)) };
        let whereabouts = found.first().map(|(key, sealed)| self.decode::<Whereabouts>(key, sealed));
        let whereabouts = whereabouts.transpose()?.unwrap_or_default();
        let (mut standing, mut after) = (BTreeMap::new(), None);
        loop {
            let read = Read::Scan { prefix: layout::notices(), after, limit: limits::PAGE_ROWS };
            let Some(pairs) = fetched.get(&read) else { return Ok(Some(read)) };
            for (key, sealed) in pairs {
                let name = layout::notice_of(key);
                let name =
                    name.ok_or_else(|| EngineError::Damaged("a notice at the relay: its key".into()))?;
                standing.insert(name, self.decode::<Standing>(key, sealed)?);
            }
            if pairs.len() < limits::PAGE_ROWS {
                break;
            }
            after = pairs.last().map(|(key, _)| key.clone());
        }
        (self.agenda.standing, self.agenda.whereabouts) = (Some(standing), whereabouts);
        Ok(None)
    }

    fn name_notices(&mut self) -> Result<(), EngineError> {
        let key = NoticeKey::of(self.present_key()?, &self.chain.space());
        let epoch = self.chain.epoch();
        self.agenda.name(epoch, &key);
        Ok(())
    }

    /// Nothing is to be done about what is over.
    fn forget_over(&mut self, now: u64) {
        let all = self.agenda.standing.iter().flatten();
        let over: Vec<NoticeId> = all.filter(|(_, s)| s.expires <= now).map(|(name, _)| *name).collect();
        over.iter().for_each(|name| self.forget_standing(name));
    }

    fn note_standing(&mut self, name: NoticeId, standing: Standing) {
        self.put(layout::notice(&name), &standing);
        self.agenda.standing.get_or_insert_default().insert(name, standing);
    }

    fn forget_standing(&mut self, name: &NoticeId) {
        let there = self.agenda.standing.as_mut().and_then(|all| all.remove(name));
        if there.is_some() {
            self.delete(layout::notice(name));
        }
    }
}

/// Takes what the host wants pushed.
pub(crate) struct SetSchedule {
    pub request: RequestId,
    /// None once it was taken.
    pub schedule: Option<Schedule>,
}

impl SetSchedule {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if core.is_revoked() {
            return Err(EngineError::Revoked);
        }
        core.present_key()?;
        if let Some(read) = core.load_agenda(fetched)? {
            return Ok(Step::Need(vec![read]));
        }
        let now = millis(env.now);
        let refused = core.agenda.set(self.schedule.take().unwrap_or_default(), now) as u64;
        core.name_notices()?;
        core.forget_over(now);
        let pending = core.agenda.pending(now) as u64;
        let reply = Effect::Reply(self.request, Ok(Reply::Scheduled { pending, refused }));
        Ok(Step::Done(Outcome::effects(vec![reply])))
    }
}

/// Makes the next frame about notices.
pub(crate) struct Remind {
    /// The relay that it is for.
    pub origin: String,
    /// That may have lost what it was given.
    pub doubt: bool,
}

impl Remind {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let nothing = || Ok(Step::Done(Outcome::signal(RemindSignal::Nothing.into())));
        if core.is_revoked() {
            return nothing();
        }
        core.present_key()?;
        if let Some(read) = core.load_agenda(fetched)? {
            return Ok(Step::Need(vec![read]));
        }
        core.name_notices()?;
        self.doubt(core);
        let now = millis(env.now);
        core.forget_over(now);
        let unwanted = core.agenda.unwanted(NOTICE_NAMES_PER_FRAME);
        if !unwanted.is_empty() {
            return Ok(Step::Done(Outcome::signal(RemindSignal::TakeBack(unwanted).into())));
        }
        let notices = seal_next(core, env, now);
        if notices.is_empty() {
            core.agenda.due = false;
            return nothing();
        }
        Ok(Step::Done(Outcome::signal(RemindSignal::Put(notices).into())))
    }

    /// A relay that is another one, or not what it was, is given all of it again. What it has already stays as it is.
    fn doubt(&self, core: &mut Core) {
        if core.agenda.whereabouts.origin != self.origin {
            core.agenda.whereabouts.origin.clone_from(&self.origin);
            let whereabouts = core.agenda.whereabouts.clone();
            core.put(layout::whereabouts(), &whereabouts);
        } else if !self.doubt {
            return;
        }
        let sure = core.agenda.standing.iter().flatten().filter(|(_, s)| s.sure);
        let unsure: Vec<_> = sure.map(|(name, s)| (*name, Standing { sure: false, ..s.clone() })).collect();
        unsure.into_iter().for_each(|(name, standing)| core.note_standing(name, standing));
        core.agenda.due = true;
    }
}

/// Seals what comes next, and writes down that the relay may have it.
fn seal_next(core: &mut Core, env: &mut Env<'_>, now: u64) -> Vec<protocol::notice::Notice> {
    let (mut notices, mut standing, mut cannot) = (Vec::new(), Vec::new(), Vec::new());
    for next in core.agenda.missing(now, env.batch.min(NOTICES_PER_FRAME)) {
        let (name, (subscription, target)) = (next.name, next.target);
        let (send_at, expires_at) = (next.reminder.at, next.reminder.text.expires);
        // What does not fit was refused when it was scheduled.
        let Ok(body) = seal::seal_notice(&mut *env.rng, target, &next.reminder.text) else {
            cannot.push(name);
            continue;
        };
        standing.push((name, Standing { expires: expires_at, content: next.content, sure: false }));
        let (subscription, body) = (*subscription, body.into());
        notices.push(protocol::notice::Notice { notice: name, subscription, send_at, expires_at, body });
    }
    core.agenda.refused.extend(cannot);
    standing.into_iter().for_each(|(name, standing)| core.note_standing(name, standing));
    notices
}

/// Writes down what the relay has said of notices.
pub(crate) enum Reminded {
    /// It has them, but for those.
    Put(Vec<NoticeId>, Vec<RefusedNotice>),
    /// It has them no more.
    TakenBack(Vec<NoticeId>),
}

impl Reminded {
    pub fn run(&mut self, core: &mut Core) -> Step {
        match self {
            Self::Put(names, refused) => Step::Done(Outcome::effects(taken(core, names, refused))),
            Self::TakenBack(names) => {
                names.iter().for_each(|name| core.forget_standing(name));
                Step::Done(Outcome::default())
            }
        }
    }
}

fn taken(core: &mut Core, names: &[NoticeId], refused: &[RefusedNotice]) -> Vec<Effect> {
    let mut codes: BTreeMap<&str, (ErrorCode, u64)> = BTreeMap::new();
    for RefusedNotice { notice, code } in refused.iter().filter(|r| names.contains(&r.notice)) {
        // It may have an older form of it: so it stays among those to be taken back.
        if core.agenda.refused.insert(*notice) {
            codes.entry(code.name()).or_insert((*code, 0)).1 += 1;
        }
    }
    for name in names.iter().filter(|name| !refused.iter().any(|r| r.notice == **name)) {
        let standing = core.agenda.standing.as_ref().and_then(|all| all.get(name)).cloned();
        if let Some(standing) = standing {
            core.note_standing(*name, Standing { sure: true, ..standing });
        }
    }
    let told = codes.into_values().map(|(code, count)| Notice::RemindersRefused { code, count });
    told.map(Effect::Notice).collect()
}

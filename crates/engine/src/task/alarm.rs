//! Keeps an alarm.

use super::{Outcome, Step};
use crate::alarm::Alarm;
use crate::api::Notice;
use crate::core::{Core, Env};
use crate::layout;

/// Keeps what a notice said.
pub(crate) struct NoteAlarm(Notice);

impl NoteAlarm {
    /// For notices that are alarms.
    pub fn of(notice: &Notice) -> Option<Self> {
        Alarm::of(notice, 0).map(|_| Self(notice.clone()))
    }

    pub fn run(&mut self, core: &mut Core, env: &mut Env<'_>) -> Step {
        if let Some(alarm) = Alarm::of(&self.0, env.now) {
            alarm.join(&mut core.alarms);
            let alarms = core.alarms.clone();
            core.put(layout::alarms(), &alarms);
        }
        Step::Done(Outcome::default())
    }
}

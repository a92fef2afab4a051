//! An entry without changes, once a day: it says what this device has seen, so that a relay which withholds something from
//! another member is found out even when nobody writes.

use super::outbox::seal_nothing;
use super::{Outcome, Signal, Step};
use crate::api::EngineError;
use crate::core::{Core, Env};

/// Seals one.
pub(crate) struct Heartbeat;

impl Heartbeat {
    pub fn run(&mut self, core: &mut Core, env: &mut Env<'_>) -> Result<Step, EngineError> {
        // What waits in the queue will say it.
        if core.is_revoked() || core.position.queued() > 0 {
            return Ok(Step::Done(Outcome::default()));
        }
        let sealed = seal_nothing(core, env)?;
        Ok(Step::Done(Outcome::signal(Signal::Sealed(vec![sealed]))))
    }
}

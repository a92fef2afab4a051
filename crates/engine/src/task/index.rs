//! The search index taken further, one step at a time, so that whatever a person waits for goes between two steps.

use super::{Outcome, Step};
use crate::api::EngineError;
use crate::core::{Core, Env, Fetched};
use crate::search::run::{self, Index, Work};

/// One step.
pub(crate) struct IndexStep;

impl IndexStep {
    /// Whether there is something to do when nothing else is.
    pub fn is_due(core: &Core) -> bool {
        !core.index_stuck && core.index(core.position.view).is_some_and(Index::is_due)
    }
    /// Whether it goes before everything else.
    pub fn is_urgent(core: &Core) -> bool {
        !core.index_stuck && core.index(core.position.view).is_some_and(Index::is_urgent)
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let work = run::work(core, core.position.view, env.batch, fetched);
        // A page that cannot be read now cannot be read the next moment either; nobody's edit waits for it.
        core.index_stuck |= work.is_err();
        Ok(match work? {
            Work::Need(reads) => Step::Need(reads),
            Work::Did | Work::Nothing => Step::Done(Outcome::default()),
        })
    }
}

//! The read model, made anew from the documents, a page at a time.
//!
//! Invariant: the model in use stays whole until the new one is. Edits made meanwhile go into both. The new one is
//! taken into use in one transaction; a rebuild that is cut off goes on where it was.

use super::bury::is_purged;
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Job, Notice, Read, Reply, RequestId};
use crate::bucket::Filed;
use crate::core::{Core, Env, Fetched, Pairs, VIEW_VERSION};
use crate::docs::Snapshot;
use crate::layout;
use crate::limits::CHUNKS_PER_DOCUMENT;
use crate::position::Rebuild;
use crate::search::run::{self, Work};

/// Where a rebuild is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Removes what an earlier attempt left.
    Clear,
    /// Writes rows.
    Build,
    /// Removes the old rows and what was kept beside them.
    ClearOld(u8),
}

/// A rebuild.
pub(crate) struct RebuildViews {
    /// Who asked; nobody if the version of the projection changed.
    pub request: Option<RequestId>,
    stage: Stage,
    done: u64,
}

impl RebuildViews {
    pub fn new(request: Option<RequestId>) -> Self {
        Self { request, stage: Stage::Clear, done: 0 }
    }

    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let page = page_size(env.batch);
        match self.stage {
            Stage::Clear => {
                // What an earlier version began, it began without what came since.
                let begun = core.position.rebuild.as_ref().filter(|r| r.version == Some(VIEW_VERSION));
                // Rows that have no documents behind them went into that one too.
                let begun = begun.filter(|_| !core.position.provisional);
                if let Some(rebuild) = begun {
                    self.done = rebuild.done;
                    self.stage = Stage::Build;
                    return Ok(Step::More(Outcome::default()));
                }
                let view = core.position.view ^ 1;
                if let Some(step) = clear(core, view, page, fetched) {
                    return Ok(step);
                }
                let version = Some(VIEW_VERSION);
                let rebuild = Rebuild { view, after: Vec::new(), done: 0, index: None, version };
                core.position.rebuild = Some(rebuild);
                core.position.provisional = false;
                core.save_position();
                self.stage = Stage::Build;
                Ok(Step::More(Outcome::default()))
            }
            Stage::Build => self.build(core, page, env.batch, fetched),
            Stage::ClearOld(view) => {
                if let Some(step) = clear(core, view, page, fetched) {
                    return Ok(step);
                }
                let reply = self.request.map(|r| Effect::Reply(r, Ok(Reply::Rebuilt(self.done))));
                Ok(Step::Done(Outcome::effects(reply.into_iter().collect())))
            }
        }
    }

    fn build(
        &mut self,
        core: &mut Core,
        page: usize,
        batch: usize,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let lost = || EngineError::Damaged("a rebuild lost its place".into());
        let rebuild = core.position.rebuild.clone().ok_or_else(lost)?;
        // The search index keeps up, so that what waits for it stays little.
        match run::work(core, rebuild.view, batch, fetched)? {
            Work::Need(reads) => return Ok(Step::Need(reads)),
            Work::Did => return Ok(Step::More(Outcome::default())),
            Work::Nothing => {}
        }
        let after = Some(rebuild.after.clone()).filter(|a| !a.is_empty());
        let read = Read::Scan { prefix: layout::documents(), after, limit: page };
        let Some(pairs) = fetched.get(&read) else { return Ok(Step::Need(vec![read])) };
        let groups = complete_documents(pairs, page);
        let Some(last) = groups.last().and_then(|g| g.last()).map(|(key, _)| layout::behind_document(key))
        else {
            let old = core.position.view;
            core.position.view = rebuild.view;
            core.position.view_version = VIEW_VERSION;
            core.position.index = rebuild.index;
            core.position.rebuild = None;
            core.index_stuck = false;
            core.save_position();
            self.stage = Stage::ClearOld(old);
            return Ok(Step::More(Outcome::default()));
        };
        for group in &groups {
            self.done += 1;
            if let Some(row) = project(core, group)? {
                let key = layout::view(rebuild.view, &core.store, &row.key);
                core.put(key, &row);
                let filed = Filed::of(&core.schema, &row);
                core.file(rebuild.view, &row.key, &Filed::default(), &filed);
            }
        }
        core.position.rebuild = Some(Rebuild { after: last, done: self.done, ..rebuild });
        core.save_position();
        let progress = Notice::Progress { job: Job::Rebuild, done: self.done, total: None };
        Ok(Step::More(Outcome::effects(vec![Effect::Notice(progress)])))
    }
}

/// A page holds at least two whole documents.
pub(crate) fn page_size(batch: usize) -> usize {
    let document = 1 + usize::try_from(CHUNKS_PER_DOCUMENT).unwrap_or(0);
    batch.max(2 * document)
}

fn clear(core: &mut Core, view: u8, page: usize, fetched: &Fetched) -> Option<Step> {
    let of = |prefix| Read::Scan { prefix, after: None, limit: page };
    let all = [layout::view_all(view), layout::buckets_all(view), layout::search_all(view)];
    let reads: Vec<Read> = all.into_iter().map(of).collect();
    if reads.iter().any(|read| !fetched.contains_key(read)) {
        return Some(Step::Need(reads));
    }
    let pairs: Vec<&(Vec<u8>, Vec<u8>)> = reads.iter().filter_map(|r| fetched.get(r)).flatten().collect();
    if pairs.is_empty() {
        return None;
    }
    pairs.into_iter().for_each(|(key, _)| core.delete(key.clone()));
    Some(Step::More(Outcome::default()))
}

/// Splits a page of document keys by document. A last one that the page may have cut is left for the next.
pub(crate) fn complete_documents(pairs: &Pairs, page: usize) -> Vec<Pairs> {
    let prefix = |key: &[u8]| key.get(..layout::DOCUMENT_PREFIX).map(<[u8]>::to_vec);
    let mut groups: Vec<Pairs> =
        pairs.chunk_by(|(a, _), (b, _)| prefix(a) == prefix(b)).map(<[_]>::to_vec).collect();
    if pairs.len() >= page && groups.len() > 1 {
        groups.pop();
    }
    groups
}

/// The row of a stored document; none if it is purged, or if its kind is of a newer version.
pub(crate) fn project(core: &mut Core, group: &Pairs) -> Result<Option<crate::Row>, EngineError> {
    if is_purged(group) {
        return Ok(None);
    }
    let parts = core.open_all(group)?;
    let first = parts.first().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
    let snapshot: Snapshot =
        protocol::codec::decode(first).map_err(|e| EngineError::Damaged(format!("a document: {e}")))?;
    if core.schema.get(&snapshot.key.kind).is_none() {
        return Ok(None);
    }
    Ok(Some(core.load_aside(&snapshot.key, &parts)?.row()))
}

//! Questions, answered from the read model. Only a history loads a document.

use super::bucket::{self, Draw, Wanted};
use super::search::{Find, Search};
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, MemberStatus, Millis, Query, Read, Reply, RequestId, Status};
use crate::core::{Core, Fetched};
use crate::document::Document;
use crate::history;
use crate::layout;
use crate::limits;
use crate::record::{DocKey, RecordId, Row};

/// A question.
pub(crate) struct Ask {
    pub request: RequestId,
    pub query: Query,
    /// What the session knows: live, pushed, pulled.
    pub session: (bool, u64, u64),
    /// How far a search is.
    find: Find,
    /// How far a page of a bucket is.
    draw: Draw,
}

impl Ask {
    pub fn new(request: RequestId, query: Query, session: (bool, u64, u64)) -> Self {
        Self { request, query, session, find: Find::default(), draw: Draw::default() }
    }

    pub fn run(&mut self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        let reply = match &self.query {
            Query::Get(keys) => get(core, keys, fetched)?,
            Query::List { kind, parent, after, limit } => {
                list(core, kind, parent.as_ref(), after.as_ref(), *limit, fetched)?
            }
            Query::Bucket { kind, bucket, until, before, limit } => {
                let (until, before) = (until.as_deref(), before.as_ref());
                let ask = Wanted { kind, bucket, until, before, limit: *limit };
                self.draw.run(core, &ask, fetched)?.map(Reply::Bucket)
            }
            Query::BucketRows { kind, bucket, after, limit } => {
                let limit = (*limit).clamp(1, limits::PAGE_ROWS);
                bucket::rows(core, (kind, bucket), after.as_ref(), limit, fetched)?
            }
            Query::Search { text, kinds, trash, limit } => {
                let ask = Search { text, kinds, trash: *trash, limit: *limit };
                self.find.run(core, &ask, fetched)?.map(Reply::Found)
            }
            Query::History(key) => {
                load(core, key, fetched)?.map(|document| Reply::History(history::of(document)))
            }
            Query::LastChanges { key, limit } => {
                load(core, key, fetched)?.map(|document| Reply::History(history::last(document, *limit)))
            }
            Query::AsOf { key, at } => match load(core, key, fetched)? {
                Ok(document) => Ok(Reply::Rows(vec![as_of(document, *at)?])),
                Err(reads) => Err(reads),
            },
            Query::Status => Ok(Reply::Status(self.status(core))),
            Query::Alarms => Ok(Reply::Alarms(core.alarms.clone())),
        };
        Ok(match reply {
            Ok(reply) => Step::Done(Outcome::effects(vec![Effect::Reply(self.request, Ok(reply))])),
            Err(reads) => Step::Need(reads),
        })
    }

    fn status(&self, core: &Core) -> Status {
        let me = core.me();
        let (live, pushed, pulled) = self.session;
        let members = core.chain.members().map(|(device, member)| MemberStatus {
            device: *device,
            role: member.role,
            active: member.revoked.is_none(),
            entries: core.position.index(device),
        });
        Status {
            device: me,
            space: core.chain.space(),
            pending: pending(core),
            waiting: core.waiting.len() as u64,
            live,
            pushed,
            pulled,
            members: members.collect(),
            fork: core.fork(),
        }
    }
}

/// What the relay has not acknowledged: changes in the queue and entries offered.
pub(crate) fn pending(core: &Core) -> u64 {
    core.position.queued() + core.position.index(&core.me()).saturating_sub(core.position.acked)
}

pub(super) type Answer = Result<Reply, Vec<Read>>;

/// A document that has changes.
fn load<'a>(
    core: &'a mut Core,
    key: &DocKey,
    fetched: &Fetched,
) -> Result<Result<&'a Document, Vec<Read>>, EngineError> {
    let reads = core.load(std::slice::from_ref(key), fetched)?;
    if !reads.is_empty() {
        return Ok(Err(reads));
    }
    let resident = core.docs.get_mut(key).filter(|r| r.is_there());
    let found = resident.ok_or_else(|| EngineError::NotFound(key.kind.clone(), key.id))?;
    Ok(Ok(&found.document))
}

fn as_of(document: &Document, at: Millis) -> Result<Option<Row>, EngineError> {
    let then = document.at(at).map_err(|error| EngineError::Damaged(error.to_string()))?;
    let then = then.as_ref().unwrap_or(document);
    Ok((!then.is_new()).then(|| then.row()))
}

fn get(core: &Core, keys: &[DocKey], fetched: &Fetched) -> Result<Answer, EngineError> {
    let read = |key: &DocKey| Read::Get(layout::view(core.position.view, &core.store, key));
    let reads: Vec<Read> = keys.iter().map(read).collect();
    if reads.iter().any(|r| !fetched.contains_key(r)) {
        return Ok(Err(reads));
    }
    let mut rows = Vec::new();
    for read in &reads {
        let found = fetched.get(read).and_then(|pairs| pairs.first());
        rows.push(found.map(|(key, sealed)| core.decode::<Row>(key, sealed)).transpose()?);
    }
    Ok(Ok(Reply::Rows(rows)))
}

fn list(
    core: &Core,
    kind: &str,
    parent: Option<&RecordId>,
    after: Option<&Vec<u8>>,
    limit: usize,
    fetched: &Fetched,
) -> Result<Answer, EngineError> {
    if core.schema.get(kind).is_none() {
        return Err(EngineError::UnknownKind(kind.into()));
    }
    let limit = limit.clamp(1, limits::PAGE_ROWS);
    let prefix = layout::view_of(core.position.view, &core.store, kind, parent);
    // A cursor is the key's end: it holds no more than the ids and periods the caller has seen anyway, and stays
    // good when the read model is made anew.
    let base = layout::view_of(core.position.view, &core.store, kind, None);
    let after = after.map(|end| [base.clone(), end.clone()].concat());
    let read = Read::Scan { prefix, after, limit };
    let Some(pairs) = fetched.get(&read) else { return Ok(Err(vec![read])) };
    let rows = pairs.iter().map(|(key, sealed)| core.decode::<Row>(key, sealed));
    let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    let full = rows.len() == limit;
    let next = pairs.last().filter(|_| full).and_then(|(key, _)| key.get(base.len()..)).map(<[u8]>::to_vec);
    Ok(Ok(Reply::Page(rows, next)))
}

//! Appends, one or several that had come by the time the first was served.
//!
//! Invariant: each is answered by itself, in order, after its commit; what became of one before it is nothing to it but
//! what it is to the log.

use super::{Fault, Session, ends_connection};
use crate::clock::Millis;
use crate::relay::Appended;
use crate::store::StoreError;
use protocol::frame::{RequestId, ServerFrame};
use protocol::{ErrorCode, SealedEntry, SpaceId, limits};

/// A frame that appends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendFrame {
    /// Its number.
    pub request: RequestId,
    /// The space.
    pub space: SpaceId,
    /// In order.
    pub entries: Vec<SealedEntry>,
}

impl AppendFrame {
    /// Bytes of its entries.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(SealedEntry::size).sum()
    }

    fn fits(&self) -> bool {
        self.entries.len() <= limits::ENTRIES_PER_FRAME && self.bytes() <= limits::ENTRY_BYTES_PER_FRAME
    }

    fn answer(&self, appended: Result<Appended, StoreError>) -> Result<ServerFrame, Fault> {
        let (request, space) = (self.request, self.space);
        let appended = appended.map_err(|e| Fault::store(Some(request), &e))?;
        let accepted = u32::try_from(appended.accepted).unwrap_or(u32::MAX);
        Ok(ServerFrame::Appended { request, space, accepted, refusal: appended.refusal })
    }
}

impl Session {
    /// Serves appends that came one after another until `now`, as [`Session::on_frame`] would serve each. Nothing after an
    /// answer that ends the connection is answered.
    pub async fn on_appends(&mut self, appends: &[AppendFrame], now: Millis) -> Vec<ServerFrame> {
        self.note_again(now).await;
        let answers = self.append_run(appends).await;
        self.with_proof(answers).await
    }

    pub(super) async fn append_run(&self, appends: &[AppendFrame]) -> Vec<ServerFrame> {
        let mut answers = Vec::with_capacity(appends.len());
        for run in appends.chunk_by(|one, next| one.space == next.space && one.fits() && next.fits()) {
            let known = match run.first() {
                Some(first) if first.fits() => {
                    let entries: Vec<&[SealedEntry]> = run.iter().map(|append| &*append.entries).collect();
                    self.relay.append_known((self.account, self.device), &first.space, &entries).await
                }
                Some(_) | None => Vec::new(),
            };
            let mut known = known.into_iter();
            for append in run {
                let answer = match known.next().flatten() {
                    Some(appended) => append.answer(appended),
                    None => self.append(append).await,
                };
                let answer = answer.unwrap_or_else(Fault::into_frame);
                let last = ends_connection(&answer);
                answers.push(answer);
                if last {
                    return answers;
                }
            }
        }
        answers
    }

    /// Judged on what the store says.
    async fn append(&self, append: &AppendFrame) -> Result<ServerFrame, Fault> {
        let AppendFrame { request, space, entries } = append;
        if !append.fits() {
            return Err(Fault::of(*request, ErrorCode::TooLarge, "too many entries in one frame"));
        }
        self.own_or_fault(*request, space).await?;
        let appended = self.relay.append(space, entries).await;
        let appended = appended.map_err(|e| Fault::store(Some(*request), &e))?;
        append.answer(Ok(appended.ok_or_else(|| Fault::unknown_space(*request))?))
    }
}

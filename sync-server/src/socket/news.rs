//! What a connection has heard of and not sent yet.
//!
//! Invariant: a frame is read only when the one before has left, and what is sent is what the store says then; of a device
//! that is no member any more it is known until when it is heard at all.

use super::ending::Ending;
use crate::hints::Hint;
use crate::session::{Session, Standing};
use crate::store::StoreError;
use protocol::SpaceId;
use protocol::frame::{ResumeSpace, ServerFrame};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What is to be read for this connection, and what was read and waits for its turn.
#[derive(Default)]
pub(super) struct News {
    pub(super) dirty: BTreeSet<SpaceId>,
    read: VecDeque<(SpaceId, ServerFrame)>,
    /// Whether the device may have become another thing to its account.
    pub(super) standing: bool,
    /// When the connection of a device that was revoked ends, whatever it took of its farewell.
    pub(super) until: Option<Instant>,
}

impl News {
    pub(super) fn any(&self) -> bool {
        !self.dirty.is_empty() || !self.read.is_empty()
    }

    pub(super) fn hear(&mut self, told: BTreeSet<Hint>) {
        for hint in told {
            match hint {
                Hint::Space(space) => {
                    self.dirty.insert(space);
                }
                Hint::Account(_) => self.standing = true,
            }
        }
    }

    /// Looks what the device is now. `patience` is what a revoked one is given for its farewell.
    pub(super) async fn look(&mut self, session: &Session, patience: Duration) -> Result<(), Ending> {
        self.standing = false;
        let standing = session.standing().await.map_err(|error| {
            tracing::error!(%error, "the store failed");
            Ending::Failed
        })?;
        match standing {
            Ok(Standing::Member) => {}
            Ok(Standing::Revoked) => {
                self.until.get_or_insert(Instant::now() + patience);
            }
            Err(ServerFrame::Error { code, .. }) => {
                return Err(Ending::Refused(Some((code, "the account is not served"))));
            }
            Err(_) => return Err(Ending::Failed),
        }
        Ok(())
    }

    /// Forgets what was read for cursors that a resume replaces.
    pub(super) fn forget(&mut self, resumed: &[ResumeSpace]) {
        self.read.retain(|(space, _)| resumed.iter().all(|place| place.space != *space));
    }

    /// The next frame. A space stays dirty until it has nothing more.
    pub(super) async fn next(&mut self, session: &mut Session) -> Result<Option<ServerFrame>, StoreError> {
        while self.read.is_empty() {
            let Some(space) = self.dirty.first().copied() else { return Ok(None) };
            let frames = session.pump(&space).await?;
            if frames.is_empty() {
                self.dirty.remove(&space);
            }
            self.read.extend(frames.into_iter().map(|frame| (space, frame)));
        }
        Ok(self.read.pop_front().map(|(_, frame)| frame))
    }
}

/// Waits for that moment; for none, for ever.
pub(super) async fn ends_at(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

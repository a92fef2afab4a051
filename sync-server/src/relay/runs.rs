//! Appends that come one after another, judged on the chain that is in memory: nothing is asked of the store before the
//! commit.
//!
//! Invariant: what is answered from here is what the commit said, which compares the chain with the one in force. Whatever
//! that chain does not settle is left to who asks the store first.

use super::{Appended, Relay};
use crate::rules::{Admitted, admit};
use crate::store::{Append, Outcome, StoreError, Write};
use futures_util::future::join_all;
use protocol::{AccountId, DeviceId, LinkHash, SealedEntry, SpaceId};

impl Relay {
    /// Appends of `device` of `account` to one space, in order: what became of the first so many. The rest of them, and
    /// those with none, must be judged on what the store says, in order.
    pub async fn append_known(
        &self,
        (account, device): (AccountId, DeviceId),
        space: &SpaceId,
        run: &[&[SealedEntry]],
    ) -> Vec<Option<Result<Appended, StoreError>>> {
        let Some(chain) = self.chains.known(space) else { return Vec::new() };
        let revoked = chain.member(&device).is_some() && chain.active(&device).is_none();
        if chain.account() != account || revoked {
            return Vec::new();
        }
        let judged = run.iter().map_while(|entries| {
            let admitted = entries.iter().map(|sealed| admit(&chain, sealed.clone()).ok());
            admitted.collect::<Option<Vec<Admitted>>>().filter(|admitted| !admitted.is_empty())
        });
        let writing = judged.map(|admitted| self.write_run(space, chain.head(), admitted));
        // Polled in order: they reach the writer in order.
        join_all(writing.collect::<Vec<_>>()).await
    }

    async fn write_run(
        &self,
        space: &SpaceId,
        judged_on: LinkHash,
        entries: Vec<Admitted>,
    ) -> Option<Result<Appended, StoreError>> {
        let append = Append { space: *space, judged_on, entries };
        match self.writer.write(Write::Append(append)).await {
            Ok(Outcome::Appended { accepted, refusal, .. }) => Some(Ok(Appended { accepted, refusal })),
            // The chain is another, the account is to be deleted or gone.
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

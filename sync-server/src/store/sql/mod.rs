//! The store in SQL. Compiled once for each database, under the module that names its driver's types and dialect.

mod accounts;
mod claims;
mod deletions;
mod invites;
mod notices;
mod once;
mod packing;
mod packs;
mod pairings;
mod passkeys;
mod read;
mod row;
mod rows;
mod sessions;
mod transaction;

use super::{
    BEGIN_READ, BEGIN_WRITE, Connection, Db, FOR_UPDATE, KIND, LOCK_ACCOUNTS, LOCK_PAIRINGS, LOCK_SPACES,
    Row, SKIP_CLAIMED,
};
use crate::clock::Millis;
use crate::hints::Bulletin;
use crate::identity::SecretHash;
use crate::rules::DeviceHead;
use crate::store::{
    Created, Heads, NewAccount, Outcome, Page, SpaceState, Store, StoreError, StoreKind, Ticket, Write,
    apply_all,
};
use async_trait::async_trait;
use protocol::frame::LinkItem;
use protocol::{AccountId, DeviceId, Role, RunningHash, SealedEntry, SpaceId};
use std::sync::Arc;
use transaction::SqlTransaction;

/// A store in a SQL database.
#[derive(Debug, Clone)]
pub struct SqlStore {
    read: sqlx::Pool<Db>,
    write: sqlx::Pool<Db>,
}

impl SqlStore {
    pub(super) fn new(read: sqlx::Pool<Db>, write: sqlx::Pool<Db>) -> Self {
        Self { read, write }
    }
    /// The connections that write, for tests that ask the live database.
    pub fn writer(&self) -> &sqlx::Pool<Db> {
        &self.write
    }
}

#[async_trait]
impl Store for SqlStore {
    fn kind(&self) -> StoreKind {
        KIND
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select space_id from space limit 1").fetch_optional(&self.read).await?;
        Ok(())
    }

    async fn create_account(&self, account: NewAccount) -> Result<Created, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        let created = accounts::create(&mut tx, &account).await?;
        match created {
            Created::Yes => tx.commit().await?,
            Created::Exists | Created::InviteRequired | Created::InviteInvalid => tx.rollback().await?,
        }
        Ok(created)
    }

    async fn vault(&self, account: &AccountId) -> Result<Option<SpaceId>, StoreError> {
        accounts::vault(&mut *self.read.acquire().await?, account).await
    }

    async fn space_of_member(
        &self,
        device: &DeviceId,
        role: Role,
    ) -> Result<Option<(AccountId, SpaceId)>, StoreError> {
        accounts::space_of_member(&mut *self.read.acquire().await?, device, role).await
    }

    async fn space(&self, space: &SpaceId) -> Result<Option<SpaceState>, StoreError> {
        read::space(&mut *self.read.acquire().await?, space).await
    }

    async fn links(&self, space: &SpaceId, from: u32, page: Page) -> Result<Vec<LinkItem>, StoreError> {
        read::links(&mut *self.read.acquire().await?, space, from, page).await
    }

    async fn entries(
        &self,
        space: &SpaceId,
        cursor: u64,
        page: Page,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        read::entries(&mut *self.read.acquire().await?, space, cursor, page).await
    }

    async fn device_entries(
        &self,
        space: &SpaceId,
        device: &DeviceId,
        from: u64,
        page: Page,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        read::device_entries(&mut *self.read.acquire().await?, space, device, from, page).await
    }

    async fn running_at(&self, space: &SpaceId, seq: u64) -> Result<Option<RunningHash>, StoreError> {
        read::running_at(&mut *self.read.acquire().await?, space, seq).await
    }

    async fn heads(&self, space: &SpaceId) -> Result<Option<Heads>, StoreError> {
        let mut tx = self.read.begin_with(BEGIN_READ).await?;
        let heads = read::heads(&mut tx, space).await?;
        tx.rollback().await?;
        Ok(heads)
    }

    async fn device_head(
        &self,
        space: &SpaceId,
        device: &DeviceId,
    ) -> Result<Option<DeviceHead>, StoreError> {
        read::device_head(&mut *self.read.acquire().await?, space, device).await
    }

    async fn evidence(&self, space: &SpaceId) -> Result<Vec<SealedEntry>, StoreError> {
        read::evidence(&mut *self.read.acquire().await?, space).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        let outcomes = apply_all(&mut SqlTransaction::new(&mut tx), writes).await?;
        tx.commit().await?;
        Ok(outcomes)
    }

    async fn put_challenge(
        &self,
        challenge: SecretHash,
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        once::put_challenge(&self.write, challenge, expires, now).await
    }

    async fn take_challenge(&self, challenge: SecretHash, now: Millis) -> Result<bool, StoreError> {
        once::take_challenge(&self.write, challenge, now).await
    }

    async fn put_ticket(
        &self,
        hash: SecretHash,
        ticket: Ticket,
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        once::put_ticket(&self.write, hash, ticket, expires, now).await
    }

    async fn take_ticket(&self, hash: SecretHash, now: Millis) -> Result<Option<Ticket>, StoreError> {
        once::take_ticket(&self.write, hash, now).await
    }

    async fn put_invite(&self, hash: SecretHash, expires: Millis, now: Millis) -> Result<(), StoreError> {
        once::put_invite(&self.write, hash, expires, now).await
    }

    fn bulletin(&self) -> Option<Arc<dyn Bulletin>> {
        super::bulletin(&self.write)
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

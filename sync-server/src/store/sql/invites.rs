//! Invitations of accounts. They are spent where accounts are made.

use super::{BEGIN_WRITE, Row, SqlStore, row};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{Handle, Invite, InviteStore, StoreError};
use async_trait::async_trait;
use protocol::AccountId;

#[async_trait]
impl InviteStore for SqlStore {
    async fn add_invite(&self, hash: SecretHash, invite: Invite, most: usize) -> Result<bool, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        sqlx::query("delete from invite where expires_at <= $1")
            .bind(invite.created.0)
            .execute(&mut *tx)
            .await?;
        let had: i64 = sqlx::query_scalar("select count(*) from invite where account_id = $1")
            .bind(invite.account.as_bytes().as_slice())
            .fetch_one(&mut *tx)
            .await?;
        if had >= row::int(most)? {
            tx.rollback().await?;
            return Ok(false);
        }
        sqlx::query(
            "insert into invite (invite_hash, expires_at, invite_id, account_id, created_at) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(invite.expires.0)
        .bind(invite.id.as_bytes().as_slice())
        .bind(invite.account.as_bytes().as_slice())
        .bind(invite.created.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn invites(&self, account: &AccountId, now: Millis) -> Result<Vec<Invite>, StoreError> {
        let rows = sqlx::query(
            "select invite_id, account_id, created_at, expires_at from invite \
             where account_id = $1 and expires_at > $2 order by created_at desc, invite_id",
        )
        .bind(account.as_bytes().as_slice())
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        let invite = |r: &Row| {
            Ok(Invite {
                id: row::id(r, "invite_id")?,
                account: row::id(r, "account_id")?,
                created: Millis(row::number(r, "created_at")?),
                expires: Millis(row::number(r, "expires_at")?),
            })
        };
        rows.iter().map(invite).collect()
    }

    async fn withdraw_invite(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from invite where account_id = $1 and invite_id = $2")
            .bind(account.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

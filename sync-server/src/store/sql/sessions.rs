//! Sessions, and what an account is told of itself.

use super::{BEGIN_WRITE, Row, SqlStore, row};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{AccountFacts, Handle, Session, SessionStore, StoreError};
use async_trait::async_trait;
use protocol::AccountId;

fn session(r: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row::id(r, "session_id")?,
        account: row::id(r, "account_id")?,
        device: row::id(r, "device_id")?,
        passkey: row::optional_id(r, "passkey_id")?,
        created: Millis(row::number(r, "created_at")?),
        seen: Millis(row::number(r, "seen_at")?),
        expires: Millis(row::number(r, "expires_at")?),
    })
}

#[async_trait]
impl SessionStore for SqlStore {
    async fn add_session(&self, token: SecretHash, session: Session, most: usize) -> Result<(), StoreError> {
        let account = session.account.as_bytes().as_slice();
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        sqlx::query("delete from session where expires_at <= $1")
            .bind(session.created.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "delete from session where account_id = $1 and session_id not in (select session_id from session \
             where account_id = $1 order by seen_at desc, session_id limit $2)",
        )
        .bind(account)
        .bind(row::int(most.saturating_sub(1))?)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into session (session_id, token_hash, account_id, device_id, passkey_id, created_at, seen_at, \
             expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(session.id.as_bytes().as_slice())
        .bind(token.as_bytes().as_slice())
        .bind(account)
        .bind(session.device.as_bytes().as_slice())
        .bind(session.passkey.map(|p| p.as_bytes().to_vec()))
        .bind(session.created.0)
        .bind(session.seen.0)
        .bind(session.expires.0)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn session(&self, token: SecretHash, now: Millis) -> Result<Option<Session>, StoreError> {
        let found = sqlx::query(
            "select session_id, account_id, device_id, passkey_id, created_at, seen_at, expires_at from session \
             where token_hash = $1 and expires_at > $2",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        found.as_ref().map(session).transpose()
    }

    async fn touch_session(&self, id: &Handle, seen: Millis, expires: Millis) -> Result<(), StoreError> {
        sqlx::query("update session set seen_at = $2, expires_at = $3 where session_id = $1")
            .bind(id.as_bytes().as_slice())
            .bind(seen.0)
            .bind(expires.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn sessions(&self, account: &AccountId, now: Millis) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query(
            "select session_id, account_id, device_id, passkey_id, created_at, seen_at, expires_at from session \
             where account_id = $1 and expires_at > $2 order by created_at desc, session_id",
        )
        .bind(account.as_bytes().as_slice())
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(session).collect()
    }

    async fn end_session(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from session where account_id = $1 and session_id = $2")
            .bind(account.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn end_other_sessions(&self, account: &AccountId, keep: &Handle) -> Result<(), StoreError> {
        sqlx::query("delete from session where account_id = $1 and session_id <> $2")
            .bind(account.as_bytes().as_slice())
            .bind(keep.as_bytes().as_slice())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn account_facts(&self, account: &AccountId) -> Result<Option<AccountFacts>, StoreError> {
        // Sums of bigint are numeric to PostgreSQL.
        let found = sqlx::query(
            "select account.created_at, \
             (select cast(coalesce(sum(seq), 0) as bigint) from space where account_id = $1) as entries, \
             (select cast(coalesce(sum(bytes_used), 0) as bigint) from space where account_id = $1) as bytes, \
             (select account_id from account order by created_at, account_id limit 1) as first_id \
             from account where account_id = $1",
        )
        .bind(account.as_bytes().as_slice())
        .fetch_optional(&self.read)
        .await?;
        let facts = |r: &Row| {
            Ok(AccountFacts {
                created: Millis(row::number(r, "created_at")?),
                entries: row::number(r, "entries")?,
                bytes: row::number(r, "bytes")?,
                first: row::id::<AccountId>(r, "first_id")? == *account,
            })
        };
        found.as_ref().map(facts).transpose()
    }
}

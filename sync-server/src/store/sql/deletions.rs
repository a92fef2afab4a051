//! Marking and erasing accounts.

use super::{BEGIN_WRITE, Connection, FOR_UPDATE, SqlStore, row};
use crate::clock::Millis;
use crate::limits::PACKS_PER_STEP;
use crate::store::{DeletionStore, ERASING, Erased, Kept, StoreError};
use async_trait::async_trait;
use protocol::{AccountId, SpaceId};
use sqlx::{AssertSqlSafe, Row as _};

#[async_trait]
impl DeletionStore for SqlStore {
    async fn mark_for_deletion(&self, account: &AccountId, at: Millis) -> Result<Option<Millis>, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        let marked = sqlx::query(
            "update account set delete_at = coalesce(delete_at, $2) where account_id = $1 returning delete_at",
        )
        .bind(account.as_bytes().as_slice())
        .bind(at.0)
        .fetch_optional(&mut *tx)
        .await?;
        sqlx::query("delete from ticket where account_id = $1")
            .bind(account.as_bytes().as_slice())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        marked.as_ref().map(|r| row::number(r, "delete_at").map(Millis)).transpose()
    }

    async fn keep_account(&self, account: &AccountId, now: Millis) -> Result<Kept, StoreError> {
        let kept = sqlx::query(
            "update account set delete_at = null where account_id = $1 and coalesce(delete_at, $2 + 1) > $2",
        )
        .bind(account.as_bytes().as_slice())
        .bind(now.0)
        .execute(&self.write)
        .await?;
        if kept.rows_affected() == 1 {
            return Ok(Kept::Yes);
        }
        let there = sqlx::query("select account_id from account where account_id = $1")
            .bind(account.as_bytes().as_slice())
            .fetch_optional(&self.read)
            .await?;
        Ok(if there.is_some() { Kept::TooLate } else { Kept::Unknown })
    }

    async fn due_for_deletion(&self, now: Millis, most: usize) -> Result<Vec<AccountId>, StoreError> {
        let rows = sqlx::query(
            "select account_id from account where delete_at <= $1 order by delete_at, account_id limit $2",
        )
        .bind(now.0)
        .bind(row::int(most)?)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|r| row::id(r, "account_id")).collect()
    }

    async fn erase_some(&self, account: &AccountId, most: usize, now: Millis) -> Result<Erased, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        // From here on nobody takes it back, and who tries waits for this transaction.
        let begun =
            sqlx::query("update account set delete_at = $2 where account_id = $1 and delete_at <= $3")
                .bind(account.as_bytes().as_slice())
                .bind(ERASING.0)
                .bind(now.0)
                .execute(&mut *tx)
                .await?;
        if begun.rows_affected() == 0 {
            tx.rollback().await?;
            return Ok(Erased::Done);
        }
        let spaces = lock_spaces(&mut tx, account).await?;
        let mut erased = 0;
        for space in &spaces {
            if erased < most {
                erased += erase_entries(&mut tx, space, most - erased).await?;
            }
            if erased < most {
                erased += erase_packs(&mut tx, space, PACKS_PER_STEP.min(most - erased)).await?;
            }
        }
        let done = if erased == 0 {
            erase_rest(&mut tx, account, &spaces).await?;
            Erased::Done
        } else {
            Erased::Partly
        };
        tx.commit().await?;
        Ok(done)
    }
}

/// In the order in which writers lock them.
async fn lock_spaces(connection: &mut Connection, account: &AccountId) -> Result<Vec<SpaceId>, StoreError> {
    let text = format!("select space_id from space where account_id = $1 order by space_id {FOR_UPDATE}");
    let rows =
        sqlx::query(AssertSqlSafe(text)).bind(account.as_bytes().as_slice()).fetch_all(connection).await?;
    rows.iter().map(|r| row::id(r, "space_id")).collect()
}

/// The first so many entries of a space; how many there were.
async fn erase_entries(
    connection: &mut Connection,
    space: &SpaceId,
    most: usize,
) -> Result<usize, StoreError> {
    let last = sqlx::query(
        "select count(*) as entries, max(seq) as last from \
         (select seq from entry where space_id = $1 order by seq limit $2) as first",
    )
    .bind(space.as_bytes().as_slice())
    .bind(row::int(most)?)
    .fetch_one(&mut *connection)
    .await?;
    let Some(seq) = last.try_get::<Option<i64>, _>("last")? else { return Ok(0) };
    sqlx::query("delete from entry where space_id = $1 and seq <= $2")
        .bind(space.as_bytes().as_slice())
        .bind(seq)
        .execute(connection)
        .await?;
    row::number(&last, "entries")
}

/// Some packs of a space; how many.
async fn erase_packs(connection: &mut Connection, space: &SpaceId, most: usize) -> Result<usize, StoreError> {
    let done = sqlx::query(
        "delete from pack where space_id = $1 and hash in \
         (select hash from pack where space_id = $1 order by hash limit $2)",
    )
    .bind(space.as_bytes().as_slice())
    .bind(row::int(most)?)
    .execute(connection)
    .await?;
    row::count(done.rows_affected())
}

/// Everything but entries and packs, which are gone.
async fn erase_rest(
    connection: &mut Connection,
    account: &AccountId,
    spaces: &[SpaceId],
) -> Result<(), StoreError> {
    for space in spaces {
        for statement in [
            "delete from manifest_ack where space_id = $1",
            "delete from manifest where space_id = $1",
            "delete from device_seen where space_id = $1",
            "delete from evidence where space_id = $1",
            "delete from device_head where space_id = $1",
            "delete from member where space_id = $1",
            "delete from link where space_id = $1",
            "delete from space where space_id = $1",
        ] {
            sqlx::query(statement).bind(space.as_bytes().as_slice()).execute(&mut *connection).await?;
        }
    }
    for statement in [
        "delete from session where account_id = $1",
        "delete from passkey where account_id = $1",
        "delete from invite where account_id = $1",
        "delete from ticket where account_id = $1",
        "delete from notice where account_id = $1",
        "delete from subscription where account_id = $1",
        "delete from account where account_id = $1",
    ] {
        sqlx::query(statement).bind(account.as_bytes().as_slice()).execute(&mut *connection).await?;
    }
    Ok(())
}

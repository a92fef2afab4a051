//! Subscriptions and notices in SQL.

use super::{BEGIN_WRITE, Connection, FOR_UPDATE, SKIP_CLAIMED, SqlStore, claims, row};
use crate::clock::Millis;
use crate::store::{
    DueNotice, NoticePut, NoticeStore, Settled, StoreError, Subscribed, Subscription, judge_put, reason_of,
    state_of,
};
use async_trait::async_trait;
use protocol::notice::{Notice, NoticeState, NoticeStatus};
use protocol::{AccountId, DeviceId, NoticeId, SpaceId, SubscriptionId};
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::BTreeSet;

#[async_trait]
impl NoticeStore for SqlStore {
    async fn relay_key(&self, name: &str, made: [u8; 32]) -> Result<[u8; 32], StoreError> {
        sqlx::query("insert into relay_key (name, secret) values ($1, $2) on conflict do nothing")
            .bind(name)
            .bind(made.as_slice())
            .execute(&self.write)
            .await?;
        let kept = sqlx::query("select secret from relay_key where name = $1").bind(name);
        let kept = row::bytes(&kept.fetch_one(&self.write).await?, "secret")?;
        kept.try_into().map_err(|_| row::damaged("secret"))
    }

    async fn put_subscription(
        &self,
        subscription: Subscription,
        most: usize,
    ) -> Result<Subscribed, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        lock_account(&mut tx, &subscription.account).await?;
        let others = sqlx::query(
            "select count(*) as others from subscription where account_id = $1 and device_id <> $2",
        )
        .bind(subscription.account.as_bytes().as_slice())
        .bind(subscription.device.as_bytes().as_slice())
        .fetch_one(&mut *tx)
        .await?;
        if row::number::<usize>(&others, "others")? >= most {
            return Ok(Subscribed::TooMany);
        }
        sqlx::query(
            "delete from subscription where account_id = $1 and device_id = $2 and subscription_id <> $3",
        )
        .bind(subscription.account.as_bytes().as_slice())
        .bind(subscription.device.as_bytes().as_slice())
        .bind(subscription.id.as_bytes().as_slice())
        .execute(&mut *tx)
        .await?;
        let done = sqlx::query(
            "insert into subscription (subscription_id, account_id, device_id, endpoint, created_at) \
             values ($1, $2, $3, $4, $5) on conflict (subscription_id) do update \
             set endpoint = excluded.endpoint where subscription.account_id = excluded.account_id \
             and subscription.device_id = excluded.device_id",
        )
        .bind(subscription.id.as_bytes().as_slice())
        .bind(subscription.account.as_bytes().as_slice())
        .bind(subscription.device.as_bytes().as_slice())
        .bind(subscription.endpoint.as_str())
        .bind(subscription.created.0)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            // Of somebody else: nothing changes, the device's former one stays too.
            tx.rollback().await?;
            return Ok(Subscribed::Taken);
        }
        tx.commit().await?;
        Ok(Subscribed::Yes)
    }

    async fn drop_subscription(&self, account: &AccountId, device: &DeviceId) -> Result<bool, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        lock_account(&mut tx, account).await?;
        let done = sqlx::query("delete from subscription where account_id = $1 and device_id = $2")
            .bind(account.as_bytes().as_slice())
            .bind(device.as_bytes().as_slice())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    async fn subscriptions(&self, account: &AccountId) -> Result<Vec<Subscription>, StoreError> {
        let rows = sqlx::query(
            "select subscription_id, device_id, endpoint, created_at from subscription \
             where account_id = $1 order by device_id",
        )
        .bind(account.as_bytes().as_slice())
        .fetch_all(&self.read)
        .await?;
        let read = |r: &super::Row| {
            Ok(Subscription {
                id: row::id(r, "subscription_id")?,
                account: *account,
                device: row::id(r, "device_id")?,
                endpoint: r.try_get("endpoint")?,
                created: row::number(r, "created_at").map(Millis)?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn put_notices(
        &self,
        account: &AccountId,
        device: &DeviceId,
        notices: &[Notice],
        most: usize,
    ) -> Result<Vec<NoticePut>, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        lock_account(&mut tx, account).await?;
        let subscriptions = subscriptions_of(&mut tx, account).await?;
        let count = sqlx::query("select count(*) as notices from notice where account_id = $1")
            .bind(account.as_bytes().as_slice())
            .fetch_one(&mut *tx)
            .await?;
        let mut count: usize = row::number(&count, "notices")?;
        let mut put = Vec::with_capacity(notices.len());
        for notice in notices {
            let there = standing(&mut tx, account, &notice.notice).await?;
            let subscribed = subscriptions.contains(&notice.subscription);
            put.push(match judge_put(there, subscribed, count < most) {
                Err(kept) => kept,
                Ok(()) => {
                    put_notice(&mut tx, (account, device), notice).await?;
                    count += usize::from(there.is_none());
                    NoticePut::Stored
                }
            });
        }
        tx.commit().await?;
        Ok(put)
    }

    async fn cancel_notices(&self, account: &AccountId, notices: &[NoticeId]) -> Result<usize, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        lock_account(&mut tx, account).await?;
        let mut cancelled = 0;
        for notice in notices {
            let done =
                sqlx::query("delete from notice where account_id = $1 and notice_id = $2 and state = 0")
                    .bind(account.as_bytes().as_slice())
                    .bind(notice.as_bytes().as_slice())
                    .execute(&mut *tx)
                    .await?;
            cancelled += row::count(done.rows_affected())?;
        }
        tx.commit().await?;
        Ok(cancelled)
    }

    async fn notices(
        &self,
        account: &AccountId,
        after: Option<&NoticeId>,
        most: usize,
    ) -> Result<Vec<NoticeStatus>, StoreError> {
        let rows = sqlx::query(
            "select notice_id, subscription_id, send_at, state, reason from notice \
             where account_id = $1 and notice_id > $2 order by notice_id limit $3",
        )
        .bind(account.as_bytes().as_slice())
        // Nothing sorts before no bytes.
        .bind(after.map(|id| id.as_bytes().as_slice()).unwrap_or_default())
        .bind(row::int(most)?)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(status).collect()
    }

    async fn claim_notices(
        &self,
        now: Millis,
        until: Millis,
        most: usize,
    ) -> Result<Vec<DueNotice>, StoreError> {
        claims::claim(&self.write, (now, until), most).await
    }

    async fn settle_notice(
        &self,
        due: &DueNotice,
        settled: Settled,
        forget: Millis,
    ) -> Result<(), StoreError> {
        claims::settle(&self.write, due, settled, forget).await
    }

    async fn next_notice(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        let next = sqlx::query("select min(next_at) as next from notice where state = 0 and next_at > $1");
        let next = next.bind(after.0);
        Ok(next.fetch_one(&self.read).await?.try_get::<Option<i64>, _>("next")?.map(Millis))
    }

    async fn forget_notices(&self, now: Millis, stale: Millis, most: usize) -> Result<usize, StoreError> {
        let text = format!(
            "with old as materialized (select account_id, notice_id from notice \
             where (state <> 0 and next_at <= $1) or (state = 0 and next_at <= $2 and expires_at <= $2) \
             limit $3 {SKIP_CLAIMED}) \
             delete from notice where (account_id, notice_id) in (select account_id, notice_id from old)"
        );
        let done = sqlx::query(AssertSqlSafe(text)).bind(now.0).bind(stale.0).bind(row::int(most)?);
        row::count(done.execute(&self.write).await?.rows_affected())
    }
}

/// Whoever changes what an account has to be pushed waits for each other here, so that counts hold and nobody waits in a circle.
async fn lock_account(connection: &mut Connection, account: &AccountId) -> Result<(), StoreError> {
    let text = format!("select account_id from account where account_id = $1 {FOR_UPDATE}");
    sqlx::query(AssertSqlSafe(text)).bind(account.as_bytes().as_slice()).fetch_optional(connection).await?;
    Ok(())
}

async fn subscriptions_of(
    connection: &mut Connection,
    account: &AccountId,
) -> Result<BTreeSet<SubscriptionId>, StoreError> {
    let rows = sqlx::query("select subscription_id from subscription where account_id = $1")
        .bind(account.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|r| row::id(r, "subscription_id")).collect()
}

/// Where a notice stands, if it is there, and how often it was claimed.
async fn standing(
    connection: &mut Connection,
    account: &AccountId,
    notice: &NoticeId,
) -> Result<Option<(NoticeState, u32)>, StoreError> {
    let found = sqlx::query("select state, attempts from notice where account_id = $1 and notice_id = $2")
        .bind(account.as_bytes().as_slice())
        .bind(notice.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    let read = |r: &super::Row| Ok((state(r)?, row::number(r, "attempts")?));
    found.as_ref().map(read).transpose()
}

async fn put_notice(
    connection: &mut Connection,
    (account, device): (&AccountId, &DeviceId),
    notice: &Notice,
) -> Result<(), StoreError> {
    // Between the look and this, somebody may have claimed it: then it stays as it is.
    sqlx::query(
        "insert into notice (account_id, notice_id, subscription_id, device_id, send_at, expires_at, state, \
         next_at, attempts, body) values ($1, $2, $3, $4, $5, $6, 0, $5, 0, $7) \
         on conflict (account_id, notice_id) do update set subscription_id = excluded.subscription_id, \
         device_id = excluded.device_id, send_at = excluded.send_at, expires_at = excluded.expires_at, \
         next_at = excluded.next_at, body = excluded.body where notice.state = 0 and notice.attempts = 0",
    )
    .bind(account.as_bytes().as_slice())
    .bind(notice.notice.as_bytes().as_slice())
    .bind(notice.subscription.as_bytes().as_slice())
    .bind(device.as_bytes().as_slice())
    .bind(row::int(notice.send_at)?)
    .bind(row::int(notice.expires_at)?)
    .bind(notice.body.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

fn state(row: &super::Row) -> Result<NoticeState, StoreError> {
    state_of(row::number(row, "state")?).ok_or_else(|| row::damaged("state"))
}

fn status(row: &super::Row) -> Result<NoticeStatus, StoreError> {
    let reason = row.try_get::<Option<i64>, _>("reason")?;
    let reason = reason.map(|n| reason_of(n).ok_or_else(|| row::damaged("reason"))).transpose()?;
    Ok(NoticeStatus {
        notice: row::id(row, "notice_id")?,
        subscription: row::id(row, "subscription_id")?,
        send_at: row::number(row, "send_at")?,
        state: state(row)?,
        reason,
    })
}

/// Drops what is to be pushed to a device that belongs to the account no more, and what it had pushed to others.
pub(super) async fn drop_of_device(
    connection: &mut Connection,
    space: &SpaceId,
    device: &DeviceId,
) -> Result<(), StoreError> {
    for text in [
        "delete from notice where device_id = $2 and state = 0 \
         and account_id = (select account_id from space where space_id = $1)",
        "delete from subscription where device_id = $2 \
         and account_id = (select account_id from space where space_id = $1)",
    ] {
        sqlx::query(text)
            .bind(space.as_bytes().as_slice())
            .bind(device.as_bytes().as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

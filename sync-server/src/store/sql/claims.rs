//! Notices whose time has come: claimed by one relay, settled by it.

use super::{BEGIN_WRITE, Connection, Db, SKIP_CLAIMED, row};
use crate::clock::Millis;
use crate::store::{Claim, DueNotice, Settled, StoreError, reason_number, state_number};
use protocol::SubscriptionId;
use sqlx::{AssertSqlSafe, Row as _};

/// Claims until the second of the two times what is due at the first.
pub(super) async fn claim(
    pool: &sqlx::Pool<Db>,
    (now, until): (Millis, Millis),
    most: usize,
) -> Result<Vec<DueNotice>, StoreError> {
    let text = format!(
        "with due as materialized (select notice.account_id, notice.notice_id from notice \
         join account on account.account_id = notice.account_id and account.delete_at is null \
         join subscription on subscription.subscription_id = notice.subscription_id \
         join space on space.account_id = notice.account_id and space.purpose = 1 \
         join member on member.space_id = space.space_id and member.device_id = subscription.device_id \
         and member.role = 1 and member.revoked is null \
         where notice.state = 0 and notice.next_at <= $1 \
         order by notice.next_at, notice.notice_id limit $3 {SKIP_CLAIMED}) \
         update notice set next_at = $2, attempts = attempts + 1 from due \
         where notice.account_id = due.account_id and notice.notice_id = due.notice_id \
         returning notice.account_id as account_id, notice.notice_id as notice_id, subscription_id, \
         expires_at, attempts, body"
    );
    let mut tx = pool.begin_with(BEGIN_WRITE).await?;
    let rows = sqlx::query(AssertSqlSafe(text)).bind(now.0).bind(until.0).bind(row::int(most)?);
    let rows = rows.fetch_all(&mut *tx).await?;
    let mut due = Vec::with_capacity(rows.len());
    for r in &rows {
        let subscription = row::id(r, "subscription_id")?;
        due.push(DueNotice {
            claim: Claim {
                account: row::id(r, "account_id")?,
                notice: row::id(r, "notice_id")?,
                attempts: row::number(r, "attempts")?,
            },
            subscription,
            endpoint: endpoint(&mut tx, &subscription).await?,
            expires: row::number(r, "expires_at").map(Millis)?,
            body: row::bytes(r, "body")?,
        });
    }
    tx.commit().await?;
    Ok(due)
}

async fn endpoint(connection: &mut Connection, id: &SubscriptionId) -> Result<String, StoreError> {
    let found = sqlx::query("select endpoint from subscription where subscription_id = $1")
        .bind(id.as_bytes().as_slice())
        .fetch_one(connection)
        .await?;
    Ok(found.try_get("endpoint")?)
}

pub(super) async fn settle(
    pool: &sqlx::Pool<Db>,
    due: &DueNotice,
    settled: Settled,
    forget: Millis,
) -> Result<(), StoreError> {
    let Claim { account, notice, attempts } = due.claim;
    let (account, notice) = (account.as_bytes().as_slice(), notice.as_bytes().as_slice());
    match (settled.ended(), settled) {
        (Some((state, reason)), _) => {
            sqlx::query(
                "update notice set state = $4, reason = $5, next_at = $6, body = null \
                 where account_id = $1 and notice_id = $2 and state = 0 and attempts = $3",
            )
            .bind(account)
            .bind(notice)
            .bind(i64::from(attempts))
            .bind(state_number(state))
            .bind(reason.map(reason_number))
            .bind(forget.0)
            .execute(pool)
            .await?;
        }
        (None, Settled::Later(at)) => {
            sqlx::query(
                "update notice set next_at = $4 \
                 where account_id = $1 and notice_id = $2 and state = 0 and attempts = $3",
            )
            .bind(account)
            .bind(notice)
            .bind(i64::from(attempts))
            .bind(at.0)
            .execute(pool)
            .await?;
        }
        (None, _) => {
            // Registered again at another address in the meantime, it is not gone.
            sqlx::query("delete from subscription where subscription_id = $1 and endpoint = $2")
                .bind(due.subscription.as_bytes().as_slice())
                .bind(due.endpoint.as_str())
                .execute(pool)
                .await?;
        }
    }
    Ok(())
}

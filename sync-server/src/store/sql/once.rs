//! What is used once: challenges, tickets, invitations. Using up is deleting, so two relays cannot both do it.

use super::{BEGIN_WRITE, Db, row};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{StoreError, Ticket};

type Pool = sqlx::Pool<Db>;

pub(super) async fn put_challenge(
    pool: &Pool,
    challenge: SecretHash,
    expires: Millis,
    now: Millis,
) -> Result<(), StoreError> {
    let mut tx = pool.begin_with(BEGIN_WRITE).await?;
    sqlx::query("delete from challenge where expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
    sqlx::query("insert into challenge (challenge_hash, expires_at) values ($1, $2)")
        .bind(challenge.as_bytes().as_slice())
        .bind(expires.0)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn take_challenge(
    pool: &Pool,
    challenge: SecretHash,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from challenge where challenge_hash = $1 and expires_at > $2")
        .bind(challenge.as_bytes().as_slice())
        .bind(now.0)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn put_ticket(
    pool: &Pool,
    hash: SecretHash,
    ticket: Ticket,
    expires: Millis,
    now: Millis,
) -> Result<(), StoreError> {
    let mut tx = pool.begin_with(BEGIN_WRITE).await?;
    sqlx::query("delete from ticket where expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
    sqlx::query(
        "insert into ticket (ticket_hash, account_id, device_id, session_id, expires_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(hash.as_bytes().as_slice())
    .bind(ticket.account.as_bytes().as_slice())
    .bind(ticket.device.as_bytes().as_slice())
    .bind(ticket.session.map(|s| s.as_bytes().to_vec()))
    .bind(expires.0)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn take_ticket(
    pool: &Pool,
    hash: SecretHash,
    now: Millis,
) -> Result<Option<Ticket>, StoreError> {
    let found = sqlx::query(
        "delete from ticket where ticket_hash = $1 and expires_at > $2 \
         returning account_id, device_id, session_id",
    )
    .bind(hash.as_bytes().as_slice())
    .bind(now.0)
    .fetch_optional(pool)
    .await?;
    let ticket = |r: &super::Row| {
        Ok(Ticket {
            account: row::id(r, "account_id")?,
            device: row::id(r, "device_id")?,
            session: row::optional_id(r, "session_id")?,
        })
    };
    found.as_ref().map(ticket).transpose()
}

pub(super) async fn put_invite(
    pool: &Pool,
    hash: SecretHash,
    expires: Millis,
    now: Millis,
) -> Result<(), StoreError> {
    let mut tx = pool.begin_with(BEGIN_WRITE).await?;
    sqlx::query("delete from invite where expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
    sqlx::query("insert into invite (invite_hash, expires_at) values ($1, $2)")
        .bind(hash.as_bytes().as_slice())
        .bind(expires.0)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

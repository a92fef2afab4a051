//! The task that pushes what is due.
//!
//! Invariant: what it sends it has claimed, in the database, so that of several relays one sends it; what became of it is
//! written down when it is known. A relay that dies in between leaves the claim to run out: then the notice is sent again,
//! under the same topic.

use super::Courier;
use crate::clock::Millis;
use crate::limits::{NOTICES_PER_STEP, PUSH_LEASE, PUSH_PAUSE, PUSH_POLL, PUSHES_AT_ONCE};
use crate::rules::judge_answer;
use crate::store::{DueNotice, OpenStore, Settled, StoreError};
use protocol::limits::NOTICE_KEPT_SECONDS;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Before all notices.
const ALL: Millis = Millis(-1);

/// Pushes what is due until the relay stops, and lets what is under way then come to its end.
pub async fn deliver(
    store: OpenStore,
    courier: Courier,
    wake: Arc<Notify>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut under_way = JoinSet::new();
    loop {
        while under_way.try_join_next().is_some() {}
        let wait = match begin(&store, &courier, &mut under_way).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(%error, "notices could not be claimed; tried again");
                PUSH_PAUSE
            }
        };
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = wake.notified() => {}
            Some(_) = under_way.join_next() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _closed = stopping.wait_for(|stop| *stop).await;
}

/// Begins to push as many as may be under way. How long nothing else will be due.
async fn begin(
    store: &OpenStore,
    courier: &Courier,
    under_way: &mut JoinSet<()>,
) -> Result<Duration, StoreError> {
    let room = PUSHES_AT_ONCE.saturating_sub(under_way.len());
    if room == 0 {
        return Ok(PUSH_POLL);
    }
    let now = Millis::now();
    // Looked at first, because claiming takes the lock of all who write.
    match store.next_notice(ALL).await? {
        Some(at) if at <= now => {}
        next => return Ok(until(next, now)),
    }
    let due = store.claim_notices(now, now.plus(PUSH_LEASE), room).await?;
    let all = due.len() < room;
    for notice in due {
        let (store, courier) = (store.clone(), courier.clone());
        under_way.spawn(async move { push(&store, &courier, notice).await });
    }
    // What is due and was not claimed is not to be pushed, or another relay's: that is not waited for.
    if all { Ok(until(store.next_notice(now).await?, now)) } else { Ok(PUSH_POLL) }
}

fn until(next: Option<Millis>, now: Millis) -> Duration {
    let left = next.and_then(|at| u64::try_from(at.0.saturating_sub(now.0)).ok());
    left.map_or(PUSH_POLL, Duration::from_millis).min(PUSH_POLL)
}

async fn push(store: &OpenStore, courier: &Courier, due: DueNotice) {
    let now = Millis::now();
    let settled = if due.expires <= now {
        Settled::Expired
    } else {
        let answer = courier.push(&due, now).await;
        let settled = judge_answer(answer, due.claim.attempts, Millis::now(), due.expires, chance());
        // What it was, never to whom.
        match settled {
            Settled::Sent => tracing::debug!("a notice was pushed"),
            Settled::Later(_) => tracing::debug!(?answer, "a notice is pushed later"),
            Settled::Gone => tracing::info!("a subscription has ended"),
            Settled::Failed(_) | Settled::Expired => tracing::warn!(?answer, "a notice was not pushed"),
        }
        settled
    };
    while let Err(error) = settle(store, &due, settled).await {
        tracing::error!(%error, "what became of a notice could not be written down");
        // Once somebody else may claim it, it is theirs to say.
        if Millis::now() >= now.plus(PUSH_LEASE) {
            return;
        }
        tokio::time::sleep(PUSH_PAUSE).await;
    }
}

async fn settle(store: &OpenStore, due: &DueNotice, settled: Settled) -> Result<(), StoreError> {
    store.settle_notice(due, settled, Millis::now().plus_seconds(NOTICE_KEPT_SECONDS)).await
}

/// Without randomness tries are not spread, and go on.
fn chance() -> u32 {
    crate::random::bytes16().map_or(0, |[a, b, c, d, ..]| u32::from_le_bytes([a, b, c, d]))
}

/// Forgets what became of notices, long after. How many were forgotten.
pub async fn forget(store: &dyn crate::store::Store, now: Millis) -> Result<usize, StoreError> {
    let stale = now.minus(Duration::from_secs(NOTICE_KEPT_SECONDS));
    let mut forgotten = 0;
    loop {
        let some = store.forget_notices(now, stale, NOTICES_PER_STEP).await?;
        forgotten += some;
        if some < NOTICES_PER_STEP {
            return Ok(forgotten);
        }
    }
}

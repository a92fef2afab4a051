//! A relay from its first connection to its last.
//!
//! Invariant: a stop closes every socket with 1001 and lets the committer finish what it has; nothing that was
//! acknowledged depends on it.

use crate::clock::Millis;
use crate::committer::Committer;
use crate::config::{Config, PushConfig};
use crate::connections::accept;
use crate::hints::{Hints, follow, post};
use crate::http::{App, Gate, Seats, router};
use crate::limits::{DRAIN_TIMEOUT, KEEPING_PERIOD};
use crate::push::{Courier, PushDesk, Vapid, deliver, forget};
use crate::relay::{Relay, Tidied};
use crate::store::{Dropped, Handle, OpenStore};
use anyhow::Context as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

/// Serves until `stop` is ready, then drains.
pub async fn serve(
    listener: TcpListener,
    store: OpenStore,
    config: Config,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let bulletin = store.bulletin();
    let hints = Arc::new(match bulletin {
        Some(_) => Hints::shared(Handle::new(crate::random::bytes16()?)),
        None => Hints::default(),
    });
    let (committer, committing) = Committer::start(store.clone(), hints.clone());
    let wake = Arc::new(Notify::new());
    let (desk, courier) = pushing(&store, &config, &wake).await?;
    let relay = Relay::with_writer(store.clone(), Arc::new(committer)).with_push(desk);
    // Aborted when dropped: they never end by themselves.
    let mut beside = JoinSet::new();
    if let Some(bulletin) = bulletin {
        beside.spawn(post(bulletin.clone(), hints.clone()));
        beside.spawn(follow(bulletin, hints.clone()));
    }
    let mut keeping = JoinSet::new();
    keeping.spawn(keep_house(relay.clone(), config.retention));
    let (stopping_in, stopping) = watch::channel(false);
    let delivering = tokio::spawn(deliver(store.clone(), courier, wake, stopping.clone()));
    let (running, mut all_ended) = mpsc::channel(1);
    let app = App {
        relay,
        gate: Arc::new(Gate::new(&config.rates)),
        seats: Arc::new(Seats::new(config.sockets)),
        config: Arc::new(config),
        hints,
        stopping: stopping.clone(),
        running,
    };
    let routes = router(&app);
    // As long as it is there, the last connection has not ended.
    drop(app);
    let mut serving = tokio::spawn(accept(listener, routes, stopping));
    tokio::select! {
        ended = &mut serving => return ended.context("the task that accepts connections"),
        () = stop => {}
    }
    tracing::info!("stopping");
    let _nobody = stopping_in.send(true);
    // It has a way to the committer, which ends when nobody has one any more.
    keeping.shutdown().await;
    let drained = async {
        let ended = serving.await;
        // Every socket holds a sender and never sends: this ends when the last one has ended.
        let _none = all_ended.recv().await;
        let _committed = committing.await;
        let _pushed = delivering.await;
        ended
    };
    match tokio::time::timeout(DRAIN_TIMEOUT, drained).await {
        Ok(ended) => ended.context("the task that accepts connections")?,
        Err(_) => tracing::warn!("some connections did not end in time"),
    }
    beside.shutdown().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What sessions ask about pushing, and who does it, in the name that push services know this relay by.
async fn pushing(
    store: &OpenStore,
    config: &Config,
    wake: &Arc<Notify>,
) -> anyhow::Result<(PushDesk, Courier)> {
    let PushConfig { services, subject, key, resolver } = config.push.clone();
    let vapid = match key {
        Some(key) => Vapid::new(&key, subject)?,
        None => {
            Vapid::stored(&**store, subject).await.context("the key that push services know this relay by")?
        }
    };
    let key = vapid.public();
    let desk = PushDesk::new(key, services.clone(), resolver.clone(), wake.clone());
    Ok((desk, Courier::new(vapid, services, resolver)))
}

/// Erases and drops what need not be kept any more, at the start and then again and again. Never ends.
async fn keep_house(relay: Relay, retention: Duration) {
    loop {
        match relay.keep(Millis::now(), retention).await {
            Ok(tidied) => say_tidied(&tidied),
            Err(error) => {
                tracing::error!(%error, "what need not be kept could not be dropped; tried again later");
            }
        }
        if let Err(error) = forget(relay.store(), Millis::now()).await {
            tracing::error!(%error, "old notices could not be forgotten; tried again later");
        }
        tokio::time::sleep(KEEPING_PERIOD).await;
    }
}

fn say_tidied(tidied: &Tidied) {
    if tidied.accounts > 0 {
        tracing::info!(accounts = tidied.accounts, "deleted accounts were erased");
    }
    if tidied.dropped != Dropped::default() {
        let Dropped { entries, manifests, packs, .. } = tidied.dropped;
        tracing::info!(entries, manifests, packs, "what manifests replaced was dropped");
    }
}

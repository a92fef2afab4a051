//! Many sockets: the last of two hundred that is served, and what a socket costs that says nothing.

use super::Setting;
use super::rates::updates;
use crate::lived::Lived;
use crate::peer::{PATIENCE, Server};
use crate::process::pss_kib;
use crate::raw::{self, Receiver, Sender};
use crate::relay::Running;
use crate::report::{Cell, Line, Target, Unit};
use anyhow::{Context as _, Result};
use protocol::frame::ClientFrame;
use std::time::{Duration, Instant};
use tests::wire::Member;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const SUBSCRIBERS: usize = 200;
/// Edits whose last delivery is timed, a round.
const EDITS: usize = 200;
const SOCKETS: usize = 2_000;
/// Sockets of one account, or in one room.
const TOGETHER: usize = 5;
const LIFTED: &str =
    "the relay's own code with the limits of sockets an account and an address lifted: they are 64 and 256";

/// Row: one edit, two hundred who wait for it.
pub async fn fan_out(setting: &Setting) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    Lived::part(setting.seed, EDITS)?.write(&file)?;
    let updates = updates(&file, EDITS).await?;
    let mut cells = [
        Cell::new("life-os, fsync before anybody is served", ""),
        Cell::new("y-websocket", "durability (memory), encryption, signatures"),
    ];
    let mut middles = cells.clone();
    for _ in setting.pace.rounds() {
        for (n, measured) in [relay().await?, websocket(&updates).await?].into_iter().enumerate() {
            cells.get_mut(n).context("a cell")?.rounds.push(share(&measured, 0.99));
            middles.get_mut(n).context("a cell")?.rounds.push(share(&measured, 0.5));
        }
    }
    let line = |what: &str, [ours, theirs]: [Cell; 2]| {
        let mut line = Line::new(what, Unit::Millis, ours);
        line.peers = vec![theirs];
        line
    };
    let mut worst = line("until the last of 200 has it, p99 of a round", cells);
    worst.targets = vec![Target::Beside(0, 0.25)];
    worst.notes = vec![
        LIFTED.into(),
        format!("{EDITS} edits a round, one after another; both by the same bare client"),
    ];
    Ok(vec![worst, line("the same, p50", middles)])
}

fn share(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    // A few hundred.
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

async fn relay() -> Result<Vec<f64>> {
    let relay = Running::roomy()?;
    let mut member = Member::found(1);
    member.register(&relay.url()).await;
    let mut subscribers = Vec::new();
    for n in 0..SUBSCRIBERS {
        subscribers.push(raw::prove(relay.port(), &member, true).await?);
        if n % 100 == 99 {
            raw::keep(&mut subscribers).await?;
        }
    }
    let (sender, receiver) = raw::prove(relay.port(), &member, false).await?;
    let space = member.space();
    let frames = (0..EDITS).map(|n| {
        let entry = member.write(format!("{n:0160}").as_bytes());
        ClientFrame::Append { request: 1, space, entries: vec![entry] }.to_bytes()
    });
    let frames: Vec<Vec<u8>> = frames.collect();
    spread(sender, receiver, subscribers, frames).await
}

async fn websocket(updates: &[Vec<u8>]) -> Result<Vec<f64>> {
    let server = Server::start("y-websocket").await?;
    let mut subscribers = Vec::new();
    for _ in 0..SUBSCRIBERS {
        let (sender, mut receiver) = raw::dial(server.port, "room", None).await?;
        // It greets everybody with what it asks of them.
        receiver.next().await?;
        subscribers.push((sender, receiver));
    }
    let (sender, receiver) = raw::dial(server.port, "room", None).await?;
    spread(sender, receiver, subscribers, updates.to_vec()).await
}

/// Sends messages one after another; the milliseconds until the last subscriber has each.
async fn spread(
    mut sender: Sender,
    mut own: Receiver,
    subscribers: Vec<(Sender, Receiver)>,
    messages: Vec<Vec<u8>>,
) -> Result<Vec<f64>> {
    let (told, mut seen) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    // Kept open: who drops its sending half hangs up.
    let mut halves = Vec::new();
    for (half, mut receiver) in subscribers {
        halves.push(half);
        let told = told.clone();
        running.spawn(async move {
            while receiver.next().await.is_ok() {
                if told.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
    }
    running.spawn(async move { while own.next().await.is_ok() {} });
    let mut times = Vec::new();
    for message in messages {
        let began = Instant::now();
        sender.send(message).await?;
        let mut last = began;
        for _ in 0..SUBSCRIBERS {
            let next =
                tokio::time::timeout(PATIENCE, seen.recv()).await.context("somebody was not served")?;
            last = last.max(next.context("everybody hung up")?);
        }
        times.push(last.duration_since(began).as_secs_f64() * 1_000.0);
    }
    Ok(times)
}

/// Row: two thousand sockets that say nothing.
pub async fn idle(setting: &Setting) -> Result<Vec<Line>> {
    let mut sockets =
        [Cell::new("life-os", ""), Cell::new("y-websocket", "encryption, signatures, accounts")];
    let mut bases = [Cell::new("life-os, the program on SQLite", ""), Cell::new("y-websocket", "a database")];
    // Five rounds would be ten thousand sockets a side; memory varies little.
    for _ in setting.pace.rounds().take(3) {
        for (n, (base, socket)) in [relay_idle().await?, websocket_idle().await?].into_iter().enumerate() {
            bases.get_mut(n).context("a cell")?.rounds.push(base);
            sockets.get_mut(n).context("a cell")?.rounds.push(socket);
        }
    }
    let line = |what: &str, [ours, theirs]: [Cell; 2], factor| {
        let mut line = Line::new(what, Unit::Kib, ours);
        line.peers = vec![theirs];
        line.targets = vec![Target::Beside(0, factor)];
        line
    };
    let mut socket = line("memory of an idle socket (PSS)", sockets, 0.27);
    socket.targets.push(Target::Fixed(20.0, "as asked for; quoted: Evolu 8, Jazz 18, Subduction 225"));
    socket.notes =
        vec![LIFTED.into(), format!("{SOCKETS} sockets, {TOGETHER} an account or room, at most 3 rounds")];
    Ok(vec![socket, line("memory of the relay before anybody came (PSS)", bases, 1.0 / 8.0)])
}

async fn relay_idle() -> Result<(f64, f64)> {
    let program = Running::start()?;
    settle().await;
    let base = pss_kib(program.id())?;
    drop(program);
    let relay = Running::roomy()?;
    let mut open = Vec::new();
    settle().await;
    let before = pss_kib(relay.id())?;
    for account in 0..SOCKETS / TOGETHER {
        let member = Member::found(u64::try_from(account)?);
        member.register(&relay.url()).await;
        for _ in 0..TOGETHER {
            open.push(raw::prove(relay.port(), &member, true).await?);
        }
        if account % 40 == 39 {
            raw::keep(&mut open).await?;
        }
    }
    each(before, relay.id(), &open, base).await
}

async fn websocket_idle() -> Result<(f64, f64)> {
    let server = Server::start("y-websocket").await?;
    settle().await;
    let before = pss_kib(server.id()?)?;
    let mut open = Vec::new();
    for socket in 0..SOCKETS {
        let (sender, mut receiver) =
            raw::dial(server.port, &format!("room-{}", socket / TOGETHER), None).await?;
        receiver.next().await?;
        open.push((sender, receiver));
    }
    each(before, server.id()?, &open, before).await
}

async fn each<T>(before: f64, id: u32, open: &[T], base: f64) -> Result<(f64, f64)> {
    settle().await;
    let grown = pss_kib(id)? - before;
    Ok((base, grown / f64::from(u32::try_from(open.len())?)))
}

/// What was under way comes to its end; memory that a start needed is given back, if it is.
pub async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

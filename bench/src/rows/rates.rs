//! What a relay's processor does: edits a second, and edits a second of its own time.

use super::Setting;
use crate::lived::Lived;
use crate::peer::{self, PATIENCE, Server};
use crate::process::cpu_seconds;
use crate::raw::{self, Receiver, Sender};
use crate::relay::Running;
use crate::report::{Cell, Line, Target, Unit};
use anyhow::{Context as _, Result, bail};
use protocol::SealedEntry;
use protocol::frame::{ClientFrame, ServerFrame};
use std::time::Instant;
use tests::wire::Member;
use tokio::task::JoinSet;

/// Writers at once, each in a space or room of its own.
const WRITERS: usize = 16;
/// Edits of each.
const EDITS: usize = 1_500;
/// Appends of one writer that are not acknowledged yet; the engine has at most four, of many entries each.
const WINDOW: usize = 16;
/// Entries of a frame when a device sends what had gathered.
const GATHERED: usize = 64;

/// Edits a second, and edits a second of the server's time.
struct Rate {
    wall: f64,
    core: f64,
}

/// Row: durable edits.
pub async fn rates(setting: &Setting) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    Lived::part(setting.seed, EDITS)?.write(&file)?;
    let updates = updates(&file, EDITS).await?;
    let ours = Cell::new("life-os, one entry a frame, fsync, every signature checked", "");
    let gathered = Cell::new("life-os, 64 entries a frame", "");
    let yjs = Cell::new("y-websocket, one update a message", "durability (memory), encryption, signatures");
    let repo = Cell::new("automerge-repo, 60 documents, one client", "fsync, encryption, signatures");
    let mut walls = [ours, gathered, yjs, repo];
    let mut cores = walls.clone();
    for _ in setting.pace.rounds() {
        let measured = [
            Ok(relay(1).await?),
            Ok(relay(GATHERED).await?),
            websocket(&updates).await,
            repository(&file).await,
        ];
        for ((measured, wall), core) in measured.into_iter().zip(&mut walls).zip(&mut cores) {
            match measured {
                Ok(rate) => {
                    wall.rounds.push(rate.wall);
                    core.rounds.push(rate.core);
                }
                Err(error) => {
                    wall.missing = Some(format!("{error:#}"));
                    core.missing = Some(format!("{error:#}"));
                }
            }
        }
    }
    let line = |what: &str, [ours, gathered, yjs, repo]: [Cell; 4]| {
        let mut line = Line::new(what, Unit::PerSecond, ours);
        line.peers = vec![yjs, repo, gathered];
        line
    };
    let mut core = line("durable edits a second of the relay's processor time", cores);
    core.targets = vec![Target::Beside(0, 6.0), Target::Beside(1, 40.0)];
    core.notes = vec![format!(
        "{WRITERS} writers, {EDITS} edits each, {WINDOW} frames unanswered; nobody else listens"
    )];
    Ok(vec![core, line("edits a second by the clock, client and server on this machine", walls)])
}

/// What a Yjs client sends, edit by edit.
pub async fn updates(file: &std::path::Path, count: usize) -> Result<Vec<Vec<u8>>> {
    let words = [file.display().to_string(), count.to_string()];
    let answer = peer::client("messages", "y-websocket", &words, PATIENCE).await?.context("messages")?;
    let list = answer.get("messages").and_then(serde_json::Value::as_array).context("a list")?;
    list.iter().map(|text| unhex(text.as_str().context("a text")?)).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()).context("a digit"))
        .collect::<Result<_>>()?;
    Ok(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

async fn relay(frame: usize) -> Result<Rate> {
    let relay = Running::start()?;
    let port = relay.port();
    let mut members = Vec::new();
    for seed in 0..WRITERS {
        let mut member = Member::found(u64::try_from(seed)?);
        member.register(&relay.url()).await;
        // As long as a small change is; nobody reads it.
        (0..EDITS).for_each(|n| drop(member.write(format!("{n:0160}").as_bytes())));
        members.push(member);
    }
    // Once everything is sealed: the relay drops who says nothing for half a minute.
    let mut writers = Vec::new();
    for member in members {
        let frames: Vec<Vec<SealedEntry>> = member.written.chunks(frame).map(<[_]>::to_vec).collect();
        writers.push((raw::prove(port, &member, false).await?, member.space(), frames));
    }
    let cpu = cpu_seconds(relay.id())?;
    let began = Instant::now();
    let mut running = JoinSet::new();
    for ((sender, receiver), space, frames) in writers {
        running.spawn(append(sender, receiver, space, frames));
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    rate(began, cpu, relay.id(), WRITERS * EDITS)
}

async fn append(
    mut sender: Sender,
    mut receiver: Receiver,
    space: protocol::SpaceId,
    frames: Vec<Vec<SealedEntry>>,
) -> Result<()> {
    let (mut sent, mut owed) = (0, 0);
    let mut frames = frames.into_iter();
    loop {
        while owed < WINDOW {
            let Some(entries) = frames.next() else { break };
            sender.send(ClientFrame::Append { request: sent, space, entries }.to_bytes()).await?;
            (sent, owed) = (sent + 1, owed + 1);
        }
        if owed == 0 {
            return Ok(());
        }
        match raw::frame(&mut receiver).await? {
            ServerFrame::Appended { refusal: None, .. } => owed -= 1,
            other => bail!("not appended: {other:?}"),
        }
    }
}

fn rate(began: Instant, cpu: f64, id: u32, edits: usize) -> Result<Rate> {
    let (seconds, spent) = (began.elapsed().as_secs_f64(), cpu_seconds(id)? - cpu);
    let edits = f64::from(u32::try_from(edits)?);
    Ok(Rate { wall: edits / seconds, core: edits / spent.max(0.01) })
}

async fn websocket(updates: &[Vec<u8>]) -> Result<Rate> {
    let server = Server::start("y-websocket").await?;
    let mut sockets = Vec::new();
    for room in 0..WRITERS {
        sockets.push(raw::dial(server.port, &format!("room-{room}"), None).await?);
    }
    let cpu = cpu_seconds(server.id()?)?;
    let began = Instant::now();
    let mut running = JoinSet::new();
    for (mut sender, mut receiver) in sockets {
        let updates = updates.to_vec();
        running.spawn(async move {
            for update in updates {
                sender.send(update).await?;
            }
            // What is missing here, of a client that has nothing: the answer comes after everything was taken in.
            sender.send(vec![0, 0, 1, 0]).await?;
            while !receiver.next().await?.starts_with(&[0, 1]) {}
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    rate(began, cpu, server.id()?, WRITERS * EDITS)
}

async fn repository(file: &std::path::Path) -> Result<Rate> {
    let server = Server::start("automerge-repo-60").await?;
    let cpu = cpu_seconds(server.id()?)?;
    let words = [server.port.to_string(), file.display().to_string()];
    let answer =
        peer::client("make", server.peer, &words, PATIENCE).await?.context("it was stopped after 60 s")?;
    let seconds = peer::figure(&answer, "ms")? / 1_000.0;
    let spent = cpu_seconds(server.id()?)? - cpu;
    let edits = f64::from(u32::try_from(EDITS)?);
    Ok(Rate { wall: edits / seconds, core: edits / spent.max(0.01) })
}

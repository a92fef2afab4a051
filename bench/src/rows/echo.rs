//! From an edit on one device to the changed row on another.

use super::Setting;
use super::cold::Filled;
use crate::lived::Lived;
use crate::peer::{self, PATIENCE, Server};
use crate::report::{Cell, Line, Target, Unit};
use anyhow::{Context as _, Result};
use engine::{Edit, Notice};
use serde_json::Value;
use std::time::Instant;

/// Edits a round.
const EDITS: usize = 300;

/// Row: one edit after another. The core as WASM in Node beside what runs in Node, and natively.
pub async fn echo(setting: &Setting) -> Result<Vec<Line>> {
    let life = Lived::part(setting.seed, EDITS)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    life.write(&file)?;
    let wasm = "life-os, core as WASM in Node, a log with fsync as its store";
    let mut middle = [
        Cell::new(wasm, ""),
        Cell::new("y-websocket", "durability (memory), encryption, signatures"),
        Cell::new(
            "automerge-repo",
            "fsync, encryption, signatures; it waits on purpose to send more together",
        ),
        Cell::new("Jazz (cojson)", "durability (memory)"),
        Cell::new("life-os, native, SQLite with fsync", ""),
    ];
    let mut worst = middle.clone();
    for _ in setting.pace.rounds() {
        let answers = [
            core(&life).await,
            theirs("y-websocket", &file).await,
            theirs("automerge-repo-60", &file).await,
            theirs("jazz", &file).await,
            native(&life).await,
        ];
        for ((answer, middle), worst) in answers.into_iter().zip(&mut middle).zip(&mut worst) {
            match answer {
                Ok((p50, p99)) => {
                    middle.rounds.push(p50);
                    worst.rounds.push(p99);
                }
                Err(error) => {
                    middle.missing = Some(format!("{error:#}"));
                    worst.missing = Some(format!("{error:#}"));
                }
            }
        }
    }
    let line = |what: &str, [ours, yjs, repo, jazz, native]: [Cell; 5]| {
        let mut line = Line::new(what, Unit::Millis, ours);
        line.peers = vec![yjs, repo, jazz, native];
        line
    };
    let mut p50 = line("edit on A to row changed on B, p50 of a round", middle);
    p50.targets =
        vec![Target::Beside(0, 1.0), Target::Beside(1, 1.0 / 15.0), Target::Fixed(1.2, "Jazz, quoted")];
    p50.notes =
        vec![format!("{EDITS} edits a round; ours is durable on A, at the relay and on B before it counts")];
    let mut p99 = line("the same, p99", worst);
    p99.targets = vec![Target::Beside(1, 1.0 / 40.0), Target::Fixed(6.2, "Jazz, quoted")];
    Ok(vec![p50, p99])
}

async fn theirs(peer: &'static str, file: &std::path::Path) -> Result<(f64, f64)> {
    let server = Server::start(peer).await?;
    let words = [server.port.to_string(), file.display().to_string(), EDITS.to_string()];
    pair(&peer::client("echo", peer, &words, PATIENCE).await?.context("it was stopped after 60 s")?)
}

fn pair(answer: &Value) -> Result<(f64, f64)> {
    Ok((peer::figure(answer, "p50")?, peer::figure(answer, "p99")?))
}

/// Two devices of a vault in one Node process, on the relay's program.
async fn core(_: &Lived) -> Result<(f64, f64)> {
    let relay = crate::relay::Running::start()?;
    let words = [relay.url(), relay.folder().display().to_string(), EDITS.to_string()];
    pair(&peer::client("echo", "core", &words, PATIENCE).await?.context("it was stopped after 60 s")?)
}

async fn native(life: &Lived) -> Result<(f64, f64)> {
    let mut filled = Filled::empty().await?;
    let mut devices = Vec::new();
    for name in ["a.db", "b.db"] {
        let member = filled.vault.join().await?;
        let place = filled.vault.settle(&member, &filled.relay.folder().join(name)).await?;
        let mut device = place.open(place.key()?).await?;
        filled.vault.connect(&mut device).await?;
        device.sync().await?;
        devices.push(device);
    }
    let [a, b] = devices.as_mut_slice() else { anyhow::bail!("two devices") };
    let mut times = Vec::new();
    for change in &life.changes {
        let began = Instant::now();
        a.edit(Edit { time: Some(change.now), ..change.edit.clone() }).await?;
        loop {
            a.work().await?;
            b.work().await?;
            let notices = std::iter::from_fn(|| b.driver.take_notice());
            if notices.filter(|notice| matches!(notice, Notice::Changed(_))).count() > 0 {
                break;
            }
            // Whichever hears something; who never listens is not sent to.
            tokio::select! { () = a.driver.idle() => {}, () = b.driver.idle() => {} }
        }
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().context("times");
    Ok((at(50)?, at(99)?))
}

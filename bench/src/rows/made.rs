//! Records made on one device, until the relay has made them durable.

use super::Setting;
use crate::lived::{Change, Lived, RECORDS};
use crate::peer::Server;
use crate::relay::Running;
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::vault::Vault;
use anyhow::Result;
use std::collections::BTreeSet;
use std::time::Instant;

/// Row: every record is a command of its own; what is under way together shares a transaction, as in `lifeos batch`.
pub async fn made(setting: &Setting) -> Result<Vec<Line>> {
    let life = firsts(Lived::standard(setting.seed)?);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    life.write(&file)?;
    let relay = Running::start()?;
    let mut ours = Cell::new("life-os, native", "");
    let mut peers = [
        (
            "jazz",
            Cell::new(
                "Jazz (cojson), a CoMap a record",
                "fsync (its server and client keep everything in memory)",
            ),
        ),
        (
            "automerge-repo-60",
            Cell::new(
                "automerge-repo, 60 documents",
                "encryption, signatures, fsync; nothing says that the server has it but its heads",
            ),
        ),
        (
            "y-websocket",
            Cell::new("y-websocket, one document", "encryption, signatures, durability (memory)"),
        ),
    ];
    for round in setting.pace.rounds() {
        rounds::ours(&mut ours, one(&relay, round, &life)).await?;
        for (peer, cell) in &mut peers {
            let server = Server::start(peer).await?;
            let words = [server.port.to_string(), file.display().to_string()];
            rounds::theirs(cell, "make", peer, &words, "ms").await;
        }
    }
    let mut line = Line::new("milliseconds until everything is acknowledged", Unit::Millis, ours);
    line.peers = peers.into_iter().map(|(_, cell)| cell).collect();
    line.targets =
        vec![Target::Fixed(1_000.0, "as asked for; quoted: Jazz 3.9 s, Evolu 4.1 s, Subduction 11.9 s")];
    line.notes =
        vec![format!("{RECORDS} records, one change each; two fsyncs a batch, the device's and the relay's")];
    Ok(vec![line])
}

/// Only the change that made each record, without logs.
pub fn firsts(life: Lived) -> Lived {
    let mut seen = BTreeSet::new();
    let first = |change: &Change| change.edit.key.part.is_none() && seen.insert(change.record);
    let changes: Vec<Change> = life.changes.into_iter().filter(first).collect();
    Lived { things: changes.len(), documents: changes.len(), days: 0, changes }
}

async fn one(relay: &Running, round: usize, life: &Lived) -> Result<f64> {
    let (mut vault, founder) = Vault::found(&relay.url()).await?;
    let place = vault.settle(&founder, &relay.folder().join(format!("made-{round}.db"))).await?;
    let mut device = place.open(place.key()?).await?;
    vault.connect(&mut device).await?;
    device.sync().await?;
    let began = Instant::now();
    device.edit_all(life.changes.iter()).await?;
    device.sync().await?;
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    device.driver.close().await?;
    Ok(took)
}

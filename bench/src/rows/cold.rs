//! A fresh device, cold: from an empty store to records that can be asked for.

use super::Setting;
use super::made::firsts;
use crate::lived::{Lived, RECORDS};
use crate::peer::{self, PREPARATION, Server};
use crate::relay::Running;
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::vault::{Member, Vault};
use anyhow::{Result, ensure};
use std::time::Instant;

/// A vault at a relay, and a device of it that has seen nothing.
pub struct Filled {
    pub relay: Running,
    pub vault: Vault,
    pub fresh: Member,
    rounds: usize,
}

impl Filled {
    /// Lives the life on one device. `alone`: every change goes out as an entry of its own, as when it is made online.
    pub async fn new(life: &Lived, alone: bool) -> Result<Self> {
        let relay = Running::start()?;
        let (mut vault, founder) = Vault::found(&relay.url()).await?;
        // What wrote all this is not measured, so it may write to memory.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
        let place = vault.settle(&founder, &folder.path().join("founder.db")).await?;
        let mut device = place.open(place.key()?).await?;
        vault.connect(&mut device).await?;
        device.sync().await?;
        if alone {
            for (n, change) in life.changes.iter().enumerate() {
                if n.is_multiple_of(64) {
                    device.listen().await?;
                }
                device.edit(engine::Edit { time: Some(change.now), ..change.edit.clone() }).await?;
            }
        } else {
            device.edit_all(life.changes.iter()).await?;
        }
        device.sync().await?;
        device.driver.close().await?;
        let fresh = vault.join().await?;
        Ok(Self { relay, vault, fresh, rounds: 0 })
    }

    /// One round: milliseconds from opening the empty store until everything is here, durable, and can be asked for.
    pub async fn round(&mut self, things: usize) -> Result<f64> {
        self.rounds += 1;
        let path = self.relay.folder().join(format!("fresh-{}.db", self.rounds));
        let place = self.vault.settle(&self.fresh, &path).await?;
        let key = place.key()?;
        let began = Instant::now();
        let mut device = place.open(key).await?;
        self.vault.connect(&mut device).await?;
        device.sync().await?;
        let first = device.list("habit").await?;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        let count = device.count().await?;
        ensure!(count == things && !first.is_empty(), "{count} records instead of {things}");
        device.driver.close().await?;
        std::fs::remove_file(path)?;
        Ok(took)
    }
}

/// A peer's server filled with the same life.
pub struct Beside {
    server: Server,
    /// Words of every client: port, file of changes, file of addresses.
    words: Vec<String>,
    pub cell: Cell,
}

impl Beside {
    /// Starts and fills it. What goes wrong is the cell's.
    pub async fn new(
        peer: &'static str,
        file: &std::path::Path,
        who: &str,
        leaves_out: &'static str,
    ) -> Result<Self> {
        let server = Server::start(peer).await?;
        let urls = file.with_extension(peer);
        let words = [server.port.to_string(), file.display().to_string(), urls.display().to_string()];
        let mut cell = Cell::new(who, leaves_out);
        match peer::client("fill", peer, &words, PREPARATION).await {
            Ok(Some(_)) => {}
            Ok(None) => cell.missing = Some("it was not filled within 240 s".into()),
            Err(error) => cell.missing = Some(format!("{error:#}")),
        }
        Ok(Self { server, words: words.to_vec(), cell })
    }
    pub async fn round(&mut self) {
        rounds::theirs(&mut self.cell, "fresh", self.server.peer, &self.words, "ms").await;
    }
}

const YJS: &str =
    "encryption, signatures, durability (its server keeps the document in memory, the client keeps nothing)";
const REPO: &str =
    "encryption, signatures, fsync (its server writes files without it, the client keeps nothing)";

/// Row: nothing compacted.
pub async fn fresh(setting: &Setting) -> Result<Vec<Line>> {
    let life = Lived::standard(setting.seed)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    life.write(&file)?;
    let mut filled = Filled::new(&life, true).await?;
    let mut peers = [
        Beside::new("automerge-repo-60", &file, "automerge-repo, 60 documents", REPO).await?,
        Beside::new("y-websocket", &file, "y-websocket, one document", YJS).await?,
    ];
    let mut ours = Cell::new("life-os, native, every change an entry", "");
    for _ in 0..setting.rounds {
        rounds::ours(&mut ours, filled.round(RECORDS)).await?;
        for peer in &mut peers {
            peer.round().await;
        }
    }
    let mut line = Line::new("milliseconds until the last record can be asked for", Unit::Millis, ours);
    line.peers = peers.into_iter().map(|peer| peer.cell).collect();
    line.targets = vec![Target::Fixed(1_000.0, "a third of Subduction's 3.0 s, quoted")];
    line.notes = vec![format!(
        "{} changes, {} records, {} days logged, {} documents",
        life.changes.len(),
        life.things,
        life.days,
        life.documents
    )];
    Ok(vec![line])
}

/// Row: every record has an address of its own, and was made once.
pub async fn separate(setting: &Setting) -> Result<Vec<Line>> {
    let life = firsts(Lived::standard(setting.seed)?);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    life.write(&file)?;
    let mut filled = Filled::new(&life, false).await?;
    let mut peers = [
        Beside::new("automerge-repo-each", &file, "automerge-repo, a document each", REPO).await?,
        Beside::new("hocuspocus", &file, "Hocuspocus, a document each", YJS).await?,
        Beside::new(
            "jazz",
            &file,
            "Jazz (cojson), a CoMap each",
            "fsync (its server and client keep everything in memory)",
        )
        .await?,
    ];
    let mut ours = Cell::new("life-os, native, a document each", "");
    for _ in 0..setting.rounds {
        rounds::ours(&mut ours, filled.round(RECORDS)).await?;
        for peer in &mut peers {
            peer.round().await;
        }
    }
    let mut line = Line::new("milliseconds until the last record can be asked for", Unit::Millis, ours);
    line.peers = peers.into_iter().map(|peer| peer.cell).collect();
    line.targets = vec![
        Target::Beside(0, 0.01),
        Target::Beside(1, 0.2),
        Target::Fixed(1_500.0, "Subduction, quoted; Jazz 2.3 s, Evolu 2.5 s"),
    ];
    line.notes = vec![format!(
        "{RECORDS} records, one change each; ours went out as a device sends what had gathered"
    )];
    Ok(vec![line])
}

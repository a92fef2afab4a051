//! A fresh device, cold: from an empty store to records that can be asked for.

use super::Setting;
use super::made::firsts;
use crate::lived::{Lived, RECORDS};
use crate::peer::{self, PREPARATION, Server};
use crate::relay::Running;
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::stock::{Copied, Kept, Sent};
use crate::vault::{Member, Place, Vault, never_packing};
use anyhow::{Context as _, Result, ensure};
use std::time::Instant;

/// A vault at a relay, and a device of it that has seen nothing.
pub struct Filled {
    pub relay: Running,
    pub vault: Vault,
    pub fresh: Member,
    rounds: usize,
}

impl Filled {
    /// A vault in which nothing was made.
    pub async fn empty() -> Result<Self> {
        let relay = Running::start()?;
        let (mut vault, _) = Vault::found(&relay.url()).await?;
        let fresh = vault.join().await?;
        Ok(Self { relay, vault, fresh, rounds: 0 })
    }
    /// A copy of a kept vault at a relay of its own, with a device more.
    pub async fn of(kept: &Kept) -> Result<Self> {
        Self::joined(kept.copy(tempfile::tempdir()?, None)?).await
    }
    /// That device joins.
    pub async fn joined(copied: Copied) -> Result<Self> {
        let Copied { relay, mut vault, .. } = copied;
        let fresh = vault.join().await?;
        Ok(Self { relay, vault, fresh, rounds: 0 })
    }

    /// An empty store for the device that has seen nothing, as another round needs it.
    pub async fn settle(&mut self) -> Result<Place> {
        self.rounds += 1;
        let path = self.relay.folder().join(format!("fresh-{}.db", self.rounds));
        self.vault.settle(&self.fresh, &path).await
    }

    /// One round: milliseconds from opening the empty store until everything is here, durable, and can be asked for. The
    /// device packs nothing, or the next round would find another relay.
    pub async fn round(&mut self, things: usize) -> Result<f64> {
        let place = self.settle().await?;
        let key = place.key()?;
        let began = Instant::now();
        let mut device = place.open_with(key, never_packing()).await?;
        self.vault.connect(&mut device).await?;
        device.sync().await?;
        let first = device.list("habit").await?;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        let count = device.count().await?;
        ensure!(count == things, "{count} records instead of {things}, {} of them habits", first.len());
        device.driver.close().await?;
        std::fs::remove_file(place.path())?;
        Ok(took)
    }
}

/// A peer's server filled with the same life.
pub struct Beside {
    pub server: Server,
    /// Words of every client: port, file of changes, file of addresses.
    pub words: Vec<String>,
    pub cell: Cell,
    /// It holds a part only, so that what it takes is a lower bound.
    part: bool,
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
            Ok(None) => {
                cell.missing = Some(format!("it was not filled within {} s", PREPARATION.as_secs()));
            }
            Err(error) => cell.missing = Some(format!("{error:#}")),
        }
        Ok(Self { server, words: words.to_vec(), cell, part: false })
    }
    /// The same; where it cannot be filled in time, with the first `part` lines of the changes alone.
    async fn or_part(self, part: usize) -> Result<Self> {
        if self.cell.missing.is_none() {
            return Ok(self);
        }
        let Self { server, words, cell, .. } = self;
        let peer = server.peer;
        drop(server);
        let file = std::path::PathBuf::from(words.get(1).context("the file of changes")?);
        let fewer = file.with_extension(format!("{peer}-part"));
        let text = std::fs::read_to_string(&file)?;
        std::fs::write(&fewer, text.split_inclusive('\n').take(part).collect::<String>())?;
        let why = cell.missing.unwrap_or_default();
        let who = format!("{}: {why}; {part} of them took", cell.who);
        Ok(Self { part: true, ..Self::new(peer, &fewer, &who, cell.leaves_out).await? })
    }
    /// What it came to.
    fn cell(self) -> Cell {
        let bound = self.cell.figure().filter(|_| self.part);
        Cell { at_least: bound.or(self.cell.at_least), ..self.cell }
    }
    pub async fn round(&mut self) {
        rounds::theirs(&mut self.cell, "fresh", self.server.peer, &self.words, "ms").await;
    }
}

/// Documents of a peer that cannot be filled with all.
const PART: usize = 2_000;
/// The life of most rows, in the stock.
pub const STANDARD: &str = "standard";
pub const YJS: &str =
    "encryption, signatures, durability (its server keeps the document in memory, the client keeps nothing)";
pub const REPO: &str =
    "encryption, signatures, fsync (its server writes files without it, the client keeps nothing)";

/// Row: nothing compacted.
pub async fn fresh(setting: &Setting) -> Result<Vec<Line>> {
    let life = Lived::standard(setting.seed)?;
    let file = setting.stock.changes(STANDARD, &life)?;
    let kept = setting.stock.get(STANDARD, &life, Sent::Alone).await?;
    let mut filled = Filled::of(&kept).await?;
    let mut peers = [
        Beside::new("automerge-repo-60", &file, "automerge-repo, 60 documents", REPO).await?,
        Beside::new("y-websocket", &file, "y-websocket, one document", YJS).await?,
    ];
    let mut ours = Cell::new("life-os, native, every change an entry", "");
    for _ in setting.pace.rounds() {
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
    let kept = setting.stock.get("firsts", &life, Sent::Gathered).await?;
    let mut filled = Filled::of(&kept).await?;
    let mut peers = [
        Beside::new("automerge-repo-each", &file, "automerge-repo, a document each", REPO)
            .await?
            .or_part(PART)
            .await?,
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
    for _ in setting.pace.rounds() {
        rounds::ours(&mut ours, filled.round(RECORDS)).await?;
        for peer in &mut peers {
            peer.round().await;
        }
    }
    let mut line = Line::new("milliseconds until the last record can be asked for", Unit::Millis, ours);
    line.peers = peers.into_iter().map(Beside::cell).collect();
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

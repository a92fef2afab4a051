//! A fresh device at a relay that has packs alone: the first records, the whole history, and the bytes of both.
//!
//! Invariant: three rows are one measurement. A round opens an empty store once; the first records are those of the packs
//! of rows, written to the store and asked for; the history is there when every document is merged and stored.

use super::Setting;
use super::cold::{Beside, Filled, REPO, STANDARD, YJS};
use crate::lived::{Lived, RECORDS};
use crate::peer::figure;
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::stock::{Kept, Sent};
use crate::vault::{Device, never_packing};
use anyhow::{Context as _, Result, bail, ensure};
use engine::{DocKey, Notice};
use protocol::manifest::ManifestHeader;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;
use sync_server::store::{Page, Store};
use tests::proxy::Proxy;

/// What the rounds came to.
pub struct Measured {
    first: Cell,
    whole: Cell,
    bytes: Cell,
    /// Times, and bytes, of automerge-repo and of y-websocket.
    peers: [(Cell, Cell); 2],
}

/// Row: until the first records can be asked for.
pub async fn fresh(setting: &Setting) -> Result<Vec<Line>> {
    let measured = measured(setting).await?;
    let what = "milliseconds until 10,000 records can be asked for";
    let mut line = Line::new(what, Unit::Millis, measured.first.clone());
    line.peers = measured.peers.iter().map(|(time, _)| time.clone()).collect();
    line.targets = vec![
        Target::Beside(0, 1.0 / 20.0),
        Target::Beside(1, 1.0 / 7.0),
        Target::Fixed(160.0, "Subduction, quoted, native, one encrypted save a document"),
    ];
    line.notes = vec!["peers have nothing before they have everything; ours goes on with the history".into()];
    Ok(vec![line])
}

/// Row: until everything is here.
pub async fn history(setting: &Setting) -> Result<Vec<Line>> {
    let measured = measured(setting).await?;
    let mut line =
        Line::new("milliseconds until every change is here, stored", Unit::Millis, measured.whole.clone());
    line.peers = measured.peers.iter().map(|(time, _)| time.clone()).collect();
    line.targets = vec![Target::Beside(0, 1.0 / 3.0), Target::Beside(1, 1.0)];
    Ok(vec![line])
}

/// Row: what crossed the wire.
pub async fn bytes(setting: &Setting) -> Result<Vec<Line>> {
    let measured = measured(setting).await?;
    let mut line = Line::new("KiB that the fresh device was sent", Unit::Kib, measured.bytes.clone());
    line.peers = measured.peers.iter().map(|(_, bytes)| bytes.clone()).collect();
    line.targets = vec![Target::Beside(1, 0.30), Target::Beside(0, 0.85)];
    line.notes = vec!["HTTP and WebSocket framing included; padding and signatures in ours".into()];
    Ok(vec![line])
}

async fn measured(setting: &Setting) -> Result<Rc<Measured>> {
    let known = setting.packed.borrow().clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let life = Lived::standard(setting.seed)?;
    let file = setting.stock.changes(STANDARD, &life)?;
    let kept = setting.stock.get(STANDARD, &life, Sent::Compacted).await?;
    setting.pace.say("filling the peers");
    let mut peers = [
        Beside::new("automerge-repo-60", &file, "automerge-repo, 60 documents", REPO).await?,
        Beside::new("y-websocket", &file, "y-websocket, one document", YJS).await?,
    ];
    let mut bytes = [(); 2].map(|()| Cell::default());
    let cell = |who: &str| Cell::new(who, "");
    let mut ours = [
        cell("life-os, native, packs of rows"),
        cell("life-os, native, all packs"),
        cell("life-os, all packs"),
    ];
    let mut filled = Filled::of(&kept).await?;
    for _ in setting.pace.rounds() {
        let [first, whole, sent] = &mut ours;
        let mut took = None;
        rounds::ours(first, async {
            let (first, whole) = cold(&mut filled).await?;
            took = Some(whole);
            Ok(first)
        })
        .await?;
        whole.rounds.extend(took);
        sent.rounds.push(through_proxy(&kept).await?);
        for (peer, bytes) in peers.iter_mut().zip(&mut bytes) {
            let answer = rounds::answer(&mut peer.cell, "fresh", peer.server.peer, &peer.words, "ms").await;
            if let Some(answer) = answer {
                bytes.rounds.push(figure(&answer, "bytes")? / 1_024.0);
            }
        }
    }
    for (peer, bytes) in peers.iter().zip(&mut bytes) {
        *bytes = Cell { rounds: std::mem::take(&mut bytes.rounds), ..peer.cell.clone() };
        bytes.missing = bytes.missing.take().or(bytes.at_least.take().map(|_| "it was stopped".into()));
    }
    let [first, whole, sent] = ours;
    let mut pairs = peers.into_iter().map(|peer| peer.cell).zip(bytes);
    let (one, other) = (pairs.next().context("a peer")?, pairs.next().context("a peer")?);
    let measured = Rc::new(Measured { first, whole, bytes: sent, peers: [one, other] });
    *setting.packed.borrow_mut() = Some(measured.clone());
    Ok(measured)
}

/// One round: milliseconds until the records can be asked for, and until all is here.
async fn cold(filled: &mut Filled) -> Result<(f64, f64)> {
    let place = filled.settle().await?;
    let key = place.key()?;
    let began = Instant::now();
    let mut device = place.open_with(key, never_packing()).await?;
    filled.vault.connect(&mut device).await?;
    until_shown(&mut device, RECORDS).await?;
    let habits = device.list("habit").await?;
    let first = began.elapsed().as_secs_f64() * 1_000.0;
    // All of them are stored and not only announced.
    let begun = Instant::now();
    let count = device.count().await?;
    let asked = begun.elapsed();
    device.sync().await?;
    let whole = (began.elapsed().saturating_sub(asked)).as_secs_f64() * 1_000.0;
    ensure!(count == RECORDS, "{count} records instead of {RECORDS}, {} of them habits", habits.len());
    let pulled = device.driver.status().await?.pulled;
    ensure!(pulled == 0, "{pulled} entries came beside the packs");
    device.driver.close().await?;
    std::fs::remove_file(place.path())?;
    Ok((first, whole))
}

/// Runs the device until it has said of so many records what they are.
async fn until_shown(device: &mut Device, records: usize) -> Result<()> {
    let mut seen: BTreeSet<DocKey> = BTreeSet::new();
    while seen.len() < records {
        match device.driver.has_work() {
            true => device.driver.work().await?,
            false => device.driver.idle().await,
        }
        while let Some(notice) = device.driver.take_notice() {
            match notice {
                Notice::Changed(rows) => {
                    let things = rows.into_iter().map(|row| row.key).filter(|key| key.part.is_none());
                    seen.extend(things);
                }
                Notice::ManifestRefused { reason } => bail!("the manifest was refused: {reason}"),
                Notice::Trouble(error) => return Err(error.into()),
                Notice::Synced => {
                    ensure!(seen.len() >= records, "{} records after everything came", seen.len());
                }
                _ => {}
            }
        }
        if let Some(closed) = device.driver.take_closed() {
            bail!("the connection ended: {closed:?}");
        }
    }
    Ok(())
}

/// KiB from the relay to a device that begins, as they pass a proxy. It takes time, so nothing else is measured there.
async fn through_proxy(kept: &Kept) -> Result<f64> {
    let proxy = Proxy::new();
    let copied = kept.copy(tempfile::tempdir()?, Some(&proxy.url()))?;
    proxy.aim(u16::try_from(copied.relay.port())?);
    let mut filled = Filled::joined(copied).await?;
    let down = || proxy.recorded().iter().map(|record| record.down.len()).sum::<usize>();
    let before = down();
    let place = filled.settle().await?;
    let mut device = place.open_with(place.key()?, never_packing()).await?;
    filled.vault.connect(&mut device).await?;
    device.sync().await?;
    let sent = down() - before;
    device.driver.close().await?;
    Ok(f64::from(u32::try_from(sent)?) / 1_024.0)
}

/// Row: what a change takes at the relay.
pub async fn change_bytes(setting: &Setting) -> Result<Vec<Line>> {
    let life = Lived::standard(setting.seed)?;
    let changes = f64::from(u32::try_from(life.changes.len())?);
    let [alone, compacted] = [Sent::Alone, Sent::Compacted];
    let mut cells = Vec::new();
    for (sent, who) in [
        (compacted, "life-os, packs and manifest as sealed"),
        (compacted, "of those, packs of documents"),
        (alone, "life-os, the log before, an entry a change"),
    ] {
        let kept = setting.stock.get(STANDARD, &life, sent).await?;
        let store = kept.store().await?;
        let held = match (sent, cells.len()) {
            (Sent::Compacted, 0) => packs(store.as_ref(), &kept, 0).await,
            (Sent::Compacted, _) => packs(store.as_ref(), &kept, 1).await,
            _ => log(store.as_ref(), &kept).await,
        };
        store.close().await;
        let mut cell = Cell::new(who, "");
        cell.rounds.push(f64::from(u32::try_from(held?)?) / changes);
        cells.push(cell);
    }
    let mut cells = cells.into_iter();
    let mut line = Line::new("bytes a change", Unit::Bytes, cells.next().context("a cell")?);
    line.peers = cells.collect();
    line.targets = vec![Target::Fixed(25.0, "as asked for")];
    line.notes = vec![format!(
        "{changes} changes; one compaction, the log dropped; the pages of SQLite are not counted"
    )];
    Ok(vec![line])
}

/// Bytes of all packs in force: every one and the manifest, or every second, which are documents.
async fn packs(store: &dyn Store, kept: &Kept, first: usize) -> Result<usize> {
    let space = kept.vault().space();
    let held = store.manifest(&space).await?.context("a manifest")?;
    let header: ManifestHeader = protocol::codec::decode(&held.manifest.header)?;
    let mut sum = if first == 0 { held.manifest.header.len() + held.manifest.body.len() } else { 0 };
    // All packs of rows stand before all packs of documents.
    let skipped = first * header.packs.len() / 2;
    for pack in header.packs.iter().skip(skipped) {
        sum += store.pack(&space, &pack.hash).await?.context("a pack")?.len();
    }
    Ok(sum)
}

/// Bytes of all entries.
async fn log(store: &dyn Store, kept: &Kept) -> Result<usize> {
    let (mut cursor, mut sum) = (0, 0);
    loop {
        let page = Page { count: 4_096, bytes: 64 << 20 };
        let entries = store.entries(&kept.vault().space(), cursor, page).await?;
        if entries.is_empty() {
            return Ok(sum);
        }
        cursor += u64::try_from(entries.len())?;
        sum += entries.iter().map(protocol::SealedEntry::size).sum::<usize>();
    }
}

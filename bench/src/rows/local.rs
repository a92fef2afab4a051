//! On one device alone: opening a vault to its first screen, and one edit in the core as a browser runs it.

use super::Setting;
use crate::lived::Lived;
use crate::peer::{self, PREPARATION};
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::vault::{Device, Place, Vault};
use anyhow::{Result, bail, ensure};
use engine::{DocKey, Query, RecordId, Reply};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use life::day::{Asking, week_start};
use std::path::Path;
use std::time::Instant;

const AUTOMERGE: &str = "encryption, signatures, a history that says who";

/// Row: open, and everything of today. One year, ten years, and the same data loaded with automerge.
pub async fn reopen(setting: &Setting) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir()?;
    let mut lines = Vec::new();
    let mut one_year = None;
    for years in [1, 10] {
        let life = Lived::years(setting.seed, years)?;
        let place = lived(&life, &folder.path().join(format!("{years}.db"))).await?;
        let file = folder.path().join(format!("{years}.changes"));
        life.write(&file)?;
        let words = [file.display().to_string()];
        let mut ours = Cell::new(format!("life-os, native, {years} years"), "");
        let mut theirs = [
            ("automerge", Cell::new("@automerge/automerge, 60 documents, loaded and read", AUTOMERGE)),
            ("loro", Cell::new("loro-crdt, one document, imported and read", AUTOMERGE)),
        ];
        for (peer, cell) in &mut theirs {
            match peer::client("save", peer, &words, PREPARATION).await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let most = PREPARATION.as_secs();
                    cell.missing = Some(format!("the data could not be written within {most} s"));
                }
                Err(error) => cell.missing = Some(format!("{error:#}")),
            }
        }
        for _ in setting.pace.rounds() {
            rounds::ours(&mut ours, first_screen(&place, life.last_day()?)).await?;
            for (peer, cell) in &mut theirs {
                rounds::theirs(cell, "load", peer, &words, "ms").await;
            }
        }
        let mut line =
            Line::new(format!("open to everything of today, {years} years"), Unit::Millis, ours.clone());
        line.peers = theirs.into_iter().map(|(_, cell)| cell).collect();
        line.targets = vec![Target::Beside(0, 0.1)];
        line.notes = vec![format!(
            "{} changes, {} records, {} rows with logged days; the passphrase is no part of it",
            life.changes.len(),
            life.things,
            life.things + life.days
        )];
        if let Some(one) = one_year.replace(ours) {
            line.peers.push(one);
            line.targets.push(Target::Beside(2, 1.5));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// Lives a life on a device that has no relay.
pub async fn lived(life: &Lived, path: &Path) -> Result<Place> {
    let (mut vault, founder) = Vault::alone()?;
    let place = vault.settle(&founder, path).await?;
    let mut device = place.open(place.key()?).await?;
    device.edit_all(life.changes.iter()).await?;
    device.driver.close().await?;
    Ok(place)
}

/// Opens the store and asks what the first screen asks, by the very questions that `core-wasm` asks for `Today`.
pub async fn first_screen(place: &Place, date: Date) -> Result<f64> {
    let key = place.key()?;
    let began = Instant::now();
    let mut device = place.open(key).await?;
    let profile = rows(&mut device, vec![DocKey::thing("profile", RecordId::singleton("profile"))]).await?;
    let mut asking = Asking::new(date, week_start(profile.first()), TimeZone::UTC);
    while let Some(question) = asking.question() {
        asking.answer(device.driver.ask(question).await?)?;
    }
    let day = asking.day();
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    ensure!(!day.habits.is_empty(), "nothing is shown");
    device.driver.close().await?;
    Ok(took)
}

async fn rows(device: &mut Device, keys: Vec<DocKey>) -> Result<Vec<engine::Row>> {
    match device.driver.ask(Query::Get(keys)).await? {
        Reply::Rows(rows) => Ok(rows.into_iter().flatten().collect()),
        other => bail!("not rows: {other:?}"),
    }
}

/// Row: one edit in the core, WASM, to bytes ready for the store.
pub async fn edit(setting: &Setting) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("changes");
    Lived::part(setting.seed, 4_000)?.write(&file)?;
    let words = [file.display().to_string()];
    let mut ours = Cell::new("life-os, core as WASM in Node, sealed for the store", "");
    let mut cells = [
        ("automerge", Cell::new("@automerge/automerge: change and its bytes", AUTOMERGE)),
        ("loro", Cell::new("loro-crdt: commit and its bytes", AUTOMERGE)),
    ];
    for _ in setting.pace.rounds() {
        rounds::theirs(&mut ours, "edit", "core", &words, "us").await;
        for (peer, cell) in &mut cells {
            rounds::theirs(cell, "edit", peer, &words, "us").await;
        }
    }
    let mut line = Line::new("one edit to bytes ready for the store, p50 of a round", Unit::Micros, ours);
    line.peers = cells.into_iter().map(|(_, cell)| cell).collect();
    line.targets = vec![Target::Beside(0, 0.45)];
    line.notes = vec![
        "a title of a record with some history, made offline: ours is change, row and queue item, each sealed; \
         sealing for the relay comes with the sync"
            .into(),
    ];
    Ok(vec![line])
}

//! A browser's tab with somebody's whole vault: what its renderer takes, as the kernel counts it.
//!
//! Invariant: what is measured is the app that people open, served by the relay, in a profile of its own. It joins by the
//! phrase, and nothing counts before every document has come and been verified. `tests/browser/memory.mjs` drives the browser.

use super::Setting;
use super::search::titles;
use crate::lived::Lived;
use crate::peer::figure;
use crate::report::{Cell, Line, Target, Unit};
use crate::stock::{Kept, Sent};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tests::proxy::Proxy;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Years of the vault.
const YEARS: usize = 10;
/// Memory varies little, and a round takes minutes.
const ROUNDS: usize = 3;
/// A round that takes longer is stopped.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// Records whose titles are searched for, and the first letters of those.
const SEARCHED: usize = 10;
/// Above a blank page, in millions of bytes.
const MOST: f64 = 150.0;
/// Where Chromium is, unless `CHROMIUM` says otherwise.
const CHROMIUM: &str = "/usr/bin/chromium";

/// How the vault is unlocked. A passphrase is stretched in 64 MiB of the core's memory, which WASM never gives back.
const WAYS: [&str; 2] = ["passkey", "passphrase"];

/// What is measured, in the order in which it is shown: how it is called, and where it stands in what the round says.
const MOMENTS: [(&str, &str); 4] = [
    ("life-os, opened again, every screen looked at, searched", "/again/pss"),
    ("life-os, at rest after the first sync", "/first/pss"),
    ("life-os, the most during the first sync", "/peak"),
    ("the same browser, a blank page", "/blank/pss"),
];

/// Row: a fresh profile joins the vault, is opened again, and searches.
pub async fn tab(setting: &Setting) -> Result<Vec<Line>> {
    if let Some(missing) = missing() {
        return Ok(vec![unmeasured(&missing)]);
    }
    let life = Lived::years(setting.seed, YEARS)?;
    setting.pace.say(&format!("making {} changes of {YEARS} years", life.changes.len()));
    let kept = setting.stock.get("years", &life, Sent::Packed).await?;
    let mut rounds = WAYS.map(|_| Vec::new());
    for _ in setting.pace.rounds().take(ROUNDS) {
        for (way, rounds) in WAYS.iter().zip(&mut rounds) {
            rounds.push(round(&kept, &life, way).await?);
        }
    }
    let lines = WAYS.iter().zip(&rounds).map(|(way, rounds)| lines(&life, way, rounds));
    Ok(lines.collect::<Result<Vec<_>>>()?.concat())
}

/// What this row needs and this machine has not, with what brings it.
fn missing() -> Option<String> {
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from(CHROMIUM), PathBuf::from);
    let needs = [
        (chromium, "apt-get install chromium, or say where it is in CHROMIUM"),
        (root().join("web/dist/index.html"), "./dev web"),
        (root().join("web/node_modules/playwright-core/package.json"), "./dev web"),
    ];
    let lacks = needs.iter().filter(|(path, _)| !path.exists());
    let lacks: Vec<_> = lacks.map(|(path, how)| format!("{} is missing: {how}", path.display())).collect();
    (!lacks.is_empty()).then(|| format!("not measured: {}", lacks.join("; ")))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// One fresh profile; what `memory.mjs` says of it, in bytes and milliseconds.
async fn round(kept: &Kept, life: &Lived, way: &str) -> Result<Value> {
    // A passkey belongs to a name, and the relay has to be told its address before it has one.
    let proxy = Proxy::new();
    let url = proxy.url().replace("127.0.0.1", "localhost");
    let relay = kept.serving(&url, &root().join("web/dist"))?;
    proxy.aim(u16::try_from(relay.port())?);
    let titles = titles(life).into_iter().take(SEARCHED);
    let searched = titles.flat_map(|title| [title.chars().take(3).collect(), title]);
    let mut command = Command::new("node");
    command.arg(root().join("tests/browser/memory.mjs")).args([&url, way]).args(searched);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("node")?;
    let mut input = child.stdin.take().context("its standard input")?;
    input.write_all(kept.vault().words().as_bytes()).await?;
    drop(input);
    let done = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let done = done.with_context(|| format!("it was stopped after {} s", PATIENCE.as_secs()))??;
    let said = String::from_utf8_lossy(&done.stdout);
    let Some(line) = said.lines().last().filter(|_| done.status.success()) else {
        bail!("tests/browser/memory.mjs failed: {}", done.status)
    };
    let seen: Value = serde_json::from_str(line)?;
    let documents = figure(&seen, "documents")?;
    let all = f64::from(u32::try_from(life.documents)?);
    ensure!(documents >= all, "{documents} documents came instead of {all}");
    Ok(seen)
}

/// Bytes somewhere in what a round said, in millions.
fn millions(seen: &Value, place: &str) -> Result<f64> {
    let bytes = seen.pointer(place).and_then(Value::as_f64);
    Ok(bytes.with_context(|| format!("no {place} in {seen}"))? / 1e6)
}

fn lines(life: &Lived, way: &str, rounds: &[Value]) -> Result<Vec<Line>> {
    let mut cells = MOMENTS.map(|(who, _)| Cell::new(who, ""));
    let mut above = MOMENTS.map(|(who, _)| Cell::new(who, ""));
    for seen in rounds {
        let blank = millions(seen, "/blank/pss")?;
        for ((cell, above), (_, place)) in cells.iter_mut().zip(&mut above).zip(MOMENTS) {
            let took = millions(seen, place)?;
            cell.rounds.push(took);
            above.rounds.push(took - blank);
        }
    }
    let [again, first, peak, blank] = cells;
    let mut whole = Line::new(format!("all of the tab's renderer (PSS), {way}"), Unit::Mb, again);
    whole.peers = vec![first, peak, blank];
    whole.notes = rounds.iter().map(told).collect::<Result<_>>()?;
    let [again, first, peak, _] = above;
    let what =
        format!("the tab's renderer (PSS) above a blank page, unlocked by {way}, opened again and searched");
    let mut over = Line::new(what, Unit::Mb, again);
    over.targets = vec![Target::Fixed(MOST, "as asked for")];
    over.notes = vec![format!(
        "{} changes, {} records, {} days logged, {} documents; at most {ROUNDS} rounds, each with a fresh profile",
        life.changes.len(),
        life.things,
        life.days,
        life.documents
    )];
    let mut synced = Line::new(format!("the same by {way}, at rest after the first sync"), Unit::Mb, first);
    synced.peers = vec![peak];
    synced.targets = vec![Target::Fixed(MOST, "as asked for")];
    Ok(vec![over, synced, whole])
}

/// Where the memory of a round went.
fn told(seen: &Value) -> Result<String> {
    let of = |moment: &str, part: &str| millions(seen, &format!("/{moment}/{part}"));
    let parts = |moment: &str| -> Result<String> {
        let (page, workers, wasm) = (of(moment, "page")?, of(moment, "workers")?, of(moment, "wasm")?);
        Ok(format!("JavaScript {page:.1} MB in the page, {workers:.1} in the worker, WASM {wasm:.1}"))
    };
    Ok(format!(
        "a round: after the first sync {}; opened again {}; in step and indexed after {:.0} s",
        parts("first")?,
        parts("again")?,
        figure(seen, "joined")? / 1e3
    ))
}

/// The row without its figures, and why.
fn unmeasured(why: &str) -> Line {
    let cell = Cell { missing: Some(why.to_owned()), ..Cell::new("life-os", "") };
    let mut line = Line::new("the tab's renderer (PSS) above a blank page", Unit::Mb, cell);
    line.targets = vec![Target::Fixed(MOST, "as asked for")];
    line
}

#[cfg(test)]
mod tests_of_the_tab {
    use super::*;
    use serde_json::json;

    fn seen(blank: u64, again: u64) -> Value {
        let parts = |pss: u64| json!({ "pss": pss, "page": 0, "workers": 0, "wasm": 0 });
        json!({
            "blank": parts(blank), "first": parts(300_000_000), "again": parts(again), "peak": 400_000_000,
            "joined": 1_000.0,
        })
    }

    #[test]
    fn what_a_tab_takes_is_counted_above_the_blank_page_of_its_own_round() {
        let life = Lived::part(1, 10).expect("a life");
        let rounds =
            [seen(40_000_000, 150_000_000), seen(60_000_000, 200_000_000), seen(50_000_000, 170_000_000)];
        let lines = lines(&life, "passkey", &rounds).expect("lines");
        assert_eq!(lines.first().expect("a line").ours.rounds, [110.0, 140.0, 120.0]);
        assert_eq!(lines.get(1).expect("a line").ours.rounds, [260.0, 240.0, 250.0]);
    }

    #[test]
    fn a_row_that_cannot_be_measured_says_why_and_decides_nothing() {
        let line = unmeasured("not measured: /nowhere is missing");
        assert!(line.text().contains("/nowhere is missing"), "{}", line.text());
        assert!(line.markdown().contains("not decided"), "{}", line.markdown());
    }
}

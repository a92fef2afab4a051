//! Nothing quadratic: what sixteen times as much costs.

use super::Setting;
use super::cold::Filled;
use super::local::{first_screen, lived};
use crate::lived::Lived;
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::stock::Sent;
use anyhow::{Context as _, Result};
use engine::Edit;
use std::time::Instant;

/// Changes at 1x.
pub const ONE: usize = 2_500;
/// Its lives, in the stock.
pub const PART: &str = "part";
/// Sixteen times as much may take this many times as long: a quarter is for caches that no longer fit.
pub const STRAIGHT: f64 = 16.0 * 1.25;
/// What one change costs may grow so much.
const LEVEL: f64 = 1.5;

/// Row: open, sync and commit at 1x, 4x and 16x.
pub async fn growth(setting: &Setting) -> Result<Vec<Line>> {
    let mut cells = [Vec::new(), Vec::new(), Vec::new()];
    for times in [1, 4, 16] {
        let life = Lived::part(setting.seed, ONE * times)?;
        let mut these = [(); 3].map(|()| Cell::new(format!("life-os at {times}x"), ""));
        let [open, sync, commit] = &mut these;
        let folder = tempfile::tempdir()?;
        let place = lived(&life, &folder.path().join("store.db")).await?;
        let kept = setting.stock.get(PART, &life, Sent::Alone).await?;
        let mut filled = Filled::of(&kept).await?;
        for _ in setting.pace.rounds() {
            rounds::ours(open, first_screen(&place, life.last_day()?)).await?;
            rounds::ours(sync, filled.round(life.things)).await?;
            rounds::ours(commit, one_commit(&place, &life)).await?;
        }
        cells.iter_mut().zip(these).for_each(|(cells, cell)| cells.push(cell));
    }
    let [open, sync, commit] = cells;
    Ok(vec![
        grown("open to everything of today", open, STRAIGHT)?,
        grown("a fresh device, nothing compacted", sync, STRAIGHT)?,
        grown("one change made durable (p50 of 100)", commit, LEVEL)?,
    ])
}

/// A line of cells at 1x, 4x and 16x: the last beside the others, at most so many times the first.
pub fn grown(what: &str, cells: Vec<Cell>, most: f64) -> Result<Line> {
    let mut cells = cells.into_iter();
    let (one, four, sixteen) = (cells.next(), cells.next(), cells.next());
    let mut line = Line::new(what, Unit::Millis, sixteen.context("16x")?);
    line.peers = vec![one.context("1x")?, four.context("4x")?];
    line.targets = vec![Target::Beside(0, most)];
    line.notes = vec![format!("1x is {ONE} changes of a life")];
    Ok(line)
}

/// The middle of a hundred changes, each durable before the next.
async fn one_commit(place: &crate::vault::Place, life: &Lived) -> Result<f64> {
    let mut device = place.open(place.key()?).await?;
    let again = life.changes.iter().filter(|change| change.edit.key.part.is_some()).take(100);
    let mut times = Vec::new();
    for change in again {
        let began = Instant::now();
        device.edit(Edit { time: Some(change.now), ..change.edit.clone() }).await?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    device.driver.close().await?;
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("changes of logs")
}

//! Compaction: what it costs a device to pack everything it has, once.

use super::Setting;
use super::growth::{ONE, PART, STRAIGHT, grown};
use crate::lived::Lived;
use crate::report::{Cell, Line};
use crate::rounds;
use crate::stock::{Copied, Kept, Sent, pack};
use crate::vault::never_packing;
use anyhow::Result;
use std::time::Instant;

/// Row: nothing was packed before, at 1x, 4x and 16x.
pub async fn compaction(setting: &Setting) -> Result<Vec<Line>> {
    let (mut cells, mut kept) = (Vec::new(), Vec::new());
    for times in [1, 4, 16] {
        let life = Lived::part(setting.seed, ONE * times)?;
        kept.push(setting.stock.get(PART, &life, Sent::Alone).await?);
        cells.push(Cell::new(format!("life-os at {times}x"), ""));
    }
    for _ in setting.pace.rounds() {
        for (cell, kept) in cells.iter_mut().zip(&kept) {
            rounds::ours(cell, whole(kept)).await?;
        }
    }
    let mut line = grown("milliseconds from the command until the manifest is in force", cells, STRAIGHT)?;
    line.notes
        .push("native, to the relay's program and back; the log stays as long as the relay keeps it".into());
    Ok(vec![line])
}

async fn whole(kept: &Kept) -> Result<f64> {
    let Copied { relay: _running, vault, founder } = kept.copy(tempfile::tempdir()?, None)?;
    let mut device = founder.open_with(founder.key()?, never_packing()).await?;
    vault.connect(&mut device).await?;
    device.sync().await?;
    let began = Instant::now();
    pack(&mut device).await?;
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    device.driver.close().await?;
    Ok(took)
}

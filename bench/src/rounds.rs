//! Rounds, interleaved: one of ours, one of each peer, and again.

use crate::peer::{self, PATIENCE};
use crate::report::Cell;
use anyhow::Result;
use std::future::Future;

/// A round of ours in milliseconds (or whatever the row counts); it is stopped when it takes too long.
pub async fn ours(cell: &mut Cell, round: impl Future<Output = Result<f64>>) -> Result<()> {
    if cell.at_least.is_some() {
        return Ok(());
    }
    match tokio::time::timeout(PATIENCE, round).await {
        Ok(figure) => cell.rounds.push(figure?),
        Err(_) => stopped(cell),
    }
    Ok(())
}

/// A round of a peer's: a client, and the name of its figure. A peer that fails is shown with its failure.
pub async fn theirs(cell: &mut Cell, task: &str, peer: &str, words: &[String], name: &str) {
    if cell.at_least.is_some() || cell.missing.is_some() {
        return;
    }
    match peer::client(task, peer, words, PATIENCE).await {
        Ok(None) => stopped(cell),
        Ok(Some(answer)) => match peer::figure(&answer, name) {
            Ok(figure) => cell.rounds.push(figure),
            Err(error) => cell.missing = Some(format!("{error:#}")),
        },
        Err(error) => cell.missing = Some(format!("{error:#}")),
    }
}

/// In a row whose figures are times. What came before stays out: the cell is slower than that.
fn stopped(cell: &mut Cell) {
    cell.at_least = Some(PATIENCE.as_secs_f64() * 1_000.0);
}

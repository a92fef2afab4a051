//! Rounds, interleaved: one of ours, one of each peer, and again; and when there are no more of them.
//!
//! Invariant: whoever is measured gets one round. After that none is begun when the row has had its share of the time, nor of
//! a cell that took its own; what was left out shows in the cell, which says how many rounds it had.

use crate::peer::{self, PATIENCE};
use crate::report::Cell;
use anyhow::Result;
use std::cell::{Cell as Holds, RefCell};
use std::future::Future;
use std::time::{Duration, Instant};

/// Rounds of one cell take no longer than this together, if the first alone does not.
const CELL: Duration = Duration::from_secs(75);

/// How many rounds a row has, and until when; and where it stands, for whoever watches.
pub struct Pace {
    wanted: usize,
    began: Instant,
    row: RefCell<String>,
    until: Holds<Instant>,
}

impl Pace {
    /// So many rounds a row.
    pub fn new(wanted: usize) -> Self {
        let now = Instant::now();
        Self { wanted, began: now, row: RefCell::default(), until: Holds::new(now) }
    }
    /// A row begins, and should be over after `share`.
    pub fn begin(&self, row: &str, share: Duration) {
        row.clone_into(&mut self.row.borrow_mut());
        self.until.set(Instant::now() + share);
        self.say(&format!("begins, {} s are its share", share.as_secs()));
    }
    /// Numbers of the rounds, from 0, until there is no time for more.
    pub fn rounds(&self) -> impl Iterator<Item = usize> {
        (0..self.wanted).take_while(|round| {
            let more = *round == 0 || Instant::now() < self.until.get();
            self.say(&match more {
                true => format!("round {} of {}", round + 1, self.wanted),
                false => format!("no time for round {}", round + 1),
            });
            more
        })
    }
    /// Tells who watches.
    pub fn say(&self, what: &str) {
        eprintln!("[{:>5.0} s] {}: {what}", self.began.elapsed().as_secs_f64(), self.row.borrow());
    }
}

/// A round of ours in milliseconds (or whatever the row counts); it is stopped when it takes too long.
pub async fn ours(cell: &mut Cell, round: impl Future<Output = Result<f64>>) -> Result<()> {
    if is_over(cell) {
        return Ok(());
    }
    let began = Instant::now();
    match tokio::time::timeout(PATIENCE, round).await {
        Ok(figure) => cell.rounds.push(figure?),
        Err(_) => stopped(cell),
    }
    spent(cell, began);
    Ok(())
}

/// A round of a peer's: a client, and the name of its figure. A peer that fails is shown with its failure.
pub async fn theirs(cell: &mut Cell, task: &str, peer: &str, words: &[String], name: &str) {
    let _all = answer(cell, task, peer, words, name).await;
}

/// The same; all that the client said.
pub async fn answer(
    cell: &mut Cell,
    task: &str,
    peer: &str,
    words: &[String],
    name: &str,
) -> Option<serde_json::Value> {
    if is_over(cell) {
        return None;
    }
    let began = Instant::now();
    let mut said = None;
    match peer::client(task, peer, words, PATIENCE).await {
        Ok(None) => stopped(cell),
        Ok(Some(answer)) => match peer::figure(&answer, name) {
            Ok(figure) => {
                cell.rounds.push(figure);
                said = Some(answer);
            }
            Err(error) => cell.missing = Some(format!("{error:#}")),
        },
        Err(error) => cell.missing = Some(format!("{error:#}")),
    }
    spent(cell, began);
    said
}

/// Whether no other round of it is begun.
fn is_over(cell: &Cell) -> bool {
    let mean = cell.spent / u32::try_from(cell.rounds.len().max(1)).unwrap_or(1);
    cell.at_least.is_some() || cell.missing.is_some() || cell.spent + mean > CELL
}

fn spent(cell: &mut Cell, began: Instant) {
    cell.spent += began.elapsed();
    eprintln!("          {}: {:.1} s", cell.who, began.elapsed().as_secs_f64());
}

/// In a row whose figures are times. What came before stays out: the cell is slower than that.
fn stopped(cell: &mut Cell) {
    cell.at_least = Some(PATIENCE.as_secs_f64() * 1_000.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_has_had_its_share_still_has_one_round() {
        let pace = Pace::new(3);
        pace.begin("late", Duration::ZERO);
        assert_eq!(pace.rounds().count(), 1);
        pace.begin("early", Duration::from_secs(600));
        assert_eq!(pace.rounds().count(), 3);
    }

    #[test]
    fn a_cell_begins_no_round_that_would_take_it_past_its_time() {
        let cell = |rounds: usize, seconds| Cell {
            rounds: vec![1.0; rounds],
            spent: Duration::from_secs(seconds),
            ..Cell::default()
        };
        assert!(!is_over(&cell(0, 0)));
        assert!(!is_over(&cell(4, 59)));
        assert!(is_over(&cell(1, 40)), "the second would end after 80 s");
    }
}

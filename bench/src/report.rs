//! What a row found, as it is printed and as it is written.
//!
//! Invariant: a figure is a median of rounds with its spread, or says that it is a lower bound, or is absent with the
//! reason. Nothing is left out because it is lost.

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// What a figure counts, and which end of it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds; less is better.
    Millis,
    /// Microseconds; less is better.
    Micros,
    /// So many in a second; more is better.
    PerSecond,
    /// KiB; less is better.
    Kib,
    /// Bytes; less is better.
    Bytes,
    /// Millions of bytes; less is better.
    Mb,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Millis => "ms",
            Self::Micros => "µs",
            Self::PerSecond => "/s",
            Self::Kib => "KiB",
            Self::Bytes => "bytes",
            Self::Mb => "MB",
        }
    }
    fn more_is_better(self) -> bool {
        self == Self::PerSecond
    }
}

/// Rounds of a cell, unless somebody asks for others; one that had fewer says so.
pub const ROUNDS: usize = 5;

/// What one side of a row measured.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Who, and how.
    pub who: String,
    /// A figure a round.
    pub rounds: Vec<f64>,
    /// It was stopped: the figure is at least this (a time), and no round came to its end.
    pub at_least: Option<f64>,
    /// Why there is no figure.
    pub missing: Option<String>,
    /// What it does not do that we do.
    pub leaves_out: &'static str,
    /// How long its rounds took together, with what is not measured of them.
    pub spent: Duration,
}

impl Cell {
    /// A cell without figures yet.
    pub fn new(who: impl Into<String>, leaves_out: &'static str) -> Self {
        Self { who: who.into(), leaves_out, ..Self::default() }
    }
    /// The middle one, or the bound.
    pub fn figure(&self) -> Option<f64> {
        if self.at_least.is_some() {
            return self.at_least;
        }
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted.get(sorted.len().saturating_sub(1) / 2)?, sorted.get(sorted.len() / 2)?);
        Some(f64::midpoint(*low, *high))
    }
    fn spread(&self) -> Option<(f64, f64)> {
        let low = self.rounds.iter().copied().min_by(f64::total_cmp)?;
        Some((low, self.rounds.iter().copied().max_by(f64::total_cmp)?))
    }
    fn shown(&self, unit: Unit) -> String {
        if let Some(why) = &self.missing {
            return why.clone();
        }
        match (self.figure(), self.spread(), self.at_least) {
            (Some(bound), _, Some(_)) => format!("> {}", number(bound, unit)),
            (Some(middle), Some((low, high)), None) => {
                let few = match self.rounds.len() {
                    ROUNDS.. => String::new(),
                    1 => "; 1 round".to_owned(),
                    few => format!("; {few} rounds"),
                };
                format!("{} ({} .. {}{few})", number(middle, unit), number(low, unit), number(high, unit))
            }
            _ => "no figure".into(),
        }
    }
    fn json(&self) -> Value {
        let (low, high) = self.spread().unzip();
        json!({
            "who": self.who, "median": self.figure(), "min": low, "max": high, "rounds": self.rounds,
            "lower_bound": self.at_least.is_some(), "missing": self.missing, "leaves_out": self.leaves_out,
        })
    }
}

fn number(value: f64, unit: Unit) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$} {}", unit.name())
}

/// What is to be reached.
#[derive(Debug, Clone)]
pub enum Target {
    /// Ours, at most this many times the cell of the peer with this number; for rates at least so many times.
    Beside(usize, f64),
    /// Ours, at most this; for rates at least.
    Fixed(f64, &'static str),
}

/// One measured table line.
#[derive(Debug, Clone)]
pub struct Line {
    /// What was measured.
    pub what: String,
    /// In what.
    pub unit: Unit,
    /// Ours.
    pub ours: Cell,
    /// Theirs.
    pub peers: Vec<Cell>,
    /// What is to be reached.
    pub targets: Vec<Target>,
    /// What has to be known to read it.
    pub notes: Vec<String>,
}

impl Line {
    /// A line without peers yet.
    pub fn new(what: impl Into<String>, unit: Unit, ours: Cell) -> Self {
        Self { what: what.into(), unit, ours, peers: Vec::new(), targets: Vec::new(), notes: Vec::new() }
    }

    /// The target in words, the ratio that counts for it, and whether it is met.
    fn judged(&self) -> Vec<(String, Option<f64>, Option<bool>)> {
        self.targets.iter().map(|target| self.judge(target)).collect()
    }

    fn judge(&self, target: &Target) -> (String, Option<f64>, Option<bool>) {
        let more = self.unit.more_is_better();
        let word = if more { "at least" } else { "at most" };
        match target {
            Target::Fixed(limit, why) => {
                let met = self.ours.figure().map(|ours| if more { ours >= *limit } else { ours <= *limit });
                (format!("{word} {} ({why})", number(*limit, self.unit)), None, met)
            }
            Target::Beside(peer, factor) => {
                let Some(peer) = self.peers.get(*peer) else { return ("no such peer".into(), None, None) };
                let text = format!("{word} {factor:.3} of {}", peer.who);
                let ratio = self.ours.figure().zip(peer.figure()).map(|(ours, theirs)| ours / theirs);
                let holds = ratio.map(|ratio| if more { ratio >= *factor } else { ratio <= *factor });
                // A peer that was stopped would have taken longer: that can only confirm.
                let met = holds.filter(|holds| peer.at_least.is_none() || *holds);
                (text, ratio, met.filter(|met| self.ours.at_least.is_none() || !*met))
            }
        }
    }

    /// As it is printed.
    pub fn text(&self) -> String {
        let mut out = format!("  {}\n", self.what);
        let mut row = |cell: &Cell, ratio: Option<f64>| {
            let ratio = ratio.map(|ratio| format!("  [ours / this: {ratio:.3}]")).unwrap_or_default();
            let _ = writeln!(out, "    {:<44} {}{ratio}", cell.who, cell.shown(self.unit));
            if !cell.leaves_out.is_empty() {
                let _ = writeln!(out, "      leaves out: {}", cell.leaves_out);
            }
        };
        row(&self.ours, None);
        for peer in &self.peers {
            row(peer, self.ours.figure().zip(peer.figure()).map(|(ours, theirs)| ours / theirs));
        }
        for (target, _, met) in self.judged() {
            let _ = writeln!(out, "    target {target}: {}", verdict(met));
        }
        for note in &self.notes {
            let _ = writeln!(out, "    note: {note}");
        }
        out
    }

    /// As rows of a table for people: what, ours, peer, theirs, ratio; then the targets.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let ours = self.ours.shown(self.unit);
        let _ = writeln!(out, "| {} | {} | {ours} | | |", self.what, self.ours.who);
        for peer in &self.peers {
            let ratio = self.ours.figure().zip(peer.figure()).map(|(ours, theirs)| ours / theirs);
            let ratio = ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
            let _ = writeln!(out, "| | {} | {} | {ratio} | |", peer.who, peer.shown(self.unit));
        }
        for (target, _, met) in self.judged() {
            let _ = writeln!(out, "| | target: {target} | | | {} |", verdict(met));
        }
        out
    }

    /// As it is written.
    pub fn json(&self) -> Value {
        let targets: Vec<Value> = self
            .judged()
            .iter()
            .map(|(text, ratio, met)| json!({ "target": text, "ratio": ratio, "met": met }))
            .collect();
        json!({
            "what": self.what, "unit": self.unit.name(), "ours": self.ours.json(),
            "peers": self.peers.iter().map(Cell::json).collect::<Vec<_>>(),
            "targets": targets, "notes": self.notes,
        })
    }
}

fn verdict(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "not decided",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(rounds: &[f64]) -> Cell {
        Cell { rounds: rounds.to_vec(), ..Cell::new("somebody", "") }
    }

    #[test]
    fn the_figure_is_the_middle_of_the_rounds() {
        assert_eq!(cell(&[3.0, 1.0, 2.0]).figure(), Some(2.0));
        assert_eq!(cell(&[4.0, 1.0]).figure(), Some(2.5));
        assert_eq!(cell(&[]).figure(), None);
    }

    #[test]
    fn a_peer_that_was_stopped_can_confirm_a_target_and_not_refute_it() {
        let mut line = Line::new("a", Unit::Millis, cell(&[10.0]));
        line.peers.push(Cell { at_least: Some(60.0), ..cell(&[]) });
        line.targets = vec![Target::Beside(0, 0.5), Target::Beside(0, 0.1)];
        let met: Vec<_> = line.judged().into_iter().map(|(_, _, met)| met).collect();
        assert_eq!(met, [Some(true), None]);
    }

    #[test]
    fn of_rates_more_is_better() {
        let mut line = Line::new("a", Unit::PerSecond, cell(&[10.0]));
        line.peers.push(cell(&[4.0]));
        line.targets = vec![Target::Beside(0, 2.0), Target::Fixed(11.0, "so said")];
        let met: Vec<_> = line.judged().into_iter().map(|(_, _, met)| met).collect();
        assert_eq!(met, [Some(true), Some(false)]);
    }
}

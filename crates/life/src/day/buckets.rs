//! The buckets of the read model that a day is made of, so that opening one reads what it shows and not what was.
//!
//! No format: who changes what stands where raises the version of the engine's read model, which is made anew then.

use super::{date_of, shown, text};
use engine::{Buckets, Row};
use jiff::civil::Date;

/// Habits, but for archived ones; by their creation.
pub(super) const HABITS: &str = "shown";
/// Open tasks by due date.
pub(super) const DUE: &str = "due";
/// Open tasks without a due date, by their creation.
pub(super) const UNDATED: &str = "undated";
/// Seasons without an end, and such as last too long for a bucket a year; by their start.
pub(super) const LASTING: &str = "lasting";
/// Years of a season that stands in a bucket for each.
const SEASON_YEARS: i16 = 3;

/// Tasks finished on a day, by their creation.
pub(super) fn finished(date: Date) -> String {
    format!("finished {date}")
}

/// Seasons of a year, by their start.
pub(super) fn seasons_of(year: i16) -> String {
    format!("year {year}")
}

/// The buckets that a row stands in.
pub(crate) fn buckets(row: &Row) -> Buckets {
    if !shown(row) || row.key.part.is_some() {
        return Buckets::new();
    }
    match row.key.kind.as_str() {
        "habit" => Buckets::from([(HABITS.to_owned(), created(row))]),
        "task" => task(row),
        "season" => season(row),
        _ => Buckets::new(),
    }
}

/// Milliseconds since 1970, as a text that sorts as the number does.
fn created(row: &Row) -> String {
    format!("{:020}", row.created.max(0))
}

fn task(row: &Row) -> Buckets {
    let place = match (text(row, "status"), date_of(row, "due")) {
        (Some("completed"), _) => date_of(row, "completed_on").map(|day| (finished(day), created(row))),
        (Some("cancelled"), _) => None,
        (_, Some(due)) => Some((DUE.to_owned(), due.to_string())),
        (_, None) => Some((UNDATED.to_owned(), created(row))),
    };
    place.into_iter().collect()
}

fn season(row: &Row) -> Buckets {
    let Some(start) = date_of(row, "start") else { return Buckets::new() };
    let place = |name: String| (name, start.to_string());
    let last = date_of(row, "end").map(|end| end.year());
    match last.filter(|last| last.saturating_sub(start.year()) < SEASON_YEARS) {
        Some(last) => (start.year()..=last).map(|year| place(seasons_of(year))).collect(),
        None => Buckets::from([place(LASTING.to_owned())]),
    }
}

//! Tasks that come again. An instance is the task on one date of its rule; it is named by that date and exists nowhere
//! until something happens to it. What happens is a row of the task's log under that date, so two devices never make two
//! instances of one date, and one that completes it and another that moves it both have their way.
//!
//! A series begins at the task's `due` date and follows `rrule`. From a date of `later_rules` on it follows that rule
//! instead, counted from there, or ends; dates before keep what they had. `later_times` does the same to `due_time`.

use crate::civil;
use crate::error::FieldError;
use crate::reading::{by_date, date, text};
use crate::rows::{self, StreamRow};
use crate::when::When;
use engine::{DocKey, Row};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

mod rule;
mod write;

pub use rule::Recurrence;
pub(crate) use rule::recurrence;
pub use write::{Step, from_here_on, log_instance};

/// The record type of what became of the dates.
pub const TASK_LOG: &str = "task_log";
/// Dates that were missed longer ago are not counted any more, in days.
const MISSED_DAYS: i32 = 31;
/// A date that is moved further than so many days is not looked for where it was moved to.
pub const MOVED_DAYS: i32 = 62;

/// One date of a task that comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The date that the rule gives: its name, which a move does not change.
    pub date: Date,
    /// The day on which it is to be done.
    pub on: Date,
    /// The time of that day, if the task has one.
    pub time: Option<Time>,
    /// What became of it.
    pub state: InstanceState,
}

/// What became of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    /// Nothing yet.
    Open,
    /// It was done, on this day if that is known.
    Completed(Option<Date>),
    /// It does not take place.
    Skipped,
}

/// An instance that waits to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The newest.
    pub instance: Instance,
    /// How many right before it wait too, of the last month.
    pub missed: usize,
}

/// Whether a task comes again.
pub fn is_series(task: &Row) -> bool {
    text(task, "rrule").is_some() && date(task, "due").is_some()
}

/// The document that what happens to the instance of a date is in.
pub fn instance_key(task: &Row, date: Date) -> DocKey {
    rows::document(TASK_LOG, task.key.id, date)
}

/// The documents that instances from `from` to `to` need, those that were moved there among them.
pub fn series_keys(task: &Row, from: Date, to: Date) -> Vec<DocKey> {
    let first = from.checked_sub(MOVED_DAYS.days()).unwrap_or(Date::MIN);
    let last = to.checked_add(MOVED_DAYS.days()).unwrap_or(Date::MAX);
    let years = (first.year()..=last.year()).filter_map(|year| Date::new(year, 1, 1).ok());
    years.map(|day| instance_key(task, day)).collect()
}

/// The instances whose dates lie from `from` to `to`, and those that were moved there, by the day they are to be done.
/// `logs` are the task's documents of [`series_keys`]. An error says which rule cannot be followed.
pub fn instances<'a>(
    task: &Row,
    logs: impl IntoIterator<Item = &'a Row>,
    (from, to): (Date, Date),
) -> Result<Vec<Instance>, FieldError> {
    let logged = rows::by_date(logs);
    let mut dates: BTreeSet<Date> = dates(task, (from, to))?.into_iter().collect();
    // What happened stays, even where the rule has changed since.
    dates.extend(
        logged.iter().filter(|(_, row)| row.text("status") == Some("completed")).map(|(date, _)| *date),
    );
    dates.extend(logged.iter().filter(|(_, row)| moved_to(row).is_some()).map(|(date, _)| *date));
    let instance = |date: Date| instance(task, date, logged.get(&date));
    let mut all: Vec<Instance> = dates.into_iter().map(instance).collect();
    all.retain(|instance| (from..=to).contains(&instance.on));
    all.sort_by_key(|instance| (instance.on, instance.date));
    Ok(all)
}

/// The instance that a date of the task's rule names; `log` is the document of [`instance_key`]. None if it is no date of the
/// rule and nothing was ever said of it.
pub fn instance_of(task: &Row, log: Option<&Row>, date: Date) -> Result<Option<Instance>, FieldError> {
    let row = rows::by_date(log).remove(&date);
    let known = row.is_some() || !dates(task, (date, date))?.is_empty();
    Ok(known.then(|| instance(task, date, row.as_ref())))
}

/// The instance that waits on the last of these days: the newest, unless it was done or skipped; with how many right before it
/// wait too. `all` are those of [`instances`].
pub fn due(all: &[Instance]) -> Option<Due> {
    let (newest, before) = all.split_last()?;
    let waits = |instance: &&Instance| instance.state == InstanceState::Open;
    let recent = newest.on.checked_sub(MISSED_DAYS.days()).unwrap_or(Date::MIN);
    let missed = before.iter().rev().take_while(|instance| instance.on >= recent && waits(instance)).count();
    Some(Due { instance: Some(newest).filter(waits)?.clone(), missed })
}

/// The moment of a civil time in a zone, in milliseconds since 1970. Where clocks go forward over it, it is as much
/// later as they go; where they go back, it is the first of the two.
pub fn moment_of(date: Date, time: Time, zone: &TimeZone) -> Option<i64> {
    // jiff's "compatible" way, which is that of RFC 5545.
    let zoned = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().ok()?;
    Some(zoned.timestamp().as_millisecond())
}

fn instance(task: &Row, date: Date, row: Option<&StreamRow>) -> Instance {
    let moved = row.and_then(moved_to);
    let state = match row.and_then(|row| row.text("status")) {
        Some("completed") => InstanceState::Completed(row.and_then(|row| row.date("completed_on"))),
        Some("skipped") => InstanceState::Skipped,
        _ => InstanceState::Open,
    };
    let time = moved.as_ref().and_then(|moved| moved.time).or_else(|| time_of(task, date));
    Instance { date, on: moved.map_or(date, |moved| moved.date), time, state }
}

/// When a date takes place instead.
fn moved_to(row: &StreamRow) -> Option<When> {
    row.text("moved_to").and_then(When::of_field)
}

/// The time of day that the task has on a date of its rule.
fn time_of(task: &Row, date: Date) -> Option<Time> {
    let later = by_date(task, "later_times");
    let later = later.range(..=date).next_back().map(|(_, time)| *time);
    later.or_else(|| text(task, "due_time")).and_then(|time| civil::time(time).ok())
}

/// The dates from `first` to `last` that the rules of a task give.
fn dates(task: &Row, (first, last): (Date, Date)) -> Result<Vec<Date>, FieldError> {
    let (Some(start), Some(rule)) = (date(task, "due"), text(task, "rrule")) else { return Ok(Vec::new()) };
    let mut rules: BTreeMap<Date, (&str, &str)> = BTreeMap::from([(start, ("rrule", rule))]);
    let later = by_date(task, "later_rules").into_iter().filter(|(from, _)| *from > start);
    rules.extend(later.map(|(from, rule)| (from, ("later_rules", rule))));
    let mut all = Vec::new();
    let ends = rules.keys().skip(1).map(|next| next.yesterday().unwrap_or(Date::MIN).min(last));
    for ((from, (field, rule)), end) in rules.iter().zip(ends.chain([last])) {
        if *rule != "end" && *from <= end && first <= end {
            let parsed = Recurrence::parse(rule).map_err(|problem| problem.at("task", field, rule))?;
            all.extend(parsed.dates(*from, (first, end)));
        }
    }
    Ok(all)
}

//! Tasks that come again. An instance is the task on one date of its rule; it is named by that date and exists nowhere
//! until something happens to it. What happens is a row of the task's log under that date, so two devices never make two
//! instances of one date, and one that completes it and another that moves it both have their way.
//!
//! A series begins at the task's `due` date and follows `rrule`. From a date of `later_rules` on it follows that rule
//! instead, counted from there, or ends; dates before keep what they had. `later_times` does the same to `due_time`.

use crate::civil;
use crate::error::FieldError;
use crate::rows::{self, StreamRow};
use engine::{DocKey, Row, Value};
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
    /// How many before it wait too, as far as was looked back.
    pub missed: usize,
}

/// Whether a task comes again.
pub fn is_series(task: &Row) -> bool {
    text(task, "rrule").is_some() && date(task, "due").is_some()
}

/// The documents that instances with dates from `from` to `to` need.
pub fn series_keys(task: &Row, from: Date, to: Date) -> Vec<DocKey> {
    let years = (from.year()..=to.year()).filter_map(|year| Date::new(year, 1, 1).ok());
    years.map(|day| rows::document(TASK_LOG, task.key.id, day)).collect()
}

/// The instances whose dates lie from `from` to `to`, and those that were moved there, by the day they are to be done.
/// `logs` are the task's documents of [`series_keys`]. An error says which rule cannot be followed.
pub fn instances<'a>(
    task: &Row,
    logs: impl IntoIterator<Item = &'a Row>,
    (from, to): (Date, Date),
) -> Result<Vec<Instance>, FieldError> {
    let logged = rows::by_date(logs);
    let mut dates: BTreeSet<Date> = dates(task, to)?.into_iter().filter(|date| *date >= from).collect();
    // What happened stays, even where the rule has changed since.
    dates.extend(
        logged.iter().filter(|(_, row)| row.text("status") == Some("completed")).map(|(date, _)| *date),
    );
    dates.extend(logged.iter().filter(|(_, row)| row.date("moved_to").is_some()).map(|(date, _)| *date));
    let instance = |date: Date| instance(task, date, logged.get(&date));
    let mut all: Vec<Instance> = dates.into_iter().map(instance).collect();
    all.retain(|instance| (from..=to).contains(&instance.on));
    all.sort_by_key(|instance| (instance.on, instance.date));
    Ok(all)
}

/// The instance that waits on `today`: the newest, unless it was done or skipped; with how many before it since `from`
/// wait too.
pub fn due<'a>(
    task: &Row,
    logs: impl IntoIterator<Item = &'a Row>,
    (from, today): (Date, Date),
) -> Result<Option<Due>, FieldError> {
    let mut all = instances(task, logs, (from, today))?;
    let newest = all.pop().filter(|instance| instance.state == InstanceState::Open);
    let missed = all.iter().rev().take_while(|instance| instance.state == InstanceState::Open).count();
    Ok(newest.map(|instance| Due { instance, missed }))
}

/// The moment of a civil time in a zone, in milliseconds since 1970. Where clocks go forward over it, it is as much
/// later as they go; where they go back, it is the first of the two.
pub fn moment_of(date: Date, time: Time, zone: &TimeZone) -> Option<i64> {
    // jiff's "compatible" way, which is that of RFC 5545.
    let zoned = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().ok()?;
    Some(zoned.timestamp().as_millisecond())
}

fn instance(task: &Row, date: Date, row: Option<&StreamRow>) -> Instance {
    let on = row.and_then(|row| row.date("moved_to")).unwrap_or(date);
    let state = match row.and_then(|row| row.text("status")) {
        Some("completed") => InstanceState::Completed(row.and_then(|row| row.date("completed_on"))),
        Some("skipped") => InstanceState::Skipped,
        _ => InstanceState::Open,
    };
    let later = map(task, "later_times");
    let later = later.range(..=date).next_back().map(|(_, time)| *time);
    let time = later.or_else(|| text(task, "due_time")).and_then(|time| civil::time(time).ok());
    Instance { date, on, time, state }
}

/// The dates that the rules of a task give up to `last`.
fn dates(task: &Row, last: Date) -> Result<Vec<Date>, FieldError> {
    let (Some(start), Some(rule)) = (date(task, "due"), text(task, "rrule")) else { return Ok(Vec::new()) };
    let mut rules: BTreeMap<Date, (&str, &str)> = BTreeMap::from([(start, ("rrule", rule))]);
    let later = map(task, "later_rules").into_iter().filter(|(from, _)| *from > start);
    rules.extend(later.map(|(from, rule)| (from, ("later_rules", rule))));
    let mut all = Vec::new();
    let ends = rules.keys().skip(1).map(|next| next.yesterday().unwrap_or(Date::MIN).min(last));
    for ((from, (field, rule)), end) in rules.iter().zip(ends.chain([last])) {
        if *rule != "end" && *from <= end {
            let parsed = Recurrence::parse(rule).map_err(|problem| problem.at("task", field, rule))?;
            all.extend(parsed.dates(*from, end));
        }
    }
    Ok(all)
}

fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match row.fields.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn date(row: &Row, field: &str) -> Option<Date> {
    civil::date(text(row, field)?).ok()
}

fn map<'a>(row: &'a Row, field: &str) -> BTreeMap<Date, &'a str> {
    let Some(Value::Map(map)) = row.fields.get(field) else { return BTreeMap::new() };
    let entries = map.iter().filter_map(|(from, value)| match value {
        Value::Text(text) => Some((civil::date(from).ok()?, text.as_str())),
        _ => None,
    });
    entries.collect()
}

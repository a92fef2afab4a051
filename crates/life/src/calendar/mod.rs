//! One calendar over everything that has a day: events, tasks, dates of tasks that come again, routines with a time, birthdays.
//!
//! Invariant: nothing is stored for it. An item is a view of a record on a day, found by buckets ([`Asking`]), and a drag is an
//! edit of that record ([`move_item`]). Times are those on the wall where the person is.

use crate::buckets::day_of;
use crate::reading::{date, is_shown, text, time, title};
use crate::routine::{self, ROUTINE_LOG};
use crate::rows;
use crate::schedule::Rule;
use crate::series::{self, InstanceState, TASK_LOG};
use crate::when::When;
use engine::{DocKey, RecordId, Row};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

mod asking;
mod event;
mod moving;
mod parting;

pub use asking::{Asking, TooManyDays};
pub(crate) use event::Event;
pub use moving::{Clock, Drag, move_item, move_keys};
pub use parting::{Parted, Reach, end_before, leave_out, part, part_key};

/// What an item is a view of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// An event.
    Event,
    /// A task, or a date of one that comes again.
    Task,
    /// A routine.
    Routine,
    /// Somebody's birthday.
    Birthday,
}

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemState {
    /// Nothing was said of it.
    Open,
    /// It was done.
    Done,
    /// It does not take place.
    Skipped,
}

/// Something on the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarItem {
    /// What it is a view of.
    pub kind: ItemKind,
    /// The record.
    pub record: DocKey,
    /// What it is called.
    pub title: String,
    /// Of something that comes again: the date of its rule, which a move does not change.
    pub date: Option<Date>,
    /// Its first day.
    pub on: Date,
    /// Its last day.
    pub until: Date,
    /// When it begins; none for whole days.
    pub start: Option<Time>,
    /// When it ends, if that is known; 00:00 is the end of its last day.
    pub end: Option<Time>,
    /// How it stands.
    pub state: ItemState,
    /// Whether it may be dragged.
    pub movable: bool,
}

/// What these rows show on the days from `from` to `to`, by day and time, whole days first. `rows` are records and the documents
/// of their logs, in any order; of two of one document the later one counts.
pub fn items<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    (from, to): (Date, Date),
    zone: &TimeZone,
) -> Vec<CalendarItem> {
    let rows: BTreeMap<&DocKey, &Row> = rows.into_iter().map(|row| (&row.key, row)).collect();
    let mut logs: BTreeMap<(&str, RecordId), Vec<&Row>> = BTreeMap::new();
    for row in rows.values().filter(|row| row.key.part.is_some()) {
        logs.entry((&row.key.kind, row.key.id)).or_default().push(row);
    }
    let logs_of = |kind: &str, row: &Row| logs.get(&(kind, row.key.id)).cloned().unwrap_or_default();
    let mut items = Vec::new();
    for row in rows.values().filter(|row| row.key.part.is_none() && is_shown(row)) {
        match row.key.kind.as_str() {
            "event" => items.extend(event::items(row, (from, to), zone)),
            "task" if series::is_series(row) => {
                items.extend(occurrences(row, logs_of(TASK_LOG, row), (from, to)));
            }
            "task" => items.extend(task(row, zone)),
            "routine" => items.extend(routine_days(row, logs_of(ROUTINE_LOG, row), (from, to), zone)),
            "person" => items.extend(birthdays(row, (from, to))),
            _ => {}
        }
    }
    items.retain(|item| item.on <= to && item.until >= from);
    items.sort_by(|a, b| {
        (a.on, a.start, a.kind, &a.record, a.date).cmp(&(b.on, b.start, b.kind, &b.record, b.date))
    });
    items
}

/// An item of one whole day, about which nothing was said.
fn whole_day(kind: ItemKind, row: &Row, on: Date) -> CalendarItem {
    CalendarItem {
        kind,
        record: row.key.clone(),
        title: title(row),
        date: None,
        on,
        until: on,
        start: None,
        end: None,
        state: ItemState::Open,
        movable: false,
    }
}

/// Its last day and the time of its end. What ends at midnight has no part in the day that begins then.
fn ending(on: Date, end: &When) -> (Date, Option<Time>) {
    let last = match end.time {
        Some(Time::MIN) if end.date > on => end.date.yesterday().unwrap_or(end.date),
        _ => end.date,
    };
    (last.max(on), end.time)
}

fn task(row: &Row, zone: &TimeZone) -> Option<CalendarItem> {
    let status = text(row, "status");
    let done = status == Some("completed");
    if status == Some("cancelled") {
        return None;
    }
    let mut item = CalendarItem {
        state: if done { ItemState::Done } else { ItemState::Open },
        movable: !done,
        ..whole_day(ItemKind::Task, row, day_of(row)?)
    };
    match text(row, "scheduled_start").and_then(When::of_field) {
        Some(start) => {
            let seen = start.seen_from(zone);
            (item.on, item.until, item.start) = (seen.date, seen.date, seen.time);
            let end = text(row, "scheduled_end").and_then(When::of_field);
            if let Some(end) = end.map(|end| end.seen_from(zone)).filter(|end| end.date >= seen.date) {
                (item.until, item.end) = ending(item.on, &end);
            }
        }
        None => item.start = time(row, "due_time"),
    }
    Some(item)
}

/// The dates of a task that comes again; none where its rule cannot be followed.
fn occurrences(row: &Row, logs: Vec<&Row>, days: (Date, Date)) -> Vec<CalendarItem> {
    if matches!(text(row, "status"), Some("completed" | "cancelled")) {
        return Vec::new();
    }
    let instances = series::instances(row, logs, days).unwrap_or_default();
    let item = |instance: series::Instance| CalendarItem {
        date: Some(instance.date),
        start: instance.time,
        state: match instance.state {
            InstanceState::Open => ItemState::Open,
            InstanceState::Completed(_) => ItemState::Done,
            InstanceState::Skipped => ItemState::Skipped,
        },
        movable: instance.state == InstanceState::Open,
        ..whole_day(ItemKind::Task, row, instance.on)
    };
    instances.into_iter().map(item).collect()
}

/// A routine that has a time, on the days that its schedule names or on which something was said of it.
fn routine_days(row: &Row, logs: Vec<&Row>, (from, to): (Date, Date), zone: &TimeZone) -> Vec<CalendarItem> {
    let Some(start) = time(row, "window_start") else { return Vec::new() };
    let (rules, said) = (Rule::of(row, "schedule"), rows::by_date(logs));
    let begins = routine::begins(row, zone);
    let wanted = |date: Date| match routine::wanted_on(&rules, date) {
        Rule::PerWeek(_) | Rule::PerMonth(_) => false,
        rule => date >= begins && rule.is_on(date),
    };
    let days = core::iter::successors(Some(from), |date| date.tomorrow().ok()).take_while(|date| *date <= to);
    let days = days.filter(|date| said.contains_key(date) || wanted(*date));
    let item = |on: Date| {
        let progress = routine::progress(row, said.get(&on));
        CalendarItem {
            date: Some(on),
            start: Some(start),
            end: time(row, "window_end").filter(|end| *end > start),
            state: match (progress.finished, progress.skipped) {
                (true, _) => ItemState::Done,
                (_, true) => ItemState::Skipped,
                _ => ItemState::Open,
            },
            ..whole_day(ItemKind::Routine, row, on)
        }
    };
    days.map(item).collect()
}

/// A birthday in each year that there are days of. One of 29 February is on the 28th in other years.
fn birthdays(row: &Row, (from, to): (Date, Date)) -> Vec<CalendarItem> {
    let Some(born) = date(row, "birthday") else { return Vec::new() };
    let years = from.year().max(born.year())..=to.year();
    let day = |year: i16| born.checked_add(i32::from(year - born.year()).years()).ok();
    let item = |on: Date| CalendarItem { date: Some(on), ..whole_day(ItemKind::Birthday, row, on) };
    years.filter_map(day).map(item).collect()
}

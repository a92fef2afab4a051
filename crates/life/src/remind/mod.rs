//! What reminds a person in the next days: habits at the times they chose, tasks and events that have a time, and, together at
//! fixed times, what has none of its own.
//!
//! Invariant: a pure function of records and now. Two devices that know the same make the same list, so that whoever sends it
//! twice sends it once: a reminder is named by its record and its occurrence.

use crate::calendar::{self, CalendarItem, ItemKind, ItemState};
use crate::civil;
use crate::day::is_due;
use crate::limits::{REMINDER_DAYS, REMINDERS};
use crate::log::{HABIT_LOG, LogRow, LogState};
use crate::reading::{is_shown, text, title};
use crate::schedule::Rule;
use crate::series::moment_of;
use engine::{DocKey, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

mod asking;
mod wishes;

pub use asking::Asking;
use wishes::Wishes;

/// An event is told of so many minutes before it begins.
const EVENT_LEAD_MINUTES: i64 = 10;
/// An event that does not say when it ends is over so many minutes after it began.
const EVENT_MINUTES: i64 = 60;
const MINUTE_MILLIS: i64 = 60_000;
/// What has no time of its own is told of at the first of these hours that is not quiet.
const BATCHES: [Time; 3] =
    [Time::constant(8, 0, 0, 0), Time::constant(12, 0, 0, 0), Time::constant(18, 0, 0, 0)];

/// Something that reminds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Of this record.
    pub record: DocKey,
    /// Of this date, or date and time, on the wall: it tells two reminders of one record apart.
    pub occurrence: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// From then on it helps nobody any more, likewise.
    pub expires: i64,
    /// What the record is called. On a locked screen it is said only where [`says_names`].
    pub title: String,
    /// Of what.
    pub kind: ReminderKind,
}

/// What a reminder is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReminderKind {
    /// A habit at a time that the person chose.
    Habit,
    /// A task, or a date of one, that has a time.
    Task,
    /// An event.
    Event,
    /// A birthday.
    Birthday,
}

impl ReminderKind {
    /// Its name in `notifications` of the settings; `all` stands for every kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Habit => "habit",
            Self::Task => "task",
            Self::Event => "event",
            Self::Birthday => "birthday",
        }
    }
}

/// Now, where the person is.
#[derive(Debug, Clone)]
pub struct Now {
    /// Milliseconds since 1970.
    pub now: i64,
    /// The civil date.
    pub today: Date,
    /// Their zone.
    pub zone: TimeZone,
    /// The first day of their weeks.
    pub week_start: Weekday,
}

impl Now {
    /// The last day that reminders are made for.
    fn last(&self) -> Date {
        self.today.checked_add(REMINDER_DAYS.days()).unwrap_or(Date::MAX)
    }
    fn moment(&self, date: Date, time: Time) -> Option<i64> {
        moment_of(date, time, &self.zone)
    }
    /// The midnight after a day.
    fn end_of(&self, date: Date) -> Option<i64> {
        self.moment(date.tomorrow().ok()?, Time::MIN)
    }
}

/// Whether a locked screen may show what a record is called: only if the person chose so.
pub fn says_names(settings: Option<&Row>) -> bool {
    settings.is_some_and(|row| row.fields.get("private_reminders") == Some(&Value::Bool(false)))
}

/// The reminders of the next days in their order, what is done or left out not among them. `rows` are the settings, habits with
/// their logs, and what a calendar is made of.
pub fn reminders(rows: &[Row], now: &Now) -> Vec<Reminder> {
    let wishes = Wishes::of(rows.iter().find(|row| row.key.kind == "settings"));
    let mut all: Vec<Reminder> = Vec::new();
    if wishes.wants(ReminderKind::Habit) {
        all.extend(habits(rows, now));
    }
    let items = calendar::items(rows, (now.today, now.last()), &now.zone);
    let items = items.iter().filter(|item| item.state == ItemState::Open);
    all.extend(items.filter_map(|item| of_item(item, &wishes, now)).filter(|one| wishes.wants(one.kind)));
    all.retain_mut(|reminder| match wishes.out_of_quiet(reminder.at, &now.zone) {
        Some(at) => {
            reminder.at = at;
            at >= now.now && at < reminder.expires
        }
        None => false,
    });
    all.sort_by(|a, b| (a.at, &a.record, &a.occurrence).cmp(&(b.at, &b.record, &b.occurrence)));
    all.truncate(REMINDERS);
    all
}

fn habits(rows: &[Row], now: &Now) -> Vec<Reminder> {
    let mut logs: BTreeMap<_, BTreeMap<Date, LogRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.key.kind == HABIT_LOG) {
        logs.entry(row.key.id).or_default().extend(LogRow::read(row));
    }
    let nothing = BTreeMap::new();
    let mut all = Vec::new();
    for habit in rows.iter().filter(|row| row.key.kind == "habit" && is_shown(row)) {
        let logs = logs.get(&habit.key.id).unwrap_or(&nothing);
        let times = times_of(habit);
        let next = |date: &Date| date.tomorrow().ok();
        let days = core::iter::successors(Some(now.today), next).take_while(|date| *date <= now.last());
        for date in days.filter(|date| !times.is_empty() && waits(habit, logs, *date, now.week_start)) {
            let named = times.iter().filter(|(_, rule)| rule.is_on(date));
            all.extend(named.filter_map(|(time, _)| {
                Some(Reminder {
                    record: habit.key.clone(),
                    occurrence: occurrence(date, Some(*time)),
                    at: now.moment(date, *time)?,
                    expires: now.end_of(date)?,
                    title: title(habit),
                    kind: ReminderKind::Habit,
                })
            }));
        }
    }
    all
}

/// The times at which a habit reminds, with the days of each.
fn times_of(habit: &Row) -> Vec<(Time, Rule)> {
    let Some(Value::Map(times)) = habit.fields.get("reminders") else { return Vec::new() };
    let entry = |(time, rule): (&String, &Value)| match rule {
        Value::Text(rule) => Some((civil::time(time).ok()?, Rule::parse(rule).ok()?)),
        _ => None,
    };
    times.iter().filter_map(entry).collect()
}

/// Whether the schedule asks for a habit on a day, and it is neither done nor left out.
fn waits(habit: &Row, logs: &BTreeMap<Date, LogRow>, date: Date, week_start: Weekday) -> bool {
    let over = match logs.get(&date).map(|row| row.state) {
        None => false,
        Some(LogState::Done | LogState::Skip | LogState::Slip) => true,
        Some(LogState::Value(value)) => match habit.fields.get("target") {
            // What is to stay under its target is not asked for a second time.
            Some(Value::Int(target)) => value.get() >= *target || text(habit, "direction") == Some("at_most"),
            _ => true,
        },
    };
    !over && is_due(habit, logs, date, week_start)
}

fn of_item(item: &CalendarItem, wishes: &Wishes, now: &Now) -> Option<Reminder> {
    let end_of_day = now.end_of(item.on)?;
    let batch = || now.moment(item.on, wishes.batch(&BATCHES)?);
    let (kind, at, expires) = match (item.kind, item.start) {
        (ItemKind::Task, Some(start)) => (ReminderKind::Task, now.moment(item.on, start)?, end_of_day),
        (ItemKind::Event, Some(start)) => {
            let begins = now.moment(item.on, start)?;
            let ends = item.end.and_then(|end| match end {
                Time::MIN => now.end_of(item.until),
                end => now.moment(item.until, end),
            });
            let ends = ends.filter(|ends| *ends > begins).unwrap_or(begins + EVENT_MINUTES * MINUTE_MILLIS);
            (ReminderKind::Event, begins - EVENT_LEAD_MINUTES * MINUTE_MILLIS, ends)
        }
        (ItemKind::Event, None) => (ReminderKind::Event, batch()?, end_of_day),
        (ItemKind::Birthday, _) => (ReminderKind::Birthday, batch()?, end_of_day),
        (ItemKind::Task | ItemKind::Routine, _) => return None,
    };
    Some(Reminder {
        record: item.record.clone(),
        occurrence: occurrence(item.on, item.start),
        at,
        expires,
        title: item.title.clone(),
        kind,
    })
}

fn occurrence(date: Date, time: Option<Time>) -> String {
    match time {
        Some(time) => format!("{date}T{}", civil::time_text(time)),
        None => date.to_string(),
    }
}

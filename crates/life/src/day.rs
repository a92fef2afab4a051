//! One civil day: habits with what was logged for them, tasks, the season.
//!
//! A pure fold over rows, so every device shows the same day. Nothing is derived from UTC.

use crate::log::{LogRow, LogState, log_key};
use crate::schedule::Rule;
use engine::{DocKey, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;

mod asking;
mod buckets;

pub use asking::{Asking, OtherAnswer};
pub(crate) use buckets::buckets;

/// Days shown beside a habit, the day itself included.
const WEEK: i32 = 7;
/// Days before that a schedule of so many times a month or week looks at.
const LOOK_BACK: i32 = 37;

/// The rows that a day is made of; those in the trash or archived are left out by [`Day::of`].
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// All habits.
    pub habits: Vec<Row>,
    /// What [`log_keys`] names, as far as it exists.
    pub logs: Vec<Row>,
    /// All tasks, or those that may be shown.
    pub tasks: Vec<Row>,
    /// So many tasks to be shown are not among those.
    pub more: u64,
    /// All seasons, or those that the day may lie in.
    pub seasons: Vec<Row>,
}

/// A habit on a day.
#[derive(Debug, Clone)]
pub struct HabitDay {
    /// The habit.
    pub habit: Row,
    /// Whether its schedule asks for it on that day.
    pub due: bool,
    /// What was logged for that day.
    pub log: Option<LogRow>,
    /// The seven days up to that day, oldest first.
    pub week: Vec<(Date, Option<LogRow>)>,
}

/// Everything on one day.
#[derive(Debug, Clone)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// The season it lies in; of several, the one that began last.
    pub season: Option<Row>,
    /// Every habit, whether due or not, the oldest first.
    pub habits: Vec<HabitDay>,
    /// Open tasks due by that day, the oldest due date first, then those without one.
    pub tasks: Vec<Row>,
    /// Tasks finished on that day.
    pub done: Vec<Row>,
    /// So many tasks are left out, open or finished: of very many, those are shown that are due last, and those made last.
    pub more: u64,
}

/// The log documents that a day needs of these habits.
pub fn log_keys(habits: &[Row], date: Date) -> Vec<DocKey> {
    let years = back(date, LOOK_BACK).year()..=date.year();
    let days = years.filter_map(|year| Date::new(year, 1, 1).ok());
    let keys = days.flat_map(|day| habits.iter().filter(|h| shown(h)).map(move |habit| log_key(habit, day)));
    keys.collect()
}

impl Day {
    /// The day `date`, for a person whose weeks begin on `week_start`.
    pub fn of(date: Date, rows: Rows, week_start: Weekday) -> Self {
        let mut logs: BTreeMap<_, BTreeMap<Date, LogRow>> = BTreeMap::new();
        for row in &rows.logs {
            logs.entry(row.key.id).or_default().extend(LogRow::read(row));
        }
        let mut shown_habits: Vec<Row> = rows.habits.into_iter().filter(shown).collect();
        // Rows come in the order of their random ids, which is nobody's.
        shown_habits.sort_by_key(|habit| (habit.created, habit.key.id));
        let habits = shown_habits.into_iter().map(|habit| {
            let logs = logs.remove(&habit.key.id).unwrap_or_default();
            let week = (0..WEEK).rev().map(|n| back(date, n)).map(|day| (day, logs.get(&day).cloned()));
            let (week, log) = (week.collect(), logs.get(&date).cloned());
            HabitDay { due: is_due(&habit, &logs, date, week_start), log, week, habit }
        });
        let habits = habits.collect();
        let (mut tasks, mut done) = (Vec::new(), Vec::new());
        for task in rows.tasks.into_iter().filter(shown) {
            match text(&task, "status") {
                Some("completed") if date_of(&task, "completed_on") == Some(date) => done.push(task),
                Some("completed" | "cancelled") => {}
                _ if date_of(&task, "due").is_none_or(|due| due <= date) => tasks.push(task),
                _ => {}
            }
        }
        done.sort_by_key(|task| (task.created, task.key.id));
        tasks.sort_by_key(|task| (date_of(task, "due").unwrap_or(Date::MAX), task.created, task.key.id));
        let around = |row: &Row| {
            let begun = date_of(row, "start").is_some_and(|start| start <= date);
            begun && date_of(row, "end").is_none_or(|end| date <= end)
        };
        let seasons = rows.seasons.into_iter().filter(|row| shown(row) && around(row));
        let season = seasons.max_by_key(|row| (date_of(row, "start"), row.key.id));
        Self { date, season, habits, tasks, done, more: rows.more }
    }
}

/// The first day of the week that the profile asks for; Monday unless it does.
pub fn week_start(profile: Option<&Row>) -> Weekday {
    match profile.and_then(|row| text(row, "week_start")) {
        Some("saturday") => Weekday::Saturday,
        Some("sunday") => Weekday::Sunday,
        _ => Weekday::Monday,
    }
}

/// Whether the schedule asks for the habit on `date`, given what was logged before. Without a schedule it does daily.
pub fn is_due(habit: &Row, logs: &BTreeMap<Date, LogRow>, date: Date, week_start: Weekday) -> bool {
    if paused(habit, date) {
        return false;
    }
    let rules = Rule::of(habit, "schedule");
    let rule = rules.range(..=date).next_back().map_or(Rule::Daily, |(_, rule)| *rule);
    let before = |from: Date| {
        let counts = |row: &LogRow| matches!(row.state, LogState::Done | LogState::Value(_));
        logs.range(from..date).filter(|(_, row)| counts(row)).count()
    };
    match rule {
        Rule::Daily => true,
        Rule::Weekdays(days) => days.contains(date.weekday()),
        Rule::PerWeek(wanted) => {
            let begun = back(date, i32::from(date.weekday().since(week_start)));
            before(begun) < usize::from(wanted)
        }
        Rule::PerMonth(wanted) => before(date.first_of_month()) < usize::from(wanted),
        Rule::Every(days, anchor) => {
            let passed = date.duration_since(anchor).as_hours() / 24;
            passed >= 0 && passed % i64::from(days) == 0
        }
    }
}

fn shown(row: &Row) -> bool {
    !row.deleted && row.fields.get("archived") != Some(&Value::Bool(true))
}

fn back(date: Date, days: i32) -> Date {
    date.checked_sub(days.days()).unwrap_or(Date::MIN)
}

fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match row.fields.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn date_of(row: &Row, field: &str) -> Option<Date> {
    text(row, field)?.parse().ok()
}

fn paused(habit: &Row, date: Date) -> bool {
    let Some(Value::Map(pauses)) = habit.fields.get("pauses") else { return false };
    pauses.iter().any(|(from, to)| {
        let begun = from.parse::<Date>().is_ok_and(|from| from <= date);
        let lasts = match to {
            Value::Text(to) if to == "open" => true,
            Value::Text(to) => to.parse::<Date>().is_ok_and(|to| date <= to),
            _ => false,
        };
        begun && lasts
    })
}

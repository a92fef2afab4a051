//! One civil day: habits with what was logged for them, routines, tasks, dates of tasks that come again, what has a time, the
//! season.
//!
//! A pure fold over rows, so every device shows the same day. Nothing is derived from UTC.

use crate::agenda::{self, RoutineDay, SeriesDay};
use crate::calendar::{self, CalendarItem, ItemKind};
use crate::log::{HABIT_LOG, LogRow, LogState, log_key};
use crate::reading::{date as date_of, is_shown, text};
use crate::schedule::Rule;
use crate::series;
use engine::{DocKey, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

mod asking;

pub use asking::{Asking, OtherAnswer};

/// Days shown beside a habit, the day itself included.
const WEEK: i32 = 7;
/// Days before that a schedule of so many times a month or week looks at.
const LOOK_BACK: i32 = 37;

/// The rows that a day is made of; those in the trash or archived are left out by [`Day::of`].
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// All habits.
    pub habits: Vec<Row>,
    /// What [`log_keys`] and [`agenda::keys`] name, as far as it exists.
    pub logs: Vec<Row>,
    /// All tasks, or those that may be shown, those that come again among them.
    pub tasks: Vec<Row>,
    /// So many tasks to be shown are not among those.
    pub more: u64,
    /// All seasons, or those that the day may lie in.
    pub seasons: Vec<Row>,
    /// All routines.
    pub routines: Vec<Row>,
    /// All events and people, or those that may be shown, and further tasks that have a time on the day.
    pub agenda: Vec<Row>,
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
    /// Every habit, whether due or not, in the person's own order.
    pub habits: Vec<HabitDay>,
    /// Routines that the day asks for, or of which something was said, by the beginning of their window.
    pub routines: Vec<RoutineDay>,
    /// Dates of tasks that come again: due by that day, or done or left out on it.
    pub series: Vec<SeriesDay>,
    /// Open single tasks due by that day, the oldest due date first, then those without one.
    pub tasks: Vec<Row>,
    /// Tasks finished on that day.
    pub done: Vec<Row>,
    /// So many tasks are left out, open or finished: of very many, those are shown that are due last, and those made last.
    pub more: u64,
    /// Events, birthdays, and tasks that have a time, by that.
    pub agenda: Vec<CalendarItem>,
}

/// The log documents that a day needs of these habits.
pub fn log_keys(habits: &[Row], date: Date) -> Vec<DocKey> {
    let years = back(date, LOOK_BACK).year()..=date.year();
    let days = years.filter_map(|year| Date::new(year, 1, 1).ok());
    let shown = |habit: &&Row| is_shown(habit);
    let keys = days.flat_map(|day| habits.iter().filter(shown).map(move |habit| log_key(habit, day)));
    keys.collect()
}

impl Day {
    /// The day `date`, for a person in `zone` whose weeks begin on `week_start`.
    pub fn of(date: Date, rows: Rows, week_start: Weekday, zone: &TimeZone) -> Self {
        let parts = [&rows.tasks, &rows.agenda, &rows.logs].into_iter().flatten();
        let mut agenda = calendar::items(parts, (date, date), zone);
        agenda.retain(|item| item.kind != ItemKind::Task || item.start.is_some());
        let routines = agenda::routines(&rows.routines, &rows.logs, date, (week_start, zone));
        let series = agenda::series(&rows.tasks, &rows.logs, date);
        let (tasks, done) = single_tasks(rows.tasks, date);
        let around = |row: &Row| {
            let begun = date_of(row, "start").is_some_and(|start| start <= date);
            begun && date_of(row, "end").is_none_or(|end| date <= end)
        };
        let seasons = rows.seasons.into_iter().filter(|row| is_shown(row) && around(row));
        let season = seasons.max_by_key(|row| (date_of(row, "start"), row.key.id));
        let habits = habits(rows.habits, &rows.logs, date, week_start);
        Self { date, season, habits, routines, series, tasks, done, more: rows.more, agenda }
    }
}

fn habits(all: Vec<Row>, logs: &[Row], date: Date, week_start: Weekday) -> Vec<HabitDay> {
    let mut rows: BTreeMap<_, BTreeMap<Date, LogRow>> = BTreeMap::new();
    for row in logs.iter().filter(|row| row.key.kind == HABIT_LOG) {
        rows.entry(row.key.id).or_default().extend(LogRow::read(row));
    }
    let mut shown: Vec<Row> = all.into_iter().filter(is_shown).collect();
    // Rows come in the order of their random ids, which is nobody's.
    crate::order::sort(&mut shown);
    let day = |habit: Row| {
        let logs = rows.remove(&habit.key.id).unwrap_or_default();
        let week = (0..WEEK).rev().map(|n| back(date, n)).map(|day| (day, logs.get(&day).cloned()));
        let (week, log) = (week.collect(), logs.get(&date).cloned());
        HabitDay { due: is_due(&habit, &logs, date, week_start), log, week, habit }
    };
    shown.into_iter().map(day).collect()
}

/// Tasks that are open on a day, and those that were finished on it.
fn single_tasks(all: Vec<Row>, date: Date) -> (Vec<Row>, Vec<Row>) {
    let (mut tasks, mut done) = (Vec::new(), Vec::new());
    for task in all.into_iter().filter(is_shown) {
        match text(&task, "status") {
            Some("completed") if date_of(&task, "completed_on") == Some(date) => done.push(task),
            Some("completed" | "cancelled") => {}
            // Of a series its dates are shown, not the task as a whole.
            _ if series::is_series(&task) => {}
            _ if date_of(&task, "due").is_none_or(|due| due <= date) => tasks.push(task),
            _ => {}
        }
    }
    done.sort_by_key(|task| (task.created, task.key.id));
    tasks.sort_by_key(|task| (date_of(task, "due").unwrap_or(Date::MAX), task.created, task.key.id));
    (tasks, done)
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
        Rule::Every(..) => rule.is_on(date),
    }
}

fn back(date: Date, days: i32) -> Date {
    date.checked_sub(days.days()).unwrap_or(Date::MIN)
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

//! What a day asks for besides habits and single tasks: routines, and dates of tasks that come again.

use crate::error::FieldError;
use crate::routine::{self, Progress};
use crate::rows::{self, StreamRow};
use crate::schedule::Rule;
use crate::series::{self, Due};
use engine::{DocKey, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;

/// How many days before today an instance that was missed is still counted.
pub const LOOK_BACK_DAYS: i32 = 31;

/// A routine on a day.
#[derive(Debug, Clone)]
pub struct RoutineDay {
    /// The routine.
    pub routine: Row,
    /// How far it is.
    pub progress: Progress,
}

/// A task that comes again and waits.
#[derive(Debug, Clone)]
pub struct SeriesDay {
    /// The task.
    pub task: Row,
    /// The instance that waits, and what was missed before it; or why the task's rule cannot be followed.
    pub due: Result<Due, FieldError>,
}

/// The first day that [`routines`] and [`series`] look at.
pub fn looks_back_to(date: Date) -> Date {
    date.checked_sub(LOOK_BACK_DAYS.days()).unwrap_or(Date::MIN)
}

/// The log documents that [`routines`] and [`series`] need.
pub fn keys(routines: &[Row], tasks: &[Row], date: Date) -> Vec<DocKey> {
    let years = looks_back_to(date).year()..=date.year();
    let days: Vec<Date> = years.filter_map(|year| Date::new(year, 1, 1).ok()).collect();
    let of_routines = routines.iter().flat_map(|row| days.iter().map(|day| routine::routine_key(row, *day)));
    let series = tasks.iter().filter(|task| waits(task));
    of_routines.chain(series.flat_map(|task| series::series_keys(task, looks_back_to(date), date))).collect()
}

/// The routines that the day asks for, or that something was done of, by the beginning of their window.
pub fn routines(all: &[Row], logs: &[Row], date: Date, week_start: Weekday) -> Vec<RoutineDay> {
    let shown = all.iter().filter(|row| is_shown(row));
    let mut days: Vec<RoutineDay> = shown
        .filter_map(|routine| {
            let of = logs
                .iter()
                .filter(|log| log.key.kind == routine::ROUTINE_LOG && log.key.id == routine.key.id);
            let rows = rows::by_date(of);
            let wanted = is_wanted(routine, &rows, date, week_start) || rows.contains_key(&date);
            let progress = routine::progress(routine, rows.get(&date));
            wanted.then(|| RoutineDay { routine: routine.clone(), progress })
        })
        .collect();
    days.sort_by_key(|day| (text(&day.routine, "window_start").map(str::to_owned), day.routine.created));
    days
}

/// The tasks that come again and wait on a day, the earliest first.
pub fn series(tasks: &[Row], logs: &[Row], date: Date) -> Vec<SeriesDay> {
    let mut days: Vec<SeriesDay> = tasks
        .iter()
        .filter(|task| waits(task))
        .filter_map(|task| {
            let of = logs.iter().filter(|log| log.key.kind == series::TASK_LOG && log.key.id == task.key.id);
            let due = series::due(task, of, (looks_back_to(date), date)).transpose()?;
            Some(SeriesDay { task: task.clone(), due })
        })
        .collect();
    let when = |day: &SeriesDay| day.due.as_ref().ok().map(|due| (due.instance.on, due.instance.time));
    days.sort_by_key(|day| (when(day), day.task.created));
    days
}

/// Whether a task comes again, and is neither finished as a whole nor put away.
fn waits(task: &Row) -> bool {
    let over = matches!(text(task, "status"), Some("completed" | "cancelled"));
    is_shown(task) && !over && series::is_series(task)
}

fn is_wanted(routine: &Row, rows: &BTreeMap<Date, StreamRow>, date: Date, week_start: Weekday) -> bool {
    let rules = Rule::of(routine, "schedule");
    let rule = rules.range(..=date).next_back().map_or(Rule::Daily, |(_, rule)| *rule);
    let (begins, times) = match rule {
        Rule::Daily | Rule::Weekdays(_) | Rule::Every(..) => return rule.is_on(date),
        Rule::PerWeek(times) => {
            let passed = i32::from(date.weekday().since(week_start));
            (date.checked_sub(passed.days()).unwrap_or(Date::MIN), times)
        }
        Rule::PerMonth(times) => (date.first_of_month(), times),
    };
    let finished = rows.range(begins..date).filter(|(_, row)| routine::progress(routine, Some(row)).finished);
    finished.count() < usize::from(times)
}

fn is_shown(row: &Row) -> bool {
    !row.deleted && row.fields.get("archived") != Some(&Value::Bool(true))
}

fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match row.fields.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

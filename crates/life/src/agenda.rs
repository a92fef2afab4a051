//! What a day asks for besides habits and single tasks: routines, and dates of tasks that come again.

use crate::error::FieldError;
use crate::reading::{is_shown, text};
use crate::routine::{self, Progress};
use crate::rows::{self, StreamRow};
use crate::schedule::Rule;
use crate::series::{self, Instance, InstanceState};
use engine::{DocKey, Row};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Days of the longest month.
const LONGEST_SPAN_DAYS: i32 = 31;
/// So far back the newest date of a series is looked for: a year, so that what comes once a year and is late is still shown.
const LOOK_BACK_DAYS: i32 = 366;

/// A routine on a day.
#[derive(Debug, Clone)]
pub struct RoutineDay {
    /// The routine.
    pub routine: Row,
    /// Whether its schedule asks for it on that day.
    pub due: bool,
    /// Ids of the steps taken.
    pub done: Vec<String>,
    /// How far it is.
    pub progress: Progress,
}

/// A date of a task that comes again, as a day shows it.
#[derive(Debug, Clone)]
pub struct SeriesDay {
    /// The task.
    pub task: Row,
    /// The date that waits, or that was done or left out on the day; or why the task's rule cannot be followed.
    pub instance: Result<Instance, FieldError>,
    /// How many before it wait too.
    pub missed: usize,
}

/// The first day that [`routines`] and [`series`] look at.
fn looks_back_to(date: Date) -> Date {
    date.checked_sub(LOOK_BACK_DAYS.days()).unwrap_or(Date::MIN)
}

/// The log documents that [`routines`] and [`series`] need.
pub fn keys(routines: &[Row], tasks: &[Row], date: Date) -> Vec<DocKey> {
    // A week or a month may have begun in the year before.
    let years = date.checked_sub(LONGEST_SPAN_DAYS.days()).unwrap_or(Date::MIN).year()..=date.year();
    let days: Vec<Date> = years.filter_map(|year| Date::new(year, 1, 1).ok()).collect();
    let of_routines = routines.iter().flat_map(|row| days.iter().map(|day| routine::routine_key(row, *day)));
    let series = tasks.iter().filter(|task| waits(task));
    of_routines.chain(series.flat_map(|task| series::series_keys(task, looks_back_to(date), date))).collect()
}

/// The routines that the day asks for, or that something was done of, by the beginning of their window.
pub fn routines(
    all: &[Row],
    logs: &[Row],
    date: Date,
    (week_start, zone): (Weekday, &TimeZone),
) -> Vec<RoutineDay> {
    let shown = all.iter().filter(|row| is_shown(row));
    let mut days: Vec<RoutineDay> = shown
        .filter_map(|routine| {
            let of = logs
                .iter()
                .filter(|log| log.key.kind == routine::ROUTINE_LOG && log.key.id == routine.key.id);
            let rows = rows::by_date(of);
            let due = date >= routine::begins(routine, zone) && is_wanted(routine, &rows, date, week_start);
            let row = rows.get(&date);
            let done = row.into_iter().flat_map(|row| row.members("done")).map(str::to_owned).collect();
            let progress = routine::progress(routine, row);
            let shown = due || row.is_some();
            shown.then(|| RoutineDay { routine: routine.clone(), due, done, progress })
        })
        .collect();
    days.sort_by_key(|day| (text(&day.routine, "window_start").map(str::to_owned), day.routine.created));
    days
}

/// The dates of tasks that come again and wait on a day, or were done or left out on it: the earliest first.
pub fn series(tasks: &[Row], logs: &[Row], date: Date) -> Vec<SeriesDay> {
    let mut days: Vec<SeriesDay> = Vec::new();
    for task in tasks.iter().filter(|task| waits(task)) {
        let of = logs.iter().filter(|log| log.key.kind == series::TASK_LOG && log.key.id == task.key.id);
        let day = |instance, missed| SeriesDay { task: task.clone(), instance, missed };
        match series::instances(task, of, (looks_back_to(date), date)) {
            Ok(all) => {
                let over = all.iter().filter(|instance| is_over_on(instance, date));
                days.extend(over.map(|instance| day(Ok(instance.clone()), 0)));
                days.extend(series::due(&all).map(|due| day(Ok(due.instance), due.missed)));
            }
            Err(error) => days.push(day(Err(error), 0)),
        }
    }
    let when = |day: &SeriesDay| day.instance.as_ref().ok().map(|instance| (instance.on, instance.time));
    days.sort_by_key(|day| (when(day), day.task.created, day.task.key.id));
    days
}

/// Whether an instance was done or left out on a day.
fn is_over_on(instance: &Instance, date: Date) -> bool {
    match instance.state {
        InstanceState::Open => false,
        InstanceState::Completed(on) => on.unwrap_or(instance.on) == date,
        InstanceState::Skipped => instance.on == date,
    }
}

/// Whether a task comes again, and is neither finished as a whole nor put away.
pub(crate) fn waits(task: &Row) -> bool {
    let over = matches!(text(task, "status"), Some("completed" | "cancelled"));
    is_shown(task) && !over && series::is_series(task)
}

fn is_wanted(routine: &Row, rows: &BTreeMap<Date, StreamRow>, date: Date, week_start: Weekday) -> bool {
    let rules = Rule::of(routine, "schedule");
    let (begins, times) = match routine::wanted_on(&rules, date) {
        rule @ (Rule::Daily | Rule::Weekdays(_) | Rule::Every(..)) => return rule.is_on(date),
        Rule::PerWeek(times) => {
            let passed = i32::from(date.weekday().since(week_start));
            (date.checked_sub(passed.days()).unwrap_or(Date::MIN), times)
        }
        Rule::PerMonth(times) => (date.first_of_month(), times),
    };
    let finished = rows.range(begins..date).filter(|(_, row)| routine::progress(routine, Some(row)).finished);
    finished.count() < usize::from(times)
}

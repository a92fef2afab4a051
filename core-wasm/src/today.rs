//! One day: habits with their logs, tasks that are due, the season.
//!
//! A pure fold over rows and the day, but for asking for the rows.

use crate::desk::Errand;
use crate::error::CoreError;
use crate::records::{all_of, log_view, moment, parse_date};
use engine::{DocKey, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::Date;
use life::schedule::Rule;
use life::{LogRow, LogState};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Days shown beside a habit, today included.
const WEEK: i32 = 7;
/// Days looked at to see how often a habit was done in its month.
const LOOK_BACK: i32 = 37;

/// Everything on `date`, or today.
pub(crate) async fn today(errand: &Errand, date: Option<&str>) -> Result<Json, CoreError> {
    let moment = moment(errand).await?;
    let date = date.map_or(Ok(moment.today), parse_date)?;
    let mut habits = Vec::new();
    for habit in all_of(errand, "habit").await?.iter().filter(|row| !archived(row)) {
        let from = back(date, LOOK_BACK);
        let logs = days(errand, habit, from, date).await?;
        let log_on = |day: Date| logs.get(&day).map_or(Json::Null, log_view);
        let week = (0..WEEK).rev().map(|n| back(date, n));
        let week: Vec<Json> =
            week.map(|day| json!({ "date": day.to_string(), "log": log_on(day) })).collect();
        habits.push(json!({
            "habit": life::to_json(habit), "due": is_due(habit, &logs, date), "log": log_on(date), "week": week,
        }));
    }
    let (mut tasks, mut done) = (Vec::new(), Vec::new());
    for task in all_of(errand, "task").await?.into_iter().filter(|row| !archived(row)) {
        let due = date_of(&task, "due");
        match text(&task, "status") {
            Some("completed") if updated_on(&task, date, &errand.clock) => done.push(task),
            Some("completed" | "cancelled") => {}
            _ if due.is_none_or(|due| due <= date) => tasks.push(task),
            _ => {}
        }
    }
    tasks.sort_by_key(|task| (date_of(task, "due").unwrap_or(Date::MAX), task.created));
    let seasons = all_of(errand, "season").await?;
    let season = seasons.iter().find(|row| {
        let begun = date_of(row, "start").is_some_and(|start| start <= date);
        begun && date_of(row, "end").is_none_or(|end| date <= end)
    });
    let views = |rows: &[Row]| rows.iter().map(life::to_json).collect::<Vec<_>>();
    Ok(json!({
        "date": date.to_string(), "timezone": moment.timezone, "season": season.map(life::to_json),
        "habits": habits, "tasks": views(&tasks), "done": views(&done),
    }))
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

fn archived(row: &Row) -> bool {
    row.fields.get("archived") == Some(&Value::Bool(true))
}

/// Whether the newest change was made on `date` by the clock on this wall.
fn updated_on(row: &Row, date: Date, clock: &crate::wire::Clock) -> bool {
    // The browser has no zone table for the core; the offset of now is used for the same day.
    let Ok(local) = clock.local.parse::<jiff::civil::DateTime>() else { return false };
    let ago = jiff::SignedDuration::from_millis(clock.millis() - row.updated);
    local.checked_sub(ago).is_ok_and(|then| then.date() == date)
}

/// What was logged for a habit, both dates included.
pub(crate) async fn days(
    errand: &Errand,
    habit: &Row,
    from: Date,
    to: Date,
) -> Result<BTreeMap<Date, LogRow>, CoreError> {
    let years = from.year()..=to.year();
    let keys = years.filter_map(|year| Date::new(year, 1, 1).ok()).map(|day| life::log::log_key(habit, day));
    let keys: Vec<DocKey> = keys.take(200).collect();
    let rows = errand.desk.rows(keys).await?;
    let read = rows.iter().flatten().flat_map(LogRow::read);
    Ok(read.filter(|(date, _)| (from..=to).contains(date)).collect())
}

/// Whether the schedule asks for the habit on `date`, given what was logged before. Without a schedule it does daily.
fn is_due(habit: &Row, logs: &BTreeMap<Date, LogRow>, date: Date) -> bool {
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
            let monday = back(date, i32::from(date.weekday().to_monday_zero_offset()));
            before(monday) < usize::from(wanted)
        }
        Rule::PerMonth(wanted) => before(date.first_of_month()) < usize::from(wanted),
        Rule::Every(days, anchor) => {
            let passed = date.duration_since(anchor).as_hours() / 24;
            passed >= 0 && passed % i64::from(days) == 0
        }
    }
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

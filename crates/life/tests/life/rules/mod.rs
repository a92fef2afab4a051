//! The rules of life, by tables of cases.

use crate::support::create;
use engine::{Origin, Row};
use jiff::civil::{Date, Weekday, date};
use life::rules::{Checks, Plan};
use life::{LogRow, LogState};

mod streak;
mod strength;

/// A Saturday.
const TODAY: Date = date(2026, 11, 21);

fn habit(texts: &[&str]) -> Row {
    create("habit", &[&["name=N"], texts].concat())
}

/// So many days before today.
fn ago(days: i32) -> Date {
    TODAY.checked_sub(jiff::ToSpan::days(days)).unwrap()
}

/// Noon of a day in UTC, in milliseconds since 1970.
fn noon(date: Date) -> i64 {
    date.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond()
}

fn row(state: LogState, logged: i64, origin: Origin) -> LogRow {
    LogRow { state, time: None, timezone: "UTC".into(), note: String::new(), logged, origin }
}

/// Rows logged on their days by hand.
fn on(days: impl IntoIterator<Item = i32>, state: LogState) -> Vec<(Date, LogRow)> {
    days.into_iter().map(|n| (ago(n), row(state, noon(ago(n)), Origin::Hand))).collect()
}

fn done(days: impl IntoIterator<Item = i32>) -> Vec<(Date, LogRow)> {
    on(days, LogState::Done)
}

fn value(text: &str) -> LogState {
    LogState::Value(text.parse().unwrap())
}

fn plan(habit: &Row) -> Plan {
    Plan::of(habit, ago(20), Weekday::Monday)
}

fn checks(rows: &[(Date, LogRow)], present: Option<Date>) -> Checks {
    Checks::new(rows.iter().map(|(date, row)| (*date, row)), TODAY, present)
}

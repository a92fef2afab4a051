//! The buckets of the read model that screens are made of, so that opening one reads what it shows and not what was.
//!
//! No format: who changes what stands where raises the version of the engine's read model, which is made anew then.

use crate::field::FieldType;
use crate::reading::{date, is_shown, text};
use crate::record::RecordType;
use crate::scalar::Check;
use crate::when::When;
use crate::{recent, series};
use engine::{Buckets, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Habits or routines, but for archived ones; by their creation.
pub(crate) const SHOWN: &str = "shown";
/// Open tasks by due date, those that come again left out.
pub(crate) const DUE: &str = "due";
/// Open tasks without a due date, by their creation.
pub(crate) const UNDATED: &str = "undated";
/// Tasks that come again, by the day on which they begin.
pub(crate) const SERIES: &str = "series";
/// Events that come again, by the day on which they begin.
pub(crate) const RECURRING: &str = "recurring";
/// Seasons and events that last too long for a bucket a year or month; by their start.
pub(crate) const LASTING: &str = "lasting";
/// Fields that have a bucket for each of their values, by creation.
const BY_FIELD: [(&str, &str); 3] = [("journal", "date"), ("task", "status"), ("task", "project")];
/// But for this: most of all tasks have it, and it is rarely asked for.
const FINISHED: (&str, &str) = ("status", "completed");
/// Years of a season that stands in a bucket for each.
const SEASON_YEARS: i16 = 3;
/// Months of an event that stands in a bucket for each.
const EVENT_MONTHS: usize = 3;

/// Tasks finished on a day, by their creation.
pub(crate) fn finished(date: Date) -> String {
    format!("finished {date}")
}

/// Seasons of a year, by their start.
pub(crate) fn seasons_of(year: i16) -> String {
    format!("year {year}")
}

/// Events and tasks of a month, by the day on which they stand.
pub(crate) fn month_of(date: Date) -> String {
    format!("month {:04}-{:02}", date.year(), date.month())
}

/// People whose birthday is in a month.
pub(crate) fn birthdays_in(date: Date) -> String {
    format!("birthdays {:02}", date.month())
}

/// The first days of the months from that of `first` to that of `last`.
pub(crate) fn months(first: Date, last: Date) -> impl Iterator<Item = Date> {
    let next = |month: &Date| month.checked_add(1.month()).ok();
    core::iter::successors(Some(first.first_of_month()), next).take_while(move |month| *month <= last)
}

/// Records of all types that were last changed on a day of UTC, in the trash or not; by the time of that.
pub(crate) fn changed_on(day: Date) -> String {
    format!("/changed {day}")
}

/// The bucket of the records of a type one of whose fields reads so, archived or not; none if there is no such bucket. What is in
/// the trash stands in none.
pub fn bucket_of(kind: &str, field: &str, text: &str) -> Option<String> {
    let kept = BY_FIELD.iter().any(|(of, name)| (*of, *name) == (kind, field));
    let FieldType::One(scalar) = RecordType::find(kind).ok().filter(|_| kept)?.field(field).ok()?.kind else {
        return None;
    };
    match scalar.parse(text, Check::Person).ok()? {
        Value::Text(text) => by_field(field, &text),
        _ => None,
    }
}

fn by_field(field: &str, text: &str) -> Option<String> {
    (!text.is_empty() && (field, text) != FINISHED).then(|| format!("{field} {text}"))
}

/// The buckets that a row stands in.
pub(crate) fn buckets(row: &Row) -> Buckets {
    let mut places = shown(row);
    if recent::is_told(&row.key.kind) {
        places.insert(changed_on(recent::day_of(row.updated)), moment(row.updated));
    }
    if !row.deleted {
        places.extend(named(row).map(|bucket| (bucket, created(row))));
    }
    places
}

/// What [`bucket_of`] names.
fn named(row: &Row) -> impl Iterator<Item = String> {
    let of_kind = BY_FIELD.iter().filter(|(kind, _)| *kind == row.key.kind);
    of_kind.filter_map(|(_, field)| by_field(field, text(row, field)?))
}

fn shown(row: &Row) -> Buckets {
    if !is_shown(row) || row.key.part.is_some() {
        return Buckets::new();
    }
    match row.key.kind.as_str() {
        "habit" | "routine" => Buckets::from([(SHOWN.to_owned(), created(row))]),
        "task" => task(row),
        "season" => season(row),
        "event" => event(row),
        "person" => person(row),
        _ => Buckets::new(),
    }
}

/// Milliseconds since 1970, as a text that sorts as the number does.
fn moment(millis: i64) -> String {
    format!("{:020}", millis.max(0))
}

fn created(row: &Row) -> String {
    moment(row.created)
}

fn task(row: &Row) -> Buckets {
    let (status, due) = (text(row, "status"), date(row, "due"));
    let mut places = Buckets::new();
    let mut put = |name: String, order: String| drop(places.insert(name, order));
    match (status, due) {
        (Some("cancelled"), _) => return places,
        (Some("completed"), _) => {
            if let Some(day) = date(row, "completed_on") {
                put(finished(day), created(row));
            }
        }
        (_, Some(due)) if series::is_series(row) => put(SERIES.to_owned(), due.to_string()),
        (_, Some(due)) => put(DUE.to_owned(), due.to_string()),
        (_, None) => put(UNDATED.to_owned(), created(row)),
    }
    if let Some(day) = day_of(row) {
        put(month_of(day), day.to_string());
    }
    places
}

/// The day on which a single task stands in a calendar: when it is scheduled, or else when it is due.
pub(crate) fn day_of(task: &Row) -> Option<Date> {
    if series::is_series(task) {
        return None;
    }
    let scheduled = text(task, "scheduled_start").and_then(When::of_field).map(|when| when.date);
    scheduled.or_else(|| date(task, "due"))
}

fn season(row: &Row) -> Buckets {
    let Some(start) = date(row, "start") else { return Buckets::new() };
    let place = |name: String| (name, start.to_string());
    let last = date(row, "end").map(|end| end.year());
    match last.filter(|last| last.saturating_sub(start.year()) < SEASON_YEARS) {
        Some(last) => (start.year()..=last).map(|year| place(seasons_of(year))).collect(),
        None => Buckets::from([place(LASTING.to_owned())]),
    }
}

fn event(row: &Row) -> Buckets {
    let when = |field: &str| text(row, field).and_then(When::of_field).map(|when| when.date);
    let Some(start) = when("start") else { return Buckets::new() };
    let place = |name: String| (name, start.to_string());
    if text(row, "rrule").is_some() {
        return Buckets::from([place(RECURRING.to_owned())]);
    }
    let last = when("end").map_or(start, |end| end.max(start));
    let months: Vec<Date> = months(start, last).take(EVENT_MONTHS + 1).collect();
    if months.len() > EVENT_MONTHS {
        return Buckets::from([place(LASTING.to_owned())]);
    }
    months.into_iter().map(|month| place(month_of(month))).collect()
}

fn person(row: &Row) -> Buckets {
    let birthday = date(row, "birthday");
    birthday.map(|day| (birthdays_in(day), day.to_string())).into_iter().collect()
}

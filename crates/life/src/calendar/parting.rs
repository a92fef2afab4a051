//! One date of something that comes again by itself, or it and all later ones: changed apart from the rest, or left out.
//!
//! A date that is to be changed apart becomes a record of its own, and the series leaves it out; so does the series from a date
//! on, which then ends before it. Either is one step, and what was said of earlier dates stays with them.

use super::Event;
use crate::assign::{Assignment, How, Input};
use crate::edit;
use crate::error::FieldError;
use crate::field::FieldType;
use crate::log::Moment;
use crate::reading::{by_date, date as date_in, text};
use crate::record::RecordType;
use crate::series::{self, Recurrence, Step};
use crate::when::When;
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, RecordId, Row, Value};
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;

/// Which dates of a series are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// That one.
    One,
    /// It and all later ones.
    Onward,
}

/// A date that stands by itself now.
#[derive(Debug, Clone, PartialEq)]
pub struct Parted {
    /// The edits, in one transaction; none where the record is the series itself, because no date came before.
    pub edits: Vec<Edit>,
    /// The record to change.
    pub record: DocKey,
}

/// What is the series' own, and not of one of its dates.
const OF_SERIES: &[&str] = &[
    "rrule",
    "later_rules",
    "later_times",
    "exceptions",
    "source_uid",
    "etag",
    "completed_on",
    "scheduled_start",
    "scheduled_end",
];

/// The edit that leaves a date of an event out, or takes it in again; None if it is so already.
pub fn leave_out(event: &Row, date: Date, out: bool, origin: Origin) -> Result<Option<Edit>, FieldError> {
    let field = "exceptions".to_owned();
    check(event, None, date)?;
    let there = by_date(event, "exceptions").contains_key(&date);
    let assignment = match (out, there) {
        (true, _) => {
            Assignment { field, how: How::Add, input: Input::Json(json!({ date.to_string(): "skip" })) }
        }
        (false, true) => Assignment { field, how: How::Remove, input: Input::Text(date.to_string()) },
        (false, false) => return Ok(None),
    };
    edit::update(event, &[assignment], origin)
}

/// The edit that ends a series before a date of it; a series that would have no date goes into the trash.
pub fn end_before(row: &Row, date: Date, origin: Origin) -> Result<Option<Edit>, FieldError> {
    if first_of(row).is_none_or(|first| date <= first) {
        return Ok(edit::trash(row, origin));
    }
    if row.key.kind == "task" {
        return series::from_here_on(row, date, None, None, origin);
    }
    let later = by_date(row, "exceptions").into_keys().filter(|other| *other >= date);
    let mut assignments: Vec<Assignment> = later
        .map(|other| Assignment {
            field: "exceptions".to_owned(),
            how: How::Remove,
            input: Input::Text(other.to_string()),
        })
        .collect();
    let rule = text(row, "rrule").unwrap_or_default();
    let ended = Recurrence::parse(rule).map_err(|problem| problem.at("event", "rrule", rule))?.until(date);
    assignments.push(Assignment::json("rrule", json!(ended)));
    edit::update(row, &assignments, origin)
}

/// The document of a task's log that [`part`] wants to see.
pub fn part_key(row: &Row, date: Date) -> Option<DocKey> {
    (row.key.kind == "task").then(|| series::instance_key(row, date))
}

/// The edits after which a date of a series, or it and all later ones, is a record of its own, called `id`. `log` is the document
/// of [`part_key`], if there is one.
pub fn part(
    row: &Row,
    log: Option<&Row>,
    (date, reach): (Date, Reach),
    id: RecordId,
    (origin, moment): (Origin, &Moment),
) -> Result<Parted, FieldError> {
    check(row, log, date)?;
    if reach == Reach::Onward && first_of(row).is_none_or(|first| date <= first) {
        return Ok(Parted { edits: Vec::new(), record: row.key.clone() });
    }
    let fields = match (row.key.kind.as_str(), reach) {
        ("task", Reach::One) => one_task(row, log, date)?,
        ("task", Reach::Onward) => task_onward(row, date),
        (_, Reach::One) => one_event(row, date),
        (_, Reach::Onward) => event_onward(row, date),
    };
    let made = copy(row, id, fields, origin);
    let left = match (row.key.kind.as_str(), reach) {
        (_, Reach::Onward) => end_before(row, date, origin)?,
        ("task", Reach::One) => series::log_instance(row, log, (date, Step::Skip), origin, moment)?,
        (_, Reach::One) => leave_out(row, date, true, origin)?,
    };
    let record = made.key.clone();
    Ok(Parted { edits: left.into_iter().chain([made]).collect(), record })
}

/// The day on which a series begins.
fn first_of(row: &Row) -> Option<Date> {
    match row.key.kind.as_str() {
        "task" => date_in(row, "due"),
        _ => Event::read(row).map(|event| event.start.date),
    }
}

/// Whether the series has the date.
fn check(row: &Row, log: Option<&Row>, date: Date) -> Result<(), FieldError> {
    let name = RecordType::of(row).map_or("record", |record| record.name);
    let refuse = |problem: &str, advice: &str| Err(FieldError::not_allowed(name, "date", problem, advice));
    if row.deleted {
        return refuse("it is in the trash", "restore it first");
    }
    let known = match name {
        "task" if series::is_series(row) => series::instance_of(row, log, date)?.is_some(),
        "event" => Event::read(row).is_some_and(|event| {
            event.rule.is_some()
                && (event.exceptions.contains_key(&date) || event.dates(date, date).contains(&date))
        }),
        _ => return refuse("it does not come again", "change its own fields"),
    };
    if known { Ok(()) } else { refuse(&format!("it does not come on {date}"), "choose a date of its rule") }
}

type Fields = BTreeMap<String, Value>;

fn field(name: &str, value: impl Into<String>) -> (String, Value) {
    (name.to_owned(), Value::Text(value.into()))
}

/// A task on the day, and at the time, at which the date stands now.
fn one_task(row: &Row, log: Option<&Row>, date: Date) -> Result<Fields, FieldError> {
    let mut fields = base(row);
    fields.remove("due_time");
    if let Some(instance) = series::instance_of(row, log, date)? {
        fields.extend([field("due", instance.on.to_string())]);
        fields.extend(instance.time.map(|time| field("due_time", crate::civil::time_text(time))));
    }
    Ok(fields)
}

/// The rule, and the times, that hold from the date on.
fn task_onward(row: &Row, date: Date) -> Fields {
    let mut fields = base(row);
    let later = by_date(row, "later_rules");
    let since = later.range(..=date).next_back();
    let begun = since.map(|(from, _)| *from).or_else(|| date_in(row, "due")).unwrap_or(date);
    let rule = since.map(|(_, rule)| *rule).or_else(|| text(row, "rrule")).unwrap_or_default();
    let after = |field: &str| -> BTreeMap<String, Value> {
        let all = by_date(row, field).into_iter().filter(|(from, _)| *from > date);
        all.map(|(from, value)| (from.to_string(), Value::Text(value.to_owned()))).collect()
    };
    fields.extend([field("due", date.to_string()), field("rrule", rest_of(rule, begun, date))]);
    fields.extend(["later_rules", "later_times"].map(|name| (name.to_owned(), Value::Map(after(name)))));
    if let Some(time) = by_date(row, "later_times").range(..=date).next_back().map(|(_, time)| *time) {
        fields.extend([field("due_time", time)]);
    }
    fields
}

fn one_event(row: &Row, date: Date) -> Fields {
    let mut fields = base(row);
    let Some(event) = Event::read(row) else { return fields };
    let start = event.begins(date).unwrap_or_else(|| When { date, ..event.start.clone() });
    fields.remove("end");
    fields.extend(event.end_of(&start).map(|end| field("end", end.to_field())));
    fields.extend([field("start", start.to_field())]);
    fields
}

fn event_onward(row: &Row, date: Date) -> Fields {
    let mut fields = base(row);
    let Some(event) = Event::read(row) else { return fields };
    let start = When { date, ..event.start.clone() };
    fields.remove("end");
    fields.extend(event.end_of(&start).map(|end| field("end", end.to_field())));
    let rule = rest_of(event.rule.unwrap_or_default(), event.start.date, date);
    fields.extend([field("start", start.to_field()), field("rrule", rule)]);
    let later = by_date(row, "exceptions").into_iter().filter(|(other, _)| *other >= date);
    let later = later.map(|(other, became)| (other.to_string(), Value::Text(became.to_owned())));
    fields.extend([("exceptions".to_owned(), Value::Map(later.collect()))]);
    fields
}

/// A rule that began to count at `begun`, from `date` on: of so many times, those that are left.
fn rest_of(rule: &str, begun: Date, date: Date) -> String {
    match Recurrence::parse(rule) {
        Ok(parsed) => parsed.rest(begun, date).unwrap_or_else(|| rule.to_owned()),
        Err(_) => rule.to_owned(),
    }
}

/// What every date has.
fn base(row: &Row) -> Fields {
    let own = row.fields.iter().filter(|(name, _)| !OF_SERIES.contains(&name.as_str()));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The edit that makes a record with these values, each as it is kept.
fn copy(row: &Row, id: RecordId, fields: Fields, origin: Origin) -> Edit {
    let record = RecordType::of(row);
    let is_prose = |name: &str| {
        let field = record.and_then(|record| record.fields().find(|field| field.name == name));
        field.is_some_and(|field| matches!(field.kind, FieldType::Prose(_)))
    };
    let mut ops = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Map(map) => {
                let put = |(key, value)| EditOp::Put(Path::Key(name.clone(), key), value);
                ops.extend(map.into_iter().map(put));
            }
            Value::Text(text) if is_prose(&name) => ops.push(EditOp::PutText(name, text)),
            value => ops.push(EditOp::Put(Path::Field(name), value)),
        }
    }
    let key = DocKey::thing(row.key.kind.clone(), id);
    Edit { key, expect: Expect::New, ops, time: None, origin }
}

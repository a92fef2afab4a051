//! What a drag on the calendar does: an edit of the record, and of a task a row that says it was put off or brought forward.

use super::event::Event;
use crate::assign::{Assignment, How, Input};
use crate::edit;
use crate::error::FieldError;
use crate::log::Moment;
use crate::reading::{text, time};
use crate::reschedule::{self, Move};
use crate::series::{self, InstanceState, Step};
use crate::when::When;
use engine::{DocKey, Edit, Origin, Row};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

/// A drag, as the person sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drag<'a> {
    /// The event or task.
    pub row: &'a Row,
    /// Of something that comes again: the date of its rule.
    pub date: Option<Date>,
    /// To this day.
    pub on: Date,
    /// And this time.
    pub clock: Clock,
}

/// To which time of day something is dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// That which it has.
    Stays,
    /// This one.
    At(Time),
    /// None: it is of the whole day.
    AllDay,
}

/// The documents that [`move_item`] wants to see: what was said of the date, and of other moves today.
pub fn move_keys(row: &Row, date: Option<Date>, today: Date) -> Vec<DocKey> {
    if row.key.kind != "task" {
        return Vec::new();
    }
    let instance = date.map(|date| series::instance_key(row, date));
    instance.into_iter().chain([reschedule::reschedule_key(row, today)]).collect()
}

/// The edits that a drag makes, in one transaction; none where it is there already. `documents` are those of [`move_keys`],
/// as far as they exist. The length of what is dragged stays.
pub fn move_item(
    drag: &Drag<'_>,
    documents: &[Row],
    origin: Origin,
    moment: &Moment,
    zone: &TimeZone,
) -> Result<Vec<Edit>, FieldError> {
    let row = drag.row;
    if row.deleted {
        return refuse(drag, "it is in the trash", "restore it first");
    }
    let (edit, moved) = match (row.key.kind.as_str(), drag.date) {
        ("event", _) => (event(drag, origin, zone)?, None),
        ("task", Some(date)) if series::is_series(row) => {
            let instance = instance(drag, date, documents)?;
            let edit = occurrence(drag, &instance, documents, origin, moment)?;
            (edit, Some(Move { from: instance.on, to: Some(drag.on) }))
        }
        ("task", None) if !series::is_series(row) => {
            let edit = task(drag, origin, zone)?;
            let moved = edit.as_ref().and_then(|edit| reschedule::moved(row, edit));
            (edit, moved)
        }
        ("task", _) => return refuse(drag, "it is not clear which date is meant", "give a date of its rule"),
        _ => return refuse(drag, "it cannot be dragged", "change its own fields"),
    };
    let Some(edit) = edit else { return Ok(Vec::new()) };
    let mut edits = vec![edit];
    if let Some(moved) = moved.filter(|moved| moved.to != Some(moved.from)) {
        let key = reschedule::reschedule_key(row, moment.today);
        let existing = documents.iter().find(|document| document.key == key);
        edits.extend(reschedule::record(row, moved, existing, origin, moment));
    }
    Ok(edits)
}

fn refuse<T>(drag: &Drag<'_>, problem: &str, advice: &str) -> Result<T, FieldError> {
    let name = crate::RecordType::of(drag.row).map_or("record", |record| record.name);
    Err(FieldError::not_allowed(name, "date", problem, advice))
}

fn set(field: &str, value: Option<String>) -> Assignment {
    Assignment::json(field, value.map_or(Json::Null, Json::from))
}

/// A single task: its plan for the day where there is one, or else the day it is due.
fn task(drag: &Drag<'_>, origin: Origin, zone: &TimeZone) -> Result<Option<Edit>, FieldError> {
    let row = drag.row;
    if matches!(text(row, "status"), Some("completed" | "cancelled")) {
        return refuse(drag, "the task is over", "open it again first");
    }
    let when = |field: &str| text(row, field).and_then(When::of_field);
    let clock = |clock: Clock, now: Option<Time>| match clock {
        Clock::Stays => now,
        Clock::At(time) => Some(time),
        Clock::AllDay => None,
    };
    let Some((start, begins)) = when("scheduled_start").and_then(|start| Some((start.clone(), start.time?)))
    else {
        let now = time(row, "due_time");
        let time = clock(drag.clock, now).map(crate::civil::time_text);
        let fields = [set("due", Some(drag.on.to_string())), set("due_time", time)];
        return edit::update(row, &fields, origin);
    };
    let seen = start.seen_from(zone).time.unwrap_or(begins);
    let Some(time) = clock(drag.clock, Some(seen)) else {
        let advice = "choose a time, or take its planned time out";
        return refuse(drag, "the task is planned for a time", advice);
    };
    let moved = start.meant_by(drag.on.to_datetime(time), zone);
    let end = when("scheduled_end").and_then(|end| moved.later_by(start.length_to(&end)?));
    let mut fields = vec![set("scheduled_start", Some(moved.to_field()))];
    fields.extend(end.map(|end| set("scheduled_end", Some(end.to_field()))));
    edit::update(row, &fields, origin)
}

/// The date of a task that comes again, as it stands now.
fn instance(drag: &Drag<'_>, date: Date, documents: &[Row]) -> Result<series::Instance, FieldError> {
    let log = log_of(drag, date, documents);
    match series::instance_of(drag.row, log, date)? {
        Some(instance) if instance.state == InstanceState::Open => Ok(instance),
        Some(_) => refuse(drag, "that date is done or left out", "open it again first"),
        None => refuse(drag, &format!("the task does not come on {date}"), "choose a date of its rule"),
    }
}

fn log_of<'a>(drag: &Drag<'_>, date: Date, documents: &'a [Row]) -> Option<&'a Row> {
    let key = series::instance_key(drag.row, date);
    documents.iter().find(|document| document.key == key)
}

fn occurrence(
    drag: &Drag<'_>,
    instance: &series::Instance,
    documents: &[Row],
    origin: Origin,
    moment: &Moment,
) -> Result<Option<Edit>, FieldError> {
    let time = match drag.clock {
        Clock::At(time) => Some(time),
        Clock::Stays => instance.time,
        Clock::AllDay if instance.time.is_none() => None,
        Clock::AllDay => {
            let advice = "choose a time, or take the time out of the task";
            return refuse(drag, "the task has a time on all its dates", advice);
        }
    };
    let step = (instance.date, Step::Move(drag.on, time));
    series::log_instance(drag.row, log_of(drag, instance.date, documents), step, origin, moment)
}

fn event(drag: &Drag<'_>, origin: Origin, zone: &TimeZone) -> Result<Option<Edit>, FieldError> {
    let Some(event) = Event::read(drag.row) else {
        return refuse(drag, "the event has no beginning", "give start=…");
    };
    let begins = match (event.rule, drag.date) {
        (None, None) => event.start.clone(),
        (Some(_), Some(date)) => match date_of(&event, date) {
            Some(begins) => begins,
            None => {
                return refuse(drag, &format!("it does not take place on {date}"), "choose one of its dates");
            }
        },
        _ => return refuse(drag, "it is not clear which date is meant", "give a date of its rule"),
    };
    let seen = begins.seen_from(zone).time;
    let moved = match (drag.clock, seen) {
        (Clock::AllDay, _) | (Clock::Stays, None) => When::day(drag.on),
        (Clock::Stays, Some(time)) => begins.meant_by(drag.on.to_datetime(time), zone),
        (Clock::At(time), _) => begins.meant_by(drag.on.to_datetime(time), zone),
    };
    let fields = match drag.date {
        Some(date) => vec![exception(&event, date, &moved)],
        None => {
            let end = event.end_of(&moved).map(|end| end.to_field());
            // Whether it is of whole days follows from its beginning.
            let whole = moved.time.is_none() && crate::reading::is(drag.row, "all_day");
            vec![
                set("start", Some(moved.to_field())),
                set("end", end),
                Assignment::json("all_day", if whole { json!(true) } else { Json::Null }),
            ]
        }
    };
    edit::update(drag.row, &fields, origin)
}

/// When a date of an event that comes again begins; none if it has no such date, or it was left out.
fn date_of(event: &Event<'_>, date: Date) -> Option<When> {
    let known = event.exceptions.contains_key(&date) || event.dates(date, date).contains(&date);
    event.begins(date).filter(|_| known)
}

fn exception(event: &Event<'_>, date: Date, moved: &When) -> Assignment {
    let field = "exceptions".to_owned();
    if *moved == (When { date, ..event.start.clone() }) {
        return Assignment { field, how: How::Remove, input: Input::Text(date.to_string()) };
    }
    let entry = json!({ date.to_string(): moved.to_field() });
    Assignment { field, how: How::Add, input: Input::Json(entry) }
}

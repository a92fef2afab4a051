//! What a person does to a date of a series, or to it and all later ones.

use super::{TASK_LOG, dates, time_of};
use crate::assign::{Assignment, How, Input};
use crate::edit;
use crate::error::FieldError;
use crate::log::Moment;
use crate::reading::by_date;
use crate::record::RecordType;
use crate::rows::{self, Stamp, Writing};
use crate::when::When;
use engine::{Edit, Origin, Row};
use jiff::civil::{Date, Time};
use serde_json::{Value as Json, json};

/// What is done to one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was done today.
    Complete,
    /// It does not take place.
    Skip,
    /// It is to be done on another day, or at another time; without one, at the time that it has by its rule.
    Move(Date, Option<Time>),
    /// As if nothing had happened to it.
    Reset,
}

/// The edit that does `step` to the instance of `date`; None if it is so already. `existing` is the row of
/// [`super::instance_key`].
pub fn log_instance(
    task: &Row,
    existing: Option<&Row>,
    (date, step): (Date, Step),
    origin: Origin,
    moment: &Moment,
) -> Result<Option<Edit>, FieldError> {
    let record = RecordType::find(TASK_LOG)?;
    let refuse =
        |problem: &str, advice: &str| Err(FieldError::not_allowed(record.name, "date", problem, advice));
    if task.key.kind != "task" || task.deleted {
        return refuse("it is no task, or in the trash", "restore it, or choose a task that comes again");
    }
    let row = Writing { record, parent: task.key.id, existing, date, key: date.to_string() };
    if step == Step::Reset {
        return Ok(row.remove(origin));
    }
    if row.current().is_empty() && dates(task, (date, date))?.is_empty() {
        return refuse(&format!("the task does not come on {date}"), "choose a date of its rule");
    }
    let set = |status: Json, on: Json| {
        [Assignment::json("status", status), Assignment::json("completed_on", on)].to_vec()
    };
    let assignments = match step {
        Step::Complete => set(json!("completed"), json!(moment.today.to_string())),
        Step::Skip => set(json!("skipped"), Json::Null),
        Step::Move(to, time) => {
            let time = time.filter(|time| time_of(task, date) != Some(*time));
            let to = When { time, ..When::day(to) };
            let stays = to == When::day(date);
            vec![Assignment::json("moved_to", if stays { Json::Null } else { json!(to.to_field()) })]
        }
        Step::Reset => Vec::new(),
    };
    // Done is done: the day on which it was done first stays.
    let done = rows::by_date(existing).get(&date).is_some_and(|row| row.text("status") == Some("completed"));
    if step == Step::Complete && done {
        return Ok(None);
    }
    row.write(&assignments, Stamp { now: moment.now, origin })
}

/// The edit that makes the series follow `rule` from `date` on, or end with None, at `time` if one is given; what was
/// said of later dates before goes. Dates before keep their rule and their time.
pub fn from_here_on(
    task: &Row,
    date: Date,
    rule: Option<&str>,
    time: Option<Time>,
    origin: Origin,
) -> Result<Option<Edit>, FieldError> {
    let mut assignments = Vec::new();
    let mut replace = |field: &str, value: Option<String>| {
        let Some(value) = value else { return };
        let after = by_date(task, field).into_keys().filter(|from| *from > date);
        assignments.extend(after.map(|from| Assignment {
            field: field.to_owned(),
            how: How::Remove,
            input: Input::Text(from.to_string()),
        }));
        assignments.push(Assignment {
            field: field.to_owned(),
            how: How::Add,
            input: Input::Text(format!("{date} {value}")),
        });
    };
    if let Some(rule) = rule {
        super::Recurrence::parse(rule).map_err(|problem| problem.at("task", "later_rules", rule))?;
    }
    replace("later_rules", Some(rule.unwrap_or("end").to_owned()));
    replace("later_times", time.map(crate::civil::time_text));
    edit::update(task, &assignments, origin)
}

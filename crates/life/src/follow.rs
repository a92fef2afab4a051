//! What follows from a change by itself: dates of life are fixed when something happens, so the day on which a task was
//! finished is written down with its finishing.

use crate::assign::{Assignment, How, Input};
use crate::record::RecordType;
use engine::{Row, Value};
use jiff::civil::Date;
use serde_json::Value as Json;

/// `assignments` to the record that is `current` now, and those that follow from them on the day `today`. What a person
/// assigns themselves stays, and so does the day of a task that was finished before.
pub fn with_consequences(
    record: &'static RecordType,
    current: Option<&Row>,
    mut assignments: Vec<Assignment>,
    today: Date,
) -> Vec<Assignment> {
    let sets = |field: &str| assignments.iter().rev().find(|a| a.field == field && a.how == How::Set);
    if record.name == "task"
        && let Some(status) = sets("status")
        && sets("completed_on").is_none()
    {
        let finished = match &status.input {
            Input::Text(text) | Input::Json(Json::String(text)) => text.trim() == "completed",
            Input::Json(_) => false,
        };
        let was = current.and_then(|row| row.fields.get("status"));
        if finished && was == Some(&Value::Text("completed".to_owned())) {
            return assignments;
        }
        let date = if finished { Json::String(today.to_string()) } else { Json::Null };
        assignments.push(Assignment::json("completed_on", date));
    }
    assignments
}

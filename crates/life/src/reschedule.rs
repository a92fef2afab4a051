//! When a task is put off or brought forward, that is written down: who puts off three times is avoiding something. The
//! same move of a task on the same day is one row, on whichever devices it is made.

use crate::assign::Assignment;
use crate::log::Moment;
use crate::record::RecordType;
use crate::rows::{self, Stamp, Writing};
use crate::when::When;
use engine::{DocKey, Edit, EditOp, Origin, Path, Row, Value};
use jiff::civil::Date;
use serde_json::json;

/// The record type of the moves.
pub const RESCHEDULE: &str = "task_reschedule";

/// The fields that say on which day a task is to be done.
const DAYS: [&str; 2] = ["due", "scheduled_start"];
/// Stands in a row's key for no date.
const NEVER: &str = "never";

/// A task's day that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// From this date.
    pub from: Date,
    /// To that; None if it has none any more.
    pub to: Option<Date>,
}

/// The document that a move made today belongs to.
pub fn reschedule_key(task: &Row, today: Date) -> DocKey {
    rows::document(RESCHEDULE, task.key.id, today)
}

/// The move that `edit` makes of `task`, if it changes the day that the task is due or planned for.
pub fn moved(task: &Row, edit: &Edit) -> Option<Move> {
    if task.key.kind != "task" {
        return None;
    }
    let day = |value: &Value| match value {
        Value::Text(text) => When::of_field(text).map(|when| when.date),
        _ => None,
    };
    DAYS.iter().find_map(|field| {
        let from = task.fields.get(*field).and_then(day)?;
        let own = |path: &Path| *path == Path::Field((*field).to_owned());
        let moved = edit.ops.iter().find_map(|op| match op {
            EditOp::Put(path, value) if own(path) => Some(Move { from, to: day(value) }),
            EditOp::Remove(path) if own(path) => Some(Move { from, to: None }),
            _ => None,
        });
        // Another time of the same day puts nothing off.
        moved.filter(|moved| moved.to != Some(moved.from))
    })
}

/// The edit that writes a move down; None if it stands there. `existing` is the row of [`reschedule_key`].
pub fn record(
    task: &Row,
    moved: Move,
    existing: Option<&Row>,
    origin: Origin,
    moment: &Moment,
) -> Option<Edit> {
    let record = RecordType::find(RESCHEDULE).ok()?;
    let to = moved.to.map_or_else(|| NEVER.to_owned(), |to| to.to_string());
    let key = format!("{}.{}.{to}", moment.today, moved.from);
    let row = Writing { record, parent: task.key.id, existing, date: moment.today, key };
    let assignments = [
        Assignment::json("from", json!(moved.from.to_string())),
        Assignment::json("to", json!(moved.to.map(|to| to.to_string()))),
    ];
    row.write(&assignments, Stamp { now: moment.now, origin }).ok()?
}

/// How often a task was moved, by the documents of its moves.
pub fn count<'a>(documents: impl IntoIterator<Item = &'a Row>) -> usize {
    documents.into_iter().map(|row| rows::read(row).len()).sum()
}

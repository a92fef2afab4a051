//! When a task is put off or brought forward, that is written down: who puts off three times is avoiding something. The
//! same move of a task on the same day is one row, on whichever devices it is made.

use crate::assign::Assignment;
use crate::civil;
use crate::log::Moment;
use crate::record::RecordType;
use crate::rows::{self, Stamp, Writing};
use engine::{DocKey, Edit, EditOp, Origin, Path, Row, Value};
use jiff::civil::Date;
use serde_json::json;

/// The record type of the moves.
pub const RESCHEDULE: &str = "task_reschedule";

/// Stands in a row's key for no date.
const NEVER: &str = "never";

/// A task's due date that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// From this date.
    pub from: Date,
    /// To that; None if it has no due date any more.
    pub to: Option<Date>,
}

/// The document that a move made today belongs to.
pub fn reschedule_key(task: &Row, today: Date) -> DocKey {
    rows::document(RESCHEDULE, task.key.id, today)
}

/// The move that `edit` makes of `task`, if it changes the due date that the task has.
pub fn moved(task: &Row, edit: &Edit) -> Option<Move> {
    if task.key.kind != "task" {
        return None;
    }
    let date = |value: &Value| match value {
        Value::Text(text) => civil::date(text).ok(),
        _ => None,
    };
    let from = task.fields.get("due").and_then(date)?;
    let due = |path: &Path| *path == Path::Field("due".to_owned());
    edit.ops.iter().find_map(|op| match op {
        EditOp::Put(path, value) if due(path) => Some(Move { from, to: date(value) }),
        EditOp::Remove(path) if due(path) => Some(Move { from, to: None }),
        _ => None,
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

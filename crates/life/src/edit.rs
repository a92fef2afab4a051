//! From assignments to edits of one document. A thing is created once: its id is new. A singleton is there whenever
//! somebody writes to it.

use crate::assign::Assignment;
use crate::draft::Draft;
use crate::error::FieldError;
use crate::list::Flat;
use crate::record::{RecordType, Shape};
use crate::scalar::Check;
use engine::{DocKey, Edit, EditOp, Expect, Origin, RecordId, Row};

/// The edit that makes a record. For a singleton `id` does not matter; where it may exist already, ask for its row
/// and [`update`] that, or lists and sets are written as if they were empty.
pub fn create(
    record: &'static RecordType,
    id: RecordId,
    assignments: &[Assignment],
    origin: Origin,
) -> Result<Edit, FieldError> {
    let key = thing_key(record, id)?;
    let nothing = Flat::new();
    let mut draft = Draft::new(record, key.id, Check::Person, &nothing);
    assignments.iter().try_for_each(|a| draft.apply(a))?;
    draft.apply_defaults()?;
    draft.check_required()?;
    let expect = if record.shape == Shape::Singleton { Expect::Any } else { Expect::New };
    Ok(Edit { key, expect, ops: draft.ops(), time: None, origin })
}

/// The edit that makes `current` what the assignments say; None if it is that already.
pub fn update(current: &Row, assignments: &[Assignment], origin: Origin) -> Result<Option<Edit>, FieldError> {
    let record = RecordType::find(&current.key.kind)?;
    let key = thing_key(record, current.key.id)?;
    let mut draft = Draft::new(record, key.id, Check::Person, &current.fields);
    assignments.iter().try_for_each(|a| draft.apply(a))?;
    draft.check_required()?;
    let ops = draft.ops();
    Ok((!ops.is_empty()).then_some(Edit { key, expect: Expect::Exists, ops, time: None, origin }))
}

/// The edit that puts a record in the trash; None if it is there already.
pub fn trash(current: &Row, origin: Origin) -> Option<Edit> {
    (!current.deleted).then(|| step(&current.key, EditOp::Trash, origin))
}

/// The edit that takes a record out of the trash; None if it is not there.
pub fn untrash(current: &Row, origin: Origin) -> Option<Edit> {
    current.deleted.then(|| step(&current.key, EditOp::Untrash, origin))
}

fn step(key: &DocKey, op: EditOp, origin: Origin) -> Edit {
    Edit { key: key.clone(), expect: Expect::Exists, ops: vec![op], time: None, origin }
}

fn thing_key(record: &'static RecordType, id: RecordId) -> Result<DocKey, FieldError> {
    record.key(id).ok_or_else(|| {
        FieldError::not_allowed(
            record.name,
            "rows",
            "it is a stream of rows, not a record with fields",
            "log instead",
        )
    })
}

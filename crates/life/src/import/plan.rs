//! From a checked item and what the vault has to the edits that make the vault say what the file says.

use super::{Body, ImportError, ImportItem, Record};
use crate::assign::Assignment;
use crate::draft::{Draft, flat_of};
use crate::error::{FieldError, Problem};
use crate::field::Field;
use crate::limits;
use crate::list::Flat;
use crate::record::{EXTRA, ROWS, RecordType, Shape};
use crate::scalar::Check;
use engine::{Edit, EditOp, Expect, Origin, Path, Row, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The edits for one item, in order. A record that is not there yet is made with the times of the file; one that is
/// gets the differences, now. None are needed where the vault says the same already.
pub fn plan(item: &ImportItem, existing: Option<&Row>) -> Result<Vec<Edit>, ImportError> {
    edits(item, existing, true)
}

/// Checks the values of an item, before it is known whether the record is there.
pub(super) fn check(item: &ImportItem) -> Result<(), ImportError> {
    edits(item, None, false).map(drop)
}

fn edits(item: &ImportItem, existing: Option<&Row>, making: bool) -> Result<Vec<Edit>, ImportError> {
    let part = match &item.body {
        // A line of a table or an event has no such part.
        Body::Record(Record { decides: Some(_), .. }) => item.at.clone(),
        _ => format!("{}.fields", item.at),
    };
    let at = |source| ImportError::field(part.clone(), source);
    match &item.body {
        Body::Rows(rows) => Ok(rows_edits(item, rows, existing)),
        Body::Record(said) => {
            let record = RecordType::find(&item.key.kind).map_err(at)?;
            let nothing = Flat::new();
            let current = existing.map_or(&nothing, |row| &row.fields);
            let making = making.then_some(existing.is_none());
            let ops = differences(record, item, said, (current, making)).map_err(at)?;
            Ok(match existing {
                None => {
                    new_record(record, item, ops, (said.created, said.updated, said.deleted.unwrap_or(false)))
                }
                Some(row) => changes(item, ops, row.deleted, said.deleted.unwrap_or(row.deleted)),
            })
        }
    }
}

/// What it takes to make `current` say what the file's fields say. `making` is whether the record has to be made; None if
/// that is not known yet.
fn differences(
    record: &'static RecordType,
    item: &ImportItem,
    said: &Record,
    (current, making): (&Flat, Option<bool>),
) -> Result<Vec<EditOp>, FieldError> {
    let mut draft = Draft::new(record, item.key.id, Check::Import, current);
    let decides = |field: &Field| said.decides.as_ref().is_none_or(|fields| fields.contains(field.name));
    for field in record.fields().filter(|field| decides(field)) {
        // What a person leaves empty is as if they had just made it.
        let default = field.default.filter(|_| said.decides.is_some()).map(Json::from);
        let value = said.fields.get(field.name).cloned().or(default).unwrap_or(Json::Null);
        draft.apply(&Assignment::json(field.name, value))?;
    }
    if said.decides.is_some() {
        // An export was a record; what a person or another program wrote may not be one.
        if making == Some(true) {
            draft.apply_defaults()?;
        }
        match draft.check_required() {
            Err(FieldError::Missing { field, .. })
                if making.is_none() && record.field(&field).is_ok_and(|field| !decides(field)) => {}
            checked => checked?,
        }
        return Ok(draft.ops());
    }
    let mut extra = Flat::new();
    for (name, value) in &said.fields {
        if record.field(name).is_ok() {
            continue;
        }
        // Where a document has the field itself, this version cannot know its shape and leaves it alone.
        if current.contains_key(name) && name != EXTRA {
            extra.extend(flat_of(current, EXTRA).remove_entry(name));
            continue;
        }
        let refuse = |what: &str, max: usize| {
            let advice = format!("have at most {max}");
            Problem::limits(format!("unknown fields: {what}"), advice).at(
                record.name,
                name,
                &value.to_string(),
            )
        };
        if name.chars().count() > limits::IMPORT_FIELD_NAME_CHARS || name == EXTRA {
            return Err(refuse("the name cannot be used", limits::IMPORT_FIELD_NAME_CHARS));
        }
        let text = serde_json_canonicalizer::to_string(value).map_err(|_| refuse("not canonical", 0))?;
        if text.len() > limits::IMPORT_EDIT_BYTES {
            return Err(refuse("too many bytes", limits::IMPORT_EDIT_BYTES));
        }
        extra.insert(name.clone(), Value::Text(text));
        if extra.len() > limits::IMPORT_UNKNOWN_FIELDS {
            return Err(refuse("too many", limits::IMPORT_UNKNOWN_FIELDS));
        }
    }
    draft.set_extra(extra);
    Ok(draft.ops())
}

/// A record with the times of the file: the first change bears the first, the last the last.
fn new_record(
    record: &RecordType,
    item: &ImportItem,
    ops: Vec<EditOp>,
    (created, updated, deleted): (i64, i64, bool),
) -> Vec<Edit> {
    let mut pieces = pieces(ops);
    if pieces.is_empty() {
        pieces.push(Vec::new());
    }
    let one_time = created == updated;
    if deleted {
        pieces.push(vec![EditOp::Trash]);
    } else if !one_time {
        pieces.push(Vec::new());
    }
    let last = pieces.len() - 1;
    let edits = pieces.into_iter().enumerate().map(|(at, ops)| Edit {
        key: item.key.clone(),
        expect: match (at, record.shape) {
            (0, Shape::Thing) => Expect::New,
            _ => Expect::Any,
        },
        ops,
        time: Some(if at == last && at > 0 { updated } else { created }),
        origin: Origin::Import,
    });
    edits.collect()
}

fn changes(item: &ImportItem, ops: Vec<EditOp>, is_deleted: bool, deleted: bool) -> Vec<Edit> {
    let mut pieces = pieces(ops);
    match (is_deleted, deleted) {
        // Any change takes a record out of the trash.
        (_, true) if !pieces.is_empty() || !is_deleted => pieces.push(vec![EditOp::Trash]),
        (true, false) => pieces.push(vec![EditOp::Untrash]),
        _ => {}
    }
    edits_now(item, pieces)
}

fn edits_now(item: &ImportItem, pieces: Vec<Vec<EditOp>>) -> Vec<Edit> {
    let edit =
        |ops| Edit { key: item.key.clone(), expect: Expect::Any, ops, time: None, origin: Origin::Import };
    pieces.into_iter().map(edit).collect()
}

/// Rows that the vault has and the file has not are records of their own and stay.
fn rows_edits(item: &ImportItem, rows: &BTreeMap<String, Value>, existing: Option<&Row>) -> Vec<Edit> {
    let current = existing.map(|row| flat_of(&row.fields, ROWS)).unwrap_or_default();
    let changed = rows.iter().filter(|(date, value)| current.get(*date) != Some(value));
    let path = |key: &String| Path::Key(ROWS.to_owned(), key.clone());
    let put = changed.map(|(key, value)| EditOp::Put(path(key), value.clone()));
    // Of a row that the file names, what the file does not say of it goes.
    let row_of = |key: &str| key.split_once('|').map(|(row, _)| row.to_owned());
    let named: BTreeSet<String> = rows.keys().filter_map(|key| row_of(key)).collect();
    let gone = current.keys().filter(|key| !rows.contains_key(*key));
    let gone = gone.filter(|key| row_of(key).is_some_and(|row| named.contains(&row)));
    let remove = gone.map(|key| EditOp::Remove(path(key)));
    edits_now(item, pieces(put.chain(remove).collect()))
}

/// The steps in groups that each fit one edit. A long text grows from piece to piece.
fn pieces(ops: Vec<EditOp>) -> Vec<Vec<EditOp>> {
    let mut pieces: Vec<Vec<EditOp>> = Vec::new();
    let mut room = 0;
    for op in ops.into_iter().flat_map(split) {
        let size = size(&op);
        match pieces.last_mut() {
            Some(piece) if size <= room => {
                piece.push(op);
                room -= size;
            }
            _ => {
                pieces.push(vec![op]);
                room = limits::IMPORT_EDIT_BYTES.saturating_sub(size);
            }
        }
    }
    pieces
}

fn split(op: EditOp) -> Vec<EditOp> {
    let EditOp::PutText(name, text) = op else { return vec![op] };
    let mut ends: Vec<usize> = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        if at + letter.len_utf8() - start > limits::IMPORT_EDIT_BYTES {
            ends.push(at);
            start = at;
        }
    }
    ends.push(text.len());
    ends.iter()
        .filter_map(|end| text.get(..*end))
        .map(|t| EditOp::PutText(name.clone(), t.to_owned()))
        .collect()
}

/// About what a step adds to an edit, in bytes. Of a text that grows, the part that is new.
fn size(op: &EditOp) -> usize {
    let value_size = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 8,
    };
    match op {
        EditOp::Put(Path::Field(name), value) => name.len() + value_size(value),
        EditOp::Put(Path::Key(_, key), value) => key.len() + value_size(value),
        EditOp::PutText(_, text) => text.len().min(limits::IMPORT_EDIT_BYTES),
        EditOp::Remove(_) | EditOp::Trash | EditOp::Untrash => 16,
    }
}

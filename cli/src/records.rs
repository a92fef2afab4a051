//! The one place that knows how the life domains are called: types, fields, views. The rest of this crate speaks of
//! rows, edits and JSON.

use crate::error::{Error, Result};
use engine::{RecordId, Row};
use life::{Assignment, FieldError, RecordType};
use serde_json::Value;

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        Self::usage(error.code(), error.to_string())
    }
}

/// The record that a person names: its id, or the name of a type that has one record in a vault.
pub fn parse_id(text: &str) -> Result<RecordId> {
    if let Ok(record) = RecordType::find(text)
        && is_singleton(record)
    {
        return Ok(RecordId::singleton(record.name));
    }
    text.parse().map_err(|error: engine::record::ParseRecordIdError| {
        Error::usage("invalid_id", format!("{text:?} is {error}")).hint("`lifeos list TYPE` shows ids")
    })
}

/// Whether a vault has one record of this type.
pub fn is_singleton(record: &RecordType) -> bool {
    matches!(record.shape, life::record::Shape::Singleton)
}

/// Kinds whose records are documents of their own.
pub fn thing_kinds() -> impl Iterator<Item = &'static str> {
    life::all().filter(|record| !record.is_stream()).map(|record| record.name)
}

/// What a person typed as `field=value`.
pub fn assignments(words: &[String]) -> Result<Vec<Assignment>> {
    words.iter().map(|word| Assignment::parse(word).map_err(Error::from)).collect()
}

/// A record for programs.
pub fn view(row: &Row) -> Value {
    life::to_json(row)
}

/// What a person calls a record.
pub fn title(row: &Row) -> String {
    let named = RecordType::of(row).and_then(RecordType::title).and_then(|field| row.fields.get(field.name));
    match named {
        Some(engine::Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// A record for people: a line a field.
pub fn details(row: &Row) -> Vec<Vec<String>> {
    let view = view(row);
    let field = |name: &str| view.get(name).map(text).unwrap_or_default();
    let mut lines: Vec<Vec<String>> =
        ["id", "type"].iter().map(|name| vec![(*name).to_owned(), field(name)]).collect();
    if row.deleted {
        lines.push(vec!["deleted".into(), "in the trash".into()]);
    }
    let fields = view.get("fields").and_then(Value::as_object);
    lines.extend(fields.into_iter().flatten().map(|(name, value)| vec![name.clone(), text(value)]));
    lines.extend(["created", "updated"].iter().map(|name| vec![(*name).to_owned(), field(name)]));
    lines
}

/// JSON as a person reads it.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

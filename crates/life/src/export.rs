//! Everything a person has, as one file that any program can read.
//!
//! Invariant: the bytes depend on the records alone, not on the device, the time or the order in which they were
//! collected. RFC 8785 canonical JSON:
//! `{"format":"life-os","records":[…by id],"streams":[…by type, parent, date],"version":1}`. Records in the trash are
//! there, with `deleted` true. Every number is within what RFC 7493 lets all readers keep; others are tagged texts, as
//! `{"$int":"…"}`. A row of a stream stands alone: `type, parent, date` and what was logged.

use crate::record::{ROWS, RecordType};
use crate::{log, raw, view};
use engine::{Row, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The value of `format` in an export.
pub const FORMAT: &str = "life-os";
/// The value of `version` in an export of this version.
pub const VERSION: u64 = 1;

/// An export being collected. Rows may come in any order; the same row again replaces itself.
#[derive(Debug, Default)]
pub struct Export {
    records: BTreeMap<(String, String), String>,
    streams: BTreeMap<(String, String, String), String>,
}

/// A row that cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("a {kind} cannot be written as canonical JSON: {source}")]
pub struct ExportError {
    kind: String,
    source: serde_json::Error,
}

impl Export {
    /// An export of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a row in: a record, or a document of a stream.
    pub fn push(&mut self, row: &Row) -> Result<(), ExportError> {
        let canonical = |json: &Json| {
            serde_json_canonicalizer::to_string(json)
                .map_err(|source| ExportError { kind: row.key.kind.clone(), source })
        };
        let (kind, id) = (row.key.kind.clone(), row.key.id.to_string());
        if row.key.part.is_none() {
            let text = canonical(&view::to_json(row))?;
            self.records.insert((id, kind), text);
            return Ok(());
        }
        let known = RecordType::of(row).is_some();
        let Some(Value::Map(rows)) = row.fields.get(ROWS) else { return Ok(()) };
        for (date, value) in rows {
            let mut object = if known {
                log::value_to_json(value)
            } else {
                Map::from_iter([("packed".to_owned(), raw::to_json(value))])
            };
            object.insert("type".to_owned(), json!(kind));
            object.insert("parent".to_owned(), json!(id));
            object.insert("date".to_owned(), json!(date));
            let text = canonical(&Json::Object(object))?;
            self.streams.insert((kind.clone(), id.clone(), date.clone()), text);
        }
        Ok(())
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let records: Vec<String> = self.records.into_values().collect();
        let streams: Vec<String> = self.streams.into_values().collect();
        // Names in canonical order, around values that are canonical already.
        let file = format!(
            "{{\"format\":\"{FORMAT}\",\"records\":[{}],\"streams\":[{}],\"version\":{VERSION}}}",
            records.join(","),
            streams.join(",")
        );
        file.into_bytes()
    }
}

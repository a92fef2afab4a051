//! Everything a person has, as one file that any program can read.
//!
//! Invariant: the bytes depend on the records alone, not on the device, the time or the order in which they were
//! collected. RFC 8785 canonical JSON:
//! `{"format":"life-os","records":[…by id],"streams":[…by type, parent, date],"version":1}`. Records in the trash are
//! there, with `deleted` true. Every number is within what RFC 7493 lets all readers keep; others are tagged texts, as
//! `{"$int":"…"}`. A row of a stream stands alone: `type, parent, date` and what was logged,
//! and `row` where more than the date names it.

use crate::{rows, view};
use engine::Row;
use serde_json::{Value as Json, json};
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
        for (row_key, mut object) in view::rows_to_json(row) {
            object.insert("type".to_owned(), json!(kind));
            object.insert("parent".to_owned(), json!(id));
            let date = rows::date_of(&row_key).map(|date| date.to_string()).filter(|date| *date != row_key);
            if date.is_some() {
                object.insert("row".to_owned(), json!(row_key));
            }
            object.insert("date".to_owned(), json!(date.as_ref().unwrap_or(&row_key)));
            let text = canonical(&Json::Object(object))?;
            self.streams.insert((kind.clone(), id.clone(), row_key), text);
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

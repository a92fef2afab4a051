//! Records of one type as a table that a spreadsheet opens: a line a record, a column a field. A cell is what a person
//! would write in the field; sets, lists and maps are JSON. The last column, `more`, holds what this version does not
//! know, so that nothing is lost on the way out and back.

use crate::field::FieldType;
use crate::record::{RecordType, Rows, Shape};
use crate::{limits, rows, view};
use engine::Row;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The column of what has no other.
pub(crate) const MORE: &str = "more";

/// A table being collected. Rows may come in any order.
#[derive(Debug)]
pub struct Table {
    record: &'static RecordType,
    lines: BTreeMap<Vec<String>, Map<String, Json>>,
}

/// A table that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the table cannot be written: {0}")]
pub struct TableError(String);

impl Table {
    /// A table of records of this type.
    pub fn new(record: &'static RecordType) -> Self {
        Self { record, lines: BTreeMap::new() }
    }

    /// Takes a row in: a record, or a document of a stream. One of another type is left out.
    pub fn push(&mut self, row: &Row) {
        if row.key.kind != self.record.name {
            return;
        }
        let id = row.key.id.to_string();
        if !self.record.is_stream() {
            let Json::Object(mut shown) = view::to_json(row) else { return };
            let fields = shown.remove("fields");
            let mut line: Map<String, Json> = shown.into_iter().filter(|(name, _)| name != "type").collect();
            if let Some(Json::Object(fields)) = fields {
                self.spread(&mut line, fields);
            }
            self.lines.insert(vec![id], line);
            return;
        }
        for (key, said) in view::rows_to_json(row) {
            let date = rows::date_of(&key).map_or_else(|| key.clone(), |date| date.to_string());
            let mut line =
                Map::from_iter([("parent".to_owned(), json!(id)), ("date".to_owned(), json!(date))]);
            if date != key {
                line.insert("row".to_owned(), json!(key));
            }
            self.spread(&mut line, said);
            self.lines.insert(vec![id.clone(), key], line);
        }
    }

    /// Puts fields into their columns, and those without one into the last.
    fn spread(&self, line: &mut Map<String, Json>, fields: Map<String, Json>) {
        let columns = self.columns();
        let (known, more): (Map<String, Json>, Map<String, Json>) =
            fields.into_iter().partition(|(name, _)| columns.iter().any(|column| column == name));
        line.extend(known);
        if !more.is_empty() {
            line.insert(MORE.to_owned(), Json::Object(more));
        }
    }

    fn columns(&self) -> Vec<&'static str> {
        let fields = self.record.fields().chain(self.record.row_fields()).map(|field| field.name);
        let (before, after): (&[&str], &[&str]) = match self.record.shape {
            Shape::Stream { rows: Rows::CheckIn, .. } => (
                &["parent", "date"],
                &["state", "value", "time", "timezone", "note", "logged", "origin", "packed"],
            ),
            Shape::Stream { rows: Rows::Fields(_), .. } => {
                (&["parent", "date", "row"], &["logged", "origin"])
            }
            Shape::Thing | Shape::Singleton => (&["id"], &["created", "updated", "deleted"]),
        };
        before.iter().copied().chain(fields).chain(after.iter().copied()).chain([MORE]).collect()
    }

    /// The file: UTF-8, commas, a first line of names, lines in the order of ids.
    pub fn finish(self) -> Result<Vec<u8>, TableError> {
        let columns = self.columns();
        let broken = |error: csv::Error| TableError(error.to_string());
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns).map_err(broken)?;
        for line in self.lines.values() {
            let cells = columns.iter().map(|name| line.get(*name).map(json_to_cell).unwrap_or_default());
            writer.write_record(cells).map_err(broken)?;
        }
        writer.into_inner().map_err(|error| TableError(error.to_string()))
    }
}

fn json_to_cell(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value of a cell that is not empty, as an export has it.
pub(crate) fn cell_to_json(kind: FieldType, text: &str) -> Json {
    let flat = matches!(kind, FieldType::Set(..) | FieldType::List(..) | FieldType::Map(_));
    if flat && text.len() <= limits::IMPORT_BYTES {
        match (serde_json::from_str(text), kind) {
            (Ok(json @ (Json::Array(_) | Json::Object(_))), _) => return json,
            // As a person writes a set: words between commas.
            (_, FieldType::Set(..)) => {
                let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
                return members.map(|member| json!(member)).collect();
            }
            _ => {}
        }
    }
    json!(text)
}

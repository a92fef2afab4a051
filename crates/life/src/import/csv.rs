//! Records of one type from a table, as [`crate::csv`] writes it or as a person made it. The columns that are there
//! decide; what has no column stays as it is. A line without an id is a new record whose id follows from its words, so
//! that the same file imported twice makes nothing twice.

use super::{ImportError, ImportFile, ImportItem, Record, parse};
use crate::csv::{MORE, cell_to_json};
use crate::record::{RecordType, Shape};
use crate::{civil, limits};
use csv::{ReaderBuilder, StringRecord};
use engine::{DocKey, RecordId};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Reads a table of records of type `record` and checks all of it. Writes nothing. `now`, in milliseconds since 1970, is
/// when records are made that do not say when.
pub fn parse_csv(record: &'static RecordType, bytes: &[u8], now: i64) -> Result<ImportFile, ImportError> {
    if bytes.len() > limits::IMPORT_BYTES {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let broken = |error: csv::Error| ImportError::Csv(error.to_string());
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(bytes);
    let header = reader.headers().map_err(broken)?.clone();
    check_header(record, &header)?;
    let mut items = Vec::new();
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for line in reader.records() {
        let line = line.map_err(broken)?;
        let at = format!("line {}", line.position().map_or(0, csv::Position::line));
        if record.is_stream() {
            rows.push((at, row(record, &header, &line)?));
            continue;
        }
        let item = item(record, &header, &line, at, now)?;
        if !seen.insert(item.key.clone()) {
            return Err(ImportError::Twice { at: item.at });
        }
        items.push(item);
    }
    items.extend(parse::parse_rows(rows)?);
    Ok(ImportFile { items })
}

fn check_header(record: &'static RecordType, header: &StringRecord) -> Result<(), ImportError> {
    let about: &[&str] = if record.is_stream() {
        &[
            "parent", "date", "row", "state", "value", "time", "timezone", "note", "logged", "origin",
            "packed", MORE,
        ]
    } else {
        &["id", "created", "updated", "deleted", MORE]
    };
    let mut seen = BTreeSet::new();
    for name in header {
        let fields = record.fields().chain(record.row_fields());
        if !about.contains(&name) && !fields.into_iter().any(|field| field.name == name) {
            let name = crate::error::shorten(name);
            return Err(ImportError::Csv(format!("{} has no column {name:?}", record.name)));
        }
        if !seen.insert(name) {
            return Err(ImportError::Csv(format!("the column {name:?} is there twice")));
        }
    }
    let needed: &[&str] = if record.is_stream() { &["parent", "date"] } else { &[] };
    match needed.iter().find(|name| !seen.contains(*name)) {
        Some(name) => Err(ImportError::Csv(format!("the column {name:?} is missing in the first line"))),
        None => Ok(()),
    }
}

/// The cells of a line that are not empty, by column.
fn cells<'a>(header: &'a StringRecord, line: &'a StringRecord) -> impl Iterator<Item = (&'a str, &'a str)> {
    header.iter().zip(line.iter()).filter(|(_, cell)| !cell.is_empty())
}

fn item(
    record: &'static RecordType,
    header: &StringRecord,
    line: &StringRecord,
    at: String,
    now: i64,
) -> Result<ImportItem, ImportError> {
    let cell = |name: &str| cells(header, line).find(|(column, _)| *column == name).map(|(_, cell)| cell);
    let time = |name: &str| match cell(name) {
        None => Ok(None),
        Some(text) => civil::parse_timestamp(text).map(Some).ok_or_else(|| {
            parse::shape(&at, &format!("{name:?} is not a time in UTC, as in 2026-11-21T18:00:00Z"))
        }),
    };
    let created = time("created")?.unwrap_or(now);
    let updated = time("updated")?.unwrap_or(created).max(created);
    let deleted = match cell("deleted") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(parse::shape(&at, "\"deleted\" is neither true nor false")),
    };
    let mut fields = Map::new();
    for field in record.fields() {
        if let Some(text) = cell(field.name) {
            fields.insert(field.name.to_owned(), cell_to_json(field.kind, text));
        }
    }
    let more = cell(MORE).map(|text| super::json::parse(text.as_bytes()));
    match more {
        None => {}
        Some(Ok(Json::Object(more))) => {
            fields.extend(more.into_iter().filter(|(name, _)| record.field(name).is_err()));
        }
        Some(_) => return Err(parse::shape(&at, &format!("{MORE:?} is not an object of JSON"))),
    }
    let id = match (record.shape, cell("id")) {
        (Shape::Singleton, _) => RecordId::singleton(record.name),
        (_, None) => id_of(record, &fields),
        (_, Some(text)) => text.parse().map_err(|error| parse::shape(&at, &format!("\"id\" is {error}")))?,
    };
    // With every column it is an export, which decides about all.
    let whole = record.fields().all(|field| header.iter().any(|name| name == field.name));
    let whole = whole && header.iter().any(|name| name == MORE);
    let decides = (!whole).then(|| header.iter().map(str::to_owned).collect());
    let key = DocKey::thing(record.name, id);
    parse::checked(key, at, Record { created, updated, deleted, fields, decides })
}

/// The id of a record that has none: of its type and its words.
fn id_of(record: &RecordType, fields: &Map<String, Json>) -> RecordId {
    let mut hasher = blake3::Hasher::new_derive_key("life-os v1 id of an imported line");
    hasher
        .update(record.name.as_bytes())
        .update(&[0])
        .update(Json::Object(fields.clone()).to_string().as_bytes());
    super::id_of_hash(&hasher)
}

/// A row of a stream as an export has it.
fn row(record: &'static RecordType, header: &StringRecord, line: &StringRecord) -> Result<Json, ImportError> {
    let mut object = Map::from_iter([("type".to_owned(), json!(record.name))]);
    for (name, text) in cells(header, line) {
        let field = record.row_fields().iter().find(|field| field.name == name);
        let json = match (field, name) {
            (Some(field), _) => cell_to_json(field.kind, text),
            (None, "value" | "packed" | MORE) => {
                super::json::parse(text.as_bytes()).unwrap_or_else(|_| json!(text))
            }
            (None, _) => json!(text),
        };
        match (name, json) {
            (MORE, Json::Object(more)) => object.extend(more),
            (name, json) => drop(object.insert(name.to_owned(), json)),
        }
    }
    Ok(Json::Object(object))
}

//! From bytes to checked items.

use super::plan::check;
use super::{Body, ImportError, ImportFile, ImportItem, Record, json};
use crate::record::{RecordType, Rows, Shape};
use crate::{civil, export, limits, log, rows};
use engine::{DocKey, RecordId, Value};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

type Object = Map<String, Json>;

/// Reads an export and checks all of it. Writes nothing.
pub fn parse(bytes: &[u8]) -> Result<ImportFile, ImportError> {
    if bytes.len() > limits::IMPORT_BYTES {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let mut file = match json::parse(bytes).map_err(|e| ImportError::Json(e.to_string()))? {
        Json::Object(file) => file,
        _ => return Err(ImportError::NotAnExport("it is not an object")),
    };
    if file.get("format").and_then(Json::as_str) != Some(export::FORMAT) {
        return Err(ImportError::NotAnExport("its \"format\" is not \"life-os\""));
    }
    match file.get("version").and_then(Json::as_u64) {
        Some(export::VERSION) => {}
        Some(version) => return Err(ImportError::Version(version)),
        None => return Err(ImportError::NotAnExport("its \"version\" is not a number")),
    }
    let mut array = |name: &'static str| match file.remove(name) {
        Some(Json::Array(array)) => Ok(array),
        None => Ok(Vec::new()),
        Some(_) => Err(shape(name, "not an array")),
    };
    let (records, rows) = (array("records")?, array("streams")?);
    if let Some(name) = file.keys().find(|name| !matches!(name.as_str(), "format" | "version")) {
        return Err(shape(&crate::error::shorten(name), "an export has no such part"));
    }
    let mut items = parse_records(records)?;
    let rows = rows.into_iter().enumerate().map(|(index, row)| (format!("streams[{index}]"), row));
    items.extend(parse_rows(rows.collect())?);
    Ok(ImportFile { items })
}

fn parse_records(records: Vec<Json>) -> Result<Vec<ImportItem>, ImportError> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::with_capacity(records.len());
    for (index, json) in records.into_iter().enumerate() {
        let item = parse_record(format!("records[{index}]"), json)?;
        if !seen.insert(item.key.clone()) {
            return Err(ImportError::Twice { at: item.at });
        }
        items.push(item);
    }
    Ok(items)
}

fn parse_record(at: String, json: Json) -> Result<ImportItem, ImportError> {
    let mut object = into_object(&at, json)?;
    let record = record_type(&at, &object)?;
    let given = id(&at, &object, "id")?;
    let key = record.key(given).ok_or_else(|| shape(&at, "rows of a stream belong under \"streams\""))?;
    if key.id != given {
        return Err(shape(&at, "there is one record of this type, and this is not its id"));
    }
    let (created, updated) = (time(&at, &object, "created")?, time(&at, &object, "updated")?);
    let deleted = match object.get("deleted") {
        None => false,
        Some(Json::Bool(deleted)) => *deleted,
        Some(_) => return Err(shape(&at, "\"deleted\" is neither true nor false")),
    };
    let fields = match object.remove("fields") {
        Some(fields) => into_object(&format!("{at}.fields"), fields)?,
        None => Object::new(),
    };
    let known = |name: &str| matches!(name, "type" | "id" | "created" | "updated" | "deleted");
    if let Some(name) = object.keys().find(|name| !known(name)) {
        return Err(shape(
            &at,
            &format!("a record has no {:?} beside its fields", crate::error::shorten(name)),
        ));
    }
    let deleted = Some(deleted);
    checked(key, at, Record { created, updated, deleted, fields, decides: None })
}

/// An item of a record. Every value is checked before the first is written.
pub(super) fn checked(key: DocKey, at: String, record: Record) -> Result<ImportItem, ImportError> {
    let item = ImportItem { key, at, body: Body::Record(record) };
    check(&item)?;
    Ok(item)
}

/// The rows of streams, by document.
pub(super) fn parse_rows(all: Vec<(String, Json)>) -> Result<Vec<ImportItem>, ImportError> {
    let mut documents: BTreeMap<DocKey, (String, BTreeMap<String, Value>)> = BTreeMap::new();
    let mut seen: BTreeSet<(DocKey, String)> = BTreeSet::new();
    for (at, json) in all {
        let mut object = into_object(&at, json)?;
        let record = record_type(&at, &object)?;
        if record.shape == Shape::Thing || record.shape == Shape::Singleton {
            return Err(shape(&at, "a record belongs under \"records\""));
        }
        let parent = id(&at, &object, "parent")?;
        let date = object.get("date").and_then(Json::as_str).unwrap_or_default().to_owned();
        let day = civil::date(&date).map_err(|_| shape(&at, "\"date\" is not a date, YYYY-MM-DD"))?;
        let (row, values) = match record.shape {
            Shape::Stream { rows: Rows::Fields(_), .. } => rows::from_json(record, &object),
            _ => {
                object.retain(|name, _| !matches!(name.as_str(), "type" | "parent" | "date"));
                let value = log::value_from_json(&object);
                value.map(|value| (date.clone(), BTreeMap::from([(date.clone(), value)])))
            }
        }
        .map_err(|problem| {
            ImportError::field(at.clone(), problem.at(record.name, &date, &Json::Object(object).to_string()))
        })?;
        let key = rows::document(record.name, parent, day);
        if !seen.insert((key.clone(), row)) {
            return Err(ImportError::Twice { at });
        }
        documents.entry(key).or_insert_with(|| (at, BTreeMap::new())).1.extend(values);
    }
    let item = |(key, (at, rows))| ImportItem { key, at, body: Body::Rows(rows) };
    Ok(documents.into_iter().map(item).collect())
}

fn into_object(at: &str, json: Json) -> Result<Object, ImportError> {
    match json {
        Json::Object(object) => Ok(object),
        _ => Err(shape(at, "not an object")),
    }
}

fn record_type(at: &str, object: &Object) -> Result<&'static RecordType, ImportError> {
    let name = object.get("type").and_then(Json::as_str).unwrap_or_default();
    RecordType::find(name).map_err(|source| ImportError::field(at, source))
}

fn id(at: &str, object: &Object, name: &str) -> Result<RecordId, ImportError> {
    let text = object.get(name).and_then(Json::as_str).unwrap_or_default();
    let id: RecordId = text.parse().map_err(|e| shape(at, &format!("{name:?} is {e}")))?;
    if id.to_string() == text {
        Ok(id)
    } else {
        Err(shape(at, &format!("{name:?} is not written as a UUID")))
    }
}

fn time(at: &str, object: &Object, name: &str) -> Result<i64, ImportError> {
    let text = object.get(name).and_then(Json::as_str);
    let wrong = || shape(at, &format!("{name:?} is not a time in UTC, as in 2026-11-21T18:00:00Z"));
    text.and_then(civil::parse_timestamp).ok_or_else(wrong)
}

pub(super) fn shape(at: &str, problem: &str) -> ImportError {
    ImportError::Shape { at: at.to_owned(), problem: problem.to_owned() }
}

//! From bytes to checked items.

use super::{Body, ImportError, ImportFile, ImportItem, json, plan};
use crate::record::{RecordType, Shape};
use crate::{civil, export, limits, log};
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
    items.extend(parse_rows(rows)?);
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
    let item = ImportItem { key, at, body: Body::Record { created, updated, deleted, fields } };
    // Every value is checked before the first is written.
    plan(&item, None)?;
    Ok(item)
}

fn parse_rows(rows: Vec<Json>) -> Result<Vec<ImportItem>, ImportError> {
    let mut documents: BTreeMap<DocKey, (String, BTreeMap<String, Value>)> = BTreeMap::new();
    for (index, json) in rows.into_iter().enumerate() {
        let at = format!("streams[{index}]");
        let mut object = into_object(&at, json)?;
        let record = record_type(&at, &object)?;
        if record.shape == Shape::Thing || record.shape == Shape::Singleton {
            return Err(shape(&at, "a record belongs under \"records\""));
        }
        let parent = id(&at, &object, "parent")?;
        let date = object.get("date").and_then(Json::as_str).unwrap_or_default().to_owned();
        let year = civil::date(&date).map_err(|_| shape(&at, "\"date\" is not a date, YYYY-MM-DD"))?.year();
        object.retain(|name, _| !matches!(name.as_str(), "type" | "parent" | "date"));
        let value = log::value_from_json(&object).map_err(|problem| {
            ImportError::field(at.clone(), problem.at(record.name, &date, &Json::Object(object).to_string()))
        })?;
        let key = DocKey::stream(record.name, parent, format!("{year:04}"), 0);
        let (_, rows) = documents.entry(key).or_insert_with(|| (at.clone(), BTreeMap::new()));
        if rows.insert(date, value).is_some() {
            return Err(ImportError::Twice { at });
        }
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

fn shape(at: &str, problem: &str) -> ImportError {
    ImportError::Shape { at: at.to_owned(), problem: problem.to_owned() }
}

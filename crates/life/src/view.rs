//! Records as a person's programs see them. Fields read by their declared types; what this version does not know is
//! shown under its own name, as it is.

use crate::field::{Field, FieldType};
use crate::list::{self, Flat};
use crate::record::{EXTRA, ROWS, RecordType, Rows, Shape};
use crate::{civil, log, raw, rows};
use engine::{Row, Value};
use serde_json::{Map, Value as Json, json};

/// A row as JSON. A thing: `id, type, created, updated, deleted, fields`. A part of a stream: `parent, period` in
/// place of `id`, and `rows` by date in place of `fields`. Times are RFC 3339 in UTC. Sets are sorted arrays, ordered
/// lists are arrays of objects with their `id`, maps are objects; what is empty is left out.
pub fn to_json(row: &Row) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("type", json!(row.key.kind));
    put("created", json!(civil::timestamp(row.created)));
    put("updated", json!(civil::timestamp(row.updated)));
    match &row.key.part {
        None => {
            put("id", json!(row.key.id.to_string()));
            put("deleted", json!(row.deleted));
            put("fields", Json::Object(fields_to_json(row)));
        }
        Some(part) => {
            put("parent", json!(row.key.id.to_string()));
            put("period", json!(part.period));
            put("rows", Json::Object(rows(row)));
        }
    }
    Json::Object(object)
}

/// RFC 3339 in UTC of milliseconds since 1970, as [`to_json`] writes it.
pub fn timestamp(millis: i64) -> String {
    civil::timestamp(millis)
}

/// The fields of a thing that are not empty, as [`to_json`] shows them.
pub fn fields_to_json(row: &Row) -> Map<String, Json> {
    let record = RecordType::of(row);
    let mut object = Map::new();
    for (name, value) in &row.fields {
        let declared = record.and_then(|r| r.fields().find(|f| f.name == name));
        let json = match declared {
            Some(field) => field_to_json(field, value),
            None if name == EXTRA => continue,
            None => raw::to_json(value),
        };
        if !is_empty(&json) {
            object.insert(name.clone(), json);
        }
    }
    if let Some(Value::Map(extra)) = row.fields.get(EXTRA) {
        for (name, value) in extra {
            if let (Value::Text(text), false) = (value, object.contains_key(name)) {
                object.extend(serde_json::from_str(text).ok().map(|json: Json| (name.clone(), json)));
            }
        }
    }
    object
}

/// The rows of a part of a stream.
fn rows(row: &Row) -> Map<String, Json> {
    rows_to_json(row).into_iter().map(|(key, object)| (key, Json::Object(object))).collect()
}

/// The rows of a part of a stream by key, each as an object of what it says.
pub(crate) fn rows_to_json(row: &Row) -> Vec<(String, Map<String, Json>)> {
    let Some(Value::Map(flat)) = row.fields.get(ROWS) else { return Vec::new() };
    let check_in = |(key, value): (&String, &Value)| (key.clone(), log::value_to_json(value));
    let unknown = |(key, value): (&String, &Value)| {
        (key.clone(), Map::from_iter([("packed".to_owned(), raw::to_json(value))]))
    };
    match RecordType::of(row).map(|record| (record, record.shape)) {
        Some((record, Shape::Stream { rows: Rows::Fields(_), .. })) => {
            let rows = rows::read(row).into_iter();
            rows.map(|(key, row)| (key, rows::to_json(record, &row))).collect()
        }
        Some(_) => flat.iter().map(check_in).collect(),
        None => flat.iter().map(unknown).collect(),
    }
}

/// A field's value by its declared type.
pub(crate) fn field_to_json(field: &Field, value: &Value) -> Json {
    match (field.kind, value) {
        (FieldType::One(scalar), value) => scalar.to_json(value),
        (FieldType::Set(..), Value::Map(flat)) => members(flat),
        (FieldType::List(items, _), Value::Map(flat)) => list::to_json(items, flat),
        (FieldType::Map(map), Value::Map(flat)) => {
            Json::Object(flat.iter().map(|(key, value)| (key.clone(), map.value.to_json(value))).collect())
        }
        (_, value) => raw::to_json(value),
    }
}

fn members(flat: &Flat) -> Json {
    Json::Array(flat.keys().map(|member| json!(member)).collect())
}

fn is_empty(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(array) => array.is_empty(),
        Json::Object(object) => object.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

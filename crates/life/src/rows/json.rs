//! Rows as objects and back. What this version does not know of a row stands under its own name.

use super::{DATE_LETTERS, KEY_BYTES, LOGGED, ORIGIN, StreamRow, date_of};
use crate::error::Problem;
use crate::field::FieldType;
use crate::list::Flat;
use crate::log::{origin_name, origin_of};
use crate::record::RecordType;
use crate::scalar::{Check, Scalar};
use crate::{civil, limits, raw};
use engine::Value;
use serde_json::{Map, Value as Json, json};

/// Names in an object that are no fields of the row.
pub(crate) const RESERVED: [&str; 4] = ["type", "parent", "date", "row"];

/// A row as an object, without its key.
pub(crate) fn to_json(record: &RecordType, row: &StreamRow) -> Map<String, Json> {
    let mut object = Map::new();
    let sets = record.row_fields().iter().filter(|f| matches!(f.kind, FieldType::Set(..)));
    for set in sets {
        let members: Vec<Json> = row.members(set.name).map(|member| json!(member)).collect();
        if !members.is_empty() {
            object.insert(set.name.to_owned(), Json::Array(members));
        }
    }
    let member = |name: &str| {
        let set = name.split_once('.').map(|(set, _)| set);
        record.row_fields().iter().any(|f| matches!(f.kind, FieldType::Set(..)) && Some(f.name) == set)
    };
    for (name, value) in row.fields.iter().filter(|(name, _)| !member(name)) {
        let shown = match (name.as_str(), value) {
            (LOGGED, Value::Int(millis)) => json!(civil::timestamp(*millis)),
            (ORIGIN, _) => row.origin().map_or_else(|| raw::to_json(value), |o| json!(origin_name(o))),
            _ => match kind_of(record, name) {
                Some(FieldType::One(scalar)) => scalar.to_json(value),
                _ => raw::to_json(value),
            },
        };
        object.insert(name.clone(), shown);
    }
    object
}

fn kind_of(record: &RecordType, name: &str) -> Option<FieldType> {
    record.row_fields().iter().find(|f| f.name == name).map(|f| f.kind)
}

/// The flat keys of a row that [`to_json`] wrote, with the names that place it.
pub(crate) fn from_json(record: &RecordType, object: &Map<String, Json>) -> Result<(String, Flat), Problem> {
    let text = |name: &str| object.get(name).and_then(Json::as_str);
    let date = text("date").unwrap_or_default();
    let key = match object.get("row") {
        None => date.to_owned(),
        Some(Json::String(key)) => key.clone(),
        Some(_) => return Err(Problem::form("row is not a text", "give the row's key")),
    };
    let plain = key.bytes().all(|b| b.is_ascii_graphic() && b != b'|');
    if date_of(&key).is_none() || key.get(..DATE_LETTERS) != Some(date) || key.len() > KEY_BYTES || !plain {
        return Err(Problem::form("row does not begin with the date", "give the key as it was exported"));
    }
    let mut flat = Flat::new();
    for (name, json) in object.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str())) {
        match kind_of(record, name) {
            Some(FieldType::Set(of, _)) => {
                let Json::Array(members) = json else {
                    return Err(Problem::form(format!("{name} is not an array"), "give an array"));
                };
                if members.len() > limits::IMPORT_ENTRIES {
                    return Err(Problem::limits(format!("{name} has too many members"), "have fewer"));
                }
                for member in members {
                    if let Value::Text(member) = of.parse_json(member, Check::Import)? {
                        flat.insert(format!("{key}|{name}.{member}"), Value::Bool(true));
                    }
                }
            }
            kind => {
                flat.insert(format!("{key}|{name}"), value(kind, name, json)?);
            }
        }
    }
    Ok((key, flat))
}

fn value(kind: Option<FieldType>, name: &str, json: &Json) -> Result<Value, Problem> {
    match (kind, name, json) {
        (Some(FieldType::One(scalar)), _, json) => scalar.parse_json(json, Check::Import),
        (_, LOGGED, Json::String(text)) => civil::parse_timestamp(text)
            .map(Value::Int)
            .ok_or_else(|| Problem::form("logged is not a time in UTC", "write 2026-11-21T18:00:00Z")),
        (_, ORIGIN, Json::String(text)) => {
            Ok(Value::Text(origin_of(text).map_or_else(|| text.clone(), |o| o.letter().to_string())))
        }
        // A later version's field.
        _ if Scalar::Word.parse(name, Check::Import).is_ok() => raw::scalar(json),
        _ => Err(Problem::form(format!("{} is not known here", crate::error::shorten(name)), "leave it out")),
    }
}

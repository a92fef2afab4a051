//! What happened to a record, for a person: who, when, how, and each value before and after.

use crate::field::FieldType;
use crate::record::{ROWS, RecordType, Rows, Shape};
use crate::{civil, list, log, raw};
use engine::{HistoryItem, Path, Value};
use serde_json::{Map, Value as Json, json};

/// Each change as an object, in the order given: `change` (hex), `time` (RFC 3339 in UTC), `device` (hex of its first
/// 8 bytes), `origin` (null if unknown), `made`, `trashed`, `restored`, and `changes`: objects with `field`, `before`, `after`. A change
/// inside a set, map or stream has `key` too, one inside a list `item` and `part`.
pub fn describe(items: &[HistoryItem], record: &'static RecordType) -> Vec<Json> {
    let change = |item: &HistoryItem| {
        let changes = item.fields.iter().map(|change| {
            let mut object = place(&change.path);
            let show =
                |value: &Option<Value>| value.as_ref().map_or(Json::Null, |v| show(record, &change.path, v));
            object.insert("before".to_owned(), show(&change.before));
            object.insert("after".to_owned(), show(&change.after));
            if let (Path::Key(_, key), Some(_)) = (&change.path, items_of(record, &change.path)) {
                let (item, part) = key.split_once('|').unwrap_or((key, ""));
                object.insert("item".to_owned(), json!(item));
                object.insert("part".to_owned(), json!(part));
                object.remove("key");
            }
            Json::Object(object)
        });
        json!({
            "change": raw::hex(&item.change),
            "time": civil::timestamp(item.time),
            "device": raw::hex(&item.device),
            "origin": item.origin.map(log::origin_name),
            "made": item.made,
            "trashed": item.trashed,
            "restored": item.restored,
            "changes": changes.collect::<Vec<_>>(),
        })
    };
    items.iter().map(change).collect()
}

fn place(path: &Path) -> Map<String, Json> {
    let (field, key) = match path {
        Path::Field(field) => (field, None),
        Path::Key(field, key) => (field, Some(key)),
    };
    let mut object = Map::new();
    object.insert("field".to_owned(), json!(field));
    object.extend(key.map(|key| ("key".to_owned(), json!(key))));
    object
}

fn kind_of(record: &'static RecordType, path: &Path) -> Option<FieldType> {
    let (Path::Field(name) | Path::Key(name, _)) = path;
    record.fields().find(|f| f.name == name).map(|f| f.kind)
}

fn items_of(record: &'static RecordType, path: &Path) -> Option<&'static [crate::field::Field]> {
    match kind_of(record, path) {
        Some(FieldType::List(items, _)) => Some(items),
        _ => None,
    }
}

fn show(record: &'static RecordType, path: &Path, value: &Value) -> Json {
    match (kind_of(record, path), path) {
        (Some(FieldType::One(scalar)), _) => scalar.to_json(value),
        (Some(FieldType::Map(map)), Path::Key(..)) => map.value.to_json(value),
        (Some(FieldType::List(items, _)), Path::Key(_, key)) => {
            list::part_to_json(items, key.split_once('|').map_or("", |(_, part)| part), value)
        }
        (None, Path::Key(field, key)) if record.is_stream() && field == ROWS => match record.shape {
            Shape::Stream { rows: Rows::Fields(fields), .. } => {
                let name = key.split_once('|').map_or("", |(_, name)| name);
                match fields.iter().find(|f| f.name == name).map(|f| f.kind) {
                    Some(FieldType::One(scalar)) => scalar.to_json(value),
                    _ => raw::to_json(value),
                }
            }
            _ => Json::Object(log::value_to_json(value)),
        },
        _ => raw::to_json(value),
    }
}

//! Ordered lists in a map container: `<item>|<field>` to a scalar and `<item>|pos` to a place. An item exists while
//! it has its required fields: what two devices left of an item that one of them removed stays unseen.

use crate::error::{FieldError, Problem};
use crate::field::{Field, FieldType};
use crate::scalar::{Check, Scalar};
use crate::{position, raw};
use engine::{RecordId, Value};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The key of an item's place.
const POS: &str = "pos";
/// Where an item stands whose place another device removed while this one edited it: at the end.
const LOST: &str = "ffffffff";

/// Flat keys to scalars, as the container holds them.
pub(crate) type Flat = BTreeMap<String, Value>;

/// What a list field is, while it is worked on.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) record: &'static str,
    pub(crate) id: RecordId,
    pub(crate) name: &'static str,
    pub(crate) items: &'static [Field],
    pub(crate) check: Check,
}

struct Item {
    id: String,
    pos: Option<String>,
    fields: Flat,
}

impl Item {
    fn place(&self) -> &str {
        self.pos.as_deref().unwrap_or(LOST)
    }
}

/// Items in order, those without their required fields left out.
fn read(items: &[Field], flat: &Flat) -> Vec<Item> {
    let mut by_id: BTreeMap<&str, Flat> = BTreeMap::new();
    for (key, value) in flat {
        if let Some((id, name)) = key.split_once('|') {
            by_id.entry(id).or_default().insert(name.to_owned(), value.clone());
        }
    }
    let whole = |fields: &Flat| items.iter().filter(|f| f.required).all(|f| fields.contains_key(f.name));
    let mut list: Vec<Item> = by_id
        .into_iter()
        .filter(|(_, fields)| whole(fields))
        .map(|(id, mut fields)| {
            let pos = match fields.remove(POS) {
                Some(Value::Text(pos)) => Some(pos),
                _ => None,
            };
            Item { id: id.to_owned(), pos, fields }
        })
        .collect();
    list.sort_by(|a, b| (a.place(), &a.id).cmp(&(b.place(), &b.id)));
    list
}

/// The items in order, each an object with its id and fields.
pub(crate) fn to_json(items: &'static [Field], flat: &Flat) -> Json {
    let objects = read(items, flat).into_iter().map(|item| {
        let mut object = Map::new();
        for (name, value) in &item.fields {
            object.insert(name.clone(), part_to_json(items, name, value));
        }
        object.insert("id".to_owned(), Json::String(item.id));
        Json::Object(object)
    });
    Json::Array(objects.collect())
}

/// The id of each item and its first field, in order.
pub(crate) fn titles(items: &[Field], flat: &Flat) -> Vec<(String, String)> {
    let title = |item: Item| match items.first().and_then(|first| item.fields.get(first.name)) {
        Some(Value::Text(title)) => Some((item.id, title.clone())),
        _ => None,
    };
    read(items, flat).into_iter().filter_map(title).collect()
}

/// One field of an item.
pub(crate) fn part_to_json(items: &[Field], name: &str, value: &Value) -> Json {
    match items.iter().find(|f| f.name == name).map(|f| f.kind) {
        Some(FieldType::One(scalar)) => scalar.to_json(value),
        _ => raw::to_json(value),
    }
}

/// The texts of the items, in order: of those of their fields whose type `takes` picks.
pub(crate) fn words(items: &[Field], flat: &Flat, takes: fn(Scalar) -> bool) -> Vec<String> {
    let picked = |name: &str| {
        let field = items.iter().find(|f| f.name == name && f.searched);
        field.is_some_and(|f| matches!(f.kind, FieldType::One(scalar) if takes(scalar)))
    };
    let all = read(items, flat).into_iter().flat_map(|item| item.fields);
    all.filter_map(|(name, value)| match value {
        Value::Text(text) if picked(&name) => Some(text),
        _ => None,
    })
    .collect()
}

/// Whether an item has this id or this as its first field.
pub(crate) fn contains(items: &'static [Field], flat: &Flat, text: &str) -> bool {
    read(items, flat).iter().any(|item| is_called(items, item, text))
}

fn is_called(items: &[Field], item: &Item, text: &str) -> bool {
    let title = items.first().and_then(|f| item.fields.get(f.name));
    item.id == text || matches!(title, Some(Value::Text(title)) if title == text)
}

impl List {
    /// Adds one item at the end: a text for its first field, or an object.
    pub(crate) fn append(&self, flat: &mut Flat, json: &Json) -> Result<(), FieldError> {
        let present = read(self.items, flat);
        let taken: BTreeSet<String> = present.iter().map(|i| i.id.clone()).collect();
        let (id, fields) = self.parse_item(json, &taken, None)?;
        if taken.contains(&id) {
            return Err(self.error(
                "the item is there already",
                "leave out its id, or give the whole list",
                &id,
            ));
        }
        let pos = position::between(present.last().map(Item::place), None);
        // What is left of an item that was unseen must not come back with the new one.
        erase(flat, &BTreeSet::from([id.clone()]));
        write(flat, &id, Some(pos), fields);
        Ok(())
    }

    /// Removes the item of this id, or all items whose first field reads so.
    pub(crate) fn remove(&self, flat: &mut Flat, text: &str) -> Result<(), FieldError> {
        let present = read(self.items, flat);
        let gone = present.iter().filter(|i| is_called(self.items, i, text)).map(|i| i.id.clone());
        let gone: BTreeSet<String> = gone.collect();
        if gone.is_empty() {
            return Err(self.error("there is no such item", "give an item's id or its exact title", text));
        }
        erase(flat, &gone);
        Ok(())
    }

    /// Makes the list what the array says, in its order. Items keep their id, and their place unless they moved.
    pub(crate) fn replace(&self, flat: &mut Flat, array: &[Json]) -> Result<(), FieldError> {
        let present = read(self.items, flat);
        let by_id: BTreeMap<&str, &Item> = present.iter().map(|i| (i.id.as_str(), i)).collect();
        let named = |json: &Json| json.get("id").and_then(Json::as_str).map(str::to_owned);
        let mut taken: BTreeSet<String> = present.iter().map(|i| i.id.clone()).collect();
        taken.extend(array.iter().filter_map(named));
        let mut seen = BTreeSet::new();
        let mut next: Vec<(String, Option<&Item>, Flat)> = Vec::with_capacity(array.len());
        for json in array {
            let old = named(json).and_then(|id| by_id.get(id.as_str()).copied());
            let (id, fields) = self.parse_item(json, &taken, old)?;
            if !seen.insert(id.clone()) {
                return Err(self.error(
                    "two items have this id",
                    "give each item an id of its own, or none",
                    &id,
                ));
            }
            taken.insert(id.clone());
            next.push((id, old, fields));
        }
        let order: Vec<_> = next.iter().map(|(id, old, _)| (old.map(Item::place), id.as_str())).collect();
        let places = position::arrange(&order);
        seen.extend(present.iter().map(|i| i.id.clone()));
        erase(flat, &seen);
        for ((id, old, fields), place) in next.into_iter().zip(places) {
            let lost = old.is_some_and(|item| item.pos.is_none()) && place == LOST;
            write(flat, &id, (!lost).then_some(place), fields);
        }
        Ok(())
    }

    /// The id and fields an element stands for. Unknown fields of `old` stay unless the element names them.
    fn parse_item(
        &self,
        json: &Json,
        taken: &BTreeSet<String>,
        old: Option<&Item>,
    ) -> Result<(String, Flat), FieldError> {
        let mut fields: Flat = old.map_or_else(Flat::new, |item| item.fields.clone());
        fields.retain(|name, _| !self.items.iter().any(|f| f.name == name));
        let mut id = None;
        match (json, self.items.first()) {
            (Json::String(text), Some(first)) => {
                let value = Json::String(text.clone());
                fields.extend(self.parse_part(first.name, &value)?.map(|v| (first.name.to_owned(), v)));
            }
            (Json::Object(object), _) => {
                for (name, value) in object {
                    if name == "id" {
                        id = Some(self.parse_id(value)?);
                    } else if fields.get(name).is_none_or(|old| raw::to_json(old) != *value) {
                        fields.remove(name);
                        fields.extend(self.parse_part(name, value)?.map(|v| (name.clone(), v)));
                    }
                }
            }
            _ => return Err(self.error("not an item", "give a text or an object", &json.to_string())),
        }
        if let Some(missing) = self.items.iter().find(|f| f.required && !fields.contains_key(f.name)) {
            return Err(FieldError::Missing {
                record: self.record,
                field: format!("{}.{}", self.name, missing.name),
            });
        }
        let id = id.unwrap_or_else(|| self.fresh_id(&fields, taken));
        Ok((id, fields))
    }

    fn parse_id(&self, json: &Json) -> Result<String, FieldError> {
        json.as_str().filter(|id| item_id(id).is_ok()).map(str::to_owned).ok_or_else(|| {
            self.error(
                "not an item's id",
                "use 1 to 64 letters, digits, - or _; or leave it out",
                &json.to_string(),
            )
        })
    }

    fn parse_part(&self, name: &str, json: &Json) -> Result<Option<Value>, FieldError> {
        let place = format!("{}.{name}", self.name);
        let shown = || json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        let at = |problem: Problem| problem.at(self.record, &place, &shown());
        let declared = self.items.iter().find(|f| f.name == name);
        match declared.map(|f| f.kind) {
            Some(FieldType::One(_)) if json.is_null() || json.as_str() == Some("") => Ok(None),
            Some(FieldType::One(scalar)) => scalar.parse_json(json, self.check).map(Some).map_err(at),
            // A later version's field of an item: a flat key of this map, so it can be kept where it belongs.
            _ if self.check == Check::Import
                && Scalar::Word.parse(name, self.check).is_ok()
                && name != POS =>
            {
                raw::scalar(json).map(Some).map_err(at)
            }
            _ => Err(FieldError::UnknownField {
                record: self.record,
                field: crate::error::shorten(&place),
                known: self.items.iter().map(|f| f.name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// A constant of record, field and content: two devices that add the same words at the same time add one item.
    fn fresh_id(&self, fields: &Flat, taken: &BTreeSet<String>) -> String {
        let content = fields.iter().map(|(name, value)| format!("{name}={}", raw::to_json(value)));
        let content = content.collect::<Vec<_>>().join("\n");
        // Counted from how many there are, so that a list of equal words is not tried from the first again and again.
        let mut nth = taken.len();
        loop {
            let mut hasher = blake3::Hasher::new_derive_key("life-os v1 list item id");
            hasher.update(self.id.as_bytes()).update(self.name.as_bytes()).update(&[0]);
            hasher.update(nth.to_string().as_bytes()).update(&[0]).update(content.as_bytes());
            let id = raw::hex(hasher.finalize().as_bytes().split_at(8).0);
            if !taken.contains(&id) {
                return id;
            }
            nth += 1;
        }
    }

    fn error(&self, problem: &str, advice: &str, value: &str) -> FieldError {
        Problem::form(problem, advice).at(self.record, self.name, value)
    }
}

/// What may be the id of an item.
pub(crate) fn item_id(id: &str) -> Result<(), Problem> {
    let fits = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if fits && matches!(id.len(), 1..=64) {
        Ok(())
    } else {
        Err(Problem::form("not an item's id", "use 1 to 64 letters, digits, - or _"))
    }
}

fn write(flat: &mut Flat, id: &str, pos: Option<String>, fields: Flat) {
    flat.extend(pos.map(|pos| (format!("{id}|{POS}"), Value::Text(pos))));
    flat.extend(fields.into_iter().map(|(name, value)| (format!("{id}|{name}"), value)));
}

fn erase(flat: &mut Flat, ids: &BTreeSet<String>) {
    flat.retain(|key, _| key.split_once('|').is_none_or(|(item, _)| !ids.contains(item)));
}

//! A record while assignments are carried out on it. What comes out are the steps from what it was to what it is to
//! be, and no others: so unknown fields survive, and a value that is there already is not written again.

use crate::assign::{Assignment, How, Input};
use crate::error::{FieldError, Problem};
use crate::field::{Field, FieldType, MapType};
use crate::limits;
use crate::list::{Flat, List};
use crate::record::{EXTRA, RecordType};
use crate::scalar::{Check, Scalar};
use engine::{EditOp, Path, RecordId, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(crate) struct Draft<'a> {
    pub(crate) record: &'static RecordType,
    id: RecordId,
    check: Check,
    current: &'a Flat,
    next: Flat,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(record: &'static RecordType, id: RecordId, check: Check, current: &'a Flat) -> Self {
        Self { record, id, check, current, next: current.clone() }
    }

    pub(crate) fn apply(&mut self, assignment: &Assignment) -> Result<(), FieldError> {
        let field = self.record.field(&assignment.field)?;
        let (how, input, check) = (assignment.how, &assignment.input, self.check);
        match field.kind {
            FieldType::One(scalar) => self.apply_scalar(field, scalar, how, input),
            FieldType::Prose(max) => self.apply_prose(field, max, how, input),
            FieldType::Set(of, max) => self.apply_flat(field, max, |flat| set(of, check, flat, how, input)),
            FieldType::Map(of) => {
                self.apply_flat(field, limits::ENTRIES, |flat| map(of, check, flat, how, input))
            }
            FieldType::List(items, _) => self.apply_list(field, items, how, input),
        }
    }

    fn apply_scalar(&mut self, field: &Field, of: Scalar, how: How, input: &Input) -> Result<(), FieldError> {
        if how != How::Set {
            let advice = "write = instead of += or -=";
            return Err(FieldError::not_allowed(self.record.name, field.name, "it holds one value", advice));
        }
        let parsed = match input {
            _ if input.is_empty() => match (field.default, self.check) {
                (Some(default), Check::Person) => of.parse(default, self.check).map(Some),
                _ => Ok(None),
            },
            Input::Text(text) => of.parse(text, self.check).map(Some),
            Input::Json(json) => of.parse_json(json, self.check).map(Some),
        };
        match parsed.map_err(|p| p.at(self.record.name, field.name, &input.shown()))? {
            Some(value) => self.next.insert(field.name.to_owned(), value),
            None => self.next.remove(field.name),
        };
        Ok(())
    }

    fn apply_prose(&mut self, field: &Field, max: usize, how: How, input: &Input) -> Result<(), FieldError> {
        let at = |problem: Problem| problem.at(self.record.name, field.name, &input.shown());
        let added = match input {
            Input::Text(text) | Input::Json(Json::String(text)) => text.as_str(),
            Input::Json(Json::Null) => "",
            Input::Json(_) => return Err(at(Problem::form("wrong kind of JSON value", "give a text"))),
        };
        let old = prose_of(&self.next, field.name);
        let text = match how {
            How::Set => added.to_owned(),
            How::Add if old.is_empty() => added.to_owned(),
            How::Add => format!("{old}\n{added}"),
            How::Remove => {
                let advice = "write the whole text with =";
                return Err(FieldError::not_allowed(self.record.name, field.name, "it is prose", advice));
            }
        };
        let (length, max) =
            (text.chars().count(), if self.check == Check::Person { max } else { limits::IMPORT_CHARS });
        // Merging may have made it longer than the limit; making it shorter is always right.
        if length > max && length > old.chars().count() {
            return Err(at(Problem::limits(
                format!("it has {length} characters"),
                format!("use at most {max}"),
            )));
        }
        if text.contains('\0') {
            return Err(at(Problem::form("it holds a zero character", "write it without")));
        }
        self.next.insert(field.name.to_owned(), Value::Text(text));
        Ok(())
    }

    fn apply_list(
        &mut self,
        field: &Field,
        items: &'static [Field],
        how: How,
        input: &Input,
    ) -> Result<(), FieldError> {
        let list = List { record: self.record.name, id: self.id, name: field.name, items, check: self.check };
        let at = |problem: Problem| problem.at(self.record.name, field.name, &input.shown());
        let json = input.as_json(&['[', '{']).map_err(at)?.unwrap_or_else(|| Json::String(input.shown()));
        let mut flat = flat_of(&self.next, field.name);
        let before = flat.len();
        match (how, json) {
            (How::Set, _) if input.is_empty() => list.replace(&mut flat, &[])?,
            (_, Json::Array(array)) if array.len() > limits::IMPORT_ENTRIES => {
                return Err(at(too_many(array.len(), limits::IMPORT_ENTRIES)));
            }
            (How::Set, Json::Array(array)) => list.replace(&mut flat, &array)?,
            (How::Set, one) => list.replace(&mut flat, &[one])?,
            (How::Add, Json::Array(array)) => array.iter().try_for_each(|one| list.append(&mut flat, one))?,
            (How::Add, one) => list.append(&mut flat, &one)?,
            (How::Remove, _) => list.remove(&mut flat, &input.shown())?,
        }
        let max = match (field.kind, self.check) {
            (FieldType::List(_, max), Check::Person) => max,
            _ => limits::IMPORT_ENTRIES,
        };
        let count = flat.keys().filter(|k| k.ends_with("|pos")).count();
        if count > max && flat.len() > before {
            return Err(at(too_many(count, max)));
        }
        self.next.insert(field.name.to_owned(), Value::Map(flat));
        Ok(())
    }

    fn apply_flat(
        &mut self,
        field: &Field,
        max: usize,
        change: impl FnOnce(&mut Flat) -> Result<(), (Problem, String)>,
    ) -> Result<(), FieldError> {
        let mut flat = flat_of(&self.next, field.name);
        let before = flat.len();
        change(&mut flat).map_err(|(problem, value)| problem.at(self.record.name, field.name, &value))?;
        let max = if self.check == Check::Person { max } else { limits::IMPORT_ENTRIES };
        if flat.len() > max && flat.len() > before {
            return Err(too_many(flat.len(), max).at(self.record.name, field.name, ""));
        }
        self.next.insert(field.name.to_owned(), Value::Map(flat));
        Ok(())
    }

    /// Writes what is to be there from the beginning, where nothing else was said.
    pub(crate) fn apply_defaults(&mut self) -> Result<(), FieldError> {
        for field in self.record.fields() {
            if let (Some(default), false) = (field.default, self.next.contains_key(field.name)) {
                self.apply(&Assignment::text(field.name, default))?;
            }
        }
        Ok(())
    }

    pub(crate) fn check_required(&self) -> Result<(), FieldError> {
        match self.record.fields().find(|f| f.required && !self.next.contains_key(f.name)) {
            Some(field) => {
                Err(FieldError::Missing { record: self.record.name, field: field.name.to_owned() })
            }
            None => Ok(()),
        }
    }

    /// What the import found that this version does not know.
    pub(crate) fn set_extra(&mut self, extra: Flat) {
        self.next.insert(EXTRA.to_owned(), Value::Map(extra));
    }

    /// The steps from what was to what is to be.
    pub(crate) fn ops(&self) -> Vec<EditOp> {
        let mut ops = Vec::new();
        for field in self.record.fields() {
            match field.kind {
                FieldType::One(_) => {
                    let path = || Path::Field(field.name.to_owned());
                    ops.extend(step(path, self.current.get(field.name), self.next.get(field.name)));
                }
                FieldType::Prose(_) => {
                    let (old, new) = (prose_of(self.current, field.name), prose_of(&self.next, field.name));
                    if old != new {
                        ops.push(EditOp::PutText(field.name.to_owned(), new.to_owned()));
                    }
                }
                FieldType::Set(..) | FieldType::List(..) | FieldType::Map(_) => {
                    self.flat_ops(field.name, &mut ops)
                }
            }
        }
        self.flat_ops(EXTRA, &mut ops);
        ops
    }

    fn flat_ops(&self, name: &str, ops: &mut Vec<EditOp>) {
        let (old, new) = (flat_of(self.current, name), flat_of(&self.next, name));
        let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|k| !old.contains_key(*k))).collect();
        keys.sort();
        for key in keys {
            ops.extend(step(|| Path::Key(name.to_owned(), key.clone()), old.get(key), new.get(key)));
        }
    }
}

fn step(path: impl FnOnce() -> Path, old: Option<&Value>, new: Option<&Value>) -> Option<EditOp> {
    match (old, new) {
        (old, new) if old == new => None,
        (_, Some(new)) => Some(EditOp::Put(path(), new.clone())),
        (_, None) => Some(EditOp::Remove(path())),
    }
}

fn too_many(count: usize, max: usize) -> Problem {
    Problem::limits(format!("there would be {count} of them"), format!("have at most {max}"))
}

/// A container's keys; none where there is none.
pub(crate) fn flat_of(fields: &Flat, name: &str) -> Flat {
    match fields.get(name) {
        Some(Value::Map(map)) => map.clone(),
        _ => BTreeMap::new(),
    }
}

pub(crate) fn prose_of<'a>(fields: &'a Flat, name: &str) -> &'a str {
    match fields.get(name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// Carries out an assignment on the members of a set; an error comes with the value that it is about.
pub(crate) fn set(
    of: Scalar,
    check: Check,
    flat: &mut Flat,
    how: How,
    input: &Input,
) -> Result<(), (Problem, String)> {
    let at = |problem: Problem| (problem, input.shown());
    let members: Vec<Json> = match input.as_json(&['[']).map_err(at)? {
        Some(Json::Array(members)) => members,
        Some(Json::Null) => Vec::new(),
        Some(_) => return Err(at(Problem::form("wrong kind of JSON value", "give an array"))),
        None => {
            let text = input.shown();
            text.split(',')
                .map(str::trim)
                .filter(|m| !m.is_empty())
                .map(|m| Json::String(m.to_owned()))
                .collect()
        }
    };
    if how == How::Set {
        flat.clear();
    }
    for member in members {
        let key = match of.parse_json(&member, check) {
            Ok(Value::Text(key)) => key,
            Ok(_) => return Err((Problem::form("not a text", "give texts"), member.to_string())),
            Err(problem) => {
                return Err((problem, member.as_str().map_or_else(|| member.to_string(), str::to_owned)));
            }
        };
        match how {
            How::Set | How::Add => flat.insert(key, Value::Bool(true)),
            How::Remove => flat.remove(&key),
        };
    }
    Ok(())
}

fn map(of: MapType, check: Check, flat: &mut Flat, how: How, input: &Input) -> Result<(), (Problem, String)> {
    let at = |problem: Problem| (problem, input.shown());
    let key_of = |text: &str| match of.key.parse(text, check) {
        Ok(Value::Text(key)) => Ok(key),
        Ok(_) => Err(Problem::form("not a text", "give texts as keys")),
        Err(problem) => Err(problem),
    };
    if how == How::Set {
        flat.clear();
    }
    let object = match input.as_json(&['{']).map_err(at)? {
        Some(Json::Object(object)) => object.into_iter().collect(),
        Some(Json::Null) => Vec::new(),
        Some(_) => return Err(at(Problem::form("wrong kind of JSON value", "give an object"))),
        None if input.is_empty() => Vec::new(),
        None => {
            let text = input.shown();
            let (first, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
            let entry = match (key_of(first), of.bare_key) {
                (Err(_), Some(bare)) if how != How::Remove => (bare.to_owned(), text.trim()),
                _ => (first.to_owned(), rest.trim()),
            };
            vec![(entry.0, Json::String(entry.1.to_owned()))]
        }
    };
    for (key, value) in object {
        let key = key_of(&key).map_err(|problem| (problem, key))?;
        // A null takes a key out again, as it clears a field.
        if how == How::Remove || value.is_null() {
            flat.remove(&key);
            continue;
        }
        let value = of.value.parse_json(&value, check);
        let entry = value.map_err(|p| (p, input.shown()))?;
        flat.insert(key, entry);
    }
    Ok(())
}

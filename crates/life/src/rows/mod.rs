//! Streams whose rows have fields: `<row>|<field>` to a scalar, `<row>|<set>.<member>` to true. So two devices may
//! change two fields of one row, or tick two steps of one day, and both changes stay.
//!
//! A row's key begins with a civil date, and its year says which document the row is in, for ever. Every row bears
//! `logged`, when it was first written, in milliseconds since 1970, and `origin`, the letter of how. A row is there while
//! it has a field besides those two; where a type declares none, while it has `logged`. Fields of a later version stay.

use crate::assign::{Assignment, How, Input};
use crate::civil;
use crate::draft;
use crate::error::{FieldError, Problem};
use crate::field::{Field, FieldType};
use crate::limits;
use crate::list::Flat;
use crate::record::{ROWS, RecordType};
use crate::scalar::Check;
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, RecordId, Row, Value};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

mod json;

pub(crate) use json::{from_json, to_json};

const LOGGED: &str = "logged";
const ORIGIN: &str = "origin";
/// Letters of a civil date.
const DATE_LETTERS: usize = 10;

/// One row: its fields by name, members of sets as `<set>.<member>`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamRow {
    fields: Flat,
}

impl StreamRow {
    /// The text of a field.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.fields.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
    /// The date of a field.
    pub fn date(&self, field: &str) -> Option<Date> {
        civil::date(self.text(field)?).ok()
    }
    /// Whether a field says yes.
    pub fn is(&self, field: &str) -> bool {
        self.fields.get(field) == Some(&Value::Bool(true))
    }
    /// The members of a set.
    pub fn members<'a>(&'a self, set: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.keys().filter_map(move |name| name.strip_prefix(set)?.strip_prefix('.'))
    }
    /// When it was first written, in milliseconds since 1970.
    pub fn logged(&self) -> Option<i64> {
        match self.fields.get(LOGGED) {
            Some(Value::Int(millis)) => Some(*millis),
            _ => None,
        }
    }
    /// How it came about.
    pub fn origin(&self) -> Option<Origin> {
        let mut letters = self.text(ORIGIN)?.chars();
        Origin::of_letter(letters.next()?).filter(|_| letters.next().is_none())
    }
}

/// Who writes a row, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) origin: Origin,
}

/// The rows of a document that are there, by key.
pub fn read(row: &Row) -> BTreeMap<String, StreamRow> {
    let Some(Value::Map(flat)) = row.fields.get(ROWS) else { return BTreeMap::new() };
    let mut rows: BTreeMap<String, StreamRow> = BTreeMap::new();
    for (key, value) in flat {
        if let Some((row, field)) = key.split_once('|') {
            let fields = &mut rows.entry(row.to_owned()).or_default().fields;
            fields.insert(field.to_owned(), value.clone());
        }
    }
    let bare = RecordType::of(row).is_some_and(|record| record.row_fields().is_empty());
    let own = |row: &StreamRow| row.fields.keys().any(|name| !is_stamp(name));
    rows.retain(|_, row| own(row) || (bare && row.logged().is_some()));
    rows
}

/// The rows of several documents whose keys are dates, by date.
pub fn by_date<'a>(documents: impl IntoIterator<Item = &'a Row>) -> BTreeMap<Date, StreamRow> {
    let all = documents.into_iter().flat_map(read);
    all.filter_map(|(key, row)| Some((civil::date(&key).ok()?, row))).collect()
}

/// Whether a field says when or how a row was written, and not what.
pub(crate) fn is_stamp(field: &str) -> bool {
    field == LOGGED || field == ORIGIN
}

/// The date that a row's key begins with; None if it does not.
pub(crate) fn date_of(key: &str) -> Option<Date> {
    civil::date(key.get(..DATE_LETTERS)?).ok()
}

/// The document of `kind` and `parent` that a row of this date is in.
pub(crate) fn document(kind: &str, parent: RecordId, date: Date) -> DocKey {
    DocKey::stream(kind, parent, format!("{:04}", date.year()), 0)
}

/// A row of a document, which may not be there yet, about to be written.
pub(crate) struct Writing<'a> {
    pub(crate) record: &'static RecordType,
    pub(crate) parent: RecordId,
    /// The document, if there is one.
    pub(crate) existing: Option<&'a Row>,
    pub(crate) date: Date,
    /// The row's key; it begins with the date.
    pub(crate) key: String,
}

impl Writing<'_> {
    /// The row as it is.
    pub(crate) fn current(&self) -> Flat {
        let prefix = format!("{}|", self.key);
        let Some(Value::Map(flat)) = self.existing.and_then(|row| row.fields.get(ROWS)) else {
            return Flat::new();
        };
        let own = flat.iter().filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?, value)));
        own.map(|(field, value)| (field.to_owned(), value.clone())).collect()
    }

    /// The edit that carries `assignments` out on the row; None if it says so already.
    pub(crate) fn write(&self, assignments: &[Assignment], stamp: Stamp) -> Result<Option<Edit>, FieldError> {
        let current = self.current();
        let mut next = current.clone();
        for assignment in assignments {
            self.apply(&mut next, assignment)?;
        }
        next.entry(LOGGED.to_owned()).or_insert(Value::Int(stamp.now));
        next.entry(ORIGIN.to_owned()).or_insert_with(|| Value::Text(stamp.origin.letter().to_string()));
        // What is left when the last field goes is no row, and is not kept.
        let empty = next.keys().all(|name| is_stamp(name));
        if empty && !self.record.row_fields().is_empty() {
            next.clear();
        }
        Ok(self.edit(&current, &next, stamp.origin))
    }

    /// The edit that takes the row out; None if it is not there.
    pub(crate) fn remove(&self, origin: Origin) -> Option<Edit> {
        self.edit(&self.current(), &Flat::new(), origin)
    }

    fn edit(&self, current: &Flat, next: &Flat, origin: Origin) -> Option<Edit> {
        let path = |field: &String| Path::Key(ROWS.to_owned(), format!("{}|{field}", self.key));
        let names: BTreeSet<&String> = current.keys().chain(next.keys()).collect();
        let ops = names.into_iter().filter(|name| current.get(*name) != next.get(*name));
        let ops: Vec<EditOp> = ops
            .map(|name| match next.get(name) {
                Some(value) => EditOp::Put(path(name), value.clone()),
                None => EditOp::Remove(path(name)),
            })
            .collect();
        let key = document(self.record.name, self.parent, self.date);
        (!ops.is_empty()).then_some(Edit { key, expect: Expect::Any, ops, time: None, origin })
    }

    fn apply(&self, next: &mut Flat, assignment: &Assignment) -> Result<(), FieldError> {
        let field = field(self.record, &assignment.field)?;
        let (how, input) = (assignment.how, &assignment.input);
        let at = |problem: Problem, value: &str| problem.at(self.record.name, field.name, value);
        match field.kind {
            FieldType::Set(of, max) => {
                let mut members: Flat = members_of(next, field.name).collect();
                draft::set(of, Check::Person, &mut members, how, input).map_err(|(p, v)| at(p, &v))?;
                if members.len() > max {
                    let most = Problem::limits("there are too many", format!("have at most {max}"));
                    return Err(at(most, &input.shown()));
                }
                let prefix = format!("{}.", field.name);
                next.retain(|name, _| !name.starts_with(&prefix));
                next.extend(members.into_iter().map(|(member, value)| (format!("{prefix}{member}"), value)));
            }
            FieldType::One(scalar) if how == How::Set && input.is_empty() => {
                drop((scalar, next.remove(field.name)))
            }
            FieldType::One(scalar) if how == How::Set => {
                let parsed = match input {
                    Input::Text(text) => scalar.parse(text, Check::Person),
                    Input::Json(json) => scalar.parse_json(json, Check::Person),
                };
                next.insert(field.name.to_owned(), parsed.map_err(|p| at(p, &input.shown()))?);
            }
            _ => {
                let advice = "write = instead of += or -=";
                return Err(FieldError::not_allowed(
                    self.record.name,
                    field.name,
                    "it holds one value",
                    advice,
                ));
            }
        }
        Ok(())
    }
}

/// Checks that a day may be logged when it is `today`.
pub(crate) fn check_date(record: &RecordType, date: Date, today: Date) -> Result<(), FieldError> {
    crate::log::check_date(date, today).map_err(|p| p.at(record.name, "date", &date.to_string()))
}

fn members_of<'a>(row: &'a Flat, set: &'a str) -> impl Iterator<Item = (String, Value)> + 'a {
    row.iter().filter_map(move |(name, value)| {
        Some((name.strip_prefix(set)?.strip_prefix('.')?.to_owned(), value.clone()))
    })
}

fn field(record: &'static RecordType, name: &str) -> Result<&'static Field, FieldError> {
    record.row_fields().iter().find(|f| f.name == name).ok_or_else(|| FieldError::UnknownField {
        record: record.name,
        field: crate::error::shorten(name),
        known: record.row_fields().iter().map(|f| f.name).collect::<Vec<_>>().join(", "),
    })
}

/// The texts of the rows that a search looks at: place, field, text.
pub(crate) fn words(record: &'static RecordType, row: &Row) -> Vec<(String, &'static str, String)> {
    let mut found = Vec::new();
    for (key, row) in read(row) {
        for field in record.row_fields().iter().filter(|f| f.searched) {
            let words = matches!(field.kind, FieldType::One(of) if crate::search::is_words(of));
            if let Some(text) = row.text(field.name).filter(|_| words) {
                found.push((key.clone(), field.name, text.to_owned()));
            }
        }
    }
    found
}

/// Longest key of a row, in bytes.
pub(crate) const KEY_BYTES: usize = limits::WORD_CHARS;

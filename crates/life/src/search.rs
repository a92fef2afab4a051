//! What is searched of a record, and how a find is shown.
//!
//! Invariant: only words that a person wrote are searched, and which those are follows from the declarations: names,
//! lines, prose, labels, the items of lists, and the notes of check-ins. Numbers, dates, choices, links and settings are
//! not; a field of words that are none to look for says so.

use crate::field::{Field, FieldType};
use crate::limits::{SNIPPET_BEFORE_CHARS, SNIPPET_CHARS};
use crate::log::LogRow;
use crate::record::{RecordType, Rows, Shape};
use crate::scalar::Scalar;
use crate::view::fields_to_json;
use crate::{civil, list, rows};
use core::ops::Range;
use engine::{DocKey, Hit, Row, Text, Value, Weight};
use serde_json::{Map, Value as Json, json};

/// The texts of a row that are searched, the title first.
pub fn texts(row: &Row) -> Vec<Text> {
    let Some(record) = RecordType::of(row) else { return Vec::new() };
    if record.is_stream() {
        return notes(record, row);
    }
    let title = record.title().map(|field| field.name);
    let mut texts = Vec::new();
    for field in record.fields().filter(|field| field.searched) {
        let Some(value) = row.fields.get(field.name) else { continue };
        let weight = match field.kind {
            _ if title == Some(field.name) => Weight::Title,
            FieldType::Set(..) => Weight::Label,
            _ => Weight::Body,
        };
        let text = |text: String| Text { place: None, field: field.name.to_owned(), weight, text };
        texts.extend(words_of(field, value).into_iter().map(text));
    }
    texts.sort_by_key(|text| core::cmp::Reverse(text.weight));
    texts
}

/// Whether words stand in a value of this type, rather than a number, a date or a name for something else.
pub(crate) const fn is_words(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Name | Scalar::Line(_))
}

fn words_of(field: &Field, value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    match (field.kind, value) {
        (FieldType::One(scalar), value) if is_words(scalar) => text(value).into_iter().collect(),
        (FieldType::Prose(_), value) => text(value).into_iter().collect(),
        (FieldType::Set(of, _), Value::Map(flat)) if is_words(of) => flat.keys().cloned().collect(),
        (FieldType::List(items, _), Value::Map(flat)) => list::words(items, flat, is_words),
        (FieldType::Map(map), Value::Map(flat)) if is_words(map.value) => {
            flat.values().filter_map(text).collect()
        }
        _ => Vec::new(),
    }
}

/// What was written beside the rows of a stream, by the rows' keys.
fn notes(record: &'static RecordType, row: &Row) -> Vec<Text> {
    let Shape::Stream { rows: Rows::Fields(_), .. } = record.shape else { return check_ins(row) };
    let words = rows::words(record, row).into_iter().map(|(place, field, text)| Text {
        place: Some(place),
        field: field.to_owned(),
        weight: Weight::Body,
        text,
    });
    words.collect()
}

/// The notes of check-ins, by date.
fn check_ins(row: &Row) -> Vec<Text> {
    let rows = LogRow::read(row).into_iter().filter(|(_, log)| !log.note.is_empty());
    let text = |(date, log): (jiff::civil::Date, LogRow)| Text {
        place: Some(date.to_string()),
        field: "note".to_owned(),
        weight: Weight::Body,
        text: log.note,
    };
    rows.map(text).collect()
}

/// A part of a text that is shown, whether it was looked for or stands around that. Pieces need no counting of bytes or
/// letters, which every language counts in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Whether they were looked for.
    pub found: bool,
}

/// Something that a search found, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Its document.
    pub key: DocKey,
    /// Name of its type.
    pub kind: &'static str,
    /// What it is called; a check-in is called as what it belongs to.
    pub title: String,
    /// The civil date of a check-in.
    pub date: Option<String>,
    /// Whether it is in the trash.
    pub deleted: bool,
    /// When it last changed, RFC 3339, UTC.
    pub updated: String,
    /// The field the snippet is from.
    pub field: String,
    /// Whether the snippet is of the title.
    pub titled: bool,
    /// The words found and some around them; all of a title that fits.
    pub snippet: Vec<Piece>,
}

/// What a list shows of a record beside its name: dates, times of day, choices, and what is so or not, in their JSON forms.
pub fn facts(row: &Row) -> Map<String, Json> {
    let Some(record) = RecordType::of(row).filter(|record| !record.is_stream()) else { return Map::new() };
    let is_fact =
        |kind| matches!(kind, FieldType::One(Scalar::Date | Scalar::Time | Scalar::Choice(_) | Scalar::Bool));
    let mut facts = fields_to_json(row);
    facts.retain(|name, _| record.fields().any(|field| field.name == name && is_fact(field.kind)));
    facts
}

/// The record that a hit belongs to, which has the name to show, if it is a row of a stream.
pub fn owner(hit: &Hit) -> Option<DocKey> {
    match RecordType::find(&hit.key.kind).ok()?.shape {
        Shape::Stream { parent, .. } => Some(DocKey::thing(parent, hit.key.id)),
        Shape::Thing | Shape::Singleton => None,
    }
}

impl Match {
    /// How `hit` is shown; `owner` is the row of [`owner`], if there is one.
    pub fn of(hit: &Hit, owner: Option<&Row>) -> Option<Self> {
        let record = RecordType::find(&hit.key.kind).ok()?;
        let named = |row: &Row| texts(row).into_iter().find(|t| t.weight == Weight::Title).map(|t| t.text);
        let title = hit.title.clone().or_else(|| owner.and_then(named)).unwrap_or_default();
        let titled = record.title().is_some_and(|field| field.name == hit.field);
        // A name is not cut where it fits: it is what the find is called.
        let whole = titled && hit.text.chars().count() <= SNIPPET_CHARS;
        let lead = if whole { SNIPPET_CHARS } else { SNIPPET_BEFORE_CHARS };
        Some(Self {
            key: hit.key.clone(),
            kind: record.name,
            title,
            date: hit.place.clone(),
            deleted: hit.deleted,
            updated: civil::timestamp(hit.updated),
            field: hit.field.clone(),
            titled,
            snippet: snippet(&hit.text, &hit.ranges, lead),
        })
    }

    /// For programs: `type, id, title, field, snippet, updated, deleted`; a check-in has `parent` and `date` in place of
    /// `id`. A snippet is an array of pieces `{text, found}`.
    pub fn to_json(&self) -> Json {
        let pieces = self.snippet.iter().map(|piece| json!({ "text": piece.text, "found": piece.found }));
        let place = match &self.date {
            Some(date) => json!({ "parent": self.key.id.to_string(), "date": date }),
            None => json!({ "id": self.key.id.to_string() }),
        };
        let mut object = json!({
            "type": self.kind,
            "title": self.title,
            "field": self.field,
            "snippet": pieces.collect::<Vec<Json>>(),
            "updated": self.updated,
            "deleted": self.deleted,
        });
        if let (Json::Object(object), Json::Object(place)) = (&mut object, place) {
            object.extend(place);
        }
        object
    }
}

/// As much of `text` as is shown, from `lead` letters before the first of `ranges`, on one line.
fn snippet(text: &str, ranges: &[Range<usize>], lead: usize) -> Vec<Piece> {
    let first = ranges.first().map_or(0, |range| range.start);
    let before = text.get(..first).unwrap_or_default();
    let back: usize = before.chars().rev().take(lead).map(char::len_utf8).sum();
    // Not from the middle of a word, if one begins on the way.
    let mut start = first - back.min(first);
    if start > 0 {
        let cut = text.get(start..first).unwrap_or_default();
        start += cut.find(char::is_whitespace).unwrap_or(0);
    }
    let shown = text.get(start..).unwrap_or_default();
    let end = shown.char_indices().nth(SNIPPET_CHARS).map_or(text.len(), |(at, _)| start + at);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |range: Range<usize>, found: bool| {
        let part = text.get(range).unwrap_or_default();
        if !part.is_empty() {
            let text = part.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            pieces.push(Piece { text, found });
        }
    };
    let mut at = start;
    for range in ranges.iter().filter(|range| range.start < end) {
        add(at..range.start, false);
        add(range.start..range.end.min(end), true);
        at = range.end.min(end);
    }
    add(at..end, false);
    if let Some(first) = pieces.first_mut().filter(|piece| start > 0 && !piece.found) {
        first.text = format!("…{}", first.text.trim_start());
    }
    if end < text.len() {
        pieces.push(Piece { text: "…".to_owned(), found: false });
    }
    pieces
}

//! Records, their pages, what a search found, and what was logged.

use super::hour_and_minute;
use engine::Row;
use life::LogRow;
use life::LogState;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;
use tsify::Tsify;

/// A record as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct RecordView {
    /// Name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// Likewise.
    pub updated: String,
    /// In the trash.
    pub deleted: bool,
    /// By name; empty ones are left out.
    #[tsify(type = "Fields")]
    pub fields: Map<String, Json>,
}

impl From<&Row> for RecordView {
    fn from(row: &Row) -> Self {
        Self {
            kind: row.key.kind.clone(),
            id: row.key.id.to_string(),
            created: life::timestamp(row.created),
            updated: life::timestamp(row.updated),
            deleted: row.deleted,
            fields: life::fields_to_json(row),
        }
    }
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct Page {
    /// In the order of their ids.
    pub records: Vec<RecordView>,
    /// Hand it back as `after`; null on the last page.
    #[tsify(type = "string | null")]
    pub next: Option<String>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Whether they were looked for.
    pub found: bool,
}

/// Something that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Match {
    /// Name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id; of a check-in, the id of what it belongs to.
    pub id: String,
    /// The civil date of a check-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub date: Option<String>,
    /// What it, or what it belongs to, is called.
    pub title: String,
    /// The field the snippet is from.
    pub field: String,
    /// Whether the snippet is of the title.
    pub titled: bool,
    /// The words found and some around them; all of a title that fits.
    pub snippet: Vec<Piece>,
    /// In the trash.
    pub deleted: bool,
    /// Its dates, times of day, choices, and what is so or not, by field; of a check-in none.
    #[tsify(type = "Fields")]
    pub facts: Map<String, Json>,
}

impl Match {
    /// `row` is the record itself; none for a check-in.
    pub(crate) fn of(found: life::search::Match, row: Option<&Row>) -> Self {
        let piece = |piece: life::search::Piece| Piece { text: piece.text, found: piece.found };
        Self {
            kind: found.kind.to_owned(),
            id: found.key.id.to_string(),
            date: found.date,
            title: found.title,
            field: found.field,
            titled: found.titled,
            snippet: found.snippet.into_iter().map(piece).collect(),
            deleted: found.deleted,
            facts: row.map(life::search::facts).unwrap_or_default(),
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Found {
    /// The best first.
    pub matches: Vec<Match>,
    /// There is more than these; more letters narrow it.
    pub more: bool,
    /// False while the index is made for the first time: some may be missing.
    pub ready: bool,
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum DayState {
    /// It was done.
    Done,
    /// The day does not count.
    Skip,
    /// A bad habit was given in to.
    Slip,
    /// So much of it.
    Value,
}

/// What was logged for a habit on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct LogDay {
    /// What happened.
    pub state: DayState,
    /// With `value` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional, type = "number")]
    pub value: Option<Json>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub note: Option<String>,
    /// When on that day, `HH:MM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub time: Option<String>,
}

impl From<&LogRow> for LogDay {
    fn from(row: &LogRow) -> Self {
        let (state, value) = match row.state {
            LogState::Done => (DayState::Done, None),
            LogState::Skip => (DayState::Skip, None),
            LogState::Slip => (DayState::Slip, None),
            LogState::Value(value) => (DayState::Value, Some(value.to_json())),
        };
        let note = (!row.note.is_empty()).then(|| row.note.clone());
        Self { state, value, note, time: row.time.map(hour_and_minute) }
    }
}

/// What came of taking changes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
pub struct TakenBack {
    /// Whether anything was there to take back.
    pub taken: bool,
    /// So many values were changed again since, and stay.
    pub left: usize,
}

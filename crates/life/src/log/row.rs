//! One check-in and its two written forms: the packed scalar of the store and the object of JSON. Each reads back what
//! the other version wrote, or keeps it as it is.

use crate::decimal::Thousandths;
use crate::error::Problem;
use crate::record::ROWS;
use crate::{civil, limits, raw};
use engine::{Origin, Row, Value};
use jiff::civil::{Date, Time};
use minicbor::{Decode, Encode};
use serde_json::{Map, Value as Json, json};

const VERSION: u8 = 1;

/// What was logged for a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogState {
    /// It was done. For a bad habit: the day was clean, which is also so without a row.
    Done,
    /// The day does not count.
    Skip,
    /// A bad habit was given in to.
    Slip,
    /// So much of a measurable habit.
    Value(Thousandths),
}

/// One check-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// What was logged.
    pub state: LogState,
    /// When on that day, if said.
    pub time: Option<Time>,
    /// The time zone the person was in.
    pub timezone: String,
    /// A note, or empty.
    pub note: String,
    /// When it was logged, in milliseconds since 1970.
    pub logged: i64,
    /// How it came about.
    pub origin: Origin,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Packed {
    #[n(0)]
    version: u8,
    #[n(1)]
    state: u8,
    #[n(2)]
    value: Option<i64>,
    #[n(3)]
    time: Option<String>,
    #[n(4)]
    timezone: Option<String>,
    #[n(5)]
    note: Option<String>,
    #[n(6)]
    logged: i64,
    #[n(7)]
    origin: String,
}

impl LogRow {
    /// The stored form.
    pub fn pack(&self) -> Value {
        let (state, value) = match self.state {
            LogState::Done => (0, None),
            LogState::Skip => (1, None),
            LogState::Slip => (2, None),
            LogState::Value(value) => (3, Some(value.get())),
        };
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let packed = Packed {
            version: VERSION,
            state,
            value,
            time: self.time.map(civil::time_text),
            timezone: filled(&self.timezone),
            note: filled(&self.note),
            logged: self.logged,
            origin: self.origin.letter().to_string(),
        };
        // Writing to memory cannot fail, and none of these types refuses to be encoded.
        Value::Bytes(minicbor::to_vec(&packed).unwrap_or_default())
    }

    /// Reads a stored row; None if a later version wrote it in a way this one does not understand.
    pub fn unpack(value: &Value) -> Option<Self> {
        let Value::Bytes(bytes) = value else { return None };
        let packed: Packed = minicbor::decode(bytes).ok()?;
        let state = match (packed.version, packed.state, packed.value) {
            (VERSION, 0, None) => LogState::Done,
            (VERSION, 1, None) => LogState::Skip,
            (VERSION, 2, None) => LogState::Slip,
            (VERSION, 3, Some(value)) => LogState::Value(Thousandths::new(value)),
            _ => return None,
        };
        let mut letters = packed.origin.chars();
        Some(Self {
            state,
            time: packed.time.map(|t| civil::time(&t).ok()).unwrap_or_default(),
            timezone: packed.timezone.unwrap_or_default(),
            note: packed.note.unwrap_or_default(),
            logged: packed.logged,
            origin: Origin::of_letter(letters.next()?).filter(|_| letters.next().is_none())?,
        })
    }

    /// The rows of a log document by date, those of a later version left out.
    pub fn read(row: &Row) -> std::collections::BTreeMap<Date, Self> {
        let Some(Value::Map(rows)) = row.fields.get(ROWS) else { return Default::default() };
        rows.iter()
            .filter_map(|(date, value)| Some((civil::date(date).ok()?, Self::unpack(value)?)))
            .collect()
    }

    fn to_json(&self) -> Map<String, Json> {
        let (state, value) = match self.state {
            LogState::Done => ("done", None),
            LogState::Skip => ("skip", None),
            LogState::Slip => ("slip", None),
            LogState::Value(value) => ("value", Some(value)),
        };
        let mut object = Map::new();
        object.insert("state".to_owned(), json!(state));
        object.extend(value.map(|v| ("value".to_owned(), v.to_json())));
        object.extend(self.time.map(|t| ("time".to_owned(), json!(civil::time_text(t)))));
        for (name, text) in [("timezone", &self.timezone), ("note", &self.note)] {
            object.extend((!text.is_empty()).then(|| (name.to_owned(), json!(text))));
        }
        object.insert("logged".to_owned(), json!(civil::timestamp(self.logged)));
        object.insert("origin".to_owned(), json!(origin_name(self.origin)));
        object
    }

    fn from_json(object: &Map<String, Json>) -> Result<Self, Problem> {
        let text = |name: &str| match object.get(name) {
            None => Ok(""),
            Some(Json::String(text)) if text.chars().count() <= limits::LINE_CHARS => Ok(text.as_str()),
            Some(_) => Err(Problem::form(format!("{name} is not a short text"), "give a text")),
        };
        let value = || match object.get("value") {
            Some(Json::Number(number)) => number.to_string().parse::<Thousandths>().ok(),
            _ => None,
        };
        let state = match (text("state")?, object.get("value")) {
            ("done", None) => LogState::Done,
            ("skip", None) => LogState::Skip,
            ("slip", None) => LogState::Slip,
            ("value", Some(_)) => LogState::Value(
                value()
                    .ok_or_else(|| {
                        Problem::form("value is not a number of three decimal places", "write 70 or 70.5")
                    })?
                    .check(-limits::DECIMAL, limits::DECIMAL, "")?,
            ),
            _ => return Err(Problem::form("no such state", "give done, skip, slip, or value with a number")),
        };
        let time = match text("time")? {
            "" => None,
            time => Some(civil::time(time)?),
        };
        let logged = civil::parse_timestamp(text("logged")?)
            .ok_or_else(|| Problem::form("logged is not a time in UTC", "write 2026-11-21T18:00:00Z"))?;
        let timezone = text("timezone")?.to_owned();
        if !timezone.is_empty() {
            civil::timezone_shape(&timezone)?;
        }
        let origin = text("origin")?;
        let origin = origin_of(origin)
            .ok_or_else(|| Problem::form("no such origin", "give hand, rule, import, partner or ai"))?;
        Ok(Self { state, time, timezone, note: text("note")?.to_owned(), logged, origin })
    }
}

/// A stored row as an object. What this version cannot express comes with it as `packed`.
pub(crate) fn value_to_json(value: &Value) -> Map<String, Json> {
    let row = LogRow::unpack(value);
    let whole = row.as_ref().is_some_and(|row| row.pack() == *value);
    let mut object = row.map(|row| row.to_json()).unwrap_or_default();
    if !whole {
        object.insert("packed".to_owned(), raw::to_json(value));
    }
    object
}

/// Reads what [`value_to_json`] writes.
pub(crate) fn value_from_json(object: &Map<String, Json>) -> Result<Value, Problem> {
    if let Some(packed) = object.get("packed") {
        return raw::scalar(packed);
    }
    let known = ["state", "value", "time", "timezone", "note", "logged", "origin"];
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Problem::form(format!("{name} is not known here"), "leave it out")),
        None => LogRow::from_json(object).map(|row| row.pack()),
    }
}

/// What a row may bear: one that comes back bears what it bore.
const ORIGINS: [Origin; 5] = [Origin::Hand, Origin::Rule, Origin::Import, Origin::Partner, Origin::Ai];

/// What a word of [`origin_name`] says.
pub(crate) fn origin_of(word: &str) -> Option<Origin> {
    ORIGINS.into_iter().find(|origin| origin_name(*origin) == word)
}

/// How a change came about, in a word.
pub(crate) const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Hand => "hand",
        Origin::Rule => "rule",
        Origin::Import => "import",
        Origin::Partner => "partner",
        Origin::Ai => "ai",
        Origin::Undo => "undo",
    }
}

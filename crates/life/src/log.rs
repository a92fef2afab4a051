//! Check-ins: one row a civil date, fixed when it is logged. The document is a constant function of habit and year of
//! that date, the key is the date, the value one packed scalar, so two devices that log one day agree on one row.
//!
//! Packed, version 1, frozen: CBOR map with integer keys, absent where empty. 0 version; 1 state (0 done, 1 skip,
//! 2 slip, 3 value); 2 value in thousandths; 3 time of day as text; 4 time zone; 5 note; 6 logged, milliseconds since
//! 1970; 7 origin letter as a text. Keys and versions of later releases survive export and import as bytes.

use crate::error::{FieldError, Problem};
use crate::record::{ROWS, RecordType};
use crate::{civil, limits, raw};
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, Row, Value};
use jiff::civil::{Date, Time};
use minicbor::{Decode, Encode};
use serde_json::{Map, Value as Json, json};

pub use crate::decimal::Thousandths;

/// The record type of a habit's log.
pub const HABIT_LOG: &str = "habit_log";
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
            civil::timezone(&timezone)?;
        }
        let origin = text("origin")?;
        let origin = ORIGINS.into_iter().find(|o| origin_name(*o) == origin);
        let origin = origin
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

const ORIGINS: [Origin; 5] = [Origin::Hand, Origin::Rule, Origin::Import, Origin::Partner, Origin::Ai];

/// How a change came about, in a word.
pub(crate) const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Hand => "hand",
        Origin::Rule => "rule",
        Origin::Import => "import",
        Origin::Partner => "partner",
        Origin::Ai => "ai",
    }
}

/// What somebody logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The civil date it is for.
    pub date: Date,
    /// What happened.
    pub action: LogAction,
    /// When on that day; None keeps what the row has.
    pub time: Option<Time>,
    /// A note; None keeps what the row has, an empty one removes it.
    pub note: Option<String>,
    /// How it comes about.
    pub origin: Origin,
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogAction {
    /// The row says so from now on.
    Set(LogState),
    /// The row goes.
    Undo,
}

/// Now, where the person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now: i64,
    /// IANA name.
    pub timezone: String,
    /// The civil date there, by the person's own start of the day.
    pub today: Date,
}

/// The log document of a habit that a date belongs to.
pub fn log_key(habit: &Row, date: Date) -> DocKey {
    DocKey::stream(HABIT_LOG, habit.key.id, format!("{:04}", date.year()), 0)
}

/// The edit that logs `entry` for a habit; None if the row says so already. `existing` is the row of [`log_key`].
pub fn log_habit(
    habit: &Row,
    existing: Option<&Row>,
    entry: &LogEntry,
    moment: &Moment,
) -> Result<Option<Edit>, FieldError> {
    let record = RecordType::find(HABIT_LOG)?;
    let date = entry.date.to_string();
    let at = |field: &str, value: &str, problem: Problem| problem.at(record.name, field, value);
    if habit.key.kind != "habit" || habit.deleted {
        let problem = if habit.deleted { "the habit is in the trash" } else { "only habits are logged" };
        return Err(FieldError::not_allowed(record.name, "habit", problem, "restore it, or choose a habit"));
    }
    let rows = match existing.and_then(|row| row.fields.get(ROWS)) {
        Some(Value::Map(rows)) => rows.get(&date),
        _ => None,
    };
    let path = Path::Key(ROWS.to_owned(), date.clone());
    let edit = |op| Edit {
        key: log_key(habit, entry.date),
        expect: Expect::Any,
        ops: vec![op],
        time: None,
        origin: entry.origin,
    };
    let LogAction::Set(state) = entry.action else {
        return Ok(rows.map(|_| edit(EditOp::Remove(path))));
    };
    check_date(entry.date, moment.today).map_err(|p| at("date", &date, p))?;
    check_state(habit, state, record.name)?;
    civil::timezone(&moment.timezone).map_err(|p| at("timezone", &moment.timezone, p))?;
    let old = rows.and_then(LogRow::unpack);
    let kept = old.as_ref().map(|row| (row.time, row.note.clone())).unwrap_or_default();
    let note = entry.note.as_deref().map_or(kept.1, |note| note.trim().to_owned());
    if note.chars().count() > limits::LINE_CHARS {
        let advice = format!("use at most {} characters", limits::LINE_CHARS);
        return Err(at("note", &note, Problem::limits("the note is too long", advice)));
    }
    let time = entry.time.or(kept.0);
    if old.is_some_and(|row| row.state == state && row.time == time && row.note == note) {
        return Ok(None);
    }
    let timezone = moment.timezone.clone();
    let row = LogRow { state, time, timezone, note, logged: moment.now, origin: entry.origin };
    Ok(Some(edit(EditOp::Put(path, row.pack()))))
}

fn check_date(date: Date, today: Date) -> Result<(), Problem> {
    let ahead = date.duration_since(today).as_hours() / 24;
    if ahead > limits::LOG_AHEAD_DAYS {
        return Err(Problem::limits(
            "it is in the future",
            format!("today is {today}; log days when they come"),
        ));
    }
    if date.year() < limits::FIRST_LOG_YEAR {
        let first = limits::FIRST_LOG_YEAR;
        return Err(Problem::limits("it is too long ago", format!("log days from {first} on")));
    }
    Ok(())
}

fn check_state(habit: &Row, state: LogState, record: &'static str) -> Result<(), FieldError> {
    let says =
        |field: &str, word: &str| matches!(habit.fields.get(field), Some(Value::Text(text)) if text == word);
    let measurable = says("kind", "measurable");
    let refuse = |problem, advice| Err(FieldError::not_allowed(record, "state", problem, advice));
    match state {
        LogState::Value(_) if !measurable => refuse("the habit is yes or no", "log it without a value"),
        LogState::Value(value) => value
            .check(0, limits::DECIMAL, "")
            .map(drop)
            .map_err(|p| p.at(record, "value", &value.to_string())),
        LogState::Done if measurable => refuse("the habit is measured", "log how much, with a value"),
        LogState::Slip if !says("polarity", "bad") => {
            refuse("only a bad habit knows slips", "skip the day, or undo its row")
        }
        LogState::Done | LogState::Skip | LogState::Slip => Ok(()),
    }
}

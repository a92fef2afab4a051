//! Check-ins: one row a civil date, fixed when it is logged. The document is a constant function of habit and year of
//! that date, the key is the date, the value one packed scalar, so two devices that log one day agree on one row.
//!
//! Packed, version 1, frozen: CBOR map with integer keys, absent where empty. 0 version; 1 state (0 done, 1 skip,
//! 2 slip, 3 value); 2 value in thousandths; 3 time of day as text; 4 time zone; 5 note; 6 logged, milliseconds since
//! 1970; 7 origin letter as a text. Keys and versions of later releases survive export and import as bytes.

use crate::error::{FieldError, Problem};
use crate::record::{ROWS, RecordType};
use crate::{civil, limits};
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, Row, Value};
use jiff::civil::{Date, Time};

mod row;

pub use row::{LogRow, LogState};
pub(crate) use row::{origin_name, origin_of, value_from_json, value_to_json};

/// The record type of a habit's log.
pub const HABIT_LOG: &str = "habit_log";

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
    if old.as_ref().is_some_and(|row| row.state == state && row.time == time && row.note == note) {
        return Ok(None);
    }
    // A note that is added later does not make the check-in late.
    let row = match old.filter(|row| row.state == state) {
        Some(row) => LogRow { time, note, ..row },
        None => {
            let timezone = moment.timezone.clone();
            LogRow { state, time, timezone, note, logged: moment.now, origin: entry.origin }
        }
    };
    Ok(Some(edit(EditOp::Put(path, row.pack()))))
}

/// Whether a day may be logged when it is `today`.
pub(crate) fn check_date(date: Date, today: Date) -> Result<(), Problem> {
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

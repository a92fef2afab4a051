//! What a person does, or avoids, again and again.

use crate::field::{AMOUNT, COLOUR, Field, FieldType, NAME, SCHEDULE, UNIT, choice, field, link, map};
use crate::limits;
use crate::record::{RecordType, Rows, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] = &[
    RecordType::thing("habit", Scope::Habits, "Something to do, or to avoid, again and again.", HABIT),
    RecordType::yearly(
        "habit_log",
        "habit",
        Scope::Habits,
        "Check-ins of a habit, a row a date.",
        Rows::CheckIn,
    ),
];

/// From a date to another or, while it lasts, `open`.
const PAUSES: FieldType = map(Scalar::Date, Scalar::DateOrOpen, None);
/// At a time of day, on the days of a rule.
const REMINDERS: FieldType = map(Scalar::Time, Scalar::Rule, None);

static HABIT: &[Field] = &[
    field("name", NAME).required(),
    field("polarity", choice(&["good", "bad"])).default("good"),
    field("kind", choice(&["yes_no", "measurable"])).default("yes_no"),
    field("target", AMOUNT),
    field("unit", UNIT).unsearched(),
    field("direction", choice(&["at_least", "at_most"])),
    field("schedule", SCHEDULE),
    field("pauses", PAUSES),
    field("reminders", REMINDERS),
    field("colour", COLOUR),
    field("goal", link("goal")),
    field("group", FieldType::One(Scalar::Line(limits::TAG_CHARS))),
    field("position", FieldType::One(Scalar::Place)),
];

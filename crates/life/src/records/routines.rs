//! Steps that are taken together, at about the same time of day.

use crate::field::{BOOL, Field, FieldType, LINE, MINUTES, NAME, SCHEDULE, TIME, field, link};
use crate::limits;
use crate::record::{RecordType, Rows, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] = &[
    RecordType::thing("routine", Scope::Routines, "Steps that you take together.", ROUTINE),
    RecordType::yearly(
        "routine_log",
        "routine",
        Scope::Routines,
        "The steps taken on each day, a row a date.",
        Rows::Fields(ROUTINE_LOG),
    ),
];

static ROUTINE: &[Field] = &[
    field("title", NAME).required(),
    field("steps", FieldType::List(STEP, limits::STEPS)),
    field("window_start", TIME),
    field("window_end", TIME),
    field("schedule", SCHEDULE),
    field("goal", link("goal")),
];

static STEP: &[Field] = &[field("title", NAME).required(), field("minutes", MINUTES)];

static ROUTINE_LOG: &[Field] = &[
    field("done", FieldType::Set(Scalar::Item, limits::ITEMS)),
    // All steps that there were on that day were taken.
    field("finished", BOOL),
    field("skipped", BOOL),
    field("note", LINE),
];

//! The person and how the app is set up for them.

use crate::field::{
    BOOL, COLOUR, DATE, Field, FieldType, LOCALE, NAME, PROSE, TIME, TIMEZONE, choice, field, int, map,
};
use crate::limits;
use crate::record::{RecordType, Rows, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] = &[
    RecordType::singleton("profile", Scope::Profile, "Who you are; there is one.", PROFILE),
    RecordType::thing("season", Scope::Profile, "A stretch of life and what it is for.", SEASON),
    RecordType::singleton("settings", Scope::Private, "How the app behaves; there is one.", SETTINGS),
    RecordType::yearly(
        "presence",
        "profile",
        Scope::Private,
        "The days on which you used the app.",
        Rows::Fields(&[]),
    ),
];

static PROFILE: &[Field] = &[
    field("name", NAME),
    field("birth_date", DATE),
    field("timezone", TIMEZONE),
    field("day_start", int(0, 6, "hours after midnight")),
    field("units", choice(&["metric", "imperial"])),
    field("locale", LOCALE),
    field("week_start", choice(&["monday", "saturday", "sunday"])),
];

static SEASON: &[Field] =
    &[field("title", NAME).required(), field("start", DATE), field("end", DATE), field("focus", PROSE)];

const SWITCHES: FieldType = map(Scalar::Word, Scalar::Bool, None);
const THRESHOLDS: FieldType = map(Scalar::Word, Scalar::Decimal(-1_000_000, 1_000_000, ""), None);
const BUDGETS: FieldType = map(Scalar::Word, Scalar::Int(0, 1_000_000_000, ""), None);

/// `habit.energy` to what it holds.
const DECLARATIONS: FieldType = map(Scalar::Word, Scalar::Form, None);
/// `habit.energy` to what it is called, in any script; `habit.energy.low` to what one of its choices is.
const NAMES: FieldType = map(Scalar::Word, Scalar::Line(limits::NAME_CHARS), None);

static SETTINGS: &[Field] = &[
    field("theme", choice(&["system", "light", "dark"])),
    field("accent", COLOUR),
    field("language", LOCALE),
    field("features", SWITCHES),
    field("notifications", SWITCHES),
    field("quiet_start", TIME),
    field("quiet_end", TIME),
    field("work_start", TIME),
    field("work_end", TIME),
    field("peak_start", TIME),
    field("peak_end", TIME),
    field("lock_minutes", int(0, 1440, "idle minutes; 0 locks when hidden")),
    field("insight_thresholds", THRESHOLDS),
    field("ai_enabled", BOOL),
    field("ai_endpoint", FieldType::One(Scalar::Line(500))).unsearched(),
    field("budgets", BUDGETS),
    field("custom_fields", DECLARATIONS).since(1),
    field("custom_names", NAMES).since(2).unsearched(),
    // What a locked screen shows of a reminder: that there is one, or what it says.
    field("private_reminders", BOOL),
];

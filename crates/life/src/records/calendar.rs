//! What takes place at a time.

use crate::field::{BOOL, Field, FieldType, LINE, NAME, RRULE, WHEN, choice, field, links, list, map, prose};
use crate::limits;
use crate::record::{RecordType, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] =
    &[RecordType::thing("event", Scope::Goals, "Something that takes place at a time.", EVENT)];

/// A date of the series to what became of it.
const EXCEPTIONS: FieldType = map(Scalar::Date, Scalar::Exception, None);

static EVENT: &[Field] = &[
    field("title", NAME).required(),
    field("description", prose(limits::LINE_CHARS)),
    field("location", LINE),
    field("start", WHEN).required(),
    // Of an event of whole days, its last day.
    field("end", WHEN),
    field("all_day", BOOL),
    field("busy", BOOL).default("true"),
    field("rrule", RRULE),
    field("exceptions", EXCEPTIONS),
    field("attendees", list(ATTENDEE)),
    field("link", LINE).unsearched(),
    field("source_uid", LINE).unsearched(),
    field("etag", LINE).unsearched(),
    field("people", links("person")),
];

static ATTENDEE: &[Field] = &[
    field("address", FieldType::One(Scalar::Line(limits::ADDRESS_CHARS))).required(),
    field("name", NAME),
    field("reply", choice(&["none", "accepted", "tentative", "declined"])),
];

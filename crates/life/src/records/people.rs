//! The people in a person's life.

use crate::field::{DATE, Field, FieldType, NAME, PROSE, field, int, map};
use crate::limits;
use crate::record::{RecordType, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] =
    &[RecordType::thing("person", Scope::Relationships, "Somebody you know.", PERSON)];

/// `email.work` to an address, `phone` to a number: what a card of contacts has.
const CONTACTS: FieldType = map(Scalar::Word, Scalar::Line(limits::LINE_CHARS), None);
/// Another person to what they are to this one.
const RELATIONS: FieldType = map(Scalar::Link("person"), Scalar::Line(limits::TAG_CHARS), None);

static PERSON: &[Field] = &[
    field("name", NAME).required(),
    field("nickname", NAME),
    field("contacts", CONTACTS),
    field("birthday", DATE),
    field("relation", FieldType::One(Scalar::Line(limits::TAG_CHARS))),
    field("cadence_days", int(1, 3_660, "days between contacts")),
    field("notes", PROSE),
    field("relations", RELATIONS),
];

//! Where reminders are pushed to.

use crate::field::{Field, FieldType, NAME, field};
use crate::record::{RecordType, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] = &[RecordType::thing(
    crate::push::PUSH_SUBSCRIPTION,
    Scope::Private,
    "A browser that reminders are pushed to; it writes this itself.",
    SUBSCRIPTION,
)];

/// Letters of what a browser or a relay calls something; none is longer.
const TOKEN: FieldType = FieldType::One(Scalar::Line(200));

static SUBSCRIPTION: &[Field] = &[
    field("name", NAME).required().unsearched(),
    field("subscription", TOKEN).unsearched(),
    field("p256dh", TOKEN).unsearched(),
    field("auth", TOKEN).unsearched(),
];

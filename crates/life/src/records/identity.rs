//! Who a person wants to be, and what they think of a day.

use crate::field::{DATE, Field, NAME, PROSE, choice, field, int, links};
use crate::record::{RecordType, Scope};

/// The types of this area.
pub static RECORDS: &[RecordType] = &[
    RecordType::thing("identity", Scope::Identity, "A value, a belief, a role or a scripture.", IDENTITY),
    RecordType::thing("journal", Scope::Identity, "What you wrote about a day.", JOURNAL),
];

static IDENTITY: &[Field] = &[
    field("kind", choice(&["value", "belief", "role", "scripture"])).default("value"),
    field("title", NAME).required(),
    field("text", PROSE),
];

static JOURNAL: &[Field] = &[
    field("date", DATE).required(),
    field("text", PROSE),
    field("mood", int(1, 5, "from bad to good")),
    field("about", links("record")),
];

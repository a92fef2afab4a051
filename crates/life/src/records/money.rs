//! What a person has and spends.

use crate::field::{BOOL, Field, NAME, field};
use crate::record::{RecordType, Scope};

/// The types of this area.
pub static RECORDS: &[RecordType] =
    &[RecordType::thing("category", Scope::Finance, "What money is spent on or comes from.", CATEGORY)];

static CATEGORY: &[Field] =
    &[field("name", NAME).required(), field("group", NAME), field("discretionary", BOOL)];

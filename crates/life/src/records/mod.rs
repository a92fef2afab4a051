//! All record types, by area. A new type is an entry in its area's file and nowhere else.

mod aims;
mod habits;
mod person;

use crate::record::RecordType;

/// Every record type, in the order in which they are listed to a person.
pub fn all() -> impl Iterator<Item = &'static RecordType> {
    person::RECORDS.iter().chain(aims::RECORDS).chain(habits::RECORDS)
}

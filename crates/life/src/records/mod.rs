//! All record types, by area. A new type is an entry in its area's file and nowhere else.

mod aims;
mod calendar;
mod habits;
mod identity;
mod money;
mod people;
mod person;
mod pushes;
mod routines;

use crate::record::RecordType;

/// Every record type, in the order in which they are listed to a person.
pub fn all() -> impl Iterator<Item = &'static RecordType> {
    let areas = [
        person::RECORDS,
        identity::RECORDS,
        aims::RECORDS,
        habits::RECORDS,
        routines::RECORDS,
        calendar::RECORDS,
        people::RECORDS,
        money::RECORDS,
        pushes::RECORDS,
    ];
    areas.into_iter().flatten()
}

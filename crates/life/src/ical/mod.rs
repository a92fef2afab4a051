//! Events and tasks with a due date as iCalendar (RFC 5545), out and in, read and written by the crate `calcard`.
//!
//! What another program called an event stays its name (`source_uid`), so the same file imported twice, or on two
//! devices, makes one record: its id follows from that name. An import decides about the fields that a calendar knows,
//! listed in [`EVENT_FIELDS`] and [`TASK_FIELDS`], and leaves the others as they are.

mod export;
mod import;
mod time;

pub use export::{Calendar, CalendarError};
pub use import::parse_calendar;

/// The fields of an event that a calendar has.
pub const EVENT_FIELDS: &[&str] = &[
    "title",
    "description",
    "location",
    "start",
    "end",
    "all_day",
    "busy",
    "rrule",
    "exceptions",
    "attendees",
    "link",
    "source_uid",
];
/// The fields of a task that a calendar has.
pub const TASK_FIELDS: &[&str] =
    &["title", "description", "due", "due_time", "status", "completed_on", "priority", "labels", "rrule"];

/// Names this program in a file.
const PRODUCT: &str = "-//Life OS//lifeos//EN";

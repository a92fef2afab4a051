//! The life domains on the engine: what a habit, a goal, a task is, and how it is written, read, moved out and in.
//!
//! Invariant: everything about a record type follows from its one declaration (see [`mod@field`] and `records/`): the
//! engine's kind with its frozen genesis, validation, the `field=value` text form, JSON, help, export and import. A
//! further type is a change of one file.
//!
//! Everything here is a pure function: no I/O, no clock, no randomness. Dates, times and zones are inputs.
//!
//! ```text
//! engine::Schema <- schema()
//! engine::Edit   <- create, update, trash, untrash, log_habit, import::plan
//! engine::Row    -> to_json, matches, LogRow::read, Export
//! engine::Query  <- day::Asking, calendar::Asking, standing::Asking, remind::Asking,
//!                   recent::Asking, recent::TakingBack, which take the Reply
//! HistoryItem    -> describe
//! engine::Hit    -> search::Match
//! ```
//!
//! How values are stored, frozen once released: a field is a last-writer scalar at the root; prose is a text
//! container; sets, ordered lists and maps are map containers with flat keys to scalars, so that two devices may
//! change two entries, or two fields of one item, and both changes stay. What this version does not know it keeps.

pub mod agenda;
mod assign;
mod buckets;
pub mod calendar;
mod civil;
pub mod csv;
pub mod custom;
pub mod day;
mod decimal;
mod describe;
mod draft;
mod edit;
mod error;
pub mod export;
pub mod field;
mod filter;
mod follow;
mod history;
pub mod ical;
pub mod import;
pub mod limits;
mod list;
pub mod log;
pub mod order;
mod position;
pub mod presence;
pub mod push;
pub mod quick;
mod raw;
mod reading;
pub mod recent;
pub mod record;
mod records;
mod registry;
pub mod remind;
pub mod reschedule;
pub mod routine;
pub mod rows;
pub mod rules;
pub mod scalar;
pub mod schedule;
pub mod search;
pub mod series;
pub mod standing;
pub mod undo;
mod view;
mod when;

pub use assign::{Assignment, How, Input, fields_from_json};
pub use buckets::bucket_of;
pub use decimal::{ParseThousandthsError, Thousandths};
pub use describe::{FieldInfo, TypeInfo, describe_types};
pub use edit::{create, trash, untrash, update};
pub use error::FieldError;
pub use export::Export;
pub use filter::matches;
pub use follow::with_consequences;
pub use history::describe;
pub use log::{LogAction, LogEntry, LogRow, LogState, Moment, log_habit};
pub use record::RecordType;
pub use records::all;
pub use registry::schema;
pub use rules::chart;
pub use undo::Undo;
pub use view::{fields_to_json, timestamp, to_json};

/// The time zone of an IANA name, if this build knows it.
pub fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    jiff::tz::db().get(name).ok()
}

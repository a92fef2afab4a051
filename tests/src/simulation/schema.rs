//! A small schema with one of everything the engine supports.

use engine::{Container, Kind, Period, Schema, Stream};

/// A thing with scalars, a map and prose.
pub static THING: Kind = Kind {
    name: "thing",
    containers: &[("tags", Container::Map), ("notes", Container::Text)],
    extensions: &[],
    stream: None,
};

/// Rows by parent and year.
pub static LOG: Kind = Kind {
    name: "log",
    containers: &[("rows", Container::Map)],
    extensions: &[],
    stream: Some(Stream { period: Period::Year, shards: 1 }),
};

/// Both.
pub fn schema() -> Schema {
    Schema::new([&THING, &LOG])
}

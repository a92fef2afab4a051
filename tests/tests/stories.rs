//! Two homes, one relay, and what life does to them: the real programs, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "stories/copies.rs"]
mod copies;
#[path = "stories/devices.rs"]
mod devices;
#[path = "stories/offline.rs"]
mod offline;
#[path = "stories/relays.rs"]
mod relays;
#[path = "stories/undo.rs"]
mod undo;
#[path = "stories/year.rs"]
mod year;

/// Makes a test of a story on each kind of database.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $story() { super::$story(&mut tests::stage::Stage::sqlite()) })*
        }
        mod on_postgres {
            $(#[test] fn $story() { super::$story(&mut tests::stage::Stage::postgres()) })*
        }
    };
}
pub(crate) use on_both;

//! The sync engine: spaces, documents, outbox, sessions and read model.
//!
//! Invariant: the engine does nothing. [`Engine::handle`] takes an event, the time and randomness, and returns
//! effects; the host carries them out in order and reports back with further events. No clock, no socket, no
//! storage, no global: one seed replays any failure, and browser, desktop and simulation run the same code.
//!
//! ```text
//! loop {
//!     let event = next_event();                     // a command, a stored answer, a frame, a tick
//!     for effect in engine.handle(&mut rng, now(), event) {
//!         carry_out(effect);                        // read, commit, send, reply
//!     }
//! }
//! ```
//!
//! A store is made with [`store::found`] (a new vault) or by [`join::Join`] or [`pair::Newcomer`] (an existing one), and opened with
//! [`Engine::open`].

mod alarm;
pub mod api;
mod bucket;
mod core;
mod docs;
mod document;
mod engine;
mod history;
mod incoming;
pub mod join;
mod layout;
pub mod limits;
pub mod pack;
pub mod pair;
pub mod payload;
mod position;
pub mod record;
mod reminder;
pub mod schema;
pub mod search;
mod session;
pub mod store;
mod task;
mod tombstone;

pub use alarm::{Alarm, AlarmKind};
pub use api::{Command, Effect, EngineError, Event, Notice, Query, Read, Reply, Write};
pub use bucket::{BucketPage, Buckets, BucketsOf, is_shared};
pub use document::Genesis;
pub use engine::{Config, Engine};
pub use record::{DocKey, Edit, EditOp, Expect, HistoryItem, Origin, Path, RecordId, Row, Value};
pub use reminder::{PushSubscription, Reminder, Schedule};
pub use schema::{Container, Kind, Period, Schema, Stream};
pub use search::{Found, Hit, Text, Weight};
pub use tombstone::PURGED;

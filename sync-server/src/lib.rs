//! The relay: it stores and forwards entries that it cannot read.
//!
//! Invariant: of the project's crates only `protocol` is linked here, which holds no secret and no cipher. What is
//! acknowledged was committed before.
//!
//! Reading order: [`rules`] judge what devices send, without any I/O; [`store`] is the one trait that SQLite,
//! PostgreSQL and memory implement; [`session`] is one connection's protocol on top of both, still without a
//! runtime, so that a simulator can drive it; [`committer`] shares one commit among many connections; [`http`] and
//! [`socket`] are the doors; [`serve`] puts them together.

pub mod clock;
pub mod commands;
pub mod committer;
pub mod config;
pub mod connections;
pub mod hints;
pub mod http;
pub mod identity;
pub mod limits;
pub mod memory;
pub mod origin;
pub mod passkeys;
pub mod push;
pub mod random;
pub mod relay;
pub mod rules;
pub mod serve;
pub mod session;
pub mod socket;
pub mod store;

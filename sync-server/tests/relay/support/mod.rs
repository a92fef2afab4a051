//! What the relay's tests share.

// Helpers that the workspace's other tests use too.
#[allow(dead_code)]
#[path = "../../../../tests/src/postgres.rs"]
pub mod postgres;
#[allow(dead_code)]
#[path = "../../../../tests/src/relay.rs"]
pub mod program;

pub mod client;
pub mod device;
pub mod manifest;
pub mod page;
pub mod passkey;
pub mod push_service;
pub mod push_world;
pub mod server;
pub mod stores;

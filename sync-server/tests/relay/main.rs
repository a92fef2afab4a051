//! The relay's tests: stores, sessions, HTTP, sockets and the program itself.

// The helpers shared with the workspace's other tests are no test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

mod access;
mod account;
mod compacted;
mod conformance;
mod databases;
mod deletion;
mod fixtures;
mod group_commit;
mod http;
mod manifests;
mod moving;
mod notices;
mod packs;
mod pairings;
mod program;
mod push_refusals;
mod pushing;
mod revocation;
mod rules;
mod session;
mod sign_in;
mod sockets;
mod sub_path;
mod together;

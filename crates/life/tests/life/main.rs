//! The life domains from outside: only what other crates see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected has failed"
)]

mod asking;
mod day;
mod decimals;
mod fields;
mod frozen;
mod history;
mod lists;
mod log;
mod search;
mod support;
mod transfer;

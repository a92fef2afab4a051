//! The life domains from outside: only what other crates see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected has failed"
)]

mod agenda;
mod asking;
mod calendar;
mod calendars;
mod charts;
mod custom;
mod day;
mod decimals;
mod describe;
mod fields;
mod frozen;
mod history;
mod lists;
mod lived;
mod log;
mod moving;
mod order;
mod parting;
mod quick;
mod recent;
mod remind;
mod rows;
mod rules;
mod search;
mod series;
mod support;
mod tables;
mod transfer;
mod undo;

//! What the workspace's tests share: a simulated world of devices and relays, and helpers around real processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

pub mod postgres;
pub mod relay;
pub mod simulation;

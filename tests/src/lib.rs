//! What the workspace's tests share: a simulated world of devices and relays, and helpers around real processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

pub mod canary;
pub mod collisions;
pub mod damage;
pub mod database;
pub mod dice;
pub mod fixture;
pub mod home;
pub mod kill;
pub mod life_year;
pub mod lived;
pub mod postgres;
pub mod programs;
pub mod proxy;
pub mod relay;
pub mod simulation;
pub mod stage;
pub mod wire;

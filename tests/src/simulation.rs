//! A world of devices and a relay in one process, driven by one seed.

pub mod calm;
pub mod clock;
pub mod device;
pub mod disk;
pub mod house;
pub mod joining;
pub mod meddling;
pub mod member;
pub mod membership;
pub mod network;
pub mod oracle;
pub mod schema;
pub mod storm;
pub mod world;

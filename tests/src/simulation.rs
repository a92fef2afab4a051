//! A world of devices and a relay in one process, driven by one seed.

pub mod device;
pub mod disk;
pub mod joining;
pub mod network;
pub mod schema;
pub mod world;

//! The rules of life: pure functions of records and days. The same records give the same answer on every device and in
//! every order of merging, so nothing here knows a clock, a zone or the order in which rows came.

pub mod chart;
mod checks;
mod streak;
mod strength;

pub use checks::{Checks, Plan};
pub use streak::{Streak, Unit, streak};
pub use strength::{strength, strengths};

/// Version of these rules. Answers that are stored name it.
pub const VERSION: u32 = 1;

//! What time it is for one device.
//!
//! Invariant: no two clocks of a world need agree, and one may be set forward or back at any moment, as people do; only
//! the time that passes is the same for all.

/// A year, in milliseconds.
pub const YEAR: i64 = 365 * 24 * 3_600 * 1_000;

/// A device's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    ahead: i64,
}

impl Clock {
    /// What it shows when it is `now` in the world.
    pub fn at(self, now: i64) -> i64 {
        now + self.ahead
    }

    /// Somebody sets it, to so many milliseconds ahead of the world.
    pub fn set(&mut self, ahead: i64) {
        self.ahead = ahead;
    }
}

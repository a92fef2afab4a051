//! The time and the civil date, read once and carried through a command; nothing below this reads a clock.
//!
//! `LIFEOS_NOW` (RFC 3339, or with a zone as `2026-11-21T08:00:00+01:00[Europe/Berlin]`) sets the moment at which the
//! process seems to start, for scripts and tests; time then goes on from there.

use crate::error::{Error, Result};
use jiff::{SignedDuration, Timestamp, Zoned, civil::Date, tz::TimeZone};
use std::time::Instant;

/// Variable that sets the time.
pub const NOW_VARIABLE: &str = "LIFEOS_NOW";

/// What a zone is called that the system does not name.
const UNKNOWN_ZONE: &str = "Etc/Unknown";

/// Where and when the person is.
#[derive(Debug, Clone)]
pub struct Clock {
    start: Timestamp,
    since: Instant,
    zone: TimeZone,
}

impl Clock {
    /// The system's clock and zone, unless `now` says otherwise.
    pub fn new(now: Option<&str>) -> Result<Self> {
        let (start, zone) = match now {
            None => (Timestamp::now(), TimeZone::system()),
            Some(text) => parse(text)?,
        };
        Ok(Self { start, since: Instant::now(), zone })
    }
    /// As the environment says.
    pub fn of_env() -> Result<Self> {
        Self::new(std::env::var(NOW_VARIABLE).ok().as_deref())
    }
    /// Milliseconds since 1970.
    pub fn millis(&self) -> i64 {
        self.now().as_millisecond()
    }
    /// The name of the zone here, and the civil date by a day that starts at `day_start` o'clock. Where the system
    /// does not say in which zone it is, it is `home`, the zone of the person's profile.
    pub fn here(&self, home: Option<&str>, day_start: i64) -> (String, Date) {
        let zone = self.zone(home);
        let hours = SignedDuration::from_hours(day_start.clamp(0, 23));
        let local = self.now().to_zoned(zone.clone()).datetime();
        let date = local.checked_sub(hours).unwrap_or(local).date();
        (name_of(&zone).unwrap_or_else(|| "UTC".to_owned()), date)
    }
    /// The zone here; where the system does not say, `home`.
    fn zone(&self, home: Option<&str>) -> TimeZone {
        match (name_of(&self.zone), home.and_then(|name| TimeZone::get(name).ok())) {
            (Some(_), _) | (None, None) => self.zone.clone(),
            (None, Some(home)) => home,
        }
    }

    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(self.start.as_millisecond().saturating_add(passed)).unwrap_or(self.start)
    }
}

fn name_of(zone: &TimeZone) -> Option<String> {
    zone.iana_name().filter(|name| *name != UNKNOWN_ZONE).map(str::to_owned)
}

fn parse(text: &str) -> Result<(Timestamp, TimeZone)> {
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Ok((zoned.timestamp(), zoned.time_zone().clone()));
    }
    let start = text.parse::<Timestamp>().map_err(|error| {
        Error::usage("invalid_time", format!("{NOW_VARIABLE} is not a time: {error}"))
            .hint("as in 2026-11-21T08:00:00Z, or 2026-11-21T08:00:00+01:00[Europe/Berlin]")
    })?;
    Ok((start, TimeZone::system()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_that_of_the_zone_and_not_of_utc() {
        let clock = Clock::new(Some("2026-11-21T23:30:00-05:00[America/New_York]")).expect("a time");
        let (zone, today) = clock.here(Some("Europe/Berlin"), 0);
        assert_eq!((zone.as_str(), today.to_string().as_str()), ("America/New_York", "2026-11-21"));
    }

    #[test]
    fn a_night_owls_day_ends_when_the_profile_says() {
        let clock = Clock::new(Some("2026-11-21T02:30:00+01:00[Europe/Berlin]")).expect("a time");
        assert_eq!(clock.here(None, 3).1.to_string(), "2026-11-20");
        assert_eq!(clock.here(None, 2).1.to_string(), "2026-11-21");
    }

    #[test]
    fn where_the_system_names_no_zone_the_profile_does() {
        let clock = Clock { start: Timestamp::UNIX_EPOCH, since: Instant::now(), zone: TimeZone::unknown() };
        assert_eq!(clock.here(Some("Asia/Tokyo"), 0).0, "Asia/Tokyo");
        assert_eq!(clock.here(None, 0).0, "UTC");
    }

    #[test]
    fn a_time_that_is_none_is_a_usage_error() {
        let error = Clock::new(Some("yesterday")).expect_err("not a time");
        assert_eq!((error.kind.exit(), error.code), (2, "invalid_time"));
    }
}

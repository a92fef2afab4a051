//! How a person wants to be reminded: what of, and when not.

use super::ReminderKind;
use crate::reading::time;
use crate::series::moment_of;
use engine::{Row, Value};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// The key of `notifications` that stands for all of them.
const ALL: &str = "all";

/// What the settings say of reminders. Without settings everything reminds at any time.
#[derive(Debug)]
pub(super) struct Wishes {
    off: Vec<String>,
    /// From this time to that, over midnight if the second is earlier. Never empty.
    quiet: Option<(Time, Time)>,
}

impl Wishes {
    pub(super) fn of(settings: Option<&Row>) -> Self {
        let Some(row) = settings else { return Self { off: Vec::new(), quiet: None } };
        let off = match row.fields.get("notifications") {
            Some(Value::Map(switches)) => {
                let off = switches.iter().filter(|(_, on)| **on == Value::Bool(false));
                off.map(|(name, _)| name.clone()).collect()
            }
            _ => Vec::new(),
        };
        let quiet = time(row, "quiet_start").zip(time(row, "quiet_end")).filter(|(start, end)| start != end);
        Self { off, quiet }
    }

    /// Whether reminders of a kind are wanted.
    pub(super) fn wants(&self, kind: ReminderKind) -> bool {
        !self.off.iter().any(|off| off == ALL || off == kind.name())
    }

    fn is_quiet(&self, at: Time) -> bool {
        self.quiet.is_some_and(|(start, end)| match start < end {
            true => (start..end).contains(&at),
            false => at >= start || at < end,
        })
    }

    /// The first of these times of day that is not quiet; the first of all where each is, to be told when the quiet is over.
    pub(super) fn batch(&self, times: &[Time]) -> Option<Time> {
        times.iter().find(|time| !self.is_quiet(**time)).or(times.first()).copied()
    }

    /// The moment itself or, in quiet hours, their end. In milliseconds since 1970; none beyond the calendar.
    pub(super) fn out_of_quiet(&self, millis: i64, zone: &TimeZone) -> Option<i64> {
        let at = Timestamp::from_millisecond(millis).ok()?.to_zoned(zone.clone()).datetime();
        let Some((_, end)) = self.quiet.filter(|_| self.is_quiet(at.time())) else { return Some(millis) };
        let day = if at.time() < end { at.date() } else { at.date().tomorrow().ok()? };
        moment_of(day, end, zone)
    }
}

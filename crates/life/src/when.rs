//! A civil date and, where there is one, a time of that day and its zone, as fields of dates and times say it. A time without
//! a zone is that time wherever the person is. So is one whose zone this build knows nothing of.

use crate::civil;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// The zone of times that are given in UTC.
pub(crate) const UTC: &str = "UTC";

/// A date, and where there is one a time and its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) date: Date,
    pub(crate) time: Option<Time>,
    pub(crate) zone: Option<String>,
}

impl When {
    /// A whole day.
    pub(crate) const fn day(date: Date) -> Self {
        Self { date, time: None, zone: None }
    }

    /// Reads what a field of a record says.
    pub(crate) fn of_field(text: &str) -> Option<Self> {
        let (local, zone) = match text.split_once('[') {
            Some((local, zone)) => (local, Some(zone.strip_suffix(']')?.to_owned())),
            None => (text, None),
        };
        Some(match local.split_once('T') {
            Some((date, time)) => {
                Self { date: civil::date(date).ok()?, time: Some(civil::time(time).ok()?), zone }
            }
            None => Self::day(civil::date(local).ok()?),
        })
    }

    /// As a field of a record says it.
    pub(crate) fn to_field(&self) -> String {
        let zone = self.zone.as_ref().map(|zone| format!("[{zone}]")).unwrap_or_default();
        match self.time {
            Some(time) => format!("{}T{}{zone}", self.date, civil::time_text(time)),
            None => self.date.to_string(),
        }
    }

    /// Its time on its day; none of a whole day.
    pub(crate) fn moment(&self) -> Option<DateTime> {
        self.time.map(|time| self.date.to_datetime(time))
    }

    /// Date and time as a person in the zone `here` sees them.
    pub(crate) fn seen_from(&self, here: &TimeZone) -> Self {
        let seen = self.moment().zip(self.own_zone()).and_then(|(at, own)| moved_over(at, &own, here));
        let at = seen.or_else(|| self.moment());
        Self { date: at.map_or(self.date, DateTime::date), time: at.map(DateTime::time), zone: None }
    }

    /// What a person in the zone `here` means by `seen`, said in the zone of this.
    pub(crate) fn meant_by(&self, seen: DateTime, here: &TimeZone) -> Self {
        let own = self.own_zone().and_then(|own| moved_over(seen, here, &own)).unwrap_or(seen);
        Self { date: own.date(), time: Some(own.time()), zone: self.zone.clone() }
    }

    /// How much later `end` is, by the clock on the wall at the beginning; none unless both have a time.
    pub(crate) fn length_to(&self, end: &Self) -> Option<SignedDuration> {
        let here = self.own_zone().unwrap_or_else(TimeZone::unknown);
        let end = if self.zone == end.zone { end.moment() } else { end.seen_from(&here).moment() };
        Some(end?.duration_since(self.moment()?))
    }

    /// So much later, by the clock on the wall.
    pub(crate) fn later_by(&self, length: SignedDuration) -> Option<Self> {
        let at = self.moment()?.checked_add(length).ok()?;
        Some(Self { date: at.date(), time: Some(at.time()), zone: self.zone.clone() })
    }

    fn own_zone(&self) -> Option<TimeZone> {
        match self.zone.as_deref()? {
            UTC => Some(TimeZone::UTC),
            name => crate::zone(name),
        }
    }
}

/// A civil time of one zone in another. A time that a night leaves out is as much later as the clocks go.
fn moved_over(at: DateTime, from: &TimeZone, to: &TimeZone) -> Option<DateTime> {
    if from.is_unknown() || to.is_unknown() {
        return None;
    }
    let zoned = from.to_ambiguous_zoned(at).compatible().ok()?;
    Some(zoned.with_time_zone(to.clone()).datetime())
}

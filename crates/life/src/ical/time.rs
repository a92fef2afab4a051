//! Civil dates and times as iCalendar spells them, and back.

use crate::civil;
use crate::when::{UTC, When};
use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendarEntry, ICalendarParameter, ICalendarParameterName, ICalendarProperty, ICalendarValue,
    ICalendarValueType,
};
use jiff::civil::{Date, Time};

impl When {
    /// As a property of a component.
    pub(super) fn to_entry(&self, name: ICalendarProperty) -> ICalendarEntry {
        let utc = self.zone.as_deref() == Some(UTC);
        let entry = ICalendarEntry::new(name).with_value(partial(self.date, self.time, utc));
        match (&self.time, &self.zone) {
            (None, _) => entry.with_param(ICalendarParameter::value(ICalendarValueType::Date)),
            (Some(_), Some(zone)) if !utc => entry.with_param(ICalendarParameter::tzid(zone.clone())),
            _ => entry,
        }
    }

    /// Reads one value of a property. A zone given as an offset alone is not kept: it is no place.
    pub(super) fn of_value(entry: &ICalendarEntry, value: &ICalendarValue) -> Option<Self> {
        let ICalendarValue::PartialDateTime(at) = value else { return None };
        let small = |part: u8| i8::try_from(part).ok();
        let date = Date::new(i16::try_from(at.year?).ok()?, small(at.month?)?, small(at.day?)?).ok()?;
        let time = match (at.hour, at.minute) {
            (Some(hour), Some(minute)) => {
                // A leap second is no time of a civil day.
                let second = at.second.unwrap_or(0).min(59);
                Some(Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?)
            }
            _ => None,
        };
        let given = entry.parameter(&ICalendarParameterName::Tzid).and_then(|value| value.as_text());
        let zone = match (time, at.tz_hour, given) {
            (None, ..) => None,
            (_, Some(0), _) if at.tz_minute.unwrap_or(0) == 0 => Some(UTC.to_owned()),
            (_, _, Some(zone)) => civil::timezone_shape(zone).is_ok().then(|| zone.to_owned()),
            _ => None,
        };
        Some(Self { date, time, zone })
    }

    /// Reads the first value of a property.
    pub(super) fn of_entry(entry: &ICalendarEntry) -> Option<Self> {
        Self::of_value(entry, entry.values.first()?)
    }
}

/// A date and time as the library holds them.
pub(super) fn partial(date: Date, time: Option<Time>, utc: bool) -> PartialDateTime {
    // Every part of a civil date and time is within these types.
    let part = |part: i8| u8::try_from(part).ok();
    PartialDateTime {
        year: u16::try_from(date.year()).ok(),
        month: part(date.month()),
        day: part(date.day()),
        hour: time.and_then(|time| part(time.hour())),
        minute: time.and_then(|time| part(time.minute())),
        second: time.and_then(|time| part(time.second())),
        tz_hour: utc.then_some(0),
        tz_minute: utc.then_some(0),
        tz_minus: false,
    }
}

//! The dates of an RFC 5545 recurrence, by the crate `calcard`. Civil dates go in and come out: a series has at most one
//! date a day, and the time of day stands beside it, so no date is derived from UTC and no zone can move one.

use crate::error::Problem;
use crate::limits;
use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarFrequency, ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
};
use jiff::civil::Date;
use jiff::{Timestamp, tz};

/// A rule that can be followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence(ICalendarRecurrenceRule);

impl Recurrence {
    /// Reads `FREQ=…`. A rule of several times a day is refused.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let rule = rule_of(text).ok_or_else(|| {
            Problem::form("a recurrence that cannot be followed", "write it as in FREQ=WEEKLY;BYDAY=MO,TH")
        })?;
        match rule.freq {
            ICalendarFrequency::Yearly
            | ICalendarFrequency::Monthly
            | ICalendarFrequency::Weekly
            | ICalendarFrequency::Daily => Ok(Self(rule)),
            _ => Err(Problem::form("it comes more than once a day", "use DAILY, WEEKLY, MONTHLY or YEARLY")),
        }
    }

    /// The dates from `start`, where the rule begins to count, up to and with `last`. At most
    /// [`limits::SERIES_DATES`].
    pub(crate) fn dates(&self, start: Date, last: Date) -> Vec<Date> {
        let mut rule = self.0.clone();
        // One date a day: its time stands elsewhere.
        (rule.byhour, rule.byminute, rule.bysecond) = Default::default();
        let end = match rule.until.as_ref().and_then(date_of) {
            Some(until) => until.min(last),
            None => last,
        };
        if end < start {
            return Vec::new();
        }
        rule.until = Some(midnight(end));
        let text = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:{}T000000\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            start.strftime("%Y%m%d")
        );
        let Ok(calendar) = ICalendar::parse(text) else { return Vec::new() };
        let events = calendar.expand_dates(Tz::Floating, limits::SERIES_DATES).events;
        let date =
            |seconds: i64| Timestamp::from_second(seconds).ok().map(|t| t.to_zoned(tz::TimeZone::UTC).date());
        let mut dates: Vec<Date> = events.iter().filter_map(|event| date(event.start.timestamp())).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }
}

/// What a rule is to a calendar; None where it is no rule, or has parts that nobody knows.
pub(crate) fn recurrence(text: &str) -> Option<ICalendarRecurrenceRule> {
    rule_of(text)
}

/// What the text stands for; None where it is no rule, or has parts that nobody knows.
fn rule_of(text: &str) -> Option<ICalendarRecurrenceRule> {
    // A line break would begin another property.
    if text.chars().any(char::is_control) {
        return None;
    }
    let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nRRULE:{text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let calendar = ICalendar::parse(text).ok()?;
    let mut entries = calendar.components.iter().flat_map(|component| &component.entries);
    let entry = entries.find(|entry| entry.name == ICalendarProperty::Rrule)?;
    match entry.values.first() {
        Some(ICalendarValue::RecurrenceRule(rule)) => Some((**rule).clone()),
        _ => None,
    }
}

fn date_of(at: &PartialDateTime) -> Option<Date> {
    let small = |part: Option<u8>| i8::try_from(part?).ok();
    Date::new(i16::try_from(at.year?).ok()?, small(at.month)?, small(at.day)?).ok()
}

fn midnight(date: Date) -> PartialDateTime {
    PartialDateTime {
        year: u16::try_from(date.year()).ok(),
        month: u8::try_from(date.month()).ok(),
        day: u8::try_from(date.day()).ok(),
        hour: Some(0),
        minute: Some(0),
        second: Some(0),
        tz_hour: None,
        tz_minute: None,
        tz_minus: false,
    }
}

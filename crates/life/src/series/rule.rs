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
use jiff::{Timestamp, ToSpan as _, tz};
use std::collections::BTreeSet;

const DAYS_A_WEEK: i64 = 7;

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

    /// The dates from `first` to `last` of the rule that begins to count at `start`. At most [`limits::SERIES_DATES`] of
    /// the rule are looked at.
    pub(crate) fn dates(&self, start: Date, (first, last): (Date, Date)) -> Vec<Date> {
        let start = self.begin_later(start, first);
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
        dates.retain(|date| *date >= first);
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// The rule as it is written, ending before `date`.
    pub(crate) fn until(&self, date: Date) -> String {
        let mut rule = self.0.clone();
        let last = date.yesterday().unwrap_or(date);
        rule.count = None;
        rule.until = Some(PartialDateTime { hour: None, minute: None, second: None, ..midnight(last) });
        rule.to_string()
    }

    /// The rule as it is written from `date` on, if it began to count at `start`: of so many times, those that are left. None if
    /// it counts nothing, and so is the same.
    pub(crate) fn rest(&self, start: Date, date: Date) -> Option<String> {
        let count = self.0.count?;
        let passed = date.yesterday().map_or(0, |last| self.dates(start, (start, last)).len());
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let rule =
            ICalendarRecurrenceRule { count: Some(count.saturating_sub(passed).max(1)), ..self.0.clone() };
        Some(rule.to_string())
    }

    /// A later day from which on the rule gives the same dates, so that one of ten years ago is not followed from there.
    /// Days and weeks come again as they were after whole intervals, unless they are counted.
    fn begin_later(&self, start: Date, first: Date) -> Date {
        let days = match self.0.freq {
            ICalendarFrequency::Daily => 1,
            ICalendarFrequency::Weekly => DAYS_A_WEEK,
            _ => return start,
        };
        let turn = days * i64::from(self.0.interval.unwrap_or(1).max(1));
        // A whole turn before the first day wanted: what stands in the turn itself is given as it was.
        let passed = first.duration_since(start).as_hours() / 24 - turn;
        if self.0.count.is_some() || passed < turn {
            return start;
        }
        start.checked_add((passed / turn * turn).days()).unwrap_or(start)
    }
}

/// What a rule is to a calendar; None where it is no rule, or has parts that nobody knows.
pub(crate) fn recurrence(text: &str) -> Option<ICalendarRecurrenceRule> {
    rule_of(text)
}

/// What the text stands for; None where it is no rule, or has parts that nobody knows.
fn rule_of(given: &str) -> Option<ICalendarRecurrenceRule> {
    // A line break would begin another property.
    if given.chars().any(char::is_control) {
        return None;
    }
    let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nRRULE:{given}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let calendar = ICalendar::parse(text).ok()?;
    let mut entries = calendar.components.iter().flat_map(|component| &component.entries);
    let entry = entries.find(|entry| entry.name == ICalendarProperty::Rrule)?;
    match entry.values.first() {
        Some(ICalendarValue::RecurrenceRule(rule)) => {
            Some((**rule).clone()).filter(|rule| names(given).is_subset(&names(&rule.to_string())))
        }
        _ => None,
    }
}

/// The names of a rule's parts. What a calendar did not understand is missing when it writes the rule again.
fn names(rule: &str) -> BTreeSet<String> {
    let name = |part: &str| part.split('=').next().unwrap_or_default().to_ascii_uppercase();
    rule.split(';').map(name).collect()
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

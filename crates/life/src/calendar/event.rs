//! Events on the days they take place.

use super::{CalendarItem, ItemKind, ending, whole_day};
use crate::reading::{by_date, is, text};
use crate::series::Recurrence;
use crate::when::When;
use engine::Row;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use std::collections::BTreeMap;

/// A time in another zone is at most so many days off.
pub(super) const ZONE_DAYS: i32 = 2;

/// When an event begins and ends, by its own zone.
#[derive(Debug, Clone)]
pub(crate) struct Event<'a> {
    pub(crate) start: When,
    pub(crate) end: Option<When>,
    pub(crate) rule: Option<&'a str>,
    /// Dates of the rule that take place at another time, or None where they do not.
    pub(crate) exceptions: BTreeMap<Date, Option<When>>,
}

impl<'a> Event<'a> {
    pub(crate) fn read(row: &'a Row) -> Option<Self> {
        let when = |field: &str| text(row, field).and_then(When::of_field);
        let mut start = when("start")?;
        let mut end = when("end");
        if is(row, "all_day") {
            start = When::day(start.date);
        }
        if start.time.is_none() {
            end = end.map(|end| When::day(end.date));
        }
        // One that ends before it begins does not say when it ends.
        end = end.filter(|end| start.length_to(end).is_none_or(|length| !length.is_negative()));
        let became = |(date, became): (Date, &str)| (date, When::of_field(became));
        let exceptions = by_date(row, "exceptions").into_iter().map(became).collect();
        Some(Self { start, end, rule: text(row, "rrule"), exceptions })
    }

    /// The end of one that begins at `start`: as long after it as the event lasts.
    pub(crate) fn end_of(&self, start: &When) -> Option<When> {
        let end = self.end.as_ref()?;
        match (start.time, self.start.time) {
            (None, None) => start.date.checked_add(self.days()).ok().map(When::day),
            (Some(_), Some(_)) => start.later_by(self.start.length_to(end)?),
            // A whole day that was made of a time, or the other way round, has no end of its own.
            _ => None,
        }
    }

    /// From its first to its last day.
    fn days(&self) -> Span {
        let end = self.end.as_ref().map_or(self.start.date, |end| end.date.max(self.start.date));
        self.start.date.until(end).unwrap_or_default()
    }

    /// The dates of its rule from `first` to `last`; of one that cannot be followed, the first alone.
    pub(crate) fn dates(&self, first: Date, last: Date) -> Vec<Date> {
        let rule = self.rule.and_then(|rule| Recurrence::parse(rule).ok());
        let begin = self.start.date;
        match rule {
            Some(rule) => rule.dates(begin, (first, last)),
            None => Some(begin).filter(|date| (first..=last).contains(date)).into_iter().collect(),
        }
    }

    /// When a date of its rule begins; none if it does not take place.
    pub(crate) fn begins(&self, date: Date) -> Option<When> {
        match self.exceptions.get(&date) {
            Some(became) => became.clone(),
            None => Some(When { date, ..self.start.clone() }),
        }
    }
}

/// What an event shows on these days, and some around them.
pub(super) fn items(row: &Row, (from, to): (Date, Date), zone: &TimeZone) -> Vec<CalendarItem> {
    let Some(event) = Event::read(row) else { return Vec::new() };
    let item = |date: Option<Date>, start: &When| {
        let seen = start.seen_from(zone);
        let mut item = CalendarItem {
            date,
            start: seen.time,
            movable: true,
            ..whole_day(ItemKind::Event, row, seen.date)
        };
        if let Some(end) = event.end_of(start).map(|end| end.seen_from(zone)) {
            (item.until, item.end) = ending(seen.date, &end);
        } else if let (Some(end), Some(_)) = (&event.end, start.time) {
            // A time to begin at and a day to end on.
            item.until = if end.time.is_none() { end.date.max(seen.date) } else { seen.date };
        }
        item
    };
    if event.rule.is_none() {
        return vec![item(None, &event.start)];
    }
    let first = from.checked_sub(ZONE_DAYS.days()).and_then(|first| first.checked_sub(event.days()));
    let last = to.checked_add(ZONE_DAYS.days()).unwrap_or(Date::MAX);
    let mut dates = event.dates(first.unwrap_or(Date::MIN), last);
    // Those that were moved here from other days.
    dates.extend(event.exceptions.iter().filter(|(_, became)| became.is_some()).map(|(date, _)| *date));
    dates.sort_unstable();
    dates.dedup();
    dates.into_iter().filter_map(|date| Some(item(Some(date), &event.begins(date)?))).collect()
}

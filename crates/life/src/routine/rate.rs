//! On how many of the days that asked for it a routine was finished.

use super::{begins, progress, wanted_on};
use crate::day::OtherAnswer;
use crate::rows::{self, StreamRow};
use crate::schedule::Rule;
use engine::{DocKey, Query, Reply, Row};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// How often a routine was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// So often it was.
    pub kept: u32,
    /// So often it was asked for, skipped days left out. What is asked for so many times a week or month is asked for when
    /// that is over.
    pub asked: u32,
}

/// The question about a rate: ask [`Asking::question`] and give the answer to [`Asking::rate`].
#[derive(Debug)]
pub struct Asking {
    routine: Row,
    days: (Date, Date),
    week_start: Weekday,
    zone: TimeZone,
}

impl Asking {
    /// Of `routine` on the days from `from` to `today`, for a person in `zone` whose weeks begin on `week_start`.
    pub fn new(routine: Row, (from, today): (Date, Date), week_start: Weekday, zone: TimeZone) -> Self {
        Self { routine, days: (from, today), week_start, zone }
    }

    /// What is to be asked of the engine.
    pub fn question(&self) -> Query {
        let years = self.days.0.year()..=self.days.1.year();
        let days = years.filter_map(|year| Date::new(year, 1, 1).ok());
        let keys: Vec<DocKey> = days.map(|day| super::routine_key(&self.routine, day)).collect();
        Query::Get(keys)
    }

    /// The rate, by the answer.
    pub fn rate(self, reply: Reply) -> Result<Rate, OtherAnswer> {
        let Reply::Rows(rows) = reply else { return Err(OtherAnswer) };
        let logs: Vec<Row> = rows.into_iter().flatten().collect();
        Ok(rate(&self.routine, &logs, self.days, self.week_start, &self.zone))
    }
}

/// The rate of `routine` on the days from `from` to `today`, by the documents of its log.
pub fn rate(
    routine: &Row,
    logs: &[Row],
    (from, today): (Date, Date),
    week_start: Weekday,
    zone: &TimeZone,
) -> Rate {
    let said = rows::by_date(logs);
    let first = begins(routine, zone);
    let rules = Rule::of(routine, "schedule");
    let mut rate = Rate::default();
    // Weeks and months by their first day: how often they ask, and how often they were heard.
    let mut spans: BTreeMap<(Date, u8), u32> = BTreeMap::new();
    let days = core::iter::successors(Some(from), |date| date.tomorrow().ok());
    for date in days.take_while(|date| *date <= today) {
        let (finished, skipped) = stands(routine, said.get(&date));
        match wanted_on(&rules, date) {
            Rule::PerWeek(times) if date >= first => {
                let passed = i32::from(date.weekday().since(week_start));
                let begins = date.checked_sub(passed.days()).unwrap_or(Date::MIN);
                *spans.entry((begins, times)).or_default() += u32::from(finished);
            }
            Rule::PerMonth(times) if date >= first => {
                *spans.entry((date.first_of_month(), times)).or_default() += u32::from(finished);
            }
            rule => {
                let due = date >= first && rule.is_on(date);
                // What is still open today has time until midnight.
                let asked = finished || (due && !skipped && date < today);
                rate.kept += u32::from(finished);
                rate.asked += u32::from(asked);
            }
        }
    }
    for ((begins, times), finished) in spans {
        // One that began before the first day, or is not over, asks for no more than was done.
        let month = begins.day() == 1 && matches!(wanted_on(&rules, begins), Rule::PerMonth(_));
        let ends =
            if month { begins.last_of_month() } else { begins.checked_add(6.days()).unwrap_or(Date::MAX) };
        let whole = begins >= from.max(first) && ends < today;
        rate.kept += finished;
        rate.asked += if whole { finished.max(u32::from(times)) } else { finished };
    }
    rate
}

fn stands(routine: &Row, row: Option<&StreamRow>) -> (bool, bool) {
    let progress = progress(routine, row);
    (progress.finished, progress.skipped)
}

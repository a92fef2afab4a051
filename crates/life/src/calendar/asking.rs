//! What a calendar asks of the engine, one question after another. It asks nothing itself, so every host shows the same days.

use super::event::ZONE_DAYS;
use super::{CalendarItem, items};
use crate::buckets::{self, RECURRING, SERIES, SHOWN, birthdays_in, month_of, months};
use crate::day::OtherAnswer;
use crate::limits::{CALENDAR_DAYS, CALENDAR_ROWS};
use crate::{agenda, routine, series};
use engine::{DocKey, Query, Reply, Row};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::VecDeque;

/// More days than a calendar shows at once, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a calendar shows 1 to {CALENDAR_DAYS} days at once; ask for a shorter time")]
pub struct TooManyDays;

/// The questions of a calendar. While [`Asking::question`] gives one, ask it and give the answer to [`Asking::answer`].
#[derive(Debug)]
pub struct Asking {
    from: Date,
    to: Date,
    zone: TimeZone,
    steps: VecDeque<Step>,
    rows: Vec<Row>,
}

#[derive(Debug)]
enum Step {
    /// A bucket, page by page from the last to the first.
    Bucket(Draw),
    /// The logs of what was found before.
    Logs,
}

#[derive(Debug)]
struct Draw {
    kind: &'static str,
    bucket: String,
    until: Option<String>,
    /// What is ordered before this is not looked for.
    since: Option<String>,
    before: Option<Vec<u8>>,
}

impl Draw {
    fn all(kind: &'static str, bucket: impl Into<String>) -> Self {
        Self { kind, bucket: bucket.into(), until: None, since: None, before: None }
    }
    fn until(self, last: Date) -> Self {
        Self { until: Some(last.to_string()), ..self }
    }
    fn since(self, first: Date) -> Self {
        Self { since: Some(first.to_string()), ..self }
    }
}

impl Asking {
    /// Of the days from `from` to `to`, for a person in `zone`.
    pub fn new(from: Date, to: Date, zone: TimeZone) -> Result<Self, TooManyDays> {
        let days = to.duration_since(from).as_hours() / 24;
        if !(0..CALENDAR_DAYS).contains(&days) {
            return Err(TooManyDays);
        }
        let mut asking = Self::agenda(from, to, zone);
        asking.steps.push_back(Step::Bucket(Draw::all("routine", SHOWN)));
        asking.steps.push_back(Step::Bucket(Draw::all("task", SERIES).until(to)));
        asking.steps.push_back(Step::Logs);
        Ok(asking)
    }

    /// Of events, single tasks and birthdays alone.
    pub(crate) fn agenda(from: Date, to: Date, zone: TimeZone) -> Self {
        let first = from.checked_sub(ZONE_DAYS.days()).unwrap_or(Date::MIN);
        let last = to.checked_add(ZONE_DAYS.days()).unwrap_or(Date::MAX);
        let mut draws =
            vec![Draw::all("event", buckets::LASTING).until(last), Draw::all("event", RECURRING).until(last)];
        for month in months(first, last) {
            draws.push(Draw::all("event", month_of(month)).until(last));
            draws.push(Draw::all("task", month_of(month)).until(last).since(first));
        }
        // A birthday has no year: after twelve months they are the same again.
        draws.extend(months(from, to).take(12).map(|month| Draw::all("person", birthdays_in(month))));
        let steps = draws.into_iter().map(Step::Bucket).collect();
        Self { from, to, zone, steps, rows: Vec::new() }
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        Some(match self.steps.front()? {
            Step::Bucket(draw) => Query::Bucket {
                kind: draw.kind.to_owned(),
                bucket: draw.bucket.clone(),
                until: draw.until.clone(),
                before: draw.before.clone(),
                limit: CALENDAR_ROWS,
            },
            Step::Logs => Query::Get(self.logs()),
        })
    }

    /// Takes the answer to the question that [`Asking::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        match (self.steps.pop_front().ok_or(OtherAnswer)?, reply) {
            (Step::Bucket(draw), Reply::Bucket(page)) => {
                let first = page.rows.first().and_then(|row| buckets::buckets(row).remove(&draw.bucket));
                let passed =
                    first.is_some_and(|first| draw.since.as_ref().is_some_and(|since| first < *since));
                self.rows.extend(page.rows);
                if let Some(before) = page.before.filter(|_| !passed) {
                    self.steps.push_front(Step::Bucket(Draw { before: Some(before), ..draw }));
                }
            }
            (Step::Logs, Reply::Rows(rows)) => self.rows.extend(rows.into_iter().flatten()),
            _ => return Err(OtherAnswer),
        }
        Ok(())
    }

    /// What is on the calendar, once there is no question left.
    pub fn items(self) -> Vec<CalendarItem> {
        items(&self.rows, (self.from, self.to), &self.zone)
    }

    /// The rows that were found.
    pub(crate) fn rows(self) -> Vec<Row> {
        self.rows
    }

    fn logs(&self) -> Vec<DocKey> {
        let years = || (self.from.year()..=self.to.year()).filter_map(|year| Date::new(year, 1, 1).ok());
        let of = |row: &Row| match row.key.kind.as_str() {
            "routine" => years().map(|day| routine::routine_key(row, day)).collect(),
            "task" if agenda::waits(row) => series::series_keys(row, self.from, self.to),
            _ => Vec::new(),
        };
        let mut keys: Vec<DocKey> = self.rows.iter().flat_map(of).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

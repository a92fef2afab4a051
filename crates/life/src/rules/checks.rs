//! A habit's plan and its check-ins, as the rules read them: by civil date, each day with what it means.

use crate::civil;
use crate::decimal::Thousandths;
use crate::log::{LogRow, LogState};
use crate::schedule::Rule;
use engine::{Origin, Row, Value};
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// A row that a hand logged counts for a streak within so many days of its date.
const LATE_DAYS: i64 = 7;
/// A date is over everywhere on Earth so many hours after it is over in UTC.
const LAST_ZONE_HOURS: i64 = 12;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What a habit asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(super) rules: BTreeMap<Date, Rule>,
    pauses: Vec<(Date, Date)>,
    pub(super) measure: Option<Measure>,
    /// Done unless the log says otherwise.
    pub(super) avoided: bool,
    /// The first day of the person's weeks.
    pub(super) week_start: Weekday,
    /// The day on which the habit was made.
    since: Date,
}

/// What a measurable habit asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) target: Option<Thousandths>,
    pub(super) at_most: bool,
}

/// What a day's row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) state: LogState,
    /// Whether it was logged in time, or imported.
    pub(super) timely: bool,
}

/// The check-ins of one habit by date, those after today left out.
#[derive(Debug, Clone)]
pub struct Checks {
    pub(super) days: Vec<(Date, Check)>,
    pub(super) today: Date,
    /// The newest day on which the app was used, not after today: so far an avoided habit is known to be kept.
    pub(super) present: Option<Date>,
}

impl Plan {
    /// The plan of a habit. `since` is the civil date on which it was made, where the person was.
    pub fn of(habit: &Row, since: Date, week_start: Weekday) -> Self {
        let text = |field: &str| match habit.fields.get(field) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let at_most = text("direction") == Some("at_most");
        let target = match habit.fields.get("target") {
            Some(Value::Int(target)) => Some(Thousandths::new(*target)),
            _ => None,
        };
        let measure = (text("kind") == Some("measurable")).then_some(Measure { target, at_most });
        let avoided = text("polarity") == Some("bad") || measure.is_some_and(|measure| measure.at_most);
        Self {
            rules: Rule::of(habit, "schedule"),
            pauses: pauses(habit),
            measure,
            avoided,
            week_start,
            since,
        }
    }

    /// The rule that holds on a day; daily where none does.
    pub(super) fn rule(&self, date: Date) -> Rule {
        self.rules.range(..=date).next_back().map_or(Rule::Daily, |(_, rule)| *rule)
    }

    /// Whether the habit rests on a day.
    pub(super) fn is_paused(&self, date: Date) -> bool {
        self.pauses.iter().any(|(from, to)| (*from..=*to).contains(&date))
    }

    /// The day from which on days are looked at: the first with a row, or for an avoided habit the day it was made.
    pub(super) fn first_day(&self, checks: &Checks) -> Option<Date> {
        let logged = checks.days.first().map(|(date, _)| *date);
        if self.avoided { Some(logged.map_or(self.since, |first| first.min(self.since))) } else { logged }
    }

    /// Whether a day with this row, or none, is a success. A skip is none.
    pub(super) fn succeeds(&self, check: Option<Check>, date: Date, checks: &Checks) -> bool {
        let known = checks.is_known(date);
        let kept = |amount: Thousandths| match self.measure {
            Some(Measure { target: Some(target), at_most: true }) => amount <= target,
            Some(Measure { target: Some(target), at_most: false }) => amount >= target,
            Some(Measure { target: None, at_most }) => at_most || amount.get() > 0,
            None => amount.get() > 0,
        };
        match check.map(|check| (check.state, check.timely)) {
            None => self.avoided && known,
            // A row that came too late says nothing good; what it says against is believed.
            Some((LogState::Done, timely)) => timely || (self.avoided && known),
            Some((LogState::Value(amount), timely)) => kept(amount) && (timely || self.avoided),
            Some((LogState::Skip | LogState::Slip, _)) => false,
        }
    }
}

fn pauses(habit: &Row) -> Vec<(Date, Date)> {
    let Some(Value::Map(pauses)) = habit.fields.get("pauses") else { return Vec::new() };
    let span = |(from, to): (&String, &Value)| {
        let to = match to {
            Value::Text(to) if to == "open" => Date::MAX,
            Value::Text(to) => civil::date(to).ok()?,
            _ => return None,
        };
        Some((civil::date(from).ok()?, to))
    };
    pauses.iter().filter_map(span).collect()
}

impl Checks {
    /// The rows of a habit's log, in any order; of two for one day that which was logged later. `present` is the newest
    /// day on which the app was used.
    pub fn new<'a>(
        rows: impl IntoIterator<Item = (Date, &'a LogRow)>,
        today: Date,
        present: Option<Date>,
    ) -> Self {
        let past = rows.into_iter().filter(|(date, _)| *date <= today);
        let check = |(date, row): (Date, &LogRow)| {
            let timely = row.origin == Origin::Import || row.logged < too_late(date);
            (date, row.logged, Check { state: row.state, timely })
        };
        let mut days: Vec<_> = past.map(check).collect();
        days.sort_unstable_by_key(|(date, logged, _)| (*date, core::cmp::Reverse(*logged)));
        days.dedup_by_key(|(date, ..)| *date);
        let days = days.into_iter().map(|(date, _, check)| (date, check)).collect();
        Self { days, today, present: present.map(|present| present.min(today)) }
    }

    /// Whether the app was used on a day or later: so far an avoided habit without a row is known to be kept.
    pub(super) fn is_known(&self, date: Date) -> bool {
        self.present.is_some_and(|present| date <= present)
    }

    /// Every day from `first` to today with its row.
    pub(super) fn walk(&self, first: Date) -> impl Iterator<Item = (Date, Option<Check>)> {
        let mut rows = self.days.iter().skip_while(move |(date, _)| *date < first).peekable();
        let days = core::iter::successors(Some(first), |date| date.tomorrow().ok());
        let days = days.take_while(move |date| *date <= self.today);
        days.map(move |date| (date, rows.next_if(|(row, _)| *row == date).map(|(_, check)| *check)))
    }
}

/// From this moment on a row for `date` is late, in milliseconds since 1970. The zone of the row does not matter, so
/// that devices with other tables of zones agree: the last zone on Earth decides.
fn too_late(date: Date) -> i64 {
    let midnight = date.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
    midnight.as_millisecond() + (LATE_DAYS + 1) * DAY_MILLIS + LAST_ZONE_HOURS * DAY_MILLIS / 24
}

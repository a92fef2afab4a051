//! How habits stand: streak, freezes, strength, charts. These follow from the whole log, so it is asked for apart from a day,
//! which shows at once without it.

use crate::day::OtherAnswer;
use crate::limits::LOG_DOCUMENTS;
use crate::log::{HABIT_LOG, LogRow};
use crate::presence::{self, PRESENCE};
use crate::rules::chart::HabitChart;
use crate::rules::{self, Checks, Plan, Streak};
use engine::{Query, RecordId, Reply, Row};
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// A habit's plan and everything that was logged for it.
#[derive(Debug, Clone)]
pub struct Standing {
    plan: Plan,
    checks: Checks,
}

impl Standing {
    /// Of `habit` on the day `today`, by the documents of its log and the days on which the app was used.
    pub fn of<'a>(
        habit: &Row,
        logs: impl IntoIterator<Item = &'a Row>,
        (today, present): (Date, Option<Date>),
        week_start: Weekday,
        zone: &TimeZone,
    ) -> Self {
        let rows: BTreeMap<Date, LogRow> = logs.into_iter().flat_map(LogRow::read).collect();
        let made = Timestamp::from_millisecond(habit.created).unwrap_or(Timestamp::UNIX_EPOCH);
        let plan = Plan::of(habit, made.to_zoned(zone.clone()).date(), week_start);
        Self { plan, checks: Checks::new(rows.iter().map(|(date, row)| (*date, row)), today, present) }
    }
    /// Its streak.
    pub fn streak(&self) -> Streak {
        rules::streak(&self.plan, &self.checks)
    }
    /// Its strength, 0 to 1.
    pub fn strength(&self) -> f64 {
        rules::strength(&self.plan, &self.checks)
    }
    /// What is drawn of it, from one day to another.
    pub fn chart(&self, from: Date, to: Date) -> HabitChart {
        HabitChart::of(&self.plan, &self.checks, (from, to))
    }
}

/// The questions about how habits stand. While [`Asking::question`] gives one, ask it and give the answer to
/// [`Asking::answer`].
#[derive(Debug)]
pub struct Asking {
    habits: Vec<Row>,
    today: Date,
    week_start: Weekday,
    zone: TimeZone,
    /// Of the habits, so many are answered; then come the days of presence.
    done: usize,
    /// The page that comes next.
    after: Option<Vec<u8>>,
    logs: BTreeMap<RecordId, Vec<Row>>,
    presence: Vec<Row>,
}

impl Asking {
    /// About these habits on the day `today`, for a person in `zone` whose weeks begin on `week_start`.
    pub fn new(habits: Vec<Row>, today: Date, week_start: Weekday, zone: TimeZone) -> Self {
        let (logs, presence) = (BTreeMap::new(), Vec::new());
        Self { habits, today, week_start, zone, done: 0, after: None, logs, presence }
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        let (kind, parent) = match self.habits.get(self.done) {
            Some(habit) => (HABIT_LOG, habit.key.id),
            None if self.done == self.habits.len() => (PRESENCE, RecordId::singleton("profile")),
            None => return None,
        };
        let (kind, parent) = (kind.to_owned(), Some(parent));
        Some(Query::List { kind, parent, after: self.after.clone(), limit: LOG_DOCUMENTS })
    }

    /// Takes the answer to the question that [`Asking::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        let Reply::Page(rows, after) = reply else { return Err(OtherAnswer) };
        match self.habits.get(self.done) {
            Some(habit) => self.logs.entry(habit.key.id).or_default().extend(rows),
            None => self.presence.extend(rows),
        }
        self.done += usize::from(after.is_none());
        self.after = after;
        Ok(())
    }

    /// How each habit stands, once there is no question left.
    pub fn standings(self) -> BTreeMap<RecordId, Standing> {
        let present = presence::newest(&self.presence);
        let standing = |habit: &Row| {
            let logs = self.logs.get(&habit.key.id).map(Vec::as_slice).unwrap_or_default();
            let now = (self.today, present);
            (habit.key.id, Standing::of(habit, logs, now, self.week_start, &self.zone))
        };
        self.habits.iter().map(standing).collect()
    }
}

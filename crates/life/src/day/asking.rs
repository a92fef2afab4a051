//! What a day asks of the engine, one question after another. It asks nothing itself, so every host shows the same day.

use super::{Day, Rows, log_keys};
use crate::limits::DAY_TASKS;
use crate::{agenda, buckets, calendar};
use engine::{BucketPage, DocKey, Query, Reply, Row};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The questions of a day. While [`Asking::question`] gives one, ask it and give the answer to [`Asking::answer`].
#[derive(Debug)]
pub struct Asking {
    date: Date,
    week_start: Weekday,
    zone: TimeZone,
    rows: Rows,
    step: Option<Step>,
    agenda: calendar::Asking,
}

#[derive(Debug)]
enum Step {
    /// All of a bucket that stands in one list, page by page.
    All(Whole, Option<Vec<u8>>),
    HabitLogs,
    Due,
    Undated,
    Finished,
    /// What is kept of routines and series.
    Logs,
}

/// What a day wants all of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    Habits,
    /// Seasons of the year.
    Seasons,
    LastingSeasons,
    Routines,
    Series,
}

/// The engine answered another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine answered something else than was asked")]
pub struct OtherAnswer;

impl Whole {
    fn kind(self) -> &'static str {
        match self {
            Self::Habits => "habit",
            Self::Seasons | Self::LastingSeasons => "season",
            Self::Routines => "routine",
            Self::Series => "task",
        }
    }
    fn bucket(self, date: Date) -> String {
        match self {
            Self::Habits | Self::Routines => buckets::SHOWN.to_owned(),
            Self::Seasons => buckets::seasons_of(date.year()),
            Self::LastingSeasons => buckets::LASTING.to_owned(),
            Self::Series => buckets::SERIES.to_owned(),
        }
    }
    /// The order of habits and routines is when they were made; that of the others is their first day.
    fn until(self, date: Date) -> Option<String> {
        (!matches!(self, Self::Habits | Self::Routines)).then(|| date.to_string())
    }
    fn then(self) -> Step {
        match self {
            Self::Habits => Step::HabitLogs,
            Self::Seasons => Step::All(Self::LastingSeasons, None),
            Self::LastingSeasons => Step::All(Self::Routines, None),
            Self::Routines => Step::All(Self::Series, None),
            Self::Series => Step::Logs,
        }
    }
}

impl Asking {
    /// Of the day `date`, for a person in `zone` whose weeks begin on `week_start`.
    pub fn new(date: Date, week_start: Weekday, zone: TimeZone) -> Self {
        let agenda = calendar::Asking::agenda(date, date, zone.clone());
        let step = Some(Step::All(Whole::Habits, None));
        Self { date, week_start, zone, rows: Rows::default(), step, agenda }
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        let date = self.date;
        Some(match self.step.as_ref() {
            None => return self.agenda.question(),
            Some(Step::All(whole, before)) => Query::Bucket {
                kind: whole.kind().to_owned(),
                bucket: whole.bucket(date),
                until: whole.until(date),
                before: before.clone(),
                limit: engine::limits::PAGE_ROWS,
            },
            Some(Step::HabitLogs) => Query::Get(log_keys(&self.rows.habits, date)),
            Some(Step::Due) => some(buckets::DUE.to_owned(), Some(date.to_string())),
            Some(Step::Undated) => some(buckets::UNDATED.to_owned(), None),
            Some(Step::Finished) => some(buckets::finished(date), None),
            Some(Step::Logs) => Query::Get(agenda::keys(&self.rows.routines, &self.rows.tasks, date)),
        })
    }

    /// Takes the answer to the question that [`Asking::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        let Some(step) = self.step.take() else { return self.agenda.answer(reply) };
        self.step = match (step, reply) {
            (Step::All(whole, _), Reply::Bucket(page)) => {
                let list = match whole {
                    Whole::Habits => &mut self.rows.habits,
                    Whole::Seasons | Whole::LastingSeasons => &mut self.rows.seasons,
                    Whole::Routines => &mut self.rows.routines,
                    Whole::Series => &mut self.rows.tasks,
                };
                list.extend(page.rows);
                Some(page.before.map_or_else(|| whole.then(), |before| Step::All(whole, Some(before))))
            }
            (Step::HabitLogs, Reply::Rows(rows)) => {
                self.rows.logs = rows.into_iter().flatten().collect();
                Some(Step::Due)
            }
            (Step::Due, Reply::Bucket(page)) => self.tasks(page, Step::Undated),
            (Step::Undated, Reply::Bucket(page)) => self.tasks(page, Step::Finished),
            (Step::Finished, Reply::Bucket(page)) => self.tasks(page, Step::All(Whole::Seasons, None)),
            (Step::Logs, Reply::Rows(rows)) => {
                self.rows.logs.extend(rows.into_iter().flatten());
                None
            }
            _ => return Err(OtherAnswer),
        };
        Ok(())
    }

    /// The day, once there is no question left. What changed between two answers may stand in both: the later one counts.
    pub fn day(self) -> Day {
        let Rows { habits, logs, tasks, seasons, routines, more, .. } = self.rows;
        let agenda = self.agenda.rows();
        // What a later answer says of a task holds in the lists as well.
        let known = |task: &Row| agenda.iter().find(|row| row.key == task.key).unwrap_or(task).clone();
        let tasks = newest(tasks).iter().map(known).collect();
        let rows = Rows {
            habits: newest(habits),
            logs,
            tasks,
            seasons: newest(seasons),
            routines: newest(routines),
            more,
            agenda: newest(agenda),
        };
        Day::of(self.date, rows, self.week_start, &self.zone)
    }

    fn tasks(&mut self, page: BucketPage, then: Step) -> Option<Step> {
        let BucketPage { rows, total, .. } = page;
        let more = total.saturating_sub(rows.len() as u64);
        self.rows.more += more;
        self.rows.tasks.extend(rows);
        Some(then)
    }
}

/// Every record once, as the last answer had it.
fn newest(rows: Vec<Row>) -> Vec<Row> {
    let by_key: BTreeMap<DocKey, Row> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    by_key.into_values().collect()
}

/// As many tasks of a bucket as a day shows.
fn some(bucket: String, until: Option<String>) -> Query {
    Query::Bucket { kind: "task".to_owned(), bucket, until, before: None, limit: DAY_TASKS }
}

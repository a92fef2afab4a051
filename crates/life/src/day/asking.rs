//! What a day asks of the engine, one question after another. It asks nothing itself, so every host shows the same day.

use super::{Day, Rows, buckets, log_keys};
use crate::limits::DAY_TASKS;
use engine::{BucketPage, DocKey, Query, Reply, Row};
use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;

/// The questions of a day. While [`Asking::question`] gives one, ask it and give the answer to [`Asking::answer`].
#[derive(Debug)]
pub struct Asking {
    date: Date,
    week_start: Weekday,
    rows: Rows,
    step: Option<Step>,
}

#[derive(Debug)]
enum Step {
    /// Habits, before a cursor.
    Habits(Option<Vec<u8>>),
    Logs,
    Due,
    Undated,
    Finished,
    /// Seasons of the year, then lasting ones; before a cursor.
    Seasons(Option<Vec<u8>>),
    Lasting(Option<Vec<u8>>),
}

/// The engine answered another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine answered something else than was asked")]
pub struct OtherAnswer;

impl Asking {
    /// Of the day `date`, for a person whose weeks begin on `week_start`.
    pub fn new(date: Date, week_start: Weekday) -> Self {
        Self { date, week_start, rows: Rows::default(), step: Some(Step::Habits(None)) }
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        let date = self.date;
        Some(match self.step.as_ref()? {
            Step::Habits(before) => all("habit", buckets::HABITS.into(), None, before),
            Step::Logs => Query::Get(log_keys(&self.rows.habits, date)),
            Step::Due => some("task", buckets::DUE.into(), Some(date.to_string())),
            Step::Undated => some("task", buckets::UNDATED.into(), None),
            Step::Finished => some("task", buckets::finished(date), None),
            Step::Seasons(before) => {
                all("season", buckets::seasons_of(date.year()), Some(date.to_string()), before)
            }
            Step::Lasting(before) => all("season", buckets::LASTING.into(), Some(date.to_string()), before),
        })
    }

    /// Takes the answer to the question that [`Asking::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        let step = self.step.take().ok_or(OtherAnswer)?;
        self.step = match (step, reply) {
            (Step::Habits(_), Reply::Bucket(page)) => {
                self.rows.habits.extend(page.rows);
                Some(page.before.map_or(Step::Logs, |before| Step::Habits(Some(before))))
            }
            (Step::Logs, Reply::Rows(rows)) => {
                self.rows.logs = rows.into_iter().flatten().collect();
                Some(Step::Due)
            }
            (Step::Due, Reply::Bucket(page)) => self.tasks(page, Step::Undated),
            (Step::Undated, Reply::Bucket(page)) => self.tasks(page, Step::Finished),
            (Step::Finished, Reply::Bucket(page)) => self.tasks(page, Step::Seasons(None)),
            (Step::Seasons(_), Reply::Bucket(page)) => {
                self.rows.seasons.extend(page.rows);
                Some(page.before.map_or(Step::Lasting(None), |before| Step::Seasons(Some(before))))
            }
            (Step::Lasting(_), Reply::Bucket(page)) => {
                self.rows.seasons.extend(page.rows);
                page.before.map(|before| Step::Lasting(Some(before)))
            }
            _ => return Err(OtherAnswer),
        };
        Ok(())
    }

    /// The day, once there is no question left. What changed between two answers may stand in both: the later one counts.
    pub fn day(self) -> Day {
        let Rows { habits, logs, tasks, seasons, more } = self.rows;
        let rows =
            Rows { habits: newest(habits), logs, tasks: newest(tasks), seasons: newest(seasons), more };
        Day::of(self.date, rows, self.week_start)
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

/// As many of a bucket as a day shows.
fn some(kind: &str, bucket: String, until: Option<String>) -> Query {
    Query::Bucket { kind: kind.to_owned(), bucket, until, before: None, limit: DAY_TASKS }
}

/// Page by page, all of a bucket.
fn all(kind: &str, bucket: String, until: Option<String>, before: &Option<Vec<u8>>) -> Query {
    let before = before.clone();
    Query::Bucket { kind: kind.to_owned(), bucket, until, before, limit: engine::limits::PAGE_ROWS }
}

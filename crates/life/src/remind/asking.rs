//! What reminders ask of the engine, one question after another.

use super::{Now, Reminder, reminders};
use crate::buckets::SHOWN;
use crate::calendar;
use crate::day::{OtherAnswer, log_keys};
use engine::{DocKey, Query, RecordId, Reply, Row};

/// The questions of reminders. While [`Asking::question`] gives one, ask it and give the answer to [`Asking::answer`].
#[derive(Debug)]
pub struct Asking {
    now: Now,
    step: Option<Step>,
    habits: Vec<Row>,
    rows: Vec<Row>,
    calendar: calendar::Asking,
}

#[derive(Debug)]
enum Step {
    Settings,
    /// Before a cursor.
    Habits(Option<Vec<u8>>),
    Logs,
}

impl Asking {
    /// Of the next days.
    pub fn new(now: Now) -> Result<Self, calendar::TooManyDays> {
        let calendar = calendar::Asking::new(now.today, now.last(), now.zone.clone())?;
        Ok(Self { now, step: Some(Step::Settings), habits: Vec::new(), rows: Vec::new(), calendar })
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        Some(match self.step.as_ref() {
            None => return self.calendar.question(),
            Some(Step::Settings) => {
                Query::Get(vec![DocKey::thing("settings", RecordId::singleton("settings"))])
            }
            Some(Step::Habits(before)) => Query::Bucket {
                kind: "habit".to_owned(),
                bucket: SHOWN.to_owned(),
                until: None,
                before: before.clone(),
                limit: engine::limits::PAGE_ROWS,
            },
            Some(Step::Logs) => Query::Get(self.log_keys()),
        })
    }

    /// Takes the answer to the question that [`Asking::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        let Some(step) = self.step.take() else { return self.calendar.answer(reply) };
        self.step = match (step, reply) {
            (Step::Settings, Reply::Rows(rows)) => {
                self.rows.extend(rows.into_iter().flatten());
                Some(Step::Habits(None))
            }
            (Step::Habits(_), Reply::Bucket(page)) => {
                self.habits.extend(page.rows);
                Some(page.before.map_or(Step::Logs, |before| Step::Habits(Some(before))))
            }
            (Step::Logs, Reply::Rows(rows)) => {
                self.rows.extend(rows.into_iter().flatten());
                None
            }
            _ => return Err(OtherAnswer),
        };
        Ok(())
    }

    /// The reminders, once there is no question left.
    pub fn reminders(self) -> Vec<Reminder> {
        let mut rows = self.rows;
        rows.extend(self.habits);
        rows.extend(self.calendar.rows());
        reminders(&rows, &self.now)
    }

    /// What counts for a habit on the days, and in the week or month that they begin in.
    fn log_keys(&self) -> Vec<DocKey> {
        let reminding: Vec<Row> =
            self.habits.iter().filter(|habit| habit.fields.contains_key("reminders")).cloned().collect();
        let mut keys = log_keys(&reminding, self.now.today);
        keys.extend(log_keys(&reminding, self.now.last()));
        keys.sort();
        keys.dedup();
        keys
    }
}

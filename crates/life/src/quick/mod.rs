//! One line of words, understood: `read 20 min` logs the habit of that name, `call mother tomorrow 18:00 !2 #family`
//! makes a task. A pure function of the line, the habits and today; whoever calls it shows what was understood.
//!
//! A line that begins with a habit's name and goes on with nothing but an amount, `skip`, `slip` and a day is about that
//! habit. Everything else is a task: a day stands at the beginning or at the end, `!0` to `!3`, `#label` and times of day
//! stand anywhere, and the other words are its title.

use crate::assign::Assignment;
use crate::decimal::Thousandths;
use crate::log::LogState;
use core::fmt;
use engine::{DocKey, Row, Value};
use jiff::civil::{Date, Time};
use serde_json::json;

mod words;

use words::{amount, day, time};

/// What a line means.
#[derive(Debug, Clone, PartialEq)]
pub enum Understood {
    /// A habit is logged.
    Log {
        /// The habit.
        habit: DocKey,
        /// What it is called.
        name: String,
        /// For this day.
        date: Date,
        /// What happened.
        state: LogState,
        /// What its amounts are measured in, or empty.
        unit: String,
    },
    /// A task is made.
    Task(QuickTask),
}

/// A task as a line names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuickTask {
    /// What is to be done.
    pub title: String,
    /// The day it is due.
    pub due: Option<Date>,
    /// The time of that day.
    pub time: Option<Time>,
    /// 0 to 3.
    pub priority: Option<u8>,
    /// In the order of the line.
    pub labels: Vec<String>,
}

/// Why a line means nothing. Each says what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// There is no word that could be a title.
    #[error("there is nothing to do in it; write a few words, as in: call mother tomorrow 18:00 !2 #family")]
    Empty,
    /// A measured habit without an amount.
    #[error("how much of {name}? Write it behind the name, as in: {name} 20{unit}")]
    HowMuch {
        /// The habit.
        name: String,
        /// A space and its unit, or empty.
        unit: String,
    },
    /// A measured habit with an amount of something else.
    #[error("{name} is measured in {}, not in {given}", or_numbers(.wanted))]
    OtherUnit {
        /// The habit.
        name: String,
        /// Its unit.
        wanted: String,
        /// What was given.
        given: String,
    },
    /// Two habits of one name.
    #[error("there are {0} habits of that name; give one another name, or use `lifeos log`")]
    Ambiguous(usize),
}

fn or_numbers(unit: &str) -> &str {
    if unit.is_empty() { "plain numbers" } else { unit }
}

/// What `line` means on the day `today`. `habits` are those that a person sees.
pub fn understand(line: &str, habits: &[Row], today: Date) -> Result<Understood, Unclear> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match about_habit(&words, habits, today)? {
        Some(log) => Ok(log),
        None => task(&words, today).map(Understood::Task),
    }
}

fn text<'a>(row: &'a Row, field: &str) -> &'a str {
    match row.fields.get(field) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// The habit that the words are about, if they are about nothing else. The longest name wins.
fn about_habit(words: &[&str], habits: &[Row], today: Date) -> Result<Option<Understood>, Unclear> {
    for taken in (1..=words.len()).rev() {
        let (name, rest) = words.split_at(taken);
        let name = name.join(" ").to_lowercase();
        let called = |habit: &&Row| {
            let words: Vec<&str> = text(habit, "name").split_whitespace().collect();
            !habit.deleted && words.join(" ").to_lowercase() == name
        };
        let found: Vec<&Row> = habits.iter().filter(called).collect();
        let Some(habit) = found.first() else { continue };
        let Some(log) = log(habit, rest, today)? else { continue };
        if found.len() > 1 {
            return Err(Unclear::Ambiguous(found.len()));
        }
        return Ok(Some(log));
    }
    Ok(None)
}

/// What the words behind a habit's name log; None if they are no such words.
fn log(habit: &Row, rest: &[&str], today: Date) -> Result<Option<Understood>, Unclear> {
    let (date, rest) = match rest.split_last() {
        Some((last, before)) => match day(last, today, false) {
            Some(date) => (date, before),
            None => (today, rest),
        },
        None => (today, rest),
    };
    let (name, unit) = (text(habit, "name").to_owned(), text(habit, "unit").to_owned());
    let measured = text(habit, "kind") == "measurable";
    let state = match rest {
        [] if measured => {
            let unit = if unit.is_empty() { unit } else { format!(" {unit}") };
            return Err(Unclear::HowMuch { name, unit });
        }
        [] if text(habit, "polarity") == "bad" => LogState::Slip,
        [] => LogState::Done,
        [word] if word.eq_ignore_ascii_case("skip") => LogState::Skip,
        [word] if word.eq_ignore_ascii_case("slip") => LogState::Slip,
        rest if measured => match amount(&rest.concat()) {
            Some((value, given)) => LogState::Value(in_unit(value, given, &unit, &name)?),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Understood::Log { habit: habit.key.clone(), name, date, state, unit }))
}

/// An amount in the habit's own unit.
fn in_unit(value: Thousandths, given: &str, unit: &str, name: &str) -> Result<Thousandths, Unclear> {
    let other =
        || Unclear::OtherUnit { name: name.to_owned(), wanted: unit.to_owned(), given: given.to_owned() };
    if given.is_empty() || given.eq_ignore_ascii_case(unit) {
        return Ok(value);
    }
    match (words::seconds(given), words::seconds(unit)) {
        // Whole seconds first, so that a third of an hour is not lost on the way.
        (Some(from), Some(to)) => {
            let product = value.get().checked_mul(from).ok_or_else(other)?;
            Ok(Thousandths::new(product / to))
        }
        _ => Err(other()),
    }
}

fn task(words: &[&str], today: Date) -> Result<QuickTask, Unclear> {
    let mut task = QuickTask::default();
    let mut left: Vec<&str> = Vec::new();
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next() {
        if let Some(priority) =
            word.strip_prefix('!').and_then(|digit| digit.parse().ok()).filter(|p| *p <= 3)
        {
            task.priority = Some(priority);
        } else if let Some(label) = word.strip_prefix('#').filter(|label| !label.is_empty()) {
            if !task.labels.iter().any(|known| known == label) {
                task.labels.push(label.to_owned());
            }
        } else if let Some(found) = time(word) {
            task.time = Some(found);
        } else if word.eq_ignore_ascii_case("at") && words.peek().is_some_and(|next| time(next).is_some()) {
            // It belongs to the time behind it.
        } else {
            left.push(word);
        }
    }
    let (due, title) = due(&left, today);
    task.due = due.or(task.time.map(|_| today));
    task.title = title.join(" ");
    if task.title.is_empty() { Err(Unclear::Empty) } else { Ok(task) }
}

/// A day at the end of the words or at their beginning, and the words without it.
fn due<'a, 'w>(words: &'a [&'w str], today: Date) -> (Option<Date>, &'a [&'w str]) {
    let leads = |word: &str| ["on", "by", "due", "until"].iter().any(|lead| word.eq_ignore_ascii_case(lead));
    match words {
        [before @ .., "in", count, unit] if words::ahead(count, unit, today).is_some() => {
            (words::ahead(count, unit, today), before)
        }
        [before @ .., lead, last] if leads(lead) && day(last, today, true).is_some() => {
            (day(last, today, true), before)
        }
        [before @ .., last] if day(last, today, true).is_some() => (day(last, today, true), before),
        [first, after @ ..] if day(first, today, true).is_some() => (day(first, today, true), after),
        _ => (None, words),
    }
}

impl QuickTask {
    /// The fields of the record.
    pub fn assignments(&self) -> Vec<Assignment> {
        let mut fields = vec![Assignment::json("title", json!(self.title))];
        fields.extend(self.due.map(|due| Assignment::json("due", json!(due.to_string()))));
        fields
            .extend(self.time.map(|time| Assignment::json("due_time", json!(crate::civil::time_text(time)))));
        fields.extend(self.priority.map(|priority| Assignment::json("priority", json!(priority))));
        if !self.labels.is_empty() {
            fields.push(Assignment::json("labels", json!(self.labels)));
        }
        fields
    }
}

/// What was understood, for the person to see.
impl fmt::Display for Understood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { name, date, state, unit, .. } => {
                let what = match state {
                    LogState::Done => "done".to_owned(),
                    LogState::Skip => "skipped".to_owned(),
                    LogState::Slip => "a slip".to_owned(),
                    LogState::Value(value) => format!("{value} {unit}").trim_end().to_owned(),
                };
                write!(f, "habit {name}: {what}, on {date}")
            }
            Self::Task(task) => {
                write!(f, "task {:?}", task.title)?;
                if let Some(due) = task.due {
                    write!(f, ", due {due}")?;
                }
                if let Some(time) = task.time {
                    write!(f, " at {}", crate::civil::time_text(time))?;
                }
                if let Some(priority) = task.priority {
                    write!(f, ", priority {priority}")?;
                }
                match task.labels.as_slice() {
                    [] => Ok(()),
                    labels => write!(f, ", labels {}", labels.join(", ")),
                }
            }
        }
    }
}

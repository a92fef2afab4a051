//! What a line of quick add means.

use super::DayState;
use super::hour_and_minute;
use life::LogState;
use life::quick::Unclear;
use life::quick::Understood;
use serde::Serialize;
use serde_json::Value as Json;
use tsify::Tsify;

/// What a line of quick add means.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Quick {
    /// A check-in of a habit.
    Log {
        /// The habit.
        habit: String,
        /// What it is called.
        name: String,
        /// For this day.
        date: String,
        /// What happened.
        state: DayState,
        /// With `value` only.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[tsify(optional, type = "number")]
        value: Option<Json>,
        /// What it is measured in, or empty.
        unit: String,
    },
    /// A task.
    Task {
        /// What is to be done.
        title: String,
        /// The day it is due.
        #[tsify(type = "string | null")]
        due: Option<String>,
        /// `HH:MM` of that day.
        #[tsify(type = "string | null")]
        time: Option<String>,
        /// 0 to 3.
        #[tsify(type = "number | null")]
        priority: Option<u8>,
        /// In the order of the line.
        labels: Vec<String>,
    },
    /// Neither.
    Unclear {
        /// `empty`, `how_much`, `other_unit` or `ambiguous`.
        why: String,
        /// The habit that it seems to be about.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        name: Option<String>,
        /// What that is measured in.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        unit: Option<String>,
    },
}

impl From<&Understood> for Quick {
    fn from(understood: &Understood) -> Self {
        match understood {
            Understood::Log { habit, name, date, state, unit } => Self::Log {
                habit: habit.id.to_string(),
                name: name.clone(),
                date: date.to_string(),
                state: DayState::from(*state),
                value: match state {
                    LogState::Value(value) => Some(value.to_json()),
                    _ => None,
                },
                unit: unit.clone(),
            },
            Understood::Task(task) => Self::Task {
                title: task.title.clone(),
                due: task.due.map(|due| due.to_string()),
                time: task.time.map(hour_and_minute),
                priority: task.priority,
                labels: task.labels.clone(),
            },
        }
    }
}

impl From<&Unclear> for Quick {
    fn from(unclear: &Unclear) -> Self {
        let (why, name, unit) = match unclear {
            Unclear::Empty => ("empty", None, None),
            Unclear::HowMuch { name, unit } => ("how_much", Some(name), Some(unit.trim())),
            Unclear::OtherUnit { name, wanted, .. } => ("other_unit", Some(name), Some(wanted.as_str())),
            Unclear::Ambiguous(_) => ("ambiguous", None, None),
        };
        Self::Unclear { why: why.to_owned(), name: name.cloned(), unit: unit.map(str::to_owned) }
    }
}

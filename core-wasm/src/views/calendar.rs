//! Calendars, and what reminds.

use super::hour_and_minute;
use life::calendar;
use serde::Serialize;
use tsify::Tsify;

/// What an item of a calendar is a view of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum ItemType {
    /// An event.
    Event,
    /// A task, or a date of one.
    Task,
    /// A routine.
    Routine,
    /// Somebody's birthday.
    Birthday,
}

/// How an item of a calendar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum ItemState {
    /// Nothing was said of it.
    Open,
    /// It was done.
    Done,
    /// It does not take place.
    Skipped,
}

/// Something on the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct CalendarItem {
    /// What it is a view of.
    #[serde(rename = "type")]
    pub kind: ItemType,
    /// The record.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Of something that comes again: the date of its rule.
    #[tsify(type = "string | null")]
    pub date: Option<String>,
    /// Its first day.
    pub on: String,
    /// Its last day.
    pub until: String,
    /// `HH:MM`; null for whole days.
    #[tsify(type = "string | null")]
    pub start: Option<String>,
    /// `HH:MM`.
    #[tsify(type = "string | null")]
    pub end: Option<String>,
    /// How it stands.
    pub state: ItemState,
    /// Whether it may be dragged.
    pub movable: bool,
}

impl From<&calendar::CalendarItem> for CalendarItem {
    fn from(item: &calendar::CalendarItem) -> Self {
        Self {
            kind: match item.kind {
                calendar::ItemKind::Event => ItemType::Event,
                calendar::ItemKind::Task => ItemType::Task,
                calendar::ItemKind::Routine => ItemType::Routine,
                calendar::ItemKind::Birthday => ItemType::Birthday,
            },
            id: item.record.id.to_string(),
            title: item.title.clone(),
            date: item.date.map(|date| date.to_string()),
            on: item.on.to_string(),
            until: item.until.to_string(),
            start: item.start.map(hour_and_minute),
            end: item.end.map(hour_and_minute),
            state: match item.state {
                calendar::ItemState::Open => ItemState::Open,
                calendar::ItemState::Done => ItemState::Done,
                calendar::ItemState::Skipped => ItemState::Skipped,
            },
            movable: item.movable,
        }
    }
}

/// Something that reminds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Reminder {
    /// The record's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The record.
    pub id: String,
    /// Of this date, or date and time: with the record it names the reminder.
    pub occurrence: String,
    /// When on the wall, `2026-11-21T08:00`.
    pub at: String,
    /// From then on it helps nobody, likewise.
    pub expires: String,
    /// What the record is called.
    pub title: String,
}

//! Records and days as the screens see them. They cross as JSON text; the TypeScript of these types is generated, and
//! the web app's contract is checked against it when it is compiled.

use engine::Row;
use engine::api::MemberStatus;
use jiff::civil::Time;
use life::agenda::{RoutineDay, SeriesDay};
use life::calendar;
use life::day::{Day, HabitDay};
use life::quick::{Unclear, Understood};
use life::rules;
use life::series::InstanceState;
use life::{LogRow, LogState};
use protocol::Role;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use tsify::Tsify;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const JSON: &str = "
/** JSON as records hold it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Fields of a record by name; empty ones are left out. */
export type Fields = { [field: string]: Json };
";

/// A record as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct RecordView {
    /// Name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// Likewise.
    pub updated: String,
    /// In the trash.
    pub deleted: bool,
    /// By name; empty ones are left out.
    #[tsify(type = "Fields")]
    pub fields: Map<String, Json>,
}

impl From<&Row> for RecordView {
    fn from(row: &Row) -> Self {
        Self {
            kind: row.key.kind.clone(),
            id: row.key.id.to_string(),
            created: life::timestamp(row.created),
            updated: life::timestamp(row.updated),
            deleted: row.deleted,
            fields: life::fields_to_json(row),
        }
    }
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct Page {
    /// In the order of their ids.
    pub records: Vec<RecordView>,
    /// Hand it back as `after`; null on the last page.
    #[tsify(type = "string | null")]
    pub next: Option<String>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Whether they were looked for.
    pub found: bool,
}

/// Something that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Match {
    /// Name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id; of a check-in, the id of what it belongs to.
    pub id: String,
    /// The civil date of a check-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub date: Option<String>,
    /// What it, or what it belongs to, is called.
    pub title: String,
    /// The field the snippet is from.
    pub field: String,
    /// Whether the snippet is of the title.
    pub titled: bool,
    /// The words found and some around them; all of a title that fits.
    pub snippet: Vec<Piece>,
    /// In the trash.
    pub deleted: bool,
    /// Its dates, times of day, choices, and what is so or not, by field; of a check-in none.
    #[tsify(type = "Fields")]
    pub facts: Map<String, Json>,
}

impl Match {
    /// `row` is the record itself; none for a check-in.
    pub(crate) fn of(found: life::search::Match, row: Option<&Row>) -> Self {
        let piece = |piece: life::search::Piece| Piece { text: piece.text, found: piece.found };
        Self {
            kind: found.kind.to_owned(),
            id: found.key.id.to_string(),
            date: found.date,
            title: found.title,
            field: found.field,
            titled: found.titled,
            snippet: found.snippet.into_iter().map(piece).collect(),
            deleted: found.deleted,
            facts: row.map(life::search::facts).unwrap_or_default(),
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Found {
    /// The best first.
    pub matches: Vec<Match>,
    /// There is more than these; more letters narrow it.
    pub more: bool,
    /// False while the index is made for the first time: some may be missing.
    pub ready: bool,
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum DayState {
    /// It was done.
    Done,
    /// The day does not count.
    Skip,
    /// A bad habit was given in to.
    Slip,
    /// So much of it.
    Value,
}

/// What was logged for a habit on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct LogDay {
    /// What happened.
    pub state: DayState,
    /// With `value` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional, type = "number")]
    pub value: Option<Json>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub note: Option<String>,
    /// When on that day, `HH:MM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub time: Option<String>,
}

impl From<&LogRow> for LogDay {
    fn from(row: &LogRow) -> Self {
        let (state, value) = match row.state {
            LogState::Done => (DayState::Done, None),
            LogState::Skip => (DayState::Skip, None),
            LogState::Slip => (DayState::Slip, None),
            LogState::Value(value) => (DayState::Value, Some(value.to_json())),
        };
        let note = (!row.note.is_empty()).then(|| row.note.clone());
        Self { state, value, note, time: row.time.map(hour_and_minute) }
    }
}

/// One of the days up to the day shown.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct WeekDay {
    /// A civil date.
    pub date: String,
    /// Null if nothing was logged.
    #[tsify(type = "LogDay | null")]
    pub log: Option<LogDay>,
}

/// A habit on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct TodayHabit {
    /// The habit.
    pub habit: RecordView,
    /// Whether its schedule asks for it on that day.
    pub due: bool,
    /// Of that day; null if nothing was logged.
    #[tsify(type = "LogDay | null")]
    pub log: Option<LogDay>,
    /// The seven days up to that day, oldest first.
    pub week: Vec<WeekDay>,
}

impl From<&HabitDay> for TodayHabit {
    fn from(day: &HabitDay) -> Self {
        let week = day.week.iter();
        Self {
            habit: (&day.habit).into(),
            due: day.due,
            log: day.log.as_ref().map(LogDay::from),
            week: week
                .map(|(date, log)| WeekDay { date: date.to_string(), log: log.as_ref().map(LogDay::from) })
                .collect(),
        }
    }
}

/// A routine on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct TodayRoutine {
    /// The routine; its steps are in its fields.
    pub routine: RecordView,
    /// Whether its schedule asks for it on that day.
    pub due: bool,
    /// Ids of the steps taken.
    pub done: Vec<String>,
    /// All of it was done.
    pub finished: bool,
    /// The day does not count.
    pub skipped: bool,
}

impl From<&RoutineDay> for TodayRoutine {
    fn from(day: &RoutineDay) -> Self {
        Self {
            routine: (&day.routine).into(),
            due: day.due,
            done: day.done.clone(),
            finished: day.progress.finished,
            skipped: day.progress.skipped,
        }
    }
}

/// What became of something on its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum OccurrenceState {
    /// Nothing yet.
    Open,
    /// It was done.
    Completed,
    /// It does not take place.
    Skipped,
}

/// A date of a task that comes again.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct Occurrence {
    /// The task.
    pub task: RecordView,
    /// The date of its rule, which names it for ever.
    pub date: String,
    /// Where it stands now.
    pub on: String,
    /// `HH:MM` of that day.
    #[tsify(type = "string | null")]
    pub time: Option<String>,
    /// What became of it.
    pub state: OccurrenceState,
    /// How many before it are open too.
    pub missed: u64,
}

impl Occurrence {
    /// None where the rule of the task cannot be followed.
    fn of(day: &SeriesDay) -> Option<Self> {
        let instance = day.instance.as_ref().ok()?;
        Some(Self {
            task: (&day.task).into(),
            date: instance.date.to_string(),
            on: instance.on.to_string(),
            time: instance.time.map(hour_and_minute),
            state: match instance.state {
                InstanceState::Open => OccurrenceState::Open,
                InstanceState::Completed(_) => OccurrenceState::Completed,
                InstanceState::Skipped => OccurrenceState::Skipped,
            },
            missed: u64::try_from(day.missed).unwrap_or(u64::MAX),
        })
    }
}

/// How often a routine was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
pub struct RoutineRate {
    /// So often it was.
    pub kept: u32,
    /// So often it was asked for.
    pub asked: u32,
}

/// What came of taking changes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
pub struct TakenBack {
    /// Whether anything was there to take back.
    pub taken: bool,
    /// So many values were changed again since, and stay.
    pub left: usize,
}

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

/// What a streak counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum StreakUnit {
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months.
    Months,
}

/// A habit's streak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Streak {
    /// Up to now.
    pub now: u32,
    /// The longest there was.
    pub best: u32,
    /// Freezes held.
    pub freezes: u32,
    /// What is counted.
    pub unit: StreakUnit,
}

impl From<&rules::Streak> for Streak {
    fn from(streak: &rules::Streak) -> Self {
        let unit = match streak.unit {
            rules::Unit::Day => StreakUnit::Days,
            rules::Unit::Week => StreakUnit::Weeks,
            rules::Unit::Month => StreakUnit::Months,
        };
        Self { now: streak.current, best: streak.best, freezes: streak.freezes, unit }
    }
}

/// How strong a habit was on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct StrengthDay {
    /// The day.
    pub date: String,
    /// 0 to 1.
    pub value: f64,
}

/// The days of one weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
pub struct WeekdayCount {
    /// On so many the habit was kept.
    pub kept: u32,
    /// On so many it was asked for.
    pub asked: u32,
}

/// What is drawn of a habit.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct HabitChart {
    /// Its streak.
    pub streak: Streak,
    /// A point a day, the oldest first.
    pub strength: Vec<StrengthDay>,
    /// Monday first.
    pub weekdays: Vec<WeekdayCount>,
}

impl From<&life::chart::HabitChart> for HabitChart {
    fn from(chart: &life::chart::HabitChart) -> Self {
        let strength = chart.strength.iter();
        let weekdays = chart.weekdays.iter();
        Self {
            streak: (&chart.streak).into(),
            strength: strength
                .map(|(date, value)| StrengthDay { date: date.to_string(), value: *value })
                .collect(),
            weekdays: weekdays.map(|day| WeekdayCount { kept: day.kept, asked: day.asked }).collect(),
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

/// Everything on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct Today {
    /// A civil date.
    pub date: String,
    /// IANA name.
    pub timezone: String,
    /// The season it lies in.
    #[tsify(type = "RecordView | null")]
    pub season: Option<RecordView>,
    /// Every habit, whether due or not.
    pub habits: Vec<TodayHabit>,
    /// Routines that the day asks for, or of which something was done.
    pub routines: Vec<TodayRoutine>,
    /// Dates of tasks that come again.
    pub series: Vec<Occurrence>,
    /// Open tasks that are due by that day, oldest due date first, then those without a date.
    pub tasks: Vec<RecordView>,
    /// Tasks finished on that day.
    pub done: Vec<RecordView>,
    /// Events, birthdays and what has a time, by that.
    pub agenda: Vec<CalendarItem>,
    /// So many tasks are left out: of very many, those are here that are due last, and those made last.
    pub more: u64,
}

impl Today {
    pub(crate) fn of(day: &Day, timezone: &str) -> Self {
        let views = |rows: &[Row]| rows.iter().map(RecordView::from).collect();
        Self {
            date: day.date.to_string(),
            timezone: timezone.to_owned(),
            season: day.season.as_ref().map(RecordView::from),
            habits: day.habits.iter().map(TodayHabit::from).collect(),
            routines: day.routines.iter().map(TodayRoutine::from).collect(),
            series: day.series.iter().filter_map(Occurrence::of).collect(),
            agenda: day.agenda.iter().map(CalendarItem::from).collect(),
            tasks: views(&day.tasks),
            done: views(&day.done),
            more: day.more,
        }
    }
}

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

fn hour_and_minute(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// What a member of the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    /// A device.
    Device,
    /// The recovery phrase.
    Paper,
    /// Somebody else's device.
    Guest,
}

/// A member of the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Member {
    /// Its id, hex.
    pub device: String,
    /// What it is.
    pub role: MemberRole,
    /// Whether it may read and write.
    pub active: bool,
    /// Entries of it that are here.
    pub entries: u64,
    /// This one.
    pub here: bool,
}

impl Member {
    pub(crate) fn of(member: &MemberStatus, here: bool) -> Self {
        let role = match member.role {
            Role::Device => MemberRole::Device,
            Role::Paper => MemberRole::Paper,
            Role::Guest => MemberRole::Guest,
        };
        let device = member.device.to_string();
        Self { device, role, active: member.active, entries: member.entries, here }
    }
}

/// Who came and went on one of two lists of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Branch {
    /// Ids of those added, hex.
    pub added: Vec<String>,
    /// Ids of those revoked, hex.
    pub revoked: Vec<String>,
}

/// Two lists of devices that both hold. Nothing is sent until one goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Fork {
    /// The one here.
    pub here: Branch,
    /// The relay's.
    pub relay: Branch,
}

impl From<&engine::api::Branch> for Branch {
    fn from(branch: &engine::api::Branch) -> Self {
        let ids = |of: &[protocol::DeviceId]| of.iter().map(ToString::to_string).collect();
        Self { added: ids(&branch.added), revoked: ids(&branch.revoked) }
    }
}

impl From<&engine::api::Fork> for Fork {
    fn from(fork: &engine::api::Fork) -> Self {
        Self { here: Branch::from(&fork.here), relay: Branch::from(&fork.relay) }
    }
}

/// Something that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Alarm {
    /// When it was last noticed, in milliseconds since 1970.
    pub at: i64,
    /// What: `relay_healed`, `store_cloned`, `entry_forked`, `membership_forked`, `entry_refused`, `withheld`, `revoked`.
    pub kind: String,
    /// Whose entries it is about, hex.
    pub device: Option<String>,
    /// English, for a report.
    pub detail: String,
    /// How often it was noticed.
    pub times: u64,
}

impl From<&engine::Alarm> for Alarm {
    fn from(alarm: &engine::Alarm) -> Self {
        let device = alarm.device.map(|device| device.to_string());
        let (kind, detail) = (alarm.kind.name().to_owned(), alarm.detail.clone());
        Self { at: alarm.at, kind, device, detail, times: alarm.times }
    }
}

/// Where sync stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Status {
    /// The account, hex.
    pub account: String,
    /// This device, hex.
    pub device: String,
    /// Changes that the relay has not acknowledged.
    pub pending: u64,
    /// Entries that wait for others.
    pub waiting: u64,
    /// Whether everything that the relay has was received.
    pub live: bool,
    /// Entries sent since the vault was opened.
    pub pushed: u64,
    /// Entries received since then.
    pub pulled: u64,
}

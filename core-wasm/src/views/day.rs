//! Everything on one day.

use super::CalendarItem;
use super::LogDay;
use super::RecordView;
use super::hour_and_minute;
use engine::Row;
use life::agenda::RoutineDay;
use life::agenda::SeriesDay;
use life::day::Day;
use life::day::HabitDay;
use life::series::InstanceState;
use serde::Serialize;
use tsify::Tsify;

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

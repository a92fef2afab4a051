//! What is drawn: streaks, strength, rates.

use life::rules;
use serde::Serialize;
use tsify::Tsify;

/// How often a routine was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
pub struct RoutineRate {
    /// So often it was.
    pub kept: u32,
    /// So often it was asked for.
    pub asked: u32,
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

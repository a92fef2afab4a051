//! What is drawn of a habit: numbers alone, how they look is the screen's.

use super::{Checks, Plan, Streak, streak, strengths};
use crate::log::LogState;
use jiff::civil::Date;

/// Charts of a habit between two days.
#[derive(Debug, Clone, PartialEq)]
pub struct HabitChart {
    /// Its streak up to today, whatever the days.
    pub streak: Streak,
    /// How strong it was, 0 to 1, on each of the days from its first to today, the oldest first.
    pub strength: Vec<(Date, f64)>,
    /// By weekday, Monday first: how it was kept on those days.
    pub weekdays: [WeekdayCount; 7],
}

/// The days of one weekday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekdayCount {
    /// On so many of those asked for it was kept.
    pub kept: u32,
    /// On so many the schedule asked for it. Days skipped or paused are not among them, nor is today before it is kept.
    pub asked: u32,
}

impl HabitChart {
    /// From one day to another, those included.
    pub fn of(plan: &Plan, checks: &Checks, (from, to): (Date, Date)) -> Self {
        let mut weekdays = [WeekdayCount::default(); 7];
        let first = plan.first_day(checks).map(|first| first.max(from));
        let days = first.into_iter().flat_map(|first| checks.walk(first)).take_while(|(day, _)| *day <= to);
        for (date, check) in days {
            let kept = plan.succeeds(check, date, checks);
            let skipped = check.is_some_and(|check| check.state == LogState::Skip);
            // Nobody knows yet: the day is not over, or of an avoided habit nothing is known of it.
            let unknown =
                check.is_none() && (date == checks.today || (plan.avoided && !checks.is_known(date)));
            let rests = skipped || unknown || plan.is_paused(date);
            let at = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
            if let Some(count) = weekdays.get_mut(at).filter(|_| plan.rule(date).is_on(date)) {
                count.kept += u32::from(kept);
                count.asked += u32::from(kept || !rests);
            }
        }
        let strength = strengths(plan, checks).filter(|(date, _)| (from..=to).contains(date)).collect();
        Self { streak: streak(plan, checks), strength, weekdays }
    }
}

//! How strong a habit is, 0 to 1: the published model of Loop Habit Tracker. With f the wanted frequency a day,
//! m = 0.5^(sqrt(f)/13), and each day s becomes s m + v (1 - m), v being what was done of what was wanted.
//!
//! Yes or no: v = min(1, done / wanted) over the schedule's period up to the day, both doubled where the habit is wanted
//! less than daily; only what was ticked counts. At least: v = min(1, sum / target). At most: v = 1 - (sum - target) /
//! target, between 0 and 1, and s begins at 1. A day skipped or paused leaves s as it is. An avoided habit of yes or no
//! is done on every day without a slip.

use super::checks::{Check, Checks, Measure, Plan};
use crate::log::LogState;
use crate::schedule::Rule;
use jiff::civil::Date;
use std::collections::VecDeque;

/// Days in a month, as the model counts them.
const MONTH_DAYS: u16 = 30;
/// A daily habit that is kept comes half of the way in so many days.
const HALF_DAYS: f64 = 13.0;

/// How often a habit is wanted: so many times in so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frequency {
    times: u16,
    days: u16,
}

impl Frequency {
    fn of(rule: Rule) -> Self {
        let (times, days) = match rule {
            Rule::Daily => (1, 1),
            Rule::Weekdays(days) => (days.count(), 7),
            Rule::PerWeek(times) => (u16::from(times), 7),
            Rule::PerMonth(times) => (u16::from(times), MONTH_DAYS),
            Rule::Every(days, _) => (1, days),
        };
        // As often as there are days, and more often there is not, is daily.
        if times >= days { Self { times: 1, days: 1 } } else { Self { times, days } }
    }
    fn a_day(self) -> f64 {
        f64::from(self.times) / f64::from(self.days)
    }
}

/// The strength of a habit today; 0 where nothing was ever logged.
pub fn strength(plan: &Plan, checks: &Checks) -> f64 {
    strengths(plan, checks).last().map_or(0.0, |(_, strength)| strength)
}

/// The strength on each day, from the first that is looked at to today.
pub fn strengths(plan: &Plan, checks: &Checks) -> impl Iterator<Item = (Date, f64)> {
    let at_most = plan.measure.is_some_and(|measure| measure.at_most);
    let mut strength = if at_most { 1.0 } else { 0.0 };
    let mut window = Window::default();
    let mut last: Option<(Rule, f64)> = None;
    let days = plan.first_day(checks).into_iter().flat_map(move |first| checks.walk(first));
    days.map(move |(date, check)| {
        let rule = plan.rule(date);
        let frequency = Frequency::of(rule);
        // A root and a power a day are most of the work; they change with the rule alone.
        let keeps = match last {
            Some((known, keeps)) if known == rule => keeps,
            _ => 0.5_f64.powf(frequency.a_day().sqrt() / HALF_DAYS),
        };
        last = Some((rule, keeps));
        window.push(amount(plan, checks, date, check));
        let rests = check.is_some_and(|check| check.state == LogState::Skip) || plan.is_paused(date);
        if !rests {
            strength = strength * keeps + window.part(plan.measure, frequency) * (1.0 - keeps);
        }
        (date, strength)
    })
}

/// What a day adds: ticks, or thousandths.
fn amount(plan: &Plan, checks: &Checks, date: Date, check: Option<Check>) -> i64 {
    match (check.map(|check| check.state), plan.measure) {
        (Some(LogState::Value(value)), Some(_)) => value.get().max(0),
        (Some(LogState::Done), None) => 1,
        (None, None) => i64::from(plan.succeeds(None, date, checks)),
        _ => 0,
    }
}

/// The last days, as far as any period reaches.
#[derive(Debug, Default)]
struct Window {
    days: VecDeque<i64>,
    /// The sum of the newest `reach` of them.
    sum: i64,
    reach: usize,
}

impl Window {
    /// The longest period there is: every 366 days, doubled.
    const LONGEST: usize = 2 * 366;

    fn push(&mut self, amount: i64) {
        self.days.push_front(amount);
        self.days.truncate(Self::LONGEST + 1);
        self.sum += amount;
        self.sum -= self.days.get(self.reach).copied().unwrap_or(0);
    }

    /// What was done of what was wanted, 0 to 1.
    fn part(&mut self, measure: Option<Measure>, frequency: Frequency) -> f64 {
        let Frequency { times, days } = frequency;
        let doubled = if measure.is_none() && times < days { 2 } else { 1 };
        self.stretch(usize::from(days * doubled));
        let wanted = f64::from(times * doubled);
        #[allow(clippy::cast_precision_loss, reason = "sums of a year's amounts are far below 2^52")]
        let sum = self.sum as f64;
        match measure {
            None => (sum / wanted).min(1.0),
            Some(Measure { target, at_most }) => {
                #[allow(clippy::cast_precision_loss, reason = "a target is far below 2^52")]
                let target = target.map_or(0.0, |target| target.get() as f64) * wanted;
                match (target > 0.0, at_most) {
                    (true, false) => (sum / target).min(1.0),
                    (true, true) => (1.0 - (sum - target) / target).clamp(0.0, 1.0),
                    // Without a target anything at all is enough, or nothing is allowed.
                    (false, false) => f64::from(u8::from(sum > 0.0)),
                    (false, true) => f64::from(u8::from(sum <= 0.0)),
                }
            }
        }
    }

    fn stretch(&mut self, reach: usize) {
        if self.reach != reach {
            self.reach = reach;
            self.sum = self.days.iter().take(reach).sum();
        }
    }
}

//! How many times in a row a habit was kept.
//!
//! A schedule cuts time into units: a day it asks for, or a week or month in which it asks for so many. A unit that was
//! kept adds one, one that was not ends the streak, unless a freeze is held. Days skipped or paused count neither way: a
//! unit that could not be kept without them is passed over. The unit that is still open never ends a streak.

use super::checks::{Check, Checks, Plan};
use crate::log::LogState;
use crate::schedule::Rule;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// A freeze is earned by so many successes.
const SUCCESSES_A_FREEZE: u32 = 7;
/// As many freezes can be held.
const MOST_FREEZES: u32 = 2;

/// What a streak is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Days that the schedule asks for.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
}

/// A habit's streak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streak {
    /// Units kept in a row up to now.
    pub current: u32,
    /// The longest there ever was.
    pub best: u32,
    /// What the schedule of today counts.
    pub unit: Unit,
    /// Freezes held.
    pub freezes: u32,
    /// The first days of the units that a freeze was spent on, in order.
    pub frozen: Vec<Date>,
}

/// One unit while its days are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// Rule and first day of the week or month: two days are of one unit if these are equal.
    rule: Rule,
    begins: Date,
    first: Date,
    wanted: u32,
    done: u32,
    /// Days that were neither skipped nor paused.
    available: u32,
}

/// The streak of a habit by its plan and check-ins.
pub fn streak(plan: &Plan, checks: &Checks) -> Streak {
    let unit = match plan.rule(checks.today) {
        Rule::PerWeek(_) => Unit::Week,
        Rule::PerMonth(_) => Unit::Month,
        Rule::Daily | Rule::Weekdays(_) | Rule::Every(..) => Unit::Day,
    };
    let mut fold =
        Fold { successes: 0, streak: Streak { current: 0, best: 0, unit, freezes: 0, frozen: Vec::new() } };
    let Some(first) = plan.first_day(checks) else { return fold.streak };
    let mut span: Option<Span> = None;
    for (date, check) in checks.walk(first) {
        let Some((rule, begins, wanted)) = unit_of(plan, date) else { continue };
        if span.is_none_or(|span| (span.rule, span.begins) != (rule, begins)) {
            if let Some(over) = span.take() {
                fold.close(over);
            }
            span = Some(Span { rule, begins, first: date, wanted, done: 0, available: 0 });
        }
        if let Some(span) = &mut span {
            span.add(plan, checks, date, check);
        }
    }
    if let Some(last) = span {
        if is_open(plan, last, checks) { fold.leave_open(last) } else { fold.close(last) }
    }
    fold.streak
}

/// The unit that a day belongs to: its rule, the first day of its week or month, and how many times are wanted. None if
/// the schedule asks for nothing on that day.
fn unit_of(plan: &Plan, date: Date) -> Option<(Rule, Date, u32)> {
    let rule = plan.rule(date);
    let (begins, wanted) = match rule {
        Rule::Daily => (date, 1),
        Rule::Weekdays(days) => days.contains(date.weekday()).then_some((date, 1))?,
        Rule::Every(..) => rule.is_on(date).then_some((date, 1))?,
        Rule::PerWeek(times) => {
            let passed = i32::from(date.weekday().since(plan.week_start));
            (date.checked_sub(passed.days()).unwrap_or(Date::MIN), u32::from(times))
        }
        Rule::PerMonth(times) => (date.first_of_month(), u32::from(times)),
    };
    Some((rule, begins, wanted))
}

/// Whether a unit may still be kept: today is in it, or of an avoided habit nobody knows yet.
fn is_open(plan: &Plan, span: Span, checks: &Checks) -> bool {
    let after = match span.rule {
        Rule::PerWeek(_) => span.begins.checked_add(7.days()),
        Rule::PerMonth(_) => span.begins.checked_add(1.month()),
        Rule::Daily | Rule::Weekdays(_) | Rule::Every(..) => span.begins.checked_add(1.day()),
    };
    let unknown = plan.avoided && checks.present.is_none_or(|present| present < span.begins);
    unknown || after.is_ok_and(|after| checks.today < after)
}

impl Span {
    fn add(&mut self, plan: &Plan, checks: &Checks, date: Date, check: Option<Check>) {
        let done = plan.succeeds(check, date, checks);
        let skipped = check.is_some_and(|check| check.state == LogState::Skip);
        // Of an avoided habit nothing is known of days without presence.
        let unknown = plan.avoided && check.is_none() && checks.present.is_none_or(|present| date > present);
        let rests = skipped || unknown || plan.is_paused(date);
        self.done += u32::from(done);
        self.available += u32::from(done || !rests);
    }
}

struct Fold {
    successes: u32,
    streak: Streak,
}

impl Fold {
    fn succeed(&mut self) {
        self.streak.current += 1;
        self.streak.best = self.streak.best.max(self.streak.current);
        self.successes += 1;
        if self.successes.is_multiple_of(SUCCESSES_A_FREEZE) {
            self.streak.freezes = (self.streak.freezes + 1).min(MOST_FREEZES);
        }
    }

    fn close(&mut self, span: Span) {
        if span.done >= span.wanted {
            self.succeed();
        } else if span.available < span.wanted {
            // It could not be kept, by what was skipped or paused, or because it had not begun.
        } else if self.streak.freezes > 0 {
            self.streak.freezes -= 1;
            self.streak.frozen.push(span.first);
        } else {
            self.streak.current = 0;
        }
    }

    fn leave_open(&mut self, span: Span) {
        if span.done >= span.wanted {
            self.succeed();
        }
    }
}

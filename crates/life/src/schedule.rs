//! When a habit is due. A schedule is a map from the date a rule takes effect to the rule; days before a change
//! keep the old one. A rule is one value, so that two devices that change it never make a third rule between them.
//!
//! Stored texts, frozen: `daily`, `weekdays mon wed fri`, `week 3` (three times a week), `month 2`,
//! `every 3 2026-01-05` (every third day, counted from that date). A text of a later version survives unread.

use crate::error::Problem;
use core::fmt;
use engine::{Row, Value};
use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;

/// The key of the rule that holds from the beginning.
pub const BEGINNING: &str = "0001-01-01";

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Every day.
    Daily,
    /// On some days of the week.
    Weekdays(Weekdays),
    /// So many times in each week, on whichever days: 1 to 7.
    PerWeek(u8),
    /// So many times in each month: 1 to 31.
    PerMonth(u8),
    /// Every so many days, 1 to 366, counted from an anchor.
    Every(u16, Date),
}

/// Days of the week; bit 0 is Monday. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Weekdays {
    /// Whether the day is among them.
    pub fn contains(self, day: Weekday) -> bool {
        DAYS.iter().enumerate().any(|(bit, (_, d))| *d == day && self.0 & (1 << bit) != 0)
    }
    /// How many days they are.
    pub fn count(self) -> u16 {
        // Seven at most.
        u16::try_from(self.0.count_ones()).unwrap_or(7)
    }
    fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let mut mask = 0;
        for word in words {
            let word = word.to_ascii_lowercase();
            let bit = DAYS.iter().position(|(name, _)| *name == word).ok_or_else(|| {
                Problem::form(format!("{word:?} is no day"), "the days are mon tue wed thu fri sat sun")
            })?;
            mask |= 1 << bit;
        }
        if mask == 0 {
            Err(Problem::form("no day is named", "name at least one of mon … sun"))
        } else {
            Ok(Self(mask))
        }
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = DAYS
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, (name, _))| *name)
            .collect();
        f.write_str(&names.join(" "))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daily => f.write_str("daily"),
            Self::Weekdays(days) => write!(f, "weekdays {days}"),
            Self::PerWeek(n) => write!(f, "week {n}"),
            Self::PerMonth(n) => write!(f, "month {n}"),
            Self::Every(k, anchor) => write!(f, "every {k} {anchor}"),
        }
    }
}

impl Rule {
    pub(crate) const FORM: &'static str =
        "daily | weekdays mon wed fri | week N | month N | every K YYYY-MM-DD (the date it is counted from)";

    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut words = text.split([' ', ',']).filter(|w| !w.is_empty());
        let form = || Problem::form("not a rule", format!("write {}", Self::FORM));
        let rule = match words.next().ok_or_else(form)? {
            "daily" => Self::Daily,
            "weekdays" => return Weekdays::parse(words).map(Self::Weekdays),
            "week" => Self::PerWeek(number(words.next(), 7)?),
            "month" => Self::PerMonth(number(words.next(), 31)?),
            "every" => {
                let days = number(words.next(), 366)?;
                let anchor = words.next().ok_or_else(form)?;
                Self::Every(days, crate::civil::date(anchor)?)
            }
            _ => return Err(form()),
        };
        if words.next().is_some() { Err(form()) } else { Ok(rule) }
    }

    /// Whether a rule that names its days names this one; one that does not names all.
    pub fn is_on(self, date: Date) -> bool {
        match self {
            Self::Daily | Self::PerWeek(_) | Self::PerMonth(_) => true,
            Self::Weekdays(days) => days.contains(date.weekday()),
            Self::Every(days, anchor) => {
                let passed = date.duration_since(anchor).as_hours() / 24;
                passed >= 0 && passed % i64::from(days) == 0
            }
        }
    }

    /// The rules of a schedule field of `row`, by the date each takes effect. Rules of a later version are left out.
    pub fn of(row: &Row, field: &str) -> BTreeMap<Date, Self> {
        let Some(Value::Map(map)) = row.fields.get(field) else { return BTreeMap::new() };
        let rules = map.iter().filter_map(|(from, rule)| match rule {
            Value::Text(text) => Some((crate::civil::date(from).ok()?, Self::parse(text).ok()?)),
            _ => None,
        });
        rules.collect()
    }
}

fn number<T: TryFrom<u32>>(word: Option<&str>, max: u32) -> Result<T, Problem> {
    let number = word
        .and_then(|w| w.parse::<u32>().ok())
        .ok_or_else(|| Problem::form("a whole number is missing", format!("write {}", Rule::FORM)))?;
    let wrong = || Problem::limits(format!("the range is 1 to {max}"), "give a number in the range");
    if number == 0 || number > max { Err(wrong()) } else { T::try_from(number).map_err(|_| wrong()) }
}

//! Single words of a line: days, times, amounts.

use crate::civil;
use crate::decimal::Thousandths;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time, Weekday};

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
/// Letters of a day's short name.
const SHORT: usize = 3;

/// The day that a word names. A day of the week is the next one after today, or `ahead` being false the last before it.
pub(super) fn day(word: &str, today: Date, ahead: bool) -> Option<Date> {
    let word = word.to_lowercase();
    match word.as_str() {
        "today" => return Some(today),
        "tomorrow" if ahead => return today.tomorrow().ok(),
        "yesterday" if !ahead => return today.yesterday().ok(),
        _ => {}
    }
    if let Ok(date) = civil::date(&word) {
        return Some(date);
    }
    let named = |(name, _): &&(&str, Weekday)| *name == word || name.get(..SHORT) == Some(word.as_str());
    let (_, weekday) = DAYS.iter().find(named)?;
    today.nth_weekday(if ahead { 1 } else { -1 }, *weekday).ok()
}

/// The day so many days or weeks after today.
pub(super) fn ahead(count: &str, unit: &str, today: Date) -> Option<Date> {
    let count: i32 = count.parse().ok().filter(|count| (0..=3660).contains(count))?;
    match unit.to_lowercase().trim_end_matches('s') {
        "day" => today.checked_add(count.days()).ok(),
        "week" => today.checked_add(count.weeks()).ok(),
        _ => None,
    }
}

/// `18:00`, `9:30`, `6pm`, `6:30pm`.
pub(super) fn time(word: &str) -> Option<Time> {
    let word = word.to_lowercase();
    let (clock, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        (None, None) => (word.as_str(), None),
    };
    let (hour, minute) = match (clock.split_once(':'), half) {
        (Some((hour, minute)), _) if minute.len() == 2 => (hour, minute),
        (None, Some(_)) => (clock, "0"),
        _ => return None,
    };
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let hour: i8 = hour.parse().ok()?;
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    Time::new(hour, minute.parse().ok()?, 0, 0).ok()
}

/// A number and what stands behind it: `20min` is 20 and `min`.
pub(super) fn amount(text: &str) -> Option<(Thousandths, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit))
}

/// How many seconds a unit of time has.
pub(super) fn seconds(unit: &str) -> Option<i64> {
    match unit.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3600),
        _ => None,
    }
}

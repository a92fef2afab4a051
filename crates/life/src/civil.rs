//! Dates, times and zones of life, as texts with exactly one spelling each. They are fixed when they are written
//! down; nothing here or above derives a date from UTC.

use crate::error::Problem;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, tz};

/// `2026-11-21`, and no other spelling of it.
pub(crate) fn date(text: &str) -> Result<Date, Problem> {
    let wrong = || Problem::form("not a date", "write YYYY-MM-DD, as in 2026-11-21");
    let date: Date = text.parse().map_err(|_| wrong())?;
    if date.to_string() == text && date.year() > 0 { Ok(date) } else { Err(wrong()) }
}

/// `07:30`, or `07:30:15` where there are seconds.
pub(crate) fn time(text: &str) -> Result<Time, Problem> {
    let wrong = || Problem::form("not a time of day", "write HH:MM, as in 07:30");
    let shaped = matches!(text.len(), 5 | 8) && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let time: Time = if shaped { text.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
    if time.second() < 60 { Ok(time) } else { Err(wrong()) }
}

pub(crate) fn time_text(time: Time) -> String {
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

/// `2026-11-21T18:00`, optionally with a zone in brackets: `2026-11-21T18:00[Europe/Berlin]`. Gives the one spelling.
/// The zone is checked by `zone_fits`.
pub(crate) fn date_time(
    text: &str,
    zone_fits: impl FnOnce(&str) -> Result<(), Problem>,
) -> Result<String, Problem> {
    let wrong = || {
        Problem::form(
            "not a date with a time",
            "write YYYY-MM-DDTHH:MM, if need be with [Area/City] behind it",
        )
    };
    let (local, zone) = match text.split_once('[') {
        Some((local, rest)) => (local, Some(rest.strip_suffix(']').ok_or_else(wrong)?)),
        None => (text, None),
    };
    let (day, clock) = local.split_once('T').ok_or_else(wrong)?;
    let moment = DateTime::from_parts(date(day).map_err(|_| wrong())?, time(clock).map_err(|_| wrong())?);
    let local = format!("{}T{}", moment.date(), time_text(moment.time()));
    match zone {
        Some(zone) => zone_fits(zone).map(|()| format!("{local}[{zone}]")),
        None => Ok(local),
    }
}

/// A civil date, or a date and time as [`date_time`] reads it.
pub(crate) fn when(
    text: &str,
    zone_fits: impl FnOnce(&str) -> Result<(), Problem>,
) -> Result<String, Problem> {
    if !text.contains('T') && date(text).is_ok() {
        return Ok(text.to_owned());
    }
    date_time(text, zone_fits).map_err(|problem| {
        Problem::form(
            problem.problem,
            "write YYYY-MM-DD or YYYY-MM-DDTHH:MM, if need be with [Area/City] behind it",
        )
    })
}

/// An IANA name. Checked against the time zone database where this build has one, else by its shape.
pub(crate) fn timezone(name: &str) -> Result<(), Problem> {
    timezone_shape(name)?;
    let database = tz::db();
    if database.is_definitively_empty() || database.get(name).is_ok() { Ok(()) } else { Err(no_timezone()) }
}

/// What could be an IANA name: another device may have a newer database than this one.
pub(crate) fn timezone_shape(name: &str) -> Result<(), Problem> {
    let part = |p: &str| {
        p.starts_with(|c: char| c.is_ascii_alphabetic())
            && p.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    if name.len() <= 64 && name.split('/').all(part) { Ok(()) } else { Err(no_timezone()) }
}

fn no_timezone() -> Problem {
    Problem::form("not a time zone", "write an IANA name, as in Europe/Berlin or UTC")
}

/// The shape of a BCP 47 language tag, as in `de-AT` or `zh-Hant-TW`.
pub(crate) fn locale(tag: &str) -> Result<(), Problem> {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let shaped = matches!(language.len(), 2..=8) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let rest = parts.all(|p| matches!(p.len(), 1..=8) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if shaped && rest && tag.len() <= 35 {
        Ok(())
    } else {
        Err(Problem::form("not a language", "write a BCP 47 tag, as in en, de-AT or zh-Hant-TW"))
    }
}

/// RFC 3339 in UTC, to the millisecond. A time outside the calendar, which only a broken clock makes, keeps its number.
pub(crate) fn timestamp(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| format!("@{millis}"), |t| t.to_string())
}

/// Reads what [`timestamp`] writes; None if the text is not that, letter by letter.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    let millis = match text.strip_prefix('@') {
        Some(number) => number.parse().ok()?,
        None => text.parse::<Timestamp>().ok()?.as_millisecond(),
    };
    (timestamp(millis) == text).then_some(millis)
}

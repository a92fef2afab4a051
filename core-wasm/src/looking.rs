//! What is worked out from records and kept nowhere: the calendar, streaks, charts, reminders, a record as it was.

use crate::desk::{Errand, unexpected};
use crate::error::{Code, CoreError};
use crate::records::{all, find, moment, moment_of, parse_date, parse_id, profile, thing, zone};
use crate::views::{CalendarItem, HabitChart, Reminder, RoutineRate, Streak};
use engine::{Query, RecordId, Reply, Row, Value};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use life::standing::{self, Standing};
use life::{calendar, day, remind, routine};
use std::collections::BTreeMap;

/// Most days that a rate looks back.
const MOST_DAYS: i32 = 366;

/// The record as it was at `at`, in milliseconds since 1970.
pub(crate) async fn as_of(errand: &Errand, id: &str, at: i64) -> Result<Option<Row>, CoreError> {
    let Some(row) = find(errand, parse_id(id)?).await? else { return Ok(None) };
    match errand.desk.ask(Query::AsOf { key: row.key, at }).await? {
        Reply::Rows(rows) => Ok(rows.into_iter().next().flatten()),
        _ => Err(unexpected()),
    }
}

/// What stands on the calendar.
pub(crate) async fn calendar(errand: &Errand, from: &str, to: &str) -> Result<Vec<CalendarItem>, CoreError> {
    let zone = zone(&moment(errand).await?);
    let asking = calendar::Asking::new(parse_date(from)?, parse_date(to)?, zone);
    let mut asking = asking.map_err(|error| CoreError::new(Code::InvalidDate, error))?;
    while let Some(question) = asking.question() {
        asking.answer(errand.desk.ask(question).await?).map_err(|_| unexpected())?;
    }
    Ok(asking.items().iter().map(CalendarItem::from).collect())
}

/// How these habits stand.
async fn standings(errand: &Errand, habits: Vec<Row>) -> Result<BTreeMap<RecordId, Standing>, CoreError> {
    let profile = profile(errand).await?;
    let moment = moment_of(errand, profile.as_ref())?;
    let week_start = day::week_start(profile.as_ref());
    let mut asking = standing::Asking::new(habits, moment.today, week_start, zone(&moment));
    while let Some(question) = asking.question() {
        asking.answer(errand.desk.ask(question).await?).map_err(|_| unexpected())?;
    }
    Ok(asking.standings())
}

/// The streaks of the habits that a day shows, by id.
pub(crate) async fn streaks(errand: &Errand) -> Result<BTreeMap<String, Streak>, CoreError> {
    let mut habits = all(errand, "habit").await?;
    habits.retain(|habit| habit.fields.get("archived") != Some(&Value::Bool(true)));
    let standings = standings(errand, habits).await?;
    Ok(standings.iter().map(|(id, standing)| (id.to_string(), Streak::from(&standing.streak()))).collect())
}

/// What is drawn of a habit.
pub(crate) async fn chart(
    errand: &Errand,
    id: &str,
    (from, to): (&str, &str),
) -> Result<HabitChart, CoreError> {
    let (from, to) = (parse_date(from)?, parse_date(to)?);
    let habit = thing(errand, id).await?;
    let standings = standings(errand, vec![habit]).await?;
    let standing = standings.values().next().ok_or_else(crate::records::gone)?;
    Ok(HabitChart::from(&standing.chart(from, to)))
}

/// How often a routine was finished since a day.
pub(crate) async fn routine_rate(errand: &Errand, id: &str, from: &str) -> Result<RoutineRate, CoreError> {
    let profile = profile(errand).await?;
    let moment = moment_of(errand, profile.as_ref())?;
    let (routine, from) = (thing(errand, id).await?, parse_date(from)?);
    let from = from.max(moment.today.checked_sub(MOST_DAYS.days()).unwrap_or(from));
    let week_start = day::week_start(profile.as_ref());
    let asking = routine::Asking::new(routine, (from, moment.today), week_start, zone(&moment));
    let answer = errand.desk.ask(asking.question()).await?;
    let rate = asking.rate(answer).map_err(|_| unexpected())?;
    Ok(RoutineRate { kept: rate.kept, asked: rate.asked })
}

/// What reminds in the next days. Times are those on the wall: what moment that is the browser knows, which has the rules of
/// its zone; this build has none.
pub(crate) async fn reminders(errand: &Errand) -> Result<Vec<Reminder>, CoreError> {
    let profile = profile(errand).await?;
    let moment = moment_of(errand, profile.as_ref())?;
    let wrong = |_| CoreError::new(Code::InvalidDate, "not a local time");
    let local: DateTime = errand.clock.local.parse().map_err(wrong)?;
    // As if the wall stood in UTC, where no night leaves a time out.
    let now = local.to_zoned(TimeZone::UTC).map_err(CoreError::internal)?.timestamp().as_millisecond();
    let week_start = day::week_start(profile.as_ref());
    let now = remind::Now { now, today: moment.today, zone: TimeZone::UTC, week_start };
    let mut asking = remind::Asking::new(now).map_err(CoreError::internal)?;
    while let Some(question) = asking.question() {
        asking.answer(errand.desk.ask(question).await?).map_err(|_| unexpected())?;
    }
    Ok(asking.reminders().into_iter().map(view).collect())
}

fn view(reminder: remind::Reminder) -> Reminder {
    let wall = |millis: i64| {
        let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    Reminder {
        kind: reminder.record.kind,
        id: reminder.record.id.to_string(),
        occurrence: reminder.occurrence,
        at: wall(reminder.at),
        expires: wall(reminder.expires),
        title: reminder.title,
    }
}

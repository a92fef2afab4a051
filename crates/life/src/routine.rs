//! Routines: which steps were taken on a day. A step that is ticked on one device and another on a second are both
//! ticked; that all were taken is written down on the day, because a routine may get further steps later.

use crate::assign::Assignment;
use crate::error::FieldError;
use crate::field::FieldType;
use crate::log::Moment;
use crate::record::RecordType;
use crate::rows::{self, Stamp, StreamRow, Writing};
use crate::schedule::{BEGINNING, Rule};
use crate::{draft, list};
use engine::{DocKey, Edit, Origin, Row};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

mod rate;

pub use rate::{Asking, Rate, rate};

/// The record type of a routine's log.
pub const ROUTINE_LOG: &str = "routine_log";

/// What somebody says of a routine on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutineAction {
    /// These steps were taken, by id or title.
    Tick(Vec<String>),
    /// These were not.
    Untick(Vec<String>),
    /// All of it was done.
    Finish,
    /// The day does not count.
    Skip,
    /// The row goes.
    Undo,
}

/// How far a routine is on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps taken, of those there are now.
    pub taken: usize,
    /// Steps there are now.
    pub steps: usize,
    /// All was done: all steps that there are now or that there were then.
    pub finished: bool,
    /// The day does not count.
    pub skipped: bool,
}

/// The log document of a routine that a date belongs to.
pub fn routine_key(routine: &Row, date: Date) -> DocKey {
    rows::document(ROUTINE_LOG, routine.key.id, date)
}

/// The ids and titles of a routine's steps, in order.
pub fn steps(routine: &Row) -> Vec<(String, String)> {
    let items = RecordType::of(routine).and_then(|record| record.field("steps").ok()).map(|field| field.kind);
    match items {
        Some(FieldType::List(items, _)) => list::titles(items, &draft::flat_of(&routine.fields, "steps")),
        _ => Vec::new(),
    }
}

/// A person's day may begin so many hours after midnight.
const LATEST_START_HOURS: i64 = 6;
/// It is another day somewhere for so many hours before it is in UTC.
const LAST_ZONE_HOURS: i64 = 12;

/// The first day that a routine asks for: that on which it was made, or an earlier one from which its schedule holds. Where
/// the rules of `zone` are not known, it may be the day before.
pub(crate) fn begins(routine: &Row, zone: &TimeZone) -> Date {
    let made = Timestamp::from_millisecond(routine.created).unwrap_or(Timestamp::UNIX_EPOCH);
    let (zone, late) = match zone.is_unknown() {
        true => (TimeZone::UTC, LATEST_START_HOURS + LAST_ZONE_HOURS),
        false => (zone.clone(), LATEST_START_HOURS),
    };
    let made = made.checked_sub(late.hours()).unwrap_or(made).to_zoned(zone).date();
    let set = Rule::of(routine, "schedule").into_keys().find(|from| from.to_string() != BEGINNING);
    set.map_or(made, |set| set.min(made))
}

/// The rule that holds on a day; daily where none does.
pub(crate) fn wanted_on(rules: &BTreeMap<Date, Rule>, date: Date) -> Rule {
    rules.range(..=date).next_back().map_or(Rule::Daily, |(_, rule)| *rule)
}

/// How far `routine` is by a row of its log.
pub fn progress(routine: &Row, row: Option<&StreamRow>) -> Progress {
    let steps = steps(routine);
    let done: BTreeSet<&str> = row.into_iter().flat_map(|row| row.members("done")).collect();
    let taken = steps.iter().filter(|(id, _)| done.contains(id.as_str())).count();
    let said = |field: &str| row.is_some_and(|row| row.is(field));
    let finished = said("finished") || (taken == steps.len() && taken > 0);
    Progress { taken, steps: steps.len(), finished, skipped: said("skipped") && !finished }
}

/// The edit that writes `action` for `date`; None if the row says so already. `existing` is the row of [`routine_key`].
pub fn log_routine(
    routine: &Row,
    existing: Option<&Row>,
    (date, action): (Date, &RoutineAction),
    origin: Origin,
    moment: &Moment,
) -> Result<Option<Edit>, FieldError> {
    let record = RecordType::find(ROUTINE_LOG)?;
    if routine.key.kind != "routine" || routine.deleted {
        let problem = if routine.deleted { "the routine is in the trash" } else { "it is no routine" };
        return Err(FieldError::not_allowed(
            record.name,
            "routine",
            problem,
            "restore it, or choose a routine",
        ));
    }
    let row = Writing { record, parent: routine.key.id, existing, date, key: date.to_string() };
    if *action == RoutineAction::Undo {
        return Ok(row.remove(origin));
    }
    rows::check_date(record, date, moment.today)?;
    let now = rows::by_date(existing).remove(&date).unwrap_or_default();
    let done: BTreeSet<String> = now.members("done").map(str::to_owned).collect();
    let all: BTreeSet<String> = steps(routine).into_iter().map(|(id, _)| id).collect();
    let (done, finished, skipped) = match action {
        RoutineAction::Tick(steps) => {
            let done: BTreeSet<String> = done.union(&find(routine, record, steps)?).cloned().collect();
            (done.clone(), now.is("finished") || all.is_subset(&done), false)
        }
        RoutineAction::Untick(steps) => {
            (done.difference(&find(routine, record, steps)?).cloned().collect(), false, now.is("skipped"))
        }
        RoutineAction::Finish => (done.union(&all).cloned().collect(), true, false),
        RoutineAction::Skip => (done, now.is("finished"), true),
        RoutineAction::Undo => (done, false, false),
    };
    let yes = |yes: bool| if yes { json!(true) } else { Json::Null };
    let assignments = [
        Assignment::json("done", json!(done)),
        Assignment::json("finished", yes(finished)),
        Assignment::json("skipped", yes(skipped)),
    ];
    row.write(&assignments, Stamp { now: moment.now, origin })
}

/// The ids of steps that are named by id or title.
fn find(
    routine: &Row,
    record: &'static RecordType,
    names: &[String],
) -> Result<BTreeSet<String>, FieldError> {
    let steps = steps(routine);
    let id = |name: &String| {
        let step = steps.iter().find(|(id, title)| id == name || title == name);
        step.map(|(id, _)| id.clone()).ok_or_else(|| {
            let known = steps.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>().join(", ");
            let advice = format!("its steps are: {known}");
            FieldError::not_allowed(record.name, "done", &format!("there is no step {name:?}"), &advice)
        })
    };
    names.iter().map(id).collect()
}

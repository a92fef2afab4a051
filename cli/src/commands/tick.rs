//! `log`: one day of a habit, of a routine, or of a task that comes again.

use super::write::{Planned, change, moment, parse_date};
use crate::args;
use crate::error::{Error, Result};
use crate::output::Answer;
use crate::records;
use crate::vault::Vault;
use engine::{Origin, RecordId, Row};
use jiff::civil::{Date, Time};
use life::routine::{self, RoutineAction};
use life::series::{self, Step};
use life::{LogAction, LogEntry, LogRow, LogState, rows};
use serde_json::{Value as Json, json};

/// Plans what is logged.
pub async fn log(vault: &mut Vault, args: &args::Log) -> Result<Planned> {
    let date = match &args.date {
        Some(text) => parse_date(text)?,
        None => moment(vault).await?.today,
    };
    let row = vault.row(&args.id).await?;
    match row.key.kind.as_str() {
        "routine" => routine_day(vault, &row, date, args).await,
        "task" => task_date(vault, &row, date, args).await,
        _ if !args.step.is_empty() || args.move_to.is_some() => Err(Error::usage(
            "malformed",
            "only routines have steps, and only tasks that come again are moved",
        )),
        _ => habit(vault, &row, (date, action(args)?), args.note.clone()).await,
    }
}

/// Plans a check-in of a habit.
pub(super) async fn habit(
    vault: &mut Vault,
    habit: &Row,
    (date, action): (Date, LogAction),
    note: Option<String>,
) -> Result<Planned> {
    let moment = moment(vault).await?;
    let existing = vault.document(&life::log::log_key(habit, date)).await?;
    let entry = LogEntry { date, action, time: None, note, origin: Origin::Hand };
    let (id, name) = (habit.key.id, records::title(habit));
    match life::log_habit(habit, existing.as_ref(), &entry, &moment)? {
        Some(edit) => Ok(change(edit, Some(date), move |rows| logged(id, &name, rows.first(), date))),
        None => Ok(Planned::Nothing(logged(id, &name, existing.as_ref(), date))),
    }
}

async fn routine_day(vault: &mut Vault, row: &Row, date: Date, args: &args::Log) -> Result<Planned> {
    let action = match args {
        args if args.undo => RoutineAction::Undo,
        args if args.skip => RoutineAction::Skip,
        args if !args.step.is_empty() => RoutineAction::Tick(args.step.clone()),
        args if args.value.is_none() && !args.slip && args.move_to.is_none() && args.note.is_none() => {
            RoutineAction::Finish
        }
        _ => return Err(Error::usage("malformed", "a routine is logged whole, by --step, --skip or --undo")),
    };
    let moment = moment(vault).await?;
    let existing = vault.document(&routine::routine_key(row, date)).await?;
    let edit = routine::log_routine(row, existing.as_ref(), (date, &action), Origin::Hand, &moment)?;
    let routine = row.clone();
    let said = move |log: Option<&Row>| routine_said(&routine, log, date);
    Ok(match edit {
        Some(edit) => change(edit, Some(date), move |rows| said(rows.first())),
        None => Planned::Nothing(said(existing.as_ref())),
    })
}

fn routine_said(routine: &Row, log: Option<&Row>, date: Date) -> Answer {
    let progress = routine::progress(routine, rows::by_date(log).get(&date));
    let json = json!({
        "id": routine.key.id.to_string(), "date": date.to_string(), "taken": progress.taken,
        "steps": progress.steps, "finished": progress.finished, "skipped": progress.skipped,
    });
    let state = match progress {
        progress if progress.finished => "done".to_owned(),
        progress if progress.skipped => "skipped".to_owned(),
        progress => format!("{} of {} steps", progress.taken, progress.steps),
    };
    Answer::new(json, format!("{date}  {state}  {}", records::title(routine)))
}

async fn task_date(vault: &mut Vault, task: &Row, date: Date, args: &args::Log) -> Result<Planned> {
    if !series::is_series(task) {
        return Err(Error::usage("not_allowed", "the task does not come again")
            .hint("`lifeos set ID status=completed` finishes it"));
    }
    let step = match args {
        args if args.undo => Step::Reset,
        args if args.skip => Step::Skip,
        args if args.value.is_none() && !args.slip && args.step.is_empty() && args.note.is_none() => {
            match &args.move_to {
                Some(to) => {
                    let (date, time) = parse_when(to)?;
                    Step::Move(date, time)
                }
                None => Step::Complete,
            }
        }
        _ => {
            return Err(Error::usage(
                "malformed",
                "a date of a task is logged as it is, by --skip, --move-to or --undo",
            ));
        }
    };
    let moment = moment(vault).await?;
    let existing = vault.document(&series::instance_key(task, date)).await?;
    let edit = series::log_instance(task, existing.as_ref(), (date, step), Origin::Hand, &moment)?;
    let (id, name) = (task.key.id, records::title(task));
    let said = move |log: Option<&Row>| {
        let rows = rows::by_date(log);
        let row = rows.get(&date);
        let state = row.and_then(|row| row.text("status")).unwrap_or("open").to_owned();
        let on = row.and_then(|row| row.text("moved_to")).map_or_else(|| date.to_string(), str::to_owned);
        let json = json!({
            "id": id.to_string(), "date": date.to_string(), "on": on, "state": state,
        });
        Answer::new(json, format!("{date}  {state}  {name}"))
    };
    Ok(match edit {
        Some(edit) => change(edit, Some(date), move |rows| said(rows.first())),
        None => Planned::Nothing(said(existing.as_ref())),
    })
}

/// A day, and a time if there is one.
fn parse_when(text: &str) -> Result<(Date, Option<Time>)> {
    match text.split_once('T') {
        None => Ok((parse_date(text)?, None)),
        Some((date, time)) => {
            let wrong = |_| Error::usage("malformed", format!("{time:?} is not a time of day"));
            Ok((parse_date(date)?, Some(time.parse().map_err(wrong)?)))
        }
    }
}

fn action(args: &args::Log) -> Result<LogAction> {
    Ok(match &args.value {
        _ if args.undo => LogAction::Undo,
        _ if args.skip => LogAction::Set(LogState::Skip),
        _ if args.slip => LogAction::Set(LogState::Slip),
        None => LogAction::Set(LogState::Done),
        Some(text) => {
            let value = text.trim().parse().map_err(|error: life::ParseThousandthsError| {
                Error::usage("malformed", format!("the value {text:?} cannot be logged: {error}"))
            })?;
            LogAction::Set(LogState::Value(value))
        }
    })
}

/// The answer about one day of a habit.
fn logged(habit: RecordId, name: &str, log: Option<&Row>, date: Date) -> Answer {
    let row = log.and_then(|log| LogRow::read(log).remove(&date));
    let (state, value) = state_of(row.as_ref());
    let mut json = json!({ "id": habit.to_string(), "date": date.to_string(), "state": state });
    if let (Some(map), Some(value)) = (json.as_object_mut(), value) {
        map.insert("value".into(), serde_json::from_str(&value.to_string()).unwrap_or(Json::Null));
    }
    let shown = value.map_or_else(|| state.to_owned(), |value| value.to_string());
    Answer::new(json, format!("{date}  {shown}  {name}").trim_end())
}

/// What a check-in says, in a word and with its amount.
pub(super) fn state_of(row: Option<&LogRow>) -> (&'static str, Option<life::Thousandths>) {
    match row.map(|row| row.state) {
        None => ("none", None),
        Some(LogState::Done) => ("done", None),
        Some(LogState::Skip) => ("skip", None),
        Some(LogState::Slip) => ("slip", None),
        Some(LogState::Value(value)) => ("value", Some(value)),
    }
}

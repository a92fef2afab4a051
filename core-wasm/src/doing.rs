//! What a person does besides writing fields: a line of words, a step of a routine, a date of a task, a place in a list.

use crate::desk::Errand;
use crate::error::{Code, CoreError};
use crate::records::{add_fields, all, moment, parse_date, parse_id, thing, zone};
use crate::request::{NewTime, OccurrenceChange, RoutineChange};
use crate::undo;
use crate::views::{DayState, Quick};
use engine::{Edit, Origin, Row};
use jiff::civil::Date;
use life::calendar::{self, Clock, Drag, Reach};
use life::quick::{Understood, understand};
use life::routine::{self, RoutineAction};
use life::series::{self, Step};
use life::{Assignment, LogAction, LogEntry, LogState, Moment, order, presence};
use protocol::Role;
use serde_json::json;

/// What a line means; carried out if `write`.
pub(crate) async fn quick(errand: &Errand, line: &str, write: bool) -> Result<Quick, CoreError> {
    let moment = moment(errand).await?;
    let understood = match understand(line, &all(errand, "habit").await?, moment.today) {
        Ok(understood) => understood,
        Err(unclear) => return Ok(Quick::from(&unclear)),
    };
    if write {
        match &understood {
            Understood::Log { habit, date, state, .. } => {
                let row = errand.desk.row(habit.clone()).await?.ok_or_else(crate::records::gone)?;
                undo::edit(errand, check_in(errand, &row, *date, *state, &moment).await?).await?;
            }
            Understood::Task(task) => drop(add_fields(errand, "task", task.assignments()).await?),
        }
    }
    Ok(Quick::from(&understood))
}

async fn check_in(
    errand: &Errand,
    habit: &Row,
    date: Date,
    state: LogState,
    moment: &Moment,
) -> Result<Vec<Edit>, CoreError> {
    let existing = errand.desk.row(life::log::log_key(habit, date)).await?;
    let action = LogAction::Set(state);
    let entry = LogEntry { date, action, time: None, note: None, origin: Origin::Hand };
    Ok(life::log_habit(habit, existing.as_ref(), &entry, moment)?.into_iter().collect())
}

/// Says that the app is used today, once a day. A device that has just come in waits for what the others wrote: they may
/// have said so already.
pub(crate) async fn present(errand: &Errand) -> Result<(), CoreError> {
    let moment = moment(errand).await?;
    let existing = errand.desk.row(presence::presence_key(moment.today)).await?;
    let status = errand.desk.status().await?;
    let devices = status.members.iter().filter(|member| member.active && member.role == Role::Device).count();
    if existing.is_none() && !status.live && devices > 1 {
        return Ok(());
    }
    if let Some(edit) = presence::use_today(existing.as_ref(), &moment) {
        // Nothing that a person did, so nothing that they take back.
        errand.desk.edit(vec![edit]).await?;
    }
    Ok(())
}

/// Drags something to a day and a time.
pub(crate) async fn drag(
    errand: &Errand,
    id: &str,
    date: Option<&str>,
    (on, start): (&str, &NewTime),
) -> Result<(), CoreError> {
    let (row, moment) = (thing(errand, id).await?, moment(errand).await?);
    let clock = match start {
        NewTime::Stays => Clock::Stays,
        NewTime::AllDay => Clock::AllDay,
        NewTime::At { time } => {
            let wrong = |_| CoreError::new(Code::InvalidDate, format!("{time:?} is not a time of day"));
            Clock::At(time.parse().map_err(wrong)?)
        }
    };
    let drag = Drag { row: &row, date: date.map(parse_date).transpose()?, on: parse_date(on)?, clock };
    let keys = calendar::move_keys(&row, drag.date, moment.today);
    let documents: Vec<Row> = errand.desk.rows(keys).await?.into_iter().flatten().collect();
    let edits = calendar::move_item(&drag, &documents, Origin::Hand, &moment, &zone(&moment))?;
    undo::edit(errand, edits).await.map(drop)
}

/// Says what became of a date of a task.
pub(crate) async fn occurrence(
    errand: &Errand,
    task: &str,
    date: &str,
    change: OccurrenceChange,
) -> Result<(), CoreError> {
    let step = match change {
        OccurrenceChange::Complete => Step::Complete,
        OccurrenceChange::Skip => Step::Skip,
        OccurrenceChange::Reset => Step::Reset,
    };
    let (task, date) = (thing(errand, task).await?, parse_date(date)?);
    if task.key.kind == "event" {
        if step == Step::Complete {
            return Err(CoreError::new(Code::NotAllowed, "an event passes by itself"));
        }
        let edit = calendar::leave_out(&task, date, step == Step::Skip, Origin::Hand)?;
        return undo::edit(errand, edit.into_iter().collect()).await.map(drop);
    }
    let existing = match series::series_keys(&task, date, date).pop() {
        Some(key) => errand.desk.row(key).await?,
        None => None,
    };
    let moment = moment(errand).await?;
    let edit = series::log_instance(&task, existing.as_ref(), (date, step), Origin::Hand, &moment)?;
    undo::edit(errand, edit.into_iter().collect()).await.map(drop)
}

/// Makes a date of a series, or it and all later ones, a record of its own; that record.
pub(crate) async fn part(
    errand: &Errand,
    id: &str,
    date: &str,
    onward: bool,
) -> Result<Option<Row>, CoreError> {
    let (row, date, moment) = (thing(errand, id).await?, parse_date(date)?, moment(errand).await?);
    let log = match calendar::part_key(&row, date) {
        Some(key) => errand.desk.row(key).await?,
        None => None,
    };
    let reach = if onward { Reach::Onward } else { Reach::One };
    let made = errand.desk.new_id();
    let parted = calendar::part(&row, log.as_ref(), (date, reach), made, (Origin::Hand, &moment))?;
    undo::edit(errand, parted.edits).await?;
    errand.desk.row(parted.record).await
}

/// Ends a series before a date of it.
pub(crate) async fn end_before(errand: &Errand, id: &str, date: &str) -> Result<(), CoreError> {
    let (row, date) = (thing(errand, id).await?, parse_date(date)?);
    let edit = calendar::end_before(&row, date, Origin::Hand)?;
    undo::edit(errand, edit.into_iter().collect()).await.map(drop)
}

/// Says what was done of a routine on a day.
pub(crate) async fn routine_step(
    errand: &Errand,
    routine: &str,
    date: &str,
    change: &RoutineChange,
) -> Result<(), CoreError> {
    let action = match change {
        RoutineChange::Step { step, done: true } => RoutineAction::Tick(vec![step.clone()]),
        RoutineChange::Step { step, done: false } => RoutineAction::Untick(vec![step.clone()]),
        RoutineChange::Finish => RoutineAction::Finish,
        RoutineChange::Skip => RoutineAction::Skip,
        RoutineChange::Reset => RoutineAction::Undo,
    };
    let (routine, date) = (thing(errand, routine).await?, parse_date(date)?);
    let existing = errand.desk.row(routine::routine_key(&routine, date)).await?;
    let moment = moment(errand).await?;
    let edit = routine::log_routine(&routine, existing.as_ref(), (date, &action), Origin::Hand, &moment)?;
    undo::edit(errand, edit.into_iter().collect()).await.map(drop)
}

/// Puts a record behind another of its type, and under a heading if one is given.
pub(crate) async fn arrange(
    errand: &Errand,
    id: &str,
    after: Option<&str>,
    group: Option<&str>,
) -> Result<(), CoreError> {
    let moved = thing(errand, id).await?;
    let mut rows = all(errand, &moved.key.kind).await?;
    order::sort(&mut rows);
    rows.retain(|row| row.key != moved.key);
    let at = match after {
        None => 0,
        Some(after) => {
            let after = parse_id(after)?;
            let at = rows.iter().position(|row| row.key.id == after);
            at.ok_or_else(crate::records::gone)? + 1
        }
    };
    let mut edits = Vec::new();
    if let Some(group) = group {
        edits.extend(life::update(&moved, &[Assignment::json("group", json!(group))], Origin::Hand)?);
    }
    rows.insert(at, moved);
    edits.extend(order::arrange(&rows, Origin::Hand));
    undo::edit(errand, edits).await.map(drop)
}

impl From<LogState> for DayState {
    fn from(state: LogState) -> Self {
        match state {
            LogState::Done => Self::Done,
            LogState::Skip => Self::Skip,
            LogState::Slip => Self::Slip,
            LogState::Value(_) => Self::Value,
        }
    }
}

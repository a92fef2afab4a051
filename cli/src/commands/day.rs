//! `today`: what the day asks for, and how it stands.

use super::tick::state_of;
use super::write::{moment, parse_date};
use crate::args;
use crate::driver::unexpected;
use crate::error::Result;
use crate::output::{Answer, table};
use crate::records;
use crate::vault::Vault;
use engine::{Command, Query, RecordId, Reply, Row};
use jiff::civil::Date;
use life::agenda::{self, RoutineDay, SeriesDay};
use life::day::{Day, HabitDay, Rows, week_start};
use life::rules::{Checks, Plan, Streak, Unit, streak, strength};
use life::{LogRow, presence, series};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Most rows asked for at once.
const PAGE: usize = 500;

/// All documents of a kind, those in the trash too.
pub(super) async fn all(vault: &mut Vault, kind: &str) -> Result<Vec<Row>> {
    let mut found = Vec::new();
    each(vault, kind, |row| {
        found.push(row);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Shows every document of a kind, those in the trash too, a page in memory at a time.
pub(super) async fn each(
    vault: &mut Vault,
    kind: &str,
    mut show: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    let mut after = None;
    loop {
        let query = Query::List { kind: kind.into(), parent: None, after: after.take(), limit: PAGE };
        match vault.driver.ask(query).await? {
            Reply::Page(rows, next) => {
                rows.into_iter().try_for_each(&mut show)?;
                after = next;
            }
            other => return Err(unexpected(&other)),
        }
        if after.is_none() {
            return Ok(());
        }
    }
}

/// A habit with how it stands.
struct Standing {
    day: HabitDay,
    streak: Streak,
    strength: f64,
}

/// The day.
pub async fn today(vault: &mut Vault, args: &args::Today) -> Result<Answer> {
    let moment = moment(vault).await?;
    let date = match &args.date {
        Some(text) => parse_date(text)?,
        None => moment.today,
    };
    let profile = vault.find(RecordId::singleton("profile")).await?;
    let start = week_start(profile.as_ref());
    let habits = all(vault, "habit").await?;
    let logs = all(vault, life::log::HABIT_LOG).await?;
    let tasks = all(vault, "task").await?;
    let seasons = all(vault, "season").await?;
    let routines = all(vault, "routine").await?;
    let keys = agenda::keys(&routines, &tasks, date);
    let other_logs = match vault.driver.ask(Query::Get(keys)).await? {
        Reply::Rows(rows) => rows.into_iter().flatten().collect::<Vec<Row>>(),
        other => return Err(unexpected(&other)),
    };
    let routines = agenda::routines(&routines, &other_logs, date, start);
    let waiting = agenda::series(&tasks, &other_logs, date);
    // Of a series its dates are shown, not the task as a whole.
    let single = tasks.into_iter().filter(|task| !series::is_series(task)).collect();
    // Who looks at the day is there.
    let present = Some(date.min(moment.today));
    let mut rows_of: BTreeMap<RecordId, Vec<(Date, LogRow)>> = BTreeMap::new();
    for log in &logs {
        rows_of.entry(log.key.id).or_default().extend(LogRow::read(log));
    }
    let day = Day::of(date, Rows { habits, logs, tasks: single, seasons }, start);
    let clock = vault.driver.clock().clone();
    let stand = |habit: &HabitDay| {
        let rows = rows_of.get(&habit.habit.key.id).map(Vec::as_slice).unwrap_or_default();
        let plan = Plan::of(&habit.habit, clock.date_of(habit.habit.created), start);
        let checks = Checks::new(rows.iter().map(|(date, row)| (*date, row)), date, present);
        Standing { day: habit.clone(), streak: streak(&plan, &checks), strength: strength(&plan, &checks) }
    };
    let habits: Vec<Standing> = day.habits.iter().map(stand).collect();
    be_present(vault, &moment).await?;
    Ok(Answer::new(to_json(&day, &habits, &routines, &waiting), to_text(&day, &habits, &routines, &waiting)))
}

/// Writes down that the app was used today, once.
async fn be_present(vault: &mut Vault, moment: &life::Moment) -> Result<()> {
    let existing = vault.document(&presence::presence_key(moment.today)).await?;
    let Some(edit) = presence::use_today(existing.as_ref(), moment) else { return Ok(()) };
    match vault.driver.run(Command::Edit(vec![edit])).await? {
        Reply::Edited(rows) => {
            vault.remember(&rows);
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

fn to_json(day: &Day, habits: &[Standing], routines: &[RoutineDay], waiting: &[SeriesDay]) -> Json {
    let habit = |standing: &Standing| {
        let (state, value) = state_of(standing.day.log.as_ref());
        json!({
            "id": standing.day.habit.key.id.to_string(), "name": records::title(&standing.day.habit),
            "due": standing.day.due, "state": state, "value": value.map(life::Thousandths::to_json),
            "streak": standing.streak.current, "best": standing.streak.best, "unit": unit(standing.streak.unit, 1),
            "freezes": standing.streak.freezes, "strength": (standing.strength * 1000.0).round() / 1000.0,
        })
    };
    let routine = |day: &RoutineDay| {
        json!({
            "id": day.routine.key.id.to_string(), "title": records::title(&day.routine),
            "taken": day.progress.taken, "steps": day.progress.steps, "finished": day.progress.finished,
            "skipped": day.progress.skipped,
        })
    };
    let waits = |day: &SeriesDay| {
        let mut json = json!({ "id": day.task.key.id.to_string(), "title": records::title(&day.task) });
        let more = match &day.due {
            Ok(due) => json!({
                "date": due.instance.date.to_string(), "on": due.instance.on.to_string(),
                "time": due.instance.time.map(|time| time.strftime("%H:%M").to_string()), "missed": due.missed,
            }),
            Err(error) => json!({ "problem": error.to_string() }),
        };
        if let (Json::Object(json), Json::Object(more)) = (&mut json, more) {
            json.extend(more);
        }
        json
    };
    json!({
        "date": day.date.to_string(),
        "season": day.season.as_ref().map(records::title),
        "habits": habits.iter().map(habit).collect::<Vec<_>>(),
        "routines": routines.iter().map(routine).collect::<Vec<_>>(),
        "repeating": waiting.iter().map(waits).collect::<Vec<_>>(),
        "tasks": day.tasks.iter().map(records::view).collect::<Vec<_>>(),
        "done": day.done.iter().map(records::view).collect::<Vec<_>>(),
    })
}

const fn unit(unit: Unit, many: u32) -> &'static str {
    match (unit, many) {
        (Unit::Day, 1) => "day",
        (Unit::Day, _) => "days",
        (Unit::Week, 1) => "week",
        (Unit::Week, _) => "weeks",
        (Unit::Month, 1) => "month",
        (Unit::Month, _) => "months",
    }
}

fn to_text(day: &Day, habits: &[Standing], routines: &[RoutineDay], waiting: &[SeriesDay]) -> String {
    let tick = |done: bool| if done { "[x]" } else { "[ ]" }.to_owned();
    let mut lines: Vec<Vec<String>> = Vec::new();
    for standing in habits.iter().filter(|standing| standing.day.due || standing.day.log.is_some()) {
        let (state, value) = state_of(standing.day.log.as_ref());
        let shown = match (state, value) {
            ("none", _) => "[ ]".to_owned(),
            (_, Some(value)) => format!("[{value}]"),
            ("done", _) => tick(true),
            (state, _) => format!("[{state}]"),
        };
        let count = standing.streak.current;
        let streak =
            format!("{count} {}, {:.0} %", unit(standing.streak.unit, count), standing.strength * 100.0);
        lines.push(vec![shown, records::title(&standing.day.habit), streak]);
    }
    for routine in routines {
        let progress = routine.progress;
        let steps = if progress.skipped {
            "skipped".to_owned()
        } else {
            format!("{} of {}", progress.taken, progress.steps)
        };
        lines.push(vec![tick(progress.finished), records::title(&routine.routine), steps]);
    }
    for waits in waiting {
        let when = match &waits.due {
            Ok(due) if due.missed > 0 => format!("due {}, {} missed", due.instance.on, due.missed),
            Ok(due) => format!("due {}", due.instance.on),
            Err(error) => error.to_string(),
        };
        lines.push(vec![tick(false), records::title(&waits.task), when]);
    }
    let due = |task: &Row| match task.fields.get("due") {
        Some(engine::Value::Text(due)) => format!("due {due}"),
        _ => String::new(),
    };
    lines.extend(day.tasks.iter().map(|task| vec![tick(false), records::title(task), due(task)]));
    lines.extend(day.done.iter().map(|task| vec![tick(true), records::title(task)]));
    let season =
        day.season.as_ref().map(|season| format!("  {}", records::title(season))).unwrap_or_default();
    let head = format!("{} {}{season}", day.date.strftime("%A"), day.date);
    if lines.is_empty() {
        format!("{head}\nNothing is asked for.")
    } else {
        format!("{head}\n{}", table(&lines))
    }
}

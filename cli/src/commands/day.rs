//! `today`: what the day asks for, and how it stands.

use super::tick::state_of;
use super::write::{moment, parse_date};
use crate::args;
use crate::driver::unexpected;
use crate::error::{Error, Result};
use crate::output::{Answer, table};
use crate::records;
use crate::vault::Vault;
use engine::{Command, Query, RecordId, Reply, Row};
use jiff::tz::TimeZone;
use life::agenda::{RoutineDay, SeriesDay};
use life::calendar::{CalendarItem, ItemKind};
use life::day::{self, Day, HabitDay};
use life::presence;
use life::rules::Unit;
use life::series::InstanceState;
use life::standing::{self, Standing};
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

/// Shows the day.
pub async fn today(vault: &mut Vault, args: &args::Today) -> Result<Answer> {
    let moment = moment(vault).await?;
    let date = match &args.date {
        Some(text) => parse_date(text)?,
        None => moment.today,
    };
    // Who looks at the day is there.
    be_present(vault, &moment).await?;
    let profile = vault.find(RecordId::singleton("profile")).await?;
    let start = day::week_start(profile.as_ref());
    let zone = TimeZone::get(&moment.timezone).unwrap_or_else(|_| TimeZone::unknown());
    let mut asking = day::Asking::new(date, start, zone.clone());
    while let Some(question) = asking.question() {
        let reply = vault.driver.ask(question).await?;
        asking.answer(reply).map_err(|error| Error::failed("internal", error.to_string()))?;
    }
    let day = asking.day();
    let habits = day.habits.iter().map(|habit| habit.habit.clone()).collect();
    let mut asking = standing::Asking::new(habits, date, start, zone);
    while let Some(question) = asking.question() {
        let reply = vault.driver.ask(question).await?;
        asking.answer(reply).map_err(|error| Error::failed("internal", error.to_string()))?;
    }
    let shown = Shown { standings: asking.standings(), day };
    Ok(Answer::new(shown.to_json(), shown.to_text()))
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

/// A day, and how its habits stand.
struct Shown {
    day: Day,
    standings: BTreeMap<RecordId, Standing>,
}

impl Shown {
    fn to_json(&self) -> Json {
        let day = &self.day;
        json!({
            "date": day.date.to_string(),
            "season": day.season.as_ref().map(records::title),
            "habits": day.habits.iter().map(|habit| self.habit(habit)).collect::<Vec<_>>(),
            "routines": day.routines.iter().map(routine).collect::<Vec<_>>(),
            "repeating": day.series.iter().map(repeating).collect::<Vec<_>>(),
            "tasks": day.tasks.iter().map(records::view).collect::<Vec<_>>(),
            "done": day.done.iter().map(records::view).collect::<Vec<_>>(),
            "more": day.more,
            "agenda": day.agenda.iter().map(item).collect::<Vec<_>>(),
        })
    }

    fn habit(&self, habit: &HabitDay) -> Json {
        let (state, value) = state_of(habit.log.as_ref());
        let mut json = json!({
            "id": habit.habit.key.id.to_string(), "name": records::title(&habit.habit),
            "due": habit.due, "state": state, "value": value.map(life::Thousandths::to_json),
        });
        if let (Some(object), Some(standing)) =
            (json.as_object_mut(), self.standings.get(&habit.habit.key.id))
        {
            let streak = standing.streak();
            let strength = (standing.strength() * 1000.0).round() / 1000.0;
            let more = [
                ("streak", json!(streak.current)),
                ("best", json!(streak.best)),
                ("unit", json!(unit(streak.unit, 1))),
                ("freezes", json!(streak.freezes)),
                ("strength", json!(strength)),
            ];
            object.extend(more.map(|(name, value)| (name.to_owned(), value)));
        }
        json
    }

    fn to_text(&self) -> String {
        let day = &self.day;
        let mut lines: Vec<Vec<String>> = day.agenda.iter().map(item_line).collect();
        let asked = day.habits.iter().filter(|habit| habit.due || habit.log.is_some());
        lines.extend(asked.map(|habit| self.habit_line(habit)));
        lines.extend(day.routines.iter().map(routine_line));
        lines.extend(day.series.iter().map(series_line));
        let due = |task: &Row| match task.fields.get("due") {
            Some(engine::Value::Text(due)) => format!("due {due}"),
            _ => String::new(),
        };
        lines.extend(day.tasks.iter().map(|task| vec![tick(false), records::title(task), due(task)]));
        lines.extend(day.done.iter().map(|task| vec![tick(true), records::title(task)]));
        let season =
            day.season.as_ref().map(|season| format!("  {}", records::title(season))).unwrap_or_default();
        let mut text = format!("{} {}{season}\n", day.date.strftime("%A"), day.date);
        text.push_str(&if lines.is_empty() { "Nothing is asked for.".to_owned() } else { table(&lines) });
        if day.more > 0 {
            text.push_str(&format!("\n{} more tasks: `lifeos list task`", day.more));
        }
        text
    }

    fn habit_line(&self, habit: &HabitDay) -> Vec<String> {
        let (state, value) = state_of(habit.log.as_ref());
        let shown = match (state, value) {
            ("none", _) => tick(false),
            (_, Some(value)) => format!("[{value}]"),
            ("done", _) => tick(true),
            (state, _) => format!("[{state}]"),
        };
        let stands = self.standings.get(&habit.habit.key.id).map(|standing| {
            let streak = standing.streak();
            let count = streak.current;
            format!("{count} {}, {:.0} %", unit(streak.unit, count), standing.strength() * 100.0)
        });
        vec![shown, records::title(&habit.habit), stands.unwrap_or_default()]
    }
}

fn tick(done: bool) -> String {
    if done { "[x]" } else { "[ ]" }.to_owned()
}

fn routine(day: &RoutineDay) -> Json {
    json!({
        "id": day.routine.key.id.to_string(), "title": records::title(&day.routine), "due": day.due,
        "taken": day.progress.taken, "steps": day.progress.steps, "finished": day.progress.finished,
        "skipped": day.progress.skipped,
    })
}

fn routine_line(day: &RoutineDay) -> Vec<String> {
    let progress = day.progress;
    let steps = if progress.skipped {
        "skipped".to_owned()
    } else {
        format!("{} of {}", progress.taken, progress.steps)
    };
    vec![tick(progress.finished), records::title(&day.routine), steps]
}

fn repeating(day: &SeriesDay) -> Json {
    let mut json = json!({ "id": day.task.key.id.to_string(), "title": records::title(&day.task) });
    let more = match &day.instance {
        Ok(instance) => json!({
            "date": instance.date.to_string(), "on": instance.on.to_string(),
            "time": instance.time.map(|time| time.strftime("%H:%M").to_string()),
            "state": word_of(instance.state), "missed": day.missed,
        }),
        Err(error) => json!({ "problem": error.to_string() }),
    };
    if let (Json::Object(json), Json::Object(more)) = (&mut json, more) {
        json.extend(more);
    }
    json
}

fn series_line(day: &SeriesDay) -> Vec<String> {
    let (done, when) = match &day.instance {
        Ok(instance) if instance.state != InstanceState::Open => {
            (true, format!("{} for {}", word_of(instance.state), instance.date))
        }
        Ok(instance) if day.missed > 0 => (false, format!("due {}, {} missed", instance.on, day.missed)),
        Ok(instance) => (false, format!("due {}", instance.on)),
        Err(error) => (false, error.to_string()),
    };
    vec![tick(done), records::title(&day.task), when]
}

const fn word_of(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Open => "open",
        InstanceState::Completed(_) => "completed",
        InstanceState::Skipped => "skipped",
    }
}

fn item(item: &CalendarItem) -> Json {
    let clock = |time: Option<jiff::civil::Time>| time.map(|time| time.strftime("%H:%M").to_string());
    json!({
        "id": item.record.id.to_string(), "type": kind_of(item.kind), "title": item.title,
        "date": item.date.map(|date| date.to_string()), "on": item.on.to_string(),
        "until": item.until.to_string(), "start": clock(item.start), "end": clock(item.end),
    })
}

fn item_line(item: &CalendarItem) -> Vec<String> {
    let when = match item.start {
        Some(start) => start.strftime("%H:%M").to_string(),
        None => "all day".to_owned(),
    };
    vec![when, item.title.clone(), kind_of(item.kind).to_owned()]
}

const fn kind_of(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Event => "event",
        ItemKind::Task => "task",
        ItemKind::Routine => "routine",
        ItemKind::Birthday => "birthday",
    }
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

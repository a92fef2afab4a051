//! A year of a life, made through the public commands: the fixture of every story that needs real amounts.
//!
//! Invariant: the commands follow from seed and size alone. Ids are made by `lifeos`, so a command names the record
//! that the nth `add` of the year makes as `<n>`, and [`live`] puts the id there once it is known.

use crate::dice::Dice;
use crate::home::{Home, Session};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

mod goals;
mod habits;
mod tasks;
mod words;

/// Months of a year.
const MONTHS: usize = 12;

/// How much happens in the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Habits, of all kinds.
    pub habits: usize,
    /// Days of habits that are logged; corrections come on top.
    pub check_ins: usize,
    /// Tasks.
    pub tasks: usize,
    /// Goals, with milestones.
    pub goals: usize,
}

impl Size {
    /// A whole year of a busy person.
    pub const YEAR: Self = Self { habits: 40, check_ins: 6_000, tasks: 1_500, goals: 30 };
    /// A year of somebody who has just a little to do: everything occurs, nothing often.
    pub const SMALL: Self = Self { habits: 8, check_ins: 120, tasks: 36, goals: 6 };
}

/// What the year comes to: what must be found at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Habits.
    pub habits: usize,
    /// Goals.
    pub goals: usize,
    /// Tasks, those in the trash included.
    pub tasks: usize,
    /// Seasons.
    pub seasons: usize,
    /// Records in the trash.
    pub trashed: usize,
    /// Days with a check-in.
    pub days: usize,
}

/// What is done in one sitting, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// As `LIFEOS_NOW` takes it.
    pub now: String,
    /// Commands for `batch`.
    pub lines: Vec<String>,
}

/// A year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// A sitting a month, in order.
    pub sittings: Vec<Sitting>,
    /// What must be found afterwards.
    pub tally: Tally,
}

impl Year {
    /// The year of a seed, from December 2025 to November 2026.
    pub fn new(seed: u64, size: Size) -> Self {
        let mut script =
            Script { dice: Dice::new(seed), lines: Vec::new(), added: 0, tally: Tally::default() };
        let mut habits = habits::Habits::new(size);
        let mut goals = goals::Goals::new(size);
        let mut tasks = tasks::Tasks::new(size);
        let mut sittings = Vec::with_capacity(MONTHS);
        for month in 0..MONTHS {
            let calendar = Calendar::new(month);
            person(&mut script, month, &calendar);
            habits.month(&mut script, month, &calendar);
            goals.month(&mut script, month, &calendar, &habits);
            tasks.month(&mut script, &calendar, &goals);
            sittings.push(Sitting { now: calendar.now(), lines: std::mem::take(&mut script.lines) });
        }
        Self { sittings, tally: script.tally }
    }

    /// Commands in all.
    pub fn commands(&self) -> usize {
        self.sittings.iter().map(|sitting| sitting.lines.len()).sum()
    }
}

/// One month of the year.
pub(crate) struct Calendar {
    year: u16,
    month: usize,
}

impl Calendar {
    /// The first month is December 2025.
    fn new(month: usize) -> Self {
        let since = month + 11;
        Self { year: if since < 12 { 2025 } else { 2026 }, month: since % 12 + 1 }
    }

    /// A day of it; every month has 28 here.
    pub fn day(&self, day: usize) -> String {
        format!("{}-{:02}-{day:02}", self.year, self.month)
    }

    /// The evening of its last day, in Berlin.
    fn now(&self) -> String {
        // Summer time holds on the 28th of April to September; in March and October it changes around that day.
        let offset = if (4..=9).contains(&self.month) { "+02:00" } else { "+01:00" };
        format!("{}T21:00:00{offset}[Europe/Berlin]", self.day(28))
    }
}

/// The commands as they are thought up.
pub(crate) struct Script {
    pub dice: Dice,
    pub tally: Tally,
    lines: Vec<String>,
    added: usize,
}

impl Script {
    /// A command.
    pub fn line(&mut self, words: &[String]) {
        self.lines.push(json!(words).to_string());
    }

    /// Adds a record; gives the name of its id.
    pub fn add(&mut self, kind: &str, fields: Vec<String>) -> String {
        let mut words = vec!["add".to_owned(), kind.to_owned()];
        words.extend(fields);
        self.line(&words);
        self.added += 1;
        format!("<{}>", self.added - 1)
    }

    /// Changes a record.
    pub fn set(&mut self, id: &str, fields: Vec<String>) {
        let mut words = vec!["set".to_owned(), id.to_owned()];
        words.extend(fields);
        self.line(&words);
    }

    /// A command that takes an id alone.
    pub fn one(&mut self, command: &str, id: &str) {
        self.line(&[command.to_owned(), id.to_owned()]);
    }
}

/// `field=value`.
pub(crate) fn is(field: &str, value: impl std::fmt::Display) -> String {
    format!("{field}={value}")
}

/// Profile, settings and seasons.
fn person(script: &mut Script, month: usize, calendar: &Calendar) {
    let fields = |pairs: &[(&str, &str)]| pairs.iter().map(|(field, value)| is(field, value)).collect();
    match month {
        0 => {
            let profile = [
                ("name", "Robin Ahlgren"),
                ("birth_date", "1988-02-29"),
                ("timezone", "Europe/Berlin"),
                ("day_start", "3"),
                ("units", "metric"),
                ("locale", "de-DE"),
                ("week_start", "monday"),
            ];
            script.set("profile", fields(&profile));
            let settings = [
                ("theme", "dark"),
                ("language", "de-DE"),
                ("quiet_start", "22:00"),
                ("quiet_end", "06:30"),
                ("work_start", "08:30"),
                ("work_end", "17:00"),
                ("lock_minutes", "10"),
                ("features", r#"{"planner":true,"rewards":false}"#),
                ("insight_thresholds", r#"{"decay":0.25,"anomaly":3.5}"#),
                ("budgets", r#"{"entries":20000}"#),
            ];
            script.set("settings", fields(&settings));
        }
        6 => {
            script.set(
                "settings",
                fields(&[("theme", "light"), ("accent", "#3366cc"), ("features+", "rewards true")]),
            );
            script.set("profile", fields(&[("day_start", "2"), ("name", "Robin Ahlgren-Okafor")]));
        }
        _ => {}
    }
    if month.is_multiple_of(3) {
        let title = ["Deep winter", "Thaw", "High summer", "Harvest"][month / 3];
        let focus = words::sentences(&mut script.dice, 4);
        let fields = vec![
            is("title", title),
            is("start", calendar.day(1)),
            is("focus", focus),
            is("tags", "season,review"),
        ];
        let season = script.add("season", fields);
        script.set(&season, vec![is("title", format!("{title}, again")), is("end", "")]);
        script.tally.seasons += 1;
    }
}

/// What it took to live the year.
#[derive(Debug, Clone)]
pub struct Lived {
    /// Commands carried out.
    pub commands: usize,
    /// From the first command to the last answer, unlocks included.
    pub took: Duration,
    /// The ids that were made, in order.
    pub ids: Vec<String>,
}

/// Lives a year in a home: a `batch` a sitting, every command of which must succeed.
pub fn live(home: &Home, year: &Year) -> Lived {
    let begun = Instant::now();
    let mut ids = Vec::new();
    for sitting in &year.sittings {
        let mut session = home.with_now(&sitting.now).start(&["batch"]);
        let mut owed: VecDeque<&str> = VecDeque::new();
        for line in &sitting.lines {
            let told = loop {
                match with_ids(line, &ids) {
                    Some(told) => break told,
                    // The record it names is still being made.
                    None => take(&session, owed.pop_front().expect("a record that is being made"), &mut ids),
                }
            };
            session.tell(&told);
            owed.push_back(line);
        }
        for line in owed {
            take(&session, line, &mut ids);
        }
        let said = session.finish();
        assert_eq!(said.exit, 0, "{}", said.err);
    }
    Lived { commands: year.commands(), took: begun.elapsed(), ids }
}

/// Takes the answer to `line`.
fn take(session: &Session, line: &str, ids: &mut Vec<String>) {
    let answer = session.answer();
    assert!(answer.get("error").is_none(), "{line}: {answer}");
    if line.starts_with(r#"["add""#) {
        ids.push(answer["id"].as_str().expect("an id").to_owned());
    }
}

/// The line with every `<n>` replaced; None if one is not known yet.
fn with_ids(line: &str, ids: &[String]) -> Option<String> {
    let mut told = String::with_capacity(line.len() + 64);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        let (number, after) = after.split_once('>').expect("a closed name");
        told.push_str(before);
        told.push_str(ids.get(number.parse::<usize>().expect("a number"))?);
        rest = after;
    }
    told.push_str(rest);
    Some(told)
}

/// What an export holds, counted as [`Tally`] counts.
pub fn tally_of(export: &str) -> Tally {
    let export: Value = serde_json::from_str(export).expect("JSON");
    let records = export["records"].as_array().expect("records");
    let of = |kind: &str| records.iter().filter(|record| record["type"] == kind).count();
    let days = export["streams"].as_array().expect("rows").iter();
    Tally {
        habits: of("habit"),
        goals: of("goal"),
        tasks: of("task"),
        seasons: of("season"),
        trashed: records.iter().filter(|record| record["deleted"] == true).count(),
        days: days.filter(|row| row["type"] == "habit_log").count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_follows_from_its_seed_and_another_seed_makes_another() {
        let year = Year::new(7, Size::SMALL);
        assert_eq!(year, Year::new(7, Size::SMALL));
        assert_ne!(year, Year::new(8, Size::SMALL));
    }

    #[test]
    fn a_year_is_as_large_as_it_should_be() {
        let year = Year::new(1, Size::YEAR);
        let tally = year.tally;
        assert_eq!((tally.habits, tally.goals, tally.tasks, tally.seasons), (40, 30, 1_500, 4));
        let logs = year.sittings.iter().flat_map(|s| &s.lines).filter(|line| line.starts_with(r#"["log""#));
        let logs: Vec<_> = logs.collect();
        let undone = logs.iter().filter(|line| line.contains("--undo")).count();
        assert_eq!(tally.days, 6_000 - undone);
        for word in ["--undo", "--skip", "--slip", "--value", "--note"] {
            assert!(logs.iter().any(|line| line.contains(word)), "{word}");
        }
        assert!(year.commands() > 9_000, "{}", year.commands());
    }

    #[test]
    fn a_name_is_replaced_only_when_its_id_is_known() {
        let ids = ["one".to_owned(), "two".to_owned()];
        assert_eq!(with_ids("set <1> goal=<0>", &ids).as_deref(), Some("set two goal=one"));
        assert_eq!(with_ids("set <2>", &ids), None);
        assert_eq!(with_ids("status", &ids).as_deref(), Some("status"));
    }
}

//! What is drawn of habits, and how they stand. 21 November 2026 is a Saturday.

use crate::support::{NOW, answer, apply, create, id};
use engine::{DocKey, Origin, Row};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use life::chart::HabitChart;
use life::rules::{Checks, Plan, streak, strength};
use life::standing::{Asking, Standing};
use life::{LogAction, LogEntry, LogRow, LogState, Moment, presence};
use std::collections::BTreeMap;

const TODAY: Date = date(2026, 11, 21);

fn ago(days: i32) -> Date {
    TODAY.checked_sub(days.days()).unwrap()
}

/// Documents of a log with these days, each logged on its day.
fn logs(habit: &Row, days: &[(i32, LogState)]) -> Vec<Row> {
    let mut documents: BTreeMap<DocKey, Row> = BTreeMap::new();
    for (days, state) in days {
        let day = ago(*days);
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond();
        let moment = Moment { now: noon, timezone: "UTC".into(), today: TODAY };
        let action = LogAction::Set(*state);
        let entry = LogEntry { date: day, action, time: None, note: None, origin: Origin::Hand };
        let before = documents.remove(&life::log::log_key(habit, day));
        let edit = life::log_habit(habit, before.as_ref(), &entry, &moment).unwrap().unwrap();
        let row = apply(&edit, before, noon);
        documents.insert(row.key.clone(), row);
    }
    documents.into_values().collect()
}

fn done(days: impl IntoIterator<Item = i32>) -> Vec<(i32, LogState)> {
    days.into_iter().map(|day| (day, LogState::Done)).collect()
}

fn chart(habit: &Row, days: &[(i32, LogState)], from: Date, to: Date) -> HabitChart {
    let standing =
        Standing::of(habit, &logs(habit, days), (TODAY, Some(TODAY)), Weekday::Monday, &TimeZone::UTC);
    standing.chart(from, to)
}

/// Kept of asked, Monday first.
fn weekdays(habit: &Row, days: &[(i32, LogState)], from: Date) -> [(u32, u32); 7] {
    chart(habit, days, from, TODAY).weekdays.map(|day| (day.kept, day.asked))
}

#[test]
fn a_weekday_counts_the_days_that_were_asked_for_and_those_that_were_kept() {
    let habit = |more: &[&str]| create("habit", &[&["name=N"], more].concat());
    // Two weeks to today: Monday the 9th was 12 days ago.
    let from = ago(13);
    let daily = habit(&[]);
    let some = done([13, 12, 11, 9, 5, 4]);
    // Sunday 8, Monday 9, Tuesday 10, Thursday 12; Monday 16, Tuesday 17. Today is open and not asked for yet.
    assert_eq!(weekdays(&daily, &some, from), [(2, 2), (2, 2), (0, 2), (1, 2), (0, 2), (0, 1), (1, 2)]);
    let today = [some.clone(), done([0])].concat();
    assert_eq!(weekdays(&daily, &today, from)[5], (1, 2));
    let skipped = [some.clone(), vec![(10, LogState::Skip)]].concat();
    assert_eq!(weekdays(&daily, &skipped, from)[2], (0, 1), "a skipped day is not asked for");
    let paused = habit(&[r#"pauses={"2026-11-18":"open"}"#]);
    assert_eq!(weekdays(&paused, &some, from), [(2, 2), (2, 2), (0, 1), (1, 1), (0, 1), (0, 1), (1, 2)]);
    let named = habit(&["schedule=weekdays mon tue"]);
    assert_eq!(weekdays(&named, &some, from), [(2, 2), (2, 2), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]);
    // Nothing is known of days before the first, and none before `from` count.
    assert_eq!(weekdays(&daily, &done([1]), from)[4], (1, 1));
    assert_eq!(weekdays(&daily, &some, ago(6)), [(1, 1), (1, 1), (0, 1), (0, 1), (0, 1), (0, 0), (0, 1)]);
}

#[test]
fn an_avoided_habit_is_kept_on_days_without_a_slip_as_far_as_is_known() {
    let bad = Row { created: NOW, ..create("habit", &["name=N", "polarity=bad"]) };
    let slip = [(2, LogState::Slip)];
    let logs = logs(&bad, &slip);
    let with = |present| {
        let standing = Standing::of(&bad, &logs, (TODAY, present), Weekday::Monday, &TimeZone::UTC);
        standing.chart(ago(30), TODAY).weekdays.map(|day| (day.kept, day.asked))
    };
    // It was made on Wednesday the 18th; the slip was on Thursday.
    assert_eq!(with(Some(TODAY)), [(0, 0), (0, 0), (1, 1), (0, 1), (1, 1), (1, 1), (0, 0)]);
    assert_eq!(with(Some(ago(2))), [(0, 0), (0, 0), (1, 1), (0, 1), (0, 0), (0, 0), (0, 0)]);
}

#[test]
fn the_line_of_strength_has_a_point_a_day_and_is_that_of_the_rule() {
    let habit = create("habit", &["name=N"]);
    let chart = chart(&habit, &done(3..20), ago(9), ago(2));
    let days: Vec<Date> = chart.strength.iter().map(|(day, _)| *day).collect();
    assert_eq!(days, (2..=9).rev().map(ago).collect::<Vec<_>>());
    let falls = chart.strength.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
    assert_eq!(falls, 1, "it grew each day but for the last one");
    assert_eq!((chart.streak.current, chart.streak.best), (17, 17), "two misses are frozen");
}

#[test]
fn what_is_asked_about_habits_is_all_that_was_ever_logged_for_them() {
    let habit = |n: u8, more: &[&str]| {
        let row = create("habit", &[&["name=N"], more].concat());
        Row { key: DocKey::thing("habit", id(n)), ..row }
    };
    let habits = [habit(1, &[]), habit(2, &["schedule=week 3"]), habit(3, &["polarity=bad"]), habit(4, &[])];
    let mut rows = Vec::new();
    rows.extend(logs(&habits[0], &done(0..1500)));
    rows.extend(logs(&habits[1], &done((0..900).filter(|n| n % 5 != 0))));
    rows.extend(logs(&habits[2], &[(30, LogState::Slip)]));
    for day in [ago(400), ago(2)] {
        let moment = Moment { now: NOW, timezone: "UTC".into(), today: day };
        let key = presence::presence_key(day);
        let before = rows.iter().position(|row: &Row| row.key == key).map(|at| rows.remove(at));
        rows.push(apply(&presence::use_today(before.as_ref(), &moment).unwrap(), before, NOW));
    }
    let mut asking = Asking::new(habits.to_vec(), TODAY, Weekday::Monday, TimeZone::UTC);
    while let Some(question) = asking.question() {
        asking.answer(answer(&rows, question)).expect("an answer to the question");
    }
    let standings = asking.standings();
    for habit in &habits {
        let own = rows.iter().filter(|row| row.key.kind == "habit_log" && row.key.id == habit.key.id);
        let logged: BTreeMap<Date, LogRow> = own.flat_map(LogRow::read).collect();
        let checks = Checks::new(logged.iter().map(|(day, row)| (*day, row)), TODAY, Some(ago(2)));
        // Made at NOW, which is the 18th of November.
        let plan = Plan::of(habit, date(2026, 11, 18), Weekday::Monday);
        let standing = &standings[&habit.key.id];
        assert_eq!(standing.streak(), streak(&plan, &checks));
        assert_eq!(standing.strength().to_bits(), strength(&plan, &checks).to_bits());
    }
    assert_eq!(standings[&habits[0].key.id].streak().current, 1500);
    assert_eq!(standings[&habits[3].key.id].streak().current, 0);
}

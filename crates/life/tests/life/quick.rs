//! Lines and what they mean. Today is Saturday, 21 November 2026.

use crate::support::{create, id};
use engine::{DocKey, Row};
use jiff::civil::{Date, date, time};
use life::LogState;
use life::quick::{QuickTask, Unclear, Understood, understand};

const TODAY: Date = date(2026, 11, 21);

fn habits() -> Vec<Row> {
    let habit = |n: u8, texts: &[&str]| {
        let row = create("habit", texts);
        Row { key: DocKey::thing("habit", id(n)), ..row }
    };
    vec![
        habit(1, &["name=Walk"]),
        habit(2, &["name=Read", "kind=measurable", "target=20", "unit=min"]),
        habit(3, &["name=Read aloud"]),
        habit(4, &["name=Smoking", "polarity=bad"]),
        habit(5, &["name=Water", "kind=measurable", "unit=glasses"]),
        habit(6, &["name=Run", "kind=measurable"]),
        habit(7, &["name=Twice"]),
        habit(8, &["name=twice"]),
    ]
}

fn value(text: &str) -> LogState {
    LogState::Value(text.parse().unwrap())
}

#[test]
fn a_habits_name_and_nothing_but_an_amount_and_a_day_logs_it() {
    for (line, n, day, state) in [
        ("walk", 1, TODAY, LogState::Done),
        ("  WALK  ", 1, TODAY, LogState::Done),
        ("walk yesterday", 1, date(2026, 11, 20), LogState::Done),
        ("walk monday", 1, date(2026, 11, 16), LogState::Done),
        ("walk sat", 1, date(2026, 11, 14), LogState::Done),
        ("walk 2026-11-01", 1, date(2026, 11, 1), LogState::Done),
        ("walk skip", 1, TODAY, LogState::Skip),
        ("walk skip yesterday", 1, date(2026, 11, 20), LogState::Skip),
        ("read 20 min", 2, TODAY, value("20")),
        ("read 20", 2, TODAY, value("20")),
        ("read 20min", 2, TODAY, value("20")),
        ("read 20 minutes today", 2, TODAY, value("20")),
        ("read 1.5h", 2, TODAY, value("90")),
        ("read 90 s", 2, TODAY, value("1.5")),
        ("read aloud", 3, TODAY, LogState::Done),
        ("smoking", 4, TODAY, LogState::Slip),
        ("smoking slip yesterday", 4, date(2026, 11, 20), LogState::Slip),
        ("water 3 Glasses", 5, TODAY, value("3")),
        ("run 5.25", 6, TODAY, value("5.25")),
    ] {
        match understand(line, &habits(), TODAY) {
            Ok(Understood::Log { habit, date, state: found, .. }) => {
                assert_eq!((habit.id, date, found), (id(n), day, state), "{line}");
            }
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn a_line_about_a_habit_that_is_not_clear_says_what_to_write() {
    for (line, expected) in [
        ("read", Unclear::HowMuch { name: "Read".into(), unit: " min".into() }),
        ("run yesterday", Unclear::HowMuch { name: "Run".into(), unit: String::new() }),
        (
            "water 3 litres",
            Unclear::OtherUnit { name: "Water".into(), wanted: "glasses".into(), given: "litres".into() },
        ),
        ("run 5 km", Unclear::OtherUnit { name: "Run".into(), wanted: String::new(), given: "km".into() }),
        ("twice", Unclear::Ambiguous(2)),
        ("", Unclear::Empty),
        ("tomorrow !2 #home", Unclear::Empty),
    ] {
        assert_eq!(understand(line, &habits(), TODAY), Err(expected), "{line}");
    }
}

#[test]
fn every_other_line_is_a_task() {
    let task = |title: &str| QuickTask { title: title.into(), ..QuickTask::default() };
    let due = |title: &str, m: i8, d: i8| QuickTask { due: Some(date(2026, m, d)), ..task(title) };
    let clock = |task: QuickTask, hour, minute| QuickTask { time: Some(time(hour, minute, 0, 0)), ..task };
    let cases = [
        ("Call mother", task("Call mother")),
        ("walk the dog", task("walk the dog")),
        ("read the news", task("read the news")),
        ("Call mother tomorrow", due("Call mother", 11, 22)),
        ("tomorrow call mother", due("call mother", 11, 22)),
        ("Call mother on Monday", due("Call mother", 11, 23)),
        ("Call mother saturday", due("Call mother", 11, 28)),
        ("Call mother fri", due("Call mother", 11, 27)),
        ("Pay rent by 2026-12-01", due("Pay rent", 12, 1)),
        ("Water plants in 3 days", due("Water plants", 11, 24)),
        ("Water plants in 2 weeks", due("Water plants", 12, 5)),
        ("Read the Monday paper", task("Read the Monday paper")),
        ("Plan tomorrow at 18:00", clock(due("Plan", 11, 22), 18, 0)),
        ("Lunch 12:30", clock(due("Lunch", 11, 21), 12, 30)),
        ("Tea 4pm tomorrow", clock(due("Tea", 11, 22), 16, 0)),
        ("Sleep 12am", clock(due("Sleep", 11, 21), 0, 0)),
        ("Noon 12:15pm", clock(due("Noon", 11, 21), 12, 15)),
        ("Score 25:00", task("Score 25:00")),
        ("Buy !4 milk", task("Buy !4 milk")),
        ("Look at the sky", task("Look at the sky")),
        ("# alone", task("# alone")),
        (
            "Call !2 mother #family #family #home tomorrow 9:05",
            QuickTask {
                priority: Some(2),
                labels: vec!["family".into(), "home".into()],
                ..clock(due("Call mother", 11, 22), 9, 5)
            },
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(understand(line, &habits(), TODAY), Ok(Understood::Task(expected)), "{line}");
    }
}

#[test]
fn what_was_understood_is_said_and_is_what_is_written() {
    let said = |line: &str| understand(line, &habits(), TODAY).unwrap().to_string();
    assert_eq!(said("read 1h yesterday"), "habit Read: 60 min, on 2026-11-20");
    assert_eq!(said("smoking"), "habit Smoking: a slip, on 2026-11-21");
    let line = "Call mother tomorrow 18:00 !2 #family";
    assert_eq!(said(line), "task \"Call mother\", due 2026-11-22 at 18:00, priority 2, labels family");
    let Ok(Understood::Task(task)) = understand(line, &habits(), TODAY) else { panic!("no task") };
    let record = life::RecordType::find("task").unwrap();
    let edit = life::create(record, id(9), &task.assignments(), engine::Origin::Hand).unwrap();
    let row = crate::support::apply(&edit, None, 0);
    assert_eq!(
        crate::support::fields(&row),
        serde_json::json!({"title": "Call mother", "due": "2026-11-22", "due_time": "18:00", "priority": 2,
            "labels": ["family"], "status": "pending"})
    );
}

#[test]
fn a_habit_in_the_trash_is_not_meant() {
    let gone: Vec<Row> = habits().into_iter().map(|row| Row { deleted: true, ..row }).collect();
    assert!(matches!(understand("walk", &gone, TODAY), Ok(Understood::Task(_))));
}

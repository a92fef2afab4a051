//! What stands on a calendar. The person is in Berlin, whose clocks go forward at 02:00 on 29 March 2026 and back at 03:00 on
//! 25 October; those of New York went forward on 8 March. 16 March 2026 is a Monday.

use crate::asking::any_record;
use crate::support::{NOW, answer, apply, create, id, update};
use engine::{DocKey, Origin, Query, Row};
use jiff::civil::{Date, date, time};
use jiff::tz::TimeZone;
use life::Moment;
use life::calendar::{Asking, CalendarItem, ItemKind, ItemState, items};
use life::routine::{RoutineAction, log_routine};
use life::series::{Step, log_instance};
use proptest::collection::vec;
use proptest::prelude::*;

fn berlin() -> TimeZone {
    life::zone("Europe/Berlin").expect("a zone")
}

fn named(kind: &str, n: u8, texts: &[&str]) -> Row {
    Row { key: DocKey::thing(kind, id(n)), ..create(kind, texts) }
}

fn event(texts: &[&str]) -> Row {
    create("event", &[&["title=E"], texts].concat())
}

fn moment() -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today: date(2026, 3, 20) }
}

/// `03-28..03-29 22:00-06:00`, and behind it the date of the rule if that is another day.
fn shown(item: &CalendarItem) -> String {
    let day = |date: Date| date.strftime("%m-%d").to_string();
    let mut text = day(item.on);
    if item.until != item.on {
        text.push_str(&format!("..{}", day(item.until)));
    }
    text.extend(item.start.map(|start| format!(" {}", start.strftime("%H:%M"))));
    text.extend(item.end.map(|end| format!("-{}", end.strftime("%H:%M"))));
    text.extend(item.date.filter(|date| *date != item.on).map(|date| format!(" for {}", day(date))));
    text.push_str(match item.state {
        ItemState::Open => "",
        ItemState::Done => " done",
        ItemState::Skipped => " skipped",
    });
    text
}

fn all(rows: &[Row], from: Date, to: Date) -> Vec<String> {
    items(rows, (from, to), &berlin()).iter().map(shown).collect()
}

#[test]
fn an_event_stands_on_its_days_by_the_clock_where_the_person_is() {
    let days = (date(2026, 3, 1), date(2026, 3, 31));
    for (texts, expected) in [
        (&["start=2026-03-10"][..], "03-10"),
        (&["start=2026-03-10", "end=2026-03-13"], "03-10..03-13"),
        (&["start=2026-03-10", "end=2026-03-08"], "03-10"),
        (&["start=2026-03-10T09:00", "end=2026-03-12T17:00", "all_day=true"], "03-10..03-12"),
        (&["start=2026-03-10T09:00"], "03-10 09:00"),
        (&["start=2026-03-10T09:00", "end=2026-03-10T10:30"], "03-10 09:00-10:30"),
        (&["start=2026-03-10T09:00", "end=2026-03-10T08:00"], "03-10 09:00"),
        (&["start=2026-03-10T22:00", "end=2026-03-11T00:00"], "03-10 22:00-00:00"),
        (&["start=2026-03-10T22:00", "end=2026-03-11T00:30"], "03-10..03-11 22:00-00:30"),
        (&["start=2026-03-10T09:00", "end=2026-03-12"], "03-10..03-12 09:00"),
        // Over the night in which an hour is left out, by its own clock and by others.
        (
            &["start=2026-03-28T22:00[Europe/Berlin]", "end=2026-03-29T06:00[Europe/Berlin]"],
            "03-28..03-29 22:00-06:00",
        ),
        (&["start=2026-03-29T00:30[UTC]", "end=2026-03-29T01:30[UTC]"], "03-29 01:30-03:30"),
        (&["start=2026-03-29T02:30[Europe/Berlin]"], "03-29 03:30"),
        (
            &["start=2026-03-10T20:00[America/New_York]", "end=2026-03-10T22:00[America/New_York]"],
            "03-11 01:00-03:00",
        ),
        (
            &["start=2026-03-30T20:00[America/New_York]", "end=2026-03-30T22:00[America/New_York]"],
            "03-31 02:00-04:00",
        ),
        // From one zone into another: nine hours in the air.
        (
            &["start=2026-03-10T18:00[America/New_York]", "end=2026-03-11T08:00[Europe/Berlin]"],
            "03-10..03-11 23:00-08:00",
        ),
    ] {
        assert_eq!(all(&[event(texts)], days.0, days.1), [expected], "{texts:?}");
    }
}

#[test]
fn an_event_of_several_days_is_shown_by_any_of_them_and_by_no_other() {
    let row = event(&["start=2026-03-28T22:00", "end=2026-03-30T06:00"]);
    let on = |from, to| all(std::slice::from_ref(&row), from, to).len();
    let day = |n| date(2026, 3, n);
    assert_eq!([27, 28, 29, 30, 31].map(|n| on(day(n), day(n))), [0, 1, 1, 1, 0]);
    let gone = [Row { deleted: true, ..row.clone() }, update(&row, &["archived=true"])];
    assert_eq!(all(&gone, day(1), day(31)), Vec::<String>::new());
}

#[test]
fn an_event_that_comes_again_keeps_its_own_clock_through_the_change_of_others() {
    let weekly = |start: &str, end: &str, more: &[&str]| {
        let (start, end) = (format!("start=2026-03-{start}"), format!("end=2026-03-{end}"));
        event(&[&[start.as_str(), &end, "rrule=FREQ=WEEKLY;UNTIL=20260406"], more].concat())
    };
    let days = (date(2026, 3, 1), date(2026, 4, 30));
    let cases: [(Row, &[&str]); 6] = [
        (
            weekly("16T19:00[Europe/Berlin]", "16T21:00[Europe/Berlin]", &[]),
            &["03-16 19:00-21:00", "03-23 19:00-21:00", "03-30 19:00-21:00", "04-06 19:00-21:00"],
        ),
        (
            weekly("16T18:00[UTC]", "16T20:00[UTC]", &[]),
            &["03-16 19:00-21:00", "03-23 19:00-21:00", "03-30 20:00-22:00", "04-06 20:00-22:00"],
        ),
        (
            weekly("16T20:00[America/New_York]", "16T21:00[America/New_York]", &[]),
            &[
                "03-17 01:00-02:00 for 03-16",
                "03-24 01:00-02:00 for 03-23",
                "03-31 02:00-03:00 for 03-30",
                "04-07 02:00-03:00 for 04-06",
            ],
        ),
        (
            weekly(
                "16T19:00[Europe/Berlin]",
                "16T21:00[Europe/Berlin]",
                &[
                    r#"exceptions={"2026-03-23":"skip","2026-03-30":"2026-03-31T20:00[Europe/Berlin]","2026-04-06":"2026-04-07"}"#,
                ],
            ),
            &["03-16 19:00-21:00", "03-31 20:00-22:00 for 03-30", "04-07 for 04-06"],
        ),
        (
            weekly("16", "18", &[r#"exceptions={"2026-03-30":"2026-04-01"}"#]),
            &["03-16..03-18", "03-23..03-25", "04-01..04-03 for 03-30", "04-06..04-08"],
        ),
        // No crate can follow it: it is shown where it begins.
        (event(&["start=2026-03-16T19:00", "rrule=FREQ=HOURLY"]), &["03-16 19:00"]),
    ];
    for (row, expected) in cases {
        assert_eq!(all(std::slice::from_ref(&row), days.0, days.1), expected, "{:?}", row.fields);
    }
}

#[test]
fn a_date_that_began_before_or_was_moved_from_other_months_is_found() {
    let turn = event(&["start=2020-12-31", "end=2021-01-01", "rrule=FREQ=YEARLY"]);
    assert_eq!(all(&[turn], date(2026, 1, 1), date(2026, 1, 5)), ["12-31..01-01"]);
    let moved =
        event(&["start=2026-01-10", "rrule=FREQ=YEARLY", r#"exceptions={"2026-01-10":"2026-03-20"}"#]);
    assert_eq!(all(&[moved], date(2026, 3, 1), date(2026, 3, 31)), ["03-20 for 01-10"]);
}

#[test]
fn a_task_stands_where_it_is_planned_or_else_where_it_is_due() {
    let days = (date(2026, 3, 1), date(2026, 3, 31));
    let task = |texts: &[&str]| create("task", &[&["title=T"], texts].concat());
    for (texts, expected) in [
        (&["due=2026-03-10"][..], Some(("03-10", true))),
        (&["due=2026-03-10", "due_time=18:00"], Some(("03-10 18:00", true))),
        (
            &["due=2026-03-20", "scheduled_start=2026-03-10T09:00", "scheduled_end=2026-03-10T10:00"],
            Some(("03-10 09:00-10:00", true)),
        ),
        (&["scheduled_start=2026-03-28T23:30[UTC]"], Some(("03-29 00:30", true))),
        (&["due=2026-03-10", "status=completed", "completed_on=2026-03-12"], Some(("03-10 done", false))),
        (&["due=2026-03-10", "status=cancelled"], None),
        (&[], None),
        (&["due=2026-04-01"], None),
    ] {
        let found = items(&[task(texts)], days, &berlin());
        let found: Vec<_> = found.iter().map(|item| (shown(item), item.movable)).collect();
        let expected: Vec<_> =
            expected.into_iter().map(|(text, movable)| (text.to_owned(), movable)).collect();
        assert_eq!(found, expected, "{texts:?}");
    }
}

#[test]
fn dates_of_a_task_that_comes_again_stand_where_they_were_moved_to() {
    let weekly = create("task", &["title=T", "due=2026-03-02", "rrule=FREQ=WEEKLY", "due_time=18:00"]);
    let log = [
        (date(2026, 3, 2), Step::Complete),
        (date(2026, 3, 9), Step::Skip),
        (date(2026, 3, 16), Step::Move(date(2026, 3, 18), Some(time(9, 0, 0, 0)))),
        (date(2026, 3, 30), Step::Move(date(2026, 4, 2), None)),
    ]
    .into_iter()
    .fold(None, |log: Option<Row>, step| {
        let edit = log_instance(&weekly, log.as_ref(), step, Origin::Hand, &moment()).unwrap().unwrap();
        Some(apply(&edit, log, NOW))
    });
    let rows = [weekly.clone(), log.unwrap()];
    assert_eq!(
        all(&rows, date(2026, 3, 1), date(2026, 3, 31)),
        ["03-02 18:00 done", "03-09 18:00 skipped", "03-18 09:00 for 03-16", "03-23 18:00"]
    );
    let movable: Vec<bool> =
        items(&rows, (date(2026, 3, 1), date(2026, 3, 31)), &berlin()).iter().map(|i| i.movable).collect();
    assert_eq!(movable, [false, false, true, true]);
    let over = update(&weekly, &["status=completed"]);
    assert_eq!(all(&[over], date(2026, 3, 1), date(2026, 3, 31)), Vec::<String>::new());
}

#[test]
fn a_routine_with_a_time_stands_on_the_days_that_its_schedule_names() {
    let texts =
        ["title=R", "schedule=weekdays mon wed", r#"steps=["a"]"#, "window_start=07:00", "window_end=07:30"];
    // Made on the first of the month.
    let routine = Row { created: 1_772_323_200_000 + 12 * 3_600_000, ..create("routine", &texts) };
    let log = |day, action: &RoutineAction, log: Option<Row>| {
        let edit = log_routine(&routine, log.as_ref(), (day, action), Origin::Hand, &moment());
        Some(apply(&edit.unwrap().unwrap(), log, NOW))
    };
    let done = log(date(2026, 3, 17), &RoutineAction::Finish, None);
    let logs = log(date(2026, 3, 18), &RoutineAction::Skip, done).unwrap();
    let rows = [routine.clone(), logs];
    let week = all(&rows, date(2026, 3, 16), date(2026, 3, 22));
    assert_eq!(week, ["03-16 07:00-07:30", "03-17 07:00-07:30 done", "03-18 07:00-07:30 skipped"]);
    let alone = std::slice::from_ref(&routine);
    let first = all(alone, date(2026, 2, 16), date(2026, 3, 4));
    assert_eq!(first, ["03-02 07:00-07:30", "03-04 07:00-07:30"], "no day before it was made");
    let bare = update(&routine, &["window_start="]);
    assert_eq!(all(&[bare], date(2026, 3, 16), date(2026, 3, 22)), Vec::<String>::new());
}

#[test]
fn a_birthday_comes_each_year_and_one_of_a_leap_day_on_the_28th_of_february() {
    let person = |birthday: &str| create("person", &["name=Ada", &format!("birthday={birthday}")]);
    let february = |row: Row, year| all(&[row], date(year, 2, 1), date(year, 3, 31));
    assert_eq!(february(person("1990-02-10"), 2026), ["02-10"]);
    assert_eq!(february(person("2000-02-29"), 2026), ["02-28"]);
    assert_eq!(february(person("2000-02-29"), 2028), ["02-29"]);
    assert_eq!(february(person("2027-02-10"), 2026), Vec::<String>::new(), "before it was born");
    let new_year = all(&[person("1990-01-01")], date(2026, 12, 20), date(2027, 1, 10));
    assert_eq!(new_year, ["01-01"]);
}

#[test]
fn a_day_shows_whole_days_first_and_then_by_time() {
    let rows = [
        named("event", 1, &["title=Late", "start=2026-03-20T20:00"]),
        named("task", 2, &["title=Call", "due=2026-03-20", "due_time=09:00"]),
        named("person", 3, &["name=Ada", "birthday=1990-03-20"]),
        named("event", 4, &["title=Fair", "start=2026-03-20"]),
        named("event", 5, &["title=Breakfast", "start=2026-03-20T09:00"]),
    ];
    let day = items(&rows, (date(2026, 3, 20), date(2026, 3, 20)), &berlin());
    let seen: Vec<_> = day.iter().map(|item| (item.kind, item.title.as_str())).collect();
    let expected = [
        (ItemKind::Event, "Fair"),
        (ItemKind::Birthday, "Ada"),
        (ItemKind::Event, "Breakfast"),
        (ItemKind::Task, "Call"),
        (ItemKind::Event, "Late"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn where_the_zone_of_a_person_or_an_event_is_not_known_times_stand_as_they_were_written() {
    let row = event(&["start=2026-03-20T20:00[America/New_York]"]);
    let days = (date(2026, 3, 20), date(2026, 3, 21));
    let seen = items([&row], days, &TimeZone::unknown());
    assert_eq!(seen.iter().map(shown).collect::<Vec<_>>(), ["03-20 20:00"]);
    let mut lost = row.clone();
    lost.fields.insert("start".into(), engine::Value::Text("2026-03-20T20:00[Mars/Olympus]".into()));
    assert_eq!(all(&[lost], days.0, days.1), ["03-20 20:00"]);
}

#[test]
fn a_calendar_shows_up_to_62_days() {
    let days = |from, to| Asking::new(from, to, TimeZone::UTC).is_ok();
    assert!(days(date(2026, 1, 1), date(2026, 1, 1)));
    assert!(days(date(2026, 1, 1), date(2026, 3, 3)), "62 days");
    assert!(!days(date(2026, 1, 1), date(2026, 3, 4)));
    assert!(!days(date(2026, 1, 2), date(2026, 1, 1)));
}

/// Asks until there is no question left. Returns what is shown, and how many rows were read.
fn asked(rows: &[Row], from: Date, to: Date) -> (Vec<CalendarItem>, usize) {
    let mut asking = Asking::new(from, to, berlin()).unwrap();
    let mut read = 0;
    while let Some(question) = asking.question() {
        let reply = answer(rows, question);
        read += match &reply {
            engine::Reply::Bucket(page) => page.rows.len(),
            engine::Reply::Rows(rows) => rows.iter().flatten().count(),
            other => panic!("{other:?}"),
        };
        asking.answer(reply).unwrap();
    }
    (asking.items(), read)
}

proptest! {
    #[test]
    fn what_is_asked_for_is_what_a_look_at_everything_shows(records in vec(any_record(), 0..60), days in 0_i8..12) {
        let rows: Vec<Row> = (0..).zip(records).map(|(n, row)| {
            Row { key: DocKey::thing(row.key.kind.clone(), id(n)), ..row }
        }).collect();
        let (from, to) = (date(2026, 11, 18), date(2026, 11, 18 + days));
        prop_assert_eq!(asked(&rows, from, to).0, items(&rows, (from, to), &berlin()));
    }
}

#[test]
fn a_month_reads_what_stands_in_it_and_not_what_was_in_other_years() {
    let at = |n: u8, day: Date| {
        [
            named("event", n, &["title=E", &format!("start={day}T09:00")]),
            named("task", n, &["title=T", &format!("due={day}")]),
        ]
    };
    let inside = (0..10).flat_map(|n| at(n, date(2026, 11, 10)));
    let before = (10..200).flat_map(|n| at(n, date(2020, 11, 10)));
    let rows: Vec<Row> = inside.chain(before).collect();
    let (items, read) = asked(&rows, date(2026, 11, 1), date(2026, 11, 30));
    assert_eq!((items.len(), read), (20, 20));
}

#[test]
fn logs_of_the_year_before_are_asked_for_where_a_date_may_have_been_moved_over() {
    let weekly = create("task", &["title=T", "due=2026-12-01", "rrule=FREQ=WEEKLY"]);
    let step = (date(2026, 12, 29), Step::Move(date(2027, 1, 2), None));
    let edit = log_instance(&weekly, None, step, Origin::Hand, &moment()).unwrap().unwrap();
    let rows = [weekly, apply(&edit, None, NOW)];
    let (items, _) = asked(&rows, date(2027, 1, 1), date(2027, 1, 4));
    assert_eq!(items.iter().map(shown).collect::<Vec<_>>(), ["01-02 for 12-29"]);
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let mut asking = Asking::new(date(2026, 3, 1), date(2026, 3, 2), berlin()).unwrap();
    let question = asking.question().unwrap();
    assert!(matches!(question, Query::Bucket { .. }));
    assert!(asking.answer(engine::Reply::Rows(Vec::new())).is_err());
}

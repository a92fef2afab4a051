//! Routines and dates of series on a day. Today is Saturday, 21 November 2026.

use crate::support::{NOW, apply, create, id};
use engine::{DocKey, Origin, Row};
use jiff::civil::{Date, Weekday, date};
use life::Moment;
use life::agenda::{keys, routines, series};
use life::routine::{RoutineAction, log_routine};
use life::series::{Step, log_instance};

const TODAY: Date = date(2026, 11, 21);

fn moment() -> Moment {
    Moment { now: NOW, timezone: "UTC".into(), today: TODAY }
}

fn named(kind: &str, n: u8, texts: &[&str]) -> Row {
    Row { key: DocKey::thing(kind, id(n)), ..create(kind, texts) }
}

fn titles(rows: &[Row]) -> Vec<String> {
    let title = |row: &Row| life::to_json(row)["fields"]["title"].as_str().unwrap().to_owned();
    rows.iter().map(title).collect()
}

fn finish(routine: &Row, day: Date) -> Row {
    let edit = log_routine(routine, None, (day, &RoutineAction::Finish), Origin::Hand, &moment());
    apply(&edit.unwrap().unwrap(), None, NOW)
}

#[test]
fn routines_stand_by_their_window_and_only_where_the_day_asks_for_them_or_something_was_done() {
    let evening = named("routine", 1, &["title=Evening", "window_start=21:00"]);
    let morning = named("routine", 2, &["title=Morning", "window_start=07:00"]);
    let weekdays = named("routine", 3, &["title=Work", "schedule=weekdays mon tue wed thu fri"]);
    let once = named("routine", 4, &["title=Weekly", "schedule=week 1", "window_start=10:00"]);
    let old = named("routine", 5, &["title=Old", "archived=true"]);
    let all = [evening, morning, weekdays.clone(), once.clone(), old];
    let shown = |logs: &[Row]| {
        let days = routines(&all, logs, TODAY, Weekday::Monday);
        titles(&days.into_iter().map(|day| day.routine).collect::<Vec<_>>())
    };
    assert_eq!(shown(&[]), ["Morning", "Weekly", "Evening"]);
    assert_eq!(shown(&[finish(&once, date(2026, 11, 17))]), ["Morning", "Evening"]);
    assert_eq!(
        shown(&[finish(&once, date(2026, 11, 15))]),
        ["Morning", "Weekly", "Evening"],
        "that was last week"
    );
    assert_eq!(shown(&[finish(&weekdays, TODAY)]), ["Work", "Morning", "Weekly", "Evening"]);
}

#[test]
fn series_that_wait_are_shown_by_day_and_time_and_those_that_are_over_are_not() {
    let task = |n: u8, more: &[&str]| named("task", n, &[&["title=T"], more].concat());
    let daily = task(1, &["due=2026-11-19", "rrule=FREQ=DAILY", "due_time=18:00"]);
    let early = task(2, &["due=2026-11-21", "rrule=FREQ=DAILY", "due_time=07:00"]);
    let monthly = task(3, &["due=2026-11-05", "rrule=FREQ=MONTHLY"]);
    let all = [
        daily.clone(),
        early,
        monthly,
        task(4, &["due=2026-11-22", "rrule=FREQ=DAILY"]),
        task(5, &["due=2026-11-01", "rrule=FREQ=DAILY", "status=completed"]),
        task(6, &["due=2026-11-01"]),
        task(7, &["due=2026-11-01", "rrule=FREQ=HOURLY"]),
    ];
    let shown = |logs: &[Row]| {
        let days = series(&all, logs, TODAY);
        let one = |day: &life::agenda::SeriesDay| {
            let missed = day.due.as_ref().map_or(usize::MAX, |due| due.missed);
            (day.task.key.id.as_bytes()[0], missed)
        };
        days.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(shown(&[]), [(7, usize::MAX), (3, 0), (2, 0), (1, 2)]);
    let step = (TODAY, Step::Complete);
    let edit = log_instance(&daily, None, step, Origin::Hand, &moment()).unwrap().unwrap();
    assert_eq!(shown(&[apply(&edit, None, NOW)]), [(7, usize::MAX), (3, 0), (2, 0)]);
}

#[test]
fn the_logs_of_the_year_before_are_asked_for_in_january() {
    let routine = named("routine", 1, &["title=R"]);
    let task = named("task", 2, &["title=T", "due=2026-11-01", "rrule=FREQ=DAILY"]);
    let once = named("task", 3, &["title=T", "due=2026-11-01"]);
    let keys = keys(&[routine.clone()], &[task.clone(), once], date(2027, 1, 3));
    let parts: Vec<_> = keys.into_iter().map(|key| (key.id, key.part.unwrap().period)).collect();
    let (r, t) = (routine.key.id, task.key.id);
    assert_eq!(parts, [(r, "2026".into()), (r, "2027".into()), (t, "2026".into()), (t, "2027".into())]);
}

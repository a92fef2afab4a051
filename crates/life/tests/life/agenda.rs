//! Routines and dates of series on a day. Today is Saturday, 21 November 2026.

use crate::support::{NOW, apply, create, id};
use engine::{DocKey, Origin, Row};
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use life::Moment;
use life::agenda::{keys, routines, series};
use life::routine::{Rate, RoutineAction, log_routine, rate};
use life::series::{InstanceState, Step, log_instance};

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
        let days = routines(&all, logs, TODAY, (Weekday::Monday, &TimeZone::UTC));
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
fn a_routine_asks_for_no_day_before_it_was_made_unless_its_schedule_says_so() {
    // Made on 18 November, at 18:06 in UTC.
    let made = |texts: &[&str]| Row {
        created: NOW + 7 * 3_600_000,
        ..named("routine", 1, &[&["title=Morning"], texts].concat())
    };
    let days = |routine: &Row, logs: &[Row], zone: &TimeZone| {
        let all = [routine.clone()];
        let is_due = |day: i8| {
            let days = routines(&all, logs, date(2026, 11, day), (Weekday::Monday, zone));
            days.first().map(|day| day.due)
        };
        [15, 16, 17, 18, 19].map(is_due)
    };
    let due = Some(true);
    for rule in [&[][..], &["schedule=daily"], &["schedule=week 7"]] {
        assert_eq!(days(&made(rule), &[], &TimeZone::UTC), [None, None, None, due, due], "{rule:?}");
    }
    // Further east it was the 19th by then, which had begun for the latest riser; where the zone is not known, it may be the 18th.
    let east = TimeZone::fixed(jiff::tz::offset(12));
    assert_eq!(days(&made(&[]), &[], &east), [None, None, None, None, due]);
    assert_eq!(days(&made(&[]), &[], &TimeZone::unknown()), [None, None, None, due, due]);
    let routine = made(&["schedule={\"0001-01-01\":\"daily\",\"2026-11-16\":\"daily\"}"]);
    assert_eq!(days(&routine, &[], &TimeZone::UTC), [None, due, due, due, due]);
    // What was done before is shown all the same.
    let routine = made(&[]);
    let log = finish(&routine, date(2026, 11, 16));
    assert_eq!(days(&routine, &[log], &TimeZone::UTC), [None, Some(false), None, due, due]);
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
            let state = day.instance.as_ref().map(|instance| (instance.date.day(), instance.state));
            (day.task.key.id.as_bytes()[0], state.ok(), day.missed)
        };
        days.iter().map(one).collect::<Vec<_>>()
    };
    let open = |day| Some((day, InstanceState::Open));
    let rest = [(7, None, 0), (3, open(5), 0), (2, open(21), 0)];
    assert_eq!(shown(&[]), [rest.as_slice(), &[(1, open(21), 2)]].concat());
    let on = |day: Date, step: Step| {
        let edit = log_instance(&daily, None, (day, step), Origin::Hand, &moment()).unwrap().unwrap();
        shown(&[apply(&edit, None, NOW)])
    };
    // What was done or left out on the day stays to be seen, and yesterday's that is done today is done today.
    let done = |day| (1, Some((day, InstanceState::Completed(Some(TODAY)))), 0);
    assert_eq!(on(TODAY, Step::Complete), [rest.as_slice(), &[done(21)]].concat());
    assert_eq!(
        on(TODAY, Step::Skip),
        [rest.as_slice(), &[(1, Some((21, InstanceState::Skipped)), 0)]].concat()
    );
    assert_eq!(
        on(date(2026, 11, 20), Step::Complete),
        [&rest[..2], &[done(20)], &rest[2..], &[(1, open(21), 0)]].concat()
    );
}

#[test]
fn what_comes_once_a_year_and_is_late_is_still_shown() {
    let yearly = named("task", 1, &["title=Taxes", "due=2020-05-31", "rrule=FREQ=YEARLY"]);
    let days = series(&[yearly], &[], TODAY);
    let on: Vec<Date> = days.iter().map(|day| day.instance.as_ref().unwrap().on).collect();
    assert_eq!(on, [date(2026, 5, 31)]);
}

#[test]
fn the_logs_of_the_year_before_are_asked_for_in_january() {
    let routine = named("routine", 1, &["title=R"]);
    let task = named("task", 2, &["title=T", "due=2026-11-01", "rrule=FREQ=DAILY"]);
    let once = named("task", 3, &["title=T", "due=2026-11-01"]);
    let keys = keys(std::slice::from_ref(&routine), &[task.clone(), once], date(2027, 1, 3));
    let parts: Vec<_> = keys.into_iter().map(|key| (key.id, key.part.unwrap().period)).collect();
    let (r, t) = (routine.key.id, task.key.id);
    let years: [(_, String); 5] = [(r, "2026"), (r, "2027"), (t, "2025"), (t, "2026"), (t, "2027")]
        .map(|(id, year)| (id, year.to_owned()));
    assert_eq!(parts, years);
}

/// What was said of a routine on days of November 2026.
fn said(routine: &Row, days: &[(i8, RoutineAction)]) -> Vec<Row> {
    let mut log: Option<Row> = None;
    for (day, action) in days {
        let moment = Moment { now: NOW, timezone: "UTC".into(), today: date(2026, 11, 30) };
        let edit = log_routine(routine, log.as_ref(), (date(2026, 11, *day), action), Origin::Hand, &moment);
        log = Some(apply(&edit.unwrap().unwrap(), log, NOW));
    }
    log.into_iter().collect()
}

#[test]
fn a_rate_counts_the_days_that_asked_and_leaves_skipped_ones_out() {
    use RoutineAction::{Finish, Skip};
    // Made on the first of the month. The 21st is today.
    let made = |texts: &[&str]| {
        let row = named("routine", 1, &[&["title=Morning", "steps=[\"a\",\"b\"]"], texts].concat());
        Row { created: NOW - 17 * 24 * 3_600_000, ..row }
    };
    let of = |routine: &Row, days: &[(i8, RoutineAction)], from: i8| {
        let days_of = (date(2026, 11, from), TODAY);
        rate(routine, &said(routine, days), days_of, Weekday::Monday, &TimeZone::UTC)
    };
    let is = |kept, asked| Rate { kept, asked };
    let daily = made(&[]);
    // Eleven to twenty, and today if it was done.
    assert_eq!(of(&daily, &[(11, Finish), (12, Finish), (13, Skip)], 11), is(2, 9));
    assert_eq!(of(&daily, &[(11, Finish), (21, Finish)], 11), is(2, 11));
    let half = RoutineAction::Tick(vec!["a".into()]);
    assert_eq!(of(&daily, &[(20, half)], 11), is(0, 10));
    let young = Row { created: NOW, ..daily };
    assert_eq!(of(&young, &[(18, Finish)], 11), is(1, 3));
    let weekdays = made(&["schedule=weekdays mon wed"]);
    // The 11th, 16th and 18th; the 12th was nobody's wish.
    assert_eq!(of(&weekdays, &[(11, Finish), (12, Finish)], 10), is(2, 4));
    let twice = made(&["schedule=week 2"]);
    // The week of the 9th asked for two, that of the 16th is not over.
    assert_eq!(of(&twice, &[(10, Finish), (17, Finish)], 9), is(2, 3));
    assert_eq!(of(&twice, &[(10, Finish), (17, Finish)], 10), is(2, 2), "half of a week asks for nothing");
    let month = made(&["schedule=month 4"]);
    assert_eq!(of(&month, &[(10, Finish)], 1), is(1, 1));
}

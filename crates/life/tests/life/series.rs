//! Tasks that come again: their dates, what is done to one of them, and the nights on which clocks are changed.

use crate::support::{NOW, apply, create, update};
use engine::{DocKey, Edit, Origin, Row};
use jiff::civil::{Date, Time, date, time};
use jiff::tz::TimeZone;
use life::Moment;
use life::series::{self, Instance, InstanceState, Step, from_here_on, instances, log_instance, moment_of};

fn moment(today: Date) -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today }
}

fn task(due: &str, rule: &str) -> Row {
    create("task", &["title=T", &format!("due={due}"), &format!("rrule={rule}")])
}

fn at(task: &Row, logs: &[Row], from: Date, to: Date) -> Vec<Instance> {
    instances(task, logs, (from, to)).unwrap()
}

fn days(task: &Row, from: Date, to: Date) -> String {
    let on = |instance: Instance| instance.on.strftime("%m-%d").to_string();
    at(task, &[], from, to).into_iter().map(on).collect::<Vec<_>>().join(" ")
}

/// Days of a calendar of 2026 and 2027, counted by hand: 1 November 2026 is a Sunday.
#[test]
fn a_rule_gives_its_dates_from_the_due_date_on() {
    let november = (date(2026, 11, 1), date(2026, 11, 30));
    for (due, rule, expected) in [
        ("2026-11-28", "FREQ=DAILY", "11-28 11-29 11-30"),
        ("2026-11-20", "FREQ=DAILY;INTERVAL=3", "11-20 11-23 11-26 11-29"),
        ("2026-11-03", "FREQ=WEEKLY", "11-03 11-10 11-17 11-24"),
        ("2026-11-01", "FREQ=WEEKLY;BYDAY=MO,FR", "11-02 11-06 11-09 11-13 11-16 11-20 11-23 11-27 11-30"),
        ("2026-10-05", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "11-02 11-16 11-30"),
        ("2026-01-31", "FREQ=MONTHLY", ""),
        ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "11-30"),
        ("2026-01-01", "FREQ=MONTHLY;BYDAY=2TU", "11-10"),
        ("2026-01-01", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "11-30"),
        ("2020-11-21", "FREQ=YEARLY", "11-21"),
        ("2024-02-29", "FREQ=YEARLY", ""),
        ("2026-11-01", "FREQ=DAILY;COUNT=3", "11-01 11-02 11-03"),
        ("2026-11-01", "FREQ=DAILY;UNTIL=20261102", "11-01 11-02"),
        ("2026-11-01", "FREQ=DAILY;UNTIL=20261102T235959Z", "11-01 11-02"),
        ("2026-11-01", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=7,19", "11-01 11-08 11-15 11-22 11-29"),
        ("2026-12-01", "FREQ=DAILY", ""),
    ] {
        let shown = days(&task(due, rule), november.0, november.1);
        assert_eq!(shown, expected, "{rule} from {due}");
    }
    let leap = days(&task("2024-02-29", "FREQ=YEARLY"), date(2028, 1, 1), date(2028, 12, 31));
    assert_eq!(leap, "02-29");
}

#[test]
fn a_rule_that_cannot_be_followed_says_why() {
    for (rule, problem) in [
        ("FREQ=HOURLY", "it comes more than once a day"),
        ("FREQ=WEEKLY;X-NOTE=mine", "a recurrence that cannot be followed"),
        ("FREQ=WEEKLY;BYDAY=XX", "a recurrence that cannot be followed"),
    ] {
        let error = instances(&task("2026-11-01", rule), [], (date(2026, 11, 1), date(2026, 11, 2)));
        let error = error.expect_err(rule).to_string();
        assert!(error.starts_with("task rrule: ") && error.contains(problem), "{error}");
    }
    let once = create("task", &["title=T", "due=2026-11-01"]);
    assert!(!series::is_series(&once));
    assert_eq!(at(&once, &[], date(2026, 1, 1), date(2026, 12, 31)), []);
}

#[test]
fn a_rule_that_never_comes_ends() {
    let never = task("2026-01-01", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30");
    assert_eq!(days(&never, date(2026, 1, 1), date(2036, 1, 1)), "");
}

fn step(task: &Row, log: Option<Row>, date: Date, step: Step, today: Date) -> Option<Row> {
    match log_instance(task, log.as_ref(), (date, step), Origin::Hand, &moment(today)).unwrap() {
        Some(edit) => Some(apply(&edit, log, NOW)),
        None => log,
    }
}

#[test]
fn what_happens_to_a_date_is_a_row_under_that_date_and_to_no_other() {
    let weekly = task("2026-11-02", "FREQ=WEEKLY");
    let (first, second, third) = (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16));
    let log = step(&weekly, None, first, Step::Complete, date(2026, 11, 3));
    let log = step(&weekly, log, second, Step::Skip, second);
    let log = step(&weekly, log, third, Step::Move(date(2026, 11, 18), None), second);
    let log = log.unwrap();
    assert_eq!(log.key, DocKey::stream("task_log", weekly.key.id, "2026", 0));
    assert_eq!(series::instance_key(&weekly, third), log.key);
    let years = series::series_keys(&weekly, date(2026, 6, 1), date(2026, 6, 30));
    assert_eq!(
        years,
        std::slice::from_ref(&log.key),
        "what is moved further than two months is not looked for"
    );
    let all = at(&weekly, std::slice::from_ref(&log), first, date(2026, 11, 23));
    let seen: Vec<_> = all.iter().map(|i| (i.date.day(), i.on.day(), i.state)).collect();
    assert_eq!(
        seen,
        [
            (2, 2, InstanceState::Completed(Some(date(2026, 11, 3)))),
            (9, 9, InstanceState::Skipped),
            (16, 18, InstanceState::Open),
            (23, 23, InstanceState::Open)
        ]
    );
    // Done again on another day is done already; a reset takes the row out.
    let again = (first, Step::Complete);
    assert_eq!(log_instance(&weekly, Some(&log), again, Origin::Hand, &moment(third)).unwrap(), None);
    let log = step(&weekly, Some(log), first, Step::Reset, third).unwrap();
    assert_eq!(at(&weekly, [log].as_slice(), first, first)[0].state, InstanceState::Open);
}

#[test]
fn a_date_is_moved_to_another_time_or_back_to_its_own() {
    let weekly = update(&task("2026-11-02", "FREQ=WEEKLY"), &["due_time=18:00"]);
    let (day, other) = (date(2026, 11, 9), date(2026, 11, 10));
    let seen = |to: Date, time: Option<Time>| {
        let log = step(&weekly, None, day, Step::Move(to, time), day);
        let all = at(&weekly, log.as_slice(), date(2026, 11, 8), date(2026, 11, 11));
        (all.iter().map(|i| (i.date, i.on, i.time)).collect::<Vec<_>>(), log.is_some())
    };
    let six = Some(time(18, 0, 0, 0));
    let late = Some(time(20, 30, 0, 0));
    for (to, given, shown, written) in [
        (other, None, six, true),
        (other, late, late, true),
        (day, late, late, true),
        (other, six, six, true),
        (day, six, six, false),
        (day, None, six, false),
    ] {
        assert_eq!(seen(to, given), (vec![(day, to, shown)], written), "{to} {given:?}");
    }
}

/// The short way to the days wanted gives what the long way from the beginning gives.
#[test]
fn a_rule_of_long_ago_gives_the_dates_that_it_would_give_if_it_were_followed_from_its_beginning() {
    let rules = [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=1;WKST=MO",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=DAILY;BYMONTH=11,2",
        "FREQ=DAILY;BYDAY=MO,TH",
        "FREQ=DAILY;COUNT=900",
        "FREQ=DAILY;UNTIL=20261105",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
        "FREQ=WEEKLY;INTERVAL=5;BYDAY=WE",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1",
        "FREQ=WEEKLY;COUNT=40",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY",
    ];
    let ends = (date(2026, 10, 20), date(2026, 12, 3));
    for rule in rules {
        for begin in ["2023-01-04", "2025-12-28", "2026-10-19", "2026-11-02"] {
            let task = task(begin, rule);
            // From the beginning on nothing can be left out.
            let long = at(&task, &[], date(2023, 1, 1), ends.1).into_iter().filter(|i| i.on >= ends.0);
            assert_eq!(at(&task, &[], ends.0, ends.1), long.collect::<Vec<_>>(), "{rule} from {begin}");
        }
    }
}

#[test]
fn a_date_that_the_task_does_not_come_on_is_refused() {
    let weekly = task("2026-11-02", "FREQ=WEEKLY");
    let tuesday = (date(2026, 11, 3), Step::Complete);
    let error = log_instance(&weekly, None, tuesday, Origin::Hand, &moment(date(2026, 11, 3))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "task_log date: the task does not come on 2026-11-03; choose a date of its rule"
    );
}

#[test]
fn an_instance_moved_out_of_the_days_looked_at_is_not_there_and_one_moved_in_is() {
    let monthly = task("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1");
    let log =
        step(&monthly, None, date(2026, 10, 31), Step::Move(date(2026, 11, 2), None), date(2026, 10, 31));
    let log =
        step(&monthly, log, date(2026, 11, 30), Step::Move(date(2026, 12, 1), None), date(2026, 10, 31));
    let november = at(&monthly, log.as_slice(), date(2026, 11, 1), date(2026, 11, 30));
    assert_eq!(
        november.iter().map(|i| (i.date, i.on)).collect::<Vec<_>>(),
        [(date(2026, 10, 31), date(2026, 11, 2))]
    );
}

#[test]
fn this_and_all_later_dates_follow_another_rule_and_earlier_ones_stay() {
    let weekly = task("2026-11-02", "FREQ=WEEKLY");
    let change =
        |row: &Row, from, rule, time| match from_here_on(row, from, rule, time, Origin::Hand).unwrap() {
            Some(edit) => apply(&edit, Some(row.clone()), NOW),
            None => row.clone(),
        };
    let daily = change(&weekly, date(2026, 11, 16), Some("FREQ=DAILY;COUNT=2"), None);
    assert_eq!(days(&daily, date(2026, 11, 1), date(2026, 11, 30)), "11-02 11-09 11-16 11-17");
    let ended = change(&daily, date(2026, 11, 17), None, None);
    assert_eq!(days(&ended, date(2026, 11, 1), date(2026, 11, 30)), "11-02 11-09 11-16");
    // From an earlier date on: what was said of later ones goes.
    let other = change(&ended, date(2026, 11, 9), Some("FREQ=WEEKLY;BYDAY=TU"), Some(time(9, 30, 0, 0)));
    assert_eq!(days(&other, date(2026, 11, 1), date(2026, 11, 30)), "11-02 11-10 11-17 11-24");
    let times: Vec<_> =
        at(&other, &[], date(2026, 11, 2), date(2026, 11, 10)).into_iter().map(|i| i.time).collect();
    assert_eq!(times, [None, Some(time(9, 30, 0, 0))]);
    assert_eq!(
        from_here_on(&other, date(2026, 11, 9), Some("FREQ=WEEKLY;BYDAY=TU"), None, Origin::Hand),
        Ok(None)
    );
    assert!(from_here_on(&other, date(2026, 11, 9), Some("FREQ=HOURLY"), None, Origin::Hand).is_err());
}

#[test]
fn what_was_done_stays_when_the_rule_becomes_another() {
    let weekly = task("2026-11-02", "FREQ=WEEKLY");
    let log = step(&weekly, None, date(2026, 11, 9), Step::Complete, date(2026, 11, 9));
    let other = update(&weekly, &["rrule=FREQ=MONTHLY"]);
    let all = at(&other, log.as_slice(), date(2026, 11, 1), date(2026, 11, 30));
    assert_eq!(all.iter().map(|i| i.date.day()).collect::<Vec<_>>(), [2, 9]);
}

#[test]
fn the_newest_open_instance_is_due_with_how_many_were_missed() {
    let daily = task("2026-11-01", "FREQ=DAILY");
    let since = (date(2026, 11, 1), date(2026, 11, 5));
    let due = |log: Option<&Row>| {
        let due =
            series::due(&at(&daily, log.map(std::slice::from_ref).unwrap_or_default(), since.0, since.1));
        due.map(|due| (due.instance.date.day(), due.missed))
    };
    assert_eq!(due(None), Some((5, 4)));
    let log = step(&daily, None, date(2026, 11, 3), Step::Complete, date(2026, 11, 3));
    assert_eq!(due(log.as_ref()), Some((5, 1)), "what was missed before it was done again is forgotten");
    let log = step(&daily, log, date(2026, 11, 5), Step::Skip, date(2026, 11, 5));
    assert_eq!(due(log.as_ref()), None);
}

/// Central Europe, whose clocks go forward at 02:00 on 29 March 2026 and back at 03:00 on 25 October.
#[test]
fn a_time_that_a_night_leaves_out_is_as_much_later_and_one_that_comes_twice_is_the_first() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let utc = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let night =
        |m, d, hour, minute| moment_of(date(2026, m, d), Time::constant(hour, minute, 0, 0), &zone).unwrap();
    for (at, expected) in [
        (night(3, 28, 2, 30), "2026-03-28T01:30:00Z"),
        (night(3, 29, 1, 59), "2026-03-29T00:59:00Z"),
        (night(3, 29, 2, 0), "2026-03-29T01:00:00Z"),
        (night(3, 29, 2, 30), "2026-03-29T01:30:00Z"),
        (night(3, 29, 3, 0), "2026-03-29T01:00:00Z"),
        (night(3, 30, 2, 30), "2026-03-30T00:30:00Z"),
        (night(10, 24, 1, 30), "2026-10-23T23:30:00Z"),
        (night(10, 25, 1, 30), "2026-10-24T23:30:00Z"),
        (night(10, 25, 2, 0), "2026-10-25T00:00:00Z"),
        (night(10, 25, 2, 30), "2026-10-25T00:30:00Z"),
        (night(10, 25, 3, 0), "2026-10-25T02:00:00Z"),
        (night(10, 26, 2, 30), "2026-10-26T01:30:00Z"),
    ] {
        assert_eq!(at, utc(expected), "{expected}");
    }
    // New York: 01:30 comes twice on 1 November 2026.
    let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    let first = moment_of(date(2026, 11, 1), Time::constant(1, 30, 0, 0), &zone).unwrap();
    assert_eq!(first, utc("2026-11-01T05:30:00Z"));
    let gap = moment_of(date(2026, 3, 8), Time::constant(2, 30, 0, 0), &zone).unwrap();
    assert_eq!(gap, utc("2026-03-08T07:30:00Z"));
}

#[test]
fn a_series_has_a_date_on_each_of_the_nights_on_which_clocks_change() {
    let daily = task("2026-03-28", "FREQ=DAILY");
    assert_eq!(days(&daily, date(2026, 3, 28), date(2026, 3, 30)), "03-28 03-29 03-30");
    assert_eq!(days(&daily, date(2026, 10, 24), date(2026, 10, 26)), "10-24 10-25 10-26");
}

#[test]
fn two_who_complete_one_date_apart_write_the_same_place() {
    let weekly = task("2026-11-02", "FREQ=WEEKLY");
    let day = date(2026, 11, 9);
    let on = |today| log_instance(&weekly, None, (day, Step::Complete), Origin::Hand, &moment(today));
    let places = |edit: Edit| {
        let paths = edit.ops.into_iter().map(|op| match op {
            engine::EditOp::Put(path, _) => path,
            other => panic!("{other:?}"),
        });
        (edit.key, paths.collect::<Vec<_>>())
    };
    assert_eq!(places(on(day).unwrap().unwrap()), places(on(date(2026, 11, 10)).unwrap().unwrap()));
}

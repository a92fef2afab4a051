//! What a drag on the calendar writes. The person is in Berlin, whose clocks go forward at 02:00 on 29 March 2026.

use crate::support::{NOW, apply, create, fields, update};
use engine::{Edit, Origin, Row};
use jiff::civil::{Date, Time, date, time};
use jiff::tz::TimeZone;
use life::calendar::{Clock, Drag, items, move_item, move_keys};
use life::series::{Step, log_instance};
use life::{FieldError, Moment};
use serde_json::{Value as Json, json};

const TODAY: Date = date(2026, 3, 20);

fn berlin() -> TimeZone {
    life::zone("Europe/Berlin").expect("a zone")
}

fn moment() -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today: TODAY }
}

fn drag(row: &Row, of: Option<Date>, on: Date, clock: Clock, logs: &[Row]) -> Result<Vec<Edit>, FieldError> {
    let wanted = move_keys(row, of, TODAY);
    let documents: Vec<Row> = logs.iter().filter(|log| wanted.contains(&log.key)).cloned().collect();
    let drag = Drag { row, date: of, on, clock };
    move_item(&drag, &documents, Origin::Hand, &moment(), &berlin())
}

fn at(hour: i8, minute: i8) -> Clock {
    Clock::At(time(hour, minute, 0, 0))
}

/// The record after a drag.
fn dragged(row: &Row, of: Option<Date>, on: Date, clock: Clock) -> Row {
    let edits = drag(row, of, on, clock, &[]).expect("a drag");
    let own = edits.iter().filter(|edit| edit.key == row.key);
    own.fold(row.clone(), |row, edit| apply(edit, Some(row), NOW + 1))
}

fn parts(row: &Row, names: &[&str]) -> Json {
    let fields = fields(row);
    names.iter().map(|name| fields.get(*name).cloned().unwrap_or(Json::Null)).collect()
}

fn event(texts: &[&str]) -> Row {
    create("event", &[&["title=E"], texts].concat())
}

type Case = (&'static [&'static str], Date, Clock, Json);

/// An event, where it is dragged, and its beginning and end then.
fn drags_of_events() -> [Case; 11] {
    [
        (&["start=2026-03-10"], date(2026, 3, 12), Clock::Stays, json!(["2026-03-12", null])),
        (
            &["start=2026-03-10", "end=2026-03-13"],
            date(2026, 2, 27),
            Clock::Stays,
            json!(["2026-02-27", "2026-03-02"]),
        ),
        (
            &["start=2026-03-10T09:00", "end=2026-03-10T10:30"],
            date(2026, 3, 11),
            Clock::Stays,
            json!(["2026-03-11T09:00", "2026-03-11T10:30"]),
        ),
        (
            &["start=2026-03-10T09:00", "end=2026-03-10T10:30"],
            date(2026, 3, 11),
            at(23, 0),
            json!(["2026-03-11T23:00", "2026-03-12T00:30"]),
        ),
        // Eight hours by the clock on the wall, over a night that has one less.
        (
            &["start=2026-03-10T22:00[Europe/Berlin]", "end=2026-03-11T06:00[Europe/Berlin]"],
            date(2026, 3, 28),
            Clock::Stays,
            json!(["2026-03-28T22:00[Europe/Berlin]", "2026-03-29T06:00[Europe/Berlin]"]),
        ),
        // 19:00 in Berlin is 18:00 UTC before the change and 17:00 after it.
        (
            &["start=2026-03-10T18:00[UTC]", "end=2026-03-10T19:00[UTC]"],
            date(2026, 3, 30),
            Clock::Stays,
            json!(["2026-03-30T17:00[UTC]", "2026-03-30T18:00[UTC]"]),
        ),
        (
            &["start=2026-03-10T20:00[America/New_York]"],
            date(2026, 3, 11),
            at(9, 0),
            json!(["2026-03-11T04:00[America/New_York]", null]),
        ),
        (
            &["start=2026-03-10T09:00", "end=2026-03-10T10:30"],
            date(2026, 3, 11),
            Clock::AllDay,
            json!(["2026-03-11", null]),
        ),
        (
            &["start=2026-03-10", "end=2026-03-11"],
            date(2026, 3, 12),
            at(9, 0),
            json!(["2026-03-12T09:00", null]),
        ),
        (
            &["start=2026-03-10T09:00", "end=2026-03-11T10:00", "all_day=true"],
            date(2026, 3, 12),
            Clock::Stays,
            json!(["2026-03-12", "2026-03-13"]),
        ),
        (
            &["start=2026-03-10T09:00", "end=2026-03-11T10:00", "all_day=true"],
            date(2026, 3, 12),
            at(8, 0),
            json!(["2026-03-12T08:00", null]),
        ),
    ]
}

#[test]
fn a_single_event_keeps_its_length_and_its_zone() {
    for (texts, on, clock, expected) in drags_of_events() {
        let row = dragged(&event(texts), None, on, clock);
        assert_eq!(parts(&row, &["start", "end"]), expected, "{texts:?} to {on} {clock:?}");
        let shown = items([&row], (on, on), &berlin());
        let start = match clock {
            Clock::At(time) => Some(time),
            Clock::AllDay => None,
            Clock::Stays => shown[0].start,
        };
        assert_eq!((shown[0].on, shown[0].start), (on, start), "it stands where it was put");
    }
}

#[test]
fn one_date_of_an_event_that_comes_again_becomes_an_exception_and_the_others_stay() {
    let weekly = event(&[
        "start=2026-03-16T19:00[Europe/Berlin]",
        "end=2026-03-16T21:00[Europe/Berlin]",
        "rrule=FREQ=WEEKLY",
        r#"exceptions={"2026-03-23":"skip"}"#,
    ]);
    let sixth = date(2026, 4, 6);
    let moved = dragged(&weekly, Some(sixth), date(2026, 4, 7), at(20, 0));
    assert_eq!(
        parts(&moved, &["start", "exceptions"]),
        json!([
            "2026-03-16T19:00[Europe/Berlin]",
            { "2026-03-23": "skip", "2026-04-06": "2026-04-07T20:00[Europe/Berlin]" }
        ])
    );
    // Where it stands now can be dragged again, and back to where its rule has it.
    let again = dragged(&moved, Some(sixth), date(2026, 4, 8), Clock::Stays);
    let exceptions = |row: &Row| parts(row, &["exceptions"])[0]["2026-04-06"].clone();
    assert_eq!(exceptions(&again), "2026-04-08T20:00[Europe/Berlin]");
    assert_eq!(exceptions(&dragged(&again, Some(sixth), sixth, at(19, 0))), Json::Null);
    assert_eq!(exceptions(&dragged(&weekly, Some(sixth), sixth, Clock::AllDay)), "2026-04-06");
    for (of, problem) in [
        (Some(date(2026, 4, 7)), "it does not take place on 2026-04-07"),
        (Some(date(2026, 3, 23)), "it does not take place on 2026-03-23"),
        (None, "it is not clear which date is meant"),
    ] {
        let error = drag(&weekly, of, date(2026, 4, 9), Clock::Stays, &[]).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

fn task(texts: &[&str]) -> Row {
    create("task", &[&["title=T"], texts].concat())
}

#[test]
fn a_task_is_moved_by_its_plan_where_it_has_one_and_else_by_when_it_is_due() {
    let to = date(2026, 3, 24);
    let cases: [(&[&str], Clock, Json); 6] = [
        (&["due=2026-03-20"], Clock::Stays, json!(["2026-03-24", null, null, null])),
        (&["due=2026-03-20", "due_time=18:00"], Clock::Stays, json!(["2026-03-24", "18:00", null, null])),
        (&["due=2026-03-20", "due_time=18:00"], at(9, 0), json!(["2026-03-24", "09:00", null, null])),
        (&["due=2026-03-20", "due_time=18:00"], Clock::AllDay, json!(["2026-03-24", null, null, null])),
        (
            &["due=2026-03-30", "scheduled_start=2026-03-20T09:00", "scheduled_end=2026-03-20T10:00"],
            Clock::Stays,
            json!(["2026-03-30", null, "2026-03-24T09:00", "2026-03-24T10:00"]),
        ),
        (
            &["scheduled_start=2026-03-20T09:00", "scheduled_end=2026-03-20T10:00"],
            at(14, 30),
            json!([null, null, "2026-03-24T14:30", "2026-03-24T15:30"]),
        ),
    ];
    for (texts, clock, expected) in cases {
        let row = dragged(&task(texts), None, to, clock);
        let shown = parts(&row, &["due", "due_time", "scheduled_start", "scheduled_end"]);
        assert_eq!(shown, expected, "{texts:?} {clock:?}");
    }
}

/// The moves that were written down.
fn moves(edits: &[Edit]) -> Vec<String> {
    let of = edits.iter().filter(|edit| edit.key.kind == "task_reschedule");
    let rows = of.map(|edit| life::to_json(&apply(edit, None, NOW))["rows"].clone());
    rows.flat_map(|rows| rows.as_object().unwrap().keys().cloned().collect::<Vec<_>>()).collect()
}

#[test]
fn a_task_that_goes_to_another_day_is_written_down_as_moved_and_one_of_the_same_day_is_not() {
    let (tomorrow, today) = (date(2026, 3, 21), TODAY);
    let planned = task(&["due=2026-03-30", "scheduled_start=2026-03-20T09:00"]);
    let due = task(&["due=2026-03-20"]);
    let edits = |row: &Row, on, clock| drag(row, None, on, clock, &[]).unwrap();
    let written = ["2026-03-20.2026-03-20.2026-03-21"];
    assert_eq!(moves(&edits(&due, tomorrow, Clock::Stays)), written);
    assert_eq!(moves(&edits(&planned, tomorrow, Clock::Stays)), written);
    assert_eq!(moves(&edits(&planned, today, at(11, 0))), Vec::<String>::new());
    assert_eq!(moves(&edits(&due, today, at(11, 0))), Vec::<String>::new());
    assert_eq!(edits(&due, today, Clock::Stays), [], "nothing to do");
}

#[test]
fn a_date_of_a_task_that_comes_again_is_moved_alone() {
    let weekly = task(&["due=2026-03-02", "due_time=18:00", "rrule=FREQ=WEEKLY"]);
    let day = date(2026, 3, 23);
    let edits = drag(&weekly, Some(day), date(2026, 3, 25), at(9, 0), &[]).unwrap();
    assert_eq!(moves(&edits), ["2026-03-20.2026-03-23.2026-03-25"]);
    let log = apply(&edits[0], None, NOW);
    let stands = |log: &Row| {
        let found = items([&weekly, log], (date(2026, 3, 23), date(2026, 3, 28)), &berlin());
        found.iter().map(|item| (item.date, item.on, item.start)).collect::<Vec<_>>()
    };
    let time_of = |hour| Some(Time::constant(hour, 0, 0, 0));
    assert_eq!(stands(&log), [(Some(day), date(2026, 3, 25), time_of(9))]);
    // From there it is moved on with its time, and back.
    let logs = [log.clone()];
    let on = drag(&weekly, Some(day), date(2026, 3, 26), Clock::Stays, &logs).unwrap();
    assert_eq!(moves(&on), ["2026-03-20.2026-03-25.2026-03-26"]);
    assert_eq!(stands(&apply(&on[0], Some(log.clone()), NOW)), [(Some(day), date(2026, 3, 26), time_of(9))]);
    let back = drag(&weekly, Some(day), day, at(18, 0), &logs).unwrap();
    assert_eq!(stands(&apply(&back[0], Some(log), NOW)), [(Some(day), day, time_of(18))]);
}

#[test]
fn what_cannot_be_dragged_says_why() {
    let weekly = task(&["due=2026-03-02", "due_time=18:00", "rrule=FREQ=WEEKLY"]);
    let day = date(2026, 3, 9);
    let done = log_instance(&weekly, None, (day, Step::Complete), Origin::Hand, &moment()).unwrap().unwrap();
    let done = [apply(&done, None, NOW)];
    let single = task(&["due=2026-03-20"]);
    type Refused<'a> = (&'a Row, Option<Date>, Clock, &'a [Row], &'a str);
    let cases: [Refused<'_>; 9] = [
        (&weekly, Some(day), Clock::Stays, &done, "that date is done or left out"),
        (&weekly, Some(date(2026, 3, 10)), Clock::Stays, &[], "the task does not come on 2026-03-10"),
        (&weekly, Some(day), Clock::AllDay, &[], "the task has a time on all its dates"),
        (&weekly, None, Clock::Stays, &[], "it is not clear which date is meant"),
        (&single, Some(day), Clock::Stays, &[], "it is not clear which date is meant"),
        (&update(&single, &["status=completed"]), None, Clock::Stays, &[], "the task is over"),
        (&Row { deleted: true, ..single.clone() }, None, Clock::Stays, &[], "it is in the trash"),
        (&task(&["scheduled_start=2026-03-20T09:00"]), None, Clock::AllDay, &[], "planned for a time"),
        (&create("habit", &["name=N"]), None, Clock::Stays, &[], "it cannot be dragged"),
    ];
    for (row, of, clock, logs, problem) in cases {
        let error = drag(row, of, date(2026, 3, 27), clock, logs).unwrap_err();
        assert_eq!(error.code(), "not_allowed");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

//! One date of something that comes again, or it and all later ones, changed apart from the rest or left out. March 2026
//! begins on a Sunday.

use crate::support::{NOW, apply, create, fields, id, update};
use engine::{DocKey, Edit, EditOp, Origin, Row};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use life::calendar::{self, Reach, end_before, leave_out, part};
use life::series::{Step, log_instance};
use life::{FieldError, Moment};
use serde_json::json;
use std::collections::BTreeMap;

fn day(day: i8) -> Date {
    date(2026, 3, day)
}

fn moment() -> Moment {
    Moment { now: NOW, timezone: "UTC".into(), today: day(4) }
}

type Vault = BTreeMap<DocKey, Row>;

fn vault(rows: &[&Row]) -> Vault {
    rows.iter().map(|row| (row.key.clone(), (*row).clone())).collect()
}

fn carry_out(vault: &mut Vault, edits: &[Edit]) {
    for edit in edits {
        let row = apply(edit, vault.remove(&edit.key), NOW);
        vault.insert(edit.key.clone(), row);
    }
}

/// What March has, by day and time.
fn march(vault: &Vault) -> Vec<String> {
    let items = calendar::items(vault.values(), (day(1), day(31)), &TimeZone::UTC);
    let shown = items.iter().map(|item| {
        let time = item.start.map(|time| format!(" {}", time.strftime("%H:%M"))).unwrap_or_default();
        let state = if item.state == calendar::ItemState::Open { "" } else { " over" };
        format!("{} {}{time}{state}", item.on.day(), item.title)
    });
    shown.collect()
}

fn parted(vault: &mut Vault, row: &Row, on: Date, reach: Reach) -> Row {
    let log = calendar::part_key(row, on).and_then(|key| vault.get(&key).cloned());
    let parted = part(row, log.as_ref(), (on, reach), id(9), (Origin::Hand, &moment())).unwrap();
    carry_out(vault, &parted.edits);
    vault[&parted.record].clone()
}

fn rename(vault: &mut Vault, row: &Row, texts: &[&str]) {
    vault.insert(row.key.clone(), update(row, texts));
}

fn weekly() -> Row {
    let texts = [
        "title=Swim",
        "due=2026-03-02",
        "due_time=18:00",
        "rrule=FREQ=WEEKLY",
        "labels=sport",
        "description=At the lake",
    ];
    create("task", &texts)
}

fn class() -> Row {
    create(
        "event",
        &["title=Class", "start=2026-03-02T18:00", "end=2026-03-02T19:30", "rrule=FREQ=WEEKLY;COUNT=5"],
    )
}

#[test]
fn one_date_of_a_task_becomes_a_task_of_its_own_and_the_series_leaves_it_out() {
    let task = weekly();
    let mut all = vault(&[&task]);
    let moved = log_instance(&task, None, (day(9), Step::Move(day(10), None)), Origin::Hand, &moment());
    carry_out(&mut all, &[moved.unwrap().unwrap()]);
    let one = parted(&mut all, &task, day(9), Reach::One);
    let now = fields(&one);
    // Where it stands now, and when; of the series it has nothing.
    assert_eq!(
        (&now["due"], &now["due_time"], now.get("rrule")),
        (&json!("2026-03-10"), &json!("18:00"), None)
    );
    assert_eq!((&now["labels"], &now["description"]), (&json!(["sport"]), &json!("At the lake")));
    rename(&mut all, &one, &["title=Dive", "due_time=07:00"]);
    assert_eq!(
        march(&all),
        [
            "2 Swim 18:00",
            "10 Dive 07:00",
            "10 Swim 18:00 over",
            "16 Swim 18:00",
            "23 Swim 18:00",
            "30 Swim 18:00"
        ]
    );
}

#[test]
fn from_a_date_on_a_task_is_another_one_and_what_was_before_stays() {
    let task = update(
        &weekly(),
        &[
            "later_rules+=2026-03-16 FREQ=WEEKLY;BYDAY=MO,TH",
            "later_times+=2026-03-16 20:00",
            "later_times+=2026-03-26 21:00",
        ],
    );
    let mut all = vault(&[&task]);
    let whole = march(&all);
    let rest = parted(&mut all, &task, day(19), Reach::Onward);
    assert_eq!(march(&all), whole, "nothing was changed yet");
    rename(&mut all, &rest, &["title=Run"]);
    let expected = [
        "2 Swim 18:00",
        "9 Swim 18:00",
        "16 Swim 20:00",
        "19 Run 20:00",
        "23 Run 20:00",
        "26 Run 21:00",
        "30 Run 21:00",
    ];
    assert_eq!(march(&all), expected);
}

#[test]
fn of_so_many_times_those_are_left_that_were_not_before() {
    let task = create("task", &["title=Pill", "due=2026-03-02", "rrule=FREQ=DAILY;COUNT=6"]);
    let mut all = vault(&[&task]);
    let rest = parted(&mut all, &task, day(5), Reach::Onward);
    assert_eq!(fields(&rest)["rrule"], "FREQ=DAILY;COUNT=3");
    assert_eq!(march(&all), ["2 Pill", "3 Pill", "4 Pill", "5 Pill", "6 Pill", "7 Pill"]);
}

#[test]
fn from_its_first_date_on_the_series_is_itself_what_is_changed() {
    for row in [weekly(), class()] {
        let parted = part(&row, None, (day(2), Reach::Onward), id(9), (Origin::Hand, &moment())).unwrap();
        assert_eq!((parted.edits, parted.record), (Vec::new(), row.key.clone()));
        let ended = end_before(&row, day(2), Origin::Hand).unwrap().unwrap();
        assert_eq!(ended.ops, [EditOp::Trash]);
    }
}

#[test]
fn one_date_of_an_event_becomes_an_event_of_its_own_as_long_as_it_was() {
    let event = update(&class(), &["exceptions+=2026-03-16 2026-03-17T20:00"]);
    let mut all = vault(&[&event]);
    let one = parted(&mut all, &event, day(16), Reach::One);
    let now = fields(&one);
    assert_eq!(
        (&now["start"], &now["end"], now.get("rrule")),
        (&json!("2026-03-17T20:00"), &json!("2026-03-17T21:30"), None)
    );
    rename(&mut all, &one, &["title=Test"]);
    assert_eq!(
        march(&all),
        ["2 Class 18:00", "9 Class 18:00", "17 Test 20:00", "23 Class 18:00", "30 Class 18:00"]
    );
}

#[test]
fn from_a_date_on_an_event_is_another_one_with_its_own_exceptions() {
    let event = update(&class(), &["exceptions+=2026-03-09 skip", "exceptions+=2026-03-23 2026-03-24T10:00"]);
    let mut all = vault(&[&event]);
    let whole = march(&all);
    let rest = parted(&mut all, &event, day(16), Reach::Onward);
    assert_eq!(march(&all), whole, "nothing was changed yet");
    assert_eq!(fields(&all[&event.key])["exceptions"], json!({ "2026-03-09": "skip" }));
    assert_eq!(fields(&rest)["rrule"], "FREQ=WEEKLY;COUNT=3");
    rename(&mut all, &rest, &["title=Course"]);
    assert_eq!(march(&all), ["2 Class 18:00", "16 Course 18:00", "24 Course 10:00", "30 Course 18:00"]);
}

#[test]
fn a_series_ends_before_a_date_and_a_date_is_left_out_and_taken_in_again() {
    let event = update(&class(), &["exceptions+=2026-03-23 2026-03-24T10:00"]);
    let mut all = vault(&[&event, &Row { key: DocKey::thing("task", id(2)), ..weekly() }]);
    for key in all.keys().cloned().collect::<Vec<_>>() {
        let edit = end_before(&all[&key], day(16), Origin::Hand).unwrap().unwrap();
        carry_out(&mut all, &[edit]);
    }
    assert_eq!(march(&all), ["2 Class 18:00", "2 Swim 18:00", "9 Class 18:00", "9 Swim 18:00"]);
    let out = |row: &Row, out| leave_out(row, day(9), out, Origin::Hand).unwrap();
    let event = class();
    let mut all = vault(&[&event]);
    assert_eq!(out(&event, false), None);
    carry_out(&mut all, &[out(&event, true).unwrap()]);
    assert_eq!(march(&all), ["2 Class 18:00", "16 Class 18:00", "23 Class 18:00", "30 Class 18:00"]);
    let again = out(&all[&event.key], false).unwrap();
    carry_out(&mut all, &[again]);
    assert_eq!(all[&event.key].fields, event.fields);
}

#[test]
fn what_is_no_date_of_a_series_is_refused() {
    let single = create("task", &["title=Once", "due=2026-03-02"]);
    let gone = Row { deleted: true, ..class() };
    for (row, on) in [(weekly(), day(3)), (class(), day(3)), (single, day(2)), (gone, day(2))] {
        let refused = part(&row, None, (on, Reach::One), id(9), (Origin::Hand, &moment()));
        assert!(matches!(refused, Err(FieldError::NotAllowed { .. })), "{refused:?}");
    }
}

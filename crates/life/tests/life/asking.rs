//! What a day asks for by buckets is what it would have found among all rows.

use crate::support::{NOW, answer, apply, create, id, update};
use engine::{DocKey, RecordId, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use life::agenda;
use life::calendar::ItemState;
use life::day::{Asking, Day, Rows, log_keys};
use life::limits::DAY_TASKS;
use life::{LogAction, LogEntry, LogState, Moment};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAY: Date = date(2026, 11, 21);

fn asked(rows: &[Row], day: Date) -> Day {
    let mut asking = Asking::new(day, Weekday::Monday, TimeZone::UTC);
    while let Some(question) = asking.question() {
        asking.answer(answer(rows, question)).expect("an answer to the question");
    }
    asking.day()
}

/// The same by a look at everything.
fn seen(rows: &[Row], day: Date) -> Day {
    let of = |kind: &str| rows.iter().filter(|row| row.key.kind == kind).cloned().collect::<Vec<_>>();
    let (habits, routines, tasks) = (of("habit"), of("routine"), of("task"));
    let mut keys = log_keys(&habits, day);
    keys.extend(agenda::keys(&routines, &tasks, day));
    let logs = rows.iter().filter(|row| keys.contains(&row.key)).cloned().collect();
    let agenda = [of("event"), of("person")].concat();
    let rows = Rows { habits, logs, tasks, seasons: of("season"), more: 0, routines, agenda };
    Day::of(day, rows, Weekday::Monday, &TimeZone::UTC)
}

/// A day around the one that is asked for, and now and then none, nonsense, or one of another year.
fn any_day() -> impl Strategy<Value = Option<String>> {
    let near = || (-4_i64..=4).prop_map(|days| DAY + days.days());
    prop_oneof![
        1 => Just(None),
        1 => Just(Some("one day".to_owned())),
        6 => near().prop_map(|day| Some(day.to_string())),
        2 => (near(), -4_i64..=4).prop_map(|(day, years)| Some((day + years.years()).to_string())),
    ]
}

const RULES: [&str; 4] = ["FREQ=DAILY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=NEVER"];
const STATUS: [&str; 6] =
    ["pending", "in_progress", "completed", "completed", "cancelled", "of a newer version"];

/// A record as another device may have written it; who calls gives it an id.
pub fn any_record() -> impl Strategy<Value = Row> {
    let flags = (0..10_usize, prop::bool::weighted(0.1), prop::bool::weighted(0.1), 0..2 * RULES.len());
    let created = prop_oneof![Just(NOW), NOW..NOW + 5, -5_i64..5];
    (flags, created, any_day(), any_day(), 0..STATUS.len()).prop_map(
        |((kind, deleted, archived, rule), created, one, other, status)| {
            let (kind, dates) = match kind {
                0 => ("habit", [].as_slice()),
                1 => ("season", ["start", "end"].as_slice()),
                2 => ("routine", [].as_slice()),
                3 | 4 => ("event", ["start", "end"].as_slice()),
                5 => ("person", ["birthday"].as_slice()),
                6 => ("task", ["due", "scheduled_start"].as_slice()),
                _ => ("task", ["due", "completed_on"].as_slice()),
            };
            let fields = if matches!(kind, "habit" | "person") { "name=One" } else { "title=One" };
            let mut row = Row { created, deleted, ..bare(kind, fields) };
            for (date, day) in dates.iter().zip([one, other]) {
                row.fields.extend(day.map(|day| ((*date).to_owned(), Value::Text(day))));
            }
            if archived {
                row.fields.insert("archived".into(), Value::Bool(true));
            }
            if kind == "task" {
                row.fields.insert("status".into(), Value::Text(STATUS[status].into()));
            }
            if let ("task" | "event", Some(rule)) = (kind, RULES.get(rule)) {
                row.fields.insert("rrule".into(), Value::Text((*rule).into()));
            }
            if kind == "routine" {
                row.fields.insert("window_start".into(), Value::Text("07:00".into()));
            }
            row
        },
    )
}

/// A record of a kind that may lack what a person has to fill in.
fn bare(kind: &str, field: &str) -> Row {
    let (name, value) = field.split_once('=').expect("a field and its value");
    let fields = BTreeMap::from([(name.to_owned(), Value::Text(value.to_owned()))]);
    Row { key: DocKey::thing(kind, id(0)), created: NOW, updated: NOW, deleted: false, fields }
}

fn log_of(habit: &Row) -> Row {
    let moment = Moment { now: NOW, timezone: "Europe/Berlin".into(), today: DAY };
    let action = LogAction::Set(LogState::Done);
    let entry = LogEntry { date: DAY, action, time: None, note: None, origin: engine::Origin::Hand };
    let edit = life::log_habit(habit, None, &entry, &moment).expect("a good entry").expect("a change");
    apply(&edit, None, NOW)
}

proptest! {
    #[test]
    fn what_is_asked_for_is_what_a_look_at_everything_shows(records in vec(any_record(), 0..60)) {
        let mut rows: Vec<Row> = (0..).zip(records).map(|(n, row)| {
            Row { key: DocKey::thing(row.key.kind.clone(), id(n)), ..row }
        }).collect();
        let habits = rows.iter().filter(|row| row.key.kind == "habit" && !row.deleted);
        let logs: Vec<Row> = habits.map(log_of).collect();
        rows.extend(logs);
        // As the read model has them.
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        prop_assert_eq!(format!("{:?}", asked(&rows, DAY)), format!("{:?}", seen(&rows, DAY)));
    }
}

/// What people ask lists for, and how they might type it.
const ASKED: [(&str, &str, &str); 11] = [
    ("task", "status", "pending"),
    ("task", "status", "in_progress"),
    ("task", "status", "cancelled"),
    ("task", "project", "02020202-0202-0202-0202-020202020202"),
    ("task", "project", "03030303-0303-0303-0303-030303030303"),
    ("journal", "date", "2026-11-21"),
    // These have no bucket, or do not read so.
    ("task", "status", "completed"),
    ("task", "status", ""),
    ("task", "status", "of a newer version"),
    ("task", "due", "2026-11-21"),
    ("journal", "date", "one day"),
];

proptest! {
    #[test]
    fn a_bucket_of_a_field_holds_the_records_whose_field_reads_so(
        records in vec((any_record(), 0..6_u8), 0..60),
    ) {
        let of = life::schema().buckets().expect("buckets");
        let mut kept = 0;
        for (kind, field, text) in ASKED {
            let Some(bucket) = life::bucket_of(kind, field, text) else { continue };
            kept += 1;
            for (record, n) in &records {
                let mut row = record.clone();
                row.fields.insert("project".into(), Value::Text(id(*n).to_string()));
                row.fields.insert("date".into(), Value::Text(format!("2026-11-2{n}")));
                if row.key.kind == "season" {
                    row.key.kind = "journal".into();
                }
                let reads = row.key.kind == kind && !row.deleted && life::matches(&row, field, text).unwrap();
                prop_assert_eq!(of(&row).contains_key(&bucket), reads, "{} of {:?}", bucket, row);
            }
        }
        prop_assert_eq!(kept, 6);
    }
}

#[test]
fn of_very_many_tasks_those_due_last_are_shown_and_the_others_counted() {
    let task = |n: u8, m: u8, more: &[&str]| {
        let mut row = create("task", &[&["title=One"], more].concat());
        let mut bytes = [n; 16];
        bytes[0] = m;
        row.key = DocKey::thing("task", RecordId::new(bytes));
        row.created = NOW + i64::from(n) * 1_000 + i64::from(m);
        row
    };
    let late = (0..250).map(|m| task(1, m, &["due=2026-11-01"]));
    let today = (0..3).map(|m| task(2, m, &["due=2026-11-21"]));
    let undated = (0..210).map(|m| task(3, m, &[]));
    let done = (0..5).map(|m| task(4, m, &["status=completed", "completed_on=2026-11-21"]));
    let rows: Vec<Row> = late.chain(today).chain(undated).chain(done).collect();
    let day = asked(&rows, DAY);
    assert_eq!((day.tasks.len(), day.done.len(), day.more), (2 * DAY_TASKS, 5, 53 + 10));
    let due_today = |row: &&Row| row.fields.get("due") == Some(&Value::Text("2026-11-21".into()));
    assert_eq!(day.tasks.iter().filter(due_today).count(), 3);
    let oldest = day.tasks.iter().filter(|row| !row.fields.contains_key("due")).map(|row| row.created).min();
    assert_eq!(oldest, Some(NOW + 3_000 + 10), "the ten made first are left out");
}

/// A browser asks while others write: each answer may be of another moment.
#[test]
fn what_changes_between_two_answers_is_shown_once_as_it_was_last() {
    let open = create("task", &["title=One", "due=2026-11-21", "due_time=18:00"]);
    let mut done = update(&open, &["status=completed"]);
    done.fields.insert("completed_on".into(), Value::Text("2026-11-21".into()));
    let other = Row { key: DocKey::thing("task", id(2)), ..open.clone() };
    // It is done after the first answer, after the second, and so on to the last.
    let mut answers = usize::MAX;
    for after in 0.. {
        let mut asking = Asking::new(DAY, Weekday::Monday, TimeZone::UTC);
        let mut given = 0;
        while let Some(question) = asking.question() {
            given += 1;
            let now = if given > after { &done } else { &open };
            asking
                .answer(answer(&[now.clone(), other.clone()], question))
                .expect("an answer to the question");
        }
        answers = answers.min(given);
        if after == answers {
            break;
        }
        let day = asking.day();
        let listed = [day.tasks.as_slice(), &day.done].concat();
        let one: Vec<&Row> = listed.iter().filter(|row| row.key == open.key).collect();
        assert_eq!((one.len(), listed.len()), (1, 2), "after {after} answers");
        let shown = day.agenda.iter().find(|item| item.record == open.key).expect("it has a time");
        let state = if *one[0] == done { ItemState::Done } else { ItemState::Open };
        assert_eq!(shown.state, state, "after {after} answers");
    }
    assert!(answers > 10);
}

//! What a day asks for by buckets is what it would have found among all rows.

use crate::support::{NOW, apply, create, id};
use engine::{BucketPage, DocKey, Query, RecordId, Reply, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use life::day::{Asking, Day, Rows, log_keys};
use life::limits::DAY_TASKS;
use life::{LogAction, LogEntry, LogState, Moment};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAY: Date = date(2026, 11, 21);

/// Answers as the engine does, from a read model of these rows. Pages are small, so that there are many.
fn answer(rows: &[Row], question: Query) -> Reply {
    match question {
        Query::Get(keys) => {
            Reply::Rows(keys.iter().map(|key| rows.iter().find(|row| row.key == *key).cloned()).collect())
        }
        Query::Bucket { kind, bucket, until, before, limit } => {
            let limit = if limit == DAY_TASKS { limit } else { 3 };
            let of = life::schema().buckets().expect("buckets");
            let mut found: Vec<(String, &Row)> = rows
                .iter()
                .filter(|row| row.key.kind == kind)
                .filter_map(|row| Some((of(row).remove(&bucket)?, row)))
                .filter(|(order, _)| until.as_ref().is_none_or(|until| order <= until))
                .collect();
            found.sort_by(|(a, one), (b, other)| (a, &one.key).cmp(&(b, &other.key)));
            let end = before.map_or(found.len(), |before| usize::from(before[0]));
            found.truncate(end);
            let start = end.saturating_sub(limit);
            let before = (start > 0).then(|| vec![u8::try_from(start).unwrap_or(u8::MAX)]);
            let rows = found[start..].iter().map(|(_, row)| (*row).clone()).collect();
            Reply::Bucket(BucketPage { rows, total: found.len() as u64, before })
        }
        other => panic!("{other:?}"),
    }
}

fn asked(rows: &[Row], day: Date) -> Day {
    let mut asking = Asking::new(day, Weekday::Monday);
    while let Some(question) = asking.question() {
        asking.answer(answer(rows, question)).expect("an answer to the question");
    }
    asking.day()
}

/// The same by a look at everything.
fn seen(rows: &[Row], day: Date) -> Day {
    let of = |kind: &str| rows.iter().filter(|row| row.key.kind == kind).cloned().collect::<Vec<_>>();
    let habits = of("habit");
    let keys = log_keys(&habits, day);
    let logs = rows.iter().filter(|row| keys.contains(&row.key)).cloned().collect();
    let rows = Rows { habits, logs, tasks: of("task"), seasons: of("season"), more: 0 };
    Day::of(day, rows, Weekday::Monday)
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

const STATUS: [&str; 6] =
    ["pending", "in_progress", "completed", "completed", "cancelled", "of a newer version"];

/// A record as another device may have written it; who calls gives it an id.
fn any_record() -> impl Strategy<Value = Row> {
    let flags = (0..6_usize, prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    let created = prop_oneof![Just(NOW), NOW..NOW + 5, -5_i64..5];
    (flags, created, any_day(), any_day(), 0..STATUS.len()).prop_map(
        |((kind, deleted, archived), created, one, other, status)| {
            let (kind, dates) = match kind {
                0 => ("habit", [].as_slice()),
                1 => ("season", ["start", "end"].as_slice()),
                _ => ("task", ["due", "completed_on"].as_slice()),
            };
            let fields = if kind == "habit" { "name=One" } else { "title=One" };
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
    let open = create("task", &["title=One", "due=2026-11-21"]);
    let mut done = create("task", &["title=One", "due=2026-11-21", "status=completed"]);
    done.key = open.key.clone();
    done.fields.insert("completed_on".into(), Value::Text("2026-11-21".into()));
    let mut asking = Asking::new(DAY, Weekday::Monday);
    let mut now = vec![open];
    while let Some(question) = asking.question() {
        let due =
            matches!(&question, Query::Bucket { kind, bucket, .. } if kind == "task" && bucket == "due");
        asking.answer(answer(&now, question)).expect("an answer to the question");
        if due {
            now = vec![done.clone()];
        }
    }
    let day = asking.day();
    assert_eq!((day.tasks.len(), day.done.as_slice()), (0, [done].as_slice()));
}

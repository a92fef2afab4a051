//! Tables: what is written is read back as it was, and what a person made is checked before anything is written.

use crate::support::{NOW, apply, create, fields, id, update};
use engine::{DocKey, Origin, Row, Value};
use jiff::civil::date;
use life::csv::Table;
use life::{LogAction, LogEntry, LogState, Moment, RecordType, import, log_habit};
use serde_json::json;
use std::collections::BTreeMap;

type Vault = BTreeMap<DocKey, Row>;

fn record(kind: &str) -> &'static RecordType {
    RecordType::find(kind).unwrap()
}

fn table<'a>(kind: &str, rows: impl IntoIterator<Item = &'a Row>) -> String {
    let mut table = Table::new(record(kind));
    rows.into_iter().for_each(|row| table.push(row));
    String::from_utf8(table.finish().unwrap()).unwrap()
}

/// Returns how many edits it took.
fn import(vault: &mut Vault, kind: &str, text: &str) -> usize {
    let mut count = 0;
    for item in import::parse_csv(record(kind), text.as_bytes(), NOW).unwrap().items {
        for edit in import::plan(&item, vault.get(item.key())).unwrap() {
            let row = apply(&edit, vault.remove(item.key()), NOW + 9);
            vault.insert(item.key().clone(), row);
            count += 1;
        }
    }
    count
}

fn task() -> Row {
    let texts = [
        "title=Say \"hi\", loudly",
        "description=two\nlines",
        "due=2026-12-01",
        "labels=b,a",
        r#"subtasks=["one",{"title":"two","done":true}]"#,
        "priority=2",
        "archived=true",
    ];
    let mut row = create("task", &texts);
    row.fields.insert("energy".into(), Value::Int(7));
    row
}

#[test]
fn a_table_has_a_line_a_record_and_a_column_a_field() {
    let text = table("category", [&create("category", &["name=Food, drink", "discretionary=yes"])]);
    assert_eq!(
        text,
        "id,name,group,discretionary,tags,custom,archived,scope,created,updated,deleted,more\n\
         01010101-0101-0101-0101-010101010101,\"Food, drink\",,true,,,,,2026-11-18T11:06:40Z,2026-11-18T11:06:40Z,false,\n"
    );
}

#[test]
fn what_is_written_is_read_back_and_the_second_time_writes_nothing() {
    let gone = Row { key: DocKey::thing("task", id(2)), deleted: true, ..create("task", &["title=Gone"]) };
    let text = table("task", [&task(), &gone]);
    let mut vault = Vault::new();
    assert!(import(&mut vault, "task", &text) > 0);
    assert_eq!(import(&mut vault, "task", &text), 0);
    let row = &vault[&DocKey::thing("task", id(1))];
    assert_eq!(fields(row), fields(&task()));
    assert!(vault[&DocKey::thing("task", id(2))].deleted);
    assert_eq!(table("task", vault.values()), text);
}

#[test]
fn check_ins_and_rows_with_fields_are_read_back() {
    let habit = create("habit", &["name=N", "kind=measurable"]);
    let moment = Moment { now: NOW, timezone: "UTC".into(), today: date(2026, 11, 21) };
    let action = LogAction::Set(LogState::Value("2.5".parse().unwrap()));
    let note = Some("fine, \"really\"".to_owned());
    let entry = LogEntry { date: date(2026, 11, 21), action, time: None, note, origin: Origin::Hand };
    let log = apply(&log_habit(&habit, None, &entry, &moment).unwrap().unwrap(), None, NOW);
    let routine = create("routine", &["title=R", r#"steps=["a","b"]"#]);
    let done = (date(2026, 11, 21), &life::routine::RoutineAction::Finish);
    let edit = life::routine::log_routine(&routine, None, done, Origin::Hand, &moment).unwrap().unwrap();
    let days = apply(&edit, None, NOW);
    for row in [log, days] {
        let kind = row.key.kind.clone();
        let text = table(&kind, [&row]);
        let mut vault = Vault::new();
        assert_eq!(import(&mut vault, &kind, &text), 1, "{text}");
        assert_eq!(vault[&row.key].fields, row.fields, "{text}");
        assert_eq!(import(&mut vault, &kind, &text), 0);
    }
}

#[test]
fn columns_that_are_not_there_say_nothing() {
    let mut vault = Vault::new();
    let row = task();
    vault.insert(row.key.clone(), row.clone());
    let text = format!("id,priority,due\n{},3,\n", row.key.id);
    assert_eq!(import(&mut vault, "task", &text), 1);
    let now = fields(&vault[&row.key]);
    assert_eq!((&now["priority"], now.get("due")), (&json!(3), None));
    assert_eq!((&now["title"], &now["energy"]), (&json!("Say \"hi\", loudly"), &json!(7)));
    // One in the trash stays there.
    let deleted = Row { deleted: true, ..update(&row, &["priority=3", "due="]) };
    vault.insert(row.key.clone(), deleted);
    assert_eq!(import(&mut vault, "task", &text), 0);
}

#[test]
fn lines_without_an_id_are_new_records_once() {
    let text = "title,due,labels,status\nCall mother,2026-12-24,\"family, phone\",\nPay rent,,,\n";
    let mut vault = Vault::new();
    assert_eq!(import(&mut vault, "task", text), 2);
    assert_eq!(import(&mut vault, "task", text), 0);
    let titles: Vec<_> = vault.values().map(|row| fields(row)["title"].clone()).collect();
    assert!(titles.contains(&json!("Call mother")) && titles.contains(&json!("Pay rent")), "{titles:?}");
    let call = vault.values().find(|row| fields(row)["title"] == "Call mother").unwrap();
    assert_eq!(fields(call)["labels"], json!(["family", "phone"]));
    assert_eq!((call.created, &fields(call)["status"]), (NOW, &json!("pending")));
}

#[test]
fn a_table_that_is_not_as_it_should_be_is_refused_with_where_and_why() {
    for (kind, text, expected) in [
        ("task", "title,colour\nx,y\n", "task has no column \"colour\""),
        ("task", "title,title\nx,y\n", "the column \"title\" is there twice"),
        ("task", "title,due\nx\n", "cannot be read as CSV"),
        ("task", "title,due\nx,tomorrow\n", "line 2: task due: \"tomorrow\""),
        ("task", "id,title\nzz,x\n", "line 2: \"id\" is not a record id"),
        ("task", "title,deleted\nx,perhaps\n", "line 2: \"deleted\""),
        ("task", "title,more\nx,7\n", "line 2: \"more\" is not an object"),
        ("task", "title\nx\nx\n", "line 3: the same record"),
        ("habit_log", "date\n2026-01-01\n", "the column \"parent\" is missing"),
        (
            "habit_log",
            "parent,date,state\n01010101-0101-0101-0101-010101010101,2026-01-01,maybe\n",
            "line 2: habit_log 2026-01-01",
        ),
    ] {
        let error =
            import::parse_csv(record(kind), text.as_bytes(), NOW).map(drop).expect_err(text).to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
    // A column that is not there is missed only where the record has to be made.
    let file = import::parse_csv(record("task"), b"due\n2026-12-24\n", NOW).unwrap();
    let error = import::plan(&file.items[0], None).unwrap_err().to_string();
    assert!(error.contains("task needs title"), "{error}");
    let error = import::parse_csv(record("task"), b"title,due\n,2026-12-24\n", NOW).map(drop).unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

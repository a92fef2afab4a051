//! The last changes of a vault, and what takes each back, whoever made it.

use crate::lived::{DAY, HOUR, NOW, Vault};
use crate::support::id;
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, Value};
use life::recent::{Change, Standing, change_of, document_name, document_of};
use life::{LogAction, LogState, Moment};
use serde_json::json;
use std::collections::BTreeMap;

fn names(changes: &[Change]) -> Vec<u8> {
    changes.iter().map(|change| change.item.change[0]).collect()
}

#[test]
fn the_last_changes_of_all_records_come_newest_first_whoever_made_them() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=Call"], NOW - 9 * HOUR);
    let habit = vault.add("habit", 2, &["name=Walk"], NOW - 8 * HOUR);
    vault.set(&task, &["title=Call Mum"], NOW - 7 * HOUR, 2);
    vault.tick(&habit, "2026-11-18", LogAction::Set(LogState::Done), NOW - 6 * HOUR);
    vault.set(&task, &["priority=2"], NOW - 5 * HOUR, 1);
    let changes = vault.recent(20);
    assert_eq!(names(&changes), [5, 4, 3, 2, 1]);
    let titles: Vec<&str> = changes.iter().map(|change| change.title.as_str()).collect();
    assert_eq!(titles, ["Call Mum", "Walk", "Call Mum", "Walk", "Call Mum"]);
    let tick = changes[1].to_json();
    assert_eq!((&tick["type"], &tick["id"]), (&json!("habit_log"), &json!(id(2).to_string())));
    assert_eq!(tick["changes"][0]["key"], "2026-11-18");
    assert_eq!(tick["changes"][0]["after"]["state"], "done");
    assert_eq!(changes[2].to_json()["device"], "0202020202020202");
    assert_eq!((changes[4].to_json()["made"].clone(), changes[4].standing), (json!(true), Standing::Whole));
}

#[test]
fn the_newest_are_found_across_pages_and_days_and_no_further_document_is_loaded() {
    let mut vault = Vault::default();
    for n in 0..30 {
        vault.add("task", n, &[&format!("title=Task {n}")], NOW - i64::from(30 - n) * 5 * HOUR);
    }
    // The oldest record is the one changed last.
    let oldest = DocKey::thing("task", id(0));
    vault.set(&oldest, &["priority=1"], NOW - 2 * HOUR, 1);
    assert_eq!(names(&vault.recent(8)), [31, 30, 29, 28, 27, 26, 25, 24]);
    assert_eq!(vault.loaded.len(), 8, "{:?}", vault.loaded);
    let mut all: Vec<u8> = (1..=31).collect();
    all.reverse();
    assert_eq!(names(&vault.recent(200)), all);
}

#[test]
fn a_change_before_a_quiet_month_is_found_and_one_before_a_quiet_year_is_not_looked_for() {
    let mut vault = Vault::default();
    vault.add("task", 1, &["title=Then"], NOW - 60 * DAY);
    vault.add("task", 2, &["title=Long ago"], NOW - 400 * DAY);
    // By a clock that is half a day ahead.
    vault.add("task", 3, &["title=Soon"], NOW + 18 * HOUR);
    assert_eq!(names(&vault.recent(20)), [3, 1]);
    assert!(vault.asked < 100, "{} questions", vault.asked);
}

#[test]
fn what_the_app_notes_by_itself_is_no_change_of_a_person() {
    let mut vault = Vault::default();
    let moment = Moment { now: NOW, timezone: "UTC".into(), today: "2026-11-18".parse().unwrap() };
    let edit = life::presence::use_today(None, &moment).unwrap();
    vault.make(&edit, NOW - HOUR, 1);
    vault.add("profile", 1, &["name=Ada"], NOW - HOUR);
    let changes = vault.recent(20);
    assert_eq!(changes.iter().map(|change| change.key.kind.as_str()).collect::<Vec<_>>(), ["profile"]);
}

#[test]
fn a_value_is_put_back_while_it_stands_and_left_alone_once_it_was_changed_again() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=A", "labels=x"], NOW - 9 * HOUR);
    let both = vault.set(
        &task,
        &["title=B", "priority=2", "labels+=y", "description=Some words"],
        NOW - 8 * HOUR,
        2,
    );
    let again = vault.set(&task, &["title=C"], NOW - 7 * HOUR, 1);
    assert_eq!(vault.back(&task, &[both]).standing(), Standing::Partly);
    assert_eq!(vault.take_back(&task, &[both]), [Path::Field("title".into())]);
    let fields = vault.fields(&task);
    assert_eq!(
        (&fields["title"], fields.get("priority"), &fields["labels"]),
        (&json!("C"), None, &json!(["x"]))
    );
    assert_eq!(fields.get("description"), None);
    assert_eq!(vault.back(&task, &[both]).standing(), Standing::Changed);
    assert_eq!(vault.take_back(&task, &[again]), []);
    assert_eq!(vault.fields(&task)["title"], "B");
    assert_eq!(vault.back(&task, &[again]).standing(), Standing::Back);
    // The way there and back again makes the first change no newer.
    vault.set(&task, &["title=A"], NOW - 6 * HOUR, 1);
    vault.set(&task, &["title=B"], NOW - 5 * HOUR, 1);
    assert_eq!(vault.back(&task, &[both]).standing(), Standing::Changed);
    let edits = vault.back(&task, &[both]).edits;
    assert_eq!(edits, []);
}

#[test]
fn taking_back_says_of_itself_what_it_is_and_can_be_taken_back() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=A"], NOW - 9 * HOUR);
    let change = vault.set(&task, &["title=B"], NOW - 8 * HOUR, 2);
    vault.take_back(&task, &[change]);
    let last = vault.items[&task].last().unwrap().clone();
    assert_eq!(
        (last.origin, vault.recent(1)[0].to_json()["origin"].clone()),
        (Some(Origin::Undo), json!("undo"))
    );
    vault.take_back(&task, &[last.change]);
    assert_eq!(vault.fields(&task)["title"], "B");
}

#[test]
fn a_record_made_goes_into_the_trash_a_deleted_one_comes_out_and_a_restored_one_goes_back() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=A"], NOW - 9 * HOUR);
    let made = vault.items[&task][0].change;
    vault.take_back(&task, &[made]);
    assert!(vault.rows[&task].deleted);
    assert_eq!(vault.back(&task, &[made]).standing(), Standing::Back);
    let trashed = vault.items[&task][1].change;
    vault.take_back(&task, &[trashed]);
    assert!(!vault.rows[&task].deleted);
    let restored = vault.items[&task][2].change;
    assert!(vault.items[&task][2].restored);
    vault.take_back(&task, &[restored]);
    assert!(vault.rows[&task].deleted);
    // The first time it went there, it came out again since; that it is there now is another's doing.
    assert_eq!(vault.back(&task, &[trashed]).standing(), Standing::Changed);
    assert_eq!(vault.fields(&task)["title"], "A");
}

#[test]
fn what_is_in_the_trash_stays_there_when_an_older_change_is_taken_back() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=A"], NOW - 9 * HOUR);
    let change = vault.set(&task, &["title=B"], NOW - 8 * HOUR, 2);
    let trash = life::trash(&vault.rows[&task], Origin::Hand).unwrap();
    vault.make(&trash, NOW - 7 * HOUR, 1);
    vault.take_back(&task, &[change]);
    assert_eq!((vault.rows[&task].deleted, &vault.fields(&task)["title"]), (true, &json!("A")));
}

#[test]
fn a_tick_goes_and_the_ticks_of_other_days_stay() {
    let mut vault = Vault::default();
    let habit = vault.add("habit", 2, &["name=Walk"], NOW - 9 * HOUR);
    vault.tick(&habit, "2026-11-17", LogAction::Set(LogState::Done), NOW - 8 * HOUR);
    let today = vault.tick(&habit, "2026-11-18", LogAction::Set(LogState::Skip), NOW - 7 * HOUR);
    let log = life::log::log_key(&vault.rows[&habit], "2026-11-18".parse().unwrap());
    vault.take_back(&log, &[today]);
    let left = life::LogRow::read(&vault.rows[&log]);
    assert_eq!(left.keys().map(ToString::to_string).collect::<Vec<_>>(), ["2026-11-17"]);
    assert!(!vault.rows[&log].deleted, "a stream is no record that goes into the trash");
}

#[test]
fn a_row_that_others_wrote_to_keeps_when_it_was_made() {
    let mut vault = Vault::default();
    let key = |name: &str| Path::Key("rows".into(), format!("2026-11-18|{name}"));
    let log = DocKey::stream("task_log", id(1), "2026", 0);
    let text = |text: &str| Value::Text(text.into());
    let edit = |ops| Edit { key: log.clone(), expect: Expect::Any, ops, time: None, origin: Origin::Hand };
    let put = |name: &str, value| EditOp::Put(key(name), value);
    let row = |vault: &Vault| life::rows::read(&vault.rows[&log]).remove("2026-11-18");
    let first =
        edit(vec![put("status", text("skipped")), put("logged", Value::Int(5)), put("origin", text("h"))]);
    let made = vault.make(&first, NOW - 9 * HOUR, 1);
    vault.make(&edit(vec![put("note", text("rain"))]), NOW - 8 * HOUR, 2);
    vault.take_back(&log, &[made]);
    let left = row(&vault).unwrap();
    assert_eq!((left.text("status"), left.text("note"), left.logged()), (None, Some("rain"), Some(5)));

    let mut alone = Vault::default();
    let made = alone.make(&first, NOW - 9 * HOUR, 1);
    alone.take_back(&log, &[made]);
    assert_eq!(alone.rows[&log].fields, BTreeMap::new());
}

#[test]
fn changes_of_one_doing_are_taken_back_as_one() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=A"], NOW - 9 * HOUR);
    let one = vault.set(&task, &["title=B"], NOW - 8 * HOUR, 2);
    let two = vault.set(&task, &["title=C", "priority=1"], NOW - 8 * HOUR, 2);
    assert_eq!(vault.take_back(&task, &[one, two]), []);
    let fields = vault.fields(&task);
    assert_eq!((&fields["title"], fields.get("priority")), (&json!("A"), None));
    let changes = vault.recent(3);
    assert!(changes[1].is_of(&changes[2]) && !changes[0].is_of(&changes[1]));
}

#[test]
fn a_document_is_named_in_one_word_and_no_other_word_names_one() {
    for key in [DocKey::thing("task", id(7)), DocKey::stream("habit_log", id(7), "2026", 0)] {
        assert_eq!(document_of(&document_name(&key)), Some(key));
    }
    let id = id(7);
    for wrong in
        [format!("task/{id}/2026/0"), format!("habit_log/{id}"), format!("nothing/{id}"), "task/x".into()]
    {
        assert_eq!(document_of(&wrong), None, "{wrong}");
    }
    assert_eq!(change_of(&"0b".repeat(32)), Some([11; 32]));
    assert_eq!((change_of("0b"), change_of("x")), (None, None));
}

#[test]
fn changes_of_several_records_are_taken_back_together_and_rows_are_asked_for_once() {
    let mut vault = Vault::default();
    let tasks: Vec<DocKey> =
        (1..=4).map(|n| vault.add("task", n, &[&format!("title=Task {n}")], NOW - 9 * HOUR)).collect();
    let mut named = Vec::new();
    for task in &tasks {
        named.push((task.clone(), vault.set(task, &["priority=3"], NOW - 2 * HOUR, 1)));
        named.push((task.clone(), vault.set(task, &["title=Late"], NOW - HOUR, 1)));
    }
    // One of the values was changed again since.
    vault.set(&tasks[2], &["title=Later"], NOW - HOUR / 2, 2);
    vault.asked = 0;
    let left = vault.take_all_back(&named).unwrap();
    assert_eq!(left, [Path::Field("title".into())]);
    assert_eq!(vault.asked, 5, "the rows once, then the history of each");
    for (n, task) in tasks.iter().enumerate() {
        let fields = vault.fields(task);
        let title = if n == 2 { "Later".to_owned() } else { format!("Task {}", n + 1) };
        assert_eq!((&fields["title"], fields.get("priority")), (&json!(title), None), "{task:?}");
    }
}

#[test]
fn nothing_is_taken_back_of_several_records_of_which_one_is_gone() {
    let mut vault = Vault::default();
    let task = vault.add("task", 1, &["title=A"], NOW - 9 * HOUR);
    let change = vault.set(&task, &["title=B"], NOW - HOUR, 1);
    let gone = DocKey::thing("task", id(2));
    assert_eq!(vault.take_all_back(&[(task.clone(), change), (gone, [9; 32])]), None);
    assert_eq!(vault.fields(&task)["title"], "B");
}

//! Changes taken back: what they changed is as it was, and what others changed since stays.

use crate::support::{NOW, apply, create, fields, id, update};
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, Row, Value};
use jiff::civil::date;
use life::import::{self, Counts};
use life::routine::{RoutineAction, log_routine};
use life::{Export, Moment, Undo};
use serde_json::json;
use std::collections::BTreeMap;

type Vault = BTreeMap<DocKey, Row>;

fn carry_out(vault: &mut Vault, edits: &[Edit]) {
    for edit in edits {
        let row = apply(edit, vault.remove(&edit.key), NOW + 5);
        vault.insert(edit.key.clone(), row);
    }
}

/// Carries `edits` out and gives what takes them back.
fn change(vault: &mut Vault, edits: &[Edit]) -> Vec<Undo> {
    let before: Vec<Row> = vault.values().cloned().collect();
    let undo = Undo::of(edits, &before);
    carry_out(vault, edits);
    undo
}

fn take_back(vault: &mut Vault, undo: &[Undo]) {
    for one in undo {
        let edits = one.edits(vault.get(one.key()), Origin::Hand);
        carry_out(vault, &edits);
    }
}

fn task() -> Row {
    let texts =
        ["title=Old", "due=2026-11-21", "description=one\ntwo", "labels=a,b", "subtasks=[\"x\",\"y\"]"];
    create("task", &texts)
}

fn edit(row: &Row, texts: &[&str]) -> Edit {
    life::update(row, &crate::support::assign(texts), Origin::Hand).unwrap().unwrap()
}

#[test]
fn values_texts_sets_and_lists_are_as_they_were() {
    let row = task();
    for texts in [
        &["title=New"][..],
        &["due="],
        &["due_time=09:00"],
        &["description=other", "labels=c"],
        &["description="],
        &["subtasks=[\"y\",\"z\"]", "labels+=d"],
    ] {
        let mut vault = Vault::from([(row.key.clone(), row.clone())]);
        let undo = change(&mut vault, &[edit(&row, texts)]);
        assert_ne!(vault[&row.key].fields, row.fields, "{texts:?}");
        take_back(&mut vault, &undo);
        assert_eq!(vault[&row.key].fields, row.fields, "{texts:?}");
        assert_eq!(undo[0].edits(vault.get(&row.key), Origin::Hand), [], "there is nothing left of it");
    }
}

#[test]
fn what_was_changed_since_elsewhere_in_the_record_stays() {
    let row = task();
    let mut vault = Vault::from([(row.key.clone(), row.clone())]);
    let undo = change(&mut vault, &[edit(&row, &["title=New", "labels+=c"])]);
    let since = update(&vault[&row.key], &["priority=3", "labels+=d"]);
    vault.insert(row.key.clone(), since);
    take_back(&mut vault, &undo);
    let now = fields(&vault[&row.key]);
    let seen = (&now["title"], &now["priority"], &now["labels"]);
    assert_eq!(seen, (&json!("Old"), &json!(3), &json!(["a", "b", "d"])));
}

#[test]
fn a_record_that_was_made_goes_into_the_trash_and_one_that_was_there_comes_out_again() {
    let row = task();
    let mut vault = Vault::new();
    let make = |row: &Row| {
        let ops = row.fields.iter().filter_map(|(name, value)| match value {
            Value::Map(_) => None,
            Value::Text(text) if name == "description" => Some(EditOp::PutText(name.clone(), text.clone())),
            value => Some(EditOp::Put(Path::Field(name.clone()), value.clone())),
        });
        Edit {
            key: row.key.clone(),
            expect: Expect::New,
            ops: ops.collect(),
            time: None,
            origin: Origin::Hand,
        }
    };
    let undo = change(&mut vault, &[make(&row)]);
    take_back(&mut vault, &undo);
    assert!(vault[&row.key].deleted);
    assert_eq!(undo[0].edits(vault.get(&row.key), Origin::Hand), []);

    let mut vault = Vault::from([(row.key.clone(), row.clone())]);
    let undo = change(&mut vault, &[life::trash(&row, Origin::Hand).unwrap()]);
    take_back(&mut vault, &undo);
    assert_eq!((vault[&row.key].deleted, &vault[&row.key].fields), (false, &row.fields));

    let gone = Row { deleted: true, ..row.clone() };
    let mut vault = Vault::from([(row.key.clone(), gone.clone())]);
    let undo = change(&mut vault, &[life::untrash(&gone, Origin::Hand).unwrap()]);
    take_back(&mut vault, &undo);
    assert!(vault[&row.key].deleted);
}

#[test]
fn rows_of_a_stream_go_as_they_came() {
    let routine = create("routine", &["title=R", r#"steps=["a","b"]"#]);
    let moment = Moment { now: NOW, timezone: "UTC".into(), today: date(2026, 11, 21) };
    let log = |action: &RoutineAction, existing: Option<&Row>| {
        log_routine(&routine, existing, (moment.today, action), Origin::Hand, &moment).unwrap().unwrap()
    };
    let mut vault = Vault::new();
    let first = change(&mut vault, &[log(&RoutineAction::Tick(vec!["a".into()]), None)]);
    let key = vault.keys().next().unwrap().clone();
    let ticked = vault[&key].fields.clone();
    let finish = log(&RoutineAction::Finish, vault.get(&key));
    let second = change(&mut vault, &[finish]);
    take_back(&mut vault, &second);
    assert_eq!(vault[&key].fields, ticked);
    take_back(&mut vault, &first);
    assert_eq!(vault[&key].fields, BTreeMap::new());
    assert!(!vault[&key].deleted, "a document of rows is not put into the trash");
}

fn export(vault: &Vault) -> Vec<u8> {
    let mut export = Export::new();
    vault.values().filter(|row| !row.deleted).try_for_each(|row| export.push(row)).unwrap();
    export.finish()
}

/// The words of an export, without the times that every change moves.
fn said(vault: &Vault) -> serde_json::Value {
    let mut file: serde_json::Value = serde_json::from_slice(&export(vault)).unwrap();
    for record in file["records"].as_array_mut().unwrap() {
        record["updated"] = json!(null);
    }
    file
}

#[test]
fn an_import_is_counted_before_and_taken_back_whole_after() {
    let named = |kind: &str, n: u8, texts: &[&str]| {
        let row = create(kind, texts);
        Row { key: DocKey::thing(kind, id(n)), ..row }
    };
    let file: Vault = [
        named("task", 1, &["title=Changed", "due=2026-11-21", "labels=a"]),
        named("task", 2, &["title=New"]),
        named("goal", 3, &["title=Same"]),
        named("task", 4, &["title=Back"]),
        create("profile", &["name=Sam"]),
    ]
    .into_iter()
    .map(|row| (row.key.clone(), row))
    .collect();
    let bytes = export(&file);
    let there: Vault = [
        named("task", 1, &["title=There", "priority=1", "labels=b"]),
        named("goal", 3, &["title=Same"]),
        Row { deleted: true, ..named("task", 4, &["title=Gone"]) },
        named("task", 5, &["title=Mine"]),
    ]
    .into_iter()
    .map(|row| (row.key.clone(), row))
    .collect();
    let mut vault = there.clone();
    let (mut counts, mut undo) = (Counts::default(), Vec::new());
    for item in import::parse(&bytes).unwrap().items {
        let existing = vault.get(item.key()).cloned();
        let edits = import::plan(&item, existing.as_ref()).unwrap();
        counts.add(existing.is_some(), &edits);
        undo.extend(change(&mut vault, &edits));
    }
    assert_eq!(counts, Counts { documents: 5, new: 2, changed: 2 });
    assert!(!vault[&DocKey::thing("task", id(4))].deleted);
    take_back(&mut vault, &undo);
    // The profile is there once it was ever written; nothing is left in it.
    let profile = vault.remove(&life::RecordType::find("profile").unwrap().key(id(0)).unwrap());
    assert_eq!(profile.map(|row| row.fields), Some(BTreeMap::new()));
    assert_eq!(said(&vault), said(&there));
    assert!(vault[&DocKey::thing("task", id(4))].deleted);
    assert_eq!(fields(&vault[&DocKey::thing("task", id(4))])["title"], "Gone");
}

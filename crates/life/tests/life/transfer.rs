//! Export and import: the same bytes again, whoever exports; nothing written that is there; hostile files refused.

use crate::support::{NOW, apply, assign, id};
use engine::{DocKey, Origin, RecordId, Row, Value};
use jiff::civil::date;
use life::field::FieldType;
use life::import::{self, ImportError};
use life::scalar::Scalar;
use life::{Export, LogAction, LogEntry, LogState, Moment, log_habit};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

type Vault = BTreeMap<DocKey, Row>;

fn add(vault: &mut Vault, kind: &str, n: u8, texts: &[&str]) -> DocKey {
    let record = life::RecordType::find(kind).unwrap();
    let edit = life::create(record, id(n), &assign(texts), Origin::Hand).unwrap();
    let row = apply(&edit, vault.remove(&edit.key), NOW + i64::from(n));
    vault.insert(edit.key.clone(), row);
    edit.key
}

fn vault() -> Vault {
    let mut vault = Vault::new();
    add(&mut vault, "profile", 0, &["name=Ada", "timezone=Europe/London"]);
    let goal = add(
        &mut vault,
        "goal",
        3,
        &["title=Läufer \"x\" \\ \u{1F600}", "why=long\nprose", "target=10.5", "tags=b,a"],
    );
    add(
        &mut vault,
        "task",
        2,
        &["title=T", "subtasks=[\"b\",\"a\"]", "custom+=mood fine day", "due=2026-12-01"],
    );
    let gone = add(&mut vault, "task", 1, &["title=Gone"]);
    let row = apply(&life::trash(&vault[&gone], Origin::Hand).unwrap(), vault.remove(&gone), NOW + 500);
    vault.insert(gone, row);
    let row = vault.get_mut(&goal).unwrap();
    row.updated += 1_234;
    row.fields.insert("energy".into(), Value::Int(i64::MIN));
    row.fields.insert("ratio".into(), Value::Float(0.1));
    row.fields.insert("parts".into(), Value::Map([("a|x".to_owned(), Value::Float(2.0))].into()));
    let habit = add(
        &mut vault,
        "habit",
        4,
        &["name=H", "kind=measurable", "schedule=week 3", "pauses+=2026-08-01 open"],
    );
    let moment = Moment { now: NOW + 7, timezone: "UTC".into(), today: date(2026, 11, 21) };
    for day in [date(2026, 11, 20), date(2025, 3, 1), date(2026, 11, 21)] {
        let state = LogState::Value("2.25".parse().unwrap());
        let note = Some("n".to_owned());
        let entry =
            LogEntry { date: day, action: LogAction::Set(state), time: None, note, origin: Origin::Hand };
        let key = life::log::log_key(&vault[&habit], day);
        let edit = log_habit(&vault[&habit], vault.get(&key), &entry, &moment).unwrap().unwrap();
        let row = apply(&edit, vault.remove(&key), NOW);
        vault.insert(key, row);
    }
    // A row as a later version may write it.
    let key = life::log::log_key(&vault[&habit], date(2025, 1, 1));
    let Some(Value::Map(rows)) = vault.get_mut(&key).unwrap().fields.get_mut("rows") else {
        panic!("no rows")
    };
    rows.insert("2025-01-02".into(), Value::Bytes(vec![0xa1, 0x00, 0x09]));
    vault
}

fn export<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    let mut export = Export::new();
    rows.into_iter().try_for_each(|row| export.push(row)).unwrap();
    export.finish()
}

/// Returns how many edits it took.
fn import(vault: &mut Vault, bytes: &[u8]) -> usize {
    let mut count = 0;
    for item in import::parse(bytes).unwrap().items {
        for edit in import::plan(&item, vault.get(item.key())).unwrap() {
            let row = apply(&edit, vault.remove(item.key()), NOW + 99_999);
            vault.insert(item.key().clone(), row);
            count += 1;
        }
    }
    count
}

#[test]
fn an_export_is_canonical_sorted_and_the_same_in_every_order_of_collection() {
    let vault = vault();
    let bytes = export(vault.values());
    assert_eq!(bytes, export(vault.values().rev()));
    let json: Json = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(bytes, serde_json_canonicalizer::to_vec(&json).unwrap());
    assert_eq!((&json["format"], &json["version"]), (&json!("life-os"), &json!(1)));
    let ids: Vec<&str> =
        json["records"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.len() == 5, "{ids:?}");
    let dates: Vec<&str> =
        json["streams"].as_array().unwrap().iter().map(|r| r["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2025-01-02", "2025-03-01", "2026-11-20", "2026-11-21"]);
    let gone = json["records"].as_array().unwrap().iter().find(|r| r["fields"]["title"] == "Gone").unwrap();
    assert_eq!((&gone["deleted"], &gone["updated"]), (&json!(true), &json!("2026-11-18T11:06:40.5Z")));
}

#[test]
fn an_import_into_an_empty_vault_exports_the_same_bytes() {
    let bytes = export(vault().values());
    let mut empty = Vault::new();
    import(&mut empty, &bytes);
    assert_eq!(String::from_utf8(export(empty.values())).unwrap(), String::from_utf8(bytes.clone()).unwrap());
    assert_eq!(import(&mut empty, &bytes), 0, "the second time writes nothing");
}

#[test]
fn an_import_of_its_own_export_writes_nothing() {
    let mut vault = vault();
    let bytes = export(vault.values());
    assert_eq!(import(&mut vault, &bytes), 0);
}

#[test]
fn an_import_into_a_full_vault_writes_only_differences_and_keeps_what_the_file_does_not_name() {
    let mut vault = vault();
    let bytes = export(vault.values());
    let goal = DocKey::thing("goal", id(3));
    for (key, texts) in
        [(&goal, vec!["title=Other", "due=2027-01-01"]), (&DocKey::thing("task", id(1)), vec!["title=Back"])]
    {
        let edit = life::update(&vault[key], &assign(&texts), Origin::Hand).unwrap().unwrap();
        let row = apply(&edit, vault.remove(key), NOW);
        vault.insert(key.clone(), row);
    }
    add(&mut vault, "goal", 9, &["title=Mine"]);
    let habit = vault[&DocKey::thing("habit", id(4))].clone();
    let log = life::log::log_key(&habit, date(2026, 1, 1));
    let Some(Value::Map(rows)) = vault.get_mut(&log).unwrap().fields.get_mut("rows") else {
        panic!("no rows")
    };
    let kept = rows["2026-11-20"].clone();
    rows.insert("2026-11-19".into(), kept);
    rows.remove("2026-11-20");
    // The goal: one edit. The task: its title, then the trash. The log: one row.
    assert_eq!(import(&mut vault, &bytes), 4);
    assert_eq!(import(&mut vault, &bytes), 0);
    assert_eq!(vault[&goal].fields["title"], Value::Text("Läufer \"x\" \\ \u{1F600}".into()));
    assert_eq!(vault[&goal].fields.get("due"), None);
    assert!(vault[&DocKey::thing("task", id(1))].deleted);
    assert_eq!(life::to_json(&vault[&DocKey::thing("goal", id(9))])["fields"]["title"], "Mine");
    assert_eq!(life::to_json(&vault[&log])["rows"].as_object().unwrap().len(), 3);
}

#[test]
fn times_of_the_file_are_kept_by_the_first_and_the_last_edit() {
    let bytes = export(vault().values());
    for item in import::parse(&bytes).unwrap().items {
        let edits = import::plan(&item, None).unwrap();
        assert!(edits.iter().all(|e| e.origin == Origin::Import));
        if item.key().kind == "goal" {
            assert_eq!(
                edits.iter().map(|e| e.time).collect::<Vec<_>>(),
                [Some(NOW + 3), Some(NOW + 3 + 1_234)]
            );
            assert!(edits[1].ops.is_empty());
        }
    }
}

#[test]
fn a_text_longer_than_an_edit_is_imported_in_pieces() {
    let mut vault = vault();
    let goal = DocKey::thing("goal", id(3));
    let text = "€uro ".repeat(60_000);
    vault.get_mut(&goal).unwrap().fields.insert("why".into(), Value::Text(text));
    let bytes = export(vault.values());
    let file = import::parse(&bytes).unwrap();
    let item = file.items.iter().find(|i| *i.key() == goal).unwrap();
    let edits = import::plan(item, None).unwrap();
    let mut length = 0;
    for op in edits.iter().flat_map(|e| &e.ops) {
        if let engine::EditOp::PutText(_, text) = op {
            assert!(text.len() - length <= life::limits::IMPORT_EDIT_BYTES);
            length = text.len();
        }
    }
    assert!(edits.len() > 5);
    let mut empty = Vault::new();
    import(&mut empty, &bytes);
    assert_eq!(export(empty.values()), bytes);
}

fn record(change: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut record = json!({"id": id(1).to_string(), "type": "goal", "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:00:00Z", "deleted": false, "fields": {"title": "T"}});
    change(&mut record);
    json!({"format": "life-os", "version": 1, "records": [record], "streams": []}).to_string().into_bytes()
}

fn row(change: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut row = json!({"type": "habit_log", "parent": id(1).to_string(), "date": "2026-01-01", "state": "done",
        "logged": "2026-01-01T00:00:00Z", "origin": "hand"});
    change(&mut row);
    json!({"format": "life-os", "version": 1, "records": [], "streams": [row]}).to_string().into_bytes()
}

#[test]
fn a_hostile_file_is_refused_with_where_and_why() {
    let record_cases: Vec<(Vec<u8>, &str)> = vec![
        (record(|r| r["type"] = json!("gaol")), "records[0]: unknown record type \"gaol\""),
        (record(|r| r["id"] = json!("zz")), "records[0]: \"id\" is not a record id"),
        (record(|r| r["created"] = json!("yesterday")), "records[0]: \"created\" is not a time"),
        (
            record(|r| r["created"] = json!("2026-01-01T01:00:00+01:00")),
            "records[0]: \"created\" is not a time",
        ),
        (record(|r| r["deleted"] = json!("no")), "records[0]: \"deleted\""),
        (record(|r| r["fields"] = json!([])), "records[0].fields: not an object"),
        (record(|r| r["fields"]["due"] = json!("2026-02-30")), "records[0].fields: goal due: \"2026-02-30\""),
        (record(|r| r["fields"]["target"] = json!(1e300)), "goal target"),
        (record(|r| r["fields"]["milestones"] = json!([{"title": {}}])), "goal milestones.title"),
        (record(|r| r["fields"]["milestones"] = json!([{"id": "a|b", "title": "x"}])), "not an item's id"),
        (record(|r| r["fields"]["milestones"] = json!([{"pos": "0", "title": "x"}])), "unknown field"),
        (
            record(|r| r["fields"]["milestones"] = json!([{"n": {"$int": "007"}, "title": "x"}])),
            "not a scalar",
        ),
        (
            record(|r| r["fields"]["milestones"] = json!([{"n": {"$bytes": "FF"}, "title": "x"}])),
            "not a scalar",
        ),
        (record(|r| r["fields"]["habits"] = json!(["x"])), "goal habits"),
        (record(|r| r["fields"]["extra"] = json!({"a": "b"})), "goal extra"),
        (record(|r| r["fields"]["x".repeat(101)] = json!(1)), "out of limits"),
        (record(|r| r["fields"]["x"] = json!("y".repeat(70_000))), "out of limits"),
        (record(|r| r["more"] = json!(1)), "records[0]: a record has no \"more\""),
        (
            record(
                |r| *r = json!({"type": "profile", "id": id(1).to_string(), "created": "1970-01-01T00:00:00Z", "updated": "1970-01-01T00:00:00Z"}),
            ),
            "this is not its id",
        ),
        (record(|r| r["type"] = json!("habit_log")), "belong under \"streams\""),
        (row(|r| r["type"] = json!("goal")), "streams[0]: a record belongs under"),
        (row(|r| r["date"] = json!("2026-1-1")), "streams[0]: \"date\""),
        (row(|r| r["state"] = json!("maybe")), "streams[0]: habit_log 2026-01-01"),
        (row(|r| r["value"] = json!(3)), "no such state"),
        (row(|r| r["origin"] = json!("cat")), "no such origin"),
        (row(|r| r["colour"] = json!("red")), "colour is not known"),
        (row(|r| r["logged"] = json!(5)), "logged"),
        (row(|r| r["packed"] = json!([])), "not a scalar"),
    ];
    for (bytes, expected) in record_cases {
        let error = import::parse(&bytes).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
        assert!(error.chars().count() < 500, "an error must not repeat the file: {error}");
    }
}

#[test]
fn what_is_no_export_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = r#"{"format":"life-os","version":1,"records":[{"id":1,"id":2}]}"#;
    let one = String::from_utf8(record(|_| ())).unwrap();
    let same_record = one.replacen("\"records\":[", &format!("\"records\":[{},", inner(&one)), 1);
    let cases = [
        (String::new(), "Json"),
        ("{".into(), "Json"),
        (deep, "Json"),
        (twice.into(), "Json"),
        ("[]".into(), "NotAnExport"),
        ("{}".into(), "NotAnExport"),
        (r#"{"format":"life-os"}"#.into(), "NotAnExport"),
        (r#"{"format":"life-os","version":2}"#.into(), "Version"),
        (r#"{"format":"life-os","version":1,"records":{}}"#.into(), "Shape"),
        (r#"{"format":"life-os","version":1,"notes":[]}"#.into(), "Shape"),
        (same_record, "Twice"),
        (format!("{one} x"), "Json"),
    ];
    for (text, expected) in cases {
        let error = import::parse(text.as_bytes()).expect_err(expected);
        let variant = match error {
            ImportError::TooLarge(_) => "TooLarge",
            ImportError::Json(_) => "Json",
            ImportError::NotAnExport(_) => "NotAnExport",
            ImportError::Version(_) => "Version",
            ImportError::Shape { .. } => "Shape",
            ImportError::Twice { .. } => "Twice",
            ImportError::Field { .. } => "Field",
            ImportError::Csv(_) | ImportError::Calendar(_) => "of another form",
        };
        assert_eq!(variant, expected, "{}", text.chars().take(80).collect::<String>());
    }
    assert!(import::parse(&record(|_| ())).is_ok() && import::parse(&row(|_| ())).is_ok());
}

fn inner(file: &str) -> String {
    let json: Json = serde_json::from_str(file).unwrap();
    json["records"][0].to_string()
}

#[test]
fn values_that_only_merging_or_a_later_version_makes_are_imported() {
    let cases = [
        ("title", json!("x".repeat(300))),
        ("status", json!("someday")),
        ("target", json!(-5.5)),
        ("tags", json!((0..80).map(|n| format!("{n:02}")).collect::<Vec<_>>())),
        ("milestones", json!([{"id": "a", "owner": {"$float": "2"}, "title": "x"}])),
        ("energy", json!([1, {"deep": [null]}])),
        ("mood", json!({"$bytes": "00ff"})),
        ("custom", json!({"where": "x".repeat(600)})),
    ];
    for (field, value) in cases {
        let bytes = record(|r| r["fields"][field] = value.clone());
        let mut vault = Vault::new();
        import(&mut vault, &bytes);
        let row = vault.values().next().unwrap();
        assert_eq!(life::to_json(row)["fields"][field], value, "{field}");
        let canonical =
            serde_json_canonicalizer::to_vec(&serde_json::from_slice::<Json>(&bytes).unwrap()).unwrap();
        assert_eq!(export([row]), canonical, "{field}");
        // A person's edit of another field leaves it.
        let row = crate::support::update(row, &["due=2026-01-01"]);
        assert_eq!(life::to_json(&row)["fields"][field], value, "{field}");
    }
}

#[test]
fn a_field_that_a_later_version_stored_itself_is_never_overwritten_by_an_import() {
    let mut vault = Vault::new();
    import(&mut vault, &record(|_| ()));
    let key = DocKey::thing("goal", RecordId::new([1; 16]));
    vault.get_mut(&key).unwrap().fields.insert("energy".into(), Value::Text("container or not".into()));
    assert_eq!(import(&mut vault, &record(|r| r["fields"]["energy"] = json!("other"))), 0);
    assert_eq!(life::to_json(&vault[&key])["fields"]["energy"], "container or not");
}

/// A value for every declared field, so that a type added later is covered by its declaration alone.
fn sample(kind: FieldType) -> Json {
    let scalar = |scalar: Scalar| match scalar {
        Scalar::Name | Scalar::Line(_) => json!("Ä b"),
        Scalar::Int(min, _, _) => json!(min),
        Scalar::Decimal(..) => json!(0.125),
        Scalar::Bool => json!(true),
        Scalar::Choice(words) => json!(words[0]),
        Scalar::Date | Scalar::DateOrOpen => json!("2024-02-29"),
        Scalar::DateTime => json!("2026-11-21T18:00[Europe/Berlin]"),
        Scalar::Time => json!("07:30"),
        Scalar::Timezone => json!("Europe/Berlin"),
        Scalar::Colour => json!("#00ff00"),
        Scalar::Locale => json!("de"),
        Scalar::Link(_) => json!(id(7).to_string()),
        Scalar::Rrule | Scalar::Series => json!("FREQ=DAILY"),
        Scalar::When => json!("2026-11-21"),
        Scalar::Exception => json!("skip"),
        Scalar::Item => json!("a-1"),
        Scalar::Place => json!("80000100"),
        Scalar::Form => json!("choice a b"),
        Scalar::Word => json!("a.b"),
        Scalar::Rule => json!("weekdays sat sun"),
    };
    match kind {
        FieldType::One(of) => scalar(of),
        FieldType::Prose(_) => json!("prose\n\u{1F600}"),
        FieldType::Set(of, _) => json!([scalar(of)]),
        FieldType::List(items, _) => {
            let item: serde_json::Map<_, _> =
                items.iter().map(|f| (f.name.to_owned(), sample(f.kind))).collect();
            json!([item, item])
        }
        FieldType::Map(of) => json!({ scalar(of.key).as_str().unwrap(): scalar(of.value) }),
    }
}

#[test]
fn every_field_of_every_type_reads_back_and_survives_export_and_import() {
    let mut vault = Vault::new();
    for record in life::all().filter(|r| !r.is_stream()) {
        let fields: serde_json::Map<_, _> =
            record.fields().map(|f| (f.name.to_owned(), sample(f.kind))).collect();
        let edit = life::create(record, id(5), &life::fields_from_json(&fields), Origin::Hand).unwrap();
        let row = apply(&edit, None, NOW);
        let shown = life::to_json(&row);
        for field in record.fields() {
            let mut value = shown["fields"][field.name].clone();
            if let (FieldType::List(..), Json::Array(items)) = (field.kind, &mut value) {
                items.iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().remove("id")));
            }
            assert_eq!(value, sample(field.kind), "{} {}", record.name, field.name);
        }
        vault.insert(edit.key, row);
    }
    let bytes = export(vault.values());
    let mut empty = Vault::new();
    import(&mut empty, &bytes);
    assert_eq!(export(empty.values()), bytes);
    assert_eq!(import(&mut vault, &bytes), 0);
}

#[test]
fn a_record_in_the_trash_that_differs_is_written_and_stays_there() {
    let mut vault = vault();
    let bytes = export(vault.values());
    let key = DocKey::thing("task", id(1));
    let edit = life::update(&vault[&key], &assign(&["title=Other"]), Origin::Hand).unwrap().unwrap();
    let row = apply(&edit, vault.remove(&key), NOW);
    let row = apply(&life::trash(&row, Origin::Hand).unwrap(), Some(row), NOW);
    vault.insert(key.clone(), row);
    import(&mut vault, &bytes);
    assert!(vault[&key].deleted);
    assert_eq!(vault[&key].fields["title"], Value::Text("Gone".into()));
    // And one that the file has alive comes out of the trash.
    let key = DocKey::thing("task", id(2));
    let row = apply(&life::trash(&vault[&key], Origin::Hand).unwrap(), vault.remove(&key), NOW);
    vault.insert(key.clone(), row);
    assert_eq!((import(&mut vault, &bytes), vault[&key].deleted), (1, false));
}

//! History in a person's words.

use engine::record::FieldChange;
use engine::{HistoryItem, Origin, Path, Value};
use life::RecordType;
use serde_json::json;

#[test]
fn a_change_names_who_when_how_and_every_value_before_and_after() {
    let change = |path, before, after| FieldChange { path, before, after };
    let key = |field: &str, key: &str| Path::Key(field.into(), key.into());
    let item = HistoryItem {
        change: [0xab; 32],
        time: 0,
        device: [1; 8],
        origin: Some(Origin::Hand),
        made: false,
        trashed: false,
        restored: false,
        fields: vec![
            change(Path::Field("target".into()), Some(Value::Int(70_500)), Some(Value::Int(70_000))),
            change(key("milestones", "i1|done"), None, Some(Value::Bool(true))),
            change(key("tags", "work"), Some(Value::Bool(true)), None),
            change(Path::Field("energy".into()), None, Some(Value::Int(3))),
        ],
    };
    let shown = life::describe(
        &[item.clone(), HistoryItem { origin: None, trashed: true, fields: vec![], ..item }],
        RecordType::find("goal").unwrap(),
    );
    assert_eq!(
        shown[0],
        json!({
            "change": "ab".repeat(32), "time": "1970-01-01T00:00:00Z", "device": "0101010101010101",
            "origin": "hand", "made": false, "trashed": false, "restored": false,
            "changes": [
                {"field": "target", "before": 70.5, "after": 70},
                {"field": "milestones", "item": "i1", "part": "done", "before": null, "after": true},
                {"field": "tags", "key": "work", "before": true, "after": null},
                {"field": "energy", "before": null, "after": 3},
            ],
        })
    );
    assert_eq!((&shown[1]["origin"], &shown[1]["trashed"]), (&json!(null), &json!(true)));
}

#[test]
fn a_check_in_reads_as_one() {
    let row = life::LogRow {
        state: life::LogState::Skip,
        time: None,
        timezone: String::new(),
        note: "ill".into(),
        logged: 0,
        origin: Origin::Import,
    };
    let fields = vec![FieldChange {
        path: Path::Key("rows".into(), "2026-11-21".into()),
        before: None,
        after: Some(row.pack()),
    }];
    let item = HistoryItem {
        change: [0; 32],
        time: 0,
        device: [0; 8],
        origin: None,
        made: false,
        trashed: false,
        restored: false,
        fields,
    };
    let shown = life::describe(&[item], RecordType::find("habit_log").unwrap());
    assert_eq!(shown[0]["changes"][0]["key"], "2026-11-21");
    assert_eq!(shown[0]["changes"][0]["after"]["note"], "ill");
}

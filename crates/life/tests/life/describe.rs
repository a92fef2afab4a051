//! What forms are drawn from.

use life::describe_types;
use life::field::FieldType;
use serde_json::{Value as Json, json};

fn types() -> Json {
    serde_json::to_value(describe_types()).unwrap()
}

fn field(kind: &str, name: &str) -> Json {
    let types = types();
    let of = types.as_array().unwrap().iter().find(|t| t["name"] == kind).unwrap();
    of["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone()
}

#[test]
fn a_field_says_what_a_form_needs_to_know_of_it() {
    for (kind, name, expected) in [
        ("habit", "name", json!({"kind": "line", "required": true})),
        ("habit", "polarity", json!({"kind": "choice", "required": false, "choices": ["good", "bad"]})),
        ("habit", "target", json!({"kind": "decimal", "required": false, "min": 0, "max": 999_999_999})),
        ("habit", "schedule", json!({"kind": "schedule", "required": false})),
        ("habit", "pauses", json!({"kind": "map", "required": false})),
        ("habit", "colour", json!({"kind": "colour", "required": false})),
        ("habit", "position", json!({"kind": "other", "required": false})),
        ("habit", "goal", json!({"kind": "link", "required": false, "to": "goal"})),
        (
            "task",
            "estimated_minutes",
            json!({"kind": "int", "required": false, "min": 0, "max": 480, "unit": "minutes"}),
        ),
        ("task", "priority", json!({"kind": "int", "required": false, "min": 0, "max": 3})),
        ("task", "due", json!({"kind": "date", "required": false})),
        ("task", "due_time", json!({"kind": "time", "required": false})),
        ("task", "scheduled_start", json!({"kind": "date_time", "required": false})),
        ("task", "labels", json!({"kind": "tags", "required": false})),
        ("task", "depends_on", json!({"kind": "links", "required": false, "to": "task"})),
        ("task", "rrule", json!({"kind": "rrule", "required": false})),
        ("task", "description", json!({"kind": "prose", "required": false})),
        ("event", "start", json!({"kind": "when", "required": true})),
        ("event", "busy", json!({"kind": "bool", "required": false})),
        ("journal", "about", json!({"kind": "links", "required": false})),
        ("routine_log", "done", json!({"kind": "other", "required": false})),
        (
            "goal",
            "milestones",
            json!({"kind": "list", "required": false, "item": [
                {"name": "title", "kind": "line", "required": true},
                {"name": "done", "kind": "bool", "required": false},
                {"name": "due", "kind": "date", "required": false},
            ]}),
        ),
    ] {
        let mut expected = expected;
        expected["name"] = json!(name);
        assert_eq!(field(kind, name), expected, "{kind}.{name}");
    }
}

#[test]
fn every_type_is_there_with_its_shape_scope_and_fields() {
    let types = types();
    let of = |name: &str| types.as_array().unwrap().iter().find(|t| t["name"] == name).unwrap().clone();
    for (name, shape, scope) in [
        ("habit", "thing", "habits"),
        ("profile", "single", "profile"),
        ("habit_log", "stream", "habits"),
        ("person", "thing", "relationships"),
        ("routine", "thing", "routines"),
        ("category", "thing", "finance"),
        ("settings", "single", "private"),
    ] {
        assert_eq!((&of(name)["shape"], &of(name)["scope"]), (&json!(shape), &json!(scope)), "{name}");
    }
    for (record, described) in life::all().zip(describe_types()) {
        assert_eq!(record.name, described.name);
        let declared: Vec<&str> = record.fields().chain(record.row_fields()).map(|f| f.name).collect();
        assert_eq!(described.fields.iter().map(|f| f.name).collect::<Vec<_>>(), declared);
        for (field, described) in record.fields().zip(&described.fields) {
            assert_eq!(described.item.is_some(), matches!(field.kind, FieldType::List(..)), "{}", field.name);
        }
    }
}

//! Fields that a person makes up: declared in the settings, checked where they are written.

use crate::support::{assign, create, fields, try_create};
use life::custom::{Form, declared, fit};
use life::{Assignment, How, Input, RecordType};
use serde_json::json;

fn settings() -> engine::Row {
    create(
        "settings",
        &[r#"custom_fields={"habit.energy":"choice low high","habit.cost":"number","habit.late":"yes_no",
            "habit.since":"date","habit.at":"time","task.place":"text"}"#],
    )
}

#[test]
fn a_declaration_reads_back_in_one_spelling_and_a_wrong_one_is_refused() {
    for (form, expected) in [
        ("number", "number"),
        ("choice low,  high", "choice low high"),
        ("yes_no", "yes_no"),
        ("date", "date"),
        ("time", "time"),
        ("text", "text"),
    ] {
        let row = create("settings", &[&format!("custom_fields+=habit.x {form}")]);
        assert_eq!(fields(&row)["custom_fields"]["habit.x"], expected);
    }
    let many = format!("choice {}", (0..21).map(|n| n.to_string()).collect::<Vec<_>>().join(" "));
    for form in ["", "colour", "choice", "number 3", "choice Low", &many] {
        let error = try_create("settings", &[&format!("custom_fields+=habit.x {form}")]).expect_err(form);
        assert_eq!(error.code(), "malformed", "{form}: {error}");
    }
}

#[test]
fn a_type_has_its_own_fields_and_no_others() {
    let habit = RecordType::find("habit").unwrap();
    let names = |record| declared(record, Some(&settings())).into_keys().collect::<Vec<_>>();
    assert_eq!(names(habit), ["at", "cost", "energy", "late", "since"]);
    assert_eq!(names(RecordType::find("task").unwrap()), ["place"]);
    assert_eq!(declared(habit, Some(&settings()))["energy"], Form::Choice(vec!["low".into(), "high".into()]));
    assert!(declared(habit, None).is_empty());
}

#[test]
fn a_value_of_a_declared_field_has_its_form_and_one_spelling() {
    let habit = RecordType::find("habit").unwrap();
    let fitted = |text: &str| fit(habit, Some(&settings()), assign(&[text]));
    let one = |text: &str| match fitted(text).unwrap().remove(0).input {
        Input::Text(text) => text,
        Input::Json(json) => json.to_string(),
    };
    for (given, expected) in [
        ("custom+=cost 70.50", "cost 70.5"),
        ("custom+=late true", "late yes"),
        ("custom+=at 07:30:00", "at 07:30"),
        ("custom+=energy high", "energy high"),
        ("custom+=mood fine day", "mood fine day"),
        (r#"custom={"cost":3.0,"late":false,"mood":"x"}"#, r#"{"cost":"3","late":"no","mood":"x"}"#),
        (r#"custom={"cost":null}"#, r#"{"cost":null}"#),
        ("name=cost x", "cost x"),
    ] {
        assert_eq!(one(given), expected, "{given}");
    }
    for (given, problem) in [
        ("custom+=cost much", "habit custom.cost: \"much\" does not fit: not a number"),
        ("custom+=energy medium", "choose low, high"),
        ("custom+=since 2026-02-30", "not a date"),
        (r#"custom={"late":"perhaps"}"#, "habit custom.late"),
    ] {
        let error = fitted(given).expect_err(given).to_string();
        assert!(error.contains(problem), "{error}");
    }
    // Taking a value out needs no form.
    let removed = fitted("custom-=cost").unwrap();
    assert_eq!(
        removed,
        [Assignment { field: "custom".into(), how: How::Remove, input: Input::Text("cost".into()) }]
    );
    // What was fitted is what is written.
    let assignments = fit(habit, Some(&settings()), assign(&["name=N", "custom+=cost 70.50"])).unwrap();
    let edit = life::create(habit, crate::support::id(1), &assignments, engine::Origin::Hand).unwrap();
    let row = crate::support::apply(&edit, None, crate::support::NOW);
    assert_eq!(fields(&row)["custom"], json!({"cost": "70.5"}));
}

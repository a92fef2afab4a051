//! Every field type: what is taken, how it reads back, what is refused and by which error.

use crate::support::{create, fields, try_create, try_update, update};
use engine::{EditOp, Path, Value};
use life::schedule::Rule;
use life::{FieldError, RecordType};
use serde_json::{Value as Json, json};

/// What a person writes, and how it reads back.
#[test]
fn a_good_value_reads_back_in_its_one_spelling() {
    let goal = "18181818-1818-4818-9818-181818181818";
    let link = goal.replace('-', "").to_uppercase();
    let cases: Vec<(&str, &str, String, Json)> = vec![
        ("task", "title", "  Run  ".into(), json!("Run")),
        ("task", "title", "a=b".into(), json!("a=b")),
        ("task", "description", "two\nlines".into(), json!("two\nlines")),
        ("task", "priority", "3".into(), json!(3)),
        ("task", "estimated_minutes", "480".into(), json!(480)),
        ("goal", "target", "70.50".into(), json!(70.5)),
        ("goal", "target", "-0.125".into(), json!(-0.125)),
        ("goal", "target", "70.000".into(), json!(70)),
        ("goal", "archived", "yes".into(), json!(true)),
        ("task", "status", "in_progress".into(), json!("in_progress")),
        ("task", "due", "2028-02-29".into(), json!("2028-02-29")),
        ("task", "due_time", "07:30:00".into(), json!("07:30")),
        ("task", "scheduled_start", "2026-11-21T18:00:00".into(), json!("2026-11-21T18:00")),
        (
            "task",
            "scheduled_start",
            "2026-11-21T18:00[Europe/Berlin]".into(),
            json!("2026-11-21T18:00[Europe/Berlin]"),
        ),
        (
            "profile",
            "timezone",
            "America/Argentina/Buenos_Aires".into(),
            json!("America/Argentina/Buenos_Aires"),
        ),
        ("profile", "locale", "zh-Hant-TW".into(), json!("zh-Hant-TW")),
        ("habit", "colour", "#A0B1C2".into(), json!("#a0b1c2")),
        ("habit", "goal", link, json!(goal)),
        ("task", "rrule", "FREQ=WEEKLY;BYDAY=MO".into(), json!("FREQ=WEEKLY;BYDAY=MO")),
        ("task", "labels", "b, a,,a".into(), json!(["a", "b"])),
        ("task", "labels", r#"["a,b"]"#.into(), json!(["a,b"])),
        ("habit", "schedule", "weekdays fri mon".into(), json!({"0001-01-01": "weekdays mon fri"})),
        ("habit", "schedule", "2026-01-01 week 3".into(), json!({"2026-01-01": "week 3"})),
        (
            "habit",
            "schedule",
            r#"{"2026-01-01":"every 3 2026-01-05"}"#.into(),
            json!({"2026-01-01": "every 3 2026-01-05"}),
        ),
        ("habit", "schedule", "month 31".into(), json!({"0001-01-01": "month 31"})),
        ("habit", "pauses", "2026-08-01 open".into(), json!({"2026-08-01": "open"})),
        ("habit", "reminders", "07:30 daily".into(), json!({"07:30": "daily"})),
        ("settings", "features", r#"{"coach":true}"#.into(), json!({"coach": true})),
        ("settings", "insight_thresholds", "decay 0.25".into(), json!({"decay": 0.25})),
    ];
    read_back(cases);
}

fn read_back(cases: Vec<(&str, &str, String, Json)>) {
    for (kind, field, text, expected) in cases {
        let row = create(kind, &with_name(kind, &format!("{field}={text}")));
        assert_eq!(fields(&row)[field], expected, "{kind} {field}={text}");
        // The same from JSON, as it reads back; and writing it again writes nothing.
        let again = [life::Assignment::json(field, expected)];
        assert_eq!(life::update(&row, &again, engine::Origin::Hand), Ok(None), "{kind} {field}={text}");
    }
}

#[test]
fn so_does_a_value_of_what_comes_again_and_of_an_order() {
    read_back(vec![
        ("event", "end", "2026-12-24".into(), json!("2026-12-24")),
        (
            "event",
            "end",
            "2026-12-24T18:00:00[Europe/Berlin]".into(),
            json!("2026-12-24T18:00[Europe/Berlin]"),
        ),
        ("event", "exceptions", "2026-12-24 skip".into(), json!({"2026-12-24": "skip"})),
        (
            "event",
            "exceptions",
            "2026-12-24 2026-12-25T09:00".into(),
            json!({"2026-12-24": "2026-12-25T09:00"}),
        ),
        ("task", "later_rules", "2026-12-01 end".into(), json!({"2026-12-01": "end"})),
        ("task", "later_rules", "2026-12-01 FREQ=DAILY".into(), json!({"2026-12-01": "FREQ=DAILY"})),
        ("task", "later_times", "2026-12-01 09:00:00".into(), json!({"2026-12-01": "09:00"})),
        ("habit", "position", "80000100".into(), json!("80000100")),
        ("habit", "group", "Body".into(), json!("Body")),
        ("journal", "mood", "5".into(), json!(5)),
    ]);
}

/// What the type cannot be without, then `text`.
fn with_name<'a>(kind: &str, text: &'a str) -> Vec<&'a str> {
    match kind {
        "event" => return vec!["title=T", "start=2026-12-24", text],
        "journal" => return vec!["date=2026-12-24", text],
        _ => {}
    }
    let name = match RecordType::find(kind).unwrap().title().filter(|f| f.required).map(|f| f.name) {
        Some("title") => Some("title=T"),
        Some(_) => Some("name=N"),
        None => None,
    };
    name.into_iter().chain([text]).collect()
}

#[test]
fn a_value_beyond_the_limits_is_refused_as_out_of_limits() {
    let long = |n: usize| "ä".repeat(n);
    let many: Vec<String> = (0..51).map(|n| format!("t{n}")).collect();
    let cases = [
        ("task", format!("title={}", long(101))),
        ("task", format!("description={}", long(501))),
        ("goal", format!("why={}", long(50_001))),
        ("goal", format!("unit={}", long(21))),
        ("task", "priority=4".into()),
        ("task", "priority=-1".into()),
        ("task", "priority=99999999999999999999".into()),
        ("task", "estimated_minutes=481".into()),
        ("profile", "day_start=7".into()),
        ("habit", "target=-1".into()),
        ("goal", "target=1000000000".into()),
        ("journal", "mood=6".into()),
        ("journal", "mood=0".into()),
        ("task", format!("labels={}", long(51))),
        ("task", format!("labels={}", many.join(","))),
        ("habit", "schedule=week 8".into()),
        ("habit", "schedule=every 367 2026-01-01".into()),
    ];
    for (kind, text) in cases {
        let error = try_create(kind, &with_name(kind, &text)).expect_err(&text);
        assert_eq!(error.code(), "out_of_limits", "{text}: {error}");
        assert!(error.to_string().chars().count() < 300, "an error must not repeat a long value: {error}");
    }
    let row = create(
        "task",
        &[&format!("title={}", long(100)), &format!("description={}", long(500)), "estimated_minutes=480"],
    );
    assert_eq!(fields(&row)["title"].as_str().unwrap().chars().count(), 100);
}

#[test]
fn a_value_of_the_wrong_form_is_refused_as_malformed() {
    let cases = [
        ("task", "title=a\nb"),
        ("task", "priority=high"),
        ("task", "priority=1.5"),
        ("goal", "target=1.2345"),
        ("goal", "target=1e3"),
        ("goal", "target=5."),
        ("goal", "target=.5"),
        ("goal", "archived=maybe"),
        ("task", "status=done"),
        ("task", "due=2026-02-30"),
        ("task", "due=20260221"),
        ("task", "due=2026-2-1"),
        ("task", "due=tomorrow"),
        ("task", "due_time=25:00"),
        ("task", "due_time=7:30"),
        ("task", "scheduled_start=2026-11-21"),
        ("task", "scheduled_start=2026-11-21T18:00[Mars/Base?]"),
        ("task", "scheduled_start=2026-11-21T18:00Z"),
        ("profile", "timezone=+02:00"),
        ("profile", "timezone=a//b"),
        ("profile", "locale=english language"),
        ("habit", "colour=red"),
        ("habit", "goal=goal-1"),
        ("task", "rrule=every day"),
        ("task", "rrule=FREQ=SOMETIMES"),
        ("habit", "schedule=sometimes"),
        ("habit", "schedule=weekdays moon"),
        ("habit", "schedule=weekdays"),
        ("habit", "schedule=daily daily"),
        ("habit", "pauses=2026-08-01"),
        ("habit", "pauses=summer open"),
        ("habit", "reminders={\"07:30\""),
        ("settings", "features={\"Bad Key\":true}"),
        ("event", "end=tomorrow"),
        ("event", "end=2026-12-24 18:00"),
        ("event", "exceptions=2026-12-24 gone"),
        ("event", "exceptions=Christmas skip"),
        ("task", "later_rules=2026-12-01 stop"),
        ("task", "later_times=2026-12-01 nine"),
        ("habit", "position=first"),
        ("habit", "position=8F"),
        ("identity", "kind=dream"),
        ("task", "labels=[1]"),
        ("task", "subtasks=[1]"),
        ("task", "subtasks=[{\"title\":\"a\",\"id\":\"x|y\"}]"),
    ];
    for (kind, text) in cases {
        let error = try_create(kind, &with_name(kind, text)).expect_err(text);
        assert_eq!(error.code(), "malformed", "{text}: {error}");
    }
}

#[test]
fn unknown_types_and_fields_are_named_with_the_known_ones() {
    let Err(FieldError::UnknownType { known, .. }) = RecordType::find("gaol") else { panic!("found a gaol") };
    for name in ["profile", "settings", "goal", "task", "habit", "habit_log"] {
        assert!(known.split(", ").any(|n| n == name), "{known} lacks {name}");
    }
    let error = try_create("goal", &["title=T", "dua=2026-01-01"]).unwrap_err();
    assert_eq!(error.code(), "unknown_field");
    assert!(error.to_string().contains("due") && error.to_string().contains("tags"), "{error}");
    assert_eq!(life::Assignment::parse("no sign").unwrap_err().code(), "malformed");
    assert_eq!(try_create("habit_log", &[]).unwrap_err().code(), "not_allowed");
}

#[test]
fn a_required_field_can_be_neither_left_out_nor_cleared() {
    assert_eq!(try_create("goal", &["due=2026-01-01"]).unwrap_err().code(), "missing_field");
    assert_eq!(try_create("goal", &["title= "]).unwrap_err().code(), "missing_field");
    let goal = create("goal", &["title=T"]);
    assert_eq!(try_update(&goal, &["title="]).unwrap_err().code(), "missing_field");
}

#[test]
fn an_empty_value_clears_and_a_cleared_choice_with_a_default_returns_to_it() {
    let task = create(
        "task",
        &["title=T", "due=2026-01-01", "labels=a", "subtasks=One", "description=x", "status=completed"],
    );
    let task = update(&task, &["due=", "labels=", "subtasks=", "description=", "status="]);
    assert_eq!(fields(&task), json!({"title": "T", "status": "pending"}));
}

#[test]
fn sets_and_maps_take_members_in_and_out() {
    let task = create("task", &["title=T", "labels=a,b"]);
    let task = update(&task, &["labels+=c", "labels-=a", "labels-=never", "tags+=x"]);
    assert_eq!(fields(&task)["labels"], json!(["b", "c"]));
    let habit = create("habit", &["name=N", "schedule=daily"]);
    let habit = update(&habit, &["schedule+=2026-06-01 week 3", "pauses+=2026-08-01 2026-08-14"]);
    assert_eq!(fields(&habit)["schedule"], json!({"0001-01-01": "daily", "2026-06-01": "week 3"}));
    let rules = Rule::of(&habit, "schedule");
    assert_eq!(rules.values().map(ToString::to_string).collect::<Vec<_>>(), ["daily", "week 3"]);
    let habit = update(&habit, &["schedule-=2026-06-01", r#"pauses+={"2026-08-01":null}"#]);
    assert_eq!(fields(&habit)["schedule"], json!({"0001-01-01": "daily"}));
    assert_eq!(fields(&habit).get("pauses"), None);
    assert_eq!(try_update(&task, &["title+=x"]).unwrap_err().code(), "not_allowed");
    assert_eq!(fields(&update(&task, &["description=a", "description+=b"]))["description"], "a\nb");
}

#[test]
fn an_update_writes_only_what_differs() {
    let task = create("task", &["title=T", "due=2026-01-01", "labels=a,b", "description=same"]);
    let texts = crate::support::assign(&["title=T", "due=2026-01-02", "labels=b,c", "description=same"]);
    let edit = life::update(&task, &texts, engine::Origin::Hand).unwrap().unwrap();
    let key = |name: &str, key: &str| Path::Key(name.to_owned(), key.to_owned());
    assert_eq!(
        edit.ops,
        [
            EditOp::Put(Path::Field("due".into()), Value::Text("2026-01-02".into())),
            EditOp::Remove(key("labels", "a")),
            EditOp::Put(key("labels", "c"), Value::Bool(true)),
        ]
    );
    assert_eq!(life::update(&task, &crate::support::assign(&["title=T"]), engine::Origin::Hand), Ok(None));
}

#[test]
fn fields_of_a_later_version_survive_an_update_and_are_shown() {
    let mut task = create("task", &["title=T", "subtasks=One"]);
    task.fields.insert("energy".into(), Value::Int(i64::MAX));
    task.fields.insert("moods".into(), Value::Map([("a".to_owned(), Value::Bool(true))].into()));
    let Some(Value::Map(subtasks)) = task.fields.get_mut("subtasks") else { panic!("no subtasks") };
    let item = subtasks.keys().next().unwrap().split('|').next().unwrap().to_owned();
    subtasks.insert(format!("{item}|owner"), Value::Text("me".into()));
    let task = update(
        &task,
        &[
            "title=New",
            &format!(r#"subtasks=[{{"title":"Zero"}},{{"id":"{item}","title":"One!","done":true}}]"#),
        ],
    );
    let shown = fields(&task);
    assert_eq!(shown["energy"], json!({"$int": "9223372036854775807"}));
    assert_eq!(shown["moods"], json!({"a": true}));
    assert_eq!(shown["subtasks"][1], json!({"id": item, "title": "One!", "done": true, "owner": "me"}));
    assert_eq!(shown["subtasks"][0]["title"], "Zero");
}

#[test]
fn a_singleton_has_one_id_and_may_be_made_twice() {
    let record = RecordType::find("profile").unwrap();
    let edit = life::create(
        record,
        crate::support::id(7),
        &crate::support::assign(&["name=Ada"]),
        engine::Origin::Hand,
    )
    .unwrap();
    assert_eq!(edit.key.id, engine::RecordId::singleton("profile"));
    assert_eq!(edit.expect, engine::Expect::Any);
}

#[test]
fn a_filter_compares_by_the_fields_type() {
    let task =
        create("task", &["title=T", "priority=2", "labels=a,b", "description=long words", "subtasks=One"]);
    let yes = [
        "title=T",
        "priority=2",
        "labels=b",
        "description=words",
        "subtasks=One",
        "due=",
        "archived=false",
        "deleted=false",
        "status=pending",
        "id=01010101-0101-0101-0101-010101010101",
    ];
    let no = [
        "title=t",
        "priority=1",
        "labels=c",
        "description=other",
        "subtasks=Two",
        "title=",
        "archived=true",
        "deleted=true",
        "status=completed",
        "due=2026-01-01",
    ];
    for (cases, expected) in [(yes, true), (no, false)] {
        for case in cases {
            let (field, value) = case.split_once('=').unwrap();
            assert_eq!(life::matches(&task, field, value), Ok(expected), "{case}");
        }
    }
    assert_eq!(life::matches(&task, "due", "soon").unwrap_err().code(), "malformed");
    assert_eq!(life::matches(&task, "dua", "x").unwrap_err().code(), "unknown_field");
}

#[test]
fn trash_and_untrash_write_only_where_something_changes() {
    let task = create("task", &["title=T"]);
    let trashed =
        crate::support::apply(&life::trash(&task, engine::Origin::Hand).unwrap(), Some(task.clone()), 5);
    assert!(trashed.deleted && life::trash(&trashed, engine::Origin::Hand).is_none());
    assert!(life::untrash(&task, engine::Origin::Hand).is_none());
    assert!(
        !crate::support::apply(&life::untrash(&trashed, engine::Origin::Hand).unwrap(), Some(trashed), 6)
            .deleted
    );
}

#[test]
fn the_scope_is_the_types_own_unless_the_person_chose_another() {
    let scope = |row: &engine::Row| RecordType::of(row).unwrap().scope_of(row);
    assert_eq!(scope(&create("habit", &["name=N"])), "habits:good");
    assert_eq!(scope(&create("habit", &["name=N", "polarity=bad"])), "habits:bad");
    assert_eq!(scope(&create("goal", &["title=T", "scope=private"])), "private");
    assert_eq!(scope(&create("settings", &[])), "private");
}

#[test]
fn help_names_every_field() {
    for record in life::all() {
        for field in record.fields() {
            assert!(record.help().contains(&format!("  {} ", field.name)), "{} {}", record.name, field.name);
        }
    }
}

#[test]
fn rules_of_a_schedule_are_read_as_what_they_mean() {
    let schedule = r#"schedule={"2026-01-01":"daily","2026-02-01":"weekdays tue","2026-03-01":"week 2","2026-04-01":"month 2","2026-05-01":"every 2 2026-05-02"}"#;
    let mut habit = create("habit", &["name=N", schedule]);
    let Some(Value::Map(map)) = habit.fields.get_mut("schedule") else { panic!("no schedule") };
    map.insert("2027-01-01".into(), Value::Text("moon full".into()));
    let rules: Vec<Rule> = Rule::of(&habit, "schedule").into_values().collect();
    let [Rule::Daily, Rule::Weekdays(days), Rule::PerWeek(2), Rule::PerMonth(2), Rule::Every(2, anchor)] =
        rules[..]
    else {
        panic!("{rules:?}")
    };
    assert_eq!(anchor, jiff::civil::date(2026, 5, 2));
    assert!(days.contains(jiff::civil::Weekday::Tuesday) && !days.contains(jiff::civil::Weekday::Monday));
    // A later version's rule is kept though it is not understood.
    let habit = update(&habit, &["schedule+=2028-01-01 daily"]);
    assert_eq!(fields(&habit)["schedule"]["2027-01-01"], "moon full");
}

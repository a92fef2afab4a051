//! iCalendar: what goes out comes back as it was, and what other programs write is understood.

use crate::support::{NOW, apply, create, fields};
use engine::{DocKey, Row};
use life::ical::{Calendar, parse_calendar};
use life::import;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

type Vault = BTreeMap<DocKey, Row>;

fn export(rows: &[Row]) -> String {
    let mut calendar = Calendar::new();
    rows.iter().try_for_each(|row| calendar.push(row)).unwrap();
    calendar.finish()
}

/// Returns how many edits it took.
fn import(vault: &mut Vault, text: &str) -> usize {
    let mut count = 0;
    for item in parse_calendar(text.as_bytes(), NOW).unwrap().items {
        for edit in import::plan(&item, vault.get(item.key())).unwrap() {
            let row = apply(&edit, vault.remove(item.key()), NOW + 9);
            vault.insert(item.key().clone(), row);
            count += 1;
        }
    }
    count
}

/// What a file makes in an empty vault: of its one record, the fields.
fn one(text: &str) -> Json {
    let mut vault = Vault::new();
    import(&mut vault, text);
    assert_eq!(vault.len(), 1, "{text}");
    fields(vault.values().next().unwrap())
}

fn file(component: &str, lines: &[&str]) -> String {
    let lines = lines.join("\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:{component}\r\n{lines}\r\nEND:{component}\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn events_and_tasks_come_back_as_they_were() {
    let rows = [
        create(
            "event",
            &["title=Fair; with, signs\\ and more", "start=2026-12-24", "end=2026-12-26", "busy=no"],
        ),
        create("event", &["title=One day", "start=2026-12-24"]),
        create(
            "event",
            &[
                "title=Choir",
                "description=two\nlines",
                "location=Hall",
                "start=2026-11-02T19:00[Europe/Berlin]",
                "end=2026-11-02T21:00[Europe/Berlin]",
                "rrule=FREQ=WEEKLY;BYDAY=MO",
                r#"exceptions={"2026-11-09":"skip","2026-11-16":"2026-11-17T20:00[Europe/Berlin]"}"#,
                "link=https://example.org/meet?a=1&b=2",
                "source_uid=abc-123@elsewhere",
            ],
        ),
        create("event", &["title=Floating", "start=2026-11-02T19:00", "end=2026-11-02T20:30"]),
        create("event", &["title=Universal", "start=2026-11-02T19:00[UTC]"]),
        create(
            "task",
            &[
                "title=Pay",
                "due=2026-12-01",
                "due_time=18:00",
                "priority=3",
                "labels=home,money",
                "rrule=FREQ=MONTHLY",
            ],
        ),
        create(
            "task",
            &["title=Done", "due=2026-11-01", "status=completed", "completed_on=2026-11-03", "priority=0"],
        ),
        create("task", &["title=Doing", "due=2026-11-01", "status=in_progress", "priority=1"]),
    ];
    for row in rows {
        let text = export(std::slice::from_ref(&row));
        let mut vault = Vault::new();
        import(&mut vault, &text);
        let back = vault.values().next().cloned().unwrap_or_else(|| panic!("nothing came back of {text}"));
        assert_eq!(fields(&back), fields(&row), "{text}");
        assert_eq!(import(&mut vault, &text), 0, "the second time writes nothing");
        assert_eq!(export(&[Row { key: row.key.clone(), ..row.clone() }]), text, "the same bytes again");
        if !row.fields.contains_key("source_uid") {
            assert_eq!(back.key, row.key, "it goes back to itself");
        }
    }
}

#[test]
fn attendees_come_back_each_once() {
    let guests = r#"attendees=[{"address":"ada@example.org","name":"Ada, L.","reply":"accepted"},{"address":"bob@example.org"}]"#;
    let row = create("event", &["title=T", "start=2026-11-02T19:00", guests]);
    let mut vault = Vault::from([(row.key.clone(), row.clone())]);
    let text = export(std::slice::from_ref(&row));
    import(&mut vault, &text);
    let guests = fields(&vault[&row.key])["attendees"].clone();
    let seen: Vec<_> =
        guests.as_array().unwrap().iter().map(|g| (&g["address"], &g["name"], &g["reply"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("ada@example.org"), &json!("Ada, L."), &json!("accepted")),
            (&json!("bob@example.org"), &Json::Null, &Json::Null)
        ]
    );
    assert_eq!(import(&mut vault, &text), 0);
}

#[test]
fn what_other_programs_write_is_understood() {
    let event = |lines: &[&str]| one(&file("VEVENT", &[&["UID:u1", "SUMMARY:S"], lines].concat()));
    let cases: [(&[&str], Json); 8] = [
        (
            &["DTSTART:20261124T170000Z", "DTEND:20261124T180000Z"],
            json!({"start": "2026-11-24T17:00[UTC]", "end": "2026-11-24T18:00[UTC]"}),
        ),
        (
            &["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261225"],
            json!({"start": "2026-12-24", "end": "2026-12-24"}),
        ),
        (
            &["DTSTART:20261124T170000", "DURATION:PT1H30M"],
            json!({"start": "2026-11-24T17:00", "end": "2026-11-24T18:30"}),
        ),
        (
            &["DTSTART:20261124T233000", "DURATION:PT1H"],
            json!({"start": "2026-11-24T23:30", "end": "2026-11-25T00:30"}),
        ),
        (
            &["DTSTART;VALUE=DATE:20261224", "DURATION:P3D"],
            json!({"start": "2026-12-24", "end": "2026-12-26"}),
        ),
        (
            &["DTSTART:20261124T170000", "TRANSP:TRANSPARENT"],
            json!({"start": "2026-11-24T17:00", "busy": false}),
        ),
        (
            &[
                "DTSTART;TZID=Europe/Berlin:20261102T190000",
                "RRULE:FREQ=WEEKLY",
                "EXDATE;TZID=Europe/Berlin:20261109T190000,20261116T190000",
            ],
            json!({"start": "2026-11-02T19:00[Europe/Berlin]", "rrule": "FREQ=WEEKLY",
                "exceptions": {"2026-11-09": "skip", "2026-11-16": "skip"}}),
        ),
        (
            &["DTSTART:20261124T170000", "DESCRIPTION:a\\nb\\, c", "LOCATION:Ha", " ll"],
            json!({"start": "2026-11-24T17:00", "description": "a\nb, c", "location": "Hall"}),
        ),
    ];
    for (lines, expected) in cases {
        let mut shown = event(lines);
        let shown = shown.as_object_mut().unwrap();
        assert_eq!(shown.remove("title"), Some(json!("S")));
        assert_eq!(shown.remove("source_uid"), Some(json!("u1")));
        let mut expected = expected;
        expected.as_object_mut().unwrap().entry("busy").or_insert(json!(true));
        assert_eq!(Json::Object(shown.clone()), expected, "{lines:?}");
    }
    let todo = one(&file(
        "VTODO",
        &["UID:u2", "SUMMARY:S", "DUE;VALUE=DATE:20261201", "PRIORITY:6", "STATUS:NEEDS-ACTION"],
    ));
    assert_eq!(todo, json!({"title": "S", "due": "2026-12-01", "priority": 1, "status": "pending"}));
    assert_eq!(one(&file("VEVENT", &["UID:u3", "DTSTART:20261124T170000"]))["title"], "(no title)");
}

#[test]
fn an_import_leaves_what_a_calendar_does_not_know() {
    let text = file("VEVENT", &["UID:u1", "SUMMARY:S", "LOCATION:Hall", "DTSTART:20261124T170000"]);
    let mut vault = Vault::new();
    import(&mut vault, &text);
    let key = vault.keys().next().unwrap().clone();
    let row = crate::support::update(&vault[&key], &["tags=mine", "title=Own title", "location="]);
    vault.insert(key.clone(), row);
    assert_eq!(import(&mut vault, &text), 1);
    let now = fields(&vault[&key]);
    assert_eq!(
        (&now["title"], &now["location"], &now["tags"]),
        (&json!("S"), &json!("Hall"), &json!(["mine"]))
    );
}

#[test]
fn tasks_without_a_due_date_other_types_and_the_trash_stay_at_home() {
    let rows = [
        create("task", &["title=T"]),
        create("habit", &["name=N"]),
        Row { deleted: true, ..create("event", &["title=T", "start=2026-11-24"]) },
    ];
    let text = export(&rows);
    assert!(!text.contains("BEGIN:VEVENT") && !text.contains("BEGIN:VTODO"), "{text}");
}

#[test]
fn a_zone_that_is_named_is_described() {
    let row = create("event", &["title=T", "start=2026-11-24T17:00[Europe/Berlin]"]);
    let text = export(&[row]);
    assert!(text.contains("BEGIN:VTIMEZONE") && text.contains("TZID:Europe/Berlin"), "{text}");
    assert!(text.contains("DTSTART;TZID=Europe/Berlin:20261124T170000"), "{text}");
}

#[test]
fn a_file_that_is_no_calendar_or_has_wrong_values_is_refused_with_where_and_why() {
    let long = format!("SUMMARY:{}", "x".repeat(1_000_001));
    for (text, expected) in [
        ("hello".to_owned(), "cannot be read as iCalendar"),
        (file("VEVENT", &["UID:u1", "SUMMARY:S"]), "event needs start"),
        (file("VEVENT", &["UID:u1", &long, "DTSTART:20261124T170000"]), "out of limits"),
    ] {
        let result = parse_calendar(text.as_bytes(), NOW);
        let error = match result {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{expected} was not noticed"),
        };
        assert!(error.contains(expected), "{error}");
    }
    assert!(parse_calendar(&[0xff, 0xfe], NOW).is_err());
}

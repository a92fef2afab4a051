//! What is searched of a record, and how a find is shown.

use crate::support::{NOW, apply, create, id};
use engine::{DocKey, Hit, Origin, Row, Text, Weight};
use jiff::civil::date;
use life::search::{Match, facts, owner, texts};
use life::{LogAction, LogEntry, LogState, Moment, log_habit};
use serde_json::json;

/// Field, weight and words of what is searched.
fn searched(row: &Row) -> Vec<(String, Weight, String)> {
    texts(row).into_iter().map(|text| (text.field, text.weight, text.text)).collect()
}

fn expect(texts: &[(&str, Weight, &str)]) -> Vec<(String, Weight, String)> {
    texts.iter().map(|(field, weight, text)| ((*field).into(), *weight, (*text).into())).collect()
}

#[test]
fn words_a_person_wrote_are_searched_and_numbers_dates_choices_and_links_are_not() {
    let task = create(
        "task",
        &[
            "title=Paint the fence",
            "description=white, two coats",
            "due=2026-12-24",
            "estimated_minutes=90",
            "labels=garden,loud",
            "tags=summer",
            "priority=2",
            "rrule=FREQ=WEEKLY",
            "subtasks+=Buy paint",
            "subtasks+=Sand it",
            "goal=01010101-0101-0101-0101-010101010101",
            "custom+=shop the one in town",
        ],
    );
    let expected = expect(&[
        ("title", Weight::Title, "Paint the fence"),
        ("labels", Weight::Label, "garden"),
        ("labels", Weight::Label, "loud"),
        ("tags", Weight::Label, "summer"),
        ("description", Weight::Body, "white, two coats"),
        ("subtasks", Weight::Body, "Buy paint"),
        ("subtasks", Weight::Body, "Sand it"),
        ("custom", Weight::Body, "the one in town"),
    ]);
    assert_eq!(searched(&task), expected);
    let shown = json!({ "status": "pending", "due": "2026-12-24" });
    assert_eq!(
        serde_json::Value::from(facts(&task)),
        shown,
        "beside its name stand dates, times and choices alone"
    );
    let goal = create("goal", &["title=Run far", "metric=distance", "unit=kilometres", "target=42"]);
    let expected = expect(&[("title", Weight::Title, "Run far"), ("metric", Weight::Body, "distance")]);
    assert_eq!(searched(&goal), expected);
    let settings =
        create("settings", &["ai_endpoint=http://localhost:1", "theme=dark", "features+=food true"]);
    assert_eq!(searched(&settings), []);
}

fn logged(habit: &Row, notes: &[(i8, &str)]) -> Row {
    let mut row = None;
    for (day, note) in notes {
        let on = date(2026, 11, *day);
        let entry = LogEntry {
            date: on,
            action: LogAction::Set(LogState::Done),
            time: None,
            note: Some((*note).to_owned()),
            origin: Origin::Hand,
        };
        let moment = Moment { now: NOW, timezone: "Europe/Berlin".into(), today: date(2026, 11, 21) };
        let edit = log_habit(habit, row.as_ref(), &entry, &moment).unwrap().unwrap();
        row = Some(apply(&edit, row, NOW));
    }
    row.unwrap()
}

#[test]
fn of_check_ins_the_notes_are_searched_each_on_its_day() {
    let habit = create("habit", &["name=Run"]);
    let log = logged(&habit, &[(3, "in the rain"), (4, ""), (5, "5 km")]);
    let note = |day: &str, text: &str| Text {
        place: Some(day.into()),
        field: "note".into(),
        weight: Weight::Body,
        text: text.into(),
    };
    assert!(facts(&log).is_empty(), "a check-in is no record");
    assert_eq!(texts(&log), [note("2026-11-03", "in the rain"), note("2026-11-05", "5 km")]);
}

fn hit(key: DocKey, text: &str, found: &[&str]) -> Hit {
    let range = |word: &&str| {
        let at = text.find(word).unwrap();
        at..at + word.len()
    };
    Hit {
        key,
        place: None,
        title: None,
        deleted: false,
        updated: NOW,
        score: 1,
        field: "note".into(),
        text: text.into(),
        ranges: found.iter().map(range).collect(),
    }
}

#[test]
fn a_check_in_is_shown_under_the_name_of_its_habit() {
    let habit = create("habit", &["name=Run"]);
    let log = logged(&habit, &[(3, "in the rain")]);
    let hit = Hit { place: Some("2026-11-03".into()), ..hit(log.key, "in the rain", &["rain"]) };
    assert_eq!(owner(&hit), Some(habit.key.clone()));
    let shown = Match::of(&hit, Some(&habit)).unwrap();
    let expected = json!({
        "type": "habit_log",
        "parent": id(1).to_string(),
        "date": "2026-11-03",
        "title": "Run",
        "field": "note",
        "snippet": [{ "text": "in the ", "found": false }, { "text": "rain", "found": true }],
        "updated": life::timestamp(NOW),
        "deleted": false,
    });
    assert_eq!(shown.to_json(), expected);
    assert_eq!(owner(&self::hit(habit.key, "Run", &["Run"])), None);
}

fn snippet(text: &str, found: &[&str]) -> String {
    let shown = Match::of(&hit(DocKey::thing("task", id(1)), text, found), None).unwrap();
    let piece = |piece: &life::search::Piece| {
        if piece.found { format!("[{}]", piece.text) } else { piece.text.clone() }
    };
    shown.snippet.iter().map(piece).collect()
}

#[test]
fn a_title_is_shown_whole_where_it_fits_and_other_words_from_near_the_find() {
    let title = "The letter about the lease that is due to the landlord";
    let of = |field: &str, text: &str| {
        let hit = Hit { field: field.into(), ..hit(DocKey::thing("task", id(1)), text, &["landlord"]) };
        let shown = Match::of(&hit, None).unwrap();
        (shown.titled, shown.snippet[0].text.clone())
    };
    assert_eq!(of("title", title), (true, "The letter about the lease that is due to the ".into()));
    assert_eq!(of("description", title), (false, "…the lease that is due to the ".into()));
    let endless = format!("{}{title}", "and so on ".repeat(20));
    assert_eq!(of("title", &endless), (true, "…the lease that is due to the ".into()));
}

#[test]
fn a_snippet_is_a_line_around_the_first_word_found() {
    assert_eq!(snippet("Call Anna\nor write", &["Anna", "write"]), "Call [Anna] or [write]");
    let long = format!("{} needle {}", "straw ".repeat(100), "hay ".repeat(100));
    let shown = snippet(&long, &["needle"]);
    assert!(
        shown.starts_with("…straw straw") && shown.contains(" [needle] hay") && shown.ends_with('…'),
        "{shown}"
    );
    assert!(shown.chars().count() <= life::limits::SNIPPET_CHARS + 4, "{shown}");
    let words = "رسالة طويلة إلى ".repeat(40) + "الطبيب";
    assert!(snippet(&words, &["الطبيب"]).ends_with("[الطبيب]"));
    assert_eq!(snippet("", &[]), "");
    let endless = "x".repeat(1_000);
    assert_eq!(snippet(&endless, &[&endless]).chars().count(), life::limits::SNIPPET_CHARS + 3);
}

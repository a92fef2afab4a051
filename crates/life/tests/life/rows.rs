//! Rows with fields: routines, presence, moves of tasks. What is written, what stays, what an export keeps.

use crate::support::{NOW, apply, create, update};
use engine::{DocKey, Edit, EditOp, Origin, Path, RecordId, Row, Value};
use jiff::civil::{Date, date};
use life::reschedule::{self, Move};
use life::routine::{Progress, RoutineAction, log_routine, progress, routine_key};
use life::{Export, Moment, import, presence, rows};
use serde_json::{Value as Json, json};

const TODAY: Date = date(2026, 11, 21);

fn moment() -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today: TODAY }
}

fn morning() -> Row {
    create("routine", &["title=Morning", r#"steps=["wash","stretch","read"]"#, "window_start=07:00"])
}

fn act(routine: &Row, log: Option<Row>, action: &RoutineAction) -> Option<Row> {
    match log_routine(routine, log.as_ref(), (TODAY, action), Origin::Hand, &moment()).unwrap() {
        Some(edit) => Some(apply(&edit, log, NOW)),
        None => log,
    }
}

fn names(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

fn shown(routine: &Row, log: Option<&Row>) -> Progress {
    progress(routine, rows::by_date(log).get(&TODAY))
}

#[test]
fn steps_are_ticked_by_title_or_id_and_unticked_again() {
    let routine = morning();
    let log = act(&routine, None, &RoutineAction::Tick(names(&["wash", "read"])));
    let some = Progress { taken: 2, steps: 3, finished: false, skipped: false };
    assert_eq!(shown(&routine, log.as_ref()), some);
    let id = life::routine::steps(&routine)[0].0.clone();
    let log = act(&routine, log, &RoutineAction::Untick(vec![id]));
    assert_eq!(shown(&routine, log.as_ref()).taken, 1);
    let log = act(&routine, log, &RoutineAction::Untick(names(&["read"])));
    assert_eq!(rows::by_date(log.as_ref()).len(), 0, "a row of which nothing is left is no row");
    let wrong = RoutineAction::Tick(names(&["swim"]));
    let error = log_routine(&routine, None, (TODAY, &wrong), Origin::Hand, &moment()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "routine_log done: there is no step \"swim\"; its steps are: wash, stretch, read"
    );
}

#[test]
fn a_day_on_which_all_steps_were_taken_stays_finished_when_the_routine_gets_another() {
    let routine = morning();
    let log = act(&routine, None, &RoutineAction::Tick(names(&["wash", "stretch"])));
    let log = act(&routine, log, &RoutineAction::Tick(names(&["read"])));
    assert!(shown(&routine, log.as_ref()).finished);
    let longer = update(&routine, &["steps+=pray"]);
    let all = Progress { taken: 3, steps: 4, finished: true, skipped: false };
    assert_eq!(shown(&longer, log.as_ref()), all);
    let less = act(&longer, log, &RoutineAction::Untick(names(&["wash"])));
    assert!(!shown(&longer, less.as_ref()).finished);
}

#[test]
fn a_routine_without_steps_can_be_finished_a_skipped_one_is_not_and_undo_takes_the_row_out() {
    let bare = create("routine", &["title=Evening"]);
    assert!(!shown(&bare, None).finished);
    let log = act(&bare, None, &RoutineAction::Finish);
    assert!(shown(&bare, log.as_ref()).finished);
    let log = act(&bare, log, &RoutineAction::Undo);
    assert_eq!(log.as_ref().map(|row| row.fields.len()), Some(0), "nothing is left behind");
    let log = act(&bare, log, &RoutineAction::Skip);
    assert_eq!(shown(&bare, log.as_ref()), Progress { taken: 0, steps: 0, finished: false, skipped: true });
    let log = act(&bare, log, &RoutineAction::Finish);
    assert!(!shown(&bare, log.as_ref()).skipped, "who did it did not skip it");
}

#[test]
fn a_row_keeps_when_it_was_first_written_and_the_same_again_writes_nothing() {
    let routine = morning();
    let tick = RoutineAction::Tick(names(&["wash"]));
    let log = act(&routine, None, &tick);
    let later = Moment { now: NOW + 86_400_000, ..moment() };
    assert_eq!(log_routine(&routine, log.as_ref(), (TODAY, &tick), Origin::Hand, &later).unwrap(), None);
    let more = RoutineAction::Tick(names(&["read"]));
    let edit = log_routine(&routine, log.as_ref(), (TODAY, &more), Origin::Rule, &later).unwrap().unwrap();
    let log = apply(&edit, log, NOW);
    let row = rows::by_date([&log]).remove(&TODAY).unwrap();
    assert_eq!((row.logged(), row.origin()), (Some(NOW), Some(Origin::Hand)));
    assert_eq!(edit.key, DocKey::stream("routine_log", routine.key.id, "2026", 0));
    assert_eq!(edit.key, routine_key(&routine, TODAY));
}

#[test]
fn days_to_come_and_routines_in_the_trash_are_not_logged() {
    let routine = morning();
    let on = |routine: &Row, day: Date| {
        log_routine(routine, None, (day, &RoutineAction::Finish), Origin::Hand, &moment()).map(drop)
    };
    assert_eq!(on(&routine, date(2026, 11, 23)).unwrap_err().code(), "out_of_limits");
    assert_eq!(on(&routine, date(2026, 11, 22)), Ok(()));
    assert_eq!(on(&Row { deleted: true, ..routine }, TODAY).unwrap_err().code(), "not_allowed");
    assert_eq!(on(&create("habit", &["name=N"]), TODAY).unwrap_err().code(), "not_allowed");
}

#[test]
fn a_routine_has_at_most_twenty_steps() {
    let steps = |n: usize| {
        let steps: Vec<String> = (0..n).map(|n| format!("step {n}")).collect();
        format!("steps={}", json!(steps))
    };
    create("routine", &["title=R", &steps(20)]);
    let error = crate::support::try_create("routine", &["title=R", &steps(21)]).unwrap_err();
    assert_eq!(error.code(), "out_of_limits");
}

#[test]
fn a_day_of_presence_is_written_once() {
    let edit = presence::use_today(None, &moment()).unwrap();
    assert_eq!(edit.key, DocKey::stream("presence", RecordId::singleton("profile"), "2026", 0));
    let row = apply(&edit, None, NOW);
    assert_eq!(presence::use_today(Some(&row), &moment()), None);
    let next = Moment { today: date(2026, 11, 25), now: NOW + 1, ..moment() };
    let row = apply(&presence::use_today(Some(&row), &next).unwrap(), Some(row), NOW);
    assert_eq!(presence::newest([&row]), Some(date(2026, 11, 25)));
    assert_eq!(presence::newest([]), None);
}

fn change_due(task: &Row, texts: &[&str]) -> Option<Move> {
    let assignments = crate::support::assign(texts);
    reschedule::moved(task, &life::update(task, &assignments, Origin::Hand).unwrap()?)
}

#[test]
fn a_changed_due_date_is_a_move_and_a_first_one_is_not() {
    let due = create("task", &["title=T", "due=2026-11-21"]);
    let (from, to) = (date(2026, 11, 21), date(2026, 11, 24));
    for (texts, expected) in [
        (&["due=2026-11-24"][..], Some(Move { from, to: Some(to) })),
        (&["due="], Some(Move { from, to: None })),
        (&["due=2026-11-21"], None),
        (&["title=Other"], None),
    ] {
        assert_eq!(change_due(&due, texts), expected, "{texts:?}");
    }
    assert_eq!(change_due(&create("task", &["title=T"]), &["due=2026-11-24"]), None);
    assert_eq!(change_due(&create("goal", &["title=T", "due=2026-11-21"]), &["due=2026-11-24"]), None);
}

#[test]
fn the_same_move_on_the_same_day_is_one_and_others_are_counted() {
    let task = create("task", &["title=T", "due=2026-11-21"]);
    let there = Move { from: date(2026, 11, 21), to: Some(date(2026, 11, 24)) };
    let edit = reschedule::record(&task, there, None, Origin::Hand, &moment()).unwrap();
    assert_eq!(edit.key, reschedule::reschedule_key(&task, TODAY));
    let log = apply(&edit, None, NOW);
    assert_eq!(reschedule::record(&task, there, Some(&log), Origin::Hand, &moment()), None);
    let away = Move { to: None, ..there };
    let edit = reschedule::record(&task, away, Some(&log), Origin::Hand, &moment()).unwrap();
    let log = apply(&edit, Some(log), NOW);
    assert_eq!(reschedule::count([&log]), 2);
    let shown = &life::to_json(&log)["rows"];
    assert_eq!(shown["2026-11-21.2026-11-21.2026-11-24"]["to"], "2026-11-24");
    assert_eq!(shown["2026-11-21.2026-11-21.never"]["from"], "2026-11-21");
}

/// Every kind of row, and fields that a later version wrote.
fn documents() -> Vec<Row> {
    let routine = morning();
    let log = act(&routine, None, &RoutineAction::Tick(names(&["wash", "read"]))).unwrap();
    let days = apply(&presence::use_today(None, &moment()).unwrap(), None, NOW);
    let task = create("task", &["title=T", "due=2026-11-21"]);
    let there = Move { from: TODAY, to: Some(date(2026, 11, 24)) };
    let mut moves =
        apply(&reschedule::record(&task, there, None, Origin::Rule, &moment()).unwrap(), None, NOW);
    let Some(Value::Map(rows)) = moves.fields.get_mut("rows") else { panic!("no rows") };
    rows.insert("2026-11-21.2026-11-21.2026-11-24|why".into(), Value::Text("tired".into()));
    rows.insert("2026-11-21.2026-11-21.2026-11-24|with.x".into(), Value::Int(7));
    vec![log, days, moves]
}

fn export(rows: &[Row]) -> Vec<u8> {
    let mut export = Export::new();
    rows.iter().try_for_each(|row| export.push(row)).unwrap();
    export.finish()
}

#[test]
fn an_export_keeps_every_row_and_an_import_of_it_exports_the_same_bytes() {
    let documents = documents();
    let bytes = export(&documents);
    let json: Json = serde_json::from_slice(&bytes).unwrap();
    let of = |kind: &str| {
        let all = json["streams"].as_array().unwrap();
        all.iter().find(|row| row["type"] == kind).cloned().unwrap_or_else(|| panic!("no {kind}"))
    };
    let id = |title: &str| {
        let steps = life::routine::steps(&morning());
        steps.into_iter().find(|(_, t)| t == title).unwrap().0
    };
    let mut done = [id("wash"), id("read")];
    done.sort();
    assert_eq!(
        of("routine_log"),
        json!({"type": "routine_log", "parent": morning().key.id.to_string(), "date": "2026-11-21", "done": done,
            "logged": "2026-11-18T11:06:40Z", "origin": "hand"})
    );
    assert_eq!(
        of("task_reschedule"),
        json!({"type": "task_reschedule", "parent": morning().key.id.to_string(), "date": "2026-11-21",
            "row": "2026-11-21.2026-11-21.2026-11-24", "from": "2026-11-21", "to": "2026-11-24", "why": "tired",
            "with.x": 7, "logged": "2026-11-18T11:06:40Z", "origin": "rule"})
    );
    let mut again = Vec::new();
    for item in import::parse(&bytes).unwrap().items {
        let edits = import::plan(&item, None).unwrap();
        let row = edits.iter().fold(None, |row, edit: &Edit| Some(apply(edit, row, NOW)));
        again.push(row.unwrap());
        assert_eq!(import::plan(&item, again.last()).unwrap(), [], "the second time writes nothing");
    }
    assert_eq!(String::from_utf8(export(&again)).unwrap(), String::from_utf8(bytes).unwrap());
}

#[test]
fn an_import_decides_about_the_whole_of_a_row_and_about_no_other() {
    let routine = morning();
    let washed = act(&routine, None, &RoutineAction::Tick(names(&["wash"]))).unwrap();
    let bytes = export(std::slice::from_ref(&washed));
    let more = act(&routine, Some(washed), &RoutineAction::Tick(names(&["read"]))).unwrap();
    let yesterday = (date(2026, 11, 20), &RoutineAction::Finish);
    let edit = log_routine(&routine, Some(&more), yesterday, Origin::Hand, &moment()).unwrap().unwrap();
    let more = apply(&edit, Some(more), NOW);
    let item = &import::parse(&bytes).unwrap().items[0];
    let edits = import::plan(item, Some(&more)).unwrap();
    let id = life::routine::steps(&routine)[2].0.clone();
    let key = Path::Key("rows".into(), format!("2026-11-21|done.{id}"));
    assert_eq!(edits.iter().flat_map(|e| &e.ops).collect::<Vec<_>>(), [&EditOp::Remove(key)]);
}

#[test]
fn a_row_that_is_not_as_it_should_be_is_refused_with_where_and_why() {
    let row = |change: &dyn Fn(&mut Json)| {
        let mut row = json!({"type": "task_log", "parent": morning().key.id.to_string(), "date": "2026-11-21",
            "status": "skipped", "logged": "2026-11-18T11:06:40Z", "origin": "hand"});
        change(&mut row);
        let file = json!({"format": "life-os", "version": 1, "records": [], "streams": [row]});
        import::parse(file.to_string().as_bytes()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(row(&|_| {}), Ok(()));
    assert_eq!(row(&|r| r["status"] = json!("postponed")), Ok(()), "a later version's choice");
    type Wrong<'a> = (&'a dyn Fn(&mut Json), &'a str);
    let cases: [Wrong<'_>; 7] = [
        (&|r| r["date"] = json!("yesterday"), "streams[0]: \"date\" is not a date"),
        (&|r| r["row"] = json!("2026-11-20.x"), "row does not begin with the date"),
        (&|r| r["row"] = json!("2026-11-21|x"), "row does not begin with the date"),
        (&|r| r["completed_on"] = json!("soon"), "not a date"),
        (&|r| r["logged"] = json!("soon"), "logged is not a time in UTC"),
        (&|r| r["two words"] = json!(1), "is not known here"),
        (&|r| r["later"] = json!({"deep": 1}), "not a scalar"),
    ];
    for (change, expected) in cases {
        let error = row(change).unwrap_err();
        assert!(error.starts_with("streams[0]") && error.contains(expected), "{error}");
    }
}

#[test]
fn the_history_of_a_row_names_row_and_field_and_shows_what_was_there() {
    let record = life::RecordType::find("task_log").unwrap();
    let change = |field: &str, value: Value| engine::record::FieldChange {
        path: Path::Key("rows".into(), format!("2026-11-21|{field}")),
        before: None,
        after: Some(value),
    };
    let item = engine::HistoryItem {
        change: [1; 32],
        time: NOW,
        device: [2; 8],
        origin: Some(Origin::Hand),
        made: false,
        trashed: false,
        restored: false,
        fields: vec![change("status", Value::Text("skipped".into())), change("logged", Value::Int(5))],
    };
    let shown = life::describe(&[item], record);
    assert_eq!(shown[0]["changes"][0]["key"], "2026-11-21|status");
    assert_eq!(shown[0]["changes"][0]["after"], "skipped");
    assert_eq!(shown[0]["changes"][1]["after"], 5);
}

#[test]
fn notes_of_rows_are_searched() {
    let mut log = act(&morning(), None, &RoutineAction::Finish).unwrap();
    let Some(Value::Map(rows)) = log.fields.get_mut("rows") else { panic!("no rows") };
    rows.insert("2026-11-21|note".into(), Value::Text("with rain outside".into()));
    let texts = life::search::texts(&log);
    assert_eq!(texts.len(), 1);
    assert_eq!(
        (texts[0].place.as_deref(), &*texts[0].field, &*texts[0].text),
        (Some("2026-11-21"), "note", "with rain outside")
    );
}

//! What a person does besides writing fields.

use super::{Host, clock, id};
use crate::error::Code;
use crate::request::{OccurrenceChange, Portable, Request, RoutineChange};
use serde_json::{Value as Json, json};

const TODAY: &str = "2026-11-21";

fn names(today: &Json) -> Vec<String> {
    let habits = today["habits"].as_array().unwrap();
    habits.iter().map(|day| day["habit"]["fields"]["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_line_is_understood_first_and_written_when_it_is_asked_for() {
    let (mut host, _) = Host::new();
    let read = json!({ "name": "Read", "kind": "measurable", "unit": "min" });
    let habit = id(&host.add("habit", &read));
    let quick = |text: &str, write| Request::Quick { text: text.into(), write };
    let understood = json!({
        "kind": "log", "habit": habit, "name": "Read", "date": TODAY, "state": "value", "value": 20, "unit": "min",
    });
    assert_eq!(host.get(quick("read 20 min", false)), understood);
    assert_eq!(host.today()["habits"][0]["log"], Json::Null);
    assert_eq!(host.get(quick("read 20 min", true)), understood);
    assert_eq!(host.today()["habits"][0]["log"], json!({ "state": "value", "value": 20 }));

    let task = host.get(quick("call mother today 18:00 !2 #family", true));
    let shown = json!({
        "kind": "task", "title": "call mother", "due": TODAY, "time": "18:00", "priority": 2, "labels": ["family"],
    });
    assert_eq!(task, shown);
    assert_eq!(host.today()["tasks"][0]["fields"]["due_time"], "18:00");
    assert_eq!(host.get(quick("  ", true)), json!({ "kind": "unclear", "why": "empty" }));
    let how_much = json!({ "kind": "unclear", "why": "how_much", "name": "Read", "unit": "min" });
    assert_eq!(host.get(quick("read", true)), how_much);

    host.get(Request::Undo);
    assert_eq!(host.today()["tasks"], json!([]));
    host.get(Request::Undo);
    assert_eq!(host.today()["habits"][0]["log"], Json::Null);
}

#[test]
fn a_record_is_put_behind_another_and_under_a_heading() {
    let (mut host, _) = Host::new();
    let ids: Vec<String> = ["Walk", "Read", "Pray"]
        .iter()
        .map(|name| id(&host.add("habit", &json!({ "name": name }))))
        .collect();
    let arrange = |id: &str, after: Option<&String>, group: Option<&str>| Request::Arrange {
        id: id.into(),
        after: after.cloned(),
        group: group.map(str::to_owned),
    };
    host.get(arrange(&ids[0], Some(&ids[1]), None));
    assert_eq!(names(&host.today()), ["Read", "Walk", "Pray"]);
    host.get(arrange(&ids[2], None, Some("Morning")));
    let today = host.today();
    assert_eq!(names(&today), ["Pray", "Read", "Walk"]);
    assert_eq!(today["habits"][0]["habit"]["fields"]["group"], "Morning");
    host.get(Request::Undo);
    let today = host.today();
    assert_eq!(names(&today), ["Read", "Walk", "Pray"]);
    assert_eq!(today["habits"][2]["habit"]["fields"].get("group"), None);
    let gone = host.ask(arrange(&ids[0], Some(&"ab".repeat(16)), None)).unwrap().unwrap_err();
    assert!(matches!(gone.code, Code::NotFound | Code::InvalidId), "{gone:?}");
}

#[test]
fn a_date_of_a_task_is_done_and_open_again() {
    let (mut host, _) = Host::new();
    let task = json!({ "title": "Water plants", "due": "2026-11-20", "rrule": "FREQ=DAILY" });
    let task = id(&host.add("task", &task));
    let say = |date: &str, action| Request::Occurrence { task: task.clone(), date: date.into(), action };
    let log =
        |host: &mut Host| host.get(Request::Export(Portable::Json)).to_string().contains("completed_on");
    host.get(say(TODAY, OccurrenceChange::Complete));
    assert!(log(&mut host));
    host.get(Request::Undo);
    assert!(!log(&mut host));
    let wrong = host.ask(say("2026-11-19", OccurrenceChange::Skip)).unwrap().unwrap_err();
    assert_eq!((wrong.code, wrong.field.as_deref()), (Code::InvalidField, Some("date")), "{wrong:?}");
}

#[test]
fn a_step_of_a_routine_is_taken_and_given_back() {
    let (mut host, _) = Host::new();
    let steps = json!({ "title": "Morning", "steps": [{ "title": "Water" }, { "title": "Stretch" }] });
    let routine = host.add("routine", &steps);
    let step = routine["fields"]["steps"][0]["id"].as_str().unwrap().to_owned();
    let say = |action| Request::RoutineStep { routine: id(&routine), date: TODAY.into(), action };
    let done = |host: &mut Host| host.get(Request::Export(Portable::Json))["records"].to_string();
    let before = done(&mut host);
    host.get(say(RoutineChange::Step { step: step.clone(), done: true }));
    assert!(done(&mut host).contains(&format!("{step}")) && done(&mut host) != before);
    host.get(say(RoutineChange::Step { step, done: false }));
    host.get(say(RoutineChange::Finish));
    host.get(Request::Undo);
    host.get(Request::Undo);
    host.get(Request::Undo);
    assert_eq!(done(&mut host), before);
}

#[test]
fn a_record_is_looked_at_as_it_was() {
    let (mut host, _) = Host::new();
    let habit = host.add("habit", &json!({ "name": "Walk" }));
    let as_of = |at: f64| Request::AsOf { id: id(&habit), at };
    assert_eq!(host.get(as_of(clock().now))["fields"]["name"], "Walk");
    assert_eq!(host.get(as_of(clock().now - 1.0)), Json::Null);
    assert_eq!(host.get(Request::AsOf { id: "0".repeat(32), at: 0.0 }), Json::Null);
}

#[test]
fn a_table_and_a_calendar_leave_and_come_back() {
    let (mut host, _) = Host::new();
    host.add("task", &json!({ "title": "Write, slowly", "due": "2026-11-22", "priority": 1 }));
    host.add("event", &json!({ "title": "Lunch", "start": "2026-11-22T12:00", "end": "2026-11-22T13:00" }));
    for file in [Portable::Csv { record: "task".into() }, Portable::Ics] {
        let text = host.get(Request::Export(file.clone())).as_str().unwrap().to_owned();
        assert!(text.contains("slowly"), "{text}");
        let (mut other, _) = Host::new();
        let import = Request::Import { file: file.clone(), text: text.clone(), dry: false };
        assert_ne!(other.get(import)["new"], json!(0));
        assert_eq!(other.get(Request::Export(file)), json!(text));
    }
    let wrong = Request::Import { file: Portable::Ics, text: "hello".into(), dry: true };
    assert!(host.ask(wrong).unwrap().is_err());
}

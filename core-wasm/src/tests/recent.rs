//! The last changes of the vault, taken back after a restart too.

use super::{Host, id, map};
use crate::error::Code;
use crate::request::{ChangeName, LogChange, Request};
use crate::vault::Vault;
use seal::{Phrase, RecoveryWrap};
use serde_json::{Value as Json, json};

fn recent(host: &mut Host) -> Vec<Json> {
    host.get(Request::Recent { limit: 20 }).as_array().unwrap().clone()
}

fn name(change: &Json) -> ChangeName {
    let text = |name: &str| change[name].as_str().unwrap().to_owned();
    ChangeName { document: text("document"), change: text("change") }
}

fn set(host: &mut Host, record: &str, fields: &Json) {
    host.later += 60;
    host.get(Request::Set { id: record.to_owned(), fields: map(fields) });
}

#[test]
fn changes_are_listed_and_taken_back_in_a_session_that_did_not_make_them() {
    let (mut host, founding) = Host::new();
    let task = id(&host.add("task", &json!({ "title": "Call" })));
    host.later += 60;
    let habit = id(&host.add("habit", &json!({ "name": "Walk" })));
    set(&mut host, &task, &json!({ "title": "Call Mum", "priority": 2 }));
    host.later += 60;
    host.get(Request::Log { habit: habit.clone(), date: "2026-11-20".into(), action: LogChange::Done });
    set(&mut host, &task, &json!({ "title": "Call Dad" }));

    let paper = Phrase::parse(&founding.words().unwrap()).unwrap().device_keys();
    let key = RecoveryWrap::open_with(&paper, founding.recovery_wrap()).unwrap();
    let mut host = Host { later: 600, ..Host::open(Vault::new(key).unwrap(), host.store.clone()) };
    assert_eq!(host.get(Request::Undo), json!(false), "this session made no change");
    let changes = recent(&mut host);
    let seen = |at: usize, field: &str| changes[at][field].clone();
    let kinds: Vec<Json> = (0..5).map(|at| seen(at, "type")).collect();
    assert_eq!(kinds, ["task", "habit_log", "task", "habit", "task"]);
    assert_eq!(
        (seen(1, "of"), seen(1, "title"), seen(1, "id")),
        (json!("habit"), json!("Walk"), json!(habit))
    );
    assert_eq!((seen(2, "standing"), seen(3, "made")), (json!("partly"), json!(true)));

    let tick = Request::TakeBack { changes: vec![name(&changes[1])] };
    assert_eq!(host.get(tick), json!({ "taken": true, "left": 0 }));
    assert_eq!(host.today()["habits"][0]["week"][5]["log"], Json::Null);
    let title = Request::TakeBack { changes: vec![name(&changes[2])] };
    assert_eq!(host.get(title.clone()), json!({ "taken": true, "left": 1 }));
    let fields = host.get(Request::Get { id: task.clone() })["fields"].clone();
    assert_eq!((&fields["title"], fields.get("priority")), (&json!("Call Dad"), None));
    assert_eq!(host.get(title), json!({ "taken": false, "left": 1 }));

    let newest = &recent(&mut host)[0];
    assert_eq!(newest["origin"], "undo");
    // What was taken back comes again with one step of this session.
    assert_eq!(host.get(Request::Undo), json!(true));
    assert_eq!(host.get(Request::Get { id: task })["fields"]["priority"], 2);
}

#[test]
fn a_change_that_nobody_made_is_refused() {
    let (mut host, _) = Host::new();
    host.add("task", &json!({ "title": "Call" }));
    let change = name(&recent(&mut host)[0]);
    let wrong = [
        (ChangeName { document: "task".into(), ..change.clone() }, Code::InvalidId),
        (ChangeName { change: "x".into(), ..change.clone() }, Code::InvalidId),
        (ChangeName { document: format!("task/{}", "0".repeat(32)), ..change.clone() }, Code::NotFound),
    ];
    for (change, code) in wrong {
        let refused = host.ask(Request::TakeBack { changes: vec![change] }).unwrap().unwrap_err();
        assert_eq!(refused.code, code);
    }
    assert_eq!(host.today()["tasks"].as_array().unwrap().len(), 1);
}

#[test]
fn a_date_of_a_series_becomes_a_record_of_its_own_and_one_step_takes_that_back() {
    let (mut host, _) = Host::new();
    let fields = json!({ "title": "Class", "start": "2026-11-16T18:00", "rrule": "FREQ=WEEKLY" });
    let event = id(&host.add("event", &fields));
    let november = Request::Calendar { from: "2026-11-01".into(), to: "2026-11-30".into() };
    let days = |host: &mut Host| {
        let items = host.get(november.clone());
        let items = items.as_array().unwrap().iter();
        items
            .map(|item| (item["id"] == event.as_str(), item["on"].as_str().unwrap()[8..].to_owned()))
            .collect::<Vec<_>>()
    };
    let all =
        |list: &[(bool, &str)]| list.iter().map(|(own, day)| (*own, (*day).to_owned())).collect::<Vec<_>>();
    let whole = all(&[(true, "16"), (true, "23"), (true, "30")]);
    assert_eq!(days(&mut host), whole);
    for (onward, expected) in [
        (false, [(true, "16"), (false, "23"), (true, "30")]),
        (true, [(true, "16"), (false, "23"), (false, "30")]),
    ] {
        let part = Request::Part { id: event.clone(), date: "2026-11-23".into(), onward };
        let made = host.get(part);
        assert_ne!(id(&made), event);
        assert_eq!(made["fields"]["start"], "2026-11-23T18:00");
        assert_eq!(days(&mut host), all(&expected));
        assert_eq!(host.get(Request::Undo), json!(true));
        assert_eq!(days(&mut host), whole);
    }
    let skip = Request::Occurrence {
        task: event.clone(),
        date: "2026-11-23".into(),
        action: crate::request::OccurrenceChange::Skip,
    };
    host.get(skip);
    assert_eq!(days(&mut host), all(&[(true, "16"), (true, "30")]));
    host.get(Request::EndBefore { id: event.clone(), date: "2026-11-30".into() });
    assert_eq!(days(&mut host), all(&[(true, "16")]));
}

#[test]
fn a_routine_without_a_time_of_day_says_how_often_it_was_finished() {
    let (mut host, _) = Host::new();
    let fields =
        json!({ "title": "Morning", "steps": [{ "title": "Wash" }], "schedule": { "2026-11-11": "daily" } });
    let routine = id(&host.add("routine", &fields));
    for date in ["2026-11-12", "2026-11-20"] {
        let action = crate::request::RoutineChange::Finish;
        host.get(Request::RoutineStep { routine: routine.clone(), date: date.into(), action });
    }
    let rate = Request::RoutineRate { routine, from: "2026-10-01".into() };
    // From the 11th to the 20th; the 21st is today.
    assert_eq!(host.get(rate), json!({ "kept": 2, "asked": 10 }));
}

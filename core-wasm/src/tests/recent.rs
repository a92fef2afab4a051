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

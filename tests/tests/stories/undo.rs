//! What one device changed, another one takes back, and everybody has it.

use serde_json::{Value, json};
use tests::home::Home;
use tests::stage::{Stage, converge};

/// The home at some minutes past nine: no two changes are made in the same moment.
fn at(home: &Home, minutes: u32) -> Home {
    home.with_now(&format!("2026-11-30T09:{minutes:02}:00+01:00[Europe/Berlin]"))
}

fn seen(changes: &Value, name: &str) -> Vec<Value> {
    changes["changes"].as_array().unwrap().iter().map(|change| change[name].clone()).collect()
}

#[test]
fn the_phone_takes_back_what_the_desk_changed_and_the_desk_has_it() {
    let stage = Stage::sqlite();
    let (desk, phone, _) = stage.pair();
    let task = at(&desk, 1).add(&["task", "title=Call"]);
    let habit = at(&desk, 2).add(&["habit", "name=Walk"]);
    at(&desk, 3).ask(&["set", &task, "title=Call Mum", "priority=2"]);
    at(&desk, 4).ask(&["log", &habit]);
    desk.sync();
    phone.sync();

    let recent = at(&phone, 5).ask(&["recent", "--limit", "4"]);
    assert_eq!(seen(&recent, "title"), [json!("Walk"), json!("Call Mum"), json!("Walk"), json!("Call Mum")]);
    assert_eq!(seen(&recent, "type"), ["habit_log", "task", "habit", "task"]);
    let (wrote, reads) = (desk.ask(&["status"]), phone.ask(&["status"]));
    let device = seen(&recent, "device")[0].as_str().unwrap().to_owned();
    assert!(wrote["device"].as_str().unwrap().starts_with(&device));
    assert!(!reads["device"].as_str().unwrap().starts_with(&device));

    // The last change first, then the one before, each by itself.
    assert_eq!(at(&phone, 6).ask(&["undo"])["taken"], true);
    assert_eq!(at(&phone, 7).ask(&["undo"])["taken"], true);
    phone.sync();
    desk.sync();
    let task_now = desk.ask(&["get", &task])["fields"].clone();
    assert_eq!((&task_now["title"], task_now.get("priority")), (&json!("Call"), None));
    let day = at(&desk, 8).ask(&["today"]);
    assert_eq!(day["habits"][0]["state"], "none");

    // By name: what was changed again since stays, and that is told.
    at(&desk, 9).ask(&["set", &task, "title=Call Dad", "priority=1"]);
    let change = at(&desk, 10).ask(&["recent"])["changes"][0]["change"].as_str().unwrap().to_owned();
    at(&desk, 11).ask(&["set", &task, "title=Call Gran"]);
    desk.sync();
    phone.sync();
    let back = at(&phone, 12).ask(&["undo", &change[..10]]);
    assert_eq!((&back["taken"], &back["left"]), (&json!(true), &json!(1)));
    converge(&[&phone, &desk]);
    let fields = desk.ask(&["get", &task])["fields"].clone();
    assert_eq!((&fields["title"], fields.get("priority")), (&json!("Call Gran"), None));
    assert_eq!(seen(&at(&desk, 13).ask(&["recent"]), "origin")[0], "undo");
}

#[test]
fn a_step_that_is_not_there_is_told() {
    let stage = Stage::sqlite();
    let (desk, _) = stage.found("desk");
    assert_eq!(desk.run(&["undo"]).failure(), (3, "not_found".into()));
    assert_eq!(at(&desk, 1).ask(&["recent"])["changes"], json!([]));
    let task = at(&desk, 2).add(&["task", "title=Call"]);
    assert_eq!(at(&desk, 3).run(&["undo", "zz"]).failure(), (3, "not_found".into()));
    assert_eq!(at(&desk, 4).ask(&["undo"])["taken"], true);
    assert_eq!(desk.ask(&["get", &task])["deleted"], true);
    // What was made is in the trash; that it went there is nothing to go back to.
    assert_eq!(at(&desk, 5).run(&["undo"]).failure(), (3, "not_found".into()));
    assert_eq!(desk.run(&["recent", "--limit", "0"]).exit, 2);
}

//! A day on the command line: what is shown, what a line of words does, and what leaves and comes in other forms.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its story has failed"
)]

#[allow(dead_code, reason = "the other stories use the rest")]
mod common;

use common::Lifeos;
use serde_json::{Value, json};

#[test]
fn today_shows_habits_with_streaks_routines_and_dates_of_series() {
    let lifeos = Lifeos::init();
    let walk = lifeos.add(&["habit", "name=Walk"]);
    for day in ["2026-11-18", "2026-11-19", "2026-11-20"] {
        lifeos.run(&["log", &walk, "--date", day]).json();
    }
    let routine = lifeos.add(&["routine", "title=Morning", r#"steps=["wash","read"]"#]);
    let water = lifeos.add(&["task", "title=Water plants", "due=2026-11-19", "rrule=FREQ=DAILY"]);
    lifeos.add(&["task", "title=Call", "due=2026-11-21"]);
    let day = lifeos.run(&["today"]).json();
    assert_eq!(day["date"], "2026-11-21");
    let habit = &day["habits"][0];
    assert_eq!(
        (&habit["name"], &habit["due"], &habit["state"], &habit["streak"], &habit["unit"]),
        (&json!("Walk"), &json!(true), &json!("none"), &json!(3), &json!("day"))
    );
    assert_eq!((&day["routines"][0]["taken"], &day["routines"][0]["steps"]), (&json!(0), &json!(2)));
    assert_eq!(
        (&day["repeating"][0]["title"], &day["repeating"][0]["date"], &day["repeating"][0]["missed"]),
        (&json!("Water plants"), &json!("2026-11-21"), &json!(2))
    );
    let titles: Vec<&Value> =
        day["tasks"].as_array().expect("tasks").iter().map(|t| &t["fields"]["title"]).collect();
    assert_eq!(titles, ["Call"], "a series is shown by its dates");
    // Each is done by `log`.
    let ticked = lifeos.run(&["log", &routine, "--step", "wash"]).json();
    assert_eq!((&ticked["taken"], &ticked["finished"]), (&json!(1), &json!(false)));
    assert_eq!(lifeos.run(&["log", &routine]).json()["finished"], true);
    assert_eq!(lifeos.run(&["log", &water]).json()["state"], "completed");
    assert_eq!(
        lifeos.run(&["log", &water, "--date", "2026-11-22", "--move-to", "2026-11-23"]).json()["on"],
        "2026-11-23"
    );
    let day = lifeos.run(&["today"]).json();
    let over: Vec<_> = day["repeating"].as_array().expect("dates").iter().map(|r| &r["state"]).collect();
    assert_eq!((over, &day["routines"][0]["finished"]), (vec![&json!("completed")], &json!(true)));
    assert_eq!(lifeos.run(&["log", &water, "--date", "2026-11-18"]).failure(), (2, "not_allowed".into()));
    assert_eq!(lifeos.run(&["log", &walk, "--step", "x"]).failure(), (2, "malformed".into()));
    // Who looked at the day was there.
    let days = lifeos.run(&["list", "presence"]).json();
    assert!(days["records"][0]["rows"]["2026-11-21"].is_object(), "{days}");
    assert_eq!(days["records"][0]["rows"].as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_line_of_words_logs_a_habit_or_makes_a_task_and_says_what_it_understood() {
    let lifeos = Lifeos::init();
    let read = lifeos.add(&["habit", "name=Read", "kind=measurable", "target=20", "unit=min"]);
    let only = lifeos.run(&["quick", "--dry-run", "read 20 min"]).json();
    assert_eq!(only, json!({ "understood": "habit Read: 20 min, on 2026-11-21" }));
    assert_eq!(lifeos.run(&["list", "habit_log"]).json()["records"], json!([]));
    let logged = lifeos.run(&["quick", "read", "20", "min"]).json();
    assert_eq!((&logged["id"], &logged["value"]), (&json!(read), &json!(20)));
    assert_eq!(logged["understood"], "habit Read: 20 min, on 2026-11-21");
    let made = lifeos.run(&["quick", "Call mother tomorrow 18:00 !2 #family"]).json();
    let task = lifeos.run(&["get", made["id"].as_str().expect("an id")]).json();
    assert_eq!(
        (
            &task["fields"]["title"],
            &task["fields"]["due"],
            &task["fields"]["due_time"],
            &task["fields"]["labels"]
        ),
        (&json!("Call mother"), &json!("2026-11-22"), &json!("18:00"), &json!(["family"]))
    );
    assert_eq!(lifeos.run(&["quick", "read"]).failure(), (2, "not_understood".into()));
}

#[test]
fn a_task_that_is_put_off_is_counted_and_a_made_up_field_has_its_form() {
    let lifeos = Lifeos::init();
    let task = lifeos.add(&["task", "title=T", "due=2026-11-21"]);
    lifeos.run(&["set", &task, "due=2026-11-24"]).json();
    lifeos.run(&["set", &task, "title=Other"]).json();
    let moves = lifeos.run(&["list", "task_reschedule", "--where", &format!("task={task}")]).json();
    let rows = moves["records"][0]["rows"].as_object().cloned().expect("rows");
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["2026-11-21.2026-11-21.2026-11-24"]);
    lifeos.run(&["set", "settings", "custom_fields+=task.place choice home work"]).json();
    let wrong = lifeos.run(&["set", &task, "custom+=place moon"]);
    assert_eq!(wrong.failure(), (2, "malformed".into()));
    lifeos.run(&["set", &task, "custom+=place home"]).json();
    assert_eq!(lifeos.run(&["get", &task]).json()["fields"]["custom"], json!({ "place": "home" }));
}

#[test]
fn tables_and_calendars_go_out_and_come_in_and_a_dry_run_writes_nothing() {
    let (from, to) = (Lifeos::init(), Lifeos::init());
    let task = from.add(&["task", "title=Say \"hi\", now", "due=2026-12-01", "labels=a,b"]);
    from.add(&["event", "title=Fair", "start=2026-12-24"]);
    let path = |name: &str| from.dir.path().join(name).to_string_lossy().into_owned();
    let (table, calendar) = (path("tasks.csv"), path("all.ics"));
    assert_eq!(from.run(&["export", "-o", &table]).failure(), (2, "usage".into()));
    assert_eq!(from.run(&["export", "-o", &table, "--type", "task"]).json()["documents"], 1);
    from.run(&["export", "-o", &calendar]).json();
    let rehearsed = to.run(&["import", &table, "--type", "task", "--dry-run"]).json();
    assert_eq!(rehearsed, json!({ "documents": 1, "new": 1, "changed": 0, "dry_run": true }));
    assert_eq!(to.run(&["list", "task"]).json()["records"], json!([]));
    assert_eq!(to.run(&["import", &table, "--type", "task"]).json()["changed"], 1);
    assert_eq!(to.run(&["get", &task]).json()["fields"], from.run(&["get", &task]).json()["fields"]);
    assert_eq!(to.run(&["import", &calendar]).json(), json!({ "documents": 2, "changed": 1 }));
    assert_eq!(to.run(&["import", &calendar, "--dry-run"]).json()["new"], 0);
    assert_eq!(to.run(&["list", "event"]).json()["records"][0]["fields"]["start"], "2026-12-24");
}

#[test]
fn a_shell_and_a_manual_are_told_of_every_command() {
    let nowhere = Lifeos::nowhere();
    let script =
        nowhere.run(&["completions", "bash"]).json()["script"].as_str().expect("a script").to_owned();
    let page = nowhere.run(&["man"]).json()["page"].as_str().expect("a page").to_owned();
    for command in ["today", "quick", "export"] {
        assert!(script.contains(command) && page.contains(command), "{command}");
    }
    let folder = nowhere.dir.path().join("man");
    nowhere.run(&["man", "-o", folder.to_str().expect("UTF-8")]).json();
    assert!(folder.join("lifeos-quick.1").exists());
    assert_eq!(nowhere.run(&["completions", "cobol"]).failure(), (2, "usage".into()));
}

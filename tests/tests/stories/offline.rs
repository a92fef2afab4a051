//! What works without a relay, what is seen while there is one, and every exit code.

use serde_json::json;
use tests::collisions::{Side, edits};
use tests::life_year::Size;
use tests::lived;
use tests::stage::{Stage, converge};

#[test]
fn with_the_relay_down_everything_but_sync_works_and_status_says_what_is_pending() {
    let mut stage = Stage::sqlite();
    let (desk, phone, phrase) = lived::pair(&stage, Size::SMALL);
    converge(&[&desk, &phone]);
    stage.stop();
    let sent = desk.export();
    let task = desk.add(&["task", "title=Offline"]);
    let habit = desk.add(&["habit", "name=Stretch"]);
    let file = stage.folder().join("offline.json");
    let file = file.to_str().unwrap();
    let commands: [&[&str]; 14] = [
        &["set", &task, "title=Offline still"],
        &["get", &task],
        &["list", "task", "--limit", "3"],
        &["delete", &task],
        &["restore", &task],
        &["history", &task],
        &["log", &habit, "--note", "no network"],
        &["status"],
        &["devices"],
        &["types"],
        &["export", "-o", file],
        &["import", file],
        &["verify"],
        &["rebuild"],
    ];
    for words in commands {
        assert_eq!(desk.run(words).exit, 0, "{words:?}");
    }
    // Two adds, a set, a delete, a restore, a tick.
    assert_eq!(desk.ask(&["status"])["pending"], 6);
    for words in [&["sync"][..], &["batch"]] {
        let said = if words == ["sync"] { desk.run(words) } else { batch_of_one(&desk, "sync") };
        assert!(said.err.contains("relay_unreachable") || said.out.contains("relay_unreachable"), "{said:?}");
    }
    assert_eq!(desk.run(&["sync"]).failure(), (4, "relay_unreachable".into()));
    assert_eq!(stage.home("nobody").join(&stage.relay.url(), &phrase).failure().0, 4);
    assert_eq!(desk.ask(&["status"])["pending"], 6, "nothing is lost by trying");
    stage.relay.restart();
    let answer = desk.sync();
    assert_eq!((&answer["pending"], &answer["pulled"], &answer["notes"]), (&json!(0), &json!(0), &json!([])));
    let (export, _) = converge(&[&phone, &desk]);
    assert!(export != sent && export.contains("Offline still"));
}

fn batch_of_one(home: &tests::home::Home, line: &str) -> tests::home::Said {
    let mut session = home.start(&["batch"]);
    session.tell(line);
    session.finish()
}

#[test]
fn watch_shows_changes_of_the_other_home_as_they_come_a_line_each() {
    let stage = Stage::sqlite();
    let (desk, phone, _) = stage.pair();
    let mut watching = phone.start(&["watch"]);
    watching.until_told("connected");
    let task = desk.add(&["task", "title=Seen from afar"]);
    let habit = desk.add(&["habit", "name=Wave"]);
    desk.ask(&["log", &habit, "--date", "2026-11-20"]);
    desk.sync();
    // In whatever order: nothing is said about it.
    let mut seen = [false; 3];
    while seen != [true; 3] {
        let row = watching.answer();
        seen[0] |= row["id"] == task.as_str() && row["fields"]["title"] == "Seen from afar";
        seen[1] |= row["id"] == habit.as_str() && row["fields"]["name"] == "Wave";
        seen[2] |= row["type"] == "habit_log" && row["rows"]["2026-11-20"]["state"] == "done";
    }
    desk.ask(&["delete", &task]);
    desk.sync();
    assert_eq!(watching.until(|row| row["type"] == "task")["deleted"], true);
    let said = watching.stop();
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(phone.ask(&["get", &task])["deleted"], true, "what was shown is there");
}

#[test]
fn two_watching_homes_see_each_other_edit_at_once() {
    let stage = Stage::sqlite();
    let (desk, phone, _) = lived::pair(&stage, Size::SMALL);
    converge(&[&desk, &phone]);
    let common = desk.export();
    desk.batch(&edits(&common, 9, Side::Desk, 50).lines);
    phone.batch(&edits(&common, 9, Side::Phone, 50).lines);
    let (one, two) =
        (desk.add(&["task", "title=Last of the desk"]), phone.add(&["task", "title=Last of the phone"]));
    let both = [(&desk, &two), (&phone, &one)].map(|(home, other)| (home.start(&["watch"]), other));
    for (watching, other) in &both {
        watching.until(|row| row["id"] == other.as_str());
    }
    for (watching, _) in both {
        assert_eq!(watching.stop().exit, 0);
    }
    converge(&[&desk, &phone]);
}

#[test]
fn every_exit_code_of_the_contract_is_given() {
    let stage = Stage::sqlite();
    let (desk, _) = stage.found("desk");
    let url = stage.relay.url();
    let nobody = "00000000-0000-4000-8000-000000000000";
    let mut codes = vec![
        desk.run(&["status"]).exit,
        desk.run(&["init", "--relay", &url, "--name", "again"]).exit,
        desk.run(&["frobnicate"]).exit,
        desk.run(&["get", nobody]).exit,
        stage.home("far").run(&["init", "--relay", "http://127.0.0.1:9", "--name", "far"]).exit,
        desk.with_passphrase("another passphrase").run(&["status"]).exit,
    ];
    let broken = desk.copy_to(stage.folder().join("broken"));
    std::fs::write(broken.store(), vec![0x55; 40_000]).unwrap();
    codes.push(broken.run(&["status"]).exit);
    let mut first = desk.start(&["batch"]);
    first.tell("status");
    first.answer();
    codes.push(desk.run(&["status"]).exit);
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7]);
}

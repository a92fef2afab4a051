//! The program as scripts see it, as far as no relay is needed: answers, failures, exit codes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its story has failed"
)]

mod common;

use common::{Lifeos, PASSPHRASE};
use engine::{Read, Write};
use lifeos::store::{Missing, Store};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write as _};

#[test]
fn a_wrong_command_line_is_told_on_standard_error_with_code_2() {
    let nowhere = Lifeos::nowhere();
    for words in [&["frob"][..], &["add"], &["get"], &["list", "task", "--limit", "0"]] {
        assert_eq!(nowhere.run(words).failure(), (2, "usage".into()), "{words:?}");
    }
    assert_eq!(
        nowhere.run(&["init", "--relay", "relay.example", "--name", "x"]).failure(),
        (2, "invalid_relay".into())
    );
}

#[test]
fn without_a_vault_every_command_says_so_with_code_3() {
    let nowhere = Lifeos::nowhere();
    for words in [&["status"][..], &["sync"], &["list", "task"], &["verify"], &["batch"]] {
        assert_eq!(nowhere.run(words).failure(), (3, "no_vault".into()), "{words:?}");
    }
}

#[test]
fn a_vault_that_could_not_be_registered_leaves_nothing_behind() {
    let nowhere = Lifeos::nowhere();
    // Port 9 of this machine: nobody listens there.
    let said = nowhere.run(&["init", "--relay", "http://127.0.0.1:9", "--name", "desk"]);
    assert_eq!(said.failure(), (4, "relay_unreachable".into()));
    assert_eq!(std::fs::read_dir(nowhere.dir.path()).expect("reads").count(), 0);
}

#[test]
fn a_new_vault_gives_account_device_and_24_words_and_cannot_be_made_twice() {
    let lifeos = Lifeos::nowhere();
    let relay = common::Registrar::start();
    let made = lifeos.run(&["init", "--relay", &relay.url, "--name", "desk"]).json();
    assert_eq!(made["account"].as_str().map(str::len), Some(32));
    assert_eq!(made["device"].as_str().map(str::len), Some(32));
    assert_eq!(made["phrase"].as_str().map(|words| words.split(' ').count()), Some(24));
    let status = lifeos.run(&["status"]).json();
    assert_eq!((&status["account"], &status["device"]), (&made["account"], &made["device"]));
    assert_eq!(status["pending"], 0);
    assert_eq!(status["store"], json!({ "journal_mode": "wal", "synchronous": "full" }));
    let again = lifeos.run(&["init", "--relay", &relay.url, "--name", "desk"]);
    assert_eq!(again.failure(), (1, "home_exists".into()));
}

#[test]
fn nothing_secret_is_readable_in_a_home() {
    let lifeos = Lifeos::nowhere();
    let relay = common::Registrar::start();
    let made = lifeos.run(&["init", "--relay", &relay.url, "--name", "desk"]).json();
    lifeos.add(&["task", "title=a-canary-in-a-title", "description=a-canary-in-prose"]);
    let words = made["phrase"].as_str().expect("words").to_owned();
    let pair = words.split(' ').take(2).collect::<Vec<_>>().join(" ");
    for entry in std::fs::read_dir(lifeos.home()).expect("reads") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("reads");
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        for text in [PASSPHRASE, pair.as_str(), "a-canary-in-a-title", "a-canary-in-prose"] {
            assert!(!has(text), "{} holds {text:?}", path.display());
        }
    }
}

#[test]
fn a_wrong_or_short_passphrase_has_code_5() {
    let lifeos = Lifeos::init();
    let with = |words: &[&str], passphrase: &str| {
        let output = lifeos.command(words).env("LIFEOS_PASSPHRASE", passphrase).output().expect("it runs");
        let json: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        (output.status.code(), json["error"]["code"].as_str().map(str::to_owned))
    };
    assert_eq!(with(&["status"], "incorrect horse"), (Some(5), Some("wrong_passphrase".into())));
    let nowhere = Lifeos::nowhere();
    let output = nowhere
        .command(&["init", "--relay", "http://127.0.0.1:9", "--name", "x"])
        .env("LIFEOS_PASSPHRASE", "short")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert_eq!(std::fs::read_dir(nowhere.dir.path()).expect("reads").count(), 0);
}

#[test]
fn a_relay_that_calls_itself_otherwise_is_not_registered_with() {
    let nowhere = Lifeos::nowhere();
    let relay = common::Registrar::start();
    let other_name = relay.url.replace("127.0.0.1", "localhost");
    let said = nowhere.run(&["init", "--relay", &other_name, "--name", "desk"]);
    assert_eq!(said.failure(), (1, "wrong_origin".into()));
    assert_eq!(std::fs::read_dir(nowhere.dir.path()).expect("reads").count(), 0);
}

#[test]
fn a_passphrase_is_changed_by_the_old_one_or_by_the_recovery_phrase() {
    let lifeos = Lifeos::nowhere();
    let relay = common::Registrar::start();
    let made = lifeos.run(&["init", "--relay", &relay.url, "--name", "desk"]).json();
    let with = |words: &[&str], passphrase: &str, new: &str| {
        let mut command = lifeos.command(words);
        command.env("LIFEOS_PASSPHRASE", passphrase).env("LIFEOS_NEW_PASSPHRASE", new);
        command.output().expect("it runs").status.code()
    };
    assert_eq!(with(&["passphrase"], "not the old one", "the second one"), Some(5));
    assert_eq!(with(&["passphrase"], PASSPHRASE, "short"), Some(5));
    assert_eq!(with(&["passphrase"], PASSPHRASE, "the second one"), Some(0));
    assert_eq!(with(&["status"], PASSPHRASE, ""), Some(5));
    assert_eq!(with(&["status"], "the second one", ""), Some(0));

    let file = lifeos.dir.path().join("phrase.txt");
    let file = file.to_str().expect("UTF-8");
    std::fs::write(file, format!("{}art", "abandon ".repeat(23))).expect("writes");
    assert_eq!(
        with(&["passphrase", "--phrase-file", file], "", "the third one"),
        Some(5),
        "another's phrase"
    );
    std::fs::write(file, made["phrase"].as_str().expect("words")).expect("writes");
    assert_eq!(with(&["passphrase", "--phrase-file", file], "", "the third one"), Some(0));
    assert_eq!(with(&["status"], "the third one", ""), Some(0));
}

#[test]
fn a_phrase_that_is_none_has_code_5() {
    let nowhere = Lifeos::nowhere();
    let file = nowhere.dir.path().join("phrase.txt");
    std::fs::write(&file, ["abandon"; 24].join(" ")).expect("writes");
    let file = file.to_str().expect("UTF-8").to_owned();
    let said = nowhere.run(&["join", "--relay", "http://127.0.0.1:9", "--phrase-file", &file]);
    assert_eq!(said.failure(), (5, "bad_phrase".into()));
}

#[test]
fn a_damaged_store_has_code_6_and_is_left_as_it_is() {
    let lifeos = Lifeos::init();
    let store = lifeos.home().join("store.db");
    let damaged = vec![7; 20_000];
    std::fs::write(&store, &damaged).expect("writes");
    assert_eq!(lifeos.run(&["status"]).failure(), (6, "store_damaged".into()));
    assert_eq!(std::fs::read(&store).expect("reads"), damaged);
    std::fs::remove_file(&store).expect("removes");
    assert_eq!(lifeos.run(&["status"]).failure(), (6, "store_damaged".into()));
    assert!(!store.exists(), "no empty store takes its place");
}

#[test]
fn a_second_process_on_a_home_has_code_7() {
    let lifeos = Lifeos::init();
    let mut first = lifeos.spawn_batch();
    let mut input = first.stdin.take().expect("piped");
    let mut answers = BufReader::new(first.stdout.take().expect("piped")).lines();
    writeln!(input, "status").expect("writes");
    answers.next().expect("it holds the home now").expect("reads");
    let second = lifeos.run(&["status"]);
    assert_eq!(second.failure(), (7, "store_in_use".into()));
    assert!(second.err.contains(&first.id().to_string()), "{}", second.err);
    drop(input);
    assert_eq!(first.wait().expect("it ends").code(), Some(0));
    lifeos.run(&["status"]).json();
}

#[test]
fn a_process_whose_store_was_taken_over_saves_nothing_more_and_says_so() {
    let lifeos = Lifeos::init();
    let mut first = lifeos.spawn_batch();
    let mut input = first.stdin.take().expect("piped");
    let mut answers = BufReader::new(first.stdout.take().expect("piped")).lines();
    let mut tell = |line: &str| -> Value {
        writeln!(input, "{line}").expect("writes");
        let answer = answers.next().expect("an answer").expect("reads");
        serde_json::from_str(&answer).expect("JSON")
    };
    assert_eq!(tell("add task title=before")["type"], "task");
    // As if the lock were lost, with the folder on a disk that does not keep locks.
    in_store(&lifeos, async |_| {});
    assert_eq!(tell("add task title=after")["error"]["code"], "store_in_use");
    assert_eq!(first.wait().expect("it ends").code(), Some(7));
    let listed = lifeos.run(&["list", "task"]).json();
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_wrong_read_model_is_found_by_verify_with_code_6_and_mended_by_rebuild() {
    let lifeos = Lifeos::init();
    let id = lifeos.add(&["task", "title=Call Ann"]);
    assert_eq!(lifeos.run(&["verify"]).json()["ok"], true);
    // The read model's keys are the last ones.
    in_store(&lifeos, async |store| {
        let everything = Read::Scan { prefix: Vec::new(), after: None, limit: usize::MAX };
        let mut found = store.read(&[everything]).await.expect("reads");
        let (key, _) = found.remove(0).pop().expect("an item");
        store.commit(&[Write::Delete(key)]).await.expect("commits");
    });
    let found = lifeos.run(&["verify"]);
    let json: Value = serde_json::from_str(&found.out).expect("an answer");
    assert_eq!((found.exit, &json["ok"]), (6, &json!(false)), "{json}");
    assert!(json["problems"].to_string().contains(&id), "{json}");
    lifeos.run(&["rebuild"]).json();
    assert_eq!(lifeos.run(&["verify"]).json()["ok"], true);
    assert_eq!(lifeos.run(&["get", &id]).json()["fields"]["title"], "Call Ann");
}

/// Opens the store of a home as another process would that does not ask for the lock.
fn in_store(lifeos: &Lifeos, work: impl AsyncFnOnce(&mut Store)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let path = lifeos.home().join("store.db");
        let mut store = Store::open(&path, Missing::Refuse).await.expect("opens");
        work(&mut store).await;
        store.close().await.expect("closes");
    });
}

#[test]
fn a_record_is_added_changed_trashed_and_restored_and_its_history_keeps_all() {
    let lifeos = Lifeos::init();
    let id = lifeos.add(&["task", "title=Call Ann", "priority=2"]);
    lifeos.run(&["set", &id, "title=Call Anna", "tags=phone"]).json();
    let got = lifeos.run(&["get", &id]).json();
    assert_eq!(got["fields"]["title"], "Call Anna");
    assert_eq!(got["fields"]["tags"], json!(["phone"]));
    assert_eq!((&got["type"], &got["deleted"]), (&json!("task"), &json!(false)));

    assert_eq!(lifeos.run(&["delete", &id]).json()["deleted"], true);
    assert_eq!(lifeos.run(&["list", "task"]).json()["records"], json!([]));
    assert_eq!(lifeos.run(&["restore", &id]).json()["deleted"], false);
    let listed = lifeos.run(&["list", "task", "--where", "priority=2"]).json();
    assert_eq!(listed["records"][0]["id"], id.as_str());

    let history = lifeos.run(&["history", &id]).json();
    let changes = history["changes"].as_array().expect("changes");
    let renamed = changes.iter().flat_map(|change| change["changes"].as_array().expect("fields"));
    let renamed: Vec<_> = renamed.filter(|field| field["field"] == "title").collect();
    assert_eq!(renamed[0]["after"], "Call Ann");
    assert_eq!((&renamed[1]["before"], &renamed[1]["after"]), (&json!("Call Ann"), &json!("Call Anna")));
    assert!(changes.iter().any(|change| change["trashed"] == true));
    assert_eq!(lifeos.run(&["status"]).json()["pending"].as_u64().map(|n| n > 0), Some(true));
}

#[test]
fn a_habit_is_ticked_measured_skipped_and_undone() {
    let lifeos = Lifeos::init();
    let run =
        lifeos.add(&["habit", "name=Run", "kind=measurable", "target=5", "unit=km", "direction=at_least"]);
    let read = lifeos.add(&["habit", "name=Read"]);
    let log = |words: &[&str]| {
        let words: Vec<&str> = ["log"].iter().chain(words).copied().collect();
        lifeos.run(&words)
    };
    assert_eq!(
        log(&[&read]).json(),
        json!({ "id": read, "date": "2026-11-21", "state": "done" }),
        "today, where the person is"
    );
    let measured = log(&[&run, "--date", "2026-11-20", "--value", "7.5"]).json();
    assert_eq!((&measured["state"], &measured["value"]), (&json!("value"), &json!(7.5)));
    assert_eq!(log(&[&read, "--date", "2026-11-19", "--skip", "--note", "ill"]).json()["state"], "skip");
    assert_eq!(log(&[&read, "--undo"]).json()["state"], "none");
    assert_eq!(log(&[&read, "--value", "3"]).failure().0, 2, "it is yes or no");
    assert_eq!(log(&[&read, "--slip"]).failure().0, 2, "it is a good habit");

    let where_read = format!("habit={read}");
    let logged = lifeos.run(&["list", "habit_log", "--where", &where_read]).json();
    let rows = &logged["records"][0]["rows"];
    assert_eq!(rows["2026-11-19"]["note"], "ill");
    assert!(rows.get("2026-11-21").is_none());
    let history = lifeos.run(&["history", &read]).json();
    let mut changes = history["changes"].as_array().expect("changes").iter();
    assert!(
        changes.any(|c| c["type"] == "habit_log" && c["changes"][0]["key"] == "2026-11-21"),
        "an undone day is in the history"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_its_own_code() {
    let lifeos = Lifeos::init();
    let id = lifeos.add(&["task", "title=x"]);
    let long = format!("title={}", "x".repeat(5_000));
    let cases: [(&[&str], i32, &str); 8] = [
        (&["add", "dragon", "name=Smaug"], 2, "unknown_record_type"),
        (&["add", "task", "title=x", "teeth=3"], 2, "unknown_field"),
        (&["add", "task", &long], 2, "out_of_limits"),
        (&["add", "task"], 2, "missing_field"),
        (&["add", "task", "title=x", "priority=soon"], 2, "malformed"),
        (&["set", &id, "priority=9"], 2, "out_of_limits"),
        (&["get", "not-an-id"], 2, "invalid_id"),
        (&["get", "00000000-0000-4000-8000-000000000000"], 3, "not_found"),
    ];
    for (words, exit, code) in cases {
        assert_eq!(lifeos.run(words).failure(), (exit, code.into()), "{words:?}");
    }
}

#[test]
fn records_that_exist_once_are_named_by_their_type() {
    let lifeos = Lifeos::init();
    assert_eq!(lifeos.run(&["get", "profile"]).failure(), (3, "not_found".into()));
    lifeos.run(&["set", "profile", "name=Ann"]).json();
    lifeos.run(&["add", "profile", "day_start=3"]).json();
    let fields = &lifeos.run(&["get", "profile"]).json()["fields"];
    assert_eq!((&fields["name"], &fields["day_start"]), (&json!("Ann"), &json!(3)));
}

#[test]
fn a_list_is_read_by_pages_without_loss_or_repetition() {
    let lifeos = Lifeos::init();
    let lines: Vec<String> = (0..25).map(|n| format!("add task title=t{n} priority={}", n % 2)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(lifeos.batch(&lines).0, 0);
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut words = vec!["list", "task", "--where", "priority=1", "--limit", "5"];
        if let Some(after) = &after {
            words.extend(["--after", after]);
        }
        let page = lifeos.run(&words).json();
        let records = page["records"].as_array().expect("records");
        assert!(records.len() <= 5);
        seen.extend(records.iter().map(|r| r["fields"]["title"].as_str().expect("a title").to_owned()));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    seen.sort();
    let mut expected: Vec<String> = (0..25).filter(|n| n % 2 == 1).map(|n| format!("t{n}")).collect();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn a_batch_answers_every_line_in_order_and_goes_on_after_a_failure() {
    let lifeos = Lifeos::init();
    let id = lifeos.add(&["task", "title=first"]);
    let (set, get, log) = (format!("set {id} title=second"), format!("get {id}"), format!("log {id}"));
    let json_line = format!(r#"["set","{id}","title=it's \"third\""]"#);
    let (exit, answers) = lifeos.batch(&[
        "add habit name='Read a book'",
        &set,
        &get,
        "# nothing is asked here",
        "",
        "add dragon name=Smaug",
        "add 'task",
        "init --relay http://x --name y",
        &log,
        &json_line,
        &get,
    ]);
    assert_eq!(exit, 1, "something failed");
    let brief: Vec<String> = answers
        .iter()
        .map(|answer| match (&answer["error"]["code"], &answer["fields"]["title"], &answer["type"]) {
            (Value::String(code), ..) => code.clone(),
            (_, Value::String(title), _) => title.clone(),
            (.., kind) => kind.as_str().unwrap_or("?").to_owned(),
        })
        .collect();
    let expected = [
        "habit",
        "task",
        "second",
        "unknown_record_type",
        "invalid_line",
        "not_here",
        "not_allowed",
        "task",
        "it's \"third\"",
    ];
    assert_eq!(brief, expected);
}

#[test]
fn changes_of_one_batch_to_one_record_are_all_made_in_order() {
    let lifeos = Lifeos::init();
    let task = lifeos.add(&["task", "title=x"]);
    let habit = lifeos.add(&["habit", "name=Read"]);
    let mut lines = Vec::new();
    for n in 0..200 {
        // Back and forth: a change that was planned on what was before the one before it would be none.
        lines.push(format!("set {task} title={} tags+=tag{}", ["y", "x"][n % 2], n % 10));
        lines.push(format!("log {habit} --date 2026-{:02}-{:02}", n / 28 + 1, n % 28 + 1));
    }
    lines.push(format!("log {habit} --date 2026-01-01 --undo"));
    lines.push(format!("log {habit} --date 2026-01-02 --undo"));
    lines.push(format!("log {habit} --date 2026-01-02"));
    lines.extend([format!("get {task}"), format!("set {task} title=z"), format!("set {task} title=x")]);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (exit, answers) = lifeos.batch(&lines);
    assert_eq!((exit, answers.len()), (0, 406));
    let fields = &lifeos.run(&["get", &task]).json()["fields"];
    assert_eq!(fields["title"], "x");
    assert_eq!(fields["tags"].as_array().map(Vec::len), Some(10));
    let logged = lifeos.run(&["list", "habit_log"]).json();
    assert_eq!(logged["records"][0]["rows"].as_object().map(serde_json::Map::len), Some(199));
    assert_eq!(lifeos.run(&["verify"]).json()["ok"], true);
}

#[test]
fn an_export_is_the_same_twice_and_comes_back_byte_for_byte_in_another_home() {
    let (one, two) = (Lifeos::init(), Lifeos::init());
    let habit = one.add(&["habit", "name=Read", "tags=quiet,daily"]);
    let task = one.add(&["task", "title=Gone", "description=Two\nlines"]);
    one.run(&["log", &habit, "--note", "a \"good\" one"]).json();
    one.run(&["delete", &task]).json();
    let export = |lifeos: &Lifeos, name: &str| {
        let path = lifeos.dir.path().join(name);
        let text = path.to_str().expect("UTF-8").to_owned();
        lifeos.run(&["export", "-o", &text]).json();
        (text, std::fs::read(&path).expect("reads"))
    };
    let (file, first) = export(&one, "first.json");
    let text = String::from_utf8_lossy(&first).into_owned();
    for part in ["\"Read\"", "quiet", "Gone", "Two\\nlines", r#"a \"good\" one"#] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(export(&one, "second.json").1, first);
    assert_eq!(one.run(&["export", "-o", "-"]).out.as_bytes(), first);
    two.run(&["import", &file]).json();
    assert_eq!(String::from_utf8_lossy(&export(&two, "third.json").1), String::from_utf8_lossy(&first));
    assert_eq!(two.run(&["import", &file]).json()["changed"], 0, "the second time nothing is new");
    std::fs::write(&file, "{}").expect("writes");
    assert_eq!(two.run(&["import", &file]).failure(), (2, "import_refused".into()));
}

#[test]
fn with_the_relay_down_only_sync_fails_and_status_says_what_waits() {
    let lifeos = Lifeos::init();
    lifeos.add(&["goal", "title=Run a marathon"]);
    assert_eq!(lifeos.run(&["sync"]).failure(), (4, "relay_unreachable".into()));
    assert_eq!(lifeos.run(&["list", "goal"]).json()["records"].as_array().map(Vec::len), Some(1));
    assert_eq!(lifeos.run(&["status"]).json()["pending"], 1);
    let (exit, answers) = lifeos.batch(&["sync", "status"]);
    assert_eq!((exit, answers[0]["error"]["exit"].as_u64()), (1, Some(4)));
    assert_eq!(answers[1]["pending"], 1, "a batch goes on after a sync that failed");
}

#[test]
fn what_a_killed_batch_had_answered_is_there_when_the_home_opens_again() {
    let lifeos = Lifeos::init();
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let mut child = lifeos.spawn_batch();
        let mut input = child.stdin.take().expect("piped");
        let feeding = std::thread::spawn(move || {
            // Until the process is gone and the pipe breaks.
            while writeln!(input, "add task title=round{round}").is_ok() {}
        });
        let answers = BufReader::new(child.stdout.take().expect("piped")).lines();
        for (count, answer) in answers.map_while(Result::ok).enumerate() {
            // A last line may be cut off; what is not whole was not told.
            if let Ok(answer) = serde_json::from_str::<Value>(&answer) {
                acknowledged.push(answer["id"].as_str().expect("an id").to_owned());
            }
            if count == 20 + round * 37 {
                child.kill().expect("kills");
            }
        }
        child.wait().expect("it is gone");
        feeding.join().expect("feeds");
    }
    let listed = lifeos.run(&["list", "task"]).json();
    let ids: std::collections::BTreeSet<&str> = listed["records"]
        .as_array()
        .expect("records")
        .iter()
        .filter_map(|record| record["id"].as_str())
        .collect();
    assert!(acknowledged.len() > 100);
    for id in &acknowledged {
        assert!(ids.contains(id.as_str()), "{id} was acknowledged and is gone");
    }
    assert_eq!(lifeos.run(&["verify"]).json()["ok"], true);
}

//! Devices that come by code, are cut off, and go with their account; relays that are left for another.

use crate::on_both;
use serde_json::Value;
use tests::home::{Home, Session};
use tests::programs::program;
use tests::relay::Relay;
use tests::stage::{Stage, converge};

on_both!(
    a_device_that_was_paired_by_code_shows_what_the_other_shows,
    a_pairing_whose_digits_were_not_said_to_be_equal_adds_nobody,
    a_device_that_is_cut_off_while_it_watches_is_told_within_two_seconds_and_writes_nothing_more,
    new_words_bring_the_vault_to_a_new_device_and_the_old_ones_do_not,
    a_vault_that_moved_to_an_empty_relay_is_all_there,
    an_account_that_was_deleted_is_served_again_when_that_is_taken_back,
);

fn add(home: &Home, title: &str) {
    home.add(&["task", &format!("title={title}")]);
}

/// Starts `pair` on a new home; gives the code it shows.
fn show_code(stage: &Stage, name: &str) -> (Home, Session, String) {
    let home = stage.home(name);
    let session = home.start(&["pair", "--relay", &stage.relay.url(), "--name", name]);
    let code = session.answer()["code"].as_str().expect("a code").to_owned();
    (home, session, code)
}

fn digits(session: &Session) -> Value {
    session.answer()["check"].clone()
}

fn a_device_that_was_paired_by_code_shows_what_the_other_shows(stage: &mut Stage) {
    let (desk, _) = stage.found("desk");
    add(&desk, "From the desk");
    desk.sync();
    let (phone, mut new, code) = show_code(stage, "phone");
    // As people type it.
    let mut old = desk.start(&["approve", &code.to_lowercase().replace('-', " ")]);
    assert_eq!(digits(&new), digits(&old), "both show the same");
    new.tell("y");
    old.tell("yes");
    let approved = old.finish();
    assert_eq!(approved.exit, 0, "{}", approved.err);
    let paired = new.finish();
    assert_eq!(paired.exit, 0, "{}", paired.err);
    assert_eq!(phone.export(), desk.export());
    add(&phone, "From the phone");
    converge(&[&phone, &desk]);
    phone.verify();
}

fn a_pairing_whose_digits_were_not_said_to_be_equal_adds_nobody(stage: &mut Stage) {
    let (desk, _) = stage.found("desk");
    let (phone, mut new, code) = show_code(stage, "phone");
    let mut old = desk.start(&["approve", &code]);
    assert_eq!(digits(&new), digits(&old));
    new.tell("y");
    old.tell("");
    assert_eq!(old.finish().exit, 6, "no answer is a no");
    let refused = new.finish();
    assert_eq!(refused.exit, 1);
    assert!(refused.err.contains("not_added"), "{}", refused.err);
    assert!(!phone.path().exists(), "nothing was made");
    assert_eq!(
        desk.ask(&["devices"])["devices"].as_array().expect("devices").len(),
        2,
        "the desk and the words"
    );
    // The mailbox is used up: nobody can take the place of the other afterwards.
    assert_eq!(desk.run(&["approve", &code]).failure(), (6, "pairing_failed".into()));
    assert_eq!(desk.run(&["approve", "0000-0000-00"]).failure(), (3, "no_such_code".into()));
    assert_eq!(desk.run(&["approve", "hello"]).failure(), (2, "invalid_code".into()));
}

fn a_device_that_is_cut_off_while_it_watches_is_told_within_two_seconds_and_writes_nothing_more(
    stage: &mut Stage,
) {
    let (desk, phone, phrase) = stage.pair();
    add(&phone, "From the phone, before");
    converge(&[&phone, &desk]);
    let mut watching = phone.start(&["watch"]);
    watching.until_told("connected");
    let phone_id = phone_of(&desk);
    desk.ask(&["revoke", &phone_id]);
    let since = std::time::Instant::now();
    let ended = watching.finish();
    assert!(since.elapsed().as_secs_f64() < 2.0, "{:?}", since.elapsed());
    assert!(ended.err.contains("\"revoked\""), "{}", ended.err);
    // It reads what it has, and writes nothing.
    assert!(phone.export().contains("From the phone, before"));
    assert_eq!(phone.run(&["add", "task", "title=After"]).failure(), (1, "revoked".into()));
    assert_eq!(phone.run(&["sync"]).failure().1, "revoked");
    add(&desk, "From the desk, after");
    desk.sync();
    assert!(!phone.export().contains("From the desk, after"));
    let third = stage.join("third", &phrase);
    assert_eq!(third.export(), desk.export());
    desk.verify();
    assert_eq!(desk.run(&["revoke", &phone_id]).failure(), (2, "no_such_device".into()));
}

/// The id of the one active device that is not this one.
fn phone_of(desk: &Home) -> String {
    let devices = desk.ask(&["devices"]);
    let devices = devices["devices"].as_array().expect("devices");
    let other = devices.iter().find(|d| d["this"] == false && d["role"] == "device" && d["active"] == true);
    other.expect("another device")["device"].as_str().expect("an id").to_owned()
}

fn new_words_bring_the_vault_to_a_new_device_and_the_old_ones_do_not(stage: &mut Stage) {
    let (desk, phone, old) = stage.pair();
    add(&desk, "Kept");
    converge(&[&desk, &phone]);
    let new = desk.ask(&["phrase", "new"])["phrase"].as_str().expect("words").to_owned();
    let file = stage.folder().join("words");
    std::fs::write(&file, &new).expect("writes");
    desk.ask(&["phrase", "set", "--phrase-file", file.to_str().expect("UTF-8")]);
    assert_eq!(
        stage.home("late").join(&stage.relay.url(), &old).failure().0,
        5,
        "the old words open nothing"
    );
    let third = stage.join("third", &new);
    assert_eq!(third.export(), desk.export());
    // The new words open the store of each device, and the old ones do not, once it has synced.
    phone.sync();
    for home in [&desk, &phone] {
        std::fs::write(&file, &old).expect("writes");
        let change = ["passphrase", "--phrase-file", file.to_str().expect("UTF-8")];
        let mut command = home.command(&change);
        let refused = command.env("LIFEOS_NEW_PASSPHRASE", "another passphrase").output().expect("runs");
        assert_eq!(refused.status.code(), Some(5));
        std::fs::write(&file, &new).expect("writes");
        let mut command = home.command(&change);
        let changed = command.env("LIFEOS_NEW_PASSPHRASE", tests::home::PASSPHRASE).output().expect("runs");
        assert_eq!(changed.status.code(), Some(0), "{}", String::from_utf8_lossy(&changed.stderr));
    }
    converge(&[&desk, &phone, &third]);
}

fn a_vault_that_moved_to_an_empty_relay_is_all_there(stage: &mut Stage) {
    let (desk, phone, phrase) = stage.pair();
    add(&desk, "Sent");
    add(&phone, "From the phone, sent");
    converge(&[&desk, &phone]);
    add(&phone, "From the phone, waiting");
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("relay.sqlite").display());
    let arguments = ["--registration=open", "--rate-limit-factor=100"];
    let new = Relay::start(&program("sync-server"), folder.path(), &database, &arguments);
    // Nothing listens there: everything stays as it was.
    assert_eq!(desk.run(&["relay", "move", "http://127.0.0.1:9"]).failure().0, 4);
    desk.sync();
    // The old one is gone without a word.
    stage.relay.kill();
    let moved = desk.ask(&["relay", "move", &new.url()]);
    assert!(moved["notes"].to_string().contains("relay_was_empty"), "{moved}");
    phone.ask(&["relay", "move", &new.url()]);
    let (export, _) = converge(&[&desk, &phone]);
    for title in ["Sent", "From the phone, sent", "From the phone, waiting"] {
        assert!(export.contains(title), "{title}");
    }
    let third = stage.home("third");
    third.join(&new.url(), &phrase).json();
    assert_eq!(third.export(), export);
    assert_eq!(desk.run(&["relay", "move", &new.url()]).failure(), (2, "same_relay".into()));
}

fn an_account_that_was_deleted_is_served_again_when_that_is_taken_back(stage: &mut Stage) {
    let (desk, phone, _) = stage.pair();
    add(&desk, "Kept");
    converge(&[&desk, &phone]);
    assert_eq!(desk.run(&["account", "delete"]).failure(), (1, "not_confirmed".into()));
    let until = desk.ask(&["account", "delete", "--yes"])["until"].as_i64().expect("a time");
    assert!(until > 0);
    assert_eq!(phone.run(&["sync"]).failure(), (1, "account_deleted".into()));
    add(&phone, "Meanwhile");
    assert_eq!(phone.ask(&["account", "keep"])["until"], Value::Null);
    let (export, _) = converge(&[&desk, &phone]);
    assert!(export.contains("Kept") && export.contains("Meanwhile"));
}

//! Relays that are restored, wiped, killed and replaced.

use crate::on_both;
use tests::collisions::{Side, edits};
use tests::home::Home;
use tests::life_year::Size;
use tests::lived;
use tests::stage::{Stage, converge};

on_both!(
    a_relay_restored_from_an_older_copy_is_whole_again_after_the_devices_connected,
    a_wiped_relay_is_whole_again_after_the_devices_connected,
    a_relay_killed_in_the_middle_of_a_sync_and_started_again_gets_the_rest,
    a_relay_replaced_by_an_empty_one_in_the_middle_of_a_sync_gets_everything,
);

fn add(home: &Home, title: &str) {
    home.add(&["task", &format!("title={title}")]);
}

/// A device that only has the phrase gets from the relay what the others show.
fn is_whole(stage: &Stage, phrase: &str, export: &str) {
    let third = stage.join("third", phrase);
    assert!(third.export() == *export, "the relay lacks something");
    third.verify();
}

fn a_relay_restored_from_an_older_copy_is_whole_again_after_the_devices_connected(stage: &mut Stage) {
    let (desk, phone, phrase) = lived::pair(stage, Size::SMALL);
    converge(&[&desk, &phone]);
    stage.stop();
    let backup = stage.database.save();
    stage.relay.restart();
    // What comes now, the backup does not have: entries of both, and a device that joined.
    let common = desk.export();
    desk.batch(&edits(&common, 3, Side::Desk, 40).lines);
    phone.batch(&edits(&common, 3, Side::Phone, 40).lines);
    converge(&[&desk, &phone]);
    let tablet = stage.join("tablet", &phrase);
    add(&tablet, "From the tablet");
    tablet.sync();
    phone.sync();
    stage.relay.kill();
    stage.database.restore(&backup);
    stage.relay.restart();
    add(&desk, "On the desk, after");
    let (export, told) = converge(&[&desk, &phone, &tablet]);
    assert!(export.contains("From the tablet") && export.contains("On the desk, after"));
    assert!(told.iter().any(|code| code == "relay_healed"), "the person is told: {told:?}");
    is_whole(stage, &phrase, &export);
}

fn a_wiped_relay_is_whole_again_after_the_devices_connected(stage: &mut Stage) {
    let (desk, phone, phrase) = lived::pair(stage, Size::SMALL);
    phone.sync();
    add(&phone, "From the phone, sent");
    converge(&[&phone, &desk]);
    stage.relay.kill();
    stage.database.wipe();
    stage.relay.restart();
    add(&phone, "From the phone, waiting");
    // The one that has less comes first, and knows what the other wrote.
    let (export, told) = converge(&[&phone, &desk]);
    for code in ["relay_was_empty", "relay_healed"] {
        assert!(told.iter().any(|told| told == code), "the person is told {code}: {told:?}");
    }
    is_whole(stage, &phrase, &export);
}

/// So many changes that sending them takes more than one frame.
fn much(home: &Home) {
    let words = "All work and no play makes a long description. ".repeat(10);
    let lines: Vec<String> =
        (0..3_000).map(|n| format!("add task \"title=Task {n}\" \"description={n} {words}\"")).collect();
    home.batch(&lines);
}

/// The desk syncs, and as soon as the phone sees anything of it, the relay is killed, and `replaced`.
fn in_the_middle(stage: &mut Stage, replaced: impl FnOnce(&mut Stage)) {
    let (desk, phone, phrase) = stage.pair();
    much(&desk);
    let mut watching = phone.start(&["watch"]);
    watching.until_told("connected");
    let syncing = desk.start(&["sync"]);
    watching.until(|row| row["type"] == "task");
    stage.relay.kill();
    replaced(stage);
    stage.relay.restart();
    let said = syncing.finish();
    assert_eq!(said.exit, 0, "{}", said.err);
    assert!(said.err.is_empty() || !said.err.contains("error"), "{}", said.err);
    assert_eq!(desk.ask(&["status"])["pending"], 0);
    // The phone comes back by itself.
    watching.until(|row| row["fields"]["title"] == "Task 2999");
    assert_eq!(watching.stop().exit, 0);
    let (export, _) = converge(&[&phone, &desk]);
    is_whole(stage, &phrase, &export);
    assert_eq!(export.matches(r#""title":"Task "#).count(), 3_000);
}

fn a_relay_killed_in_the_middle_of_a_sync_and_started_again_gets_the_rest(stage: &mut Stage) {
    in_the_middle(stage, |_| {});
}

fn a_relay_replaced_by_an_empty_one_in_the_middle_of_a_sync_gets_everything(stage: &mut Stage) {
    in_the_middle(stage, |stage| stage.database.wipe());
}

//! Relays that are restored, wiped, killed and replaced.

use crate::on_both;
use serde_json::Value;
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

/// Tasks that are sent when the relay dies.
const TASKS: usize = 2_000;

/// So many changes that sending them takes more than one frame.
fn much(home: &Home) {
    let words = "All work and no play makes a long description. ".repeat(10);
    let lines: Vec<String> =
        (0..TASKS).map(|n| format!("add task \"title=Task {n}\" \"description={n} {words}\"")).collect();
    home.batch(&lines);
}

/// The desk syncs, and as soon as the relay has committed anything of it, the relay is killed, and `replaced`. Gives
/// what the desk's sync answered, and all that the two were told: either may be the first to come back.
fn in_the_middle(stage: &mut Stage, replaced: impl FnOnce(&mut Stage)) -> (Value, String) {
    let (desk, phone, phrase) = stage.pair();
    much(&desk);
    let mut watching = phone.start(&["watch"]);
    watching.until_told("connected");
    let syncing = desk.start(&["sync"]);
    while stage.database.entries() == 0 {}
    stage.relay.kill();
    let committed = stage.database.entries();
    replaced(stage);
    stage.relay.restart();
    let said = syncing.finish();
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(desk.ask(&["status"])["pending"], 0);
    // The phone comes back by itself.
    let last = format!("Task {}", TASKS - 1);
    watching.until(|row| row["fields"]["title"] == last.as_str());
    let watched = watching.stop();
    assert_eq!(watched.exit, 0, "{}", watched.err);
    let (export, _) = converge(&[&phone, &desk]);
    assert_eq!(export.matches(r#""title":"Task "#).count(), TASKS);
    assert!(committed < stage.database.entries(), "it was killed when all was done");
    is_whole(stage, &phrase, &export);
    (said.json(), said.err + &watched.err)
}

fn a_relay_killed_in_the_middle_of_a_sync_and_started_again_gets_the_rest(stage: &mut Stage) {
    let (said, _) = in_the_middle(stage, |_| {});
    assert_eq!(said["notes"].as_array().map(Vec::len), Some(0), "nothing had to be mended: {said}");
}

fn a_relay_replaced_by_an_empty_one_in_the_middle_of_a_sync_gets_everything(stage: &mut Stage) {
    let (_, told) = in_the_middle(stage, |stage| stage.database.wipe());
    assert!(told.contains("relay_was_empty"), "{told}");
}

//! Homes that were copied or restored, and homes that two processes want.

use crate::on_both;
use tests::collisions::{Side, edits};
use tests::life_year::Size;
use tests::lived;
use tests::stage::{Stage, converge};

on_both!(
    a_home_restored_from_an_old_copy_goes_on_and_gets_back_what_it_had_sent,
    a_home_copied_to_a_second_machine_goes_on_in_both_and_the_person_is_told,
);

fn titles(export: &str) -> Vec<String> {
    let export: serde_json::Value = serde_json::from_str(export).unwrap();
    let records = export["records"].as_array().unwrap().iter();
    records.filter_map(|record| record["fields"]["title"].as_str().map(str::to_owned)).collect()
}

fn all_are_there<'a>(export: &str, wanted: impl IntoIterator<Item = &'a str>) {
    let titles = titles(export);
    for title in wanted {
        assert!(titles.iter().any(|there| there == title), "{title:?} is gone");
    }
}

fn a_home_restored_from_an_old_copy_goes_on_and_gets_back_what_it_had_sent(stage: &mut Stage) {
    let (desk, phone, _) = lived::pair(stage, Size::SMALL);
    desk.sync();
    let backup = desk.copy_to(stage.folder().join("backup"));
    let common = desk.export();
    desk.add(&["task", "title=After the backup, sent"]);
    desk.batch(&edits(&common, 1, Side::Desk, 30).lines);
    desk.sync();
    phone.sync();
    desk.add(&["task", "title=After the backup, never sent"]);
    // The machine is lost, and the old copy takes its place.
    std::fs::remove_dir_all(desk.path()).unwrap();
    let desk = backup.copy_to(desk.path());
    desk.add(&["task", "title=Written in the old copy"]);
    phone.add(&["task", "title=Written on the phone"]);
    desk.batch(&edits(&common, 2, Side::Desk, 30).lines);
    let (export, _) = converge(&[&desk, &phone]);
    all_are_there(&export, ["After the backup, sent", "Written in the old copy", "Written on the phone"]);
    // And once more, to show that it is a home like any other.
    desk.add(&["task", "title=Later"]);
    let (export, told) = converge(&[&phone, &desk]);
    all_are_there(&export, ["Later"]);
    assert!(told.is_empty(), "nothing more is told: {told:?}");
    desk.verify();
    phone.verify();
}

fn a_home_copied_to_a_second_machine_goes_on_in_both_and_the_person_is_told(stage: &mut Stage) {
    let (desk, phone, _) = lived::pair(stage, Size::SMALL);
    desk.sync();
    let twin = desk.copy_to(stage.folder().join("twin"));
    let common = desk.export();
    let mut told = Vec::new();
    let mut wanted = Vec::new();
    for round in 0..4 {
        for (home, side, name) in [(&desk, Side::Desk, "desk"), (&twin, Side::Phone, "twin")] {
            let title = format!("Round {round} on the {name}");
            home.add(&["task", &format!("title={title}")]);
            wanted.push(title);
            home.batch(&edits(&common, round, side, 10).lines);
        }
        if u64::is_multiple_of(round, 2) {
            for home in [&desk, &twin] {
                let answer = home.sync();
                told.extend(answer["notes"].as_array().unwrap().iter().map(|note| note["code"].to_string()));
            }
        } else {
            // Both at the same moment.
            let both = [&desk, &twin].map(|home| home.start(&["sync"]));
            for sync in both {
                let said = sync.finish();
                assert_eq!(said.exit, 0, "{}", said.err);
                told.push(said.out);
            }
        }
    }
    let (export, last) = converge(&[&desk, &twin, &phone]);
    told.extend(last);
    assert!(told.iter().any(|note| note.contains("store_cloned")), "the person is told: {told:?}");
    all_are_there(&export, wanted.iter().map(String::as_str));
    for home in [&desk, &twin, &phone] {
        home.verify();
    }
}

#[test]
fn the_second_process_on_a_home_is_refused_with_7_whatever_the_first_does() {
    let stage = Stage::sqlite();
    let (desk, _) = stage.found("desk");
    for words in [&["batch"][..], &["watch"]] {
        let mut first = desk.start(words);
        // It has the home when it says something.
        if words == ["batch"] {
            first.tell("status");
            first.answer();
        } else {
            first.until_told("connected");
        }
        for second in [&["status"][..], &["sync"], &["add", "task", "title=x"], &["watch"], &["verify"]] {
            assert_eq!(desk.run(second).failure(), (7, "store_in_use".into()), "{words:?} {second:?}");
        }
        let ended = if words == ["batch"] { first.finish() } else { first.stop() };
        assert_eq!(ended.exit, 0, "{}", ended.err);
        desk.ask(&["status"]);
    }
}

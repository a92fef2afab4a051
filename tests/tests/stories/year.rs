//! The year of a life on two devices.

use crate::on_both;
use serde_json::Value;
use std::collections::BTreeMap;
use tests::collisions::{Edits, Side, edits};
use tests::home::Home;
use tests::life_year::Size;
use tests::lived;
use tests::stage::{Stage, converge};

on_both!(two_homes_of_a_year_edit_the_same_fields_offline_and_end_up_the_same_with_nothing_lost);

/// Edits of each side while they do not hear of each other.
const OFFLINE: usize = 200;
const SEED: u64 = 20_261_121;

fn two_homes_of_a_year_edit_the_same_fields_offline_and_end_up_the_same_with_nothing_lost(stage: &mut Stage) {
    let (desk, phone, _) = lived::pair(stage, Size::YEAR);
    let common = desk.export();
    assert!(common == phone.export(), "a device that joins shows what the other does");
    stage.relay.kill();
    let [at_desk, at_phone] = [Side::Desk, Side::Phone].map(|side| edits(&common, SEED, side, OFFLINE));
    desk.batch(&at_desk.lines);
    phone.batch(&at_phone.lines);
    assert!(desk.export() != phone.export(), "they have gone apart");
    stage.relay.restart();
    let (merged, told) = converge(&[&desk, &phone]);
    assert!(told.is_empty(), "nobody is asked or told anything: {told:?}");
    desk.verify();
    phone.verify();
    for home in [&desk, &phone] {
        overwritten_titles_are_in_the_history(home, &merged, &at_desk, &at_phone);
    }
    desk.ask(&["rebuild"]);
    assert!(desk.export() == merged, "the read model is what the documents say");
}

/// Every title that either gave is in the history of its task, and one of the last two is the title now.
fn overwritten_titles_are_in_the_history(home: &Home, merged: &str, desk: &Edits, phone: &Edits) {
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, title) in desk.titles.iter().chain(&phone.titles) {
        given.entry(id).or_default().push(title);
    }
    assert!(given.len() > 20);
    let lines: Vec<String> = given.keys().map(|id| format!("history {id}")).collect();
    let last = |edits: &Edits, id: &str| {
        edits.titles.iter().rfind(|(of, _)| of == id).map(|(_, title)| title.clone()).unwrap()
    };
    let export: Value = serde_json::from_str(merged).unwrap();
    for ((id, titles), answer) in given.iter().zip(home.batch(&lines)) {
        let changes = answer["changes"].as_array().unwrap().iter();
        let fields: Vec<&Value> = changes.flat_map(|change| change["changes"].as_array().unwrap()).collect();
        for title in titles {
            assert!(
                fields.iter().any(|field| field["field"] == "title" && field["after"] == *title),
                "{title:?} is not in the history of {id}: {answer}"
            );
        }
        let record = export["records"].as_array().unwrap().iter().find(|record| record["id"] == *id).unwrap();
        let now = record["fields"]["title"].as_str().unwrap();
        assert!([last(desk, id), last(phone, id)].iter().any(|title| title == now), "{now:?}");
    }
}

#[test]
fn an_export_of_a_year_comes_back_byte_for_byte_in_another_persons_vault() {
    let stage = Stage::sqlite();
    let robin = lived::alone(&stage, "robin", Size::YEAR);
    let (sasha, phrase) = stage.found("sasha");
    let file = stage.folder().join("export.json");
    let file = file.to_str().unwrap();
    let written = robin.ask(&["export", "-o", file]);
    let export = std::fs::read_to_string(file).unwrap();
    assert_eq!(written["bytes"], export.len());
    let first = sasha.ask(&["import", file]);
    assert_eq!((&first["documents"], &first["changed"]), (&written["documents"], &written["documents"]));
    assert!(sasha.export() == export, "what was imported is exported again");
    let again = sasha.ask(&["import", file]);
    assert_eq!(again["changed"], 0, "the second time nothing is new");
    assert!(sasha.export() == export);
    sasha.verify();
    sasha.sync();
    assert!(stage.join("sashas-phone", &phrase).export() == export, "and on their other device");
}

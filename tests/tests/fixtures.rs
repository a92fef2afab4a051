//! What earlier versions left behind still opens, verifies, syncs and says what it said then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::Notice;
use engine::api::Job;
use lifeos::clock::Clock;
use lifeos::driver::Driver;
use seal::PassphraseWrap;
use tests::database::Database;
use tests::fixture::{Fixture, SEED};
use tests::home::{Home, NOW, PASSPHRASE};
use tests::life_year::{Size, Year, tally_of};
use tests::stage::{Stage, converge};

#[test]
fn a_store_of_every_version_opens_verifies_and_exports_what_it_held() {
    let all = Fixture::all();
    assert!(!all.is_empty(), "no fixture is kept");
    for fixture in all {
        let folder = tempfile::tempdir().unwrap();
        let home = fixture.store(&folder.path().join("home"));
        assert!(home.export() == fixture.of_store(), "{}", fixture.version());
        let found = home.verify();
        for what in ["links", "entries", "documents", "rows"] {
            assert!(found[what].as_u64().unwrap() > 0, "{}: {found}", fixture.version());
        }
        assert!(home.ask(&["status"])["pending"].as_u64().unwrap() > 0, "something waits to be sent");
        home.ask(&["rebuild"]);
        assert!(home.export() == fixture.of_store(), "{}, rebuilt", fixture.version());
        home.add(&["task", "title=It can be written, too"]);
        home.verify();
    }
}

/// A store of before there was a search gets its index by being opened, and tells how far that is.
#[test]
fn a_store_of_every_version_can_be_searched() {
    for fixture in Fixture::all() {
        let folder = tempfile::tempdir().unwrap();
        let home = fixture.store(&folder.path().join("home"));
        if fixture.version() == "0.1.0" {
            assert!(is_made_anew(&home), "it has no index");
        }
        assert!(!is_made_anew(&home), "it has one now");
        let export: serde_json::Value = serde_json::from_str(&fixture.of_store()).unwrap();
        let records = export["records"].as_array().unwrap();
        let named = |record: &&serde_json::Value| record["deleted"] == false && title_of(record).is_some();
        let named: Vec<_> = records.iter().filter(named).collect();
        let line = |title: &str| format!("search --limit 100 \"{title}\"");
        let lines: Vec<String> = named.iter().filter_map(|record| title_of(record)).map(line).collect();
        assert!(lines.len() > 10);
        for (record, found) in named.iter().zip(home.batch(&lines)) {
            assert_eq!(found["ready"], true);
            let hits = found["hits"].as_array().unwrap();
            assert!(hits.iter().any(|hit| hit["id"] == record["id"]), "{record}: {found}");
        }
    }
}

fn title_of(record: &serde_json::Value) -> Option<&str> {
    record["fields"]["title"].as_str().or(record["fields"]["name"].as_str())
}

/// Opens a home's store; whether it told of a read model made anew.
fn is_made_anew(home: &Home) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let header: serde_json::Value =
            serde_json::from_slice(&std::fs::read(home.path().join("vault.json")).unwrap()).unwrap();
        let wrap = protocol::api::from_text(header["passphrase"].as_str().unwrap()).unwrap();
        let key = PassphraseWrap::from_bytes(&wrap).unwrap().unwrap(PASSPHRASE.as_bytes()).unwrap();
        let mut driver = Driver::open(&home.store(), key, Clock::new(Some(NOW)).unwrap()).await.unwrap();
        let mut told = 0;
        while let Some(notice) = driver.take_notice() {
            told += usize::from(matches!(notice, Notice::Progress { job: Job::Rebuild, done: 1.., .. }));
        }
        driver.close().await.unwrap();
        told > 0
    })
}

#[test]
fn a_relay_of_every_version_serves_its_devices_and_takes_what_waited() {
    for fixture in Fixture::all() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("relay.sqlite");
        fixture.relay(&database);
        let stage = Stage::new(folder, Database::Sqlite(database));
        let joined = stage.join("joined", &fixture.phrase());
        assert!(joined.export() == fixture.of_relay(), "{}", fixture.version());
        joined.verify();
        let home = fixture.store(&stage.folder().join("home"));
        home.point_at(&stage.relay.url());
        let (export, told) = converge(&[&home, &joined]);
        assert!(export == fixture.of_store(), "{}", fixture.version());
        assert!(told.is_empty(), "{told:?}");
        home.verify();
        joined.verify();
    }
}

#[test]
fn a_fixture_holds_a_little_of_everything() {
    let expected = Year::new(SEED, Size::SMALL).tally;
    for fixture in Fixture::all() {
        let found = tally_of(&fixture.of_relay());
        // One task came with a file of a later version.
        assert_eq!(
            (found.habits, found.goals, found.tasks),
            (expected.habits, expected.goals, expected.tasks + 1)
        );
        assert_eq!(found.seasons, expected.seasons);
        assert!(fixture.of_store().contains(r#""energy":7"#), "a field of a later version is kept");
        for kind in ["profile", "settings"] {
            assert!(fixture.of_store().contains(&format!(r#""type":"{kind}""#)), "{kind}");
        }
    }
}

//! What earlier versions left behind still opens, verifies, syncs and says what it said then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use tests::database::Database;
use tests::fixture::{Fixture, SEED};
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

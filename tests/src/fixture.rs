//! What a version leaves behind for all later ones to open: a store, a relay's database, and what each must export.

use crate::collisions::{Side, edits};
use crate::home::{Home, copy_folder};
use crate::life_year::{Size, Year, live};
use crate::stage::Stage;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The seed of the year that fixtures hold.
pub const SEED: u64 = 2_026;

/// The folder of one fixture.
#[derive(Debug, Clone)]
pub struct Fixture(PathBuf);

impl Fixture {
    /// All that are kept.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let entries =
            std::fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("an entry").path());
        let mut all: Vec<_> = entries.filter(|path| path.is_dir()).map(Self).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// The version it is of.
    pub fn version(&self) -> String {
        self.0.file_name().expect("a name").to_string_lossy().into_owned()
    }

    /// A copy of its store, to be used.
    pub fn store(&self, to: &Path) -> Home {
        copy_folder(&self.0.join("store"), to);
        Home::at(to)
    }

    /// A copy of its relay's database.
    pub fn relay(&self, to: &Path) {
        std::fs::copy(self.0.join("relay.sqlite"), to).expect("copies");
    }

    /// The vault's recovery phrase.
    pub fn phrase(&self) -> String {
        self.text("phrase.txt")
    }

    /// What the store must export, before and after it syncs.
    pub fn of_store(&self) -> String {
        self.text("store.json")
    }

    /// What a device that joins must export, as long as the store has not synced.
    pub fn of_relay(&self) -> String {
        self.text("relay.json")
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).expect("a file of the fixture")
    }
}

/// A field and a choice that this version does not know.
fn from_the_future() -> String {
    let record = json!({
        "id": "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0", "type": "task", "deleted": false,
        "created": "2026-11-01T08:00:00Z", "updated": "2026-11-02T08:00:00Z",
        "fields": { "title": "Made by a later version", "status": "dreaming", "energy": 7, "mood": "calm" },
    });
    json!({ "format": "life-os", "version": 1, "records": [record], "streams": [] }).to_string()
}

/// Makes a fixture in `folder`, which must not exist.
pub fn make(folder: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(!folder.exists(), "{} exists already; fixtures are never replaced", folder.display());
    let mut stage = Stage::sqlite();
    let (desk, phrase) = stage.found("desk");
    live(&desk, &Year::new(SEED, Size::SMALL));
    desk.sync();
    let phone = stage.join("phone", &phrase);
    let file = stage.folder().join("future.json");
    std::fs::write(&file, from_the_future())?;
    phone.ask(&["import", file.to_str().unwrap_or_default()]);
    let common = phone.export();
    phone.batch(&edits(&common, SEED, Side::Phone, 30).lines);
    desk.batch(&edits(&common, SEED, Side::Desk, 30).lines);
    let (at_relay, _) = crate::stage::converge(&[&desk, &phone]);
    stage.stop();
    // What waits to be sent is part of a store.
    desk.batch(&edits(&at_relay, SEED + 1, Side::Desk, 20).lines);
    std::fs::create_dir_all(folder)?;
    copy_folder(desk.path(), &folder.join("store"));
    std::fs::remove_file(folder.join("store/lock"))?;
    std::fs::copy(stage.folder().join("relay.sqlite"), folder.join("relay.sqlite"))?;
    std::fs::write(folder.join("phrase.txt"), format!("{phrase}\n"))?;
    std::fs::write(folder.join("relay.json"), at_relay)?;
    std::fs::write(folder.join("store.json"), desk.export())?;
    Ok(())
}

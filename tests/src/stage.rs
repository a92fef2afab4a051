//! Where a story plays: a folder, a relay with its database, and homes.

use crate::database::Database;
use crate::home::Home;
use crate::programs::program;
use crate::relay::Relay;
use std::path::Path;
use tempfile::TempDir;

/// A relay, its database, and a folder for homes. All of it goes when this does.
pub struct Stage {
    /// The relay.
    pub relay: Relay,
    /// Its database.
    pub database: Database,
    folder: TempDir,
}

impl Stage {
    /// A relay on SQLite.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::sqlite(folder.path());
        Self::new(folder, database)
    }

    /// A relay on PostgreSQL.
    pub fn postgres() -> Self {
        Self::new(tempfile::tempdir().expect("a folder"), Database::postgres())
    }

    /// A relay on `database`, open to anybody.
    pub fn new(folder: TempDir, database: Database) -> Self {
        let arguments = ["--registration=open", "--rate-limit-factor=100"];
        let relay = Relay::start(&program("sync-server"), folder.path(), &database.url(), &arguments);
        Self { relay, database, folder }
    }

    /// Where files may be put.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A home that is not there yet.
    pub fn home(&self, name: &str) -> Home {
        Home::at(self.folder.path().join(name))
    }

    /// A new vault, and its phrase.
    pub fn found(&self, name: &str) -> (Home, String) {
        let home = self.home(name);
        let phrase = home.init(&self.relay.url(), name);
        (home, phrase)
    }

    /// A further device of a vault.
    pub fn join(&self, name: &str, phrase: &str) -> Home {
        let home = self.home(name);
        home.join(&self.relay.url(), phrase).json();
        home
    }

    /// Two devices of a new vault, and its phrase.
    pub fn pair(&self) -> (Home, Home, String) {
        let (desk, phrase) = self.found("desk");
        let phone = self.join("phone", &phrase);
        (desk, phone, phrase)
    }

    /// Ends the relay as one should, so that its database can be copied.
    pub fn stop(&mut self) {
        self.relay.terminate();
        assert!(self.relay.wait().success(), "{}", self.relay.log());
    }
}

/// Syncs the homes in turn until none has anything to send or to receive, and checks that all then show the same.
/// Gives the export, and the codes of what the people were told on the way.
pub fn converge(homes: &[&Home]) -> (String, Vec<String>) {
    let mut told = Vec::new();
    for _ in 0..12 {
        let answers: Vec<_> = homes.iter().map(|home| home.sync()).collect();
        for note in answers.iter().flat_map(|answer| answer["notes"].as_array().expect("notes")) {
            told.push(note["code"].as_str().expect("a code").to_owned());
        }
        if answers.iter().all(|answer| answer["pushed"] == 0 && answer["pulled"] == 0) {
            let exports: Vec<String> = homes.iter().map(|home| home.export()).collect();
            for (home, export) in homes.iter().zip(&exports) {
                assert_eq!(home.ask(&["status"])["pending"], 0);
                assert!(
                    *export == exports[0],
                    "{} and {} differ",
                    home.path().display(),
                    homes[0].path().display()
                );
            }
            return (exports[0].clone(), told);
        }
    }
    panic!("the homes never come to rest; told: {told:?}");
}

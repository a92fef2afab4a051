//! The relay that is measured: the real program on SQLite. For rows with more sockets than one account or address may
//! open, the same code with that limit lifted, and nothing else.

use anyhow::{Result, ensure};
use std::path::Path;
use tempfile::TempDir;
use tests::programs::program;
use tests::relay::Relay;

/// Its database in its folder.
pub const DATABASE: &str = "relay.sqlite";

/// A relay and the folder with its database.
pub struct Running {
    relay: Relay,
    folder: TempDir,
}

impl Running {
    /// The program that people run. Only how often one address may ask is raised: the whole bench is one address.
    pub fn start() -> Result<Self> {
        Self::of(&program("sync-server"), tempfile::tempdir()?, &[])
    }
    /// As [`Running::start`], with room for many sockets of one account.
    pub fn roomy() -> Result<Self> {
        Self::of(&program("roomy-relay"), tempfile::tempdir()?, &[])
    }
    /// The program, with a database in `folder` that may be there already. It is dialled at `url`, or else at its own port.
    pub fn within(folder: TempDir, url: Option<&str>) -> Result<Self> {
        let url = url.map(|url| format!("--public-url={url}"));
        let arguments: Vec<&str> = url.iter().map(String::as_str).collect();
        Self::of(&program("sync-server"), folder, &arguments)
    }
    /// The same, dialled at `url`, with the app that is built in `web`.
    pub fn serving(folder: TempDir, url: &str, web: &Path) -> Result<Self> {
        let words = [format!("--public-url={url}"), format!("--web-dir={}", web.display())];
        Self::of(&program("sync-server"), folder, &words.each_ref().map(String::as_str))
    }
    fn of(program: &Path, folder: TempDir, more: &[&str]) -> Result<Self> {
        let database = format!("sqlite://{}", folder.path().join(DATABASE).display());
        let arguments = [&["--registration=open", "--rate-limit-factor=1000000"], more].concat();
        Ok(Self { relay: Relay::start(program, folder.path(), &database, &arguments), folder })
    }
    /// Ends it as an operator does; its database stays in the folder.
    pub fn stop(mut self) -> Result<TempDir> {
        self.relay.terminate();
        let ended = self.relay.wait();
        ensure!(ended.success(), "the relay ended with {ended}");
        Ok(self.folder)
    }
    /// Where devices dial it.
    pub fn url(&self) -> String {
        self.relay.url()
    }
    /// Its port.
    pub fn port(&self) -> u64 {
        self.relay.port().into()
    }
    /// Its process.
    pub fn id(&self) -> u32 {
        self.relay.id()
    }
    /// A place for stores.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

//! The relay that is measured: the real program on SQLite. For rows with more sockets than one account or address may
//! open, the same code with that limit lifted, and nothing else.

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use sync_server::config::{Config, Rates, SocketLimits};
use sync_server::origin::PublicUrl;
use sync_server::store::{Admission, DatabaseUrl, open};
use tempfile::TempDir;
use tests::programs::program;
use tests::relay::Relay;
use tokio::signal::unix::{SignalKind, signal};

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
        Self::of(&std::env::current_exe()?, tempfile::tempdir()?, &[])
    }
    /// The program, with a database in `folder` that may be there already. It is dialled at `url`, or else at its own port.
    pub fn within(folder: TempDir, url: Option<&str>) -> Result<Self> {
        let url = url.map(|url| format!("--public-url={url}"));
        let arguments: Vec<&str> = url.iter().map(String::as_str).collect();
        Self::of(&program("sync-server"), folder, &arguments)
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

/// The flags of the relay's program that the bench uses.
#[derive(Debug, Args)]
pub struct Serve {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    database: DatabaseUrl,
    #[arg(long)]
    public_url: PublicUrl,
    #[arg(long)]
    registration: String,
    #[arg(long)]
    rate_limit_factor: NonZeroU32,
}

/// Serves until it is stopped.
pub async fn serve(serve: Serve) -> Result<()> {
    let mut stop = signal(SignalKind::terminate())?;
    let store = open(&serve.database).await?;
    let listener = tokio::net::TcpListener::bind(serve.listen).await.context("listening")?;
    let many = 100_000;
    let config = Config {
        admission: Admission::Open,
        rates: Rates::default().times(serve.rate_limit_factor),
        sockets: SocketLimits {
            total: many,
            per_address: many,
            per_account: many,
            ..SocketLimits::default()
        },
        ..Config::new(serve.public_url)
    };
    println!("sync-server ready on http://{} (bench, {})", serve.listen, serve.registration);
    std::io::stdout().flush()?;
    sync_server::serve::serve(listener, store, config, async move {
        stop.recv().await;
    })
    .await
}

//! The relay's own code with room for many sockets of one account and one address, and nothing else lifted. A program of
//! its own, so that its memory is the relay's and not the bench's.

use anyhow::{Context as _, Result};
use clap::{Args, Parser};
use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use sync_server::config::{Config, Rates, SocketLimits};
use sync_server::origin::PublicUrl;
use sync_server::store::{Admission, DatabaseUrl, open};
use tokio::signal::unix::{SignalKind, signal};

/// As the relay's program is started.
#[derive(Debug, Parser)]
enum Cli {
    /// Serves until it is stopped.
    Serve(Serve),
}

/// The flags of the relay's program that the bench uses.
#[derive(Debug, Args)]
struct Serve {
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

#[tokio::main]
async fn main() -> Result<()> {
    let Cli::Serve(serve) = Cli::parse();
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

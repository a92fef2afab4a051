//! The relay's program: see `sync-server --help`.

use clap::Parser as _;
use std::process::ExitCode;
use sync_server::commands::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    // Ends with code 2 and says which flag or variable is wrong.
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sync-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

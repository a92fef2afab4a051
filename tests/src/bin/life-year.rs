//! Lives a year in a home through the public commands, and says how long it took.
//! `cargo run -p tests --bin life-year -- --home DIR --seed N`

use clap::Parser;
use std::path::{Path, PathBuf};
use tests::fixture;
use tests::home::Home;
use tests::life_year::{self, Size, Year};
use tests::programs::program;
use tests::relay::Relay;

/// Lives a year in a home: 40 habits, 6,000 check-ins, 1,500 tasks, 30 goals, edits among them.
#[derive(Debug, Parser)]
#[command(name = "life-year")]
struct Args {
    /// The home. If there is none, a vault is made; its passphrase is that of the tests.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["print", "fixture"])]
    home: Option<PathBuf>,
    /// Where a new vault is registered; without it, at a relay that is gone afterwards.
    #[arg(long, value_name = "URL")]
    relay: Option<String>,
    /// What the year follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A little of everything instead of a whole year.
    #[arg(long)]
    small: bool,
    /// Only prints the commands; `<n>` stands for the id that the nth `add` gives, counted from 0.
    #[arg(long)]
    print: bool,
    /// Makes the fixture of this version in this folder instead: a store, a relay's database, what they must export.
    #[arg(long, value_name = "DIR")]
    fixture: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(folder) = &args.fixture {
        return fixture::make(folder);
    }
    let year = Year::new(args.seed, if args.small { Size::SMALL } else { Size::YEAR });
    let (Some(path), false) = (&args.home, args.print) else {
        for line in year.sittings.iter().flat_map(|sitting| &sitting.lines) {
            println!("{line}");
        }
        return Ok(());
    };
    let home = match std::env::var("LIFEOS_PASSPHRASE") {
        Ok(passphrase) => Home::at(path).with_passphrase(&passphrase),
        Err(_) => Home::at(path),
    };
    if !path.join("vault.json").exists() {
        let phrase = found(&home, args.relay.as_deref())?;
        println!("phrase: {phrase}");
    }
    let lived = life_year::live(&home, &year);
    let seconds = lived.took.as_secs_f64();
    let each = lived.took.as_micros() / u128::try_from(lived.commands.max(1))?;
    println!(
        "seed {}: {} commands in {seconds:.1} s, {each} µs each; {:?}",
        args.seed, lived.commands, year.tally
    );
    Ok(())
}

/// Makes a vault; gives its phrase.
fn found(home: &Home, relay: Option<&str>) -> anyhow::Result<String> {
    if let Some(url) = relay {
        return Ok(home.init(url, "life-year"));
    }
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite://{}", Path::new(folder.path()).join("relay.sqlite").display());
    let relay = Relay::start(&program("sync-server"), folder.path(), &database, &[]);
    Ok(home.init(&relay.url(), "life-year"))
}

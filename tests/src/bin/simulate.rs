//! Runs simulated worlds: `./dev simulate --seeds N [--seed S]`. Prints failing seeds and seeds a second.

use clap::Parser;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use tests::simulation::world::{Storm, World};

/// Simulates devices, a relay and everything that can go wrong between them.
#[derive(Debug, Parser)]
#[command(name = "simulate")]
struct Args {
    /// How many worlds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Edits, crashes, cuts and the like in each world.
    #[arg(long, default_value_t = 200)]
    events: usize,
    /// No copied or restored stores, no restored or wiped relays.
    #[arg(long)]
    no_copies: bool,
    /// Nobody joins and nobody is revoked.
    #[arg(long)]
    no_members: bool,
    /// Two branches of membership come about in some worlds.
    #[arg(long)]
    branches: bool,
    /// Days have their length, and nothing is purged.
    #[arg(long)]
    no_purges: bool,
    /// Relays drop much of what is packed.
    #[arg(long)]
    drops: bool,
    /// Worlds run at the same time.
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

fn main() -> std::process::ExitCode {
    let args = Args::parse();
    let storm = Storm {
        events: args.events,
        copies: !args.no_copies,
        members: !args.no_members,
        branches: args.branches,
        drops: args.drops,
        purges: !args.no_purges,
    };
    let started = Instant::now();
    let (next, done, failed) = (AtomicU64::new(args.seed), AtomicU64::new(0), AtomicU64::new(0));
    let purged = AtomicUsize::new(0);
    let end = args.seed.saturating_add(args.seeds);
    std::thread::scope(|scope| {
        for _ in 0..args.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    // A panic inside a world is a finding like any other.
                    let outcome = std::panic::catch_unwind(|| World::run(seed, storm));
                    let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if count.is_multiple_of(500) {
                        println!("{count} seeds, {:.1} s", started.elapsed().as_secs_f64());
                    }
                    let failure = match outcome {
                        Ok(Ok(world)) => {
                            purged.fetch_add(world.purged, Ordering::Relaxed);
                            continue;
                        }
                        Ok(Err(failure)) => failure,
                        Err(_) => format!("seed {seed}: panicked"),
                    };
                    failed.fetch_add(1, Ordering::Relaxed);
                    let (events, copies) = (args.events, if args.no_copies { " --no-copies" } else { "" });
                    let members = if args.no_members { " --no-members" } else { "" };
                    let branches = if args.branches { " --branches" } else { "" };
                    let purges = if args.no_purges { " --no-purges" } else { "" };
                    let drops = if args.drops { " --drops" } else { "" };
                    println!(
                        "FAILED {failure}\n  again: ./dev simulate --seeds 1 --seed {seed} --events {events}{copies}{members}{branches}{drops}{purges}"
                    );
                }
            });
        }
    });
    let (seconds, failed) = (started.elapsed().as_secs_f64(), failed.load(Ordering::Relaxed));
    #[allow(clippy::cast_precision_loss)]
    let rate = args.seeds as f64 / seconds;
    println!("{} records purged", purged.load(Ordering::Relaxed));
    println!("{} seeds, {failed} failed, {seconds:.1} s, {rate:.1} seeds a second", args.seeds);
    if failed == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

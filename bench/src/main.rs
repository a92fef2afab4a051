//! Measurements beside named peers, on lives made by seed. `./dev bench` builds everything and runs this.
//!
//! Reading order: [`lived`] makes the data, [`vault`] is our side at a real relay, [`stock`] keeps what was lived,
//! [`peer`] starts the others, [`rows`] is one function a row, [`report`] says what came out.

mod lived;
mod machine;
mod peer;
mod process;
mod raw;
mod relay;
mod report;
mod rounds;
mod rows;
mod stock;
mod vault;

use anyhow::{Result, bail};
use clap::Parser;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Measures rows beside their peers; all rows if none is named.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Bench {
    /// Rows to measure, by name or number; `--list` says which there are.
    rows: Vec<String>,
    /// Lists the rows.
    #[arg(long)]
    list: bool,
    /// Writes everything as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the table for people.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// What the lives follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds of a cell.
    #[arg(long, default_value_t = report::ROUNDS)]
    rounds: usize,
    /// Leaves the peers out: quicker, and no comparison.
    #[arg(long)]
    ours: bool,
    /// Minutes that all rows together should take: no further round is begun of a row that has had its share.
    #[arg(long, default_value_t = 35)]
    minutes: u32,
}

/// As in `lifeos`, whose host and engine run in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    let bench = Bench::parse();
    let all = rows::all();
    if bench.list {
        for (n, row) in all.iter().enumerate() {
            println!("{:>2}  {:<14} {}", n + 1, row.name, row.title);
        }
        return Ok(());
    }
    let named = |(n, row): &(usize, &rows::Row)| {
        bench.rows.is_empty()
            || bench.rows.iter().any(|name| name == row.name || *name == (n + 1).to_string())
    };
    let chosen: Vec<_> = all.iter().enumerate().filter(named).collect();
    if let Some(unknown) = bench.rows.iter().find(|name| {
        !all.iter().enumerate().any(|(n, row)| *name == row.name || **name == (n + 1).to_string())
    }) {
        bail!("there is no row {unknown:?}; --list says which there are");
    }
    if bench.ours {
        peer::leave_out();
    }
    let machine = machine::describe();
    println!("{}", machine::text(&machine));
    let (pace, stock) = (rounds::Pace::new(bench.rounds), stock::Stock::new()?);
    let setting = rows::Setting { seed: bench.seed, pace, stock, packed: RefCell::default() };
    let began = Instant::now();
    let all_time = Duration::from_secs(u64::from(bench.minutes) * 60);
    let mut left = u32::try_from(chosen.len())?;
    let mut written: Vec<Value> = Vec::new();
    let mut table =
        "| what | who | figure (lowest .. highest) | ours / theirs | |\n|---|---|---|---|---|\n".to_owned();
    for (n, row) in chosen {
        println!("{}. {}: {}", n + 1, row.name, row.title);
        let started = Instant::now();
        // Twice an equal part of what is left: most rows need much less, and the slow ones take it.
        setting.pace.begin(row.name, all_time.saturating_sub(began.elapsed()) * 2 / (left + 1));
        left = left.saturating_sub(1);
        let (lines, failure) = match (row.run)(&setting).await {
            Ok(lines) => (lines, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        lines.iter().for_each(|line| print!("{}", line.text()));
        table.push_str(&format!("| **{}** | | | | |\n", row.title));
        lines.iter().for_each(|line| table.push_str(&line.markdown()));
        if let Some(failure) = &failure {
            println!("  FAILED: {failure}");
        }
        println!("  ({:.0} s)\n", started.elapsed().as_secs_f64());
        let lines: Vec<Value> = lines.iter().map(report::Line::json).collect();
        written.push(json!({
            "row": row.name, "title": row.title, "lines": lines, "failure": failure,
            "seconds": started.elapsed().as_secs_f64(),
        }));
        if let Some(path) = &bench.markdown {
            std::fs::write(path, &table)?;
        }
        if let Some(path) = &bench.json {
            // After each row, so that what was measured is kept whatever comes.
            let command: Vec<String> = std::env::args().skip(1).collect();
            let all = json!({
                "command": format!("./dev bench {}", command.join(" ")), "machine": machine, "seed": bench.seed,
                "rows": written, "load": machine::load(),
            });
            std::fs::write(path, serde_json::to_vec_pretty(&all)?)?;
        }
    }
    println!("measured in {:.0} s", began.elapsed().as_secs_f64());
    match written.iter().any(|row| !row["failure"].is_null()) {
        true => bail!("a row failed"),
        false => Ok(()),
    }
}

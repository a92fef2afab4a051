//! What a process costs, as the kernel counts it.

use anyhow::{Context as _, Result};
use std::fs;

/// Clock ticks a second in `/proc`; Linux has told programs 100 for decades.
const TICKS: f64 = 100.0;

/// Seconds of processor time that the process has used, all its threads together.
pub fn cpu_seconds(id: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name of the program may hold spaces; what follows its bracket does not.
    let (_, rest) = stat.rsplit_once(')').context("a name in brackets")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |n: usize| fields.get(n).context("a field").and_then(|text| Ok(text.parse::<f64>()?));
    Ok((field(11)? + field(12)?) / TICKS)
}

/// Proportional share of memory, in KiB.
pub fn pss_kib(id: u32) -> Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("a line of Pss")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

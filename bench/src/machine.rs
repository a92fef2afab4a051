//! The machine and the versions of everything, as a reader needs them to measure again.

use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// What this machine is.
pub fn describe() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let lock = fs::read_to_string(crate::peer::folder().join("package.json")).unwrap_or_default();
    let package: Value = serde_json::from_str(&lock).unwrap_or_default();
    json!({
        "cpu": model, "cores": cores, "memory": total.trim(),
        "system": said("uname", &["-sr"]), "node": said("node", &["--version"]), "rust": said("rustc", &["--version"]),
        "commit": said("git", &["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]),
        "peers": package.get("dependencies"), "load_before": load(),
    })
}

/// How busy it is: one, five and fifteen minutes.
pub fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// For people.
pub fn text(machine: &Value) -> String {
    let of = |name: &str| machine.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    format!(
        "{}, {} cores, {}, {}; Node {}, {}; commit {}; load {}\n",
        of("cpu"),
        machine["cores"],
        of("memory"),
        of("system"),
        of("node"),
        of("rust"),
        of("commit"),
        of("load_before"),
    )
}

fn said(program: &str, words: &[&str]) -> String {
    let out = Command::new(program).args(words).output();
    out.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
}

//! Peers: Node programs beside this crate. A server is one process that says its port; a client is one process a
//! measurement, so that nothing is warm that would not be.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Longest that a round may take; then the cell is a lower bound.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What is prepared, and not measured, may take longer.
pub const PREPARATION: Duration = Duration::from_secs(120);

/// Our own core in Node, which is no peer.
pub const CORE: &str = "core";
/// Only ours is measured in this run.
static ALONE: AtomicBool = AtomicBool::new(false);

/// Leaves the peers out from now on, for whoever looks for where our own time goes.
pub fn leave_out() {
    ALONE.store(true, Ordering::Relaxed);
}

/// Where the Node programs are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn node(program: &str, words: &[String]) -> Command {
    let mut command = Command::new("node");
    // Automerge-repo keeps many documents; what limits it should not be a default of Node's.
    command.args(["--max-old-space-size=8192", "--no-warnings"]).arg(folder().join(program)).args(words);
    command.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    command
}

/// A peer's server.
pub struct Server {
    /// Which peer's.
    pub peer: &'static str,
    /// The port on 127.0.0.1.
    pub port: u64,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts it on an empty folder.
    pub async fn start(peer: &'static str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let words = [peer.to_owned(), folder.path().display().to_string()];
        let mut child = node("server.mjs", &words).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().context("its standard output")?;
        let mut lines = BufReader::new(out).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await??;
        let port = line.and_then(|line| line.trim().parse().ok());
        // What it says afterwards is of no interest, and must not fill the pipe.
        tokio::spawn(async move { while matches!(lines.next_line().await, Ok(Some(_))) {} });
        Ok(Self {
            peer,
            port: port.with_context(|| format!("the server of {peer} named no port"))?,
            child,
            _folder: folder,
        })
    }
    /// Its process.
    pub fn id(&self) -> Result<u32> {
        self.child.id().context("it has ended")
    }
}

/// Runs `client.mjs TASK PEER WORDS…` to its end; what its last line says. None if it was stopped.
pub async fn client(task: &str, peer: &str, words: &[String], patience: Duration) -> Result<Option<Value>> {
    // `messages` only says what a client would send.
    if ALONE.load(Ordering::Relaxed) && peer != CORE && task != "messages" {
        bail!("left out of this run");
    }
    let all: Vec<String> = [task, peer].map(str::to_owned).into_iter().chain(words.iter().cloned()).collect();
    let running = node("client.mjs", &all).stdout(Stdio::piped()).spawn()?.wait_with_output();
    // Node takes a moment to load, which is not measured.
    let Ok(done) = tokio::time::timeout(patience + Duration::from_secs(2), running).await else {
        return Ok(None);
    };
    let done = done?;
    let said = String::from_utf8_lossy(&done.stdout);
    let last = said.lines().rev().find(|line| line.starts_with('{'));
    match last {
        Some(line) if done.status.success() => Ok(Some(serde_json::from_str(line)?)),
        _ => bail!("{task} of {peer} failed: {}", done.status),
    }
}

/// A number of an answer.
pub fn figure(answer: &Value, name: &str) -> Result<f64> {
    answer.get(name).and_then(Value::as_f64).with_context(|| format!("no figure {name:?} in {answer}"))
}

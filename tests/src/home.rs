//! A home folder and the real `lifeos` program on it, as a person or a script uses it.

use crate::programs::program;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// The passphrase of every home, unless it says otherwise.
pub const PASSPHRASE: &str = "correct horse battery staple";
/// The time at which every command seems to start, unless the home says otherwise.
pub const NOW: &str = "2026-11-30T09:00:00+01:00[Europe/Berlin]";
/// An answer that takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A home, and how `lifeos` is run on it.
#[derive(Debug, Clone)]
pub struct Home {
    path: PathBuf,
    passphrase: String,
    now: String,
}

/// What a run said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit code.
    pub exit: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            exit: output.status.code().expect("it ends by itself"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The answer; the run must have succeeded.
    pub fn json(&self) -> Value {
        assert_eq!(self.exit, 0, "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).expect("one JSON value")
    }

    /// Exit code and code of the failure, which standard error alone tells.
    pub fn failure(&self) -> (i32, String) {
        assert_eq!(self.out, "", "a failure says nothing on standard output");
        let line = self.err.lines().last().expect("a failure says why");
        let json: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(json["error"]["exit"], self.exit, "{json}");
        (self.exit, json["error"]["code"].as_str().expect("a code").to_owned())
    }
}

impl Home {
    /// The home in this folder, whether or not there is one yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), passphrase: PASSPHRASE.to_owned(), now: NOW.to_owned() }
    }

    /// The same with another passphrase.
    #[must_use]
    pub fn with_passphrase(&self, passphrase: &str) -> Self {
        Self { passphrase: passphrase.to_owned(), ..self.clone() }
    }

    /// The same at another time, as in [`NOW`].
    #[must_use]
    pub fn with_now(&self, now: &str) -> Self {
        Self { now: now.to_owned(), ..self.clone() }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database in it.
    pub fn store(&self) -> PathBuf {
        self.path.join("store.db")
    }

    /// `lifeos --json` with these words, in an environment of nothing else.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program("lifeos"));
        command.arg("--home").arg(&self.path).arg("--json").args(words);
        command.env_clear().env("LIFEOS_PASSPHRASE", &self.passphrase).env("LIFEOS_NOW", &self.now);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &[&str]) -> Said {
        Said::of(self.command(words).output().expect("lifeos runs"))
    }

    /// Runs a command that must succeed, to its answer.
    pub fn ask(&self, words: &[&str]) -> Value {
        self.run(words).json()
    }

    /// Makes a vault; gives its phrase.
    pub fn init(&self, relay: &str, name: &str) -> String {
        let made = self.ask(&["init", "--relay", relay, "--name", name]);
        made["phrase"].as_str().expect("a phrase").to_owned()
    }

    /// Brings a vault here by its phrase.
    pub fn join(&self, relay: &str, phrase: &str) -> Said {
        let mut child = self.spawn(&["join", "--relay", relay, "--name", "joined", "--phrase-file", "-"]);
        let mut input = child.stdin.take().expect("piped");
        input.write_all(phrase.as_bytes()).expect("it reads its phrase");
        drop(input);
        Said::of(child.wait_with_output().expect("lifeos ends"))
    }

    /// Adds a record; gives its id.
    pub fn add(&self, words: &[&str]) -> String {
        let words: Vec<&str> = ["add"].iter().chain(words).copied().collect();
        self.ask(&words)["id"].as_str().expect("an id").to_owned()
    }

    /// Sends and receives until nothing is left.
    pub fn sync(&self) -> Value {
        self.ask(&["sync"])
    }

    /// Everything in the vault, byte for byte.
    pub fn export(&self) -> String {
        let said = self.run(&["export", "-o", "-"]);
        assert_eq!(said.exit, 0, "{}", said.err);
        said.out
    }

    /// Checks everything; nothing may be wrong.
    pub fn verify(&self) -> Value {
        let found = self.ask(&["verify"]);
        assert_eq!(found["ok"], true, "{found}");
        found
    }

    /// Another machine gets a copy of the folder as it is.
    pub fn copy_to(&self, path: impl Into<PathBuf>) -> Self {
        let copy = Self { path: path.into(), ..self.clone() };
        copy_folder(&self.path, &copy.path);
        copy
    }

    /// The relay is dialled at another address from now on. No command does that: tests move relays to other ports.
    pub fn point_at(&self, relay: &str) {
        let path = self.path.join("vault.json");
        let mut header: Value = serde_json::from_slice(&std::fs::read(&path).expect("reads")).expect("JSON");
        header["relay"] = relay.into();
        std::fs::write(&path, header.to_string()).expect("writes");
    }

    /// Starts a command that talks as it runs.
    pub fn start(&self, words: &[&str]) -> Session {
        Session::of(self.spawn(words))
    }

    /// Carries out lines in one `batch`; all of them must succeed. Gives their answers.
    pub fn batch(&self, lines: &[String]) -> Vec<Value> {
        let mut session = self.start(&["batch"]);
        for line in lines {
            session.tell(line);
        }
        let answer = |line| {
            let answer = session.answer();
            assert!(answer.get("error").is_none(), "{line}: {answer}");
            answer
        };
        let answers = lines.iter().map(answer).collect();
        assert_eq!(session.finish().exit, 0);
        answers
    }

    fn spawn(&self, words: &[&str]) -> Child {
        let mut command = self.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("lifeos starts")
    }
}

/// Copies a folder and all in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes a folder");
    for entry in std::fs::read_dir(from).expect("reads a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copies");
        }
    }
}

/// A `lifeos` that runs. What it says is taken off it at once, so neither side ever waits for the other's pipe.
#[derive(Debug)]
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    notes: Receiver<String>,
    told: String,
}

impl Session {
    fn of(mut child: Child) -> Self {
        let lines = lines_of(child.stdout.take().expect("piped"));
        let notes = lines_of(child.stderr.take().expect("piped"));
        Self { input: child.stdin.take(), child, lines, notes, told: String::new() }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives it a line.
    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it still listens");
        writeln!(input, "{line}").expect("it takes a line");
    }

    /// Its next line of JSON; None when it has said all.
    pub fn next(&self) -> Option<Value> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(serde_json::from_str(&line).expect("a line of JSON")),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing was said for {PATIENCE:?}"),
        }
    }

    /// Its next line of JSON.
    pub fn answer(&self) -> Value {
        self.next().expect("an answer")
    }

    /// Waits for a line that fits.
    pub fn until(&self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.answer();
            if fits(&line) {
                return line;
            }
        }
    }

    /// Waits until it has told the person something with this code.
    pub fn until_told(&mut self, code: &str) {
        loop {
            match self.notes.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.told.push_str(&line);
                    self.told.push('\n');
                    if line.contains(&format!("\"{code}\"")) {
                        return;
                    }
                }
                Err(error) => panic!("never told {code} ({error}): {}", self.told),
            }
        }
    }

    /// Tells it that there is no more to do, and waits for its end.
    pub fn finish(mut self) -> Said {
        drop(self.input.take());
        let mut out = String::new();
        for line in self.lines.iter() {
            out.push_str(&line);
            out.push('\n');
        }
        let mut err = std::mem::take(&mut self.told);
        for line in self.notes.iter() {
            err.push_str(&line);
            err.push('\n');
        }
        let status = self.child.wait().expect("it ends");
        Said { exit: status.code().expect("it ends by itself"), out, err }
    }

    /// Asks it to stop, as the system does, and waits for its end.
    pub fn stop(self) -> Said {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.is_ok_and(|status| status.success()), "SIGTERM could not be sent");
        self.finish()
    }

    /// Ends it at once.
    pub fn kill(mut self) {
        let _gone = self.child.kill();
        self.child.wait().expect("its end");
    }
}

/// The lines of a pipe, taken off it as they come.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

impl Drop for Session {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

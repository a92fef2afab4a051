//! Processes that are killed while they work, and what they had said by then.
//!
//! Invariant: what a process acknowledged is recorded outside of it, from its pipe or its socket, so that no kill can
//! take the record with it.

use crate::dice::Dice;
use crate::home::Home;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

/// Decides where kills fall, by this seed or by `LIFEOS_KILL_SEED`. What a kill interrupts also depends on the machine;
/// the seed is printed all the same.
pub fn dice(seed: u64) -> Dice {
    let seed = std::env::var("LIFEOS_KILL_SEED").map_or(seed, |text| text.parse().expect("a seed"));
    println!("seed {seed}; again: LIFEOS_KILL_SEED={seed}");
    Dice::new(seed)
}

/// A moment of at most so long, in which what is to be killed goes on with its work: it is not waited for.
pub fn moment(dice: &mut Dice, most: Duration) -> Duration {
    let most = usize::try_from(most.as_micros()).expect("short");
    Duration::from_micros(u64::try_from(dice.below(most)).expect("short"))
}

/// A `lifeos batch` that may be killed at any time.
pub struct Batch {
    child: Child,
    input: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Batch {
    /// Starts it.
    pub fn start(home: &Home) -> Self {
        let mut command = home.command(&["batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("lifeos starts");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Self { input: child.stdin.take(), child, answers }
    }

    /// Gives it lines, as many as fit a pipe. If it is gone, they go nowhere.
    pub fn tell(&mut self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if let Some(input) = &mut self.input {
            let _gone = input.write_all(text.as_bytes());
        }
    }

    /// Its next answer; None when there are no more. A line that was cut off tells nothing.
    pub fn answer(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a pipe");
        let whole = line.strip_suffix('\n')?;
        Some(serde_json::from_str(whole).expect("JSON"))
    }

    /// Gives it a line, and waits for the answer.
    pub fn ask(&mut self, line: String) -> Value {
        self.tell(&[line]);
        self.answer().expect("an answer")
    }

    /// Ends it at once. What it had answered can still be read.
    pub fn kill(&mut self) {
        self.input = None;
        let _gone = self.child.kill();
        self.child.wait().expect("its end");
    }

    /// Tells it that there is no more to do, and waits for its end.
    pub fn finish(mut self) {
        self.input = None;
        self.child.wait().expect("its end");
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What devices acknowledged, kept outside of them.
#[derive(Debug, Default)]
pub struct Journal {
    /// Record, and the title that it was given. Every title is unique.
    saved: Vec<(String, String)>,
    synced: usize,
}

impl Journal {
    /// A device answered that this title of this record is saved.
    pub fn saved(&mut self, record: &str, title: &str) {
        self.saved.push((record.to_owned(), title.to_owned()));
    }
    /// A device answered that the relay has everything it saved so far. Gives whether the answer says so.
    pub fn synced(&mut self, answer: &Value) -> bool {
        let all = answer["pending"] == 0;
        if all {
            self.synced = self.saved.len();
        }
        all
    }
    /// How many changes were saved, and how many of them the relay acknowledged.
    pub fn counts(&self) -> (usize, usize) {
        (self.saved.len(), self.synced)
    }
    /// Titles of what was saved that this home, asked for history, does not know.
    pub fn lost_at(&self, home: &Home) -> Vec<String> {
        lost(&self.saved, home)
    }
    /// The same of what the relay acknowledged.
    pub fn lost_after_sync_at(&self, home: &Home) -> Vec<String> {
        lost(&self.saved[..self.synced], home)
    }
}

fn lost(wanted: &[(String, String)], home: &Home) -> Vec<String> {
    let records: BTreeSet<&str> = wanted.iter().map(|(record, _)| record.as_str()).collect();
    let lines: Vec<String> = records.iter().map(|record| format!("history {record}")).collect();
    let mut batch = home.start(&["batch"]);
    lines.iter().for_each(|line| batch.tell(line));
    // A record that is not there has no history; what is missing is told below.
    let titles: BTreeMap<&str, BTreeSet<String>> =
        records.into_iter().map(|record| (record, titles_in(&batch.answer()))).collect();
    let missing = wanted.iter().filter(|(record, title)| !titles[record.as_str()].contains(title));
    missing.map(|(_, title)| title.clone()).collect()
}

fn titles_in(history: &Value) -> BTreeSet<String> {
    let changes = history["changes"].as_array().into_iter().flatten();
    let fields = changes.flat_map(|change| change["changes"].as_array().into_iter().flatten());
    let titles = fields.filter(|field| field["field"] == "title");
    titles.filter_map(|field| field["after"].as_str()).map(str::to_owned).collect()
}

//! `batch`: one command a line, one answer a line, in the same order, with one unlock.
//!
//! Invariant: an answer is written only after its change is durable. Changes are handed to the engine as fast as they
//! are read, up to a bound, so that many share a transaction; a command that reads waits for the changes before it.

use super::single;
use super::write::{self, Finish, Plan, Planned, Subject, Touch};
use crate::args::{Command, Line};
use crate::error::{Error, Kind, Result};
use crate::output::{self, Answer};
use crate::vault::Vault;
use clap::{CommandFactory as _, FromArgMatches as _};
use engine::Reply;
use std::collections::VecDeque;
use std::io::{BufRead, Read as _};
use tokio::sync::mpsc;

/// Most commands that wait for their answers.
const WINDOW: usize = 512;
/// Longest line, in bytes.
const LINE_BYTES: usize = 4 << 20;

/// An answer that is owed.
enum Owed {
    Ready(Result<Answer>),
    Edit { request: u64, touches: Touch, finish: Finish },
}

/// State of a batch.
struct Batch<'a> {
    vault: &'a mut Vault,
    owed: VecDeque<Owed>,
    parser: clap::Command,
    failed: bool,
}

/// Runs the commands of standard input; the exit code is 1 if any failed.
pub async fn batch(vault: &mut Vault) -> Result<u8> {
    let (sender, mut lines) = mpsc::channel(WINDOW);
    std::thread::spawn(move || read_lines(&mut std::io::stdin().lock(), &sender));
    let mut batch = Batch { vault, owed: VecDeque::new(), parser: Line::command(), failed: false };
    let done = batch.run(&mut lines).await;
    if let Err(error) = &done {
        batch.give_up(error)?;
    }
    done.map(|()| u8::from(batch.failed))
}

impl Batch<'_> {
    async fn run(&mut self, lines: &mut mpsc::Receiver<Result<String>>) -> Result<()> {
        let mut open = true;
        loop {
            while open && self.owed.len() < WINDOW {
                match lines.try_recv() {
                    Ok(line) => self.start(line).await?,
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => open = false,
                }
            }
            self.pay()?;
            if self.vault.driver.has_work() {
                self.vault.driver.work().await?;
            } else if !self.owed.is_empty() {
                return Err(Error::failed("internal", "the engine gave no answer"));
            } else if !open {
                return Ok(());
            } else {
                match lines.recv().await {
                    Some(line) => self.start(line).await?,
                    None => open = false,
                }
            }
        }
    }

    /// Plans a line and hands it to the engine, or answers it if it only reads. Fails only if the store does.
    async fn start(&mut self, line: Result<String>) -> Result<()> {
        let parsed = line.and_then(|line| split(&line)).and_then(|words| match words.is_empty() {
            true => Ok(None),
            false => self.parse(words).map(Some),
        });
        let command = match parsed {
            Ok(Some(command)) => command,
            // Nothing was asked for, so nothing is answered.
            Ok(None) => return Ok(()),
            Err(error) => {
                self.owed.push_back(Owed::Ready(Err(error)));
                return Ok(());
            }
        };
        if let Err(error) = self.settle(write::subject(&command)).await {
            self.owed.push_back(Owed::Ready(Err(error.clone())));
            return Err(error);
        }
        let owed = match write::plan(self.vault, &command).await {
            Ok(Planned::Change(Plan { edits, touches, finish })) => {
                let request = self.vault.driver.submit(engine::Command::Edit(edits));
                Owed::Edit { request, touches, finish }
            }
            Ok(Planned::Nothing(answer)) => Owed::Ready(Ok(answer)),
            Ok(Planned::Elsewhere) => Owed::Ready(single(self.vault, &command).await),
            Err(error) => Owed::Ready(Err(error)),
        };
        let lost = match &owed {
            Owed::Ready(Err(error)) if error.kind == Kind::InUse => Err(error.clone()),
            _ => Ok(()),
        };
        // Answered in either case.
        self.owed.push_back(owed);
        lost
    }

    fn parse(&mut self, words: Vec<String>) -> Result<Command> {
        let matches = self.parser.try_get_matches_from_mut(words).map_err(|error| crate::usage(&error))?;
        Line::from_arg_matches(&matches).map(|line| line.command).map_err(|error| crate::usage(&error))
    }

    /// Runs until no change is owed that `subject` must see.
    async fn settle(&mut self, subject: Subject) -> Result<()> {
        loop {
            self.pay()?;
            let waits = |owed: &Owed| matches!(owed, Owed::Edit { touches, .. } if subject.concerns(touches));
            if !self.owed.iter().any(waits) {
                return Ok(());
            }
            if !self.vault.driver.has_work() {
                return Err(Error::failed("internal", "the engine gave no answer"));
            }
            self.vault.driver.work().await?;
        }
    }

    /// Writes the answers that are due, in order.
    fn pay(&mut self) -> Result<()> {
        while let Some(first) = self.owed.front() {
            let answer = match first {
                Owed::Ready(answer) => answer.clone(),
                Owed::Edit { request, finish, .. } => match self.vault.driver.take_reply(*request) {
                    None => return Ok(()),
                    Some(Ok(Reply::Edited(rows))) => {
                        self.vault.remember(&rows);
                        Ok(finish(&rows))
                    }
                    Some(Ok(other)) => Err(crate::driver::unexpected(&other)),
                    Some(Err(error)) => Err(error),
                },
            };
            self.owed.pop_front();
            self.answer(&answer)?;
        }
        self.vault.notices(|_| {});
        Ok(())
    }

    fn answer(&mut self, answer: &Result<Answer>) -> Result<()> {
        match answer {
            Ok(answer) => {
                self.failed |= answer.exit != 0;
                output::line(&answer.json.to_string())
            }
            Err(error) => {
                self.failed = true;
                output::line(&error.json().to_string())
            }
        }
    }

    /// The store is gone: whatever is owed and not known to be durable is answered with the reason.
    fn give_up(&mut self, error: &Error) -> Result<()> {
        if error.code == "output_closed" {
            return Ok(());
        }
        self.pay()?;
        while self.owed.pop_front().is_some() {
            self.answer(&Err(error.clone()))?;
        }
        Ok(())
    }
}

/// The words of a line: a JSON array of texts, or as a shell splits them.
fn split(line: &str) -> Result<Vec<String>> {
    let line = line.trim();
    if line.starts_with('[') {
        return serde_json::from_str(line)
            .map_err(|error| Error::usage("invalid_line", format!("not a JSON array of texts: {error}")));
    }
    shlex::split(line).ok_or_else(|| Error::usage("invalid_line", "a quotation mark is not closed"))
}

/// Reads lines until the end, or until nobody wants them.
fn read_lines(input: &mut impl BufRead, lines: &mpsc::Sender<Result<String>>) {
    loop {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LINE_BYTES).unwrap_or(u64::MAX) + 1;
        let line = match input.by_ref().take(limit).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) if bytes.len() > LINE_BYTES => {
                if skip_line(input, bytes.last() == Some(&b'\n')).is_err() {
                    return;
                }
                Err(Error::usage("too_large", format!("a line has at most {LINE_BYTES} bytes")))
            }
            Ok(_) => {
                String::from_utf8(bytes).map_err(|_| Error::usage("invalid_line", "a line is not UTF-8"))
            }
        };
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}

/// Passes over the rest of a line.
fn skip_line(input: &mut impl BufRead, mut ended: bool) -> std::io::Result<()> {
    while !ended {
        let buffer = input.fill_buf()?;
        let (taken, end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(taken);
        ended = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(input: &[u8]) -> Vec<Result<String>> {
        let (sender, mut lines) = mpsc::channel(16);
        read_lines(&mut std::io::Cursor::new(input), &sender);
        drop(sender);
        std::iter::from_fn(|| lines.blocking_recv()).collect()
    }

    #[test]
    fn a_line_is_split_as_a_shell_does_or_given_as_json() {
        assert_eq!(
            split(r#"add task "title=Call \"Ann\"" x='a b'"#).expect("words"),
            ["add", "task", "title=Call \"Ann\"", "x=a b"]
        );
        assert_eq!(split(r#"["add","task","title=it's"]"#).expect("words"), ["add", "task", "title=it's"]);
        assert!(split("   ").expect("words").is_empty());
        assert!(split("# a comment").expect("words").is_empty());
    }

    #[test]
    fn a_line_that_cannot_be_split_is_a_usage_error() {
        for line in ["add 'task", "[1]", "[\"add\""] {
            assert_eq!(split(line).expect_err(line).code, "invalid_line");
        }
    }

    #[test]
    fn the_last_line_needs_no_line_feed_and_bad_bytes_end_only_their_line() {
        let lines = lines_of(b"one\n\xff\ntwo");
        assert_eq!(lines[0].as_deref(), Ok("one\n"));
        assert_eq!(lines[1].as_ref().expect_err("no UTF-8").code, "invalid_line");
        assert_eq!(lines[2].as_deref(), Ok("two"));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_next_is_read() {
        let mut input = vec![b'x'; LINE_BYTES + 10];
        input.extend_from_slice(b"\nstatus\n");
        let lines = lines_of(&input);
        assert_eq!(lines[0].as_ref().expect_err("too long").code, "too_large");
        assert_eq!(lines[1].as_deref(), Ok("status\n"));
        assert_eq!(lines.len(), 2);
    }
}

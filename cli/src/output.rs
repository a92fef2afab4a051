//! What a command says: one JSON value and one text of the same meaning, and notes to the person beside it.

use crate::error::{Error, Result};
use serde_json::{Value, json};
use std::io::Write as _;

/// The answer of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For programs.
    pub json: Value,
    /// For people; without the last line feed.
    pub text: String,
    /// Exit code of the process.
    pub exit: u8,
}

impl Answer {
    /// A success.
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), exit: 0 }
    }
    /// A success that has printed what there was to say.
    pub fn silent() -> Self {
        Self::new(Value::Null, "")
    }
}

/// Something the person should be told that is no answer and no failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Stable.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl Note {
    /// A note.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
    /// For programs.
    pub fn json(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text.
    Text,
    /// JSON, one object a line.
    Json,
}

impl Form {
    /// Prints an answer on standard output.
    pub fn answer(self, answer: &Answer) -> Result<()> {
        match self {
            Self::Json if answer.json.is_null() => Ok(()),
            Self::Json => line(&answer.json.to_string()),
            Self::Text if answer.text.is_empty() => Ok(()),
            Self::Text => line(&answer.text),
        }
    }
    /// Prints a failure on standard error.
    pub fn failure(self, error: &Error) {
        let mut text = match self {
            Self::Json => error.json().to_string(),
            Self::Text => format!("error: {error}"),
        };
        if let (Self::Text, Some(hint)) = (self, &error.hint) {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        aside(&text);
    }
    /// Prints a note on standard error.
    pub fn note(self, note: &Note) {
        match self {
            Self::Json => aside(&json!({ "note": note.json() }).to_string()),
            Self::Text => aside(&format!("note: {}", note.message)),
        }
    }
}

/// Prints one line on standard output, at once.
pub fn line(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| Error::failed("output_closed", format!("the answer could not be written: {error}")))
}

/// Prints one line on standard error. If nobody reads there, there is nobody to tell.
fn aside(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Columns of text, each as wide as its widest cell; the last is not padded.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let render = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(render).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_by_characters() {
        let rows = [vec!["ä".into(), "1".into()], vec!["bcd".into(), "22".into()]];
        assert_eq!(table(&rows), "ä    1\nbcd  22");
    }
}

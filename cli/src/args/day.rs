//! The arguments of what a person does in a day.

use clap::Args;
use std::path::PathBuf;

/// Of `today`.
#[derive(Debug, Args)]
pub struct Today {
    /// Another day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
}

/// Of `quick`.
#[derive(Debug, Args)]
pub struct Quick {
    /// The line, as in `read 20 min`, or `call mother tomorrow 18:00 !2 #family`.
    #[arg(value_name = "TEXT", required = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
    /// Only say what is understood.
    #[arg(long)]
    pub dry_run: bool,
}

/// Of `log`.
#[derive(Debug, Args)]
pub struct Log {
    /// The habit, the routine, or the task that comes again.
    #[arg(value_name = "ID")]
    pub id: String,
    /// The day [default: today]; of a task, the date of its rule.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// What was measured, for a measurable habit.
    #[arg(long, value_name = "V", allow_hyphen_values = true, group = "what")]
    pub value: Option<String>,
    /// The day does not count.
    #[arg(long, group = "what")]
    pub skip: bool,
    /// A bad habit was given in to.
    #[arg(long, group = "what")]
    pub slip: bool,
    /// Take back what was logged for the day.
    #[arg(long, group = "what", conflicts_with = "note")]
    pub undo: bool,
    /// A step of a routine that was taken, by id or title; may be given more than once. Without it the routine is done.
    #[arg(long, value_name = "STEP", group = "what")]
    pub step: Vec<String>,
    /// Another day on which a date of a task is to be done, with a time or without.
    #[arg(long, value_name = "YYYY-MM-DD[THH:MM]", group = "what")]
    pub move_to: Option<String>,
    /// A few words about it.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// Of `recent`.
#[derive(Debug, Args)]
pub struct Recent {
    /// Most changes to show, up to 200 [default: 20].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub limit: Option<u32>,
}

/// Of `undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// Names of changes as `recent` shows them, or how they begin; the last one that stands, unless given.
    #[arg(value_name = "CHANGE")]
    pub changes: Vec<String>,
}

/// Of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell.
    pub shell: clap_complete::Shell,
}

/// Of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Folder to write a page for every command to; without it the first page is printed.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

//! The command line. Its words are stable: others script against them.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

mod day;

pub use day::{Completions, Log, Man, Quick, Recent, Today, Undo};

/// Life OS on the command line: your records, on this device, in sync through a relay that cannot read them.
#[derive(Debug, Parser)]
#[command(name = "lifeos", version, max_term_width = 100)]
#[command(after_help = "\
Environment: LIFEOS_HOME, LIFEOS_PASSPHRASE, LIFEOS_NEW_PASSPHRASE (for `passphrase`), LIFEOS_NOW (RFC 3339: the
time to begin at, for scripts and tests).
Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 relay unreachable, 5 locked or wrong secret, 6 integrity,
7 store in use.")]
pub struct Cli {
    /// Folder of the vault [default: $LIFEOS_HOME, else lifeos in your data folder].
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Answer in JSON on standard output; failures in JSON on standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// One line of `batch`: a command without the options around it.
#[derive(Debug, Parser)]
#[command(name = "lifeos", no_binary_name = true, disable_help_flag = true, disable_version_flag = true)]
pub struct Line {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new vault, register it at a relay and print its recovery phrase.
    Init(Init),
    /// Bring your vault to this device with its recovery phrase.
    Join(Join),
    /// Bring your vault to this device with the help of another: it shows a code, the other one approves it.
    Pair(Pair),
    /// Let a new device in, whose code you were shown by `pair` or by the app.
    Approve(Approve),
    /// Add a record: `add task title="Call mother" due=2026-12-24`.
    Add(Add),
    /// Change fields of a record; `field=` clears one.
    Set(Set),
    /// Show a record.
    Get(Id),
    /// List records of a type.
    List(List),
    /// Find records by their words: as typed, as a beginning, or misspelt a little.
    Search(Search),
    /// Put a record in the trash.
    Delete(Id),
    /// Take a record out of the trash.
    Restore(Id),
    /// Show every change of a record, oldest first.
    History(Id),
    /// Show the last changes of the vault, by whatever device, newest first.
    Recent(Recent),
    /// Take back the last change, by whatever device; once more, the one before. What was changed again since stays.
    Undo(Undo),
    /// Show the day: habits and their streaks, routines, tasks that are due.
    Today(Today),
    /// Write a line down: a habit's name with an amount logs it, everything else is a task.
    Quick(Quick),
    /// Tick a habit, a routine or a date of a task that comes again; or log a value, a skip or a slip.
    Log(Log),
    /// Send and receive until nothing is left.
    Sync(Sync),
    /// Stay connected and print records as they change, one JSON object a line.
    Watch,
    /// Read commands from standard input, one a line, and answer each with one line of JSON.
    Batch,
    /// Show this device, its relay and what waits to be sent.
    Status,
    /// Show the devices and recovery phrases of the vault.
    Devices,
    /// Cut another device off: it learns and writes nothing more.
    Revoke(Revoke),
    /// Make a new recovery phrase, or put it in the place of the old one.
    #[command(subcommand)]
    Phrase(PhraseCommand),
    /// Move the vault to another relay.
    #[command(subcommand)]
    Relay(RelayCommand),
    /// Delete the account at the relay, or take that back.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Where the relay and this device have different lists of devices: go on with the relay's. What either had cut off
    /// stays cut off.
    Resolve(Resolve),
    /// List the types of records and their fields.
    Types,
    /// Write all records to a file, in a form that is the same on every device; or a table, or a calendar.
    Export(Export),
    /// Bring in records that `export` wrote, a table, or a calendar of another program.
    Import(Import),
    /// Change the passphrase of this device.
    Passphrase(Passphrase),
    /// Check chains, signatures, documents and the read model.
    Verify,
    /// Make the read model anew from the documents.
    Rebuild,
    /// Print what makes a shell complete these commands.
    Completions(Completions),
    /// Print the manual page, or write one for every command.
    Man(Man),
}

impl Command {
    /// As it is typed.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Join(_) => "join",
            Self::Pair(_) => "pair",
            Self::Approve(_) => "approve",
            Self::Add(_) => "add",
            Self::Set(_) => "set",
            Self::Get(_) => "get",
            Self::List(_) => "list",
            Self::Search(_) => "search",
            Self::Delete(_) => "delete",
            Self::Restore(_) => "restore",
            Self::History(_) => "history",
            Self::Recent(_) => "recent",
            Self::Undo(_) => "undo",
            Self::Today(_) => "today",
            Self::Quick(_) => "quick",
            Self::Log(_) => "log",
            Self::Sync(_) => "sync",
            Self::Watch => "watch",
            Self::Batch => "batch",
            Self::Status => "status",
            Self::Devices => "devices",
            Self::Revoke(_) => "revoke",
            Self::Phrase(_) => "phrase",
            Self::Relay(_) => "relay",
            Self::Account(_) => "account",
            Self::Resolve(_) => "resolve",
            Self::Types => "types",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Passphrase(_) => "passphrase",
            Self::Verify => "verify",
            Self::Rebuild => "rebuild",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

/// Of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Address of the relay, as in https://relay.example.
    #[arg(long, value_name = "URL")]
    pub relay: String,
    /// Invitation, where the relay asks for one.
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub invite: Option<String>,
    /// What to call this device.
    #[arg(long)]
    pub name: String,
}

/// Of `join`.
#[derive(Debug, Args)]
pub struct Join {
    /// Address of the relay, as in https://relay.example.
    #[arg(long, value_name = "URL")]
    pub relay: String,
    /// File that holds the 24 words; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub phrase_file: PathBuf,
    /// What to call this device [default: the name of the machine].
    #[arg(long)]
    pub name: Option<String>,
}

/// Of `pair`.
#[derive(Debug, Args)]
pub struct Pair {
    /// Address of the relay, as in https://relay.example.
    #[arg(long, value_name = "URL")]
    pub relay: String,
    /// What to call this device [default: the name of the machine].
    #[arg(long)]
    pub name: Option<String>,
}

/// Of `approve`.
#[derive(Debug, Args)]
pub struct Approve {
    /// The ten letters and digits that the new device shows.
    pub code: String,
}

/// Of `phrase`.
#[derive(Debug, Subcommand)]
pub enum PhraseCommand {
    /// Print 24 new words. Nothing is changed until `phrase set`.
    New,
    /// Put 24 new words in the place of the old ones, which then open nothing that comes.
    Set(PhraseSet),
}

/// Of `phrase set`.
#[derive(Debug, Args)]
pub struct PhraseSet {
    /// File that holds the new words; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub phrase_file: PathBuf,
}

/// Of `relay`.
#[derive(Debug, Subcommand)]
pub enum RelayCommand {
    /// Give everything to the relay at another address, and use that one from now on.
    Move(RelayMove),
}

/// Of `relay move`.
#[derive(Debug, Args)]
pub struct RelayMove {
    /// Address of the new relay, as in https://relay.example.
    pub url: String,
    /// Invitation, where the new relay asks for one.
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub invite: Option<String>,
}

/// Of `account`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Have the relay erase everything of this account in 7 days, and serve nothing of it until then.
    Delete(AccountDelete),
    /// Take the deletion back.
    Keep,
}

/// Of `account delete`.
#[derive(Debug, Args)]
pub struct AccountDelete {
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Of `add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Type of the record; `lifeos types` lists them.
    #[arg(value_name = "TYPE")]
    pub kind: String,
    /// Fields.
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
}

/// Of `set`.
#[derive(Debug, Args)]
pub struct Set {
    /// The record.
    pub id: String,
    /// Fields to change.
    #[arg(value_name = "FIELD=VALUE", required = true)]
    pub fields: Vec<String>,
}

/// Of commands that take a record alone.
#[derive(Debug, Args)]
pub struct Id {
    /// The record.
    pub id: String,
}

/// Of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// Type of the records.
    #[arg(value_name = "TYPE")]
    pub kind: String,
    /// Only records whose field has this value; all conditions must hold.
    #[arg(long = "where", value_name = "FIELD=VALUE")]
    pub conditions: Vec<String>,
    /// Most records to show.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Go on after this cursor, which the page before gave.
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// Also records in the trash.
    #[arg(long)]
    pub trash: bool,
}

/// Of `search`.
#[derive(Debug, Args)]
pub struct Search {
    /// The words; a record has to have all of them.
    #[arg(value_name = "TEXT", required = true)]
    pub words: Vec<String>,
    /// Only records of this type; may be given more than once.
    #[arg(long = "kind", value_name = "TYPE")]
    pub kinds: Vec<String>,
    /// Most records to show.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
    /// Also records in the trash.
    #[arg(long)]
    pub trash: bool,
}

/// Of `revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The device, or the first letters of its name, as `lifeos devices` shows it.
    pub device: String,
}

/// Of `resolve`.
#[derive(Debug, Args)]
pub struct Resolve {
    /// A device of the relay's list that is not yours, to be cut off as well.
    #[arg(long, value_name = "DEVICE")]
    pub revoke: Vec<String>,
}

/// Of `sync`.
#[derive(Debug, Args, Default)]
pub struct Sync {
    /// Invitation, where the relay has lost this account and asks for one to take it again.
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub invite: Option<String>,
}

/// A form in which records leave and come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Portable {
    /// Everything, exactly.
    Json,
    /// The records of one type, as a table.
    Csv,
    /// Events, and tasks with a due date, as iCalendar.
    Ics,
}

/// Of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// File to write; `-` writes to standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// In which form [default: by the end of the file's name, else json].
    #[arg(long, value_enum)]
    pub format: Option<Portable>,
    /// The type of the records in a table.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
}

/// Of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// File to read.
    pub file: PathBuf,
    /// In which form it is [default: by the end of its name, else json].
    #[arg(long, value_enum)]
    pub format: Option<Portable>,
    /// The type of the records in a table.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Only say what would be changed.
    #[arg(long)]
    pub dry_run: bool,
}

/// Of `passphrase`.
#[derive(Debug, Args)]
pub struct Passphrase {
    /// File that holds the 24 words, where the old passphrase is forgotten; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub phrase_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
        Line::command().debug_assert();
    }

    #[test]
    fn one_log_says_one_thing() {
        let parse = |words: &[&str]| Line::try_parse_from(words);
        parse(&["log", "x", "--value", "-3.5", "--note", "cold"]).expect("a value and a note");
        parse(&["log", "x", "--skip", "--slip"]).expect_err("two things");
        parse(&["log", "x", "--undo", "--value", "3"]).expect_err("two things");
        parse(&["log", "x", "--step", "a", "--step", "b"]).expect("two steps");
        parse(&["log", "x", "--step", "a", "--skip"]).expect_err("two things");
    }

    #[test]
    fn an_invitation_may_begin_with_a_hyphen_as_one_in_64_does() {
        let parse = |words: &[&str]| Line::try_parse_from(words);
        parse(&["init", "--relay", "r", "--name", "n", "--invite", "-tok"]).expect("an invitation");
        parse(&["sync", "--invite", "--tok"]).expect("an invitation");
    }
}

//! `lifeos`: the engine's host on a desktop.
//!
//! Reading order: [`error`] and [`output`] are what a command says; [`home`] is the folder it works in, [`store`] and
//! [`driver`] carry out what the engine asks; [`net`] and [`sync`] reach the relay; [`vault`] is all of that open at
//! once, and `commands` is what a person does with it. What a record is, the crate `life` knows; [`records`] is where
//! the two meet.

pub mod args;
pub mod clock;
mod commands;
pub mod driver;
pub mod error;
pub mod files;
pub mod home;
pub mod net;
pub mod output;
pub mod records;
pub mod secret;
pub mod store;
pub mod sync;
pub mod vault;

use clap::Parser as _;
use clap::error::ErrorKind;
use error::{Error, Kind};
use output::Form;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line, prints what it says, and gives the exit code of the process.
pub fn run(words: Vec<OsString>) -> ExitCode {
    // Known before the line is understood, because a wrong line is answered in the same form.
    let json = words.iter().any(|word| word == "--json");
    let form = if json { Form::Json } else { Form::Text };
    let cli = match args::Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return refuse(form, &error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(form, &Error::failed("internal", format!("cannot start: {error}"))),
    };
    let done = runtime.block_on(commands::run(cli));
    // A thread that reads standard input may wait for ever; nobody waits for it.
    runtime.shutdown_background();
    match done {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => fail(form, &error),
    }
}

fn fail(form: Form, error: &Error) -> ExitCode {
    form.failure(error);
    ExitCode::from(error.kind.exit())
}

/// Help and version are answers; everything else is a wrong command line.
fn refuse(form: Form, error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    match form {
        Form::Json => fail(form, &usage(error)),
        Form::Text => {
            // It is coloured and names the usage; there is nobody to tell if it cannot be printed.
            let _ = error.print();
            ExitCode::from(Kind::Usage.exit())
        }
    }
}

/// A wrong command line in one sentence.
pub(crate) fn usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let told = text.split("\n\n").next().unwrap_or(&text);
    let message = told.trim().trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
    Error::usage("usage", message)
        .hint("`lifeos help` lists the commands, `lifeos help COMMAND` what each takes")
}

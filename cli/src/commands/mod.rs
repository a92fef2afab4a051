//! What each command does. A command that changes records is planned first and made durable second, so that
//! `batch` can plan the next while the one before is being written.

mod account;
mod alarms;
mod batch;
mod day;
mod found;
mod lock;
mod look;
mod members;
mod pair;
mod portable;
mod quick;
mod recent;
mod search;
mod shell;
mod tick;
mod upkeep;
mod watch;
mod write;

use crate::args::{AccountCommand, Cli, Command, PhraseCommand, RelayCommand};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::home::Place;
use crate::output::{Answer, Form};
use crate::vault::Vault;
use write::{Plan, Planned};

/// What a command is given besides its arguments.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where the home is.
    pub place: Place,
    /// Time and date.
    pub clock: Clock,
    /// How to print.
    pub form: Form,
}

/// Carries out one command line and gives the exit code.
pub async fn run(cli: Cli) -> Result<u8> {
    let form = if cli.json { Form::Json } else { Form::Text };
    let context = Context { place: Place::choose(cli.home)?, clock: Clock::of_env()?, form };
    let answer = match &cli.command {
        Command::Init(args) => found::init(&context, args).await?,
        Command::Join(args) => found::join(&context, args).await?,
        Command::Pair(args) => pair::pair(&context, args).await?,
        Command::Phrase(PhraseCommand::New) => members::new_phrase()?,
        Command::Types => look::types()?,
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args)?,
        Command::Passphrase(args) => lock::change(&context, args)?,
        command => {
            let mut vault = Vault::open(&context.place, context.clock.clone(), form).await?;
            let done = in_vault(&mut vault, command).await;
            if done.is_ok() {
                vault.notices(|_| {});
                vault.close().await?;
            }
            match done? {
                Done::Answer(answer) => answer,
                Done::Printed(exit) => return Ok(exit),
            }
        }
    };
    form.answer(&answer)?;
    Ok(answer.exit)
}

enum Done {
    Answer(Answer),
    Printed(u8),
}

async fn in_vault(vault: &mut Vault, command: &Command) -> Result<Done> {
    match command {
        Command::Watch => watch::watch(vault).await.map(|()| Done::Printed(0)),
        Command::Batch => batch::batch(vault).await.map(Done::Printed),
        command => single(vault, command).await.map(Done::Answer),
    }
}

/// Carries out one command to its answer.
async fn single(vault: &mut Vault, command: &Command) -> Result<Answer> {
    match write::plan(vault, command).await? {
        Planned::Change(Plan { edits, finish, .. }) => {
            return match vault.driver.run(engine::Command::Edit(edits)).await? {
                engine::Reply::Edited(rows) => Ok(finish(&rows)),
                other => Err(crate::driver::unexpected(&other)),
            };
        }
        Planned::Nothing(answer) => return Ok(answer),
        Planned::Elsewhere => {}
    }
    match command {
        Command::Get(args) => look::get(vault, args).await,
        Command::List(args) => look::list(vault, args).await,
        Command::Search(args) => search::search(vault, args).await,
        Command::Today(args) => day::today(vault, args).await,
        Command::History(args) => look::history(vault, args).await,
        Command::Recent(args) => recent::recent(vault, args).await,
        Command::Undo(args) => recent::undo(vault, args).await,
        Command::Types => look::types(),
        Command::Sync(args) => upkeep::sync(vault, args).await,
        Command::Status => upkeep::status(vault).await,
        Command::Devices => upkeep::devices(vault).await,
        Command::Revoke(args) => members::revoke(vault, args).await,
        Command::Resolve(args) => members::resolve(vault, args).await,
        Command::Approve(args) => pair::approve(vault, args).await,
        Command::Phrase(PhraseCommand::Set(args)) => members::set_phrase(vault, args).await,
        Command::Relay(RelayCommand::Move(args)) => account::move_to(vault, args).await,
        Command::Account(AccountCommand::Delete(args)) => account::delete(vault, args).await,
        Command::Account(AccountCommand::Keep) => account::keep(vault).await,
        Command::Verify => upkeep::verify(vault).await,
        Command::Rebuild => upkeep::rebuild(vault).await,
        Command::Export(args) => portable::export(vault, args).await,
        Command::Import(args) => portable::import(vault, args).await,
        other => Err(Error::usage("not_here", format!("`{}` cannot be used here", other.name()))),
    }
}

//! Brings a vault and its relay together, and keeps trying for a bounded while.
//!
//! Invariant: this returns success only after the engine said that everything was received and acknowledged.

use crate::driver::Closed;
use crate::error::{Error, Kind, Result};
use crate::net::{Relay, RelayError};
use crate::output::Note;
use crate::vault::Vault;
use engine::api::{CloseReason, MemberChange, Status};
use engine::{Command, EngineError, Notice, Reply};
use protocol::ErrorCode;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Waits between attempts to reach the relay; after the last one the command gives up.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];
/// Further ones where the relay was there a moment ago: most likely it is being started anew.
const LONGER_PAUSES: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(8)];
/// A sync that moves nothing for this long is over.
const STALL: Duration = Duration::from_secs(60);
/// How often it is looked whether anything moved.
const LOOK: Duration = Duration::from_secs(5);

/// What a sync did.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Entries of this device that the relay acknowledged.
    pub pushed: u64,
    /// Entries of other devices that came.
    pub pulled: u64,
    /// Changes that still wait.
    pub pending: u64,
    /// What the person was told on the way.
    pub notes: Vec<Note>,
}

/// Why a connection did not come about, or ended.
#[derive(Debug)]
pub enum Broken {
    /// Try again.
    Lost(RelayError),
    /// The relay does not know this vault: give it the chain, then try again.
    Unknown,
    /// Trying again would not help.
    Final(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Sends and receives until nothing is left.
pub async fn sync(vault: &mut Vault, invite: Option<String>) -> Result<Outcome> {
    sync_and(vault, invite, None).await.map(|(outcome, _)| outcome)
}

/// As [`sync`], and runs a command that needs the relay once everything is in step.
pub async fn sync_and(
    vault: &mut Vault,
    invite: Option<String>,
    command: Option<Command>,
) -> Result<(Outcome, Option<Reply>)> {
    let relay = vault.relay()?;
    let before = vault.driver.status().await?;
    let mut notes = vault.notices(|_| {});
    // Bounded, whatever the relay does.
    let (mut pauses, mut longer) = (PAUSES.iter(), LONGER_PAUSES.iter());
    let mut reached = false;
    loop {
        let broken = match attempt(vault, &relay, &mut reached, &mut notes, command.clone()).await {
            Ok((after, reply)) => {
                let outcome = Outcome {
                    pushed: after.pushed.saturating_sub(before.pushed),
                    pulled: after.pulled.saturating_sub(before.pulled),
                    pending: after.pending,
                    notes,
                };
                vault.keep_recovery()?;
                return Ok((outcome, reply));
            }
            Err(broken) => broken,
        };
        let pause = pauses.next().or_else(|| longer.next().filter(|_| reached));
        match (broken, pause) {
            (Broken::Final(error), _) => return Err(error),
            (Broken::Lost(error), None) => return Err(error.report(relay.address())),
            (Broken::Unknown, None) => return Err(unknown(&relay)),
            (Broken::Lost(error), Some(pause)) => tokio::time::sleep(error.wait().max(*pause)).await,
            (Broken::Unknown, Some(_)) => notes.push(introduce(vault, &relay, invite.clone()).await?),
        }
    }
}

async fn attempt(
    vault: &mut Vault,
    relay: &Relay,
    reached: &mut bool,
    notes: &mut Vec<Note>,
    command: Option<Command>,
) -> Result<(Status, Option<Reply>), Broken> {
    connect(vault, relay).await?;
    *reached = true;
    let resolves = matches!(command, Some(Command::ChangeMembers(MemberChange::Resolve { .. })));
    until_synced(vault, relay, notes, resolves).await?;
    let reply = match command {
        Some(command) => Some(vault.driver.run(command).await?),
        None => None,
    };
    if resolves {
        until_synced(vault, relay, notes, false).await?;
    }
    match vault.driver.run(Command::Flush).await? {
        Reply::Flushed => {}
        other => return Err(crate::driver::unexpected(&other).into()),
    }
    let status = vault.driver.status().await?;
    vault.driver.disconnect().await?;
    notes.extend(vault.notices(|_| {}));
    Ok((status, reply))
}

/// Opens a socket and gives it to the engine.
pub async fn connect(vault: &mut Vault, relay: &Relay) -> Result<(), Broken> {
    let engine = vault.driver.engine();
    let (Some(account), Some(device)) = (engine.account(), engine.device()) else {
        return Err(Error::failed("internal", "the engine is not ready").into());
    };
    match relay.open(account, device, |claim| engine.sign(claim)).await {
        Ok(socket) => {
            vault.driver.connect(socket, relay.address().origin().to_owned());
            Ok(())
        }
        Err(error) if error.is_unknown() => Err(Broken::Unknown),
        // A ticket may run out on a slow way, and a busy relay may say later.
        Err(error @ (RelayError::Unreachable(_) | RelayError::Later(..))) => Err(Broken::Lost(error)),
        Err(error) if error.code() == Some(ErrorCode::TicketExpired) => Err(Broken::Lost(error)),
        Err(error) => Err(Broken::Final(error.report(relay.address()))),
    }
}

/// Runs until everything is in step; with `or_forked` also where two lists of devices are in the way of that.
async fn until_synced(
    vault: &mut Vault,
    relay: &Relay,
    notes: &mut Vec<Note>,
    or_forked: bool,
) -> Result<(), Broken> {
    let mut moved = (vault.driver.status().await?, Instant::now());
    let mut look = Instant::now() + LOOK;
    loop {
        while vault.driver.has_work() {
            vault.driver.work().await?;
        }
        let (mut synced, mut refused, mut two) = (false, None, false);
        notes.extend(vault.notices(|notice| match notice {
            Notice::Synced => synced = true,
            Notice::Refused(code) => refused = Some(relay_refuses(relay, *code)),
            Notice::MembershipForked if or_forked => two = true,
            Notice::MembershipForked => refused = Some(forked()),
            Notice::Revoked => refused = Some(Error::from(EngineError::Revoked)),
            Notice::Trouble(error) => refused = Some(Error::from(error.clone())),
            _ => {}
        }));
        if let Some(error) = refused {
            vault.driver.disconnect().await?;
            return Err(error.into());
        }
        if synced || two {
            return Ok(());
        }
        if let Some(closed) = vault.driver.take_closed() {
            return Err(ended(relay, &closed));
        }
        if timeout_at(look, vault.driver.idle()).await.is_err() {
            let status = vault.driver.status().await?;
            if status != moved.0 {
                moved = (status, Instant::now());
            } else if moved.1.elapsed() > STALL {
                vault.driver.disconnect().await?;
                let why = "nothing moved for a minute".to_owned();
                return Err(Broken::Lost(RelayError::Unreachable(why)));
            }
            look = Instant::now() + LOOK;
        }
    }
}

/// What the end of a socket means.
pub fn ended(relay: &Relay, closed: &Closed) -> Broken {
    let lost = |why: &str| Broken::Lost(RelayError::Unreachable(why.into()));
    match closed {
        Closed::Lost => lost("the connection broke"),
        Closed::ByEngine(CloseReason::Silence) => lost("it fell silent"),
        Closed::ByEngine(CloseReason::UnknownSpace) => Broken::Unknown,
        Closed::ByEngine(CloseReason::Protocol(code)) => {
            let error = RelayError::refused(*code, format!("it ended the connection ({code})"));
            match error {
                _ if error.is_unknown() => Broken::Unknown,
                RelayError::Unreachable(_) | RelayError::Later(..) => Broken::Lost(error),
                _ => Broken::Final(error.report(relay.address())),
            }
        }
    }
}

/// Gives the relay the vault's chain: it was wiped, restored from an older copy, or is another one.
pub async fn introduce(vault: &Vault, relay: &Relay, invite: Option<String>) -> Result<Note> {
    let chain = vault.driver.engine().chain();
    let answer = relay.register(&chain, invite).await.map_err(|error| error.report(relay.address()))?;
    let note = if answer.created {
        Note::new("relay_was_empty", "the relay did not know this vault; it was registered there again")
    } else {
        Note::new("relay_was_behind", "the relay had an older list of devices; it was given the present one")
    };
    vault.form.note(&note);
    Ok(note)
}

fn unknown(relay: &Relay) -> Error {
    Error::failed("unknown_account", format!("the relay {} does not take this vault", relay.address()))
}

fn relay_refuses(relay: &Relay, code: ErrorCode) -> Error {
    let error = RelayError::refused(code, format!("what this device offers is not taken ({code})"));
    match error.report(relay.address()) {
        report if report.hint.is_some() => report,
        report => report.hint("your changes are kept on this device"),
    }
}

fn forked() -> Error {
    Error::new(
        Kind::Integrity,
        "membership_forked",
        "the relay shows a list of devices that contradicts the one known here; nothing was sent to it",
    )
    .hint(
        "compare `lifeos devices` on your devices; one that you do not know is an intruder. `lifeos resolve` goes on with \
         the relay's list, if it holds",
    )
}

//! `pair` and `approve`: a new device becomes a member because a person saw the same six digits on both.
//!
//! Invariant: nothing is made on the new device, and nobody is added by the old one, before the person has said that the
//! digits are equal. Silence is a no.

use super::found::{Founding, arrive, machine, name_of};
use super::{Context, members};
use crate::args;
use crate::error::{self, Error, Kind, Result};
use crate::net::{Address, Relay, RelayError, Socket};
use crate::output::{self, Answer, Form, Note};
use crate::secret::{self, Passphrase};
use crate::vault::Vault;
use engine::api::MemberChange;
use engine::join::Joined;
use engine::pair::{Admission, AdmissionStep, Newcomer};
use protocol::pairing::{MailboxId, PairingCode, Slot, Verdict, parse};
use protocol::{ErrorCode, Role, codec, limits};
use seal::DeviceKeys;
use serde_json::{Value, json};
use std::io::BufRead as _;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often the mailbox is looked into.
const LOOK: Duration = Duration::from_secs(1);

/// Becomes a member with the help of another device.
pub async fn pair(context: &Context, args: &args::Pair) -> Result<Answer> {
    let relay = Relay::new(Address::parse(&args.relay)?);
    let name = name_of(args.name.as_deref().unwrap_or(&machine()))?;
    let draft = context.place.draft()?;
    let passphrase = Passphrase::choose()?;
    let mut rng = secret::rng()?;
    let mut newcomer = Newcomer::new(&mut rng);
    let meeting = Meeting::at(&relay, newcomer.code());
    meeting.write(Slot::Offer, &newcomer.offer()).await?;
    let code = newcomer.code().to_string();
    let text = format!(
        "On a device that has your vault, choose Devices, Add a device, or run:\n\n    lifeos approve {code}\n\n\
         The code is good for 10 minutes. Waiting..."
    );
    say(context.form, &json!({ "code": code }), &text)?;
    let digits = newcomer.answered(&meeting.read(Slot::Answer).await?).map_err(|e| error::pairing(&e))?;
    meeting.write(Slot::Reveal, &newcomer.reveal().map_err(|e| error::pairing(&e))?).await?;
    if !agreed(context.form, &digits)? {
        return Err(differ());
    }
    let origin = relay.address().origin().to_owned();
    let admission = newcomer.agreed(origin).map_err(|e| error::pairing(&e))?;
    let Joined { chain, ring, device } = admitted(admission, &meeting).await?;
    let id = device.id();
    let in_force = chain.members().find(|(_, m)| m.role == Role::Paper && m.revoked.is_none());
    let paper = match in_force.map(|(_, member)| member.public.clone()) {
        Some(paper) => paper,
        // A vault without a phrase: sealed to keys that nobody has.
        None => DeviceKeys::generate(&mut rng).public().clone(),
    };
    let founding = Founding { relay: &relay, name, device, paper, chain, ring };
    let header = founding.write(&draft, &passphrase, &mut rng).await?;
    draft.finish(&header)?;
    arrive(context, &relay, &header, &passphrase, id).await
}

/// Lets a new device in.
pub async fn approve(vault: &mut Vault, args: &args::Approve) -> Result<Answer> {
    let code =
        PairingCode::parse(&args.code).map_err(|error| Error::usage("invalid_code", error.to_string()))?;
    let relay = vault.relay()?;
    let meeting = Meeting::at(&relay, &code);
    let Some(offer) = meeting.look(Slot::Offer).await? else {
        let message = format!("no device shows {code} at {} now", relay.address());
        return Err(Error::new(Kind::NotFound, "no_such_code", message)
            .hint("codes are good for 10 minutes, and for one relay; show a new one"));
    };
    let (sponsor, answer) = vault.driver.sponsor(&offer)?;
    meeting.write(Slot::Answer, &answer).await?;
    let (digits, public) =
        sponsor.revealed(&meeting.read(Slot::Reveal).await?).map_err(|e| error::pairing(&e))?;
    if !agreed(vault.form, &digits)? {
        meeting.write(Slot::Verdict, &codec::encode(&Verdict { added: false })).await?;
        return Err(differ());
    }
    let device = public.id();
    let outcome = members::change(vault, MemberChange::Add(public)).await?;
    meeting.write(Slot::Verdict, &codec::encode(&Verdict { added: true })).await?;
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let text = format!("Device {device} is one of yours now. It gets everything that the relay has.");
    Ok(Answer::new(json!({ "device": device, "notes": notes }), text))
}

/// The mailbox that a code leads to.
struct Meeting<'a> {
    relay: &'a Relay,
    mailbox: MailboxId,
    until: Instant,
}

impl<'a> Meeting<'a> {
    fn at(relay: &'a Relay, code: &PairingCode) -> Self {
        let until = Instant::now() + Duration::from_secs(limits::PAIRING_SECONDS);
        Self { relay, mailbox: code.mailbox(), until }
    }
    fn report(&self, error: &RelayError) -> Error {
        error.report(self.relay.address())
    }
    async fn write(&self, slot: Slot, message: &[u8]) -> Result<()> {
        let written = self.relay.put_pairing(&self.mailbox, slot, message).await;
        written.map_err(|error| match error.code() {
            // Somebody else has answered in our place: whoever it is, it is not the other device.
            Some(ErrorCode::AddressTaken) => {
                Error::new(Kind::Integrity, "pairing_failed", "somebody else took part in this pairing")
                    .hint("nobody was added; begin again with a new code")
            }
            _ => self.report(&error),
        })
    }
    async fn look(&self, slot: Slot) -> Result<Option<Vec<u8>>> {
        self.relay.pairing(&self.mailbox, slot).await.map_err(|error| self.report(&error))
    }
    /// Waits for a message.
    async fn read(&self, slot: Slot) -> Result<Vec<u8>> {
        loop {
            match self.relay.pairing(&self.mailbox, slot).await {
                Ok(Some(message)) => return Ok(message),
                // A relay that restarts loses nobody who waits.
                Ok(None) | Err(RelayError::Unreachable(_) | RelayError::Later(..)) => self.pause().await?,
                Err(error) => return Err(self.report(&error)),
            }
        }
    }
    async fn pause(&self) -> Result<()> {
        if Instant::now() >= self.until {
            return Err(Error::failed("code_expired", "the code is older than 10 minutes; nobody was added")
                .hint("run the command again for a new one"));
        }
        sleep(LOOK).await;
        Ok(())
    }
}

/// Waits until the other device has added this one, and reads the vault's chain.
async fn admitted(mut admission: Admission, meeting: &Meeting<'_>) -> Result<Joined> {
    loop {
        let device = admission.device().ok_or_else(|| Error::failed("internal", "the device has no keys"))?;
        let account = admission.account();
        match meeting.relay.open(account, device, |claim| admission.sign(claim)).await {
            Ok(socket) => {
                if let Some(joined) = hear(&mut admission, socket, meeting).await? {
                    return Ok(joined);
                }
            }
            Err(RelayError::Unreachable(_) | RelayError::Later(..)) => {}
            Err(error) => match error.code() {
                Some(ErrorCode::UnknownDevice | ErrorCode::UnknownAccount | ErrorCode::TicketExpired) => {}
                _ => return Err(meeting.report(&error)),
            },
        }
        let verdict = meeting.look(Slot::Verdict).await?.and_then(|bytes| parse::<Verdict>(&bytes).ok());
        if verdict.is_some_and(|verdict| !verdict.added) {
            return Err(Error::failed("not_added", "the other device did not add this one")
                .hint("if its digits were not the same as here, somebody stands in between: try on a network you trust"));
        }
        meeting.pause().await?;
    }
}

async fn hear(
    admission: &mut Admission,
    mut socket: Socket,
    meeting: &Meeting<'_>,
) -> Result<Option<Joined>> {
    while let Ok(Some(frame)) = tokio::time::timeout(Duration::from_secs(30), socket.next()).await {
        match admission.on_frame(&frame).map_err(|e| error::pairing(&e))? {
            AdmissionStep::Send(frames) => {
                if frames.into_iter().any(|frame| !socket.send(frame)) {
                    let lost = RelayError::Unreachable("the connection broke".into());
                    return Err(meeting.report(&lost));
                }
            }
            AdmissionStep::NotYet => break,
            AdmissionStep::Done(joined) => {
                socket.close().await;
                return Ok(Some(*joined));
            }
        }
    }
    socket.close().await;
    Ok(None)
}

/// Shows the digits and asks. Anything but a yes is a no.
fn agreed(form: Form, digits: &str) -> Result<bool> {
    let text = format!("\n    {digits}\n\nDoes the other device show the same six digits? [y/N]");
    say(form, &json!({ "check": digits }), &text)?;
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    Ok(read.is_ok() && matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn differ() -> Error {
    Error::new(Kind::Integrity, "check_differs", "the digits were not said to be equal; nobody was added")
        .hint(
            "if they differed, somebody stands in between: try again on a network and a relay that you trust",
        )
}

fn say(form: Form, json: &Value, text: &str) -> Result<()> {
    match form {
        Form::Json => output::line(&json.to_string()),
        Form::Text => output::line(text),
    }
}

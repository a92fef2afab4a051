//! Commands that change who can read the vault. They need the relay.

use crate::args;
use crate::driver::unexpected;
use crate::error::{Error, Result};
use crate::output::{Answer, Note};
use crate::secret;
use crate::sync;
use crate::vault::Vault;
use engine::api::{MemberChange, MemberStatus, NewPhrase};
use engine::{Command, Reply};
use protocol::Role;
use seal::Phrase;
use serde_json::json;

/// Cuts a device off.
pub async fn revoke(vault: &mut Vault, args: &args::Revoke) -> Result<Answer> {
    let status = vault.driver.status().await?;
    let wanted = args.device.trim().to_ascii_lowercase();
    let others =
        status.members.iter().filter(|m| m.active && m.role == Role::Device && m.device != status.device);
    let fits: Vec<&MemberStatus> = others.filter(|m| m.device.to_string().starts_with(&wanted)).collect();
    let device = match fits.as_slice() {
        [one] if !wanted.is_empty() => one.device,
        [_, _, ..] => {
            return Err(Error::usage("ambiguous", format!("several devices begin with {wanted:?}")));
        }
        _ => {
            let message = format!("no other active device begins with {wanted:?}");
            return Err(Error::usage("no_such_device", message).hint("`lifeos devices` lists them"));
        }
    };
    let outcome = change(vault, MemberChange::Revoke(vec![device])).await?;
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let text = format!(
        "Device {device} is cut off. It keeps what it had; it learns and writes nothing more.\n\
         Whoever holds it can read that, if they can unlock it."
    );
    Ok(Answer::new(json!({ "device": device, "notes": notes }), text))
}

/// Changes who is a member, once everything is in step.
pub(super) async fn change(vault: &mut Vault, change: MemberChange) -> Result<sync::Outcome> {
    let (outcome, reply) = sync::sync_and(vault, None, Some(Command::ChangeMembers(change))).await?;
    match reply {
        Some(Reply::MembersChanged) => Ok(outcome),
        Some(other) => Err(unexpected(&other)),
        None => Err(Error::failed("internal", "the engine gave no answer")),
    }
}

/// 24 words that belong to nothing yet.
pub fn new_phrase() -> Result<Answer> {
    let words = Phrase::generate(&mut secret::rng()?).words();
    let text = format!(
        "{}\n\nWrite these words down. They are not in force yet: `lifeos phrase set --phrase-file FILE` puts them in the\n\
         place of the old ones.",
        words.as_str()
    );
    Ok(Answer::new(json!({ "phrase": words.as_str() }), text))
}

/// Puts new words in the place of the old ones.
pub async fn set_phrase(vault: &mut Vault, args: &args::PhraseSet) -> Result<Answer> {
    let phrase = secret::phrase_of(&args.phrase_file)?;
    let outcome = change(vault, MemberChange::SetRecovery(NewPhrase::new(phrase.words()))).await?;
    vault.keep_recovery()?;
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let text =
        "The new words are in force. The old ones bring the vault to no device any more: destroy them.";
    Ok(Answer::new(json!({ "changed": true, "notes": notes }), text))
}

/// Ends a fork of the list of devices.
pub async fn resolve(vault: &mut Vault, args: &args::Resolve) -> Result<Answer> {
    let parse = |text: &String| {
        let wrong = |_| Error::usage("no_such_device", format!("{text:?} is not the id of a device"));
        text.trim().parse().map_err(wrong)
    };
    let revoke = args.revoke.iter().map(parse).collect::<Result<Vec<_>>>()?;
    let outcome = change(vault, MemberChange::Resolve { revoke: revoke.clone() }).await?;
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let text = "There is one list of devices again; `lifeos devices` shows it.";
    Ok(Answer::new(json!({ "revoked": revoke, "notes": notes }), text))
}

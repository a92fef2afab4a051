//! Commands about the account at a relay: moving it to another one, deleting it, keeping it after all.

use crate::args;
use crate::error::{Error, Kind, Result};
use crate::home::Header;
use crate::net::{Address, Relay, RelayError};
use crate::output::{self, Answer, Form, Note};
use crate::sync;
use crate::vault::Vault;
use serde_json::json;
use std::io::BufRead as _;

/// Gives everything to the relay at another address, and uses that one from now on.
pub async fn move_to(vault: &mut Vault, args: &args::RelayMove) -> Result<Answer> {
    let new = Relay::new(Address::parse(&args.url)?);
    let old = vault.header().relay.clone();
    if new.address().to_string() == old {
        return Err(Error::usage("same_relay", format!("this vault is at {old} already")));
    }
    // Whoever is left with an app that stays at the old address needs the words to come along.
    if vault.driver.engine().paper().is_none() {
        return Err(Error::failed(
            "no_phrase",
            "the vault has no recovery phrase; it is the way in at a new address",
        )
        .hint("`lifeos phrase new` and `lifeos phrase set` make one"));
    }
    new.greet().await.map_err(|error| error.report(new.address()))?;
    let mut notes = vec![sync::introduce(vault, &new, args.invite.clone()).await?];
    // Only now: until here nothing was promised by the new one.
    let header = Header { relay: new.address().to_string(), ..vault.header().clone() };
    vault.home.rewrite(header)?;
    let outcome = sync::sync(vault, args.invite.clone()).await.map_err(|error| {
        error.hint("the vault is at the new relay from now on; `lifeos sync` sends the rest when it answers")
    })?;
    notes.extend(outcome.notes.clone());
    let notes: Vec<_> = notes.iter().map(Note::json).collect();
    let json = json!({
        "relay": new.address().to_string(), "before": old,
        "pushed": outcome.pushed, "pulled": outcome.pulled, "pending": outcome.pending, "notes": notes,
    });
    let text = format!(
        "This vault is at {} now, with everything that is on this device. Move each of your other devices too:\n\
         what they have not sent yet is only on them. {old} still holds what it had, sealed.",
        new.address()
    );
    Ok(Answer::new(json, text))
}

async fn ask_relay(vault: &Vault, delete: bool) -> Result<(Relay, Option<i64>)> {
    let relay = vault.relay()?;
    let engine = vault.driver.engine();
    let (Some(account), Some(device)) = (engine.account(), engine.device()) else {
        return Err(Error::failed("internal", "the engine is not ready"));
    };
    let asked = relay.delete_account(account, device, delete, |claim| engine.sign(claim)).await;
    let until = asked.map_err(|error: RelayError| error.report(relay.address()))?;
    Ok((relay, until))
}

/// Asks a person; a program has to say it beforehand.
fn typed_delete(form: Form) -> Result<bool> {
    if form == Form::Json {
        return Ok(false);
    }
    output::line("The relay will erase everything of this account in 7 days. Type delete to go on:")?;
    let mut line = String::new();
    Ok(std::io::stdin().lock().read_line(&mut line).is_ok() && line.trim() == "delete")
}

/// Has the account deleted.
pub async fn delete(vault: &mut Vault, args: &args::AccountDelete) -> Result<Answer> {
    if !args.yes && !typed_delete(vault.form)? {
        return Err(Error::new(Kind::Failed, "not_confirmed", "nothing was deleted")
            .hint("type delete when asked, or give --yes"));
    }
    let (relay, until) = ask_relay(vault, true).await?;
    let when = until.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let when = when.map_or_else(|| "in 7 days".to_owned(), |time| format!("at {time}"));
    let text = format!(
        "{} serves nothing of this account any more, and erases it {when}. Until then `lifeos account keep` takes that back.\n\
         What is on your devices stays there until you remove it.",
        relay.address()
    );
    Ok(Answer::new(json!({ "until": until }), text))
}

/// Takes the deletion back.
pub async fn keep(vault: &mut Vault) -> Result<Answer> {
    let (relay, until) = ask_relay(vault, false).await?;
    Ok(Answer::new(json!({ "until": until }), format!("{} keeps this account.", relay.address())))
}

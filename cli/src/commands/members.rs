//! Commands that change who can read the vault. They need the relay.

use crate::args;
use crate::driver::unexpected;
use crate::error::{Error, Result};
use crate::output::{Answer, Note};
use crate::sync;
use crate::vault::Vault;
use engine::api::{MemberChange, MemberStatus};
use engine::{Command, Reply};
use protocol::Role;
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
    let command = Command::ChangeMembers(MemberChange::Revoke(vec![device]));
    let (outcome, reply) = sync::sync_and(vault, None, Some(command)).await?;
    match reply {
        Some(Reply::MembersChanged) => {}
        Some(other) => return Err(unexpected(&other)),
        None => return Err(Error::failed("internal", "the engine gave no answer")),
    }
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let text = format!(
        "Device {device} is cut off. It keeps what it had; it learns and writes nothing more.\n\
         Whoever holds it can read that, if they can unlock it."
    );
    Ok(Answer::new(json!({ "device": device, "notes": notes }), text))
}

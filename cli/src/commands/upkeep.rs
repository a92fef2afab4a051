//! Commands about the vault as a whole: sync, status, devices, verify, rebuild.

use super::alarms;
use crate::args;
use crate::driver::unexpected;
use crate::error::{Kind, Result};
use crate::output::{Answer, Note, table};
use crate::sync;
use crate::vault::Vault;
use engine::{Command, Query, Reply};
use protocol::Role;
use serde_json::json;

/// Sends and receives until nothing is left.
pub async fn sync(vault: &mut Vault, args: &args::Sync) -> Result<Answer> {
    let done = sync::sync(vault, args.invite.clone()).await;
    vault.forget();
    let outcome = done?;
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let json = json!({
        "pushed": outcome.pushed, "pulled": outcome.pulled, "pending": outcome.pending, "notes": notes,
    });
    let text = format!(
        "In sync: {} entries sent, {} received, {} waiting.",
        outcome.pushed, outcome.pulled, outcome.pending
    );
    Ok(Answer::new(json, text))
}

/// Where this device stands. Asks no relay.
pub async fn status(vault: &mut Vault) -> Result<Answer> {
    let status = vault.driver.status().await?;
    let (journal, synchronous) = vault.driver.store().durability().await?;
    let header = vault.header();
    let synchronous = if synchronous == 2 { "full".to_owned() } else { synchronous.to_string() };
    let revoked = status.members.iter().any(|m| m.device == status.device && !m.active);
    let ways_in = status.members.iter().filter(|m| m.active && m.role != Role::Guest).count();
    let json = json!({
        "account": header.account, "device": status.device, "name": header.name, "space": status.space,
        "relay": header.relay, "home": vault.home.path(),
        "pending": status.pending, "waiting": status.waiting, "ways_in": ways_in, "revoked": revoked,
        "forked": status.fork.is_some(),
        "store": { "journal_mode": journal, "synchronous": synchronous },
    });
    let pending = match status.pending {
        0 => "nothing: all was sent".to_owned(),
        1 => "1 change to send".to_owned(),
        n => format!("{n} changes to send"),
    };
    let mut rows = vec![
        vec!["device".into(), format!("{} ({})", header.name, status.device)],
        vec!["account".into(), header.account.to_string()],
        vec!["relay".into(), header.relay.clone()],
        vec!["home".into(), vault.home.path().display().to_string()],
        vec!["pending".into(), pending],
    ];
    if status.waiting > 0 {
        rows.push(vec![
            "waiting".into(),
            format!("{} entries wait for others they build on", status.waiting),
        ]);
    }
    if revoked {
        rows.push(vec![
            "revoked".into(),
            "another device has cut this one off; it reads, and writes nothing".into(),
        ]);
    } else if ways_in < 2 {
        let todo = "this is the only way in: `lifeos phrase new` makes words for a second one";
        rows.push(vec!["warning".into(), todo.into()]);
    }
    if status.fork.is_some() {
        let todo = "the relay has another list of devices; nothing is sent until `lifeos resolve`";
        rows.push(vec!["warning".into(), todo.into()]);
    }
    Ok(Answer::new(json, table(&rows)))
}

/// Who can read this vault.
pub async fn devices(vault: &mut Vault) -> Result<Answer> {
    let status = vault.driver.status().await?;
    let mut rows =
        vec![vec!["DEVICE".into(), "ROLE".into(), "STATE".into(), "ENTRIES".into(), String::new()]];
    let mut list = Vec::new();
    for member in &status.members {
        let role = match member.role {
            Role::Device => "device",
            Role::Paper => "recovery phrase",
            Role::Guest => "guest",
        };
        let here = member.device == status.device;
        let name = if here { Some(vault.header().name.clone()) } else { None };
        let state = if member.active { "active" } else { "revoked" };
        let mark = name.as_ref().map_or_else(String::new, |name| format!("this one: {name}"));
        rows.push(vec![
            member.device.to_string(),
            role.into(),
            state.into(),
            member.entries.to_string(),
            mark,
        ]);
        list.push(json!({
            "device": member.device, "role": role, "active": member.active, "entries": member.entries,
            "this": here, "name": name,
        }));
    }
    Ok(Answer::new(json!({ "devices": list }), table(&rows)))
}

/// Checks everything; the exit code is 6 if something is wrong.
pub async fn verify(vault: &mut Vault) -> Result<Answer> {
    let mut problems = vault.driver.store().check().await?;
    let verified = match vault.run_telling(Command::Verify).await? {
        Reply::Verified(verified) => verified,
        other => return Err(unexpected(&other)),
    };
    problems.extend(verified.problems);
    let alarms = match vault.driver.ask(Query::Alarms).await? {
        Reply::Alarms(alarms) => alarms,
        other => return Err(unexpected(&other)),
    };
    let counted = format!(
        "{} links, {} entries, {} documents, {} rows",
        verified.links, verified.entries, verified.documents, verified.rows
    );
    let mut text = if problems.is_empty() {
        format!("All is well: {counted} checked.")
    } else {
        format!(
            "{} problems in {counted}:\n{}\n\nIf they are about rows alone, `lifeos rebuild` mends them. Otherwise keep \
             this home and join again into an empty one; what the relay has comes back.",
            problems.len(),
            problems.join("\n")
        )
    };
    if !alarms.is_empty() {
        text.push_str("\n\nWhat was noticed before:");
        alarms.iter().for_each(|alarm| text.push_str(&format!("\n\n{}", alarms::told(alarm))));
    }
    let noticed: Vec<_> = alarms.iter().map(alarms::json).collect();
    let json = json!({
        "alarms": noticed,
        "ok": problems.is_empty(), "links": verified.links, "entries": verified.entries,
        "documents": verified.documents, "rows": verified.rows, "problems": problems,
    });
    let exit = if problems.is_empty() { 0 } else { Kind::Integrity.exit() };
    Ok(Answer { json, text, exit })
}

/// Makes the read model anew.
pub async fn rebuild(vault: &mut Vault) -> Result<Answer> {
    let done = vault.run_telling(Command::Rebuild).await?;
    vault.forget();
    match done {
        Reply::Rebuilt(documents) => {
            Ok(Answer::new(json!({ "documents": documents }), format!("{documents} documents read.")))
        }
        other => Err(unexpected(&other)),
    }
}

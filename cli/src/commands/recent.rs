//! The last changes of the vault, whoever made them, and taking them back.

use crate::args;
use crate::driver::unexpected;
use crate::error::{Error, Kind, Result};
use crate::output::{Answer, table};
use crate::records;
use crate::vault::Vault;
use engine::{Command, Edit, Origin, Reply};
use life::day::OtherAnswer;
use life::recent::{self, Change, Standing};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Changes that are shown unless a number is given.
const SHOWN: u32 = 20;
/// Letters of a change's name that are shown to people.
const NAME: usize = 12;

/// Shows the last changes.
pub async fn recent(vault: &mut Vault, args: &args::Recent) -> Result<Answer> {
    let changes = last(vault, args.limit.unwrap_or(SHOWN)).await?;
    let lines: Vec<Vec<String>> = changes.iter().flat_map(lines_of).collect();
    let json: Vec<Json> = changes.iter().map(Change::to_json).collect();
    Ok(Answer::new(json!({ "changes": json }), table(&lines)))
}

/// Takes changes back: those that are named, or the last one that stands.
pub async fn undo(vault: &mut Vault, args: &args::Undo) -> Result<Answer> {
    let changes = last(vault, u32::MAX).await?;
    let wanted: Vec<&Change> = match args.changes.as_slice() {
        [] => step(&changes)?,
        names => names.iter().map(|name| named(&changes, name)).collect::<Result<_>>()?,
    };
    let named = wanted.iter().map(|change| (change.key.clone(), change.item.change));
    let mut taking = recent::TakingBack::new(named);
    while let Some(question) = taking.question() {
        taking.answer(vault.driver.ask(question).await?).map_err(other_answer)?;
    }
    let back = taking.taken_back().ok_or_else(|| gone("the record is not there any more"))?;
    let titles: BTreeSet<String> =
        wanted.iter().map(|change| format!("{} {}", change.key.kind, change.title)).collect();
    let titles = titles.into_iter().collect::<Vec<_>>().join(", ");
    let (taken, left) = (!back.edits.is_empty(), back.left.len());
    write(vault, back.edits).await?;
    let text = match (taken, left) {
        (true, 0) => format!("taken back: {titles}"),
        (true, left) => format!("taken back: {titles}; {left} values were changed again since and stay"),
        (false, 0) => format!("nothing to take back: {titles} is as it was before"),
        (false, _) => format!("nothing taken back: {titles} was changed again since"),
    };
    let names: Vec<Json> = wanted.iter().map(|change| json!(change.name())).collect();
    Ok(Answer::new(json!({ "changes": names, "taken": taken, "left": left }), text))
}

async fn last(vault: &mut Vault, limit: u32) -> Result<Vec<Change>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut asking = recent::Asking::new(limit, vault.driver.clock().millis());
    while let Some(question) = asking.question() {
        asking.answer(vault.driver.ask(question).await?).map_err(other_answer)?;
    }
    Ok(asking.changes())
}

fn other_answer(error: OtherAnswer) -> Error {
    Error::failed("unexpected", error.to_string())
}

/// The last doing that still stands, and was not to take something back: so that one goes further back each time.
fn step(changes: &[Change]) -> Result<Vec<&Change>> {
    let stands = |change: &&Change| matches!(change.standing, Standing::Whole | Standing::Partly);
    let made = |change: &&Change| change.item.origin != Some(Origin::Undo) && stands(change);
    let none = || gone("there is no change to take back").hint("`lifeos recent` shows the last ones");
    let first = changes.iter().find(made).ok_or_else(none)?;
    Ok(changes.iter().filter(|change| change.is_of(first) && stands(change)).collect())
}

fn named<'a>(changes: &'a [Change], name: &str) -> Result<&'a Change> {
    let begins = |change: &&Change| change.name().starts_with(name);
    let hint = "`lifeos recent` shows their names";
    let mut found = changes.iter().filter(begins);
    match (found.next(), found.next()) {
        (Some(change), None) => Ok(change),
        (Some(_), Some(_)) => {
            Err(Error::usage("malformed", format!("{name:?} begins the names of several changes")).hint(hint))
        }
        (None, _) => Err(gone(format!("{name:?} is none of the last changes")).hint(hint)),
    }
}

fn gone(message: impl Into<String>) -> Error {
    Error::new(Kind::NotFound, "not_found", message)
}

async fn write(vault: &mut Vault, edits: Vec<Edit>) -> Result<()> {
    if edits.is_empty() {
        return Ok(());
    }
    match vault.driver.run(Command::Edit(edits)).await? {
        Reply::Edited(_) => Ok(()),
        other => Err(unexpected(&other)),
    }
}

/// A change for people: a line a value.
fn lines_of(change: &Change) -> Vec<Vec<String>> {
    let json = change.to_json();
    let text = |name: &str| json.get(name).map(records::text).unwrap_or_default();
    let name = change.name().chars().take(NAME).collect::<String>();
    let note = match change.standing {
        Standing::Whole => "",
        Standing::Partly => "partly changed since",
        Standing::Changed => "changed since",
        Standing::Back => "taken back",
    };
    let what = format!("{} {}", change.key.kind, change.title);
    let device: String = text("device").chars().take(6).collect();
    let origin = change.item.origin.map_or_else(String::new, |_| text("origin"));
    let line = |said: String| {
        vec![name.clone(), text("time"), device.clone(), origin.clone(), what.clone(), said, note.to_owned()]
    };
    let item = &change.item;
    let whole = [(item.made, "made"), (item.trashed, "into the trash"), (item.restored, "out of the trash")];
    let mut lines: Vec<Vec<String>> =
        whole.into_iter().filter(|(is, _)| *is).map(|(_, word)| line(word.to_owned())).collect();
    if !item.made || change.key.part.is_some() {
        let none = Vec::new();
        let parts = json.get("changes").and_then(Json::as_array).unwrap_or(&none);
        let said = parts.iter().map(super::look::said);
        lines.extend(said.map(|(place, values)| line(format!("{place}  {values}"))));
    }
    lines
}

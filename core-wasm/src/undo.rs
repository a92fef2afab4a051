//! Changes that can be taken back: what takes them back is noted before they are made.

use crate::desk::{Errand, unexpected};
use crate::error::{Code, CoreError};
use crate::request::ChangeName;
use crate::views::TakenBack;
use engine::{DocKey, Edit, Origin, Row};
use life::recent;
use life::undo::{self, Undo as Change};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What takes one step of a person back, which may have changed many documents.
pub(crate) type Undo = Vec<Change>;

/// Edits of one transaction.
const CHUNK: usize = 500;

/// Makes edits durable so that they can be taken back in one step; the rows as they are then.
pub(crate) async fn edit(errand: &Errand, edits: Vec<Edit>) -> Result<Vec<Row>, CoreError> {
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let keys = edits.iter().map(|edit| edit.key.clone()).collect();
    let rows: Vec<Row> = errand.desk.rows(keys).await?.into_iter().flatten().collect();
    let undo = Change::of(&edits, &rows);
    let rows = errand.desk.edit(edits).await?;
    errand.desk.remember(undo);
    Ok(rows)
}

/// Takes a step back.
pub(crate) async fn carry_out(errand: &Errand, undo: Undo) -> Result<(), CoreError> {
    for changes in undo.chunks(CHUNK) {
        let rows = errand.desk.rows(undo::keys(changes)).await?;
        let rows: BTreeMap<DocKey, Row> =
            rows.into_iter().flatten().map(|row| (row.key.clone(), row)).collect();
        let edits = changes.iter().flat_map(|change| change.edits(rows.get(change.key()), Origin::Undo));
        let edits: Vec<Edit> = edits.collect();
        if !edits.is_empty() {
            errand.desk.edit(edits).await?;
        }
    }
    Ok(())
}

/// The last changes of the vault, the newest first.
pub(crate) async fn recent(errand: &Errand, limit: u32) -> Result<Vec<Json>, CoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut asking = recent::Asking::new(limit, errand.clock.millis());
    while let Some(question) = asking.question() {
        asking.answer(errand.desk.ask(question).await?).map_err(|_| unexpected())?;
    }
    Ok(asking.changes().iter().map(recent::Change::to_json).collect())
}

/// Takes changes back, whoever made them.
pub(crate) async fn take_back(errand: &Errand, changes: &[ChangeName]) -> Result<TakenBack, CoreError> {
    let mut named = Vec::new();
    for change in changes {
        let wrong = || CoreError::new(Code::InvalidId, format!("there is no change {}", change.change));
        let key = recent::document_of(&change.document).ok_or_else(wrong)?;
        let hash = recent::change_of(&change.change).ok_or_else(wrong)?;
        named.push((key, hash));
    }
    let mut taking = recent::TakingBack::new(named);
    while let Some(question) = taking.question() {
        taking.answer(errand.desk.ask(question).await?).map_err(|_| unexpected())?;
    }
    let back = taking.taken_back().ok_or_else(crate::records::gone)?;
    let (taken, left) = (!back.edits.is_empty(), back.left.len());
    edit(errand, back.edits).await?;
    Ok(TakenBack { taken, left })
}

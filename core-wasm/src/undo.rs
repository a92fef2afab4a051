//! Changes that can be taken back: what takes them back is noted before they are made.

use crate::desk::Errand;
use crate::error::CoreError;
use engine::{DocKey, Edit, Origin, Row};
use life::undo::{self, Undo as Change};
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
    let undo = before(errand, &edits).await?;
    let rows = errand.desk.edit(edits).await?;
    errand.desk.remember(undo);
    Ok(rows)
}

/// What takes `edits` back, asked before they are made.
pub(crate) async fn before(errand: &Errand, edits: &[Edit]) -> Result<Undo, CoreError> {
    let keys = edits.iter().map(|edit| edit.key.clone()).collect();
    let rows: Vec<Row> = errand.desk.rows(keys).await?.into_iter().flatten().collect();
    Ok(Change::of(edits, &rows))
}

/// Takes a step back.
pub(crate) async fn carry_out(errand: &Errand, undo: Undo) -> Result<(), CoreError> {
    for changes in undo.chunks(CHUNK) {
        let rows = errand.desk.rows(undo::keys(changes)).await?;
        let rows: BTreeMap<DocKey, Row> =
            rows.into_iter().flatten().map(|row| (row.key.clone(), row)).collect();
        let edits = changes.iter().flat_map(|change| change.edits(rows.get(change.key()), Origin::Hand));
        let edits: Vec<Edit> = edits.collect();
        if !edits.is_empty() {
            errand.desk.edit(edits).await?;
        }
    }
    Ok(())
}

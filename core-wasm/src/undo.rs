//! How a change is taken back: by a further change that says what was before. Nothing is rewritten.

use crate::desk::Errand;
use crate::error::CoreError;
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, Row, Value};

/// The edits that bring back what was before other edits.
pub(crate) type Undo = Vec<Edit>;

/// Makes edits durable so that they can be taken back in one step; the rows as they are then.
pub(crate) async fn edit(errand: &Errand, edits: Vec<Edit>) -> Result<Vec<Row>, CoreError> {
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let undo = inverse(errand, &edits).await?;
    let rows = errand.desk.edit(edits).await?;
    errand.desk.remember(undo);
    Ok(rows)
}

/// What takes `edits` back, asked before they are made.
pub(crate) async fn inverse(errand: &Errand, edits: &[Edit]) -> Result<Undo, CoreError> {
    let keys: Vec<DocKey> = edits.iter().map(|edit| edit.key.clone()).collect();
    let before = errand.desk.rows(keys).await?;
    // Several edits of one document: the last is taken back first, and the first brings back what was.
    Ok(edits.iter().zip(&before).rev().map(|(edit, row)| back(edit, row.as_ref())).collect())
}

/// Takes back what `undo` brings back.
pub(crate) async fn carry_out(errand: &Errand, undo: Undo) -> Result<(), CoreError> {
    for edits in undo.chunks(CHUNK) {
        errand.desk.edit(edits.to_vec()).await?;
    }
    Ok(())
}

/// Edits of one transaction.
const CHUNK: usize = 500;

/// The edit that makes a document say what `row` says, where `edit` writes. What was made goes to the trash; the document
/// of a stream has none, its rows go.
fn back(edit: &Edit, row: Option<&Row>) -> Edit {
    let made = row.is_none() && edit.key.part.is_none();
    let ops = match made {
        true => vec![EditOp::Trash],
        false => edit.ops.iter().map(|op| before(op, row)).collect(),
    };
    Edit { key: edit.key.clone(), expect: Expect::Any, ops, time: None, origin: Origin::Hand }
}

fn before(op: &EditOp, row: Option<&Row>) -> EditOp {
    let fields = row.map(|row| &row.fields);
    let read = |path: &Path| match path {
        Path::Field(name) => fields?.get(name),
        Path::Key(map, key) => match fields?.get(map)? {
            Value::Map(map) => map.get(key),
            _ => None,
        },
    };
    match op {
        EditOp::Put(path, _) | EditOp::Remove(path) => match read(path) {
            Some(value) => EditOp::Put(path.clone(), value.clone()),
            None => EditOp::Remove(path.clone()),
        },
        EditOp::PutText(name, _) => {
            let text = match fields.and_then(|fields| fields.get(name)) {
                Some(Value::Text(text)) => text.clone(),
                _ => String::new(),
            };
            EditOp::PutText(name.clone(), text)
        }
        EditOp::Trash => EditOp::Untrash,
        EditOp::Untrash => EditOp::Trash,
    }
}

//! What changed in a document, when, by whom and from what to what. Read from the changes themselves.

use crate::document::{Document, read_message, read_value};
use crate::record::{FieldChange, HistoryItem, Path};
use automerge::{Automerge, ChangeHash, ChangeMetadata, ObjType, PatchAction, Prop, ROOT, ReadDoc};
use std::collections::{BTreeMap, BTreeSet};

/// All changes of `document` made by people and rules, oldest first.
pub(crate) fn of(document: &Document) -> Vec<HistoryItem> {
    last(document, usize::MAX)
}

/// The last `limit` of them: each stands behind all that it builds on.
pub(crate) fn last(document: &Document, limit: usize) -> Vec<HistoryItem> {
    let doc = document.automerge();
    let changes = doc.get_changes_meta(&[]);
    let own: Vec<&ChangeMetadata<'_>> =
        changes.iter().filter(|change| !document.is_constant(&change.hash)).collect();
    let trashing = |change: &&ChangeMetadata<'_>| (change.hash, read_message(change.message.as_deref()).1);
    let trashing: BTreeMap<ChangeHash, bool> = own.iter().map(trashing).collect();
    let beyond = own.len().saturating_sub(limit);
    let wanted = own.into_iter().skip(beyond);
    wanted.map(|change| item(doc, change, &trashing)).collect()
}

/// `trashing` says of each change that is no constant one whether it put the record in the trash.
fn item(doc: &Automerge, change: &ChangeMetadata<'_>, trashing: &BTreeMap<ChangeHash, bool>) -> HistoryItem {
    let (origin, trashed) = read_message(change.message.as_deref());
    let mut device = [0; 8];
    // The actor is 8 bytes of the device id and 8 random ones.
    device.iter_mut().zip(change.actor.to_bytes()).for_each(|(to, from)| *to = *from);
    let seen: Vec<bool> = change.deps.iter().filter_map(|dep| trashing.get(dep).copied()).collect();
    HistoryItem {
        change: change.hash.0,
        time: change.timestamp,
        device,
        origin,
        made: seen.is_empty(),
        trashed,
        restored: !trashed && !seen.is_empty() && seen.into_iter().all(|trashed| trashed),
        fields: touched(doc, &change.deps, &change.hash),
    }
}

fn touched(doc: &Automerge, before: &[ChangeHash], change: &ChangeHash) -> Vec<FieldChange> {
    let after = [*change];
    let mut paths = BTreeSet::new();
    for patch in doc.diff(before, &after) {
        let key = match &patch.action {
            PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key } => Some(key.clone()),
            PatchAction::Increment { prop: Prop::Map(key), .. } => Some(key.clone()),
            _ => None,
        };
        let outer = patch.path.first().map(|(_, prop)| prop.to_string());
        match (outer, key) {
            (None, Some(key)) if key != "deleted" => drop(paths.insert(Path::Field(key))),
            (Some(map), Some(key)) => drop(paths.insert(Path::Key(map, key))),
            // A splice: the text field is the outermost step of the path.
            (Some(text), None) => drop(paths.insert(Path::Field(text))),
            _ => {}
        }
    }
    let read = |path: &Path, heads: &[ChangeHash]| match path {
        Path::Field(name) => read_value(doc, &ROOT, name, Some(heads)),
        Path::Key(map, key) => match doc.get(ROOT, map.as_str()) {
            Ok(Some((automerge::Value::Object(ObjType::Map), object))) => {
                read_value(doc, &object, key, Some(heads))
            }
            _ => None,
        },
    };
    paths
        .into_iter()
        .map(|path| FieldChange { before: read(&path, before), after: read(&path, &after), path })
        .filter(|f| f.before != f.after)
        .collect()
}

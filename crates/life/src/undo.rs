//! Taking a change back: by a further change that says what was before. Nothing is rewritten, and what others changed in
//! between stays, but for the very values that are taken back.

use crate::edit::{trash, untrash};
use crate::record::{RecordType, Shape};
use engine::{DocKey, Edit, EditOp, Expect, Origin, Path, Row, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What takes a change of one document back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    key: DocKey,
    /// The change made the record.
    made: bool,
    /// Whether it was in the trash before.
    deleted: bool,
    /// The values that were changed, as they were.
    values: BTreeMap<Path, Option<Value>>,
    /// Likewise, texts.
    texts: BTreeMap<String, String>,
}

impl Undo {
    /// What takes `edits` back, one a document. `before` are the rows of those documents that there were before.
    pub fn of<'a>(edits: impl IntoIterator<Item = &'a Edit>, before: &[Row]) -> Vec<Self> {
        let mut all: BTreeMap<&DocKey, Self> = BTreeMap::new();
        let rows: BTreeMap<&DocKey, &Row> = before.iter().map(|row| (&row.key, row)).collect();
        for edit in edits {
            let row = rows.get(&edit.key).copied();
            let undo = all.entry(&edit.key).or_insert_with(|| Self {
                key: edit.key.clone(),
                made: row.is_none(),
                deleted: row.is_some_and(|row| row.deleted),
                values: BTreeMap::new(),
                texts: BTreeMap::new(),
            });
            undo.note(&edit.ops, row);
        }
        all.into_values().collect()
    }

    fn note(&mut self, ops: &[EditOp], row: Option<&Row>) {
        for op in ops {
            match op {
                EditOp::Put(path, _) | EditOp::Remove(path) => {
                    self.values.insert(path.clone(), row.and_then(|row| value_at(row, path)));
                }
                EditOp::PutText(name, _) => {
                    let text = row.and_then(|row| crate::reading::text(row, name)).unwrap_or_default();
                    self.texts.insert(name.clone(), text.to_owned());
                }
                EditOp::Trash | EditOp::Untrash => {}
            }
        }
    }

    /// The document: ask the engine for its row, then [`Undo::edits`].
    pub fn key(&self) -> &DocKey {
        &self.key
    }

    /// The edits that take the change back, in order; none where nothing is left of it. A record that the change made goes
    /// into the trash.
    pub fn edits(&self, now: Option<&Row>, origin: Origin) -> Vec<Edit> {
        let Some(now) = now else { return Vec::new() };
        let is_thing = RecordType::of(now).is_none_or(|record| record.shape == Shape::Thing);
        if self.made && is_thing {
            return trash(now, origin).into_iter().collect();
        }
        let edit = |ops| Edit { key: self.key.clone(), expect: Expect::Any, ops, time: None, origin };
        let ops = self.ops(now);
        let changed = !ops.is_empty();
        let mut edits: Vec<Edit> = changed.then(|| edit(ops)).into_iter().collect();
        match (self.deleted, now.deleted) {
            // Any change takes a record out of the trash.
            (true, _) if changed || !now.deleted => edits.push(edit(vec![EditOp::Trash])),
            (false, true) => edits.extend(untrash(now, origin)),
            _ => {}
        }
        edits
    }

    fn ops(&self, now: &Row) -> Vec<EditOp> {
        let values = self.values.iter().filter(|(path, then)| value_at(now, path) != **then);
        let values = values.map(|(path, then)| match then {
            Some(value) => EditOp::Put(path.clone(), value.clone()),
            None => EditOp::Remove(path.clone()),
        });
        let text = |name: &str| crate::reading::text(now, name).unwrap_or_default();
        let texts = self.texts.iter().filter(|(name, then)| text(name) != then.as_str());
        values.chain(texts.map(|(name, then)| EditOp::PutText(name.clone(), then.clone()))).collect()
    }
}

/// The documents of many changes, each once.
pub fn keys(all: &[Undo]) -> Vec<DocKey> {
    let keys: BTreeSet<&DocKey> = all.iter().map(Undo::key).collect();
    keys.into_iter().cloned().collect()
}

/// What a row says at a place.
pub(crate) fn value_at(row: &Row, path: &Path) -> Option<Value> {
    match path {
        Path::Field(name) => row.fields.get(name).cloned(),
        Path::Key(name, key) => match row.fields.get(name)? {
            Value::Map(map) => map.get(key).cloned(),
            _ => None,
        },
    }
}

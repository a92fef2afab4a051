//! A change taken back, by whoever made it: from the document's history alone, so on any device and after any restart.
//!
//! Invariant: what was changed again since stays as it is, even if it happens to read the same now.

use crate::field::FieldType;
use crate::record::{ROWS, RecordType, Shape};
use crate::undo::value_at;
use crate::{edit, rows};
use engine::{Edit, EditOp, Expect, HistoryItem, Origin, Path, Row, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is left alone of a record that was moved into the trash or out of it again.
const TRASH: &str = "deleted";

/// How a change stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All of it can be taken back.
    Whole,
    /// Some of it was changed again since, the rest can be taken back.
    Partly,
    /// All of it was changed again since.
    Changed,
    /// All is as it was before the change.
    Back,
}

/// What takes changes of one document back.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenBack {
    /// The edits, in order; none if nothing is left to take back.
    pub edits: Vec<Edit>,
    /// What was changed again since, and stays.
    pub left: Vec<Path>,
}

impl TakenBack {
    /// Of the `wanted` changes among `items`, which are the document's last ones, oldest first; `now` is its row.
    pub fn of(items: &[HistoryItem], wanted: &BTreeSet<[u8; 32]>, now: &Row) -> Self {
        let taking = Taking::of(items, wanted, now);
        let is_thing = RecordType::of(now).is_none_or(|record| record.shape == Shape::Thing);
        if taking.made && is_thing {
            let edits = edit::trash(now, Origin::Undo).into_iter().collect();
            return Self { edits, left: Vec::new() };
        }
        let (ops, mut left) = taking.ops();
        let edit = |ops| Edit {
            key: now.key.clone(),
            expect: Expect::Exists,
            ops,
            time: None,
            origin: Origin::Undo,
        };
        let changed = !ops.is_empty();
        let mut edits: Vec<Edit> = changed.then(|| edit(ops)).into_iter().collect();
        let deleted = match taking.trash {
            Some(trashed) if trashed == now.deleted && taking.moved_again => {
                left.push(Path::Field(TRASH.to_owned()));
                now.deleted
            }
            Some(trashed) => !trashed,
            None => now.deleted,
        };
        match (deleted, now.deleted) {
            // Any change takes a record out of the trash.
            (true, there) if changed || !there => edits.push(edit(vec![EditOp::Trash])),
            (false, true) if !changed => edits.extend(edit::untrash(now, Origin::Undo)),
            _ => {}
        }
        Self { edits, left }
    }

    /// What can be done about the change.
    pub fn standing(&self) -> Standing {
        match (self.edits.is_empty(), self.left.is_empty()) {
            (false, true) => Standing::Whole,
            (false, false) => Standing::Partly,
            (true, false) => Standing::Changed,
            (true, true) => Standing::Back,
        }
    }
}

/// What was changed: from what, to what.
struct Span<'a> {
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    again: bool,
}

/// Changes of one document, seen as one.
struct Taking<'a> {
    now: &'a Row,
    made: bool,
    /// Whether they put it in the trash or took it out, if they did either.
    trash: Option<bool>,
    /// Whether others did so since.
    moved_again: bool,
    spans: BTreeMap<&'a Path, Span<'a>>,
}

impl<'a> Taking<'a> {
    fn of(items: &'a [HistoryItem], wanted: &BTreeSet<[u8; 32]>, now: &'a Row) -> Self {
        let mut taking = Self { now, made: false, trash: None, moved_again: false, spans: BTreeMap::new() };
        for item in items {
            let own = wanted.contains(&item.change);
            for change in &item.fields {
                if own {
                    let before = change.before.as_ref();
                    let span = taking.spans.entry(&change.path);
                    let span = span.or_insert(Span { before, after: None, again: false });
                    span.after = change.after.as_ref();
                } else if let Some(span) = taking.spans.get_mut(&change.path) {
                    span.again = true;
                }
            }
            taking.made |= own && item.made;
            if own && (item.trashed || item.restored) {
                (taking.trash, taking.moved_again) = (Some(item.trashed), false);
            } else if item.trashed || item.restored {
                taking.moved_again = true;
            }
        }
        taking
    }

    fn ops(&self) -> (Vec<EditOp>, Vec<Path>) {
        let (mut ops, mut left) = (Vec::new(), Vec::new());
        for (path, span) in &self.spans {
            let now = value_at(self.now, path);
            if same(now.as_ref(), span.before) {
                continue;
            }
            if span.again || !same(now.as_ref(), span.after) {
                left.push((*path).clone());
            } else if !self.bears_others(path, span) {
                ops.push(self.op(path, span.before));
            }
        }
        (ops, left)
    }

    fn op(&self, path: &Path, before: Option<&Value>) -> EditOp {
        let record = RecordType::of(self.now);
        let field = record.and_then(|record| record.fields().find(|field| field.name == path.name()));
        match (path, before, field.map(|field| field.kind)) {
            (Path::Field(name), Some(Value::Text(text)), Some(FieldType::Prose(_))) => {
                EditOp::PutText(name.clone(), text.clone())
            }
            (Path::Field(name), None, Some(FieldType::Prose(_))) => {
                EditOp::PutText(name.clone(), String::new())
            }
            (_, Some(value), _) => EditOp::Put(path.clone(), value.clone()),
            (_, None, _) => EditOp::Remove(path.clone()),
        }
    }

    /// Whether `path` says when a row of a stream was written, and others wrote more of that row since.
    fn bears_others(&self, path: &Path, span: &Span<'_>) -> bool {
        let Path::Key(map, key) = path else { return false };
        let Some((row, _)) = key.split_once('|').filter(|(_, name)| map == ROWS && rows::is_stamp(name))
        else {
            return false;
        };
        let Some(Value::Map(flat)) = self.now.fields.get(ROWS) else { return false };
        let others = flat
            .keys()
            .filter(|key| key.split_once('|').is_some_and(|(of, name)| of == row && !rows::is_stamp(name)));
        let stays = |key: &String| {
            let span = self.spans.get(&Path::Key(ROWS.to_owned(), key.clone()));
            span.is_none_or(|span| span.again || span.before.is_some())
        };
        span.before.is_none() && others.into_iter().any(stays)
    }
}

/// Whether two values are the same; a text without letters is none.
fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    let there = |value: Option<&Value>| {
        value.filter(|value| !matches!(value, Value::Text(text) if text.is_empty())).cloned()
    };
    there(one) == there(other)
}

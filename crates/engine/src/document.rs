//! One document: the only place where automerge is touched.
//!
//! Invariant: every document of a kind begins with the same first change, byte for byte, on every device; nested
//! containers are made there and in the kind's constant extensions, nowhere else. Ordinary changes bear a time, an
//! origin and an actor that was never used before this opening of the store.

use crate::api::EngineError;
use crate::record::{
    DocKey, Edit, EditOp, Expect, FieldChange, HistoryItem, Origin, Path, Row, Value, hash16,
};
use crate::schema::{Container, Kind};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use protocol::DeviceId;
use std::collections::{BTreeMap, BTreeSet};

/// Root key of the delete mark; its value lists the heads that the deleter had seen.
const MARK: &str = "deleted";
/// Appended to the origin letter in the message of a change that puts a record in the trash.
pub(crate) const TRASH_SUFFIX: &str = ":trash";

/// A document made anew, and what has to be said again in it: edits, with the first 8 bytes of their author's device.
pub(crate) type Rewritten = (Document, Vec<([u8; 8], Edit)>);

/// Something in a store or an entry that automerge cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DocumentError(pub String);

fn wrong<E: std::error::Error>(error: E) -> DocumentError {
    DocumentError(error.to_string())
}

/// What a kind's documents begin with.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// The first change, then one change for each extension.
    changes: Vec<Change>,
    hashes: BTreeSet<ChangeHash>,
}

impl Genesis {
    /// Makes the constant changes of `kind`.
    pub fn of(kind: &Kind) -> Self {
        let first = constant(kind.name, 0, &[], kind.containers);
        let mut changes = first.clone();
        for (step, containers) in (1u32..).zip(kind.extensions) {
            changes.extend(constant(kind.name, step, &first, containers));
        }
        let hashes = changes.iter().map(Change::hash).collect();
        Self { changes, hashes }
    }

    /// The bytes of the constant changes, for vectors.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        self.changes.iter().map(|c| c.raw_bytes().to_vec()).collect()
    }
}

/// The constant change that makes `containers` after `base`, or nothing if automerge refuses, which it has no
/// reason to: the tests pin the bytes.
fn constant(kind: &str, step: u32, base: &[Change], containers: &[(&str, Container)]) -> Vec<Change> {
    let actor = hash16("life-os v1 genesis actor", &[kind.as_bytes(), &step.to_le_bytes()]);
    let mut doc = Automerge::new().with_actor(ActorId::from(actor.as_slice()));
    if doc.apply_changes(base.to_vec()).is_err() {
        return Vec::new();
    }
    let options = || CommitOptions::default().with_time(0);
    if containers.is_empty() {
        doc.empty_commit(options());
    } else {
        let made = doc.transact_with::<_, _, automerge::AutomergeError, _>(
            |_: &()| options(),
            |tx| {
                for (name, container) in containers {
                    let kind = match container {
                        Container::Map => ObjType::Map,
                        Container::Text => ObjType::Text,
                    };
                    tx.put_object(ROOT, *name, kind)?;
                }
                Ok(())
            },
        );
        if made.is_err() {
            return Vec::new();
        }
    }
    doc.get_last_local_change().into_iter().collect()
}

/// A loaded document.
#[derive(Debug)]
pub(crate) struct Document {
    key: DocKey,
    kind: &'static Kind,
    genesis: Genesis,
    doc: Automerge,
    created: Option<i64>,
    updated: i64,
}

/// What an edit or a merge added: the bytes of changes, ready to be stored or sent.
pub(crate) type ChangeBytes = Vec<Vec<u8>>;

impl Document {
    /// A document without changes of its own.
    pub fn new(
        key: DocKey,
        kind: &'static Kind,
        genesis: &Genesis,
        actor: &[u8; 16],
    ) -> Result<Self, DocumentError> {
        let mut doc = Automerge::new().with_actor(ActorId::from(actor.as_slice()));
        doc.apply_changes(genesis.changes.clone()).map_err(wrong)?;
        Ok(Self { key, kind, genesis: genesis.clone(), doc, created: None, updated: 0 })
    }

    /// A document from what [`Document::save`] and later changes gave.
    pub fn load(
        key: DocKey,
        kind: &'static Kind,
        genesis: &Genesis,
        actor: &[u8; 16],
        saved: &[u8],
    ) -> Result<Self, DocumentError> {
        let mut doc = Automerge::load(saved).map_err(wrong)?;
        doc.set_actor(ActorId::from(actor.as_slice()));
        // A later version may know extensions that this document was saved without.
        doc.apply_changes(genesis.changes.clone()).map_err(wrong)?;
        let mut document = Self { key, kind, genesis: genesis.clone(), doc, created: None, updated: 0 };
        let times: Vec<i64> = document
            .doc
            .get_changes_meta(&[])
            .iter()
            .filter(|c| !document.genesis.hashes.contains(&c.hash))
            .map(|c| c.timestamp)
            .collect();
        times.into_iter().for_each(|time| document.fold_time(time));
        Ok(document)
    }

    fn fold_time(&mut self, time: i64) {
        self.created = Some(self.created.map_or(time, |c| c.min(time)));
        self.updated = if self.updated == 0 { time } else { self.updated.max(time) };
    }

    /// Another actor for what is written from now on.
    pub fn set_actor(&mut self, actor: &[u8; 16]) {
        self.doc.set_actor(ActorId::from(actor.as_slice()));
    }

    /// Whether it has no changes of its own.
    pub fn is_new(&self) -> bool {
        self.created.is_none()
    }
    /// The whole document, compressed.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }
    /// The whole document, to be compressed with others.
    pub fn save_for_pack(&self) -> Vec<u8> {
        self.doc.save_nocompress()
    }
    /// All changes but the constant ones.
    pub fn changes(&self) -> Vec<Change> {
        self.doc.get_changes(&[]).into_iter().filter(|c| !self.is_constant(&c.hash())).collect()
    }
    /// The bytes of changes that are wanted, in an order in which they can be applied; never the constant ones.
    pub fn raw(&self, wanted: impl Fn(&ChangeHash) -> bool) -> ChangeBytes {
        self.changes().iter().filter(|c| wanted(&c.hash())).map(|c| c.raw_bytes().to_vec()).collect()
    }
    /// Hashes of the changes that one of these devices made.
    pub fn made_by(&self, devices: &[DeviceId]) -> Vec<ChangeHash> {
        let own = self.doc.get_changes_meta(&[]).into_iter().filter(|c| !self.is_constant(&c.hash));
        own.filter(|c| is_actor_of(devices, c.actor.to_bytes())).map(|c| c.hash).collect()
    }
    /// Hashes of the changes that are here and not in `other`.
    pub fn beyond(&self, other: &Self) -> Vec<ChangeHash> {
        let own = self.doc.get_changes_meta(&[]).into_iter().map(|c| c.hash);
        own.filter(|hash| !self.is_constant(hash) && other.doc.get_change_meta_by_hash(hash).is_none())
            .collect()
    }

    /// Whether `edit` can be made, given whether the record `exists` by then.
    pub fn check(&self, edit: &Edit, exists: bool) -> Result<(), EngineError> {
        match (edit.expect, exists) {
            (Expect::New, true) => return Err(EngineError::Exists(self.key.kind.clone(), self.key.id)),
            (Expect::Exists, false) => return Err(EngineError::NotFound(self.key.kind.clone(), self.key.id)),
            _ => {}
        }
        let no_place = |name: &str| Err(EngineError::NoPlace(self.kind.name.into(), name.into()));
        for op in &edit.ops {
            match op {
                EditOp::Put(path, Value::Map(_)) => return no_place(path.name()),
                EditOp::Put(path, _) | EditOp::Remove(path) => drop(locate(&self.doc, self.kind, path)?),
                EditOp::PutText(field, _) if self.kind.container(field) != Some(Container::Text) => {
                    return no_place(field);
                }
                EditOp::PutText(..) | EditOp::Trash | EditOp::Untrash => {}
            }
        }
        Ok(())
    }

    /// Makes one change. On an error the document is as it was. See [`Document::check`].
    pub fn edit(&mut self, edit: &Edit, now: i64) -> Result<ChangeBytes, EngineError> {
        let time = edit.time.unwrap_or(now);
        let trashes = edit.ops.contains(&EditOp::Trash);
        let message = format!("{}{}", edit.origin.letter(), if trashes { TRASH_SUFFIX } else { "" });
        let options = || CommitOptions::default().with_time(time).with_message(message.as_str());
        let heads = self.doc.get_heads();
        let kind = self.kind;
        let made = self.doc.transact_with::<_, _, EngineError, _>(
            |_: &()| options(),
            |tx| edit.ops.iter().try_for_each(|op| apply_op(tx, kind, op, &heads)),
        );
        match made {
            Ok(success) if success.hash.is_some() => {}
            Ok(_) => drop(self.doc.empty_commit(options())),
            Err(failure) => return Err(failure.error),
        }
        self.fold_time(time);
        let change = self.doc.get_last_local_change();
        let change =
            change.ok_or_else(|| EngineError::Damaged("a change was made but is not there".into()))?;
        Ok(self.with_extensions(&change))
    }

    /// The bytes of `change`, preceded by the extensions it depends on directly: a device of an older version
    /// does not know them.
    fn with_extensions(&self, change: &Change) -> ChangeBytes {
        let extensions = self.genesis.changes.iter().skip(1).filter(|e| change.deps().contains(&e.hash()));
        extensions.chain([change]).map(|c| c.raw_bytes().to_vec()).collect()
    }

    /// Whether all that `changes` depend on is here, among the `held`, or among themselves.
    pub fn can_apply(&self, changes: &[Change], held: &BTreeSet<ChangeHash>) -> bool {
        let mut coming = BTreeSet::new();
        changes.iter().all(|change| {
            let here = |d: &ChangeHash| coming.contains(d) || held.contains(d) || self.holds(d);
            let ready = change.deps().iter().all(here);
            coming.insert(change.hash());
            ready
        })
    }

    /// Whether all of `changes` are in it.
    pub fn has(&self, changes: &[Change]) -> bool {
        changes.iter().all(|c| self.holds(&c.hash()))
    }
    /// Whether a change is here.
    pub fn holds(&self, change: &ChangeHash) -> bool {
        self.doc.get_change_meta_by_hash(change).is_some()
    }

    /// Whether one of `changes` has the number of another one here.
    pub fn contradicts(&self, changes: &[Change]) -> bool {
        let numbers: BTreeMap<(&[u8], u64), ChangeHash> =
            changes.iter().map(|c| ((c.actor_id().to_bytes(), c.seq()), c.hash())).collect();
        self.doc
            .get_changes_meta(&[])
            .iter()
            .any(|c| numbers.get(&(c.actor.to_bytes(), c.seq)).is_some_and(|hash| *hash != c.hash))
    }

    /// Merges changes. Returns the bytes of those that were not here before.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<ChangeBytes, DocumentError> {
        let fresh: Vec<Change> =
            changes.into_iter().filter(|c| self.doc.get_change_meta_by_hash(&c.hash()).is_none()).collect();
        let bytes = fresh.iter().map(|c| c.raw_bytes().to_vec()).collect();
        let times: Vec<i64> = fresh
            .iter()
            .filter(|c| !self.genesis.hashes.contains(&c.hash()))
            .map(Change::timestamp)
            .collect();
        self.doc.apply_changes(fresh).map_err(wrong)?;
        times.into_iter().for_each(|time| self.fold_time(time));
        Ok(bytes)
    }

    /// The same document without `void` changes and all that rest on them, and what those that rest on them said, in
    /// order, as edits with the first 8 bytes of their author's device. None if none of them is here.
    pub fn without(
        &self,
        void: &BTreeSet<ChangeHash>,
        actor: &[u8; 16],
    ) -> Result<Option<Rewritten>, DocumentError> {
        let mut gone: BTreeSet<ChangeHash> = BTreeSet::new();
        let mut kept = Vec::new();
        for change in self.doc.get_changes(&[]) {
            if void.contains(&change.hash()) || change.deps().iter().any(|dep| gone.contains(dep)) {
                gone.insert(change.hash());
            } else if !self.is_constant(&change.hash()) {
                kept.push(change);
            }
        }
        if gone.is_empty() {
            return Ok(None);
        }
        let rests = |item: &HistoryItem| {
            let hash = ChangeHash(item.change);
            gone.contains(&hash) && !void.contains(&hash)
        };
        let said = crate::history::of(self).into_iter().filter(rests);
        let said = said.map(|item| (item.device, self.edit_of(item))).collect();
        let mut document = Self::new(self.key.clone(), self.kind, &self.genesis, actor)?;
        document.apply(kept)?;
        Ok(Some((document, said)))
    }

    /// The same document without `later` changes, but for those that others rest on. None if none of them is here.
    pub fn before(&self, later: &BTreeSet<ChangeHash>) -> Result<Option<Self>, DocumentError> {
        let all = self.changes();
        let (mut wanted, mut kept) = (BTreeSet::new(), Vec::new());
        let many = all.len();
        for change in all.into_iter().rev() {
            if !later.contains(&change.hash()) || wanted.contains(&change.hash()) {
                wanted.extend(change.deps().iter().copied());
                kept.push(change);
            }
        }
        if kept.len() == many {
            return Ok(None);
        }
        kept.reverse();
        let mut document = Self::new(self.key.clone(), self.kind, &self.genesis, &[0; 16])?;
        document.apply(kept)?;
        Ok(Some(document))
    }

    /// The same document without what was made after a moment, by its authors' clocks. None if nothing was.
    pub fn at(&self, at: i64) -> Result<Option<Self>, DocumentError> {
        let all = self.doc.get_changes_meta(&[]).into_iter();
        let later = all.filter(|c| c.timestamp > at && !self.is_constant(&c.hash)).map(|c| c.hash).collect();
        self.before(&later)
    }

    /// What a change said, to be said again.
    fn edit_of(&self, item: HistoryItem) -> Edit {
        let op = |change: FieldChange| match (change.path, change.after) {
            (Path::Field(name), Some(Value::Text(text)))
                if self.kind.container(&name) == Some(Container::Text) =>
            {
                EditOp::PutText(name, text)
            }
            (path, Some(value)) => EditOp::Put(path, value),
            (path, None) => EditOp::Remove(path),
        };
        let mut ops: Vec<EditOp> = item.fields.into_iter().map(op).collect();
        if item.trashed {
            ops.push(EditOp::Trash);
        }
        let origin = item.origin.unwrap_or(Origin::Hand);
        Edit { key: self.key.clone(), expect: Expect::Any, ops, time: Some(item.time), origin }
    }

    /// What the read model holds of it.
    pub fn row(&self) -> Row {
        let mut fields = read_map(&self.doc, &ROOT, None);
        fields.remove(MARK);
        fields.retain(|_, value| !matches!(value, Value::Map(m) if m.is_empty()) && !is_empty_text(value));
        Row {
            key: self.key.clone(),
            created: self.created.unwrap_or(0),
            updated: self.updated,
            deleted: self.deleted(),
            fields,
        }
    }

    /// In the trash: a delete mark exists and every newest change is one that put it there. What every document of the kind
    /// has is no change of anybody's: an extension that came with a later version stands beside all of them.
    fn deleted(&self) -> bool {
        let marked = matches!(self.doc.get(ROOT, MARK), Ok(Some(_)));
        let heads = self.doc.get_heads();
        marked
            && heads.iter().filter(|head| !self.is_constant(head)).all(|head| {
                let change = self.doc.get_change_meta_by_hash(head);
                change.is_some_and(|c| c.message.is_some_and(|m| m.ends_with(TRASH_SUFFIX)))
            })
    }

    pub(crate) fn automerge(&self) -> &Automerge {
        &self.doc
    }
    pub(crate) fn is_constant(&self, hash: &ChangeHash) -> bool {
        self.genesis.hashes.contains(hash)
    }
}

/// Whether an actor is one of one of these devices: it begins with 8 bytes of the device's id.
pub(crate) fn is_actor_of(devices: &[DeviceId], actor: &[u8]) -> bool {
    devices.iter().any(|device| device.as_bytes().get(..8) == actor.get(..8))
}

fn is_empty_text(value: &Value) -> bool {
    matches!(value, Value::Text(t) if t.is_empty())
}

/// Origin and trash flag of a change's message.
pub(crate) fn read_message(message: Option<&str>) -> (Option<Origin>, bool) {
    let message = message.unwrap_or("");
    (message.chars().next().and_then(Origin::of_letter), message.ends_with(TRASH_SUFFIX))
}

fn apply_op<T: Transactable>(
    tx: &mut T,
    kind: &Kind,
    op: &EditOp,
    heads: &[ChangeHash],
) -> Result<(), EngineError> {
    let no_place = |name: &str| EngineError::NoPlace(kind.name.into(), name.into());
    let damaged = |e: automerge::AutomergeError| EngineError::Damaged(e.to_string());
    match op {
        EditOp::Put(path, value) => {
            let (object, key) = locate(tx, kind, path)?;
            let scalar = to_scalar(value).ok_or_else(|| no_place(&key))?;
            tx.put(&object, key.as_str(), scalar).map_err(damaged)
        }
        EditOp::Remove(path) => {
            let (object, key) = locate(tx, kind, path)?;
            match tx.get(&object, key.as_str()).map_err(damaged)? {
                Some(_) => tx.delete(&object, key.as_str()).map_err(damaged),
                None => Ok(()),
            }
        }
        EditOp::PutText(field, text) => match (kind.container(field), tx.get(ROOT, field.as_str())) {
            (Some(Container::Text), Ok(Some((_, object)))) => tx.update_text(&object, text).map_err(damaged),
            _ => Err(no_place(field)),
        },
        EditOp::Trash => {
            let seen: Vec<u8> = heads.iter().flat_map(|h| h.0).collect();
            tx.put(ROOT, MARK, ScalarValue::Bytes(seen)).map_err(damaged)
        }
        EditOp::Untrash => match tx.get(ROOT, MARK).map_err(damaged)? {
            Some(_) => tx.delete(ROOT, MARK).map_err(damaged),
            None => Ok(()),
        },
    }
}

/// The object and key that `path` names. A root field must not be a container, nor a container's key lie elsewhere.
fn locate<T: ReadDoc>(tx: &T, kind: &Kind, path: &Path) -> Result<(ObjId, String), EngineError> {
    let no_place = |name: &str| EngineError::NoPlace(kind.name.into(), name.into());
    match path {
        Path::Field(name) if name == MARK || name.is_empty() || kind.container(name).is_some() => {
            Err(no_place(name))
        }
        Path::Field(name) => Ok((ROOT, name.clone())),
        Path::Key(map, key) => match (kind.container(map), tx.get(ROOT, map.as_str())) {
            (Some(Container::Map), Ok(Some((_, object)))) => Ok((object, key.clone())),
            _ => Err(no_place(map)),
        },
    }
}

fn to_scalar(value: &Value) -> Option<ScalarValue> {
    Some(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(v) => ScalarValue::Boolean(*v),
        Value::Int(v) => ScalarValue::Int(*v),
        Value::Float(v) => ScalarValue::F64(*v),
        Value::Text(v) => ScalarValue::Str(v.as_str().into()),
        Value::Bytes(v) => ScalarValue::Bytes(v.clone()),
        Value::Map(_) => return None,
    })
}

fn of_scalar(scalar: &ScalarValue) -> Value {
    match scalar {
        ScalarValue::Bytes(b) => Value::Bytes(b.clone()),
        ScalarValue::Str(s) => Value::Text(s.to_string()),
        ScalarValue::Int(i) | ScalarValue::Timestamp(i) => Value::Int(*i),
        ScalarValue::Uint(u) => i64::try_from(*u).map_or(Value::Null, Value::Int),
        ScalarValue::F64(f) => Value::Float(*f),
        ScalarValue::Counter(c) => Value::Int(c.into()),
        ScalarValue::Boolean(b) => Value::Bool(*b),
        // Written by a later automerge: shown as raw bytes, kept as it is in the document.
        ScalarValue::Unknown { bytes, .. } => Value::Bytes(bytes.clone()),
        ScalarValue::Null => Value::Null,
    }
}

/// The value at `key`, now or as it was at `heads`.
pub(crate) fn read_value(
    doc: &Automerge,
    object: &ObjId,
    key: &str,
    heads: Option<&[ChangeHash]>,
) -> Option<Value> {
    let found = match heads {
        Some(heads) => doc.get_at(object, key, heads),
        None => doc.get(object, key),
    };
    let (value, id) = found.ok()??;
    Some(shown(doc, value, || id, heads))
}

/// A value of a map as the read model holds it; `id` is asked for if it is an object.
fn shown(
    doc: &Automerge,
    value: automerge::Value<'_>,
    id: impl FnOnce() -> ObjId,
    heads: Option<&[ChangeHash]>,
) -> Value {
    match value {
        automerge::Value::Scalar(scalar) => of_scalar(&scalar),
        automerge::Value::Object(ObjType::Text) => Value::Text(match heads {
            Some(heads) => doc.text_at(id(), heads).unwrap_or_default(),
            None => doc.text(id()).unwrap_or_default(),
        }),
        // No kind of ours has lists or deeper maps; one of a later version is shown flat and kept whole.
        automerge::Value::Object(_) => Value::Map(read_map(doc, &id(), heads)),
    }
}

/// All of a map, in one pass: asked for key by key, each is searched from the beginning.
fn read_map(doc: &Automerge, object: &ObjId, heads: Option<&[ChangeHash]>) -> BTreeMap<String, Value> {
    let all = match heads {
        Some(heads) => doc.map_range_at(object, .., heads),
        None => doc.map_range(object, ..),
    };
    all.map(|item| {
        let id = || item.id();
        (item.key.to_string(), shown(doc, item.value.clone().into(), id, heads))
    })
    .collect()
}

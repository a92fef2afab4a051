//! Making documents conform to tombstones that were learnt of, or that count no more.
//!
//! Invariant: what is purged is shown nowhere, and what came later and is more than one more delete goes on under another
//! name: all of the record, its history with it, and the rows that belong to it. The bytes stay here until every live device
//! has a manifest that leaves them out: what one of them wrote to the record before it knew can be kept by whoever gets it.

use super::compact::contents_read;
use super::edits::enqueue;
use super::{Outcome, Step};
use crate::api::{Effect, EngineError, Notice, Read};
use crate::core::{Core, Env, Fetched, Pairs};
use crate::docs::Docs;
use crate::layout;
use crate::limits;
use crate::pack::{Contents, Pair};
use crate::payload::Item;
use crate::record::{DocKey, Row};
use crate::schema::Kind;
use crate::tombstone::{self, Tombstone, heir_of, shard_of};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// A document that has to conform to its tombstone.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(map)]
struct Burial {
    #[n(0)]
    key: DocKey,
    /// It only has to be copied to this one: it belongs to a record that goes on under another name.
    #[n(1)]
    heir: Option<DocKey>,
}

impl Core {
    /// A document has to conform to its tombstone, before anything else is done.
    pub fn put_burial(&mut self, key: &DocKey) {
        self.put(layout::burial(key), &Burial { key: key.clone(), heir: None });
        self.burials = true;
    }

    /// Bytes of a purged document are here.
    pub fn put_buried(&mut self, key: &DocKey) {
        self.put(layout::buried(key), key);
    }

    /// Every live device has what the manifest in force holds: bytes of purged documents that it leaves out go.
    pub fn release_buried(&mut self) {
        self.position.releasing = true;
        self.burials = true;
        self.save_position();
    }

    /// The tombstone of a record, whose document of tombstones is in memory.
    fn tombstone(&mut self, key: &DocKey) -> Option<Tombstone> {
        let resident = self.docs.get_mut(&shard_of(key))?;
        tombstone::read(&resident.document).remove(key)
    }
}

/// Conforms documents to tombstones, a batch at a time.
#[derive(Default)]
pub(crate) struct Bury {
    /// Purged documents up to this one were looked at for bytes that can go.
    released: Option<Vec<u8>>,
}

/// What one step came to.
#[derive(Default)]
struct Done {
    rows: Vec<Row>,
    items: Vec<Item>,
}

impl Bury {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let limit = env.batch.clamp(1, limits::BURIALS);
        let scan = Read::Scan { prefix: layout::burials(), after: None, limit };
        let Some(pairs) = fetched.get(&scan) else { return Ok(Step::Need(vec![scan])) };
        if pairs.is_empty() {
            return self.release(core, env, fetched);
        }
        let burials: Vec<Burial> =
            pairs.iter().map(|(key, sealed)| core.decode(key, sealed)).collect::<Result<_, _>>()?;
        let mut done = Done::default();
        // Whoever was cut off keeps what it has.
        if core.is_revoked() {
            pairs.iter().for_each(|(key, _)| core.delete(key.clone()));
        } else {
            let known = |b: &&Burial| core.schema.get(&b.key.kind).is_some();
            let known: Vec<Burial> = burials.iter().filter(known).cloned().collect();
            let heirs = match heirs(core, &known, fetched)? {
                Ok(heirs) => heirs,
                Err(reads) => return Ok(Step::Need(reads)),
            };
            // First: what is put now is to stay.
            pairs.iter().for_each(|(key, _)| core.delete(key.clone()));
            // What was written to a record and what will be to the one it goes on as may come together in one document, where
            // two changes of one actor must not have one number.
            core.docs.renew_actors(env.rng);
            for (burial, heir) in known.iter().zip(&heirs) {
                if let Some(heir) = heir {
                    copy(core, &burial.key, &heir.key, &mut done)?;
                    for key in &heir.rows {
                        let to = DocKey { id: heir.key.id, ..key.clone() };
                        core.put(layout::burial(key), &Burial { key: key.clone(), heir: Some(to) });
                    }
                }
                if burial.heir.is_none() {
                    conform(core, &burial.key, &mut done);
                }
            }
        }
        enqueue(core, std::mem::take(&mut done.items));
        let notice = (!done.rows.is_empty()).then_some(Effect::Notice(Notice::Changed(done.rows)));
        Ok(Step::More(Outcome::effects(notice.into_iter().collect())))
    }

    /// Drops bytes of purged documents that no pack of the manifest in force holds.
    fn release(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        if !core.position.releasing {
            return Ok(Step::Done(Outcome::default()));
        }
        let scan =
            Read::Scan { prefix: layout::buried_all(), after: self.released.clone(), limit: env.batch };
        let listed = Read::Get(layout::pairs());
        let mut reads = vec![scan.clone(), listed.clone(), contents_read()];
        reads.retain(|read| !fetched.contains_key(read));
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let buried = fetched.get(&scan).map(Vec::as_slice).unwrap_or_default();
        let packed = if buried.is_empty() { None } else { packed(core, &listed, fetched)? };
        let Some(packed) = packed else {
            core.position.releasing = false;
            core.save_position();
            self.released = None;
            return Ok(Step::Done(Outcome::default()));
        };
        let keys: Vec<DocKey> =
            buried.iter().map(|(at, sealed)| core.decode(at, sealed)).collect::<Result<_, _>>()?;
        let free: Vec<&DocKey> = keys.iter().filter(|key| !packed.contains(*key)).collect();
        let reads: Vec<Read> =
            free.iter().map(|key| Docs::read(key)).filter(|read| !fetched.contains_key(read)).collect();
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        for key in free {
            let parts = fetched.get(&Docs::read(key)).map(Vec::as_slice).unwrap_or_default();
            if parts.first().is_some_and(|(at, _)| layout::is_marker(at)) {
                parts.iter().skip(1).for_each(|(at, _)| core.delete(at.clone()));
                core.delete(layout::mark(key));
                core.docs.forget(&BTreeSet::from([key.clone()]));
            }
            core.delete(layout::buried(key));
        }
        self.released = buried.last().map(|(at, _)| at.clone());
        Ok(Step::More(Outcome::default()))
    }
}

/// All documents in packs of the manifest that is held here; none if that is not known.
fn packed(core: &Core, listed: &Read, fetched: &Fetched) -> Result<Option<BTreeSet<DocKey>>, EngineError> {
    let Some((at, sealed)) = fetched.get(listed).and_then(|pairs| pairs.first()) else { return Ok(None) };
    let pairs: Vec<Pair> = core.decode(at, sealed)?;
    let contents = fetched.get(&contents_read()).map(Vec::as_slice).unwrap_or_default();
    let mut packed = BTreeSet::new();
    for pair in pairs {
        let place = layout::pack(&pair.documents.hash);
        let Some((at, sealed)) = contents.iter().find(|(at, _)| *at == place) else { return Ok(None) };
        packed.extend(core.decode::<Contents>(at, sealed)?.keys);
    }
    Ok(Some(packed))
}

/// A record that goes on under another name, and the documents of rows that belong to it.
struct Heir {
    key: DocKey,
    rows: Vec<DocKey>,
}

/// Loads all that is needed, and says of each document what is to be copied to which other.
fn heirs(
    core: &mut Core,
    burials: &[Burial],
    fetched: &Fetched,
) -> Result<Result<Vec<Option<Heir>>, Vec<Read>>, EngineError> {
    let other = |burial: &Burial| burial.heir.clone().unwrap_or_else(|| shard_of(&burial.key));
    let keys: Vec<DocKey> = burials.iter().flat_map(|b| [b.key.clone(), other(b)]).collect();
    let mut reads = core.load(&keys, fetched)?;
    if !reads.is_empty() {
        return Ok(Err(reads));
    }
    let mut heirs = Vec::new();
    for burial in burials {
        if let Some(key) = &burial.heir {
            heirs.push(Some(Heir { key: key.clone(), rows: Vec::new() }));
            continue;
        }
        let tombstone = core.tombstone(&burial.key);
        let resident = core.docs.get_mut(&burial.key).filter(|resident| !resident.document.is_new());
        let stays = resident.zip(tombstone).is_some_and(|(r, t)| t.leaves_something(&r.document));
        if !stays {
            heirs.push(None);
            continue;
        }
        match heir(core, &burial.key, fetched)? {
            Ok(key) => heirs.push(Some(Heir { key, rows: rows_of(core, &burial.key, fetched, &mut reads)? })),
            Err(missing) => reads.extend(missing),
        }
    }
    Ok(if reads.is_empty() { Ok(heirs) } else { Err(reads) })
}

/// The name under which a record goes on: the first one after its own that is not purged itself.
fn heir(core: &mut Core, key: &DocKey, fetched: &Fetched) -> Result<Result<DocKey, Vec<Read>>, EngineError> {
    let gone = || EngineError::Damaged("a document left memory".into());
    let mut heir = heir_of(key);
    loop {
        let reads = core.load(std::slice::from_ref(&heir), fetched)?;
        if !reads.is_empty() {
            return Ok(Err(reads));
        }
        let changes = core.docs.get_mut(key).ok_or_else(gone)?.document.changes();
        let resident = core.docs.get_mut(&heir).ok_or_else(gone)?;
        // Written to under both names before the tombstone came, as where a relay is healed: two changes would have one number.
        if resident.purged.is_none() && !resident.document.contradicts(&changes) {
            return Ok(Ok(heir));
        }
        heir = heir_of(&heir);
    }
}

/// The documents of rows that belong to a record.
fn rows_of(
    core: &Core,
    key: &DocKey,
    fetched: &Fetched,
    reads: &mut Vec<Read>,
) -> Result<Vec<DocKey>, EngineError> {
    let mut rows = Vec::new();
    let streams: Vec<&Kind> = core.schema.kinds().filter(|kind| kind.stream.is_some()).collect();
    for kind in streams {
        let prefix = layout::view_of(core.position.view, &core.store, kind.name, Some(&key.id));
        let read = Read::Scan { prefix, after: None, limit: limits::PAGE_ROWS };
        match fetched.get(&read) {
            Some(pairs) => {
                for (at, sealed) in pairs {
                    rows.push(core.decode::<Row>(at, sealed)?.key);
                }
            }
            None => reads.push(read),
        }
    }
    Ok(rows)
}

/// Gives one document all changes of another that it lacks. Both are in memory.
fn copy(core: &mut Core, from: &DocKey, to: &DocKey, done: &mut Done) -> Result<(), EngineError> {
    let gone = || EngineError::Damaged("a document left memory".into());
    let changes = core.docs.get_mut(from).ok_or_else(gone)?.document.changes();
    core.touch(to);
    let resident = core.docs.get_mut(to).ok_or_else(gone)?;
    let damaged = |e: crate::document::DocumentError| EngineError::Damaged(e.to_string());
    let fresh = resident.document.apply(changes).map_err(damaged)?;
    if fresh.is_empty() {
        return Ok(());
    }
    done.rows.push(core.store_document(to, &fresh)?);
    let (mut part, mut size) = (Vec::new(), 0);
    let mut items = Vec::new();
    for change in fresh {
        if size + change.len() > limits::ENTRY_PAYLOAD_BYTES && !part.is_empty() {
            items.push(Item::new(to.clone(), std::mem::take(&mut part)));
            size = 0;
        }
        size += change.len();
        part.push(change);
    }
    items.push(Item::new(to.clone(), part));
    core.note_made(&items);
    done.items.extend(items);
    Ok(())
}

/// Hides a document that has a tombstone, and shows one again that has none any more.
fn conform(core: &mut Core, key: &DocKey, done: &mut Done) {
    let tombstone = core.tombstone(key);
    core.touch(key);
    let Some(resident) = core.docs.get_mut(key) else { return };
    let (was, is_new) = (resident.purged.is_some(), resident.document.is_new());
    let row = resident.document.row();
    resident.purged.clone_from(&tombstone);
    let Some(tombstone) = tombstone else {
        core.delete(layout::marker(key));
        core.delete(layout::buried(key));
        if was && !is_new {
            core.mark(key);
            done.rows.extend(core.show(key));
        }
        return;
    };
    core.put(layout::marker(key), &tombstone);
    if was {
        return;
    }
    // A pack that is being made leaves it out from now on, and must not without its tombstone.
    core.packing_spoilt |= core.packing.is_some();
    core.hide(key);
    core.delete(layout::trashed(key));
    if !is_new {
        core.put_buried(key);
        done.rows.push(Row { deleted: true, ..row });
    }
}

/// Whether a stored document is purged.
pub(crate) fn is_purged(group: &Pairs) -> bool {
    group.first().is_some_and(|(key, _)| layout::is_marker(key))
}

//! What counts of a device that was cut off before the place where its chain began here.
//!
//! A device that began with a manifest has of the entries before only what they said, in documents. When the relay is then
//! restored to a time before that manifest, and somebody who knows no better cuts one of the authors off, the documents hold
//! changes from beyond the cut and no entry says which.
//!
//! Invariant: of such a device's changes those stay that an entry which counts holds, or a pack of the manifest at the relay; and
//! that is decided only when all of its chain up to the cut is known here, as entries or as a part of that manifest. Until
//! then nothing is sealed, packed or acknowledged.

use super::outbox::open_entries;
use super::rebuild::{complete_documents, page_size};
use super::receive::open_payload;
use super::{Outcome, Signal, Step};
use crate::api::{Effect, EngineError, Notice, Read};
use crate::core::{Core, Env, Fetched, Pairs};
use crate::docs::Snapshot;
use crate::document::is_actor_of;
use crate::layout;
use crate::pack::PackedDocument;
use crate::payload::Item;
use crate::position::{Base, DeviceHead};
use crate::record::DocKey;
use automerge::ChangeHash;
use protocol::DeviceId;
use std::collections::{BTreeMap, BTreeSet};

impl Core {
    /// Whether a manifest has to be looked at, be it known or not, because its packs say what counts.
    pub fn must_count(&self) -> bool {
        !self.position.unsorted.is_empty() && self.counted.is_none()
    }

    /// Takes note of what a pack holds of devices of which it is to be found out what counts.
    pub fn count(&mut self, packed: &PackedDocument) -> Result<(), EngineError> {
        if self.position.unsorted.is_empty() || self.schema.get(&packed.key.kind).is_none() {
            return Ok(());
        }
        let document = self.load_packed(&packed.key, &packed.bytes)?;
        let made = document.made_by(&self.position.unsorted);
        if let Some(checking) = &mut self.checking {
            checking.counted.extend(made);
        }
        Ok(())
    }

    /// All packs of a manifest were looked at: of such devices it holds the chain up to there, whatever it lacks otherwise.
    pub fn end_count(&mut self) {
        let Some(checking) = &mut self.checking else { return };
        if self.position.unsorted.is_empty() {
            return;
        }
        self.counted.get_or_insert_default().append(&mut checking.counted);
        for device in &self.position.unsorted {
            let here = self.position.heads.get(device).map_or(0, |h| h.index);
            if let Some(head) = checking.header.head(device).filter(|head| head.index > here) {
                let (index, hash) = (head.index, head.hash);
                self.position.base.insert(*device, Base { index, hash });
                self.position.heads.insert(*device, DeviceHead { index, hash, height: 0 });
            }
        }
        self.save_position();
    }

    /// A device of which all that counts is here.
    fn sortable(&self) -> Option<DeviceId> {
        let whole = |device: &&DeviceId| {
            let Some((_, cut)) = self.chain.member(device).and_then(|m| m.revoked.as_ref()) else {
                return false;
            };
            let (index, hash) = (self.position.index(device), self.position.last_hash(device));
            let packed = self.position.base(device) == 0 || self.counted.is_some();
            packed && index == cut.index && (index == 0 || hash == cut.hash)
        };
        self.position.unsorted.iter().find(whole).copied()
    }

    /// Whether [`SortOut`] has something to do.
    pub fn can_sort_out(&self) -> bool {
        self.sortable().is_some()
    }
}

#[derive(Default, PartialEq)]
enum Stage {
    #[default]
    Entries,
    Queue,
    Documents,
}

/// Takes out of documents what does not count.
#[derive(Default)]
pub(crate) struct SortOut {
    stage: Stage,
    after: Option<Vec<u8>>,
    pub counted: BTreeSet<ChangeHash>,
}

impl SortOut {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let Some(device) = core.sortable() else { return Ok(Step::Done(Outcome::default())) };
        let page = page_size(env.batch);
        let prefix = match self.stage {
            Stage::Entries => layout::all_entries(),
            Stage::Queue => layout::queue_all(),
            Stage::Documents => layout::documents(),
        };
        let read = Read::Scan { prefix, after: self.after.clone(), limit: page };
        let Some(pairs) = fetched.get(&read) else { return Ok(Step::Need(vec![read])) };
        if pairs.is_empty() {
            self.after = None;
            self.stage = match self.stage {
                Stage::Entries => Stage::Queue,
                Stage::Queue => Stage::Documents,
                Stage::Documents => return Ok(self.end(core, device)),
            };
            return Ok(Step::More(Outcome::default()));
        }
        let last = pairs.last().map(|(key, _)| key.clone());
        match self.stage {
            Stage::Entries => {
                for (_, sealed) in open_entries(core, pairs)? {
                    let entry = sealed.read().map_err(|e| EngineError::Damaged(e.to_string()))?;
                    let payload = open_payload(core, &entry);
                    payload.into_iter().for_each(|p| self.count(device, &p.items));
                }
            }
            Stage::Queue => {
                for (key, sealed) in pairs {
                    self.count(device, &[core.decode::<Item>(key, sealed)?]);
                }
            }
            Stage::Documents => {
                return self.documents(core, env, device, &complete_documents(pairs, page), fetched);
            }
        }
        self.after = last;
        Ok(Step::More(Outcome::default()))
    }

    fn count(&mut self, device: DeviceId, items: &[Item]) {
        let changes = items.iter().filter_map(|i| i.parse().ok()).flatten();
        let made = changes.filter(|c| is_actor_of(&[device], c.actor_id().to_bytes()));
        self.counted.extend(made.map(|c| c.hash()));
    }

    fn documents(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        device: DeviceId,
        groups: &[Pairs],
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let mut void: BTreeMap<DocKey, BTreeSet<ChangeHash>> = BTreeMap::new();
        for group in groups {
            if let Some((key, made)) = made_in(core, group, device)? {
                let packed = core.counted.as_ref();
                let counts =
                    |c: &ChangeHash| self.counted.contains(c) || packed.is_some_and(|p| p.contains(c));
                let gone: BTreeSet<ChangeHash> = made.into_iter().filter(|c| !counts(c)).collect();
                if !gone.is_empty() {
                    void.insert(key, gone);
                }
            }
        }
        let mut reads = core.load(&void.keys().cloned().collect::<Vec<_>>(), fetched)?;
        let queue = core.read_queue().filter(|_| !void.is_empty());
        reads.extend(queue.iter().filter(|r| !fetched.contains_key(r)).cloned());
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        let queued = queue.and_then(|read| fetched.get(&read)).map(Vec::as_slice).unwrap_or_default();
        let rows = if void.is_empty() { Vec::new() } else { core.take_out(env, &void, queued)? };
        self.after = groups.last().and_then(|g| g.last()).map(|(key, _)| layout::behind_document(key));
        let notice = (!rows.is_empty()).then_some(Effect::Notice(Notice::Changed(rows)));
        Ok(Step::More(Outcome::effects(notice.into_iter().collect())))
    }

    fn end(&mut self, core: &mut Core, device: DeviceId) -> Step {
        *self = Self::default();
        core.position.unsorted.retain(|d| *d != device);
        if core.position.unsorted.is_empty() {
            core.counted = None;
        }
        // What the relay lacks was not given to it meanwhile.
        core.position.healing = Some(true);
        core.save_position();
        core.try_all_again();
        Step::More(Outcome {
            effects: Vec::new(),
            signals: vec![Signal::LinksReceived { forked: false }, Signal::SortedOut],
        })
    }
}

/// The changes of a device in a stored document; none if nothing is left of it, or if its kind is of a newer version.
fn made_in(
    core: &mut Core,
    group: &Pairs,
    device: DeviceId,
) -> Result<Option<(DocKey, Vec<ChangeHash>)>, EngineError> {
    let mut parts = core.open_all(group)?;
    // Bytes of purged documents may be here: were a tombstone void, they would count again.
    parts.retain(|(key, _)| !layout::is_marker(key));
    if parts.is_empty() {
        return Ok(None);
    }
    let first = parts.first().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
    let snapshot: Snapshot =
        protocol::codec::decode(first).map_err(|e| EngineError::Damaged(format!("a document: {e}")))?;
    if core.schema.get(&snapshot.key.kind).is_none() {
        return Ok(None);
    }
    let document = core.load_aside(&snapshot.key, &parts)?;
    Ok(Some((snapshot.key, document.made_by(&[device]))))
}

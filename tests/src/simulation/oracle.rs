//! What must be so once a world is calm.
//!
//! Invariant: all active devices and the relay agree on the chain, all active devices show the same and verify, what was
//! answered holds, and the documents are made of exactly the changes in entries that the chain admits: nothing that was
//! saved is missing, and nothing from beyond a revocation is in any document.

use super::member::{Promise, Saved};
use super::schema::{LOG, THING, in_bucket};
use super::tombs::Tombs;
use super::world::{Failure, World};
use automerge::{Change, ScalarValue, legacy::OpType};
use engine::pack::PackedDocuments;
use engine::payload::Payload;
use engine::{Command, DocKey, EngineError, HistoryItem, Notice, Query, Reply, Row, Value};
use protocol::{Chain, DeviceId, ReadEntry, Role, SealedEntry};
use seal::{KeyRing, Phrase};
use std::collections::{BTreeMap, BTreeSet};

/// Changes by record and a text that they wrote.
type Said = BTreeMap<(DocKey, String), Vec<Change>>;

/// A change of a document.
type Place = (DocKey, [u8; 32]);

/// Whether an entry lies beyond the revocation of its author. Said here once more, so that the oracle does not believe
/// the code that it looks at.
fn is_beyond_cut(chain: &Chain, entry: &ReadEntry) -> bool {
    let (device, index) = (entry.header().device, entry.header().index);
    let revoked = chain.member(&device).and_then(|m| m.revoked.as_ref());
    revoked.is_some_and(|(_, cut)| index > cut.index || index == cut.index && entry.hash() != cut.hash)
}

/// What every document of a kind begins with.
fn constants(kind: &engine::Kind) -> Vec<[u8; 32]> {
    constant_changes(kind).iter().map(|c| c.hash().0).collect()
}

fn constant_changes(kind: &engine::Kind) -> Vec<Change> {
    engine::Genesis::of(kind).bytes().into_iter().filter_map(|c| Change::from_bytes(c).ok()).collect()
}

impl World {
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        if let Some(fault) = self.faults.first() {
            return Err(fault.clone());
        }
        if self.unresolved {
            return Ok(());
        }
        let chain = self.relay.chain(self.account).ok_or("the relay knows nobody")?;
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            self.looked_at().into_iter().partition(|who| self.is_inside(*who, &chain));
        let first = *inside.first().ok_or("nobody is left")?;
        let rows = self.rows(first)?;
        for who in &inside {
            self.agrees(*who, &chain)?;
            let own = self.rows(*who)?;
            if own != rows {
                let other = own.iter().find(|row| !rows.contains(row));
                let there = rows.iter().find(|row| !own.contains(row));
                return Err(format!("{who} shows something else than {first}:\n  {other:?}\n  {there:?}"));
            }
        }
        for who in &outside {
            self.was_let_go(*who)?;
        }
        self.promises_hold(&chain)?;
        let reader = inside[self.pick(inside.len())];
        let histories = self.histories(reader, &rows)?;
        self.remember_log();
        let tombs = Tombs::of(&histories);
        self.purged = tombs.len();
        self.saved_is_there(&chain, &histories, &tombs)?;
        let baseless = self.documents_are_the_log(&chain, &histories, &tombs)?;
        self.rest_on_void_changes(&outside, baseless)
    }

    /// One process of each store, opened anew where it had lost the store to another one.
    fn looked_at(&mut self) -> Vec<usize> {
        let present = self.present().into_iter();
        let owners: Vec<usize> = present.filter(|who| self.members[*who].process_of.is_none()).collect();
        for who in &owners {
            let member = &mut self.members[*who];
            if !member.device.disk.is_held() {
                member.device.crash(0);
                member.device.open(&mut self.rng);
                member.device.settle(&mut self.rng, member.clock.at(self.now));
            }
        }
        owners
    }

    /// Whether a device is a member, and does not know of a branch that says otherwise.
    fn is_inside(&self, who: usize, chain: &Chain) -> bool {
        let device = &self.members[who].device;
        let revoked_elsewhere = self.branched && device.revoked;
        !revoked_elsewhere && device.id().is_some_and(|id| chain.active(&id).is_some())
    }

    /// An active device: in step with the relay's chain, whole, and never in trouble.
    fn agrees(&mut self, who: usize, chain: &Chain) -> Result<(), Failure> {
        if self.members[who].head() != Some((chain.height(), chain.head())) {
            return Err(format!("{who} has another chain than the relay"));
        }
        match self.order(who, Command::Verify) {
            Ok(Reply::Verified(verified)) if verified.problems.is_empty() => {}
            other => return Err(format!("{who} does not verify: {other:?}")),
        }
        self.buckets_hold_the_rows(who)?;
        let alarm = |n: &&Notice| match n {
            Notice::Trouble(error) => *error != EngineError::Dead,
            other => **other == Notice::MembershipForked && !self.branched,
        };
        match self.members[who].device.notices.iter().find(alarm) {
            Some(notice) => Err(format!("{who} was told {notice:?}")),
            None => Ok(()),
        }
    }

    /// A revoked device: it was told, still shows what it has, and writes nothing.
    fn was_let_go(&mut self, who: usize) -> Result<(), Failure> {
        if self.is_cut_off_elsewhere(who) {
            return self.rows(who).map(|_| ());
        }
        if !self.members[who].device.revoked {
            return Err(format!("{who} was revoked and does not know"));
        }
        self.rows(who)?;
        let edit = self.some_edit("from outside");
        match self.order(who, Command::Edit(vec![edit])) {
            Err(EngineError::Revoked) => Ok(()),
            other => Err(format!("{who} was revoked, and its edit is answered by {other:?}")),
        }
    }

    fn promises_hold(&self, chain: &Chain) -> Result<(), Failure> {
        // What was promised on a branch of which nobody is left that could join it to the other is void.
        let joined = (0..self.members.len()).filter(|who| !self.is_cut_off_elsewhere(*who));
        for promise in joined.flat_map(|who| &self.members[who].promised) {
            let holds = match promise {
                Promise::Revoked(devices) => {
                    let gone = |d| chain.active(d).is_none() && (self.branched || chain.member(d).is_some());
                    devices.iter().all(gone)
                }
                // A phrase is an addition, and those of a dropped branch are void.
                Promise::Phrase(paper) => self.branched || chain.member(paper).is_some(),
                Promise::Resolved => true,
            };
            if !holds {
                return Err(format!("{promise:?} was answered as made, and does not hold"));
            }
        }
        Ok(())
    }

    /// What a device that is still a member has saved, in the history of its record.
    fn saved_is_there(
        &self,
        chain: &Chain,
        histories: &BTreeMap<DocKey, Vec<HistoryItem>>,
        tombs: &Tombs,
    ) -> Result<(), Failure> {
        let mut written: BTreeSet<(&DocKey, &str)> = BTreeSet::new();
        for (key, items) in histories {
            for field in items.iter().flat_map(|i| &i.fields) {
                if let Some(Value::Text(text)) = &field.after {
                    written.insert((key, text));
                }
            }
        }
        let active = |device: &DeviceId| chain.active(device).is_some_and(|m| m.role == Role::Device);
        let said = if tombs.is_empty() { BTreeMap::new() } else { self.said(chain)? };
        let is_written = |s: &Saved| {
            let named = |key: &DocKey| written.contains(&(key, &s.value)) || tombs.took(s, key, &said);
            // A tombstone that was void in the end may have led it to another name.
            tombs.names(&s.key).iter().any(named) || Tombs::heirs(&s.key).iter().any(named)
        };
        let mut due = self.saved.iter().filter(|s| active(&s.device));
        match due.find(|s| !is_written(s)) {
            Some(saved) => Err(format!("{saved:?} was acknowledged and is gone")),
            None => Ok(()),
        }
    }

    /// The changes in documents are those in the entries that the relay has and the chain admits, no more and no fewer,
    /// but for those that rest on something that is in none of them. Returns what those rest on.
    fn documents_are_the_log(
        &mut self,
        chain: &Chain,
        histories: &BTreeMap<DocKey, Vec<HistoryItem>>,
        tombs: &Tombs,
    ) -> Result<BTreeSet<Place>, Failure> {
        let changes = self.logged(chain)?;
        let of_thing: Vec<Change> = constant_changes(&THING);
        tombs.were_in_trash(&changes, &of_thing)?;
        let deps = |change: &Change| change.deps().iter().map(|d| d.0).collect::<Vec<_>>();
        let logged: BTreeMap<&Place, Vec<[u8; 32]>> = changes.iter().map(|(p, c)| (p, deps(c))).collect();
        let packed = self.packed(chain)?;
        let constants: BTreeSet<[u8; 32]> =
            [&THING, &LOG, &engine::PURGED].iter().flat_map(|kind| constants(kind)).collect();
        // What stands in a pack rests on what stands beside it.
        let mut founded: BTreeSet<&Place> =
            packed.iter().filter(|(_, hash)| !constants.contains(hash)).collect();
        loop {
            let before = founded.len();
            let stands = |(key, _): &&Place, deps: &[[u8; 32]], founded: &BTreeSet<&Place>| {
                deps.iter().all(|d| constants.contains(d) || founded.contains(&(key.clone(), *d)))
            };
            for (place, deps) in &logged {
                if stands(place, deps, &founded) {
                    founded.insert(place);
                }
            }
            if founded.len() == before {
                break;
            }
        }
        let places = |(key, items): (&DocKey, &Vec<HistoryItem>)| {
            items.iter().map(|i| (key.clone(), i.change)).collect::<Vec<_>>()
        };
        let shown: BTreeSet<Place> = histories.iter().flat_map(places).collect();
        if let Some((key, hash)) = shown.iter().find(|place| !founded.contains(place)) {
            let item = histories.get(key).and_then(|items| items.iter().find(|i| i.change == *hash));
            let logged = changes.contains_key(&(key.clone(), *hash));
            return Err(format!(
                "{key:?} holds a change that no valid entry at the relay holds (in the log: {logged}): {item:?}"
            ));
        }
        let (purged, founded): (BTreeSet<&Place>, BTreeSet<&Place>) =
            founded.into_iter().partition(|(key, _)| tombs.has(key));
        if let Some((key, _)) = founded.iter().find(|place| !shown.contains(**place)) {
            return Err(format!("{key:?} lacks a change of a valid entry"));
        }
        let settled = |place: &Place| changes.get(place).is_none_or(|c| tombs.settles(&place.0, c, &shown));
        if let Some(place) = purged.iter().find(|place| !settled(place)) {
            return Err(format!(
                "{place:?} came after its record was purged, and stands under no other name"
            ));
        }
        let baseless = logged
            .iter()
            .filter(|((key, hash), _)| !founded.contains(&(key.clone(), *hash)) && !tombs.has(key));
        let deps = baseless.flat_map(|((key, _), deps)| deps.iter().map(|d| (key.clone(), *d)));
        // A change is the same under the name that its record goes on with.
        let known: BTreeSet<[u8; 32]> = changes.keys().map(|(_, hash)| *hash).collect();
        Ok(deps.filter(|d| !constants.contains(&d.1) && !known.contains(&d.1)).collect())
    }

    /// Changes that are nowhere in the log are still where they were written: on a device that was revoked, if it has
    /// its disk from then.
    fn rest_on_void_changes(
        &mut self,
        outside: &[usize],
        mut missing: BTreeSet<Place>,
    ) -> Result<(), Failure> {
        if missing.is_empty() || outside.contains(&self.frail) {
            return Ok(());
        }
        for who in outside {
            let rows = self.rows(*who)?;
            let histories = self.histories(*who, &rows)?;
            // It shows nothing of what it purged, before it was known that its tombstones are void.
            let tombs = Tombs::of(&histories);
            missing.retain(|(key, _)| !tombs.has(key));
            for (key, items) in histories {
                missing.retain(|(k, change)| *k != key || items.iter().all(|i| i.change != *change));
            }
        }
        match missing.first() {
            Some((key, _)) => {
                Err(format!("a valid entry changes {key:?} and rests on a change that is lost"))
            }
            None => Ok(()),
        }
    }

    /// Every change in the entries that the relay has and the chain admits.
    fn logged(&self, chain: &Chain) -> Result<BTreeMap<Place, Change>, Failure> {
        let log = self.relay.log(self.account).into_iter();
        let mut entries =
            log.map(SealedEntry::read).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
        entries.extend(self.covered());
        entries.retain(|e| chain.admit_unsigned(e, None).is_ok() && !is_beyond_cut(chain, e));
        self.changes_in(chain, &entries)
    }

    fn changes_in<'a>(
        &self,
        chain: &Chain,
        entries: impl IntoIterator<Item = &'a ReadEntry>,
    ) -> Result<BTreeMap<Place, Change>, Failure> {
        let ring = self.ring(chain)?;
        let mut changes = BTreeMap::new();
        for entry in entries {
            let plain = seal::open_entry(entry, &ring).map_err(|e| e.to_string())?;
            let payload: Payload = protocol::codec::decode(&plain).map_err(|e| e.to_string())?;
            for item in payload.items {
                for bytes in item.changes {
                    let change = Change::from_bytes(bytes.to_vec()).map_err(|e| e.to_string())?;
                    changes.insert((item.key.clone(), change.hash().0), change);
                }
            }
        }
        Ok(changes)
    }

    /// Who ever wrote a text to a record, in any entry that the relay had.
    fn said(&self, chain: &Chain) -> Result<Said, Failure> {
        let mut said = Said::new();
        // What was sealed under keys of a branch that was dropped is nothing that anybody can read.
        let ring = self.ring(chain)?;
        let readable = self.archive.values().filter(|entry| seal::open_entry(entry, &ring).is_ok());
        for ((key, _), change) in self.changes_in(chain, readable)? {
            for op in &change.decode().operations {
                if let OpType::Put(ScalarValue::Str(text)) = &op.action {
                    said.entry((key.clone(), text.to_string())).or_default().push(change.clone());
                }
            }
        }
        Ok(said)
    }

    /// Entries that the relay had once, and that its manifest says to hold.
    fn covered(&self) -> Vec<ReadEntry> {
        let Some(manifest) = self.relay.manifest(self.account) else { return Vec::new() };
        let mut covered = Vec::new();
        for head in manifest.coverage {
            let mut next = head.hash;
            while let Some(entry) = self.archive.get(&next) {
                next = entry.header().previous;
                covered.push(entry.clone());
            }
        }
        covered
    }

    /// Every change in the packs of the relay: some may come from entries that it never had.
    fn packed(&self, chain: &Chain) -> Result<BTreeSet<Place>, Failure> {
        let ring = self.ring(chain)?;
        let mut packed = BTreeSet::new();
        let Some(manifest) = self.relay.manifest(self.account) else { return Ok(packed) };
        for pack in manifest.packs.iter().skip(manifest.packs.len() / 2) {
            let bytes = self.relay.pack(self.account, pack).ok_or("a pack that is named is gone")?;
            let plain = seal::open_pack(&bytes, &chain.space(), &ring).map_err(|e| e.to_string())?;
            let documents: PackedDocuments = protocol::codec::decode(&plain).map_err(|e| e.to_string())?;
            for document in documents.documents {
                let loaded = automerge::Automerge::load(&document.bytes).map_err(|e| e.to_string())?;
                packed.extend(loaded.get_changes(&[]).iter().map(|c| (document.key.clone(), c.hash().0)));
            }
        }
        Ok(packed)
    }

    /// Keeps what the relay has, so that it is known when it is dropped or lost.
    pub(super) fn remember_log(&mut self) {
        for entry in self.relay.log(self.account) {
            if let Ok(entry) = entry.read() {
                self.archive.insert(entry.hash(), entry);
            }
        }
    }

    /// All keys of the vault, opened with the phrase in force.
    fn ring(&self, chain: &Chain) -> Result<KeyRing, Failure> {
        let paper = chain.recovery().map(|(id, _)| *id).ok_or("there is no phrase")?;
        let paper = self.phrases.iter().map(Phrase::device_keys).find(|p| p.id() == paper);
        let paper = paper.ok_or("nobody has the phrase")?;
        let mut ring = KeyRing::new();
        let own = chain.links().iter().rev().find(|l| l.keyboxes.of(&paper.id()).is_some());
        let own = own.ok_or("the phrase has no keybox")?;
        seal::open_keyboxes(&chain.space(), &own.link, &own.keyboxes, &paper, &mut ring)
            .map_err(|e| e.to_string())?;
        Ok(ring)
    }

    fn rows(&mut self, who: usize) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for kind in ["thing", "log", "purged"] {
            let query = Query::List { kind: kind.into(), parent: None, after: None, limit: 1_000 };
            match self.ask(who, query) {
                Ok(Reply::Page(page, None)) => rows.extend(page),
                other => return Err(format!("{who} cannot list: {other:?}")),
            }
        }
        Ok(rows)
    }

    fn buckets_hold_the_rows(&mut self, who: usize) -> Result<(), Failure> {
        let rows = self.rows(who)?;
        let (kind, bucket) = ("thing".to_owned(), "all".to_owned());
        let query = Query::Bucket { kind, bucket, until: None, before: None, limit: 1_000 };
        match self.ask(who, query) {
            Ok(Reply::Bucket(page)) if page.rows == in_bucket(&rows, "all", None) => Ok(()),
            other => Err(format!("{who} has things that are in no bucket, or the other way: {other:?}")),
        }
    }

    fn histories(&mut self, who: usize, rows: &[Row]) -> Result<BTreeMap<DocKey, Vec<HistoryItem>>, Failure> {
        let mut histories = BTreeMap::new();
        for row in rows {
            match self.ask(who, Query::History(row.key.clone())) {
                Ok(Reply::History(items)) => drop(histories.insert(row.key.clone(), items)),
                other => return Err(format!("no history of {:?}: {other:?}", row.key)),
            }
        }
        Ok(histories)
    }

    /// Asks a device something and waits for the answer.
    pub(super) fn ask(&mut self, who: usize, query: Query) -> Result<Reply, EngineError> {
        let member = &mut self.members[who];
        member.device.ask(&mut self.rng, member.clock.at(self.now), query)
    }

    fn order(&mut self, who: usize, command: Command) -> Result<Reply, EngineError> {
        let member = &mut self.members[who];
        member.device.run(&mut self.rng, member.clock.at(self.now), command)
    }
}

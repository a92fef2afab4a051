//! Many writes in one transaction: what they have in common is asked and written once.
//!
//! Invariant: each write has the outcome that it would have alone after those before it, and a refused one changes nothing
//! for the others. What is known of a space here is what its locked row says, and whatever is not an append begins and ends
//! with everything written down.

use super::write::{Author, NewEntry, Transaction, apply};
use super::{Append, Outcome, SpaceState, StoreError, Write};
use crate::limits::EVIDENCE_PER_SPACE;
use crate::rules::{Admitted, DeviceHead, Verdict, place};
use protocol::{EntryHash, ErrorCode, SpaceId};
use std::collections::{BTreeMap, BTreeSet};

/// Applies writes in order within a space; what became of each, in their places.
pub(crate) async fn apply_all(
    tx: &mut dyn Transaction,
    writes: &[Write],
) -> Result<Vec<Outcome>, StoreError> {
    let mut order: Vec<(usize, &Write)> = writes.iter().enumerate().collect();
    order.sort_by_key(|(_, write)| write.space());
    let mut group = Group::open(tx, &order).await?;
    let mut outcomes = Vec::with_capacity(order.len());
    for (place, write) in order {
        outcomes.push((place, group.apply(write).await?));
    }
    group.write_down().await?;
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// What is known of the spaces of a transaction, and what is not written down yet.
struct Group<'t, 'w> {
    tx: &'t mut dyn Transaction,
    states: BTreeMap<SpaceId, SpaceState>,
    /// Also who has no entry.
    lasts: BTreeMap<Author, Option<DeviceHead>>,
    entries: Vec<NewEntry<'w>>,
    /// What stands at the addresses of those.
    hashes: BTreeMap<(Author, u64), EntryHash>,
    moved: BTreeSet<Author>,
}

impl<'t, 'w> Group<'t, 'w> {
    async fn open(tx: &'t mut dyn Transaction, order: &[(usize, &'w Write)]) -> Result<Self, StoreError> {
        let spaces: BTreeSet<SpaceId> = order.iter().map(|(_, write)| write.space()).collect();
        let spaces: Vec<SpaceId> = spaces.into_iter().collect();
        let states = tx.lock_spaces(&spaces).await?;
        let states: BTreeMap<_, _> = states.into_iter().map(|state| (state.space, state)).collect();
        // After the rows are locked: nobody else moves them now.
        let authors = order.iter().flat_map(|(_, write)| authors(write));
        let authors: BTreeSet<Author> = authors.filter(|(space, _)| states.contains_key(space)).collect();
        let mut lasts: BTreeMap<Author, Option<DeviceHead>> = authors.iter().map(|a| (*a, None)).collect();
        let authors: Vec<Author> = authors.into_iter().collect();
        if !authors.is_empty() {
            for (author, last) in tx.lasts_of(&authors).await? {
                lasts.insert(author, Some(last));
            }
        }
        let (entries, hashes, moved) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Ok(Self { tx, states, lasts, entries, hashes, moved })
    }

    async fn apply(&mut self, write: &'w Write) -> Result<Outcome, StoreError> {
        let Some(state) = self.states.get(&write.space()) else { return Ok(Outcome::UnknownSpace) };
        if state.deletes.is_some() {
            return Ok(Outcome::AccountDeleted);
        }
        match write {
            Write::Append(append) if state.head == append.judged_on => {
                let mut state = state.clone();
                let outcome = self.append(&mut state, append).await?;
                self.states.insert(state.space, state);
                Ok(outcome)
            }
            Write::Append(_) => Ok(Outcome::HeadMoved),
            Write::Extend(_) | Write::Pack(_) | Write::Manifest(_) | Write::Ack(_) => {
                let state = state.clone();
                self.write_down().await?;
                let outcome = apply(self.tx, state, write).await?;
                self.read_again(&write.space()).await?;
                Ok(outcome)
            }
        }
    }

    async fn append(&mut self, state: &mut SpaceState, append: &'w Append) -> Result<Outcome, StoreError> {
        let (mut accepted, mut new) = (0, 0);
        let mut refusal = None;
        for admitted in &append.entries {
            let entry = admitted.entry();
            let (author, index) = ((state.space, entry.header().device), entry.header().index);
            match self.judge(author, admitted).await? {
                Verdict::Duplicate => {}
                Verdict::New { height } => {
                    state.seq += 1;
                    state.running = state.running.then(&entry.hash());
                    state.bytes_used += entry.sealed().size() as u64;
                    self.entries.push(NewEntry { seq: state.seq, running: state.running, entry });
                    self.hashes.insert((author, index), entry.hash());
                    self.lasts.insert(author, Some(DeviceHead { index, hash: entry.hash(), height }));
                    self.moved.insert(author);
                    new += 1;
                }
                Verdict::Refused(why) => {
                    if why.code == ErrorCode::AddressTaken {
                        self.tx.insert_evidence(entry, EVIDENCE_PER_SPACE).await?;
                    }
                    refusal = Some(why);
                    break;
                }
            }
            accepted += 1;
        }
        Ok(Outcome::Appended { accepted, new, refusal })
    }

    async fn judge(&mut self, author: Author, admitted: &Admitted) -> Result<Verdict, StoreError> {
        let last = self.lasts.get(&author).copied().flatten();
        let index = admitted.entry().header().index;
        // Only an index that was reached can be taken; this spares a query for every new entry.
        let at_address = match last {
            Some(last) if index <= last.index => match self.hashes.get(&(author, index)) {
                Some(hash) => Some(*hash),
                None => self.tx.hash_at(&author.0, &author.1, index).await?,
            },
            _ => None,
        };
        Ok(place(last.as_ref(), at_address, admitted))
    }

    /// Entries, then the heads and the spaces that they moved.
    async fn write_down(&mut self) -> Result<(), StoreError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.tx.insert_entries(&self.entries).await?;
        self.entries.clear();
        self.hashes.clear();
        let moved = std::mem::take(&mut self.moved);
        let lasts = moved.iter().filter_map(|author| Some((*author, (*self.lasts.get(author)?)?)));
        let lasts: Vec<(Author, DeviceHead)> = lasts.collect();
        self.tx.put_lasts(&lasts).await?;
        let spaces: BTreeSet<SpaceId> = moved.iter().map(|(space, _)| *space).collect();
        let states: Vec<&SpaceState> = spaces.iter().filter_map(|space| self.states.get(space)).collect();
        self.tx.put_spaces(&states).await
    }

    /// What something else than an append may have moved.
    async fn read_again(&mut self, space: &SpaceId) -> Result<(), StoreError> {
        match self.tx.lock_space(space).await? {
            Some(state) => self.states.insert(*space, state),
            None => self.states.remove(space),
        };
        let known: Vec<Author> = self.lasts.keys().filter(|(of, _)| of == space).copied().collect();
        if !known.is_empty() {
            self.lasts.extend(known.iter().map(|author| (*author, None)));
            let lasts = self.tx.lasts_of(&known).await?;
            self.lasts.extend(lasts.into_iter().map(|(author, last)| (author, Some(last))));
        }
        Ok(())
    }
}

/// Whose entries a write brings.
fn authors(write: &Write) -> impl Iterator<Item = Author> + '_ {
    let append = match write {
        Write::Append(append) => Some(append),
        Write::Extend(_) | Write::Pack(_) | Write::Manifest(_) | Write::Ack(_) => None,
    };
    append.into_iter().flat_map(|append| {
        append.entries.iter().map(|admitted| (append.space, admitted.entry().header().device))
    })
}

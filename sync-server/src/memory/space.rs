//! One space in memory.

use super::notices::Notices;
use super::packs::Packed;
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::rules::DeviceHead;
use crate::store::{
    Author, Gone, Heads, LogPlace, NewEntry, Page, SpaceState, StoreError, Ticket, Transaction, first_state,
    link_size,
};
use async_trait::async_trait;
use protocol::chain::{ChainLink, Member};
use protocol::entry::Head;
use protocol::frame::LinkItem;
use protocol::{Chain, DeviceId, EntryHash, Purpose, ReadEntry, Role, RunningHash, SealedEntry, SpaceId};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone)]
struct Stored {
    sealed: Arc<SealedEntry>,
    address: (DeviceId, u64),
    hash: EntryHash,
    running: RunningHash,
}

#[derive(Debug, Clone)]
struct StoredLink {
    item: Arc<LinkItem>,
    size: usize,
}

impl StoredLink {
    fn of(link: &ChainLink) -> Self {
        let item = LinkItem { link: link.signed.clone(), keyboxes: link.keyboxes.clone() };
        Self { item: Arc::new(item), size: link_size(link) }
    }
}

/// One space in memory. The first place of `log` has the sequence number after the floor's.
#[derive(Debug, Clone)]
pub(super) struct MemorySpace {
    pub(super) state: SpaceState,
    pub(super) purpose: Purpose,
    links: Vec<StoredLink>,
    members: BTreeMap<DeviceId, Member>,
    log: Vec<Stored>,
    /// Sequence numbers in `log` by address.
    places: BTreeMap<(DeviceId, u64), u64>,
    last: BTreeMap<DeviceId, DeviceHead>,
    evidence: BTreeMap<(DeviceId, u64, EntryHash), Arc<SealedEntry>>,
    pub(super) packed: Packed,
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn page_of<'a>(stored: impl Iterator<Item = &'a Stored> + Clone, page: Page) -> Vec<SealedEntry> {
    let count = page.fit(stored.clone().map(|s| s.sealed.size()));
    stored.take(count).map(|s| (*s.sealed).clone()).collect()
}

impl MemorySpace {
    pub(super) fn new(chain: &Chain) -> Self {
        Self {
            state: first_state(chain),
            purpose: chain.purpose(),
            links: chain.links().iter().map(StoredLink::of).collect(),
            members: chain.members().map(|(id, member)| (*id, member.clone())).collect(),
            log: Vec::new(),
            places: BTreeMap::new(),
            last: BTreeMap::new(),
            evidence: BTreeMap::new(),
            packed: Packed::default(),
        }
    }

    /// The entry with that sequence number.
    fn at(&self, seq: u64) -> Option<&Stored> {
        let place = seq.checked_sub(self.state.floor.seq)?.checked_sub(1)?;
        self.log.get(usize_of(place))
    }

    pub(super) fn has_member(&self, device: &DeviceId, role: Role) -> bool {
        self.members.get(device).is_some_and(|m| m.role == role && m.revoked.is_none())
    }

    pub(super) fn links(&self, from: u32, page: Page) -> Vec<LinkItem> {
        let links = self.links.iter().skip(usize_of(u64::from(from)));
        let count = page.fit(links.clone().map(|l| l.size));
        links.take(count).map(|l| (*l.item).clone()).collect()
    }

    pub(super) fn entries(&self, cursor: u64, page: Page) -> Vec<SealedEntry> {
        page_of(self.log.iter().skip(usize_of(cursor.saturating_sub(self.state.floor.seq))), page)
    }

    pub(super) fn device_entries(&self, device: &DeviceId, from: u64, page: Page) -> Vec<SealedEntry> {
        let places = self.places.range((*device, from)..=(*device, u64::MAX));
        page_of(places.filter_map(|(_, seq)| self.at(*seq)), page)
    }

    pub(super) fn running_at(&self, seq: u64) -> Option<RunningHash> {
        self.at(seq).map(|s| s.running)
    }

    /// Sequence number of the device's first entry with an index over `index`.
    pub(super) fn first_after(&self, device: &DeviceId, index: u64) -> Option<u64> {
        let mut after = self.places.range((*device, index.saturating_add(1))..=(*device, u64::MAX));
        after.next().map(|(_, seq)| *seq)
    }

    pub(super) fn heads(&self) -> Heads {
        let head = |(device, last): (&DeviceId, &DeviceHead)| Head {
            device: *device,
            index: last.index,
            hash: last.hash,
        };
        Heads {
            heads: self.last.iter().map(head).collect(),
            seq: self.state.seq,
            running: self.state.running,
        }
    }

    pub(super) fn last_of(&self, device: &DeviceId) -> Option<DeviceHead> {
        self.last.get(device).copied()
    }

    /// Drops entries up to that sequence number, at most so many from the front; where the log begins then.
    pub(super) fn drop_first(&mut self, upto: u64, most: usize) -> Option<(Gone, LogPlace)> {
        let count = usize_of(upto.saturating_sub(self.state.floor.seq)).min(most).min(self.log.len());
        let running = self.log.get(count.checked_sub(1)?)?.running;
        let mut bytes = 0;
        for dropped in self.log.drain(..count) {
            bytes += dropped.sealed.size() as u64;
            self.places.remove(&dropped.address);
        }
        let seq = self.state.floor.seq + count as u64;
        Some((Gone { count, bytes }, LogPlace { seq, running }))
    }

    /// Erases entries from the front, then packs, at most so many; how many. What is left is of no use but to be erased.
    pub(super) fn erase_first(&mut self, most: usize) -> usize {
        let count = most.min(self.log.len());
        self.log.drain(..count);
        count + self.packed.erase_first(most - count)
    }

    pub(super) fn evidence(&self) -> Vec<SealedEntry> {
        self.evidence.values().map(|sealed| (**sealed).clone()).collect()
    }
}

/// Changes to spaces. Nothing here can fail half-way, so nothing has to be rolled back.
pub(super) struct MemoryTransaction<'s> {
    spaces: &'s mut BTreeMap<SpaceId, MemorySpace>,
    tickets: &'s mut BTreeMap<SecretHash, (Ticket, Millis)>,
    notices: &'s mut Notices,
}

impl<'s> MemoryTransaction<'s> {
    pub(super) fn new(
        spaces: &'s mut BTreeMap<SpaceId, MemorySpace>,
        tickets: &'s mut BTreeMap<SecretHash, (Ticket, Millis)>,
        notices: &'s mut Notices,
    ) -> Self {
        Self { spaces, tickets, notices }
    }

    pub(super) fn space(&mut self, space: &SpaceId) -> Result<&mut MemorySpace, StoreError> {
        self.spaces.get_mut(space).ok_or_else(|| StoreError::Failed("the space was not locked".into()))
    }
}

#[async_trait]
impl Transaction for MemoryTransaction<'_> {
    async fn lock_spaces(&mut self, spaces: &[SpaceId]) -> Result<Vec<SpaceState>, StoreError> {
        Ok(spaces.iter().filter_map(|space| Some(self.spaces.get(space)?.state.clone())).collect())
    }

    async fn lasts_of(&mut self, authors: &[Author]) -> Result<Vec<(Author, DeviceHead)>, StoreError> {
        let last = |(space, device): &Author| {
            let last = self.spaces.get(space)?.last_of(device)?;
            Some(((*space, *device), last))
        };
        Ok(authors.iter().filter_map(last).collect())
    }

    async fn hash_at(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<EntryHash>, StoreError> {
        let space = self.space(space)?;
        let seq = space.places.get(&(*device, index));
        Ok(seq.and_then(|seq| space.at(*seq)).map(|s| s.hash))
    }

    async fn insert_entries(&mut self, entries: &[NewEntry<'_>]) -> Result<(), StoreError> {
        for NewEntry { seq, running, entry } in entries.iter().copied() {
            let header = entry.header();
            let space = self.space(&header.space)?;
            let address = (header.device, header.index);
            space.places.insert(address, seq);
            let sealed = Arc::new(entry.sealed().clone());
            space.log.push(Stored { sealed, address, hash: entry.hash(), running });
        }
        Ok(())
    }

    async fn put_lasts(&mut self, lasts: &[(Author, DeviceHead)]) -> Result<(), StoreError> {
        for ((space, device), last) in lasts {
            self.space(space)?.last.insert(*device, *last);
        }
        Ok(())
    }

    async fn insert_evidence(&mut self, entry: &ReadEntry, cap: usize) -> Result<(), StoreError> {
        let header = entry.header();
        let space = self.space(&header.space)?;
        if space.evidence.len() < cap {
            let address = (header.device, header.index, entry.hash());
            space.evidence.entry(address).or_insert_with(|| Arc::new(entry.sealed().clone()));
        }
        Ok(())
    }

    async fn insert_link(&mut self, space: &SpaceId, link: &ChainLink) -> Result<(), StoreError> {
        self.space(space)?.links.push(StoredLink::of(link));
        Ok(())
    }

    async fn put_member(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        member: &Member,
    ) -> Result<(), StoreError> {
        self.space(space)?.members.insert(*device, member.clone());
        Ok(())
    }

    async fn drop_tickets(&mut self, space: &SpaceId, device: &DeviceId) -> Result<(), StoreError> {
        let account = self.space(space)?.state.account;
        self.tickets.retain(|_, (ticket, _)| ticket.account != account || ticket.device != *device);
        Ok(())
    }

    async fn drop_notices(&mut self, space: &SpaceId, device: &DeviceId) -> Result<(), StoreError> {
        let account = self.space(space)?.state.account;
        self.notices.drop_of_device(&account, device);
        Ok(())
    }

    async fn put_spaces(&mut self, states: &[&SpaceState]) -> Result<(), StoreError> {
        for state in states {
            self.space(&state.space)?.state = (*state).clone();
        }
        Ok(())
    }
}

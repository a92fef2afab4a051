//! What a write does inside a transaction: one text for all stores.
//!
//! Invariant: a write is applied only while its space's row is locked and only on the membership head it was judged
//! on; so no entry is stored that the newest chain would refuse.

use super::packing::{store_ack, store_manifest, store_pack};
use super::{Extend, LogPlace, Outcome, Packing, SpaceState, StoreError, Write};
use crate::rules::{DeviceHead, cut_fits};
use async_trait::async_trait;
use protocol::chain::{ChainLink, Member};
use protocol::{Chain, DeviceId, EntryHash, ReadEntry, RunningHash, SpaceId};

/// Who writes, and where.
pub(crate) type Author = (SpaceId, DeviceId);

/// An entry and the place that it is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEntry<'w> {
    pub seq: u64,
    pub running: RunningHash,
    pub entry: &'w ReadEntry,
}

/// What writes need of an open transaction.
#[async_trait]
pub(crate) trait Transaction: Packing {
    /// Where the spaces stand, each once, their rows locked until the end. `spaces` is sorted: all relays lock in one order.
    async fn lock_spaces(&mut self, spaces: &[SpaceId]) -> Result<Vec<SpaceState>, StoreError>;
    /// The last entries of authors, whether they are here or a manifest covers them. Those without one are left out.
    async fn lasts_of(&mut self, authors: &[Author]) -> Result<Vec<(Author, DeviceHead)>, StoreError>;
    /// What stands at an address.
    async fn hash_at(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<EntryHash>, StoreError>;
    /// Stores entries.
    async fn insert_entries(&mut self, entries: &[NewEntry<'_>]) -> Result<(), StoreError>;
    /// Moves the heads of authors, each named once.
    async fn put_lasts(&mut self, lasts: &[(Author, DeviceHead)]) -> Result<(), StoreError>;
    /// Keeps a refused entry, unless it is kept already or `cap` are.
    async fn insert_evidence(&mut self, entry: &ReadEntry, cap: usize) -> Result<(), StoreError>;
    /// Stores a link.
    async fn insert_link(&mut self, space: &SpaceId, link: &ChainLink) -> Result<(), StoreError>;
    /// Stores or changes a member.
    async fn put_member(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        member: &Member,
    ) -> Result<(), StoreError>;
    /// Forgets the tickets of a device that were not used: they were given to a member.
    async fn drop_tickets(&mut self, space: &SpaceId, device: &DeviceId) -> Result<(), StoreError>;
    /// Drops what is to be pushed to a device, its subscription, and what it had pushed to others.
    async fn drop_notices(&mut self, space: &SpaceId, device: &DeviceId) -> Result<(), StoreError>;
    /// Writes where spaces stand, each named once.
    async fn put_spaces(&mut self, states: &[&SpaceState]) -> Result<(), StoreError>;

    /// [`Transaction::lock_spaces`] of one.
    async fn lock_space(&mut self, space: &SpaceId) -> Result<Option<SpaceState>, StoreError> {
        Ok(self.lock_spaces(std::slice::from_ref(space)).await?.pop())
    }
    /// [`Transaction::lasts_of`] of one.
    async fn last_of(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
    ) -> Result<Option<DeviceHead>, StoreError> {
        Ok(self.lasts_of(&[(*space, *device)]).await?.pop().map(|(_, last)| last))
    }
    /// [`Transaction::put_lasts`] of one.
    async fn put_last(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        last: &DeviceHead,
    ) -> Result<(), StoreError> {
        self.put_lasts(&[((*space, *device), *last)]).await
    }
    /// [`Transaction::put_spaces`] of one.
    async fn put_space(&mut self, state: &SpaceState) -> Result<(), StoreError> {
        self.put_spaces(&[state]).await
    }
}

/// Applies a write that is no append to a space that is served and stands at `state`.
pub(super) async fn apply(
    tx: &mut dyn Transaction,
    state: SpaceState,
    write: &Write,
) -> Result<Outcome, StoreError> {
    match write {
        Write::Extend(extend) if state.head == extend.judged_on => extend_chain(tx, state, extend).await,
        Write::Manifest(put) if state.head == put.chain.head() => store_manifest(tx, state, put).await,
        Write::Ack(ack) if state.head == ack.judged_on => store_ack(tx, &state, ack).await,
        Write::Pack(put) => store_pack(tx, state, put).await,
        Write::Append(_) | Write::Extend(_) | Write::Manifest(_) | Write::Ack(_) => Ok(Outcome::HeadMoved),
    }
}

async fn extend_chain(
    tx: &mut dyn Transaction,
    mut state: SpaceState,
    extend: &Extend,
) -> Result<Outcome, StoreError> {
    let new = || extend.after.links().iter().filter(|l| l.link.height > state.height);
    if !extend.restores {
        for cut in new().flat_map(|l| l.link.body.cuts()) {
            let last = tx.last_of(&extend.space, &cut.device).await?;
            if !cut_fits(cut, last.as_ref()) {
                return Ok(Outcome::CutMoved);
            }
        }
    }
    for link in extend.after.links().iter().filter(|l| l.link.height > state.height) {
        state.bytes_used += link_size(link) as u64;
        tx.insert_link(&extend.space, link).await?;
    }
    for (device, member) in members_changed(&extend.after, Some(state.height)) {
        tx.put_member(&extend.space, device, member).await?;
        if member.revoked.is_some() {
            tx.drop_tickets(&extend.space, device).await?;
            tx.drop_notices(&extend.space, device).await?;
        }
    }
    state.height = extend.after.height();
    state.head = extend.after.head();
    tx.put_space(&state).await?;
    Ok(Outcome::Extended)
}

/// The members whose standing changed after height `since`; all of them for none.
pub(crate) fn members_changed(
    chain: &Chain,
    since: Option<u32>,
) -> impl Iterator<Item = (&DeviceId, &Member)> {
    chain.members().filter(move |(_, m)| {
        since.is_none_or(|h| m.added > h || m.revoked.as_ref().is_some_and(|(at, _)| *at > h))
    })
}

/// Bytes a link counts for.
pub(crate) fn link_size(link: &ChainLink) -> usize {
    let boxes: usize =
        link.keyboxes.boxes.iter().map(|b| b.encapsulated.len() + b.ciphertext.len() + 16).sum();
    link.signed.link.len() + boxes + link.keyboxes.history.len() + 128
}

/// Where a space stands when it was just made.
pub(crate) fn first_state(chain: &Chain) -> SpaceState {
    let space = chain.space();
    SpaceState {
        space,
        account: chain.account(),
        seq: 0,
        running: RunningHash::start(&space),
        height: chain.height(),
        head: chain.head(),
        floor: LogPlace { seq: 0, running: RunningHash::start(&space) },
        manifest: None,
        bytes_used: chain.links().iter().map(|l| link_size(l) as u64).sum(),
        deletes: None,
    }
}

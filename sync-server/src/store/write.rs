//! What a write does inside a transaction: one text for all stores.
//!
//! Invariant: a write is applied only while its space's row is locked and only on the membership head it was judged
//! on; so no entry is stored that the newest chain would refuse.

use super::packing::{store_ack, store_manifest, store_pack};
use super::{Append, Extend, LogPlace, Outcome, Packing, SpaceState, StoreError, Write};
use crate::limits::EVIDENCE_PER_SPACE;
use crate::rules::{Admitted, DeviceHead, Verdict, cut_fits, place};
use async_trait::async_trait;
use protocol::chain::{ChainLink, Member};
use protocol::{Chain, DeviceId, EntryHash, ErrorCode, ReadEntry, RunningHash, SpaceId};
use std::collections::BTreeMap;

/// What [`apply`] needs of an open transaction.
#[async_trait]
pub(crate) trait Transaction: Packing {
    /// Where the space stands, its row locked until the end.
    async fn lock_space(&mut self, space: &SpaceId) -> Result<Option<SpaceState>, StoreError>;
    /// The device's last entry, whether it is here or a manifest covers it.
    async fn last_of(&mut self, space: &SpaceId, device: &DeviceId)
    -> Result<Option<DeviceHead>, StoreError>;
    /// What stands at an address.
    async fn hash_at(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<EntryHash>, StoreError>;
    /// Stores an entry.
    async fn insert_entry(
        &mut self,
        seq: u64,
        running: &RunningHash,
        entry: &ReadEntry,
    ) -> Result<(), StoreError>;
    /// Moves a device's head.
    async fn put_last(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        last: &DeviceHead,
    ) -> Result<(), StoreError>;
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
    /// Writes where the space stands.
    async fn put_space(&mut self, state: &SpaceState) -> Result<(), StoreError>;
}

/// Applies one write.
pub(crate) async fn apply(tx: &mut dyn Transaction, write: &Write) -> Result<Outcome, StoreError> {
    let Some(state) = tx.lock_space(&write.space()).await? else { return Ok(Outcome::UnknownSpace) };
    if state.deletes.is_some() {
        return Ok(Outcome::AccountDeleted);
    }
    match write {
        Write::Append(append) if state.head == append.judged_on => append_entries(tx, state, append).await,
        Write::Extend(extend) if state.head == extend.judged_on => extend_chain(tx, state, extend).await,
        Write::Manifest(put) if state.head == put.chain.head() => store_manifest(tx, state, put).await,
        Write::Ack(ack) if state.head == ack.judged_on => store_ack(tx, &state, ack).await,
        Write::Pack(put) => store_pack(tx, state, put).await,
        Write::Append(_) | Write::Extend(_) | Write::Manifest(_) | Write::Ack(_) => Ok(Outcome::HeadMoved),
    }
}

async fn append_entries(
    tx: &mut dyn Transaction,
    mut state: SpaceState,
    append: &Append,
) -> Result<Outcome, StoreError> {
    let mut heads: BTreeMap<DeviceId, Option<DeviceHead>> = BTreeMap::new();
    let (mut accepted, mut new) = (0, 0);
    let mut refusal = None;
    for admitted in &append.entries {
        let device = admitted.entry().header().device;
        let last = match heads.get(&device) {
            Some(last) => *last,
            None => tx.last_of(&append.space, &device).await?,
        };
        heads.insert(device, last);
        match judge(tx, &append.space, last.as_ref(), admitted).await? {
            Verdict::Duplicate => {}
            Verdict::New { height } => {
                let entry = admitted.entry();
                state.seq += 1;
                state.running = state.running.then(&entry.hash());
                state.bytes_used += entry.sealed().size() as u64;
                tx.insert_entry(state.seq, &state.running, entry).await?;
                let index = entry.header().index;
                heads.insert(device, Some(DeviceHead { index, hash: entry.hash(), height }));
                new += 1;
            }
            Verdict::Refused(why) => {
                if why.code == ErrorCode::AddressTaken {
                    tx.insert_evidence(admitted.entry(), EVIDENCE_PER_SPACE).await?;
                }
                refusal = Some(why);
                break;
            }
        }
        accepted += 1;
    }
    if new > 0 {
        for (device, last) in &heads {
            if let Some(last) = last {
                tx.put_last(&append.space, device, last).await?;
            }
        }
        tx.put_space(&state).await?;
    }
    Ok(Outcome::Appended { accepted, new, refusal })
}

async fn judge(
    tx: &mut dyn Transaction,
    space: &SpaceId,
    last: Option<&DeviceHead>,
    admitted: &Admitted,
) -> Result<Verdict, StoreError> {
    let header = admitted.entry().header();
    // Only an index that was reached can be taken; this spares a query for every new entry.
    let at_address = match last {
        Some(last) if header.index <= last.index => tx.hash_at(space, &header.device, header.index).await?,
        _ => None,
    };
    Ok(place(last, at_address, admitted))
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

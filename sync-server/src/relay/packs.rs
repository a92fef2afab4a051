//! Packs, manifests and what they let go, on the way to the store.

use super::{Relay, too_often, unexpected};
use crate::clock::Millis;
use crate::limits::{ENTRIES_PER_STEP, JUDGE_ATTEMPTS, SPACES_PER_PAGE};
use crate::rules::{judge_ack, judge_manifest};
use crate::store::{Dropped, Outcome, PutAck, PutManifest, PutPack, StoreError, Terms, Write};
use protocol::manifest::{ManifestAck, PackRef, SealedManifest};
use protocol::{ErrorCode, ManifestHash, SpaceId, limits};
use std::time::Duration;

/// What became of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestPut {
    /// Why it is not in force, if it is not.
    pub refusal: Option<ErrorCode>,
    /// The one in force now.
    pub current: Option<ManifestHash>,
}

/// What was dropped and erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Accounts whose time was over.
    pub accounts: usize,
    /// Of all spaces.
    pub dropped: Dropped,
}

impl Relay {
    /// Stores a pack under the hash of its bytes. None if there is no such space.
    pub async fn put_pack(
        &self,
        space: &SpaceId,
        bytes: Vec<u8>,
        now: Millis,
    ) -> Result<Option<Result<(), ErrorCode>>, StoreError> {
        if bytes.len() > limits::PACK_BYTES {
            return Ok(Some(Err(ErrorCode::TooLarge)));
        }
        let put = PutPack { space: *space, hash: PackRef::address(&bytes), bytes, now };
        match self.writer.write(Write::Pack(put)).await? {
            Outcome::PackStored => Ok(Some(Ok(()))),
            Outcome::UnknownSpace => Ok(None),
            Outcome::AccountDeleted => Ok(Some(Err(ErrorCode::AccountDeleted))),
            other => Err(unexpected(&other)),
        }
    }

    /// Puts a manifest in force. None if there is no such space.
    pub async fn put_manifest(
        &self,
        space: &SpaceId,
        sealed: &SealedManifest,
        now: Millis,
    ) -> Result<Option<ManifestPut>, StoreError> {
        for _ in 0..JUDGE_ATTEMPTS {
            let Some(state) = self.store.space(space).await? else { return Ok(None) };
            let refused = |code| Ok(Some(ManifestPut { refusal: Some(code), current: state.manifest }));
            let chain = self.chain_at(&state).await?;
            let manifest = match judge_manifest(&chain, sealed.clone()) {
                Ok(manifest) => manifest,
                Err(code) => return refused(code),
            };
            let hash = manifest.hash();
            match self.writer.write(Write::Manifest(Box::new(PutManifest { manifest, chain, now }))).await? {
                Outcome::ManifestStored { .. } => {
                    return Ok(Some(ManifestPut { refusal: None, current: Some(hash) }));
                }
                Outcome::ManifestMoved { current } => {
                    return Ok(Some(ManifestPut { refusal: Some(ErrorCode::ManifestMoved), current }));
                }
                Outcome::ManifestRefused(code) => return refused(code),
                Outcome::AccountDeleted => return refused(ErrorCode::AccountDeleted),
                Outcome::UnknownSpace => return Ok(None),
                Outcome::HeadMoved => self.chains.forget(space),
                other => return Err(unexpected(&other)),
            }
        }
        Err(too_often())
    }

    /// Takes a device's word on the manifest in force. None if there is no such space.
    pub async fn put_ack(
        &self,
        space: &SpaceId,
        ack: &ManifestAck,
    ) -> Result<Option<Result<(), ErrorCode>>, StoreError> {
        for _ in 0..JUDGE_ATTEMPTS {
            let Some(chain) = self.chain(space).await? else { return Ok(None) };
            if let Err(code) = judge_ack(&chain, ack) {
                return Ok(Some(Err(code)));
            }
            let judged_on = chain.head();
            let put = PutAck { space: *space, judged_on, manifest: ack.manifest, device: ack.device };
            match self.writer.write(Write::Ack(put)).await? {
                Outcome::AckStored => return Ok(Some(Ok(()))),
                Outcome::ManifestMoved { .. } => return Ok(Some(Err(ErrorCode::ManifestMoved))),
                Outcome::AccountDeleted => return Ok(Some(Err(ErrorCode::AccountDeleted))),
                Outcome::UnknownSpace => return Ok(None),
                Outcome::HeadMoved => self.chains.forget(space),
                other => return Err(unexpected(&other)),
            }
        }
        Err(too_often())
    }

    /// Erases and drops, in small transactions, all that need not be kept any more: accounts whose time is over; entries
    /// that a manifest covers which every live device has acknowledged and which is older than `retention`; what that
    /// manifest replaced; packs that nobody named.
    pub async fn keep(&self, now: Millis, retention: Duration) -> Result<Tidied, StoreError> {
        let accounts = self.erase_due(now).await?;
        let mut tidied = Tidied { accounts, dropped: Dropped::default() };
        let (terms, mut after) = (Terms { now, retention }, None);
        loop {
            let spaces = self.store.packed_spaces(after, SPACES_PER_PAGE).await?;
            let Some(last) = spaces.last() else { return Ok(tidied) };
            after = Some(*last);
            for space in &spaces {
                match self.tidy(space, terms).await {
                    Ok(dropped) => tidied.dropped.add(dropped),
                    // One space that is damaged must not keep the others from getting smaller.
                    Err(error @ StoreError::Damaged(_)) => {
                        tracing::error!(%error, "a space is left as it is")
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    async fn tidy(&self, space: &SpaceId, terms: Terms) -> Result<Dropped, StoreError> {
        let mut dropped = Dropped::default();
        loop {
            dropped.add(self.store.drop_some(space, terms, ENTRIES_PER_STEP).await?);
            if !dropped.more {
                return Ok(dropped);
            }
        }
    }
}

//! Packs and manifests, asked for and put.

use super::Session;
use super::fault::Fault;
use crate::clock::Millis;
use crate::store::{InForce, StoreError};
use protocol::frame::{RequestId, ServerFrame};
use protocol::manifest::{ManifestAck, SealedManifest};
use protocol::{PackHash, RunningHash, SpaceId};

fn failed(request: RequestId) -> impl Fn(StoreError) -> Fault {
    move |error| Fault::store(Some(request), &error)
}

impl Session {
    pub(super) async fn get_manifest(
        &self,
        request: RequestId,
        space: SpaceId,
    ) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let found = self.relay.store().manifest(&space).await.map_err(failed(request))?;
        let (manifest, seq, running) = match found {
            Some(InForce { manifest, covered, .. }) => (Some(manifest), covered.seq, covered.running),
            None => (None, 0, RunningHash::start(&space)),
        };
        Ok(vec![ServerFrame::Manifest { request, space, manifest, seq, running }])
    }

    pub(super) async fn get_pack(
        &self,
        request: RequestId,
        space: SpaceId,
        pack: PackHash,
    ) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let bytes = self.relay.store().pack(&space, &pack).await.map_err(failed(request))?;
        Ok(vec![ServerFrame::Pack { request, space, bytes: bytes.map(Into::into) }])
    }

    pub(super) async fn put_pack(
        &self,
        request: RequestId,
        space: SpaceId,
        bytes: Vec<u8>,
        now: Millis,
    ) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let put = self.relay.put_pack(&space, bytes, now).await.map_err(failed(request))?;
        let refusal = put.ok_or_else(|| Fault::unknown_space(request))?.err();
        Ok(vec![ServerFrame::PackStored { request, space, refusal }])
    }

    pub(super) async fn put_manifest(
        &mut self,
        request: RequestId,
        space: SpaceId,
        manifest: SealedManifest,
        now: Millis,
    ) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let put = self.relay.put_manifest(&space, &manifest, now).await.map_err(failed(request))?;
        let put = put.ok_or_else(|| Fault::unknown_space(request))?;
        // The answer says what is in force: it is not said again.
        if let Some(sent) = self.spaces.get_mut(&space) {
            sent.manifest = put.current;
        }
        let (refusal, current) = (put.refusal, put.current);
        Ok(vec![ServerFrame::ManifestStored { request, space, refusal, current }])
    }

    pub(super) async fn put_ack(
        &self,
        request: RequestId,
        space: SpaceId,
        ack: ManifestAck,
    ) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let put = self.relay.put_ack(&space, &ack).await.map_err(failed(request))?;
        let refusal = put.ok_or_else(|| Fault::unknown_space(request))?.err();
        Ok(vec![ServerFrame::AckStored { request, space, refusal }])
    }
}

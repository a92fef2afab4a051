//! Manifests that devices sign, over packs that are nothing to the relay but bytes.

use super::device::{Device, Vault};
use protocol::entry::Head;
use protocol::manifest::{ManifestAck, ManifestHeader, PackRef, SealedManifest};
use protocol::{ManifestHash, SpaceId, codec};

/// A manifest over `packs`.
pub fn manifest(
    author: &Device,
    vault: &Vault,
    parent: Option<ManifestHash>,
    packs: &[&[u8]],
    coverage: &[Head],
) -> SealedManifest {
    bent(author, vault, |header| {
        header.parent = parent;
        header.packs = packs.iter().map(|bytes| pack_ref(bytes)).collect();
        header.coverage = coverage.to_vec();
        header.coverage.sort_by_key(|head| head.device);
    })
}

/// A manifest of nothing whose header was bent before it was signed.
pub fn bent(author: &Device, vault: &Vault, bend: impl FnOnce(&mut ManifestHeader)) -> SealedManifest {
    let body = b"sealed".to_vec();
    let mut header = ManifestHeader {
        version: 1,
        space: vault.space(),
        device: author.id(),
        parent: None,
        membership: vault.chain.head(),
        epoch: vault.chain.epoch(),
        packs: Vec::new(),
        coverage: Vec::new(),
        nonce: [4; 24],
        length: u32::try_from(body.len()).expect("a short body"),
    };
    bend(&mut header);
    let header = codec::encode(&header);
    let signature = author.sign(SealedManifest::hash(&header, &body).as_bytes());
    SealedManifest { header, body, signature }
}

pub fn pack_ref(bytes: &[u8]) -> PackRef {
    PackRef { hash: PackRef::address(bytes), size: bytes.len() as u64 }
}

pub fn hash_of(manifest: &SealedManifest) -> ManifestHash {
    SealedManifest::hash(&manifest.header, &manifest.body)
}

pub fn ack(device: &Device, space: SpaceId, manifest: ManifestHash) -> ManifestAck {
    let signature = device.sign(&ManifestAck::signing_hash(&space, &manifest, &device.id()));
    ManifestAck { manifest, device: device.id(), signature }
}

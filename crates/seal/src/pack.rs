//! Compacted state: packs, the bodies of the manifests that name them, and what a device says of a manifest.
//!
//! Invariant: a pack is found by the hash of its sealed bytes, and a manifest's signature covers those hashes and its own
//! body; so whoever may not sign a manifest can put nothing into compacted state. Packs are not signed by themselves.

use crate::cipher::{self, NONCE, TAG};
use crate::device::DeviceKeys;
use crate::entry::{OpenError, SealError, open_packed};
use crate::epoch::{EpochKey, KeyRing};
use crate::packing::{self, PackingError};
use minicbor::{Decode, Encode};
use protocol::entry::Head;
use protocol::manifest::{ManifestAck, ManifestHeader, PackRef, SealedManifest};
use protocol::{EpochId, LinkHash, ManifestHash, SpaceId, codec, limits};
use rand_core::CryptoRng;

#[derive(Encode, Decode)]
#[cbor(map)]
struct PackHeader {
    #[n(0)]
    version: u8,
    #[n(1)]
    space: SpaceId,
    #[n(2)]
    epoch: EpochId,
    #[cbor(n(3), with = "minicbor::bytes")]
    nonce: [u8; NONCE],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct SealedPack {
    #[cbor(n(0), with = "minicbor::bytes")]
    header: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    ciphertext: Vec<u8>,
}

/// What a manifest says, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestDraft {
    /// The space.
    pub space: SpaceId,
    /// The manifest it replaces.
    pub parent: Option<ManifestHash>,
    /// Newest link the author knows.
    pub membership: LinkHash,
    /// The packs, in the order in which a fresh device wants them.
    pub packs: Vec<PackRef>,
    /// How far the packs hold each device's chain, sorted by device.
    pub coverage: Vec<Head>,
}

/// Packs and seals `plaintext`. The bytes are named by [`PackRef::address`].
pub fn seal_pack<R: CryptoRng + ?Sized>(
    rng: &mut R,
    space: &SpaceId,
    epoch: &EpochKey,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let packed = packing::pack(plaintext).map_err(|_| SealError::TooLarge)?;
    let nonce = nonce(rng);
    let header = codec::encode(&PackHeader {
        version: limits::PROTOCOL_VERSION,
        space: *space,
        epoch: epoch.id(),
        nonce,
    });
    let key = epoch.pack_key(space);
    let ciphertext = cipher::seal(&key, nonce, &header, &packed).ok_or(SealError::TooLarge)?;
    let bytes = codec::encode(&SealedPack { header, ciphertext });
    if bytes.len() > limits::PACK_BYTES { Err(SealError::TooLarge) } else { Ok(bytes) }
}

/// Opens a pack of `space`. That its address is the one asked for is the caller's to check.
pub fn open_pack(bytes: &[u8], space: &SpaceId, ring: &KeyRing) -> Result<Vec<u8>, OpenError> {
    let damaged = |_| OpenError::Malformed(PackingError::Padding);
    let pack: SealedPack = codec::decode(bytes).map_err(damaged)?;
    let header: PackHeader = codec::decode_canonical(&pack.header).map_err(damaged)?;
    if header.version != limits::PROTOCOL_VERSION || header.space != *space {
        return Err(OpenError::NotAuthentic);
    }
    let epoch = ring.get(&header.epoch).ok_or(OpenError::UnknownEpoch(header.epoch))?;
    open_packed(&epoch.pack_key(space), header.nonce, &pack.header, &pack.ciphertext)
}

/// Seals the body of a manifest, and signs it.
pub fn seal_manifest<R: CryptoRng + ?Sized>(
    rng: &mut R,
    draft: ManifestDraft,
    epoch: &EpochKey,
    author: &DeviceKeys,
    body: &[u8],
) -> Result<SealedManifest, SealError> {
    let packed = packing::pack(body).map_err(|_| SealError::TooLarge)?;
    let length = packed.len() + TAG;
    let nonce = nonce(rng);
    let header = codec::encode(&ManifestHeader {
        version: limits::PROTOCOL_VERSION,
        space: draft.space,
        device: author.id(),
        parent: draft.parent,
        membership: draft.membership,
        epoch: epoch.id(),
        packs: draft.packs,
        coverage: draft.coverage,
        nonce,
        length: u32::try_from(length).map_err(|_| SealError::TooLarge)?,
    });
    if length > limits::MANIFEST_BODY_BYTES || header.len() > limits::MANIFEST_HEADER_BYTES {
        return Err(SealError::TooLarge);
    }
    let key = epoch.manifest_key(&draft.space);
    let body = cipher::seal(&key, nonce, &header, &packed).ok_or(SealError::TooLarge)?;
    let signature = author.sign(SealedManifest::hash(&header, &body).as_bytes());
    Ok(SealedManifest { header, body, signature })
}

/// Opens the body of a manifest. Its signature is not looked at: verify it first.
pub fn open_manifest(manifest: &SealedManifest, ring: &KeyRing) -> Result<Vec<u8>, OpenError> {
    let damaged = |_| OpenError::Malformed(PackingError::Padding);
    let header: ManifestHeader = codec::decode_canonical(&manifest.header).map_err(damaged)?;
    let epoch = ring.get(&header.epoch).ok_or(OpenError::UnknownEpoch(header.epoch))?;
    open_packed(&epoch.manifest_key(&header.space), header.nonce, &manifest.header, &manifest.body)
}

/// Says that `device` has checked a manifest of `space`.
pub fn acknowledge(device: &DeviceKeys, space: &SpaceId, manifest: ManifestHash) -> ManifestAck {
    let hash = ManifestAck::signing_hash(space, &manifest, &device.id());
    ManifestAck { manifest, device: device.id(), signature: device.sign(&hash) }
}

fn nonce<R: CryptoRng + ?Sized>(rng: &mut R) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    nonce
}

//! Manifests: the clear, signed header over compacted packs, so that a relay can check what it may drop without
//! being able to read what it keeps.

use crate::chain::{AdmitError, Chain};
use crate::codec::{self, CodecError};
use crate::entry::Head;
use crate::id::{DeviceId, EpochId, LinkHash, ManifestHash, PackHash, SpaceId, domain_hash};
use crate::key::Signature;
use crate::limits;
use crate::link::Role;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// A pack by address and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PackRef {
    /// Address: hash of the sealed bytes.
    #[n(0)]
    pub hash: PackHash,
    /// Sealed bytes.
    #[n(1)]
    pub size: u64,
}

impl PackRef {
    /// The address of sealed pack bytes.
    pub fn address(sealed: &[u8]) -> PackHash {
        PackHash::new(domain_hash("life-os v1 pack", &[sealed]))
    }
}

/// The clear part of a manifest; its canonical bytes are the associated data of the body.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ManifestHeader {
    /// Version of this layout: [`limits::PROTOCOL_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The space.
    #[n(1)]
    pub space: SpaceId,
    /// The device that compacted.
    #[n(2)]
    pub device: DeviceId,
    /// The manifest it replaces; none for the first.
    #[n(3)]
    pub parent: Option<ManifestHash>,
    /// Membership head the author knew.
    #[n(4)]
    pub membership: LinkHash,
    /// Key the body is sealed under.
    #[n(5)]
    pub epoch: EpochId,
    /// The packs, in the order in which a fresh device wants them.
    #[n(6)]
    pub packs: Vec<PackRef>,
    /// What of each device's chain the packs hold, sorted by device.
    #[n(7)]
    pub coverage: Vec<Head>,
    /// Nonce of the body.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub nonce: [u8; 24],
    /// Bytes of the sealed body, tag included.
    #[n(9)]
    pub length: u32,
}

impl ManifestHeader {
    fn check_packs(&self) -> Result<(), ManifestError> {
        let different: BTreeSet<PackHash> = self.packs.iter().map(|p| p.hash).collect();
        let fit = |p: &PackRef| usize::try_from(p.size).is_ok_and(|size| size <= limits::PACK_BYTES);
        let good = self.packs.len() <= limits::PACKS_PER_MANIFEST
            && different.len() == self.packs.len()
            && self.packs.iter().all(fit);
        if good { Ok(()) } else { Err(ManifestError::Packs) }
    }

    /// How far the packs hold a device's chain; 0 for not at all.
    pub fn covered(&self, device: &DeviceId) -> u64 {
        self.head(device).map_or(0, |head| head.index)
    }

    /// Where the packs end in a device's chain.
    pub fn head(&self, device: &DeviceId) -> Option<&Head> {
        let at = self.coverage.binary_search_by(|head| head.device.cmp(device)).ok()?;
        self.coverage.get(at)
    }
}

/// A manifest as it crosses the wire.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedManifest {
    /// Canonical CBOR of a [`ManifestHeader`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub header: Vec<u8>,
    /// The sealed list of every document's heads.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub body: Vec<u8>,
    /// The author's signature over the manifest's hash.
    #[n(2)]
    pub signature: Signature,
}

/// Why a manifest was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not a manifest.
    #[error("manifest {0}")]
    Codec(#[from] CodecError),
    /// The author may not write it, or the signature is false.
    #[error("manifest refused: {0}")]
    Refused(#[from] AdmitError),
    /// Coverage is not sorted by device, names one twice, or has an index 0.
    #[error("manifest coverage is not one sorted, positive index a device")]
    Coverage,
    /// More packs than [`limits::PACKS_PER_MANIFEST`], one of them twice, or one larger than [`limits::PACK_BYTES`].
    #[error("manifest packs are not at most {max} different packs of a size that fits", max = limits::PACKS_PER_MANIFEST)]
    Packs,
    /// The body is not of the length the header names.
    #[error("manifest body is {0} bytes, its header says otherwise")]
    Length(usize),
}

impl SealedManifest {
    /// Parses and checks the manifest against the space's chain. Whether its packs exist is the relay's to say.
    pub fn verify(&self, chain: &Chain) -> Result<(ManifestHeader, ManifestHash), ManifestError> {
        codec::within(&self.header, limits::MANIFEST_HEADER_BYTES)?;
        codec::within(&self.body, limits::MANIFEST_BODY_BYTES)?;
        let header: ManifestHeader = codec::decode_canonical(&self.header)?;
        if header.version != limits::PROTOCOL_VERSION {
            return Err(CodecError::Version(header.version).into());
        }
        if usize::try_from(header.length) != Ok(self.body.len()) {
            return Err(ManifestError::Length(self.body.len()));
        }
        if !header.coverage.is_sorted_by(|a, b| a.device < b.device)
            || header.coverage.iter().any(|h| h.index == 0)
        {
            return Err(ManifestError::Coverage);
        }
        header.check_packs()?;
        if header.space != chain.space() {
            return Err(AdmitError::OtherSpace.into());
        }
        let height = chain.height_of(&header.membership).ok_or(AdmitError::UnknownHead)?;
        let author = chain.member(&header.device).filter(|m| m.active_at(height) && m.role == Role::Device);
        let author = author.ok_or(AdmitError::NotAMember)?;
        let epoch = chain.links().iter().find(|l| l.link.height == height).map(|l| l.link.epoch);
        if epoch != Some(header.epoch) {
            return Err(AdmitError::WrongEpoch.into());
        }
        let hash = domain_hash("life-os v1 manifest", &[&self.header, &self.body]);
        author.public.sign.verify(&hash, &self.signature).map_err(|_| AdmitError::Signature)?;
        Ok((header, ManifestHash::new(hash)))
    }

    /// Bytes it takes in a frame.
    pub fn size(&self) -> usize {
        self.header.len() + self.body.len() + 64
    }

    /// The hash the author signs, which names the manifest.
    pub fn hash(header: &[u8], body: &[u8]) -> ManifestHash {
        ManifestHash::new(domain_hash("life-os v1 manifest", &[header, body]))
    }
}

/// A device's word that it has checked a manifest against what it holds itself: nothing that the manifest covers is lost
/// when only its packs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ManifestAck {
    /// The manifest.
    #[n(0)]
    pub manifest: ManifestHash,
    /// Who has checked it.
    #[n(1)]
    pub device: DeviceId,
    /// Over [`ManifestAck::signing_hash`].
    #[n(2)]
    pub signature: Signature,
}

impl ManifestAck {
    /// What `device` signs.
    pub fn signing_hash(space: &SpaceId, manifest: &ManifestHash, device: &DeviceId) -> [u8; 32] {
        domain_hash("life-os v1 manifest ack", &[space.as_bytes(), manifest.as_bytes(), device.as_bytes()])
    }

    /// Checks that an active device of the space said so.
    pub fn verify(&self, chain: &Chain) -> Result<(), AdmitError> {
        let member = chain.active(&self.device).filter(|m| m.role == Role::Device);
        let member = member.ok_or(AdmitError::NotAMember)?;
        let hash = Self::signing_hash(&chain.space(), &self.manifest, &self.device);
        member.public.sign.verify(&hash, &self.signature).map_err(|_| AdmitError::Signature)
    }
}

//! Entries of a space's log: a clear, signed header and a ciphertext.
//!
//! Invariant: a [`ReadEntry`] has a canonical header, a ciphertext of the length the header names and a valid
//! address; its signature is checked against the membership chain by [`crate::Chain::admit`], nowhere else.

use crate::codec::{self, CodecError};
use crate::id::{DeviceId, EntryHash, EpochId, LinkHash, SpaceId, domain_hash};
use crate::key::Signature;
use crate::limits;
use minicbor::{Decode, Encode};

/// Changes to documents, with the author's vector of heads seen.
pub const KIND_CHANGES: u8 = 1;

/// The clear part of an entry. Its canonical bytes are the associated data of the ciphertext.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// Version of this layout: [`limits::PROTOCOL_VERSION`].
    #[n(0)]
    pub version: u8,
    /// What the ciphertext holds, as [`KIND_CHANGES`]. Unknown kinds are kept and forwarded.
    #[n(1)]
    pub kind: u8,
    /// The space it belongs to.
    #[n(2)]
    pub space: SpaceId,
    /// The author.
    #[n(3)]
    pub device: DeviceId,
    /// Place in the author's chain, from 1, without gaps.
    #[n(4)]
    pub index: u64,
    /// Address of the author's previous entry; all zero for the first.
    #[n(5)]
    pub previous: EntryHash,
    /// Key it is sealed under.
    #[n(6)]
    pub epoch: EpochId,
    /// Membership head the author knew.
    #[n(7)]
    pub membership: LinkHash,
    /// Nonce of XChaCha20-Poly1305.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub nonce: [u8; 24],
    /// Bytes of ciphertext, tag included.
    #[n(9)]
    pub length: u32,
}

impl Header {
    /// What the first entry of a device names as its previous one.
    pub const NO_PREVIOUS: EntryHash = EntryHash::new([0; 32]);

    /// The address of the entry with this header and `ciphertext`; also what the author signs.
    pub fn address(header: &[u8], ciphertext: &[u8]) -> EntryHash {
        EntryHash::new(domain_hash("life-os v1 entry", &[header, ciphertext]))
    }
}

/// An entry as it crosses the wire and rests in stores: bytes, of which nothing is believed yet.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedEntry {
    /// Canonical CBOR of a [`Header`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub header: Vec<u8>,
    /// What only members of the epoch can open.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub ciphertext: Vec<u8>,
    /// The author's signature over the address.
    #[n(2)]
    pub signature: Signature,
}

impl core::fmt::Debug for SealedEntry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SealedEntry({} bytes)", self.size())
    }
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadEntryError {
    /// The header is not canonical CBOR of a header.
    #[error("entry header {0}")]
    Header(#[from] CodecError),
    /// The ciphertext is over the limit.
    #[error("entry of {0} bytes, at most {max} are allowed", max = limits::ENTRY_BYTES)]
    TooLarge(usize),
    /// The ciphertext was cut or extended.
    #[error("entry of {got} bytes where its header says {said}")]
    Length {
        /// Bytes of ciphertext received.
        got: usize,
        /// Bytes of ciphertext the header names.
        said: u32,
    },
    /// Indexes start at 1.
    #[error("entry index 0 does not exist")]
    IndexZero,
}

impl SealedEntry {
    /// Bytes it counts for in a frame and in a quota.
    pub fn size(&self) -> usize {
        self.header.len() + self.ciphertext.len() + Signature::SIZE
    }

    /// Parses the header and computes the address. Checks no signature.
    pub fn read(self) -> Result<ReadEntry, ReadEntryError> {
        codec::within(&self.header, limits::HEADER_BYTES)?;
        if self.ciphertext.len() > limits::ENTRY_BYTES {
            return Err(ReadEntryError::TooLarge(self.ciphertext.len()));
        }
        let header: Header = codec::decode_canonical(&self.header)?;
        if header.version != limits::PROTOCOL_VERSION {
            return Err(CodecError::Version(header.version).into());
        }
        if usize::try_from(header.length) != Ok(self.ciphertext.len()) {
            return Err(ReadEntryError::Length { got: self.ciphertext.len(), said: header.length });
        }
        if header.index == 0 {
            return Err(ReadEntryError::IndexZero);
        }
        let hash = Header::address(&self.header, &self.ciphertext);
        Ok(ReadEntry { header, hash, sealed: self })
    }
}

/// An entry whose header was parsed and whose address is known. Its signature may still be false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadEntry {
    header: Header,
    hash: EntryHash,
    sealed: SealedEntry,
}

impl ReadEntry {
    /// The clear part.
    pub fn header(&self) -> &Header {
        &self.header
    }
    /// Its address.
    pub fn hash(&self) -> EntryHash {
        self.hash
    }
    /// The bytes it was read from.
    pub fn sealed(&self) -> &SealedEntry {
        &self.sealed
    }
    /// Gives the bytes back.
    pub fn into_sealed(self) -> SealedEntry {
        self.sealed
    }
    /// Its place in its author's chain.
    pub fn head(&self) -> Head {
        Head { device: self.header.device, index: self.header.index, hash: self.hash }
    }
}

/// A place in a device's chain: everything up to `index`, ending in `hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// Whose chain.
    #[n(0)]
    pub device: DeviceId,
    /// Index of the last entry, from 1.
    #[n(1)]
    pub index: u64,
    /// Address of the last entry.
    #[n(2)]
    pub hash: EntryHash,
}

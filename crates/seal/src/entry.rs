//! Makes and opens entries of a space's log.
//!
//! Invariant: the whole canonical header is authenticated with the ciphertext, and a subkey seals one kind in one space,
//! so an entry opens nowhere but where it was written. Who wrote it is not decided here but by [`protocol::Chain::admit`].

use crate::cipher::{self, NONCE, TAG};
use crate::device::DeviceKeys;
use crate::epoch::{EpochKey, KeyRing};
use crate::packing::{self, PackingError};
use protocol::{EntryHash, EpochId, Header, LinkHash, ReadEntry, SealedEntry, SpaceId, limits};
use rand_core::CryptoRng;

/// Largest plaintext that fits an entry however badly it compresses, in bytes.
pub const MAX_PLAINTEXT: usize = largest_packed(limits::ENTRY_BYTES - TAG) - packing::HEAD;

/// The largest padded length that is at most `room`.
const fn largest_packed(room: usize) -> usize {
    let mut length = room;
    while packing::padded_length(length) > room {
        length -= 1;
    }
    packing::padded_length(length)
}

/// What the caller decides about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryDraft {
    /// What the plaintext is, as [`protocol::entry::KIND_CHANGES`].
    pub kind: u8,
    /// The space.
    pub space: SpaceId,
    /// Place in the author's chain, from 1.
    pub index: u64,
    /// Address of the author's previous entry; [`Header::NO_PREVIOUS`] for the first.
    pub previous: EntryHash,
    /// Membership head the author knows.
    pub membership: LinkHash,
}

/// Why an entry was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The content, compressed and padded, is over the limit of an entry.
    #[error("the content does not fit an entry; at most {MAX_PLAINTEXT} bytes surely do")]
    TooLarge,
    /// Indexes start at 1.
    #[error("entry index 0 does not exist")]
    IndexZero,
}

/// Why an entry was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key of its epoch is not on the ring (yet).
    #[error("the key of epoch {0:?} is missing")]
    UnknownEpoch(EpochId),
    /// Header or ciphertext are not what was sealed.
    #[error("the entry is not authentic")]
    NotAuthentic,
    /// A member sealed something that is not packed as it must be.
    #[error("the content of the entry is malformed: {0}")]
    Malformed(PackingError),
    /// A member sealed something that inflates beyond the limit.
    #[error("the content of the entry inflates beyond {max} bytes", max = packing::MAX_INFLATED)]
    TooLarge,
}

/// Packs, seals and signs `plaintext`.
pub fn seal_entry<R: CryptoRng + ?Sized>(
    rng: &mut R,
    draft: &EntryDraft,
    epoch: &EpochKey,
    author: &DeviceKeys,
    plaintext: &[u8],
) -> Result<ReadEntry, SealError> {
    if draft.index == 0 {
        return Err(SealError::IndexZero);
    }
    let packed = packing::pack(plaintext).map_err(|_| SealError::TooLarge)?;
    let length = packed.len() + TAG;
    if length > limits::ENTRY_BYTES {
        return Err(SealError::TooLarge);
    }
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let header = protocol::codec::encode(&Header {
        version: limits::PROTOCOL_VERSION,
        kind: draft.kind,
        space: draft.space,
        device: author.id(),
        index: draft.index,
        previous: draft.previous,
        epoch: epoch.id(),
        membership: draft.membership,
        nonce,
        length: u32::try_from(length).map_err(|_| SealError::TooLarge)?,
    });
    let key = epoch.entry_key(&draft.space, draft.kind);
    let ciphertext = cipher::seal(&key, nonce, &header, &packed).ok_or(SealError::TooLarge)?;
    let signature = author.sign(Header::address(&header, &ciphertext).as_bytes());
    SealedEntry { header, ciphertext, signature }.read().map_err(|_| SealError::TooLarge)
}

/// Opens an entry. Its signature is not looked at: admit it first.
pub fn open_entry(entry: &ReadEntry, ring: &KeyRing) -> Result<Vec<u8>, OpenError> {
    let header = entry.header();
    let sealed = entry.sealed();
    let epoch = ring.get(&header.epoch).ok_or(OpenError::UnknownEpoch(header.epoch))?;
    let key = epoch.entry_key(&header.space, header.kind);
    open_packed(&key, header.nonce, &sealed.header, &sealed.ciphertext)
}

/// Opens what was packed and sealed.
pub(crate) fn open_packed(
    key: &[u8; 32],
    nonce: [u8; NONCE],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let packed = cipher::open(key, nonce, aad, sealed).map_err(|_| OpenError::NotAuthentic)?;
    packing::unpack(&packed).map_err(|e| match e {
        PackingError::TooLarge => OpenError::TooLarge,
        PackingError::Padding | PackingError::Deflate => OpenError::Malformed(e),
    })
}

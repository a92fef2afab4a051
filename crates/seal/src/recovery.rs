//! A store key sealed to the recovery phrase's public key, so that a forgotten passphrase strands no unsent change.

use crate::device::DeviceKeys;
use crate::kem;
use crate::store::StoreKey;
use minicbor::{Decode, Encode};
use protocol::codec;
use protocol::{DeviceId, DevicePublic};
use rand_core::CryptoRng;

/// Version of the form.
const VERSION: u8 = 1;

/// Seals store keys to paper devices and opens them. The bytes are CBOR with a version and are stored in the clear.
pub struct RecoveryWrap;

#[derive(Encode, Decode)]
#[cbor(map)]
struct Form {
    #[n(0)]
    version: u8,
    #[n(1)]
    recipient: DeviceId,
    #[cbor(n(2), with = "minicbor::bytes")]
    encapsulated: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    ciphertext: Vec<u8>,
}

/// Why a store key was not sealed to, or opened with, a recovery phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryWrapError {
    /// The public key is of a suite that this version does not know.
    #[error("nothing can be sealed to this recovery phrase")]
    Recipient,
    /// Not CBOR of a wrap.
    #[error("the recovery wrap is damaged")]
    Malformed,
    /// Written by a newer version.
    #[error("the recovery wrap has version {0}, which this version does not know")]
    Version(u8),
    /// Sealed to another phrase.
    #[error("the store was sealed to another recovery phrase")]
    OtherPhrase,
    /// Sealed to this phrase, but does not open.
    #[error("the recovery wrap does not open")]
    NotAuthentic,
}

fn info(recipient: &DeviceId) -> Vec<u8> {
    [b"life-os v1 recovery wrap", recipient.as_bytes().as_slice()].concat()
}

impl RecoveryWrap {
    /// The paper device that a wrap is for.
    pub fn recipient(wrap: &[u8]) -> Result<DeviceId, RecoveryWrapError> {
        let form: Form = codec::decode(wrap).map_err(|_| RecoveryWrapError::Malformed)?;
        Ok(form.recipient)
    }

    /// Seals `key` to a paper device.
    pub fn seal_to<R: CryptoRng + ?Sized>(
        rng: &mut R,
        paper: &DevicePublic,
        key: &StoreKey,
    ) -> Result<Vec<u8>, RecoveryWrapError> {
        let recipient = paper.id();
        let sealed = kem::seal(rng, &paper.kem, &info(&recipient), key.bytes())
            .map_err(|_| RecoveryWrapError::Recipient)?;
        let (encapsulated, ciphertext) = (sealed.encapsulated, sealed.ciphertext);
        Ok(codec::encode(&Form { version: VERSION, recipient, encapsulated, ciphertext }))
    }

    /// The store key that was sealed to `paper`.
    pub fn open_with(paper: &DeviceKeys, wrap: &[u8]) -> Result<StoreKey, RecoveryWrapError> {
        let form: Form = codec::decode_canonical(wrap).map_err(|_| RecoveryWrapError::Malformed)?;
        if form.version != VERSION {
            return Err(RecoveryWrapError::Version(form.version));
        }
        if form.recipient != paper.id() {
            return Err(RecoveryWrapError::OtherPhrase);
        }
        kem::open(paper.kem_seed(), &info(&form.recipient), &form.encapsulated, &form.ciphertext)
            .ok()
            .and_then(|key| StoreKey::from_slice(&key))
            .ok_or(RecoveryWrapError::NotAuthentic)
    }
}

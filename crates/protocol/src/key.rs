//! Public keys and signatures. Signatures are always Ed25519 under `verify_strict`, always over a 32-byte
//! domain-separated hash, never over bare bytes.

use crate::codec;
use crate::id::{DeviceId, bytes_type, domain_hash};
use core::fmt;
use data_encoding::HEXLOWER_PERMISSIVE;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::id::ParseIdError;

bytes_type!(/// An Ed25519 public key, not yet known to be a valid point.
    SignPublic, 32);
bytes_type!(/// An Ed25519 signature.
    Signature, 64);

/// A signature that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct BadSignature;

impl SignPublic {
    /// Checks `signature` over `hash` strictly: weak keys and malleable signatures are refused.
    pub fn verify(&self, hash: &[u8; 32], signature: &Signature) -> Result<(), BadSignature> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(self.as_bytes()).map_err(|_| BadSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        key.verify_strict(hash, &signature).map_err(|_| BadSignature)
    }
}

/// Public half of a key-encapsulation key, with the suite it belongs to. Opaque here: only `seal` can use it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KemPublic {
    /// Suite: 1 is X-Wing (X25519 with ML-KEM-768), HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180).
    #[n(0)]
    pub suite: u8,
    /// The key as the suite serialises it (suite 1: 1,216 bytes).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// The public side of a device: what membership links introduce.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DevicePublic {
    /// Checks what the device signs.
    #[n(0)]
    pub sign: SignPublic,
    /// Seals space keys to the device.
    #[n(1)]
    pub kem: KemPublic,
}

impl DevicePublic {
    /// The name of the device: a hash of both keys, so neither can be swapped under it.
    pub fn id(&self) -> DeviceId {
        let hash = domain_hash("life-os v1 device id", &[&codec::encode(self)]);
        let mut id = [0; 16];
        id.copy_from_slice(hash.split_at(16).0);
        DeviceId::new(id)
    }
}

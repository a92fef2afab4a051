//! Space keys. A space key is never used itself: what is sealed, is sealed under a subkey for one space and one use.
//! Its id commits to it, so nobody can hand two members two keys under one name.

use crate::derive::hkdf;
use crate::secret::{self, SecretError};
use core::fmt;
use minicbor::{Decoder, Encoder};
use protocol::{EpochId, SpaceId};
use rand_core::CryptoRng;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Salt of what is derived from an epoch key.
const SALT: &[u8] = b"life-os v1 epoch key";

/// The key of one epoch of a space: 32 bytes.
pub struct EpochKey {
    key: Zeroizing<[u8; 32]>,
    id: EpochId,
}

impl EpochKey {
    /// A new key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *key);
        Self::from_key(key)
    }

    pub(crate) fn from_key(key: Zeroizing<[u8; 32]>) -> Self {
        let id = EpochId::new(*hkdf(SALT, &*key, &[b"id"]));
        Self { key, id }
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|key| Self::from_key(Zeroizing::new(key)))
    }

    /// Its name, which commits to it.
    pub fn id(&self) -> EpochId {
        self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// Seals entries of `kind` in `space`.
    pub(crate) fn entry_key(&self, space: &SpaceId, kind: u8) -> Zeroizing<[u8; 32]> {
        hkdf(SALT, &*self.key, &[b"entry", space.as_bytes(), &[kind]])
    }

    /// Seals packs of `space`.
    pub(crate) fn pack_key(&self, space: &SpaceId) -> Zeroizing<[u8; 32]> {
        hkdf(SALT, &*self.key, &[b"pack", space.as_bytes()])
    }

    /// Seals bodies of manifests of `space`.
    pub(crate) fn manifest_key(&self, space: &SpaceId) -> Zeroizing<[u8; 32]> {
        hkdf(SALT, &*self.key, &[b"manifest", space.as_bytes()])
    }

    /// Names notices of `space`.
    pub(crate) fn notice_key(&self, space: &SpaceId) -> Zeroizing<[u8; 32]> {
        hkdf(SALT, &*self.key, &[b"notice", space.as_bytes()])
    }

    /// Seals the keys of the epochs before, in `space`.
    pub(crate) fn history_key(&self, space: &SpaceId) -> Zeroizing<[u8; 32]> {
        hkdf(SALT, &*self.key, &[b"history", space.as_bytes()])
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochKey({:?}, secret)", self.id)
    }
}

/// The epoch keys a device holds.
#[derive(Default)]
pub struct KeyRing {
    keys: BTreeMap<EpochId, EpochKey>,
}

impl KeyRing {
    /// An empty ring.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `key` and says its name. A key that is there already stays.
    pub fn insert(&mut self, key: EpochKey) -> EpochId {
        let id = key.id();
        self.keys.insert(id, key);
        id
    }

    /// The key called `epoch`.
    pub fn get(&self, epoch: &EpochId) -> Option<&EpochKey> {
        self.keys.get(epoch)
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys as bytes, to be sealed by whoever stores them: CBOR `[version, key, key, ...]`, sorted by epoch id.
    pub fn to_secret(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(16 + self.keys.len() * 34));
        let mut encoder = Encoder::new(&mut *out);
        // The writer is a Vec: none of these can fail.
        let _infallible = encoder.array(self.keys.len() as u64 + 1).and_then(|e| e.u8(secret::VERSION));
        for key in self.keys.values() {
            let _infallible = encoder.bytes(key.bytes());
        }
        out
    }

    /// The ring that [`KeyRing::to_secret`] wrote.
    pub fn from_secret(bytes: &[u8]) -> Result<Self, SecretError> {
        let malformed = |_| SecretError::Malformed;
        let mut decoder = Decoder::new(bytes);
        let length = decoder.array().map_err(malformed)?.ok_or(SecretError::Malformed)?;
        let version = decoder.u8().map_err(malformed)?;
        if version != secret::VERSION {
            return Err(SecretError::Version(version));
        }
        let mut ring = Self::new();
        for _ in 1..length {
            let key = EpochKey::from_slice(decoder.bytes().map_err(malformed)?);
            ring.insert(key.ok_or(SecretError::Malformed)?);
        }
        if decoder.position() == bytes.len() { Ok(ring) } else { Err(SecretError::Malformed) }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys, secret)", self.keys.len())
    }
}

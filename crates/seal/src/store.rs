//! The key of a device's own store: what rests on its disk is sealed under it, and names that would tell something
//! (record kinds, ids) are replaced by tags only it can compute.

use crate::cipher::{self, NONCE};
use crate::derive::hkdf;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Salt of what is derived from a store key.
const SALT: &[u8] = b"life-os v1 store key";
/// First byte of everything sealed under a store key.
const VERSION: u8 = 1;

/// The key of a store, 32 bytes, with its subkeys.
pub struct StoreKey {
    key: Zeroizing<[u8; 32]>,
    sealing: Zeroizing<[u8; 32]>,
    tagging: Zeroizing<[u8; 32]>,
}

/// Why stored bytes were not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreOpenError {
    /// Shorter than anything sealed is.
    #[error("the stored bytes are cut off")]
    Truncated,
    /// Written by a newer version.
    #[error("the stored bytes have version {0}, which this version does not know")]
    Version(u8),
    /// Damaged, moved to another place, or of another store.
    #[error("the stored bytes are damaged or belong elsewhere")]
    NotAuthentic,
}

impl StoreKey {
    /// A new key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *key);
        Self::from_key(key)
    }

    pub(crate) fn from_key(key: Zeroizing<[u8; 32]>) -> Self {
        let sealing = hkdf(SALT, &*key, &[b"seal"]);
        let tagging = hkdf(SALT, &*key, &[b"tag"]);
        Self { key, sealing, tagging }
    }

    /// The same key a second time, for a host that must be able to open its store again without asking the person:
    /// after a failed transaction the engine that holds the first is dropped.
    pub fn for_reopening(&self) -> Self {
        Self::from_key(self.key.clone())
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|key| Self::from_key(Zeroizing::new(key)))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// Seals `plaintext` for the place that `aad` names: it opens only with the same `aad`. Adds 41 bytes.
    pub fn seal<R: CryptoRng + ?Sized>(&self, rng: &mut R, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        // Only a plaintext of 256 GiB has no ciphertext, and none fits in memory; it would fail to open, not leak.
        let sealed = cipher::seal(&self.sealing, nonce, &bound(aad), plaintext).unwrap_or_default();
        [&[VERSION][..], &nonce, &sealed].concat()
    }

    /// Opens what [`StoreKey::seal`] made with the same `aad`.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreOpenError> {
        let (version, rest) = sealed.split_first().ok_or(StoreOpenError::Truncated)?;
        if *version != VERSION {
            return Err(StoreOpenError::Version(*version));
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(StoreOpenError::Truncated)?;
        cipher::open(&self.sealing, *nonce, &bound(aad), sealed).map_err(|_| StoreOpenError::NotAuthentic)
    }

    /// A tag for `label`: the same in this store always, unlinkable to it without the key.
    pub fn tag(&self, label: &[u8]) -> [u8; 8] {
        let hash = blake3::keyed_hash(&self.tagging, label);
        let mut tag = [0; 8];
        tag.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
        tag
    }
}

/// The associated data: version, then the caller's.
fn bound(aad: &[u8]) -> Vec<u8> {
    [&[VERSION], aad].concat()
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(secret)")
    }
}

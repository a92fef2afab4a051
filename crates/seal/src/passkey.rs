//! A store key under a passkey: HKDF over the PRF output of the authenticator and an HMAC made with a key that the
//! browser holds and does not give out.
//!
//! Invariant: neither half opens it. A copied browser profile lacks the authenticator; a passkey that was synced to
//! another machine lacks the profile's key.

use crate::cipher::{self, NONCE};
use crate::derive::hkdf;
use crate::store::StoreKey;
use minicbor::{Decode, Encode};
use protocol::codec::{self, CodecError};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Version of the form.
const VERSION: u8 = 1;
/// Salt of what is derived from a passkey.
const SALT: &[u8] = b"life-os v1 passkey wrap";

/// What a device gives to open its store: 32 bytes each, wiped by the caller.
#[derive(Clone, Copy)]
pub struct PasskeySecrets<'a> {
    /// Output of the authenticator's PRF for the wrap's salt.
    pub prf: &'a [u8; 32],
    /// HMAC-SHA-256 of the same salt under the profile's own key.
    pub mac: &'a [u8; 32],
}

/// A store key under a passkey. Holds nothing secret without it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PasskeyWrap {
    #[n(0)]
    version: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    nonce: [u8; NONCE],
    #[cbor(n(2), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

/// Why a passkey wrap was not read or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyWrapError {
    /// Not CBOR of a wrap.
    #[error("the passkey wrap is damaged: {0}")]
    Codec(#[from] CodecError),
    /// Written by a newer version.
    #[error("the passkey wrap has version {0}, which this version does not know")]
    Version(u8),
    /// Another passkey, another browser profile, or a damaged wrap: they cannot be told apart.
    #[error("this passkey does not open the vault of this browser")]
    WrongPasskey,
}

impl PasskeyWrap {
    /// Wraps `key`.
    pub fn wrap<R: CryptoRng + ?Sized>(rng: &mut R, secrets: PasskeySecrets<'_>, key: &StoreKey) -> Self {
        let mut wrap = Self { version: VERSION, nonce: [0; NONCE], sealed: Vec::new() };
        rng.fill_bytes(&mut wrap.nonce);
        // 32 bytes always fit; an empty ciphertext would fail to open, not leak.
        wrap.sealed =
            cipher::seal(&derive(secrets), wrap.nonce, &aad(VERSION), key.bytes()).unwrap_or_default();
        wrap
    }

    /// The store key, if these are the secrets it was wrapped under.
    pub fn unwrap(&self, secrets: PasskeySecrets<'_>) -> Result<StoreKey, PasskeyWrapError> {
        let key = cipher::open(&derive(secrets), self.nonce, &aad(self.version), &self.sealed);
        let key = key.map(Zeroizing::new).map_err(|_| PasskeyWrapError::WrongPasskey)?;
        StoreKey::from_slice(&key).ok_or(PasskeyWrapError::WrongPasskey)
    }

    /// To be stored in the clear.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// What [`PasskeyWrap::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PasskeyWrapError> {
        let wrap: Self = codec::decode_canonical(bytes)?;
        if wrap.version == VERSION { Ok(wrap) } else { Err(PasskeyWrapError::Version(wrap.version)) }
    }
}

fn derive(secrets: PasskeySecrets<'_>) -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 64]);
    let (prf, mac) = secret.split_at_mut(32);
    prf.copy_from_slice(secrets.prf);
    mac.copy_from_slice(secrets.mac);
    hkdf(SALT, &*secret, &[b"wrap"])
}

fn aad(version: u8) -> Vec<u8> {
    [b"life-os v1 passkey wrap", &[version][..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn world() -> (ChaCha20Rng, StoreKey) {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let key = StoreKey::generate(&mut rng);
        (rng, key)
    }

    #[test]
    fn a_passkey_and_its_browser_open_the_store_and_neither_alone_does() {
        let (mut rng, key) = world();
        let (prf, mac, other) = ([1; 32], [2; 32], [3; 32]);
        let wrap = PasskeyWrap::wrap(&mut rng, PasskeySecrets { prf: &prf, mac: &mac }, &key);
        let wrap = PasskeyWrap::from_bytes(&wrap.to_bytes()).unwrap();
        let opened = wrap.unwrap(PasskeySecrets { prf: &prf, mac: &mac }).unwrap();
        assert_eq!(opened.bytes(), key.bytes());
        for (prf, mac) in [(&other, &mac), (&prf, &other), (&mac, &prf)] {
            let error = wrap.unwrap(PasskeySecrets { prf, mac }).unwrap_err();
            assert_eq!(error, PasskeyWrapError::WrongPasskey);
        }
    }

    #[test]
    fn a_wrap_of_a_newer_version_is_named_so() {
        let (mut rng, key) = world();
        let secrets = PasskeySecrets { prf: &[1; 32], mac: &[2; 32] };
        let wrap = PasskeyWrap { version: 2, ..PasskeyWrap::wrap(&mut rng, secrets, &key) };
        assert_eq!(PasskeyWrap::from_bytes(&wrap.to_bytes()), Err(PasskeyWrapError::Version(2)));
        assert_eq!(wrap.unwrap(secrets).unwrap_err(), PasskeyWrapError::WrongPasskey);
    }
}

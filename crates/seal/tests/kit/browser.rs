//! A browser that was sent a push message, of the standards' own crates (RFC 8291, 3 and RFC 8188, 2), so that sealing and
//! opening cannot be wrong together.
#![allow(dead_code, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, KeyInit as _};
use hkdf::Hkdf;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

pub struct Browser {
    key: SecretKey,
    auth: Vec<u8>,
}

fn expand(salt: &[u8], secret: &[u8], info: &[u8], out: &mut [u8]) {
    Hkdf::<Sha256>::new(Some(salt), secret).expand(info, out).unwrap();
}

impl Browser {
    pub fn new(key: &[u8], auth: &[u8]) -> Self {
        Self { key: SecretKey::from_slice(key).unwrap(), auth: auth.to_vec() }
    }

    /// What it subscribes with as `p256dh`.
    pub fn public(&self) -> Vec<u8> {
        self.key.public_key().to_sec1_bytes().to_vec()
    }

    /// The one record of a message, padding and all; none if it was not sealed to this browser.
    pub fn record(&self, message: &[u8]) -> Option<Vec<u8>> {
        let (salt, rest) = message.split_first_chunk::<16>()?;
        let (_size, rest) = rest.split_first_chunk::<4>()?;
        let (&length, rest) = rest.split_first()?;
        let (sender, sealed) = rest.split_at_checked(length.into())?;
        let shared = self.key.diffie_hellman(&PublicKey::from_sec1_bytes(sender).ok()?);
        let info = [b"WebPush: info\0", &self.public()[..], sender].concat();
        let (mut keying, mut key, mut nonce) = ([0; 32], [0; 16], [0; 12]);
        expand(&self.auth, shared.raw_secret_bytes(), &info, &mut keying);
        expand(salt, &keying, b"Content-Encoding: aes128gcm\0", &mut key);
        expand(salt, &keying, b"Content-Encoding: nonce\0", &mut nonce);
        Aes128Gcm::new(&key.into()).decrypt(&nonce.into(), sealed).ok()
    }

    /// What a service worker is given.
    pub fn open(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut record = self.record(message)?;
        while record.pop_if(|last| *last == 0).is_some() {}
        assert_eq!(record.pop(), Some(2), "the last record");
        Some(record)
    }
}

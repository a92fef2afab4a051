//! Web Push message encryption (RFC 8291): to the two keys of a browser's subscription, in one record of the content
//! coding `aes128gcm` (RFC 8188), so that the browser opens it and neither relay nor push service does.
//!
//! Invariant: every message is as long as every other; what is not content is the record's own padding, which browsers take
//! off. Each is sealed with a key pair of its own, so nonce and content key are never used twice.

use crate::derive::hkdf;
use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, KeyInit as _};
use core::fmt;
use p256::elliptic_curve::Generate as _;
use p256::{PublicKey, SecretKey};
use protocol::limits::NOTICE_BYTES;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of an uncompressed point of the curve.
const POINT: usize = 65;
/// The same, as a record's head says it.
const POINT_BYTE: u8 = 65;
/// Bytes of a subscription's authentication secret.
const AUTH: usize = 16;
/// Bytes of a salt.
const SALT: usize = 16;
/// The record size that is announced. It only has to be more than the one record has.
const RECORD_SIZE: u32 = 4_096;
/// Bytes before the ciphertext: salt, record size, length of the key id, and the sender's public key as that.
const HEAD: usize = SALT + 4 + 1 + POINT;
/// Bytes that sealing adds.
const TAG: usize = 16;
/// Ends the content of the last record; zeros may follow.
const LAST_RECORD: u8 = 2;

/// Most bytes of content of a message.
pub const MAX_CONTENT: usize = NOTICE_BYTES - HEAD - 1 - TAG;

/// Whom a push message is sealed to: the keys of one subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct PushTarget {
    public: PublicKey,
    auth: [u8; AUTH],
}

/// Keys that are none of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Not 65 bytes, or not a point of the curve.
    #[error("p256dh is no public key of P-256 (65 bytes, uncompressed); subscribe again")]
    PublicKey,
    /// Not 16 bytes.
    #[error("auth has {0} bytes instead of 16; subscribe again")]
    Auth(usize),
}

/// The content is over [`MAX_CONTENT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

impl PushTarget {
    /// The keys as `PushSubscription.getKey` gives them: `p256dh` and `auth`.
    pub fn new(p256dh: &[u8], auth: &[u8]) -> Result<Self, BadTarget> {
        if p256dh.len() != POINT {
            return Err(BadTarget::PublicKey);
        }
        let public = PublicKey::from_sec1_bytes(p256dh).map_err(|_| BadTarget::PublicKey)?;
        let auth = auth.try_into().map_err(|_| BadTarget::Auth(auth.len()))?;
        Ok(Self { public, auth })
    }

    /// Seals `content`. The result has [`NOTICE_BYTES`] bytes, whatever the content's length.
    pub(crate) fn seal<R: CryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        content: &[u8],
    ) -> Result<Vec<u8>, TooLong> {
        let padding = MAX_CONTENT.checked_sub(content.len()).ok_or(TooLong)?;
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        self.seal_with(salt, &SecretKey::generate_from_rng(rng), content, padding)
    }

    /// One record: RFC 8291, 3.3 and 3.4 derive its keys, RFC 8188, 2 lays it out.
    fn seal_with(
        &self,
        salt: [u8; SALT],
        sender: &SecretKey,
        content: &[u8],
        padding: usize,
    ) -> Result<Vec<u8>, TooLong> {
        let (receiver, sender_public) = (point(&self.public), point(&sender.public_key()));
        let shared = sender.diffie_hellman(&self.public);
        let info: [&[u8]; 3] = [b"WebPush: info\0", &receiver, &sender_public];
        let keying = hkdf(&self.auth, shared.raw_secret_bytes(), &info);
        let key = hkdf(&salt, &*keying, &[b"Content-Encoding: aes128gcm\0"]);
        let nonce = hkdf(&salt, &*keying, &[b"Content-Encoding: nonce\0"]);
        let (key, nonce) = (first::<16>(&key), first::<12>(&nonce));

        let mut record = Zeroizing::new(Vec::with_capacity(content.len() + 1 + padding));
        record.extend_from_slice(content);
        record.push(LAST_RECORD);
        record.resize(content.len() + 1 + padding, 0);
        let cipher = Aes128Gcm::new(&(*key).into());
        // Only a record of 64 GiB has no ciphertext.
        let sealed = cipher.encrypt(&(*nonce).into(), record.as_slice()).map_err(|_| TooLong)?;

        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.extend_from_slice(&salt);
        out.extend_from_slice(&RECORD_SIZE.to_be_bytes());
        out.push(POINT_BYTE);
        out.extend_from_slice(&sender_public);
        out.extend_from_slice(&sealed);
        Ok(out)
    }
}

impl fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushTarget(secret)")
    }
}

/// Uncompressed, as Web Push writes public keys.
fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_bytes().into_vec()
}

/// The first bytes of a derived block: HKDF of fewer bytes is a prefix of HKDF of more (RFC 5869, 2.3).
fn first<const N: usize>(block: &[u8; 32]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    out.iter_mut().zip(block).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
    }

    /// RFC 8291, 5 and appendix A.
    #[test]
    fn the_example_of_the_standard_is_sealed_to_its_bytes() {
        let target = PushTarget::new(
            &bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            &bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        )
        .unwrap();
        let sender = SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let content = b"When I grow up, I want to be a watermelon";
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz\
            AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(target.seal_with(salt, &sender, content, 0).unwrap(), bytes(expected));
    }
}

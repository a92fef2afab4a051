//! XChaCha20-Poly1305, the one cipher for everything that is not sealed to a public key. Nonces are 24 random bytes,
//! so no counter has to survive a crash or a restored backup.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};

/// Bytes of a nonce.
pub(crate) const NONCE: usize = 24;
/// Bytes that sealing adds.
pub(crate) const TAG: usize = 16;

/// The ciphertext does not belong to this key, nonce and associated data.
#[derive(Debug)]
pub(crate) struct NotAuthentic;

/// Seals. `None` only for plaintexts the cipher has no room for (256 GiB).
pub(crate) fn seal(key: &[u8; 32], nonce: [u8; NONCE], aad: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    cipher.encrypt(&nonce.into(), Payload { msg: plaintext, aad }).ok()
}

/// Opens.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: [u8; NONCE],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, NotAuthentic> {
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    cipher.decrypt(&nonce.into(), Payload { msg: sealed, aad }).map_err(|_| NotAuthentic)
}

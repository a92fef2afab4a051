//! HPKE (RFC 9180), base mode, to a device's public key: X-Wing (X25519 with ML-KEM-768), HKDF-SHA256,
//! ChaCha20-Poly1305. The suite has number 1 in [`KemPublic`]; a device whose suite is unknown here cannot be sealed to.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use protocol::KemPublic;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Number of the suite.
const SUITE: u8 = 1;

/// The public key is of an unknown suite or no key of its suite.
#[derive(Debug)]
pub(crate) struct UnusableKey;

/// Cannot be opened with this key and info.
#[derive(Debug)]
pub(crate) struct CannotOpen;

/// What one recipient gets.
pub(crate) struct Sealed {
    /// The encapsulated key.
    pub(crate) encapsulated: Vec<u8>,
    /// The plaintext, sealed.
    pub(crate) ciphertext: Vec<u8>,
}

/// The private key is its own 32-byte X-Wing seed, so every seed is a key.
fn private(seed: &[u8; 32]) -> Option<<XWing as Kem>::PrivateKey> {
    <XWing as Kem>::PrivateKey::from_bytes(seed).ok()
}

/// The public key that belongs to `seed`.
pub(crate) fn public(seed: &[u8; 32]) -> KemPublic {
    let bytes = private(seed).map(|key| XWing::sk_to_pk(&key).to_bytes().to_vec());
    // 32 bytes are always a seed; an empty key would be refused by everybody who seals to it.
    KemPublic { suite: SUITE, bytes: bytes.unwrap_or_default() }
}

/// Seals `plaintext` to `to`; opens only with the same `info`.
pub(crate) fn seal<R: CryptoRng + ?Sized>(
    rng: &mut R,
    to: &KemPublic,
    info: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, UnusableKey> {
    if to.suite != SUITE {
        return Err(UnusableKey);
    }
    let key = <XWing as Kem>::PublicKey::from_bytes(&to.bytes).map_err(|_| UnusableKey)?;
    let mut rng = rng;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &key,
        info,
        plaintext,
        &[],
        &mut rng,
    )
    .map_err(|_| UnusableKey)?;
    Ok(Sealed { encapsulated: encapsulated.to_bytes().to_vec(), ciphertext })
}

/// Opens what [`seal`] made for the public key of `seed`.
pub(crate) fn open(
    seed: &[u8; 32],
    info: &[u8],
    encapsulated: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
    let key = private(seed).ok_or(CannotOpen)?;
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| CannotOpen)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &key,
        &encapsulated,
        info,
        ciphertext,
        &[],
    )
    .map(Zeroizing::new)
    .map_err(|_| CannotOpen)
}

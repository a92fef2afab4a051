//! The two private keys of a device. They are made on the device and leave it only in [`DeviceKeys::to_secret`], which
//! is for its own sealed store.

use crate::secret::{self, SecretError};
use core::fmt;
use ed25519_dalek::{Signer, SigningKey};
use minicbor::{Decode, Encode};
use protocol::{DeviceId, DevicePublic, SignPublic, Signature};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The private keys of a device or of a recovery phrase: Ed25519 to sign, X-Wing to be sealed to.
pub struct DeviceKeys {
    signing: SigningKey,
    kem: Zeroizing<[u8; 32]>,
    public: DevicePublic,
    id: DeviceId,
}

/// The form of [`DeviceKeys::to_secret`].
#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(map)]
struct Secret {
    #[n(0)]
    version: u8,
    /// Seed of the Ed25519 key.
    #[cbor(n(1), with = "minicbor::bytes")]
    sign: [u8; 32],
    /// Seed of the X-Wing key.
    #[cbor(n(2), with = "minicbor::bytes")]
    kem: [u8; 32],
}

/// Bytes of an encoded [`Secret`]: a map, three keys, a version and two strings of 32 bytes.
const SECRET_BYTES: usize = 1 + 3 + 1 + 2 * 34;

impl DeviceKeys {
    /// New keys.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut seeds = Zeroizing::new([[0; 32]; 2]);
        for seed in seeds.iter_mut() {
            rng.fill_bytes(seed);
        }
        let [sign, kem] = &*seeds;
        Self::from_seeds(sign, kem)
    }

    /// The keys that belong to two seeds.
    pub(crate) fn from_seeds(sign: &[u8; 32], kem: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(sign);
        let public = DevicePublic {
            sign: SignPublic::new(signing.verifying_key().to_bytes()),
            kem: crate::kem::public(kem),
        };
        let id = public.id();
        Self { signing, kem: Zeroizing::new(*kem), public, id }
    }

    /// The keys that [`DeviceKeys::to_secret`] wrote.
    pub fn from_secret(bytes: &[u8]) -> Result<Self, SecretError> {
        let secret: Secret = secret::decode(bytes)?;
        if secret.version != secret::VERSION {
            return Err(SecretError::Version(secret.version));
        }
        Ok(Self::from_seeds(&secret.sign, &secret.kem))
    }

    /// The keys as bytes, to be sealed by whoever stores them.
    pub fn to_secret(&self) -> Zeroizing<Vec<u8>> {
        let form = Secret { version: secret::VERSION, sign: *self.signing.as_bytes(), kem: *self.kem };
        secret::encode(&form, SECRET_BYTES)
    }

    /// The public side.
    pub fn public(&self) -> &DevicePublic {
        &self.public
    }

    /// The device's name: hash of its public keys.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// Signs a domain-separated hash, as `protocol` computes them. Deterministic (RFC 8032).
    pub fn sign(&self, hash: &[u8; 32]) -> Signature {
        Signature::new(self.signing.sign(hash).to_bytes())
    }

    /// Seed of the KEM key.
    pub(crate) fn kem_seed(&self) -> &[u8; 32] {
        &self.kem
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKeys({:?}, secret)", self.id)
    }
}

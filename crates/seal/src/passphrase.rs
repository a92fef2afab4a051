//! A store key under a passphrase, by Argon2id.
//!
//! Invariant: the cost is pinned here. Whoever can write the file can write any cost into it, so one below
//! [`KdfParams::MINIMUM`] is refused before the passphrase is used, and one above [`KdfParams::MAXIMUM`] before memory is.

use crate::cipher::{self, NONCE};
use crate::store::StoreKey;
use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Encode};
use protocol::codec::{self, CodecError};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Version of the form.
const VERSION: u8 = 1;

/// What guessing one passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KdfParams {
    /// Memory, in KiB.
    #[n(0)]
    pub memory: u32,
    /// Passes over it.
    #[n(1)]
    pub passes: u32,
    /// Lanes.
    #[n(2)]
    pub lanes: u32,
}

/// Why a cost is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KdfParamsError {
    /// Cheaper to guess than this version allows.
    #[error("the passphrase protection is weaker than this version allows")]
    TooWeak,
    /// So dear that unlocking would exhaust the machine.
    #[error("the passphrase protection asks for more memory or time than this version allows")]
    TooCostly,
}

impl KdfParams {
    /// The least that is accepted: OWASP's recommendation for Argon2id, 19 MiB and two passes.
    pub const MINIMUM: Self = Self { memory: 19_456, passes: 2, lanes: 1 };
    /// What new wraps use where nothing else is asked for: 64 MiB and three passes.
    pub const DEFAULT: Self = Self { memory: 65_536, passes: 3, lanes: 1 };
    /// The most that is accepted: 1 GiB, 16 passes, 4 lanes.
    pub const MAXIMUM: Self = Self { memory: 1 << 20, passes: 16, lanes: 4 };

    /// Whether this version accepts the cost.
    pub fn check(&self) -> Result<(), KdfParamsError> {
        let at_least = |low: &Self, high: &Self| {
            high.memory >= low.memory && high.passes >= low.passes && high.lanes >= low.lanes
        };
        if !at_least(&Self::MINIMUM, self) {
            return Err(KdfParamsError::TooWeak);
        }
        if at_least(self, &Self::MAXIMUM) { Ok(()) } else { Err(KdfParamsError::TooCostly) }
    }
}

impl Default for KdfParams {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A store key under a passphrase. Holds nothing secret without it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PassphraseWrap {
    #[n(0)]
    version: u8,
    #[n(1)]
    params: KdfParams,
    #[cbor(n(2), with = "minicbor::bytes")]
    salt: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    nonce: [u8; NONCE],
    #[cbor(n(4), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

/// Why bytes are not a passphrase wrap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrapFormatError {
    /// Not CBOR of a wrap.
    #[error("the passphrase wrap is damaged: {0}")]
    Codec(#[from] CodecError),
    /// Written by a newer version.
    #[error("the passphrase wrap has version {0}, which this version does not know")]
    Version(u8),
}

/// Why a store key was not unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The cost is refused; the passphrase was not tried.
    #[error(transparent)]
    Params(#[from] KdfParamsError),
    /// Another passphrase, or a damaged wrap: the two cannot be told apart.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// This machine has not the memory that the cost asks for.
    #[error("not enough memory to check the passphrase")]
    OutOfMemory,
}

impl PassphraseWrap {
    /// Wraps `key` under `passphrase` at the cost of `params`.
    pub fn wrap<R: CryptoRng + ?Sized>(
        rng: &mut R,
        passphrase: &[u8],
        params: KdfParams,
        key: &StoreKey,
    ) -> Result<Self, UnwrapError> {
        params.check()?;
        let mut wrap =
            Self { version: VERSION, params, salt: [0; 32], nonce: [0; NONCE], sealed: Vec::new() };
        rng.fill_bytes(&mut wrap.salt);
        rng.fill_bytes(&mut wrap.nonce);
        let wrapping = wrap.derive(passphrase)?;
        let sealed = cipher::seal(&wrapping, wrap.nonce, &wrap.aad(), key.bytes());
        wrap.sealed = sealed.ok_or(UnwrapError::OutOfMemory)?;
        Ok(wrap)
    }

    /// The store key, if `passphrase` is the one it was wrapped under.
    pub fn unwrap(&self, passphrase: &[u8]) -> Result<StoreKey, UnwrapError> {
        self.params.check()?;
        let wrapping = self.derive(passphrase)?;
        let key = cipher::open(&wrapping, self.nonce, &self.aad(), &self.sealed).map(Zeroizing::new);
        let key = key.map_err(|_| UnwrapError::WrongPassphrase)?;
        StoreKey::from_slice(&key).ok_or(UnwrapError::WrongPassphrase)
    }

    /// The cost it was wrapped at.
    pub fn params(&self) -> KdfParams {
        self.params
    }

    /// To be stored in the clear.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// What [`PassphraseWrap::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrapFormatError> {
        let wrap: Self = codec::decode_canonical(bytes)?;
        if wrap.version == VERSION { Ok(wrap) } else { Err(WrapFormatError::Version(wrap.version)) }
    }

    /// Version, cost and salt, so that none of them can be changed under a passphrase.
    fn aad(&self) -> Vec<u8> {
        let KdfParams { memory, passes, lanes } = self.params;
        let numbers = [memory, passes, lanes].map(u32::to_le_bytes).concat();
        [b"life-os v1 passphrase wrap", &[self.version][..], &numbers, &self.salt].concat()
    }

    fn derive(&self, passphrase: &[u8]) -> Result<Zeroizing<[u8; 32]>, UnwrapError> {
        let KdfParams { memory, passes, lanes } = self.params;
        // `check` has accepted the numbers, so what is left to fail is the memory.
        let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| UnwrapError::OutOfMemory)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut out = Zeroizing::new([0; 32]);
        argon.hash_password_into(passphrase, &self.salt, &mut *out).map_err(|_| UnwrapError::OutOfMemory)?;
        Ok(out)
    }
}

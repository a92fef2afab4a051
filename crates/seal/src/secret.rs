//! How secrets become bytes: versioned CBOR with integer keys, written into memory that is wiped and never moved by
//! growing.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

/// Version of every secret form of this crate.
pub(crate) const VERSION: u8 = 1;

/// Why bytes are not a secret of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not CBOR of the expected shape, or something follows it.
    #[error("the secret is damaged")]
    Malformed,
    /// Written by a newer version.
    #[error("the secret has version {0}, which this version does not know")]
    Version(u8),
}

/// Encodes `value`, which takes at most `capacity` bytes, so that no reallocation leaves a copy behind.
pub(crate) fn encode<T: Encode<()>>(value: &T, capacity: usize) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(capacity));
    // The writer is a Vec (infallible) and no type of ours returns a custom error.
    let _infallible = minicbor::encode(value, &mut *out);
    out
}

/// Decodes exactly one value. The reason of a failure is dropped: it could name bytes of the secret.
pub(crate) fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, SecretError> {
    protocol::codec::decode(bytes).map_err(|_| SecretError::Malformed)
}

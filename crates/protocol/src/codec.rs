//! Bytes in and out. CBOR with integer keys; what is signed is decoded only when it is canonical, so that one
//! meaning has one byte string and one hash.

use minicbor::{Decode, Decoder, Encode};

/// Why bytes were not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not CBOR of the expected shape.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Something follows the value.
    #[error("{0} bytes follow the value")]
    Trailing(usize),
    /// The same value has another, canonical, encoding.
    #[error("not in canonical form")]
    NotCanonical,
    /// Longer than the limit of its kind.
    #[error("{got} bytes, at most {limit} are allowed")]
    TooLong {
        /// Bytes received.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Written by a newer version of the protocol.
    #[error("version {0} is not supported")]
    Version(u8),
}

/// Encodes `value`. Encoding to memory cannot fail for the types of this crate.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // The writer is a Vec (infallible) and no type of ours returns a custom error.
    let _infallible = minicbor::encode(value, &mut out);
    out
}

/// Decodes exactly one value and nothing after it. Unknown integer keys are skipped, so newer peers may add some.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, CodecError> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().map_err(|e| CodecError::Malformed(e.to_string()))?;
    match bytes.len() - decoder.position() {
        0 => Ok(value),
        rest => Err(CodecError::Trailing(rest)),
    }
}

/// Decodes a value that is hashed or signed: its bytes must be the only encoding of it.
pub fn decode_canonical<T>(bytes: &[u8]) -> Result<T, CodecError>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let value: T = decode(bytes)?;
    if encode(&value) == bytes { Ok(value) } else { Err(CodecError::NotCanonical) }
}

/// Refuses `bytes` over `limit` before anything looks into them.
pub fn within(bytes: &[u8], limit: usize) -> Result<(), CodecError> {
    if bytes.len() <= limit { Ok(()) } else { Err(CodecError::TooLong { got: bytes.len(), limit }) }
}

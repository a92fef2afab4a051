//! What happens to a plaintext before it is sealed: compressed where that helps, then padded, so that a ciphertext's
//! length says little about what is in it.
//!
//! Packed bytes: flag (0 stored, 1 raw deflate), length of the body (`u32`, little endian), body, zeros. Their number is
//! [`padded_length`] of what they would be without the zeros.

use flate2::Compression;
use flate2::bufread::{DeflateDecoder, DeflateEncoder};
use std::io::Read;

/// Nothing is shorter than this when packed, in bytes. Most single changes of a record are under it, so that their sizes do
/// not tell kinds of records apart.
pub const FLOOR: usize = 512;
/// The floor that was in use first; what was packed with it is still read.
pub const FORMER_FLOOR: usize = 256;
/// Most bytes that a body may inflate to.
pub const MAX_INFLATED: usize = 8 << 20;
/// Bytes before the body.
pub const HEAD: usize = 5;

const STORED: u8 = 0;
const DEFLATED: u8 = 1;

/// Why bytes cannot be packed or unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// The plaintext is over [`MAX_INFLATED`], or inflates beyond it.
    #[error("the content is larger than {MAX_INFLATED} bytes")]
    TooLarge,
    /// The frame around the body is not as it must be.
    #[error("the padding is malformed")]
    Padding,
    /// The body does not inflate.
    #[error("the compressed content is damaged")]
    Deflate,
}

/// Padmé: the next length of which only the top bits are set, so that padding stays under 12 % and a length of
/// magnitude 2^e takes one of about e values. At least [`FLOOR`].
pub const fn padded_length(length: usize) -> usize {
    padded_above(FLOOR, length)
}

const fn padded_above(floor: usize, length: usize) -> usize {
    if length <= floor {
        return floor;
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1 << (exponent - kept)) - 1;
    (length + mask) & !mask
}

/// Compresses and pads.
pub fn pack(plaintext: &[u8]) -> Result<Vec<u8>, PackingError> {
    if plaintext.len() > MAX_INFLATED {
        return Err(PackingError::TooLarge);
    }
    let deflated = deflate(plaintext);
    let (flag, body) = match &deflated {
        Some(deflated) if deflated.len() < plaintext.len() => (DEFLATED, deflated.as_slice()),
        _ => (STORED, plaintext),
    };
    let length = u32::try_from(body.len()).map_err(|_| PackingError::TooLarge)?;
    let total = padded_length(HEAD + body.len());
    let mut out = Vec::with_capacity(total);
    out.push(flag);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(body);
    out.resize(total, 0);
    Ok(out)
}

/// Reading from memory does not fail; if it ever did, the plaintext is stored as it is.
fn deflate(plaintext: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    DeflateEncoder::new(plaintext, Compression::default()).read_to_end(&mut out).ok()?;
    Some(out)
}

/// The plaintext of packed bytes. Only padding of the right length, all zeros, is accepted.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, PackingError> {
    let (&[flag, l0, l1, l2, l3], rest) = packed.split_first_chunk::<HEAD>().ok_or(PackingError::Padding)?;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).map_err(|_| PackingError::Padding)?;
    let (body, padding) = rest.split_at_checked(length).ok_or(PackingError::Padding)?;
    let right = [FLOOR, FORMER_FLOOR].map(|floor| padded_above(floor, HEAD + length));
    if !right.contains(&packed.len()) || padding.iter().any(|b| *b != 0) {
        return Err(PackingError::Padding);
    }
    match flag {
        STORED if body.len() > MAX_INFLATED => Err(PackingError::TooLarge),
        STORED => Ok(body.to_vec()),
        DEFLATED => inflate(body),
        _ => Err(PackingError::Padding),
    }
}

fn inflate(body: &[u8]) -> Result<Vec<u8>, PackingError> {
    let limit = MAX_INFLATED as u64;
    let mut decoder = DeflateDecoder::new(body);
    let mut out = Vec::new();
    // One byte more than is allowed, to see whether there is one.
    decoder.by_ref().take(limit + 1).read_to_end(&mut out).map_err(|_| PackingError::Deflate)?;
    if out.len() > MAX_INFLATED {
        return Err(PackingError::TooLarge);
    }
    if decoder.total_in() != body.len() as u64 {
        return Err(PackingError::Deflate);
    }
    Ok(out)
}

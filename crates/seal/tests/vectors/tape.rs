//! Randomness that is an input of a vector: known bytes, written down as they are used.

use rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;

/// Bytes made from a label; what was taken is kept.
pub struct Tape {
    bytes: blake3::OutputReader,
    taken: Vec<u8>,
}

impl Tape {
    pub fn new(label: &str) -> Self {
        let bytes =
            blake3::Hasher::new_derive_key("life-os test vectors").update(label.as_bytes()).finalize_xof();
        Self { bytes, taken: Vec::new() }
    }
    /// What was used since the last call, in hexadecimal.
    pub fn used(&mut self) -> String {
        crate::hex(std::mem::take(&mut self.taken))
    }
}

impl TryRng for Tape {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.bytes.fill(out);
        self.taken.extend_from_slice(out);
        Ok(())
    }
}

impl TryCryptoRng for Tape {}

//! Randomness of the operating system.

use crate::store::StoreError;

/// 32 random bytes.
pub fn bytes32() -> Result<[u8; 32], StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::Unavailable(format!("no randomness: {e}")))?;
    Ok(bytes)
}

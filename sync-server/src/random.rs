//! Randomness of the operating system.

use crate::store::StoreError;

/// 32 random bytes: a secret.
pub fn bytes32() -> Result<[u8; 32], StoreError> {
    bytes()
}

/// 16 random bytes: a name.
pub fn bytes16() -> Result<[u8; 16], StoreError> {
    bytes()
}

fn bytes<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::Unavailable(format!("no randomness: {e}")))?;
    Ok(bytes)
}

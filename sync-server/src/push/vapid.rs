//! Who the relay is to a push service (VAPID, RFC 8292): an ES256 key, whose public half browsers subscribe with.
//!
//! Invariant: the key is made once. Another one makes every subscription useless, so it is kept with the relay's data, or in a
//! file of the operator's, and relays that share a database share it.

use crate::origin::Origin;
use crate::store::{Store, StoreError};
use protocol::api::{from_text, to_text};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use web_push::{PartialVapidSignatureBuilder, SubscriptionInfo, VapidSignatureBuilder, WebPushError};

/// Its name among the keys of the relay.
const NAME: &str = "vapid";

/// A key that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not a key of the curve in base64url.
    #[error("expected a private key of P-256: 32 bytes in base64url, on one line")]
    Malformed,
    /// The file cannot be read or made.
    #[error("{0}")]
    File(String),
    /// The machine gives no randomness.
    #[error("no randomness: {0}")]
    Randomness(String),
}

/// The relay's key and who runs it.
#[derive(Clone)]
pub struct Vapid {
    key: PartialVapidSignatureBuilder,
    subject: String,
}

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vapid(secret)")
    }
}

impl Vapid {
    /// Of a private key. `subject` is an address of who runs the relay, for the people who run the push service.
    pub fn new(key: &[u8; 32], subject: String) -> Result<Self, BadKey> {
        Ok(Self { key: signer(key)?, subject })
    }

    /// The key that the relay's database keeps, made when there is none.
    pub async fn stored(store: &dyn Store, subject: String) -> Result<Self, StoreError> {
        let made = new_key().map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let kept = store.relay_key(NAME, made).await?;
        Self::new(&kept, subject).map_err(|_| StoreError::Damaged("relay_key: vapid is no key".into()))
    }

    /// The public key: 65 bytes, uncompressed.
    pub fn public(&self) -> Vec<u8> {
        self.key.get_public_key()
    }

    /// The header `Authorization` for a push service: good for it alone, and for half a day.
    pub fn authorization(&self, service: &Origin) -> Result<String, WebPushError> {
        let subscription = SubscriptionInfo { endpoint: service.to_string(), ..SubscriptionInfo::default() };
        let mut builder = self.key.clone().add_sub_info(&subscription);
        // By itself the crate leaves the port out, and names somebody else where nobody is named.
        builder.add_claim("aud", service.as_str());
        builder.add_claim("sub", self.subject.as_str());
        let signature = builder.build()?;
        Ok(format!("vapid t={}, k={}", signature.auth_t, to_text(&signature.auth_k)))
    }
}

/// The crate takes the length of a key on trust: what comes here has it.
fn signer(key: &[u8; 32]) -> Result<PartialVapidSignatureBuilder, BadKey> {
    VapidSignatureBuilder::from_base64_no_sub(&to_text(key)).map_err(|_| BadKey::Malformed)
}

/// The key in a file, which is made, for its owner alone, when it is not there.
pub fn key_in_file(path: &Path) -> Result<[u8; 32], BadKey> {
    let failed = |e: std::io::Error| BadKey::File(format!("{}: {e}", path.display()));
    match std::fs::read_to_string(path) {
        Ok(text) => read_key(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = new_key()?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(failed)?;
            file.write_all(format!("{}\n", to_text(&key)).as_bytes()).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}

fn read_key(text: &str) -> Result<[u8; 32], BadKey> {
    let key = from_text(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key.ok_or(BadKey::Malformed)?;
    signer(&key).map(|_| key)
}

fn new_key() -> Result<[u8; 32], BadKey> {
    loop {
        let key = crate::random::bytes32().map_err(|e| BadKey::Randomness(e.to_string()))?;
        // One of four thousand million 32 bytes is none.
        if signer(&key).is_ok() {
            return Ok(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vapid");
        let made = key_in_file(&path).unwrap();
        assert_eq!(key_in_file(&path), Ok(made));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        for text in ["", "x", "AAAA", &to_text(&[0; 32]), &to_text(&[0xff; 32]), &to_text(&[1; 33])] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(key_in_file(&path), Err(BadKey::Malformed), "{text}");
        }
        assert!(matches!(key_in_file(&folder.path().join("no/such")), Err(BadKey::File(_))));
    }
}

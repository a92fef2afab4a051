//! Who the relay is to a push service (VAPID, RFC 8292): an ES256 key, whose public half browsers subscribe with.
//!
//! Invariant: the key is made once. Another one makes every subscription useless, so it is kept with the relay's data, or in a
//! file of the operator's, and relays that share a database share it.

use crate::limits::VAPID_SECONDS;
use crate::origin::Origin;
use crate::store::{Store, StoreError};
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use protocol::api::{from_text, to_text};
use serde_json::json;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

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
    key: SigningKey,
    public: Vec<u8>,
    subject: Option<String>,
}

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vapid(secret)")
    }
}

impl Vapid {
    /// Of a private key. `subject` is an address of who runs the relay, for the people who run the push service.
    pub fn new(key: &[u8; 32], subject: Option<String>) -> Result<Self, BadKey> {
        let secret = SecretKey::from_slice(key).map_err(|_| BadKey::Malformed)?;
        let public = secret.public_key().to_sec1_bytes().into_vec();
        Ok(Self { key: SigningKey::from(&secret), public, subject })
    }

    /// The key that the relay's database keeps, made when there is none.
    pub async fn stored(store: &dyn Store, subject: Option<String>) -> Result<Self, StoreError> {
        let made = new_key().map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let kept = store.relay_key(NAME, made).await?;
        Self::new(&kept, subject).map_err(|_| StoreError::Damaged("relay_key: vapid is no key".into()))
    }

    /// The public key: 65 bytes, uncompressed.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The header `Authorization` for a push service: good for it alone, and for half a day.
    pub fn authorization(&self, service: &Origin, now_seconds: i64) -> String {
        let expires = now_seconds.saturating_add(i64::try_from(VAPID_SECONDS).unwrap_or(i64::MAX));
        let mut claims = json!({ "aud": service.as_str(), "exp": expires });
        if let (Some(subject), Some(claims)) = (&self.subject, claims.as_object_mut()) {
            claims.insert("sub".into(), subject.as_str().into());
        }
        let header = json!({ "typ": "JWT", "alg": "ES256" });
        let signed = [header, claims].map(|part| to_text(part.to_string().as_bytes())).join(".");
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("vapid t={signed}.{}, k={}", to_text(&signature.to_bytes()), to_text(&self.public))
    }
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
    SecretKey::from_slice(&key).map(|_| key).map_err(|_| BadKey::Malformed)
}

fn new_key() -> Result<[u8; 32], BadKey> {
    loop {
        let key = crate::random::bytes32().map_err(|e| BadKey::Randomness(e.to_string()))?;
        // One of four thousand million 32 bytes is none.
        if SecretKey::from_slice(&key).is_ok() {
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

//! Passkeys, as far as the relay checks them: challenges out, answers in, nothing kept here.
//!
//! Invariant: an answer counts for the challenge of one ceremony, this origin and this host alone, and only from a person
//! whom the authenticator has verified. A passkey that signs in opens no record: the relay has none in clear.

use crate::origin::PublicUrl;
use protocol::account::{Assertion, Attestation};
use protocol::api::from_text;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// How passkeys are checked for one relay.
#[derive(Debug, Clone)]
pub struct Passkeys {
    webauthn: Webauthn,
    rp: String,
}

/// A host that passkeys of this relay cannot be made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the host of the public URL or a domain above it")]
pub struct BadRpId;

/// Why a ceremony did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// What came is no answer of an authenticator.
    #[error("the passkey's answer cannot be read")]
    Unreadable,
    /// The answer does not hold.
    #[error("the passkey's answer does not hold: {0}")]
    Refused(WebauthnError),
    /// What the relay had stored, or was about to, cannot be read or written.
    #[error("the state of a ceremony cannot be kept: {0}")]
    State(#[from] serde_json::Error),
}

impl From<WebauthnError> for CeremonyError {
    fn from(error: WebauthnError) -> Self {
        Self::Refused(error)
    }
}

/// A ceremony that makes a passkey.
#[derive(Debug)]
pub struct Creation {
    /// For the authenticator to sign.
    pub challenge: Vec<u8>,
    /// The user handle.
    pub user: Vec<u8>,
    /// Algorithms that can be checked, the best first.
    pub algorithms: Vec<i64>,
    /// To be kept until the answer comes, and used once.
    pub state: Vec<u8>,
}

/// A passkey that was made.
#[derive(Debug)]
pub struct Made {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The user handle.
    pub user: Vec<u8>,
    /// What verifies its answers.
    pub verifier: Vec<u8>,
}

/// A ceremony that signs in.
#[derive(Debug)]
pub struct SignIn {
    /// For the authenticator to sign.
    pub challenge: Vec<u8>,
    /// To be kept until the answer comes, and used once.
    pub state: Vec<u8>,
}

/// What is kept of a creation.
#[derive(Serialize, Deserialize)]
struct CreationState {
    user: Uuid,
    registration: PasskeyRegistration,
}

impl Passkeys {
    /// For the relay at `public_url`. None where browsers have no passkeys: an address is no name that they are made for.
    pub fn new(public_url: &PublicUrl, rp_id: Option<&str>) -> Result<Option<Self>, BadRpId> {
        let Ok(origin) = Url::parse(public_url.origin().as_str()) else { return Err(BadRpId) };
        if origin.domain().is_none() {
            return if rp_id.is_some() { Err(BadRpId) } else { Ok(None) };
        }
        let rp = rp_id.unwrap_or(public_url.host());
        if rp.is_empty() || rp.starts_with('.') {
            return Err(BadRpId);
        }
        let life = Duration::from_secs(protocol::limits::CEREMONY_SECONDS);
        let webauthn = WebauthnBuilder::new(rp, &origin).map_err(|_| BadRpId)?.timeout(life);
        let webauthn = webauthn.build().map_err(|_| BadRpId)?;
        Ok(Some(Self { webauthn, rp: rp.to_owned() }))
    }

    /// The host that passkeys are made for.
    pub fn rp(&self) -> &str {
        &self.rp
    }

    /// Begins to make a passkey. Its user handle is random and of this one passkey, so it names no person and replaces
    /// no other.
    pub fn begin_creation(&self) -> Result<Creation, CeremonyError> {
        let user = Uuid::new_v4();
        // Names are the client's to choose; these are never sent.
        let (wanted, registration) = self.webauthn.start_passkey_registration(user, "-", "-", None)?;
        let wanted = wanted.public_key;
        Ok(Creation {
            challenge: wanted.challenge,
            user: user.as_bytes().to_vec(),
            algorithms: wanted.pub_key_cred_params.iter().map(|p| p.alg).collect(),
            state: serde_json::to_vec(&CreationState { user, registration })?,
        })
    }

    /// Checks a new passkey.
    pub fn finish_creation(&self, state: &[u8], made: &Attestation) -> Result<Made, CeremonyError> {
        let CreationState { user, registration } = serde_json::from_slice(state)?;
        let answer: RegisterPublicKeyCredential = read(json!({
            "id": made.id,
            "rawId": made.id,
            "type": "public-key",
            "response": { "attestationObject": made.attestation, "clientDataJSON": made.client_data },
        }))?;
        let passkey = self.webauthn.finish_passkey_registration(&answer, &registration)?;
        if passkey.cred_id().as_slice() != answer.raw_id.as_slice() {
            return Err(WebauthnError::CredentialNotFound.into());
        }
        Ok(Made {
            credential: passkey.cred_id().to_vec(),
            user: user.as_bytes().to_vec(),
            verifier: serde_json::to_vec(&passkey)?,
        })
    }

    /// Begins to sign in by whichever passkey the person chooses.
    pub fn begin_sign_in(&self) -> Result<SignIn, CeremonyError> {
        let (wanted, state) = self.webauthn.start_discoverable_authentication()?;
        Ok(SignIn { challenge: wanted.public_key.challenge, state: serde_json::to_vec(&state)? })
    }

    /// Checks the answer of the passkey that `verifier` and `user` belong to; what verifies it from now on.
    pub fn finish_sign_in(
        &self,
        state: &[u8],
        answer: &Assertion,
        verifier: &[u8],
        user: &[u8],
    ) -> Result<Vec<u8>, CeremonyError> {
        let state: DiscoverableAuthentication = serde_json::from_slice(state)?;
        let mut passkey: Passkey = serde_json::from_slice(verifier)?;
        let answer: PublicKeyCredential = read(json!({
            "id": answer.id,
            "rawId": answer.id,
            "type": "public-key",
            "response": {
                "authenticatorData": answer.authenticator_data,
                "clientDataJSON": answer.client_data,
                "signature": answer.signature,
                "userHandle": answer.user,
            },
        }))?;
        let (named, _) = self.webauthn.identify_discoverable_authentication(&answer)?;
        if named.as_bytes() != user {
            return Err(WebauthnError::InvalidUserUniqueId.into());
        }
        let result = self.webauthn.finish_discoverable_authentication_v2(&answer, state, &passkey)?;
        let _changed = passkey.update_credential(&result);
        Ok(serde_json::to_vec(&passkey)?)
    }
}

/// The credential's id as bytes.
pub fn credential_id(text: &str) -> Result<Vec<u8>, CeremonyError> {
    from_text(text).map_err(|_| CeremonyError::Unreadable)
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, CeremonyError> {
    serde_json::from_value(value).map_err(|_| CeremonyError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rp(url: &str, rp_id: Option<&str>) -> Result<Option<String>, BadRpId> {
        let url: PublicUrl = url.parse().unwrap();
        Passkeys::new(&url, rp_id).map(|p| p.map(|p| p.rp().to_owned()))
    }

    #[test]
    fn passkeys_are_made_for_the_host_or_a_domain_above_it() {
        assert_eq!(rp("https://relay.example/life", None), Ok(Some("relay.example".into())));
        assert_eq!(rp("http://localhost:8787", None), Ok(Some("localhost".into())));
        assert_eq!(rp("https://life.home.example", Some("home.example")), Ok(Some("home.example".into())));
        for wrong in ["other.example", "ome.example", "", ".example", "x.life.home.example", "Home.example"] {
            assert_eq!(rp("https://life.home.example", Some(wrong)), Err(BadRpId), "{wrong}");
        }
    }

    #[test]
    fn a_relay_that_is_dialled_by_an_address_has_none() {
        assert_eq!(rp("http://127.0.0.1:8787", None), Ok(None));
        assert_eq!(rp("http://[::1]:8787", None), Ok(None));
        assert_eq!(rp("http://127.0.0.1:8787", Some("127.0.0.1")), Err(BadRpId));
    }
}

//! An authenticator with one resident passkey, and the browser around it.

use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use protocol::account::{Assertion, Attestation, NewPasskeyAnswer, SignInAnswer};
use protocol::api::to_text;
use serde_json::json;

/// Who touches the sensor.
#[derive(Clone, Copy)]
struct Person {
    verified: bool,
}

#[async_trait::async_trait]
impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;
    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        _presence: bool,
        _verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: self.verified })
    }
    fn is_presence_enabled(&self) -> bool {
        true
    }
    fn is_verification_enabled(&self) -> Option<bool> {
        Some(self.verified)
    }
}

/// An authenticator.
pub struct Key {
    passkey: Option<Passkey>,
    /// The page that asks.
    pub page: String,
    /// Whether it checks who touches it.
    pub verifies: bool,
}

impl Key {
    /// An empty one, for pages at `page`.
    pub fn new(page: &str) -> Self {
        Self { passkey: None, page: page.into(), verifies: true }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Person, RustCryptoBackend> {
        let person = Person { verified: self.verifies };
        Authenticator::new(Aaguid::new_empty(), self.passkey.clone(), person, RustCryptoBackend)
    }

    fn verification(&self) -> &'static str {
        if self.verifies { "required" } else { "discouraged" }
    }

    /// `navigator.credentials.create`.
    pub async fn create(&mut self, wanted: &NewPasskeyAnswer) -> Attestation {
        let algorithms: Vec<_> =
            wanted.algorithms.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
        let options: CredentialCreationOptions = serde_json::from_value(json!({ "publicKey": {
            "rp": { "id": wanted.rp, "name": "Life OS" },
            "user": { "id": wanted.user, "name": "me", "displayName": "me" },
            "challenge": wanted.challenge,
            "pubKeyCredParams": algorithms,
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": self.verification(),
            },
        }}))
        .expect("options");
        let page = reqwest::Url::parse(&self.page).expect("a page");
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let made = browser.register(&page, options, DefaultClientData).await.expect("a passkey");
        self.passkey = browser.authenticator().store().clone();
        Attestation {
            id: to_text(&made.raw_id),
            client_data: to_text(&made.response.client_data_json),
            attestation: to_text(&made.response.attestation_object),
        }
    }

    /// `navigator.credentials.get`, with whichever passkey is there.
    pub async fn get(&mut self, wanted: &SignInAnswer) -> Assertion {
        let options: CredentialRequestOptions = serde_json::from_value(json!({ "publicKey": {
            "challenge": wanted.challenge, "rpId": wanted.rp, "userVerification": self.verification(),
        }}))
        .expect("options");
        let page = reqwest::Url::parse(&self.page).expect("a page");
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let got = browser.authenticate(&page, options, DefaultClientData).await.expect("an answer");
        self.passkey = browser.authenticator().store().clone();
        Assertion {
            id: to_text(&got.raw_id),
            client_data: to_text(&got.response.client_data_json),
            authenticator_data: to_text(&got.response.authenticator_data),
            signature: to_text(&got.response.signature),
            user: to_text(&got.response.user_handle.expect("a user handle")),
        }
    }
}

//! A page of the app in a browser: it says where it is from and keeps the cookie.

use super::client::{Answer, Http};
use super::device::{Device, Vault};
use super::passkey::Key;
use protocol::AccountId;
use protocol::account::{
    BindPasskeyRequest, DeviceSessionRequest, NewPasskeyAnswer, PasskeySessionRequest, SignInAnswer,
};
use protocol::auth::AuthPurpose;
use reqwest::Method;
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde::Serialize;

/// A page.
pub struct Page {
    pub http: Http,
    /// What it says of itself.
    pub origin: Option<String>,
    /// `name=token`.
    pub cookie: Option<String>,
}

impl Page {
    /// A page of the relay at `url`.
    pub fn new(url: &str) -> Self {
        let http = Http::new(url);
        let origin = Some(http.origin());
        Self { http, origin, cookie: None }
    }

    /// A page of the relay called `url`, reached at `address`.
    pub fn behind(url: &str, address: &str) -> Self {
        let http = Http { behind: Some(url.into()), ..Http::new(address) };
        let origin = Some(http.origin());
        Self { http, origin, cookie: None }
    }

    pub async fn send(&mut self, method: Method, path: &str, body: Option<&impl Serialize>) -> Answer {
        let mut request = self.http.client.request(method, format!("{}/api/v1{path}", self.http.url));
        if let Some(origin) = &self.origin {
            request = request.header(ORIGIN, origin);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, format!("other=1; {cookie}"));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        if let Some(set) = answer.headers.get(SET_COOKIE) {
            let set = set.to_str().expect("a cookie");
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        answer
    }
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None::<&()>).await
    }
    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None::<&()>).await
    }
    pub async fn post(&mut self, path: &str, body: &impl Serialize) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Makes a passkey; what is left to send.
    pub async fn make(&mut self, key: &mut Key, device: &Device, account: AccountId) -> BindPasskeyRequest {
        let wanted: NewPasskeyAnswer = self.post("/passkeys/begin", &()).await.json();
        let credential = key.create(&wanted).await;
        let proof = self.http.proof(device, Some(account), AuthPurpose::Passkey).await;
        BindPasskeyRequest { account, ceremony: wanted.ceremony, name: "laptop".into(), credential, proof }
    }
    /// Makes a passkey and binds it.
    pub async fn bind(&mut self, key: &mut Key, device: &Device, account: AccountId) -> Answer {
        let request = self.make(key, device, account).await;
        self.post("/passkeys/finish", &request).await
    }
    /// Asks the passkey; what is left to send.
    pub async fn ask(&mut self, key: &mut Key) -> PasskeySessionRequest {
        let wanted: SignInAnswer = self.post("/sessions/begin", &()).await.json();
        let credential = key.get(&wanted).await;
        PasskeySessionRequest { ceremony: wanted.ceremony, credential }
    }
    pub async fn sign_in(&mut self, key: &mut Key) -> Answer {
        let request = self.ask(key).await;
        self.post("/sessions/passkey", &request).await
    }
    pub async fn sign_in_by_device(&mut self, device: &Device, account: AccountId) -> Answer {
        let proof = self.http.proof(device, Some(account), AuthPurpose::Session).await;
        self.post("/sessions/device", &DeviceSessionRequest { account, proof }).await
    }

    /// A page whose vault is registered and whose device is signed in.
    pub async fn of(url: &str, device: &Device, vault: &Vault) -> Self {
        let mut page = Self::new(url);
        let made = page.http.register(vault, None).await;
        assert!(made.status < 300, "{}", made.status);
        assert_eq!(page.sign_in_by_device(device, vault.account()).await.status, 201);
        page
    }
}

//! What JavaScript calls. Each function parses, calls, and converts; a borrow ends before it returns.

use crate::error::CoreError;
use crate::founding::{Founding, Joining};
use crate::pairing::{self, Pairing};
use crate::request::Request;
use crate::vault::{Vault, secret};
use crate::wire::{Clock, Effect, Effects, JoinStep, StoreWrite, answers_of, millis};
use core::cell::RefCell;
use engine::Event;
use seal::{PasskeySecrets, PasskeyWrap, PassphraseWrap, Phrase, RecoveryWrap};
use serde::Serialize;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// The first content of a store.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct Content {
    /// To be written in one transaction.
    pub writes: Vec<StoreWrite>,
}

fn thrown(error: &CoreError) -> JsValue {
    // Strings alone: this cannot fail to convert.
    error.into_js().map_or(JsValue::NULL, JsValue::from)
}
fn given<T>(result: Result<T, CoreError>) -> Result<T, JsValue> {
    result.map_err(|error| thrown(&error))
}
fn shown<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    value.into_ts().map_err(|error| thrown(&CoreError::internal(error)))
}

/// An unlocked vault.
#[wasm_bindgen]
pub struct Core {
    vault: RefCell<Vault>,
}

impl Core {
    pub(crate) fn of(vault: Vault) -> Self {
        Self { vault: RefCell::new(vault) }
    }
    fn with<T>(&self, run: impl FnOnce(&mut Vault) -> T) -> Result<T, JsValue> {
        // Nothing in `run` calls JavaScript back, so the borrow is always free.
        let vault = self.vault.try_borrow_mut();
        vault.map(|mut vault| run(&mut vault)).map_err(|error| thrown(&CoreError::internal(error)))
    }
    fn event(&self, now: f64, event: Event) -> Result<Ts<Effects>, JsValue> {
        effects(self.with(|vault| vault.event(millis(now), event))?)
    }
}

fn effects(list: Vec<Effect>) -> Result<Ts<Effects>, JsValue> {
    shown(&Effects { list })
}

#[wasm_bindgen]
impl Core {
    /// Unlocks with a passphrase. Slow on purpose.
    #[wasm_bindgen(js_name = withPassphrase)]
    pub fn with_passphrase(wrap: &[u8], passphrase: &str) -> Result<Core, JsValue> {
        given((|| {
            let key = PassphraseWrap::from_bytes(wrap)?.unwrap(passphrase.as_bytes())?;
            Vault::new(key).map(Core::of)
        })())
    }
    /// Unlocks with a passkey's PRF output and the HMAC of this browser's own key, 32 bytes each.
    #[wasm_bindgen(js_name = withPasskey)]
    pub fn with_passkey(wrap: &[u8], prf: &[u8], mac: &[u8]) -> Result<Core, JsValue> {
        given((|| {
            let secrets = PasskeySecrets { prf: secret(prf)?, mac: secret(mac)? };
            Vault::new(PasskeyWrap::from_bytes(wrap)?.unwrap(secrets)?).map(Core::of)
        })())
    }
    /// Unlocks with the recovery phrase.
    #[wasm_bindgen(js_name = withPhrase)]
    pub fn with_phrase(wrap: &[u8], phrase: &str) -> Result<Core, JsValue> {
        given((|| {
            let paper = Phrase::parse(phrase)?.device_keys();
            Vault::new(RecoveryWrap::open_with(&paper, wrap)?).map(Core::of)
        })())
    }

    /// Opens the engine on the store; again after a transaction failed, and then every request that waited is gone.
    pub fn start(&self) -> Result<Ts<Effects>, JsValue> {
        effects(given(self.with(Vault::start)?)?)
    }
    /// Begins a request, the JSON of a `Request`; its answer is a `reply` or `fail` effect, now or later. `local` is
    /// the date and time on the wall, as in `2026-11-21T08:30:00`, and `timezone` the IANA name of its zone.
    pub fn request(
        &self,
        id: u32,
        request: &str,
        now: f64,
        timezone: String,
        local: String,
    ) -> Result<Ts<Effects>, JsValue> {
        let request: Request = given(serde_json::from_str(request).map_err(CoreError::internal))?;
        let clock = Clock { now, timezone, local };
        effects(self.with(|vault| vault.request(id, request, clock))?)
    }
    /// Answers a `read` effect. `found` holds for each read the number of pairs, for each pair the length of the key,
    /// the key, the length of the value, the value; numbers have 32 bits, the lowest byte first.
    pub fn read(&self, token: f64, found: &[u8], now: f64) -> Result<Ts<Effects>, JsValue> {
        let found = answers_of(found).ok_or_else(|| CoreError::internal("the store's answer is cut off"));
        let found = given(found)?;
        effects(self.with(|vault| vault.read(millis(now), number(token), found))?)
    }
    /// Answers a `commit` effect: it is durable.
    pub fn committed(&self, token: f64, now: f64) -> Result<Ts<Effects>, JsValue> {
        self.event(now, Event::Committed(number(token)))
    }
    /// Answers a `commit` effect: nothing of it was stored. The engine is dead; `start` again.
    #[wasm_bindgen(js_name = commitFailed)]
    pub fn commit_failed(&self, token: f64, now: f64) -> Result<Ts<Effects>, JsValue> {
        self.event(now, Event::CommitFailed(number(token)))
    }
    /// A socket is open; `origin` is what was dialled.
    #[wasm_bindgen(js_name = socketOpened)]
    pub fn socket_opened(&self, origin: &str, now: f64) -> Result<Ts<Effects>, JsValue> {
        self.event(now, Event::SocketOpened { origin: origin.to_owned() })
    }
    /// One binary message came.
    #[wasm_bindgen(js_name = socketFrame)]
    pub fn socket_frame(&self, bytes: &[u8], now: f64) -> Result<Ts<Effects>, JsValue> {
        self.event(now, Event::SocketFrame(bytes.to_vec()))
    }
    /// The socket is gone.
    #[wasm_bindgen(js_name = socketClosed)]
    pub fn socket_closed(&self, now: f64) -> Result<Ts<Effects>, JsValue> {
        self.event(now, Event::SocketClosed)
    }
    /// About a second has passed while a socket is open.
    pub fn tick(&self, now: f64) -> Result<Ts<Effects>, JsValue> {
        self.event(now, Event::Tick)
    }

    /// Body of `POST /api/v1/tickets`; `challenge` is the relay's answer as it came.
    #[wasm_bindgen(js_name = ticketRequest)]
    pub fn ticket_request(&self, challenge: &str, origin: &str) -> Result<String, JsValue> {
        given(self.with(|vault| vault.ticket_request(challenge, origin))?)
    }
    /// `account` and `proof` of this device, for `passkey`, `session` or `deletion`; `challenge` is the relay's answer as it came.
    #[wasm_bindgen(js_name = accountProof)]
    pub fn account_proof(&self, challenge: &str, origin: &str, purpose: &str) -> Result<String, JsValue> {
        given(self.with(|vault| vault.account_proof(challenge, origin, purpose))?)
    }
    /// Body of `POST /api/v1/accounts`.
    #[wasm_bindgen(js_name = registerRequest)]
    pub fn register_request(&self, invite: Option<String>) -> Result<String, JsValue> {
        given(self.with(|vault| vault.register_request(invite))?)
    }
    /// Seals what this browser keeps about itself.
    #[wasm_bindgen(js_name = sealSettings)]
    pub fn seal_settings(&self, text: &str) -> Result<Vec<u8>, JsValue> {
        self.with(|vault| vault.seal_settings(text))
    }
    /// Opens what `sealSettings` sealed.
    #[wasm_bindgen(js_name = openSettings)]
    pub fn open_settings(&self, sealed: &[u8]) -> Result<String, JsValue> {
        given(self.with(|vault| vault.open_settings(sealed))?)
    }
    /// Where a pairing code leads: the name of a mailbox.
    #[wasm_bindgen(js_name = pairingMailbox)]
    pub fn pairing_mailbox(&self, code: &str) -> Result<String, JsValue> {
        given(pairing::mailbox_of(code))
    }
    /// Answers the offer of a new device; both are bodies of its mailbox.
    #[wasm_bindgen(js_name = pairingAnswer)]
    pub fn pairing_answer(&self, offer: &str) -> Result<String, JsValue> {
        given(self.with(|vault| vault.pairing_answer(offer))?)
    }
    /// Takes what the new device reveals; returns the six digits. `AddDevice` adds it after that.
    #[wasm_bindgen(js_name = pairingRevealed)]
    pub fn pairing_revealed(&self, reveal: &str) -> Result<String, JsValue> {
        given(self.with(|vault| vault.pairing_revealed(reveal))?)
    }
    /// Body of the last message.
    #[wasm_bindgen(js_name = pairingVerdict)]
    pub fn pairing_verdict(&self, added: bool) -> Result<String, JsValue> {
        given(pairing::verdict(added))
    }
    /// 24 words that belong to nothing yet: `SetPhrase` makes them the vault's.
    #[wasm_bindgen(js_name = newPhrase)]
    pub fn new_phrase(&self) -> Result<String, JsValue> {
        self.with(|vault| vault.new_phrase().to_string())
    }
    /// The store key, sealed to the recovery phrase that is in force now.
    #[wasm_bindgen(js_name = recoveryWrap)]
    pub fn recovery_wrap(&self) -> Result<Vec<u8>, JsValue> {
        given(self.with(Vault::recovery_wrap)?)
    }
    /// The store key under a new passphrase.
    #[wasm_bindgen(js_name = wrapPassphrase)]
    pub fn wrap_passphrase(&self, passphrase: &str) -> Result<Vec<u8>, JsValue> {
        given(self.with(|vault| vault.wrap_passphrase(passphrase))?)
    }
    /// The store key under a new passkey.
    #[wasm_bindgen(js_name = wrapPasskey)]
    pub fn wrap_passkey(&self, prf: &[u8], mac: &[u8]) -> Result<Vec<u8>, JsValue> {
        given(self.with(|vault| vault.wrap_passkey(prf, mac))?)
    }
}

fn number(token: f64) -> u64 {
    u64::try_from(millis(token)).unwrap_or(0)
}

#[wasm_bindgen]
impl Founding {
    /// Makes a vault with a new recovery phrase.
    pub fn create() -> Result<Founding, JsValue> {
        given(Founding::make())
    }
    /// The 24 words, shown once; none for a vault that was joined.
    pub fn phrase(&self) -> Option<String> {
        self.words().map(|words| words.to_string())
    }
    /// First content of the store.
    pub fn writes(&self) -> Result<Ts<Content>, JsValue> {
        shown(&Content { writes: self.content().to_vec() })
    }
    /// The store key, sealed to the recovery phrase.
    pub fn recovery(&self) -> Vec<u8> {
        self.recovery_wrap().to_vec()
    }
    /// Body of `POST /api/v1/accounts`.
    pub fn register(&self, invite: Option<String>) -> Result<String, JsValue> {
        given(self.registration(invite))
    }
    /// The vault. To be started once its store is written.
    pub fn open(&self) -> Result<Core, JsValue> {
        given(self.into_core())
    }
}

#[wasm_bindgen]
impl Joining {
    /// `origin` is the relay as it is dialled.
    pub fn begin(phrase: &str, origin: String) -> Result<Joining, JsValue> {
        given(Joining::with(phrase, origin))
    }
    /// Body of `POST /api/v1/lookups`.
    pub fn lookup(&self, challenge: &str) -> Result<String, JsValue> {
        given(self.lookup_body(challenge))
    }
    /// Body of `POST /api/v1/tickets`, given the answer of the lookup.
    pub fn ticket(&self, lookup: &str, challenge: &str) -> Result<String, JsValue> {
        given(self.ticket_body(lookup, challenge))
    }
    /// Takes one message of the relay.
    pub fn frame(&self, bytes: &[u8]) -> Result<Ts<JoinStep>, JsValue> {
        shown(&given(self.take_frame(bytes))?)
    }
    /// The store of the new member.
    pub fn finish(&self) -> Result<Founding, JsValue> {
        given(self.to_founding())
    }
}

#[wasm_bindgen]
impl Pairing {
    /// New keys and a new code.
    pub fn create() -> Result<Pairing, JsValue> {
        given(Pairing::start())
    }
    /// What the person types on the other device, or scans.
    pub fn code(&self) -> String {
        self.code_text()
    }
    /// The name of the mailbox at the relay.
    pub fn mailbox(&self) -> String {
        self.mailbox_name()
    }
    /// Body of the first message, `offer`.
    pub fn offer(&self) -> Result<String, JsValue> {
        given(self.offer_body())
    }
    /// Takes the other device's `answer`; returns the six digits.
    pub fn answered(&self, answer: &str) -> Result<String, JsValue> {
        given(self.take_answer(answer))
    }
    /// Body of the second message, `reveal`.
    pub fn reveal(&self) -> Result<String, JsValue> {
        given(self.reveal_body())
    }
    /// Body of `POST /api/v1/tickets` in this device's own name. To ask for it is to say that the digits are equal.
    #[wasm_bindgen(js_name = ticketRequest)]
    pub fn ticket_request(&self, challenge: &str, origin: &str) -> Result<String, JsValue> {
        given(self.ticket_body(challenge, origin))
    }
    /// Takes one message of the relay.
    #[wasm_bindgen(js_name = takeFrame)]
    pub fn take_frame(&self, bytes: &[u8]) -> Result<Ts<JoinStep>, JsValue> {
        shown(&given(self.on_frame(bytes))?)
    }
    /// The store of the new member.
    pub fn founding(&self) -> Result<Founding, JsValue> {
        given(self.to_founding())
    }
}

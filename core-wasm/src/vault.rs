//! An open vault: the engine, the requests that wait for it, and the key to open it again.

use crate::desk::{self, Desk, Errand, Work};
use crate::error::{Code, CoreError};
use crate::pairing::Guest;
use crate::records;
use crate::request::Request;
use crate::wire::{self, Clock, CloseReason, Effect};
use core::task::Poll;
use engine::api::{self, Token};
use engine::pair::Sponsor;
use engine::{Engine, Event, Notice};
use protocol::AccountId;
use protocol::account::DeviceSessionRequest;
use protocol::api::{Proof, RegisterRequest, TicketRequest};
use protocol::auth::AuthPurpose;
use rand_chacha::ChaCha20Rng;
use seal::{KdfParams, PasskeySecrets, PasskeyWrap, PassphraseWrap, Phrase, RecoveryWrap, StoreKey};
use serde_bytes::ByteBuf;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Shortest passphrase, in characters.
pub(crate) const PASSPHRASE_CHARS: usize = 8;
/// What host settings are sealed for.
const SETTINGS: &[u8] = b"life-os v1 web settings";

/// An open vault.
pub(crate) struct Vault {
    key: StoreKey,
    engine: Option<Engine>,
    desk: Rc<Desk>,
    tasks: Vec<(u32, Work)>,
    rng: ChaCha20Rng,
    ready: bool,
    guest: Guest,
}

impl Vault {
    pub(crate) fn new(key: StoreKey) -> Result<Self, CoreError> {
        let desk = Desk::new(desk::rng()?);
        Ok(Self {
            key,
            engine: None,
            desk,
            tasks: Vec::new(),
            rng: desk::rng()?,
            ready: false,
            guest: Guest::default(),
        })
    }

    /// Opens the engine on the store, for the first time or again; requests that waited are gone.
    pub(crate) fn start(&mut self) -> Result<Vec<Effect>, CoreError> {
        self.desk = Desk::new(desk::rng()?);
        self.tasks.clear();
        self.ready = false;
        let config = engine::Config::default();
        let (engine, effects) = Engine::open(config, life::schema(), self.key.for_reopening(), &mut self.rng);
        self.engine = Some(engine);
        let mut out = Vec::new();
        self.take(effects, &mut out);
        Ok(out)
    }

    /// Begins a request; its answer comes as [`Effect::Reply`] or [`Effect::Fail`].
    pub(crate) fn request(&mut self, id: u32, request: Request, clock: Clock) -> Vec<Effect> {
        let now = clock.millis();
        if request == Request::AddDevice {
            self.desk.vouch(self.guest.take_vouched());
        }
        let errand = Errand { desk: Rc::clone(&self.desk), clock };
        self.tasks.push((id, Box::pin(records::carry_out(errand, request))));
        self.turn(now, None)
    }

    /// Gives the engine an event.
    pub(crate) fn event(&mut self, now: i64, event: Event) -> Vec<Effect> {
        self.turn(now, Some(event))
    }

    fn turn(&mut self, now: i64, event: Option<Event>) -> Vec<Effect> {
        let mut out = Vec::new();
        if let Some(event) = event {
            self.handle(now, event, &mut out);
        }
        loop {
            self.poll(&mut out);
            let Some(event) = self.desk.next_event() else { return out };
            self.handle(now, event, &mut out);
        }
    }

    fn handle(&mut self, now: i64, event: Event, out: &mut Vec<Effect>) {
        let Some(engine) = &mut self.engine else { return };
        let effects = engine.handle(&mut self.rng, now, event);
        self.take(effects, out);
    }

    fn poll(&mut self, out: &mut Vec<Effect>) {
        let mut done_with = Vec::new();
        self.tasks.retain_mut(|(id, work)| match desk::poll(work) {
            Poll::Pending => true,
            Poll::Ready(done) => {
                done_with.push(match done {
                    Ok(json) => Effect::Reply { id: *id, json },
                    Err(error) => Effect::Fail { id: *id, error },
                });
                false
            }
        });
        // First how far it was: behind the answer it would say that it goes on.
        out.extend(self.desk.take_told());
        out.extend(done_with);
    }

    fn take(&mut self, effects: Vec<engine::Effect>, out: &mut Vec<Effect>) {
        for effect in effects {
            match effect {
                engine::Effect::Read(token, reads) => {
                    let reads = reads.into_iter().map(wire::read_of).collect();
                    out.push(Effect::Read { token, reads });
                }
                engine::Effect::Commit(token, writes) => {
                    let writes = writes.into_iter().map(wire::write_of).collect();
                    out.push(Effect::Commit { token, writes });
                }
                engine::Effect::Send(bytes) => out.push(Effect::Send { bytes: ByteBuf::from(bytes) }),
                engine::Effect::CloseSocket(reason) => {
                    let (reason, code) = match reason {
                        api::CloseReason::Silence => (CloseReason::Silence, None),
                        api::CloseReason::Protocol(code) => {
                            (CloseReason::Protocol, Some(code.name().to_owned()))
                        }
                        api::CloseReason::UnknownSpace => (CloseReason::UnknownSpace, None),
                    };
                    out.push(Effect::CloseSocket { reason, code });
                }
                engine::Effect::Reply(id, reply) => self.desk.answer(id, reply),
                // Before it is ready, what fails is the opening.
                engine::Effect::Notice(Notice::Trouble(error)) if !self.ready => {
                    out.push(Effect::Dead { error: error.into() });
                }
                engine::Effect::Notice(notice) => {
                    self.ready |= notice == Notice::Ready;
                    out.push(wire::notice_of(notice));
                }
            }
        }
    }

    /// A read was answered.
    pub(crate) fn read(&mut self, now: i64, token: Token, answers: Vec<wire::Found>) -> Vec<Effect> {
        self.turn(now, Some(Event::Read(token, answers)))
    }

    fn engine(&self) -> Result<&Engine, CoreError> {
        self.engine.as_ref().ok_or_else(|| CoreError::internal("the vault is not started"))
    }

    pub(crate) fn guest(&mut self) -> &mut Guest {
        &mut self.guest
    }
    /// Answers the offer of a new device.
    pub(crate) fn sponsor(&mut self, offer: &[u8]) -> Result<(Sponsor, Vec<u8>), CoreError> {
        let engine = self.engine.as_ref().ok_or_else(|| CoreError::internal("the vault is not started"))?;
        let answered = engine.sponsor(&mut self.rng, offer);
        Ok(answered.ok_or_else(|| CoreError::internal("the vault is not open yet"))??)
    }
    /// The store key, sealed to the recovery phrase that is in force now.
    pub(crate) fn recovery_wrap(&mut self) -> Result<Vec<u8>, CoreError> {
        let paper = self.engine()?.paper();
        let paper =
            paper.ok_or_else(|| CoreError::new(Code::NotFound, "the vault has no recovery phrase"))?;
        Ok(RecoveryWrap::seal_to(&mut self.rng, &paper, &self.key)?)
    }
    /// 24 words that belong to nothing yet.
    pub(crate) fn new_phrase(&mut self) -> Zeroizing<String> {
        Phrase::generate(&mut self.rng).words()
    }

    /// A proof of this device for its account.
    fn prove(
        &self,
        challenge: &str,
        origin: &str,
        purpose: AuthPurpose,
    ) -> Result<(AccountId, Proof), CoreError> {
        let engine = self.engine()?;
        let (Some(account), Some(device)) = (engine.account(), engine.device()) else {
            return Err(CoreError::internal("the vault is not open yet"));
        };
        let sign = |claim: &protocol::auth::AuthClaim| engine.sign(claim);
        let proof = crate::proof::prove(challenge, origin, purpose, Some(account), device, sign)?;
        Ok((account, proof))
    }

    /// Body of `POST /api/v1/tickets`.
    pub(crate) fn ticket_request(&self, challenge: &str, origin: &str) -> Result<String, CoreError> {
        let (account, proof) = self.prove(challenge, origin, AuthPurpose::Ticket)?;
        crate::proof::body(&TicketRequest { account, proof })
    }

    /// Body of `POST /api/v1/sessions/device`; for `passkey` the part of `POST /api/v1/passkeys/finish` that proves.
    pub(crate) fn account_proof(
        &self,
        challenge: &str,
        origin: &str,
        purpose: &str,
    ) -> Result<String, CoreError> {
        let purpose = match purpose {
            "passkey" => AuthPurpose::Passkey,
            "session" => AuthPurpose::Session,
            "deletion" => AuthPurpose::Deletion,
            _ => return Err(CoreError::internal("there is no such purpose")),
        };
        let (account, proof) = self.prove(challenge, origin, purpose)?;
        crate::proof::body(&DeviceSessionRequest { account, proof })
    }

    /// Body of `POST /api/v1/accounts`.
    pub(crate) fn register_request(&self, invite: Option<String>) -> Result<String, CoreError> {
        crate::proof::body(&RegisterRequest::new(&self.engine()?.chain(), invite))
    }

    pub(crate) fn seal_settings(&mut self, text: &str) -> Vec<u8> {
        self.key.seal(&mut self.rng, SETTINGS, text.as_bytes())
    }
    pub(crate) fn open_settings(&self, sealed: &[u8]) -> Result<String, CoreError> {
        let damaged = |error: &dyn core::fmt::Display| CoreError::new(Code::Damaged, error);
        let plain = self.key.open(SETTINGS, sealed).map_err(|error| damaged(&error))?;
        String::from_utf8(plain).map_err(|error| damaged(&error))
    }
    pub(crate) fn wrap_passphrase(&mut self, passphrase: &str) -> Result<Vec<u8>, CoreError> {
        wrap_passphrase(&mut self.rng, passphrase, &self.key)
    }
    pub(crate) fn wrap_passkey(&mut self, prf: &[u8], mac: &[u8]) -> Result<Vec<u8>, CoreError> {
        let secrets = PasskeySecrets { prf: secret(prf)?, mac: secret(mac)? };
        Ok(PasskeyWrap::wrap(&mut self.rng, secrets, &self.key).to_bytes())
    }
}

/// 32 bytes that a device gave.
pub(crate) fn secret(bytes: &[u8]) -> Result<&[u8; 32], CoreError> {
    bytes.try_into().map_err(|_| CoreError::new(Code::WrongPasskey, "the passkey gave no 32 bytes"))
}

fn wrap_passphrase(rng: &mut ChaCha20Rng, passphrase: &str, key: &StoreKey) -> Result<Vec<u8>, CoreError> {
    if passphrase.chars().count() < PASSPHRASE_CHARS {
        let message = format!("a passphrase has at least {PASSPHRASE_CHARS} characters");
        return Err(CoreError::new(Code::WeakPassphrase, message));
    }
    Ok(PassphraseWrap::wrap(rng, passphrase.as_bytes(), KdfParams::DEFAULT, key)?.to_bytes())
}

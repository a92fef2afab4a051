//! How a vault comes to this browser: made here, or joined with the recovery phrase. Either ends with the content of
//! a store that is not written yet; until JavaScript commits it, nothing was made.

use crate::desk;
use crate::error::{Code, CoreError};
use crate::handle::Core;
use crate::proof;
use crate::vault::Vault;
use crate::wire::{self, JoinStep, StoreWrite};
use core::cell::RefCell;
use engine::join::{self, Join};
use protocol::api::{LookupAnswer, LookupRequest, RegisterRequest, TicketRequest, to_text};
use protocol::auth::AuthPurpose;
use protocol::frame::LinkItem;
use protocol::{Chain, DevicePublic, Purpose, codec};
use seal::{DeviceKeys, KeyRing, Phrase, RecoveryWrap, StoreKey};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

/// A vault that this browser holds and has not stored yet.
#[wasm_bindgen]
pub struct Founding {
    phrase: Option<Phrase>,
    chain: Chain,
    recovery: Vec<u8>,
    writes: Vec<StoreWrite>,
    pub(crate) vault: RefCell<Option<Vault>>,
}

impl Founding {
    /// Makes a vault with a new recovery phrase.
    pub fn make() -> Result<Self, CoreError> {
        let mut rng = desk::rng()?;
        let phrase = Phrase::generate(&mut rng);
        let paper = phrase.device_keys();
        let device = DeviceKeys::generate(&mut rng);
        let (link, keyboxes, key) =
            seal::genesis(&mut rng, Purpose::Vault, &device, Some(&paper)).map_err(CoreError::internal)?;
        let chain = Chain::begin(link, keyboxes).map_err(CoreError::internal)?;
        let mut ring = KeyRing::new();
        ring.insert(key);
        Self::of(Some(phrase), chain, &ring, &device, paper.public())
    }

    /// The store of a device that joined.
    pub(crate) fn joined(joined: join::Joined, paper: &DevicePublic) -> Result<Self, CoreError> {
        Self::of(None, joined.chain, &joined.ring, &joined.device, paper)
    }

    fn of(
        phrase: Option<Phrase>,
        chain: Chain,
        ring: &KeyRing,
        device: &DeviceKeys,
        paper: &DevicePublic,
    ) -> Result<Self, CoreError> {
        let mut rng = desk::rng()?;
        let key = StoreKey::generate(&mut rng);
        let writes = engine::store::found(&mut rng, &key, device, &chain, ring);
        let recovery = RecoveryWrap::seal_to(&mut rng, paper, &key)?;
        let writes = writes.into_iter().map(wire::write_of).collect();
        Ok(Self { phrase, chain, recovery, writes, vault: RefCell::new(Some(Vault::new(key)?)) })
    }

    /// The 24 words; none for a vault that was joined.
    pub fn words(&self) -> Option<Zeroizing<String>> {
        self.phrase.as_ref().map(Phrase::words)
    }
    /// First content of the store.
    pub fn content(&self) -> &[StoreWrite] {
        &self.writes
    }
    /// The store key, sealed to the recovery phrase.
    pub fn recovery_wrap(&self) -> &[u8] {
        &self.recovery
    }
    /// Body of `POST /api/v1/accounts`.
    pub fn registration(&self, invite: Option<String>) -> Result<String, CoreError> {
        let links = self.chain.links().iter();
        let items: Vec<LinkItem> =
            links.map(|l| LinkItem { link: l.signed.clone(), keyboxes: l.keyboxes.clone() }).collect();
        proof::body(&RegisterRequest::new(&items, invite))
    }
    /// The vault, once its store is written.
    pub fn into_core(&self) -> Result<Core, CoreError> {
        let vault = self.vault.borrow_mut().take();
        vault.map(Core::of).ok_or_else(|| CoreError::internal("the vault was opened before"))
    }
}

enum Phase {
    /// Nothing is known of the vault.
    Before(Box<DeviceKeys>),
    /// Waiting for the relay's next message.
    Joining(Box<Join>),
    /// This device is a member.
    Joined(Box<join::Joined>),
    Over,
}

/// One attempt to join a vault with its recovery phrase.
#[wasm_bindgen]
pub struct Joining {
    origin: String,
    phrase: Phrase,
    public: DevicePublic,
    phase: RefCell<Phase>,
}

impl Joining {
    /// `origin` is the relay as it is dialled.
    pub fn with(phrase: &str, origin: String) -> Result<Self, CoreError> {
        let phrase = Phrase::parse(phrase)?;
        let paper = phrase.device_keys();
        let public = paper.public().clone();
        Ok(Self { origin, phrase, public, phase: RefCell::new(Phase::Before(Box::new(paper))) })
    }

    /// Body of `POST /api/v1/lookups`.
    pub fn lookup_body(&self, challenge: &str) -> Result<String, CoreError> {
        let paper = self.phrase.device_keys();
        let sign = |claim: &protocol::auth::AuthClaim| Some(paper.sign(&claim.signing_hash()));
        let proof = proof::prove(challenge, &self.origin, AuthPurpose::Lookup, None, paper.id(), sign)?;
        proof::body(&LookupRequest { public: to_text(&codec::encode(&self.public)), proof })
    }

    /// Body of `POST /api/v1/tickets`, given the answer of the lookup.
    pub fn ticket_body(&self, lookup: &str, challenge: &str) -> Result<String, CoreError> {
        let malformed = |_| CoreError::new(Code::Protocol, "the relay's answer cannot be read");
        let found: LookupAnswer = serde_json::from_str(lookup).map_err(malformed)?;
        let paper = self.phrase.device_keys();
        let sign = |claim: &protocol::auth::AuthClaim| Some(paper.sign(&claim.signing_hash()));
        let account = Some(found.account);
        let proof = proof::prove(challenge, &self.origin, AuthPurpose::Ticket, account, paper.id(), sign)?;
        let device = DeviceKeys::generate(&mut desk::rng()?);
        let paper = match self.phase.replace(Phase::Over) {
            Phase::Before(paper) => *paper,
            _ => paper,
        };
        let join = Join::new(paper, device, found.space, self.origin.clone());
        self.phase.replace(Phase::Joining(Box::new(join)));
        proof::body(&TicketRequest { account: found.account, proof })
    }

    /// Takes one message of the relay.
    pub fn take_frame(&self, bytes: &[u8]) -> Result<JoinStep, CoreError> {
        let mut rng = desk::rng()?;
        let Phase::Joining(mut join) = self.phase.replace(Phase::Over) else {
            return Err(CoreError::internal("no vault is being joined"));
        };
        match join.on_frame(&mut rng, bytes)? {
            join::JoinStep::Send(frames) => {
                self.phase.replace(Phase::Joining(join));
                let send = frames.into_iter().map(ByteBuf::from).collect();
                Ok(JoinStep { send, done: false, again: false })
            }
            join::JoinStep::Done(joined) => {
                self.phase.replace(Phase::Joined(joined));
                Ok(JoinStep { send: Vec::new(), done: true, again: false })
            }
        }
    }

    /// The store of the new member.
    pub fn to_founding(&self) -> Result<Founding, CoreError> {
        let Phase::Joined(joined) = self.phase.replace(Phase::Over) else {
            return Err(CoreError::internal("the vault is not joined yet"));
        };
        Founding::joined(*joined, &self.public)
    }
}

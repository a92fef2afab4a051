//! Pairing in a browser: this device as the new one, and what an open vault says to a new one. JavaScript carries the
//! messages through the relay's mailbox and shows the six digits; it never sees a key.

use crate::desk;
use crate::error::{Code, CoreError};
use crate::founding::Founding;
use crate::proof;
use crate::vault::Vault;
use crate::wire::JoinStep;
use core::cell::RefCell;
use engine::join::Joined;
use engine::pair::{Admission, AdmissionStep, Newcomer, PairError, Sponsor};
use protocol::api::{PairingMessage, TicketRequest, from_text, to_text};
use protocol::auth::AuthPurpose;
use protocol::chain::Member;
use protocol::pairing::{PairingCode, Verdict};
use protocol::{DevicePublic, Role};
use seal::DeviceKeys;
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::wasm_bindgen;

fn message(body: &str) -> Result<Vec<u8>, CoreError> {
    let malformed = || CoreError::new(Code::Protocol, "what came through the relay cannot be read");
    let body: PairingMessage = serde_json::from_str(body).map_err(|_| malformed())?;
    from_text(&body.message).map_err(|_| malformed())
}

fn body(message: &[u8]) -> Result<String, CoreError> {
    proof::body(&PairingMessage { message: to_text(message) })
}

enum Phase {
    /// Until the person said that the digits are equal.
    Comparing(Box<Newcomer>),
    /// Until the member has added this device.
    Waiting(Box<Admission>),
    /// This device is a member.
    Joined(Box<Joined>),
    Over,
}

/// This device, becoming a member of a vault by pairing.
#[wasm_bindgen]
pub struct Pairing {
    code: PairingCode,
    phase: RefCell<Phase>,
}

impl Pairing {
    /// New keys and a new code.
    pub fn start() -> Result<Self, CoreError> {
        let newcomer = Newcomer::new(&mut desk::rng()?);
        let code = newcomer.code().clone();
        Ok(Self { code, phase: RefCell::new(Phase::Comparing(Box::new(newcomer))) })
    }
    /// What the person types on the other device.
    pub fn code_text(&self) -> String {
        self.code.to_string()
    }
    /// Where the two meet.
    pub fn mailbox_name(&self) -> String {
        self.code.mailbox().to_string()
    }

    fn comparing<T>(&self, run: impl FnOnce(&mut Newcomer) -> Result<T, PairError>) -> Result<T, CoreError> {
        match &mut *self.phase.borrow_mut() {
            Phase::Comparing(newcomer) => Ok(run(newcomer)?),
            _ => Err(CoreError::internal("the digits were compared before")),
        }
    }
    /// Body of the first message.
    pub fn offer_body(&self) -> Result<String, CoreError> {
        body(&self.comparing(|newcomer| Ok(newcomer.offer()))?)
    }
    /// Takes the answer; returns the six digits.
    pub fn take_answer(&self, answer: &str) -> Result<String, CoreError> {
        let answer = message(answer)?;
        self.comparing(|newcomer| newcomer.answered(&answer))
    }
    /// Body of the second message.
    pub fn reveal_body(&self) -> Result<String, CoreError> {
        body(&self.comparing(|newcomer| newcomer.reveal())?)
    }

    /// Body of `POST /api/v1/tickets` in this device's own name. To ask for it is to say that the digits are equal.
    pub fn ticket_body(&self, challenge: &str, origin: &str) -> Result<String, CoreError> {
        let phase = self.phase.replace(Phase::Over);
        let admission = match phase {
            Phase::Comparing(newcomer) => Box::new(newcomer.agreed(origin.to_owned())?),
            Phase::Waiting(admission) => admission,
            _ => return Err(CoreError::internal("the vault was taken over before")),
        };
        let account = admission.account();
        let device = admission.device().ok_or_else(|| CoreError::internal("the device has no keys"))?;
        let sign = |claim: &protocol::auth::AuthClaim| admission.sign(claim);
        let proof = proof::prove(challenge, origin, AuthPurpose::Ticket, Some(account), device, sign);
        self.phase.replace(Phase::Waiting(admission));
        proof::body(&TicketRequest { account, proof: proof? })
    }

    /// Takes one message of the relay.
    pub fn on_frame(&self, bytes: &[u8]) -> Result<JoinStep, CoreError> {
        let mut phase = self.phase.borrow_mut();
        let Phase::Waiting(admission) = &mut *phase else {
            return Err(CoreError::internal("no vault is being taken over"));
        };
        let (send, done, again) = match admission.on_frame(bytes)? {
            AdmissionStep::Send(frames) => (frames.into_iter().map(ByteBuf::from).collect(), false, false),
            AdmissionStep::NotYet => (Vec::new(), false, true),
            AdmissionStep::Done(joined) => {
                *phase = Phase::Joined(joined);
                (Vec::new(), true, false)
            }
        };
        Ok(JoinStep { send, done, again })
    }

    /// The store of the new member.
    pub fn to_founding(&self) -> Result<Founding, CoreError> {
        let Phase::Joined(joined) = self.phase.replace(Phase::Over) else {
            return Err(CoreError::internal("the vault is not taken over yet"));
        };
        let in_force = |m: &Member| m.role == Role::Paper && m.revoked.is_none();
        let found = joined.chain.members().find(|(_, m)| in_force(m)).map(|(_, m)| m.public.clone());
        let paper = match found {
            Some(paper) => paper,
            // A vault without a phrase: sealed to keys that nobody has.
            None => DeviceKeys::generate(&mut desk::rng()?).public().clone(),
        };
        Founding::joined(*joined, &paper)
    }
}

/// What an open vault knows of a device that wants to be added.
#[derive(Default)]
pub(crate) struct Guest {
    sponsor: Option<Sponsor>,
    vouched: Option<DevicePublic>,
}

impl Guest {
    /// The keys whose digits were shown.
    pub(crate) fn take_vouched(&mut self) -> Option<DevicePublic> {
        self.vouched.take()
    }
}

impl Vault {
    /// Answers an offer.
    pub(crate) fn pairing_answer(&mut self, offer: &str) -> Result<String, CoreError> {
        let offer = message(offer)?;
        let (sponsor, answer) = self.sponsor(&offer)?;
        *self.guest() = Guest { sponsor: Some(sponsor), vouched: None };
        body(&answer)
    }
    /// Takes what was revealed; returns the six digits.
    pub(crate) fn pairing_revealed(&mut self, reveal: &str) -> Result<String, CoreError> {
        let reveal = message(reveal)?;
        let guest = self.guest();
        let sponsor = guest.sponsor.take().ok_or_else(|| CoreError::internal("nobody is being paired"))?;
        let (digits, public) = sponsor.revealed(&reveal)?;
        guest.vouched = Some(public);
        Ok(digits)
    }
}

/// Where a code leads.
pub(crate) fn mailbox_of(code: &str) -> Result<String, CoreError> {
    let code = PairingCode::parse(code).map_err(|error| CoreError::new(Code::InvalidCode, error))?;
    Ok(code.mailbox().to_string())
}

/// Body of the verdict.
pub(crate) fn verdict(added: bool) -> Result<String, CoreError> {
    body(&protocol::codec::encode(&Verdict { added }))
}

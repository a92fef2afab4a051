//! Pairing: the two sides of adding a device by comparing six digits. Hosts carry the messages; see
//! [`protocol::pairing`] for what they are and what protects them.
//!
//! Invariant: a newcomer takes over only the vault that the compared digits cover, and a member adds only the keys that
//! they cover. What the relay says beside that is believed by neither.

use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::codec;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::pairing::{Answer, Offer, PairingCode, Reveal, check_code, parse};
use protocol::{AccountId, Chain, ChainError, DeviceId, DevicePublic, ErrorCode, LinkBody, Role, limits};
use rand_core::CryptoRng;
use seal::{DeviceKeys, KeyRing};

use crate::join::Joined;

/// Why pairing failed. Nothing was stored, and nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// What came through the mailbox is no message of a pairing.
    #[error("what came through the relay is no message of a pairing")]
    Malformed,
    /// The other side speaks another version.
    #[error("the other device speaks another version of the protocol; update both")]
    Version,
    /// The revealed keys are not those that were committed to.
    #[error("the keys that came are not those that were announced: somebody stands in between")]
    Commitment,
    /// Messages came in another order than they must.
    #[error("the messages of the pairing came out of order")]
    Order,
    /// The relay refused.
    #[error("the relay refused: {0}")]
    Refused(ErrorCode),
    /// The chain the relay serves does not hold.
    #[error("the relay serves a membership chain that does not hold: {0}")]
    Chain(#[from] ChainError),
    /// The chain is of another vault than the compared digits cover, or somebody else added this device.
    #[error("the vault that the relay serves is not the one whose digits were compared")]
    OtherVault,
    /// The keys of the vault cannot be opened.
    #[error("the vault's keys cannot be opened: {0}")]
    Keys(String),
}

/// The new device.
pub struct Newcomer {
    device: DeviceKeys,
    nonce: [u8; 32],
    code: PairingCode,
    answer: Option<Answer>,
}

impl Newcomer {
    /// New keys and a new code.
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let device = DeviceKeys::generate(rng);
        let (mut nonce, mut code) = ([0; 32], [0; 7]);
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut code);
        Self { device, nonce, code: PairingCode::of_random(&code), answer: None }
    }

    /// What the person carries to the other device.
    pub fn code(&self) -> &PairingCode {
        &self.code
    }

    fn revealed(&self) -> Reveal {
        Reveal { device: self.device.public().clone(), nonce: self.nonce }
    }
    fn offered(&self) -> Offer {
        Offer { version: limits::PROTOCOL_VERSION, commitment: self.revealed().commitment() }
    }

    /// The first message.
    pub fn offer(&self) -> Vec<u8> {
        codec::encode(&self.offered())
    }

    /// Takes the member's answer; returns the six digits. A second answer is refused: what was revealed to one must not
    /// be compared with another.
    pub fn answered(&mut self, message: &[u8]) -> Result<String, PairError> {
        if self.answer.is_some() {
            return Err(PairError::Order);
        }
        let answer: Answer = parse(message).map_err(|_| PairError::Malformed)?;
        let digits = check_code(&self.offered(), &answer, &self.revealed());
        self.answer = Some(answer);
        Ok(digits)
    }

    /// The second message. Only after the answer: who saw the nonce before it could choose its own to fit.
    pub fn reveal(&self) -> Result<Vec<u8>, PairError> {
        if self.answer.is_some() { Ok(codec::encode(&self.revealed())) } else { Err(PairError::Order) }
    }

    /// Takes over the vault, once the person said that the digits are equal. `origin` is the relay as it is dialled.
    pub fn agreed(self, origin: String) -> Result<Admission, PairError> {
        let answer = self.answer.ok_or(PairError::Order)?;
        Ok(Admission { device: Some(self.device), answer, origin, links: Vec::new() })
    }
}

/// What comes next for a newcomer.
pub enum AdmissionStep {
    /// Send these messages.
    Send(Vec<Vec<u8>>),
    /// The member has not added this device yet: ask again a little later, on another socket.
    NotYet,
    /// This device is a member. Make its store with [`crate::store::found`].
    Done(Box<Joined>),
}

/// A newcomer on a socket opened with a ticket in its own name.
pub struct Admission {
    device: Option<DeviceKeys>,
    answer: Answer,
    origin: String,
    links: Vec<LinkItem>,
}

const GET: u64 = 1;

impl Admission {
    /// The account, for a ticket.
    pub fn account(&self) -> AccountId {
        AccountId::of_vault(&self.answer.space)
    }
    /// The device, for a ticket.
    pub fn device(&self) -> Option<DeviceId> {
        self.device.as_ref().map(DeviceKeys::id)
    }
    /// Signs a claim with the device's key.
    pub fn sign(&self, claim: &AuthClaim) -> Option<protocol::Signature> {
        self.device.as_ref().map(|device| device.sign(&claim.signing_hash()))
    }

    /// Takes one message of the relay.
    pub fn on_frame(&mut self, bytes: &[u8]) -> Result<AdmissionStep, PairError> {
        match ServerFrame::from_bytes(bytes).map_err(|_| PairError::Malformed)? {
            ServerFrame::Challenge { challenge } => {
                self.links.clear();
                let device = self.device.as_ref().ok_or(PairError::Order)?;
                let claim = AuthClaim {
                    origin: self.origin.clone(),
                    account: Some(self.account()),
                    challenge,
                    purpose: AuthPurpose::Socket,
                    device: device.id(),
                };
                let signature = device.sign(&claim.signing_hash());
                Ok(send(&ClientFrame::Hello { device: device.id(), signature }))
            }
            ServerFrame::Welcome { .. } => Ok(self.get_links()),
            ServerFrame::Links { request: GET, links, height, .. } => {
                let none = links.is_empty();
                self.links.extend(links);
                if self.links.len() > limits::LINKS_PER_CHAIN {
                    return Err(PairError::Malformed);
                }
                if u32::try_from(self.links.len()).unwrap_or(u32::MAX) > height {
                    self.finish()
                } else if none {
                    Err(PairError::Malformed)
                } else {
                    Ok(self.get_links())
                }
            }
            ServerFrame::Error { code: ErrorCode::UnknownDevice | ErrorCode::Unauthorized, .. } => {
                Ok(AdmissionStep::NotYet)
            }
            ServerFrame::Error { code, .. } => Err(PairError::Refused(code)),
            _ => Ok(AdmissionStep::Send(Vec::new())),
        }
    }

    fn get_links(&self) -> AdmissionStep {
        let from = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        send(&ClientFrame::GetLinks { request: GET, space: self.answer.space, from })
    }

    /// The vault, if it is the one whose digits were compared and that member added this device.
    fn finish(&mut self) -> Result<AdmissionStep, PairError> {
        let device = self.device.as_ref().ok_or(PairError::Order)?;
        let links = std::mem::take(&mut self.links);
        let chain = Chain::verify(links.into_iter().map(|l| (l.link, l.keyboxes)))?;
        if chain.space() != self.answer.space || chain.height_of(&self.answer.head).is_none() {
            return Err(PairError::OtherVault);
        }
        let me = device.id();
        let adds = |body: &LinkBody| matches!(body, LinkBody::Add { device, role: Role::Device } if device.id() == me);
        let Some(added) = chain.links().iter().find(|l| adds(&l.link.body)) else {
            return Ok(AdmissionStep::NotYet);
        };
        if added.link.author != self.answer.member.id() || chain.active(&me).is_none() {
            return Err(PairError::OtherVault);
        }
        let mut ring = KeyRing::new();
        for link in chain.links().iter().filter(|l| l.keyboxes.of(&me).is_some()) {
            seal::open_keyboxes(&chain.space(), &link.link, &link.keyboxes, device, &mut ring)
                .map_err(|e| PairError::Keys(e.to_string()))?;
        }
        if ring.get(&chain.epoch()).is_none() {
            return Err(PairError::Keys("the present key is not among them".into()));
        }
        let device = self.device.take().ok_or(PairError::Order)?;
        Ok(AdmissionStep::Done(Box::new(Joined { chain, ring, device })))
    }
}

/// The member that may add a device.
pub struct Sponsor {
    offer: Offer,
    answer: Answer,
}

impl Sponsor {
    /// Answers an offer in the name of the member whose keys are `member`, for the vault `chain`.
    pub fn answer(
        rng: &mut dyn CryptoRng,
        member: DevicePublic,
        chain: &Chain,
        offer: &[u8],
    ) -> Result<(Self, Vec<u8>), PairError> {
        let offer: Offer = parse(offer).map_err(|_| PairError::Malformed)?;
        if offer.version != limits::PROTOCOL_VERSION {
            return Err(PairError::Version);
        }
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let answer = Answer { member, space: chain.space(), head: chain.head(), nonce };
        let message = codec::encode(&answer);
        Ok((Self { offer, answer }, message))
    }

    /// Takes what the new device reveals; returns the six digits, and the keys to add once the person said that they are equal.
    pub fn revealed(&self, message: &[u8]) -> Result<(String, DevicePublic), PairError> {
        let reveal: Reveal = parse(message).map_err(|_| PairError::Malformed)?;
        if reveal.commitment() != self.offer.commitment {
            return Err(PairError::Commitment);
        }
        Ok((check_code(&self.offer, &self.answer, &reveal), reveal.device))
    }
}

fn send(frame: &ClientFrame) -> AdmissionStep {
    AdmissionStep::Send(vec![frame.to_bytes()])
}

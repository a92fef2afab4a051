//! Joining a vault by its recovery phrase: the paper device adds the new one.
//!
//! Invariant: nothing the relay says about the vault is believed unless the phrase's own key vouched for it. A chain
//! that a relay made up around the phrase's public key lacks the counter-signature and is refused.

use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::{AccountId, Chain, ChainError, ErrorCode, Role, SpaceId, limits};
use rand_core::CryptoRng;
use seal::{DeviceKeys, KeyRing};

/// Attempts to append to a chain that others append to as well.
const ATTEMPTS: u32 = 8;

/// Why joining failed. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The relay broke the protocol.
    #[error("the relay answered with something that is not of this protocol")]
    Malformed,
    /// The relay refused.
    #[error("the relay refused: {0}")]
    Refused(ErrorCode),
    /// The chain the relay serves does not hold.
    #[error("the relay serves a membership chain that does not hold: {0}")]
    Chain(#[from] ChainError),
    /// The chain is of another space, or the phrase is not a member that vouched for it.
    #[error("the vault that the relay serves does not belong to this recovery phrase")]
    NotVouched,
    /// The keys of the vault cannot be opened with the phrase.
    #[error("the vault's keys cannot be opened with this recovery phrase: {0}")]
    Keys(String),
    /// Others kept appending.
    #[error("other devices changed the membership at the same moment, too often; try again")]
    Busy,
}

/// What comes next.
pub enum JoinStep {
    /// Send these messages.
    Send(Vec<Vec<u8>>),
    /// This device is a member. Make its store with [`crate::store::found`].
    Done(Box<Joined>),
}

/// A new member's beginnings.
pub struct Joined {
    /// The vault's chain, this device included.
    pub chain: Chain,
    /// The vault's keys.
    pub ring: KeyRing,
    /// This device's keys.
    pub device: DeviceKeys,
}

/// One attempt to join, over one socket opened with a ticket of the paper device.
pub struct Join {
    paper: DeviceKeys,
    device: Option<DeviceKeys>,
    space: SpaceId,
    origin: String,
    links: Vec<LinkItem>,
    added: Option<Chain>,
    attempts: u32,
}

const GET: u64 = 1;
const APPEND: u64 = 2;

impl Join {
    /// Joins `space` as `device`, authorised by `paper`; `origin` is the relay as it was dialled.
    pub fn new(paper: DeviceKeys, device: DeviceKeys, space: SpaceId, origin: String) -> Self {
        Self { paper, device: Some(device), space, origin, links: Vec::new(), added: None, attempts: 0 }
    }

    /// Takes one message of the relay.
    pub fn on_frame(&mut self, rng: &mut dyn CryptoRng, bytes: &[u8]) -> Result<JoinStep, JoinError> {
        match ServerFrame::from_bytes(bytes).map_err(|_| JoinError::Malformed)? {
            ServerFrame::Challenge { challenge } => {
                let claim = AuthClaim {
                    origin: self.origin.clone(),
                    account: Some(AccountId::of_vault(&self.space)),
                    challenge,
                    purpose: AuthPurpose::Socket,
                    device: self.paper.id(),
                };
                let signature = self.paper.sign(&claim.signing_hash());
                Ok(send(&ClientFrame::Hello { device: self.paper.id(), signature }))
            }
            ServerFrame::Welcome { .. } => Ok(self.get_links()),
            ServerFrame::Links { request: GET, links, height, .. } => {
                let none = links.is_empty();
                self.links.extend(links);
                if self.links.len() > limits::LINKS_PER_CHAIN {
                    return Err(JoinError::Malformed);
                }
                let have = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
                if have > height {
                    self.append(rng)
                } else if none {
                    Err(JoinError::Malformed)
                } else {
                    Ok(self.get_links())
                }
            }
            ServerFrame::Links { request: APPEND, refusal, head, .. } => match (refusal, self.added.take()) {
                (None, Some(chain)) if chain.head() == head => self.finish(chain),
                (Some(ErrorCode::HeadMoved), _) | (None, _) => {
                    self.attempts += 1;
                    if self.attempts >= ATTEMPTS { Err(JoinError::Busy) } else { Ok(self.get_links()) }
                }
                (Some(code), _) => Err(JoinError::Refused(code)),
            },
            ServerFrame::Error { code, .. } => Err(JoinError::Refused(code)),
            // Fan-out and pongs are of no interest here.
            _ => Ok(JoinStep::Send(Vec::new())),
        }
    }

    fn get_links(&self) -> JoinStep {
        let from = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        send(&ClientFrame::GetLinks { request: GET, space: self.space, from })
    }

    /// The chain as served, if it holds and the phrase vouched for it.
    fn served(&self) -> Result<Chain, JoinError> {
        let chain = Chain::verify(self.links.iter().map(|l| (l.link.clone(), l.keyboxes.clone())))?;
        // A verified chain holds the counter-signature of every paper device in it, over this space and its link.
        let vouched = chain.space() == self.space && chain.vouched_by(&self.paper.id());
        if vouched { Ok(chain) } else { Err(JoinError::NotVouched) }
    }

    fn ring(&self, chain: &Chain) -> Result<KeyRing, JoinError> {
        let mut ring = KeyRing::new();
        for link in chain.links().iter().filter(|l| l.keyboxes.of(&self.paper.id()).is_some()) {
            seal::open_keyboxes(&self.space, &link.link, &link.keyboxes, &self.paper, &mut ring)
                .map_err(|e| JoinError::Keys(e.to_string()))?;
        }
        if ring.get(&chain.epoch()).is_some() {
            Ok(ring)
        } else {
            Err(JoinError::Keys("the present key is not among them".into()))
        }
    }

    fn append(&mut self, rng: &mut dyn CryptoRng) -> Result<JoinStep, JoinError> {
        let mut chain = self.served()?;
        let ring = self.ring(&chain)?;
        let device = self.device.as_ref().ok_or(JoinError::Malformed)?;
        if chain.active(&device.id()).is_some() {
            // An earlier attempt got through, but its answer was lost.
            return self.finish(chain);
        }
        let (link, keyboxes) =
            seal::add_device(rng, &chain, &self.paper, device.public(), Role::Device, None, &ring)
                .map_err(|e| JoinError::Keys(e.to_string()))?;
        chain.extend(link.clone(), keyboxes.clone())?;
        self.added = Some(chain);
        let links = vec![LinkItem { link, keyboxes }];
        Ok(send(&ClientFrame::AppendLinks { request: APPEND, space: self.space, links, restores: None }))
    }

    fn finish(&mut self, chain: Chain) -> Result<JoinStep, JoinError> {
        let ring = self.ring(&chain)?;
        let device = self.device.take().ok_or(JoinError::Malformed)?;
        Ok(JoinStep::Done(Box::new(Joined { chain, ring, device })))
    }
}

fn send(frame: &ClientFrame) -> JoinStep {
    JoinStep::Send(vec![frame.to_bytes()])
}

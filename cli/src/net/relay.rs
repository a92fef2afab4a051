//! What a relay is asked beside the socket, and how its refusals are sorted.

use super::http::{call, post};
use super::{Address, Socket, socket};
use crate::error::{Error, Kind};
use hyper::Method;
use protocol::api::{
    ChallengeAnswer, DeletionAnswer, DeletionRequest, LookupAnswer, LookupRequest, PairingMessage, Proof,
    RegisterAnswer, RegisterRequest, TicketAnswer, TicketRequest, from_text, to_text,
};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::frame::LinkItem;
use protocol::pairing::{MailboxId, Slot};
use protocol::{AccountId, DeviceId, DevicePublic, ErrorCode, Signature, codec};
use std::time::Duration;

/// Longest that a busy relay makes a command wait.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A refusal in the relay's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

/// Why the relay did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// No connection, no answer, or it is shutting down. Try again later.
    #[error("{0}")]
    Unreachable(String),
    /// It is too busy for this client just now. Try again soon.
    #[error("{}", .0.message)]
    Later(Refusal, Duration),
    /// It answered, and the answer is no.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// What it says is not this protocol.
    #[error("{0}")]
    Protocol(String),
}

impl RelayError {
    /// Sorts a refusal.
    pub fn refused(code: ErrorCode, message: String) -> Self {
        match code {
            ErrorCode::Internal | ErrorCode::Unavailable => Self::Unreachable(message),
            ErrorCode::RateLimited => Self::Later(Refusal { code, message }, Duration::ZERO),
            _ => Self::Refused(Refusal { code, message }),
        }
    }
    /// The code of a refusal.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Later(refusal, _) | Self::Refused(refusal) => Some(refusal.code),
            Self::Unreachable(_) | Self::Protocol(_) => None,
        }
    }
    /// The same, to be tried again no sooner than after `wait`, if it is to be tried again at all.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        match self {
            Self::Later(refusal, _) => Self::Later(refusal, wait.min(LONGEST_WAIT)),
            other => other,
        }
    }
    /// How long the relay wants to be left alone.
    pub fn wait(&self) -> Duration {
        match self {
            Self::Later(_, wait) => *wait,
            Self::Unreachable(_) | Self::Refused(_) | Self::Protocol(_) => Duration::ZERO,
        }
    }
    /// Whether the relay answers that it does not know the account, the device or the space.
    pub fn is_unknown(&self) -> bool {
        let unknown = [ErrorCode::UnknownAccount, ErrorCode::UnknownDevice, ErrorCode::UnknownSpace];
        self.code().is_some_and(|code| unknown.contains(&code))
    }
    /// As a failure of the command.
    pub fn report(&self, address: &Address) -> Error {
        match self {
            Self::Unreachable(why) => Error::new(
                Kind::Unreachable,
                "relay_unreachable",
                format!("the relay {address} does not answer: {why}"),
            )
            .hint("what you change is kept here and sent by the next `lifeos sync`"),
            Self::Later(refusal, _) => Error::new(
                Kind::Unreachable,
                refusal.code.name(),
                format!("the relay {address} is too busy: {}", refusal.message),
            )
            .hint("try again in a minute"),
            Self::Protocol(why) => Error::failed(
                "relay_protocol",
                format!("the relay {address} does not speak this protocol: {why}"),
            ),
            Self::Refused(refusal) => {
                let message = format!("the relay {address} refuses: {}", refusal.message);
                let error = Error::failed(refusal.code.name(), message);
                match hint(refusal.code) {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
        }
    }
}

fn hint(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::InviteRequired => Some(
            "ask whoever runs the relay for an invitation (`sync-server invite`), and give it with --invite",
        ),
        ErrorCode::InviteInvalid => Some("ask for a new invitation; each is good for one account"),
        ErrorCode::WrongOrigin => {
            Some("dial the relay by its public URL, or correct --public-url where it runs")
        }
        ErrorCode::AccountDeleted => Some("`lifeos account keep` takes the deletion back, for 7 days"),
        ErrorCode::UnsupportedVersion => Some("update lifeos or the relay"),
        _ => None,
    }
}

/// A relay at an address.
#[derive(Debug, Clone)]
pub struct Relay {
    address: Address,
}

impl Relay {
    /// The relay at `address`.
    pub fn new(address: Address) -> Self {
        Self { address }
    }
    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether it answers, and calls itself what it was dialled as: a vault that is registered under one name and
    /// synced under another would be refused.
    pub async fn greet(&self) -> Result<(), RelayError> {
        self.challenge().await.map(|_| ())
    }

    /// Makes the account of a vault, or extends its chain there.
    pub async fn register(
        &self,
        chain: &[LinkItem],
        invite: Option<String>,
    ) -> Result<RegisterAnswer, RelayError> {
        post(&self.address, "accounts", &RegisterRequest::new(chain, invite)).await
    }

    /// Which account a recovery phrase belongs to.
    pub async fn look_up(
        &self,
        paper: &DevicePublic,
        sign: impl Fn(&AuthClaim) -> Option<Signature>,
    ) -> Result<LookupAnswer, RelayError> {
        let proof = self.prove(AuthPurpose::Lookup, None, paper.id(), sign).await?;
        let request = LookupRequest { public: to_text(&codec::encode(paper)), proof };
        post(&self.address, "lookups", &request).await
    }

    /// Opens a socket in the name of `device`.
    pub async fn open(
        &self,
        account: AccountId,
        device: DeviceId,
        sign: impl Fn(&AuthClaim) -> Option<Signature>,
    ) -> Result<Socket, RelayError> {
        let proof = self.prove(AuthPurpose::Ticket, Some(account), device, sign).await?;
        let answer: TicketAnswer = post(&self.address, "tickets", &TicketRequest { account, proof }).await?;
        socket::open(&self.address, &answer.ticket).await
    }

    /// Writes a message of a pairing.
    pub async fn put_pairing(
        &self,
        mailbox: &MailboxId,
        slot: Slot,
        message: &[u8],
    ) -> Result<(), RelayError> {
        let body = PairingMessage { message: to_text(message) };
        call(&self.address, Method::PUT, &format!("pairings/{mailbox}/{}", slot.name()), Some(&body)).await
    }
    /// Reads a message of a pairing; none while nobody has written it.
    pub async fn pairing(&self, mailbox: &MailboxId, slot: Slot) -> Result<Option<Vec<u8>>, RelayError> {
        let name = format!("pairings/{mailbox}/{}", slot.name());
        let found: Result<PairingMessage, _> = call::<(), _>(&self.address, Method::GET, &name, None).await;
        match found {
            Ok(found) => {
                let malformed = |_| RelayError::Protocol("a message of the pairing is no base64url".into());
                from_text(&found.message).map(Some).map_err(malformed)
            }
            Err(error) if error.code() == Some(ErrorCode::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has the account deleted, or takes that back. Gives the time at which it will be gone, in milliseconds since 1970.
    pub async fn delete_account(
        &self,
        account: AccountId,
        device: DeviceId,
        delete: bool,
        sign: impl Fn(&AuthClaim) -> Option<Signature>,
    ) -> Result<Option<i64>, RelayError> {
        let proof = self.prove(AuthPurpose::Deletion, Some(account), device, sign).await?;
        let method = if delete { Method::POST } else { Method::DELETE };
        let body = DeletionRequest { account, proof };
        let answer: DeletionAnswer = call(&self.address, method, "deletions", Some(&body)).await?;
        Ok(answer.until)
    }

    /// Something fresh to sign.
    async fn challenge(&self) -> Result<ChallengeAnswer, RelayError> {
        let empty = serde_json::Map::new();
        let answer: ChallengeAnswer = post(&self.address, "challenges", &empty).await?;
        let origin = self.address.origin();
        if answer.origin == origin {
            return Ok(answer);
        }
        // It would refuse what is signed here, and what it wants signed is not to be signed for it.
        let message = format!("it was dialled as {origin} and calls itself {}", answer.origin);
        Err(RelayError::refused(ErrorCode::WrongOrigin, message))
    }

    /// Answers a fresh challenge. What is signed is the origin that was dialled, never the one the relay names.
    async fn prove(
        &self,
        purpose: AuthPurpose,
        account: Option<AccountId>,
        device: DeviceId,
        sign: impl Fn(&AuthClaim) -> Option<Signature>,
    ) -> Result<Proof, RelayError> {
        let answer = self.challenge().await?;
        let challenge = from_text(&answer.challenge)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| RelayError::Protocol("its challenge is not 32 bytes".into()))?;
        let origin = self.address.origin().to_owned();
        let claim = AuthClaim { origin, account, challenge, purpose, device };
        let signature = sign(&claim).ok_or_else(|| RelayError::Protocol("nothing here can sign".into()))?;
        Ok(Proof { challenge: answer.challenge, device, purpose, signature })
    }
}

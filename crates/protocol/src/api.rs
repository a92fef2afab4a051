//! Bodies of the HTTP interface beside the socket, under `/api/v1`. JSON; byte strings are base64url without padding.

use crate::auth::AuthPurpose;
use crate::codec::{self, CodecError};
use crate::error::ErrorCode;
use crate::frame::LinkItem;
use crate::id::{AccountId, DeviceId, SpaceId};
use crate::key::{DevicePublic, Signature};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// WebSocket subprotocol of this version. A ticket travels beside it as `ticket.<value>`, where no proxy logs it.
pub const SUBPROTOCOL: &str = "lifeos.v1";
/// Prefix of the subprotocol entry that carries the socket ticket.
pub const TICKET_PREFIX: &str = "ticket.";

/// Answer of `POST /api/v1/challenges`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// 32 random bytes, base64url. Good for one use within 30 seconds.
    pub challenge: String,
    /// The origin this relay expects to see signed. A device signs the origin it dialled, never this one.
    pub origin: String,
}

/// A proof of a device: see [`crate::auth::AuthClaim`], of which these are the parts the relay does not know.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The challenge that was answered, base64url.
    pub challenge: String,
    /// Who signs.
    pub device: DeviceId,
    /// For what.
    pub purpose: AuthPurpose,
    /// Over the claim.
    pub signature: Signature,
}

/// `POST /api/v1/accounts`: makes the account of a vault, or extends its chain when the relay has an older one.
/// Each link's signature decides, not who sends it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// The whole chain, genesis first; each a CBOR [`LinkItem`], base64url.
    pub chain: Vec<String>,
    /// An invitation, where the relay asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
}

/// Answer of `POST /api/v1/accounts`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisterAnswer {
    /// The account.
    pub account: AccountId,
    /// Whether it is new here.
    pub created: bool,
    /// Height of the chain as the relay has it now.
    pub height: u32,
}

/// `POST /api/v1/tickets`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    /// The account.
    pub account: AccountId,
    /// Proof with purpose `ticket`.
    pub proof: Proof,
}

/// Answer of `POST /api/v1/tickets`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicketAnswer {
    /// Opens one socket within 30 seconds.
    pub ticket: String,
}

/// `POST /api/v1/lookups`: which account does this recovery phrase belong to? Signed by the phrase's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupRequest {
    /// The phrase's public keys: CBOR [`DevicePublic`], base64url.
    pub public: String,
    /// Proof with purpose `lookup`.
    pub proof: Proof,
}

/// Answer of `POST /api/v1/lookups`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LookupAnswer {
    /// The account.
    pub account: AccountId,
    /// Its vault.
    pub space: SpaceId,
}

/// `PUT /api/v1/pairings/{mailbox}/{slot}`, and the answer to `GET` of the same. Mailbox ids are hexadecimal; slots are those
/// of [`crate::pairing::Slot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairingMessage {
    /// The message, base64url; at most [`limits::PAIRING_MESSAGE_BYTES`] bytes.
    pub message: String,
}

/// `POST` (delete) and `DELETE` (take that back) of `/api/v1/deletions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionRequest {
    /// The account.
    pub account: AccountId,
    /// Proof of an active device or of the phrase, with purpose `deletion`.
    pub proof: Proof,
}

/// Answer of `POST` and `DELETE` of `/api/v1/deletions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionAnswer {
    /// When the account will be gone, in milliseconds since 1970 in UTC; none if it stays.
    pub until: Option<i64>,
}

/// Every answer that is not a success.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// What went wrong.
    pub error: ErrorBody,
    /// About the answer itself.
    pub meta: Meta,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Stable.
    pub code: ErrorCode,
    /// For people: what happened and what to do.
    pub message: String,
    /// Parts of it that programs may want; an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<std::collections::BTreeMap<String, String>>,
}

/// About an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Meta {
    /// Names the request in the relay's log.
    pub request_id: String,
    /// When, RFC 3339 in UTC.
    pub time: String,
}

/// Text of bytes in JSON bodies.
pub fn to_text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Bytes of text in JSON bodies.
pub fn from_text(text: &str) -> Result<Vec<u8>, CodecError> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|e| CodecError::Malformed(format!("base64url: {e}")))
}

impl RegisterRequest {
    /// A request for `chain`.
    pub fn new(chain: &[LinkItem], invite: Option<String>) -> Self {
        Self { chain: chain.iter().map(|l| to_text(&codec::encode(l))).collect(), invite }
    }
    /// The links.
    pub fn links(&self) -> Result<Vec<LinkItem>, CodecError> {
        self.chain.iter().map(|text| codec::decode(&from_text(text)?)).collect()
    }
}

impl LookupRequest {
    /// The phrase's public keys.
    pub fn public(&self) -> Result<DevicePublic, CodecError> {
        codec::decode_canonical(&from_text(&self.public)?)
    }
}

//! Bodies of the pages of an account, under `/api/v1`: passkeys, sessions, invitations. JSON; byte strings are base64url
//! without padding, times are milliseconds since 1970 in UTC.
//!
//! Invariant: what a passkey answers is named field by field and nothing else is taken, so no extension result (the PRF
//! output, which opens the vault) can be part of a request.

use crate::api::Proof;
use crate::id::{AccountId, DeviceId};
use serde::{Deserialize, Serialize};

/// Answer of `POST /api/v1/passkeys/begin`: what the relay wants of a new passkey. User verification and a resident key are
/// always wanted; extensions and their salts are the client's own business.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPasskeyAnswer {
    /// Names the ceremony; good for one use within 5 minutes.
    pub ceremony: String,
    /// For the authenticator to sign.
    pub challenge: String,
    /// The user handle: random, of this one passkey.
    pub user: String,
    /// The relying party: a host name.
    pub rp: String,
    /// COSE algorithms that the relay can check, the best first.
    pub algorithms: Vec<i64>,
}

/// What the authenticator answered to a creation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The credential's id.
    pub id: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
    /// `response.attestationObject`.
    pub attestation: String,
}

/// `POST /api/v1/passkeys/finish`: binds a passkey to an account, on the word of an active device of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindPasskeyRequest {
    /// The account.
    pub account: AccountId,
    /// As [`NewPasskeyAnswer`] named it.
    pub ceremony: String,
    /// For its list; may be empty.
    #[serde(default)]
    pub name: String,
    /// The new passkey.
    pub credential: Attestation,
    /// Proof with purpose `passkey`.
    pub proof: Proof,
}

/// Answer of `POST /api/v1/passkeys/finish`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BindPasskeyAnswer {
    /// Names the passkey in [`PasskeyInfo`].
    pub passkey: String,
}

/// Answer of `POST /api/v1/sessions/begin`: for a passkey that the person chooses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignInAnswer {
    /// Names the ceremony; good for one use within 5 minutes.
    pub ceremony: String,
    /// For the authenticator to sign.
    pub challenge: String,
    /// The relying party: a host name.
    pub rp: String,
}

/// What the authenticator answered to a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The credential's id.
    pub id: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
    /// `response.authenticatorData`.
    pub authenticator_data: String,
    /// `response.signature`.
    pub signature: String,
    /// `response.userHandle`.
    pub user: String,
}

/// `POST /api/v1/sessions/passkey`: signs in by a passkey.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeySessionRequest {
    /// As [`SignInAnswer`] named it.
    pub ceremony: String,
    /// The passkey's answer.
    pub credential: Assertion,
}

/// `POST /api/v1/sessions/device`: signs in by the key of a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSessionRequest {
    /// The account.
    pub account: AccountId,
    /// Proof with purpose `session`.
    pub proof: Proof,
}

/// Answer of both ways to sign in. The session itself is in a cookie.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionAnswer {
    /// The account.
    pub account: AccountId,
    /// Names the session in [`SessionInfo`].
    pub session: String,
    /// When it ends if it is not used.
    pub expires: i64,
}

/// Answer of `GET /api/v1/account`: all that the relay knows of it but the log itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountInfo {
    /// The account.
    pub account: AccountId,
    /// When it was made here.
    pub created: i64,
    /// Devices that are active in its vault.
    pub devices: u64,
    /// Entries stored.
    pub entries: u64,
    /// Bytes of entries, links and keyboxes stored.
    pub bytes: u64,
    /// Whether it may make invitations here.
    pub may_invite: bool,
    /// Whether passkeys can be used with this relay.
    pub passkeys: bool,
}

/// How a session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// By a passkey.
    Passkey,
    /// By the key of a device.
    Device,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Its name.
    pub session: String,
    /// How it began.
    pub kind: SessionKind,
    /// When it began.
    pub created: i64,
    /// When it was last used, to the hour.
    pub seen: i64,
    /// When it ends if it is not used.
    pub expires: i64,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyInfo {
    /// Its name for this interface.
    pub passkey: String,
    /// The credential's id, by which a browser recognises its own.
    pub credential: String,
    /// Its name for the person; may be empty.
    pub name: String,
    /// When it was bound.
    pub created: i64,
    /// When it last signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<i64>,
}

/// `PATCH /api/v1/account/passkeys/{passkey}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenamePasskeyRequest {
    /// The new name; may be empty.
    pub name: String,
}

/// `POST /api/v1/account/invitations`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// Days until it expires: 1 to 30.
    pub days: u64,
}

/// Answer of `POST /api/v1/account/invitations`: the only time that the invitation itself is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InviteAnswer {
    /// The invitation: good for one account.
    pub invite: String,
    /// It, in the list.
    #[serde(flatten)]
    pub info: InviteInfo,
}

/// One unused invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteInfo {
    /// Its name.
    pub invitation: String,
    /// When it was made.
    pub created: i64,
    /// When it expires.
    pub expires: i64,
}

/// `POST /api/v1/account/tickets`: a socket ticket for a device of the account, on the word of the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionTicketRequest {
    /// The device that will answer the socket's challenge.
    pub device: DeviceId,
}

/// Answer of `GET /api/v1/account/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// The newest first.
    pub sessions: Vec<SessionInfo>,
}

/// Answer of `GET /api/v1/account/passkeys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyList {
    /// The newest first.
    pub passkeys: Vec<PasskeyInfo>,
}

/// Answer of `GET /api/v1/account/invitations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteList {
    /// The newest first.
    pub invitations: Vec<InviteInfo>,
}

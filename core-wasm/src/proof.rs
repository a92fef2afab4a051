//! Proofs for the relay's HTTP interface: bodies that JavaScript posts as they are.
//!
//! Invariant: what is signed is the origin that was dialled, never the one that the relay names.

use crate::error::{Code, CoreError};
use protocol::api::{ChallengeAnswer, Proof, from_text};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::{AccountId, DeviceId, Signature};
use serde::Serialize;

/// A proof that answers the relay's `challenge` (the JSON of its answer).
pub(crate) fn prove(
    challenge: &str,
    origin: &str,
    purpose: AuthPurpose,
    account: Option<AccountId>,
    device: DeviceId,
    sign: impl Fn(&AuthClaim) -> Option<Signature>,
) -> Result<Proof, CoreError> {
    let protocol = |what: &str| CoreError::new(Code::Protocol, what);
    let answer: ChallengeAnswer =
        serde_json::from_str(challenge).map_err(|_| protocol("its challenge cannot be read"))?;
    let bytes = from_text(&answer.challenge).ok().and_then(|bytes| bytes.try_into().ok());
    let challenge = bytes.ok_or_else(|| protocol("its challenge is not 32 bytes"))?;
    if answer.origin != origin {
        let message = format!("it was dialled as {origin} and calls itself {}", answer.origin);
        return Err(CoreError::new(Code::WrongOrigin, message));
    }
    let claim = AuthClaim { origin: origin.to_owned(), account, challenge, purpose, device };
    let signature = sign(&claim).ok_or_else(|| CoreError::internal("nothing here can sign"))?;
    Ok(Proof { challenge: answer.challenge, device, purpose, signature })
}

/// JSON of a body.
pub(crate) fn body(value: &impl Serialize) -> Result<String, CoreError> {
    serde_json::to_string(value).map_err(CoreError::internal)
}

//! `POST /api/v1/challenges`: something fresh to sign.

use super::{ApiError, App};
use crate::clock::Millis;
use crate::identity::{Claim, SecretHash};
use axum::Json;
use axum::extract::State;
use protocol::api::{ChallengeAnswer, Proof, from_text, to_text};
use protocol::auth::AuthPurpose;
use protocol::limits::TICKET_SECONDS;
use protocol::{AccountId, DeviceId, ErrorCode};

pub(super) async fn make(State(app): State<App>) -> Result<Json<ChallengeAnswer>, ApiError> {
    let challenge = crate::random::bytes32()?;
    let now = Millis::now();
    let hash = SecretHash::of(&challenge);
    app.relay.store().put_challenge(hash, now.plus_seconds(TICKET_SECONDS), now).await?;
    let origin = app.config.origin().to_string();
    Ok(Json(ChallengeAnswer { challenge: to_text(&challenge), origin }))
}

/// Checks that a device of `account` made this proof, for this purpose and no other. Uses its challenge up.
pub(super) async fn prove(
    app: &App,
    account: AccountId,
    proof: &Proof,
    purpose: AuthPurpose,
) -> Result<DeviceId, ApiError> {
    meant_for(proof, purpose)?;
    let challenge = take(app, proof).await?;
    let (origin, device) = (app.config.origin().as_str(), proof.device);
    let claim = Claim { origin, account, challenge, purpose, device };
    app.relay.prove(claim, &proof.signature).await.map_err(ApiError::proof)?;
    Ok(device)
}

/// Checks that a proof says it is for this purpose.
pub(super) fn meant_for(proof: &Proof, purpose: AuthPurpose) -> Result<(), ApiError> {
    if proof.purpose == purpose { Ok(()) } else { Err(ApiError::proof(ErrorCode::Unauthorized)) }
}

/// Uses up the challenge that a proof answers.
pub(super) async fn take(app: &App, proof: &Proof) -> Result<[u8; 32], ApiError> {
    let bytes = from_text(&proof.challenge).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
    let challenge =
        bytes.ok_or_else(|| ApiError::new(ErrorCode::Malformed, "a challenge is 32 bytes in base64url"))?;
    if app.relay.store().take_challenge(SecretHash::of(&challenge), Millis::now()).await? {
        Ok(challenge)
    } else {
        Err(ApiError::proof(ErrorCode::TicketExpired))
    }
}

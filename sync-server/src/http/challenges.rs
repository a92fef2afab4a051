//! `POST /api/v1/challenges`: something fresh to sign.

use super::{ApiError, App};
use crate::clock::Millis;
use crate::identity::SecretHash;
use axum::Json;
use axum::extract::State;
use protocol::ErrorCode;
use protocol::api::{ChallengeAnswer, Proof, from_text, to_text};
use protocol::limits::TICKET_SECONDS;

pub(super) async fn make(State(app): State<App>) -> Result<Json<ChallengeAnswer>, ApiError> {
    let challenge = crate::random::bytes32()?;
    let now = Millis::now();
    let hash = SecretHash::of(&challenge);
    app.relay.store().put_challenge(hash, now.plus_seconds(TICKET_SECONDS), now).await?;
    let origin = app.config.origin().to_string();
    Ok(Json(ChallengeAnswer { challenge: to_text(&challenge), origin }))
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

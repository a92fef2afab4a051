//! `POST /api/v1/lookups`: which account does this recovery phrase belong to?

use super::json::{Json, undecodable};
use super::{ApiError, App, challenges};
use crate::identity::verify_lookup;
use axum::extract::State;
use protocol::api::{LookupAnswer, LookupRequest};
use protocol::auth::AuthPurpose;
use protocol::{ErrorCode, Role};

pub(super) async fn find(
    State(app): State<App>,
    Json(request): Json<LookupRequest>,
) -> Result<axum::Json<LookupAnswer>, ApiError> {
    let public = request.public().map_err(|e| undecodable("the public key", &e))?;
    let proof = request.proof;
    if proof.purpose != AuthPurpose::Lookup || proof.device != public.id() {
        return Err(ApiError::proof(ErrorCode::Unauthorized));
    }
    let challenge = challenges::take(&app, &proof).await?;
    // Before anything is looked up: without the phrase nobody learns whether an account exists.
    verify_lookup(app.config.origin().as_str(), challenge, &public, &proof.signature)
        .map_err(ApiError::proof)?;
    let found = app.relay.store().space_of_member(&proof.device, Role::Paper).await?;
    let (account, space) = found.ok_or_else(|| ApiError::proof(ErrorCode::UnknownAccount))?;
    Ok(axum::Json(LookupAnswer { account, space }))
}

//! `/api/v1/deletions`: an account's members say that it is to go, or that it stays after all.
//!
//! Invariant: only the key of an active device or of the phrase decides; a session alone does not.

use super::json::Json;
use super::pages::Proved;
use super::{ApiError, App, challenges};
use crate::clock::Millis;
use crate::hints::Hint;
use crate::store::Kept;
use axum::extract::State;
use protocol::api::{DeletionAnswer, DeletionRequest};
use protocol::auth::AuthPurpose;
use protocol::limits::DELETION_SECONDS;
use protocol::{AccountId, ErrorCode};

type Answer = Result<axum::Json<DeletionAnswer>, ApiError>;

pub(super) async fn begin(
    State(app): State<App>,
    _page: Proved,
    Json(request): Json<DeletionRequest>,
) -> Answer {
    let account = proved(&app, request).await?;
    let at = Millis::now().plus_seconds(DELETION_SECONDS);
    let until = app.relay.store().mark_for_deletion(&account, at).await?;
    let until = until.ok_or_else(|| ApiError::proof(ErrorCode::UnknownAccount))?;
    // After it is stored: whoever looks now finds it.
    app.hints.changed(Hint::Account(account));
    Ok(axum::Json(DeletionAnswer { until: Some(until.0) }))
}

pub(super) async fn take_back(
    State(app): State<App>,
    _page: Proved,
    Json(request): Json<DeletionRequest>,
) -> Answer {
    let account = proved(&app, request).await?;
    match app.relay.store().keep_account(&account, Millis::now()).await? {
        Kept::Yes => Ok(axum::Json(DeletionAnswer { until: None })),
        Kept::TooLate => Err(ApiError::new(ErrorCode::AccountDeleted, "the account is being erased")),
        Kept::Unknown => Err(ApiError::proof(ErrorCode::UnknownAccount)),
    }
}

/// The account, once a member has said it.
async fn proved(app: &App, request: DeletionRequest) -> Result<AccountId, ApiError> {
    let DeletionRequest { account, proof } = request;
    challenges::prove(app, account, &proof, AuthPurpose::Deletion).await?;
    Ok(account)
}

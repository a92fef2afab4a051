//! `POST /api/v1/passkeys/…`: a passkey is made, and bound to an account by one of its devices.

use super::json::Json;
use super::pages::Proved;
use super::{ApiError, App, challenges};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::passkeys::{CeremonyError, Passkeys};
use crate::store::{Added, CeremonyKind, Handle, StoredPasskey};
use axum::extract::State;
use axum::http::StatusCode;
use protocol::ErrorCode;
use protocol::account::{BindPasskeyAnswer, BindPasskeyRequest, NewPasskeyAnswer};
use protocol::api::to_text;
use protocol::auth::AuthPurpose;
use protocol::limits::{CEREMONY_SECONDS, PASSKEY_NAME_BYTES, PASSKEYS_PER_ACCOUNT};

/// Needs no account: a passkey is made before the vault is.
pub(super) async fn begin(
    State(app): State<App>,
    _page: Proved,
) -> Result<axum::Json<NewPasskeyAnswer>, ApiError> {
    let passkeys = of(&app)?;
    let creation = passkeys.begin_creation()?;
    Ok(axum::Json(NewPasskeyAnswer {
        ceremony: remember(&app, CeremonyKind::Create, &creation.state).await?,
        challenge: to_text(&creation.challenge),
        user: to_text(&creation.user),
        rp: passkeys.rp().to_owned(),
        algorithms: creation.algorithms,
    }))
}

pub(super) async fn finish(
    State(app): State<App>,
    _page: Proved,
    Json(request): Json<BindPasskeyRequest>,
) -> Result<(StatusCode, axum::Json<BindPasskeyAnswer>), ApiError> {
    let passkeys = of(&app)?;
    let name = name_of(&request.name)?;
    // A proof for something else spends no ceremony.
    challenges::meant_for(&request.proof, AuthPurpose::Passkey)?;
    let state = recall(&app, CeremonyKind::Create, &request.ceremony).await?;
    let device = challenges::prove(&app, request.account, &request.proof, AuthPurpose::Passkey).await?;
    let made = passkeys.finish_creation(&state, &request.credential)?;
    let id = Handle::new(crate::random::bytes16()?);
    let passkey = StoredPasskey {
        id,
        credential: made.credential,
        account: request.account,
        device,
        user: made.user,
        name,
        verifier: made.verifier,
        created: Millis::now(),
        used: None,
    };
    match app.relay.store().add_passkey(passkey, PASSKEYS_PER_ACCOUNT).await? {
        Added::Yes => Ok((StatusCode::CREATED, axum::Json(BindPasskeyAnswer { passkey: id.to_string() }))),
        Added::Taken => {
            Err(ApiError::new(ErrorCode::PasskeyRefused, "this passkey is bound already; make another one"))
        }
        Added::TooMany => Err(ApiError::new(
            ErrorCode::QuotaExceeded,
            "the account has as many passkeys as it may; remove one first",
        )),
    }
}

/// How passkeys are checked here.
pub(super) fn of(app: &App) -> Result<&Passkeys, ApiError> {
    app.config.passkeys.as_ref().ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotSupported,
            "passkeys need a relay that is dialled by a name, not an address",
        )
    })
}

/// A name for a passkey, without the space around it.
pub(super) fn name_of(text: &str) -> Result<String, ApiError> {
    let name = text.trim();
    if name.len() > PASSKEY_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(ApiError::new(ErrorCode::Malformed, "a passkey's name is one line of at most 100 bytes"));
    }
    Ok(name.to_owned())
}

/// Keeps the state of a ceremony and gives it a name.
pub(super) async fn remember(app: &App, kind: CeremonyKind, state: &[u8]) -> Result<String, ApiError> {
    let name = to_text(&crate::random::bytes32()?);
    let now = Millis::now();
    let expires = now.plus_seconds(CEREMONY_SECONDS);
    let hash = SecretHash::of(name.as_bytes());
    app.relay.store().put_ceremony(hash, kind, state, expires, now).await?;
    Ok(name)
}

/// Uses a ceremony up.
pub(super) async fn recall(app: &App, kind: CeremonyKind, name: &str) -> Result<Vec<u8>, ApiError> {
    let hash = SecretHash::of(name.as_bytes());
    let state = app.relay.store().take_ceremony(hash, kind, Millis::now()).await?;
    state.ok_or_else(|| {
        let message = "the ceremony was used before or is older than 5 minutes; begin again";
        ApiError::new(ErrorCode::CeremonyExpired, message)
    })
}

impl From<CeremonyError> for ApiError {
    fn from(error: CeremonyError) -> Self {
        match error {
            CeremonyError::Unreadable => Self::new(ErrorCode::Malformed, error.to_string()),
            // Which check failed helps only who tries; the log has it.
            CeremonyError::Refused(why) => {
                tracing::warn!(%why, "a passkey was refused");
                Self::new(ErrorCode::PasskeyRefused, "the passkey's answer does not hold for this relay")
            }
            CeremonyError::State(_) => {
                tracing::error!(%error, "a ceremony failed");
                Self::new(ErrorCode::Internal, "the relay could not do it; try again later")
            }
        }
    }
}

//! `POST /api/v1/sessions/…`: signing in, by a passkey or by the key of a device.

use super::json::Json;
use super::pages::Proved;
use super::signed_in::{self, Begun};
use super::{ApiError, App, challenges, passkeys};
use crate::clock::Millis;
use crate::passkeys::credential_id;
use crate::store::CeremonyKind;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use protocol::ErrorCode;
use protocol::account::{DeviceSessionRequest, PasskeySessionRequest, SessionAnswer, SignInAnswer};
use protocol::api::to_text;
use protocol::auth::AuthPurpose;

pub(super) async fn begin(
    State(app): State<App>,
    _page: Proved,
) -> Result<axum::Json<SignInAnswer>, ApiError> {
    let passkeys = passkeys::of(&app)?;
    let sign_in = passkeys.begin_sign_in()?;
    Ok(axum::Json(SignInAnswer {
        ceremony: passkeys::remember(&app, CeremonyKind::SignIn, &sign_in.state).await?,
        challenge: to_text(&sign_in.challenge),
        rp: passkeys.rp().to_owned(),
    }))
}

pub(super) async fn by_passkey(
    State(app): State<App>,
    _page: Proved,
    Json(request): Json<PasskeySessionRequest>,
) -> Result<Response, ApiError> {
    let checker = passkeys::of(&app)?;
    let state = passkeys::recall(&app, CeremonyKind::SignIn, &request.ceremony).await?;
    let answer = request.credential;
    let found = app.relay.store().passkey_of(&credential_id(&answer.id)?).await?;
    let unknown = || ApiError::new(ErrorCode::PasskeyRefused, "this relay knows no such passkey");
    let passkey = found.ok_or_else(unknown)?;
    let verifier = checker.finish_sign_in(&state, &answer, &passkey.verifier, &passkey.user)?;
    // After the check: who cannot use the passkey does not learn what became of its device.
    if !app.relay.is_active_device(&passkey.account, &passkey.device).await? {
        return Err(unknown());
    }
    if app.relay.is_deleted(&passkey.account).await? {
        return Err(ApiError::proof(ErrorCode::AccountDeleted));
    }
    app.relay.store().passkey_used(&passkey.id, &verifier, Millis::now()).await?;
    answered(signed_in::begin(&app, passkey.account, passkey.device, Some(passkey.id)).await?)
}

pub(super) async fn by_device(
    State(app): State<App>,
    _page: Proved,
    Json(request): Json<DeviceSessionRequest>,
) -> Result<Response, ApiError> {
    let DeviceSessionRequest { account, proof } = request;
    let device = challenges::prove(&app, account, &proof, AuthPurpose::Session).await?;
    answered(signed_in::begin(&app, account, device, None).await?)
}

fn answered(begun: Begun) -> Result<Response, ApiError> {
    let Begun { session, cookie } = begun;
    let cookie = cookie.ok_or_else(|| ApiError::new(ErrorCode::Internal, "the relay could not do it"))?;
    let answer = SessionAnswer {
        account: session.account,
        session: session.id.to_string(),
        expires: session.expires.0,
    };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], axum::Json(answer)).into_response())
}

//! `/api/v1/account`: what a signed-in person sees and ends.

use super::json::Json;
use super::signed_in::SignedIn;
use super::{ApiError, App, cookie, tickets};
use crate::clock::Millis;
use crate::store::{Admission, Handle, Session};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use protocol::ErrorCode;
use protocol::account::{AccountInfo, SessionInfo, SessionKind, SessionList, SessionTicketRequest};
use protocol::api::TicketAnswer;

pub(super) async fn info(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Result<axum::Json<AccountInfo>, ApiError> {
    let account = session.account;
    let facts = app.relay.store().account_facts(&account).await?;
    let facts = facts.ok_or_else(|| ApiError::proof(ErrorCode::UnknownAccount))?;
    Ok(axum::Json(AccountInfo {
        account,
        created: facts.created.0,
        devices: app.relay.active_devices(&account).await?,
        entries: facts.entries,
        bytes: facts.bytes,
        may_invite: may_invite(app.config.admission, facts.first),
        passkeys: app.config.passkeys.is_some(),
    }))
}

/// Who keeps the relay decides who may use it: the first account is theirs.
pub(super) fn may_invite(admission: Admission, first: bool) -> bool {
    first && admission != Admission::Open
}

pub(super) async fn sessions(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Result<axum::Json<SessionList>, ApiError> {
    let all = app.relay.store().sessions(&session.account, Millis::now()).await?;
    Ok(axum::Json(SessionList { sessions: all.iter().map(|s| shown(s, &session)).collect() }))
}

fn shown(session: &Session, this: &Session) -> SessionInfo {
    SessionInfo {
        session: session.id.to_string(),
        kind: if session.passkey.is_some() { SessionKind::Passkey } else { SessionKind::Device },
        created: session.created.0,
        seen: session.seen.0,
        expires: session.expires.0,
        this: session.id == this.id,
    }
}

pub(super) async fn end_session(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = handle(&id)?;
    if !app.relay.store().end_session(&session.account, &id).await? {
        return Err(no_such_thing());
    }
    let done = StatusCode::NO_CONTENT;
    match cookie::clear(app.config.origin()) {
        Some(cookie) if id == session.id => Ok((done, [(header::SET_COOKIE, cookie)]).into_response()),
        _ => Ok(done.into_response()),
    }
}

pub(super) async fn end_other_sessions(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Result<StatusCode, ApiError> {
    app.relay.store().end_other_sessions(&session.account, &session.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A ticket opens a socket, on which the device must still answer a challenge with its own key.
pub(super) async fn ticket(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Json(request): Json<SessionTicketRequest>,
) -> Result<axum::Json<TicketAnswer>, ApiError> {
    if !app.relay.is_active_device(&session.account, &request.device).await? {
        return Err(ApiError::proof(ErrorCode::UnknownDevice));
    }
    tickets::give(&app, session.account, request.device, Some(session.id)).await
}

/// A name out of a path.
pub(super) fn handle(text: &str) -> Result<Handle, ApiError> {
    text.parse().map_err(|_| no_such_thing())
}

/// Also for what is another account's: whether it is there is not said.
pub(super) fn no_such_thing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such thing in this account")
}

//! `/api/v1/account/invitations`: who keeps the relay lets others in.

use super::account::{handle, may_invite, no_such_thing};
use super::json::Json;
use super::signed_in::SignedIn;
use super::{ApiError, App};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{Handle, Invite, Session};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::ErrorCode;
use protocol::account::{InviteAnswer, InviteInfo, InviteList, InviteRequest};
use protocol::api::to_text;
use protocol::limits::{INVITE_SECONDS, INVITES_PER_ACCOUNT};

const DAY_SECONDS: u64 = 24 * 60 * 60;

pub(super) async fn make(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Json(request): Json<InviteRequest>,
) -> Result<(StatusCode, axum::Json<InviteAnswer>), ApiError> {
    allowed(&app, &session).await?;
    let life = request.days.checked_mul(DAY_SECONDS).filter(|s| (1..=INVITE_SECONDS).contains(s));
    let life = life.ok_or_else(|| ApiError::new(ErrorCode::Malformed, "an invitation lives 1 to 30 days"))?;
    let token = to_text(&crate::random::bytes32()?);
    let now = Millis::now();
    let invite = Invite {
        id: Handle::new(crate::random::bytes16()?),
        account: session.account,
        created: now,
        expires: now.plus_seconds(life),
    };
    let hash = SecretHash::of(token.as_bytes());
    if !app.relay.store().add_invite(hash, invite, INVITES_PER_ACCOUNT).await? {
        let message = "the account has as many invitations as it may; withdraw one first";
        return Err(ApiError::new(ErrorCode::QuotaExceeded, message));
    }
    Ok((StatusCode::CREATED, axum::Json(InviteAnswer { invite: token, info: shown(&invite) })))
}

pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Result<axum::Json<InviteList>, ApiError> {
    let all = app.relay.store().invites(&session.account, Millis::now()).await?;
    Ok(axum::Json(InviteList { invitations: all.iter().map(shown).collect() }))
}

pub(super) async fn withdraw(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    if app.relay.store().withdraw_invite(&session.account, &handle(&id)?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_such_thing())
    }
}

fn shown(invite: &Invite) -> InviteInfo {
    InviteInfo { invitation: invite.id.to_string(), created: invite.created.0, expires: invite.expires.0 }
}

async fn allowed(app: &App, session: &Session) -> Result<(), ApiError> {
    let facts = app.relay.store().account_facts(&session.account).await?;
    if facts.is_some_and(|f| may_invite(app.config.admission, f.first)) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::NotAllowed, "on this relay only its first account invites others"))
}

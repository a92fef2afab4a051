//! Who is signed in: the session behind a request's cookie.
//!
//! Invariant: a session counts while it has not expired, its passkey is there, and the device on whose word it rests is an
//! active member of the vault. It shows and tidies the pages of its account; it reads no record and signs nothing.

use super::pages::{self, Act};
use super::{ApiError, App, cookie};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::limits::SESSION_TOUCH_SECONDS;
use crate::store::{Handle, Session};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use protocol::api::to_text;
use protocol::limits::{SESSION_IDLE_SECONDS, SESSION_SECONDS, SESSIONS_PER_ACCOUNT};
use protocol::{AccountId, DeviceId, ErrorCode};

/// A request of somebody who is signed in.
pub(super) struct SignedIn(pub(super) Session);

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let origin = app.config.origin();
        let looks = matches!(parts.method, Method::GET | Method::HEAD);
        pages::check(&parts.headers, origin.as_str(), if looks { Act::Look } else { Act::Change })?;
        let token = cookie::token_of(&parts.headers, origin).ok_or_else(nobody)?;
        let now = Millis::now();
        let store = app.relay.store();
        let session = store.session(SecretHash::of(token.as_bytes()), now).await?.ok_or_else(nobody)?;
        if !app.relay.is_active_device(&session.account, &session.device).await? {
            return Err(nobody());
        }
        if app.relay.is_deleted(&session.account).await? {
            return Err(ApiError::proof(ErrorCode::AccountDeleted));
        }
        if now >= session.seen.plus_seconds(SESSION_TOUCH_SECONDS) {
            store.touch_session(&session.id, now, expiry(session.created, now)).await?;
        }
        Ok(Self(session))
    }
}

fn nobody() -> ApiError {
    ApiError::new(ErrorCode::SessionRequired, "nobody is signed in here; sign in first")
}

/// When a session that is used now ends by itself.
fn expiry(created: Millis, now: Millis) -> Millis {
    now.plus_seconds(SESSION_IDLE_SECONDS).min(created.plus_seconds(SESSION_SECONDS))
}

/// A session that was just begun, with the cookie that carries it.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) cookie: Option<HeaderValue>,
}

/// Begins a session on the word of `device`, which its key or its passkey gave.
pub(super) async fn begin(
    app: &App,
    account: AccountId,
    device: DeviceId,
    passkey: Option<Handle>,
) -> Result<Begun, ApiError> {
    let token = to_text(&crate::random::bytes32()?);
    let now = Millis::now();
    let id = Handle::new(crate::random::bytes16()?);
    let session =
        Session { id, account, device, passkey, created: now, seen: now, expires: expiry(now, now) };
    app.relay.store().add_session(SecretHash::of(token.as_bytes()), session, SESSIONS_PER_ACCOUNT).await?;
    Ok(Begun { session, cookie: cookie::set(app.config.origin(), &token) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_slides_but_not_for_ever() {
        let day = 24 * 60 * 60;
        let begun = Millis(0);
        assert_eq!(expiry(begun, begun), begun.plus_seconds(30 * day));
        assert_eq!(expiry(begun, begun.plus_seconds(20 * day)), begun.plus_seconds(50 * day));
        assert_eq!(expiry(begun, begun.plus_seconds(80 * day)), begun.plus_seconds(90 * day));
    }
}

//! The cookie of a session.
//!
//! Invariant: no script reads it, no other site sends it, and over TLS it is bound to this host: `__Host-` makes browsers
//! insist on that.

use crate::origin::Origin;
use axum::http::{HeaderMap, HeaderValue, header};
use protocol::limits::SESSION_SECONDS;

/// The name differs without TLS, where `__Host-` is not allowed: on one's own machine.
fn name(origin: &Origin) -> &'static str {
    if origin.is_https() { "__Host-lifeos" } else { "lifeos" }
}

/// The token that came with a request.
pub(super) fn token_of(headers: &HeaderMap, origin: &Origin) -> Option<String> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = values.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name(origin)).map(|(_, token)| token.to_owned())
}

/// Sets the cookie.
pub(super) fn set(origin: &Origin, token: &str) -> Option<HeaderValue> {
    cookie(origin, token, SESSION_SECONDS)
}

/// Takes the cookie away.
pub(super) fn clear(origin: &Origin) -> Option<HeaderValue> {
    cookie(origin, "", 0)
}

fn cookie(origin: &Origin, token: &str, seconds: u64) -> Option<HeaderValue> {
    let secure = if origin.is_https() { "; Secure" } else { "" };
    let name = name(origin);
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).ok()
}

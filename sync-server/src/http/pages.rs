//! Which page a request comes from, as browsers say.
//!
//! Invariant: what a cookie may do is done only for pages of this relay's own origin, and a change only if the browser
//! said so; another site, or a program that was handed a stolen name of a session, gets nothing.

use super::{ApiError, App};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use protocol::ErrorCode;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Something that the body proves: programs, which say nothing of pages, may ask for it too.
    Proved,
    /// Look at something, on the word of a cookie.
    Look,
    /// Change something, on the word of a cookie.
    Change,
}

/// Refuses what no page of `own` has asked for.
pub(super) fn check(headers: &HeaderMap, own: &str, act: Act) -> Result<(), ApiError> {
    let site = headers.get(SEC_FETCH_SITE).map(|v| v.as_bytes());
    let origin = headers.get(header::ORIGIN).map(|v| v.as_bytes());
    let site_fits = match site {
        None | Some(b"same-origin") => true,
        // Typed into the address bar.
        Some(b"none") => act == Act::Look,
        Some(_) => false,
    };
    let origin_fits = origin.is_none_or(|o| o == own.as_bytes());
    let said = act != Act::Change || site.is_some() || origin.is_some();
    if site_fits && origin_fits && said {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::WrongOrigin, "only pages of this relay's own address may ask for that"))
}

/// A request whose body proves who sends it, and that no page of another origin has sent.
pub(super) struct Proved;

impl FromRequestParts<App> for Proved {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        check(&parts.headers, app.config.origin().as_str(), Act::Proved).map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(site: Option<&'static str>, origin: Option<&'static str>, act: Act) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(site) = site {
            headers.insert(SEC_FETCH_SITE, site.parse().unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        check(&headers, "https://relay.example", act).is_ok()
    }

    #[test]
    fn pages_of_this_origin_may_change_what_is_theirs() {
        for (site, origin) in [
            (Some("same-origin"), Some("https://relay.example")),
            (Some("same-origin"), None),
            (None, Some("https://relay.example")),
        ] {
            assert!(checked(site, origin, Act::Change), "{site:?} {origin:?}");
        }
    }

    #[test]
    fn other_pages_may_not_and_neither_may_who_says_nothing() {
        for (site, origin) in [
            (Some("cross-site"), Some("https://evil.example")),
            (Some("same-site"), Some("https://other.relay.example")),
            (Some("same-origin"), Some("null")),
            (Some("cross-site"), Some("https://relay.example")),
            (None, Some("https://relay.example.evil.example")),
            (None, Some("http://relay.example")),
            (Some("none"), None),
            (None, None),
        ] {
            assert!(!checked(site, origin, Act::Change), "{site:?} {origin:?}");
        }
    }

    #[test]
    fn looking_needs_no_word_but_not_a_wrong_one() {
        assert!(checked(None, None, Act::Look));
        assert!(checked(Some("none"), None, Act::Look));
        assert!(!checked(Some("cross-site"), None, Act::Look));
        assert!(!checked(Some("same-site"), None, Act::Look));
    }

    #[test]
    fn what_the_body_proves_may_come_from_a_program_but_not_from_another_site() {
        assert!(checked(None, None, Act::Proved));
        assert!(!checked(None, Some("https://evil.example"), Act::Proved));
        assert!(!checked(Some("cross-site"), None, Act::Proved));
    }
}

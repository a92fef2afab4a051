//! Headers of every answer: what a browser may do with a page of this origin, and for how long it may keep one.
//!
//! Invariant: nothing is allowed but what the app needs. Scripts, styles, workers and connections come from this origin
//! alone (connections also from a relay that people move to, where the operator named one), nothing is inline, `eval` is off (`wasm-unsafe-eval` compiles the core and nothing else), no page frames us.

use super::App;
use crate::origin::Origin;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// A year, in seconds: how long a browser insists on https once it has seen it.
const HSTS: &str = "max-age=31536000; includeSubDomains";
/// Files under this path carry a hash of their content in their name.
const HASHED: &str = "/assets/";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Pages, the manifest and the service worker are asked for again, or an update would never be seen.
const REVALIDATE: &str = "no-cache";

/// Headers that are the same in every answer.
const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), \
         midi=(), display-capture=(), accelerometer=(), gyroscope=(), magnetometer=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-dns-prefetch-control"), "off"),
];

pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with(HASHED);
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let success = response.status().is_success();
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let origin = app.config.origin();
    put(headers, header::CONTENT_SECURITY_POLICY, &content_security_policy(origin, &app.config.moves_to));
    if origin.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    let cache = match (api, hashed && success) {
        (true, _) => "no-store",
        (false, true) => IMMUTABLE,
        (false, false) => REVALIDATE,
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Origins are ASCII by their own parser; one that is not would leave the header out, and a test would say so.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The policy for pages of `own`. Sockets are named, because older WebKit does not count them among `'self'`; so are the
/// relays that people move to, whose pages these are not.
fn content_security_policy(own: &Origin, moves_to: &[Origin]) -> String {
    let mut connect = own.socket();
    for new in moves_to {
        connect.push_str(&format!(" {new} {}", new.socket()));
    }
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         font-src 'self'; connect-src 'self' {connect}; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
}

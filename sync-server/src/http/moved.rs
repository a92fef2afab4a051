//! People who move here from another address: the app that they still have is a page of that one.
//!
//! Invariant: a page of a former address that the operator named may do what devices do, each act proved by a device's key:
//! register, prove, look up, open a socket. It is sent no cookie and opens nothing that rests on one.

use crate::config::Config;
use crate::limits::PREFLIGHT_REMEMBERED;
use crate::origin::Origin;
use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The layer of what such pages may ask for; none where nobody moves here.
pub(super) fn layer(config: &Config) -> Option<CorsLayer> {
    if config.moved_from.is_empty() {
        return None;
    }
    let origins = config.moved_from.iter().filter_map(|o| HeaderValue::from_str(o.as_str()).ok());
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(PREFLIGHT_REMEMBERED);
    Some(layer)
}

/// Whether `origin` is an address from which people move here.
pub(super) fn is_former(config: &Config, origin: &HeaderValue) -> bool {
    config.moved_from.iter().map(Origin::as_str).any(|former| former.as_bytes() == origin.as_bytes())
}

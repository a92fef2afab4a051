//! A relay that stands under a path, as in `https://example.org/life`.
//!
//! Invariant: inside, no handler and no header knows of the path. A proxy may pass it on or take it off, both work; the
//! folder's own address without its slash is sent to the one with it, or the app's relative addresses would be wrong.

use super::App;
use super::headers::guard;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use tower::util::MapRequest;

/// `inner`, under `base`.
pub(super) fn under(base: &str, app: &App, inner: Router) -> Router {
    let prefix = base.to_owned();
    let stripped = MapRequest::new(inner, move |mut request: Request| {
        if let Some(uri) = without(&prefix, request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    });
    let to_slash = any(with_slash).layer(from_fn_with_state(app.clone(), guard));
    Router::new().route(base, to_slash).fallback_service(stripped)
}

async fn with_slash(uri: Uri) -> Response {
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    match HeaderValue::from_str(&format!("{}/{query}", uri.path())) {
        Ok(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The address without the base, if it has it.
fn without(base: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base)?;
    if rest.starts_with('/') { rest.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_whole_segments_are_taken_off() {
        let rest = |uri: &str| without("/life", &uri.parse().unwrap()).map(|u| u.to_string());
        assert_eq!(rest("/life/"), Some("/".into()));
        assert_eq!(rest("/life/api/v1/socket?x=1"), Some("/api/v1/socket?x=1".into()));
        assert_eq!(rest("/lifetime/"), None);
        assert_eq!(rest("/api/v1/socket"), None);
        assert_eq!(rest("/life"), None);
    }
}

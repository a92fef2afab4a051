//! Around every request: its id, its time limit, the one shape of errors, one line in the log.
//!
//! Invariant: the log names the route, never the path, the client's address, a header or a body.

use super::client::{ClientKey, client_of};
use super::{ApiError, App};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::ErrorCode;
use protocol::api::{ErrorAnswer, ErrorBody, Meta};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a request may take, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) async fn around(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id();
    let client = client_of(peer.ip(), request.headers(), &app.config.trusted_proxies);
    request.extensions_mut().insert(ClientKey::of(client));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|p| p.as_str().to_owned());
    let served = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    let mut response = served.unwrap_or_else(|_| {
        ApiError::new(ErrorCode::Unavailable, "the request took too long").into_response()
    });
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = body_of(&error, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::info!(
        request = %id,
        %method,
        route = route.as_deref().unwrap_or("other"),
        status = response.status().as_u16(),
        ms = started.elapsed().as_millis(),
        "served"
    );
    response
}

fn request_id() -> String {
    let mut bytes = [0; 8];
    // An id that cannot be had is no reason to fail the request; it only names a line in the log.
    let _zeros = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

fn body_of(error: &ApiError, id: &str) -> Response {
    let answer = ErrorAnswer {
        error: ErrorBody { code: error.code, message: error.message.clone(), details: None },
        meta: Meta { request_id: id.to_owned(), time: crate::clock::rfc3339() },
    };
    let mut response = (error.status, axum::Json(answer)).into_response();
    if let Some(wait) = error.retry_after {
        let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

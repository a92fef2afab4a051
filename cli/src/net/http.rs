//! Requests beside the socket: JSON out, JSON in, bounded in time and size, no redirects.

use super::{Address, REQUEST_TIMEOUT, RelayError, dial::dial};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use protocol::api::ErrorAnswer;
use protocol::limits;
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Posts `body` to `/api/v1/<name>` and reads the answer.
pub async fn post<B: Serialize, A: DeserializeOwned>(
    address: &Address,
    name: &str,
    body: &B,
) -> Result<A, RelayError> {
    call(address, Method::POST, name, Some(body)).await
}

/// Sends `body`, if there is one, to `/api/v1/<name>` and reads the answer; no answer reads as null.
pub async fn call<B: Serialize, A: DeserializeOwned>(
    address: &Address,
    method: Method,
    name: &str,
    body: Option<&B>,
) -> Result<A, RelayError> {
    let body = body.map(serde_json::to_vec).transpose();
    let body = body.map_err(|error| RelayError::Protocol(error.to_string()))?.unwrap_or_default();
    let answer = match tokio::time::timeout(REQUEST_TIMEOUT, exchange(address, method, name, body)).await {
        Ok(answer) => answer?,
        Err(_) => return Err(RelayError::Unreachable("no answer within 20 seconds".into())),
    };
    read(&answer)
}

/// What came back.
struct Answer {
    status: StatusCode,
    /// Of a relay that is too busy.
    wait: Duration,
    body: Bytes,
}

async fn exchange(
    address: &Address,
    method: Method,
    name: &str,
    body: Vec<u8>,
) -> Result<Answer, RelayError> {
    let unreachable = |error: hyper::Error| RelayError::Unreachable(error.to_string());
    let request = Request::builder()
        .method(method)
        .uri(address.path(name))
        .header(header::HOST, address.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("lifeos/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| RelayError::Protocol(error.to_string()))?;
    let stream = dial(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
    let driving = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(request).await.map_err(unreachable)?;
        let status = response.status();
        let wait = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|text| text.parse().ok()).map(Duration::from_secs).unwrap_or_default();
        let body = Limited::new(response.into_body(), limits::HTTP_BODY_BYTES)
            .collect()
            .await
            .map_err(|error| RelayError::Unreachable(error.to_string()))?
            .to_bytes();
        Ok(Answer { status, wait, body })
    }
    .await;
    driving.abort();
    answer
}

fn read<A: DeserializeOwned>(answer: &Answer) -> Result<A, RelayError> {
    if answer.status.is_success() {
        let body: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
        return serde_json::from_slice(body)
            .map_err(|error| RelayError::Protocol(format!("its answer cannot be read: {error}")));
    }
    match serde_json::from_slice::<ErrorAnswer>(&answer.body) {
        Ok(said) => Err(RelayError::refused(said.error.code, said.error.message).after(answer.wait)),
        // A proxy in between, or something that is no relay.
        Err(_) if answer.status.is_server_error() => {
            Err(RelayError::Unreachable(format!("it answers {}", answer.status)))
        }
        Err(_) => Err(RelayError::Protocol(format!("it answers {}; is it a Life OS relay?", answer.status))),
    }
}

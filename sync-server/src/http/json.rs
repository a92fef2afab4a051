//! JSON bodies, refused in the one shape of errors.

use super::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use protocol::ErrorCode;
use protocol::codec::CodecError;
use serde::de::DeserializeOwned;

/// A JSON body.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::new(ErrorCode::TooLarge, "the body is over the limit")
            } else {
                ApiError::new(ErrorCode::Malformed, "the body could not be read")
            }
        })?;
        let malformed = |e: serde_json::Error| {
            // Line and column only: the error's own text repeats what was sent.
            let place = format!("line {}, column {}", e.line(), e.column());
            ApiError::new(ErrorCode::Malformed, format!("the body is not the JSON expected here ({place})"))
        };
        serde_json::from_slice(&body).map(Self).map_err(malformed)
    }
}

/// A part of a body that does not decode.
pub(super) fn undecodable(what: &str, error: &CodecError) -> ApiError {
    let code = match error {
        CodecError::TooLong { .. } => ErrorCode::TooLarge,
        CodecError::Version(_) => ErrorCode::UnsupportedVersion,
        CodecError::Malformed(_) | CodecError::Trailing(_) | CodecError::NotCanonical => ErrorCode::Malformed,
    };
    ApiError::new(code, format!("{what} does not decode"))
}

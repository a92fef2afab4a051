//! The one error of the HTTP interface.

use crate::relay::RegisterError;
use crate::store::StoreError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::ErrorCode;
use std::time::Duration;

/// Why a request was not served. [`super::answer`] gives it its body, where the request's id is known.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
}

impl ApiError {
    /// With the status that goes with `code`.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status: status_of(code), code, message: message.into(), retry_after: None }
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn later(wait: Duration) -> Self {
        let mut error = Self::new(ErrorCode::RateLimited, "too many requests; try again later");
        error.retry_after = Some(wait);
        error
    }

    /// For a proof that does not hold.
    pub(super) fn proof(code: ErrorCode) -> Self {
        let message = match code {
            ErrorCode::UnknownAccount => "this relay knows no such account",
            ErrorCode::AccountDeleted => "the account is to be deleted; take that back first",
            ErrorCode::UnknownDevice => "the device is not active in this account",
            ErrorCode::TicketExpired => {
                "the challenge was used before or is older than 30 seconds; ask again"
            }
            _ => "the signature does not hold for this relay, account and challenge",
        };
        Self::new(code, message)
    }
}

/// The HTTP status of a code.
fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Malformed
        | ErrorCode::UnsupportedVersion
        | ErrorCode::BadSignature
        | ErrorCode::BadLink => StatusCode::BAD_REQUEST,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unauthorized
        | ErrorCode::TicketExpired
        | ErrorCode::SessionRequired
        | ErrorCode::CeremonyExpired
        | ErrorCode::PasskeyRefused => StatusCode::UNAUTHORIZED,
        ErrorCode::UnknownAccount | ErrorCode::UnknownSpace | ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::UnknownDevice
        | ErrorCode::NotAMember
        | ErrorCode::InviteRequired
        | ErrorCode::InviteInvalid
        | ErrorCode::QuotaExceeded
        | ErrorCode::NotAllowed
        | ErrorCode::EndpointRefused
        | ErrorCode::CutMoved
        | ErrorCode::Revoked
        | ErrorCode::WrongOrigin => StatusCode::FORBIDDEN,
        ErrorCode::StaleMembershipHead
        | ErrorCode::WrongEpoch
        | ErrorCode::AddressTaken
        | ErrorCode::Gap
        | ErrorCode::HeadMoved
        | ErrorCode::ManifestMoved
        | ErrorCode::PackMissing
        | ErrorCode::CoverageConflicts
        | ErrorCode::Compacted => StatusCode::CONFLICT,
        ErrorCode::AccountDeleted => StatusCode::GONE,
        ErrorCode::NotSupported => StatusCode::NOT_IMPLEMENTED,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(error.code(), "the relay could not do it; try again later")
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        let code = match &error {
            RegisterError::Links(refusal) => refusal.code(),
            RegisterError::InviteRequired => ErrorCode::InviteRequired,
            RegisterError::InviteInvalid => ErrorCode::InviteInvalid,
            RegisterError::Store(_) => ErrorCode::Internal,
        };
        match error {
            RegisterError::Store(store) => store.into(),
            RegisterError::Links(refusal) => Self::new(code, refusal.to_string()),
            RegisterError::InviteRequired | RegisterError::InviteInvalid => {
                Self::new(code, error.to_string())
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

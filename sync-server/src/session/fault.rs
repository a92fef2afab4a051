//! Why a frame is answered with an error, and whether that ends the connection.

use crate::store::StoreError;
use protocol::ErrorCode;
use protocol::frame::{RequestId, ServerFrame};

/// Why a frame is answered with an error.
pub(super) struct Fault {
    pub(super) request: Option<RequestId>,
    pub(super) code: ErrorCode,
    pub(super) message: &'static str,
}

impl Fault {
    pub(super) fn ending(code: ErrorCode, message: &'static str) -> Self {
        Self { request: None, code, message }
    }
    pub(super) fn of(request: RequestId, code: ErrorCode, message: &'static str) -> Self {
        Self { request: Some(request), code, message }
    }
    pub(super) fn store(request: Option<RequestId>, error: &StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self { request, code: error.code(), message: "the relay could not do it; try again" }
    }
    pub(super) fn unknown_space(request: RequestId) -> Self {
        Self::of(request, ErrorCode::UnknownSpace, "this account has no such space here")
    }
    pub(super) fn into_frame(self) -> ServerFrame {
        ServerFrame::Error { request: self.request, code: self.code, message: self.message.into() }
    }
}

/// Ends the connection of a device that is none of the vault any more.
pub(super) fn revoked() -> Fault {
    Fault::ending(ErrorCode::Revoked, "this device was revoked")
}

/// Ends a connection that stands where the log is not any more: it resumes from the manifest.
pub(super) fn compacted() -> Fault {
    Fault::ending(ErrorCode::Compacted, "the log was compacted beyond this place; resume again")
}

/// Ends the connections of an account that is to be deleted.
pub(super) fn deleted() -> Fault {
    Fault::ending(ErrorCode::AccountDeleted, "the account is to be deleted")
}

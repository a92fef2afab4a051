//! Why a connection ends, and what the device is told of it.

use crate::limits::{CLOSE_TIMEOUT, FAREWELL_TIMEOUT};
use axum::extract::ws::{CloseFrame, close_code};
use protocol::ErrorCode;
use std::time::Duration;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The device closed it or went away.
    Gone,
    /// The device takes nothing.
    Slow,
    /// Nothing was heard for too long.
    Silent,
    /// The relay stops.
    Stopping,
    /// A frame over the limit.
    TooLarge,
    /// Something that is not served. The error frame is still to be sent, unless it was an answer already.
    Refused(Option<(ErrorCode, &'static str)>),
    /// The relay failed.
    Failed,
}

impl Ending {
    /// How long the close may wait for the device.
    pub(super) fn patience(self) -> Duration {
        match self {
            Self::Refused(Some((ErrorCode::Revoked | ErrorCode::AccountDeleted, _))) => FAREWELL_TIMEOUT,
            _ => CLOSE_TIMEOUT,
        }
    }

    pub(super) fn close(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Slow => (close_code::AGAIN, "too slow, resume from your cursor"),
            Self::Silent => (close_code::POLICY, "nothing was heard for too long"),
            Self::Stopping => (close_code::AWAY, "the relay is shutting down"),
            Self::TooLarge => (close_code::SIZE, "the frame is over the limit"),
            Self::Refused(_) => (close_code::POLICY, "refused"),
            Self::Failed => (close_code::ERROR, "the relay failed, resume later"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

pub(super) fn refused(code: ErrorCode, message: &'static str) -> Ending {
    Ending::Refused(Some((code, message)))
}

/// tungstenite refuses a message over its own limit before it is read; its error is not a type of axum's.
pub(super) fn ending_of(error: &axum::Error) -> Ending {
    if error.to_string().contains("too long") { Ending::TooLarge } else { Ending::Gone }
}

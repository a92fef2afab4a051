//! A frame of the relay, before anything is done about it.
//!
//! Invariant: a frame that cannot be read, or is of a space that was not asked for, ends the connection under the code that
//! says what was wrong with it.

use protocol::codec::CodecError;
use protocol::entry::ReadEntryError;
use protocol::frame::ServerFrame;
use protocol::{ErrorCode, SpaceId};

/// Reads a frame; `space` is the only one that was asked for.
pub(crate) fn read(bytes: &[u8], space: &SpaceId) -> Result<ServerFrame, ErrorCode> {
    let frame = ServerFrame::from_bytes(bytes).map_err(|error| code_of(&error))?;
    // Sequence numbers begin at 1.
    if matches!(frame, ServerFrame::Entries { first: 0, .. }) {
        return Err(ErrorCode::Malformed);
    }
    match space_of(&frame) {
        Some(named) if named != space => Err(ErrorCode::UnknownSpace),
        _ => Ok(frame),
    }
}

/// What is wrong with bytes that are no frame, link or header.
fn code_of(error: &CodecError) -> ErrorCode {
    match error {
        CodecError::Version(_) => ErrorCode::UnsupportedVersion,
        CodecError::TooLong { .. } => ErrorCode::TooLarge,
        CodecError::Malformed(_) | CodecError::Trailing(_) | CodecError::NotCanonical => ErrorCode::Malformed,
    }
}

/// What is wrong with bytes that are no entry.
pub(crate) fn code_of_entry(error: &ReadEntryError) -> ErrorCode {
    match error {
        ReadEntryError::Header(error) => code_of(error),
        ReadEntryError::TooLarge(_) => ErrorCode::TooLarge,
        ReadEntryError::Length { .. } | ReadEntryError::IndexZero => ErrorCode::Malformed,
    }
}

/// The space that a frame speaks of.
fn space_of(frame: &ServerFrame) -> Option<&SpaceId> {
    match frame {
        ServerFrame::Resumed { space, .. }
        | ServerFrame::Entries { space, .. }
        | ServerFrame::Appended { space, .. }
        | ServerFrame::Links { space, .. }
        | ServerFrame::Heads { space, .. }
        | ServerFrame::DeviceEntries { space, .. }
        | ServerFrame::Manifest { space, .. }
        | ServerFrame::Pack { space, .. }
        | ServerFrame::PackStored { space, .. }
        | ServerFrame::ManifestStored { space, .. }
        | ServerFrame::AckStored { space, .. }
        | ServerFrame::ManifestMoved { space, .. } => Some(space),
        ServerFrame::Challenge { .. }
        | ServerFrame::Welcome { .. }
        | ServerFrame::Pong { .. }
        | ServerFrame::Push { .. }
        | ServerFrame::SubscriptionStored { .. }
        | ServerFrame::NoticesStored { .. }
        | ServerFrame::NoticesCancelled { .. }
        | ServerFrame::NoticeStates { .. }
        | ServerFrame::Error { .. } => None,
    }
}

//! What goes wrong, as JavaScript sees it. Codes are stable and this list is all of them; words are for reports.

use engine::EngineError;
use engine::join::JoinError;
use engine::pair::PairError;
use life::FieldError;
use life::import::ImportError;
use protocol::ErrorCode;
use seal::{PasskeyWrapError, PhraseError, RecoveryWrapError, UnwrapError, WrapFormatError};
use serde::Serialize;
use tsify::Tsify;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A value that its field does not take.
    InvalidField,
    /// No such type of record.
    UnknownType,
    /// No such field of it.
    UnknownField,
    /// A record cannot be without the field.
    MissingField,
    /// No such record.
    NotFound,
    /// Not a civil date.
    InvalidDate,
    /// Not the id of a record.
    InvalidId,
    /// More than one change may hold.
    TooLarge,
    /// The file cannot be imported.
    ImportRefused,
    /// The words are no recovery phrase.
    InvalidPhrase,
    /// The passphrase is too short.
    WeakPassphrase,
    /// The name of the device is empty or too long.
    InvalidName,
    /// Another passphrase than the one it was locked with.
    WrongPassphrase,
    /// Another passkey, or another browser.
    WrongPasskey,
    /// The recovery phrase of another vault.
    WrongPhrase,
    /// The record exists already.
    Exists,
    /// The last transaction was not stored.
    NotSaved,
    /// The store holds something that cannot be read back.
    Damaged,
    /// The store was written by a newer version.
    NewerVersion,
    /// The relay does not speak this protocol.
    Protocol,
    /// The relay calls itself by another name than it was dialled.
    WrongOrigin,
    /// The vault cannot be joined.
    JoinRefused,
    /// The relay refused.
    Refused,
    /// The relay is needed and out of reach.
    Offline,
    /// The change of membership is not allowed.
    NotAllowed,
    /// This device was revoked.
    Revoked,
    /// The text is no pairing code.
    InvalidCode,
    /// Somebody stands between the two devices that are being paired.
    CheckDiffers,
    /// The account is to be deleted.
    AccountDeleted,
    /// A person stopped it.
    Stopped,
    /// Too much at once; try again.
    Busy,
    /// A defect of this program.
    Internal,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify, thiserror::Error)]
#[error("{message}")]
pub struct CoreError {
    /// Stable.
    pub code: Code,
    /// English, for reports.
    pub message: String,
    /// The field of a record that is wrong, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub field: Option<String>,
}

impl CoreError {
    /// A failure without a field.
    pub fn new(code: Code, message: impl core::fmt::Display) -> Self {
        Self { code, message: message.to_string(), field: None }
    }
    /// A defect.
    pub fn internal(message: impl core::fmt::Display) -> Self {
        Self::new(Code::Internal, message)
    }
}

impl From<FieldError> for CoreError {
    fn from(error: FieldError) -> Self {
        let message = error.to_string();
        let (code, field) = match error {
            FieldError::UnknownType { .. } => (Code::UnknownType, None),
            FieldError::UnknownField { field, .. } => (Code::UnknownField, Some(field)),
            FieldError::Missing { field, .. } => (Code::MissingField, Some(field)),
            FieldError::OutOfLimits { field, .. }
            | FieldError::Malformed { field, .. }
            | FieldError::NotAllowed { field, .. } => (Code::InvalidField, Some(field)),
        };
        Self { code, message, field }
    }
}

impl From<EngineError> for CoreError {
    fn from(error: EngineError) -> Self {
        let code = match &error {
            EngineError::UnknownKind(_) => Code::UnknownType,
            EngineError::NotFound(..) => Code::NotFound,
            EngineError::Exists(..) => Code::Exists,
            EngineError::NoPlace(..) => Code::Internal,
            EngineError::TooLarge(_) => Code::TooLarge,
            EngineError::Busy => Code::Busy,
            EngineError::Damaged(_) => Code::Damaged,
            EngineError::Dead => Code::NotSaved,
            EngineError::Offline => Code::Offline,
            EngineError::NotAllowed(_) => Code::NotAllowed,
            EngineError::Revoked => Code::Revoked,
        };
        Self::new(code, error)
    }
}

impl From<ImportError> for CoreError {
    fn from(error: ImportError) -> Self {
        Self::new(Code::ImportRefused, error)
    }
}

impl From<PhraseError> for CoreError {
    fn from(error: PhraseError) -> Self {
        Self::new(Code::InvalidPhrase, error)
    }
}

impl From<UnwrapError> for CoreError {
    fn from(error: UnwrapError) -> Self {
        let code = match error {
            UnwrapError::WrongPassphrase => Code::WrongPassphrase,
            UnwrapError::Params(_) => Code::Damaged,
            UnwrapError::OutOfMemory => Code::Busy,
        };
        Self::new(code, error)
    }
}

impl From<WrapFormatError> for CoreError {
    fn from(error: WrapFormatError) -> Self {
        let code = match error {
            WrapFormatError::Codec(_) => Code::Damaged,
            WrapFormatError::Version(_) => Code::NewerVersion,
        };
        Self::new(code, error)
    }
}

impl From<PasskeyWrapError> for CoreError {
    fn from(error: PasskeyWrapError) -> Self {
        let code = match error {
            PasskeyWrapError::Codec(_) => Code::Damaged,
            PasskeyWrapError::Version(_) => Code::NewerVersion,
            PasskeyWrapError::WrongPasskey => Code::WrongPasskey,
        };
        Self::new(code, error)
    }
}

impl From<RecoveryWrapError> for CoreError {
    fn from(error: RecoveryWrapError) -> Self {
        let code = match error {
            RecoveryWrapError::Recipient => Code::Internal,
            RecoveryWrapError::Malformed | RecoveryWrapError::NotAuthentic => Code::Damaged,
            RecoveryWrapError::Version(_) => Code::NewerVersion,
            RecoveryWrapError::OtherPhrase => Code::WrongPhrase,
        };
        Self::new(code, error)
    }
}

impl From<PairError> for CoreError {
    fn from(error: PairError) -> Self {
        let code = match error {
            PairError::Malformed | PairError::Order => Code::Protocol,
            PairError::Version => Code::NewerVersion,
            PairError::Commitment | PairError::OtherVault => Code::CheckDiffers,
            PairError::Refused(ErrorCode::AccountDeleted) => Code::AccountDeleted,
            PairError::Refused(_) => Code::Refused,
            PairError::Chain(_) | PairError::Keys(_) => Code::JoinRefused,
        };
        Self::new(code, error)
    }
}

impl From<JoinError> for CoreError {
    fn from(error: JoinError) -> Self {
        let code = match error {
            JoinError::Malformed => Code::Protocol,
            JoinError::Refused(ErrorCode::UnknownAccount) => Code::WrongPhrase,
            JoinError::Refused(_) => Code::Refused,
            JoinError::Chain(_) | JoinError::NotVouched | JoinError::Keys(_) => Code::JoinRefused,
            JoinError::Busy => Code::Busy,
        };
        Self::new(code, error)
    }
}

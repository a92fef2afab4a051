//! How a command fails: one kind an exit code, so that scripts can tell failures apart without reading text.
//!
//! Codes and exit codes are stable; messages are for people and may change.

use engine::pair::PairError;
use serde_json::{Value, json};
use std::fmt;

/// What sort of failure it is. Decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It did not work, for a reason with no exit code of its own.
    Failed,
    /// The command line, or a value on it, is wrong. Nothing was done.
    Usage,
    /// The record, or the vault, is not there.
    NotFound,
    /// The relay does not answer.
    Unreachable,
    /// The passphrase or phrase is wrong or missing.
    Locked,
    /// The store is damaged, or something in it contradicts itself.
    Integrity,
    /// Another process has the store open.
    InUse,
}

impl Kind {
    /// The exit code of the process.
    pub const fn exit(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Unreachable => 4,
            Self::Locked => 5,
            Self::Integrity => 6,
            Self::InUse => 7,
        }
    }
}

/// A failure that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// Stable name.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do, if there is something.
    pub hint: Option<String>,
}

/// Of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure of `kind`.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), hint: None }
    }
    /// The same, saying what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// A wrong command line or value.
    pub fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, code, message)
    }
    /// Something failed that has no exit code of its own.
    pub fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, code, message)
    }
    /// A file could not be read or written.
    pub fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::failed("io", format!("cannot {what} {}: {error}", path.display()))
    }
    /// The store holds something that cannot be read back.
    pub fn damaged(message: impl fmt::Display) -> Self {
        Self::new(Kind::Integrity, "store_damaged", format!("the store is damaged: {message}")).hint(
            "nothing was changed. Keep this home as it is, and join again into an empty one with the recovery \
             phrase (`lifeos --home NEW join ...`); everything the relay has comes back",
        )
    }
    /// The form that programs read.
    pub fn json(&self) -> Value {
        let mut body = json!({ "code": self.code, "exit": self.kind.exit(), "message": self.message });
        if let (Some(hint), Some(map)) = (&self.hint, body.as_object_mut()) {
            map.insert("hint".into(), hint.as_str().into());
        }
        json!({ "error": body })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<engine::EngineError> for Error {
    fn from(error: engine::EngineError) -> Self {
        use engine::EngineError as E;
        let message = error.to_string();
        match error {
            E::UnknownKind(_) => Self::usage("unknown_type", message),
            E::NotFound(..) => Self::new(Kind::NotFound, "not_found", message),
            E::NoPlace(..) => Self::usage("invalid_field", message),
            E::TooLarge(_) => Self::usage("too_large", message),
            E::Exists(..) => Self::failed("exists", message),
            E::Busy => Self::failed("busy", message),
            E::Offline => Self::new(Kind::Unreachable, "offline", message),
            E::NotAllowed(_) => Self::failed("not_allowed", message),
            E::Revoked => Self::failed("revoked", message)
                .hint("`lifeos export` still reads it; join again with the recovery phrase to write"),
            E::Damaged(what) => Self::damaged(what),
            E::Dead => Self::failed("not_saved", message),
        }
    }
}

/// What a failed pairing means to a person.
pub fn pairing(error: &PairError) -> Error {
    let kind = match error {
        PairError::Commitment | PairError::OtherVault | PairError::Chain(_) | PairError::Keys(_) => {
            Kind::Integrity
        }
        PairError::Malformed | PairError::Version | PairError::Order | PairError::Refused(_) => Kind::Failed,
    };
    Error::new(kind, "pairing_failed", error.to_string())
        .hint("nobody was added. Begin again on both devices; if it happens again, do not trust this relay or this network")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_exit_code_of_the_contract() {
        let kinds = [
            (Kind::Failed, 1),
            (Kind::Usage, 2),
            (Kind::NotFound, 3),
            (Kind::Unreachable, 4),
            (Kind::Locked, 5),
            (Kind::Integrity, 6),
            (Kind::InUse, 7),
        ];
        for (kind, exit) in kinds {
            assert_eq!(kind.exit(), exit, "{kind:?}");
        }
    }

    #[test]
    fn an_error_in_json_names_code_exit_message_and_hint() {
        let error = Error::usage("unknown_type", "there is no record type \"x\"").hint("one of: habit");
        assert_eq!(
            error.json(),
            json!({ "error": {
                "code": "unknown_type", "exit": 2, "message": "there is no record type \"x\"", "hint": "one of: habit"
            }})
        );
    }
}

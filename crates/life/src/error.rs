//! What a person or program is told about an input that cannot be stored. Nothing was changed.

use crate::limits::QUOTED_CHARS;

/// Why fields were refused. Each says where, what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// There is no record type of this name.
    #[error("unknown record type {given:?}; known are: {known}")]
    UnknownType {
        /// What was asked for, shortened.
        given: String,
        /// All there are.
        known: String,
    },
    /// The record type has no field of this name.
    #[error("unknown field {field:?} of {record}; known are: {known}")]
    UnknownField {
        /// The record type.
        record: &'static str,
        /// What was asked for, shortened.
        field: String,
        /// All there are.
        known: String,
    },
    /// The value is of the right form, but too long, too large, too many.
    #[error("{record} {field}: {value:?} is out of limits: {problem}; {advice}")]
    OutOfLimits {
        /// The record type.
        record: &'static str,
        /// The field.
        field: String,
        /// The value, shortened.
        value: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        advice: String,
    },
    /// The value is not of the field's form.
    #[error("{record} {field}: {value:?} does not fit: {problem}; {advice}")]
    Malformed {
        /// The record type.
        record: &'static str,
        /// The field.
        field: String,
        /// The value, shortened.
        value: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        advice: String,
    },
    /// A required field is absent or was cleared.
    #[error("{record} needs {field}; give {field}=…")]
    Missing {
        /// The record type.
        record: &'static str,
        /// The field.
        field: String,
    },
    /// The step makes no sense for this record or field.
    #[error("{record} {field}: {problem}; {advice}")]
    NotAllowed {
        /// The record type.
        record: &'static str,
        /// The field.
        field: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        advice: String,
    },
}

impl FieldError {
    /// A stable name of the variant for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } => "unknown_record_type",
            Self::UnknownField { .. } => "unknown_field",
            Self::OutOfLimits { .. } => "out_of_limits",
            Self::Malformed { .. } => "malformed",
            Self::Missing { .. } => "missing_field",
            Self::NotAllowed { .. } => "not_allowed",
        }
    }

    pub(crate) fn not_allowed(record: &'static str, field: &str, problem: &str, advice: &str) -> Self {
        Self::NotAllowed {
            record,
            field: shorten(field),
            problem: problem.to_owned(),
            advice: advice.to_owned(),
        }
    }
}

/// What is wrong with a value, before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) limits: bool,
    pub(crate) problem: String,
    pub(crate) advice: String,
}

impl Problem {
    pub(crate) fn limits(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { limits: true, problem: problem.into(), advice: advice.into() }
    }
    pub(crate) fn form(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { limits: false, problem: problem.into(), advice: advice.into() }
    }
    pub(crate) fn at(self, record: &'static str, field: &str, value: &str) -> FieldError {
        let (field, value) = (field.to_owned(), shorten(value));
        let Self { limits, problem, advice } = self;
        if limits {
            FieldError::OutOfLimits { record, field, value, problem, advice }
        } else {
            FieldError::Malformed { record, field, value, problem, advice }
        }
    }
}

pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

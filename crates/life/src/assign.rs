//! What a person wants written: a field, how, and the new value as text or JSON.

use crate::error::{FieldError, Problem};
use serde_json::{Map, Value as Json};

/// One `field=value`, `field+=value` or `field-=value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The field's name.
    pub field: String,
    /// What to do with it.
    pub how: How,
    /// The new value.
    pub input: Input,
}

/// What to do with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Make it this; an empty text or null clears it.
    Set,
    /// Add to the set, list, map or prose.
    Add,
    /// Remove from the set, list or map.
    Remove,
}

/// The new value.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// As typed.
    Text(String),
    /// As a program gives it.
    Json(Json),
}

impl Assignment {
    /// `field` is to be `text`.
    pub fn text(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field: field.into(), how: How::Set, input: Input::Text(text.into()) }
    }
    /// `field` is to be `json`.
    pub fn json(field: impl Into<String>, json: Json) -> Self {
        Self { field: field.into(), how: How::Set, input: Input::Json(json) }
    }
    /// Reads `field=value`, `field+=value` or `field-=value`. The value is everything after the first `=`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = || Problem::form("not an assignment", "write field=value").at("a record", "field", text);
        let (left, value) = text.split_once('=').ok_or_else(wrong)?;
        let (field, how) = match (left.strip_suffix('+'), left.strip_suffix('-')) {
            (Some(field), _) => (field, How::Add),
            (None, Some(field)) => (field, How::Remove),
            (None, None) => (left, How::Set),
        };
        if field.is_empty() {
            return Err(wrong());
        }
        Ok(Self { field: field.to_owned(), how, input: Input::Text(value.to_owned()) })
    }
}

/// The assignments that a JSON object of fields stands for; null clears.
pub fn fields_from_json(object: &Map<String, Json>) -> Vec<Assignment> {
    object.iter().map(|(field, value)| Assignment::json(field, value.clone())).collect()
}

impl Input {
    /// For an error.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Json(Json::String(text)) => text.clone(),
            Self::Json(json) => json.to_string(),
        }
    }
    /// Whether it clears.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Json(Json::String(text)) => text.is_empty(),
            Self::Json(json) => json.is_null(),
        }
    }
    /// The JSON that it is, or that the text spells if it begins with one of `openings`.
    pub(crate) fn as_json(&self, openings: &[char]) -> Result<Option<Json>, Problem> {
        match self {
            Self::Json(Json::String(_)) => Ok(None),
            Self::Json(json) => Ok(Some(json.clone())),
            Self::Text(text) if text.trim_start().starts_with(openings) => serde_json::from_str(text)
                .map(Some)
                .map_err(|e| Problem::form(format!("it begins like JSON but is not: {e}"), "mend the JSON")),
            Self::Text(_) => Ok(None),
        }
    }
}

//! Values whose type this version does not know, as JSON and back, without loss: a later version wrote them.
//!
//! JSON has fewer kinds of values than the store, so some are tagged: `{"$int":"…"}` for integers beyond what JSON
//! readers keep exactly, `{"$float":"…"}` for floats that would read back as integers, `{"$bytes":"hex"}`.

use crate::error::Problem;
use crate::limits;
use engine::Value;
use serde_json::{Map, Value as Json, json};

pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) if number.unsigned_abs() <= limits::JSON_INT.unsigned_abs() => json!(number),
        Value::Int(number) => json!({ "$int": number.to_string() }),
        Value::Float(number) if number.is_finite() && number.fract() != 0.0 => json!(number),
        Value::Float(number) => json!({ "$float": number.to_string() }),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({ "$bytes": hex(bytes) }),
        Value::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), to_json(v))).collect()),
    }
}

/// Reads a scalar that [`to_json`] wrote. Objects and arrays that are no tagged scalar are refused.
pub(crate) fn scalar(json: &Json) -> Result<Value, Problem> {
    let wrong = || Problem::form("not a scalar", "give a text, number, true, false or a tagged value");
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Int)
            .or_else(|| number.as_f64().filter(|f| f.fract() != 0.0).map(Value::Float))
            .ok_or_else(wrong),
        Json::Object(object) => tagged(object).ok_or_else(wrong),
        Json::Array(_) => Err(wrong()),
    }
}

fn tagged(object: &Map<String, Json>) -> Option<Value> {
    let mut entries = object.iter();
    let ((tag, Json::String(text)), None) = (entries.next()?, entries.next()) else { return None };
    let value = match tag.as_str() {
        "$int" => Value::Int(text.parse().ok()?),
        "$float" => Value::Float(text.parse().ok()?),
        "$bytes" => Value::Bytes(unhex(text)?),
        _ => return None,
    };
    // Only the one spelling, so that what is read is written again letter by letter.
    (to_json(&value) == Json::Object(object.clone())).then_some(value)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

//! Picking records by one field. An input that cannot be a value of the field is an error, not a record that does
//! not match.

use crate::draft::{flat_of, prose_of};
use crate::error::FieldError;
use crate::field::FieldType;
use crate::list;
use crate::record::RecordType;
use crate::scalar::{Check, Scalar};
use engine::{Row, Value};

/// Whether `field` of `row` reads `text`: a scalar is equal; prose contains it; a set has the member; a list has an
/// item of that title or id; a map has the key. An empty text asks for records without the field. Besides the
/// declared fields there are `id` and `deleted`.
pub fn matches(row: &Row, field: &str, text: &str) -> Result<bool, FieldError> {
    let record = RecordType::find(&row.key.kind)?;
    let check = |scalar: Scalar| {
        scalar.parse(text, Check::Person).map_err(|problem| problem.at(record.name, field, text))
    };
    match field {
        "id" => return Ok(check(Scalar::Link(record.name))? == Value::Text(row.key.id.to_string())),
        "deleted" => return Ok(check(Scalar::Bool)? == Value::Bool(row.deleted)),
        _ => {}
    }
    let declared = record.field(field)?;
    let value = row.fields.get(declared.name);
    if text.is_empty() {
        return Ok(match value {
            None | Some(Value::Null) => true,
            Some(Value::Map(map)) => map.is_empty(),
            Some(Value::Text(text)) => text.is_empty(),
            Some(_) => false,
        });
    }
    Ok(match declared.kind {
        // A switch that was never touched is off.
        FieldType::One(Scalar::Bool) => *value.unwrap_or(&Value::Bool(false)) == check(Scalar::Bool)?,
        FieldType::One(scalar) => value == Some(&check(scalar)?),
        FieldType::Prose(_) => prose_of(&row.fields, declared.name).contains(text),
        FieldType::Set(of, _) => match check(of)? {
            Value::Text(member) => flat_of(&row.fields, declared.name).contains_key(&member),
            _ => false,
        },
        FieldType::List(items, _) => list::contains(items, &flat_of(&row.fields, declared.name), text),
        FieldType::Map(map) => match check(map.key)? {
            Value::Text(key) => flat_of(&row.fields, declared.name).contains_key(&key),
            _ => false,
        },
    })
}

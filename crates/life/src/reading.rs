//! What fields of a row say, read the one way. A value of another type, which a later version may have written, says nothing.

use crate::civil;
use engine::{Row, Value};
use jiff::civil::{Date, Time};
use std::collections::BTreeMap;

/// The text of a field.
pub(crate) fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match row.fields.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The date of a field.
pub(crate) fn date(row: &Row, field: &str) -> Option<Date> {
    civil::date(text(row, field)?).ok()
}

/// The time of day of a field.
pub(crate) fn time(row: &Row, field: &str) -> Option<Time> {
    civil::time(text(row, field)?).ok()
}

/// Whether a field says yes.
pub(crate) fn is(row: &Row, field: &str) -> bool {
    row.fields.get(field) == Some(&Value::Bool(true))
}

/// The texts of a map whose keys are dates.
pub(crate) fn by_date<'a>(row: &'a Row, field: &str) -> BTreeMap<Date, &'a str> {
    let Some(Value::Map(map)) = row.fields.get(field) else { return BTreeMap::new() };
    let entries = map.iter().filter_map(|(from, value)| match value {
        Value::Text(text) => Some((civil::date(from).ok()?, text.as_str())),
        _ => None,
    });
    entries.collect()
}

/// Whether a record is neither in the trash nor archived.
pub(crate) fn is_shown(row: &Row) -> bool {
    !row.deleted && !is(row, "archived")
}

/// The name that a record has for a person, or nothing.
pub(crate) fn title(row: &Row) -> String {
    let field = crate::RecordType::of(row).and_then(crate::RecordType::title);
    field.and_then(|field| text(row, field.name)).unwrap_or_default().to_owned()
}

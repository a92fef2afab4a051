//! What programs that draw forms want to know of the types, derived from their declarations.

use crate::field::{Field, FieldType, SCHEDULE};
use crate::record::{RecordType, Scope, Shape};
use crate::scalar::Scalar;
use serde::Serialize;

/// A type of record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeInfo {
    /// Its name.
    pub name: &'static str,
    /// `thing`, `single` or `stream`.
    pub shape: &'static str,
    /// What a partner must be granted to see it; of habits `habits`, which is of two kinds.
    pub scope: &'static str,
    /// Its fields in the order of a form; of a stream, those of its rows.
    pub fields: Vec<FieldInfo>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    /// Its name.
    pub name: &'static str,
    /// What it holds: `line`, `prose`, `int`, `decimal`, `bool`, `choice`, `date`, `time`, `date_time`, `when`, `link`, `links`,
    /// `tags`, `schedule`, `rrule`, `colour`, `list`, `map`, `other`.
    pub kind: &'static str,
    /// Whether a record cannot be without it.
    pub required: bool,
    /// Of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<&'static [&'static str]>,
    /// Of links: the type they lead to; none where to any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'static str>,
    /// Of a number that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// The least of a number, in whole units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most of a number, in whole units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Of a list: the fields of an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Vec<FieldInfo>>,
}

/// What a link leads to that leads to a record of any type.
const ANY: &str = "record";

/// All types, in the order in which they are listed to a person.
pub fn describe_types() -> Vec<TypeInfo> {
    crate::all().map(describe_type).collect()
}

fn describe_type(record: &'static RecordType) -> TypeInfo {
    let shape = match record.shape {
        Shape::Thing => "thing",
        Shape::Singleton => "single",
        Shape::Stream { .. } => "stream",
    };
    let fields = record.fields().chain(record.row_fields()).map(describe).collect();
    let scope = if record.scope == Scope::Habits { "habits" } else { record.scope.name() };
    TypeInfo { name: record.name, shape, scope, fields }
}

fn describe(field: &Field) -> FieldInfo {
    let (required, name) = (field.required, field.name);
    let plain = |kind| FieldInfo {
        name,
        kind,
        required,
        choices: None,
        to: None,
        unit: None,
        min: None,
        max: None,
        item: None,
    };
    let leads = |kind, to: &'static str| FieldInfo { to: Some(to).filter(|to| *to != ANY), ..plain(kind) };
    let number = |kind, (min, max): (i64, i64), unit: &'static str| FieldInfo {
        min: Some(min),
        max: Some(max),
        unit: Some(unit).filter(|unit| !unit.is_empty()),
        ..plain(kind)
    };
    match field.kind {
        FieldType::One(Scalar::Int(min, max, unit)) => number("int", (min, max), unit),
        FieldType::One(Scalar::Decimal(min, max, unit)) => number("decimal", (min, max), unit),
        FieldType::One(Scalar::Choice(choices)) => FieldInfo { choices: Some(choices), ..plain("choice") },
        FieldType::One(Scalar::Link(to)) => leads("link", to),
        FieldType::One(scalar) => plain(kind_of(scalar)),
        FieldType::Prose(_) => plain("prose"),
        FieldType::Set(Scalar::Link(to), _) => leads("links", to),
        FieldType::Set(Scalar::Line(_), _) => plain("tags"),
        FieldType::Set(..) => plain("other"),
        FieldType::List(items, _) => {
            FieldInfo { item: Some(items.iter().map(describe).collect()), ..plain("list") }
        }
        kind if kind == SCHEDULE => plain("schedule"),
        FieldType::Map(_) => plain("map"),
    }
}

const fn kind_of(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Name | Scalar::Line(_) => "line",
        Scalar::Bool => "bool",
        Scalar::Date => "date",
        Scalar::Time => "time",
        Scalar::DateTime => "date_time",
        Scalar::When => "when",
        Scalar::Rrule => "rrule",
        Scalar::Colour => "colour",
        _ => "other",
    }
}

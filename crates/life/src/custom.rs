//! Fields that a person makes up. `settings` declares them, `TYPE.NAME` to a form; their values stand in the record's
//! `custom` map, as texts. A value of a declared field has its form; a name that nobody declared holds words, because
//! another device may declare it at the same time.
//!
//! Stored forms, frozen: `text`, `number`, `yes_no`, `date`, `time`, `choice low middle high`. A form of a later version
//! survives unread, and its values are words.

use crate::assign::{Assignment, How, Input};
use crate::error::{FieldError, Problem};
use crate::limits;
use crate::record::RecordType;
use crate::scalar::{Check, Scalar};
use core::fmt;
use engine::{Row, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The field of `settings` that declares fields.
const DECLARATIONS: &str = "custom_fields";
/// The field of a record that holds their values.
const CUSTOM: &str = "custom";

/// What a made-up field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Words.
    Text,
    /// A number of at most three decimal places.
    Number,
    /// Yes or no.
    YesNo,
    /// A civil date.
    Date,
    /// A time of day.
    Time,
    /// One of these words; never empty.
    Choice(Vec<String>),
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Number => f.write_str("number"),
            Self::YesNo => f.write_str("yes_no"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Choice(words) => write!(f, "choice {}", words.join(" ")),
        }
    }
}

impl Form {
    pub(crate) const FORM: &'static str = "text | number | yes_no | date | time | choice WORD WORD …";

    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = || Problem::form("not what a field can hold", format!("write {}", Self::FORM));
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let form = match words.next().ok_or_else(wrong)? {
            "text" => Self::Text,
            "number" => Self::Number,
            "yes_no" => Self::YesNo,
            "date" => Self::Date,
            "time" => Self::Time,
            "choice" => {
                let choices: Vec<String> = words.by_ref().map(str::to_owned).collect();
                let fits = |word: &String| Scalar::Word.parse(word, Check::Person).is_ok();
                if choices.is_empty() || choices.len() > limits::CHOICES || !choices.iter().all(fits) {
                    let most = limits::CHOICES;
                    let advice = format!("name 1 to {most} words of a-z 0-9 . _ - behind choice");
                    return Err(Problem::form("not a list of choices", advice));
                }
                Self::Choice(choices)
            }
            _ => return Err(wrong()),
        };
        if words.next().is_some() { Err(wrong()) } else { Ok(form) }
    }

    /// The one spelling of `text`, if it has this form.
    fn fit(&self, text: &str) -> Result<String, Problem> {
        let scalar = match self {
            Self::Text => Scalar::Line(limits::LINE_CHARS),
            Self::Number => Scalar::Decimal(-limits::DECIMAL, limits::DECIMAL, ""),
            Self::YesNo => Scalar::Bool,
            Self::Date => Scalar::Date,
            Self::Time => Scalar::Time,
            Self::Choice(words) if words.iter().any(|word| word == text) => return Ok(text.to_owned()),
            Self::Choice(words) => {
                return Err(Problem::form("not one of the choices", format!("choose {}", words.join(", "))));
            }
        };
        let value = scalar.parse(text, Check::Person)?;
        Ok(match scalar.to_json(&value) {
            Json::String(text) => text,
            Json::Bool(true) => "yes".to_owned(),
            Json::Bool(false) => "no".to_owned(),
            other => other.to_string(),
        })
    }
}

/// The made-up fields of a type, by name. `settings` is the row of the settings, if there is one.
pub fn declared(record: &RecordType, settings: Option<&Row>) -> BTreeMap<String, Form> {
    let Some(Value::Map(all)) = settings.and_then(|row| row.fields.get(DECLARATIONS)) else {
        return BTreeMap::new();
    };
    let of_type = all.iter().filter_map(|(name, form)| {
        let name = name.strip_prefix(record.name)?.strip_prefix('.')?;
        match form {
            Value::Text(form) => Some((name.to_owned(), Form::parse(form).ok()?)),
            _ => None,
        }
    });
    of_type.collect()
}

/// `assignments` to a record of type `record`, the values of made-up fields in their one spelling; an error where one
/// does not have the form that the settings declare. Ask before [`crate::create`] and [`crate::update`].
pub fn fit(
    record: &'static RecordType,
    settings: Option<&Row>,
    assignments: Vec<Assignment>,
) -> Result<Vec<Assignment>, FieldError> {
    let declared = declared(record, settings);
    let fitted = assignments.into_iter().map(|assignment| match assignment.how {
        How::Set | How::Add if assignment.field == CUSTOM && !declared.is_empty() => {
            let input = fit_input(record, &declared, assignment.input)?;
            Ok(Assignment { input, ..assignment })
        }
        _ => Ok(assignment),
    });
    fitted.collect()
}

fn fit_input(
    record: &'static RecordType,
    declared: &BTreeMap<String, Form>,
    input: Input,
) -> Result<Input, FieldError> {
    let fit = |name: &str, text: &str| match declared.get(name) {
        Some(form) => {
            form.fit(text).map_err(|problem| problem.at(record.name, &format!("{CUSTOM}.{name}"), text))
        }
        None => Ok(text.to_owned()),
    };
    let at = |problem: Problem| problem.at(record.name, CUSTOM, &input.shown());
    match input.as_json(&['{']).map_err(at)? {
        Some(Json::Object(object)) => {
            let entry = |(name, value): (String, Json)| {
                let text = match &value {
                    Json::String(text) => text.clone(),
                    Json::Number(number) if declared.contains_key(&name) => number.to_string(),
                    Json::Bool(yes) if declared.contains_key(&name) => yes.to_string(),
                    // Null takes the value out; anything else is refused where it is written.
                    _ => return Ok((name, value)),
                };
                fit(&name, &text).map(|text| (name, Json::String(text)))
            };
            object
                .into_iter()
                .map(entry)
                .collect::<Result<_, _>>()
                .map(|object| Input::Json(Json::Object(object)))
        }
        Some(json) => Ok(Input::Json(json)),
        None => {
            let text = input.shown();
            let Some((name, value)) = text.trim().split_once(' ') else { return Ok(input) };
            Ok(Input::Text(format!("{name} {}", fit(name, value.trim())?)))
        }
    }
}

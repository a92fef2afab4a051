//! One value of a field. A value is stored in exactly one spelling, so that equal values are equal bytes.

use crate::decimal::Thousandths;
use crate::error::Problem;
use crate::schedule::Rule;
use crate::{civil, custom, limits, list, position, raw};
use engine::{RecordId, Value};
use serde_json::Value as Json;

/// What a value may be. How it is stored is frozen once released: texts, except `Int` (integer), `Decimal`
/// (integer thousandths) and `Bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// A name or title: 1 to 100 characters on one line.
    Name,
    /// Words of at most so many characters.
    Line(usize),
    /// A whole number from, to, unit.
    Int(i64, i64, &'static str),
    /// A measurement of at most three decimal places: from, to in whole units, unit.
    Decimal(i64, i64, &'static str),
    /// Yes or no.
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A civil date, `2026-11-21`.
    Date,
    /// A civil date or `open`.
    DateOrOpen,
    /// A civil date and time with or without a zone, `2026-11-21T18:00[Europe/Berlin]`.
    DateTime,
    /// A civil date, with a time as above or without.
    When,
    /// What became of one date of a series: `skip`, or when it takes place instead.
    Exception,
    /// A time of day, `07:30`.
    Time,
    /// An IANA time zone.
    Timezone,
    /// `#rrggbb`.
    Colour,
    /// A BCP 47 language tag.
    Locale,
    /// The id of a record of this type.
    Link(&'static str),
    /// A recurrence of RFC 5545. Only its beginning, `FREQ=…`, is checked here.
    Rrule,
    /// A recurrence, or `end` where a series ends.
    Series,
    /// A key: 1 to 40 of `a-z 0-9 . _ -`.
    Word,
    /// The id of an item of an ordered list: 1 to 64 letters, digits, `-` or `_`.
    Item,
    /// A place in an order, see [`crate::order`].
    Place,
    /// What a field holds that a person made up, see [`crate::custom`].
    Form,
    /// A rule of a schedule, see [`crate::schedule`].
    Rule,
}

/// Whose input is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// A person's: every limit holds.
    Person,
    /// An export's: forms hold, but lengths, ranges and choices only within what any version could have written.
    Import,
}

impl Scalar {
    /// The value that `text` stands for. `text` is not empty.
    pub(crate) fn parse(self, text: &str, check: Check) -> Result<Value, Problem> {
        let person = check == Check::Person;
        match self {
            Self::Name => {
                words(text, if person { limits::NAME_CHARS } else { limits::IMPORT_CHARS }, false, check)
            }
            Self::Line(max) => words(text, if person { max } else { limits::IMPORT_CHARS }, true, check),
            Self::Int(min, max, unit) => {
                let (min, max) = if person { (min, max) } else { (-limits::JSON_INT, limits::JSON_INT) };
                integer(text, min, max, unit).map(Value::Int)
            }
            Self::Decimal(min, max, unit) => {
                let (min, max) = if person { (min, max) } else { (-limits::DECIMAL, limits::DECIMAL) };
                let number: Thousandths = text.parse().map_err(|_| {
                    Problem::form("not a number of at most three decimal places", "write it as 70 or 70.5")
                })?;
                Ok(Value::Int(number.check(min, max, unit)?.get()))
            }
            Self::Bool => match text {
                "true" | "yes" => Ok(Value::Bool(true)),
                "false" | "no" => Ok(Value::Bool(false)),
                _ => Err(Problem::form("neither true nor false", "write true or false")),
            },
            Self::Choice(choices) if person => {
                choices.contains(&text).then(|| Value::Text(text.to_owned())).ok_or_else(|| {
                    Problem::form("not one of the choices", format!("choose {}", choices.join(", ")))
                })
            }
            // A later version may have more choices: any word is kept.
            Self::Choice(choices) if !choices.contains(&text) => word(text),
            Self::Choice(_) => Ok(Value::Text(text.to_owned())),
            // Likewise rules.
            Self::Rule if !person && Rule::parse(text).is_err() => {
                words(text, limits::LINE_CHARS, false, check)
            }
            Self::DateTime if person => civil::date_time(text, civil::timezone).map(Value::Text),
            Self::DateTime => civil::date_time(text, civil::timezone_shape).map(Value::Text),
            Self::Exception if text == "skip" => Ok(Value::Text(text.to_owned())),
            Self::When | Self::Exception if person => civil::when(text, civil::timezone).map(Value::Text),
            Self::When | Self::Exception => civil::when(text, civil::timezone_shape).map(Value::Text),
            // A later version may know further forms.
            Self::Form if !person && custom::Form::parse(text).is_err() => {
                words(text, limits::LINE_CHARS, false, check)
            }
            Self::Timezone if person => civil::timezone(text).map(|()| Value::Text(text.to_owned())),
            _ => self.parse_form(text),
        }
    }

    /// The types whose form says everything, whoever writes.
    fn parse_form(self, text: &str) -> Result<Value, Problem> {
        let keep = || Value::Text(text.to_owned());
        match self {
            Self::Date => civil::date(text).map(|_| keep()),
            Self::DateOrOpen if text == "open" => Ok(keep()),
            Self::DateOrOpen => civil::date(text)
                .map(|_| keep())
                .map_err(|p| Problem::form(p.problem, "write YYYY-MM-DD or open")),
            Self::Time => civil::time(text).map(|t| Value::Text(civil::time_text(t))),
            Self::Timezone => civil::timezone_shape(text).map(|()| keep()),
            Self::Colour => colour(text),
            Self::Locale => civil::locale(text).map(|()| keep()),
            Self::Link(kind) => text
                .parse::<RecordId>()
                .map(|id| Value::Text(id.to_string()))
                .map_err(|e| Problem::form(e.to_string(), format!("give the id of a {kind}"))),
            Self::Series if text == "end" => Ok(keep()),
            Self::Rrule | Self::Series => rrule(text),
            Self::Word => word(text),
            Self::Rule => Rule::parse(text).map(|rule| Value::Text(rule.to_string())),
            Self::Item => list::item_id(text).map(|()| keep()),
            Self::Place => position::check(text).map(|()| keep()),
            Self::Form => custom::Form::parse(text).map(|form| Value::Text(form.to_string())),
            _ => words(text, limits::LINE_CHARS, true, Check::Person),
        }
    }

    /// The value that `json` stands for: the type's own JSON form, or the text a person would write.
    pub(crate) fn parse_json(self, json: &Json, check: Check) -> Result<Value, Problem> {
        match (self, json) {
            (_, Json::String(text)) if !text.is_empty() => self.parse(text, check),
            (Self::Int(..) | Self::Decimal(..), Json::Number(number)) => {
                self.parse(&number.to_string(), check)
            }
            (Self::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
            _ => Err(Problem::form("wrong kind of JSON value", format!("give {}", self.form()))),
        }
    }

    /// How the value reads in JSON. A value that is not of this type, which a later version may have written, as it is.
    pub(crate) fn to_json(self, value: &Value) -> Json {
        match (self, value) {
            (Self::Decimal(..), Value::Int(thousandths)) => Thousandths::new(*thousandths).to_json(),
            _ => raw::to_json(value),
        }
    }

    /// What a person may write, in a few words.
    pub fn form(self) -> String {
        let range = |min: i64, max: i64, unit: &str| match unit {
            "" => format!("{min} to {max}"),
            unit => format!("{min} to {max} {unit}"),
        };
        match self {
            Self::Name => format!("text, 1 to {} characters", limits::NAME_CHARS),
            Self::Line(max) => format!("text, at most {max} characters"),
            Self::Int(min, max, unit) => format!("whole number, {}", range(min, max, unit)),
            Self::Decimal(_, _, "") => "number, at most three decimal places".to_owned(),
            Self::Decimal(min, max, unit) => format!("number, {}", range(min, max, unit)),
            Self::Bool => "true or false".to_owned(),
            Self::Choice(choices) => choices.join(" | "),
            Self::Date => "date, YYYY-MM-DD".to_owned(),
            Self::DateOrOpen => "date, YYYY-MM-DD, or open".to_owned(),
            Self::DateTime => {
                "date and time, YYYY-MM-DDTHH:MM[Area/City]; the zone may be left out".to_owned()
            }
            Self::When => "date, YYYY-MM-DD, or date and time, YYYY-MM-DDTHH:MM[Area/City]".to_owned(),
            Self::Exception => "skip, or the date (and time) it takes place instead".to_owned(),
            Self::Time => "time of day, HH:MM".to_owned(),
            Self::Timezone => "time zone, as in Europe/Berlin".to_owned(),
            Self::Colour => "colour, #rrggbb".to_owned(),
            Self::Locale => "language, as in de-AT".to_owned(),
            Self::Link(kind) => format!("id of a {kind}"),
            Self::Rrule => "recurrence, FREQ=…".to_owned(),
            Self::Series => "recurrence, FREQ=…, or end".to_owned(),
            Self::Word => "word of a-z 0-9 . _ -".to_owned(),
            Self::Item => "id of an item".to_owned(),
            Self::Place => "place in an order, hexadecimal digits".to_owned(),
            Self::Form => custom::Form::FORM.to_owned(),
            Self::Rule => Rule::FORM.to_owned(),
        }
    }
}

fn words(text: &str, max: usize, lines: bool, check: Check) -> Result<Value, Problem> {
    // Spaces around a text are slips of the hand; an import keeps every letter.
    let text = if check == Check::Person { text.trim() } else { text };
    if text.is_empty() {
        return Err(Problem::limits("it is empty", "write at least one character"));
    }
    if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\t'))) {
        return Err(Problem::form("it holds line breaks or control characters", "write it without them"));
    }
    let length = text.chars().count();
    if length > max {
        return Err(Problem::limits(format!("it has {length} characters"), format!("use at most {max}")));
    }
    Ok(Value::Text(text.to_owned()))
}

fn integer(text: &str, min: i64, max: i64, unit: &str) -> Result<i64, Problem> {
    let whole = || Problem::form("not a whole number", "write digits only");
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(whole());
    }
    let range = || {
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        Problem::limits(format!("the range is {min} to {max}{unit}"), "give a number in the range")
    };
    // All digits and yet no i64: too large for any range.
    let number = text.parse::<i64>().map_err(|_| range())?;
    if (min..=max).contains(&number) { Ok(number) } else { Err(range()) }
}

fn colour(text: &str) -> Result<Value, Problem> {
    let hex = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
    hex.map(|d| Value::Text(format!("#{}", d.to_ascii_lowercase())))
        .ok_or_else(|| Problem::form("not a colour", "write #rrggbb, as in #3366cc"))
}

fn rrule(text: &str) -> Result<Value, Problem> {
    let rest = text.strip_prefix("FREQ=").unwrap_or_default();
    let frequency = rest.split(';').next().unwrap_or_default();
    let known =
        ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&frequency);
    if !known || !text.is_ascii() || text.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return Err(Problem::form(
            "not a recurrence rule",
            "write an RFC 5545 rule that begins with FREQ=, as in FREQ=WEEKLY;BYDAY=MO",
        ));
    }
    words(text, limits::LINE_CHARS, false, Check::Person)
}

fn word(text: &str) -> Result<Value, Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if !text.is_empty() && text.len() <= limits::WORD_CHARS && text.chars().all(fits) {
        Ok(Value::Text(text.to_owned()))
    } else {
        Err(Problem::form("not a word", format!("use 1 to {} of a-z 0-9 . _ -", limits::WORD_CHARS)))
    }
}

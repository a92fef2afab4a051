//! Measurements are exact: whole thousandths of a unit, never a float. Stored as an integer, shown as a decimal.

use crate::error::Problem;
use core::fmt;

/// A measurement in thousandths of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thousandths(i64);

/// A text that is not a decimal of at most three places.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal of at most three places, as in 70 or 70.5")]
pub struct ParseThousandthsError;

impl Thousandths {
    /// From thousandths.
    pub const fn new(thousandths: i64) -> Self {
        Self(thousandths)
    }
    /// From whole units; at the ends of the range the nearest value there is.
    pub const fn whole(units: i64) -> Self {
        Self(units.saturating_mul(1000))
    }
    /// In thousandths.
    pub const fn get(self) -> i64 {
        self.0
    }
    /// As a JSON number: an integer where it is one.
    pub fn to_json(self) -> serde_json::Value {
        // The decimal text has few enough digits that every JSON reader gives back the same text.
        serde_json::from_str(&self.to_string()).unwrap_or(serde_json::Value::Null)
    }
    pub(crate) fn check(self, min: i64, max: i64, unit: &str) -> Result<Self, Problem> {
        if self < Self::whole(min) || self > Self::whole(max) {
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            return Err(Problem::limits(
                format!("the range is {min} to {max}{unit}"),
                "give a number in the range",
            ));
        }
        Ok(self)
    }
}

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let places = format!("{rest:03}");
        write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
    }
}

impl core::str::FromStr for Thousandths {
    type Err = ParseThousandthsError;
    fn from_str(text: &str) -> Result<Self, ParseThousandthsError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !numeric(whole) || !numeric(places) {
            return Err(ParseThousandthsError);
        }
        let places = places.trim_end_matches('0');
        if places.len() > 3 {
            return Err(ParseThousandthsError);
        }
        let whole: i64 = whole.parse().map_err(|_| ParseThousandthsError)?;
        let places: i64 = format!("{places:0<3}").parse().map_err(|_| ParseThousandthsError)?;
        let value =
            whole.checked_mul(1000).and_then(|w| w.checked_add(places)).ok_or(ParseThousandthsError)?;
        Ok(Self(sign * value))
    }
}

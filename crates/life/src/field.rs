//! The words a record type is declared in. Everything else about a field follows from its declaration.

use crate::limits;
use crate::scalar::Scalar;
use engine::Container;

/// A field of a record, or of an item of an ordered list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name, frozen once released.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldType,
    /// Whether a record cannot be without it.
    pub required: bool,
    /// Written at creation when nothing else is, in the text form.
    pub default: Option<&'static str>,
    /// 0 if the genesis of its kind has it; n if it came with the nth extension. Matters for containers alone.
    pub since: usize,
    /// Whether its words are found by a search, if a person writes words there.
    pub searched: bool,
}

/// What a field holds. How each is stored is frozen once released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A last-writer scalar at the root of the document.
    One(Scalar),
    /// A text container that merges letter by letter; at most so many characters.
    Prose(usize),
    /// A map container, member to true; at most so many members.
    Set(Scalar, usize),
    /// A map container, `<item>|<field>` to scalar and `<item>|pos` to the item's place; at most so many items.
    List(&'static [Field], usize),
    /// A map container, key to scalar.
    Map(MapType),
}

/// What a map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapType {
    /// Its keys.
    pub key: Scalar,
    /// Its values.
    pub value: Scalar,
    /// The key of a value that a person gives without one.
    pub bare_key: Option<&'static str>,
}

/// A field called `name`.
pub const fn field(name: &'static str, kind: FieldType) -> Field {
    Field { name, kind, required: false, default: None, since: 0, searched: true }
}

impl Field {
    /// A record cannot be without it.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// Written at creation when nothing else is.
    pub const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }
    /// Its container came with the `step`th extension of the kind, counted from 1: a released genesis never changes.
    pub const fn since(mut self, step: usize) -> Self {
        self.since = step;
        self
    }
    /// Its words are no words to look for.
    pub const fn unsearched(mut self) -> Self {
        self.searched = false;
        self
    }
    /// The container that the genesis or an extension makes for it.
    pub const fn container(&self) -> Option<Container> {
        match self.kind {
            FieldType::One(_) => None,
            FieldType::Prose(_) => Some(Container::Text),
            FieldType::Set(..) | FieldType::List(..) | FieldType::Map(_) => Some(Container::Map),
        }
    }
    /// What a person may write, in a few words.
    pub fn form(&self) -> String {
        match self.kind {
            FieldType::One(scalar) => scalar.form(),
            FieldType::Prose(max) => format!("prose, at most {max} characters"),
            FieldType::Set(of, max) => format!("set (a,b or += -=, at most {max}) of: {}", of.form()),
            FieldType::List(items, max) => {
                let names: Vec<&str> = items.iter().map(|f| f.name).collect();
                format!("list (+= -= or JSON, at most {max}) of: {}", names.join(", "))
            }
            FieldType::Map(map) => {
                format!("map (+=KEY VALUE, -=KEY or JSON), {}: {}", map.key.form(), map.value.form())
            }
        }
    }
}

/// A name or title.
pub const NAME: FieldType = FieldType::One(Scalar::Name);
/// A description.
pub const LINE: FieldType = FieldType::One(Scalar::Line(limits::LINE_CHARS));
/// A unit of measurement.
pub const UNIT: FieldType = FieldType::One(Scalar::Line(limits::UNIT_CHARS));
/// Minutes, planned or spent.
pub const MINUTES: FieldType = FieldType::One(Scalar::Int(0, limits::MINUTES, "minutes"));
/// A measurement of the record's own unit.
pub const DECIMAL: FieldType = FieldType::One(Scalar::Decimal(-limits::DECIMAL, limits::DECIMAL, ""));
/// A measurement that cannot be negative.
pub const AMOUNT: FieldType = FieldType::One(Scalar::Decimal(0, limits::DECIMAL, ""));
/// Yes or no.
pub const BOOL: FieldType = FieldType::One(Scalar::Bool);
/// A civil date.
pub const DATE: FieldType = FieldType::One(Scalar::Date);
/// A civil date and time.
pub const DATE_TIME: FieldType = FieldType::One(Scalar::DateTime);
/// A civil date, with a time of day or without.
pub const WHEN: FieldType = FieldType::One(Scalar::When);
/// A time of day.
pub const TIME: FieldType = FieldType::One(Scalar::Time);
/// A time zone.
pub const TIMEZONE: FieldType = FieldType::One(Scalar::Timezone);
/// A colour.
pub const COLOUR: FieldType = FieldType::One(Scalar::Colour);
/// A language.
pub const LOCALE: FieldType = FieldType::One(Scalar::Locale);
/// A recurrence.
pub const RRULE: FieldType = FieldType::One(Scalar::Rrule);
/// Prose.
pub const PROSE: FieldType = FieldType::Prose(limits::PROSE_CHARS);
/// Tags or labels.
pub const TAGS: FieldType = FieldType::Set(Scalar::Line(limits::TAG_CHARS), limits::TAGS);
/// When something is due: from a date on, a rule. A rule alone holds from the beginning.
pub const SCHEDULE: FieldType = map(Scalar::Date, Scalar::Rule, Some(crate::schedule::BEGINNING));

/// One of these words.
pub const fn choice(words: &'static [&'static str]) -> FieldType {
    FieldType::One(Scalar::Choice(words))
}
/// A whole number in a range.
pub const fn int(min: i64, max: i64, unit: &'static str) -> FieldType {
    FieldType::One(Scalar::Int(min, max, unit))
}
/// The id of a record of this type.
pub const fn link(kind: &'static str) -> FieldType {
    FieldType::One(Scalar::Link(kind))
}
/// Ids of records of this type.
pub const fn links(kind: &'static str) -> FieldType {
    FieldType::Set(Scalar::Link(kind), limits::LINKS)
}
/// Prose of at most so many characters.
pub const fn prose(max: usize) -> FieldType {
    FieldType::Prose(max)
}
/// An ordered list of items with these fields, scalars all; the first is the one a plain text gives.
pub const fn list(items: &'static [Field]) -> FieldType {
    FieldType::List(items, limits::ITEMS)
}
/// A map with keys and values of these types, and the key of a value given without one.
pub const fn map(key: Scalar, value: Scalar, bare_key: Option<&'static str>) -> FieldType {
    FieldType::Map(MapType { key, value, bare_key })
}

//! A record type is one declaration. Storage, validation, views, export and help all follow from it, so a type
//! cannot be half known.

use crate::error::{FieldError, shorten};
use crate::field::{self, Field, FieldType, field};
use crate::scalar::Scalar;
use engine::{DocKey, Period, RecordId, Row, Value};

/// A type of record.
#[derive(Debug)]
pub struct RecordType {
    /// Its name, which is also its documents' kind; frozen once released.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// How its documents are laid out.
    pub shape: Shape,
    /// What a partner must be granted to see it.
    pub scope: Scope,
    own: &'static [Field],
}

/// How the documents of a type are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One document a record.
    Thing,
    /// One document in the vault.
    Singleton,
    /// One document a parent and period, its rows under unique keys.
    Stream {
        /// The type of the parent.
        parent: &'static str,
        /// The period of one document.
        period: Period,
        /// How many documents share a period.
        shards: u8,
        /// What a row is.
        rows: Rows,
    },
}

/// What the rows of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Check-ins: key a civil date, value a packed scalar, see [`crate::log`].
    CheckIn,
    /// Rows with these fields, one key a field, see [`crate::rows`].
    Fields(&'static [Field]),
}

/// Who may be granted sight of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The profile and seasons.
    Profile,
    /// Who the person wants to be.
    Identity,
    /// Goals, projects, tasks, events.
    Goals,
    /// Routines and their logs.
    Routines,
    /// People and what happened with them.
    Relationships,
    /// Money.
    Finance,
    /// Habits and their logs: `habits:good` or `habits:bad` by polarity.
    Habits,
    /// Nobody, unless the person says otherwise.
    Private,
}

impl Scope {
    /// How it is granted; that of good habits for habits.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Identity => "identity",
            Self::Goals => "goals",
            Self::Routines => "routines",
            Self::Habits => "habits:good",
            Self::Relationships => "relationships",
            Self::Finance => "finance",
            Self::Private => "private",
        }
    }
}

/// The twelve scopes that can be granted, and `private`.
pub const SCOPES: &[&str] = &[
    "profile",
    "identity",
    "goals",
    "routines",
    "habits",
    "habits:good",
    "habits:bad",
    "relationships",
    "prayer",
    "finance",
    "business",
    "insights",
    "private",
];

/// Where a stream's rows stand.
pub(crate) const ROWS: &str = "rows";
/// Fields of an import that this version does not know, each as canonical JSON. They cannot go to the root: a later
/// version may have a container of that name, and a scalar beside a container hides one of the two.
pub(crate) const EXTRA: &str = "extra";

/// What every record has besides its own fields. `created` and `updated` come from the changes, `deleted` from the
/// engine. `custom` holds values of fields that the person made up.
static BASE: &[Field] = &[
    field("tags", field::TAGS),
    field("custom", field::map(Scalar::Word, Scalar::Line(crate::limits::LINE_CHARS), None)),
    field("archived", field::BOOL),
    field("scope", field::choice(SCOPES)),
];

impl RecordType {
    /// A type whose records are documents of their own.
    pub const fn thing(
        name: &'static str,
        scope: Scope,
        about: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self { name, about, shape: Shape::Thing, scope, own: fields }
    }
    /// A type with one record in a vault.
    pub const fn singleton(
        name: &'static str,
        scope: Scope,
        about: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self { name, about, shape: Shape::Singleton, scope, own: fields }
    }
    /// A type whose records are rows that belong to a parent, a document a year.
    pub const fn yearly(
        name: &'static str,
        parent: &'static str,
        scope: Scope,
        about: &'static str,
        rows: Rows,
    ) -> Self {
        Self {
            name,
            about,
            shape: Shape::Stream { parent, period: Period::Year, shards: 1, rows },
            scope,
            own: &[],
        }
    }

    /// The type called `name`.
    pub fn find(name: &str) -> Result<&'static Self, FieldError> {
        crate::records::all().find(|t| t.name == name).ok_or_else(|| FieldError::UnknownType {
            given: shorten(name),
            known: crate::records::all().map(|t| t.name).collect::<Vec<_>>().join(", "),
        })
    }
    /// The type of a row, if this version knows it.
    pub fn of(row: &Row) -> Option<&'static Self> {
        crate::records::all().find(|t| t.name == row.key.kind)
    }
    /// Its own fields, then those that every record has. A stream has rows instead.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let base = if self.is_stream() { &[] } else { BASE };
        self.own.iter().chain(base)
    }
    /// The fields of its rows, if it is a stream whose rows have fields.
    pub const fn row_fields(&self) -> &'static [Field] {
        match self.shape {
            Shape::Stream { rows: Rows::Fields(fields), .. } => fields,
            Shape::Stream { rows: Rows::CheckIn, .. } | Shape::Thing | Shape::Singleton => &[],
        }
    }
    /// The field called `name`.
    pub fn field(&'static self, name: &str) -> Result<&'static Field, FieldError> {
        self.fields().find(|f| f.name == name).ok_or_else(|| FieldError::UnknownField {
            record: self.name,
            field: shorten(name),
            known: self.fields().map(|f| f.name).collect::<Vec<_>>().join(", "),
        })
    }
    /// The field that names a record to a person.
    pub fn title(&self) -> Option<&'static Field> {
        self.own.iter().find(|f| matches!(f.kind, FieldType::One(Scalar::Name)))
    }
    /// Whether its records are rows of a parent.
    pub const fn is_stream(&self) -> bool {
        matches!(self.shape, Shape::Stream { .. })
    }
    /// The document of the record `id`; a singleton has but one. None for a stream: its documents have a period too.
    pub fn key(&self, id: RecordId) -> Option<DocKey> {
        match self.shape {
            Shape::Thing => Some(DocKey::thing(self.name, id)),
            Shape::Singleton => Some(DocKey::thing(self.name, RecordId::singleton(self.name))),
            Shape::Stream { .. } => None,
        }
    }
    /// What a partner must be granted to see `row`. For a stream, ask with the parent's row.
    pub fn scope_of(&self, row: &Row) -> &'static str {
        let chosen = match row.fields.get("scope") {
            Some(Value::Text(text)) => SCOPES.iter().copied().find(|s| s == text),
            _ => None,
        };
        let bad = self.scope == Scope::Habits && crate::reading::text(row, "polarity") == Some("bad");
        chosen.unwrap_or(if bad { "habits:bad" } else { self.scope.name() })
    }
    /// Its fields and what may be written in each, a line a field.
    pub fn help(&self) -> String {
        let mut text = format!("{}: {}\n", self.name, self.about);
        if self.is_stream() {
            text.push_str("  written by logging, not by fields\n");
        }
        for field in self.fields().chain(self.row_fields()) {
            let note = match (field.required, field.default) {
                (true, _) => " (required)".to_owned(),
                (false, Some(default)) => format!(" (at first {default})"),
                (false, None) => String::new(),
            };
            text.push_str(&format!("  {:<20} {}{note}\n", field.name, field.form()));
        }
        text
    }
}

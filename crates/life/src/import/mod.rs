//! Reading an export back, exactly: into an empty vault, so that a further export has the same bytes; into a full
//! one, so that only differences are written; and twice, so that the second time writes nothing.
//!
//! The file is hostile until read: size, depth, repeated names and every value are checked by [`parse`] before anything
//! is written, and an error says where. A record of the file decides about all its fields; records and rows that the
//! file does not name stay as they are. Lengths and ranges may exceed what a person may type (merging may have made
//! them so), forms may not. Choices and fields of a later version are kept.

mod csv;
mod json;
mod parse;
mod plan;

use crate::error::FieldError;
use engine::{DocKey, Edit, RecordId, Value};
use std::collections::{BTreeMap, BTreeSet};

pub use self::csv::parse_csv;
pub use parse::parse;
pub use plan::plan;

/// What an import did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Documents that the file speaks of.
    pub documents: usize,
    /// Of those, not there before.
    pub new: usize,
    /// There, and changed.
    pub changed: usize,
}

impl Counts {
    /// Counts the plan for one document, which `existed` or not.
    pub fn add(&mut self, existed: bool, edits: &[Edit]) {
        self.documents += 1;
        if !edits.is_empty() {
            let count = if existed { &mut self.changed } else { &mut self.new };
            *count += 1;
        }
    }
}

/// A record id of what was hashed: a UUID of version 8, which is for ids that follow from something.
pub(crate) fn id_of_hash(hasher: &blake3::Hasher) -> RecordId {
    let mut id = [0; 16];
    hasher.finalize_xof().fill(&mut id);
    let [.., six, _, eight, _, _, _, _, _, _, _] = &mut id;
    (*six, *eight) = (*six & 0x0f | 0x80, *eight & 0x3f | 0x80);
    RecordId::new(id)
}

/// An item of a calendar: of this record, or of the one that `uid` stands for. It decides about `decides` alone.
pub(crate) fn of_calendar(
    kind: &str,
    (id, uid): (Option<RecordId>, &str),
    at: String,
    created: i64,
    (fields, decides): (serde_json::Map<String, serde_json::Value>, &[&str]),
) -> Result<ImportItem, ImportError> {
    let id = id.unwrap_or_else(|| {
        let mut hasher = blake3::Hasher::new_derive_key("life-os v1 id of a calendar's event");
        hasher.update(kind.as_bytes()).update(&[0]).update(uid.as_bytes());
        id_of_hash(&hasher)
    });
    let decides = Some(decides.iter().map(|field| (*field).to_owned()).collect());
    let record = Record { created, updated: created, deleted: None, fields, decides };
    parse::checked(DocKey::thing(kind, id), at, record)
}

/// A file that was read and checked.
#[derive(Debug)]
pub struct ImportFile {
    /// One for each document, records first.
    pub items: Vec<ImportItem>,
}

/// What the file says of one document.
#[derive(Debug)]
pub struct ImportItem {
    key: DocKey,
    at: String,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Record(Record),
    Rows(BTreeMap<String, Value>),
}

/// What the file says of one record.
#[derive(Debug)]
struct Record {
    /// When it was made, should it have to be made here, in milliseconds since 1970.
    created: i64,
    /// When it last changed, likewise.
    updated: i64,
    /// None where the file does not say.
    deleted: Option<bool>,
    fields: serde_json::Map<String, serde_json::Value>,
    /// The fields that the file decides about; None if about all.
    decides: Option<BTreeSet<String>>,
}

impl ImportItem {
    /// The document: ask the engine for its row, then [`plan`].
    pub fn key(&self) -> &DocKey {
        &self.key
    }
    /// Where in the file it stands, as in `records[12]`.
    pub fn at(&self) -> &str {
        &self.at
    }
}

/// Why a file cannot be imported. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Too many bytes.
    #[error("the file has {0} bytes; at most {max} can be imported", max = crate::limits::IMPORT_BYTES)]
    TooLarge(usize),
    /// Not JSON, nested too deep, or a name given twice in one object.
    #[error("the file cannot be read as JSON: {0}")]
    Json(String),
    /// Not CSV, or not with the columns of its type.
    #[error("the file cannot be read as CSV: {0}")]
    Csv(String),
    /// Not iCalendar.
    #[error("the file cannot be read as iCalendar: {0}")]
    Calendar(String),
    /// JSON, but no export.
    #[error("the file is not a life-os export: {0}")]
    NotAnExport(&'static str),
    /// An export of a version after this one.
    #[error("the file is an export of version {0}; this program reads version 1: update it first")]
    Version(u64),
    /// Something is not where an export has it.
    #[error("{at}: {problem}")]
    Shape {
        /// Where.
        at: String,
        /// What is wrong.
        problem: String,
    },
    /// The same record or row a second time.
    #[error("{at}: the same record or row is in the file before")]
    Twice {
        /// Where the second stands.
        at: String,
    },
    /// A type or value that is not right.
    #[error("{at}: {source}")]
    Field {
        /// Where.
        at: String,
        /// What is wrong.
        source: Box<FieldError>,
    },
}

impl ImportError {
    fn field(at: impl Into<String>, source: FieldError) -> Self {
        Self::Field { at: at.into(), source: Box::new(source) }
    }
}

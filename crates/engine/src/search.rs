//! Full-text search, kept with the read model.
//!
//! Invariant: what the index says of a document is a function of its row alone, whatever the way there. An edit writes
//! at most one key for it, and only if a searched text, the trash or the day of creation changed; taking that into the
//! index happens later, in bounded steps, when nothing else is to do. A search never trusts the index further than to
//! find candidates: each is compared with its row.
//!
//! ```text
//! edit    -> a delta: the changed texts, as they were and as they are     (in the edit's own transaction)
//! flush   -> deltas become a run: sorted words in pages, never changed    (later, one step)
//! merge   -> runs of like size become one                                 (later, many steps)
//! search  -> the pages of each run that hold a word, and the deltas; newest wins
//! ```

pub(crate) mod change;
pub(crate) mod judge;
pub(crate) mod near;
pub(crate) mod page;
pub(crate) mod run;
pub(crate) mod words;

use crate::record::{DocKey, Row};
use core::ops::Range;
use minicbor::{Decode, Encode};

/// How much a match in a text counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Weight {
    /// Notes and descriptions.
    #[n(1)]
    Body,
    /// Labels and tags.
    #[n(2)]
    Label,
    /// What the record is called.
    #[n(3)]
    Title,
}

/// A text of a record that a person wrote and may look for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Text {
    /// The key of the row it stands in, for a part of a stream. None for a thing.
    #[n(0)]
    pub place: Option<String>,
    /// The field.
    #[n(1)]
    pub field: String,
    /// What a match in it counts.
    #[n(2)]
    pub weight: Weight,
    /// The words.
    #[n(3)]
    pub text: String,
}

/// Says which texts of a row are searched: the same ones for the same row, always.
pub type Texts = fn(&Row) -> Vec<Text>;

/// A record, or a row of a stream, that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its document.
    pub key: DocKey,
    /// The key of its row in that, for a part of a stream.
    pub place: Option<String>,
    /// What it is called, if it has a title.
    pub title: Option<String>,
    /// Whether it is in the trash.
    pub deleted: bool,
    /// When its document's newest change was made, in milliseconds since 1970.
    pub updated: i64,
    /// The higher the better; hits of one search can be compared, others cannot.
    pub score: u32,
    /// The field that matches best.
    pub field: String,
    /// What stands there.
    pub text: String,
    /// Where in that the words found stand, in bytes, in order.
    pub ranges: Vec<Range<usize>>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// There is more than these, or more than a search looks at: more letters narrow it.
    pub more: bool,
    /// Whether the index is whole. It is not while it is made anew for the first time.
    pub ready: bool,
}

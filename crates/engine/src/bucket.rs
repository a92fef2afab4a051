//! Buckets: documents, of a kind or of all, that a screen asks for together, found without reading the whole kind.
//!
//! Invariant: which buckets a document stands in is a function of its row alone, and its keys in them are written in the
//! transaction that writes the document. Rows of packs whose documents have not come stand in none: until they have,
//! the rows themselves are read.

use crate::api::EngineError;
use crate::core::{Core, VIEW_VERSION};
use crate::layout;
use crate::record::{DocKey, Row};
use crate::schema::Schema;
use crate::search::change::{Change, Indexed};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// With this begins the name of a bucket in which rows of all kinds stand.
pub const SHARED: char = '/';

/// Whether rows of all kinds stand in a bucket, and not those of one.
pub fn is_shared(bucket: &str) -> bool {
    bucket.starts_with(SHARED)
}

/// The names of the buckets that a row stands in, and what it is ordered by in each: texts that sort as bytes.
pub type Buckets = BTreeMap<String, String>;

/// Says which buckets a row stands in: the same ones for the same row, always.
pub type BucketsOf = fn(&Row) -> Buckets;

/// A page of a bucket.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BucketPage {
    /// Rows by their order, the first one first.
    pub rows: Vec<Row>,
    /// How many there are, these and those before them.
    pub total: u64,
    /// Leads to those before them, if there are any.
    pub before: Option<Vec<u8>>,
}

/// What a bucket knows of a document. Its key says neither which document nor which bucket.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Member {
    #[n(0)]
    pub key: DocKey,
    #[n(1)]
    pub order: String,
}

/// What is kept of a document beside its row: what is searched of it, and its buckets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filed {
    indexed: Indexed,
    pub buckets: Buckets,
}

impl Filed {
    /// What is to be kept of `row`.
    pub fn of(schema: &Schema, row: &Row) -> Self {
        let indexed = schema.texts().map(|texts| Indexed::of(texts, row)).unwrap_or_default();
        Self { indexed, buckets: schema.buckets().map(|buckets| buckets(row)).unwrap_or_default() }
    }
}

impl Core {
    /// Takes what is kept of a document from `before` to `after`, in one generation of the read model.
    pub fn file(&mut self, generation: u8, key: &DocKey, before: &Filed, after: &Filed) {
        if let Some(change) = Change::between(key, &before.indexed, &after.indexed) {
            self.note_change(generation, change);
        }
        for bucket in before.buckets.keys().filter(|bucket| !after.buckets.contains_key(*bucket)) {
            self.delete(layout::member(generation, &self.store, key, bucket));
        }
        for (bucket, order) in &after.buckets {
            if before.buckets.get(bucket) != Some(order) {
                let at = layout::member(generation, &self.store, key, bucket);
                self.put(at, &Member { key: key.clone(), order: order.clone() });
            }
        }
    }

    /// Whether buckets hold all that the read model does. While another one is being made, the one in use may hold rows of
    /// packs that nobody has documents of any more.
    pub fn has_buckets(&self) -> bool {
        let position = &self.position;
        position.view_version == VIEW_VERSION && !position.provisional && position.rebuild.is_none()
    }

    /// Opens what a bucket holds.
    pub fn member(&self, (key, sealed): &(Vec<u8>, Vec<u8>)) -> Result<Member, EngineError> {
        self.decode(key, sealed)
    }
}

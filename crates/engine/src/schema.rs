//! The kinds of documents. The engine knows of a kind only what its genesis makes: names, containers, periods.

use crate::bucket::BucketsOf;
use crate::search::Texts;
use crate::tombstone::PURGED;
use std::collections::BTreeMap;

/// A nested container that the genesis of a kind makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A map with flat keys and scalar values.
    Map,
    /// Prose that merges letter by letter.
    Text,
}

/// How long the rows of one stream document were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// One document a year.
    Year,
    /// One document a month.
    Month,
}

/// Rows by parent and period instead of one document a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// The period of one document.
    pub period: Period,
    /// How many documents share a period; fixed for ever.
    pub shards: u8,
}

/// A kind of document. Name and containers are frozen once released: they determine the genesis.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name, as in `habit`.
    pub name: &'static str,
    /// What its genesis makes, in this order. Containers of later versions follow in `extensions`.
    pub containers: &'static [(&'static str, Container)],
    /// Containers added by later versions; each step is one constant change that depends on the genesis alone.
    pub extensions: &'static [&'static [(&'static str, Container)]],
    /// None for things.
    pub stream: Option<Stream>,
}

/// All kinds this version knows.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    kinds: BTreeMap<&'static str, &'static Kind>,
    texts: Option<Texts>,
    buckets: Option<BucketsOf>,
}

impl Schema {
    /// A schema of `kinds`, and of tombstones.
    pub fn new(kinds: impl IntoIterator<Item = &'static Kind>) -> Self {
        let kinds = kinds.into_iter().chain([&PURGED]);
        Self { kinds: kinds.map(|k| (k.name, k)).collect(), texts: None, buckets: None }
    }
    /// The same, with what is searched of its rows. Without that nothing is.
    pub fn searched_by(mut self, texts: Texts) -> Self {
        self.texts = Some(texts);
        self
    }
    /// Says what is searched of a row.
    pub fn texts(&self) -> Option<Texts> {
        self.texts
    }
    /// The same, with the buckets that its rows stand in. Without that there are none.
    pub fn bucketed_by(mut self, buckets: BucketsOf) -> Self {
        self.buckets = Some(buckets);
        self
    }
    /// Says which buckets a row stands in.
    pub fn buckets(&self) -> Option<BucketsOf> {
        self.buckets
    }
    /// The kind called `name`.
    pub fn get(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.get(name).copied()
    }
    /// All kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.kinds.values().copied()
    }
}

impl Kind {
    /// What `field` is made as, if a genesis or an extension makes it.
    pub fn container(&self, field: &str) -> Option<Container> {
        let all = self.containers.iter().chain(self.extensions.iter().copied().flatten());
        all.into_iter().find(|(name, _)| *name == field).map(|(_, container)| *container)
    }
}

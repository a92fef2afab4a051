//! What stands in a bucket.
//!
//! A page by order: what stands in it first, small items by the thousand, then the rows of those that are shown.
//!
//! Where the read model holds rows that stand in no bucket yet (see [`crate::bucket`]), the kind's rows, or those of all kinds, are read instead: the answer
//! is the same, only slower. A row is shown if it says itself that it stands there.

use super::query;
use crate::api::{EngineError, Read, Reply};
use crate::bucket::{BucketPage, Member, is_shared};
use crate::core::{Core, Fetched};
use crate::layout;
use crate::limits;
use crate::record::{DocKey, Row};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// What is asked for.
pub(crate) struct Wanted<'a> {
    pub kind: &'a str,
    pub bucket: &'a str,
    pub until: Option<&'a str>,
    pub before: Option<&'a Vec<u8>>,
    pub limit: usize,
}

/// A place in a bucket: by order and, among equals, by document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
struct Place {
    #[n(0)]
    order: String,
    #[n(1)]
    key: DocKey,
}

/// How far a question is.
#[derive(Default)]
pub(crate) struct Draw {
    /// The last ones so far; with their rows where those were read.
    found: BTreeMap<Place, Option<Row>>,
    total: u64,
    /// The last key read.
    after: Option<Vec<u8>>,
    /// The kind's rows are read and not the bucket.
    whole: bool,
    begun: bool,
    scanned: bool,
}

type Answer<T> = Result<Result<T, Vec<Read>>, EngineError>;

impl Draw {
    pub fn run(&mut self, core: &Core, ask: &Wanted<'_>, fetched: &Fetched) -> Answer<BucketPage> {
        let shared = is_shared(ask.bucket);
        if !shared && core.schema.get(ask.kind).is_none() {
            return Err(EngineError::UnknownKind(ask.kind.into()));
        }
        if !self.begun {
            (self.begun, self.whole) = (true, !core.has_buckets());
        }
        let before = ask.before.map(|cursor| protocol::codec::decode::<Place>(cursor));
        // A cursor of nobody's leads nowhere.
        let Ok(before) = before.transpose() else { return Ok(Ok(BucketPage::default())) };
        let limit = ask.limit.clamp(1, limits::PAGE_ROWS);
        let view = core.position.view;
        let prefix = match (self.whole, shared) {
            (true, true) => layout::view_all(view),
            (true, false) => layout::view_of(view, &core.store, ask.kind, None),
            (false, _) => layout::bucket(view, &core.store, ask.kind, ask.bucket),
        };
        while !self.scanned {
            let read =
                Read::Scan { prefix: prefix.clone(), after: self.after.clone(), limit: limits::PAGE_ROWS };
            let Some(pairs) = fetched.get(&read) else { return Ok(Err(vec![read])) };
            for pair in pairs {
                let Some((place, row)) = self.place(core, ask, pair)? else { continue };
                let fits = ask.until.is_none_or(|until| place.order.as_str() <= until);
                if fits && before.as_ref().is_none_or(|before| place < *before) {
                    self.total += 1;
                    self.found.insert(place, row);
                }
                if self.found.len() > limit {
                    self.found.pop_first();
                }
            }
            self.after = pairs.last().map(|(key, _)| key.clone());
            self.scanned = pairs.len() < limits::PAGE_ROWS;
        }
        self.page(core, ask, fetched)
    }

    /// Where an item that was read stands in the bucket; none if it does not.
    fn place(
        &self,
        core: &Core,
        ask: &Wanted<'_>,
        pair: &(Vec<u8>, Vec<u8>),
    ) -> Result<Option<(Place, Option<Row>)>, EngineError> {
        if !self.whole {
            let member = core.member(pair)?;
            return Ok(Some((Place { order: member.order, key: member.key }, None)));
        }
        let row: Row = core.decode(&pair.0, &pair.1)?;
        let order = order_of(core, ask.bucket, &row);
        Ok(order.map(|order| (Place { order, key: row.key.clone() }, Some(row))))
    }

    fn page(&self, core: &Core, ask: &Wanted<'_>, fetched: &Fetched) -> Answer<BucketPage> {
        let read = |place: &Place| Read::Get(layout::view(core.position.view, &core.store, &place.key));
        let missing = self.found.iter().filter(|(_, row)| row.is_none()).map(|(place, _)| read(place));
        let missing: Vec<Read> = missing.filter(|read| !fetched.contains_key(read)).collect();
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        let mut rows = Vec::new();
        for (place, row) in &self.found {
            let found = fetched.get(&read(place)).and_then(|pairs| pairs.first());
            let stored = || found.map(|(key, sealed)| core.decode::<Row>(key, sealed)).transpose();
            let row = row.clone().map_or_else(stored, |row| Ok(Some(row)))?;
            let stands = |row: &Row| order_of(core, ask.bucket, row).as_ref() == Some(&place.order);
            rows.extend(row.filter(stands));
        }
        let more = self.total > self.found.len() as u64;
        let first = self.found.keys().next().filter(|_| more);
        Ok(Ok(BucketPage { rows, total: self.total, before: first.map(protocol::codec::encode) }))
    }
}

/// With this begins the cursor of a list that reads the kind's rows, or those of all kinds.
const BY_ROWS: u8 = 0;
/// With this begins the cursor of a list that reads the bucket's items.
const BY_ITEMS: u8 = 1;

/// Rows of a bucket behind a cursor, in the order of keys that tell nothing. A list goes on as it was begun: the cursor is how
/// it was, and the end of the last key read, which stays good when the read model is made anew.
pub(super) fn rows(
    core: &Core,
    (kind, bucket): (&str, &str),
    after: Option<&Vec<u8>>,
    limit: usize,
    fetched: &Fetched,
) -> Result<query::Answer, EngineError> {
    let shared = is_shared(bucket);
    if !shared && core.schema.get(kind).is_none() {
        return Err(EngineError::UnknownKind(kind.into()));
    }
    let how = match after.and_then(|cursor| cursor.first()) {
        Some(how) => *how,
        None if core.has_buckets() => BY_ITEMS,
        None => BY_ROWS,
    };
    let view = core.position.view;
    let prefix = match (how, shared) {
        (BY_ITEMS, _) => layout::bucket(view, &core.store, kind, bucket),
        (_, true) => layout::view_all(view),
        (_, false) => layout::view_of(view, &core.store, kind, None),
    };
    let end = after.and_then(|cursor| cursor.get(1..));
    let after = end.map(|end| [prefix.as_slice(), end].concat());
    let read = Read::Scan { prefix: prefix.clone(), after, limit };
    let Some(pairs) = fetched.get(&read) else { return Ok(Err(vec![read])) };
    let mut found = Vec::new();
    if how == BY_ITEMS {
        let members: Vec<Member> = pairs.iter().map(|pair| core.member(pair)).collect::<Result<_, _>>()?;
        let reads = members.iter().map(|member| Read::Get(layout::view(view, &core.store, &member.key)));
        let reads: Vec<Read> = reads.collect();
        if reads.iter().any(|read| !fetched.contains_key(read)) {
            return Ok(Err(reads));
        }
        found.extend(reads.iter().filter_map(|read| fetched.get(read)).flatten());
    } else {
        found.extend(pairs);
    }
    let rows = found.into_iter().map(|(key, sealed)| core.decode::<Row>(key, sealed));
    let mut rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    rows.retain(|row| order_of(core, bucket, row).is_some());
    let last = pairs.last().filter(|_| pairs.len() == limit).and_then(|(key, _)| key.get(prefix.len()..));
    Ok(Ok(Reply::Page(rows, last.map(|end| [&[how], end].concat()))))
}

/// What a row is ordered by in a bucket; none if it does not stand there.
fn order_of(core: &Core, bucket: &str, row: &Row) -> Option<String> {
    core.schema.buckets().and_then(|buckets| buckets(row).remove(bucket))
}

//! The index in the store: deltas, and runs of sorted pages that are made of them and of one another.
//!
//! Invariant: a run never changes once it is in use. What is newer wins: deltas over runs, a later run over an earlier
//! one; so runs are merged only with their neighbours. Every step is one bounded transaction and says in the position
//! where it stopped, so that one that is cut off goes on there. Sizes of runs grow by more than half from each to the
//! one before it: there are few, and a word is written anew as often as there are sizes.

use super::change::Change;
use super::page::{self, Entry, Packer};
use crate::api::{EngineError, Read};
use crate::core::{Core, Fetched};
use crate::layout::{self, Level};
use crate::limits;
use core::ops::Bound;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// Keys of the index and what they stand for.
pub(crate) type Entries = BTreeMap<Vec<u8>, Option<u32>>;

/// What the index of one generation of the read model consists of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Index {
    /// Number of the oldest delta.
    #[n(0)]
    pub first: u64,
    /// Number of the next delta.
    #[n(1)]
    pub next: u64,
    /// Bytes of all deltas.
    #[n(2)]
    pub bytes: u64,
    /// The oldest first.
    #[n(3)]
    pub runs: Vec<Run>,
    /// Number of the next run.
    #[n(4)]
    pub next_run: u32,
    /// A merge under way.
    #[n(5)]
    pub merge: Option<Merge>,
    /// Runs that are in use no more, whose pages are still there.
    #[n(6)]
    pub gone: Vec<Run>,
}

/// A run of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Run {
    #[n(0)]
    pub number: u32,
    #[n(1)]
    pub pages: u32,
    #[n(2)]
    pub bytes: u64,
}

/// Runs on their way into one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Merge {
    /// Number of the oldest.
    #[n(0)]
    first: u32,
    /// How many, one after another.
    #[n(1)]
    count: u32,
    /// How far each is.
    #[n(2)]
    stream: Stream,
    /// What is made.
    #[n(3)]
    out: Run,
}

impl Index {
    /// Deltas that wait.
    pub fn deltas(&self) -> u64 {
        self.next.saturating_sub(self.first)
    }
    fn must_flush(&self) -> bool {
        self.deltas() >= limits::SEARCH_DELTAS || self.bytes >= limits::SEARCH_DELTA_BYTES
    }
    /// Whether there is something to do when nothing else is.
    pub fn is_due(&self) -> bool {
        self.must_flush() || self.merge.is_some() || !self.gone.is_empty()
    }
    /// Whether so much waits that a search would have to read too much.
    pub fn is_urgent(&self) -> bool {
        self.deltas() >= limits::SEARCH_DELTAS * limits::SEARCH_URGENT
            || self.bytes >= limits::SEARCH_DELTA_BYTES * limits::SEARCH_URGENT
    }

    /// Begins a merge if a run is less than twice what came after it.
    fn plan(&mut self) {
        if self.merge.is_some() {
            return;
        }
        let mut later: u64 = self.runs.iter().map(|run| run.bytes).sum();
        for (at, run) in self.runs.iter().enumerate() {
            later -= run.bytes;
            if later > 0 && run.bytes < 2 * later {
                let count = self.runs.len() - at;
                let stream = Stream { cursors: vec![0; count], after: Vec::new() };
                let out = Run { number: self.next_run, pages: 0, bytes: 0 };
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                self.merge = Some(Merge { first: run.number, count, stream, out });
                self.next_run += 1;
                return;
            }
        }
    }

    /// Where the runs of a merge begin and end.
    fn inputs(&self, merge: &Merge) -> Option<(usize, usize)> {
        let from = self.runs.iter().position(|run| run.number == merge.first)?;
        let to = from + usize::try_from(merge.count).ok()?;
        (to <= self.runs.len()).then_some((from, to))
    }
}

/// What a step of work came to.
pub(crate) enum Work {
    /// Read this and try again.
    Need(Vec<Read>),
    /// Something was done.
    Did,
    /// There is nothing to do.
    Nothing,
}

fn damaged(what: &str) -> EngineError {
    EngineError::Damaged(format!("the search index: {what}; make the read model anew"))
}

/// Does one step of what is due in a generation.
pub(crate) fn work(
    core: &mut Core,
    generation: u8,
    batch: usize,
    fetched: &Fetched,
) -> Result<Work, EngineError> {
    let Some(index) = core.index(generation).filter(|index| index.is_due()).cloned() else {
        return Ok(Work::Nothing);
    };
    let work = if index.must_flush() {
        flush(core, generation, index, fetched)?
    } else if index.merge.is_some() {
        merge(core, generation, index, batch, fetched)?
    } else {
        sweep(core, generation, index, batch);
        Work::Did
    };
    if matches!(work, Work::Did) {
        core.save_position();
    }
    Ok(work)
}

/// Reads the oldest deltas.
pub(crate) fn read_deltas(generation: u8, limit: u64) -> Read {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Read::Scan { prefix: layout::search_deltas(generation), after: None, limit }
}

/// What the deltas read come to, and how many bytes they have.
pub(crate) fn open_deltas(
    core: &Core,
    read: &Read,
    fetched: &Fetched,
) -> Result<(Entries, u64), EngineError> {
    let (mut entries, mut bytes) = (Entries::new(), 0);
    for (key, sealed) in fetched.get(read).into_iter().flatten() {
        let plain = core.open(key, sealed)?;
        bytes += plain.len() as u64;
        let changes: Vec<Change> =
            protocol::codec::decode(&plain).map_err(|_| damaged("a change cannot be read"))?;
        changes.iter().for_each(|change| change.entries(&mut entries));
    }
    Ok((entries, bytes))
}

/// Makes a run of the oldest deltas.
fn flush(core: &mut Core, generation: u8, mut index: Index, fetched: &Fetched) -> Result<Work, EngineError> {
    // As many as make one step's work: those of an import are large.
    let each = (index.bytes / index.deltas().max(1)).max(1);
    let most = 2 * limits::SEARCH_DELTA_BYTES / each;
    let count = most.clamp(1, 2 * limits::SEARCH_DELTAS).min(index.deltas());
    let read = read_deltas(generation, count);
    let Some(pairs) = fetched.get(&read) else { return Ok(Work::Need(vec![read])) };
    let keys: Vec<Vec<u8>> = pairs.iter().map(|(key, _)| key.clone()).collect();
    let expected = (index.first..index.first + count).map(|n| layout::search_delta(generation, n));
    if !expected.eq(keys.iter().cloned()) {
        return Err(damaged("a change is missing"));
    }
    let (entries, bytes) = open_deltas(core, &read, fetched)?;
    keys.into_iter().for_each(|key| core.delete(key));
    index.first += count;
    index.bytes = if index.deltas() == 0 { 0 } else { index.bytes.saturating_sub(bytes) };
    let oldest = index.runs.is_empty();
    let mut writer = Writer::new(generation, Run { number: index.next_run, pages: 0, bytes: 0 });
    for (key, value) in &entries {
        if value.is_some() || !oldest {
            writer.push(key, *value);
        }
    }
    let run = writer.finish(core);
    if run.pages > 0 {
        index.next_run += 1;
        index.runs.push(run);
        index.plan();
    }
    core.set_index(generation, index);
    Ok(Work::Did)
}

/// Goes on with a merge.
fn merge(
    core: &mut Core,
    generation: u8,
    mut index: Index,
    batch: usize,
    fetched: &Fetched,
) -> Result<Work, EngineError> {
    let Some(mut merge) = index.merge.take() else { return Ok(Work::Nothing) };
    let Some((from, to)) = index.inputs(&merge) else { return Err(damaged("a run is missing")) };
    let inputs: Vec<Run> = index.runs.get(from..to).unwrap_or_default().to_vec();
    let pages = (batch / 4).clamp(8, limits::SEARCH_MERGE_PAGES) / inputs.len().max(1);
    let mut writer = match Writer::resume(core, generation, merge.out, fetched)? {
        Ok(writer) => writer,
        Err(reads) => return Ok(Work::Need(reads)),
    };
    let oldest = from == 0;
    let none = Entries::new();
    let around = Around { core, generation, runs: &inputs, newest: &none, pages: pages.max(1), fetched };
    let done = merge.stream.step(&around, |key, value| {
        if value.is_some() || !oldest {
            writer.push(key, value);
        }
    })?;
    let done = match done {
        Ok(done) => done,
        Err(reads) => return Ok(Work::Need(reads)),
    };
    merge.out = writer.finish(core);
    if done {
        let made = (merge.out.pages > 0).then_some(merge.out);
        index.gone.extend(index.runs.splice(from..to, made));
        index.plan();
    } else {
        index.merge = Some(merge);
    }
    core.set_index(generation, index);
    Ok(Work::Did)
}

/// Removes pages of a run that is in use no more.
fn sweep(core: &mut Core, generation: u8, mut index: Index, batch: usize) {
    let Some(run) = index.gone.last_mut() else { return };
    let most = u32::try_from(batch.clamp(16, limits::SEARCH_MERGE_PAGES)).unwrap_or(16);
    let from = run.pages.saturating_sub(most);
    for page in from..run.pages {
        core.delete(layout::search_page(generation, Level::Leaf, run.number, page));
        if page % limits::SEARCH_FAN == 0 {
            let number = page / limits::SEARCH_FAN;
            core.delete(layout::search_page(generation, Level::Directory, run.number, number));
        }
    }
    run.pages = from;
    if from == 0 {
        core.delete(layout::search_page(generation, Level::Top, run.number, 0));
        index.gone.pop();
    }
    core.set_index(generation, index);
}

/// Writes pages of a run, and the directory above them.
struct Writer {
    generation: u8,
    run: Run,
    packer: Packer,
    first: Vec<u8>,
    directory: Vec<Entry>,
    top: Vec<Entry>,
    made: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Writer {
    fn new(generation: u8, run: Run) -> Self {
        let (packer, first, made) = (Packer::new(), Vec::new(), Vec::new());
        Self { generation, run, packer, first, directory: Vec::new(), top: Vec::new(), made }
    }

    /// Goes on with a run; what must be read first, otherwise.
    fn resume(
        core: &Core,
        generation: u8,
        run: Run,
        fetched: &Fetched,
    ) -> Result<Result<Self, Vec<Read>>, EngineError> {
        let mut writer = Self::new(generation, run);
        let Some(last) = run.pages.checked_sub(1) else { return Ok(Ok(writer)) };
        let key = |level, number| layout::search_page(generation, level, run.number, number);
        let directory = key(Level::Directory, last / limits::SEARCH_FAN);
        let top = (run.pages > limits::SEARCH_FAN).then(|| key(Level::Top, 0));
        let keys: Vec<&Vec<u8>> = [&directory].into_iter().chain(&top).collect();
        let reads: Vec<Read> = keys.iter().map(|key| Read::Get((*key).clone())).collect();
        if reads.iter().any(|read| !fetched.contains_key(read)) {
            return Ok(Err(reads));
        }
        writer.directory = open_entries(core, &directory, fetched)?;
        writer.top = match top {
            Some(key) => open_entries(core, &key, fetched)?,
            None => writer.directory.first().map(|(key, _)| (key.clone(), Some(0))).into_iter().collect(),
        };
        Ok(Ok(writer))
    }

    fn push(&mut self, key: &[u8], value: Option<u32>) {
        if !self.packer.is_empty() && self.packer.len() + key.len() + 8 > limits::SEARCH_PAGE_BYTES {
            self.end_page();
        }
        if self.packer.is_empty() {
            self.first = key.to_vec();
        }
        self.packer.push(key, value);
    }

    fn end_page(&mut self) {
        if self.packer.is_empty() {
            return;
        }
        let page = std::mem::replace(&mut self.packer, Packer::new()).finish();
        let number = self.run.pages;
        let first = std::mem::take(&mut self.first);
        if number.is_multiple_of(limits::SEARCH_FAN) {
            self.directory.clear();
            self.top.push((first.clone(), Some(number / limits::SEARCH_FAN)));
        }
        self.directory.push((first, Some(number)));
        self.run.pages += 1;
        self.run.bytes += page.len() as u64;
        self.made.push((layout::search_page(self.generation, Level::Leaf, self.run.number, number), page));
        if self.run.pages.is_multiple_of(limits::SEARCH_FAN) {
            self.end_directory();
        }
    }

    fn end_directory(&mut self) {
        let number = self.run.pages.saturating_sub(1) / limits::SEARCH_FAN;
        let key = layout::search_page(self.generation, Level::Directory, self.run.number, number);
        self.made.push((key, page::pack(&self.directory)));
    }

    /// Puts everything into the transaction.
    fn finish(mut self, core: &mut Core) -> Run {
        self.end_page();
        if !self.run.pages.is_multiple_of(limits::SEARCH_FAN) {
            self.end_directory();
        }
        if self.run.pages > limits::SEARCH_FAN {
            let key = layout::search_page(self.generation, Level::Top, self.run.number, 0);
            self.made.push((key, page::pack(&self.top)));
        }
        self.made.iter().for_each(|(key, page)| core.put_bytes(key.clone(), page));
        self.run
    }
}

/// Opens a page that was read.
pub(crate) fn open_page(core: &Core, key: &[u8], fetched: &Fetched) -> Result<Vec<u8>, EngineError> {
    let found = fetched.get(&Read::Get(key.to_vec())).and_then(|pairs| pairs.first());
    let (key, sealed) = found.ok_or_else(|| damaged("a page is missing"))?;
    core.open(key, sealed)
}

fn open_entries(core: &Core, key: &[u8], fetched: &Fetched) -> Result<Vec<Entry>, EngineError> {
    page::unpack(&open_page(core, key, fetched)?).ok_or_else(unreadable)
}

pub(crate) fn unreadable() -> EngineError {
    damaged("a page cannot be read")
}

/// What a stream is read from.
pub(crate) struct Around<'a> {
    pub core: &'a Core,
    pub generation: u8,
    /// The oldest first.
    pub runs: &'a [Run],
    /// Newer than all of them.
    pub newest: &'a Entries,
    /// Most pages of each run in one step.
    pub pages: usize,
    pub fetched: &'a Fetched,
}

/// All keys of several runs in order, the newest value of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Stream {
    /// The next page of each run.
    #[n(0)]
    pub cursors: Vec<u32>,
    /// The last key done.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub after: Vec<u8>,
}

/// Pages of one run, as far as they were read.
struct Source {
    entries: std::iter::Peekable<std::vec::IntoIter<Entry>>,
    /// The last key of each page.
    ends: Vec<Vec<u8>>,
    /// There are further pages.
    more: bool,
}

impl Stream {
    /// Goes on with as many pages as were read. Whether that was all; or what must be read first.
    pub fn step(
        &mut self,
        around: &Around<'_>,
        mut see: impl FnMut(&[u8], Option<u32>),
    ) -> Result<Result<bool, Vec<Read>>, EngineError> {
        let reads: Vec<Option<Read>> =
            around.runs.iter().zip(&self.cursors).map(|(run, cursor)| around.read(run, *cursor)).collect();
        let missing: Vec<Read> =
            reads.iter().flatten().filter(|r| !around.fetched.contains_key(*r)).cloned().collect();
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        let mut sources = Vec::new();
        for ((run, cursor), read) in around.runs.iter().zip(&self.cursors).zip(&reads) {
            sources.push(around.source(run, *cursor, read.as_ref(), &self.after)?);
        }
        // Every key has letters, so the empty one stands before all.
        let from = (Bound::Excluded(self.after.clone()), Bound::Unbounded);
        let mut newest = around.newest.range(from).peekable();
        let done = loop {
            if sources.iter_mut().any(|s| s.more && s.entries.peek().is_none()) {
                break false;
            }
            let heads = sources.iter_mut().filter_map(|s| s.entries.peek().map(|(key, _)| key));
            let Some(key) = heads.chain(newest.peek().map(|(key, _)| *key)).min().cloned() else {
                break true;
            };
            let mut value = None;
            for source in &mut sources {
                if let Some((_, found)) = source.entries.next_if(|(k, _)| *k == key) {
                    value = found;
                }
            }
            if let Some((_, found)) = newest.next_if(|(k, _)| **k == key) {
                value = *found;
            }
            see(&key, value);
            self.after = key;
        };
        for (cursor, source) in self.cursors.iter_mut().zip(&sources) {
            let whole = source.ends.iter().take_while(|end| **end <= self.after).count();
            *cursor += u32::try_from(whole).unwrap_or(0);
        }
        Ok(Ok(done))
    }
}

impl Around<'_> {
    /// The next pages of a run; none at its end.
    fn read(&self, run: &Run, cursor: u32) -> Option<Read> {
        let prefix = layout::search_leaves(self.generation, run.number);
        let after = cursor
            .checked_sub(1)
            .map(|page| layout::search_page(self.generation, Level::Leaf, run.number, page));
        (cursor < run.pages).then_some(Read::Scan { prefix, after, limit: self.pages })
    }

    fn source(
        &self,
        run: &Run,
        cursor: u32,
        read: Option<&Read>,
        after: &[u8],
    ) -> Result<Source, EngineError> {
        let pairs = read.and_then(|read| self.fetched.get(read)).map(Vec::as_slice).unwrap_or_default();
        let (mut all, mut ends) = (Vec::new(), Vec::new());
        for ((key, sealed), number) in pairs.iter().zip(cursor..) {
            if *key != layout::search_page(self.generation, Level::Leaf, run.number, number) {
                return Err(damaged("a page is missing"));
            }
            let entries = page::unpack(&self.core.open(key, sealed)?).ok_or_else(unreadable)?;
            ends.extend(entries.last().map(|(key, _)| key.clone()));
            all.extend(entries);
        }
        let seen = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
        let more = cursor.saturating_add(seen) < run.pages;
        if more && pairs.len() < self.pages {
            return Err(damaged("a page is missing"));
        }
        all.retain(|(key, _)| key.as_slice() > after);
        Ok(Source { entries: all.into_iter().peekable(), ends, more })
    }
}

//! A search: words to places by the index, places to rows, and the rows compared with what was looked for.
//!
//! Reads a bounded number of pages, whatever the vault's size: for each part of the index one or two pages of directory
//! and at most [`limits::SEARCH_PAGES`] or [`limits::SEARCH_PAGES_TOGETHER`] of words, what waits for the index, and [`limits::SEARCH_CANDIDATES`] rows.

use crate::api::{EngineError, Read};
use crate::core::{Core, Fetched, VIEW_VERSION};
use crate::layout::{self, Level};
use crate::limits;
use crate::record::{DocKey, Row};
use crate::search::change::{BACKWARDS, Mark, STANDS, THERE_IS, kind_bytes, read_place, read_standing};
use crate::search::judge::{Wanted, judge, worth};
use crate::search::run::{self, Entries, Index, Run};
use crate::search::{Found, near, page, words};
use core::cmp::Reverse;
use core::ops::ControlFlow;
use std::collections::{BTreeMap, BTreeSet};

/// What is looked for.
pub(crate) struct Search<'a> {
    pub text: &'a str,
    pub kinds: &'a [String],
    pub trash: bool,
    pub limit: usize,
}

/// Places of a word: what it is worth in each, and the day of creation.
type Places = BTreeMap<Vec<u8>, (u32, u16)>;

/// Places of a word that is looked for.
#[derive(Debug, Default)]
struct Word {
    places: Places,
    /// There are more than were read: what is not among them may stand there all the same.
    partial: bool,
}

/// How far a search is; what was opened stays opened.
#[derive(Default)]
pub(crate) struct Find {
    wanted: Vec<Wanted>,
    pages: BTreeMap<Vec<u8>, Vec<u8>>,
    deltas: Option<Entries>,
    stage: Stage,
    /// Something was left unread.
    cut: bool,
}

#[derive(Default)]
enum Stage {
    /// Finds words as they were typed, and such as begin so.
    #[default]
    Typed,
    /// Finds misspelt ones besides.
    Near(Vec<Word>),
    /// Reads rows. Whether misspelt words count.
    Rows(Vec<(DocKey, Option<String>)>, bool),
}

/// What one run of a search has at hand.
struct Desk<'a> {
    core: &'a Core,
    index: &'a Index,
    fetched: &'a Fetched,
    needs: Vec<Read>,
}

type Answer<T> = Result<Result<T, Vec<Read>>, EngineError>;

impl Find {
    pub fn run(&mut self, core: &Core, ask: &Search<'_>, fetched: &Fetched) -> Answer<Found> {
        if let Some(kind) = ask.kinds.iter().find(|kind| core.schema.get(kind).is_none()) {
            return Err(EngineError::UnknownKind(kind.clone()));
        }
        let ready = core.position.view_version == VIEW_VERSION;
        let none = Found { ready, ..Found::default() };
        if self.wanted.is_empty() {
            let end = ask.text.floor_char_boundary(limits::SEARCH_BYTES);
            let words = words::wanted(ask.text.get(..end).unwrap_or_default());
            self.wanted = words.into_iter().take(limits::SEARCH_WORDS).map(Wanted::new).collect();
        }
        let Some(index) = core.index(core.position.view).filter(|_| !self.wanted.is_empty()) else {
            return Ok(Ok(none));
        };
        let mut desk = Desk { core, index, fetched, needs: Vec::new() };
        if let Err(reads) = self.open_deltas(&desk)? {
            return Ok(Err(reads));
        }
        let limit = ask.limit.clamp(1, limits::SEARCH_HITS);
        loop {
            match std::mem::take(&mut self.stage) {
                Stage::Typed => {
                    let words = self.typed(&mut desk, ask)?;
                    if !desk.needs.is_empty() {
                        return Ok(Err(desk.needs));
                    }
                    let found = common(&words);
                    let enough = found.len() >= limit;
                    let may_err = self.wanted.iter().any(|w| near::slips(w.letters()) > 0);
                    self.stage = if enough || !may_err {
                        Stage::Rows(self.best(core, found), false)
                    } else {
                        Stage::Near(words)
                    };
                }
                Stage::Near(mut words) => {
                    let more = self.near(&mut desk, ask)?;
                    if !desk.needs.is_empty() {
                        self.stage = Stage::Near(words);
                        return Ok(Err(desk.needs));
                    }
                    for (word, more) in words.iter_mut().zip(more) {
                        more.into_iter().for_each(|(place, found)| keep_best(&mut word.places, place, found));
                    }
                    self.stage = Stage::Rows(self.best(core, common(&words)), true);
                }
                Stage::Rows(candidates, near) => {
                    let found = self.judge(&desk, ask, &candidates, near)?;
                    self.stage = Stage::Rows(candidates, near);
                    return Ok(found.map(|mut hits| {
                        let more = self.cut || hits.len() > limit;
                        hits.truncate(limit);
                        Found { hits, more, ready }
                    }));
                }
            }
        }
    }

    /// What waits for the index is small, and searched whole.
    fn open_deltas(&mut self, desk: &Desk<'_>) -> Answer<()> {
        if self.deltas.is_none() {
            let read = run::read_deltas(desk.core.position.view, desk.index.deltas());
            let waits = desk.index.deltas() > 0;
            if waits && !desk.fetched.contains_key(&read) {
                return Ok(Err(vec![read]));
            }
            self.deltas = Some(run::open_deltas(desk.core, &read, desk.fetched)?.0);
        }
        Ok(Ok(()))
    }

    /// For each word its places, as typed or as a beginning.
    fn typed(&mut self, desk: &mut Desk<'_>, ask: &Search<'_>) -> Result<Vec<Word>, EngineError> {
        let most = match self.wanted.len() {
            0 | 1 => limits::SEARCH_PAGES,
            several => limits::SEARCH_PAGES_TOGETHER / several,
        };
        let mut all = Vec::new();
        for wanted in self.wanted.clone() {
            let before = std::mem::take(&mut self.cut);
            let entries = self.range(desk, &[&[STANDS], wanted.word.as_bytes()].concat(), most)?;
            let partial = std::mem::replace(&mut self.cut, before);
            self.cut |= partial;
            all.push(Word { places: places(&entries, ask, &wanted, false), partial });
        }
        Ok(all)
    }

    /// For each word the places of words like it. A misspelt word has one end whole, so that is where they are looked up.
    fn near(&mut self, desk: &mut Desk<'_>, ask: &Search<'_>) -> Result<Vec<Places>, EngineError> {
        let mut all = Vec::new();
        for wanted in self.wanted.clone() {
            let letters = wanted.letters();
            if near::slips(letters) == 0 {
                all.push(Places::new());
                continue;
            }
            let end = near::end_letters(letters);
            let head: String = wanted.word.chars().take(end).collect();
            let tail: String = wanted.word.chars().rev().take(end).collect();
            let mut alike: BTreeSet<(Reverse<u32>, String)> = BTreeSet::new();
            for (first, beginning) in [(THERE_IS, head), (BACKWARDS, tail)] {
                let prefix = [&[first], beginning.as_bytes()].concat();
                for key in self.range(desk, &prefix, limits::SEARCH_NEAR_PAGES)?.into_keys() {
                    let letters = key.get(1..).and_then(|k| core::str::from_utf8(k).ok()).unwrap_or_default();
                    let word =
                        if first == THERE_IS { letters.into() } else { letters.chars().rev().collect() };
                    let word: String = word;
                    let class = wanted.class(&word, true);
                    if matches!(class, 1 | 2) {
                        alike.insert((Reverse(class), word));
                    }
                }
            }
            self.cut |= alike.len() > limits::SEARCH_NEAR_WORDS;
            let mut found = Places::new();
            for (_, word) in alike.into_iter().take(limits::SEARCH_NEAR_WORDS) {
                let prefix = [&[STANDS], word.as_bytes(), &[0]].concat();
                let entries = self.range(desk, &prefix, limits::SEARCH_NEAR_PAGES)?;
                let more = places(&entries, ask, &wanted, true);
                more.into_iter().for_each(|(place, worth)| keep_best(&mut found, place, worth));
            }
            all.push(found);
        }
        Ok(all)
    }

    /// All that the index holds under `prefix`, of at most `most` pages of each run. What is not read yet is asked for.
    fn range(&mut self, desk: &mut Desk<'_>, prefix: &[u8], most: usize) -> Result<Entries, EngineError> {
        let mut entries = Entries::new();
        let runs: Vec<Run> = desk.index.runs.clone();
        for run in runs {
            let mut leaves: Vec<u32> = Vec::new();
            let directories = if run.pages > limits::SEARCH_FAN {
                self.children(desk, (run, Level::Top, 0), prefix)?
            } else {
                vec![0]
            };
            // A directory names more pages than are read; the next one is needed where the range begins at its end.
            for directory in directories.into_iter().take(2) {
                leaves.extend(self.children(desk, (run, Level::Directory, directory), prefix)?);
            }
            self.cut |= leaves.len() > most;
            for leaf in leaves.into_iter().take(most) {
                let Some(page) = self.page(desk, (run, Level::Leaf, leaf))? else { continue };
                let see = |key: &[u8], value| {
                    if key.starts_with(prefix) {
                        entries.insert(key.to_vec(), value);
                    } else if key > prefix {
                        return ControlFlow::Break(());
                    }
                    ControlFlow::Continue(())
                };
                if !page::each(page, see) {
                    return Err(run::unreadable());
                }
            }
        }
        let waits = self.deltas.iter().flat_map(|d| d.range(prefix.to_vec()..));
        let waits = waits.take_while(|(key, _)| key.starts_with(prefix));
        entries.extend(waits.map(|(key, value)| (key.clone(), *value)));
        entries.retain(|_, value| value.is_some());
        Ok(entries)
    }

    /// Numbers of the pages that a directory names for `prefix`.
    fn children(
        &mut self,
        desk: &mut Desk<'_>,
        at: (Run, Level, u32),
        prefix: &[u8],
    ) -> Result<Vec<u32>, EngineError> {
        let Some(page) = self.page(desk, at)? else { return Ok(Vec::new()) };
        let (mut before, mut found) = (None, Vec::new());
        let whole = page::each(page, |key, number| {
            if key <= prefix {
                before = number;
            } else if key.starts_with(prefix) {
                found.extend(number);
            } else {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        if !whole {
            return Err(run::unreadable());
        }
        Ok(before.into_iter().chain(found).collect())
    }

    /// A page; none if it has to be read first.
    fn page(
        &mut self,
        desk: &mut Desk<'_>,
        (run, level, number): (Run, Level, u32),
    ) -> Result<Option<&Vec<u8>>, EngineError> {
        let key = layout::search_page(desk.core.position.view, level, run.number, number);
        if !self.pages.contains_key(&key) {
            let read = Read::Get(key.clone());
            if !desk.fetched.contains_key(&read) {
                if !desk.needs.contains(&read) {
                    desk.needs.push(read);
                }
                return Ok(None);
            }
            let page = run::open_page(desk.core, &key, desk.fetched)?;
            self.pages.insert(key.clone(), page);
        }
        Ok(self.pages.get(&key))
    }

    /// The places to be looked at whole: the best, and of equals those made last.
    fn best(&mut self, core: &Core, found: Places) -> Vec<(DocKey, Option<String>)> {
        let mut ranked: Vec<(u32, u16, Vec<u8>)> =
            found.into_iter().map(|(place, (worth, day))| (worth, day, place)).collect();
        ranked.sort_unstable_by(|a, b| b.cmp(a));
        self.cut |= ranked.len() > limits::SEARCH_CANDIDATES;
        ranked.truncate(limits::SEARCH_CANDIDATES);
        self.pages.clear();
        ranked.iter().filter_map(|(_, _, place)| read_place(&core.schema, place)).collect()
    }

    /// The candidates that answer, best first.
    fn judge(
        &self,
        desk: &Desk<'_>,
        ask: &Search<'_>,
        candidates: &[(DocKey, Option<String>)],
        near: bool,
    ) -> Answer<Vec<crate::Hit>> {
        let core = desk.core;
        let read = |key: &DocKey| Read::Get(layout::view(core.position.view, &core.store, key));
        let keys: BTreeSet<&DocKey> = candidates.iter().map(|(key, _)| key).collect();
        let reads: Vec<Read> = keys.iter().map(|key| read(key)).collect();
        if reads.iter().any(|read| !desk.fetched.contains_key(read)) {
            return Ok(Err(reads));
        }
        let texts_of = core.schema.texts();
        let mut hits = Vec::new();
        for key in keys {
            let found = desk.fetched.get(&read(key)).and_then(|pairs| pairs.first());
            let Some((at, sealed)) = found else { continue };
            let row: Row = core.decode(at, sealed)?;
            let texts = texts_of.map(|of| of(&row)).unwrap_or_default();
            if row.deleted && !ask.trash {
                continue;
            }
            let places = candidates.iter().filter(|(of, _)| of == key);
            hits.extend(
                places.filter_map(|(_, place)| judge(&row, &texts, place.as_deref(), &self.wanted, near)),
            );
        }
        hits.sort_by(|a, b| {
            let rank = |hit: &crate::Hit| (hit.score, hit.updated, hit.place.clone());
            rank(b).cmp(&rank(a)).then_with(|| a.key.cmp(&b.key))
        });
        Ok(Ok(hits))
    }
}

/// The places of entries that are asked for, with what `wanted` is worth in each.
fn places(entries: &Entries, ask: &Search<'_>, wanted: &Wanted, near: bool) -> Places {
    let kinds: Vec<[u8; 4]> = ask.kinds.iter().map(|kind| kind_bytes(kind)).collect();
    let mut found = Places::new();
    for (key, value) in entries {
        let (Some((word, place)), Some(value)) = (read_standing(key), value) else { continue };
        let mark = Mark::unpack(*value);
        let kind = kinds.is_empty() || kinds.iter().any(|kind| place.starts_with(kind));
        let class = wanted.class(word, near);
        if kind && class > 0 && (ask.trash || !mark.trashed) {
            keep_best(&mut found, place.to_vec(), (worth(class, mark.weight), mark.day));
        }
    }
    found
}

fn keep_best(places: &mut Places, place: Vec<u8>, found: (u32, u16)) {
    let best = places.entry(place).or_insert(found);
    *best = (*best).max(found);
}

/// Places where all words stand, with what they are worth together. A word of which not all was read excludes nothing, unless
/// that is so of all: the rows tell.
fn common(all: &[Word]) -> Places {
    let whole = all.iter().any(|word| !word.partial);
    let counts: Vec<&Places> =
        all.iter().filter(|word| !(whole && word.partial)).map(|word| &word.places).collect();
    let Some(least) = counts.iter().min_by_key(|places| places.len()) else { return Places::new() };
    let mut found = Places::new();
    for place in least.keys().filter(|place| counts.iter().all(|places| places.contains_key(*place))) {
        let each: Vec<(u32, u16)> = all.iter().filter_map(|word| word.places.get(place).copied()).collect();
        let worth = each.iter().map(|(worth, _)| worth).sum();
        let day = each.first().map_or(0, |(_, day)| *day);
        found.insert(place.clone(), (worth, day));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(places: &[u8], partial: bool) -> Word {
        Word { places: places.iter().map(|place| (vec![*place], (1, 0))).collect(), partial }
    }

    #[test]
    fn a_word_too_common_to_be_read_whole_excludes_no_place() {
        let found = |words: &[Word]| -> Vec<(Vec<u8>, u32)> {
            common(words).into_iter().map(|(place, (worth, _))| (place, worth)).collect()
        };
        let places = found(&[word(&[1, 2, 3], false), word(&[2, 9], true)]);
        assert_eq!(
            places,
            [(vec![1], 1), (vec![2], 2), (vec![3], 1)],
            "where it is known to stand counts for more"
        );
        let places = found(&[word(&[1, 2, 3], false), word(&[2, 9], false)]);
        assert_eq!(places, [(vec![2], 2)]);
        let places = found(&[word(&[1, 2, 3], true), word(&[2, 9], true)]);
        assert_eq!(places, [(vec![2], 2)], "where nothing is known whole");
    }
}

//! What the index has to know of a document, and what an edit changes of that.
//!
//! Keys of the index: `p` word 0 place, for a word that stands in a record; `t` word, and `r` the word backwards, for
//! words there are, which is where misspelt ones are looked up. A word stays in that list when its last record is gone,
//! until the index is made anew: it then leads to nothing.

use super::words::words;
use super::{Text, Texts};
use crate::record::{DocKey, Part, RecordId, Row, hash16};
use crate::schema::Schema;
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// First byte of the keys of words that stand somewhere.
pub(crate) const STANDS: u8 = b'p';
/// First byte of the keys of words there are.
pub(crate) const THERE_IS: u8 = b't';
/// First byte of the keys of the same words backwards.
pub(crate) const BACKWARDS: u8 = b'r';

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// What is searched of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Indexed {
    /// The day of its creation, counted from 1970: what was made lately goes first where matches are many.
    #[n(0)]
    pub day: u16,
    #[n(1)]
    pub trashed: bool,
    #[n(2)]
    pub texts: Vec<Text>,
}

impl Indexed {
    pub fn of(texts: Texts, row: &Row) -> Self {
        let day = row.created.div_euclid(DAY_MILLIS).clamp(0, i64::from(u16::MAX));
        Self { day: u16::try_from(day).unwrap_or(0), trashed: row.deleted, texts: texts(row) }
    }

    fn by_place(&self) -> BTreeMap<Option<&str>, Vec<&Text>> {
        let mut places: BTreeMap<Option<&str>, Vec<&Text>> = BTreeMap::new();
        for text in &self.texts {
            places.entry(text.place.as_deref()).or_default().push(text);
        }
        places
    }

    /// The words that stand in it, by place, with what is known of each.
    fn marks(&self) -> BTreeMap<(Option<&str>, String), u32> {
        let mut marks: BTreeMap<(Option<&str>, String), u32> = BTreeMap::new();
        for text in &self.texts {
            let mark = Mark { weight: text.weight as u32 + 1, trashed: self.trashed, day: self.day };
            for word in words(&text.text) {
                let best = marks.entry((text.place.as_deref(), word.folded)).or_default();
                *best = (*best).max(mark.pack());
            }
        }
        marks
    }
}

/// What the index knows of a word in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Of the heaviest text it stands in, 1 to 3.
    pub weight: u32,
    pub trashed: bool,
    pub day: u16,
}

impl Mark {
    fn pack(self) -> u32 {
        u32::from(self.day) << 3 | u32::from(self.trashed) << 2 | self.weight & 3
    }
    pub fn unpack(packed: u32) -> Self {
        let day = u16::try_from(packed >> 3).unwrap_or(u16::MAX);
        Self { weight: packed & 3, trashed: packed & 4 != 0, day }
    }
}

/// A document of which searched texts changed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Change {
    #[n(0)]
    pub key: DocKey,
    #[n(1)]
    pub before: Indexed,
    #[n(2)]
    pub after: Indexed,
}

impl Change {
    /// The difference; none if the index stays as it is.
    pub fn between(key: &DocKey, before: &Indexed, after: &Indexed) -> Option<Self> {
        if before == after || before.texts.is_empty() && after.texts.is_empty() {
            return None;
        }
        let mut change = Self { key: key.clone(), before: before.clone(), after: after.clone() };
        if (before.day, before.trashed) == (after.day, after.trashed) {
            let (old, new) = (before.by_place(), after.by_place());
            let same = |text: &Text| {
                let place = text.place.as_deref();
                old.get(&place) == new.get(&place)
            };
            change.before.texts.retain(|text| !same(text));
            change.after.texts.retain(|text| !same(text));
        }
        Some(change)
    }

    /// What it changes in the index, put into `entries`; it is newer than what is there.
    pub fn entries(&self, entries: &mut BTreeMap<Vec<u8>, Option<u32>>) {
        let (before, after) = (self.before.marks(), self.after.marks());
        for (place, word) in before.keys() {
            if !after.contains_key(&(*place, word.clone())) {
                entries.insert(standing(word, &place_of(&self.key, *place)), None);
            }
        }
        let mut new: BTreeSet<&str> = BTreeSet::new();
        for (at, mark) in &after {
            let old = before.get(at);
            if old != Some(mark) {
                entries.insert(standing(&at.1, &place_of(&self.key, at.0)), Some(*mark));
            }
            if old.is_none() {
                new.insert(&at.1);
            }
        }
        for word in new {
            entries.insert([&[THERE_IS], word.as_bytes()].concat(), Some(0));
            entries.insert(backwards(word), Some(0));
        }
    }
}

/// The key of a word that stands in a place.
fn standing(word: &str, place: &[u8]) -> Vec<u8> {
    [&[STANDS], word.as_bytes(), &[0], place].concat()
}

/// The key of a word among the words backwards.
pub(crate) fn backwards(word: &str) -> Vec<u8> {
    let turned: String = word.chars().rev().collect();
    [&[BACKWARDS], turned.as_bytes()].concat()
}

/// The word and the place of a key that begins with [`STANDS`].
pub(crate) fn read_standing(key: &[u8]) -> Option<(&str, &[u8])> {
    let rest = key.strip_prefix(&[STANDS])?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (word, place) = rest.split_at_checked(end)?;
    Some((core::str::from_utf8(word).ok()?, place.get(1..)?))
}

/// Bytes of a thing's place: its kind and its id.
const THING: usize = 4 + 16;

/// What stands for a kind.
pub(crate) fn kind_bytes(kind: &str) -> [u8; 4] {
    let mut short = [0; 4];
    let hash = hash16("life-os v1 search kind", &[kind.as_bytes()]);
    short.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    short
}

/// The bytes that stand for a record or a row of a stream.
fn place_of(key: &DocKey, place: Option<&str>) -> Vec<u8> {
    let mut bytes = [&kind_bytes(&key.kind)[..], key.id.as_bytes()].concat();
    if let Some(part) = &key.part {
        bytes.push(u8::try_from(part.period.len()).unwrap_or(u8::MAX));
        bytes.extend(part.period.as_bytes());
        bytes.push(part.shard);
        bytes.extend(place.unwrap_or_default().as_bytes());
    }
    bytes
}

/// The record or row that bytes stand for; none if its kind is not known.
pub(crate) fn read_place(schema: &Schema, bytes: &[u8]) -> Option<(DocKey, Option<String>)> {
    let (thing, rest) = bytes.split_at_checked(THING)?;
    let (kind, id) = thing.split_at_checked(4)?;
    let kind = schema.kinds().find(|k| kind_bytes(k.name) == kind)?.name;
    let id = RecordId::new(id.try_into().ok()?);
    let Some((length, rest)) = rest.split_first() else { return Some((DocKey::thing(kind, id), None)) };
    let (period, rest) = rest.split_at_checked(usize::from(*length))?;
    let (shard, place) = rest.split_first()?;
    let text = |bytes: &[u8]| core::str::from_utf8(bytes).ok().map(str::to_owned);
    let part = Part { period: text(period)?, shard: *shard };
    Some((DocKey { kind: kind.to_owned(), id, part: Some(part) }, Some(text(place)?)))
}

//! Names and values of records, as everything above the engine sees them. No automerge type leaves this crate.

use core::fmt;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use std::collections::BTreeMap;

/// Names a record: 16 random bytes, or a constant for records that exist once. Text form is a UUID's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

/// A text that is not a record id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a record id: expected 32 hexadecimal digits, with or without the dashes of a UUID")]
pub struct ParseRecordIdError;

impl RecordId {
    /// From its bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
    /// The id of the one record of a kind that exists once, such as a profile.
    pub fn singleton(kind: &str) -> Self {
        Self(hash16("life-os v1 singleton record id", &[kind.as_bytes()]))
    }
    /// A new name. Version and variant bits are set, so that it is a valid UUID version 4.
    pub fn random(rng: &mut dyn rand_core::CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

pub(crate) fn hash16(context: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(hasher.finalize().as_bytes().split_at(16).0);
    id
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}
impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl core::str::FromStr for RecordId {
    type Err = ParseRecordIdError;
    fn from_str(text: &str) -> Result<Self, ParseRecordIdError> {
        let digits: Vec<u8> = text.bytes().filter(|b| *b != b'-').collect();
        let nibble = |b: &u8| char::from(*b).to_digit(16).ok_or(ParseRecordIdError);
        let mut bytes = [0u8; 16];
        if digits.len() != 32 {
            return Err(ParseRecordIdError);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            for digit in pair {
                // A nibble is under 16, so it fits.
                *byte = *byte << 4 | u8::try_from(nibble(digit)?).unwrap_or(0);
            }
        }
        Ok(Self(bytes))
    }
}
impl<C> Encode<C> for RecordId {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}
impl<'b, C> Decode<'b, C> for RecordId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| decode::Error::message("wrong length of a record id"))
    }
}

/// Which document of a stream: the period of the rows' creation and a shard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Part {
    /// A year as `2026` or a month as `2026-11`.
    #[n(0)]
    pub period: String,
    /// From 0; below the number of shards the kind declares.
    #[n(1)]
    pub shard: u8,
}

/// Names a document: a thing, or one part of a stream of rows that belong to a parent record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct DocKey {
    /// The kind, as declared in the [`crate::Schema`].
    #[n(0)]
    pub kind: String,
    /// The thing, or the stream's parent.
    #[n(1)]
    pub id: RecordId,
    /// None for a thing.
    #[n(2)]
    pub part: Option<Part>,
}

impl DocKey {
    /// The thing `id` of `kind`.
    pub fn thing(kind: impl Into<String>, id: RecordId) -> Self {
        Self { kind: kind.into(), id, part: None }
    }
    /// The part of the stream `kind` of `parent` for `period`.
    pub fn stream(kind: impl Into<String>, parent: RecordId, period: impl Into<String>, shard: u8) -> Self {
        Self { kind: kind.into(), id: parent, part: Some(Part { period: period.into(), shard }) }
    }
}

/// A value in a record.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Value {
    /// Nothing.
    #[n(0)]
    Null,
    /// Yes or no.
    #[n(1)]
    Bool(#[n(0)] bool),
    /// A whole number: counts, minor units of money, milliseconds.
    #[n(2)]
    Int(#[n(0)] i64),
    /// A measurement.
    #[n(3)]
    Float(#[n(0)] f64),
    /// Words.
    #[n(4)]
    Text(#[n(0)] String),
    /// Packed scalars of a stream row.
    #[n(5)]
    Bytes(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A set, map or ordered list: flat keys to scalars.
    #[n(6)]
    Map(#[n(0)] BTreeMap<String, Value>),
}

/// A document as the read model holds it.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Row {
    /// Which document.
    #[n(0)]
    pub key: DocKey,
    /// When its first change was made, in milliseconds since 1970 by its author's clock.
    #[n(1)]
    pub created: i64,
    /// When its newest change was made, likewise.
    #[n(2)]
    pub updated: i64,
    /// Whether it is in the trash: a delete mark exists and no change is concurrent with it or later.
    #[n(3)]
    pub deleted: bool,
    /// Its fields, unknown ones included.
    #[n(4)]
    pub fields: BTreeMap<String, Value>,
}

/// How a change came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A person.
    Hand,
    /// A rule of the core.
    Rule,
    /// An import.
    Import,
    /// A partner.
    Partner,
    /// A proposal of an AI that the person accepted.
    Ai,
    /// A change was taken back.
    Undo,
}

impl Origin {
    /// One letter, stored in the change.
    pub const fn letter(self) -> char {
        match self {
            Self::Hand => 'h',
            Self::Rule => 'r',
            Self::Import => 'i',
            Self::Partner => 'p',
            Self::Ai => 'a',
            Self::Undo => 'u',
        }
    }
    /// The origin that `letter` stands for.
    pub const fn of_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'h' => Self::Hand,
            'r' => Self::Rule,
            'i' => Self::Import,
            'p' => Self::Partner,
            'a' => Self::Ai,
            'u' => Self::Undo,
            _ => return None,
        })
    }
}

/// Where in a document a value stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// A field of the record.
    Field(String),
    /// A key of one of the kind's declared maps.
    Key(String, String),
}

impl Path {
    /// The field or map it begins with.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(name) | Self::Key(name, _) => name,
        }
    }
}

/// One step of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum EditOp {
    /// Writes a scalar.
    Put(Path, Value),
    /// Removes a value.
    Remove(Path),
    /// Makes a declared text field read so; only the difference is written, so concurrent edits of it both stay.
    PutText(String, String),
    /// Puts the record in the trash.
    Trash,
    /// Takes it out again.
    Untrash,
}

/// What must be so for an edit to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The record has no changes yet.
    New,
    /// The record exists; it may be in the trash.
    Exists,
    /// Either.
    Any,
}

/// Changes one document, as one automerge change.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Which document.
    pub key: DocKey,
    /// What must be so.
    pub expect: Expect,
    /// In order. An edit without steps is an empty change: it moves `updated` alone.
    pub ops: Vec<EditOp>,
    /// The time the change bears, in milliseconds since 1970; now, unless an import restores one.
    pub time: Option<i64>,
    /// How it came about.
    pub origin: Origin,
}

impl Edit {
    /// About how many bytes its changes take.
    pub(crate) fn size(&self) -> usize {
        let of_value = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 9,
        };
        let of_op = |op: &EditOp| match op {
            EditOp::Put(_, value) => of_value(value),
            EditOp::PutText(_, text) => text.len(),
            _ => 0,
        };
        // Keys, ids and framing of an operation are about 48 bytes.
        self.ops.iter().map(|op| of_op(op) + 48).sum::<usize>() + 64
    }
}

/// One change in a record's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryItem {
    /// Names the change.
    pub change: [u8; 32],
    /// When, by the author's clock, in milliseconds since 1970.
    pub time: i64,
    /// First 8 bytes of the author's device id.
    pub device: [u8; 8],
    /// How it came about, if known.
    pub origin: Option<Origin>,
    /// Whether it made the record: its author had seen no other change of it.
    pub made: bool,
    /// Whether it put the record in the trash.
    pub trashed: bool,
    /// Whether it took the record out of the trash: all that its author had seen last had put it there.
    pub restored: bool,
    /// What it changed: where, from, to.
    pub fields: Vec<FieldChange>,
}

/// One value that a change changed.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Where.
    pub path: Path,
    /// Before, by what the author had seen.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
}

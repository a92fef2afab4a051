//! The last changes of a vault, whoever made them, and what takes each back.
//!
//! Nothing is scanned for it: every record stands in a bucket of the day on which it was last changed (`buckets`), and only
//! documents that the answer shows are loaded. Days are those of UTC, so that all devices file a record alike.

mod asking;
mod back;
mod taking;

pub use asking::Asking;
pub(crate) use asking::day_of;
pub use back::{Standing, TakenBack};
pub use taking::TakingBack;

use crate::presence::PRESENCE;
use crate::push::PUSH_SUBSCRIPTION;
use crate::record::{RecordType, Shape};
use crate::{describe, raw, reading};
use engine::{DocKey, HistoryItem, RecordId, Row};
use serde_json::{Value as Json, json};

/// A change of the vault.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The document it changed.
    pub key: DocKey,
    /// What it is called: itself or, of a row of a stream, what it belongs to.
    pub title: String,
    /// The change.
    pub item: HistoryItem,
    /// How it stands now.
    pub standing: Standing,
}

/// Whether changes of a type are what a person did, and not what the app notes by itself.
pub(crate) fn is_told(kind: &str) -> bool {
    kind != PRESENCE && kind != PUSH_SUBSCRIPTION
}

impl Change {
    /// The record that has the name: of a row of a stream, what it belongs to.
    pub fn owner(&self) -> DocKey {
        owner(&self.key)
    }

    /// What [`change_of`] reads.
    pub fn name(&self) -> String {
        raw::hex(&self.item.change)
    }

    /// Whether both came of one and the same doing.
    pub fn is_of(&self, other: &Self) -> bool {
        let step = |change: &Self| (change.item.time, change.item.device, change.item.origin);
        step(self) == step(other)
    }

    /// For programs: what [`describe`] says of a change, and `type`, `of` and `id` (the record that has the name: of a
    /// row of a stream, what it belongs to), `title`, `document` ([`document_name`]) and `standing` (`whole`, `partly`, `changed`, `back`).
    pub fn to_json(&self) -> Json {
        let Ok(record) = RecordType::find(&self.key.kind) else { return Json::Null };
        let mut json = describe(std::slice::from_ref(&self.item), record).pop().unwrap_or_default();
        let more = json!({
            "type": self.key.kind,
            "of": self.owner().kind,
            "id": self.key.id.to_string(),
            "title": self.title,
            "document": document_name(&self.key),
            "standing": match self.standing {
                Standing::Whole => "whole",
                Standing::Partly => "partly",
                Standing::Changed => "changed",
                Standing::Back => "back",
            },
        });
        if let (Json::Object(json), Json::Object(more)) = (&mut json, more) {
            json.extend(more);
        }
        json
    }
}

fn owner(key: &DocKey) -> DocKey {
    match RecordType::find(&key.kind).map(|record| record.shape) {
        Ok(Shape::Stream { parent, .. }) => DocKey::thing(parent, key.id),
        _ => key.clone(),
    }
}

fn title_of(rows: &[Row], key: &DocKey) -> String {
    let owner = owner(key);
    rows.iter().find(|row| row.key == owner).map(reading::title).unwrap_or_default()
}

/// A document in one word: `task/ID`, or `habit_log/ID/2026/0` for a part of a stream.
pub fn document_name(key: &DocKey) -> String {
    match &key.part {
        None => format!("{}/{}", key.kind, key.id),
        Some(part) => format!("{}/{}/{}/{}", key.kind, key.id, part.period, part.shard),
    }
}

/// What [`document_name`] says; None if it is no such word.
pub fn document_of(name: &str) -> Option<DocKey> {
    let mut words = name.split('/');
    let (kind, id) = (words.next()?, words.next()?);
    let record = RecordType::find(kind).ok()?;
    let id: RecordId = id.parse().ok()?;
    let key = match words.next() {
        None => DocKey::thing(record.name, id),
        Some(period) => DocKey::stream(record.name, id, period, words.next()?.parse().ok()?),
    };
    (words.next().is_none() && key.part.is_some() == record.is_stream()).then_some(key)
}

/// The change of a name in hex; None if it is no such name.
pub fn change_of(hex: &str) -> Option<[u8; 32]> {
    raw::unhex(hex)?.try_into().ok()
}

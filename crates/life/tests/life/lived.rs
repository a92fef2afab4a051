//! A vault with its history, as every device has it: a fake that answers what the engine does.

use crate::support::{apply, assign, id};
use engine::record::FieldChange;
use engine::{BucketPage, DocKey, Edit, EditOp, HistoryItem, Origin, Path, Query, Reply, Row, Value};
use life::recent::{Asking, Change, TakenBack, TakingBack};
use life::{LogAction, LogEntry, Moment, RecordType};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
/// 18 November 2026, 07:06 in UTC.
pub const NOW: i64 = 1_795_000_000_000 - 4 * HOUR;

/// Documents and all that happened to them, as every device has it.
#[derive(Default)]
pub struct Vault {
    pub rows: BTreeMap<DocKey, Row>,
    pub items: BTreeMap<DocKey, Vec<HistoryItem>>,
    count: u8,
    /// Documents that were loaded for an answer.
    pub loaded: Vec<DocKey>,
    pub asked: usize,
}

fn value(row: Option<&Row>, path: &Path) -> Option<Value> {
    match (path, row) {
        (Path::Field(name), Some(row)) => row.fields.get(name).cloned(),
        (Path::Key(name, key), Some(row)) => match row.fields.get(name) {
            Some(Value::Map(map)) => map.get(key).cloned(),
            _ => None,
        },
        (_, None) => None,
    }
}

impl Vault {
    /// Makes a change as a device does; gives its name.
    pub fn make(&mut self, edit: &Edit, now: i64, device: u8) -> [u8; 32] {
        self.count += 1;
        let before = self.rows.get(&edit.key).cloned();
        let after = apply(edit, before.clone(), now);
        let path = |op: &EditOp| match op {
            EditOp::Put(path, _) | EditOp::Remove(path) => Some(path.clone()),
            EditOp::PutText(name, _) => Some(Path::Field(name.clone())),
            EditOp::Trash | EditOp::Untrash => None,
        };
        let paths: BTreeSet<Path> = edit.ops.iter().filter_map(path).collect();
        let field = |path: Path| FieldChange {
            before: value(before.as_ref(), &path),
            after: value(Some(&after), &path),
            path,
        };
        let item = HistoryItem {
            change: [self.count; 32],
            time: now,
            device: [device; 8],
            origin: Some(edit.origin),
            made: before.is_none(),
            trashed: edit.ops.contains(&EditOp::Trash),
            restored: before.as_ref().is_some_and(|row| row.deleted) && !edit.ops.contains(&EditOp::Trash),
            fields: paths.into_iter().map(field).filter(|change| change.before != change.after).collect(),
        };
        self.items.entry(edit.key.clone()).or_default().push(item);
        self.rows.insert(edit.key.clone(), after);
        [self.count; 32]
    }

    pub fn add(&mut self, kind: &str, n: u8, texts: &[&str], now: i64) -> DocKey {
        let record = RecordType::find(kind).unwrap();
        let edit = life::create(record, id(n), &assign(texts), Origin::Hand).unwrap();
        self.make(&edit, now, 1);
        edit.key
    }

    pub fn set(&mut self, key: &DocKey, texts: &[&str], now: i64, device: u8) -> [u8; 32] {
        let edit = life::update(&self.rows[key], &assign(texts), Origin::Hand).unwrap().unwrap();
        self.make(&edit, now, device)
    }

    pub fn tick(&mut self, habit: &DocKey, date: &str, action: LogAction, now: i64) -> [u8; 32] {
        let moment = Moment { now, timezone: "UTC".into(), today: "2026-11-18".parse().unwrap() };
        let date = date.parse().unwrap();
        let entry = LogEntry { date, action, time: None, note: None, origin: Origin::Hand };
        let habit = self.rows[habit].clone();
        let existing = self.rows.get(&life::log::log_key(&habit, date)).cloned();
        let edit = life::log_habit(&habit, existing.as_ref(), &entry, &moment).unwrap().unwrap();
        self.make(&edit, now, 1)
    }

    fn answer(&mut self, query: Query) -> Reply {
        self.asked += 1;
        match query {
            Query::LastChanges { key, limit } => {
                let all = &self.items[&key];
                self.loaded.push(key.clone());
                Reply::History(all[all.len().saturating_sub(limit)..].to_vec())
            }
            Query::History(key) => Reply::History(self.items[&key].clone()),
            Query::Get(keys) => Reply::Rows(keys.iter().map(|key| self.rows.get(key).cloned()).collect()),
            // Small pages, so that there are many.
            Query::Bucket { bucket, before, .. } => {
                assert!(engine::is_shared(&bucket), "{bucket}");
                let of = life::schema().buckets().unwrap();
                let mut found: Vec<(String, &Row)> =
                    self.rows.values().filter_map(|row| Some((of(row).remove(&bucket)?, row))).collect();
                found.sort_by(|(a, one), (b, other)| (a, &one.key).cmp(&(b, &other.key)));
                found.truncate(before.map_or(found.len(), |before| usize::from(before[0])));
                let start = found.len().saturating_sub(3);
                let before = (start > 0).then(|| vec![u8::try_from(start).unwrap()]);
                let rows = found[start..].iter().map(|(_, row)| (*row).clone()).collect();
                Reply::Bucket(BucketPage { rows, total: 0, before })
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn recent(&mut self, limit: usize) -> Vec<Change> {
        let mut asking = Asking::new(limit, NOW);
        while let Some(question) = asking.question() {
            let reply = self.answer(question);
            asking.answer(reply).unwrap();
        }
        asking.changes()
    }

    pub fn back(&self, key: &DocKey, changes: &[[u8; 32]]) -> TakenBack {
        TakenBack::of(&self.items[key], &changes.iter().copied().collect(), &self.rows[key])
    }

    /// Takes changes back; says what was left.
    pub fn take_back(&mut self, key: &DocKey, changes: &[[u8; 32]]) -> Vec<Path> {
        let named: Vec<_> = changes.iter().map(|change| (key.clone(), *change)).collect();
        self.take_all_back(&named).expect("the record is there")
    }

    /// Likewise, of several documents; none if one of them is not there.
    pub fn take_all_back(&mut self, changes: &[(DocKey, [u8; 32])]) -> Option<Vec<Path>> {
        let mut taking = TakingBack::new(changes.iter().cloned());
        while let Some(question) = taking.question() {
            let reply = self.answer(question);
            taking.answer(reply).unwrap();
        }
        let back = taking.taken_back()?;
        for edit in &back.edits {
            self.make(edit, NOW, 9);
        }
        Some(back.left)
    }

    pub fn fields(&self, key: &DocKey) -> Json {
        crate::support::fields(&self.rows[key])
    }
}

//! A row as the engine would make it of edits: a fake with the rules that matter here. It refuses what the engine
//! refuses, so that an edit which no document could take fails the test.

use engine::{BucketPage, Container, Edit, EditOp, Expect, Origin, Path, Query, RecordId, Reply, Row, Value};
use life::limits::DAY_TASKS;
use life::{Assignment, FieldError, RecordType};
use std::collections::BTreeMap;

pub const NOW: i64 = 1_795_000_000_000;

pub fn id(n: u8) -> RecordId {
    RecordId::new([n; 16])
}

pub fn apply(edit: &Edit, row: Option<Row>, now: i64) -> Row {
    match edit.expect {
        Expect::New => assert!(row.is_none(), "{:?} exists", edit.key),
        Expect::Exists => assert!(row.is_some(), "{:?} does not exist", edit.key),
        Expect::Any => {}
    }
    let kind = life::schema().get(&edit.key.kind).expect("a kind of the schema");
    let time = edit.time.unwrap_or(now);
    let mut row = row.unwrap_or_else(|| Row {
        key: edit.key.clone(),
        created: time,
        updated: time,
        deleted: false,
        fields: BTreeMap::new(),
    });
    row.created = row.created.min(time);
    row.updated = row.updated.max(time);
    row.deleted = false;
    for op in &edit.ops {
        match op {
            EditOp::Put(Path::Field(name), value) => {
                assert!(
                    kind.container(name).is_none() && !matches!(value, Value::Map(_)),
                    "no place for {name}"
                );
                row.fields.insert(name.clone(), value.clone());
            }
            EditOp::Remove(Path::Field(name)) => {
                row.fields.remove(name).expect("something to remove");
            }
            EditOp::Put(Path::Key(name, key), value) => {
                assert!(!matches!(value, Value::Map(_)), "no place for a map in {name}");
                assert_eq!(kind.container(name), Some(Container::Map), "no place for {name}");
                map(&mut row, name).insert(key.clone(), value.clone());
            }
            EditOp::Remove(Path::Key(name, key)) => {
                map(&mut row, name).remove(key).expect("something to remove");
            }
            EditOp::PutText(name, text) => {
                assert_eq!(kind.container(name), Some(Container::Text));
                row.fields.insert(name.clone(), Value::Text(text.clone()));
            }
            EditOp::Trash => row.deleted = true,
            EditOp::Untrash => row.deleted = false,
        }
    }
    // Like the engine's read model, which leaves empty containers out.
    row.fields.retain(|_, value| {
        !matches!(value, Value::Map(m) if m.is_empty()) && *value != Value::Text("".into())
    });
    row
}

fn map<'a>(row: &'a mut Row, name: &str) -> &'a mut BTreeMap<String, Value> {
    match row.fields.entry(name.to_owned()).or_insert_with(|| Value::Map(BTreeMap::new())) {
        Value::Map(map) => map,
        other => panic!("{name} is no map but {other:?}"),
    }
}

pub fn assign(texts: &[&str]) -> Vec<Assignment> {
    texts.iter().map(|t| Assignment::parse(t).expect("an assignment")).collect()
}

pub fn try_create(kind: &str, texts: &[&str]) -> Result<Row, FieldError> {
    let record = RecordType::find(kind)?;
    life::create(record, id(1), &assign(texts), Origin::Hand).map(|edit| apply(&edit, None, NOW))
}

pub fn create(kind: &str, texts: &[&str]) -> Row {
    try_create(kind, texts).expect("good fields")
}

pub fn try_update(row: &Row, texts: &[&str]) -> Result<Row, FieldError> {
    let edit = life::update(row, &assign(texts), Origin::Hand)?;
    Ok(edit.map_or_else(|| row.clone(), |edit| apply(&edit, Some(row.clone()), NOW + 1)))
}

pub fn update(row: &Row, texts: &[&str]) -> Row {
    try_update(row, texts).expect("good fields")
}

pub fn fields(row: &Row) -> serde_json::Value {
    life::to_json(row)["fields"].clone()
}

/// Answers as the engine does, from a read model of these rows. Pages are small, so that there are many.
pub fn answer(rows: &[Row], question: Query) -> Reply {
    match question {
        Query::Get(keys) => {
            Reply::Rows(keys.iter().map(|key| rows.iter().find(|row| row.key == *key).cloned()).collect())
        }
        Query::Bucket { kind, bucket, until, before, limit } => {
            let limit = if limit == DAY_TASKS { limit } else { 3 };
            let of = life::schema().buckets().expect("buckets");
            let mut found: Vec<(String, &Row)> = rows
                .iter()
                .filter(|row| row.key.kind == kind)
                .filter_map(|row| Some((of(row).remove(&bucket)?, row)))
                .filter(|(order, _)| until.as_ref().is_none_or(|until| order <= until))
                .collect();
            found.sort_by(|(a, one), (b, other)| (a, &one.key).cmp(&(b, &other.key)));
            let end = before.map_or(found.len(), |before| usize::from(before[0]));
            found.truncate(end);
            let start = end.saturating_sub(limit);
            let before = (start > 0).then(|| vec![u8::try_from(start).unwrap_or(u8::MAX)]);
            let rows = found[start..].iter().map(|(_, row)| (*row).clone()).collect();
            Reply::Bucket(BucketPage { rows, total: found.len() as u64, before })
        }
        Query::List { kind, parent, after, limit: _ } => {
            let of = |row: &&Row| row.key.kind == kind && parent.is_none_or(|parent| row.key.id == parent);
            let mut found: Vec<Row> = rows.iter().filter(of).cloned().collect();
            found.sort_by(|a, b| a.key.cmp(&b.key));
            let start = after.map_or(0, |after| usize::from(after[0]));
            let next = start + 2;
            let more = (next < found.len()).then(|| vec![u8::try_from(next).unwrap_or(u8::MAX)]);
            Reply::Page(found.into_iter().skip(start).take(2).collect(), more)
        }
        other => panic!("{other:?}"),
    }
}

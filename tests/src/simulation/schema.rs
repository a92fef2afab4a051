//! A small schema with one of everything the engine supports.

use engine::{
    Buckets, Container, DocKey, Edit, EditOp, Expect, Kind, Origin, Path, Period, RecordId, Row, Schema,
    Stream, Text, Value, Weight, is_shared,
};

/// A thing with scalars, a map and prose.
pub static THING: Kind = Kind {
    name: "thing",
    containers: &[("tags", Container::Map), ("notes", Container::Text)],
    extensions: &[],
    stream: None,
};

/// Rows by parent and year.
pub static LOG: Kind = Kind {
    name: "log",
    containers: &[("rows", Container::Map)],
    extensions: &[],
    stream: Some(Stream { period: Period::Year, shards: 1 }),
};

/// The key of one of many things.
pub fn numbered(n: u32) -> DocKey {
    let mut id = [7; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    DocKey::thing("thing", RecordId::new(id))
}

/// Gives one of many things a title, whether it is there or not.
pub fn titled(n: u32, title: &str) -> Edit {
    let op = EditOp::Put(Path::Field("title".into()), Value::Text(title.into()));
    Edit { key: numbered(n), expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand }
}

/// Both.
pub fn schema() -> Schema {
    Schema::new([&THING, &LOG]).searched_by(texts).bucketed_by(buckets)
}

/// A bucket of all kinds: what is marked with `other`, and logs, in the trash or not.
pub const MARKED: &str = "/marked";

/// Things stand by the beginning of their title, and all that are there in one more; logs by their period.
fn buckets(row: &Row) -> Buckets {
    let mut places = own_buckets(row);
    if row.key.part.is_some() || row.fields.contains_key("other") {
        places.insert(MARKED.into(), format!("{:020}", row.updated.max(0)));
    }
    places
}

fn own_buckets(row: &Row) -> Buckets {
    if row.deleted {
        return Buckets::new();
    }
    if let Some(part) = &row.key.part {
        return Buckets::from([("all".into(), part.period.clone())]);
    }
    let title = match row.fields.get("title") {
        Some(Value::Text(title)) => title.clone(),
        _ => String::new(),
    };
    let first = title.chars().next().map_or_else(|| "untitled".into(), |first| first.to_string());
    Buckets::from([(first, title), ("all".into(), format!("{:020}", row.created.max(0)))])
}

/// What a bucket of things, or one of all kinds, has to hold, from the first to the last, where the read model has these rows.
pub fn in_bucket(rows: &[Row], bucket: &str, until: Option<&str>) -> Vec<Row> {
    let things = rows.iter().filter(|row| is_shared(bucket) || row.key.kind == THING.name);
    let placed = things.filter_map(|row| Some((buckets(row).remove(bucket)?, row)));
    let mut placed: Vec<(String, &Row)> =
        placed.filter(|(order, _)| until.is_none_or(|until| order.as_str() <= until)).collect();
    placed.sort_by(|(a, one), (b, other)| (a, &one.key).cmp(&(b, &other.key)));
    placed.into_iter().map(|(_, row)| row.clone()).collect()
}

/// Every text is searched: a thing's title, labels and the rest, and the rows of a log.
fn texts(row: &Row) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut add = |place: Option<&String>, field: &str, weight, text: &str| {
        texts.push(Text { place: place.cloned(), field: field.into(), weight, text: text.into() });
    };
    for (field, value) in &row.fields {
        match value {
            Value::Text(text) if field == "title" => add(None, field, Weight::Title, text),
            Value::Text(text) => add(None, field, Weight::Body, text),
            Value::Map(rows) if row.key.part.is_some() => {
                for (place, value) in rows {
                    if let Value::Text(text) = value {
                        add(Some(place), "note", Weight::Body, text);
                    }
                }
            }
            Value::Map(labels) => labels.keys().for_each(|label| add(None, field, Weight::Label, label)),
            _ => {}
        }
    }
    texts
}

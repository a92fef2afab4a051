//! Commands that show records.

use crate::args;
use crate::driver::unexpected;
use crate::error::{Error, Result};
use crate::output::{Answer, table};
use crate::records;
use crate::vault::Vault;
use data_encoding::BASE64URL_NOPAD;
use engine::{Query, RecordId, Reply, Row};
use life::RecordType;
use serde_json::{Value as Json, json};

/// Most rows asked for at once.
const PAGE: usize = 500;

/// One record.
pub async fn get(vault: &mut Vault, args: &args::Id) -> Result<Answer> {
    let row = vault.row(&args.id).await?;
    Ok(Answer::new(records::view(&row), table(&records::details(&row))))
}

/// What `list` asks of each record.
struct Filter {
    parent: Option<RecordId>,
    conditions: Vec<(String, String)>,
    trash: bool,
}

impl Filter {
    fn new(record: &'static RecordType, args: &args::List) -> Result<Self> {
        let mut filter = Self { parent: None, conditions: Vec::new(), trash: args.trash };
        for text in &args.conditions {
            let Some((field, value)) = text.split_once('=') else {
                return Err(Error::usage(
                    "malformed",
                    format!("{text:?} is not a condition: write field=value"),
                ));
            };
            match record.shape {
                // A stream has no fields of its own; its documents are found by what they belong to.
                life::record::Shape::Stream { parent, .. } if field == "parent" || field == parent => {
                    filter.parent = Some(records::parse_id(value)?);
                }
                _ => filter.conditions.push((field.to_owned(), value.to_owned())),
            }
            // Who asks for the trash wants to see it.
            filter.trash |= field == "deleted";
        }
        Ok(filter)
    }

    fn takes(&self, row: &Row) -> Result<bool> {
        if row.deleted && !self.trash {
            return Ok(false);
        }
        for (field, value) in &self.conditions {
            if !life::matches(row, field, value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Records of a type, by pages.
pub async fn list(vault: &mut Vault, args: &args::List) -> Result<Answer> {
    let record = RecordType::find(&args.kind)?;
    let filter = Filter::new(record, args)?;
    // A wrong condition is told even where there is no record to try it on.
    for (field, _) in &filter.conditions {
        if !matches!(field.as_str(), "id" | "deleted") {
            record.field(field)?;
        }
    }
    let limit = args.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut after = match &args.after {
        Some(text) => Some(BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| {
            Error::usage("malformed", "the cursor is not one that `list` gave")
                .hint("use `next` of the page before")
        })?),
        None => None,
    };
    let mut found = Vec::new();
    loop {
        // Never more than still wanted, so that the cursor stands behind the last record shown.
        let wanted = PAGE.min(limit - found.len());
        let query = Query::List {
            kind: record.name.into(),
            parent: filter.parent,
            after: after.take(),
            limit: wanted,
        };
        let (rows, next) = match vault.driver.ask(query).await? {
            Reply::Page(rows, next) => (rows, next),
            other => return Err(unexpected(&other)),
        };
        for row in rows {
            if filter.takes(&row)? {
                found.push(row);
            }
        }
        after = next;
        if after.is_none() || found.len() >= limit {
            break;
        }
    }
    Ok(listed(&found, after.as_deref()))
}

fn listed(rows: &[Row], next: Option<&[u8]>) -> Answer {
    let next = next.map(|cursor| BASE64URL_NOPAD.encode(cursor));
    let views: Vec<Json> = rows.iter().map(records::view).collect();
    let line = |row: &Row| match &row.key.part {
        Some(part) => vec![row.key.id.to_string(), part.period.clone()],
        None => vec![row.key.id.to_string(), records::title(row)],
    };
    let mut text = table(&rows.iter().map(line).collect::<Vec<_>>());
    if let Some(next) = &next {
        text.push_str(&format!("\nmore: --after {next}"));
    }
    Answer::new(json!({ "records": views, "next": next }), text)
}

/// All changes of a record; of a habit, those of its log too.
pub async fn history(vault: &mut Vault, args: &args::Id) -> Result<Answer> {
    let row = vault.row(&args.id).await?;
    let mut changes = changes_of(vault, &row).await?;
    for record in life::all() {
        let life::record::Shape::Stream { parent, .. } = record.shape else { continue };
        if parent != row.key.kind {
            continue;
        }
        let mut after = None;
        loop {
            let query = Query::List {
                kind: record.name.into(),
                parent: Some(row.key.id),
                after: after.take(),
                limit: PAGE,
            };
            let (documents, next) = match vault.driver.ask(query).await? {
                Reply::Page(rows, next) => (rows, next),
                other => return Err(unexpected(&other)),
            };
            for document in &documents {
                changes.extend(changes_of(vault, document).await?);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    changes.sort_by_key(|change| change.order);
    let lines: Vec<Vec<String>> = changes.iter().flat_map(|change| lines_of(&change.json)).collect();
    let json: Vec<Json> = changes.into_iter().map(|change| change.json).collect();
    Ok(Answer::new(json!({ "id": row.key.id.to_string(), "changes": json }), table(&lines)))
}

/// A change, and where it stands among others: by time, those of one document in the order of their making.
struct Change {
    order: (i64, usize),
    json: Json,
}

async fn changes_of(vault: &mut Vault, row: &Row) -> Result<Vec<Change>> {
    let record = RecordType::find(&row.key.kind)?;
    let items = match vault.driver.ask(Query::History(row.key.clone())).await? {
        Reply::History(items) => items,
        other => return Err(unexpected(&other)),
    };
    let views = life::describe(&items, record);
    let mut latest = i64::MIN;
    let changes = items.iter().zip(views).enumerate().map(|(at, (item, mut json))| {
        if let Some(map) = json.as_object_mut() {
            map.insert("type".into(), row.key.kind.as_str().into());
        }
        // A clock that was put back does not change the order of changes that built on each other.
        latest = latest.max(item.time);
        Change { order: (latest, at), json }
    });
    Ok(changes.collect())
}

/// A change for people: a line a value.
fn lines_of(change: &Json) -> Vec<Vec<String>> {
    let text = |json: Option<&Json>| json.map(records::text).unwrap_or_default();
    let time = text(change.get("time"));
    let device = text(change.get("device"));
    let empty = Vec::new();
    let fields = change.get("changes").and_then(Json::as_array).unwrap_or(&empty);
    let mut lines: Vec<Vec<String>> = fields
        .iter()
        .map(|field| {
            let (place, values) = said(field);
            vec![time.clone(), device.clone(), place, values]
        })
        .collect();
    if change.get("trashed") == Some(&Json::Bool(true)) {
        lines.push(vec![time, device, "in the trash".into()]);
    }
    lines
}

/// A value that was changed: where, and from what to what.
pub(super) fn said(part: &Json) -> (String, String) {
    let text = |name: &str| part.get(name).map(records::text).unwrap_or_default();
    let place = ["field", "key", "item", "part"].iter().filter_map(|name| part.get(*name));
    let place = place.map(records::text).collect::<Vec<_>>().join(" ");
    (place, format!("{} -> {}", text("before"), text("after")))
}

/// The types of records and their fields. Needs no vault.
pub fn types() -> Result<Answer> {
    let fields = |record: &'static RecordType| -> Vec<Json> {
        let field = |field: &life::field::Field| json!({ "name": field.name, "required": field.required, "form": field.form(), "default": field.default });
        record.fields().chain(record.row_fields()).map(field).collect()
    };
    let types: Vec<Json> = life::all()
        .map(|record| json!({ "name": record.name, "about": record.about, "fields": fields(record) }))
        .collect();
    let text = life::all().map(RecordType::help).collect::<Vec<_>>().join("\n");
    Ok(Answer::new(json!({ "types": types }), text.trim_end()))
}

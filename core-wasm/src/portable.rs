//! Files in and out: everything, one type, what a calendar shows.

use crate::desk::Errand;
use crate::error::{Code, CoreError};
use crate::request::{LongWork, Portable};
use crate::undo::Undo;
use crate::wire::Effect;
use engine::{Edit, Row};
use life::csv::Table;
use life::ical::{Calendar, parse_calendar};
use life::import::{self, ImportItem};
use life::undo::Undo as Change;
use life::{Export, RecordType};
use serde_json::{Value as Json, json};
use std::slice;

/// Rows asked for, and documents planned, at once.
const PAGE: usize = 500;

/// The text of a file.
pub(crate) async fn export(errand: &Errand, form: Portable) -> Result<String, CoreError> {
    let bytes = match form {
        Portable::Json => {
            let mut export = Export::new();
            let all = life::all().map(|record| record.name);
            each(errand, all, |row| export.push(row).map_err(CoreError::internal)).await?;
            export.finish()
        }
        Portable::Ics => {
            let mut calendar = Calendar::new();
            let kinds = ["event", "task"].into_iter();
            each(errand, kinds, |row| calendar.push(row).map_err(CoreError::internal)).await?;
            calendar.finish().into_bytes()
        }
        Portable::Csv { record } => {
            let record = RecordType::find(&record)?;
            let mut table = Table::new(record);
            let push = |row: &Row| {
                table.push(row);
                Ok(())
            };
            each(errand, [record.name].into_iter(), push).await?;
            table.finish().map_err(CoreError::internal)?
        }
    };
    String::from_utf8(bytes).map_err(CoreError::internal)
}

/// Every row of these kinds, page by page; fails once a person stops it.
async fn each(
    errand: &Errand,
    kinds: impl Iterator<Item = &'static str>,
    mut take: impl FnMut(&Row) -> Result<(), CoreError>,
) -> Result<(), CoreError> {
    let stopped = errand.desk.begin(LongWork::Export);
    let mut done = 0;
    for kind in kinds {
        let mut after = None;
        loop {
            let (rows, next) = errand.desk.page(kind, None, after.take(), PAGE).await?;
            if stopped.get() {
                return Err(CoreError::new(
                    Code::Stopped,
                    format!("the export was stopped after {done} records"),
                ));
            }
            rows.iter().try_for_each(&mut take)?;
            done += count(rows.len());
            errand.desk.tell(Effect::Progress { job: "export".to_owned(), done, total: None });
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Makes the vault say what a file says, in one step for whoever takes it back; or with `dry` only says what would change.
/// What was written before it was stopped stays, and can be taken back.
pub(crate) async fn import(
    errand: &Errand,
    form: Portable,
    bytes: &[u8],
    dry: bool,
) -> Result<Json, CoreError> {
    let now = errand.clock.millis();
    let file = match form {
        Portable::Json => import::parse(bytes),
        Portable::Ics => parse_calendar(bytes, now),
        Portable::Csv { record } => import::parse_csv(RecordType::find(&record)?, bytes, now),
    }?;
    let mut brought = Brought::default();
    let done = bring_in(errand, &file.items, dry, &mut brought).await;
    if !brought.back.is_empty() {
        // What was written before an error can be taken back too. What was written last is taken back first.
        errand.desk.remember(brought.back.into_iter().rev().flatten().collect());
    }
    let stopped = done?;
    let Brought { new, changed, .. } = brought;
    Ok(json!({ "documents": file.items.len(), "new": new, "changed": changed, "stopped": stopped }))
}

/// What came of a file.
#[derive(Default)]
struct Brought {
    new: u64,
    /// New or changed.
    changed: u64,
    /// What takes back what was written, in the order of writing.
    back: Vec<Undo>,
}

/// Goes through a file until it ends or is stopped, and says whether it was stopped.
async fn bring_in(
    errand: &Errand,
    all: &[ImportItem],
    dry: bool,
    brought: &mut Brought,
) -> Result<bool, CoreError> {
    let stopped = errand.desk.begin(LongWork::Import);
    let mut done = 0;
    for items in all.chunks(PAGE) {
        let rows = errand.desk.rows(items.iter().map(|item| item.key().clone()).collect()).await?;
        if stopped.get() {
            return Ok(true);
        }
        let mut changes = Vec::new();
        for (item, row) in items.iter().zip(&rows) {
            let edits = import::plan(item, row.as_ref())?;
            if !edits.is_empty() {
                brought.new += u64::from(row.is_none());
                brought.changed += 1;
                changes.push((edits, row));
            }
        }
        if !dry {
            let back = |(edits, row): &(Vec<Edit>, &Option<Row>)| {
                Change::of(edits, row.as_ref().map(slice::from_ref).unwrap_or_default())
            };
            brought.back.extend(changes.iter().map(back));
            errand.desk.edit_each(changes.into_iter().map(|(edits, _)| edits).collect()).await?;
        }
        done += items.len();
        let told =
            Effect::Progress { job: "import".to_owned(), done: count(done), total: Some(count(all.len())) };
        errand.desk.tell(told);
    }
    Ok(false)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

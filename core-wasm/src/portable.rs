//! Files in and out: everything, one type, what a calendar shows.

use crate::desk::Errand;
use crate::error::CoreError;
use crate::request::Portable;
use crate::undo::{self, Undo};
use crate::wire::Effect;
use engine::Row;
use life::csv::Table;
use life::ical::{Calendar, parse_calendar};
use life::import::{self, ImportItem};
use life::{Export, RecordType};
use serde_json::{Value as Json, json};

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

/// Every row of these kinds, page by page.
async fn each(
    errand: &Errand,
    kinds: impl Iterator<Item = &'static str>,
    mut take: impl FnMut(&Row) -> Result<(), CoreError>,
) -> Result<(), CoreError> {
    let mut done = 0;
    for kind in kinds {
        let mut after = None;
        loop {
            let (rows, next) = errand.desk.page(kind, None, after.take(), PAGE).await?;
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
    let mut back = Vec::new();
    let brought = bring_in(errand, &file.items, (!dry).then_some(&mut back)).await;
    if !back.is_empty() {
        // What was written before an error can be taken back too. What was written last is taken back first.
        errand.desk.remember(back.into_iter().rev().flatten().collect());
    }
    let (new, changed) = brought?;
    Ok(json!({ "documents": file.items.len(), "new": new, "changed": changed }))
}

/// How many documents are new, and how many are new or changed. They are written if there is somewhere to keep what takes it back.
async fn bring_in(
    errand: &Errand,
    all: &[ImportItem],
    mut back: Option<&mut Vec<Undo>>,
) -> Result<(u64, u64), CoreError> {
    let (mut new, mut changed, mut done) = (0, 0_u64, 0);
    for items in all.chunks(PAGE) {
        let rows = errand.desk.rows(items.iter().map(|item| item.key().clone()).collect()).await?;
        for (item, row) in items.iter().zip(&rows) {
            let edits = import::plan(item, row.as_ref())?;
            if edits.is_empty() {
                continue;
            }
            new += u64::from(row.is_none());
            changed += 1;
            if let Some(back) = &mut back {
                let undo = undo::before(errand, &edits).await?;
                errand.desk.edit(edits).await?;
                back.push(undo);
            }
        }
        done += items.len();
        let told =
            Effect::Progress { job: "import".to_owned(), done: count(done), total: Some(count(all.len())) };
        errand.desk.tell(told);
    }
    Ok((new, changed))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

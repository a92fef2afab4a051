//! `export` and `import`: everything in one file that any program can read, and back.

use super::day;
use crate::args::{self, Portable};
use crate::driver::unexpected;
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::output::{Answer, Note};
use crate::vault::Vault;
use engine::{Command, Edit, Query, Reply, Row};
use life::csv::Table;
use life::ical::{Calendar, parse_calendar};
use life::import::{self, ImportError, ImportItem};
use life::{Export, RecordType};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Rows asked for, and documents planned, at once.
const PAGE: usize = 500;
/// Progress is told after so many documents.
const TELL_EVERY: usize = 5_000;

/// Writes records to a file, at once or not at all.
pub async fn export(vault: &mut Vault, args: &args::Export) -> Result<Answer> {
    let (bytes, count) = match form(args.format, &args.output, args.kind.as_deref())? {
        Form::Json => everything(vault).await?,
        Form::Table(record) => {
            let rows = day::all(vault, record.name).await?;
            let mut table = Table::new(record);
            rows.iter().for_each(|row| table.push(row));
            (table.finish().map_err(|error| Error::failed("export_failed", error.to_string()))?, rows.len())
        }
        Form::Calendar => {
            let (mut calendar, mut count) = (Calendar::new(), 0);
            for kind in ["event", "task"] {
                for row in day::all(vault, kind).await? {
                    calendar.push(&row).map_err(|error| Error::failed("export_failed", error.to_string()))?;
                    count += 1;
                }
            }
            (calendar.finish().into_bytes(), count)
        }
    };
    if args.output == Path::new("-") {
        let mut out = std::io::stdout().lock();
        out.write_all(&bytes).and_then(|()| out.flush()).map_err(|error| {
            Error::failed("output_closed", format!("the export could not be written: {error}"))
        })?;
        return Ok(Answer::silent());
    }
    write_atomically(&args.output, &bytes)?;
    let json = json!({ "file": args.output, "documents": count, "bytes": bytes.len() });
    let text = format!(
        "{count} documents in {} ({} bytes). The file is not encrypted.",
        args.output.display(),
        bytes.len()
    );
    Ok(Answer::new(json, text))
}

async fn everything(vault: &mut Vault) -> Result<(Vec<u8>, usize)> {
    let (mut export, mut count) = (Export::new(), 0);
    for record in life::all() {
        let push = |row: Row| {
            count += 1;
            export.push(&row).map_err(|error| Error::failed("export_failed", error.to_string()))
        };
        day::each(vault, record.name, push).await?;
    }
    Ok((export.finish(), count))
}

/// How a file is written or read.
enum Form {
    Json,
    Table(&'static RecordType),
    Calendar,
}

/// As it is asked for, or as the name of the file says.
fn form(asked: Option<Portable>, file: &Path, kind: Option<&str>) -> Result<Form> {
    let end = file.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    let by_name = match end.as_deref() {
        Some("csv") => Portable::Csv,
        Some("ics") => Portable::Ics,
        _ => Portable::Json,
    };
    match (asked.unwrap_or(by_name), kind) {
        (Portable::Csv, Some(kind)) => Ok(Form::Table(RecordType::find(kind)?)),
        (Portable::Csv, None) => {
            Err(Error::usage("usage", "a table has the records of one type: add --type TYPE")
                .hint("`lifeos types` lists the types"))
        }
        (_, Some(_)) => Err(Error::usage("usage", "--type is for tables: add --format csv")),
        (Portable::Json, None) => Ok(Form::Json),
        (Portable::Ics, None) => Ok(Form::Calendar),
    }
}

/// Makes the vault say what a file says; what the file does not name stays as it is.
pub async fn import(vault: &mut Vault, args: &args::Import) -> Result<Answer> {
    let bytes = read(&args.file)?;
    let now = vault.driver.clock().millis();
    let file = match form(args.format, &args.file, args.kind.as_deref())? {
        Form::Json => import::parse(&bytes),
        Form::Table(record) => import::parse_csv(record, &bytes, now),
        Form::Calendar => parse_calendar(&bytes, now),
    };
    let file = file.map_err(|error| refused(&args.file, &error))?;
    drop(bytes);
    let total = file.items.len();
    if args.dry_run {
        return rehearse(vault, &file.items).await;
    }
    let (mut done, mut changed) = (0, 0);
    for items in file.items.chunks(PAGE) {
        changed += bring_in(vault, items).await.map_err(|error| {
            let hint =
                format!("{done} of {total} documents were imported; running it again goes on from there");
            if done == 0 { error } else { error.hint(hint) }
        })?;
        done += items.len();
        if done % TELL_EVERY == 0 && done < total {
            vault.form.note(&Note::new("progress", format!("importing: {done} of {total}")));
        }
        vault.notices(|_| {});
    }
    let json = json!({ "documents": total, "changed": changed });
    Ok(Answer::new(json, format!("{total} documents read, {changed} of them changed something.")))
}

/// Says what an import would do, and does nothing.
async fn rehearse(vault: &mut Vault, items: &[ImportItem]) -> Result<Answer> {
    let (mut new, mut changed) = (0, 0);
    for items in items.chunks(PAGE) {
        for (row, edits) in plans(vault, items).await? {
            match (row, edits.is_empty()) {
                (false, false) => new += 1,
                (true, false) => changed += 1,
                (_, true) => {}
            }
        }
    }
    let total = items.len();
    let json = json!({ "documents": total, "new": new, "changed": changed, "dry_run": true });
    Ok(Answer::new(
        json,
        format!("{total} documents read: {new} would be new, {changed} changed. Nothing was written."),
    ))
}

/// Whether each document is there, and the edits that it takes.
async fn plans(vault: &mut Vault, items: &[ImportItem]) -> Result<Vec<(bool, Vec<Edit>)>> {
    let keys = items.iter().map(|item| item.key().clone()).collect();
    let rows: Vec<Option<Row>> = match vault.driver.ask(Query::Get(keys)).await? {
        Reply::Rows(rows) => rows,
        other => return Err(unexpected(&other)),
    };
    let plan = |(item, row): (&ImportItem, &Option<Row>)| match import::plan(item, row.as_ref()) {
        Ok(edits) => Ok((row.is_some(), edits)),
        Err(error) => Err(Error::usage("import_refused", error.to_string())),
    };
    items.iter().zip(&rows).map(plan).collect()
}

/// Imports some documents; gives how many changed something.
async fn bring_in(vault: &mut Vault, items: &[ImportItem]) -> Result<usize> {
    let mut requests = Vec::new();
    for (_, edits) in plans(vault, items).await? {
        if !edits.is_empty() {
            requests.push(vault.driver.submit(Command::Edit(edits)));
        }
    }
    for request in &requests {
        match vault.driver.answer(*request).await? {
            Reply::Edited(_) => {}
            other => return Err(unexpected(&other)),
        }
    }
    vault.forget();
    Ok(requests.len())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let limit = u64::try_from(life::limits::IMPORT_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| Error::io("read", path, &error))?;
    Ok(bytes)
}

fn refused(path: &Path, error: &ImportError) -> Error {
    Error::usage("import_refused", format!("{} cannot be imported: {error}", path.display()))
        .hint("nothing was imported")
}

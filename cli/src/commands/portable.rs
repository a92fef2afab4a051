//! `export` and `import`: everything in one file that any program can read, and back.

use crate::args;
use crate::driver::unexpected;
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::output::{Answer, Note};
use crate::vault::Vault;
use engine::{Command, Query, Reply, Row};
use life::Export;
use life::import::{self, ImportError, ImportItem};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Rows asked for, and documents planned, at once.
const PAGE: usize = 500;
/// Progress is told after so many documents.
const TELL_EVERY: usize = 5_000;

/// Writes all records to a file, at once or not at all.
pub async fn export(vault: &mut Vault, args: &args::Export) -> Result<Answer> {
    let mut export = Export::new();
    let mut count = 0;
    for record in life::all() {
        let mut after = None;
        loop {
            let query =
                Query::List { kind: record.name.into(), parent: None, after: after.take(), limit: PAGE };
            let (rows, next) = match vault.driver.ask(query).await? {
                Reply::Page(rows, next) => (rows, next),
                other => return Err(unexpected(&other)),
            };
            for row in &rows {
                export.push(row).map_err(|error| Error::failed("export_failed", error.to_string()))?;
                count += 1;
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    let bytes = export.finish();
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

/// Makes the vault say what a file says; what the file does not name stays as it is.
pub async fn import(vault: &mut Vault, args: &args::Import) -> Result<Answer> {
    let bytes = read(&args.file)?;
    let file = import::parse(&bytes).map_err(|error| refused(&args.file, &error))?;
    drop(bytes);
    let total = file.items.len();
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

/// Imports some documents; gives how many changed something.
async fn bring_in(vault: &mut Vault, items: &[ImportItem]) -> Result<usize> {
    let keys = items.iter().map(|item| item.key().clone()).collect();
    let rows: Vec<Option<Row>> = match vault.driver.ask(Query::Get(keys)).await? {
        Reply::Rows(rows) => rows,
        other => return Err(unexpected(&other)),
    };
    let mut requests = Vec::new();
    for (item, row) in items.iter().zip(&rows) {
        let edits = import::plan(item, row.as_ref())
            .map_err(|error| Error::usage("import_refused", error.to_string()))?;
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

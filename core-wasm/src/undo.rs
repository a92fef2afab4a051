//! How a change is taken back: by a further change that says what was before. Nothing is rewritten.

use crate::desk::Errand;
use crate::error::CoreError;
use crate::records;
use engine::{DocKey, Edit, Origin, Row};
use jiff::civil::Date;
use life::{LogAction, LogEntry, LogRow, fields_from_json};
use serde_json::{Map, Value as Json};

/// What to write to be where one was.
#[derive(Debug, Clone)]
pub(crate) enum Undo {
    /// Into the trash.
    Trash(DocKey),
    /// Out of the trash.
    Untrash(DocKey),
    /// These fields as they were; null where there was nothing.
    Fields(DocKey, Map<String, Json>),
    /// The day as it was.
    Log { habit: DocKey, date: Date, before: Option<LogRow> },
}

/// The fields that `changed` names, as `row` has them.
pub(crate) fn fields_before<'a>(row: &Row, changed: impl Iterator<Item = &'a str>) -> Map<String, Json> {
    let fields = life::fields_to_json(row);
    changed.map(|name| (name.to_owned(), fields.get(name).cloned().unwrap_or(Json::Null))).collect()
}

/// Takes back what `undo` describes.
pub(crate) async fn carry_out(errand: &Errand, undo: Undo) -> Result<(), CoreError> {
    let edit = plan(errand, undo).await?;
    if let Some(edit) = edit {
        errand.desk.edit(vec![edit]).await?;
    }
    Ok(())
}

async fn plan(errand: &Errand, undo: Undo) -> Result<Option<Edit>, CoreError> {
    let row = |key: DocKey| async { errand.desk.row(key).await?.ok_or_else(records::gone) };
    Ok(match undo {
        Undo::Trash(key) => life::trash(&row(key).await?, Origin::Hand),
        Undo::Untrash(key) => life::untrash(&row(key).await?, Origin::Hand),
        Undo::Fields(key, fields) => {
            life::update(&row(key).await?, &fields_from_json(&fields), Origin::Hand)?
        }
        Undo::Log { habit, date, before } => {
            let habit = row(habit).await?;
            let existing = errand.desk.row(life::log::log_key(&habit, date)).await?;
            let entry = match before {
                None => {
                    LogEntry { date, action: LogAction::Undo, time: None, note: None, origin: Origin::Hand }
                }
                Some(before) => LogEntry {
                    date,
                    action: LogAction::Set(before.state),
                    time: before.time,
                    note: Some(before.note),
                    origin: Origin::Hand,
                },
            };
            let moment = records::moment(errand).await?;
            life::log_habit(&habit, existing.as_ref(), &entry, &moment)?
        }
    })
}

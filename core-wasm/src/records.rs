//! Requests carried out: records read, planned by `life`, made durable by the engine, and shown as JSON.

use crate::desk::{Errand, unexpected};
use crate::error::{Code, CoreError};
use crate::request::{LogChange, Request};
use crate::today;
use crate::undo::{self, Undo};
use crate::wire::Effect;
use data_encoding::BASE64URL_NOPAD;
use engine::{Command, DocKey, Origin, Query, RecordId, Reply, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use life::record::Shape;
use life::{Export, LogAction, LogEntry, LogRow, LogState, Moment, RecordType, import};
use protocol::{AccountId, Role};
use serde_json::{Map, Value as Json, json};

/// Rows asked for, and documents planned, at once.
const PAGE: usize = 500;
/// Most records in one answer.
const MOST: u32 = 1_000;

/// Carries out `request`; the answer is JSON text.
pub(crate) async fn carry_out(errand: Errand, request: Request) -> Result<String, CoreError> {
    let json = match request {
        Request::Today { date } => today::today(&errand, date.as_deref()).await?,
        Request::List { record, after, limit, trash } => list(&errand, &record, after, limit, trash).await?,
        Request::Get { id } => {
            find(&errand, parse_id(&id)?).await?.map_or(Json::Null, |row| life::to_json(&row))
        }
        Request::Single { record } => {
            let row = find(&errand, single(RecordType::find(&record)?)?).await?;
            row.map_or(Json::Null, |row| life::to_json(&row))
        }
        Request::Add { record, fields } => add(&errand, &record, &fields).await?,
        Request::Set { id, fields } => set(&errand, &id, &fields).await?,
        Request::Logs { habit, from, to } => logs(&errand, &habit, &from, &to).await?,
        Request::Log { habit, date, action } => log(&errand, &habit, &date, &action).await?,
        Request::Trash { id } => trash(&errand, &id, true).await?,
        Request::Restore { id } => trash(&errand, &id, false).await?,
        Request::History { id } => history(&errand, &id).await?,
        Request::Undo => match errand.desk.take_undo() {
            Some(change) => undo::carry_out(&errand, change).await.map(|()| json!(true))?,
            None => json!(false),
        },
        Request::Status => status(&errand).await?,
        Request::Devices => devices(&errand).await?,
        Request::Export => return export(&errand).await,
        Request::Import { text } => bring_in(&errand, text.as_bytes()).await?,
        Request::Flush => errand.desk.run(Command::Flush).await.map(|_| Json::Null)?,
        Request::Rebuild => match errand.desk.run(Command::Rebuild).await? {
            Reply::Rebuilt(documents) => json!({ "documents": documents }),
            _ => return Err(unexpected()),
        },
        Request::Verify => match errand.desk.run(Command::Verify).await? {
            Reply::Verified(found) => json!({ "problems": found.problems, "entries": found.entries }),
            _ => return Err(unexpected()),
        },
    };
    Ok(json.to_string())
}

pub(crate) fn gone() -> CoreError {
    CoreError::new(Code::NotFound, "the record is not there any more")
}

fn single(record: &'static RecordType) -> Result<RecordId, CoreError> {
    match record.shape {
        Shape::Singleton => Ok(RecordId::singleton(record.name)),
        _ => Err(CoreError::new(Code::UnknownType, format!("there may be many of {}", record.name))),
    }
}

fn parse_id(text: &str) -> Result<RecordId, CoreError> {
    text.parse().map_err(|error| CoreError::new(Code::InvalidId, error))
}

pub(crate) fn parse_date(text: &str) -> Result<Date, CoreError> {
    text.parse().map_err(|_| CoreError::new(Code::InvalidDate, format!("{text:?} is not a date")))
}

/// The thing called `id`, of whatever type.
async fn find(errand: &Errand, id: RecordId) -> Result<Option<Row>, CoreError> {
    let kinds = life::all().filter(|record| !record.is_stream());
    let keys = kinds.map(|record| DocKey::thing(record.name, id)).collect();
    Ok(errand.desk.rows(keys).await?.into_iter().flatten().next())
}

async fn thing(errand: &Errand, id: &str) -> Result<Row, CoreError> {
    let none = || CoreError::new(Code::NotFound, format!("there is no record {id}"));
    find(errand, parse_id(id)?).await?.ok_or_else(none)
}

async fn list(
    errand: &Errand,
    kind: &str,
    after: Option<String>,
    limit: u32,
    trash: bool,
) -> Result<Json, CoreError> {
    let record = RecordType::find(kind)?;
    let wrong = |_| CoreError::new(Code::InvalidId, "the cursor is not one that a list gave");
    let mut after = after.map(|text| BASE64URL_NOPAD.decode(text.as_bytes())).transpose().map_err(wrong)?;
    let limit = usize::try_from(limit.clamp(1, MOST)).unwrap_or(PAGE);
    let mut found = Vec::new();
    loop {
        // Never more than still wanted, so that the cursor stands behind the last record shown.
        let wanted = PAGE.min(limit - found.len());
        let (rows, next) = errand.desk.page(record.name, None, after.take(), wanted).await?;
        found.extend(rows.iter().filter(|row| row.deleted == trash).map(life::to_json));
        after = next;
        if after.is_none() || found.len() >= limit {
            break;
        }
    }
    Ok(json!({ "records": found, "next": after.map(|cursor| BASE64URL_NOPAD.encode(&cursor)) }))
}

/// All rows of a type that are not in the trash.
pub(crate) async fn all_of(errand: &Errand, kind: &str) -> Result<Vec<Row>, CoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (rows, next) = errand.desk.page(kind, None, after, PAGE).await?;
        found.extend(rows.into_iter().filter(|row| !row.deleted));
        after = next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

fn shown(rows: &[Row]) -> Json {
    rows.first().map_or(Json::Null, life::to_json)
}

async fn add(errand: &Errand, kind: &str, fields: &Map<String, Json>) -> Result<Json, CoreError> {
    let record = RecordType::find(kind)?;
    let assignments = life::fields_from_json(fields);
    let id = match single(record) {
        Ok(id) => {
            if let Some(row) = find(errand, id).await? {
                return change(errand, &row, fields).await;
            }
            id
        }
        Err(_) => errand.desk.new_id(),
    };
    let edit = life::create(record, id, &assignments, Origin::Hand)?;
    let key = edit.key.clone();
    let rows = errand.desk.edit(vec![edit]).await?;
    errand.desk.remember(Undo::Trash(key));
    Ok(shown(&rows))
}

async fn set(errand: &Errand, id: &str, fields: &Map<String, Json>) -> Result<Json, CoreError> {
    let row = thing(errand, id).await?;
    change(errand, &row, fields).await
}

async fn change(errand: &Errand, row: &Row, fields: &Map<String, Json>) -> Result<Json, CoreError> {
    let Some(edit) = life::update(row, &life::fields_from_json(fields), Origin::Hand)? else {
        return Ok(life::to_json(row));
    };
    let rows = errand.desk.edit(vec![edit]).await?;
    errand.desk.remember(Undo::Fields(row.key.clone(), undo::fields_before(row, fields)));
    Ok(shown(&rows))
}

async fn trash(errand: &Errand, id: &str, into: bool) -> Result<Json, CoreError> {
    let row = thing(errand, id).await?;
    let edit = if into { life::trash(&row, Origin::Hand) } else { life::untrash(&row, Origin::Hand) };
    if let Some(edit) = edit {
        errand.desk.edit(vec![edit]).await?;
        let key = row.key.clone();
        errand.desk.remember(if into { Undo::Untrash(key) } else { Undo::Trash(key) });
    }
    Ok(Json::Null)
}

async fn history(errand: &Errand, id: &str) -> Result<Json, CoreError> {
    let row = thing(errand, id).await?;
    let record = RecordType::find(&row.key.kind)?;
    match errand.desk.ask(Query::History(row.key)).await? {
        Reply::History(items) => Ok(Json::Array(life::describe(&items, record))),
        _ => Err(unexpected()),
    }
}

/// Now, by the person's own start of the day.
pub(crate) async fn moment(errand: &Errand) -> Result<Moment, CoreError> {
    let profile = errand.desk.row(DocKey::thing("profile", RecordId::singleton("profile"))).await?;
    let day_start = match profile.as_ref().and_then(|row| row.fields.get("day_start")) {
        Some(Value::Int(hours)) => (*hours).clamp(0, 23),
        _ => 0,
    };
    let clock = &errand.clock;
    let local: DateTime =
        clock.local.parse().map_err(|_| CoreError::new(Code::InvalidDate, "not a local time"))?;
    let shifted = local.checked_sub(day_start.hours()).unwrap_or(local);
    Ok(Moment { now: clock.millis(), timezone: clock.timezone.clone(), today: shifted.date() })
}

async fn logs(errand: &Errand, habit: &str, from: &str, to: &str) -> Result<Json, CoreError> {
    let habit = thing(errand, habit).await?;
    let (from, to) = (parse_date(from)?, parse_date(to)?);
    let found = today::days(errand, &habit, from, to).await?;
    Ok(Json::Object(found.iter().map(|(date, row)| (date.to_string(), log_view(row))).collect()))
}

/// A day of a log, for the screens.
pub(crate) fn log_view(row: &LogRow) -> Json {
    let mut object = Map::new();
    let state = match row.state {
        LogState::Done => "done",
        LogState::Skip => "skip",
        LogState::Slip => "slip",
        LogState::Value(value) => {
            object.insert("value".to_owned(), value.to_json());
            "value"
        }
    };
    object.insert("state".to_owned(), json!(state));
    if !row.note.is_empty() {
        object.insert("note".to_owned(), json!(row.note));
    }
    if let Some(time) = row.time {
        object.insert("time".to_owned(), json!(format!("{:02}:{:02}", time.hour(), time.minute())));
    }
    Json::Object(object)
}

async fn log(errand: &Errand, id: &str, date: &str, change: &LogChange) -> Result<Json, CoreError> {
    let date = parse_date(date)?;
    let habit = thing(errand, id).await?;
    let key = life::log::log_key(&habit, date);
    let existing = errand.desk.row(key).await?;
    let before = existing.as_ref().and_then(|row| LogRow::read(row).remove(&date));
    let action = match change {
        LogChange::Done => LogAction::Set(LogState::Done),
        LogChange::Skip => LogAction::Set(LogState::Skip),
        LogChange::Slip => LogAction::Set(LogState::Slip),
        LogChange::Undo => LogAction::Undo,
        LogChange::Value { value } => {
            let wrong = |error| CoreError {
                code: Code::InvalidField,
                message: format!("{value} cannot be logged: {error}"),
                field: Some("value".to_owned()),
            };
            let parsed: Result<life::Thousandths, life::ParseThousandthsError> = value.to_string().parse();
            LogAction::Set(LogState::Value(parsed.map_err(wrong)?))
        }
    };
    let entry = LogEntry { date, action, time: None, note: None, origin: Origin::Hand };
    let moment = moment(errand).await?;
    let Some(edit) = life::log_habit(&habit, existing.as_ref(), &entry, &moment)? else {
        return Ok(before.as_ref().map_or(Json::Null, log_view));
    };
    let rows = errand.desk.edit(vec![edit]).await?;
    errand.desk.remember(Undo::Log { habit: habit.key, date, before });
    let after = rows.first().and_then(|row| LogRow::read(row).remove(&date));
    Ok(after.as_ref().map_or(Json::Null, log_view))
}

async fn status(errand: &Errand) -> Result<Json, CoreError> {
    let status = errand.desk.status().await?;
    Ok(json!({
        "account": AccountId::of_vault(&status.space), "device": status.device, "pending": status.pending,
        "waiting": status.waiting, "live": status.live, "pushed": status.pushed, "pulled": status.pulled,
    }))
}

async fn devices(errand: &Errand) -> Result<Json, CoreError> {
    let status = errand.desk.status().await?;
    let member = |member: &engine::api::MemberStatus| {
        let role = match member.role {
            Role::Device => "device",
            Role::Paper => "paper",
            Role::Guest => "guest",
        };
        json!({
            "device": member.device, "role": role, "active": member.active, "entries": member.entries,
            "here": member.device == status.device,
        })
    };
    Ok(Json::Array(status.members.iter().map(member).collect()))
}

async fn export(errand: &Errand) -> Result<String, CoreError> {
    let mut export = Export::new();
    let mut done = 0;
    for record in life::all() {
        let mut after = None;
        loop {
            let (rows, next) = errand.desk.page(record.name, None, after.take(), PAGE).await?;
            for row in &rows {
                export.push(row).map_err(CoreError::internal)?;
                done += 1;
            }
            errand.desk.tell(Effect::Progress { job: "export".to_owned(), done, total: None });
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    String::from_utf8(export.finish()).map_err(CoreError::internal)
}

async fn bring_in(errand: &Errand, bytes: &[u8]) -> Result<Json, CoreError> {
    let file = import::parse(bytes)?;
    let total = file.items.len();
    let (mut done, mut changed) = (0, 0);
    for items in file.items.chunks(PAGE) {
        let rows = errand.desk.rows(items.iter().map(|item| item.key().clone()).collect()).await?;
        for (item, row) in items.iter().zip(&rows) {
            let edits = import::plan(item, row.as_ref())?;
            if !edits.is_empty() {
                errand.desk.edit(edits).await?;
                changed += 1;
            }
        }
        done += items.len();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let told =
            Effect::Progress { job: "import".to_owned(), done: count(done), total: Some(count(total)) };
        errand.desk.tell(told);
    }
    Ok(json!({ "documents": total, "changed": changed }))
}

//! Requests carried out: records read, planned by `life`, made durable by the engine, and shown as JSON.

use crate::desk::{Errand, unexpected};
use crate::error::{Code, CoreError};
use crate::request::{LogChange, Only, Request};
use crate::undo;
use crate::views::{Alarm, Fork, Found, LogDay, Match, Member, Page, RecordView, Status, Today};
use crate::wire::millis;
use crate::{doing, looking, portable, pushing};
use data_encoding::BASE64URL_NOPAD;
use engine::api::{MemberChange, NewPhrase};
use engine::{Command, DocKey, Hit, Origin, Query, RecordId, Reply, Row, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use life::day::{self, Asking};
use life::record::Shape;
use life::search::owner;
use life::{Assignment, LogAction, LogEntry, LogRow, LogState, Moment, RecordType};
use protocol::AccountId;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Rows asked for, and documents planned, at once.
const PAGE: usize = 500;
/// Most years of a log in one answer.
const MOST_YEARS: usize = 200;
/// Most records in one answer.
const MOST: u32 = 1_000;

fn text(answer: &impl Serialize) -> Result<String, CoreError> {
    serde_json::to_string(answer).map_err(CoreError::internal)
}

/// Carries out `request`; the answer is JSON text.
pub(crate) async fn carry_out(errand: Errand, request: Request) -> Result<String, CoreError> {
    let view = |row: Option<Row>| text(&row.as_ref().map(RecordView::from));
    match request {
        Request::Today { date } => text(&today(&errand, date.as_deref()).await?),
        Request::List { record, after, limit, trash, only } => {
            let wanted = Wanted { record: RecordType::find(&record)?, limit, trash, only };
            text(&list(&errand, &wanted, after).await?)
        }
        Request::Search { text: words, records, trash, limit } => {
            text(&search(&errand, words, &records, trash, limit).await?)
        }
        Request::Get { id } => view(find(&errand, parse_id(&id)?).await?),
        Request::Single { record } => view(find(&errand, single(RecordType::find(&record)?)?).await?),
        Request::Add { record, fields } => view(add(&errand, &record, &fields).await?),
        Request::Set { id, fields } => view(change(&errand, &thing(&errand, &id).await?, &fields).await?),
        Request::Logs { habit, from, to } => text(&logs(&errand, &habit, &from, &to).await?),
        Request::Log { habit, date, action } => text(&log(&errand, &habit, &date, &action).await?),
        past @ (Request::Trash { .. }
        | Request::Restore { .. }
        | Request::History { .. }
        | Request::Undo
        | Request::Recent { .. }
        | Request::TakeBack { .. }) => about_changes(&errand, past).await,
        Request::Status => text(&status(&errand).await?),
        Request::Devices => text(&devices(&errand).await?),
        members @ (Request::AddDevice
        | Request::Revoke { .. }
        | Request::SetPhrase { .. }
        | Request::Fork
        | Request::Resolve { .. }) => about_members(&errand, members).await,
        Request::Alarms => match errand.desk.ask(Query::Alarms).await? {
            Reply::Alarms(alarms) => text(&alarms.iter().map(Alarm::from).collect::<Vec<_>>()),
            _ => Err(unexpected()),
        },
        day @ (Request::Types
        | Request::Streaks
        | Request::Chart { .. }
        | Request::Reminders
        | Request::PushKey
        | Request::Subscribe { .. }
        | Request::Unsubscribe
        | Request::Schedule { .. }
        | Request::Present
        | Request::Calendar { .. }
        | Request::Move { .. }
        | Request::AsOf { .. }
        | Request::Quick { .. }
        | Request::Arrange { .. }
        | Request::Occurrence { .. }
        | Request::Part { .. }
        | Request::EndBefore { .. }
        | Request::RoutineRate { .. }
        | Request::RoutineStep { .. }) => about_a_day(&errand, day).await,
        Request::Export(form) => portable::export(&errand, form).await,
        Request::Import { file, text: bytes, dry } => {
            text(&portable::import(&errand, file, bytes.as_bytes(), dry).await?)
        }
        Request::Stop(work) => text(&errand.desk.stop(work)),
        work @ (Request::Flush | Request::Rebuild | Request::Verify) => upkeep(&errand, work).await,
    }
}

/// The store looked after.
async fn upkeep(errand: &Errand, request: Request) -> Result<String, CoreError> {
    match request {
        Request::Flush => errand.desk.run(Command::Flush).await.and_then(|_| text(&())),
        Request::Rebuild => match errand.desk.run(Command::Rebuild).await? {
            Reply::Rebuilt(documents) => text(&json!({ "documents": documents })),
            _ => Err(unexpected()),
        },
        Request::Verify => match errand.desk.run(Command::Verify).await? {
            Reply::Verified(found) => text(&json!({
                "problems": found.problems, "entries": found.entries,
                "documents": found.documents, "rows": found.rows,
            })),
            _ => Err(unexpected()),
        },
        _ => Err(unexpected()),
    }
}

/// What a person does with their day.
async fn about_a_day(errand: &Errand, request: Request) -> Result<String, CoreError> {
    match request {
        Request::Types => text(&life::describe_types()),
        Request::Streaks => text(&looking::streaks(errand).await?),
        Request::Chart { habit, from, to } => text(&looking::chart(errand, &habit, (&from, &to)).await?),
        Request::Reminders => text(&looking::reminders(errand).await?),
        Request::PushKey => text(&pushing::key(errand).await?),
        Request::Subscribe { name, endpoint, p256dh, auth } => {
            text(&pushing::subscribe(errand, endpoint, (name, p256dh, auth)).await?)
        }
        Request::Unsubscribe => text(&pushing::unsubscribe(errand).await?),
        Request::Schedule { reminders } => text(&pushing::schedule(errand, reminders).await?),
        Request::Present => text(&doing::present(errand).await?),
        Request::Calendar { from, to } => text(&looking::calendar(errand, &from, &to).await?),
        Request::Move { id, date, on, start } => {
            text(&doing::drag(errand, &id, date.as_deref(), (&on, &start)).await?)
        }
        Request::AsOf { id, at } => {
            text(&looking::as_of(errand, &id, millis(at)).await?.as_ref().map(RecordView::from))
        }
        Request::Quick { text: line, write } => text(&doing::quick(errand, &line, write).await?),
        Request::Arrange { id, after, group } => {
            text(&doing::arrange(errand, &id, after.as_deref(), group.as_deref()).await?)
        }
        Request::Occurrence { task, date, action } => {
            text(&doing::occurrence(errand, &task, &date, action).await?)
        }
        Request::Part { id, date, onward } => {
            text(&doing::part(errand, &id, &date, onward).await?.as_ref().map(RecordView::from))
        }
        Request::EndBefore { id, date } => text(&doing::end_before(errand, &id, &date).await?),
        Request::RoutineRate { routine, from } => {
            text(&looking::routine_rate(errand, &routine, &from).await?)
        }
        Request::RoutineStep { routine, date, action } => {
            text(&doing::routine_step(errand, &routine, &date, &action).await?)
        }
        _ => Err(unexpected()),
    }
}

/// What was changed, taken away, and taken back.
async fn about_changes(errand: &Errand, request: Request) -> Result<String, CoreError> {
    match request {
        Request::Trash { id } => text(&trash(errand, &id, true).await?),
        Request::Restore { id } => text(&trash(errand, &id, false).await?),
        Request::History { id } => text(&history(errand, &id).await?),
        Request::Undo => match errand.desk.take_undo() {
            Some(change) => undo::carry_out(errand, change).await.and_then(|()| text(&true)),
            None => text(&false),
        },
        Request::Recent { limit } => text(&undo::recent(errand, limit).await?),
        Request::TakeBack { changes } => text(&undo::take_back(errand, &changes).await?),
        _ => Err(unexpected()),
    }
}

/// Who is a member, changed.
async fn about_members(errand: &Errand, request: Request) -> Result<String, CoreError> {
    match request {
        Request::AddDevice => {
            let none = || CoreError::new(Code::NotAllowed, "no digits were compared");
            let public = errand.desk.take_vouched().ok_or_else(none)?;
            change_members(errand, MemberChange::Add(public)).await
        }
        Request::Revoke { device } => {
            let device = device.parse().map_err(|error| CoreError::new(Code::InvalidId, error))?;
            change_members(errand, MemberChange::Revoke(vec![device])).await
        }
        Request::SetPhrase { phrase } => {
            let phrase = NewPhrase::new(Zeroizing::new(phrase));
            change_members(errand, MemberChange::SetRecovery(phrase)).await
        }
        Request::Fork => text(&errand.desk.status().await?.fork.as_ref().map(Fork::from)),
        Request::Resolve { revoke } => {
            let parsed = revoke.iter().map(|device| device.parse()).collect::<Result<Vec<_>, _>>();
            let revoke = parsed.map_err(|error| CoreError::new(Code::InvalidId, error))?;
            change_members(errand, MemberChange::Resolve { revoke }).await
        }
        _ => Err(unexpected()),
    }
}

async fn change_members(errand: &Errand, change: MemberChange) -> Result<String, CoreError> {
    match errand.desk.run(Command::ChangeMembers(change)).await? {
        Reply::MembersChanged => text(&()),
        _ => Err(unexpected()),
    }
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

pub(crate) fn parse_id(text: &str) -> Result<RecordId, CoreError> {
    text.parse().map_err(|error| CoreError::new(Code::InvalidId, error))
}

pub(crate) fn parse_date(text: &str) -> Result<Date, CoreError> {
    text.parse().map_err(|_| CoreError::new(Code::InvalidDate, format!("{text:?} is not a date")))
}

/// The thing called `id`, of whatever type.
pub(crate) async fn find(errand: &Errand, id: RecordId) -> Result<Option<Row>, CoreError> {
    let kinds = life::all().filter(|record| !record.is_stream());
    let keys = kinds.map(|record| DocKey::thing(record.name, id)).collect();
    Ok(errand.desk.rows(keys).await?.into_iter().flatten().next())
}

pub(crate) async fn thing(errand: &Errand, id: &str) -> Result<Row, CoreError> {
    let none = || CoreError::new(Code::NotFound, format!("there is no record {id}"));
    find(errand, parse_id(id)?).await?.ok_or_else(none)
}

/// Which records a page is to hold.
struct Wanted {
    record: &'static RecordType,
    limit: u32,
    trash: bool,
    only: Option<Only>,
}

impl Wanted {
    fn takes(&self, row: &Row) -> Result<bool, CoreError> {
        let reads = |only: &Only| life::matches(row, &only.field, &only.is);
        Ok(row.deleted == self.trash && self.only.as_ref().map_or(Ok(true), reads)?)
    }

    /// What holds just these, where the read model keeps them together.
    fn bucket(&self) -> Option<String> {
        let only = self.only.as_ref().filter(|_| !self.trash)?;
        life::bucket_of(self.record.name, &only.field, &only.is)
    }

    /// So many rows behind a cursor, and the cursor behind them.
    async fn read(
        &self,
        errand: &Errand,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<Vec<u8>>), CoreError> {
        let kind = self.record.name;
        let Some(bucket) = self.bucket() else { return errand.desk.page(kind, None, after, limit).await };
        let query = Query::BucketRows { kind: kind.to_owned(), bucket, after, limit };
        match errand.desk.ask(query).await? {
            Reply::Page(rows, next) => Ok((rows, next)),
            _ => Err(unexpected()),
        }
    }
}

async fn list(errand: &Errand, wanted: &Wanted, after: Option<String>) -> Result<Page, CoreError> {
    let wrong = |_| CoreError::new(Code::InvalidId, "the cursor is not one that a list gave");
    let mut after = after.map(|text| BASE64URL_NOPAD.decode(text.as_bytes())).transpose().map_err(wrong)?;
    let limit = usize::try_from(wanted.limit.clamp(1, MOST)).unwrap_or(PAGE);
    let mut found = Vec::new();
    loop {
        // The cursor stands behind the last row read. So no more is read than wanted, except where few rows fit: there
        // it would take as many reads as there are rows.
        let sparse = wanted.only.is_some() && wanted.bucket().is_none();
        let rows = if sparse { PAGE } else { PAGE.min(limit - found.len()) };
        let (rows, next) = wanted.read(errand, after.take(), rows).await?;
        for row in &rows {
            if wanted.takes(row)? {
                found.push(RecordView::from(row));
            }
        }
        after = next;
        if after.is_none() || found.len() >= limit {
            break;
        }
    }
    Ok(Page { records: found, next: after.map(|cursor| BASE64URL_NOPAD.encode(&cursor)) })
}

async fn search(
    errand: &Errand,
    words: String,
    records: &[String],
    trash: bool,
    limit: u32,
) -> Result<Found, CoreError> {
    let kinds = records.iter().map(|record| RecordType::find(record).map(|record| record.name.to_owned()));
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let limit = usize::try_from(limit).unwrap_or(PAGE);
    let found = match errand.desk.ask(Query::Search { text: words, kinds, trash, limit }).await? {
        Reply::Found(found) => found,
        _ => return Err(unexpected()),
    };
    // Of a record its own row, of a check-in that of what it belongs to.
    let named = |hit: &Hit| owner(hit).unwrap_or_else(|| hit.key.clone());
    let rows: Vec<Row> =
        errand.desk.rows(found.hits.iter().map(named).collect()).await?.into_iter().flatten().collect();
    let shown = found.hits.iter().filter_map(|hit| {
        let key = named(hit);
        let row = rows.iter().find(|row| row.key == key);
        let own = row.filter(|row| row.key == hit.key);
        life::search::Match::of(hit, row).map(|found| Match::of(found, own))
    });
    Ok(Found { matches: shown.collect(), more: found.more, ready: found.ready })
}

async fn add(errand: &Errand, kind: &str, fields: &Map<String, Json>) -> Result<Option<Row>, CoreError> {
    let record = RecordType::find(kind)?;
    let id = match single(record) {
        Ok(id) => {
            if let Some(row) = find(errand, id).await? {
                return change(errand, &row, fields).await;
            }
            id
        }
        Err(_) => errand.desk.new_id(),
    };
    create(errand, record, id, life::fields_from_json(fields)).await
}

/// A new record of a type of which there may be many.
pub(crate) async fn add_fields(
    errand: &Errand,
    kind: &str,
    fields: Vec<Assignment>,
) -> Result<Option<Row>, CoreError> {
    create(errand, RecordType::find(kind)?, errand.desk.new_id(), fields).await
}

async fn create(
    errand: &Errand,
    record: &'static RecordType,
    id: RecordId,
    fields: Vec<Assignment>,
) -> Result<Option<Row>, CoreError> {
    let assignments = assignments(errand, record, None, fields).await?;
    let edit = life::create(record, id, &assignments, Origin::Hand)?;
    let rows = undo::edit(errand, vec![edit]).await?;
    Ok(rows.into_iter().next())
}

async fn change(errand: &Errand, row: &Row, fields: &Map<String, Json>) -> Result<Option<Row>, CoreError> {
    let record = RecordType::find(&row.key.kind)?;
    let assignments = assignments(errand, record, Some(row), life::fields_from_json(fields)).await?;
    let Some(edit) = life::update(row, &assignments, Origin::Hand)? else {
        return Ok(Some(row.clone()));
    };
    let rows = undo::edit(errand, vec![edit]).await?;
    Ok(rows.into_iter().next())
}

/// What is to be written, with what follows from it.
async fn assignments(
    errand: &Errand,
    record: &'static RecordType,
    row: Option<&Row>,
    fields: Vec<Assignment>,
) -> Result<Vec<Assignment>, CoreError> {
    let today = moment(errand).await?.today;
    let settings = errand.desk.row(DocKey::thing("settings", RecordId::singleton("settings"))).await?;
    let fields = life::custom::fit(record, settings.as_ref(), fields)?;
    Ok(life::with_consequences(record, row, fields, today))
}

/// All records of a type that are not in the trash.
pub(crate) async fn all(errand: &Errand, kind: &str) -> Result<Vec<Row>, CoreError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (rows, next) = errand.desk.page(kind, None, after.take(), PAGE).await?;
        all.extend(rows.into_iter().filter(|row| !row.deleted));
        after = next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn trash(errand: &Errand, id: &str, into: bool) -> Result<(), CoreError> {
    let row = thing(errand, id).await?;
    let edit = if into { life::trash(&row, Origin::Hand) } else { life::untrash(&row, Origin::Hand) };
    if let Some(edit) = edit {
        undo::edit(errand, vec![edit]).await?;
    }
    Ok(())
}

async fn history(errand: &Errand, id: &str) -> Result<Json, CoreError> {
    let row = thing(errand, id).await?;
    let record = RecordType::find(&row.key.kind)?;
    match errand.desk.ask(Query::History(row.key)).await? {
        Reply::History(items) => Ok(Json::Array(life::describe(&items, record))),
        _ => Err(unexpected()),
    }
}

pub(crate) async fn profile(errand: &Errand) -> Result<Option<Row>, CoreError> {
    errand.desk.row(DocKey::thing("profile", RecordId::singleton("profile"))).await
}

/// Now, by the person's own start of the day.
pub(crate) async fn moment(errand: &Errand) -> Result<Moment, CoreError> {
    moment_of(errand, profile(errand).await?.as_ref())
}

pub(crate) fn moment_of(errand: &Errand, profile: Option<&Row>) -> Result<Moment, CoreError> {
    let day_start = match profile.and_then(|row| row.fields.get("day_start")) {
        Some(Value::Int(hours)) => (*hours).clamp(0, 23),
        _ => 0,
    };
    let clock = &errand.clock;
    let local: DateTime =
        clock.local.parse().map_err(|_| CoreError::new(Code::InvalidDate, "not a local time"))?;
    let shifted = local.checked_sub(day_start.hours()).unwrap_or(local);
    Ok(Moment { now: clock.millis(), timezone: clock.timezone.clone(), today: shifted.date() })
}

/// The zone that the person is in, as far as this build knows zones.
pub(crate) fn zone(moment: &Moment) -> TimeZone {
    life::zone(&moment.timezone).unwrap_or_else(TimeZone::unknown)
}

/// Everything on `date`, or today.
async fn today(errand: &Errand, date: Option<&str>) -> Result<Today, CoreError> {
    let profile = profile(errand).await?;
    let moment = moment_of(errand, profile.as_ref())?;
    let date = date.map_or(Ok(moment.today), parse_date)?;
    let mut asking = Asking::new(date, day::week_start(profile.as_ref()), zone(&moment));
    while let Some(question) = asking.question() {
        asking.answer(errand.desk.ask(question).await?).map_err(|_| unexpected())?;
    }
    Ok(Today::of(&asking.day(), &moment.timezone))
}

/// What was logged for a habit, by date, both dates included.
async fn logs(
    errand: &Errand,
    habit: &str,
    from: &str,
    to: &str,
) -> Result<BTreeMap<String, LogDay>, CoreError> {
    let habit = thing(errand, habit).await?;
    let (from, to) = (parse_date(from)?, parse_date(to)?);
    let years = (from.year()..=to.year()).filter_map(|year| Date::new(year, 1, 1).ok());
    let keys = years.map(|day| life::log::log_key(&habit, day)).take(MOST_YEARS).collect();
    let rows = errand.desk.rows(keys).await?;
    let found = rows.iter().flatten().flat_map(LogRow::read);
    let wanted = found.filter(|(date, _)| (from..=to).contains(date));
    Ok(wanted.map(|(date, row)| (date.to_string(), LogDay::from(&row))).collect())
}

async fn log(errand: &Errand, id: &str, date: &str, change: &LogChange) -> Result<Option<LogDay>, CoreError> {
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
        return Ok(before.as_ref().map(LogDay::from));
    };
    let rows = undo::edit(errand, vec![edit]).await?;
    let after = rows.first().and_then(|row| LogRow::read(row).remove(&date));
    Ok(after.as_ref().map(LogDay::from))
}

async fn status(errand: &Errand) -> Result<Status, CoreError> {
    let status = errand.desk.status().await?;
    Ok(Status {
        account: AccountId::of_vault(&status.space).to_string(),
        device: status.device.to_string(),
        pending: status.pending,
        waiting: status.waiting,
        live: status.live,
        pushed: status.pushed,
        pulled: status.pulled,
    })
}

async fn devices(errand: &Errand) -> Result<Vec<Member>, CoreError> {
    let status = errand.desk.status().await?;
    Ok(status.members.iter().map(|member| Member::of(member, member.device == status.device)).collect())
}

//! Commands that change records. Each is planned here, from the records as they are, and made durable by the caller.

use crate::args::{self, Command};
use crate::error::{Error, Result};
use crate::output::Answer;
use crate::records;
use crate::vault::Vault;
use engine::{Edit, Origin, RecordId, Row, Value};
use jiff::civil::Date;
use life::{Assignment, Moment, RecordType, custom, reschedule};
use serde_json::json;

/// Makes the answer of a change from the rows as they are once it is durable.
pub type Finish = Box<dyn Fn(&[Row]) -> Answer + Send>;

/// A change that was found right and is not made yet.
pub struct Plan {
    /// All of it, in one transaction.
    pub edits: Vec<Edit>,
    /// Which part of which record it changes.
    pub touches: Touch,
    /// Makes the answer.
    pub finish: Finish,
}

/// What a command comes to.
pub enum Planned {
    /// A change.
    Change(Plan),
    /// Everything is as it should be already.
    Nothing(Answer),
    /// The command changes no record, or not here.
    Elsewhere,
}

/// A part of a record: the thing itself, or one day of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    record: RecordId,
    day: Option<Date>,
}

/// Which changes before it a command must see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// None.
    Nothing,
    /// Those of this.
    Part(Touch),
    /// All.
    Everything,
}

impl Subject {
    /// Whether a change of `touched` matters.
    pub fn concerns(&self, touched: &Touch) -> bool {
        match self {
            Self::Nothing => false,
            // A day's log also depends on the habit itself.
            Self::Part(part) => {
                part.record == touched.record && (touched.day.is_none() || part.day == touched.day)
            }
            Self::Everything => true,
        }
    }
}

/// What `command` must see.
pub fn subject(command: &Command) -> Subject {
    let part = |id: &str, day| match records::parse_id(id) {
        Ok(record) => Subject::Part(Touch { record, day }),
        // It will be refused.
        Err(_) => Subject::Nothing,
    };
    match command {
        // A type with one record is named by its type.
        Command::Add(args) => match RecordType::find(&args.kind) {
            Ok(record) if records::is_singleton(record) => part(record.name, None),
            _ => Subject::Nothing,
        },
        Command::Set(args) => part(&args.id, None),
        Command::Delete(args) | Command::Restore(args) => part(&args.id, None),
        Command::Log(args) => match &args.date {
            Some(date) => part(&args.id, parse_date(date).ok()),
            // Which day it is depends on the profile.
            None => Subject::Everything,
        },
        _ => Subject::Everything,
    }
}

/// Plans `command`, if it changes a record.
pub async fn plan(vault: &mut Vault, command: &Command) -> Result<Planned> {
    match command {
        Command::Add(args) => add(vault, args).await,
        Command::Set(args) => set(vault, args).await,
        Command::Delete(args) => trash(vault, args, true).await,
        Command::Restore(args) => trash(vault, args, false).await,
        Command::Log(args) => super::tick::log(vault, args).await,
        Command::Quick(args) => super::quick::quick(vault, args).await,
        _ => Ok(Planned::Elsewhere),
    }
}

async fn add(vault: &mut Vault, args: &args::Add) -> Result<Planned> {
    let record = RecordType::find(&args.kind)?;
    let assignments = records::assignments(&args.fields)?;
    let id = match records::is_singleton(record) {
        true => RecordId::singleton(record.name),
        false => RecordId::random(vault.driver.rng()),
    };
    if records::is_singleton(record)
        && let Some(row) = vault.find(id).await?
    {
        return update(vault, &row, assignments).await;
    }
    create(vault, record, id, assignments, "added").await
}

async fn set(vault: &mut Vault, args: &args::Set) -> Result<Planned> {
    let assignments = records::assignments(&args.fields)?;
    let id = records::parse_id(&args.id)?;
    match vault.find(id).await? {
        Some(row) => update(vault, &row, assignments).await,
        // A record that exists once may be written before it was ever made.
        None => match RecordType::find(&args.id) {
            Ok(record) if records::is_singleton(record) => {
                create(vault, record, id, assignments, "changed").await
            }
            _ => vault.row(&args.id).await.map(|_| Planned::Elsewhere),
        },
    }
}

pub(super) async fn create(
    vault: &mut Vault,
    record: &'static RecordType,
    id: RecordId,
    assignments: Vec<Assignment>,
    word: &'static str,
) -> Result<Planned> {
    let today = moment(vault).await?.today;
    let assignments = fit(vault, record, assignments).await?;
    let assignments = life::with_consequences(record, None, assignments, today);
    let edit = life::create(record, id, &assignments, Origin::Hand)?;
    Ok(change(edit, None, move |rows| said(rows, word)))
}

async fn update(vault: &mut Vault, row: &Row, assignments: Vec<Assignment>) -> Result<Planned> {
    let moment = moment(vault).await?;
    let record = RecordType::find(&row.key.kind)?;
    let assignments = fit(vault, record, assignments).await?;
    let assignments = life::with_consequences(record, Some(row), assignments, moment.today);
    let edit = life::update(row, &assignments, Origin::Hand)?;
    let moved = edit.as_ref().and_then(|edit| reschedule::moved(row, edit));
    let mut planned = thing(row, edit, "changed");
    if let (Planned::Change(plan), Some(moved)) = (&mut planned, moved) {
        let existing = vault.document(&reschedule::reschedule_key(row, moment.today)).await?;
        plan.edits.extend(reschedule::record(row, moved, existing.as_ref(), Origin::Hand, &moment));
    }
    Ok(planned)
}

/// The assignments with the values of made-up fields as the settings declare them.
async fn fit(
    vault: &mut Vault,
    record: &'static RecordType,
    assignments: Vec<Assignment>,
) -> Result<Vec<Assignment>> {
    let settings = vault.find(RecordId::singleton("settings")).await?;
    Ok(custom::fit(record, settings.as_ref(), assignments)?)
}

async fn trash(vault: &mut Vault, args: &args::Id, into: bool) -> Result<Planned> {
    let row = vault.row(&args.id).await?;
    Ok(match into {
        true => thing(&row, life::trash(&row, Origin::Hand), "in the trash:"),
        false => thing(&row, life::untrash(&row, Origin::Hand), "restored"),
    })
}

/// The change of a thing, or the answer that nothing had to change.
fn thing(row: &Row, edit: Option<Edit>, verb: &'static str) -> Planned {
    match edit {
        Some(edit) => change(edit, None, move |rows| said(rows, verb)),
        None => Planned::Nothing(said(std::slice::from_ref(row), "unchanged")),
    }
}

pub(super) fn change(
    edit: Edit,
    day: Option<Date>,
    finish: impl Fn(&[Row]) -> Answer + Send + 'static,
) -> Planned {
    let touches = Touch { record: edit.key.id, day };
    Planned::Change(Plan { edits: vec![edit], touches, finish: Box::new(finish) })
}

/// The answer about a thing: which, and whether it is in the trash.
fn said(rows: &[Row], verb: &str) -> Answer {
    let Some(row) = rows.first() else { return Answer::new(json!({}), verb) };
    let json = json!({ "id": row.key.id.to_string(), "type": row.key.kind, "deleted": row.deleted });
    let text = format!("{verb} {} {}  {}", row.key.kind, row.key.id, records::title(row));
    Answer::new(json, text.trim_end())
}

/// Now, by the person's own start of the day.
pub(super) async fn moment(vault: &mut Vault) -> Result<Moment> {
    let profile = vault.find(RecordId::singleton("profile")).await?;
    let field = |name: &str| profile.as_ref().and_then(|row| row.fields.get(name)).cloned();
    let day_start = match field("day_start") {
        Some(Value::Int(hours)) => hours,
        _ => 0,
    };
    let home = match field("timezone") {
        Some(Value::Text(name)) => Some(name),
        _ => None,
    };
    let clock = vault.driver.clock();
    let (timezone, today) = clock.here(home.as_deref(), day_start);
    Ok(Moment { now: clock.millis(), timezone, today })
}

pub(super) fn parse_date(text: &str) -> Result<Date> {
    text.parse().map_err(|_| {
        Error::usage("malformed", format!("{text:?} is not a date")).hint("write it as in 2026-11-21")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(record: u8, day: Option<&str>) -> Touch {
        let day = day.map(|day| day.parse().expect("a date"));
        Touch { record: RecordId::new([record; 16]), day }
    }

    #[test]
    fn a_day_of_a_log_waits_for_its_own_changes_and_the_habits() {
        let monday = Subject::Part(touch(1, Some("2026-11-16")));
        assert!(monday.concerns(&touch(1, Some("2026-11-16"))));
        assert!(monday.concerns(&touch(1, None)), "the habit may have become another");
        assert!(!monday.concerns(&touch(1, Some("2026-11-17"))));
        assert!(!monday.concerns(&touch(2, Some("2026-11-16"))));
    }

    #[test]
    fn a_thing_waits_for_its_own_changes_alone() {
        let thing = Subject::Part(touch(1, None));
        assert!(thing.concerns(&touch(1, None)));
        assert!(!thing.concerns(&touch(1, Some("2026-11-16"))));
        assert!(!thing.concerns(&touch(2, None)));
        assert!(Subject::Everything.concerns(&touch(2, None)));
        assert!(!Subject::Nothing.concerns(&touch(1, None)));
    }
}

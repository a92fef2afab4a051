//! A life of several years by seed, as edits of records: what every row measures on.
//!
//! Invariant: everything follows from seed and sizes. What is thought up is [`tests::life_year`]'s; here a year is moved
//! to its place among the years, habits are carried on from the first year, and each command becomes the edit that the
//! command line would make. Peers get the very same changes, field by field, as JSON.

use anyhow::{Context as _, Result, bail};
use engine::{DocKey, Edit, EditOp, Origin, Path, RecordId, Row, Value};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use life::{Assignment, LogAction, LogEntry, LogState, Moment, RecordType};
use lifeos::clock::Clock;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use tests::life_year::{Size, Year};

/// Records of the vault that most rows use.
pub const RECORDS: usize = 10_000;
/// Changes of it.
pub const CHANGES: usize = 43_807;

/// One change, as an edit and as a peer makes it.
pub struct Change {
    /// When, in milliseconds since 1970.
    pub now: i64,
    /// As the engine takes it.
    pub edit: Edit,
    /// Which record, counted in the order in which they were made; a habit's log of a year is one.
    pub record: usize,
    /// Fields that changed; null where one went.
    pub fields: Map<String, Json>,
}

/// A life.
pub struct Lived {
    /// In order.
    pub changes: Vec<Change>,
    /// Records that are no logs.
    pub things: usize,
    /// Those and logs, a document each.
    pub documents: usize,
    /// Days logged.
    pub days: usize,
}

impl Lived {
    /// 10,000 records with 43,807 changes: five years.
    pub fn standard(seed: u64) -> Result<Self> {
        // Corrections are a matter of chance, so as many check-ins as it takes.
        for check_ins in (3_640..4_400).step_by(20) {
            let year = |tasks| Size { habits: 40, check_ins, tasks, goals: 30 };
            let mut life =
                Self::of(seed, &[year(1_958), year(1_958), year(1_958), year(1_957), year(1_957)])?;
            if life.changes.len() >= CHANGES && life.things == RECORDS {
                // What is over are changes of the last month: every record was made before.
                life.changes.truncate(CHANGES);
                return Ok(life);
            }
        }
        bail!("seed {seed} makes no life of {RECORDS} records and {CHANGES} changes")
    }

    /// So many full years: 3,000 records and 22,000 check-ins a year.
    pub fn years(seed: u64, years: usize) -> Result<Self> {
        let year = Size { habits: 90, check_ins: 22_000, tasks: 2_957, goals: 30 };
        Self::of(seed, &vec![year; years])
    }

    /// A part of the standard life, or of several after another.
    pub fn part(seed: u64, changes: usize) -> Result<Self> {
        let size = Size { habits: 40, check_ins: 3_600, tasks: 1_958, goals: 30 };
        // A year of that size comes to about 8,800 changes.
        let mut life = Self::of(seed, &vec![size; changes.div_ceil(8_000)])?;
        life.changes.truncate(changes);
        // Records of later years are gone with the changes that made them.
        let keys: BTreeSet<&DocKey> = life.changes.iter().map(|change| &change.edit.key).collect();
        let things = keys.iter().filter(|key| key.part.is_none()).count();
        let documents = keys.len();
        Ok(Self { things, documents, ..life })
    }

    /// So many records, each as it was made.
    pub fn records(seed: u64, records: usize) -> Result<Self> {
        let tasks = records.div_ceil(10);
        let life = Self::of(seed, &[Size { habits: 8, check_ins: 120, tasks, goals: 30 }; 10])?;
        let mut seen = BTreeSet::new();
        let mut changes = life.changes;
        changes.retain(|change| change.edit.key.part.is_none() && seen.insert(change.record));
        changes.truncate(records);
        match changes.len() == records {
            true => Ok(Self { changes, things: records, documents: records, days: 0 }),
            false => bail!("seed {seed} makes fewer than {records} records"),
        }
    }

    fn of(seed: u64, sizes: &[Size]) -> Result<Self> {
        let mut living = Living::new(seed);
        for (n, size) in sizes.iter().enumerate() {
            let seed = seed.wrapping_mul(1_000).wrapping_add(u64::try_from(n)?);
            living.year(n, &Year::new(seed, *size))?;
        }
        let logs = living.rows.keys().filter(|key| key.part.is_some()).count();
        let days = living.rows.values().filter(|row| row.key.part.is_some());
        let days = days.map(|row| life::LogRow::read(row).len()).sum();
        let documents = living.rows.len();
        Ok(Self { changes: living.changes, things: documents - logs, documents, days })
    }

    /// The day of its last change.
    pub fn last_day(&self) -> Result<Date> {
        let last = self.changes.last().context("a change")?.now;
        Ok(Timestamp::from_millisecond(last)?.to_zoned(TimeZone::UTC).date())
    }

    /// Writes the changes for peers: a line each, the number of the record and the fields.
    pub fn write(&self, path: &std::path::Path) -> Result<()> {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
        for change in &self.changes {
            serde_json::to_writer(&mut out, &json!([change.record, change.fields]))?;
            out.write_all(b"\n")?;
        }
        Ok(out.flush()?)
    }
}

struct Living {
    rng: ChaCha20Rng,
    rows: HashMap<DocKey, Row>,
    numbers: BTreeMap<DocKey, usize>,
    habits: Vec<RecordId>,
    kinds: HashMap<RecordId, &'static str>,
    changes: Vec<Change>,
}

impl Living {
    fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            rows: HashMap::new(),
            numbers: BTreeMap::new(),
            habits: Vec::new(),
            kinds: HashMap::new(),
            changes: Vec::new(),
        }
    }

    fn year(&mut self, number: usize, year: &Year) -> Result<()> {
        let mut ids: Vec<RecordId> = Vec::new();
        let mut habits = 0;
        for sitting in &year.sittings {
            let clock = Clock::new(Some(&moved(&sitting.now, number)))?;
            let (timezone, today) = clock.here(Some("Europe/Berlin"), 3);
            let began = clock.millis();
            for (n, line) in sitting.lines.iter().enumerate() {
                let words: Vec<String> = serde_json::from_str(line)?;
                let words: Vec<String> =
                    words.iter().map(|word| named(&moved(word, number), &ids)).collect::<Result<_>>()?;
                let moment =
                    Moment { now: began + i64::try_from(n)? * 1_000, timezone: timezone.clone(), today };
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                if let ["add", "habit", fields @ ..] = words.as_slice() {
                    // Habits are begun once, and lived on in the years after.
                    if number == 0 {
                        let id = self.add("habit", fields, &moment)?;
                        self.habits.push(id);
                    }
                    ids.push(*self.habits.get(habits).context("a habit of the first year")?);
                    habits += 1;
                } else {
                    ids.extend(self.command(&words, &moment)?);
                }
            }
        }
        Ok(())
    }

    fn command(&mut self, words: &[&str], moment: &Moment) -> Result<Option<RecordId>> {
        let edit = match words {
            ["add", kind, fields @ ..] => return self.add(kind, fields, moment).map(Some),
            ["set", id, fields @ ..] => match self.find(id)? {
                Some(row) => self.set(&row, fields, moment)?,
                None => return self.add(id, fields, moment).map(|_| None),
            },
            ["delete", id] => life::trash(&self.find(id)?.context("a record")?, Origin::Hand),
            ["restore", id] => life::untrash(&self.find(id)?.context("a record")?, Origin::Hand),
            ["log", id, "--date", date, how @ ..] => self.log(id, date, how, moment)?,
            other => bail!("a command that nobody knows: {other:?}"),
        };
        if let Some(edit) = edit {
            self.make(edit, moment.now);
        }
        Ok(None)
    }

    fn find(&self, name: &str) -> Result<Option<Row>> {
        let id = lifeos::records::parse_id(name)?;
        let kind = self.kinds.get(&id).copied().unwrap_or(name);
        Ok(self.rows.get(&DocKey::thing(kind, id)).cloned())
    }

    fn add(&mut self, kind: &str, fields: &[&str], moment: &Moment) -> Result<RecordId> {
        let record = RecordType::find(kind)?;
        let id = match lifeos::records::is_singleton(record) {
            true => RecordId::singleton(kind),
            false => RecordId::random(&mut self.rng),
        };
        let assignments = life::with_consequences(record, None, assignments(fields)?, moment.today);
        self.kinds.insert(id, record.name);
        self.make(life::create(record, id, &assignments, Origin::Hand)?, moment.now);
        Ok(id)
    }

    fn set(&self, row: &Row, fields: &[&str], moment: &Moment) -> Result<Option<Edit>> {
        let record = RecordType::find(&row.key.kind)?;
        let assignments = life::with_consequences(record, Some(row), assignments(fields)?, moment.today);
        Ok(life::update(row, &assignments, Origin::Hand)?)
    }

    fn log(&self, id: &str, date: &str, how: &[&str], moment: &Moment) -> Result<Option<Edit>> {
        let habit = self.find(id)?.context("a habit")?;
        let date = date.parse()?;
        let after = |flag| how.iter().position(|word| *word == flag).and_then(|at| how.get(at + 1)).copied();
        let action = match after("--value") {
            Some(value) => LogAction::Set(LogState::Value(value.parse()?)),
            None if how.contains(&"--undo") => LogAction::Undo,
            None if how.contains(&"--skip") => LogAction::Set(LogState::Skip),
            None if how.contains(&"--slip") => LogAction::Set(LogState::Slip),
            None => LogAction::Set(LogState::Done),
        };
        let note = after("--note").map(str::to_owned);
        let entry = LogEntry { date, action, time: None, note, origin: Origin::Hand };
        let existing = self.rows.get(&life::log::log_key(&habit, date));
        Ok(life::log_habit(&habit, existing, &entry, moment)?)
    }

    /// Carries an edit out on the rows alone, and says what it changed.
    fn make(&mut self, edit: Edit, now: i64) {
        let next = self.numbers.len();
        let record = *self.numbers.entry(edit.key.clone()).or_insert(next);
        let row = self.rows.entry(edit.key.clone()).or_insert_with(|| {
            let key = edit.key.clone();
            Row { key, created: now, updated: now, deleted: false, fields: BTreeMap::new() }
        });
        let before = shown(&touched(row, &edit));
        row.updated = now;
        for op in &edit.ops {
            apply(row, op.clone());
        }
        let after = shown(&touched(row, &edit));
        let gone =
            before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), Json::Null));
        let set = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
        let fields: Map<_, _> = set.map(|(name, value)| (name.clone(), value.clone())).chain(gone).collect();
        // What changes nothing is no change, neither here nor for a peer.
        if fields.is_empty() {
            return;
        }
        self.changes.push(Change { now, edit, record, fields });
    }
}

fn assignments(fields: &[&str]) -> Result<Vec<Assignment>> {
    // The thought-up colours of many habits have a digit too many.
    let fits = |field: &&&str| !field.starts_with("colour=") || field.len() == "colour=#123456".len();
    fields.iter().filter(fits).map(|field| Ok(Assignment::parse(field)?)).collect()
}

fn apply(row: &mut Row, op: EditOp) {
    let mut map = |name: String, change: &mut dyn FnMut(&mut BTreeMap<String, Value>)| {
        let field = row.fields.entry(name).or_insert_with(|| Value::Map(BTreeMap::new()));
        if let Value::Map(flat) = field {
            change(flat);
        }
    };
    match op {
        EditOp::Put(Path::Key(name, key), value) => {
            map(name, &mut |flat| drop(flat.insert(key.clone(), value.clone())));
        }
        EditOp::Remove(Path::Key(name, key)) => map(name, &mut |flat| drop(flat.remove(&key))),
        EditOp::Put(Path::Field(name), value) => drop(row.fields.insert(name, value)),
        EditOp::Remove(Path::Field(name)) => drop(row.fields.remove(&name)),
        EditOp::PutText(name, text) => drop(row.fields.insert(name, Value::Text(text))),
        EditOp::Trash => row.deleted = true,
        EditOp::Untrash => row.deleted = false,
    }
}

/// The part of a row that an edit is about: a log has hundreds of days, and one of them changes.
fn touched(row: &Row, edit: &Edit) -> Row {
    let Row { created, updated, deleted, .. } = *row;
    let mut part = Row { key: row.key.clone(), created, updated, deleted, fields: BTreeMap::new() };
    for op in &edit.ops {
        let (name, key) = match op {
            EditOp::Put(Path::Key(name, key), _) | EditOp::Remove(Path::Key(name, key)) => (name, Some(key)),
            EditOp::Put(Path::Field(name), _)
            | EditOp::Remove(Path::Field(name))
            | EditOp::PutText(name, _) => (name, None),
            EditOp::Trash | EditOp::Untrash => continue,
        };
        match (row.fields.get(name), key.filter(|_| row.key.part.is_some())) {
            (Some(Value::Map(days)), Some(day)) => {
                let day = days.get(day).map(|value| (day.clone(), value.clone()));
                part.fields.insert(name.clone(), Value::Map(day.into_iter().collect()));
            }
            (Some(value), _) => drop(part.fields.insert(name.clone(), value.clone())),
            (None, _) => {}
        }
    }
    part
}

/// A record as a peer holds it: one level of fields; a log's fields are its days.
fn shown(row: &Row) -> Map<String, Json> {
    let json = life::to_json(row);
    let inner = json.get("fields").or_else(|| json.get("rows")).and_then(Json::as_object);
    let mut fields = inner.cloned().unwrap_or_default();
    if !fields.is_empty() && row.key.part.is_none() {
        fields.insert("kind".into(), json!(row.key.kind));
    }
    if row.deleted {
        fields.insert("deleted".into(), json!(true));
    }
    fields
}

/// Dates of the one year that is thought up, as dates of year `number`.
fn moved(text: &str, number: usize) -> String {
    if number == 0 {
        return text.to_owned();
    }
    let to = |year: usize| format!("{}-", year + number);
    // The later first, so that nothing is moved twice.
    text.replace("2026-", "\u{1}").replace("2025-", &to(2025)).replace('\u{1}', &to(2026))
}

/// The text with every `<n>` replaced by an id.
fn named(text: &str, ids: &[RecordId]) -> Result<String> {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (number, after) = after.split_once('>').context("a closed name")?;
        let id = ids.get(number.parse::<usize>()?).context("an id that was made")?;
        told.push_str(before);
        told.push_str(&id.to_string());
        rest = after;
    }
    told.push_str(rest);
    Ok(told)
}

#[cfg(test)]
mod tests_of_the_life {
    use super::*;

    #[test]
    fn the_standard_life_has_as_many_records_and_changes_as_it_says() {
        let life = Lived::standard(1).expect("a life");
        assert_eq!((life.things, life.changes.len()), (RECORDS, CHANGES));
        let made = life.changes.iter().filter(|change| change.edit.key.part.is_none());
        let made: std::collections::BTreeSet<_> = made.map(|change| &change.edit.key).collect();
        assert_eq!(made.len(), RECORDS, "every record is made before the end");
    }
}

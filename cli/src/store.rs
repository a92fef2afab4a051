//! The store of a home: carries out the engine's reads and commits on SQLite.
//!
//! Invariants: one [`Effect::Commit`](engine::Effect::Commit) is one transaction, durable (`synchronous = full`) when
//! [`Store::commit`] returns; and only the process that opened the store last can write to it, because every
//! transaction holds the fence that its opening raised.

use crate::error::{Error, Kind, Result};
use engine::{Read, Write};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, QueryBuilder, Row, Sqlite, SqliteConnection, Transaction};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Most rows that one insert statement carries.
const ROWS_PER_INSERT: usize = 256;
/// Most reads that one question carries.
const RANGES_PER_QUERY: usize = 256;
/// KiB of pages kept in memory, negative as SQLite wants it: keys are random, so every part of the store is in use.
const CACHE: &str = "-16384";
/// Pages in the log before it is folded into the database: pages that were written again meanwhile are folded in once.
const CHECKPOINT: &str = "4096";
/// How long to wait for another process that is just leaving.
const BUSY: Duration = Duration::from_secs(5);

/// Key and value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// An open store.
#[derive(Debug)]
pub struct Store {
    db: SqliteConnection,
    fence: i64,
}

/// Whether a missing database is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is made: a new home.
    Make,
    /// It is an error: the home is damaged.
    Refuse,
}

impl Store {
    /// Opens the store at `path` and raises its fence, so that whoever had it open before can write no more.
    pub async fn open(path: &Path, missing: Missing) -> Result<Self> {
        if missing == Missing::Refuse && !path.exists() {
            return Err(Error::damaged(format_args!("{} is missing", path.display())));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(missing == Missing::Make)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", CHECKPOINT);
        let mut db = SqliteConnection::connect_with(&options).await.map_err(sql)?;
        MIGRATIONS.run(&mut db).await.map_err(migration)?;
        let fence = sqlx::query_scalar("update store set fence = fence + 1 where one = 1 returning fence")
            .fetch_optional(&mut db)
            .await
            .map_err(sql)?
            .ok_or_else(|| Error::damaged("it has no fence"))?;
        Ok(Self { db, fence })
    }

    /// Writes all of `writes`, in order, or none. When this returns `Ok`, they survive a power cut.
    pub async fn commit(&mut self, writes: &[Write]) -> Result<()> {
        let mut tx = self.db.begin_with("begin immediate").await.map_err(sql)?;
        own(&mut tx, self.fence).await?;
        let (mut puts, mut deletes) = (Vec::with_capacity(ROWS_PER_INSERT), Vec::new());
        for write in writes {
            match write {
                Write::Put(key, value) => {
                    delete(&mut tx, &mut deletes).await?;
                    puts.push((key, value));
                    if puts.len() == ROWS_PER_INSERT {
                        put(&mut tx, &mut puts).await?;
                    }
                }
                Write::Delete(key) => {
                    put(&mut tx, &mut puts).await?;
                    deletes.push(key);
                    if deletes.len() == ROWS_PER_INSERT {
                        delete(&mut tx, &mut deletes).await?;
                    }
                }
            }
        }
        put(&mut tx, &mut puts).await?;
        delete(&mut tx, &mut deletes).await?;
        tx.commit().await.map_err(sql)
    }

    /// For each read, the pairs found, in key order; all from one moment. What another process has written since it took
    /// the store is not given out: this one's engine would not understand it.
    pub async fn read(&mut self, reads: &[Read]) -> Result<Vec<Vec<Pair>>> {
        let mut tx = self.db.begin().await.map_err(sql)?;
        own(&mut tx, self.fence).await?;
        let mut found: Vec<Vec<Pair>> = vec![Vec::new(); reads.len()];
        for (kind, group) in groups(reads) {
            for some in group.chunks(RANGES_PER_QUERY) {
                ranges(&mut tx, some, kind, &mut found).await?;
            }
        }
        Ok(found)
    }

    /// Looks at every page of the database. Empty if all is well.
    pub async fn check(&mut self) -> Result<Vec<String>> {
        let lines: Vec<String> =
            sqlx::query_scalar("pragma integrity_check").fetch_all(&mut self.db).await.map_err(sql)?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// The journal mode and the level of `synchronous` of the live connection; `("wal", 2)` is what is promised.
    pub async fn durability(&mut self) -> Result<(String, i64)> {
        let journal = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut self.db).await.map_err(sql)?;
        let synchronous =
            sqlx::query_scalar("pragma synchronous").fetch_one(&mut self.db).await.map_err(sql)?;
        Ok((journal, synchronous))
    }

    /// Closes the store and folds the write-ahead log into the database.
    pub async fn close(self) -> Result<()> {
        self.db.close().await.map_err(sql)
    }
}

/// Whether no other process has opened the store since.
async fn own(tx: &mut Transaction<'_, Sqlite>, mine: i64) -> Result<()> {
    let fence: i64 = sqlx::query_scalar("select fence from store where one = 1")
        .fetch_one(&mut **tx)
        .await
        .map_err(sql)?;
    if fence == mine { Ok(()) } else { Err(stolen()) }
}

/// A read as its number among those asked for, and the first key and the end of what it is about.
struct Range {
    number: i64,
    low: Vec<u8>,
    high: Option<Vec<u8>>,
}

/// Reads that can be answered together, for a question costs more than its answer: those of one limit, with an end or
/// without.
fn groups(reads: &[Read]) -> BTreeMap<(i64, bool), Vec<Range>> {
    let mut groups: BTreeMap<(i64, bool), Vec<Range>> = BTreeMap::new();
    for (number, read) in (0..).zip(reads) {
        let (limit, low, high) = match read {
            Read::Get(key) => (1, key.clone(), Some(after(key))),
            Read::Scan { prefix, after: passed, limit } => {
                // A key under the prefix is at least the prefix, and less than the next key that does not begin with it.
                let low = match passed {
                    Some(passed) if passed >= prefix => after(passed),
                    _ => prefix.clone(),
                };
                (i64::try_from(*limit).unwrap_or(i64::MAX), low, end_of(prefix))
            }
        };
        groups.entry((limit, high.is_some())).or_default().push(Range { number, low, high });
    }
    groups
}

/// The least key greater than `key`.
fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// Finds at most `limit` pairs of each range, in key order.
async fn ranges(
    tx: &mut Transaction<'_, Sqlite>,
    ranges: &[Range],
    (limit, ends): (i64, bool),
    found: &mut [Vec<Pair>],
) -> Result<()> {
    let mut query = QueryBuilder::<Sqlite>::new("with wanted (number, low, high) as (");
    query.push_values(ranges, |mut row, range| {
        row.push_bind(range.number).push_bind(range.low.as_slice()).push_bind(range.high.as_deref());
    });
    query.push(") select wanted.number, item.key, item.value from wanted cross join item on item.key in ");
    query.push("(select key from item where key >= wanted.low");
    if ends {
        query.push(" and key < wanted.high");
    }
    query.push(" order by key limit ").push_bind(limit);
    query.push(") order by wanted.number, item.key");
    let rows = query.build().persistent(false).fetch_all(&mut **tx).await.map_err(sql)?;
    for row in rows {
        let number: i64 = row.try_get(0).map_err(sql)?;
        let pair = (row.try_get(1).map_err(sql)?, row.try_get(2).map_err(sql)?);
        if let Some(pairs) = usize::try_from(number).ok().and_then(|number| found.get_mut(number)) {
            pairs.push(pair);
        }
    }
    Ok(())
}

/// Inserts and empties `puts`.
async fn put(tx: &mut Transaction<'_, Sqlite>, puts: &mut Vec<(&Vec<u8>, &Vec<u8>)>) -> Result<()> {
    if puts.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new("insert or replace into item (key, value) ");
    query.push_values(puts.drain(..), |mut row, (key, value)| {
        row.push_bind(key.as_slice()).push_bind(value.as_slice());
    });
    query.build().persistent(false).execute(&mut **tx).await.map_err(sql)?;
    Ok(())
}

/// Deletes and empties `keys`.
async fn delete(tx: &mut Transaction<'_, Sqlite>, keys: &mut Vec<&Vec<u8>>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new("delete from item where key in (");
    let mut list = query.separated(", ");
    for key in keys.drain(..) {
        list.push_bind(key.as_slice());
    }
    list.push_unseparated(")");
    query.build().persistent(false).execute(&mut **tx).await.map_err(sql)?;
    Ok(())
}

/// The least key greater than all keys that begin with `prefix`; none if there is no such key.
fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

fn stolen() -> Error {
    Error::new(
        Kind::InUse,
        "store_in_use",
        "another process has opened this store since; nothing was written",
    )
}

/// Sorts what SQLite says.
fn sql(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
    // Extended codes carry the primary one in their low byte.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => Error::new(Kind::InUse, "store_in_use", "another process is writing to this store"),
        // SQLITE_ERROR is a missing table here: every statement is constant.
        Some(1 | 11 | 26) => Error::damaged(error),
        Some(13) => Error::failed("disk_full", "the disk is full; nothing was saved"),
        _ => match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Error::damaged(error),
            _ => Error::failed("store_failed", format!("the store could not be used: {error}")),
        },
    }
}

fn migration(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => Error::failed(
            "newer_version",
            format!("this home was opened by a newer lifeos (store version {version})"),
        )
        .hint("update lifeos on this machine"),
        MigrateError::VersionMismatch(version) => {
            Error::damaged(format_args!("its version {version} is not the one this program knows"))
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => sql(error),
        other => Error::failed("store_failed", format!("the store could not be brought up to date: {other}")),
    }
}

#[cfg(test)]
mod tests;

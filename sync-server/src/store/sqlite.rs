//! SQLite: one file beside the relay.
//!
//! Invariant: a commit is on the disk when it returns (write-ahead log, `synchronous = full`). One connection writes,
//! so that writers queue here instead of failing as busy.

use super::{StoreError, StoreKind};
use crate::hints::Bulletin;
use crate::limits::{DATABASE_TIMEOUT, SQLITE_READERS};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::sync::Arc;

// One text of SQL compiled for two databases: each compilation is checked against its own driver's types.
#[allow(clippy::duplicate_mod)]
#[path = "sql/mod.rs"]
mod sql;

pub use sql::SqlStore as SqliteStore;

type Db = sqlx::Sqlite;
type Connection = sqlx::sqlite::SqliteConnection;
type Row = sqlx::sqlite::SqliteRow;

const KIND: StoreKind = StoreKind::Sqlite;
/// Takes the write lock at once; a read lock that is raised later could fail as busy.
const BEGIN_WRITE: &str = "begin immediate";
const BEGIN_READ: &str = "begin";
/// `begin immediate` has locked the whole database.
const LOCK_ACCOUNTS: Option<&str> = None;
const LOCK_PAIRINGS: Option<&str> = None;
const FOR_UPDATE: &str = "";
const LOCK_SPACES: &str = "";
const SKIP_CLAIMED: &str = "";

/// One relay alone opens the file.
fn bulletin(_pool: &sqlx::Pool<Db>) -> Option<Arc<dyn Bulletin>> {
    None
}

impl SqliteStore {
    /// Opens the database file, makes it if it is not there, and applies the migrations that are missing.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(DATABASE_TIMEOUT);
        let pool = |connections| {
            SqlitePoolOptions::new().max_connections(connections).acquire_timeout(DATABASE_TIMEOUT)
        };
        let write = pool(1).connect_with(options.clone()).await?;
        sqlx::migrate!("../migrations/sqlite").run(&write).await?;
        let read = pool(SQLITE_READERS).connect_with(options).await?;
        let store = Self::new(read, write);
        store.check_durable().await?;
        Ok(store)
    }

    /// `(journal_mode, synchronous)` as the live writing connection has them.
    pub async fn durability(&self) -> Result<(String, i64), StoreError> {
        let mut connection = self.writer().acquire().await?;
        let mode = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *connection).await?;
        let synchronous = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *connection).await?;
        Ok((mode, synchronous))
    }

    async fn check_durable(&self) -> Result<(), StoreError> {
        match self.durability().await? {
            (mode, 2..) if mode == "wal" => Ok(()),
            (mode, synchronous) => Err(StoreError::NotDurable(format!(
                "journal_mode is {mode} and synchronous is {synchronous}, wanted wal and full"
            ))),
        }
    }
}

/// Makes the file and its folder so that only their owner may read them. What is there already is left as it is.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let failed = |e: std::io::Error| StoreError::Unavailable(format!("{}: {e}", path.display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(failed(e)),
        }
    }
    #[cfg(not(unix))]
    match path.parent().filter(|f| !f.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder).map_err(failed),
        None => Ok(()),
    }
}

//! PostgreSQL, possibly shared by several relays.
//!
//! Invariant: a commit is on the server's disk when it returns; a server that was told not to sync is refused.

use super::{StoreError, StoreKind};
use crate::hints::Bulletin;
use crate::limits::{DATABASE_TIMEOUT, POSTGRES_CONNECTIONS};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::sync::Arc;

mod notify;

// One text of SQL compiled for two databases: each compilation is checked against its own driver's types.
#[allow(clippy::duplicate_mod)]
#[path = "sql/mod.rs"]
mod sql;

pub use sql::SqlStore as PostgresStore;

type Db = sqlx::Postgres;
type Connection = sqlx::postgres::PgConnection;
type Row = sqlx::postgres::PgRow;

const KIND: StoreKind = StoreKind::Postgres;
const BEGIN_WRITE: &str = "begin isolation level read committed";
/// Several statements see one moment.
const BEGIN_READ: &str = "begin isolation level repeatable read read only";
/// Two relays must not both find that there is no account yet.
const LOCK_ACCOUNTS: Option<&str> = Some("lock table account in share row exclusive mode");
/// Two relays must not both find room for one mailbox more, nor both find a slot empty.
const LOCK_PAIRINGS: Option<&str> = Some("lock table pairing in share row exclusive mode");
/// In the order in which they are named to all relays, so that none waits for another in a circle.
const LOCK_SPACES: &str = " order by space.space_id for update of space";
const FOR_UPDATE: &str = "for update";
/// Two relays that look for notices at once find different ones, and neither waits.
const SKIP_CLAIMED: &str = "for update of notice skip locked";

fn bulletin(pool: &sqlx::Pool<Db>) -> Option<Arc<dyn Bulletin>> {
    Some(Arc::new(notify::Notify::new(pool.clone())))
}

impl PostgresStore {
    /// Connects and applies the migrations that are missing.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("lifeos-relay").options([("synchronous_commit", "on")]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(DATABASE_TIMEOUT)
            .connect_with(options)
            .await?;
        sqlx::migrate!("../migrations/postgres").run(&pool).await?;
        let store = Self::new(pool.clone(), pool);
        store.check_durable().await?;
        Ok(store)
    }

    /// `(fsync, synchronous_commit)` as a live connection has them.
    pub async fn durability(&self) -> Result<(String, String), StoreError> {
        let mut connection = self.writer().acquire().await?;
        let fsync = sqlx::query_scalar("show fsync").fetch_one(&mut *connection).await?;
        let commit = sqlx::query_scalar("show synchronous_commit").fetch_one(&mut *connection).await?;
        Ok((fsync, commit))
    }

    async fn check_durable(&self) -> Result<(), StoreError> {
        match self.durability().await? {
            (fsync, commit) if fsync == "on" && commit == "on" => Ok(()),
            (fsync, commit) => Err(StoreError::NotDurable(format!(
                "fsync is {fsync} and synchronous_commit is {commit}, wanted on and on"
            ))),
        }
    }
}

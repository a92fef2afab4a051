//! Which database a URL names.

use super::{PostgresStore, SqliteStore, Store, StoreError};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// A store of whichever kind.
pub type OpenStore = Arc<dyn Store>;

/// `sqlite://path` or `postgres://…`. Shown without what might be a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(String),
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

/// A text that names no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected sqlite://PATH or postgres://USER@HOST/DATABASE")]
pub struct BadDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = BadDatabaseUrl;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            // SQLite would take `?mode=memory` and the like; a relay that forgets is nobody's wish.
            return if path.is_empty() || path.contains(['?', '#', '\0']) {
                Err(BadDatabaseUrl)
            } else {
                Ok(Self::Sqlite(path.into()))
            };
        }
        let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if postgres && text.parse::<sqlx::postgres::PgConnectOptions>().is_ok() {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(BadDatabaseUrl)
    }
}

/// Opens a database and applies the migrations that are missing.
pub async fn open(url: &DatabaseUrl) -> Result<OpenStore, StoreError> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
        DatabaseUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
    })
}

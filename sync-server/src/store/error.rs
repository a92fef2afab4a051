//! Why a store did not do what it was asked.

use protocol::ErrorCode;

/// Why a store did not do what it was asked. In every case nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy or full: try again.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database answered with an error that a retry does not mend.
    #[error("the database failed: {0}")]
    Failed(String),
    /// What is stored does not hold together.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The database may lose what it commits.
    #[error("the database is not durable: {0}")]
    NotDurable(String),
}

impl StoreError {
    /// The code that crosses the wire; the text stays in the log.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Failed(_) | Self::Damaged(_) | Self::NotDurable(_) => ErrorCode::Internal,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(database) if transient(database.as_ref()) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Failed(format!("migrations: {error}"))
    }
}

/// SQLite: busy (5), locked (6), disk I/O (10), full (13). PostgreSQL: classes 08, 40, 53, 57 and 58 (connection, serialisation and
/// deadlock, resources, operator intervention, system).
fn transient(error: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if let Ok(number) = code.parse::<u32>()
        && code.len() < 5
    {
        return matches!(number & 0xff, 5 | 6 | 10 | 13);
    }
    ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
}

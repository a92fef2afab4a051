//! NOTIFY and LISTEN: how relays on one PostgreSQL wake each other.
//!
//! Invariant: listening has a connection of its own, outside the pool that serves requests.

use crate::hints::{Bulletin, Ear};
use crate::limits::DATABASE_TIMEOUT;
use crate::store::StoreError;
use async_trait::async_trait;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};

const CHANNEL: &str = "lifeos_hints";

/// The notes of one database.
pub(super) struct Notify {
    pool: PgPool,
}

impl Notify {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Bulletin for Notify {
    async fn post(&self, notes: &[String]) -> Result<(), StoreError> {
        sqlx::query("select pg_notify($1, note) from unnest($2::text[]) as note")
            .bind(CHANNEL)
            .bind(notes)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn listen(&self) -> Result<Box<dyn Ear>, StoreError> {
        let options = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let own = options.acquire_timeout(DATABASE_TIMEOUT);
        let own = own.connect_with((*self.pool.connect_options()).clone()).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        Ok(Box::new(Listening(listener)))
    }
}

struct Listening(PgListener);

#[async_trait]
impl Ear for Listening {
    async fn next(&mut self) -> Result<Option<String>, StoreError> {
        // None after the connection was lost and made again.
        let heard = self.0.try_recv().await?;
        Ok(heard.map(|note| note.payload().to_owned()))
    }
}

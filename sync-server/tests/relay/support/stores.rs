//! One promise on every kind of store.

/// Runs each promise, an `async fn(Arc<dyn Store>)`, on memory, SQLite and PostgreSQL.
macro_rules! on_every_store {
    ($($promise:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(std::sync::Arc::new(sync_server::memory::MemoryStore::new())).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("relay.sqlite");
                let store = sync_server::store::SqliteStore::open(&path).await.unwrap();
                super::$promise(std::sync::Arc::new(store)).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let cluster = crate::support::postgres::Postgres::shared();
                let store = sync_server::store::PostgresStore::open(&cluster.database()).await.unwrap();
                let store = std::sync::Arc::new(store);
                super::$promise(store.clone()).await;
                sync_server::store::Store::close(&*store).await;
            })+
        }
    };
}
pub(crate) use on_every_store;

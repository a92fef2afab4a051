//! What only a real database can show: durability settings, private files, damage.

use crate::support::device::{Author, Device, Vault};
use crate::support::postgres::Postgres;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use sync_server::relay::Relay;
use sync_server::store::{Admission, DatabaseUrl, PostgresStore, SqliteStore, Store, StoreError};

#[tokio::test]
async fn sqlite_commits_with_full_synchronous_and_a_write_ahead_log() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap();
    assert_eq!(store.durability().await.unwrap(), ("wal".to_owned(), 2));
    let mut connection = store.writer().acquire().await.unwrap();
    let keys: i64 = sqlx::query_scalar("pragma foreign_keys").fetch_one(&mut *connection).await.unwrap();
    assert_eq!(keys, 1);
}

#[tokio::test]
async fn a_new_sqlite_file_and_its_folder_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/relay.sqlite");
    let store = SqliteStore::open(&path).await.unwrap();
    let mode = |p: &std::path::Path| p.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&folder.path().join("deep/er/relay.sqlite-wal")), 0o600);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_commits_synchronously() {
    let cluster = Postgres::shared();
    let store = PostgresStore::open(&cluster.database()).await.unwrap();
    assert_eq!(store.durability().await.unwrap(), ("on".to_owned(), "on".to_owned()));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_does_not_sync_is_refused() {
    let cluster = Postgres::start(&["fsync=off"]);
    let opened = PostgresStore::open(&cluster.database()).await;
    assert!(matches!(opened, Err(StoreError::NotDurable(_))), "{opened:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_commits_asynchronously_by_default_is_overruled() {
    let cluster = Postgres::start(&["synchronous_commit=off"]);
    let store = PostgresStore::open(&cluster.database()).await.unwrap();
    assert_eq!(store.durability().await.unwrap().1, "on");
    store.close().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.sqlite");
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    let entry = Author::new(&laptop, &vault).write(b"kept");
    {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await.unwrap());
        let relay = Relay::new(store.clone());
        let now = sync_server::clock::Millis::now();
        relay.register(&vault.items, Admission::First, None, now).await.unwrap();
        relay.append(&vault.space(), std::slice::from_ref(&entry)).await.unwrap().unwrap();
        store.close().await;
    }
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await.unwrap());
    let page = sync_server::store::Page { count: 10, bytes: 1 << 20 };
    assert_eq!(store.entries(&vault.space(), 0, page).await.unwrap(), [entry]);
    let chain = Relay::new(store).chain(&vault.space()).await.unwrap().unwrap();
    assert_eq!(chain.head(), vault.chain.head());
}

#[tokio::test]
async fn a_chain_that_was_tampered_with_in_the_database_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap());
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let mut vault = Vault::begin(&laptop, &paper);
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    let now = sync_server::clock::Millis::now();
    Relay::new(store.clone()).register(&vault.items, Admission::First, None, now).await.unwrap();
    sqlx::query("update link set signature = $1 where height = 1")
        .bind([0_u8; 64].as_slice())
        .execute(store.writer())
        .await
        .unwrap();
    let chain = Relay::new(store.clone()).chain(&vault.space()).await;
    assert!(matches!(chain, Err(StoreError::Damaged(_))), "{chain:?}");
}

#[test]
fn a_database_is_named_by_a_url_that_keeps_what_it_is_given() {
    for text in ["sqlite://relay.sqlite", "sqlite:///var/lib/relay.sqlite", "postgres://u:p@localhost/relay"]
    {
        assert!(text.parse::<DatabaseUrl>().is_ok(), "{text}");
    }
    for text in ["", "relay.sqlite", "sqlite://", "sqlite://x?mode=memory", "mysql://h/d", "postgres//x"] {
        assert!(text.parse::<DatabaseUrl>().is_err(), "{text}");
    }
    let shown = format!("{:?}", "postgres://me:secret@localhost/relay".parse::<DatabaseUrl>().unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}

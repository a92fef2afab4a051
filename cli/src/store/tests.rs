use super::*;
use std::path::PathBuf;

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("store.db");
    (dir, path)
}

fn write(key: &str, value: &str) -> Write {
    Write::Put(key.into(), value.into())
}

fn scan(prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Read {
    Read::Scan { prefix: prefix.to_vec(), after: after.map(<[u8]>::to_vec), limit }
}

fn names(pairs: &[Pair]) -> Vec<String> {
    pairs.iter().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect()
}

#[tokio::test]
async fn what_was_committed_is_there_after_the_store_is_opened_again() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    store.commit(&[write("a", "1"), write("b", "2")]).await.expect("commits");
    store.commit(&[write("a", "3"), Write::Delete(b"b".to_vec())]).await.expect("commits");
    drop(store);

    let mut store = Store::open(&path, Missing::Refuse).await.expect("opens again");
    let found = store.read(&[Read::Get(b"a".to_vec()), Read::Get(b"b".to_vec())]).await.expect("reads");
    assert_eq!(found, [vec![(b"a".to_vec(), b"3".to_vec())], vec![]]);
}

#[tokio::test]
async fn writes_of_one_commit_take_effect_in_their_order() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    let delete = |key: &str| Write::Delete(key.into());
    let writes =
        [write("a", "1"), delete("a"), write("a", "2"), write("a", "3"), write("b", "1"), delete("b")];
    store.commit(&writes).await.expect("commits");
    let found = store.read(&[scan(b"", None, 9)]).await.expect("reads");
    assert_eq!(found, [vec![(b"a".to_vec(), b"3".to_vec())]]);
}

#[tokio::test]
async fn a_commit_larger_than_one_statement_is_whole() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    let writes: Vec<Write> = (0..1_000).map(|n| write(&format!("k{n:04}"), "v")).collect();
    store.commit(&writes).await.expect("commits");
    let found = store.read(&[scan(b"k", None, usize::MAX)]).await.expect("reads");
    assert_eq!(found[0].len(), 1_000);
    assert_eq!(found[0][999].0, b"k0999");
}

#[tokio::test]
async fn a_scan_gives_the_prefix_alone_in_key_order_by_pages() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    let keys = ["a", "b", "b1", "b2", "b3", "c"];
    let writes: Vec<Write> = keys.iter().rev().map(|key| write(key, "v")).collect();
    store.commit(&writes).await.expect("commits");

    let reads =
        [scan(b"b", None, 2), scan(b"b", Some(b"b1"), 2), scan(b"b", Some(b"b3"), 2), scan(b"", None, 9)];
    let found = store.read(&reads).await.expect("reads");
    let found: Vec<Vec<String>> = found.iter().map(|pairs| names(pairs)).collect();
    assert_eq!(found[0], ["b", "b1"]);
    assert_eq!(found[1], ["b2", "b3"]);
    assert!(found[2].is_empty());
    assert_eq!(found[3], keys);
}

#[tokio::test]
async fn a_prefix_that_ends_in_the_highest_byte_finds_its_keys() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    let keys: [&[u8]; 4] = [&[1, 255], &[1, 255, 255], &[2], &[255, 255, 7]];
    let writes: Vec<Write> = keys.iter().map(|key| Write::Put(key.to_vec(), vec![])).collect();
    store.commit(&writes).await.expect("commits");
    let found = store.read(&[scan(&[1, 255], None, 9), scan(&[255], None, 9)]).await.expect("reads");
    assert_eq!(found[0].len(), 2);
    assert_eq!(found[1], [(vec![255, 255, 7], vec![])]);
}

#[tokio::test]
async fn whoever_opens_the_store_last_is_the_only_one_that_can_read_or_write() {
    let (_dir, path) = place();
    let mut first = Store::open(&path, Missing::Make).await.expect("opens");
    let mut second = Store::open(&path, Missing::Refuse).await.expect("opens");
    let error = first.commit(&[write("a", "1")]).await.expect_err("the fence was raised");
    assert_eq!((error.kind, error.code), (Kind::InUse, "store_in_use"));
    second.commit(&[write("a", "2")]).await.expect("commits");
    let found = second.read(&[Read::Get(b"a".to_vec())]).await.expect("reads");
    assert_eq!(found, [vec![(b"a".to_vec(), b"2".to_vec())]], "nothing of the refused transaction is stored");
    let all = [scan(b"", None, 10)];
    assert_eq!(first.read(&all).await.expect_err("the store is another's").code, "store_in_use");
    second.read(&all).await.expect("it is its own");
}

#[tokio::test]
async fn a_live_connection_writes_ahead_and_syncs_fully() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    assert_eq!(store.durability().await.expect("reads"), ("wal".into(), 2));
}

#[tokio::test]
async fn a_database_that_is_none_is_called_damaged() {
    let (_dir, path) = place();
    std::fs::write(&path, [b'x'; 8192]).expect("writes");
    let error = Store::open(&path, Missing::Refuse).await.expect_err("it is no database");
    assert_eq!((error.kind, error.code), (Kind::Integrity, "store_damaged"));
    assert!(error.hint.is_some(), "it says what to do");
}

#[tokio::test]
async fn a_database_that_is_missing_is_called_damaged_and_not_made() {
    let (_dir, path) = place();
    let error = Store::open(&path, Missing::Refuse).await.expect_err("it is missing");
    assert_eq!(error.kind, Kind::Integrity);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_by_that_name() {
    let (_dir, path) = place();
    let mut store = Store::open(&path, Missing::Make).await.expect("opens");
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (99, 'later', true, x'00', 0)",
    )
    .execute(&mut store.db)
    .await
    .expect("marks it as newer");
    drop(store);
    let error = Store::open(&path, Missing::Refuse).await.expect_err("it is newer");
    assert_eq!(error.code, "newer_version");
}

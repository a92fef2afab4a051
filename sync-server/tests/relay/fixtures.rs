//! Databases that earlier releases wrote: each later release opens them and finds everything.
//!
//! To keep the database of a new release:
//! `LIFEOS_KEEP_DATABASE=1 cargo test -p sync-server --test relay fixtures`.

use crate::support::device::{Author, Device, Vault};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::memory::MemoryStore;
use sync_server::relay::Relay;
use sync_server::store::{Admission, Page, SqliteStore, Store};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What every kept database holds: two accounts, links, entries of two devices, a refused entry.
async fn fill(store: Arc<dyn Store>) -> [Vault; 2] {
    let relay = Relay::new(store);
    let (laptop, phone, paper) = (Device::named("laptop"), Device::named("phone"), Device::named("paper"));
    let mut ours = Vault::begin(&laptop, &paper);
    ours.take(ours.adding(&paper, &phone));
    let theirs = Vault::begin(&Device::named("desk"), &Device::named("slip"));
    for vault in [&ours, &theirs] {
        relay.register(&vault.items, Admission::Open, None, Millis(1_700_000_000_000)).await.unwrap();
    }
    for device in [&laptop, &phone] {
        let mut author = Author::new(device, &ours);
        let entries: Vec<_> = (0..20_u8).map(|n| author.write(&vec![n; 50 * usize::from(n)])).collect();
        relay.append(&ours.space(), &entries).await.unwrap().unwrap();
    }
    let clone = Author::new(&laptop, &ours).draft(b"another first entry");
    relay.append(&ours.space(), &[clone]).await.unwrap().unwrap();
    [ours, theirs]
}

#[tokio::test]
async fn a_database_of_every_release_opens_and_holds_what_it_held() {
    if std::env::var_os("LIFEOS_KEEP_DATABASE").is_some() {
        let path = folder().join(concat!(env!("CARGO_PKG_VERSION"), ".sqlite"));
        let store = Arc::new(SqliteStore::open(&path).await.unwrap());
        fill(store.clone()).await;
        store.close().await;
    }
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let vaults = fill(memory.clone()).await;
    let all = Page { count: 1_000, bytes: 1 << 24 };
    let mut kept = 0;
    for file in std::fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|e| e != "sqlite") {
            continue;
        }
        kept += 1;
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("relay.sqlite");
        std::fs::copy(&file, &path).unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await.unwrap());
        for vault in &vaults {
            let space = vault.space();
            assert_eq!(store.vault(&vault.account()).await.unwrap(), Some(space));
            assert_eq!(store.space(&space).await.unwrap(), memory.space(&space).await.unwrap());
            assert_eq!(store.heads(&space).await.unwrap(), memory.heads(&space).await.unwrap());
            assert_eq!(store.links(&space, 0, all).await.unwrap(), vault.items);
            let entries = store.entries(&space, 0, all).await.unwrap();
            assert_eq!(entries, memory.entries(&space, 0, all).await.unwrap());
            assert_eq!(store.evidence(&space).await.unwrap(), memory.evidence(&space).await.unwrap());
            let chain = Relay::new(store.clone()).chain(&space).await.unwrap().unwrap();
            assert_eq!(chain.head(), vault.chain.head());
        }
        // It is not only readable: the log goes on.
        let [ours, _] = &vaults;
        let tablet = Device::named("tablet");
        let link = ours.adding(&Device::named("laptop"), &tablet);
        let relay = Relay::new(store.clone());
        relay.extend(&ours.space(), &[link], false).await.unwrap().unwrap().unwrap();
        store.close().await;
    }
    assert!(kept > 0, "no database of any release is kept");
}

//! Many connections share one commit, and none is answered before it.

use crate::support::device::{Author, Device, Vault};
use protocol::ErrorCode;
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::committer::Committer;
use sync_server::hints::Hints;
use sync_server::memory::MemoryStore;
use sync_server::relay::Relay;
use sync_server::store::{Admission, Store};

async fn world() -> (Arc<MemoryStore>, Relay, Device, Vault) {
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    let store = Arc::new(MemoryStore::new());
    let shared: Arc<dyn Store> = store.clone();
    let (committer, _task) = Committer::start(shared.clone(), Arc::new(Hints::default()));
    let relay = Relay::with_writer(shared, Arc::new(committer));
    relay.register(&vault.items, Admission::First, None, Millis(1)).await.unwrap();
    (store, relay, laptop, vault)
}

#[tokio::test]
async fn a_failed_commit_is_answered_with_the_failure_to_all_who_shared_it() {
    let (store, relay, laptop, vault) = world().await;
    let space = vault.space();
    store.set_failing(true);
    let entry = Author::new(&laptop, &vault).write(b"x");
    let both = tokio::join!(
        relay.append(&space, std::slice::from_ref(&entry)),
        relay.append(&space, std::slice::from_ref(&entry)),
    );
    for answer in [both.0, both.1] {
        assert_eq!(answer.unwrap_err().code(), ErrorCode::Unavailable);
    }
    assert_eq!(store.space(&space).await.unwrap().unwrap().seq, 0);
    store.set_failing(false);
    assert_eq!(relay.append(&space, &[entry]).await.unwrap().unwrap().accepted, 1);
    assert_eq!(store.space(&space).await.unwrap().unwrap().seq, 1);
}

#[tokio::test]
async fn a_chain_that_grows_between_judgement_and_commit_is_judged_again() {
    let (_store, relay, laptop, vault) = world().await;
    let space = vault.space();
    let mut author = Author::new(&laptop, &vault);
    let entries: Vec<_> = (0..20_u8).map(|n| author.write(&[n])).collect();
    let appending = async {
        for entry in &entries {
            let done = relay.append(&space, std::slice::from_ref(entry)).await.unwrap().unwrap();
            assert_eq!((done.accepted, done.refusal), (1, None));
        }
    };
    let extending = async {
        let mut vault = Vault::begin(&laptop, &Device::named("paper"));
        for n in 0..20 {
            let link = vault.adding(&laptop, &Device::named(&format!("device {n}")));
            relay.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap();
            vault.take(link);
        }
    };
    tokio::join!(appending, extending);
    let state = relay.store().space(&space).await.unwrap().unwrap();
    assert_eq!((state.seq, state.height), (20, 20));
}

#[tokio::test]
async fn the_committer_ends_when_nobody_can_write_any_more() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (committer, task) = Committer::start(store, Arc::new(Hints::default()));
    drop(committer);
    task.await.unwrap();
}

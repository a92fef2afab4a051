//! What every store promises of passkeys, sessions and invitations.

use crate::support::device::{Device, Vault};
use crate::support::stores::on_every_store;
use protocol::AccountId;
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::identity::SecretHash;
use sync_server::store::{
    Added, Admission, CeremonyKind, Created, Handle, Invite, NewAccount, Session, Store, StoredPasskey,
};

const NOW: Millis = Millis(1_000_000);
const LATER: Millis = Millis(2_000_000);

async fn account(store: &Arc<dyn Store>, name: &str, now: Millis) -> AccountId {
    let vault = Vault::begin(&Device::named(name), &Device::named("slip"));
    let chain = Arc::new(vault.chain.clone());
    let new = NewAccount { chain, admission: Admission::Open, invite: None, now };
    assert_eq!(store.create_account(new).await.unwrap(), Created::Yes);
    vault.account()
}

fn handle(n: u8) -> Handle {
    Handle::new([n; 16])
}

fn passkey(n: u8, account: AccountId) -> StoredPasskey {
    StoredPasskey {
        id: handle(n),
        credential: vec![n; 40],
        account,
        device: Device::named("laptop").id(),
        user: vec![n; 16],
        name: format!("key {n}"),
        verifier: b"{}".to_vec(),
        created: Millis(NOW.0 + i64::from(n)),
        used: None,
    }
}

fn session(n: u8, account: AccountId, passkey: Option<Handle>) -> Session {
    let device = Device::named("laptop").id();
    let created = Millis(NOW.0 + i64::from(n));
    Session { id: handle(n), account, device, passkey, created, seen: created, expires: LATER }
}

fn token(n: u8) -> SecretHash {
    SecretHash::of(&[n])
}

async fn a_ceremony_is_used_once_for_its_kind_and_in_time(store: Arc<dyn Store>) {
    let put = async |kind| store.put_ceremony(token(1), kind, b"state", LATER, NOW).await.unwrap();
    let take = async |kind, now| store.take_ceremony(token(1), kind, now).await.unwrap();
    put(CeremonyKind::Create).await;
    assert_eq!(take(CeremonyKind::SignIn, NOW).await, None);
    assert_eq!(take(CeremonyKind::Create, NOW).await, Some(b"state".to_vec()));
    assert_eq!(take(CeremonyKind::Create, NOW).await, None);
    put(CeremonyKind::SignIn).await;
    assert_eq!(take(CeremonyKind::SignIn, LATER).await, None);
    assert_eq!(store.take_ceremony(token(2), CeremonyKind::SignIn, NOW).await.unwrap(), None);
}

async fn a_credential_belongs_to_one_account(store: Arc<dyn Store>) {
    let (ada, bob) = (account(&store, "ada", NOW).await, account(&store, "bob", NOW).await);
    assert_eq!(store.add_passkey(passkey(1, ada), 2).await.unwrap(), Added::Yes);
    let stolen = StoredPasskey { id: handle(9), account: bob, ..passkey(1, ada) };
    assert_eq!(store.add_passkey(stolen, 2).await.unwrap(), Added::Taken);
    assert_eq!(store.add_passkey(passkey(2, ada), 2).await.unwrap(), Added::Yes);
    assert_eq!(store.add_passkey(passkey(3, ada), 2).await.unwrap(), Added::TooMany);
    assert_eq!(store.add_passkey(passkey(3, bob), 2).await.unwrap(), Added::Yes);
    assert_eq!(store.passkeys(&ada).await.unwrap(), [passkey(2, ada), passkey(1, ada)]);
    assert_eq!(store.passkey_of(&[1; 40]).await.unwrap(), Some(passkey(1, ada)));
    assert_eq!(store.passkey_of(&[4; 40]).await.unwrap(), None);
}

async fn a_passkey_is_renamed_used_and_removed_by_its_account_alone(store: Arc<dyn Store>) {
    let (ada, bob) = (account(&store, "ada", NOW).await, account(&store, "bob", NOW).await);
    store.add_passkey(passkey(1, ada), 9).await.unwrap();
    assert!(!store.rename_passkey(&bob, &handle(1), "mine").await.unwrap());
    assert!(store.rename_passkey(&ada, &handle(1), "phone").await.unwrap());
    store.passkey_used(&handle(1), b"{\"counter\":2}", LATER).await.unwrap();
    let found = store.passkey_of(&[1; 40]).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.used), ("phone", Some(LATER)));
    assert_eq!(found.verifier, b"{\"counter\":2}");
    assert!(!store.remove_passkey(&bob, &handle(1)).await.unwrap());
    assert!(store.remove_passkey(&ada, &handle(1)).await.unwrap());
    assert!(!store.remove_passkey(&ada, &handle(1)).await.unwrap());
    assert_eq!(store.passkey_of(&[1; 40]).await.unwrap(), None);
}

async fn a_removed_passkey_takes_its_sessions_along_and_no_others(store: Arc<dyn Store>) {
    let ada = account(&store, "ada", NOW).await;
    store.add_passkey(passkey(1, ada), 9).await.unwrap();
    store.add_passkey(passkey(2, ada), 9).await.unwrap();
    for (n, by) in [(1, Some(handle(1))), (2, Some(handle(2))), (3, None)] {
        store.add_session(token(n), session(n, ada, by), 9).await.unwrap();
    }
    assert!(store.remove_passkey(&ada, &handle(1)).await.unwrap());
    assert_eq!(store.session(token(1), NOW).await.unwrap(), None);
    let left: Vec<_> = store.sessions(&ada, NOW).await.unwrap().iter().map(|s| s.id).collect();
    assert_eq!(left, [handle(3), handle(2)]);
}

async fn a_session_is_found_by_its_token_until_it_expires(store: Arc<dyn Store>) {
    let ada = account(&store, "ada", NOW).await;
    let begun = session(1, ada, None);
    store.add_session(token(1), begun, 9).await.unwrap();
    assert_eq!(store.session(token(1), NOW).await.unwrap(), Some(begun));
    assert_eq!(store.session(token(2), NOW).await.unwrap(), None);
    assert_eq!(store.session(token(1), LATER).await.unwrap(), None);
    assert_eq!(store.sessions(&ada, LATER).await.unwrap(), []);
    let (seen, expires) = (Millis(NOW.0 + 50), Millis(LATER.0 + 50));
    store.touch_session(&handle(1), seen, expires).await.unwrap();
    assert_eq!(store.session(token(1), LATER).await.unwrap(), Some(Session { seen, expires, ..begun }));
}

async fn sessions_are_ended_by_their_account_alone(store: Arc<dyn Store>) {
    let (ada, bob) = (account(&store, "ada", NOW).await, account(&store, "bob", NOW).await);
    for (n, whose) in [(1, ada), (2, ada), (3, ada), (4, bob)] {
        store.add_session(token(n), session(n, whose, None), 9).await.unwrap();
    }
    assert!(!store.end_session(&bob, &handle(1)).await.unwrap());
    assert!(store.end_session(&ada, &handle(1)).await.unwrap());
    assert!(!store.end_session(&ada, &handle(1)).await.unwrap());
    store.end_other_sessions(&ada, &handle(2)).await.unwrap();
    assert_eq!(store.sessions(&ada, NOW).await.unwrap(), [session(2, ada, None)]);
    assert_eq!(store.sessions(&bob, NOW).await.unwrap(), [session(4, bob, None)]);
}

async fn one_session_too_many_ends_the_one_that_was_quiet_for_longest(store: Arc<dyn Store>) {
    let (ada, bob) = (account(&store, "ada", NOW).await, account(&store, "bob", NOW).await);
    store.add_session(token(9), session(9, bob, None), 2).await.unwrap();
    store.add_session(token(1), session(1, ada, None), 2).await.unwrap();
    store.add_session(token(2), session(2, ada, None), 2).await.unwrap();
    store.touch_session(&handle(1), Millis(NOW.0 + 100), LATER).await.unwrap();
    store.add_session(token(3), session(3, ada, None), 2).await.unwrap();
    let left: Vec<_> = store.sessions(&ada, NOW).await.unwrap().iter().map(|s| s.id).collect();
    assert_eq!(left, [handle(3), handle(1)]);
    assert_eq!(store.sessions(&bob, NOW).await.unwrap().len(), 1);
}

async fn an_invitation_is_listed_until_it_is_used_withdrawn_or_expired(store: Arc<dyn Store>) {
    let (ada, bob) = (account(&store, "ada", NOW).await, account(&store, "bob", NOW).await);
    let invite =
        |n| Invite { id: handle(n), account: ada, created: Millis(NOW.0 + i64::from(n)), expires: LATER };
    for n in 1..=3 {
        assert!(store.add_invite(token(n), invite(n), 3).await.unwrap());
    }
    assert!(!store.add_invite(token(4), invite(4), 3).await.unwrap());
    // What the operator makes is in nobody's list and in nobody's way.
    store.put_invite(token(5), LATER, NOW).await.unwrap();
    assert_eq!(store.invites(&ada, NOW).await.unwrap(), [invite(3), invite(2), invite(1)]);
    assert_eq!(store.invites(&bob, NOW).await.unwrap(), []);
    assert_eq!(store.invites(&ada, LATER).await.unwrap(), []);
    assert!(!store.withdraw_invite(&bob, &handle(2)).await.unwrap());
    assert!(store.withdraw_invite(&ada, &handle(2)).await.unwrap());
    assert!(!store.withdraw_invite(&ada, &handle(2)).await.unwrap());
    let vault = Vault::begin(&Device::named("cleo"), &Device::named("slip"));
    let chain = Arc::new(vault.chain.clone());
    let by = |n| NewAccount {
        chain: chain.clone(),
        admission: Admission::Invite,
        invite: Some(token(n)),
        now: NOW,
    };
    assert_eq!(store.create_account(by(2)).await.unwrap(), Created::InviteInvalid);
    assert_eq!(store.create_account(by(1)).await.unwrap(), Created::Yes);
    assert_eq!(store.invites(&ada, NOW).await.unwrap(), [invite(3)]);
}

async fn the_first_account_is_known_for_it(store: Arc<dyn Store>) {
    let (ada, bob) = (account(&store, "ada", NOW).await, account(&store, "bob", LATER).await);
    let facts = store.account_facts(&ada).await.unwrap().unwrap();
    assert_eq!((facts.created, facts.entries, facts.first), (NOW, 0, true));
    assert!(facts.bytes > 0);
    assert!(!store.account_facts(&bob).await.unwrap().unwrap().first);
    let nobody = Vault::begin(&Device::named("nobody"), &Device::named("slip"));
    assert_eq!(store.account_facts(&nobody.account()).await.unwrap(), None);
}

on_every_store!(
    a_ceremony_is_used_once_for_its_kind_and_in_time,
    a_credential_belongs_to_one_account,
    a_passkey_is_renamed_used_and_removed_by_its_account_alone,
    a_removed_passkey_takes_its_sessions_along_and_no_others,
    a_session_is_found_by_its_token_until_it_expires,
    sessions_are_ended_by_their_account_alone,
    one_session_too_many_ends_the_one_that_was_quiet_for_longest,
    an_invitation_is_listed_until_it_is_used_withdrawn_or_expired,
    the_first_account_is_known_for_it,
);

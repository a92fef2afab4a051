//! The end of an account: what every store promises, and what a device sees of it.

use crate::support::client::{Answer, Closed, Http, Socket, refused};
use crate::support::device::{Author, Device, Vault};
use crate::support::manifest::manifest;
use crate::support::page::Page;
use crate::support::postgres::Postgres;
use crate::support::server::Server;
use crate::support::stores::on_every_store;
use protocol::api::{DeletionAnswer, DeletionRequest, RegisterAnswer};
use protocol::auth::AuthPurpose;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::limits::DELETION_SECONDS;
use protocol::limits::NOTICE_BYTES;
use protocol::manifest::PackRef;
use protocol::notice::Notice;
use protocol::{AccountId, ErrorCode, NoticeId, SubscriptionId};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use sync_server::clock::Millis;
use sync_server::identity::SecretHash;
use sync_server::relay::Relay;
use sync_server::store::{
    Admission, Erased, Handle, Invite, Kept, Page as Bounds, PostgresStore, Session, SqliteStore, Store,
    StoredPasskey, Subscription, Ticket,
};

const NOW: Millis = Millis(1_000_000);
const END: Millis = Millis(2_000_000);
/// What a device's pack is to the relay.
const PACK: &[u8] = b"a pack";
const ALL: Bounds = Bounds { count: 1_000, bytes: 1 << 20 };

fn secret(name: &str, what: &str) -> SecretHash {
    SecretHash::of(format!("{name} {what}").as_bytes())
}

/// An account with something of everything: the vault called `name`, five entries, a refused one, a pack, a manifest, a
/// phone that was revoked.
async fn furnished(store: &Arc<dyn Store>, name: &str) -> Vault {
    let relay = Relay::new(store.clone());
    let (laptop, phone) = (Device::named(name), Device::named(&format!("{name}'s phone")));
    let mut vault = Vault::begin(&laptop, &Device::named(&format!("{name}'s slip")));
    vault.take(vault.adding(&laptop, &phone));
    vault.take(vault.revoking(&laptop, &phone));
    relay.register(&vault.items, Admission::Open, None, NOW).await.unwrap();
    let mut author = Author::new(&laptop, &vault);
    let clone = author.draft(b"clone");
    let entries: Vec<_> = (0..5_u8).map(|n| author.write(&[n])).collect();
    assert_eq!(relay.append(&vault.space(), &entries).await.unwrap().unwrap().accepted, 5);
    relay.append(&vault.space(), &[clone]).await.unwrap().unwrap();
    let pack = relay.put_pack(&vault.space(), PACK.to_vec(), NOW).await.unwrap();
    assert_eq!(pack, Some(Ok(())));
    let new = manifest(&laptop, &vault, None, &[PACK], &[]);
    assert_eq!(relay.put_manifest(&vault.space(), &new, NOW).await.unwrap().unwrap().refusal, None);
    let (account, device) = (vault.account(), laptop.id());
    let id = Handle::new(*device.as_bytes());
    let passkey = StoredPasskey {
        id,
        credential: name.into(),
        account,
        device,
        user: vec![1; 16],
        name: name.into(),
        verifier: b"{}".to_vec(),
        created: NOW,
        used: None,
    };
    store.add_passkey(passkey, 9).await.unwrap();
    let session = Session { id, account, device, passkey: Some(id), created: NOW, seen: NOW, expires: END };
    store.add_session(secret(name, "session"), session, 9).await.unwrap();
    let subscription = SubscriptionId::new(*device.as_bytes());
    let endpoint = "https://push.example/1".into();
    let subscribed = Subscription { id: subscription, account, device, endpoint, created: NOW };
    store.put_subscription(subscribed, 9).await.unwrap();
    let notice = Notice {
        notice: NoticeId::new([1; 32]),
        subscription,
        send_at: 1,
        expires_at: 2,
        body: vec![0; NOTICE_BYTES].into(),
    };
    store.put_notices(&account, &device, &[notice], 9).await.unwrap();
    let invite = Invite { id, account, created: NOW, expires: END };
    assert!(store.add_invite(secret(name, "invite"), invite, 9).await.unwrap());
    vault
}

/// What the store still knows of an account that [`furnished`] made, by kind.
async fn known(store: &Arc<dyn Store>, name: &str, vault: &Vault) -> Vec<(&'static str, usize)> {
    let (account, space) = (vault.account(), vault.space());
    let laptop = Device::named(name).id();
    let found = [
        ("vault", store.vault(&account).await.unwrap().iter().count()),
        ("facts", store.account_facts(&account).await.unwrap().iter().count()),
        ("space", store.space(&space).await.unwrap().iter().count()),
        ("links", store.links(&space, 0, ALL).await.unwrap().len()),
        ("members", store.space_of_member(&laptop, protocol::Role::Device).await.unwrap().iter().count()),
        ("entries", store.entries(&space, 0, ALL).await.unwrap().len()),
        ("heads", store.heads(&space).await.unwrap().map_or(0, |h| h.heads.len())),
        ("evidence", store.evidence(&space).await.unwrap().len()),
        ("packs", store.pack(&space, &PackRef::address(PACK)).await.unwrap().iter().count()),
        ("manifests", store.manifest(&space).await.unwrap().iter().count()),
        ("kept", store.packed_spaces(None, 9).await.unwrap().iter().filter(|s| **s == space).count()),
        ("passkeys", store.passkeys(&account).await.unwrap().len()),
        ("sessions", store.sessions(&account, NOW).await.unwrap().len()),
        ("invites", store.invites(&account, NOW).await.unwrap().len()),
    ];
    found.into_iter().filter(|(_, count)| *count > 0).collect()
}

async fn erase(store: &Arc<dyn Store>, account: &AccountId, most: usize, now: Millis) -> usize {
    let mut steps = 0;
    while store.erase_some(account, most, now).await.unwrap() == Erased::Partly {
        steps += 1;
    }
    steps
}

async fn a_deletion_is_taken_back_until_its_time_is_over(store: Arc<dyn Store>) {
    let vault = furnished(&store, "ada").await;
    let (account, before) = (vault.account(), Millis(END.0 - 1));
    let due = async |now| store.due_for_deletion(now, 9).await.unwrap();
    assert_eq!(store.keep_account(&account, NOW).await.unwrap(), Kept::Yes, "nothing was to be taken back");
    for _ in 0..2 {
        assert_eq!(store.mark_for_deletion(&account, END).await.unwrap(), Some(END));
        // Who asks again wins no time and loses none.
        assert_eq!(store.mark_for_deletion(&account, Millis(END.0 + 7)).await.unwrap(), Some(END));
        assert_eq!(due(before).await, []);
        assert_eq!(store.keep_account(&account, before).await.unwrap(), Kept::Yes);
        assert_eq!(due(END).await, []);
    }
    store.mark_for_deletion(&account, END).await.unwrap();
    assert_eq!(store.erase_some(&account, 9, before).await.unwrap(), Erased::Done);
    assert_eq!(known(&store, "ada", &vault).await.len(), 14, "nothing was erased too early");
    assert_eq!(due(END).await, [account]);
    assert_eq!(store.due_for_deletion(END, 0).await.unwrap(), []);
    assert_eq!(store.keep_account(&account, END).await.unwrap(), Kept::TooLate);
    let nobody = Vault::begin(&Device::named("nobody"), &Device::named("slip")).account();
    assert_eq!(store.mark_for_deletion(&nobody, END).await.unwrap(), None);
    assert_eq!(store.keep_account(&nobody, NOW).await.unwrap(), Kept::Unknown);
}

async fn an_account_that_is_marked_takes_nothing_and_loses_nothing(store: Arc<dyn Store>) {
    let mut vault = furnished(&store, "ada").await;
    let relay = Relay::new(store.clone());
    let (account, space, laptop) = (vault.account(), vault.space(), Device::named("ada"));
    let ticket = Ticket { account, device: laptop.id(), session: None };
    store.put_ticket(secret("ada", "ticket"), ticket, END, NOW).await.unwrap();
    let state = store.space(&space).await.unwrap().unwrap();
    store.mark_for_deletion(&account, END).await.unwrap();
    let marked = store.space(&space).await.unwrap().unwrap();
    assert_eq!((marked.deletes, marked.seq), (Some(END), state.seq));
    let mut author = Author::new(&laptop, &vault);
    author.last = Some(store.heads(&space).await.unwrap().unwrap().heads[0]);
    let entry = author.write(b"more");
    let link = vault.adding(&laptop, &Device::named("tablet"));
    let refusal = relay.append(&space, std::slice::from_ref(&entry)).await.unwrap().unwrap().refusal;
    assert_eq!(refusal.unwrap().code, ErrorCode::AccountDeleted);
    let refused =
        relay.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap_err();
    assert_eq!(refused.refusal.code(), ErrorCode::AccountDeleted);
    assert!(relay.register(&vault.items, Admission::Open, None, NOW).await.is_err());
    assert_eq!(store.take_ticket(secret("ada", "ticket"), NOW).await.unwrap(), None);
    store.keep_account(&account, NOW).await.unwrap();
    assert_eq!(store.space(&space).await.unwrap().unwrap(), state);
    assert_eq!(known(&store, "ada", &vault).await.len(), 14);
    assert_eq!(relay.append(&space, &[entry]).await.unwrap().unwrap().accepted, 1);
    relay.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap();
    vault.take(link);
}

async fn what_is_judged_meanwhile_is_refused_where_it_is_written(store: Arc<dyn Store>) {
    use sync_server::rules::{admit, judge_links};
    use sync_server::store::{Append, Extend, Outcome, Write};
    let vault = furnished(&store, "ada").await;
    let (space, judged_on, laptop) = (vault.space(), vault.chain.head(), Device::named("ada"));
    let mut author = Author::new(&laptop, &vault);
    author.last = Some(store.heads(&space).await.unwrap().unwrap().heads[0]);
    let entries = vec![admit(&vault.chain, author.write(b"late")).unwrap()];
    let link = vault.adding(&laptop, &Device::named("tablet"));
    let after = Arc::new(judge_links(&vault.chain, &[link]).unwrap().after);
    store.mark_for_deletion(&vault.account(), END).await.unwrap();
    let writes = [
        Write::Append(Append { space, judged_on, entries }),
        Write::Extend(Extend { space, judged_on, after, restores: true }),
    ];
    let outcomes = store.commit(&writes).await.unwrap();
    assert_eq!(outcomes, [Outcome::AccountDeleted, Outcome::AccountDeleted]);
}

async fn what_is_erased_is_gone_and_another_account_stays_as_it_was(store: Arc<dyn Store>) {
    let (ada, bob) = (furnished(&store, "ada").await, furnished(&store, "bob").await);
    let all = known(&store, "bob", &bob).await;
    assert_eq!((all.len(), known(&store, "ada", &ada).await), (14, all.clone()));
    store.mark_for_deletion(&ada.account(), END).await.unwrap();
    assert_eq!(erase(&store, &ada.account(), 2, END).await, 3, "five entries and a pack, two at a time");
    assert_eq!(known(&store, "ada", &ada).await, []);
    assert_eq!(known(&store, "bob", &bob).await, all);
    assert_eq!(store.due_for_deletion(END, 9).await.unwrap(), []);
    assert!(store.passkey_of(b"ada").await.unwrap().is_none());
    assert!(store.session(secret("ada", "session"), NOW).await.unwrap().is_none());
    assert!(store.session(secret("bob", "session"), NOW).await.unwrap().is_some());
}

async fn an_erasure_that_has_begun_is_never_taken_back_and_goes_on_later(store: Arc<dyn Store>) {
    let vault = furnished(&store, "ada").await;
    let account = vault.account();
    store.mark_for_deletion(&account, END).await.unwrap();
    assert_eq!(store.erase_some(&account, 2, END).await.unwrap(), Erased::Partly);
    // By a clock that is slow it would still be time.
    assert_eq!(store.keep_account(&account, NOW).await.unwrap(), Kept::TooLate);
    assert!(store.space(&vault.space()).await.unwrap().unwrap().deletes.is_some());
    let relay = Relay::new(store.clone());
    assert!(relay.register(&vault.items, Admission::Open, None, END).await.is_err());
    assert_eq!(relay.erase_due(NOW).await.unwrap(), 1);
    assert_eq!(known(&store, "ada", &vault).await, []);
}

async fn the_same_chain_makes_the_account_anew_under_the_same_rules(store: Arc<dyn Store>) {
    let relay = Relay::new(store.clone());
    let vault = furnished(&store, "ada").await;
    let space = vault.space();
    // The relay knows three links; the account comes back with one.
    relay.chain(&space).await.unwrap().unwrap();
    store.mark_for_deletion(&vault.account(), END).await.unwrap();
    let elsewhere = Relay::new(store.clone());
    assert_eq!(elsewhere.erase_due(Millis(END.0 - 1)).await.unwrap(), 0);
    assert_eq!(elsewhere.erase_due(END).await.unwrap(), 1);
    let first = &vault.items[..1];
    assert!(relay.register(first, Admission::Invite, None, END).await.is_err());
    let made = relay.register(first, Admission::First, None, END).await.unwrap();
    assert_eq!((made.account, made.created, made.height), (vault.account(), true, 0));
    let (laptop, genesis) =
        (Device::named("ada"), Vault::begin(&Device::named("ada"), &Device::named("ada's slip")));
    let entry = Author::new(&laptop, &genesis).write(b"again");
    assert_eq!(relay.append(&space, &[entry]).await.unwrap().unwrap().accepted, 1);
    assert_eq!(store.space(&space).await.unwrap().unwrap().seq, 1);
}

/// A device's request to delete its account, or to keep it.
async fn ask(http: &Http, method: Method, device: &Device, account: AccountId) -> Answer {
    let proof = http.proof(device, Some(account), AuthPurpose::Deletion).await;
    let request = http.client.request(method, format!("{}/api/v1/deletions", http.url));
    Answer::of(request.json(&DeletionRequest { account, proof }).send().await.unwrap()).await
}

async fn ends_as_deleted(socket: &mut Socket) {
    let ended = async {
        let frame = socket.next().await;
        let ServerFrame::Error { request: None, code, .. } = frame else { panic!("{frame:?}") };
        assert_eq!(code, ErrorCode::AccountDeleted);
        assert_eq!(socket.next_or_end().await, Err(Closed { code: Some(1008) }));
    };
    tokio::time::timeout(Duration::from_secs(2), ended).await.expect("not at once");
}

fn gone(answer: &Answer) -> (u16, ErrorCode) {
    (answer.status, answer.code())
}

const REFUSED: (u16, ErrorCode) = (410, ErrorCode::AccountDeleted);

async fn a_device_deletes_its_account_and_the_phrase_takes_that_back(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    let account = vault.account();
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    let http = Http::new(&server.url);
    let (mut subscribed, mut idle) =
        (http.connect(&laptop, account).await, http.connect(&paper, account).await);
    subscribed.resume(&vault).await;
    let entry = Author::new(&laptop, &vault).write(b"kept");
    let append = ClientFrame::Append { request: 1, space: vault.space(), entries: vec![entry.clone()] };
    subscribed.ask(&append).await;
    assert!(matches!(subscribed.next().await, ServerFrame::Entries { .. }));
    let unused = http.ticket(&laptop, account).await;
    let earliest = Millis::now().plus_seconds(DELETION_SECONDS);
    let until = ask(&http, Method::POST, &laptop, account).await.json::<DeletionAnswer>().until.unwrap();
    assert!((earliest..=earliest.plus_seconds(60)).contains(&Millis(until)), "{until}");
    ends_as_deleted(&mut subscribed).await;
    ends_as_deleted(&mut idle).await;
    let again = ask(&http, Method::POST, &paper, account).await.json::<DeletionAnswer>();
    assert_eq!(again.until, Some(until));
    assert_eq!(refused(http.open_with(&unused).await), (401, ErrorCode::TicketExpired));
    let request = http.ticket_request(&laptop, account).await;
    assert_eq!(gone(&http.post("/api/v1/tickets", &request).await), REFUSED);
    assert_eq!(gone(&http.register(&vault, None).await), REFUSED);
    assert_eq!(gone(&page.get("/account").await), REFUSED);
    assert_eq!(gone(&page.post("/account/tickets", &json!({ "device": laptop.id() })).await), REFUSED);
    assert_eq!(gone(&page.sign_in_by_device(&laptop, account).await), REFUSED);
    // Whoever lost everything finds the account still, to take it back.
    assert_eq!(http.lookup(&paper).await.status, 200);
    let kept = ask(&http, Method::DELETE, &paper, account).await;
    assert_eq!(kept.json::<DeletionAnswer>().until, None);
    assert_eq!(page.get("/account").await.status, 200);
    let mut socket = http.connect(&laptop, account).await;
    socket.resume(&vault).await;
    let news = ServerFrame::Entries { space: vault.space(), first: 1, entries: vec![entry] };
    assert_eq!(socket.next().await, news);
    ask(&http, Method::POST, &paper, account).await;
    let after = Millis::now().plus_seconds(DELETION_SECONDS + 1);
    assert_eq!(Relay::new(server.store.clone()).erase_due(after).await.unwrap(), 1);
    let request = http.ticket_request(&laptop, account).await;
    assert_eq!(http.post("/api/v1/tickets", &request).await.code(), ErrorCode::UnknownAccount);
    let made = http.register(&vault, None).await;
    assert_eq!(made.status, 201);
    assert!(made.json::<RegisterAnswer>().created);
}

on_every_store!(
    a_deletion_is_taken_back_until_its_time_is_over,
    an_account_that_is_marked_takes_nothing_and_loses_nothing,
    what_is_judged_meanwhile_is_refused_where_it_is_written,
    what_is_erased_is_gone_and_another_account_stays_as_it_was,
    an_erasure_that_has_begun_is_never_taken_back_and_goes_on_later,
    the_same_chain_makes_the_account_anew_under_the_same_rules,
    a_device_deletes_its_account_and_the_phrase_takes_that_back,
);

#[tokio::test]
async fn only_the_key_of_an_active_device_or_the_phrase_deletes_an_account() {
    let server = Server::start().await;
    let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
    let mut vault = Vault::begin(&laptop, &Device::named("paper"));
    let account = vault.account();
    vault.take(vault.adding(&laptop, &phone));
    vault.take(vault.revoking(&laptop, &phone));
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    for method in [Method::POST, Method::DELETE] {
        for stranger in [&phone, &Device::named("stranger")] {
            let answer = ask(&page.http, method.clone(), stranger, account).await;
            assert_eq!((answer.status, answer.code()), (403, ErrorCode::UnknownDevice));
        }
        // Signed in, but with another proof or none.
        let proof = page.http.proof(&laptop, Some(account), AuthPurpose::Session).await;
        let other = page.send(method.clone(), "/deletions", Some(&DeletionRequest { account, proof })).await;
        assert_eq!((other.status, other.code()), (401, ErrorCode::Unauthorized));
        let none = page.send(method.clone(), "/deletions", Some(&json!({ "account": account }))).await;
        assert_eq!((none.status, none.code()), (400, ErrorCode::Malformed));
    }
    assert_eq!(page.get("/account").await.status, 200);
    let proof = page.http.proof(&laptop, Some(account), AuthPurpose::Deletion).await;
    page.origin = Some("https://evil.example".into());
    let foreign = page.post("/deletions", &DeletionRequest { account, proof }).await;
    assert_eq!((foreign.status, foreign.code()), (403, ErrorCode::WrongOrigin));
}

#[tokio::test]
async fn no_table_keeps_anything_of_an_erased_account() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap());
    let store: Arc<dyn Store> = sqlite.clone();
    let vault = furnished(&store, "ada").await;
    let ticket = Ticket { account: vault.account(), device: Device::named("ada").id(), session: None };
    store.mark_for_deletion(&vault.account(), END).await.unwrap();
    store.put_ticket(secret("ada", "ticket"), ticket, END, NOW).await.unwrap();
    let of_an_account = "select t.name from sqlite_master t where t.type = 'table' and exists \
                         (select 1 from pragma_table_info(t.name) c where c.name in ('account_id', 'space_id'))";
    let tables: Vec<String> = sqlx::query_scalar(of_an_account).fetch_all(sqlite.writer()).await.unwrap();
    assert!(tables.len() >= 10, "{tables:?}");
    let count = async |table: &str| {
        let text = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar::<_, i64>(text).fetch_one(sqlite.writer()).await.unwrap()
    };
    for table in &tables {
        assert!(count(table).await > 0, "{table} holds nothing to begin with");
    }
    erase(&store, &vault.account(), 9, END).await;
    for table in &tables {
        assert_eq!(count(table).await, 0, "{table}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_deleted_at_one_relay_is_served_by_no_other_on_the_database() {
    let cluster = Postgres::shared();
    let database = cluster.database();
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&database).await.unwrap());
        servers.push(Server::start_over(store, |_| {}).await);
    }
    let [here, there] = [0, 1].map(|n: usize| Http::new(&servers[n].url));
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    here.register(&vault, None).await;
    let mut subscribed = there.connect(&laptop, vault.account()).await;
    subscribed.resume(&vault).await;
    let mut idle = there.connect(&laptop, vault.account()).await;
    assert_eq!(ask(&here, Method::POST, &laptop, vault.account()).await.status, 200);
    ends_as_deleted(&mut subscribed).await;
    ends_as_deleted(&mut idle).await;
    for server in servers {
        server.stop().await.unwrap();
    }
}

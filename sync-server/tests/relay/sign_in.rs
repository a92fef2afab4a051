//! Passkeys and sessions, from a page to every kind of store.

use crate::support::device::{Device, Vault};
use crate::support::page::Page;
use crate::support::passkey::Key;
use crate::support::postgres::Postgres;
use crate::support::server::{Server, named};
use crate::support::stores::on_every_store;
use protocol::ErrorCode;
use protocol::account::{
    AccountInfo, BindPasskeyAnswer, DeviceSessionRequest, PasskeyList, PasskeySessionRequest, SessionAnswer,
    SessionKind, SessionList,
};
use protocol::api::to_text;
use protocol::auth::AuthPurpose;
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::identity::SecretHash;
use sync_server::passkeys::Passkeys;
use sync_server::store::{
    CeremonyKind, Extend, Handle, PostgresStore, Session, SqliteStore, Store, StoreKind, Write,
};

const DAY: u64 = 24 * 60 * 60;

fn people() -> (Device, Device, Vault) {
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    (laptop, paper, vault)
}

async fn a_passkey_made_before_the_vault_signs_in_once_it_is_bound(store: Arc<dyn Store>) {
    let server = Server::start_over(store, named("")).await;
    let (laptop, _, vault) = people();
    let (mut page, mut key) = (Page::new(&server.url), Key::new(&server.url));
    let wanted: protocol::account::NewPasskeyAnswer = page.post("/passkeys/begin", &()).await.json();
    assert_eq!(wanted.rp, "localhost");
    assert!(wanted.algorithms.contains(&-7) && wanted.algorithms.contains(&-257), "{wanted:?}");
    let credential = key.create(&wanted).await;
    page.http.register(&vault, None).await;
    let account = vault.account();
    let proof = page.http.proof(&laptop, Some(account), AuthPurpose::Passkey).await;
    let id = credential.id.clone();
    let request = protocol::account::BindPasskeyRequest {
        account,
        ceremony: wanted.ceremony,
        name: " laptop ".into(),
        credential,
        proof,
    };
    let bound = page.post("/passkeys/finish", &request).await;
    assert_eq!(bound.status, 201);
    let bound: BindPasskeyAnswer = bound.json();
    let signed_in = page.sign_in(&mut key).await;
    assert_eq!(signed_in.status, 201);
    let begun: SessionAnswer = signed_in.json();
    assert_eq!(begun.account, account);
    let info: AccountInfo = page.get("/account").await.json();
    assert_eq!((info.account, info.devices, info.passkeys), (account, 1, true));
    let passkeys = page.get("/account/passkeys").await.json::<PasskeyList>().passkeys;
    assert_eq!(passkeys.len(), 1);
    assert_eq!((&passkeys[0].passkey, &passkeys[0].credential), (&bound.passkey, &id));
    assert_eq!(passkeys[0].name, "laptop");
    assert!(passkeys[0].used.is_some_and(|used| used >= passkeys[0].created));
    let sessions = page.get("/account/sessions").await.json::<SessionList>().sessions;
    assert_eq!(sessions.len(), 1);
    assert_eq!((&sessions[0].session, sessions[0].kind), (&begun.session, SessionKind::Passkey));
    assert!(sessions[0].this);
    // And again: the counter and the stored key go on.
    assert_eq!(page.sign_in(&mut key).await.status, 201);
}

async fn a_ceremony_counts_once_and_for_what_it_was_begun(store: Arc<dyn Store>) {
    let server = Server::start_over(store, named("")).await;
    let (laptop, _, vault) = people();
    let (mut page, mut key) = (Page::new(&server.url), Key::new(&server.url));
    page.http.register(&vault, None).await;
    let mut request = page.make(&mut key, &laptop, vault.account()).await;
    assert_eq!(page.post("/passkeys/finish", &request).await.status, 201);
    request.proof = page.http.proof(&laptop, Some(vault.account()), AuthPurpose::Passkey).await;
    let again = page.post("/passkeys/finish", &request).await;
    assert_eq!((again.status, again.code()), (401, ErrorCode::CeremonyExpired));
    let asked = page.ask(&mut key).await;
    assert_eq!(page.post("/sessions/passkey", &asked).await.status, 201);
    assert_eq!(page.post("/sessions/passkey", &asked).await.code(), ErrorCode::CeremonyExpired);
    let mut other = page.ask(&mut key).await;
    let begun: protocol::account::NewPasskeyAnswer = page.post("/passkeys/begin", &()).await.json();
    other.ceremony = begun.ceremony;
    assert_eq!(page.post("/sessions/passkey", &other).await.code(), ErrorCode::CeremonyExpired);
    other.ceremony = "made up".into();
    assert_eq!(page.post("/sessions/passkey", &other).await.code(), ErrorCode::CeremonyExpired);
    // An answer to one challenge is none to another.
    let (mut first, second) = (page.ask(&mut key).await, page.ask(&mut key).await);
    first.ceremony = second.ceremony;
    let swapped = page.post("/sessions/passkey", &first).await;
    assert_eq!((swapped.status, swapped.code()), (401, ErrorCode::PasskeyRefused));
}

async fn an_expired_ceremony_is_refused(store: Arc<dyn Store>) {
    let server = Server::start_over(store.clone(), named("")).await;
    let (laptop, _, vault) = people();
    let (mut page, mut key) = (Page::new(&server.url), Key::new(&server.url));
    page.http.register(&vault, None).await;
    page.bind(&mut key, &laptop, vault.account()).await;
    let checker = Passkeys::new(&server.url.parse().unwrap(), None).unwrap().unwrap();
    let now = Millis::now();
    for (ceremony, expires, status) in [("late", now, 401), ("in time", now.plus_seconds(60), 201)] {
        let begun = checker.begin_sign_in().unwrap();
        let hash = SecretHash::of(ceremony.as_bytes());
        store.put_ceremony(hash, CeremonyKind::SignIn, &begun.state, expires, Millis(0)).await.unwrap();
        let wanted = protocol::account::SignInAnswer {
            ceremony: ceremony.into(),
            challenge: to_text(&begun.challenge),
            rp: checker.rp().into(),
        };
        let credential = key.get(&wanted).await;
        let request = PasskeySessionRequest { ceremony: wanted.ceremony, credential };
        assert_eq!(page.post("/sessions/passkey", &request).await.status, status, "{ceremony}");
    }
}

async fn a_passkey_of_another_page_or_an_unverified_person_is_refused(store: Arc<dyn Store>) {
    let server = Server::start_over(store, named("")).await;
    let (laptop, _, vault) = people();
    let mut page = Page::new(&server.url);
    page.http.register(&vault, None).await;
    let mut elsewhere = Key::new("http://localhost:1");
    let refused = page.bind(&mut elsewhere, &laptop, vault.account()).await;
    assert_eq!((refused.status, refused.code()), (401, ErrorCode::PasskeyRefused));
    let mut unverified = Key::new(&server.url);
    unverified.verifies = false;
    assert_eq!(page.bind(&mut unverified, &laptop, vault.account()).await.code(), ErrorCode::PasskeyRefused);
    let mut key = Key::new(&server.url);
    assert_eq!(page.bind(&mut key, &laptop, vault.account()).await.status, 201);
    key.page = "http://localhost:1".into();
    assert_eq!(page.sign_in(&mut key).await.code(), ErrorCode::PasskeyRefused);
    key.page.clone_from(&server.url);
    key.verifies = false;
    assert_eq!(page.sign_in(&mut key).await.code(), ErrorCode::PasskeyRefused);
    key.verifies = true;
    assert_eq!(page.sign_in(&mut key).await.status, 201);
    // Unknown here, and another person's handle.
    let mut stranger = Key::new(&server.url);
    let wanted: protocol::account::NewPasskeyAnswer = page.post("/passkeys/begin", &()).await.json();
    stranger.create(&wanted).await;
    assert_eq!(page.sign_in(&mut stranger).await.code(), ErrorCode::PasskeyRefused);
    let mut bent = page.ask(&mut key).await;
    bent.credential.user = to_text(&[1; 16]);
    assert_eq!(page.post("/sessions/passkey", &bent).await.code(), ErrorCode::PasskeyRefused);
}

async fn only_an_active_device_binds_a_passkey_and_only_to_its_account(store: Arc<dyn Store>) {
    let server = Server::start_over(store, named("")).await;
    let (laptop, paper, vault) = people();
    let other = Vault::begin(&Device::named("desk"), &Device::named("slip"));
    let (mut page, mut key) = (Page::new(&server.url), Key::new(&server.url));
    let unknown = page.bind(&mut key, &laptop, vault.account()).await;
    assert_eq!(unknown.code(), ErrorCode::UnknownAccount);
    page.http.register(&vault, None).await;
    page.http.register(&other, None).await;
    for device in [&paper, &Device::named("stranger"), &Device::named("desk")] {
        let refused = page.bind(&mut key, device, vault.account()).await;
        assert_eq!((refused.status, refused.code()), (403, ErrorCode::UnknownDevice));
    }
    let mut request = page.make(&mut key, &laptop, vault.account()).await;
    request.proof = page.http.proof(&laptop, Some(vault.account()), AuthPurpose::Session).await;
    assert_eq!(page.post("/passkeys/finish", &request).await.code(), ErrorCode::Unauthorized);
    request.proof.purpose = AuthPurpose::Passkey;
    assert_eq!(page.post("/passkeys/finish", &request).await.code(), ErrorCode::Unauthorized);
    // One credential, two accounts.
    let request = page.make(&mut key, &laptop, vault.account()).await;
    assert_eq!(page.post("/passkeys/finish", &request).await.status, 201);
}

async fn what_is_no_passkey_is_refused_and_a_prf_result_most_of_all(store: Arc<dyn Store>) {
    let server = Server::start_over(store, named("")).await;
    let (laptop, _, vault) = people();
    let (mut page, mut key) = (Page::new(&server.url), Key::new(&server.url));
    page.http.register(&vault, None).await;
    let good = page.make(&mut key, &laptop, vault.account()).await;
    let good = serde_json::to_value(&good).unwrap();
    let bent = |path: &str, value: serde_json::Value| {
        let mut bent = good.clone();
        *bent.pointer_mut(path).unwrap() = value;
        bent
    };
    let mut with_prf = good.clone();
    with_prf["credential"]["clientExtensionResults"] =
        serde_json::json!({ "prf": { "results": { "first": "AA" } } });
    let long = "x".repeat(101);
    for (what, body) in [
        ("a PRF result", with_prf),
        ("a name too long", bent("/name", long.into())),
        ("a name of two lines", bent("/name", "a\nb".into())),
        ("no account", bent("/account", "nobody".into())),
    ] {
        assert_eq!(page.post("/passkeys/finish", &body).await.code(), ErrorCode::Malformed, "{what}");
    }
    // None of these used the ceremony up.
    assert_eq!(page.post("/passkeys/finish", &good).await.status, 201);
    for (place, value, code) in [
        ("attestation", "!", ErrorCode::Malformed),
        ("attestation", "AAAA", ErrorCode::PasskeyRefused),
        ("client_data", "e30", ErrorCode::PasskeyRefused),
        ("id", "AAAA", ErrorCode::PasskeyRefused),
    ] {
        let request = page.make(&mut Key::new(&server.url), &laptop, vault.account()).await;
        let mut body = serde_json::to_value(&request).unwrap();
        body["credential"][place] = value.into();
        let answer = page.post("/passkeys/finish", &body).await;
        assert_eq!(answer.code(), code, "{place} {value}");
    }
}

async fn a_device_signs_in_by_its_key_and_the_phrase_does_not(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let (laptop, paper, vault) = people();
    let mut page = Page::new(&server.url);
    page.http.register(&vault, None).await;
    let nobody = page.get("/account").await;
    assert_eq!((nobody.status, nobody.code()), (401, ErrorCode::SessionRequired));
    for device in [&paper, &Device::named("stranger")] {
        let refused = page.sign_in_by_device(device, vault.account()).await;
        assert_eq!((refused.status, refused.code()), (403, ErrorCode::UnknownDevice));
    }
    let proof = page.http.proof(&laptop, Some(vault.account()), AuthPurpose::Ticket).await;
    let request = DeviceSessionRequest { account: vault.account(), proof };
    assert_eq!(page.post("/sessions/device", &request).await.code(), ErrorCode::Unauthorized);
    assert!(page.cookie.is_none());
    assert_eq!(page.sign_in_by_device(&laptop, vault.account()).await.status, 201);
    assert_eq!(page.get("/account").await.status, 200);
    page.cookie = Some("lifeos=made-up".into());
    assert_eq!(page.get("/account").await.code(), ErrorCode::SessionRequired);
    // Without a name for browsers there are no passkeys, and it says so.
    assert_eq!(page.post("/passkeys/begin", &()).await.code(), ErrorCode::NotSupported);
    assert_eq!(page.post("/sessions/begin", &()).await.code(), ErrorCode::NotSupported);
}

/// A session put straight into the store, with its cookie.
async fn planted(store: &Arc<dyn Store>, page: &mut Page, vault: &Vault, seen: Millis, expires: Millis) {
    let session = Session {
        id: Handle::new([5; 16]),
        account: vault.account(),
        device: Device::named("laptop").id(),
        passkey: None,
        created: seen,
        seen,
        expires,
    };
    store.end_session(&vault.account(), &session.id).await.unwrap();
    store.add_session(SecretHash::of(b"planted"), session, 9).await.unwrap();
    page.cookie = Some("lifeos=planted".into());
}

async fn a_session_ends_by_itself_when_it_is_not_used(store: Arc<dyn Store>) {
    let server = Server::start_over(store.clone(), |_| {}).await;
    let (_, _, vault) = people();
    let mut page = Page::new(&server.url);
    page.http.register(&vault, None).await;
    let now = Millis::now();
    let ago = |seconds: u64| Millis(now.0 - i64::try_from(seconds * 1_000).unwrap());
    planted(&store, &mut page, &vault, ago(DAY), ago(1)).await;
    assert_eq!(page.get("/account").await.code(), ErrorCode::SessionRequired);
    // Used: it slides, from the time it was used.
    planted(&store, &mut page, &vault, ago(2 * DAY), now.plus_seconds(60)).await;
    assert_eq!(page.get("/account").await.status, 200);
    let slid = store.session(SecretHash::of(b"planted"), now).await.unwrap().unwrap();
    assert!(slid.seen >= now && slid.expires >= now.plus_seconds(30 * DAY), "{slid:?}");
    // But not beyond 90 days after it began.
    planted(&store, &mut page, &vault, ago(80 * DAY), now.plus_seconds(60)).await;
    assert_eq!(page.get("/account").await.status, 200);
    let last = store.session(SecretHash::of(b"planted"), now).await.unwrap().unwrap();
    assert_eq!(last.expires, ago(80 * DAY).plus_seconds(90 * DAY));
}

async fn a_revoked_device_takes_its_sessions_and_passkeys_along(store: Arc<dyn Store>) {
    let server = Server::start_over(store.clone(), named("")).await;
    let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
    let mut vault = Vault::begin(&laptop, &Device::named("paper"));
    vault.take(vault.adding(&laptop, &phone));
    let mut page = Page::new(&server.url);
    page.http.register(&vault, None).await;
    let mut key = Key::new(&server.url);
    page.bind(&mut key, &phone, vault.account()).await;
    assert_eq!(page.sign_in(&mut key).await.status, 201);
    let mut other = Page::of(&server.url, &laptop, &vault).await;
    let judged_on = vault.chain.head();
    vault.take(vault.revoking(&laptop, &phone));
    let after = Arc::new(vault.chain.clone());
    store
        .commit(&[Write::Extend(Extend { space: vault.space(), judged_on, after, restores: false })])
        .await
        .unwrap();
    assert_eq!(page.get("/account").await.code(), ErrorCode::SessionRequired);
    let refused = page.sign_in(&mut key).await;
    assert_eq!((refused.status, refused.code()), (401, ErrorCode::PasskeyRefused));
    assert_eq!(other.get("/account").await.json::<AccountInfo>().devices, 1);
}

on_every_store!(
    a_passkey_made_before_the_vault_signs_in_once_it_is_bound,
    a_ceremony_counts_once_and_for_what_it_was_begun,
    an_expired_ceremony_is_refused,
    a_passkey_of_another_page_or_an_unverified_person_is_refused,
    only_an_active_device_binds_a_passkey_and_only_to_its_account,
    what_is_no_passkey_is_refused_and_a_prf_result_most_of_all,
    a_device_signs_in_by_its_key_and_the_phrase_does_not,
    a_session_ends_by_itself_when_it_is_not_used,
    a_revoked_device_takes_its_sessions_and_passkeys_along,
);

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_other_sites_and_other_hosts() {
    let (laptop, _, vault) = people();
    let server = Server::start().await;
    let mut page = Page::new(&server.url);
    page.http.register(&vault, None).await;
    let plain = page.sign_in_by_device(&laptop, vault.account()).await;
    let plain = plain.headers["set-cookie"].to_str().unwrap();
    let rest = plain.strip_prefix("lifeos=").unwrap();
    let (token, attributes) = rest.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict");
    assert!(token.len() >= 43, "{token}");

    let origin = "https://relay.example";
    let tls = Server::start_with(|c| c.public_url = format!("{origin}/life").parse().unwrap()).await;
    let mut page = Page::behind(origin, &tls.address);
    page.http.register(&vault, None).await;
    let secure = page.sign_in_by_device(&laptop, vault.account()).await;
    let secure = secure.headers["set-cookie"].to_str().unwrap();
    assert!(secure.starts_with("__Host-lifeos="), "{secure}");
    assert!(secure.ends_with("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure"), "{secure}");
    assert_eq!(page.get("/account").await.status, 200);
    // The name without the prefix, which another host of the domain could set, counts nothing here.
    page.cookie = page.cookie.map(|c| c.replace("__Host-", ""));
    assert_eq!(page.get("/account").await.code(), ErrorCode::SessionRequired);
}

#[tokio::test]
async fn another_site_neither_signs_anybody_in_nor_uses_a_cookie() {
    let server = Server::start_with(named("")).await;
    let (laptop, _, vault) = people();
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    let mut key = Key::new(&server.url);
    page.bind(&mut key, &laptop, vault.account()).await;
    let session = page.get("/account/sessions").await.json::<SessionList>().sessions.remove(0);
    let path = format!("/account/sessions/{}", session.session);
    for origin in [Some("https://evil.example"), Some("null"), None] {
        page.origin = origin.map(str::to_owned);
        let refused = page.delete(&path).await;
        assert_eq!((refused.status, refused.code()), (403, ErrorCode::WrongOrigin), "{origin:?}");
        assert_eq!(page.delete("/account/sessions").await.code(), ErrorCode::WrongOrigin);
        let invite = serde_json::json!({ "days": 1 });
        assert_eq!(page.post("/account/invitations", &invite).await.code(), ErrorCode::WrongOrigin);
    }
    page.origin = Some("https://evil.example".into());
    assert_eq!(page.get("/account").await.code(), ErrorCode::WrongOrigin);
    for path in
        ["/passkeys/begin", "/passkeys/finish", "/sessions/begin", "/sessions/passkey", "/sessions/device"]
    {
        let answer = page.post(path, &()).await;
        assert_eq!(answer.code(), ErrorCode::WrongOrigin, "{path}");
    }
    page.origin = Some(server.url.clone());
    assert_eq!(page.delete(&path).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_no_token_that_would_sign_in() {
    let (laptop, _, vault) = people();
    let signed_in = async |store: Arc<dyn Store>| {
        let server = Server::start_over(store.clone(), named("")).await;
        let mut page = Page::of(&server.url, &laptop, &vault).await;
        let by_device = page.cookie.clone().unwrap();
        let mut key = Key::new(&server.url);
        page.bind(&mut key, &laptop, vault.account()).await;
        assert_eq!(page.sign_in(&mut key).await.status, 201);
        let open: protocol::account::SignInAnswer = page.post("/sessions/begin", &()).await.json();
        let tokens = [by_device, page.cookie.clone().unwrap()].map(|c| c.replace("lifeos=", ""));
        server.stop().await.unwrap();
        [tokens[0].clone(), tokens[1].clone(), open.ceremony]
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let holds = |data: &[u8], needle: &[u8]| data.windows(needle.len()).any(|w| w == needle);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.sqlite");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    assert_eq!(store.kind(), StoreKind::Sqlite);
    let secrets = signed_in(store).await;
    let data: Vec<u8> = std::fs::read_dir(folder.path())
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(holds(&data, vault.account().as_bytes()), "the search finds nothing at all");
    for secret in &secrets {
        let bytes = protocol::api::from_text(secret).unwrap();
        assert!(holds(&data, SecretHash::of(secret.as_bytes()).as_bytes()));
        assert!(!holds(&data, secret.as_bytes()) && !holds(&data, &bytes), "{secret}");
    }

    let cluster = Postgres::shared();
    let url = cluster.database();
    let secrets = signed_in(Arc::new(PostgresStore::open(&url).await.unwrap())).await;
    let dump = String::from_utf8_lossy(&cluster.dump(&url)).into_owned();
    for secret in &secrets {
        let bytes = protocol::api::from_text(secret).unwrap();
        assert!(dump.contains(&hex(SecretHash::of(secret.as_bytes()).as_bytes())));
        for shape in [secret.clone(), hex(secret.as_bytes()), hex(&bytes)] {
            assert!(!dump.contains(&shape), "{shape}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_on_one_postgres_share_ceremonies_and_sessions() {
    let cluster = Postgres::shared();
    let url = cluster.database();
    let (one, two) = (
        Arc::new(PostgresStore::open(&url).await.unwrap()),
        Arc::new(PostgresStore::open(&url).await.unwrap()),
    );
    let here = Server::start_over(one, named("")).await;
    let public = here.url.clone();
    let there = Server::start_over(two, move |c| {
        c.public_url = public.parse().unwrap();
        c.passkeys = Passkeys::new(&c.public_url, None).unwrap();
    })
    .await;
    let (laptop, _, vault) = people();
    let account = vault.account();
    let (mut here, mut there) = (Page::new(&here.url), Page::behind(&here.url, &there.address));
    let mut key = Key::new(&here.http.url);
    here.http.register(&vault, None).await;
    let request = here.make(&mut key, &laptop, account).await;
    assert_eq!(there.post("/passkeys/finish", &request).await.status, 201);
    assert_eq!(here.post("/passkeys/finish", &request).await.code(), ErrorCode::CeremonyExpired);
    let asked = there.ask(&mut key).await;
    assert_eq!(here.post("/sessions/passkey", &asked).await.status, 201);
    there.cookie.clone_from(&here.cookie);
    assert_eq!(there.get("/account").await.json::<AccountInfo>().account, account);
    assert_eq!(there.delete("/account/sessions").await.status, 204);
    assert_eq!(here.get("/account").await.status, 200);
}

//! The HTTP interface.

use crate::support::client::{Answer, Http};
use crate::support::device::{Author, Device, Vault};
use crate::support::server::Server;
use protocol::api::{LookupAnswer, RegisterAnswer, to_text};
use protocol::auth::AuthPurpose;
use protocol::frame::LinkItem;
use protocol::{ErrorCode, Role};
use reqwest::Method;
use std::num::NonZeroU32;
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::config::Rates;
use sync_server::identity::SecretHash;
use sync_server::rules::{admit, judge_chain};
use sync_server::store::{Admission, Append, NewAccount, Store, Write};

fn devices() -> (Device, Device, Vault) {
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    (laptop, paper, vault)
}

#[tokio::test]
async fn an_account_is_made_once_and_extended_after() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let (laptop, _, mut vault) = devices();
    let first = http.register(&vault, None).await;
    assert_eq!(first.status, 201);
    let made: RegisterAnswer = first.json();
    assert_eq!((made.account, made.created, made.height), (vault.account(), true, 0));
    let genesis = Vault::begin(&laptop, &Device::named("paper"));
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    let extended = http.register(&vault, None).await;
    assert_eq!(extended.status, 200);
    assert_eq!(extended.json::<RegisterAnswer>().height, 1);
    // An older chain changes nothing.
    assert_eq!(http.register(&genesis, None).await.json::<RegisterAnswer>().height, 1);
}

#[tokio::test]
async fn a_forked_or_false_chain_is_refused() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let (laptop, _, mut vault) = devices();
    http.register(&vault, None).await;
    let (_, _, mut fork) = devices();
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    fork.take(fork.adding(&laptop, &Device::named("tablet")));
    http.register(&vault, None).await;
    assert_eq!(http.register(&fork, None).await.code(), ErrorCode::HeadMoved);
    let (_, _, mut forged) = devices();
    forged.items[0].link.counter = None;
    assert_eq!(http.register(&forged, None).await.code(), ErrorCode::BadSignature);
    forged.items.clear();
    assert_eq!(http.register(&forged, None).await.code(), ErrorCode::BadLink);
    let close = vault.closing(&laptop);
    vault.items.push(close);
    assert_eq!(http.register(&vault, None).await.code(), ErrorCode::NotSupported);
}

#[tokio::test]
async fn a_chain_with_a_revocation_is_registered_whole_by_a_relay_that_lost_it() {
    let (laptop, _, mut vault) = devices();
    let phone = Device::named("phone");
    vault.take(vault.adding(&laptop, &phone));
    let entry = Author::new(&phone, &vault).write(b"the phone's only entry");
    let last = entry.clone().read().unwrap().head();
    let before = vault.items.clone();
    vault.take(vault.revoking_at(&laptop, &phone, None));
    // One that knows nothing takes the chain as it is; one that has more of the device than the link counts does too:
    // the link was in force before, and what lies beyond it is void.
    let [empty, older] = [Server::start().await, Server::start().await];
    older.store.create_account(account_of(&before)).await.unwrap();
    let chain = judge_chain(&before).unwrap();
    let entries = vec![admit(&chain, entry).unwrap()];
    let append = Append { space: vault.space(), judged_on: chain.head(), entries };
    older.store.commit(&[Write::Append(append)]).await.unwrap();
    for server in [&empty, &older] {
        let http = Http::new(&server.url);
        assert_eq!(http.register(&vault, None).await.json::<RegisterAnswer>().height, 2);
        let found = server.store.device_head(&vault.space(), &phone.id()).await.unwrap();
        assert!(found.is_none_or(|head| head.hash == last.hash));
        assert_eq!(server.store.space_of_member(&phone.id(), Role::Device).await.unwrap(), None);
    }
}

fn account_of(items: &[LinkItem]) -> NewAccount {
    let chain = Arc::new(judge_chain(items).unwrap());
    NewAccount { chain, admission: Admission::Open, invite: None, now: Millis(1) }
}

#[tokio::test]
async fn after_the_first_account_an_invitation_is_needed_and_counts_once() {
    let server = Server::start_with(|c| c.admission = Admission::First).await;
    let http = Http::new(&server.url);
    let paper = Device::named("slip");
    let [ada, bob, cleo] = ["ada", "bob", "cleo"].map(|n| Vault::begin(&Device::named(n), &paper));
    assert_eq!(http.register(&ada, None).await.status, 201);
    let refused = http.register(&bob, None).await;
    assert_eq!((refused.status, refused.code()), (403, ErrorCode::InviteRequired));
    assert_eq!(http.register(&bob, Some("made up")).await.code(), ErrorCode::InviteInvalid);
    let now = Millis::now();
    server.store.put_invite(SecretHash::of(b"welcome"), now.plus_seconds(60), now).await.unwrap();
    assert_eq!(http.register(&bob, Some("welcome")).await.status, 201);
    assert_eq!(http.register(&cleo, Some("welcome")).await.code(), ErrorCode::InviteInvalid);
    // Whoever has an account needs none.
    assert_eq!(http.register(&ada, None).await.status, 200);
}

#[tokio::test]
async fn a_ticket_needs_a_fresh_proof_for_this_relay_account_and_purpose() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let (laptop, paper, vault) = devices();
    let account = vault.account();
    let unknown = http.ticket_request(&laptop, account).await;
    assert_eq!(http.post("/api/v1/tickets", &unknown).await.code(), ErrorCode::UnknownAccount);
    http.register(&vault, None).await;
    let tickets = async |request: &_| http.post("/api/v1/tickets", request).await;
    let good = http.ticket_request(&laptop, account).await;
    assert_eq!(tickets(&good).await.status, 200);
    let replayed = tickets(&good).await;
    assert_eq!((replayed.status, replayed.code()), (401, ErrorCode::TicketExpired));
    assert_eq!(tickets(&http.ticket_request(&paper, account).await).await.status, 200);
    let stranger = http.ticket_request(&Device::named("stranger"), account).await;
    assert_eq!(tickets(&stranger).await.code(), ErrorCode::UnknownDevice);
    let mut made_up = http.ticket_request(&laptop, account).await;
    made_up.proof.challenge = to_text(&[1; 32]);
    assert_eq!(tickets(&made_up).await.code(), ErrorCode::TicketExpired);
    for (origin, purpose) in
        [("https://elsewhere.example", AuthPurpose::Ticket), (server.url.as_str(), AuthPurpose::Socket)]
    {
        let mut request = http.ticket_request(&laptop, account).await;
        let challenge = http.challenge().await;
        request.proof.challenge = to_text(&challenge);
        request.proof.signature = laptop.prove(origin, Some(account), challenge, purpose);
        assert_eq!(tickets(&request).await.code(), ErrorCode::Unauthorized, "{origin} {purpose:?}");
    }
    let mut other_purpose = http.ticket_request(&laptop, account).await;
    other_purpose.proof = http.proof(&laptop, Some(account), AuthPurpose::Socket).await;
    assert_eq!(tickets(&other_purpose).await.code(), ErrorCode::Unauthorized);
}

#[tokio::test]
async fn the_phrase_finds_its_account_and_nobody_else_does() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let (laptop, paper, vault) = devices();
    assert_eq!(http.lookup(&paper).await.code(), ErrorCode::UnknownAccount);
    http.register(&vault, None).await;
    let found: LookupAnswer = http.lookup(&paper).await.json();
    assert_eq!((found.account, found.space), (vault.account(), vault.space()));
    assert_eq!(http.lookup(&laptop).await.code(), ErrorCode::UnknownAccount);
    // With the phrase's public key alone, as a relay has it, nothing is learnt.
    let proof = http.proof(&laptop, None, AuthPurpose::Lookup).await;
    let public = to_text(&protocol::codec::encode(&paper.public));
    let request = protocol::api::LookupRequest { public, proof };
    assert_eq!(http.post("/api/v1/lookups", &request).await.code(), ErrorCode::Unauthorized);
}

#[tokio::test]
async fn every_error_has_the_one_shape() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let send = async |method: Method, path: &str, body: Vec<u8>| {
        let request = http.client.request(method, format!("{}{path}", server.url)).body(body);
        Answer::of(request.send().await.unwrap()).await
    };
    for (method, path, body, status, code) in [
        (Method::GET, "/", vec![], 404, ErrorCode::NotFound),
        (Method::GET, "/nowhere", vec![], 404, ErrorCode::NotFound),
        (Method::POST, "/api/v2/accounts", vec![], 404, ErrorCode::NotFound),
        (Method::GET, "/api/v1/accounts", vec![], 405, ErrorCode::NotSupported),
        (Method::DELETE, "/healthz", vec![], 405, ErrorCode::NotSupported),
        (Method::POST, "/api/v1/accounts", b"{".to_vec(), 400, ErrorCode::Malformed),
        (Method::POST, "/api/v1/accounts", b"{\"chain\":[\"!\"]}".to_vec(), 400, ErrorCode::Malformed),
        (Method::POST, "/api/v1/tickets", b"{\"surprise\":1}".to_vec(), 400, ErrorCode::Malformed),
        (Method::POST, "/api/v1/accounts", vec![b' '; (2 << 20) + 1], 413, ErrorCode::TooLarge),
        (Method::GET, "/api/v1/socket", vec![], 400, ErrorCode::Malformed),
    ] {
        let answer = send(method.clone(), path, body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert!(answer.headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn health_says_whether_the_process_and_the_database_answer() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    assert_eq!(http.get("/healthz").await.status, 200);
    assert_eq!(http.get("/readyz").await.status, 200);
    server.store.set_failing(true);
    assert_eq!(http.get("/healthz").await.status, 200);
    let away = http.get("/readyz").await;
    assert_eq!((away.status, away.code()), (503, ErrorCode::Unavailable));
}

#[tokio::test]
async fn every_public_endpoint_has_a_limit_of_its_own() {
    let factor = NonZeroU32::MIN;
    let server = Server::start_with(|c| c.rates = Rates::default().times(factor)).await;
    let http = Http::new(&server.url);
    for (path, method) in [
        ("/api/v1/accounts", Method::POST),
        ("/api/v1/challenges", Method::POST),
        ("/api/v1/tickets", Method::POST),
        ("/api/v1/lookups", Method::POST),
        ("/api/v1/socket", Method::GET),
        ("/api/v1/passkeys/begin", Method::POST),
        ("/api/v1/sessions/device", Method::POST),
        ("/api/v1/account/invitations", Method::GET),
        ("/api/v1/pairings/00/offer", Method::GET),
        ("/api/v1/deletions", Method::POST),
        ("/healthz", Method::GET),
    ] {
        let mut limited = None;
        for _ in 0..2_000 {
            let request = http.client.request(method.clone(), format!("{}{path}", server.url));
            let answer = Answer::of(request.send().await.unwrap()).await;
            if answer.status == 429 {
                limited = Some(answer);
                break;
            }
        }
        let limited = limited.unwrap_or_else(|| panic!("{path} has no limit"));
        assert_eq!(limited.code(), ErrorCode::RateLimited);
        assert!(limited.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    }
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_limited_one_by_one() {
    let server = Server::start_with(|c| {
        c.rates = Rates::default();
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let http = Http::new(&server.url);
    let ask = async |from: &str| {
        let request =
            http.client.post(format!("{}/api/v1/lookups", server.url)).header("x-forwarded-for", from);
        request.send().await.unwrap().status().as_u16()
    };
    let mut asked = 0;
    while ask("203.0.113.1").await != 429 {
        asked += 1;
        assert!(asked < 1_000, "there is no limit");
    }
    assert_eq!(ask("203.0.113.2").await, 400);
    assert_eq!(ask("203.0.113.1").await, 429);
    // What the client writes in front of the proxy's own word changes nothing.
    assert_eq!(ask("198.51.100.7, 203.0.113.1").await, 429);
}

#[tokio::test]
async fn files_are_served_beside_the_interface() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "hello").unwrap();
    let web = folder.path().to_owned();
    let server = Server::start_with(|c| c.web_dir = Some(web)).await;
    let http = Http::new(&server.url);
    let page = http.get("/").await;
    assert_eq!((page.status, page.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(http.get("/missing.js").await.code(), ErrorCode::NotFound);
    assert_eq!(http.get("/../Cargo.toml").await.code(), ErrorCode::NotFound);
    assert_eq!(http.get("/api/v1/nothing").await.code(), ErrorCode::NotFound);
    assert_eq!(http.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn pages_may_do_only_what_the_app_needs_and_are_kept_only_as_long_as_they_are_true() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("index.html"), "hello").unwrap();
    std::fs::write(folder.path().join("assets/app-1a2b.js"), "1").unwrap();
    std::fs::write(folder.path().join("assets/app-1a2b.js.br"), "compressed").unwrap();
    std::fs::write(folder.path().join("assets/core.wasm"), "2").unwrap();
    let web = folder.path().to_owned();
    let server = Server::start_with(|c| {
        c.web_dir = Some(web);
        c.public_url = "https://relay.example".parse().unwrap();
    })
    .await;
    let ask = async |path: &str| {
        let request =
            reqwest::Client::new().get(format!("{}{path}", server.url)).header("accept-encoding", "br");
        request.send().await.unwrap()
    };
    let page = ask("/").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
    assert!(policy.contains("connect-src 'self' wss://relay.example;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-cache"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        assert_eq!(page.headers()[name], value, "{name}");
    }
    let script = ask("/assets/app-1a2b.js").await;
    assert_eq!(script.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(script.headers()["content-type"], "text/javascript");
    assert_eq!(script.headers()["content-encoding"], "br");
    assert_eq!(ask("/assets/core.wasm").await.headers()["content-type"], "application/wasm");
    let missing = ask("/assets/gone.js").await;
    assert_eq!(
        (missing.status().as_u16(), &missing.headers()["cache-control"]),
        (404, &"no-cache".parse().unwrap())
    );
    assert_eq!(ask("/api/v1/nothing").await.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_relay_without_tls_does_not_insist_on_it() {
    let server = Server::start().await;
    let answer = reqwest::get(format!("{}/healthz", server.url)).await.unwrap();
    assert!(answer.headers().get("strict-transport-security").is_none());
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&server.url.replace("http://", "ws://")), "{policy}");
}

#[tokio::test]
async fn a_link_that_is_registered_reaches_connected_devices() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let (laptop, _, mut vault) = devices();
    http.register(&vault, None).await;
    let mut socket = http.connect(&laptop, vault.account()).await;
    socket.resume(&vault).await;
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    http.register(&vault, None).await;
    let protocol::frame::ServerFrame::Links { height: 1, links, .. } = socket.next().await else {
        panic!("not links")
    };
    assert_eq!(links, vault.items[1..]);
}

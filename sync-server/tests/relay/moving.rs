//! Moving from one relay's address to another's: what the app of the old one may do at the new one.

use crate::support::client::{Answer, Http, refused};
use crate::support::device::{Device, Vault};
use crate::support::server::Server;
use protocol::ErrorCode;
use protocol::api::{RegisterRequest, TicketAnswer};
use protocol::frame::ServerFrame;
use reqwest::Method;
use serde_json::json;
use sync_server::clock::Millis;
use sync_server::identity::SecretHash;
use sync_server::store::{Handle, Store, Ticket};

const OLD: &str = "https://old.example";
/// What a device asks for by its own key.
const OPEN: [&str; 5] = ["accounts", "challenges", "tickets", "lookups", "socket"];

/// A relay to which people move from [`OLD`], which stood under a path.
async fn new_relay() -> Server {
    Server::start_with(|c| c.moved_from = vec![format!("{OLD}/life").parse().unwrap()]).await
}

async fn send(
    http: &Http,
    method: Method,
    path: &str,
    origin: &str,
    body: Option<&serde_json::Value>,
) -> Answer {
    let mut request = http.client.request(method.clone(), format!("{}/api/v1/{path}", http.url));
    request = request.header("origin", origin).header("sec-fetch-site", "cross-site");
    if method == Method::OPTIONS {
        request = request.header("access-control-request-method", "POST");
        request = request.header("access-control-request-headers", "content-type");
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    Answer::of(request.send().await.unwrap()).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|v| v.to_str().unwrap())
}

fn allowed(answer: &Answer) -> Option<&str> {
    assert_eq!(header(answer, "access-control-allow-credentials"), None);
    header(answer, "access-control-allow-origin")
}

#[tokio::test]
async fn the_app_of_the_old_address_registers_and_opens_a_socket() {
    let server = new_relay().await;
    let http = Http::new(&server.url);
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    for path in OPEN {
        let preflight = send(&http, Method::OPTIONS, path, OLD, None).await;
        assert_eq!((preflight.status, allowed(&preflight)), (200, Some(OLD)), "{path}");
        assert!(header(&preflight, "access-control-allow-methods").unwrap().contains("POST"));
        assert_eq!(header(&preflight, "access-control-allow-headers"), Some("content-type"));
    }
    let body = serde_json::to_value(RegisterRequest::new(&vault.items, None)).unwrap();
    let made = send(&http, Method::POST, "accounts", OLD, Some(&body)).await;
    assert_eq!((made.status, allowed(&made)), (201, Some(OLD)));
    // The page can read why it was refused, too.
    let wrong = send(&http, Method::POST, "tickets", OLD, Some(&json!({ "surprise": 1 }))).await;
    assert_eq!((wrong.status, wrong.code(), allowed(&wrong)), (400, ErrorCode::Malformed, Some(OLD)));
    let request = http.ticket_request(&laptop, vault.account()).await;
    let body = serde_json::to_value(&request).unwrap();
    let given = send(&http, Method::POST, "tickets", OLD, Some(&body)).await;
    assert_eq!(allowed(&given), Some(OLD));
    let ticket = given.json::<TicketAnswer>().ticket;
    let socket = http.open(&format!("lifeos.v1, ticket.{ticket}"), Some(OLD)).await.expect("a socket");
    let mut socket = http.prove(socket, &laptop, vault.account()).await;
    assert!(matches!(socket.resume(&vault).await, ServerFrame::Resumed { .. }));
}

#[tokio::test]
async fn what_rests_on_a_cookie_or_is_meant_for_this_relays_own_pages_stays_closed_to_it() {
    let server = new_relay().await;
    let http = Http::new(&server.url);
    let mailbox = format!("pairings/{}/offer", "0".repeat(32));
    for (method, path) in [
        (Method::GET, "account"),
        (Method::GET, "account/sessions"),
        (Method::POST, "account/tickets"),
        (Method::DELETE, "account/sessions"),
        (Method::POST, "sessions/begin"),
        (Method::POST, "sessions/device"),
        (Method::POST, "passkeys/begin"),
        (Method::POST, "passkeys/finish"),
        (Method::POST, "deletions"),
        (Method::GET, mailbox.as_str()),
    ] {
        let preflight = send(&http, Method::OPTIONS, path, OLD, None).await;
        assert_eq!((preflight.status, allowed(&preflight)), (405, None), "{path}");
        let asked = send(&http, method, path, OLD, Some(&json!({}))).await;
        assert_eq!((asked.code(), allowed(&asked)), (ErrorCode::WrongOrigin, None), "{path}");
    }
    // A ticket that a session asked for is for this relay's own pages, even if it got out.
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    http.register(&vault, None).await;
    let session = Some(Handle::new([7; 16]));
    let ticket = Ticket { account: vault.account(), device: laptop.id(), session };
    let now = Millis::now();
    server.store.put_ticket(SecretHash::of(b"asked"), ticket, now.plus_seconds(30), now).await.unwrap();
    let opened = http.open("lifeos.v1, ticket.asked", Some(OLD)).await;
    assert_eq!(refused(opened), (403, ErrorCode::WrongOrigin));
}

#[tokio::test]
async fn other_pages_and_a_relay_to_which_nobody_moves_are_as_before() {
    let (moved, plain) = (new_relay().await, Server::start().await);
    for (server, origin, preflights) in [
        (&moved, "https://evil.example", 200),
        (&moved, "https://old.example.evil.example", 200),
        (&moved, "http://old.example", 200),
        (&plain, OLD, 405),
    ] {
        let http = Http::new(&server.url);
        for path in OPEN {
            let preflight = send(&http, Method::OPTIONS, path, origin, None).await;
            assert_eq!((preflight.status, allowed(&preflight)), (preflights, None), "{origin} {path}");
        }
        let answer = send(&http, Method::POST, "challenges", origin, None).await;
        assert_eq!((answer.status, allowed(&answer)), (200, None));
        let opened = http.open("lifeos.v1, ticket.x", Some(origin)).await;
        assert_eq!(refused(opened), (403, ErrorCode::WrongOrigin));
    }
    let http = Http::new(&plain.url);
    let answer = send(&http, Method::POST, "challenges", OLD, None).await;
    assert!(
        answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")),
        "{:?}",
        answer.headers
    );
}

#[tokio::test]
async fn the_old_relay_lets_its_app_reach_the_new_one_and_nothing_more() {
    let policy = async |moves_to: &[&str]| {
        let moves_to = moves_to.iter().map(|url| url.parse().unwrap()).collect();
        let server = Server::start_with(|c| {
            c.moves_to = moves_to;
            c.public_url = OLD.parse().unwrap();
        });
        let answer = Http::new(&server.await.url).get("/healthz").await;
        header(&answer, "content-security-policy").unwrap().to_owned()
    };
    let before = policy(&[]).await;
    let own = "connect-src 'self' wss://old.example;";
    assert!(before.contains(own), "{before}");
    let after = policy(&["https://new.example/life", "http://10.0.0.1:8787"]).await;
    let wanted = "connect-src 'self' wss://old.example https://new.example wss://new.example \
                  http://10.0.0.1:8787 ws://10.0.0.1:8787;";
    assert_eq!(after, before.replace(own, wanted));
}

//! The program itself: flags, the ready line, signals, kills, what it logs.

use crate::support::client::Http;
use crate::support::device::{Author, Device, Vault};
use crate::support::page::Page;
use crate::support::postgres::Postgres;
use crate::support::program::{Relay, free_port};
use protocol::account::SessionAnswer;
use protocol::frame::{ClientFrame, ServerFrame};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;
use sync_server::limits::DRAIN_TIMEOUT;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sync-server");

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("relay.sqlite").display())
}

/// To its end; a program that was to refuse and serves instead is ended with 124.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut limited = Command::new("timeout");
    limited.args(["20", PROGRAM]).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn append_until_killed(relay: &mut Relay, laptop: &Device, vault: &Vault) {
    let http = Http::new(&relay.url());
    assert!(http.register(vault, None).await.status < 300);
    let space = vault.space();
    let mut socket = http.connect(laptop, vault.account()).await;
    let mut author = Author::new(laptop, vault);
    let mut acknowledged = Vec::new();
    for n in 0..50_u64 {
        let entry = author.write(&n.to_le_bytes());
        let append = ClientFrame::Append { request: n, space, entries: vec![entry.clone()] };
        let answer = socket.ask(&append).await;
        assert_eq!(answer, ServerFrame::Appended { request: n, space, accepted: 1, refusal: None });
        acknowledged.push(entry);
    }
    relay.kill();
    relay.restart();
    let mut socket = http.connect(laptop, vault.account()).await;
    let asked = ClientFrame::GetEntries { request: 1, space, device: laptop.id(), from: 1 };
    let expected = ServerFrame::DeviceEntries { request: 1, space, entries: acknowledged };
    assert_eq!(socket.ask(&asked).await, expected);
}

#[test]
fn a_relay_at_rest_stops_at_once_when_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Relay::start(Path::new(PROGRAM), folder.path(), &sqlite(folder.path()), &[]);
    let began = Instant::now();
    relay.terminate();
    assert_eq!(relay.wait().code(), Some(0));
    assert!(began.elapsed() < DRAIN_TIMEOUT / 2, "{:?}", began.elapsed());
    assert!(!relay.log().contains("did not end in time"), "{}", relay.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_on_both_databases() {
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Relay::start(Path::new(PROGRAM), folder.path(), &sqlite(folder.path()), &[]);
    assert!(relay.ready_line().ends_with("(sqlite)"), "{}", relay.ready_line());
    append_until_killed(&mut relay, &laptop, &vault).await;
    let cluster = Postgres::shared();
    let mut relay = Relay::start(Path::new(PROGRAM), folder.path(), &cluster.database(), &[]);
    assert!(relay.ready_line().ends_with("(postgres)"), "{}", relay.ready_line());
    append_until_killed(&mut relay, &laptop, &vault).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_postgres_tell_each_other_what_they_stored() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Postgres::shared();
    let database = cluster.database();
    let start = || Relay::start(Path::new(PROGRAM), folder.path(), &database, &[]);
    let (one, two) = (start(), start());
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    let (here, there) = (Http::new(&one.url()), Http::new(&two.url()));
    here.register(&vault, None).await;
    let mut writer = here.connect(&laptop, vault.account()).await;
    let mut reader = there.connect(&laptop, vault.account()).await;
    reader.resume(&vault).await;
    let (space, entry) = (vault.space(), Author::new(&laptop, &vault).write(b"from the other relay"));
    writer.ask(&ClientFrame::Append { request: 1, space, entries: vec![entry.clone()] }).await;
    assert_eq!(reader.next().await, ServerFrame::Entries { space, first: 1, entries: vec![entry] });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_termination_is_a_success_even_with_sockets_open() {
    let folder = tempfile::tempdir().unwrap();
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    let mut relay = Relay::start(Path::new(PROGRAM), folder.path(), &sqlite(folder.path()), &[]);
    assert_eq!(relay.ready_line(), format!("sync-server ready on {} (sqlite)", relay.url()));
    let http = Http::new(&relay.url());
    http.register(&vault, None).await;
    let mut socket = http.connect(&laptop, vault.account()).await;
    relay.terminate();
    assert_eq!(socket.next_or_end().await.unwrap_err().code, Some(1001));
    assert_eq!(relay.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_no_content_no_addresses_and_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    let arguments = ["--log=trace", "--log-format=json", "--trusted-proxy=127.0.0.1"];
    let mut relay = Relay::start(Path::new(PROGRAM), folder.path(), &sqlite(folder.path()), &arguments);
    let http = Http::new(&relay.url());
    http.register(&vault, Some("canary-invite")).await;
    let ticket = http.ticket(&laptop, vault.account()).await;
    let mut page = Page::new(&relay.url());
    let begun: SessionAnswer = page.sign_in_by_device(&laptop, vault.account()).await.json();
    let token = page.cookie.clone().unwrap().replace("lifeos=", "");
    page.delete(&format!("/account/sessions/{}", begun.session)).await;
    let letter = serde_json::json!({ "message": "canarycanary" });
    let written =
        page.send(reqwest::Method::PUT, &format!("/pairings/{}/offer", "0a".repeat(16)), Some(&letter)).await;
    assert_eq!(written.status, 204);
    page.post("/sessions/passkey", &serde_json::json!({ "ceremony": "canary-ceremony" })).await;
    let mut socket = http.connect(&laptop, vault.account()).await;
    let entry = Author::new(&laptop, &vault).write(b"canary-content");
    socket.ask(&ClientFrame::Append { request: 1, space: vault.space(), entries: vec![entry] }).await;
    let from = http.client.get(format!("{}/canary-path?canary-query", relay.url()));
    from.header("x-forwarded-for", "203.0.113.77").send().await.unwrap();
    relay.terminate();
    relay.wait();
    let log = relay.log();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
    assert!(lines.iter().any(|l| l["fields"]["route"] == "/api/v1/accounts"), "{log}");
    let ids = [vault.account().to_string(), vault.space().to_string(), laptop.id().to_string()];
    let mut secrets = vec![
        "canary",
        "0a0a0a",
        "offer",
        "203.0.113.77",
        ticket.as_str(),
        token.as_str(),
        begun.session.as_str(),
    ];
    secrets.extend(ids.iter().map(String::as_str));
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_from_the_command_line_makes_one_account() {
    let folder = tempfile::tempdir().unwrap();
    let database = sqlite(folder.path());
    let arguments = ["--registration=invite"];
    let relay = Relay::start(Path::new(PROGRAM), folder.path(), &database, &arguments);
    let http = Http::new(&relay.url());
    let paper = Device::named("slip");
    let [ada, bob] = ["ada", "bob"].map(|n| Vault::begin(&Device::named(n), &paper));
    assert_eq!(http.register(&ada, None).await.status, 403);
    let made = run(&["invite", "--database", &database], &[]);
    assert!(made.status.success(), "{}", said(&made));
    let token = String::from_utf8(made.stdout).unwrap();
    assert_eq!(token.lines().count(), 1);
    assert_eq!(http.register(&ada, Some(token.trim())).await.status, 201);
    assert_eq!(http.register(&bob, Some(token.trim())).await.status, 403);
}

#[test]
fn a_wrong_flag_or_variable_is_named_and_ends_with_2() {
    let good = [
        ("LIFEOS_LISTEN", "127.0.0.1:0"),
        ("LIFEOS_DATABASE", "sqlite:///nowhere/relay.sqlite"),
        ("LIFEOS_PUBLIC_URL", "http://localhost"),
    ];
    for (variable, flag, value) in [
        ("LIFEOS_LISTEN", "--listen", "here"),
        ("LIFEOS_DATABASE", "--database", "mysql://localhost"),
        ("LIFEOS_PUBLIC_URL", "--public-url", "relay.example/path"),
        ("LIFEOS_PUBLIC_URL", "--public-url", "http://localhost/a/../b"),
        ("LIFEOS_RP_ID", "--rp-id", "elsewhere.example"),
        ("LIFEOS_MOVES_TO", "--moves-to", "https://*.example"),
        ("LIFEOS_MOVED_FROM", "--moved-from", "old.example"),
        ("LIFEOS_TRUSTED_PROXY", "--trusted-proxy", "10.0.0.0/99"),
        ("LIFEOS_REGISTRATION", "--registration", "nobody"),
        ("LIFEOS_WEB_DIR", "--web-dir", "/no/such/folder"),
        ("LIFEOS_RATE_LIMIT_FACTOR", "--rate-limit-factor", "0"),
        ("LIFEOS_RETENTION_DAYS", "--retention-days", "some"),
        ("LIFEOS_PUSH_SERVICE", "--push-service", "push service"),
        ("LIFEOS_PUSH_SUBJECT", "--push-subject", "me"),
        ("LIFEOS_LOG", "--log", "=="),
    ] {
        let mut environment = good.to_vec();
        environment.push((variable, value));
        let by_variable = run(&["serve"], &environment);
        assert_eq!(by_variable.status.code(), Some(2), "{variable}: {}", said(&by_variable));
        assert!(said(&by_variable).contains(flag), "{}", said(&by_variable));
        let by_flag = run(&["serve", flag, value], &good);
        assert_eq!(by_flag.status.code(), Some(2), "{flag}: {}", said(&by_flag));
    }
    let missing = run(&["serve"], &[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("--listen"), "{}", said(&missing));
}

#[test]
fn what_cannot_be_opened_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let (port, database) = (free_port(), sqlite(folder.path()));
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let listen = format!("127.0.0.1:{port}");
    let start = |listen: &str, database: &str| {
        run(&["serve", "--listen", listen, "--database", database, "--public-url", "http://localhost"], &[])
    };
    let busy = start(&listen, &database);
    assert_eq!(busy.status.code(), Some(1));
    assert!(said(&busy).contains(&listen), "{}", said(&busy));
    let away = start("127.0.0.1:0", &format!("postgres://me:secret@127.0.0.1:{}/x", free_port()));
    assert_eq!(away.status.code(), Some(1));
    assert!(said(&away).contains("postgres"), "{}", said(&away));
    assert!(!said(&away).contains("secret"), "{}", said(&away));
}

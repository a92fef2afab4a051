//! A relay under a path, and the files it serves.

use crate::support::client::{Answer, Http};
use crate::support::device::{Device, Vault};
use crate::support::page::Page;
use crate::support::passkey::Key;
use crate::support::server::{Server, named};
use protocol::ErrorCode;
use protocol::api::{SUBPROTOCOL, TICKET_PREFIX};
use std::path::Path;
use sync_server::config::Config;

/// What a build of the app looks like.
fn app(folder: &Path) {
    std::fs::create_dir(folder.join("assets")).unwrap();
    for (name, content) in [
        ("index.html", "page"),
        ("sw.js", "worker"),
        ("app.webmanifest", "{}"),
        ("icon.svg", "<svg/>"),
        ("assets/index-1a2b.js", "script"),
        ("assets/index-1a2b.js.br", "brotli"),
        ("assets/index-1a2b.js.gz", "gzip"),
        ("assets/index-3c4d.css", "style"),
        ("assets/core_wasm_bg-5e6f.wasm", "wasm"),
        ("assets/core_wasm_bg-5e6f.wasm.br", "brotli"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
}

fn under_life(folder: &Path) -> impl FnOnce(&mut Config) + use<> {
    let folder = folder.to_owned();
    move |config| {
        named("/life")(config);
        config.web_dir = Some(folder);
    }
}

/// Without following redirects.
async fn ask(url: &str, encodings: &str) -> Answer {
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Answer::of(client.get(url).header("accept-encoding", encodings).send().await.unwrap()).await
}

#[tokio::test]
async fn files_come_compressed_typed_and_kept_for_as_long_as_they_are_true() {
    let folder = tempfile::tempdir().unwrap();
    app(folder.path());
    let web = folder.path().to_owned();
    let server = Server::start_with(|c| c.web_dir = Some(web)).await;
    const KEPT: &str = "public, max-age=31536000, immutable";
    for (path, kind, cache) in [
        ("/", "text/html", "no-cache"),
        ("/index.html", "text/html", "no-cache"),
        ("/sw.js", "text/javascript", "no-cache"),
        ("/app.webmanifest", "application/manifest+json", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/assets/index-1a2b.js", "text/javascript", KEPT),
        ("/assets/index-3c4d.css", "text/css", KEPT),
        ("/assets/core_wasm_bg-5e6f.wasm", "application/wasm", KEPT),
    ] {
        let answer = ask(&format!("{}{path}", server.url), "identity").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["content-type"], kind, "{path}");
        assert_eq!(answer.headers["cache-control"], cache, "{path}");
        assert!(answer.headers.get("content-encoding").is_none(), "{path}");
    }
    let script = format!("{}/assets/index-1a2b.js", server.url);
    for (asked, sent, body) in [("gzip, br", "br", "brotli"), ("gzip", "gzip", "gzip")] {
        let answer = ask(&script, asked).await;
        assert_eq!(answer.headers["content-encoding"], sent);
        assert_eq!(answer.headers["content-type"], "text/javascript");
        assert_eq!(answer.headers["vary"], "accept-encoding");
        assert_eq!(answer.body, body.as_bytes());
    }
    let core = ask(&format!("{}/assets/core_wasm_bg-5e6f.wasm", server.url), "br").await;
    assert_eq!(
        (&core.headers["content-type"], core.body),
        (&"application/wasm".parse().unwrap(), b"brotli".to_vec())
    );
}

#[tokio::test]
async fn everything_stands_under_the_path_and_knows_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    app(folder.path());
    let server = Server::start_with(under_life(folder.path())).await;
    assert!(server.url.ends_with("/life"), "{}", server.url);
    for (path, kind, cache) in [
        ("/", "text/html", "no-cache"),
        ("/sw.js", "text/javascript", "no-cache"),
        ("/assets/index-1a2b.js", "text/javascript", "public, max-age=31536000, immutable"),
        ("/healthz", "application/json", "no-cache"),
    ] {
        let answer = ask(&format!("{}{path}", server.url), "identity").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["content-type"], kind, "{path}");
        assert_eq!(answer.headers["cache-control"], cache, "{path}");
        assert!(answer.headers.contains_key("content-security-policy"), "{path}");
    }
    assert_eq!(ask(&format!("{}/nowhere", server.url), "br").await.code(), ErrorCode::NotFound);
    assert_eq!(ask(&format!("{}time/", server.url), "br").await.code(), ErrorCode::NotFound);
    // A proxy that takes the path off is as good, and so is whoever asks for the process's health.
    assert_eq!(ask(&format!("{}/healthz", server.address), "br").await.status, 200);
    assert_eq!(ask(&format!("{}/", server.address), "br").await.body, b"page");
}

#[tokio::test]
async fn the_path_without_its_slash_leads_to_the_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    app(folder.path());
    let server = Server::start_with(under_life(folder.path())).await;
    for (query, wanted) in [("", "/life/"), ("?from=home", "/life/?from=home")] {
        let answer = ask(&format!("{}{query}", server.url), "br").await;
        assert_eq!((answer.status, &answer.headers["location"]), (308, &wanted.parse().unwrap()));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn devices_and_browsers_sign_the_origin_without_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(under_life(folder.path())).await;
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    let http = Http::new(&server.url);
    let origin = server.url.strip_suffix("/life").unwrap().to_owned();
    assert_eq!(http.origin(), origin);
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    let mut socket = http.connect(&laptop, vault.account()).await;
    socket.resume(&vault).await;
    let ticket = http.ticket(&laptop, vault.account()).await;
    let protocols = format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}");
    assert!(http.open(&protocols, Some(&origin)).await.is_ok());
    // Passkeys are made for the host, whatever the path.
    let mut key = Key::new(&origin);
    assert_eq!(page.bind(&mut key, &laptop, vault.account()).await.status, 201);
    assert_eq!(page.sign_in(&mut key).await.status, 201);
    assert_eq!(page.get("/account").await.status, 200);
}

//! A push service of the tests' own, which looks at who pushes as real ones do.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use protocol::api::from_text;
use protocol::limits::NOTICE_BYTES;
use rustls::pki_types::PrivateKeyDer;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use sync_server::clock::Millis;
use sync_server::rules::{PushServices, push_service};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A push that came.
#[derive(Clone)]
pub struct Delivery {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Delivery {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header"))
    }

    /// Checks who pushed as RFC 8292 says, and gives the claims.
    pub fn signed_by(&self, key: &[u8], service: &str) -> serde_json::Value {
        let scheme = self.header("authorization").strip_prefix("vapid t=").expect("vapid");
        let (token, public) = scheme.split_once(", k=").expect("a token and a key");
        assert_eq!(from_text(public).expect("a key"), key);
        let (signed, signature) = token.rsplit_once('.').expect("a signature");
        let signature =
            Signature::from_slice(&from_text(signature).expect("base64url")).expect("a signature");
        let key = VerifyingKey::from_sec1_bytes(key).expect("a point");
        key.verify(signed.as_bytes(), &signature).expect("the relay's own signature");
        let (head, claims) = signed.split_once('.').expect("head and claims");
        let read = |part| -> serde_json::Value {
            serde_json::from_slice(&from_text(part).expect("base64url")).expect("JSON")
        };
        assert_eq!(read(head), serde_json::json!({ "typ": "JWT", "alg": "ES256" }));
        let claims = read(claims);
        assert_eq!(claims["aud"], service);
        let (now, expires) = (Millis::now().0 / 1_000, claims["exp"].as_i64().expect("a time"));
        assert!(expires > now && expires <= now + 24 * 60 * 60, "{expires} at {now}");
        claims
    }
}

#[derive(Default)]
struct Inbox {
    came: Vec<Delivery>,
    answers: VecDeque<Response>,
}

/// A push service that takes everything, unless told otherwise.
pub struct PushService {
    pub url: String,
    inbox: Arc<Mutex<Inbox>>,
    news: Arc<Notify>,
    strangers: Arc<AtomicUsize>,
}

/// Takes connections over TLS, and counts those that came to nothing.
struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    strangers: Arc<AtomicUsize>,
    news: Arc<Notify>,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (tcp, from) = self.tcp.accept().await.expect("a connection");
            if let Ok(stream) = self.acceptor.accept(tcp).await {
                return (stream, from);
            }
            self.strangers.fetch_add(1, Ordering::SeqCst);
            self.news.notify_one();
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

type Shared = (Arc<Mutex<Inbox>>, Arc<Notify>);

async fn take(State((inbox, news)): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut inbox = inbox.lock().expect("an inbox");
    inbox.came.push(Delivery { path: uri.path().into(), headers, body: body.to_vec(), at: Instant::now() });
    let answer = inbox.answers.pop_front();
    news.notify_one();
    answer.unwrap_or_else(|| StatusCode::CREATED.into_response())
}

impl PushService {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("a port"));
        let (inbox, news) = Shared::default();
        let router = Router::new().fallback(take).with_state((inbox.clone(), news.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inbox, news, strangers: Arc::default() }
    }

    /// One at `https://localhost`, and its certificate, which it signed itself.
    pub async fn start_tls() -> (Self, String) {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key));
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://localhost:{}", tcp.local_addr().expect("a port").port());
        let ((inbox, news), strangers) = (Shared::default(), Arc::<AtomicUsize>::default());
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a server's TLS")));
        let listener = Tls { tcp, acceptor, strangers: strangers.clone(), news: news.clone() };
        let router = Router::new().fallback(take).with_state((inbox.clone(), news.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (Self { url, inbox, news, strangers }, cert.pem())
    }

    /// How many connections came to nothing.
    pub fn strangers(&self) -> usize {
        self.strangers.load(Ordering::SeqCst)
    }

    /// Waits until so many came to nothing.
    pub async fn wait_for_strangers(&self, count: usize) {
        let enough = async {
            while self.strangers() < count {
                self.news.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.expect("nobody turned back");
    }

    /// It alone, named as an operator would.
    pub fn named(&self) -> PushServices {
        PushServices::new(vec![push_service(&self.url).expect("an origin")])
    }

    /// What the next push that has no answer yet is answered.
    pub fn answer(&self, status: u16, headers: &[(&'static str, &str)]) {
        let mut response = StatusCode::from_u16(status).expect("a status").into_response();
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        self.inbox.lock().expect("an inbox").answers.push_back(response);
    }

    /// What came so far.
    pub fn came(&self) -> Vec<Delivery> {
        self.inbox.lock().expect("an inbox").came.clone()
    }

    /// All that came, once there are so many.
    pub async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        let enough = async {
            loop {
                let news = self.news.notified();
                let came = self.came();
                if came.len() >= count {
                    return came;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.expect("no push came")
    }
}

/// What a device puts, as far as a relay can tell: so many bytes. A story that seals is among the workspace's tests.
pub fn body_of(text: &str) -> Vec<u8> {
    let mut body = text.as_bytes().to_vec();
    body.resize(NOTICE_BYTES, b' ');
    body
}

/// The text of such a body.
pub fn text_of(body: &[u8]) -> String {
    assert_eq!(body.len(), NOTICE_BYTES);
    String::from_utf8(body.to_vec()).expect("a text").trim_end().into()
}

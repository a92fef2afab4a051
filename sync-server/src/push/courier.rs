//! One push: a connection to an address that was looked at, one request, the head of its answer.
//!
//! Invariant: no redirect is followed, no proxy used, no more than the head of an answer read, and all of it together takes
//! no longer than [`PUSH_TIMEOUT`]. Errors are told apart, not told: they could name the endpoint. The crate `web-push` says who
//! pushes and writes the request; it is never asked to seal anything.

use super::resolve::addresses;
use super::{Resolve, Vapid};
use crate::clock::Millis;
use crate::limits::{PUSH_ANSWER_BYTES, PUSH_TIMEOUT};
use crate::rules::{Answer, Endpoint, EndpointError, PushServices, retry_after};
use crate::store::DueNotice;
use axum::body::Body;
use axum::http::{Request, header};
use hyper_util::rt::TokioIo;
use protocol::NoticeId;
use protocol::api::to_text;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use web_push::request_builder::build_request;
use web_push::{ContentEncoding, Urgency, WebPushMessage, WebPushPayload};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Bytes of a topic: 32 characters, as many as it may have.
const TOPIC: usize = 24;

/// Takes notices to push services.
#[derive(Clone)]
pub struct Courier {
    vapid: Vapid,
    services: PushServices,
    resolver: Arc<dyn Resolve>,
    /// None where the machine has no root certificates.
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Courier {
    /// A courier that signs as `vapid`.
    pub fn new(vapid: Vapid, services: PushServices, resolver: Arc<dyn Resolve>) -> Self {
        let tls = tls().map(Arc::new);
        if let Err(error) = &tls {
            tracing::warn!(%error, "nothing can be pushed over TLS; are root certificates installed?");
        }
        Self { vapid, services, resolver, tls: tls.ok() }
    }

    /// Tries to deliver a notice.
    pub async fn push(&self, due: &DueNotice, now: Millis) -> Answer {
        let Ok(endpoint) = self.services.read(&due.endpoint) else { return Answer::Forbidden };
        let tried = tokio::time::timeout(PUSH_TIMEOUT, self.exchange(&endpoint, due, now)).await;
        tried.unwrap_or(Answer::Unreachable)
    }

    async fn exchange(&self, endpoint: &Endpoint, due: &DueNotice, now: Millis) -> Answer {
        let Some(request) = self.request(endpoint, due, now) else { return Answer::Forbidden };
        let stream = match self.connect(endpoint).await {
            Ok(stream) => stream,
            Err(answer) => return answer,
        };
        let mut http = hyper::client::conn::http1::Builder::new();
        let opened = http.max_buf_size(PUSH_ANSWER_BYTES).handshake(TokioIo::new(stream)).await;
        let Ok((mut sender, connection)) = opened else { return Answer::Unreachable };
        // Ended when dropped: with this try, and with whatever the answer has to say beyond its head.
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let Ok(response) = sender.send_request(request).await else { return Answer::Unreachable };
        let asked = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = asked.and_then(|text| retry_after(text, now));
        Answer::Status { status: response.status().as_u16(), retry_after }
    }

    /// What the crate says of a message that was sealed already, for this connection. None if it cannot be said.
    fn request(&self, endpoint: &Endpoint, due: &DueNotice, now: Millis) -> Option<Request<Body>> {
        let origin = endpoint.origin.as_str();
        let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
        let left = due.expires.0.saturating_sub(now.0).max(0) / 1_000;
        let authorization = self.vapid.authorization(&endpoint.origin).ok()?;
        let message = WebPushMessage {
            endpoint: format!("{origin}{}", endpoint.path).parse().ok()?,
            ttl: u32::try_from(left).unwrap_or(u32::MAX),
            // The same for all, so that it says nothing; a reminder is of no use once the phone happens to wake.
            urgency: Some(Urgency::High),
            topic: Some(topic(&due.claim.notice)),
            payload: Some(WebPushPayload {
                content: due.body.clone(),
                crypto_headers: vec![("authorization", authorization)],
                content_encoding: ContentEncoding::Aes128Gcm,
            }),
        };
        // The crate speaks an older `http`.
        let (head, content) = build_request::<Vec<u8>>(message).into_parts();
        let request = Request::post(endpoint.path.as_str()).header(header::HOST, authority);
        let request = head
            .headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name.as_str(), value.as_bytes()));
        request.header(header::CONNECTION, "close").body(Body::from(content)).ok()
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Answer> {
        let found = addresses(&*self.resolver, endpoint).await.map_err(|error| match error {
            EndpointError::NotFound => Answer::Unreachable,
            _ => Answer::Forbidden,
        })?;
        // These addresses and no others: the name is not asked again.
        let tcp = TcpStream::connect(found.as_slice()).await.map_err(|_| Answer::Unreachable)?;
        if !endpoint.origin.is_https() {
            return Ok(Box::new(tcp));
        }
        let tls = self.tls.clone().ok_or(Answer::Unreachable)?;
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| Answer::Forbidden)?;
        let tls = TlsConnector::from(tls).connect(name, tcp).await.map_err(|_| Answer::Unreachable)?;
        Ok(Box::new(tls))
    }
}

/// Of two with one topic a push service that could not deliver the first yet keeps the second alone: so a notice that was
/// sent twice, because an answer was lost, is shown once. It is not the notice's name: that stays with the relay.
fn topic(notice: &NoticeId) -> String {
    let hash = blake3::derive_key("life-os v1 push topic", notice.as_bytes());
    to_text(hash.get(..TOPIC).unwrap_or_default())
}

/// The machine's own root certificates, ring's ciphers.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?;
    Ok(config.with_no_client_auth())
}

//! A client that reads like a device.

use super::device::{Device, Vault};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::api::{
    ChallengeAnswer, ErrorAnswer, LookupRequest, Proof, RegisterRequest, SUBPROTOCOL, TICKET_PREFIX,
    TicketAnswer, TicketRequest, from_text, to_text,
};
use protocol::auth::AuthPurpose;
use protocol::frame::{ClientFrame, ResumeSpace, ServerFrame};
use protocol::{AccountId, ErrorCode, RunningHash, codec};
use serde::Serialize;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the relay answered.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.expect("a body").to_vec() }
    }
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        serde_json::from_slice(&self.body).expect("the answer expected")
    }
    /// The code of an error, whose shape is checked on the way.
    pub fn code(&self) -> ErrorCode {
        let shape: ErrorAnswer = serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{} {e}: {}", self.status, String::from_utf8_lossy(&self.body)));
        assert_eq!(shape.meta.request_id.len(), 16);
        assert!(shape.meta.time.parse::<jiff::Timestamp>().is_ok(), "{}", shape.meta.time);
        assert!(!shape.error.message.is_empty());
        shape.error.code
    }
}

/// HTTP to one relay.
pub struct Http {
    pub url: String,
    /// What the relay calls itself, where a proxy would stand between.
    pub behind: Option<String>,
    pub client: reqwest::Client,
}

impl Http {
    pub fn new(url: &str) -> Self {
        // A proxy of the machine must not come between.
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { url: url.into(), behind: None, client }
    }
    /// What is signed: the URL without its path.
    pub fn origin(&self) -> String {
        let dialled = self.behind.as_ref().unwrap_or(&self.url);
        reqwest::Url::parse(dialled).expect("a URL").origin().ascii_serialization()
    }
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).json(body);
        Answer::of(request.send().await.expect("an answer")).await
    }
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer")).await
    }
    pub async fn register(&self, vault: &Vault, invite: Option<&str>) -> Answer {
        let request = RegisterRequest::new(&vault.items, invite.map(str::to_owned));
        self.post("/api/v1/accounts", &request).await
    }
    pub async fn challenge(&self) -> [u8; 32] {
        let answer: ChallengeAnswer = self.post("/api/v1/challenges", &()).await.json();
        assert_eq!(answer.origin, self.origin());
        from_text(&answer.challenge).expect("base64url").try_into().expect("32 bytes")
    }
    /// A proof for `account` as this relay wants it.
    pub async fn proof(&self, device: &Device, account: Option<AccountId>, purpose: AuthPurpose) -> Proof {
        let challenge = self.challenge().await;
        let signature = device.prove(&self.origin(), account, challenge, purpose);
        Proof { challenge: to_text(&challenge), device: device.id(), purpose, signature }
    }
    pub async fn ticket_request(&self, device: &Device, account: AccountId) -> TicketRequest {
        TicketRequest { account, proof: self.proof(device, Some(account), AuthPurpose::Ticket).await }
    }
    pub async fn ticket(&self, device: &Device, account: AccountId) -> String {
        let request = self.ticket_request(device, account).await;
        self.post("/api/v1/tickets", &request).await.json::<TicketAnswer>().ticket
    }
    pub async fn lookup(&self, paper: &Device) -> Answer {
        let proof = self.proof(paper, None, AuthPurpose::Lookup).await;
        let request = LookupRequest { public: to_text(&codec::encode(&paper.public)), proof };
        self.post("/api/v1/lookups", &request).await
    }
    /// The raw door: which subprotocols, which Origin.
    pub async fn open(&self, protocols: &str, origin: Option<&str>) -> Result<Socket, tungstenite::Error> {
        let url = format!("{}/api/v1/socket", self.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse().expect("a header"));
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        connect_async(request).await.map(|(stream, _)| Socket { stream })
    }
    pub async fn open_with(&self, ticket: &str) -> Result<Socket, tungstenite::Error> {
        self.open(&format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}"), None).await
    }
    /// A socket of a device that has proved itself.
    pub async fn connect(&self, device: &Device, account: AccountId) -> Socket {
        let ticket = self.ticket(device, account).await;
        let socket = self.open_with(&ticket).await.expect("a socket");
        self.prove(socket, device, account).await
    }
    /// Answers the socket's challenge.
    pub async fn prove(&self, mut socket: Socket, device: &Device, account: AccountId) -> Socket {
        let ServerFrame::Challenge { challenge } = socket.next().await else { panic!("not a challenge") };
        let signature = device.prove(&self.origin(), Some(account), challenge, AuthPurpose::Socket);
        socket.send(&ClientFrame::Hello { device: device.id(), signature }).await;
        let ServerFrame::Welcome { account: welcomed, .. } = socket.next().await else {
            panic!("not welcome")
        };
        assert_eq!(welcomed, account);
        socket
    }
}

/// The code in an HTTP answer to an upgrade that was refused.
pub fn refused(opened: Result<Socket, tungstenite::Error>) -> (u16, ErrorCode) {
    match opened {
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().clone().expect("a body");
            let answer: ErrorAnswer = serde_json::from_slice(&body).expect("the one shape");
            (response.status().as_u16(), answer.error.code)
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the socket was opened"),
    }
}

/// A socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    pub code: Option<u16>,
}

impl Socket {
    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_raw(Message::binary(frame.to_bytes())).await;
    }
    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("a sent message");
    }
    /// The next frame, or how the connection ended.
    pub async fn next_or_end(&mut self) -> Result<ServerFrame, Closed> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("the relay is silent");
            match next {
                Some(Ok(Message::Binary(bytes))) => {
                    return Ok(ServerFrame::from_bytes(&bytes).expect("a frame"));
                }
                Some(Ok(Message::Close(close))) => {
                    return Err(Closed { code: close.map(|c| c.code.into()) });
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Closed { code: None }),
            }
        }
    }
    pub async fn next(&mut self) -> ServerFrame {
        self.next_or_end().await.expect("a frame")
    }
    pub async fn ask(&mut self, frame: &ClientFrame) -> ServerFrame {
        self.send(frame).await;
        self.next().await
    }
    /// Subscribes to a vault from the beginning.
    pub async fn resume(&mut self, vault: &Vault) -> ServerFrame {
        self.send_resume(vault).await;
        self.next().await
    }
    pub async fn send_resume(&mut self, vault: &Vault) {
        let space = vault.space();
        let place = ResumeSpace {
            space,
            cursor: 0,
            running: RunningHash::start(&space),
            height: vault.chain.height(),
            membership: vault.chain.head(),
        };
        self.send(&ClientFrame::Resume { spaces: vec![place] }).await;
    }
}

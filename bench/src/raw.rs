//! The same bare WebSocket client for whoever is measured: it sends bytes and takes bytes, and understands neither.
//! Before that, a member of a vault proves itself, which others have no need of.

use anyhow::{Context as _, Result, bail};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::api::{
    ChallengeAnswer, Proof, SUBPROTOCOL, TICKET_PREFIX, TicketAnswer, TicketRequest, from_text,
};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::frame::{ClientFrame, ResumeSpace, ServerFrame};
use protocol::{RunningHash, limits};
use serde_json::Value;
use tests::wire::Member;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The half that sends.
pub struct Sender(SplitSink<WebSocketStream<TcpStream>, Message>);
/// The half that receives.
pub struct Receiver(SplitStream<WebSocketStream<TcpStream>>);

/// Dials `ws://127.0.0.1:port/path`, with subprotocols if any are named.
pub async fn dial(port: u64, path: &str, protocols: Option<&str>) -> Result<(Sender, Receiver)> {
    let tcp = TcpStream::connect(("127.0.0.1", u16::try_from(port)?)).await?;
    tcp.set_nodelay(true)?;
    let mut request = format!("ws://127.0.0.1:{port}/{path}").into_client_request()?;
    if let Some(protocols) = protocols {
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse()?);
    }
    // Small buffers: there are thousands of these, and they must not be what is measured.
    let config = WebSocketConfig::default()
        .read_buffer_size(4_096)
        .write_buffer_size(0)
        .max_message_size(Some(limits::FRAME_BYTES));
    let (stream, _) = client_async_with_config(request, tcp, Some(config)).await?;
    let (sender, receiver) = stream.split();
    Ok((Sender(sender), Receiver(receiver)))
}

impl Sender {
    /// Sends one binary message.
    pub async fn send(&mut self, bytes: Vec<u8>) -> Result<()> {
        Ok(self.0.send(Message::Binary(bytes.into())).await?)
    }
}

impl Receiver {
    /// The next binary message.
    pub async fn next(&mut self) -> Result<Vec<u8>> {
        loop {
            match self.0.next().await.context("the connection ended")?? {
                Message::Binary(bytes) => return Ok(bytes.to_vec()),
                Message::Close(frame) => bail!("closed: {frame:?}"),
                _ => {}
            }
        }
    }
}

/// A socket to the relay on which `member` has proved itself, and follows its space if `resume` says so.
pub async fn prove(port: u64, member: &Member, resume: bool) -> Result<(Sender, Receiver)> {
    let origin = format!("http://127.0.0.1:{port}");
    let claim = |challenge, purpose| AuthClaim {
        origin: origin.clone(),
        account: Some(member.account()),
        challenge,
        purpose,
        device: member.id(),
    };
    let answer: ChallengeAnswer = serde_json::from_value(post(port, "challenges", "{}").await?)?;
    let challenge: [u8; 32] = from_text(&answer.challenge)?.try_into().ok().context("32 bytes")?;
    let purpose = AuthPurpose::Ticket;
    let signature = member.keys().sign(&claim(challenge, purpose).signing_hash());
    let proof = Proof { challenge: answer.challenge, device: member.id(), purpose, signature };
    let request = TicketRequest { account: member.account(), proof };
    let answer = post(port, "tickets", &serde_json::to_string(&request)?).await?;
    let TicketAnswer { ticket, .. } = serde_json::from_value(answer)?;
    let protocols = format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}");
    let (mut sender, mut receiver) = dial(port, "api/v1/socket", Some(&protocols)).await?;
    let ServerFrame::Challenge { challenge } = frame(&mut receiver).await? else { bail!("no challenge") };
    let signature = member.keys().sign(&claim(challenge, AuthPurpose::Socket).signing_hash());
    sender.send(ClientFrame::Hello { device: member.id(), signature }.to_bytes()).await?;
    let ServerFrame::Welcome { .. } = frame(&mut receiver).await? else { bail!("no welcome") };
    if resume {
        let space = member.space();
        let stand = ResumeSpace {
            space,
            cursor: 0,
            running: RunningHash::start(&space),
            height: member.chain().height(),
            membership: member.chain().head(),
        };
        sender.send(ClientFrame::Resume { spaces: vec![stand] }.to_bytes()).await?;
        let ServerFrame::Resumed { .. } = frame(&mut receiver).await? else { bail!("not resumed") };
    }
    Ok((sender, receiver))
}

/// Says on every socket that it is still there: the relay drops who is silent for half a minute, and it takes a moment
/// to open thousands.
pub async fn keep(open: &mut [(Sender, Receiver)]) -> Result<()> {
    for (sender, _) in open.iter_mut() {
        sender.send(ClientFrame::Ping { nonce: 1 }.to_bytes()).await?;
    }
    for (_, receiver) in open {
        let ServerFrame::Pong { .. } = frame(receiver).await? else { bail!("no pong") };
    }
    Ok(())
}

/// The next frame of the relay.
pub async fn frame(receiver: &mut Receiver) -> Result<ServerFrame> {
    Ok(ServerFrame::from_bytes(&receiver.next().await?)?)
}

/// One request of the relay's HTTP interface.
async fn post(port: u64, page: &str, body: &str) -> Result<Value> {
    let mut tcp = TcpStream::connect(("127.0.0.1", u16::try_from(port)?)).await?;
    let head = format!(
        "POST /api/v1/{page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    tcp.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("a body")?;
    match head.starts_with("HTTP/1.1 2") {
        true => Ok(serde_json::from_str(body)?),
        false => bail!("{page}: {answer}"),
    }
}

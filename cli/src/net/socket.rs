//! An open socket: whole binary messages in and out, over two tasks, so that neither direction waits for the other.

use super::{Address, CONNECT_TIMEOUT, RelayError, dial::dial};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::api::{SUBPROTOCOL, TICKET_PREFIX};
use protocol::limits;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Frames received that wait to be handled.
const FRAMES_IN: usize = 16;
/// Frames that wait to be sent. The engine bounds what it has in flight far below this.
const FRAMES_OUT: usize = 64;

/// A socket to a relay. Dropping it cuts the connection.
#[derive(Debug)]
pub struct Socket {
    incoming: mpsc::Receiver<Vec<u8>>,
    outgoing: Option<mpsc::Sender<Vec<u8>>>,
    reading: JoinHandle<()>,
    writing: JoinHandle<()>,
}

/// Opens the socket at `address` with a ticket. The ticket travels as a subprotocol, where no proxy logs it.
pub async fn open(address: &Address, ticket: &str) -> Result<Socket, RelayError> {
    let protocol = |error: String| RelayError::Protocol(error);
    let mut request =
        address.socket_url().into_client_request().map_err(|error| protocol(error.to_string()))?;
    let offered = format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}");
    let value = offered.parse().map_err(|_| protocol("its ticket cannot be sent".into()))?;
    request.headers_mut().insert("sec-websocket-protocol", value);
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::FRAME_BYTES))
        .max_frame_size(Some(limits::FRAME_BYTES));
    let stream = dial(address).await?;
    let shaking = client_async_with_config(request, stream, Some(config));
    match tokio::time::timeout(CONNECT_TIMEOUT, shaking).await {
        Ok(Ok((stream, _))) => Ok(Socket::over(stream)),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(RelayError::Unreachable("no socket within 10 seconds".into())),
    }
}

/// The relay says why in the body of its answer.
fn refused(error: &tungstenite::Error) -> RelayError {
    let tungstenite::Error::Http(response) = error else {
        return RelayError::Unreachable(error.to_string());
    };
    let said = response.body().as_deref().and_then(|body| serde_json::from_slice(body).ok());
    match said {
        Some(protocol::api::ErrorAnswer { error, .. }) => RelayError::refused(error.code, error.message),
        None if response.status().is_server_error() => RelayError::Unreachable(error.to_string()),
        None => RelayError::Protocol(error.to_string()),
    }
}

impl Socket {
    fn over<S>(stream: WebSocketStream<S>) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sink, mut source) = stream.split();
        let (frames, incoming) = mpsc::channel(FRAMES_IN);
        let (outgoing, mut waiting) = mpsc::channel::<Vec<u8>>(FRAMES_OUT);
        let reading = tokio::spawn(async move {
            while let Some(Ok(message)) = source.next().await {
                match message {
                    Message::Binary(bytes) => match frames.send(bytes.into()).await {
                        Ok(()) => {}
                        Err(_) => break,
                    },
                    Message::Close(_) => break,
                    // Pings are answered below this; text is no part of the protocol.
                    _ => {}
                }
            }
        });
        let writing = tokio::spawn(async move {
            while let Some(bytes) = waiting.recv().await {
                if sink.send(Message::Binary(bytes.into())).await.is_err() {
                    return;
                }
            }
            // The sender was dropped: a farewell, after everything that was to be sent.
            let _ = sink.close().await;
        });
        Self { incoming, outgoing: Some(outgoing), reading, writing }
    }

    /// Queues a frame. False if the connection is gone or does not drain.
    pub fn send(&self, frame: Vec<u8>) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| outgoing.try_send(frame).is_ok())
    }

    /// The next frame; none when the connection is gone. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        self.incoming.recv().await
    }

    /// Sends what is queued and says goodbye, for at most a second.
    pub async fn close(mut self) {
        self.outgoing = None;
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), &mut self.writing).await;
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reading.abort();
        self.writing.abort();
    }
}

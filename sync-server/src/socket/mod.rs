//! One WebSocket: carries frames between a device and its [`Session`].
//!
//! Invariant: what waits for a slow device is bounded: a few answers, one frame of news. News are read from the store
//! only when the one before has left; a device that takes nothing for the send timeout is dropped and resumes from
//! its cursor. Who is no member of the account any more is told so and is gone within two seconds.

mod ending;
mod news;

use crate::clock::Millis;
use crate::hints::{Hint, Listener};
use crate::http::{App, Seat};
use crate::identity::Claim;
use crate::limits::{ANSWERS_WAITING, APPENDS_TOGETHER, FAREWELL_TIMEOUT};
use crate::session::{AppendFrame, Session, ends_connection};
use crate::store::{StoreKind, Ticket};
use axum::extract::ws::{Message, WebSocket};
use ending::{Ending, ending_of, refused};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use news::{News, ends_at};
use protocol::auth::AuthPurpose;
use protocol::codec::CodecError;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::{AccountId, ErrorCode, limits};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

/// Serves one socket to its end.
pub async fn serve(app: App, ticket: Ticket, seat: Seat, socket: WebSocket) {
    let running = app.running.clone();
    let account = short(&ticket.account);
    tracing::info!(%account, "a socket opened");
    let (sink, stream) = socket.split();
    let (answers, answers_out) = mpsc::channel(ANSWERS_WAITING);
    let (news, news_out) = mpsc::channel(1);
    let writer = tokio::spawn(write(sink, answers_out, news_out, app.config.sockets.send_timeout));
    // Before the device proves itself: whoever is revoked in between is told.
    let mut listener = app.hints.listener();
    listener.listen(wanted(ticket.account, None));
    let mut connection = Connection { app, ticket, stream, answers, news, listener, heard: Instant::now() };
    let ending = connection.run().await;
    tracing::info!(%account, ?ending, "a socket ends");
    if let Ending::Refused(Some((code, message))) = ending {
        let frame = ServerFrame::Error { request: None, code, message: message.into() };
        let _gone = timeout(FAREWELL_TIMEOUT, connection.answer(&frame)).await;
    }
    let Connection { mut stream, answers, news, .. } = connection;
    if let Some(close) = ending.close() {
        let _gone = timeout(ending.patience(), answers.send(Message::Close(Some(close)))).await;
    }
    drop((answers, news));
    // The device's own close is waited for: closing over unread bytes could destroy ours on its way.
    let writing = writer.abort_handle();
    let goodbye = async {
        while let Some(Ok(_)) = stream.next().await {}
        let _ended = writer.await;
    };
    let _late = timeout(ending.patience(), goodbye).await;
    // One that takes nothing must not keep the connection open by that.
    writing.abort();
    drop((seat, running));
}

/// The half that writes. Answers go before news, so that a `Resumed` is sent before the entries that follow it.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut answers: mpsc::Receiver<Message>,
    mut news: mpsc::Receiver<Message>,
    patience: Duration,
) {
    loop {
        let message = tokio::select! {
            biased;
            Some(message) = answers.recv() => message,
            Some(message) = news.recv() => message,
            else => break,
        };
        match timeout(patience, send_with(&mut sink, message, &mut answers)).await {
            Ok(Ok(last)) if !last => {}
            Ok(_) | Err(_) => break,
        }
    }
}

/// Sends a message and the answers that wait behind it, all at once. Whether one of them was the last.
async fn send_with(
    sink: &mut SplitSink<WebSocket, Message>,
    first: Message,
    answers: &mut mpsc::Receiver<Message>,
) -> Result<bool, axum::Error> {
    let mut next = Some(first);
    let mut last = false;
    while let Some(message) = next {
        last = matches!(message, Message::Close(_));
        sink.feed(message).await?;
        next = if last { None } else { answers.try_recv().ok() };
    }
    sink.flush().await?;
    Ok(last)
}

struct Connection {
    app: App,
    ticket: Ticket,
    stream: SplitStream<WebSocket>,
    answers: mpsc::Sender<Message>,
    news: mpsc::Sender<Message>,
    listener: Listener,
    heard: Instant,
}

/// What a connection listens for: its account, and what its session is subscribed to.
fn wanted(account: AccountId, session: Option<&Session>) -> BTreeSet<Hint> {
    let spaces = session.into_iter().flat_map(Session::spaces).map(Hint::Space);
    spaces.chain([Hint::Account(account)]).collect()
}

/// Enough of an id to tell two lines of a log apart, too little to name anybody.
fn short(account: &AccountId) -> String {
    account.to_string().chars().take(8).collect()
}

fn binary(frame: &ServerFrame) -> Message {
    Message::Binary(frame.to_bytes().into())
}

impl Connection {
    async fn run(&mut self) -> Ending {
        let mut stopping = self.app.stopping.clone();
        let hello = tokio::select! {
            () = stopped(&mut stopping) => Err(Ending::Stopping),
            hello = Box::pin(self.hello()) => hello,
        };
        match hello {
            Ok(session) => self.serve(session).await,
            Err(ending) => ending,
        }
    }

    /// Challenge and proof.
    async fn hello(&mut self) -> Result<Session, Ending> {
        let challenge = crate::random::bytes32().map_err(|_| Ending::Failed)?;
        self.answer(&ServerFrame::Challenge { challenge }).await?;
        let deadline = Instant::now() + self.app.config.sockets.hello_timeout;
        let next = next_frame(&mut self.stream, &mut self.heard);
        let frame = timeout_at(deadline, next).await.map_err(|_| Ending::Silent)??;
        let ClientFrame::Hello { device, signature } = frame else {
            return Err(refused(ErrorCode::Unauthorized, "the first frame is a hello"));
        };
        let claim = Claim {
            origin: self.app.config.origin().as_str(),
            account: self.ticket.account,
            challenge,
            purpose: AuthPurpose::Socket,
            device,
        };
        let proved = if device == self.ticket.device {
            self.app.relay.prove(claim, &signature).await
        } else {
            Err(ErrorCode::Unauthorized)
        };
        if let Err(code) = proved {
            return Err(refused(code, "the device has not proved itself"));
        }
        let software = concat!("lifeos sync-server ", env!("CARGO_PKG_VERSION")).to_owned();
        self.answer(&ServerFrame::Welcome { account: self.ticket.account, software }).await?;
        Ok(Session::new(self.app.relay.clone(), self.ticket.account, device))
    }

    async fn serve(&mut self, mut session: Session) -> Ending {
        let mut stopping = self.app.stopping.clone();
        let news_out = self.news.clone();
        let mut news = News::default();
        // One that was revoked before has time to ask what became of it, and for nothing else.
        // Boxed, as all work below: what an idle connection keeps in memory is its wait, not the largest thing it can do.
        if let Err(ending) = Box::pin(news.look(&session, self.app.config.sockets.hello_timeout)).await {
            return ending;
        }
        loop {
            let silent = self.heard + self.app.config.sockets.idle_timeout;
            let until = news.until;
            let step = tokio::select! {
                () = stopped(&mut stopping) => Err(Ending::Stopping),
                () = ends_at(until) => Err(refused(ErrorCode::Revoked, "this device was revoked")),
                told = self.listener.heard() => {
                    news.hear(told);
                    if news.standing { Box::pin(news.look(&session, FAREWELL_TIMEOUT)).await } else { Ok(()) }
                }
                frame = timeout_at(silent, next_frame(&mut self.stream, &mut self.heard)) => match frame {
                    Ok(Ok(ClientFrame::Append { request, space, entries })) => {
                        let first = AppendFrame { request, space, entries };
                        Box::pin(self.serve_append(&mut session, &mut news, first)).await
                    }
                    Ok(Ok(frame)) => Box::pin(self.serve_frame(&mut session, &mut news, frame)).await,
                    Ok(Err(ending)) => Err(ending),
                    Err(_) => Err(Ending::Silent),
                },
                permit = news_out.reserve(), if news.any() => match (permit, Box::pin(news.next(&mut session)).await) {
                    (Err(_), _) => Err(Ending::Slow),
                    (Ok(permit), Ok(frame)) => {
                        let last = frame.as_ref().is_some_and(ends_connection);
                        if let Some(frame) = frame {
                            permit.send(binary(&frame));
                        }
                        if last {
                            // Answers overtake news: the close waits until this is on its way.
                            let _left = timeout(self.app.config.sockets.send_timeout, news_out.reserve()).await;
                            Err(Ending::Refused(None))
                        } else {
                            Ok(())
                        }
                    }
                    (Ok(_), Err(error)) => {
                        tracing::error!(%error, "the store failed");
                        Err(Ending::Failed)
                    }
                },
            };
            if let Err(ending) = step {
                return ending;
            }
        }
    }

    async fn serve_frame(
        &mut self,
        session: &mut Session,
        news: &mut News,
        frame: ClientFrame,
    ) -> Result<(), Ending> {
        let resumes = matches!(frame, ClientFrame::Resume { .. });
        if let ClientFrame::Resume { spaces } = &frame {
            news.forget(spaces);
            // A frame for an old cursor that is on its way goes before the answer, not after it.
            let left = timeout(self.app.config.sockets.send_timeout, self.news.reserve()).await;
            left.map_err(|_| Ending::Slow)?.map_err(|_| Ending::Gone)?;
        }
        // A hint of another relay on the same database may have been lost: a look at every ping finds what it stored.
        let polls =
            matches!(frame, ClientFrame::Ping { .. }) && self.app.relay.store().kind() == StoreKind::Postgres;
        let frames = session.on_frame(frame, Millis::now()).await;
        if resumes {
            self.listener.listen(wanted(self.ticket.account, Some(session)));
        }
        self.answer_all(&frames).await?;
        // After the answers are on their way, so that no entry overtakes the `Resumed` it follows.
        if resumes || polls {
            news.dirty.extend(session.spaces());
        }
        if polls { news.look(session, FAREWELL_TIMEOUT).await } else { Ok(()) }
    }

    async fn answer_all(&self, frames: &[ServerFrame]) -> Result<(), Ending> {
        for frame in frames {
            self.answer(frame).await?;
            if ends_connection(frame) {
                return Err(Ending::Refused(None));
            }
        }
        Ok(())
    }

    /// Serves an append with those that have come behind it, and then the frame that came behind them.
    async fn serve_append(
        &mut self,
        session: &mut Session,
        news: &mut News,
        first: AppendFrame,
    ) -> Result<(), Ending> {
        let mut bytes = first.bytes();
        let mut appends = vec![first];
        let mut behind = None;
        while behind.is_none() && appends.len() < APPENDS_TOGETHER && bytes < limits::ENTRY_BYTES_PER_FRAME {
            match next_frame(&mut self.stream, &mut self.heard).now_or_never() {
                Some(Ok(ClientFrame::Append { request, space, entries })) => {
                    let append = AppendFrame { request, space, entries };
                    bytes = bytes.saturating_add(append.bytes());
                    appends.push(append);
                }
                Some(other) => behind = Some(other),
                None => break,
            }
        }
        let frames = session.on_appends(&appends, Millis::now()).await;
        self.answer_all(&frames).await?;
        match behind {
            Some(Ok(frame)) => self.serve_frame(session, news, frame).await,
            Some(Err(ending)) => Err(ending),
            None => Ok(()),
        }
    }

    async fn answer(&self, frame: &ServerFrame) -> Result<(), Ending> {
        match timeout(self.app.config.sockets.send_timeout, self.answers.send(binary(frame))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Slow),
        }
    }
}

/// The next frame of the device.
async fn next_frame(stream: &mut SplitStream<WebSocket>, heard: &mut Instant) -> Result<ClientFrame, Ending> {
    loop {
        let message = match stream.next().await {
            None => return Err(Ending::Gone),
            Some(Err(error)) => return Err(ending_of(&error)),
            Some(Ok(message)) => message,
        };
        *heard = Instant::now();
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return Err(Ending::Gone),
            Message::Text(_) => {
                return Err(refused(ErrorCode::Malformed, "frames are binary"));
            }
        };
        if bytes.len() > limits::FRAME_BYTES {
            return Err(Ending::TooLarge);
        }
        return match ClientFrame::from_bytes(&bytes) {
            Ok(frame) => Ok(frame),
            Err(CodecError::Version(_)) => {
                Err(refused(ErrorCode::UnsupportedVersion, "frames of version 1 are spoken here"))
            }
            Err(_) => Err(refused(ErrorCode::Malformed, "the frame does not decode")),
        };
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _closed = stopping.wait_for(|stop| *stop).await;
}

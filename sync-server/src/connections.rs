//! TCP connections, from their accept to their end.
//!
//! Invariant: their number and the time that the head of a request may take are bounded, so that whoever opens
//! connections and says nothing holds nothing for long. A connection that became a socket is counted elsewhere.

use crate::limits::{ACCEPT_PAUSE, CONNECTIONS, HEAD_TIMEOUT};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tower::ServiceExt as _;

/// Accepts connections until the relay stops, then waits for the requests under way.
pub async fn accept(listener: TcpListener, router: Router, mut stopping: watch::Receiver<bool>) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    let (busy, mut all_ended) = mpsc::channel::<()>(1);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    loop {
        let next = async {
            // Never closed. Without a seat new connections wait in the queue of the port.
            let seat = seats.clone().acquire_owned().await.ok()?;
            Some((connect(&listener).await, seat))
        };
        let accepted = tokio::select! {
            () = stopped(&mut stopping) => None,
            next = next => next,
        };
        let Some(((stream, peer), seat)) = accepted else { break };
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request.map(Body::new))
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let (mut stopping, busy) = (stopping.clone(), busy.clone());
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // How a connection broke off is nobody's business any more.
            tokio::select! {
                _ended = &mut connection => {}
                () = stopped(&mut stopping) => {
                    connection.as_mut().graceful_shutdown();
                    let _ended = connection.await;
                }
            }
            drop((seat, busy));
        });
    }
    drop(listener);
    drop(busy);
    // Every connection holds a sender and never sends: this ends when the last one has ended.
    let _none = all_ended.recv().await;
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _closed = stopping.wait_for(|stop| *stop).await;
}

async fn connect(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Frames are small and answered at once; a delay to fill packets would only add to every one of them.
                let _as_it_was = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

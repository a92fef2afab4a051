//! The HTTP interface: extract, authorise, store, answer. All URLs are on one page, `router.rs`.

mod account;
mod account_passkeys;
mod accounts;
mod answer;
mod challenges;
mod client;
mod cookie;
mod deletions;
mod error;
mod headers;
mod health;
mod invitations;
mod json;
mod lookups;
mod moved;
mod pages;
mod pairings;
mod passkeys;
mod rate;
mod router;
mod seats;
mod sessions;
mod signed_in;
mod sockets;
mod sub_path;
mod tickets;

pub use client::ClientKey;
pub use error::ApiError;
pub use rate::Gate;
pub use router::router;
pub use seats::{Seat, Seats};

use crate::config::Config;
use crate::hints::Hints;
use crate::relay::Relay;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// What handlers and sockets share.
#[derive(Clone)]
pub struct App {
    /// The relay.
    pub relay: Relay,
    /// How it is set up.
    pub config: Arc<Config>,
    /// Rate limits.
    pub gate: Arc<Gate>,
    /// Open sockets.
    pub seats: Arc<Seats>,
    /// Hints between sockets.
    pub hints: Arc<Hints>,
    /// Becomes true when the relay stops.
    pub stopping: watch::Receiver<bool>,
    /// Held by every socket, so that a stop can wait for all.
    pub running: mpsc::Sender<()>,
}

//! The way to a relay: one dialler for requests and socket, so that both sign and check the same origin.
//!
//! Every step has a time limit; a relay that does not answer costs seconds, never a hanging command.

mod address;
mod dial;
mod http;
mod relay;
mod socket;

pub use address::Address;
pub use relay::{Refusal, Relay, RelayError};
pub use socket::Socket;

use std::time::Duration;

/// Until a connection (and TLS) stands.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Until a request is answered.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

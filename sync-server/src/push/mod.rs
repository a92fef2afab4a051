//! Pushing: notices that devices have sealed, sent to push services when their time comes.
//!
//! Invariant: a notice is sent as it was put; nothing here could open it. A connection is made only to an address that was
//! looked at, and neither log nor error names an endpoint.
//!
//! [`crate::rules`] says what may be pushed to and what an answer means; [`Vapid`] is who the relay is to a push service;
//! [`PushDesk`] is what sessions ask; [`Courier`] is one push; [`deliver`] is the task that makes them.

mod courier;
mod desk;
mod resolve;
mod sender;
mod vapid;

pub use courier::Courier;
pub use desk::PushDesk;
pub use resolve::{Resolve, SystemResolver};
pub use sender::{deliver, forget};
pub use vapid::{BadKey, Vapid, key_in_file};

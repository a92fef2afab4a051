//! What the relay and the devices both know, and nothing more.
//!
//! Invariant: this crate holds no secret and links no cipher. It can *check* everything that crosses the wire
//! (ids, hashes, signatures, membership, headers) and can *open* nothing. The relay links this crate alone.
//!
//! Reading order: [`id`] names things, [`codec`] turns them into bytes, [`key`] checks signatures, [`link`] and
//! [`chain`] say who belongs to a space, [`entry`] and [`manifest`] are what a space holds, [`auth`] proves a
//! device to a relay, [`pairing`] adds one by comparing codes, [`notice`] is what a relay pushes at a time, [`frame`] is the socket, [`api`] is the HTTP beside it and [`account`] the pages of an account,
//! [`limits`] bounds them all.

pub mod account;
pub mod api;
pub mod auth;
pub mod chain;
pub mod codec;
pub mod entry;
pub mod error;
pub mod frame;
pub mod id;
pub mod key;
pub mod limits;
pub mod link;
pub mod manifest;
pub mod notice;
pub mod pairing;

pub use chain::{Chain, ChainError};
pub use entry::{Head, Header, ReadEntry, SealedEntry};
pub use error::ErrorCode;
pub use id::{
    AccountId, BoxesHash, DeviceId, EntryHash, EpochId, LinkHash, ManifestHash, NoticeId, PackHash,
    RunningHash, SpaceId, SubscriptionId,
};
pub use key::{DevicePublic, KemPublic, SignPublic, Signature};
pub use link::{Keybox, Keyboxes, Link, LinkBody, Purpose, Role, SignedLink};

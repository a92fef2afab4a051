//! A relay that attacks: everything it can do with what it stores and forwards, each attack by name.
//!
//! Invariant: an attack is refused or told of by its own error, never by a panic and never in silence; and the same
//! scenario without the attack goes well, so that what is seen is due to the attack. The devices are real engines, the
//! relay's own logic answers them, and the test sits in between and does what a relay could.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "hostile/acknowledgements.rs"]
mod acknowledgements;
#[path = "hostile/chains.rs"]
mod chains;
#[path = "hostile/claims.rs"]
mod claims;
#[path = "hostile/compactors.rs"]
mod compactors;
#[path = "hostile/entries.rs"]
mod entries;
#[path = "hostile/frames.rs"]
mod frames;
#[path = "hostile/house.rs"]
mod house;
#[path = "hostile/insider.rs"]
mod insider;
#[path = "hostile/joining.rs"]
mod joining;
#[path = "hostile/keys.rs"]
mod keys;
#[path = "hostile/logs.rs"]
mod logs;
#[path = "hostile/manifests.rs"]
mod manifests;
#[path = "hostile/members.rs"]
mod members;
#[path = "hostile/order.rs"]
mod order;
#[path = "hostile/pairing.rs"]
mod pairing;
#[path = "hostile/proofs.rs"]
mod proofs;
#[path = "hostile/sizes.rs"]
mod sizes;
#[path = "hostile/withheld.rs"]
mod withheld;

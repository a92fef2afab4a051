//! A world of devices and a relay in one process, driven by one seed. `./dev simulate --seeds N [--seed S]` runs many.
//!
//! Real are the engine, the relay's rules and session, membership, keys and entries. Simulated are the disks, the
//! network, the clocks and the people. [`storm`] says what happens, [`oracle`] what must be so afterwards.
//!
//! Whether the oracle sees anything is tried by breaking the code by hand, one line each:
//!
//! - *Acknowledge before commit*: in `Engine::advance` answer (`effects.extend(outcome.effects.clone())`) before the line
//!   that asks for the commit.
//! - *Skip the chain check*: in `Receive::sort` let the comparison of `before` with `previous` never be true.
//! - *Apply beyond a revocation*: in `Chain::admit_unsigned` let the comparison with the cut never be true. The same in
//!   `Core::beyond_cut` leaves in the documents what was applied before the revocation was known.
//! - *Purge what was not seen*: in `Tombstone::leaves_something` always say no.
//! - *Do not wait for anybody*: in `Purge::agreed` believe that everybody has all.
//!
//! Each makes some of the first thousand seeds fail.

pub mod calm;
pub mod clock;
pub mod device;
pub mod disk;
pub mod house;
pub mod joining;
pub mod meddling;
pub mod member;
pub mod membership;
pub mod months;
pub mod network;
pub mod oracle;
pub mod schema;
pub mod storm;
pub mod story;
pub mod tombs;
pub mod vault;
pub mod world;

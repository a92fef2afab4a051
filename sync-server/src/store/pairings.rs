//! Mailboxes in which a new device and a member meet.
//!
//! Invariant: each slot is written once, after the one before it; a mailbox ends as a whole, a while after its first.

use super::StoreError;
use crate::clock::Millis;
use async_trait::async_trait;
use protocol::limits::PAIRING_SECONDS;
use protocol::pairing::{MailboxId, Slot};

/// A message for a slot of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The slot.
    pub slot: Slot,
    /// Whatever it is.
    pub message: Vec<u8>,
}

/// What became of a [`Letter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there.
    Yes,
    /// Another one is there.
    Taken,
    /// The slot before is empty.
    TooEarly,
    /// As many pairings go on as may.
    TooMany,
}

/// Mailboxes.
#[async_trait]
pub trait PairingStore: Send + Sync {
    /// Writes a letter, unless it would begin one mailbox more than `most`; forgets those that have ended.
    async fn put_letter(&self, letter: Letter, most: usize, now: Millis) -> Result<Written, StoreError>;
    /// The message in a slot of a mailbox that has not ended.
    async fn letter(
        &self,
        mailbox: &MailboxId,
        slot: Slot,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A slot as the database keeps it: its place, from 1.
pub(crate) const fn slot_number(slot: Slot) -> i64 {
    match slot {
        Slot::Offer => 1,
        Slot::Answer => 2,
        Slot::Reveal => 3,
        Slot::Verdict => 4,
    }
}

/// What stands in the way of a letter, which rests on what is there: the message in its slot, until when the slot before it
/// counts, and how many mailboxes there are. Otherwise until when it counts itself.
pub(crate) fn judge_letter(
    letter: &Letter,
    there: Option<&[u8]>,
    before: Option<Millis>,
    mailboxes: usize,
    most: usize,
    now: Millis,
) -> Result<Millis, Written> {
    match (there, letter.slot, before) {
        (Some(message), ..) if message == letter.message => Err(Written::Yes),
        (Some(_), ..) => Err(Written::Taken),
        (None, Slot::Offer, _) if mailboxes >= most => Err(Written::TooMany),
        (None, Slot::Offer, _) => Ok(now.plus_seconds(PAIRING_SECONDS)),
        (None, _, Some(expires)) => Ok(expires),
        (None, _, None) => Err(Written::TooEarly),
    }
}

//! Mailboxes in memory.

use super::MemoryStore;
use crate::clock::Millis;
use crate::store::{Letter, PairingStore, StoreError, Written, judge_letter, slot_number};
use async_trait::async_trait;
use protocol::pairing::{MailboxId, Slot};

#[async_trait]
impl PairingStore for MemoryStore {
    async fn put_letter(&self, letter: Letter, most: usize, now: Millis) -> Result<Written, StoreError> {
        let letters = &mut self.writing()?.letters;
        letters.retain(|_, (_, expires)| *expires > now);
        let slot = slot_number(letter.slot);
        let there = letters.get(&(letter.mailbox, slot)).map(|(message, _)| message.as_slice());
        let before = letters.get(&(letter.mailbox, slot - 1)).map(|(_, expires)| *expires);
        let mailboxes = letters.keys().filter(|(_, slot)| *slot == 1).count();
        match judge_letter(&letter, there, before, mailboxes, most, now) {
            Ok(expires) => {
                letters.insert((letter.mailbox, slot), (letter.message, expires));
                Ok(Written::Yes)
            }
            Err(written) => Ok(written),
        }
    }

    async fn letter(
        &self,
        mailbox: &MailboxId,
        slot: Slot,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let all = self.lock();
        let found = all.letters.get(&(*mailbox, slot_number(slot)));
        Ok(found.filter(|(_, expires)| *expires > now).map(|(message, _)| message.clone()))
    }
}

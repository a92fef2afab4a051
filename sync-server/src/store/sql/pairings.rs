//! Mailboxes of pairings.

use super::{BEGIN_WRITE, LOCK_PAIRINGS, SqlStore, row};
use crate::clock::Millis;
use crate::store::{Letter, PairingStore, StoreError, Written, judge_letter, slot_number};
use async_trait::async_trait;
use protocol::pairing::{MailboxId, Slot};

#[async_trait]
impl PairingStore for SqlStore {
    async fn put_letter(&self, letter: Letter, most: usize, now: Millis) -> Result<Written, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        if let Some(lock) = LOCK_PAIRINGS {
            sqlx::query(lock).execute(&mut *tx).await?;
        }
        sqlx::query("delete from pairing where expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
        let (mailbox, slot) = (letter.mailbox.as_bytes().as_slice(), slot_number(letter.slot));
        let there = sqlx::query("select message from pairing where mailbox_id = $1 and slot = $2")
            .bind(mailbox)
            .bind(slot)
            .fetch_optional(&mut *tx)
            .await?;
        let there = there.as_ref().map(|r| row::bytes(r, "message")).transpose()?;
        let before = sqlx::query("select expires_at from pairing where mailbox_id = $1 and slot = $2")
            .bind(mailbox)
            .bind(slot - 1)
            .fetch_optional(&mut *tx)
            .await?;
        let before = before.as_ref().map(|r| row::number(r, "expires_at").map(Millis)).transpose()?;
        let mailboxes = sqlx::query("select count(*) as mailboxes from pairing where slot = 1");
        let mailboxes = row::number(&mailboxes.fetch_one(&mut *tx).await?, "mailboxes")?;
        let judged = judge_letter(&letter, there.as_deref(), before, mailboxes, most, now);
        if let Ok(expires) = judged {
            sqlx::query(
                "insert into pairing (mailbox_id, slot, message, expires_at) values ($1, $2, $3, $4)",
            )
            .bind(mailbox)
            .bind(slot)
            .bind(letter.message.as_slice())
            .bind(expires.0)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(judged.err().unwrap_or(Written::Yes))
    }

    async fn letter(
        &self,
        mailbox: &MailboxId,
        slot: Slot,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found = sqlx::query(
            "select message from pairing where mailbox_id = $1 and slot = $2 and expires_at > $3",
        )
        .bind(mailbox.as_bytes().as_slice())
        .bind(slot_number(slot))
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        found.as_ref().map(|r| row::bytes(r, "message")).transpose()
    }
}

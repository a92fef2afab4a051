//! Marking and erasing accounts in memory.

use super::MemoryStore;
use crate::clock::Millis;
use crate::store::{DeletionStore, ERASING, Erased, Kept, StoreError};
use async_trait::async_trait;
use protocol::AccountId;

#[async_trait]
impl DeletionStore for MemoryStore {
    async fn mark_for_deletion(&self, account: &AccountId, at: Millis) -> Result<Option<Millis>, StoreError> {
        let mut all = self.writing()?;
        let Some(known) = all.account(account) else { return Ok(None) };
        let at = *known.delete_at.get_or_insert(at);
        all.set_deletes(account, Some(at));
        all.tickets.retain(|_, (ticket, _)| ticket.account != *account);
        Ok(Some(at))
    }

    async fn keep_account(&self, account: &AccountId, now: Millis) -> Result<Kept, StoreError> {
        let mut all = self.writing()?;
        let Some(known) = all.account(account) else { return Ok(Kept::Unknown) };
        if known.delete_at.is_some_and(|at| at <= now) {
            return Ok(Kept::TooLate);
        }
        known.delete_at = None;
        all.set_deletes(account, None);
        Ok(Kept::Yes)
    }

    async fn due_for_deletion(&self, now: Millis, most: usize) -> Result<Vec<AccountId>, StoreError> {
        let all = self.lock();
        let due = all.accounts.iter().filter_map(|a| Some((a.delete_at.filter(|at| *at <= now)?, a.id)));
        let mut due: Vec<_> = due.collect();
        due.sort();
        Ok(due.into_iter().take(most).map(|(_, id)| id).collect())
    }

    async fn erase_some(&self, account: &AccountId, most: usize, now: Millis) -> Result<Erased, StoreError> {
        let mut all = self.writing()?;
        match all.account(account) {
            Some(known) if known.delete_at.is_some_and(|at| at <= now) => known.delete_at = Some(ERASING),
            Some(_) | None => return Ok(Erased::Done),
        }
        all.set_deletes(account, Some(ERASING));
        let mut left = most;
        for space in all.spaces.values_mut().filter(|s| s.state.account == *account) {
            left -= space.erase_first(left);
        }
        if left < most {
            return Ok(Erased::Partly);
        }
        all.spaces.retain(|_, space| space.state.account != *account);
        all.sessions.retain(|_, session| session.account != *account);
        all.passkeys.retain(|_, passkey| passkey.account != *account);
        all.invites.retain(|_, (_, invite)| invite.is_none_or(|i| i.account != *account));
        all.tickets.retain(|_, (ticket, _)| ticket.account != *account);
        all.notices.erase(account);
        all.accounts.retain(|known| known.id != *account);
        Ok(Erased::Done)
    }
}

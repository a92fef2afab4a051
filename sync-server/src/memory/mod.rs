//! A store in memory, for simulations and tests.
//!
//! Invariant: every future it returns is ready at the first poll, so that a simulator needs no runtime.
//! A clone is a copy of everything, as a backup is; share one store with an `Arc`.

mod access;
mod deletions;
mod notices;
mod packs;
mod pairings;
mod space;

use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::rules::DeviceHead;
use crate::store::{
    Admission, CeremonyKind, Created, Handle, Heads, Invite, NewAccount, Outcome, Page, Session, SpaceState,
    Store, StoreError, StoreKind, StoredPasskey, Ticket, Write, apply_all,
};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use notices::Notices;
use protocol::frame::LinkItem;
use protocol::pairing::MailboxId;
use protocol::{AccountId, DeviceId, Purpose, Role, RunningHash, SealedEntry, SpaceId};
use space::{MemorySpace, MemoryTransaction};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Copy)]
struct Account {
    id: AccountId,
    created: Millis,
    delete_at: Option<Millis>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// In the order in which they were made.
    accounts: Vec<Account>,
    spaces: BTreeMap<SpaceId, MemorySpace>,
    challenges: BTreeMap<SecretHash, Millis>,
    tickets: BTreeMap<SecretHash, (Ticket, Millis)>,
    invites: BTreeMap<SecretHash, (Millis, Option<Invite>)>,
    ceremonies: BTreeMap<SecretHash, (CeremonyKind, Vec<u8>, Millis)>,
    passkeys: BTreeMap<Handle, StoredPasskey>,
    sessions: BTreeMap<SecretHash, Session>,
    /// By mailbox and place of the slot.
    letters: BTreeMap<(MailboxId, i64), (Vec<u8>, Millis)>,
    notices: Notices,
    failing: bool,
}

impl State {
    fn account(&mut self, id: &AccountId) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|a| a.id == *id)
    }

    /// Says to the account's spaces when it is erased.
    fn set_deletes(&mut self, account: &AccountId, at: Option<Millis>) {
        for space in self.spaces.values_mut().filter(|s| s.state.account == *account) {
            space.state.deletes = at;
        }
    }
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self { state: Mutex::new(self.lock().clone()) }
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on (or no longer) every commit fails, as on a full disk.
    pub fn set_failing(&self, failing: bool) {
        self.lock().failing = failing;
    }

    /// Makes the relay what `other` is: a restore from a backup, or a wipe when `other` is new.
    pub fn restore(&self, other: &Self) {
        let copy = other.lock().clone();
        *self.lock() = copy;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves no half-done state: each call changes it in one go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.lock();
        if state.failing {
            return Err(StoreError::Unavailable("the store was told to fail".into()));
        }
        Ok(state)
    }

    /// Does all of `work` or, while it is told to fail, nothing.
    fn in_transaction<T>(
        &self,
        work: impl FnOnce(&mut MemoryTransaction<'_>) -> Option<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut state = self.writing()?;
        let State { spaces, tickets, notices, .. } = &mut *state;
        let done = work(&mut MemoryTransaction::new(spaces, tickets, notices));
        done.unwrap_or_else(|| Err(StoreError::Failed("memory is always ready".into())))
    }

    fn reading<T: Default>(
        &self,
        space: &SpaceId,
        read: impl FnOnce(&MemorySpace) -> T,
    ) -> Result<T, StoreError> {
        Ok(self.lock().spaces.get(space).map(read).unwrap_or_default())
    }
}

/// Whether the account may be made; uses the invitation up if one is needed.
fn admit(state: &mut State, account: &NewAccount) -> Created {
    let needs_invite = match account.admission {
        Admission::Open => false,
        Admission::Invite => true,
        Admission::First => !state.accounts.is_empty(),
    };
    match (needs_invite, account.invite) {
        (false, _) => Created::Yes,
        (true, None) => Created::InviteRequired,
        (true, Some(invite)) => match state.invites.get(&invite) {
            Some((expires, _)) if *expires > account.now => {
                state.invites.remove(&invite);
                Created::Yes
            }
            _ => Created::InviteInvalid,
        },
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.writing().map(|_| ())
    }

    async fn create_account(&self, account: NewAccount) -> Result<Created, StoreError> {
        let mut state = self.writing()?;
        let id = account.chain.account();
        if state.account(&id).is_some() {
            return Ok(Created::Exists);
        }
        let created = admit(&mut state, &account);
        if created == Created::Yes {
            state.accounts.push(Account { id, created: account.now, delete_at: None });
            state.spaces.insert(account.chain.space(), MemorySpace::new(&account.chain));
        }
        Ok(created)
    }

    async fn vault(&self, account: &AccountId) -> Result<Option<SpaceId>, StoreError> {
        let state = self.lock();
        let vault = state
            .spaces
            .values()
            .find(|s| s.state.account == *account && s.purpose == Purpose::Vault)
            .map(|s| s.state.space);
        Ok(vault)
    }

    async fn space_of_member(
        &self,
        device: &DeviceId,
        role: Role,
    ) -> Result<Option<(AccountId, SpaceId)>, StoreError> {
        let state = self.lock();
        let mut newest = state.accounts.iter().rev().filter_map(|account| {
            let id = account.id;
            let vault =
                state.spaces.values().find(|s| s.state.account == id && s.purpose == Purpose::Vault)?;
            vault.has_member(device, role).then_some((id, vault.state.space))
        });
        Ok(newest.next())
    }

    async fn space(&self, space: &SpaceId) -> Result<Option<SpaceState>, StoreError> {
        self.reading(space, |s| Some(s.state.clone()))
    }

    async fn links(&self, space: &SpaceId, from: u32, page: Page) -> Result<Vec<LinkItem>, StoreError> {
        self.reading(space, |s| s.links(from, page))
    }

    async fn entries(
        &self,
        space: &SpaceId,
        cursor: u64,
        page: Page,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        self.reading(space, |s| s.entries(cursor, page))
    }

    async fn device_entries(
        &self,
        space: &SpaceId,
        device: &DeviceId,
        from: u64,
        page: Page,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        self.reading(space, |s| s.device_entries(device, from, page))
    }

    async fn running_at(&self, space: &SpaceId, seq: u64) -> Result<Option<RunningHash>, StoreError> {
        self.reading(space, |s| s.running_at(seq))
    }

    async fn heads(&self, space: &SpaceId) -> Result<Option<Heads>, StoreError> {
        self.reading(space, |s| Some(s.heads()))
    }

    async fn device_head(
        &self,
        space: &SpaceId,
        device: &DeviceId,
    ) -> Result<Option<DeviceHead>, StoreError> {
        self.reading(space, |s| s.last_of(device))
    }

    async fn evidence(&self, space: &SpaceId) -> Result<Vec<SealedEntry>, StoreError> {
        self.reading(space, MemorySpace::evidence)
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.in_transaction(|tx| apply_all(tx, writes).now_or_never())
    }

    async fn put_challenge(
        &self,
        challenge: SecretHash,
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut state = self.writing()?;
        state.challenges.retain(|_, expires| *expires > now);
        state.challenges.insert(challenge, expires);
        Ok(())
    }

    async fn take_challenge(&self, challenge: SecretHash, now: Millis) -> Result<bool, StoreError> {
        Ok(self.writing()?.challenges.remove(&challenge).is_some_and(|expires| expires > now))
    }

    async fn put_ticket(
        &self,
        hash: SecretHash,
        ticket: Ticket,
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut state = self.writing()?;
        state.tickets.retain(|_, (_, expires)| *expires > now);
        state.tickets.insert(hash, (ticket, expires));
        Ok(())
    }

    async fn take_ticket(&self, hash: SecretHash, now: Millis) -> Result<Option<Ticket>, StoreError> {
        let taken = self.writing()?.tickets.remove(&hash);
        Ok(taken.filter(|(_, expires)| *expires > now).map(|(ticket, _)| ticket))
    }

    async fn put_invite(&self, hash: SecretHash, expires: Millis, now: Millis) -> Result<(), StoreError> {
        let mut state = self.writing()?;
        state.invites.retain(|_, (expires, _)| *expires > now);
        state.invites.insert(hash, (expires, None));
        Ok(())
    }

    async fn close(&self) {}
}

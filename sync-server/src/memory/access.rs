//! Passkeys, sessions and invitations in memory.

use super::MemoryStore;
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{
    AccountFacts, Added, CeremonyKind, Handle, Invite, InviteStore, PasskeyStore, Session, SessionStore,
    StoreError, StoredPasskey,
};
use async_trait::async_trait;
use protocol::AccountId;
use std::cmp::Reverse;

#[async_trait]
impl PasskeyStore for MemoryStore {
    async fn put_ceremony(
        &self,
        hash: SecretHash,
        kind: CeremonyKind,
        state: &[u8],
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut all = self.writing()?;
        all.ceremonies.retain(|_, (_, _, expires)| *expires > now);
        all.ceremonies.insert(hash, (kind, state.to_vec(), expires));
        Ok(())
    }

    async fn take_ceremony(
        &self,
        hash: SecretHash,
        kind: CeremonyKind,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut all = self.writing()?;
        let good = all.ceremonies.get(&hash).is_some_and(|(of, _, expires)| *of == kind && *expires > now);
        let taken = if good { all.ceremonies.remove(&hash) } else { None };
        Ok(taken.map(|(_, state, _)| state))
    }

    async fn add_passkey(&self, passkey: StoredPasskey, most: usize) -> Result<Added, StoreError> {
        let mut all = self.writing()?;
        if all.passkeys.values().filter(|p| p.account == passkey.account).count() >= most {
            return Ok(Added::TooMany);
        }
        if all.passkeys.values().any(|p| p.credential == passkey.credential) {
            return Ok(Added::Taken);
        }
        all.passkeys.insert(passkey.id, passkey);
        Ok(Added::Yes)
    }

    async fn passkeys(&self, account: &AccountId) -> Result<Vec<StoredPasskey>, StoreError> {
        let all = self.lock();
        let mut found: Vec<_> = all.passkeys.values().filter(|p| p.account == *account).cloned().collect();
        found.sort_by_key(|p| (Reverse(p.created), p.id));
        Ok(found)
    }

    async fn passkey_of(&self, credential: &[u8]) -> Result<Option<StoredPasskey>, StoreError> {
        Ok(self.lock().passkeys.values().find(|p| p.credential == credential).cloned())
    }

    async fn passkey_used(&self, id: &Handle, verifier: &[u8], now: Millis) -> Result<(), StoreError> {
        if let Some(passkey) = self.writing()?.passkeys.get_mut(id) {
            passkey.verifier = verifier.to_vec();
            passkey.used = Some(now);
        }
        Ok(())
    }

    async fn rename_passkey(&self, account: &AccountId, id: &Handle, name: &str) -> Result<bool, StoreError> {
        let mut all = self.writing()?;
        let found = all.passkeys.get_mut(id).filter(|p| p.account == *account);
        Ok(found.map(|p| p.name = name.to_owned()).is_some())
    }

    async fn remove_passkey(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError> {
        let mut all = self.writing()?;
        let had = all.passkeys.get(id).is_some_and(|p| p.account == *account);
        if had {
            all.passkeys.remove(id);
            all.sessions.retain(|_, session| session.passkey != Some(*id));
        }
        Ok(had)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn add_session(&self, token: SecretHash, session: Session, most: usize) -> Result<(), StoreError> {
        let mut all = self.writing()?;
        all.sessions.retain(|_, s| s.expires > session.created);
        let theirs = all.sessions.iter().filter(|(_, s)| s.account == session.account);
        let mut quiet: Vec<_> = theirs.map(|(token, s)| (Reverse(s.seen), s.id, *token)).collect();
        quiet.sort();
        for (_, _, token) in quiet.into_iter().skip(most.saturating_sub(1)) {
            all.sessions.remove(&token);
        }
        all.sessions.insert(token, session);
        Ok(())
    }

    async fn session(&self, token: SecretHash, now: Millis) -> Result<Option<Session>, StoreError> {
        Ok(self.lock().sessions.get(&token).copied().filter(|s| s.expires > now))
    }

    async fn touch_session(&self, id: &Handle, seen: Millis, expires: Millis) -> Result<(), StoreError> {
        if let Some(session) = self.writing()?.sessions.values_mut().find(|s| s.id == *id) {
            session.seen = seen;
            session.expires = expires;
        }
        Ok(())
    }

    async fn sessions(&self, account: &AccountId, now: Millis) -> Result<Vec<Session>, StoreError> {
        let all = self.lock();
        let theirs = all.sessions.values().filter(|s| s.account == *account && s.expires > now);
        let mut found: Vec<_> = theirs.copied().collect();
        found.sort_by_key(|s| (Reverse(s.created), s.id));
        Ok(found)
    }

    async fn end_session(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError> {
        let mut all = self.writing()?;
        let before = all.sessions.len();
        all.sessions.retain(|_, s| s.account != *account || s.id != *id);
        Ok(all.sessions.len() < before)
    }

    async fn end_other_sessions(&self, account: &AccountId, keep: &Handle) -> Result<(), StoreError> {
        self.writing()?.sessions.retain(|_, s| s.account != *account || s.id == *keep);
        Ok(())
    }

    async fn account_facts(&self, account: &AccountId) -> Result<Option<AccountFacts>, StoreError> {
        let all = self.lock();
        let Some(known) = all.accounts.iter().find(|a| a.id == *account) else { return Ok(None) };
        let theirs = || all.spaces.values().filter(|s| s.state.account == *account);
        Ok(Some(AccountFacts {
            created: known.created,
            entries: theirs().map(|s| s.state.seq).sum(),
            bytes: theirs().map(|s| s.state.bytes_used).sum(),
            first: all.accounts.first().is_some_and(|a| a.id == *account),
        }))
    }
}

#[async_trait]
impl InviteStore for MemoryStore {
    async fn add_invite(&self, hash: SecretHash, invite: Invite, most: usize) -> Result<bool, StoreError> {
        let mut all = self.writing()?;
        all.invites.retain(|_, (expires, _)| *expires > invite.created);
        let theirs = all.invites.values().filter_map(|(_, i)| *i).filter(|i| i.account == invite.account);
        if theirs.count() >= most {
            return Ok(false);
        }
        all.invites.insert(hash, (invite.expires, Some(invite)));
        Ok(true)
    }

    async fn invites(&self, account: &AccountId, now: Millis) -> Result<Vec<Invite>, StoreError> {
        let all = self.lock();
        let good = all.invites.values().filter_map(|(_, invite)| *invite);
        let mut found: Vec<_> = good.filter(|i| i.account == *account && i.expires > now).collect();
        found.sort_by_key(|i| (Reverse(i.created), i.id));
        Ok(found)
    }

    async fn withdraw_invite(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError> {
        let mut all = self.writing()?;
        let before = all.invites.len();
        all.invites.retain(|_, (_, i)| i.is_none_or(|i| i.account != *account || i.id != *id));
        Ok(all.invites.len() < before)
    }
}

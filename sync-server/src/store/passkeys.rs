//! Passkeys that sign in, and the ceremonies under way.
//!
//! Invariant: a ceremony is used once; a credential belongs to one account.

use super::{Handle, StoreError};
use crate::clock::Millis;
use crate::identity::SecretHash;
use async_trait::async_trait;
use protocol::{AccountId, DeviceId};

/// A passkey bound to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    /// Its name in the interface.
    pub id: Handle,
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The account.
    pub account: AccountId,
    /// The device on whose word it was bound.
    pub device: DeviceId,
    /// The user handle that the authenticator keeps.
    pub user: Vec<u8>,
    /// Its name for the person.
    pub name: String,
    /// What verifies its answers.
    pub verifier: Vec<u8>,
    /// When it was bound.
    pub created: Millis,
    /// When it last signed in.
    pub used: Option<Millis>,
}

/// What became of a passkey that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Yes,
    /// The credential is bound already.
    Taken,
    /// The account has as many as it may.
    TooMany,
}

/// What a ceremony is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CeremonyKind {
    /// To make a passkey.
    Create,
    /// To sign in by one.
    SignIn,
}

impl CeremonyKind {
    /// As the database keeps it.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Create => 1,
            Self::SignIn => 2,
        }
    }
}

/// Passkeys and ceremonies.
#[async_trait]
pub trait PasskeyStore: Send + Sync {
    /// Remembers the state of a ceremony; forgets expired ones.
    async fn put_ceremony(
        &self,
        hash: SecretHash,
        kind: CeremonyKind,
        state: &[u8],
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError>;
    /// Uses a ceremony up: its state, if it was there, of that kind and not expired.
    async fn take_ceremony(
        &self,
        hash: SecretHash,
        kind: CeremonyKind,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError>;
    /// Binds a passkey, unless its account has `most`.
    async fn add_passkey(&self, passkey: StoredPasskey, most: usize) -> Result<Added, StoreError>;
    /// The account's, the newest first.
    async fn passkeys(&self, account: &AccountId) -> Result<Vec<StoredPasskey>, StoreError>;
    /// By the credential's id.
    async fn passkey_of(&self, credential: &[u8]) -> Result<Option<StoredPasskey>, StoreError>;
    /// It has signed in; `verifier` is what verifies it from now on.
    async fn passkey_used(&self, id: &Handle, verifier: &[u8], now: Millis) -> Result<(), StoreError>;
    /// Whether the account has it.
    async fn rename_passkey(&self, account: &AccountId, id: &Handle, name: &str) -> Result<bool, StoreError>;
    /// Removes it and ends the sessions that it began. Whether the account had it.
    async fn remove_passkey(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError>;
}

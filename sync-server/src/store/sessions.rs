//! Sessions of the pages of an account.
//!
//! Invariant: of the token the store sees the hash alone. A session whose passkey is removed is gone with it.

use super::{Handle, StoreError};
use crate::clock::Millis;
use crate::identity::SecretHash;
use async_trait::async_trait;
use protocol::{AccountId, DeviceId};

/// A session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its name in the interface.
    pub id: Handle,
    /// Whose it is.
    pub account: AccountId,
    /// The device on whose word it rests, itself or by its passkey.
    pub device: DeviceId,
    /// The passkey that began it, if one did.
    pub passkey: Option<Handle>,
    /// When it began.
    pub created: Millis,
    /// When it was last used, as far as that was written down.
    pub seen: Millis,
    /// When it ends if it is not used.
    pub expires: Millis,
}

/// What is known of an account beside its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountFacts {
    /// When it was made.
    pub created: Millis,
    /// Entries it was sent.
    pub entries: u64,
    /// Bytes of entries, links and keyboxes stored.
    pub bytes: u64,
    /// Whether it is the first that was made here.
    pub first: bool,
}

/// Sessions and what they show.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Begins a session; forgets expired ones, and of the account's others those that were quiet for longest beyond `most`.
    async fn add_session(&self, token: SecretHash, session: Session, most: usize) -> Result<(), StoreError>;
    /// The session with this token, if it has not expired.
    async fn session(&self, token: SecretHash, now: Millis) -> Result<Option<Session>, StoreError>;
    /// It was used.
    async fn touch_session(&self, id: &Handle, seen: Millis, expires: Millis) -> Result<(), StoreError>;
    /// The account's that have not expired, the newest first.
    async fn sessions(&self, account: &AccountId, now: Millis) -> Result<Vec<Session>, StoreError>;
    /// Whether the account had it.
    async fn end_session(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError>;
    /// Ends all of the account but one.
    async fn end_other_sessions(&self, account: &AccountId, keep: &Handle) -> Result<(), StoreError>;
    /// What is known of an account.
    async fn account_facts(&self, account: &AccountId) -> Result<Option<AccountFacts>, StoreError>;
}

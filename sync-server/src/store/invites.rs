//! Invitations that an account made. Those of the operator have no account and are in nobody's list.

use super::{Handle, StoreError};
use crate::clock::Millis;
use crate::identity::SecretHash;
use async_trait::async_trait;
use protocol::AccountId;

/// An invitation that nobody has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invite {
    /// Its name in the interface.
    pub id: Handle,
    /// Who made it.
    pub account: AccountId,
    /// When.
    pub created: Millis,
    /// Until when it counts.
    pub expires: Millis,
}

/// Invitations of accounts.
#[async_trait]
pub trait InviteStore: Send + Sync {
    /// Remembers an invitation, unless its account has `most` that are good; forgets expired ones. Whether it did.
    async fn add_invite(&self, hash: SecretHash, invite: Invite, most: usize) -> Result<bool, StoreError>;
    /// The account's that are good, the newest first.
    async fn invites(&self, account: &AccountId, now: Millis) -> Result<Vec<Invite>, StoreError>;
    /// Whether the account had it.
    async fn withdraw_invite(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError>;
}

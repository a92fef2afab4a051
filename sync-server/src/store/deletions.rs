//! The end of an account: marked, taken back, or carried out.
//!
//! Invariant: while an account is marked nothing of it is served or written, and nothing is lost; once erasing has begun
//! nobody takes it back, whatever their clock says, so what is half erased is never served.

use super::StoreError;
use crate::clock::Millis;
use async_trait::async_trait;
use protocol::AccountId;

/// What became of the wish to keep an account after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It stays, as if nothing had been.
    Yes,
    /// Its time is over.
    TooLate,
    /// There is none.
    Unknown,
}

/// How far the erasing of an account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// There is more.
    Partly,
    /// Nothing of it is left, or it was not due.
    Done,
}

/// When an account's time is over that is being erased: before every clock.
pub(crate) const ERASING: Millis = Millis(0);

/// Accounts that are to be deleted.
#[async_trait]
pub trait DeletionStore: Send + Sync {
    /// Marks an account to be erased at `at`, unless it is marked already, and forgets its unused tickets. When it will be
    /// erased; none if there is no such account.
    async fn mark_for_deletion(&self, account: &AccountId, at: Millis) -> Result<Option<Millis>, StoreError>;
    /// Takes the mark off, if its time is not over.
    async fn keep_account(&self, account: &AccountId, now: Millis) -> Result<Kept, StoreError>;
    /// Accounts whose time is over, at most so many.
    async fn due_for_deletion(&self, now: Millis, most: usize) -> Result<Vec<AccountId>, StoreError>;
    /// Erases some of an account whose time is over, in one transaction: at most `most` of its entries and packs, or, when it
    /// has none any more, all the rest.
    async fn erase_some(&self, account: &AccountId, most: usize, now: Millis) -> Result<Erased, StoreError>;
}

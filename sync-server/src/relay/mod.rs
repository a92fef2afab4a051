//! The relay's one memory of spaces: a store, a way to write to it, and verified chains.
//!
//! Invariant: what is written was judged on the chain that is in force when it is committed; if the chain moved in
//! between, it is judged again.

mod chains;
mod packs;
mod reads;
mod runs;

use crate::clock::Millis;
use crate::identity::{Claim, SecretHash, verify_member};
use crate::limits::{ACCOUNTS_PER_ERASURE, ENTRIES_PER_ERASURE, JUDGE_ATTEMPTS};
use crate::push::PushDesk;
use crate::rules::{LinkRefusal, admit, judge_chain, judge_links};
use crate::store::{
    Admission, Append, Created, Erased, Extend, NewAccount, Outcome, Page, SpaceState, Store, StoreError,
    Write,
};
use async_trait::async_trait;
use chains::Chains;
pub use packs::{ManifestPut, Tidied};
use protocol::auth::AuthPurpose;
use protocol::frame::{LinkItem, Refusal};
use protocol::{AccountId, Chain, DeviceId, ErrorCode, LinkHash, Role, SealedEntry, Signature, SpaceId};
use reads::Reads;
use std::sync::Arc;

/// Makes writes durable. The answer comes after the commit.
#[async_trait]
pub trait Writer: Send + Sync + 'static {
    /// One write.
    async fn write(&self, write: Write) -> Result<Outcome, StoreError>;
}

/// A commit for every write, without sharing.
#[derive(Clone)]
pub struct Direct(Arc<dyn Store>);

impl Direct {
    /// Onto `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

#[async_trait]
impl Writer for Direct {
    async fn write(&self, write: Write) -> Result<Outcome, StoreError> {
        let outcome = self.0.commit(&[write]).await?.pop();
        outcome.ok_or_else(|| StoreError::Failed("a write without an outcome".into()))
    }
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Entries that are durable, from the first on.
    pub accepted: usize,
    /// Why the next one was not taken.
    pub refusal: Option<Refusal>,
}

/// The news of a space that may be none.
type NewsOf = Result<Option<Arc<News>>, StoreError>;

/// What a space has that was not sent yet.
#[derive(Debug)]
pub struct News {
    /// Where it stood when the entries had been read: whatever links those name were stored by then.
    pub state: SpaceState,
    /// Entries; none if there are no more, or if the account is to be deleted.
    pub entries: Vec<SealedEntry>,
}

impl News {
    async fn read(store: &dyn Store, space: &SpaceId, seq: u64, page: Page) -> NewsOf {
        let Some(before) = store.space(space).await? else { return Ok(None) };
        if before.deletes.is_some() || before.seq <= seq {
            return Ok(Some(Arc::new(Self { state: before, entries: Vec::new() })));
        }
        let entries = store.entries(space, seq, page).await?;
        let state = store.space(space).await?;
        Ok(state.map(|state| Arc::new(Self { state, entries })))
    }
}

/// Where a chain stands after links were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extended {
    /// Height of the head.
    pub height: u32,
    /// The head.
    pub head: LinkHash,
}

/// Who registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// The account.
    pub account: AccountId,
    /// Whether it is new.
    pub created: bool,
    /// Height of its vault's chain.
    pub height: u32,
}

/// Why an account was not made or extended.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The chain does not hold.
    #[error(transparent)]
    Links(#[from] LinkRefusal),
    /// An invitation is needed.
    #[error("registration needs an invitation here")]
    InviteRequired,
    /// The invitation does not count.
    #[error("the invitation is unknown, used or expired")]
    InviteInvalid,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store, a way to write to it, and verified chains. Cheap to clone; all clones are one relay.
#[derive(Clone)]
pub struct Relay {
    store: Arc<dyn Store>,
    writer: Arc<dyn Writer>,
    chains: Arc<Chains>,
    news: Arc<Reads<(SpaceId, u64), NewsOf>>,
    push: Option<Arc<PushDesk>>,
}

impl Relay {
    /// A relay that commits every write by itself.
    pub fn new(store: Arc<dyn Store>) -> Self {
        let writer = Arc::new(Direct::new(store.clone()));
        Self::with_writer(store, writer)
    }

    /// A relay that writes through `writer`.
    pub fn with_writer(store: Arc<dyn Store>, writer: Arc<dyn Writer>) -> Self {
        Self { store, writer, chains: Arc::default(), news: Arc::default(), push: None }
    }

    /// The same relay, which also pushes notices.
    #[must_use]
    pub fn with_push(mut self, desk: PushDesk) -> Self {
        self.push = Some(Arc::new(desk));
        self
    }

    /// Where sessions ask about pushing; none if this relay pushes nothing.
    pub fn push(&self) -> Option<&PushDesk> {
        self.push.as_deref()
    }

    /// What a space has after `seq`, as far as it is sent at once; none if there is no such space. Whoever asks for the
    /// same at one time is given the same.
    pub async fn news(&self, space: &SpaceId, seq: u64, page: Page) -> NewsOf {
        let (store, space) = (self.store.clone(), *space);
        let read = move || async move { News::read(&*store, &space, seq, page).await };
        self.news.ask((space, seq), read).await
    }

    /// The store.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The newest chain of a space.
    pub async fn chain(&self, space: &SpaceId) -> Result<Option<Arc<Chain>>, StoreError> {
        match self.store.space(space).await? {
            Some(state) => self.chain_at(&state).await.map(Some),
            None => Ok(None),
        }
    }

    /// The chain as of `state`, or newer.
    pub async fn chain_at(&self, state: &SpaceState) -> Result<Arc<Chain>, StoreError> {
        self.chains.at(&*self.store, state).await
    }

    /// Checks that an active member of the account's vault made a claim.
    pub async fn prove(&self, claim: Claim<'_>, signature: &Signature) -> Result<(), ErrorCode> {
        let failed = |e: StoreError| {
            tracing::error!(error = %e, "the store failed");
            e.code()
        };
        let vault = self.store.vault(&claim.account).await.map_err(failed)?;
        let vault = vault.ok_or(ErrorCode::UnknownAccount)?;
        let state = self.store.space(&vault).await.map_err(failed)?.ok_or(ErrorCode::UnknownAccount)?;
        let chain = self.chain_at(&state).await.map_err(failed)?;
        verify_member(claim, &chain, signature)?;
        // After the proof: what became of an account is nobody else's business.
        match state.deletes {
            Some(_) if claim.purpose != AuthPurpose::Deletion => Err(ErrorCode::AccountDeleted),
            _ => Ok(()),
        }
    }

    /// Whether the account is to be deleted, and not served until that is taken back.
    pub async fn is_deleted(&self, account: &AccountId) -> Result<bool, StoreError> {
        let state = match self.store.vault(account).await? {
            Some(vault) => self.store.space(&vault).await?,
            None => None,
        };
        Ok(state.is_some_and(|s| s.deletes.is_some()))
    }

    /// Erases the accounts whose time is over, in small transactions. How many are gone.
    pub async fn erase_due(&self, now: Millis) -> Result<usize, StoreError> {
        let mut gone = 0;
        loop {
            let due = self.store.due_for_deletion(now, ACCOUNTS_PER_ERASURE).await?;
            for account in &due {
                let vault = self.store.vault(account).await?;
                while self.store.erase_some(account, ENTRIES_PER_ERASURE, now).await? == Erased::Partly {}
                vault.iter().for_each(|space| self.chains.forget(space));
                gone += 1;
            }
            if due.is_empty() {
                return Ok(gone);
            }
        }
    }

    /// Whether `device` may act for the account: it is an active member of its vault, and no phrase and no guest.
    pub async fn is_active_device(&self, account: &AccountId, device: &DeviceId) -> Result<bool, StoreError> {
        let vault = self.vault_of(account).await?;
        Ok(vault.is_some_and(|v| v.active(device).is_some_and(|m| m.role == Role::Device)))
    }

    /// How many devices are active in the account's vault.
    pub async fn active_devices(&self, account: &AccountId) -> Result<u64, StoreError> {
        let Some(vault) = self.vault_of(account).await? else { return Ok(0) };
        let active = vault.members().filter(|(_, m)| m.role == Role::Device && m.revoked.is_none());
        Ok(active.count() as u64)
    }

    async fn vault_of(&self, account: &AccountId) -> Result<Option<Arc<Chain>>, StoreError> {
        match self.store.vault(account).await? {
            Some(vault) => self.chain(&vault).await,
            None => Ok(None),
        }
    }

    /// Appends entries: those before the first that is refused are durable when this returns. None if there is no such space.
    pub async fn append(
        &self,
        space: &SpaceId,
        entries: &[SealedEntry],
    ) -> Result<Option<Appended>, StoreError> {
        for _ in 0..JUDGE_ATTEMPTS {
            let Some(state) = self.store.space(space).await? else { return Ok(None) };
            let chain = self.chain_at(&state).await?;
            let mut admitted = Vec::with_capacity(entries.len());
            let mut refused = None;
            for sealed in entries {
                match admit(&chain, sealed.clone()) {
                    Ok(entry) => admitted.push(entry),
                    Err(why) => {
                        refused = Some(why);
                        break;
                    }
                }
            }
            if admitted.is_empty() {
                return Ok(Some(Appended { accepted: 0, refusal: refused }));
            }
            let append = Append { space: *space, judged_on: chain.head(), entries: admitted };
            match self.writer.write(Write::Append(append)).await? {
                Outcome::Appended { accepted, refusal, .. } => {
                    return Ok(Some(Appended { accepted, refusal: refusal.or(refused) }));
                }
                Outcome::AccountDeleted => {
                    let refusal = Refusal { code: ErrorCode::AccountDeleted, hash: None, expected: None };
                    return Ok(Some(Appended { accepted: 0, refusal: Some(refusal) }));
                }
                Outcome::UnknownSpace => return Ok(None),
                Outcome::HeadMoved => self.chains.forget(space),
                other => return Err(unexpected(&other)),
            }
        }
        Err(too_often())
    }

    /// Extends a chain. None if there is no such space. `restores` says that the links were in force before: then what
    /// they cut off is not compared with what is here.
    pub async fn extend(
        &self,
        space: &SpaceId,
        links: &[LinkItem],
        restores: bool,
    ) -> Result<Option<Result<Extended, LinkRefusalAt>>, StoreError> {
        for _ in 0..JUDGE_ATTEMPTS {
            let Some(state) = self.store.space(space).await? else { return Ok(None) };
            let chain = self.chain_at(&state).await?;
            if state.deletes.is_some() {
                return Ok(Some(Err(LinkRefusalAt { refusal: LinkRefusal::AccountDeleted, chain })));
            }
            let judged = match judge_links(&chain, links) {
                Ok(judged) => judged,
                Err(refusal) => return Ok(Some(Err(LinkRefusalAt { refusal, chain }))),
            };
            let after = Arc::new(judged.after);
            let extended = Extended { height: after.height(), head: after.head() };
            if judged.new == 0 {
                return Ok(Some(Ok(extended)));
            }
            let extend = Extend { space: *space, judged_on: chain.head(), after, restores };
            match self.writer.write(Write::Extend(extend)).await? {
                Outcome::Extended => return Ok(Some(Ok(extended))),
                Outcome::UnknownSpace => return Ok(None),
                Outcome::CutMoved => {
                    return Ok(Some(Err(LinkRefusalAt { refusal: LinkRefusal::CutMoved, chain })));
                }
                // Somebody else extended it: against the new head these links are judged, and refused, again. So is one
                // that was marked meanwhile.
                Outcome::HeadMoved | Outcome::AccountDeleted => self.chains.forget(space),
                other => return Err(unexpected(&other)),
            }
        }
        Err(too_often())
    }

    /// Makes the account of a vault, or extends its chain.
    pub async fn register(
        &self,
        links: &[LinkItem],
        admission: Admission,
        invite: Option<SecretHash>,
        now: Millis,
    ) -> Result<Registered, RegisterError> {
        let chain = Arc::new(judge_chain(links)?);
        let (account, space, height) = (chain.account(), chain.space(), chain.height());
        let known = self.store.vault(&account).await?.is_some();
        if !known {
            let new = NewAccount { chain, admission, invite, now };
            match self.store.create_account(new).await? {
                Created::Yes => return Ok(Registered { account, created: true, height }),
                Created::InviteRequired => return Err(RegisterError::InviteRequired),
                Created::InviteInvalid => return Err(RegisterError::InviteInvalid),
                Created::Exists => {}
            }
        }
        match self.extend(&space, links, true).await? {
            Some(Ok(extended)) => Ok(Registered { account, created: false, height: extended.height }),
            Some(Err(refused)) => Err(refused.refusal.into()),
            None => Err(StoreError::Unavailable("the space went away".into()).into()),
        }
    }
}

/// Why links were not taken, and the chain that was in force then.
#[derive(Debug)]
pub struct LinkRefusalAt {
    /// The reason.
    pub refusal: LinkRefusal,
    /// The chain.
    pub chain: Arc<Chain>,
}

fn too_often() -> StoreError {
    StoreError::Unavailable("the membership head moved too often".into())
}

fn unexpected(outcome: &Outcome) -> StoreError {
    StoreError::Failed(format!("a write with the outcome of another: {outcome:?}"))
}

//! What the relay remembers, behind one trait: SQLite, PostgreSQL and memory hold the same promises, checked by one
//! conformance suite.
//!
//! Invariant: [`Store::commit`] and [`Store::create_account`] return only when what they report is durable, and are
//! all or nothing. Sequence numbers of a space are given under its row lock and have no holes.

mod deletions;
mod error;
mod group;
mod handle;
mod invites;
mod notices;
mod open;
mod packing;
mod packs;
mod pairings;
mod passkeys;
mod postgres;
mod sessions;
mod sqlite;
mod write;

pub(crate) use deletions::ERASING;
pub use deletions::{DeletionStore, Erased, Kept};
pub use error::StoreError;
pub(crate) use group::apply_all;
pub use handle::{BadHandle, Handle};
pub use invites::{Invite, InviteStore};
pub use notices::{Claim, DueNotice, NoticePut, NoticeStore, Settled, Subscribed, Subscription};
pub(crate) use notices::{judge_put, reason_number, reason_of, state_number, state_of};
pub use open::{DatabaseUrl, OpenStore, open};
pub(crate) use packing::{Base, Gone, NewManifest, Newest, Packing, drop_step};
pub use packs::{Dropped, InForce, LogPlace, PackStore, PutAck, PutManifest, PutPack, Terms};
pub use pairings::{Letter, PairingStore, Written};
pub(crate) use pairings::{judge_letter, slot_number};
pub use passkeys::{Added, CeremonyKind, PasskeyStore, StoredPasskey};
pub use postgres::PostgresStore;
pub use sessions::{AccountFacts, Session, SessionStore};
pub use sqlite::SqliteStore;
pub(crate) use write::{Author, NewEntry, Transaction, first_state, link_size, members_changed};

use crate::clock::Millis;
use crate::hints::Bulletin;
use crate::identity::SecretHash;
use crate::rules::{Admitted, DeviceHead};
use async_trait::async_trait;
use protocol::entry::Head;
use protocol::frame::{LinkItem, Refusal};
use protocol::{
    AccountId, Chain, DeviceId, ErrorCode, LinkHash, ManifestHash, Role, RunningHash, SealedEntry, SpaceId,
};
use std::sync::Arc;

/// Where a space stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceState {
    /// The space.
    pub space: SpaceId,
    /// Whose it is.
    pub account: AccountId,
    /// Sequence number of the newest entry; 0 for none.
    pub seq: u64,
    /// Running hash up to there.
    pub running: RunningHash,
    /// Height of the membership head.
    pub height: u32,
    /// The membership head.
    pub head: LinkHash,
    /// Where the log begins: entries up to there were dropped, a manifest covers them.
    pub floor: LogPlace,
    /// The manifest in force.
    pub manifest: Option<ManifestHash>,
    /// Bytes of entries, links and keyboxes, packs and manifests stored.
    pub bytes_used: u64,
    /// When its account is erased; none while that stays. Until then it is neither read nor written.
    pub deletes: Option<Millis>,
}

/// Entries for a space, admitted against the chain with head `judged_on`.
#[derive(Debug, Clone)]
pub struct Append {
    /// The space.
    pub space: SpaceId,
    /// Head of the chain they were judged on; if the space has another by now they must be judged again.
    pub judged_on: LinkHash,
    /// In order.
    pub entries: Vec<Admitted>,
}

/// New links for a space: what `after` has beyond the head `judged_on`.
#[derive(Debug, Clone)]
pub struct Extend {
    /// The space.
    pub space: SpaceId,
    /// The head they extend; compared and swapped.
    pub judged_on: LinkHash,
    /// The verified chain with them.
    pub after: Arc<Chain>,
    /// Whether they were in force before: then what they cut off is not compared with what is here.
    pub restores: bool,
}

/// Something to be made durable.
#[derive(Debug, Clone)]
pub enum Write {
    /// Entries.
    Append(Append),
    /// Links.
    Extend(Extend),
    /// A pack.
    Pack(PutPack),
    /// A manifest.
    Manifest(Box<PutManifest>),
    /// A device's word on the manifest in force.
    Ack(PutAck),
}

impl Write {
    /// The space it is for.
    pub fn space(&self) -> SpaceId {
        match self {
            Self::Append(append) => append.space,
            Self::Extend(extend) => extend.space,
            Self::Pack(put) => put.space,
            Self::Manifest(put) => put.chain.space(),
            Self::Ack(ack) => ack.space,
        }
    }
}

/// What became of a [`Write`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The first `accepted` entries are durable.
    Appended {
        /// How many; those that were there already count.
        accepted: usize,
        /// How many of them are new.
        new: usize,
        /// Why the next one was not taken.
        refusal: Option<Refusal>,
    },
    /// The links are durable.
    Extended,
    /// The pack is durable.
    PackStored,
    /// The manifest is in force and durable.
    ManifestStored {
        /// Whether it was not before.
        new: bool,
    },
    /// Another manifest is in force than the one that is replaced or acknowledged: nothing was done.
    ManifestMoved {
        /// Which.
        current: Option<ManifestHash>,
    },
    /// The manifest does not fit what is here: nothing was done.
    ManifestRefused(ErrorCode),
    /// The device's word is durable.
    AckStored,
    /// A device that the links cut off has written since: nothing was done.
    CutMoved,
    /// The space's membership head is not the one it was judged on: nothing was done, judge again.
    HeadMoved,
    /// Its account is to be deleted: nothing was done.
    AccountDeleted,
    /// No such space.
    UnknownSpace,
}

impl Outcome {
    /// Whether other connections have something new to read.
    pub fn changed(&self) -> bool {
        match self {
            Self::Appended { new, .. } => *new > 0,
            Self::ManifestStored { new } => *new,
            Self::Extended => true,
            Self::PackStored | Self::ManifestMoved { .. } | Self::ManifestRefused(_) | Self::AckStored => {
                false
            }
            Self::CutMoved | Self::HeadMoved | Self::AccountDeleted | Self::UnknownSpace => false,
        }
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Anybody.
    Open,
    /// Anybody while there is no account; then whoever has an invitation.
    First,
    /// Whoever has an invitation.
    Invite,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The vault's verified chain.
    pub chain: Arc<Chain>,
    /// Who may.
    pub admission: Admission,
    /// Hash of the invitation that came along. It is used up only when the admission asks for one.
    pub invite: Option<SecretHash>,
    /// Now.
    pub now: Millis,
}

/// What became of a [`NewAccount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    Yes,
    /// It was there.
    Exists,
    /// An invitation is needed and none came.
    InviteRequired,
    /// The invitation is unknown, used or expired.
    InviteInvalid,
}

/// A ticket that was not used yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// For this account.
    pub account: AccountId,
    /// For this device.
    pub device: DeviceId,
    /// The session that asked for it; none if the device signed.
    pub session: Option<Handle>,
}

/// How far the relay has each device's chain, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// Sorted by device.
    pub heads: Vec<Head>,
    /// Sequence number of the newest entry.
    pub seq: u64,
    /// Running hash up to there.
    pub running: RunningHash,
}

/// A bound on what is read at once: at most `count` items, and `bytes` bytes unless the first item alone is larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Items.
    pub count: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Page {
    /// How many items of these sizes fit.
    pub fn fit(&self, sizes: impl IntoIterator<Item = usize>) -> usize {
        let mut total = 0_usize;
        let mut fitting = 0;
        for size in sizes.into_iter().take(self.count) {
            total = total.saturating_add(size);
            if fitting > 0 && total > self.bytes {
                break;
            }
            fitting += 1;
        }
        fitting
    }
}

/// What a [`Store`] is called in the ready line and in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Embedded, one file.
    Sqlite,
    /// A server, possibly shared by several relays.
    Postgres,
    /// Gone with the process: for simulations and tests.
    Memory,
}

impl StoreKind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Memory => "memory",
        }
    }
}

/// What the relay remembers.
#[async_trait]
pub trait Store:
    PasskeyStore + SessionStore + InviteStore + PairingStore + DeletionStore + PackStore + NoticeStore + 'static
{
    /// Which it is.
    fn kind(&self) -> StoreKind;
    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Makes an account with its vault, in one transaction with the spending of its invitation.
    async fn create_account(&self, account: NewAccount) -> Result<Created, StoreError>;
    /// The vault of an account.
    async fn vault(&self, account: &AccountId) -> Result<Option<SpaceId>, StoreError>;
    /// The newest space in which `device` is an active member with `role`, and its account.
    async fn space_of_member(
        &self,
        device: &DeviceId,
        role: Role,
    ) -> Result<Option<(AccountId, SpaceId)>, StoreError>;

    /// Where a space stands.
    async fn space(&self, space: &SpaceId) -> Result<Option<SpaceState>, StoreError>;
    /// Links from height `from` on.
    async fn links(&self, space: &SpaceId, from: u32, page: Page) -> Result<Vec<LinkItem>, StoreError>;
    /// Entries after sequence number `cursor`, which is not before the space's floor.
    async fn entries(&self, space: &SpaceId, cursor: u64, page: Page)
    -> Result<Vec<SealedEntry>, StoreError>;
    /// Entries of one device from index `from` on.
    async fn device_entries(
        &self,
        space: &SpaceId,
        device: &DeviceId,
        from: u64,
        page: Page,
    ) -> Result<Vec<SealedEntry>, StoreError>;
    /// Running hash after the entry with sequence number `seq` (not 0).
    async fn running_at(&self, space: &SpaceId, seq: u64) -> Result<Option<RunningHash>, StoreError>;
    /// Last entry of every device, whether it is here or a manifest covers it.
    async fn heads(&self, space: &SpaceId) -> Result<Option<Heads>, StoreError>;
    /// The last entry of one device.
    async fn device_head(&self, space: &SpaceId, device: &DeviceId)
    -> Result<Option<DeviceHead>, StoreError>;
    /// Entries that were refused because another stands at their address.
    async fn evidence(&self, space: &SpaceId) -> Result<Vec<SealedEntry>, StoreError>;

    /// Makes `writes` durable in one transaction, in order within a space, and says what became of each. On an error
    /// nothing of them is kept.
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError>;

    /// Remembers a challenge; forgets expired ones.
    async fn put_challenge(
        &self,
        challenge: SecretHash,
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError>;
    /// Uses a challenge up. Whether it was there and not expired.
    async fn take_challenge(&self, challenge: SecretHash, now: Millis) -> Result<bool, StoreError>;
    /// Remembers a ticket; forgets expired ones.
    async fn put_ticket(
        &self,
        hash: SecretHash,
        ticket: Ticket,
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError>;
    /// Uses a ticket up, if it was there and not expired.
    async fn take_ticket(&self, hash: SecretHash, now: Millis) -> Result<Option<Ticket>, StoreError>;
    /// Remembers an invitation of the operator's; forgets expired ones.
    async fn put_invite(&self, hash: SecretHash, expires: Millis, now: Millis) -> Result<(), StoreError>;

    /// Where relays on this database leave notes for each other; none where there can be no other.
    fn bulletin(&self) -> Option<Arc<dyn Bulletin>> {
        None
    }

    /// Ends all connections to the database.
    async fn close(&self);
}

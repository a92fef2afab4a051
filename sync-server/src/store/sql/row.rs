//! Columns into types and back. What does not fit its type is damage, not a default.

use super::Row;
use crate::clock::Millis;
use crate::store::{Handle, LogPlace, SpaceState, StoreError};
use protocol::frame::LinkItem;
use protocol::{
    AccountId, DeviceId, EntryHash, Keyboxes, LinkHash, ManifestHash, NoticeId, PackHash, RunningHash,
    SealedEntry, Signature, SignedLink, SpaceId, SubscriptionId, codec,
};
use sqlx::Row as _;

/// An id or hash out of a blob.
pub(super) trait FromBlob: Sized {
    fn from_blob(bytes: &[u8]) -> Option<Self>;
}

macro_rules! from_blob {
    ($($name:ident),+) => { $(impl FromBlob for $name {
        fn from_blob(bytes: &[u8]) -> Option<Self> { Self::from_slice(bytes) }
    })+ };
}
from_blob!(
    AccountId,
    DeviceId,
    EntryHash,
    Handle,
    LinkHash,
    ManifestHash,
    NoticeId,
    PackHash,
    RunningHash,
    Signature,
    SpaceId,
    SubscriptionId
);

pub(super) fn damaged(column: &str) -> StoreError {
    StoreError::Damaged(format!("column {column} holds what cannot be"))
}

pub(super) fn bytes(row: &Row, column: &str) -> Result<Vec<u8>, StoreError> {
    Ok(row.try_get::<Vec<u8>, _>(column)?)
}

pub(super) fn id<T: FromBlob>(row: &Row, column: &str) -> Result<T, StoreError> {
    T::from_blob(&bytes(row, column)?).ok_or_else(|| damaged(column))
}

pub(super) fn optional_id<T: FromBlob>(row: &Row, column: &str) -> Result<Option<T>, StoreError> {
    match row.try_get::<Option<Vec<u8>>, _>(column)? {
        Some(bytes) => T::from_blob(&bytes).map(Some).ok_or_else(|| damaged(column)),
        None => Ok(None),
    }
}

pub(super) fn number<T: TryFrom<i64>>(row: &Row, column: &str) -> Result<T, StoreError> {
    T::try_from(row.try_get::<i64, _>(column)?).map_err(|_| damaged(column))
}

/// A number as the database keeps it.
pub(super) fn int(value: impl TryInto<i64>) -> Result<i64, StoreError> {
    value.try_into().map_err(|_| StoreError::Failed("a number is too large for the database".into()))
}

pub(super) fn space_state(row: &Row) -> Result<SpaceState, StoreError> {
    let space = id(row, "space_id")?;
    // A space of which nothing was dropped begins at its beginning.
    let floor = match row.try_get::<Option<i64>, _>("floor_seq")? {
        Some(_) => LogPlace { seq: number(row, "floor_seq")?, running: id(row, "floor_running")? },
        None => LogPlace { seq: 0, running: RunningHash::start(&space) },
    };
    Ok(SpaceState {
        space,
        account: id(row, "account_id")?,
        seq: number(row, "seq")?,
        running: id(row, "running")?,
        height: number(row, "height")?,
        head: id(row, "head")?,
        floor,
        manifest: optional_id(row, "manifest")?,
        bytes_used: number(row, "bytes_used")?,
        deletes: row.try_get::<Option<i64>, _>("delete_at")?.map(Millis),
    })
}

pub(super) fn entry(row: &Row) -> Result<SealedEntry, StoreError> {
    Ok(SealedEntry {
        header: bytes(row, "header")?,
        ciphertext: bytes(row, "ciphertext")?,
        signature: id(row, "signature")?,
    })
}

pub(super) fn link(row: &Row) -> Result<LinkItem, StoreError> {
    let counter = optional_id(row, "counter")?;
    let keyboxes: Keyboxes = codec::decode(&bytes(row, "keyboxes")?).map_err(|_| damaged("keyboxes"))?;
    let link = SignedLink { link: bytes(row, "link")?, signature: id(row, "signature")?, counter };
    Ok(LinkItem { link, keyboxes })
}

/// A number of rows.
pub(super) fn count(rows: u64) -> Result<usize, StoreError> {
    usize::try_from(rows).map_err(|_| StoreError::Failed("more rows than can be counted".into()))
}

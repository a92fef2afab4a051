//! What a write needs of an open transaction.

use super::{Connection, notices, row, rows};
use crate::rules::DeviceHead;
use crate::store::{Author, NewEntry, SpaceState, StoreError, Transaction, link_size};
use async_trait::async_trait;
use protocol::chain::{ChainLink, Member};
use protocol::{DeviceId, EntryHash, ReadEntry, Role, SpaceId, codec};

/// An open transaction of the SQL store.
pub(super) struct SqlTransaction<'c> {
    pub(super) connection: &'c mut Connection,
}

impl<'c> SqlTransaction<'c> {
    pub(super) fn new(connection: &'c mut Connection) -> Self {
        Self { connection }
    }
}

/// A role as the database keeps it; the numbers are those of the wire.
pub(super) fn role_number(role: Role) -> i64 {
    match role {
        Role::Device => 1,
        Role::Paper => 2,
        Role::Guest => 3,
    }
}

#[async_trait]
impl Transaction for SqlTransaction<'_> {
    async fn lock_spaces(&mut self, spaces: &[SpaceId]) -> Result<Vec<SpaceState>, StoreError> {
        rows::lock_spaces(self.connection, spaces).await
    }

    async fn lasts_of(&mut self, authors: &[Author]) -> Result<Vec<(Author, DeviceHead)>, StoreError> {
        rows::lasts_of(self.connection, authors).await
    }

    async fn hash_at(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<EntryHash>, StoreError> {
        let found =
            sqlx::query("select hash from entry where space_id = $1 and device_id = $2 and entry_index = $3")
                .bind(space.as_bytes().as_slice())
                .bind(device.as_bytes().as_slice())
                .bind(row::int(index)?)
                .fetch_optional(&mut *self.connection)
                .await?;
        found.as_ref().map(|r| row::id(r, "hash")).transpose()
    }

    async fn insert_entries(&mut self, entries: &[NewEntry<'_>]) -> Result<(), StoreError> {
        rows::insert_entries(self.connection, entries).await
    }

    async fn put_lasts(&mut self, lasts: &[(Author, DeviceHead)]) -> Result<(), StoreError> {
        rows::put_lasts(self.connection, lasts).await
    }

    async fn insert_evidence(&mut self, entry: &ReadEntry, cap: usize) -> Result<(), StoreError> {
        let header = entry.header();
        let sealed = entry.sealed();
        let kept: i64 = sqlx::query_scalar("select count(*) from evidence where space_id = $1")
            .bind(header.space.as_bytes().as_slice())
            .fetch_one(&mut *self.connection)
            .await?;
        if kept >= row::int(cap)? {
            return Ok(());
        }
        sqlx::query(
            "insert into evidence (space_id, device_id, entry_index, hash, header, signature, ciphertext) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(header.space.as_bytes().as_slice())
        .bind(header.device.as_bytes().as_slice())
        .bind(row::int(header.index)?)
        .bind(entry.hash().as_bytes().as_slice())
        .bind(sealed.header.as_slice())
        .bind(sealed.signature.as_bytes().as_slice())
        .bind(sealed.ciphertext.as_slice())
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn insert_link(&mut self, space: &SpaceId, link: &ChainLink) -> Result<(), StoreError> {
        let counter = link.signed.counter.map(|c| c.as_bytes().to_vec());
        sqlx::query(
            "insert into link (space_id, height, hash, size, link, signature, counter, keyboxes) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(space.as_bytes().as_slice())
        .bind(i64::from(link.link.height))
        .bind(link.hash.as_bytes().as_slice())
        .bind(row::int(link_size(link))?)
        .bind(link.signed.link.as_slice())
        .bind(link.signed.signature.as_bytes().as_slice())
        .bind(counter)
        .bind(codec::encode(&link.keyboxes))
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn put_member(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        member: &Member,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into member (space_id, device_id, role, added, revoked) values ($1, $2, $3, $4, $5) \
             on conflict (space_id, device_id) do update set revoked = excluded.revoked",
        )
        .bind(space.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .bind(role_number(member.role))
        .bind(i64::from(member.added))
        .bind(member.revoked.as_ref().map(|(at, _)| i64::from(*at)))
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn drop_tickets(&mut self, space: &SpaceId, device: &DeviceId) -> Result<(), StoreError> {
        sqlx::query(
            "delete from ticket where device_id = $2 \
             and account_id = (select account_id from space where space_id = $1)",
        )
        .bind(space.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn drop_notices(&mut self, space: &SpaceId, device: &DeviceId) -> Result<(), StoreError> {
        notices::drop_of_device(self.connection, space, device).await
    }

    async fn put_spaces(&mut self, states: &[&SpaceState]) -> Result<(), StoreError> {
        rows::put_spaces(self.connection, states).await
    }
}

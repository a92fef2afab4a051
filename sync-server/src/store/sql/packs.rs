//! Reading packs and manifests; who was there; letting go.

use super::transaction::SqlTransaction;
use super::{BEGIN_WRITE, Row, SqlStore, row};
use crate::clock::Millis;
use crate::limits::SEEN_SECONDS;
use crate::store::{Dropped, InForce, LogPlace, PackStore, StoreError, Terms, drop_step};
use async_trait::async_trait;
use protocol::manifest::SealedManifest;
use protocol::{DeviceId, PackHash, SpaceId};

fn in_force(r: &Row) -> Result<InForce, StoreError> {
    let manifest = SealedManifest {
        header: row::bytes(r, "header")?,
        body: row::bytes(r, "body")?,
        signature: row::id(r, "signature")?,
    };
    let covered = LogPlace { seq: row::number(r, "covered_seq")?, running: row::id(r, "covered_running")? };
    Ok(InForce { hash: row::id(r, "hash")?, manifest, covered })
}

#[async_trait]
impl PackStore for SqlStore {
    async fn pack(&self, space: &SpaceId, hash: &PackHash) -> Result<Option<Vec<u8>>, StoreError> {
        let found = sqlx::query("select bytes from pack_bytes where space_id = $1 and hash = $2")
            .bind(space.as_bytes().as_slice())
            .bind(hash.as_bytes().as_slice())
            .fetch_optional(&self.read)
            .await?;
        found.as_ref().map(|r| row::bytes(r, "bytes")).transpose()
    }

    async fn manifest(&self, space: &SpaceId) -> Result<Option<InForce>, StoreError> {
        let found = sqlx::query(
            "select hash, header, body, signature, covered_seq, covered_running from manifest \
             where space_id = $1 order by number desc limit 1",
        )
        .bind(space.as_bytes().as_slice())
        .fetch_optional(&self.read)
        .await?;
        found.as_ref().map(in_force).transpose()
    }

    async fn saw(&self, space: &SpaceId, device: &DeviceId, now: Millis) -> Result<(), StoreError> {
        let known = sqlx::query("select seen_at from device_seen where space_id = $1 and device_id = $2")
            .bind(space.as_bytes().as_slice())
            .bind(device.as_bytes().as_slice())
            .fetch_optional(&self.read)
            .await?;
        let seen = known.as_ref().map(|r| row::number(r, "seen_at").map(Millis)).transpose()?;
        if seen.is_some_and(|seen| seen.plus_seconds(SEEN_SECONDS) > now) {
            return Ok(());
        }
        sqlx::query(
            "insert into device_seen (space_id, device_id, seen_at) values ($1, $2, $3) \
             on conflict (space_id, device_id) do update set seen_at = excluded.seen_at",
        )
        .bind(space.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn packed_spaces(&self, after: Option<SpaceId>, most: usize) -> Result<Vec<SpaceId>, StoreError> {
        let rows = sqlx::query(
            "select space_id from space where space_id > $1 and (manifest is not null \
             or exists (select hash from pack where pack.space_id = space.space_id)) order by space_id limit $2",
        )
        .bind(after.map_or_else(Vec::new, |space| space.as_bytes().to_vec()))
        .bind(row::int(most)?)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|r| row::id(r, "space_id")).collect()
    }

    async fn drop_some(&self, space: &SpaceId, terms: Terms, most: usize) -> Result<Dropped, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        let dropped = drop_step(&mut SqlTransaction::new(&mut tx), space, terms, most).await?;
        if dropped.more {
            tx.commit().await?
        } else {
            tx.rollback().await?
        }
        Ok(dropped)
    }
}

//! What packs and manifests need of an open transaction.

use super::transaction::SqlTransaction;
use super::{Db, row};
use crate::clock::Millis;
use crate::store::{Base, Gone, LogPlace, NewManifest, Newest, Packing, PutPack, StoreError};
use async_trait::async_trait;
use protocol::{DeviceId, PackHash, RunningHash, SpaceId, codec};
use sqlx::{QueryBuilder, Row as _};
use std::collections::BTreeMap;

/// Packs that one statement marks.
const PACKS_MARKED: usize = 500;

/// Rows that a query found, by number of bytes.
fn gone(sizes: impl IntoIterator<Item = Result<u64, StoreError>>) -> Result<Gone, StoreError> {
    sizes.into_iter().try_fold(Gone::default(), |gone, size| {
        Ok(Gone { count: gone.count + 1, bytes: gone.bytes.saturating_add(size?) })
    })
}

#[async_trait]
impl Packing for SqlTransaction<'_> {
    async fn put_pack(&mut self, put: &PutPack) -> Result<bool, StoreError> {
        let again = sqlx::query("update pack set put_at = $3 where space_id = $1 and hash = $2")
            .bind(put.space.as_bytes().as_slice())
            .bind(put.hash.as_bytes().as_slice())
            .bind(put.now.0)
            .execute(&mut *self.connection)
            .await?;
        if again.rows_affected() > 0 {
            return Ok(false);
        }
        sqlx::query("insert into pack (space_id, hash, size, put_at, named) values ($1, $2, $3, $4, 0)")
            .bind(put.space.as_bytes().as_slice())
            .bind(put.hash.as_bytes().as_slice())
            .bind(row::int(put.bytes.len())?)
            .bind(put.now.0)
            .execute(&mut *self.connection)
            .await?;
        sqlx::query("insert into pack_bytes (space_id, hash, bytes) values ($1, $2, $3)")
            .bind(put.space.as_bytes().as_slice())
            .bind(put.hash.as_bytes().as_slice())
            .bind(put.bytes.as_slice())
            .execute(&mut *self.connection)
            .await?;
        Ok(true)
    }

    async fn pack_sizes(&mut self, space: &SpaceId) -> Result<BTreeMap<PackHash, u64>, StoreError> {
        let rows = sqlx::query("select hash, size from pack where space_id = $1")
            .bind(space.as_bytes().as_slice())
            .fetch_all(&mut *self.connection)
            .await?;
        rows.iter().map(|r| Ok((row::id(r, "hash")?, row::number(r, "size")?))).collect()
    }

    async fn newest(&mut self, space: &SpaceId) -> Result<Option<Newest>, StoreError> {
        let found = sqlx::query(
            "select number, header from manifest where space_id = $1 order by number desc limit 1",
        )
        .bind(space.as_bytes().as_slice())
        .fetch_optional(&mut *self.connection)
        .await?;
        let newest = |r: &super::Row| {
            let header = codec::decode_canonical(&row::bytes(r, "header")?);
            let header = header.map_err(|_| row::damaged("header"))?;
            Ok(Newest { number: row::number(r, "number")?, header })
        };
        found.as_ref().map(newest).transpose()
    }

    async fn insert_manifest(&mut self, new: &NewManifest<'_>) -> Result<(), StoreError> {
        let (judged, number) = (&new.put.manifest, row::int(new.number)?);
        let (header, sealed) = (judged.header(), judged.sealed());
        let space = header.space.as_bytes().as_slice();
        sqlx::query(
            "insert into manifest (space_id, number, hash, parent, device_id, stored_at, covered_seq, \
             covered_running, size, header, signature, body) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(space)
        .bind(number)
        .bind(judged.hash().as_bytes().as_slice())
        .bind(header.parent.map(|p| p.as_bytes().to_vec()))
        .bind(header.device.as_bytes().as_slice())
        .bind(new.put.now.0)
        .bind(row::int(new.covered.seq)?)
        .bind(new.covered.running.as_bytes().as_slice())
        .bind(row::int(sealed.size())?)
        .bind(sealed.header.as_slice())
        .bind(sealed.signature.as_bytes().as_slice())
        .bind(sealed.body.as_slice())
        .execute(&mut *self.connection)
        .await?;
        for packs in header.packs.chunks(PACKS_MARKED) {
            let mut mark = QueryBuilder::<Db>::new("update pack set named = ");
            mark.push_bind(number).push(" where space_id = ").push_bind(space.to_vec());
            let mut hashes = mark.push(" and hash in (").separated(", ");
            for pack in packs {
                hashes.push_bind(pack.hash.as_bytes().to_vec());
            }
            mark.push(")").build().execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    async fn first_after(
        &mut self,
        space: &SpaceId,
        device: &DeviceId,
        index: u64,
    ) -> Result<Option<u64>, StoreError> {
        let found = sqlx::query(
            "select seq from entry where space_id = $1 and device_id = $2 and entry_index > $3 \
             order by entry_index limit 1",
        )
        .bind(space.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .bind(row::int(index)?)
        .fetch_optional(&mut *self.connection)
        .await?;
        found.as_ref().map(|r| row::number(r, "seq")).transpose()
    }

    async fn running_after(&mut self, space: &SpaceId, seq: u64) -> Result<Option<RunningHash>, StoreError> {
        super::read::running_at(self.connection, space, seq).await
    }

    async fn put_ack(&mut self, space: &SpaceId, device: &DeviceId, number: u64) -> Result<(), StoreError> {
        sqlx::query(
            "insert into manifest_ack (space_id, device_id, number) values ($1, $2, $3) \
             on conflict (space_id, device_id) do update set number = excluded.number",
        )
        .bind(space.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .bind(row::int(number)?)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn meet(&mut self, space: &SpaceId, device: &DeviceId, now: Millis) -> Result<(), StoreError> {
        sqlx::query(
            "insert into device_seen (space_id, device_id, seen_at) values ($1, $2, $3) \
             on conflict (space_id, device_id) do nothing",
        )
        .bind(space.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .bind(now.0)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn acknowledged(&mut self, space: &SpaceId, since: Millis) -> Result<Option<u64>, StoreError> {
        let found = sqlx::query(
            "select min(coalesce(manifest_ack.number, 0)) as number from member \
             join device_seen on device_seen.space_id = member.space_id \
             and device_seen.device_id = member.device_id \
             left join manifest_ack on manifest_ack.space_id = member.space_id \
             and manifest_ack.device_id = member.device_id \
             where member.space_id = $1 and member.role = 1 and member.revoked is null \
             and device_seen.seen_at > $2",
        )
        .bind(space.as_bytes().as_slice())
        .bind(since.0)
        .fetch_one(&mut *self.connection)
        .await?;
        match found.try_get::<Option<i64>, _>("number")? {
            Some(_) => row::number(&found, "number").map(Some),
            None => Ok(None),
        }
    }

    async fn base(
        &mut self,
        space: &SpaceId,
        upto: u64,
        stored_by: Millis,
    ) -> Result<Option<Base>, StoreError> {
        let found = sqlx::query(
            "select number, covered_seq from manifest where space_id = $1 and number <= $2 and stored_at <= $3 \
             order by number desc limit 1",
        )
        .bind(space.as_bytes().as_slice())
        .bind(row::int(upto)?)
        .bind(stored_by.0)
        .fetch_optional(&mut *self.connection)
        .await?;
        let base = |r: &super::Row| {
            Ok(Base { number: row::number(r, "number")?, seq: row::number(r, "covered_seq")? })
        };
        found.as_ref().map(base).transpose()
    }

    async fn drop_entries(
        &mut self,
        space: &SpaceId,
        upto: u64,
        most: usize,
    ) -> Result<Option<(Gone, LogPlace)>, StoreError> {
        let rows = sqlx::query(
            "select seq, size from entry where space_id = $1 and seq <= $2 order by seq limit $3",
        )
        .bind(space.as_bytes().as_slice())
        .bind(row::int(upto)?)
        .bind(row::int(most)?)
        .fetch_all(&mut *self.connection)
        .await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let seq: u64 = row::number(last, "seq")?;
        let running = self.running_after(space, seq).await?.ok_or_else(|| row::damaged("running"))?;
        sqlx::query("delete from entry where space_id = $1 and seq <= $2")
            .bind(space.as_bytes().as_slice())
            .bind(row::int(seq)?)
            .execute(&mut *self.connection)
            .await?;
        let gone = gone(rows.iter().map(|r| row::number(r, "size")))?;
        Ok(Some((gone, LogPlace { seq, running })))
    }

    async fn drop_manifests(
        &mut self,
        space: &SpaceId,
        before: u64,
        most: usize,
    ) -> Result<Gone, StoreError> {
        let rows = sqlx::query(
            "select number, size from manifest where space_id = $1 and number < $2 order by number limit $3",
        )
        .bind(space.as_bytes().as_slice())
        .bind(row::int(before)?)
        .bind(row::int(most)?)
        .fetch_all(&mut *self.connection)
        .await?;
        if let Some(last) = rows.last() {
            sqlx::query("delete from manifest where space_id = $1 and number <= $2")
                .bind(space.as_bytes().as_slice())
                .bind(row::number::<i64>(last, "number")?)
                .execute(&mut *self.connection)
                .await?;
        }
        gone(rows.iter().map(|r| row::number(r, "size")))
    }

    async fn drop_packs(&mut self, space: &SpaceId, put_by: Millis, most: usize) -> Result<Gone, StoreError> {
        // What names a pack last is kept as long as a manifest that is not newer.
        let rows = sqlx::query(
            "select hash, size from pack where space_id = $1 and put_at <= $2 \
             and named < coalesce((select min(number) from manifest where space_id = $1), 1) \
             order by hash limit $3",
        )
        .bind(space.as_bytes().as_slice())
        .bind(put_by.0)
        .bind(row::int(most)?)
        .fetch_all(&mut *self.connection)
        .await?;
        for pack in &rows {
            sqlx::query("delete from pack where space_id = $1 and hash = $2")
                .bind(space.as_bytes().as_slice())
                .bind(row::bytes(pack, "hash")?)
                .execute(&mut *self.connection)
                .await?;
        }
        gone(rows.iter().map(|r| row::number(r, "size")))
    }
}

//! Reading a space.

use super::{Connection, Db, Row, row};
use crate::rules::DeviceHead;
use crate::store::{Heads, Page, SpaceState, StoreError};
use protocol::entry::Head;
use protocol::frame::LinkItem;
use protocol::{DeviceId, RunningHash, SealedEntry, SpaceId};

pub(super) async fn space(
    connection: &mut Connection,
    space: &SpaceId,
) -> Result<Option<SpaceState>, StoreError> {
    let found = sqlx::query(
        "select space_id, account.account_id, seq, running, height, head, bytes_used, manifest, floor_seq, \
         floor_running, delete_at from space join account on account.account_id = space.account_id where space_id = $1",
    )
    .bind(space.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    found.as_ref().map(row::space_state).transpose()
}

type Query<'q> = sqlx::query::Query<'q, Db, <Db as sqlx::Database>::Arguments>;

/// What is read page by page: how large each row is, and the rows. Both are asked with the same values and, after
/// them, how many rows at the most.
struct Paged {
    sizes: &'static str,
    rows: &'static str,
}

impl Paged {
    /// Sizes are read first, so that no more than a page of bytes ever leaves the database.
    async fn read<'q>(
        self,
        connection: &mut Connection,
        page: Page,
        bind: impl Fn(Query<'q>) -> Query<'q> + Send + Sync,
    ) -> Result<Vec<Row>, StoreError> {
        let sizes =
            bind(sqlx::query(self.sizes)).bind(row::int(page.count)?).fetch_all(&mut *connection).await?;
        let sizes = sizes.iter().map(|r| row::number(r, "size")).collect::<Result<Vec<usize>, _>>()?;
        let count = page.fit(sizes);
        Ok(bind(sqlx::query(self.rows)).bind(row::int(count)?).fetch_all(connection).await?)
    }
}

pub(super) async fn links(
    connection: &mut Connection,
    space: &SpaceId,
    from: u32,
    page: Page,
) -> Result<Vec<LinkItem>, StoreError> {
    let paged = Paged {
        sizes: "select size from link where space_id = $1 and height >= $2 order by height limit $3",
        rows: "select link, signature, counter, keyboxes from link \
               where space_id = $1 and height >= $2 order by height limit $3",
    };
    let (space, from) = (space.as_bytes().as_slice(), i64::from(from));
    paged.read(connection, page, |query| query.bind(space).bind(from)).await?.iter().map(row::link).collect()
}

pub(super) async fn entries(
    connection: &mut Connection,
    space: &SpaceId,
    cursor: u64,
    page: Page,
) -> Result<Vec<SealedEntry>, StoreError> {
    let cursor = row::int(cursor)?;
    let paged = Paged {
        sizes: "select size from entry where space_id = $1 and seq > $2 order by seq limit $3",
        rows: "select header, signature, ciphertext from entry \
               where space_id = $1 and seq > $2 order by seq limit $3",
    };
    let space = space.as_bytes().as_slice();
    paged
        .read(connection, page, |query| query.bind(space).bind(cursor))
        .await?
        .iter()
        .map(row::entry)
        .collect()
}

pub(super) async fn device_entries(
    connection: &mut Connection,
    space: &SpaceId,
    device: &DeviceId,
    from: u64,
    page: Page,
) -> Result<Vec<SealedEntry>, StoreError> {
    // An index past every number the database can hold is past every entry.
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let paged = Paged {
        sizes: "select size from entry where space_id = $1 and device_id = $2 and entry_index >= $3 \
                order by entry_index limit $4",
        rows: "select header, signature, ciphertext from entry \
               where space_id = $1 and device_id = $2 and entry_index >= $3 order by entry_index limit $4",
    };
    let (space, device) = (space.as_bytes().as_slice(), device.as_bytes().as_slice());
    paged
        .read(connection, page, |query| query.bind(space).bind(device).bind(from))
        .await?
        .iter()
        .map(row::entry)
        .collect()
}

pub(super) async fn running_at(
    connection: &mut Connection,
    space: &SpaceId,
    seq: u64,
) -> Result<Option<RunningHash>, StoreError> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    let found = sqlx::query("select running from entry where space_id = $1 and seq = $2")
        .bind(space.as_bytes().as_slice())
        .bind(seq)
        .fetch_optional(connection)
        .await?;
    found.as_ref().map(|r| row::id(r, "running")).transpose()
}

pub(super) async fn heads(
    connection: &mut Connection,
    wanted: &SpaceId,
) -> Result<Option<Heads>, StoreError> {
    let Some(state) = space(&mut *connection, wanted).await? else { return Ok(None) };
    let rows = sqlx::query(
        "select device_id, entry_index, hash from device_head where space_id = $1 order by device_id",
    )
    .bind(wanted.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    let heads = rows.iter().map(|r| {
        Ok(Head {
            device: row::id(r, "device_id")?,
            index: row::number(r, "entry_index")?,
            hash: row::id(r, "hash")?,
        })
    });
    let heads = heads.collect::<Result<_, StoreError>>()?;
    Ok(Some(Heads { heads, seq: state.seq, running: state.running }))
}

pub(super) async fn device_head(
    connection: &mut Connection,
    space: &SpaceId,
    device: &DeviceId,
) -> Result<Option<DeviceHead>, StoreError> {
    let found = sqlx::query(
        "select entry_index, hash, height from device_head where space_id = $1 and device_id = $2",
    )
    .bind(space.as_bytes().as_slice())
    .bind(device.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let head = |r: &Row| {
        Ok(DeviceHead {
            index: row::number(r, "entry_index")?,
            hash: row::id(r, "hash")?,
            height: row::number(r, "height")?,
        })
    };
    found.as_ref().map(head).transpose()
}

pub(super) async fn evidence(
    connection: &mut Connection,
    space: &SpaceId,
) -> Result<Vec<SealedEntry>, StoreError> {
    let rows = sqlx::query(
        "select header, signature, ciphertext from evidence where space_id = $1 \
         order by device_id, entry_index, hash",
    )
    .bind(space.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    rows.iter().map(row::entry).collect()
}

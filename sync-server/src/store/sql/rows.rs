//! Many rows a statement: each statement is a message to the database and back.
//!
//! Invariant: a statement has a power of two of rows, at most [`ROWS`], so that few texts are ever prepared.

use super::{Connection, Db, LOCK_SPACES, Row, row};
use crate::rules::DeviceHead;
use crate::store::{Author, NewEntry, SpaceState, StoreError};
use protocol::{DeviceId, SpaceId};
use sqlx::QueryBuilder;

/// Rows of one statement. Ten values a row are far below what both databases take.
const ROWS: usize = 64;

/// Parts of a power of two, the larger ones first.
fn parts<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let most = items.len().min(ROWS);
        let count = 1 << most.checked_ilog2()?;
        let (part, rest) = items.split_at_checked(count)?;
        items = rest;
        Some(part)
    })
}

/// Parts that are filled up with their last item to a power of two: for what may be named twice.
fn padded<T: Copy>(items: &[T]) -> impl Iterator<Item = Vec<T>> {
    items.chunks(ROWS).filter_map(|part| {
        let last = part.last()?;
        let mut filled = part.to_vec();
        filled.resize(part.len().next_power_of_two(), *last);
        Some(filled)
    })
}

pub(super) async fn lock_spaces(
    connection: &mut Connection,
    spaces: &[SpaceId],
) -> Result<Vec<SpaceState>, StoreError> {
    let mut found = Vec::with_capacity(spaces.len());
    for part in padded(spaces) {
        let mut query = QueryBuilder::<Db>::new(
            "select space_id, account.account_id, seq, running, height, head, bytes_used, manifest, floor_seq, \
             floor_running, delete_at from space join account on account.account_id = space.account_id \
             where space_id in (",
        );
        let mut ids = query.separated(", ");
        for space in &part {
            ids.push_bind(space.as_bytes().to_vec());
        }
        let rows = query.push(")").push(LOCK_SPACES).build().fetch_all(&mut *connection).await?;
        for row in &rows {
            found.push(row::space_state(row)?);
        }
    }
    Ok(found)
}

pub(super) async fn lasts_of(
    connection: &mut Connection,
    authors: &[Author],
) -> Result<Vec<(Author, DeviceHead)>, StoreError> {
    let mut found = Vec::with_capacity(authors.len());
    for part in padded(authors) {
        let mut query = QueryBuilder::<Db>::new(
            "select space_id, device_id, entry_index, hash, height from device_head \
             where (space_id, device_id) in (",
        );
        query.push_values(&part, |mut values, (space, device)| {
            values.push_bind(space.as_bytes().to_vec()).push_bind(device.as_bytes().to_vec());
        });
        let rows = query.push(")").build().fetch_all(&mut *connection).await?;
        for row in &rows {
            found.push(author_head(row)?);
        }
    }
    Ok(found)
}

fn author_head(row: &Row) -> Result<(Author, DeviceHead), StoreError> {
    let author: (SpaceId, DeviceId) = (row::id(row, "space_id")?, row::id(row, "device_id")?);
    let (index, height) = (row::number(row, "entry_index")?, row::number(row, "height")?);
    Ok((author, DeviceHead { index, hash: row::id(row, "hash")?, height }))
}

pub(super) async fn insert_entries(
    connection: &mut Connection,
    entries: &[NewEntry<'_>],
) -> Result<(), StoreError> {
    for part in parts(entries) {
        let rows = part.iter().map(|new| {
            let (header, size) = (new.entry.header(), new.entry.sealed().size());
            Ok((new, row::int(new.seq)?, row::int(header.index)?, row::int(size)?))
        });
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        let mut query = QueryBuilder::<Db>::new(
            "insert into entry (space_id, seq, device_id, entry_index, hash, running, size, header, signature, \
             ciphertext) ",
        );
        query.push_values(rows, |mut values, (new, seq, index, size)| {
            let (header, sealed) = (new.entry.header(), new.entry.sealed());
            values
                .push_bind(header.space.as_bytes().to_vec())
                .push_bind(seq)
                .push_bind(header.device.as_bytes().to_vec())
                .push_bind(index)
                .push_bind(new.entry.hash().as_bytes().to_vec())
                .push_bind(new.running.as_bytes().to_vec())
                .push_bind(size)
                .push_bind(sealed.header.clone())
                .push_bind(sealed.signature.as_bytes().to_vec())
                .push_bind(sealed.ciphertext.clone());
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn put_lasts(
    connection: &mut Connection,
    lasts: &[(Author, DeviceHead)],
) -> Result<(), StoreError> {
    for part in parts(lasts) {
        let rows = part.iter().map(|(author, last)| Ok((author, last, row::int(last.index)?)));
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        let mut query = QueryBuilder::<Db>::new(
            "insert into device_head (space_id, device_id, entry_index, hash, height) ",
        );
        query.push_values(rows, |mut values, ((space, device), last, index)| {
            values
                .push_bind(space.as_bytes().to_vec())
                .push_bind(device.as_bytes().to_vec())
                .push_bind(index)
                .push_bind(last.hash.as_bytes().to_vec())
                .push_bind(i64::from(last.height));
        });
        query.push(
            " on conflict (space_id, device_id) do update set entry_index = excluded.entry_index, \
             hash = excluded.hash, height = excluded.height",
        );
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn put_spaces(
    connection: &mut Connection,
    states: &[&SpaceState],
) -> Result<(), StoreError> {
    for part in padded(states) {
        let rows = part.iter().map(|state| {
            let (seq, used) = (row::int(state.seq)?, row::int(state.bytes_used)?);
            Ok((*state, seq, used, row::int(state.floor.seq)?))
        });
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        // Both databases call the columns of a list of values so.
        let mut query = QueryBuilder::<Db>::new(
            "update space set seq = column2, running = column3, height = column4, head = column5, \
             bytes_used = column6, manifest = column7, floor_seq = column8, floor_running = column9 from (",
        );
        query.push_values(rows, |mut values, (state, seq, used, floor)| {
            values
                .push_bind(state.space.as_bytes().to_vec())
                .push_bind(seq)
                .push_bind(state.running.as_bytes().to_vec())
                .push_bind(i64::from(state.height))
                .push_bind(state.head.as_bytes().to_vec())
                .push_bind(used)
                .push_bind(state.manifest.map(|manifest| manifest.as_bytes().to_vec()))
                .push_bind(floor)
                .push_bind(state.floor.running.as_bytes().to_vec());
        });
        query.push(") as moved where space_id = column1");
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ROWS, padded, parts};

    #[test]
    fn rows_are_split_into_powers_of_two_and_none_is_lost() {
        for count in [0, 1, 3, 63, 64, 65, 200] {
            let items: Vec<usize> = (0..count).collect();
            assert!(parts(&items).all(|part| part.len().is_power_of_two() && part.len() <= ROWS));
            assert_eq!(parts(&items).flatten().copied().collect::<Vec<_>>(), items);
            let mut filled: Vec<usize> = padded(&items).flatten().collect();
            assert!(padded(&items).all(|part| part.len().is_power_of_two() && part.len() <= ROWS));
            filled.dedup();
            assert_eq!(filled, items);
        }
    }
}

//! Passkeys and ceremonies. Using a ceremony up is deleting it, so two relays cannot both do it.

use super::{BEGIN_WRITE, Row, SqlStore, row};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{Added, CeremonyKind, Handle, PasskeyStore, StoreError, StoredPasskey};
use async_trait::async_trait;
use protocol::AccountId;
use sqlx::Row as _;

fn passkey(r: &Row) -> Result<StoredPasskey, StoreError> {
    Ok(StoredPasskey {
        id: row::id(r, "passkey_id")?,
        credential: row::bytes(r, "credential_id")?,
        account: row::id(r, "account_id")?,
        device: row::id(r, "device_id")?,
        user: row::bytes(r, "user_handle")?,
        name: r.try_get("name")?,
        verifier: row::bytes(r, "verifier")?,
        created: Millis(row::number(r, "created_at")?),
        used: r.try_get::<Option<i64>, _>("used_at")?.map(Millis),
    })
}

#[async_trait]
impl PasskeyStore for SqlStore {
    async fn put_ceremony(
        &self,
        hash: SecretHash,
        kind: CeremonyKind,
        state: &[u8],
        expires: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        sqlx::query("delete from ceremony where expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
        sqlx::query("insert into ceremony (ceremony_hash, kind, state, expires_at) values ($1, $2, $3, $4)")
            .bind(hash.as_bytes().as_slice())
            .bind(kind.number())
            .bind(state)
            .bind(expires.0)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    async fn take_ceremony(
        &self,
        hash: SecretHash,
        kind: CeremonyKind,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found = sqlx::query(
            "delete from ceremony where ceremony_hash = $1 and kind = $2 and expires_at > $3 returning state",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(kind.number())
        .bind(now.0)
        .fetch_optional(&self.write)
        .await?;
        found.as_ref().map(|r| row::bytes(r, "state")).transpose()
    }

    async fn add_passkey(&self, passkey: StoredPasskey, most: usize) -> Result<Added, StoreError> {
        let mut tx = self.write.begin_with(BEGIN_WRITE).await?;
        let had: i64 = sqlx::query_scalar("select count(*) from passkey where account_id = $1")
            .bind(passkey.account.as_bytes().as_slice())
            .fetch_one(&mut *tx)
            .await?;
        if had >= row::int(most)? {
            tx.rollback().await?;
            return Ok(Added::TooMany);
        }
        let done = sqlx::query(
            "insert into passkey (passkey_id, credential_id, account_id, device_id, user_handle, name, verifier, \
             created_at, used_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (credential_id) do nothing",
        )
        .bind(passkey.id.as_bytes().as_slice())
        .bind(passkey.credential)
        .bind(passkey.account.as_bytes().as_slice())
        .bind(passkey.device.as_bytes().as_slice())
        .bind(passkey.user)
        .bind(passkey.name)
        .bind(passkey.verifier)
        .bind(passkey.created.0)
        .bind(passkey.used.map(|u| u.0))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(if done.rows_affected() == 1 { Added::Yes } else { Added::Taken })
    }

    async fn passkeys(&self, account: &AccountId) -> Result<Vec<StoredPasskey>, StoreError> {
        let rows = sqlx::query(
            "select passkey_id, credential_id, account_id, device_id, user_handle, name, verifier, created_at, \
             used_at from passkey where account_id = $1 order by created_at desc, passkey_id",
        )
        .bind(account.as_bytes().as_slice())
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(passkey).collect()
    }

    async fn passkey_of(&self, credential: &[u8]) -> Result<Option<StoredPasskey>, StoreError> {
        let found = sqlx::query(
            "select passkey_id, credential_id, account_id, device_id, user_handle, name, verifier, created_at, \
             used_at from passkey where credential_id = $1",
        )
        .bind(credential)
        .fetch_optional(&self.read)
        .await?;
        found.as_ref().map(passkey).transpose()
    }

    async fn passkey_used(&self, id: &Handle, verifier: &[u8], now: Millis) -> Result<(), StoreError> {
        sqlx::query("update passkey set verifier = $2, used_at = $3 where passkey_id = $1")
            .bind(id.as_bytes().as_slice())
            .bind(verifier)
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn rename_passkey(&self, account: &AccountId, id: &Handle, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("update passkey set name = $3 where account_id = $1 and passkey_id = $2")
            .bind(account.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .bind(name)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn remove_passkey(&self, account: &AccountId, id: &Handle) -> Result<bool, StoreError> {
        // Its sessions go by their foreign key.
        let done = sqlx::query("delete from passkey where account_id = $1 and passkey_id = $2")
            .bind(account.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

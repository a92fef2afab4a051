//! Accounts and who belongs to them.

use super::transaction::{SqlTransaction, role_number};
use super::{Connection, LOCK_ACCOUNTS, row};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{
    Admission, Created, NewAccount, StoreError, Transaction as _, first_state, members_changed,
};
use protocol::{AccountId, Chain, DeviceId, Purpose, Role, SpaceId};

pub(super) async fn create(connection: &mut Connection, account: &NewAccount) -> Result<Created, StoreError> {
    if let Some(lock) = LOCK_ACCOUNTS {
        sqlx::query(lock).execute(&mut *connection).await?;
    }
    let id = account.chain.account();
    if vault(&mut *connection, &id).await?.is_some() {
        return Ok(Created::Exists);
    }
    match admit(&mut *connection, account).await? {
        Created::Yes => {}
        refused => return Ok(refused),
    }
    sqlx::query("insert into account (account_id, created_at) values ($1, $2)")
        .bind(id.as_bytes().as_slice())
        .bind(account.now.0)
        .execute(&mut *connection)
        .await?;
    insert_space(connection, &account.chain).await?;
    Ok(Created::Yes)
}

/// Whether the account may be made; uses the invitation up if one is needed.
async fn admit(connection: &mut Connection, account: &NewAccount) -> Result<Created, StoreError> {
    let needs_invite = match account.admission {
        Admission::Open => false,
        Admission::Invite => true,
        Admission::First => sqlx::query("select account_id from account limit 1")
            .fetch_optional(&mut *connection)
            .await?
            .is_some(),
    };
    match (needs_invite, account.invite) {
        (false, _) => Ok(Created::Yes),
        (true, None) => Ok(Created::InviteRequired),
        (true, Some(invite)) if take_invite(connection, invite, account.now).await? => Ok(Created::Yes),
        (true, Some(_)) => Ok(Created::InviteInvalid),
    }
}

async fn take_invite(
    connection: &mut Connection,
    invite: SecretHash,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from invite where invite_hash = $1 and expires_at > $2")
        .bind(invite.as_bytes().as_slice())
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_space(connection: &mut Connection, chain: &Chain) -> Result<(), StoreError> {
    let state = first_state(chain);
    let purpose: i64 = match chain.purpose() {
        Purpose::Vault => 1,
        Purpose::Share => 2,
    };
    sqlx::query(
        "insert into space (space_id, account_id, purpose, seq, running, height, head, bytes_used) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(state.space.as_bytes().as_slice())
    .bind(state.account.as_bytes().as_slice())
    .bind(purpose)
    .bind(row::int(state.seq)?)
    .bind(state.running.as_bytes().as_slice())
    .bind(i64::from(state.height))
    .bind(state.head.as_bytes().as_slice())
    .bind(row::int(state.bytes_used)?)
    .execute(&mut *connection)
    .await?;
    let mut tx = SqlTransaction::new(connection);
    for link in chain.links() {
        tx.insert_link(&state.space, link).await?;
    }
    for (device, member) in members_changed(chain, None) {
        tx.put_member(&state.space, device, member).await?;
    }
    Ok(())
}

pub(super) async fn vault(
    connection: &mut Connection,
    account: &AccountId,
) -> Result<Option<SpaceId>, StoreError> {
    let found = sqlx::query("select space_id from space where account_id = $1 and purpose = 1")
        .bind(account.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    found.as_ref().map(|r| row::id(r, "space_id")).transpose()
}

pub(super) async fn space_of_member(
    connection: &mut Connection,
    device: &DeviceId,
    role: Role,
) -> Result<Option<(AccountId, SpaceId)>, StoreError> {
    let found = sqlx::query(
        "select account.account_id, space.space_id from member \
         join space on space.space_id = member.space_id join account on account.account_id = space.account_id \
         where member.device_id = $1 and member.role = $2 and member.revoked is null and space.purpose = 1 \
         order by account.created_at desc, account.account_id limit 1",
    )
    .bind(device.as_bytes().as_slice())
    .bind(role_number(role))
    .fetch_optional(connection)
    .await?;
    found.as_ref().map(|r| Ok((row::id(r, "account_id")?, row::id(r, "space_id")?))).transpose()
}

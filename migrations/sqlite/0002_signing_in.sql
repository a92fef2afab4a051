-- Signing in to the pages of an account: passkeys, sessions, ceremonies under way; who made which invitation.

create table passkey (
  passkey_id blob not null,
  credential_id blob not null,
  account_id blob not null,
  -- The device on whose word it was bound: when that is revoked, the passkey counts no more.
  device_id blob not null,
  user_handle blob not null,
  name text not null,
  -- The public key and counters, as JSON.
  verifier blob not null,
  created_at integer not null,
  used_at integer,
  constraint passkey_pk primary key (passkey_id),
  constraint passkey_account_fk foreign key (account_id) references account (account_id),
  constraint passkey_credential_unique unique (credential_id)
) strict;

create index passkey_account_index on passkey (account_id);

create table session (
  session_id blob not null,
  token_hash blob not null,
  account_id blob not null,
  -- The device on whose word it rests, itself or by its passkey.
  device_id blob not null,
  passkey_id blob,
  created_at integer not null,
  seen_at integer not null,
  expires_at integer not null,
  constraint session_pk primary key (session_id),
  constraint session_account_fk foreign key (account_id) references account (account_id),
  constraint session_passkey_fk foreign key (passkey_id) references passkey (passkey_id) on delete cascade,
  constraint session_token_unique unique (token_hash)
) strict;

create index session_account_index on session (account_id);
create index session_passkey_index on session (passkey_id);
create index session_expiry_index on session (expires_at);

create table ceremony (
  ceremony_hash blob not null,
  kind integer not null,
  state blob not null,
  expires_at integer not null,
  constraint ceremony_pk primary key (ceremony_hash),
  constraint ceremony_kind_check check (kind in (1, 2))
) strict;

create index ceremony_expiry_index on ceremony (expires_at);

-- Null for tickets that a device signed for.
alter table ticket add column session_id blob;

-- Null for invitations that the operator made.
alter table invite add column invite_id blob;
alter table invite add column account_id blob;
alter table invite add column created_at integer;

create index invite_account_index on invite (account_id);
create index account_created_index on account (created_at, account_id);

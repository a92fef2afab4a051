-- Signing in to the pages of an account: passkeys, sessions, ceremonies under way; who made which invitation.

create table passkey (
  passkey_id bytea not null,
  credential_id bytea not null,
  account_id bytea not null,
  -- The device on whose word it was bound: when that is revoked, the passkey counts no more.
  device_id bytea not null,
  user_handle bytea not null,
  name text not null,
  -- The public key and counters, as JSON.
  verifier bytea not null,
  created_at bigint not null,
  used_at bigint,
  constraint passkey_pk primary key (passkey_id),
  constraint passkey_account_fk foreign key (account_id) references account (account_id),
  constraint passkey_credential_unique unique (credential_id)
);

create index passkey_account_index on passkey (account_id);

create table session (
  session_id bytea not null,
  token_hash bytea not null,
  account_id bytea not null,
  -- The device on whose word it rests, itself or by its passkey.
  device_id bytea not null,
  passkey_id bytea,
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null,
  constraint session_pk primary key (session_id),
  constraint session_account_fk foreign key (account_id) references account (account_id),
  constraint session_passkey_fk foreign key (passkey_id) references passkey (passkey_id) on delete cascade,
  constraint session_token_unique unique (token_hash)
);

create index session_account_index on session (account_id);
create index session_passkey_index on session (passkey_id);
create index session_expiry_index on session (expires_at);

create table ceremony (
  ceremony_hash bytea not null,
  kind bigint not null,
  state bytea not null,
  expires_at bigint not null,
  constraint ceremony_pk primary key (ceremony_hash),
  constraint ceremony_kind_check check (kind in (1, 2))
);

create index ceremony_expiry_index on ceremony (expires_at);

-- Null for tickets that a device signed for.
alter table ticket add column session_id bytea;

-- Null for invitations that the operator made.
alter table invite add column invite_id bytea;
alter table invite add column account_id bytea;
alter table invite add column created_at bigint;

create index invite_account_index on invite (account_id);
create index account_created_index on account (created_at, account_id);

-- Accounts, membership chains, logs, and what may be used once. Hashes and ids are raw bytes, times are
-- milliseconds since 1970 in UTC, sizes are bytes.

create table account (
  account_id bytea not null,
  created_at bigint not null,
  constraint account_pk primary key (account_id)
);

create table space (
  space_id bytea not null,
  account_id bytea not null,
  purpose bigint not null,
  seq bigint not null,
  running bytea not null,
  height bigint not null,
  head bytea not null,
  bytes_used bigint not null,
  constraint space_pk primary key (space_id),
  constraint space_account_fk foreign key (account_id) references account (account_id),
  constraint space_seq_check check (seq >= 0),
  constraint space_purpose_check check (purpose in (1, 2))
);

create index space_account_index on space (account_id);

create table link (
  space_id bytea not null,
  height bigint not null,
  hash bytea not null,
  size bigint not null,
  link bytea not null,
  signature bytea not null,
  counter bytea,
  keyboxes bytea not null,
  constraint link_pk primary key (space_id, height),
  constraint link_space_fk foreign key (space_id) references space (space_id),
  constraint link_hash_unique unique (space_id, hash)
);

-- The chain's members as columns, for look-ups by device. The chain decides; this only finds.
create table member (
  space_id bytea not null,
  device_id bytea not null,
  role bigint not null,
  added bigint not null,
  revoked bigint,
  constraint member_pk primary key (space_id, device_id),
  constraint member_space_fk foreign key (space_id) references space (space_id)
);

create index member_device_index on member (device_id);

create table entry (
  space_id bytea not null,
  seq bigint not null,
  device_id bytea not null,
  entry_index bigint not null,
  hash bytea not null,
  running bytea not null,
  size bigint not null,
  header bytea not null,
  signature bytea not null,
  ciphertext bytea not null,
  constraint entry_pk primary key (space_id, seq),
  constraint entry_space_fk foreign key (space_id) references space (space_id),
  constraint entry_address_unique unique (space_id, device_id, entry_index)
);

create table device_head (
  space_id bytea not null,
  device_id bytea not null,
  entry_index bigint not null,
  hash bytea not null,
  height bigint not null,
  constraint device_head_pk primary key (space_id, device_id),
  constraint device_head_space_fk foreign key (space_id) references space (space_id)
);

-- Validly signed entries that were refused because another stands at their address.
create table evidence (
  space_id bytea not null,
  device_id bytea not null,
  entry_index bigint not null,
  hash bytea not null,
  header bytea not null,
  signature bytea not null,
  ciphertext bytea not null,
  constraint evidence_pk primary key (space_id, device_id, entry_index, hash),
  constraint evidence_space_fk foreign key (space_id) references space (space_id)
);

create table challenge (
  challenge_hash bytea not null,
  expires_at bigint not null,
  constraint challenge_pk primary key (challenge_hash)
);

create index challenge_expiry_index on challenge (expires_at);

create table ticket (
  ticket_hash bytea not null,
  account_id bytea not null,
  device_id bytea not null,
  expires_at bigint not null,
  constraint ticket_pk primary key (ticket_hash)
);

create index ticket_expiry_index on ticket (expires_at);

create table invite (
  invite_hash bytea not null,
  expires_at bigint not null,
  constraint invite_pk primary key (invite_hash)
);

create index invite_expiry_index on invite (expires_at);

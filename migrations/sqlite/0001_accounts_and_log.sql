-- Accounts, membership chains, logs, and what may be used once. Hashes and ids are raw bytes, times are
-- milliseconds since 1970 in UTC, sizes are bytes.

create table account (
  account_id blob not null,
  created_at integer not null,
  constraint account_pk primary key (account_id)
) strict;

create table space (
  space_id blob not null,
  account_id blob not null,
  purpose integer not null,
  seq integer not null,
  running blob not null,
  height integer not null,
  head blob not null,
  bytes_used integer not null,
  constraint space_pk primary key (space_id),
  constraint space_account_fk foreign key (account_id) references account (account_id),
  constraint space_seq_check check (seq >= 0),
  constraint space_purpose_check check (purpose in (1, 2))
) strict;

create index space_account_index on space (account_id);

create table link (
  space_id blob not null,
  height integer not null,
  hash blob not null,
  size integer not null,
  link blob not null,
  signature blob not null,
  counter blob,
  keyboxes blob not null,
  constraint link_pk primary key (space_id, height),
  constraint link_space_fk foreign key (space_id) references space (space_id),
  constraint link_hash_unique unique (space_id, hash)
) strict;

-- The chain's members as columns, for look-ups by device. The chain decides; this only finds.
create table member (
  space_id blob not null,
  device_id blob not null,
  role integer not null,
  added integer not null,
  revoked integer,
  constraint member_pk primary key (space_id, device_id),
  constraint member_space_fk foreign key (space_id) references space (space_id)
) strict;

create index member_device_index on member (device_id);

create table entry (
  space_id blob not null,
  seq integer not null,
  device_id blob not null,
  entry_index integer not null,
  hash blob not null,
  running blob not null,
  size integer not null,
  header blob not null,
  signature blob not null,
  ciphertext blob not null,
  constraint entry_pk primary key (space_id, seq),
  constraint entry_space_fk foreign key (space_id) references space (space_id),
  constraint entry_address_unique unique (space_id, device_id, entry_index)
) strict;

create table device_head (
  space_id blob not null,
  device_id blob not null,
  entry_index integer not null,
  hash blob not null,
  height integer not null,
  constraint device_head_pk primary key (space_id, device_id),
  constraint device_head_space_fk foreign key (space_id) references space (space_id)
) strict;

-- Validly signed entries that were refused because another stands at their address.
create table evidence (
  space_id blob not null,
  device_id blob not null,
  entry_index integer not null,
  hash blob not null,
  header blob not null,
  signature blob not null,
  ciphertext blob not null,
  constraint evidence_pk primary key (space_id, device_id, entry_index, hash),
  constraint evidence_space_fk foreign key (space_id) references space (space_id)
) strict;

create table challenge (
  challenge_hash blob not null,
  expires_at integer not null,
  constraint challenge_pk primary key (challenge_hash)
) strict;

create index challenge_expiry_index on challenge (expires_at);

create table ticket (
  ticket_hash blob not null,
  account_id blob not null,
  device_id blob not null,
  expires_at integer not null,
  constraint ticket_pk primary key (ticket_hash)
) strict;

create index ticket_expiry_index on ticket (expires_at);

create table invite (
  invite_hash blob not null,
  expires_at integer not null,
  constraint invite_pk primary key (invite_hash)
) strict;

create index invite_expiry_index on invite (expires_at);

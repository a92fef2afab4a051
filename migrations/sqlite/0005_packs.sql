-- Packs, manifests, and what they let go of a log.

-- The manifest in force; null while there is none.
alter table space add column manifest blob;
-- Where the log begins; null while nothing of it was dropped.
alter table space add column floor_seq integer;
alter table space add column floor_running blob;

create table pack (
  space_id blob not null,
  hash blob not null,
  size integer not null,
  put_at integer not null,
  -- Number of the newest manifest that names it; 0 for none.
  named integer not null,
  constraint pack_pk primary key (space_id, hash),
  constraint pack_space_fk foreign key (space_id) references space (space_id)
) strict;

-- Apart from what changes of a pack, which is small.
create table pack_bytes (
  space_id blob not null,
  hash blob not null,
  bytes blob not null,
  constraint pack_bytes_pk primary key (space_id, hash),
  constraint pack_bytes_pack_fk foreign key (space_id, hash) references pack (space_id, hash) on delete cascade
) strict;

-- The one with the highest number is in force; each names the one before as its parent.
create table manifest (
  space_id blob not null,
  number integer not null,
  hash blob not null,
  parent blob,
  device_id blob not null,
  stored_at integer not null,
  covered_seq integer not null,
  covered_running blob not null,
  size integer not null,
  header blob not null,
  signature blob not null,
  body blob not null,
  constraint manifest_pk primary key (space_id, number),
  constraint manifest_space_fk foreign key (space_id) references space (space_id),
  constraint manifest_hash_unique unique (space_id, hash)
) strict;

-- The newest manifest that a device has acknowledged, by its number.
create table manifest_ack (
  space_id blob not null,
  device_id blob not null,
  number integer not null,
  constraint manifest_ack_pk primary key (space_id, device_id),
  constraint manifest_ack_space_fk foreign key (space_id) references space (space_id)
) strict;

-- When a device of a space was there last, to the day.
create table device_seen (
  space_id blob not null,
  device_id blob not null,
  seen_at integer not null,
  constraint device_seen_pk primary key (space_id, device_id),
  constraint device_seen_space_fk foreign key (space_id) references space (space_id)
) strict;

-- Packs, manifests, and what they let go of a log.

-- The manifest in force; null while there is none.
alter table space add column manifest bytea;
-- Where the log begins; null while nothing of it was dropped.
alter table space add column floor_seq bigint;
alter table space add column floor_running bytea;

create table pack (
  space_id bytea not null,
  hash bytea not null,
  size bigint not null,
  put_at bigint not null,
  -- Number of the newest manifest that names it; 0 for none.
  named bigint not null,
  constraint pack_pk primary key (space_id, hash),
  constraint pack_space_fk foreign key (space_id) references space (space_id)
);

-- Apart from what changes of a pack, which is small.
create table pack_bytes (
  space_id bytea not null,
  hash bytea not null,
  bytes bytea not null,
  constraint pack_bytes_pk primary key (space_id, hash),
  constraint pack_bytes_pack_fk foreign key (space_id, hash) references pack (space_id, hash) on delete cascade
);

-- The one with the highest number is in force; each names the one before as its parent.
create table manifest (
  space_id bytea not null,
  number bigint not null,
  hash bytea not null,
  parent bytea,
  device_id bytea not null,
  stored_at bigint not null,
  covered_seq bigint not null,
  covered_running bytea not null,
  size bigint not null,
  header bytea not null,
  signature bytea not null,
  body bytea not null,
  constraint manifest_pk primary key (space_id, number),
  constraint manifest_space_fk foreign key (space_id) references space (space_id),
  constraint manifest_hash_unique unique (space_id, hash)
);

-- The newest manifest that a device has acknowledged, by its number.
create table manifest_ack (
  space_id bytea not null,
  device_id bytea not null,
  number bigint not null,
  constraint manifest_ack_pk primary key (space_id, device_id),
  constraint manifest_ack_space_fk foreign key (space_id) references space (space_id)
);

-- When a device of a space was there last, to the day.
create table device_seen (
  space_id bytea not null,
  device_id bytea not null,
  seen_at bigint not null,
  constraint device_seen_pk primary key (space_id, device_id),
  constraint device_seen_space_fk foreign key (space_id) references space (space_id)
);

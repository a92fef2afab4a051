-- What is pushed to browsers at a time that devices name, sealed by them. A relay that pushes nothing leaves all of this empty.

-- Keys of the relay's own. Relays that share a database share them.
create table relay_key (
  name text not null,
  secret blob not null,
  constraint relay_key_pk primary key (name)
) strict;

create table subscription (
  subscription_id blob not null,
  account_id blob not null,
  device_id blob not null,
  endpoint text not null,
  created_at integer not null,
  constraint subscription_pk primary key (subscription_id),
  -- A relay of the release before erases accounts too, and knows nothing of this table.
  constraint subscription_account_fk foreign key (account_id) references account (account_id) on delete cascade,
  constraint subscription_device_unique unique (account_id, device_id)
) strict;

create table notice (
  account_id blob not null,
  notice_id blob not null,
  subscription_id blob not null,
  -- Who put it: when that device is revoked, it is dropped.
  device_id blob not null,
  send_at integer not null,
  expires_at integer not null,
  -- 0 pending, 1 sent, 2 failed, 3 expired.
  state integer not null,
  -- Why it failed; null otherwise.
  reason integer,
  -- When it is looked at next: sent, tried again, taken over from a relay that died, or, once it is done, forgotten.
  next_at integer not null,
  attempts integer not null,
  -- Null once it is done.
  body blob,
  constraint notice_pk primary key (account_id, notice_id),
  constraint notice_subscription_fk foreign key (subscription_id) references subscription (subscription_id)
    on delete cascade,
  constraint notice_state_check check (state in (0, 1, 2, 3))
) strict;

create index notice_next_index on notice (state, next_at);
create index notice_subscription_index on notice (subscription_id);

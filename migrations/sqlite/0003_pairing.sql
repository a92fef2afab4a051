-- Mailboxes in which a new device and a member meet. What is in them is trusted by nobody, least of all by the relay.

create table pairing (
  mailbox_id blob not null,
  slot integer not null,
  message blob not null,
  -- That of the offer, so that a mailbox ends as a whole.
  expires_at integer not null,
  constraint pairing_pk primary key (mailbox_id, slot),
  constraint pairing_slot_check check (slot in (1, 2, 3, 4))
) strict;

create index pairing_expiry_index on pairing (expires_at);

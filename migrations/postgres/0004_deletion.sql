-- When an account is erased: null while it stays, 0 once erasing it has begun and nothing takes it back.

alter table account add column delete_at bigint;

create index account_delete_index on account (delete_at);

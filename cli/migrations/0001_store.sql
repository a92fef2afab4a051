-- The store of one home. Keys and values are made and sealed by the engine; the host only keeps them.

-- One row: whoever opens the store raises the fence, and every transaction checks that nobody raised it since.
create table store (
    one integer primary key,
    fence integer not null,
    constraint store_has_one_row check (one = 1),
    constraint store_fence_counts_up check (fence >= 0)
);

insert into store (one, fence) values (1, 0);

create table item (
    key blob not null primary key,
    value blob not null
) without rowid;

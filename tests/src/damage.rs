//! Damage to the store of a home, item by item, as a bad disk or a curious hand would do it.

use crate::home::Home;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// What a store keeps. The first bytes of a key say it; which device, record or index it is, no key says to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The device's own keys.
    Identity,
    /// Keys of the epochs.
    KeyRing,
    /// How far everything is.
    Position,
    /// Links of the membership chain.
    Link,
    /// Entries of any device.
    Entry,
    /// Changes that are in no entry yet.
    Queue,
    /// A document saved whole.
    Snapshot,
    /// Changes of a document since then.
    Chunk,
    /// A row of the read model.
    View,
    /// A record in a bucket of the read model.
    Bucket,
}

impl Class {
    /// All there are in a store that has synced and has been written since.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::KeyRing,
        Self::Position,
        Self::Link,
        Self::Entry,
        Self::Queue,
        Self::Snapshot,
        Self::Chunk,
        Self::View,
        Self::Bucket,
    ];

    fn of(key: &[u8]) -> Option<Self> {
        Some(match (key.first()?, key.get(1)) {
            (b's', Some(b'i')) => Self::Identity,
            (b's', Some(b'k')) => Self::KeyRing,
            (b's', Some(b'p')) => Self::Position,
            (b's', Some(b'c')) => Self::Link,
            (b'e', _) => Self::Entry,
            (b'q', _) => Self::Queue,
            // Slot and document first, then what of it.
            (b'd', _) if key.get(18) == Some(&b's') => Self::Snapshot,
            (b'd', _) => Self::Chunk,
            (b'v', _) => Self::View,
            (b'b', _) => Self::Bucket,
            _ => return None,
        })
    }
}

/// A store that is open for damage. Nobody else has it open.
pub struct Store {
    runtime: tokio::runtime::Runtime,
    db: SqliteConnection,
}

impl Store {
    /// Of a home.
    pub fn open(home: &Home) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let options = SqliteConnectOptions::new().filename(home.store());
        let db = runtime.block_on(SqliteConnection::connect_with(&options)).expect("a store");
        Self { runtime, db }
    }

    /// Keys by what they hold.
    pub fn keys(&mut self) -> BTreeMap<Class, Vec<Vec<u8>>> {
        let rows = sqlx::query("select key from item order by key").fetch_all(&mut self.db);
        let mut keys: BTreeMap<Class, Vec<Vec<u8>>> = BTreeMap::new();
        for row in self.runtime.block_on(rows).expect("keys") {
            let key: Vec<u8> = row.get(0);
            if let Some(class) = Class::of(&key) {
                keys.entry(class).or_default().push(key);
            }
        }
        keys
    }

    /// A value.
    pub fn get(&mut self, key: &[u8]) -> Vec<u8> {
        let value =
            sqlx::query_scalar("select value from item where key = ?").bind(key).fetch_one(&mut self.db);
        self.runtime.block_on(value).expect("a value")
    }

    /// Replaces a value.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        let put = sqlx::query("update item set value = ? where key = ?")
            .bind(value)
            .bind(key)
            .execute(&mut self.db);
        assert_eq!(self.runtime.block_on(put).expect("it is written").rows_affected(), 1);
    }

    /// Removes an item.
    pub fn remove(&mut self, key: &[u8]) {
        let remove = sqlx::query("delete from item where key = ?").bind(key).execute(&mut self.db);
        assert_eq!(self.runtime.block_on(remove).expect("it is removed").rows_affected(), 1);
    }

    /// Flips one bit in the middle of a value.
    pub fn flip(&mut self, key: &[u8]) {
        let mut value = self.get(key);
        let middle = value.len() / 2;
        value[middle] ^= 1;
        self.put(key, &value);
    }

    /// Leaves the store as it is now.
    pub fn close(self) {
        self.runtime.block_on(self.db.close()).expect("it closes");
    }
}

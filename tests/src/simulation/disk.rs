//! A store in memory that keeps what a real one promises and loses what a real one may lose.
//!
//! Invariant: a transaction is carried out whole or not at all. One that was asked for and not yet carried out is
//! gone after a crash; one that was carried out but not yet reported is there or gone, as the seed decides.

use engine::{Read, Write};
use std::collections::BTreeMap;

/// Pairs found by a read.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A durable ordered map.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    items: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Disk {
    /// Carries out a transaction.
    pub fn commit(&mut self, writes: Vec<Write>) {
        for write in writes {
            match write {
                Write::Put(key, value) => drop(self.items.insert(key, value)),
                Write::Delete(key) => drop(self.items.remove(&key)),
            }
        }
    }

    /// Carries out reads.
    pub fn read(&self, reads: &[Read]) -> Vec<Pairs> {
        reads.iter().map(|read| self.read_one(read)).collect()
    }

    fn read_one(&self, read: &Read) -> Pairs {
        match read {
            Read::Get(key) => self.items.get(key).map(|v| (key.clone(), v.clone())).into_iter().collect(),
            Read::Scan { prefix, after, limit } => {
                let start = after.as_ref().filter(|a| *a >= prefix).unwrap_or(prefix);
                self.items
                    .range(start.clone()..)
                    .filter(|(key, _)| after.as_ref().is_none_or(|a| *key > a))
                    .take_while(|(key, _)| key.starts_with(prefix))
                    .take(*limit)
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect()
            }
        }
    }

    /// All bytes, for those who look for what should not be there.
    pub fn bytes(&self) -> Vec<u8> {
        self.items.iter().flat_map(|(k, v)| k.iter().chain(v)).copied().collect()
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

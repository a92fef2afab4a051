//! A store in memory that keeps what a real one promises and loses what a real one may lose.
//!
//! Invariant: a transaction is carried out whole or not at all. One that was asked for and not yet carried out is
//! gone after a crash; one that was carried out but not yet reported is there or gone, as the seed decides. Each
//! opening raises a fence, and a process that opened the store before can neither read it nor write to it any more.

use engine::{Read, Write};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Pairs found by a read.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

#[derive(Debug, Clone, Default)]
struct Content {
    items: BTreeMap<Vec<u8>, Vec<u8>>,
    fence: u64,
    full: bool,
    counts: Counts,
}

/// What was asked of a disk, by the first byte of the keys: keys and scans read, keys written or removed.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Reads.
    pub reads: BTreeMap<u8, u64>,
    /// Pairs that they found.
    pub found: BTreeMap<u8, u64>,
    /// Writes.
    pub writes: BTreeMap<u8, u64>,
    /// Most pairs found by reads that were asked for together.
    pub most_found: BTreeMap<u8, u64>,
    /// Most writes of one transaction.
    pub most_writes: BTreeMap<u8, u64>,
}

impl Counts {
    /// Takes note of what one transaction or one round of reads came to.
    fn note(one: &BTreeMap<u8, u64>, all: &mut BTreeMap<u8, u64>, most: &mut BTreeMap<u8, u64>) {
        for (first, count) in one {
            *all.entry(*first).or_default() += count;
            let most = most.entry(*first).or_default();
            *most = (*most).max(*count);
        }
    }

    /// How many of one of the three concern keys that begin so.
    pub fn of(counts: &BTreeMap<u8, u64>, first: u8) -> u64 {
        counts.get(&first).copied().unwrap_or(0)
    }
}

/// One process's way to a durable ordered map. A clone is another disk with the same content.
#[derive(Debug, Default)]
pub struct Disk {
    content: Rc<RefCell<Content>>,
    /// The fence that this process raised.
    fence: u64,
}

impl Clone for Disk {
    fn clone(&self) -> Self {
        let content = Content { full: false, ..self.content.borrow().clone() };
        Self { content: Rc::new(RefCell::new(content)), fence: self.fence }
    }
}

impl Disk {
    /// Another process's way to this same disk.
    pub fn beside(&self) -> Self {
        Self { content: self.content.clone(), fence: self.fence }
    }

    /// Opens the store: whoever had it open before can write no more.
    pub fn open(&mut self) {
        let mut content = self.content.borrow_mut();
        content.fence += 1;
        self.fence = content.fence;
    }

    /// Whether no other process has opened the store since.
    pub fn is_held(&self) -> bool {
        self.content.borrow().fence == self.fence
    }

    /// From now on (or no longer) nothing fits.
    pub fn set_full(&self, full: bool) {
        self.content.borrow_mut().full = full;
    }

    /// Carries out a transaction. False if nothing of it was stored: another process has the store, or nothing fits.
    pub fn commit(&mut self, writes: Vec<Write>) -> bool {
        let mut content = self.content.borrow_mut();
        if content.full || content.fence != self.fence {
            return false;
        }
        let mut written: BTreeMap<u8, u64> = BTreeMap::new();
        for write in writes {
            let (Write::Put(key, _) | Write::Delete(key)) = &write;
            *written.entry(key.first().copied().unwrap_or(0)).or_default() += 1;
            match write {
                Write::Put(key, value) => drop(content.items.insert(key, value)),
                Write::Delete(key) => drop(content.items.remove(&key)),
            }
        }
        let counts = &mut content.counts;
        Counts::note(&written, &mut counts.writes, &mut counts.most_writes);
        true
    }

    /// Carries out reads. None if another process has the store.
    pub fn read(&self, reads: &[Read]) -> Option<Vec<Pairs>> {
        let mut content = self.content.borrow_mut();
        let content = &mut *content;
        if content.fence != self.fence {
            return None;
        }
        let mut found = Vec::with_capacity(reads.len());
        let mut together: BTreeMap<u8, u64> = BTreeMap::new();
        for read in reads {
            let (Read::Get(key) | Read::Scan { prefix: key, .. }) = read;
            let first = key.first().copied().unwrap_or(0);
            let pairs = read_one(&content.items, read);
            *content.counts.reads.entry(first).or_default() += 1;
            *together.entry(first).or_default() += pairs.len() as u64;
            found.push(pairs);
        }
        let counts = &mut content.counts;
        Counts::note(&together, &mut counts.found, &mut counts.most_found);
        Some(found)
    }

    /// What was asked of it since this was last called.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.content.borrow_mut().counts)
    }

    /// Turns a byte of every value whose key begins so. How many there are.
    pub fn spoil(&self, prefix: &[u8]) -> usize {
        let items = &mut self.content.borrow_mut().items;
        let spoilt = items.iter_mut().filter(|(key, _)| key.starts_with(prefix));
        spoilt.map(|(_, value)| *value.last_mut().unwrap() ^= 1).count()
    }

    /// All keys that begin so.
    pub fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let items = &self.content.borrow().items;
        items.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// Bytes of all keys and values whose keys begin so.
    pub fn size_of(&self, prefix: &[u8]) -> usize {
        let items = &self.content.borrow().items;
        let sizes = items.iter().filter(|(key, _)| key.starts_with(prefix));
        sizes.map(|(key, value)| key.len() + value.len()).sum()
    }

    /// All bytes, for those who look for what should not be there.
    pub fn bytes(&self) -> Vec<u8> {
        self.content.borrow().items.iter().flat_map(|(k, v)| k.iter().chain(v)).copied().collect()
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.content.borrow().items.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn read_one(items: &BTreeMap<Vec<u8>, Vec<u8>>, read: &Read) -> Pairs {
    match read {
        Read::Get(key) => items.get(key).map(|v| (key.clone(), v.clone())).into_iter().collect(),
        Read::Scan { prefix, after, limit } => {
            let start = after.as_ref().filter(|a| *a >= prefix).unwrap_or(prefix);
            items
                .range(start.clone()..)
                .filter(|(key, _)| after.as_ref().is_none_or(|a| *key > a))
                .take_while(|(key, _)| key.starts_with(prefix))
                .take(*limit)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        }
    }
}

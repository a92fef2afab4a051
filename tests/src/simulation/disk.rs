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
        for write in writes {
            match write {
                Write::Put(key, value) => drop(content.items.insert(key, value)),
                Write::Delete(key) => drop(content.items.remove(&key)),
            }
        }
        true
    }

    /// Carries out reads. None if another process has the store.
    pub fn read(&self, reads: &[Read]) -> Option<Vec<Pairs>> {
        let content = self.content.borrow();
        let mine = content.fence == self.fence;
        mine.then(|| reads.iter().map(|read| read_one(&content.items, read)).collect())
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

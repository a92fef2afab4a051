//! A sum over a set, by which what is kept beside the rows is compared with what the documents make, in no order.

use crate::record::hash16;
use crate::search::change::STANDS;

/// How many words stand in how many places, or documents in buckets, and a number over which ones: it does not depend on
/// their order, and two sets that differ have the same only by a chance of one in 2^128.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    pub count: u64,
    total: u128,
}

impl Sum {
    /// Adds an item of the search index, if it is a word in a place.
    pub fn add(&mut self, key: &[u8], value: Option<u32>) {
        if let (Some(&STANDS), Some(value)) = (key.first(), value) {
            self.add_hash(hash16("life-os v1 search check", &[key, &value.to_le_bytes()]));
        }
    }

    /// Adds a document in a bucket, by its key there and its order.
    pub fn add_member(&mut self, at: &[u8], order: &str) {
        self.add_hash(hash16("life-os v1 bucket check", &[at, order.as_bytes()]));
    }

    fn add_hash(&mut self, hash: [u8; 16]) {
        self.count += 1;
        self.total = self.total.wrapping_add(u128::from_le_bytes(hash));
    }
}

//! Seeded people and their spaces.
#![allow(dead_code, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

use protocol::link::Cut;
use protocol::{Chain, Header, Keyboxes, LinkHash, Purpose, ReadEntry, SignedLink};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use seal::*;

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A vault with its founder, phrase and keys.
pub struct Vault {
    pub rng: ChaCha8Rng,
    pub alice: DeviceKeys,
    pub paper: DeviceKeys,
    pub chain: Chain,
    pub ring: KeyRing,
}

pub fn vault(seed: u64) -> Vault {
    let mut rng = rng(seed);
    let (alice, paper) = (DeviceKeys::generate(&mut rng), Phrase::generate(&mut rng).device_keys());
    let (link, boxes, key) = genesis(&mut rng, Purpose::Vault, &alice, Some(&paper)).unwrap();
    let chain = Chain::begin(link, boxes).unwrap();
    let mut ring = KeyRing::new();
    assert_eq!(ring.insert(key), chain.epoch());
    Vault { rng, alice, paper, chain, ring }
}

impl Vault {
    pub fn extend(&mut self, link: SignedLink, boxes: Keyboxes) -> LinkHash {
        self.chain.extend(link, boxes).unwrap()
    }
    pub fn extend_with(&mut self, made: (SignedLink, Keyboxes, EpochKey)) {
        self.chain.extend(made.0, made.1).unwrap();
        self.ring.insert(made.2);
    }
    pub fn key(&self) -> &EpochKey {
        self.ring.get(&self.chain.epoch()).unwrap()
    }
    pub fn draft(&self) -> EntryDraft {
        EntryDraft {
            kind: protocol::entry::KIND_CHANGES,
            space: self.chain.space(),
            index: 1,
            previous: Header::NO_PREVIOUS,
            membership: self.chain.head(),
        }
    }
    pub fn seal(&mut self, plaintext: &[u8]) -> ReadEntry {
        let draft = self.draft();
        let key = self.ring.get(&self.chain.epoch()).unwrap();
        seal_entry(&mut self.rng, &draft, key, &self.alice, plaintext).unwrap()
    }
    /// What `device` can open with the box of the link at `height`.
    pub fn open_at(&self, height: usize, device: &DeviceKeys) -> Result<KeyRing, OpenBoxError> {
        let link = &self.chain.links()[height];
        let mut ring = KeyRing::new();
        open_keyboxes(&self.chain.space(), &link.link, &link.keyboxes, device, &mut ring)?;
        Ok(ring)
    }
}

pub fn cut(device: &DeviceKeys) -> Cut {
    Cut { device: device.id(), index: 0, hash: Header::NO_PREVIOUS }
}

/// Bytes that do not compress.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_core::Rng::fill_bytes(&mut rng(seed), &mut bytes);
    bytes
}

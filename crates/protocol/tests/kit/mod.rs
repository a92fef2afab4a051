//! Signers and links for tests. Keyboxes hold nothing that opens: what is in them is not this crate's business.
#![allow(dead_code, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

use ed25519_dalek::{Signer, SigningKey};
use protocol::link::{Cut, recovery_hash};
use protocol::*;

/// Somebody who signs.
pub struct Device {
    signing: SigningKey,
    pub public: DevicePublic,
}

impl Device {
    pub fn new(n: u8) -> Self {
        let signing = SigningKey::from_bytes(&[n; 32]);
        let sign = SignPublic::new(signing.verifying_key().to_bytes());
        Self { signing, public: DevicePublic { sign, kem: KemPublic { suite: 1, bytes: vec![n] } } }
    }
    pub fn id(&self) -> DeviceId {
        self.public.id()
    }
    pub fn sign(&self, hash: &[u8; 32]) -> Signature {
        Signature::new(self.signing.sign(hash).to_bytes())
    }
    pub fn cut(&self) -> Cut {
        Cut { device: self.id(), index: 0, hash: Header::NO_PREVIOUS }
    }
}

pub fn epoch(n: u8) -> EpochId {
    EpochId::new([n; 32])
}

pub fn boxes(to: &[&Device]) -> Keyboxes {
    let mut boxes: Vec<_> =
        to.iter().map(|d| Keybox { recipient: d.id(), encapsulated: vec![1], ciphertext: vec![2] }).collect();
    boxes.sort_by_key(|b| b.recipient);
    Keyboxes { history: Vec::new(), boxes }
}

/// A link before it is signed, so that a test can spoil it.
pub struct Draft {
    pub link: Link,
    pub keyboxes: Keyboxes,
}

impl Draft {
    pub fn sign(mut self, author: &Device, paper: Option<&Device>) -> (SignedLink, Keyboxes) {
        self.link.author = author.id();
        sign_bytes(codec::encode(&self.link), self.link.space, self.keyboxes, author, paper)
    }
    /// Commits to the boxes that are in it now.
    pub fn commit(mut self) -> Self {
        self.link.boxes = self.keyboxes.hash();
        self
    }
}

pub fn sign_bytes(
    link: Vec<u8>,
    space: Option<SpaceId>,
    keyboxes: Keyboxes,
    author: &Device,
    paper: Option<&Device>,
) -> (SignedLink, Keyboxes) {
    let hash = Link::hash(&link);
    let space = space.unwrap_or(SpaceId::from(hash));
    let signature = author.sign(hash.as_bytes());
    let counter = paper.map(|p| p.sign(&recovery_hash(&space, &hash)));
    (SignedLink { link, signature, counter }, keyboxes)
}

/// A genesis of epoch 0 by `founder`.
pub fn genesis_draft(purpose: Purpose, founder: &Device, paper: Option<&Device>) -> Draft {
    let recovery = paper.map(|p| p.public.clone());
    let keyboxes = boxes(&[Some(founder), paper].into_iter().flatten().collect::<Vec<_>>());
    let body = LinkBody::Genesis { purpose, salt: [7; 32], founder: founder.public.clone(), recovery };
    let link = Link {
        version: 1,
        space: None,
        height: 0,
        previous: None,
        author: founder.id(),
        epoch: epoch(0),
        boxes: keyboxes.hash(),
        body,
    };
    Draft { link, keyboxes }
}

pub fn begin(purpose: Purpose, founder: &Device, paper: Option<&Device>) -> Chain {
    let (signed, keyboxes) = genesis_draft(purpose, founder, paper).sign(founder, paper);
    Chain::begin(signed, keyboxes).unwrap()
}

/// The next link, with boxes for `to` and the epoch that is in force.
pub fn next(chain: &Chain, author: &Device, body: LinkBody, to: &[&Device]) -> Draft {
    let keyboxes = boxes(to);
    let link = Link {
        version: 1,
        space: Some(chain.space()),
        height: chain.height() + 1,
        previous: Some(chain.head()),
        author: author.id(),
        epoch: chain.epoch(),
        boxes: keyboxes.hash(),
        body,
    };
    Draft { link, keyboxes }
}

/// The next link, starting epoch `n`.
pub fn rotate(chain: &Chain, author: &Device, body: LinkBody, to: &[&Device], n: u8) -> Draft {
    let mut draft = next(chain, author, body, to);
    draft.link.epoch = epoch(n);
    draft
}

pub fn add_body(device: &Device, role: Role) -> LinkBody {
    LinkBody::Add { device: device.public.clone(), role }
}

/// Adds `device`, which must work.
pub fn add(chain: &mut Chain, author: &Device, device: &Device, role: Role) {
    let paper = (role == Role::Paper).then_some(device);
    extend(chain, next(chain, author, add_body(device, role), &[device]).sign(author, paper));
}

/// Extends `chain`, which must work.
pub fn extend(chain: &mut Chain, (signed, keyboxes): (SignedLink, Keyboxes)) {
    chain.extend(signed, keyboxes).unwrap();
}

/// Extends a copy, so that a chain can be asked many things; the original must not change on an error.
pub fn try_extend(chain: &Chain, link: (SignedLink, Keyboxes)) -> Result<Chain, ChainError> {
    let mut copy = chain.clone();
    let before = (copy.head(), copy.height(), copy.members().count(), copy.epoch());
    match copy.extend(link.0, link.1) {
        Ok(_) => Ok(copy),
        Err(error) => {
            assert_eq!(before, (copy.head(), copy.height(), copy.members().count(), copy.epoch()));
            Err(error)
        }
    }
}

/// An entry by `author` at the head of `chain`; `spoil` changes its header before it is signed.
pub fn entry(chain: &Chain, author: &Device, spoil: impl FnOnce(&mut Header)) -> ReadEntry {
    let mut header = Header {
        version: 1,
        kind: entry::KIND_CHANGES,
        space: chain.space(),
        device: author.id(),
        index: 1,
        previous: Header::NO_PREVIOUS,
        epoch: chain.epoch(),
        membership: chain.head(),
        nonce: [9; 24],
        length: 3,
    };
    spoil(&mut header);
    let (header, ciphertext) = (codec::encode(&header), vec![1, 2, 3]);
    let signature = author.sign(Header::address(&header, &ciphertext).as_bytes());
    SealedEntry { header, ciphertext, signature }.read().unwrap()
}

//! Devices that sign as real ones do and seal nothing: the relay cannot tell, which is the point of it.

use ed25519_dalek::{Signer as _, SigningKey};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::entry::Head;
use protocol::entry::KIND_CHANGES;
use protocol::frame::LinkItem;
use protocol::link::{Cut, recovery_hash};
use protocol::{
    AccountId, Chain, DeviceId, DevicePublic, EpochId, Header, KemPublic, Keybox, Keyboxes, Link, LinkBody,
    LinkHash, Purpose, Role, SealedEntry, SignPublic, Signature, SignedLink, SpaceId, codec,
};

/// A device or a recovery phrase.
pub struct Device {
    key: SigningKey,
    pub public: DevicePublic,
}

impl Device {
    /// Another one for each name.
    pub fn named(name: &str) -> Self {
        let seed: [u8; 32] = std::array::from_fn(|i| name.as_bytes().get(i).copied().unwrap_or(0x2a));
        let key = SigningKey::from_bytes(&seed);
        let sign = SignPublic::new(key.verifying_key().to_bytes());
        // The relay never looks into it; a real key of suite 1 is 1,216 bytes.
        let kem = KemPublic { suite: 1, bytes: name.as_bytes().repeat(64) };
        Self { key, public: DevicePublic { sign, kem } }
    }
    pub fn id(&self) -> DeviceId {
        self.public.id()
    }
    pub fn sign(&self, hash: &[u8; 32]) -> Signature {
        Signature::new(self.key.sign(hash).to_bytes())
    }
    pub fn prove(
        &self,
        origin: &str,
        account: Option<AccountId>,
        challenge: [u8; 32],
        purpose: AuthPurpose,
    ) -> Signature {
        let claim = AuthClaim { origin: origin.into(), account, challenge, purpose, device: self.id() };
        self.sign(&claim.signing_hash())
    }
}

/// A vault as its devices know it.
pub struct Vault {
    pub chain: Chain,
    pub items: Vec<LinkItem>,
}

fn boxes(recipients: &[DeviceId]) -> Keyboxes {
    let mut recipients = recipients.to_vec();
    recipients.sort();
    let sealed = |recipient| Keybox { recipient, encapsulated: vec![1; 40], ciphertext: vec![2; 48] };
    Keyboxes { history: Vec::new(), boxes: recipients.into_iter().map(sealed).collect() }
}

fn cut(device: &Device, last: Option<Head>) -> Cut {
    let (index, hash) = last.map_or((0, Header::NO_PREVIOUS), |l| (l.index, l.hash));
    Cut { device: device.id(), index, hash }
}

impl Vault {
    /// A vault that `founder` made, with a recovery phrase.
    pub fn begin(founder: &Device, paper: &Device) -> Self {
        let keyboxes = boxes(&[founder.id(), paper.id()]);
        let body = LinkBody::Genesis {
            purpose: Purpose::Vault,
            salt: [7; 32],
            founder: founder.public.clone(),
            recovery: Some(paper.public.clone()),
        };
        let link = Link {
            version: 1,
            space: None,
            height: 0,
            previous: None,
            author: founder.id(),
            epoch: EpochId::new([9; 32]),
            boxes: keyboxes.hash(),
            body,
        };
        let bytes = codec::encode(&link);
        let hash = Link::hash(&bytes);
        let counter = paper.sign(&recovery_hash(&SpaceId::from(hash), &hash));
        let signed =
            SignedLink { link: bytes, signature: founder.sign(hash.as_bytes()), counter: Some(counter) };
        let chain = Chain::begin(signed.clone(), keyboxes.clone()).expect("a genesis");
        Self { chain, items: vec![LinkItem { link: signed, keyboxes }] }
    }

    pub fn space(&self) -> SpaceId {
        self.chain.space()
    }
    pub fn account(&self) -> AccountId {
        self.chain.account()
    }

    /// A link on the head, not yet part of the chain.
    pub fn link(&self, author: &Device, body: LinkBody, epoch: EpochId, to: &[DeviceId]) -> LinkItem {
        let keyboxes = boxes(to);
        let link = Link {
            version: 1,
            space: Some(self.space()),
            height: self.chain.height() + 1,
            previous: Some(self.chain.head()),
            author: author.id(),
            epoch,
            boxes: keyboxes.hash(),
            body,
        };
        let bytes = codec::encode(&link);
        let hash = Link::hash(&bytes);
        let signed = SignedLink { link: bytes, signature: author.sign(hash.as_bytes()), counter: None };
        LinkItem { link: signed, keyboxes }
    }

    /// The link that adds `device`.
    pub fn adding(&self, author: &Device, device: &Device) -> LinkItem {
        let body = LinkBody::Add { device: device.public.clone(), role: Role::Device };
        self.link(author, body, self.chain.epoch(), &[device.id()])
    }

    /// The link that revokes `device`, which wrote nothing.
    pub fn revoking(&self, author: &Device, device: &Device) -> LinkItem {
        self.revoking_at(author, device, None)
    }

    /// The link that revokes `device` and counts what it wrote up to `last`.
    pub fn revoking_at(&self, author: &Device, device: &Device, last: Option<Head>) -> LinkItem {
        let body = LinkBody::Revoke { cuts: vec![cut(device, last)] };
        self.link(author, body, self.next_epoch(), &self.left_without(device))
    }

    /// The link that drops the branch with head `dropped` and with it revokes `device`.
    pub fn resolving(
        &self,
        author: &Device,
        dropped: LinkHash,
        device: &Device,
        last: Option<Head>,
    ) -> LinkItem {
        let body = LinkBody::Resolve { dropped, cuts: vec![cut(device, last)] };
        self.link(author, body, self.next_epoch(), &self.left_without(device))
    }

    /// The link that closes the vault.
    pub fn closing(&self, author: &Device) -> LinkItem {
        self.link(author, LinkBody::Close {}, self.chain.epoch(), &[])
    }

    /// One that the chain has not had.
    fn next_epoch(&self) -> EpochId {
        EpochId::new([10 + u8::try_from(self.items.len()).expect("a short chain"); 32])
    }

    fn left_without(&self, device: &Device) -> Vec<DeviceId> {
        let active = self.chain.members().filter(|(_, m)| m.revoked.is_none());
        active.map(|(id, _)| *id).filter(|id| *id != device.id()).collect()
    }

    /// Takes a link into the chain.
    pub fn take(&mut self, item: LinkItem) {
        self.chain.extend(item.link.clone(), item.keyboxes.clone()).expect("a link that holds");
        self.items.push(item);
    }
}

/// A device that writes into a vault.
pub struct Author<'d> {
    pub device: &'d Device,
    space: SpaceId,
    epoch: EpochId,
    pub membership: LinkHash,
    pub last: Option<Head>,
}

impl<'d> Author<'d> {
    pub fn new(device: &'d Device, vault: &Vault) -> Self {
        let (space, epoch, membership) = (vault.space(), vault.chain.epoch(), vault.chain.head());
        Self { device, space, epoch, membership, last: None }
    }

    /// The next entry of the chain.
    pub fn write(&mut self, content: &[u8]) -> SealedEntry {
        let entry = self.draft(content);
        self.last = Some(entry.clone().read().expect("an entry").head());
        entry
    }

    /// What [`Author::write`] would write, without taking the place.
    pub fn draft(&self, content: &[u8]) -> SealedEntry {
        let index = self.last.map_or(1, |l| l.index + 1);
        let previous = self.last.map_or(Header::NO_PREVIOUS, |l| l.hash);
        self.entry(content, |header| {
            header.index = index;
            header.previous = previous;
        })
    }

    /// An entry whose header was bent before it was signed.
    pub fn entry(&self, content: &[u8], bend: impl FnOnce(&mut Header)) -> SealedEntry {
        let mut header = Header {
            version: 1,
            kind: KIND_CHANGES,
            space: self.space,
            device: self.device.id(),
            index: 1,
            previous: Header::NO_PREVIOUS,
            epoch: self.epoch,
            membership: self.membership,
            nonce: [3; 24],
            length: u32::try_from(content.len()).expect("a short entry"),
        };
        bend(&mut header);
        let bytes = codec::encode(&header);
        let hash = Header::address(&bytes, content);
        let signature = self.device.sign(hash.as_bytes());
        SealedEntry { header: bytes, ciphertext: content.to_vec(), signature }
    }
}

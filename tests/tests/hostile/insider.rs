//! A device that is or was a member and works for the relay: it signs what no honest device would.

use super::house::House;
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::entry::KIND_CHANGES;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::manifest::SealedManifest;
use protocol::{Chain, EntryHash, Header, ReadEntry, Role, SealedEntry};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::{DeviceKeys, EntryDraft, KeyRing, ManifestDraft};
use tests::simulation::device::ORIGIN;
use tests::simulation::network::Connection;

/// Such a device.
pub struct Insider {
    pub keys: DeviceKeys,
    /// The vault as it knows it.
    pub chain: Chain,
    pub ring: KeyRing,
    rng: ChaCha20Rng,
    index: u64,
    last: EntryHash,
}

/// The keys of the vault, as the phrase opens them.
pub fn ring_of(house: &House, chain: &Chain) -> KeyRing {
    let (paper, mut ring) = (house.vault.phrase.device_keys(), KeyRing::new());
    for link in chain.links().iter().filter(|l| l.keyboxes.of(&paper.id()).is_some()) {
        seal::open_keyboxes(&chain.space(), &link.link, &link.keyboxes, &paper, &mut ring).unwrap();
    }
    ring
}

/// The links of a chain, as they cross the wire.
pub fn items(chain: &Chain) -> Vec<LinkItem> {
    chain.links().iter().map(|l| LinkItem { link: l.signed.clone(), keyboxes: l.keyboxes.clone() }).collect()
}

impl Insider {
    /// Joins the vault, as every device does that has the phrase; everybody else learns of it.
    pub fn join(house: &mut House) -> Self {
        let mut chain = house.present_chain();
        // Another one each time.
        let mut rng = ChaCha20Rng::seed_from_u64(u64::from(chain.height()));
        let keys = DeviceKeys::generate(&mut rng);
        let ring = ring_of(house, &chain);
        let paper = house.vault.phrase.device_keys();
        let (link, keyboxes) =
            seal::add_device(&mut rng, &chain, &paper, keys.public(), Role::Device, None, &ring).unwrap();
        chain.extend(link, keyboxes).unwrap();
        house.vault.relay.register(&items(&chain), house.vault.now).unwrap();
        house.settle();
        house.forget_alarms();
        Self { keys, chain, ring, rng, index: 0, last: Header::NO_PREVIOUS }
    }

    /// The next entry of its chain.
    pub fn write(&mut self, plaintext: &[u8]) -> SealedEntry {
        let entry = self.entry_at(self.index + 1, self.last, plaintext);
        (self.index, self.last) = (entry.header().index, entry.hash());
        entry.into_sealed()
    }

    /// An entry at a place of its choice.
    pub fn entry_at(&mut self, index: u64, previous: EntryHash, plaintext: &[u8]) -> ReadEntry {
        let draft = EntryDraft {
            kind: KIND_CHANGES,
            space: self.chain.space(),
            index,
            previous,
            membership: self.chain.head(),
        };
        let epoch = self.ring.get(&self.chain.epoch()).unwrap();
        seal::seal_entry(&mut self.rng, &draft, epoch, &self.keys, plaintext).unwrap()
    }

    /// Seals a pack.
    pub fn seal_pack(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let epoch = self.ring.get(&self.chain.epoch()).unwrap();
        seal::seal_pack(&mut self.rng, &self.chain.space(), epoch, plaintext).unwrap()
    }

    /// Seals and signs a manifest.
    pub fn seal_manifest(&mut self, draft: ManifestDraft, body: &[u8]) -> SealedManifest {
        let epoch = self.ring.get(&self.chain.epoch()).unwrap();
        seal::seal_manifest(&mut self.rng, draft, epoch, &self.keys, body).unwrap()
    }

    /// Signs an entry that somebody changed.
    pub fn sign(&self, entry: SealedEntry) -> SealedEntry {
        let signature = self.keys.sign(Header::address(&entry.header, &entry.ciphertext).as_bytes());
        SealedEntry { signature, ..entry }
    }
}

/// What an entry holds that changes nothing: what an honest device would write if it had nothing to say.
pub fn nothing() -> Vec<u8> {
    let payload = engine::payload::Payload { seen: Vec::new(), items: Vec::new() };
    protocol::codec::encode(&payload)
}

/// What the relay answers to a frame, over a connection of `who` that no engine speaks on.
pub fn ask(house: &House, who: &DeviceKeys, frame: ClientFrame) -> ServerFrame {
    let mut connection = Connection::new(&house.vault.relay, house.vault.account, [3; 32]);
    let claim = AuthClaim {
        origin: ORIGIN.into(),
        account: Some(house.vault.account),
        challenge: [3; 32],
        purpose: AuthPurpose::Socket,
        device: who.id(),
    };
    let hello = ClientFrame::Hello { device: who.id(), signature: who.sign(&claim.signing_hash()) };
    connection.up.extend([hello, frame].map(|f| f.to_bytes()));
    while !connection.up.is_empty() {
        connection.serve(house.vault.now);
    }
    ServerFrame::from_bytes(connection.down.back().unwrap()).unwrap()
}

/// Gives entries to the relay.
pub fn append(house: &House, who: &DeviceKeys, entries: Vec<SealedEntry>) {
    let (space, accepted) = (house.space(), u32::try_from(entries.len()).unwrap());
    let taken = ServerFrame::Appended { request: 1, space, accepted, refusal: None };
    assert_eq!(ask(house, who, ClientFrame::Append { request: 1, space, entries }), taken);
}

//! A device by hand: keys, chain and entries without an engine, and a socket on which it says what it likes.

use lifeos::net::{Address, Relay, RelayError, Socket};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::entry::KIND_CHANGES;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::{
    AccountId, Chain, DeviceId, EntryHash, Header, Purpose, SealedEntry, Signature, SpaceId, codec, limits,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use seal::{DeviceKeys, EntryDraft, KeyRing, Phrase};

/// The founder of a vault, and everything it wrote.
pub struct Member {
    rng: ChaCha20Rng,
    keys: DeviceKeys,
    chain: Chain,
    genesis: LinkItem,
    ring: KeyRing,
    /// Its entries, from index 1 on.
    pub written: Vec<SealedEntry>,
    last: EntryHash,
}

impl Member {
    /// Founds a vault.
    pub fn found(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (keys, phrase) = (DeviceKeys::generate(&mut rng), Phrase::generate(&mut rng));
        let (link, keyboxes, epoch) =
            seal::genesis(&mut rng, Purpose::Vault, &keys, Some(&phrase.device_keys())).expect("a genesis");
        let chain = Chain::begin(link.clone(), keyboxes.clone()).expect("a chain");
        let genesis = LinkItem { link, keyboxes };
        let mut ring = KeyRing::new();
        ring.insert(epoch);
        Self { rng, keys, chain, genesis, ring, written: Vec::new(), last: Header::NO_PREVIOUS }
    }

    /// Its private keys.
    pub fn keys(&self) -> &DeviceKeys {
        &self.keys
    }
    /// The chain of its vault.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }
    /// Its links.
    pub fn links(&self) -> Vec<LinkItem> {
        vec![self.genesis.clone()]
    }
    /// The keys of its vault.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Its vault.
    pub fn space(&self) -> SpaceId {
        self.chain.space()
    }
    /// Its account.
    pub fn account(&self) -> AccountId {
        self.chain.account()
    }
    /// Its name.
    pub fn id(&self) -> DeviceId {
        self.keys.id()
    }

    /// Writes an entry as every device does.
    pub fn write(&mut self, plaintext: &[u8]) -> SealedEntry {
        let draft = EntryDraft {
            kind: KIND_CHANGES,
            space: self.space(),
            index: self.next_index(),
            previous: self.last,
            membership: self.chain.head(),
        };
        let epoch = self.ring.get(&self.chain.epoch()).expect("the key in force");
        let entry = seal::seal_entry(&mut self.rng, &draft, epoch, &self.keys, plaintext);
        self.take(entry.expect("an entry").into_sealed())
    }

    /// Writes an entry under the identity cipher: compressed, padded and signed as every entry, but not encrypted. Only
    /// tests have this; it shows that those who look for plaintext would find it.
    pub fn write_unencrypted(&mut self, plaintext: &[u8]) -> SealedEntry {
        let ciphertext = seal::packing::pack(plaintext).expect("packed");
        let header = codec::encode(&Header {
            version: limits::PROTOCOL_VERSION,
            kind: KIND_CHANGES,
            space: self.space(),
            device: self.id(),
            index: self.next_index(),
            previous: self.last,
            epoch: self.chain.epoch(),
            membership: self.chain.head(),
            nonce: [0x5a; 24],
            length: u32::try_from(ciphertext.len()).expect("a length"),
        });
        let signature = self.keys.sign(Header::address(&header, &ciphertext).as_bytes());
        self.take(SealedEntry { header, ciphertext, signature })
    }

    fn next_index(&self) -> u64 {
        u64::try_from(self.written.len()).expect("a count") + 1
    }

    fn take(&mut self, entry: SealedEntry) -> SealedEntry {
        self.last = entry.clone().read().expect("an entry").hash();
        self.written.push(entry.clone());
        entry
    }

    /// Makes the account at the relay with this URL.
    pub async fn register(&self, url: &str) {
        relay(url).register(&self.links(), None).await.expect("registered");
    }

    /// Opens a socket and proves itself on it.
    pub async fn connect(&self, url: &str) -> Result<Wire, RelayError> {
        let relay = relay(url);
        let sign = |claim: &AuthClaim| -> Option<Signature> { Some(self.keys.sign(&claim.signing_hash())) };
        let mut wire = Wire { socket: relay.open(self.account(), self.id(), sign).await? };
        let gone = || RelayError::Unreachable("the socket closed while it opened".into());
        let Some(ServerFrame::Challenge { challenge }) = wire.next().await else { return Err(gone()) };
        let claim = AuthClaim {
            origin: relay.address().origin().to_owned(),
            account: Some(self.account()),
            challenge,
            purpose: AuthPurpose::Socket,
            device: self.id(),
        };
        let signature = self.keys.sign(&claim.signing_hash());
        wire.send(&ClientFrame::Hello { device: self.id(), signature });
        match wire.next().await {
            Some(ServerFrame::Welcome { .. }) => Ok(wire),
            _ => Err(gone()),
        }
    }
}

fn relay(url: &str) -> Relay {
    Relay::new(Address::parse(url).expect("the address of a relay"))
}

/// A socket on which a member has proved itself.
pub struct Wire {
    socket: Socket,
}

impl Wire {
    /// Sends a frame; if the connection is gone, it goes nowhere.
    pub fn send(&self, frame: &ClientFrame) {
        let _sent = self.socket.send(frame.to_bytes());
    }
    /// The next frame; None when the connection is gone.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        let bytes = self.socket.next().await?;
        Some(ServerFrame::from_bytes(&bytes).expect("a frame"))
    }
    /// Asks, and waits for the answer.
    pub async fn ask(&mut self, frame: &ClientFrame) -> Option<ServerFrame> {
        self.send(frame);
        self.next().await
    }
}

//! Every parser of foreign bytes, one function each. `tests/tests/corpus.rs` compiles this file too and replays the corpus.
//!
//! Invariant: whatever the bytes are, nothing panics, and what was accepted as canonical is written again as the same bytes.

use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::manifest::SealedManifest;
use protocol::pairing::{Answer, Offer, PairingCode, Reveal, Verdict, check_code, parse};
use protocol::{Chain, Keyboxes, Link, Purpose, SealedEntry, account, api, codec};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use seal::{
    DeviceKeys, KeyRing, PasskeyWrap, PassphraseWrap, Phrase, RecoveryWrap, StoreKey, genesis, open_entry,
    open_keyboxes,
};
use std::sync::OnceLock;

/// A vault that is the same in every run, so that what belongs to it can stand in the corpus.
pub struct Vault {
    /// Its founder.
    pub founder: DeviceKeys,
    /// Its recovery phrase.
    pub paper: DeviceKeys,
    /// Its first link.
    pub genesis: LinkItem,
    /// The chain of that link.
    pub chain: Chain,
    /// The key in force.
    pub ring: KeyRing,
    /// The key of the founder's store.
    pub store: StoreKey,
}

/// The vault.
pub fn vault() -> &'static Vault {
    static VAULT: OnceLock<Vault> = OnceLock::new();
    VAULT.get_or_init(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (founder, paper) = (DeviceKeys::generate(&mut rng), Phrase::generate(&mut rng).device_keys());
        let (link, keyboxes, key) =
            genesis(&mut rng, Purpose::Vault, &founder, Some(&paper)).expect("a genesis");
        let chain = Chain::begin(link.clone(), keyboxes.clone()).expect("a chain");
        let mut ring = KeyRing::new();
        ring.insert(key);
        let store = StoreKey::generate(&mut rng);
        Vault { founder, paper, genesis: LinkItem { link, keyboxes }, chain, ring, store }
    })
}

/// What a relay reads from a socket.
pub fn client_frame(data: &[u8]) {
    if let Ok(frame) = ClientFrame::from_bytes(data) {
        assert_eq!(ClientFrame::from_bytes(&frame.to_bytes()).as_ref(), Ok(&frame));
    }
}

/// What a device reads from a socket.
pub fn server_frame(data: &[u8]) {
    if let Ok(frame) = ServerFrame::from_bytes(data) {
        assert_eq!(ServerFrame::from_bytes(&frame.to_bytes()).as_ref(), Ok(&frame));
    }
}

/// One link with its keyboxes, and what extends a chain.
pub fn link(data: &[u8]) {
    let Ok(item) = codec::decode::<LinkItem>(data) else { return };
    if let Ok((link, hash)) = item.link.read() {
        assert_eq!(codec::encode(&link), item.link.link);
        assert_eq!(Link::hash(&item.link.link), hash);
    }
    let mut chain = vault().chain.clone();
    let head = chain.head();
    if chain.extend(item.link, item.keyboxes).is_err() {
        assert_eq!(chain.head(), head);
    }
}

/// A whole chain.
pub fn chain(data: &[u8]) {
    let Ok(items) = codec::decode::<Vec<LinkItem>>(data) else { return };
    if let Ok(chain) = Chain::verify(items.into_iter().map(|i| (i.link, i.keyboxes))) {
        assert!(chain.links().len() <= protocol::limits::LINKS_PER_CHAIN);
    }
}

/// An entry, from its header to what is packed in it.
pub fn entry(data: &[u8]) {
    let _whatever = seal::packing::unpack(data);
    let Ok(sealed) = codec::decode::<SealedEntry>(data) else { return };
    let Ok(entry) = sealed.read() else { return };
    assert_eq!(codec::encode(entry.header()), entry.sealed().header);
    let _admitted = vault().chain.admit(&entry, None);
    let _opened = open_entry(&entry, &vault().ring);
}

/// What is in an entry once it is opened: a member may have written anything.
pub fn payload(data: &[u8]) {
    let Ok(payload) = codec::decode::<engine::payload::Payload>(data) else { return };
    for change in payload.items.iter().flat_map(|item| &item.changes) {
        let _parsed = automerge::Change::from_bytes(change.to_vec());
    }
}

/// Keyboxes that a link commits to.
pub fn keyboxes(data: &[u8]) {
    let Ok(keyboxes) = codec::decode::<Keyboxes>(data) else { return };
    let vault = vault();
    let Ok((mut link, _)) = vault.genesis.link.read() else { return };
    link.boxes = keyboxes.hash();
    let mut ring = KeyRing::new();
    if open_keyboxes(&vault.chain.space(), &link, &keyboxes, &vault.founder, &mut ring).is_err() {
        assert!(ring.is_empty());
    }
}

/// A manifest.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = codec::decode::<SealedManifest>(data) {
        let _checked = manifest.verify(&vault().chain);
    }
}

/// What comes through the mailbox of a pairing, and what a person types.
pub fn pairing(data: &[u8]) {
    let offer = parse::<Offer>(data);
    let answer = parse::<Answer>(data);
    let reveal = parse::<Reveal>(data);
    let _verdict = parse::<Verdict>(data);
    if let Ok(offer) = &offer {
        assert_eq!(codec::encode(offer), data);
    }
    if let (Ok(offer), Ok(answer), Ok(reveal)) = (offer, answer, reveal) {
        assert_eq!(check_code(&offer, &answer, &reveal).len(), 7);
    }
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(code) = PairingCode::parse(text)
    {
        assert_eq!(PairingCode::parse(&code.to_string()), Ok(code));
    }
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let member = vault().founder.public().clone();
    if let Ok((sponsor, _)) = engine::pair::Sponsor::answer(&mut rng, member, &vault().chain, data) {
        let _revealed = sponsor.revealed(data);
    }
}

/// A file that a person imports.
pub fn import(data: &[u8]) {
    let _file = life::import::parse(data);
}

/// Bodies of HTTP requests.
pub fn http(data: &[u8]) {
    if let Ok(request) = serde_json::from_slice::<api::RegisterRequest>(data) {
        let _links = request.links();
    }
    if let Ok(request) = serde_json::from_slice::<api::LookupRequest>(data) {
        let _public = request.public();
    }
    if let Ok(request) = serde_json::from_slice::<api::PairingMessage>(data) {
        let _bytes = api::from_text(&request.message);
    }
    let _ticket = serde_json::from_slice::<api::TicketRequest>(data);
    let _deletion = serde_json::from_slice::<api::DeletionRequest>(data);
    let _bind = serde_json::from_slice::<account::BindPasskeyRequest>(data);
    let _passkey = serde_json::from_slice::<account::PasskeySessionRequest>(data);
    let _device = serde_json::from_slice::<account::DeviceSessionRequest>(data);
    let _rename = serde_json::from_slice::<account::RenamePasskeyRequest>(data);
    let _invite = serde_json::from_slice::<account::InviteRequest>(data);
    let _session = serde_json::from_slice::<account::SessionTicketRequest>(data);
}

/// What stands on a disk around a store.
pub fn wraps(data: &[u8]) {
    if let Ok(wrap) = PassphraseWrap::from_bytes(data) {
        assert_eq!(wrap.to_bytes(), data);
    }
    if let Ok(wrap) = PasskeyWrap::from_bytes(data) {
        assert_eq!(wrap.to_bytes(), data);
    }
    let vault = vault();
    let _recovery = RecoveryWrap::open_with(&vault.paper, data);
    let _opened = vault.store.open(b"place", data);
    let _ring = KeyRing::from_secret(data);
    let _device = DeviceKeys::from_secret(data);
    if let Ok(text) = core::str::from_utf8(data) {
        let _phrase = Phrase::parse(text);
    }
}

//! The corpus of the fuzz targets, replayed without a fuzzer: every parser of foreign bytes takes every file of it, and what
//! valid bytes become when they are cut or flipped, and does not panic.
//!
//! The valid files follow from fixed seeds. `LIFEOS_WRITE_CORPUS=1 cargo test -p tests --test corpus` writes them again after
//! a format changed; then look at what changed before it is kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use engine::payload::{Item, Payload};
use engine::{DocKey, RecordId};
use protocol::auth::AuthPurpose;
use protocol::entry::{Head, KIND_CHANGES};
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::manifest::{ManifestHeader, PackRef, SealedManifest};
use protocol::pairing::{Offer, Reveal};
use protocol::{EntryHash, ErrorCode, Header, Role, SealedEntry, account, api, codec, limits};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use seal::{DeviceKeys, EntryDraft, KdfParams, PasskeySecrets, PasskeyWrap, PassphraseWrap, RecoveryWrap};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 12] = [
    ("chain", targets::chain),
    ("client_frame", targets::client_frame),
    ("entry", targets::entry),
    ("http", targets::http),
    ("import", targets::import),
    ("keyboxes", targets::keyboxes),
    ("link", targets::link),
    ("manifest", targets::manifest),
    ("pairing", targets::pairing),
    ("payload", targets::payload),
    ("server_frame", targets::server_frame),
    ("wraps", targets::wraps),
];

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(81)
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

/// The next link of the fixed vault.
fn added() -> LinkItem {
    let (vault, new) = (targets::vault(), DeviceKeys::generate(&mut rng()));
    let (chain, founder, ring) = (&vault.chain, &vault.founder, &vault.ring);
    let (link, keyboxes) =
        seal::add_device(&mut rng(), chain, founder, new.public(), Role::Device, None, ring).unwrap();
    LinkItem { link, keyboxes }
}

fn payload() -> Vec<u8> {
    let mut document = automerge::AutoCommit::new().with_actor(automerge::ActorId::from([1; 16]));
    automerge::transaction::Transactable::put(&mut document, automerge::ROOT, "title", "Walk").unwrap();
    document.commit_with(automerge::transaction::CommitOptions::default().with_time(0));
    let changes = document.get_changes(&[]).iter().map(|c| c.raw_bytes().to_vec()).collect();
    let key = DocKey::thing("task", RecordId::new([2; 16]));
    let seen = vec![Head { device: targets::vault().founder.id(), index: 1, hash: EntryHash::new([3; 32]) }];
    codec::encode(&Payload { seen, items: vec![Item::new(key, changes)] })
}

fn sealed_entry() -> SealedEntry {
    let vault = targets::vault();
    let draft = EntryDraft {
        kind: KIND_CHANGES,
        space: vault.chain.space(),
        index: 1,
        previous: Header::NO_PREVIOUS,
        membership: vault.chain.head(),
    };
    let epoch = vault.ring.get(&vault.chain.epoch()).unwrap();
    // Stored as it is: another compressor would make other bytes of it.
    seal::seal_entry(&mut rng(), &draft, epoch, &vault.founder, b"short").unwrap().into_sealed()
}

fn manifest() -> SealedManifest {
    let vault = targets::vault();
    let header = codec::encode(&ManifestHeader {
        version: limits::PROTOCOL_VERSION,
        space: vault.chain.space(),
        device: vault.founder.id(),
        parent: None,
        membership: vault.chain.head(),
        epoch: vault.chain.epoch(),
        packs: vec![PackRef { hash: PackRef::address(b"pack"), size: 4 }],
        coverage: vec![Head { device: vault.founder.id(), index: 1, hash: EntryHash::new([3; 32]) }],
        nonce: [4; 24],
        length: 4,
    });
    let signature = vault.founder.sign(SealedManifest::hash(&header, b"body").as_bytes());
    SealedManifest { header, body: b"body".to_vec(), signature }
}

fn frames() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (space, request) = (targets::vault().chain.space(), 7);
    let head = targets::vault().chain.head();
    let entries = vec![sealed_entry()];
    let refusal = Some(protocol::frame::Refusal { code: ErrorCode::Gap, hash: None, expected: Some(3) });
    vec![
        (
            "client_frame",
            "append",
            ClientFrame::Append { request, space, entries: entries.clone() }.to_bytes(),
        ),
        (
            "client_frame",
            "links",
            ClientFrame::AppendLinks { request, space, links: vec![added()], restores: Some(true) }
                .to_bytes(),
        ),
        ("client_frame", "ping", ClientFrame::Ping { nonce: u64::MAX }.to_bytes()),
        ("server_frame", "entries", ServerFrame::Entries { space, first: 1, entries }.to_bytes()),
        (
            "server_frame",
            "links",
            ServerFrame::Links { request, space, links: vec![added()], height: 1, head, refusal: None }
                .to_bytes(),
        ),
        (
            "server_frame",
            "refused",
            ServerFrame::Appended { request, space, accepted: 0, refusal }.to_bytes(),
        ),
    ]
}

/// In the order in which the fields are declared, whatever features serde_json is built with.
macro_rules! json {
    ($body:expr) => {
        serde_json::to_vec(&$body).unwrap()
    };
}

fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let vault = targets::vault();
    let proof = api::Proof {
        challenge: api::to_text(&[5; 32]),
        device: vault.founder.id(),
        purpose: AuthPurpose::Ticket,
        signature: vault.founder.sign(&[6; 32]),
    };
    let account = vault.chain.account();
    let register = api::RegisterRequest::new(std::slice::from_ref(&vault.genesis), Some("invitation".into()));
    let public = api::to_text(&codec::encode(vault.paper.public()));
    vec![
        ("http", "register", json!(register)),
        ("http", "ticket", json!(api::TicketRequest { account, proof: proof.clone() })),
        ("http", "lookup", json!(api::LookupRequest { public, proof })),
        ("http", "invite", json!(account::InviteRequest { days: 30 })),
        ("http", "pairing", json!(api::PairingMessage { message: api::to_text(b"message") })),
    ]
}

fn at_rest() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (vault, mut rng) = (targets::vault(), rng());
    let passphrase = PassphraseWrap::wrap(&mut rng, b"passphrase", KdfParams::MINIMUM, &vault.store).unwrap();
    let secrets = PasskeySecrets { prf: &[1; 32], mac: &[2; 32] };
    vec![
        ("wraps", "passphrase", passphrase.to_bytes()),
        ("wraps", "passkey", PasskeyWrap::wrap(&mut rng, secrets, &vault.store).to_bytes()),
        ("wraps", "recovery", RecoveryWrap::seal_to(&mut rng, vault.paper.public(), &vault.store).unwrap()),
        ("wraps", "value", vault.store.seal(&mut rng, b"place", b"value")),
        ("wraps", "ring", vault.ring.to_secret().to_vec()),
        ("wraps", "device", vault.founder.to_secret().to_vec()),
    ]
}

/// Every valid file: target, name, bytes.
fn valid() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let vault = targets::vault();
    let reveal = Reveal { device: vault.founder.public().clone(), nonce: [7; 32] };
    let offer = Offer { version: limits::PROTOCOL_VERSION, commitment: reveal.commitment() };
    let export = br#"{"format":"life-os","records":[{"created":"2026-01-02T03:04:05.678Z","deleted":false,"fields":{"title":"Walk"},"id":"02020202-0202-4202-8202-020202020202","type":"task","updated":"2026-01-02T03:04:05.678Z"}],"streams":[],"version":1}"#;
    let mut all = vec![
        ("link", "added", codec::encode(&added())),
        ("link", "genesis", codec::encode(&vault.genesis)),
        ("chain", "two", codec::encode(&vec![vault.genesis.clone(), added()])),
        ("chain", "without-genesis", codec::encode(&vec![added()])),
        ("entry", "sealed", codec::encode(&sealed_entry())),
        ("entry", "packed", seal::packing::pack(b"short").unwrap()),
        ("payload", "one-change", payload()),
        ("keyboxes", "genesis", codec::encode(&vault.genesis.keyboxes)),
        ("manifest", "one-pack", codec::encode(&manifest())),
        ("pairing", "offer", codec::encode(&offer)),
        ("pairing", "reveal", codec::encode(&reveal)),
        ("pairing", "code", b"7KQ2-M9XD-4T".to_vec()),
        ("import", "one-task", export.to_vec()),
    ];
    all.extend(frames());
    all.extend(bodies());
    all.extend(at_rest());
    all
}

/// What belongs into every target's folder: bytes at the edges of the encodings.
fn edges() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("edge-empty", Vec::new()),
        ("edge-nested", vec![0x81; 4_000]),
        ("edge-endless", [&[1, 0x82, 4, 0xbf][..], &[0; 40]].concat()),
        ("edge-huge-length", vec![1, 0x82, 4, 0xa1, 2, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("edge-json-nested", b"[".repeat(4_000)),
    ]
}

fn files() -> BTreeMap<(String, String), Vec<u8>> {
    let valid =
        valid().into_iter().map(|(target, name, bytes)| ((target.to_owned(), name.to_owned()), bytes));
    let edges = TARGETS.iter().flat_map(|(target, _)| {
        edges().into_iter().map(|(name, bytes)| (((*target).to_owned(), name.to_owned()), bytes))
    });
    valid.chain(edges).collect()
}

#[test]
fn the_corpus_is_what_the_present_formats_make() {
    let made = files();
    if std::env::var_os("LIFEOS_WRITE_CORPUS").is_some() {
        for ((target, name), bytes) in &made {
            std::fs::create_dir_all(corpus().join(target)).unwrap();
            std::fs::write(corpus().join(target).join(name), bytes).unwrap();
        }
    }
    for ((target, name), bytes) in &made {
        let found = std::fs::read(corpus().join(target).join(name));
        assert!(found.is_ok_and(|found| found == *bytes), "{target}/{name} is another file");
    }
}

#[test]
fn every_file_of_the_corpus_is_taken_without_a_panic() {
    for (name, target) in TARGETS {
        let folder = std::fs::read_dir(corpus().join(name)).expect("a folder for every target");
        let files: Vec<PathBuf> = folder.map(|f| f.unwrap().path()).collect();
        assert!(files.len() > edges().len(), "{name} has no valid file");
        files.iter().for_each(|file| target(&std::fs::read(file).unwrap()));
    }
}

#[test]
fn valid_bytes_are_taken_for_what_they_are() {
    let of = |target: &str, name: &str| files()[&(target.to_owned(), name.to_owned())].clone();
    assert!(ClientFrame::from_bytes(&of("client_frame", "append")).is_ok());
    assert!(ServerFrame::from_bytes(&of("server_frame", "links")).is_ok());
    let link: LinkItem = codec::decode(&of("link", "added")).unwrap();
    assert!(targets::vault().chain.clone().extend(link.link, link.keyboxes).is_ok());
    let entry: SealedEntry = codec::decode(&of("entry", "sealed")).unwrap();
    let entry = entry.read().unwrap();
    assert!(targets::vault().chain.admit(&entry, None).is_ok());
    assert_eq!(seal::open_entry(&entry, &targets::vault().ring).unwrap(), b"short");
    let manifest: SealedManifest = codec::decode(&of("manifest", "one-pack")).unwrap();
    assert!(manifest.verify(&targets::vault().chain).is_ok());
    assert_eq!(life::import::parse(&of("import", "one-task")).unwrap().items.len(), 1);
    let payload: Payload = codec::decode(&of("payload", "one-change")).unwrap();
    assert!(automerge::Change::from_bytes(payload.items[0].changes[0].to_vec()).is_ok());
}

/// A fuzzer for those who have none: each valid file, cut at many places and with many bits flipped.
#[test]
fn valid_bytes_that_were_cut_or_flipped_are_taken_without_a_panic() {
    let targets: BTreeMap<&str, Target> = TARGETS.into_iter().collect();
    let mut dice = tests::dice::Dice::new(82);
    for (target, _, bytes) in valid() {
        let target = targets[target];
        for _ in 0..200 {
            let mut changed = bytes.clone();
            for _ in 0..dice.between(1, 3) {
                let at = dice.below(changed.len());
                changed[at] ^= 1 << dice.below(8);
            }
            target(&changed);
            changed.truncate(dice.below(bytes.len()));
            target(&changed);
        }
    }
}

//! Padding, headers and whole entries.

use crate::tape::Tape;
use crate::{cast, cbor, decrypt, domain_hash, frozen, hex, hkdf, unhex};
use protocol::{EntryHash, Header, LinkHash, SealedEntry, Signature, SpaceId};
use seal::{EntryDraft, open_entry, packing, seal_entry};
use serde_json::{Value, json};

const EPOCH: [u8; 32] = [0x6b; 32];

fn lengths() -> Vec<usize> {
    vec![0, 1, 256, 512, 513, 544, 545, 1_000, 1_024, 1_025, 65_535, 65_536, 65_537, 516_096, 524_271]
}

/// Deflate of the wire may come from any encoder, so this one is a fixed string: `abc` 100 times, by another (zlib).
const DEFLATED: [u8; 9] = [0x4b, 0x4c, 0x4a, 0x4e, 0x1c, 0x45, 0xc4, 0x21, 0x00];

fn build() -> Value {
    let laptop = cast::laptop();
    let (ring, epoch) = cast::epoch_key(EPOCH);
    let mut cases = Vec::new();
    for (index, plaintext) in [(1, b"".as_slice()), (2, b"a habit"), (1 << 33, &[0xc3; 1])] {
        let mut tape = Tape::new(&format!("entry {index}"));
        let draft = EntryDraft {
            kind: protocol::entry::KIND_CHANGES,
            space: SpaceId::new([0x5a; 32]),
            index,
            previous: if index == 1 { Header::NO_PREVIOUS } else { EntryHash::new([0x3c; 32]) },
            membership: LinkHash::new([0x4d; 32]),
        };
        let key = ring.get(&epoch).unwrap();
        let entry = seal_entry(&mut tape, &draft, key, &laptop.keys, plaintext).unwrap();
        let sealed = entry.sealed();
        cases.push(json!({
            "plaintext": hex(plaintext),
            "nonce": tape.used(),
            "header": hex(&sealed.header),
            "header_cbor": cbor::read(&sealed.header),
            "packed": hex(packing::pack(plaintext).unwrap()),
            "ciphertext": hex(&sealed.ciphertext),
            "address": entry.hash().to_string(),
            "signature": sealed.signature.to_string(),
            "entry": hex(protocol::codec::encode(sealed)),
        }));
    }
    let mut packed = vec![1, 9, 0, 0, 0];
    packed.extend(DEFLATED);
    packed.resize(512, 0);
    json!({
        "author": cast::describe(&laptop),
        "epoch_key": hex(EPOCH),
        "padded_lengths": lengths().into_iter().map(|l| [l, packing::padded_length(l)]).collect::<Vec<_>>(),
        "deflated": { "packed": hex(&packed), "plaintext": hex(packing::unpack(&packed).unwrap()) },
        "largest_plaintext_that_surely_fits": seal::MAX_PLAINTEXT,
        "entries": cases,
    })
}

#[test]
fn entries_are_frozen() {
    frozen("entries.json", &build());
}

#[test]
fn entries_follow_from_the_standards() {
    let v = build();
    let public = ed25519_dalek::SigningKey::from_bytes(&cast::seeds(1)[0]).verifying_key();
    for case in v["entries"].as_array().unwrap() {
        let header = cbor::read(&unhex(&case["header"]));
        let (header_bytes, ciphertext) = (unhex(&case["header"]), unhex(&case["ciphertext"]));
        assert_eq!((&header["0"], &header["1"]), (&json!(1), &json!(1)));
        assert_eq!(header["2"], format!("h'{}'", "5a".repeat(32)));
        assert_eq!(cbor::bytes(&header["3"]), unhex(&v["author"]["id"]));
        assert_eq!(cbor::bytes(&header["6"]), hkdf("life-os v1 epoch key", &EPOCH, &[b"id"]));
        assert_eq!(cbor::bytes(&header["8"]), unhex(&case["nonce"]));
        assert_eq!(header["9"], ciphertext.len());
        let key = hkdf("life-os v1 epoch key", &EPOCH, &[b"entry", &[0x5a; 32], &[1]]);
        let packed = decrypt(key, &unhex(&case["nonce"]), &header_bytes, &ciphertext);
        assert_eq!(packed, unhex(&case["packed"]));
        let plaintext = unhex(&case["plaintext"]);
        assert_eq!((packed[0], packed.len()), (0, 512));
        assert_eq!(packed[1..5], u32::try_from(plaintext.len()).unwrap().to_le_bytes());
        assert_eq!(packed[5..5 + plaintext.len()], plaintext);
        let address = domain_hash("life-os v1 entry", &[&header_bytes, &ciphertext]);
        assert_eq!(unhex(&case["address"]), address);
        crate::signed(public.as_bytes(), &address, &unhex(&case["signature"]));
        let whole = cbor::read(&unhex(&case["entry"]));
        let parts = [&whole["0"], &whole["1"], &whole["2"]].map(cbor::bytes);
        assert_eq!(parts, [header_bytes, ciphertext, unhex(&case["signature"])]);
    }
    assert_eq!(unhex(&v["deflated"]["plaintext"]), b"abc".repeat(100));
}

#[test]
fn frozen_entries_open() {
    let (ring, _) = cast::epoch_key(EPOCH);
    for case in build()["entries"].as_array().unwrap() {
        let sealed = SealedEntry {
            header: unhex(&case["header"]),
            ciphertext: unhex(&case["ciphertext"]),
            signature: Signature::from_slice(&unhex(&case["signature"])).unwrap(),
        };
        assert_eq!(open_entry(&sealed.read().unwrap(), &ring).unwrap(), unhex(&case["plaintext"]));
    }
}

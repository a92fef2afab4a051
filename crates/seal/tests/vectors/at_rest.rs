//! What a device writes on its own disk.

use crate::tape::Tape;
use crate::{cast, cbor, decrypt, frozen, hex, hkdf, hpke_open, unhex};
use seal::{KdfParams, PassphraseWrap, RecoveryWrap, StoreKey};
use serde_json::{Value, json};

const SALT: &str = "life-os v1 store key";

fn build() -> Value {
    let mut tape = Tape::new("at rest");
    let key = StoreKey::generate(&mut tape);
    let key_bytes = tape.used();
    let sealed = key.seal(&mut tape, b"a place", b"some words");
    let seal_random = tape.used();
    let wrap =
        PassphraseWrap::wrap(&mut tape, b"correct horse", KdfParams::MINIMUM, &key).unwrap().to_bytes();
    let wrap_random = tape.used();
    let paper = cast::paper();
    let recovery = RecoveryWrap::seal_to(&mut tape, paper.keys.public(), &key).unwrap();
    let mut ring = seal::KeyRing::new();
    ring.insert(seal::EpochKey::generate(&mut Tape::new("ring 1")));
    ring.insert(seal::EpochKey::generate(&mut Tape::new("ring 2")));
    json!({
        "store_key": key_bytes,
        "sealed": { "aad": hex("a place"), "plaintext": hex("some words"), "nonce": seal_random, "bytes": hex(sealed) },
        "tag": { "label": hex("habit"), "tag": hex(key.tag(b"habit")) },
        "passphrase_wrap": {
            "passphrase": hex("correct horse"),
            "salt_and_nonce": wrap_random,
            "cbor": cbor::read(&wrap),
            "bytes": hex(wrap),
        },
        "recovery_wrap": {
            "to": cast::describe(&paper),
            "randomness": tape.used(),
            "cbor": cbor::read(&recovery),
            "bytes": hex(recovery),
        },
        "device_keys": { "of": cast::describe(&cast::laptop()), "bytes": hex(cast::laptop().keys.to_secret()) },
        "key_ring": { "cbor": cbor::read(&ring.to_secret()), "bytes": hex(ring.to_secret()) },
    })
}

#[test]
fn forms_at_rest_are_frozen() {
    frozen("at_rest.json", &build());
}

#[test]
fn forms_at_rest_follow_from_the_standards() {
    let v = build();
    let key = unhex(&v["store_key"]);
    let sealed = unhex(&v["sealed"]["bytes"]);
    assert_eq!((sealed[0], &sealed[1..25]), (1, &unhex(&v["sealed"]["nonce"])[..]));
    let opened = decrypt(hkdf(SALT, &key, &[b"seal"]), &sealed[1..25], b"\x01a place", &sealed[25..]);
    assert_eq!(opened, b"some words");
    let tag = blake3::keyed_hash(&hkdf(SALT, &key, &[b"tag"]), b"habit");
    assert_eq!(unhex(&v["tag"]["tag"]), tag.as_bytes()[..8]);

    let wrap = cbor::read(&unhex(&v["passphrase_wrap"]["bytes"]));
    let cost = &wrap["1"];
    assert_eq!(cost, &json!({ "0": 19_456, "1": 2, "2": 1 }));
    let (salt, nonce) = (cbor::bytes(&wrap["2"]), cbor::bytes(&wrap["3"]));
    assert_eq!([salt.clone(), nonce.clone()].concat(), unhex(&v["passphrase_wrap"]["salt_and_nonce"]));
    let mut wrapping = [0; 32];
    let params = argon2::Params::new(19_456, 2, 1, Some(32)).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(b"correct horse", &salt, &mut wrapping)
        .unwrap();
    let numbers = [19_456_u32, 2, 1].map(u32::to_le_bytes).concat();
    let aad = [&b"life-os v1 passphrase wrap\x01"[..], &numbers, &salt].concat();
    assert_eq!(decrypt(wrapping, &nonce, &aad, &cbor::bytes(&wrap["4"])), key);

    let recovery = cbor::read(&unhex(&v["recovery_wrap"]["bytes"]));
    let to = &v["recovery_wrap"]["to"];
    let recipient = cbor::bytes(&recovery["1"]);
    assert_eq!(recipient, unhex(&to["id"]));
    let info = [&b"life-os v1 recovery wrap"[..], &recipient];
    let seed = unhex(&to["kem_seed"]);
    let opened = hpke_open(&seed, &info, &cbor::bytes(&recovery["2"]), &cbor::bytes(&recovery["3"]));
    assert_eq!(opened, key);

    assert_eq!(unhex(&v["device_keys"]["bytes"]), cast::secret(cast::seeds(1)));
    let ring = v["key_ring"]["cbor"].as_array().unwrap();
    assert_eq!((ring.len(), &ring[0]), (3, &json!(1)));
    let id = |key: &Value| hkdf("life-os v1 epoch key", &cbor::bytes(key), &[b"id"]);
    assert!(id(&ring[1]) < id(&ring[2]), "sorted by epoch id");
}

//! Every key and name that is derived: from phrase, seeds, epoch key, space.

use crate::{cast, cbor, domain_hash, frozen, hex, hkdf, unhex};
use protocol::{AccountId, EntryHash, RunningHash, SpaceId, codec};
use serde_json::{Value, json};

fn build() -> Value {
    let (phrase, laptop, paper) = (cast::phrase(), cast::laptop(), cast::paper());
    let [sign, kem] = cast::seeds_of(&paper);
    let [laptop_sign, laptop_kem] = cast::seeds_of(&laptop);
    let space = SpaceId::new([0x5a; 32]);
    let epoch = [0x6b; 32];
    let salt = "life-os v1 epoch key";
    let entries = [EntryHash::new([1; 32]), EntryHash::new([2; 32])];
    let start = RunningHash::start(&space);
    let first = start.then(&entries[0]);
    let after_each = [first, first.then(&entries[1])].map(|h| h.to_string());
    json!({
        "phrase": {
            "entropy": hex(cast::entropy()),
            "words": *phrase.words(),
            "sign_seed": hex(sign),
            "kem_seed": hex(kem),
            "device_id": paper.keys.id().to_string(),
        },
        "device": {
            "sign_seed": hex(laptop_sign),
            "kem_seed": hex(laptop_kem),
            "sign_public": laptop.keys.public().sign.to_string(),
            "kem_suite": laptop.keys.public().kem.suite,
            "kem_public": hex(&laptop.keys.public().kem.bytes),
            "public_cbor": hex(codec::encode(laptop.keys.public())),
            "device_id": laptop.keys.id().to_string(),
            "hash_to_sign": hex([0x77; 32]),
            "signature": laptop.keys.sign(&[0x77; 32]).to_string(),
        },
        "epoch": {
            "key": hex(epoch),
            "epoch_id": cast::epoch_key(epoch).1.to_string(),
            "space": space.to_string(),
            "entry_key_of_kind_1": hex(hkdf(salt, &epoch, &[b"entry", space.as_bytes(), &[1]])),
            "entry_key_of_kind_2": hex(hkdf(salt, &epoch, &[b"entry", space.as_bytes(), &[2]])),
            "history_key": hex(hkdf(salt, &epoch, &[b"history", space.as_bytes()])),
        },
        "account": { "space": space.to_string(), "account_id": AccountId::of_vault(&space).to_string() },
        "running_hash": {
            "space": space.to_string(),
            "start": start.to_string(),
            "entries": Vec::from(entries.map(|e| e.to_string())),
            "after_each": after_each,
        },
    })
}

#[test]
fn derivations_are_frozen() {
    frozen("derivations.json", &build());
}

#[test]
fn derivations_follow_from_the_standards() {
    let v = build();
    let phrase = &v["phrase"];
    let entropy = unhex(&phrase["entropy"]);
    let words =
        bip39::Mnemonic::parse_in_normalized(bip39::Language::English, phrase["words"].as_str().unwrap());
    assert_eq!(words.unwrap().to_entropy(), entropy);
    let salt = "life-os v1 recovery phrase";
    assert_eq!(unhex(&phrase["sign_seed"]), hkdf(salt, &entropy, &[b"sign"]));
    assert_eq!(unhex(&phrase["kem_seed"]), hkdf(salt, &entropy, &[b"kem"]));

    let device = &v["device"];
    let sign = ed25519_dalek::SigningKey::from_bytes(&unhex(&device["sign_seed"]).try_into().unwrap());
    let public = sign.verifying_key().to_bytes();
    assert_eq!(unhex(&device["sign_public"]), public);
    let kem = {
        use hpke::{Deserializable, Kem, Serializable, kem::XWing};
        let seed = <XWing as Kem>::PrivateKey::from_bytes(&unhex(&device["kem_seed"])).unwrap();
        XWing::sk_to_pk(&seed).to_bytes().to_vec()
    };
    assert_eq!(unhex(&device["kem_public"]), kem);
    let expected =
        json!({ "0": format!("h'{}'", hex(public)), "1": { "0": 1, "1": format!("h'{}'", hex(&kem)) } });
    assert_eq!(cbor::read(&unhex(&device["public_cbor"])), expected);
    let id = domain_hash("life-os v1 device id", &[&unhex(&device["public_cbor"])]);
    assert_eq!(unhex(&device["device_id"]), id[..16]);
    crate::signed(&public, &[0x77; 32], &unhex(&device["signature"]));

    let space = unhex(&v["account"]["space"]);
    let account = domain_hash("life-os v1 account id", &[&space]);
    assert_eq!(unhex(&v["account"]["account_id"]), account[..16]);
    let running = &v["running_hash"];
    let mut hash = domain_hash("life-os v1 running hash start", &[&space]);
    assert_eq!(unhex(&running["start"]), hash);
    for (entry, after) in
        running["entries"].as_array().unwrap().iter().zip(running["after_each"].as_array().unwrap())
    {
        hash = domain_hash("life-os v1 running hash step", &[&hash, &unhex(entry)]);
        assert_eq!(unhex(after), hash);
    }
}

//! The clear, signed part of compacted state.

use crate::{cast, cbor, domain_hash, frozen, hex, signed, unhex};
use protocol::manifest::{ManifestHeader, PackRef, SealedManifest};
use protocol::{DeviceId, EntryHash, EpochId, Head, LinkHash, ManifestHash, SpaceId, codec};
use serde_json::{Value, json};

fn build() -> Value {
    let laptop = cast::laptop();
    let pack = b"a sealed pack";
    let body = b"a sealed body".to_vec();
    let head =
        |n: u8| Head { device: DeviceId::new([n; 16]), index: u64::from(n), hash: EntryHash::new([n; 32]) };
    let mut cases = Vec::new();
    for parent in [None, Some(ManifestHash::new([0x2b; 32]))] {
        let header = codec::encode(&ManifestHeader {
            version: 1,
            space: SpaceId::new([0x5a; 32]),
            device: laptop.keys.id(),
            parent,
            membership: LinkHash::new([0x4d; 32]),
            epoch: EpochId::new([0x6b; 32]),
            packs: vec![PackRef { hash: PackRef::address(pack), size: pack.len() as u64 }],
            coverage: vec![head(1), head(2)],
            nonce: [0x7c; 24],
            length: u32::try_from(body.len()).unwrap(),
        });
        let hash = SealedManifest::hash(&header, &body);
        let signature = laptop.keys.sign(hash.as_bytes());
        cases.push(json!({
            "header": hex(&header),
            "header_cbor": cbor::read(&header),
            "body": hex(&body),
            "hash": hash.to_string(),
            "signature": signature.to_string(),
            "manifest": hex(codec::encode(&SealedManifest { header, body: body.clone(), signature })),
        }));
    }
    json!({
        "author": cast::describe(&laptop),
        "pack": { "bytes": hex(pack), "address": PackRef::address(pack).to_string() },
        "manifests": cases,
    })
}

#[test]
fn manifests_are_frozen() {
    frozen("manifests.json", &build());
}

#[test]
fn manifests_follow_from_the_standards() {
    let v = build();
    let pack = domain_hash("life-os v1 pack", &[&unhex(&v["pack"]["bytes"])]);
    assert_eq!(unhex(&v["pack"]["address"]), pack);
    let public = ed25519_dalek::SigningKey::from_bytes(&cast::seeds(1)[0]).verifying_key();
    for case in v["manifests"].as_array().unwrap() {
        let header = cbor::read(&unhex(&case["header"]));
        assert_eq!(header["6"], json!([{ "0": format!("h'{}'", hex(pack)), "1": 13 }]));
        assert_eq!(header["7"][1]["1"], 2);
        assert_eq!(header["9"], 13);
        let hash = domain_hash("life-os v1 manifest", &[&unhex(&case["header"]), &unhex(&case["body"])]);
        assert_eq!(unhex(&case["hash"]), hash);
        signed(public.as_bytes(), &hash, &unhex(&case["signature"]));
    }
    assert!(cbor::read(&unhex(&v["manifests"][0]["header"])).get("3").is_none());
}

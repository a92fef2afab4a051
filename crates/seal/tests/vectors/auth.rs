//! Proofs of a device, one of each purpose.

use crate::{cast, cbor, domain_hash, frozen, hex, signed, unhex};
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::{AccountId, codec};
use serde_json::{Value, json};

fn build() -> Value {
    let laptop = cast::laptop();
    let purposes = [
        ("ticket", AuthPurpose::Ticket),
        ("socket", AuthPurpose::Socket),
        ("lookup", AuthPurpose::Lookup),
        ("passkey", AuthPurpose::Passkey),
        ("session", AuthPurpose::Session),
        ("deletion", AuthPurpose::Deletion),
    ];
    let claims = purposes.map(|(name, purpose)| {
        let claim = AuthClaim {
            origin: "https://relay.example".into(),
            account: (purpose != AuthPurpose::Lookup).then_some(AccountId::new([0x1e; 16])),
            challenge: [0x2f; 32],
            purpose,
            device: laptop.keys.id(),
        };
        json!({
            "purpose": name,
            "claim": hex(codec::encode(&claim)),
            "claim_cbor": cbor::read(&codec::encode(&claim)),
            "hash_to_sign": hex(claim.signing_hash()),
            "signature": laptop.keys.sign(&claim.signing_hash()).to_string(),
        })
    });
    json!({ "device": cast::describe(&laptop), "claims": claims })
}

#[test]
fn proofs_are_frozen() {
    frozen("auth.json", &build());
}

#[test]
fn proofs_follow_from_the_standards() {
    let v = build();
    let public = ed25519_dalek::SigningKey::from_bytes(&cast::seeds(1)[0]).verifying_key();
    for (number, case) in (1..).zip(v["claims"].as_array().unwrap()) {
        let hash = domain_hash("life-os v1 auth claim", &[&unhex(&case["claim"])]);
        assert_eq!(unhex(&case["hash_to_sign"]), hash);
        signed(public.as_bytes(), &hash, &unhex(&case["signature"]));
        let claim = cbor::read(&unhex(&case["claim"]));
        assert_eq!((&claim["0"], &claim["3"]), (&json!("https://relay.example"), &json!(number)));
        assert_eq!(claim.get("1").is_none(), case["purpose"] == "lookup");
    }
}

//! A whole pairing: its code, its mailbox, its four messages and the six digits.

use crate::{cast, cbor, domain_hash, frozen, hex, unhex};
use protocol::pairing::{Answer, Offer, PairingCode, Reveal, Verdict, check_code};
use protocol::{LinkHash, SpaceId, codec, limits};
use serde_json::{Value, json};

/// 7 bytes of which 50 bits are shown.
const RANDOM: [u8; 7] = [0x3a, 0x91, 0xf0, 0x27, 0x5c, 0xee, 0x40];

fn build() -> Value {
    let (laptop, tablet) = (cast::laptop(), cast::tablet());
    let code = PairingCode::of_random(&RANDOM);
    let reveal = Reveal { device: tablet.keys.public().clone(), nonce: [0x44; 32] };
    let offer = Offer { version: limits::PROTOCOL_VERSION, commitment: reveal.commitment() };
    let member = laptop.keys.public().clone();
    let answer = Answer {
        member,
        space: SpaceId::new([0x51; 32]),
        head: LinkHash::new([0x62; 32]),
        nonce: [0x73; 32],
    };
    let message = |bytes: Vec<u8>| json!({ "bytes": hex(&bytes), "cbor": cbor::read(&bytes) });
    json!({
        "member": cast::describe(&laptop),
        "newcomer": cast::describe(&tablet),
        "random": hex(RANDOM),
        "code": code.to_string(),
        "mailbox": code.mailbox().to_string(),
        "offer": message(codec::encode(&offer)),
        "answer": message(codec::encode(&answer)),
        "reveal": message(codec::encode(&reveal)),
        "verdict": message(codec::encode(&Verdict { added: true })),
        "digits": check_code(&offer, &answer, &reveal),
    })
}

#[test]
fn a_pairing_is_frozen() {
    frozen("pairing.json", &build());
}

#[test]
fn a_pairing_follows_from_the_standards() {
    let v = build();
    // Crockford's base 32: five bits a character, the highest first.
    let bits: Vec<u8> = RANDOM.iter().flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)).collect();
    let digit = |five: &[u8]| {
        let value = five.iter().fold(0, |n, bit| n * 2 + usize::from(*bit));
        char::from(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value])
    };
    let code: String = bits[..50].chunks(5).map(digit).collect();
    assert_eq!(v["code"].as_str().unwrap().replace('-', ""), code);
    let mailbox = domain_hash("life-os v1 pairing mailbox", &[code.as_bytes()]);
    assert_eq!(unhex(&v["mailbox"]), mailbox[..16]);
    // The reveal is a map of the keys and the nonce: both are cut out of its bytes.
    let reveal = unhex(&v["reveal"]["bytes"]);
    assert_eq!(reveal[..2], [0xa2, 0]);
    let (keys, rest) = reveal[2..].split_at(reveal.len() - 2 - 35);
    assert_eq!(rest[..3], [1, 0x58, 32]);
    let commitment = domain_hash("life-os v1 pairing commitment", &[keys, &rest[3..]]);
    assert_eq!(v["offer"]["cbor"], json!({ "0": 1, "1": format!("h'{}'", hex(commitment)) }));
    let parts = ["offer", "answer", "reveal"].map(|name| unhex(&v[name]["bytes"]));
    let hash = domain_hash("life-os v1 pairing check code", &[&parts[0], &parts[1], &parts[2]]);
    let number = u64::from_be_bytes(hash[..8].try_into().unwrap()) % 1_000_000;
    assert_eq!(v["digits"].as_str().unwrap().replace(' ', ""), format!("{number:06}"));
    assert_eq!(v["verdict"]["cbor"], json!({ "0": true }));
}

//! Who appears in the vectors, with seeds anybody can type.

use crate::hex;
use seal::{DeviceKeys, EpochKey, KeyRing, Phrase};
use serde_json::{Value, json};

/// A device and the seeds it comes from.
pub struct Person {
    pub name: &'static str,
    pub keys: DeviceKeys,
}

/// The two seeds of a device by its number: 32 times `10 n + 1`, 32 times `10 n + 2` in hexadecimal digits.
pub fn seeds(n: u8) -> [[u8; 32]; 2] {
    [[n * 16 + 1; 32], [n * 16 + 2; 32]]
}

/// CBOR of device keys, written by hand.
pub fn secret([sign, kem]: [[u8; 32]; 2]) -> Vec<u8> {
    [&[0xa3, 0, 1, 1, 0x58, 32][..], &sign, &[2, 0x58, 32], &kem].concat()
}

fn device(name: &'static str, n: u8) -> Person {
    Person { name, keys: DeviceKeys::from_secret(&secret(seeds(n))).unwrap() }
}

pub fn laptop() -> Person {
    device("laptop", 1)
}
pub fn phone() -> Person {
    device("phone", 2)
}
pub fn tablet() -> Person {
    device("tablet", 3)
}

/// Entropy 00 01 02 .. 1f.
pub fn entropy() -> Vec<u8> {
    (0..32).collect()
}

pub fn phrase() -> Phrase {
    let words = bip39::Mnemonic::from_entropy_in(bip39::Language::English, &entropy()).unwrap();
    Phrase::parse(&words.to_string()).unwrap()
}
pub fn paper() -> Person {
    Person { name: "paper", keys: phrase().device_keys() }
}
/// The phrase that replaces the first.
pub fn new_paper() -> Person {
    device("new paper", 4)
}

/// The seeds of a person as a reader needs them.
pub fn seeds_of(person: &Person) -> [Vec<u8>; 2] {
    let secret = person.keys.to_secret();
    [secret[6..38].to_vec(), secret[41..73].to_vec()]
}

pub fn describe(person: &Person) -> Value {
    let [sign, kem] = seeds_of(person);
    json!({ "name": person.name, "id": person.keys.id().to_string(), "sign_seed": hex(sign), "kem_seed": hex(kem) })
}

/// The epoch key of these bytes.
pub fn epoch_key(bytes: [u8; 32]) -> (KeyRing, protocol::EpochId) {
    let ring = KeyRing::from_secret(&[&[0x82, 1, 0x58, 32][..], &bytes].concat()).unwrap();
    let id = hkdf_id(&bytes);
    assert!(ring.get(&id).is_some());
    (ring, id)
}

fn hkdf_id(bytes: &[u8]) -> protocol::EpochId {
    protocol::EpochId::new(crate::hkdf("life-os v1 epoch key", bytes, &[b"id"]))
}

pub fn key_bytes(key: &EpochKey, ring: &KeyRing) -> Vec<u8> {
    let secret = ring.to_secret();
    let keys = secret.windows(32).filter(|w| hkdf_id(w) == key.id());
    keys.map(<[u8]>::to_vec).next().unwrap()
}

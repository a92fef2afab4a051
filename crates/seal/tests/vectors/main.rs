//! The frozen formats. Every file under `tests/vectors` is computed again from fixed inputs and compared; beside that,
//! the tests here check the same bytes with nothing but the standards' own crates and a CBOR reader of their own, so a
//! vector cannot agree with this code by being made by it alone.
//!
//! A difference is a break of the wire or of stored data. Only while a format is being made are files written anew:
//! `LIFEOS_WRITE_VECTORS=1 cargo test -p seal --test vectors`.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod at_rest;
mod auth;
#[path = "../kit/browser.rs"]
mod browser;
mod cast;
mod cbor;
mod derivations;
mod entries;
mod frames;
mod links;
mod manifest;
mod notices;
mod pairing;
mod tape;

use serde_json::Value;
use std::path::PathBuf;

pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

pub fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Compares `computed` with the file called `name`, or writes it when asked to.
pub fn frozen(name: &str, computed: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name);
    if std::env::var_os("LIFEOS_WRITE_VECTORS").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, serde_json::to_string_pretty(computed).unwrap() + "\n").unwrap();
    }
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    differ(name, &file, computed);
}

/// Fails at the first place where two values differ, and names it.
fn differ(at: &str, file: &Value, computed: &Value) {
    match (file, computed) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = |m: &serde_json::Map<String, Value>| {
                let mut keys: Vec<_> = m.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(a), keys(b), "{at}");
            a.iter().for_each(|(key, value)| differ(&format!("{at}/{key}"), value, &b[key]));
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| differ(&format!("{at}/{i}"), a, b));
        }
        _ => assert_eq!(file, computed, "{at}"),
    }
}

/// BLAKE3 in key-derivation mode over length-prefixed parts, as docs/protocol.md has it.
pub fn domain_hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut input = Vec::new();
    for part in parts {
        input.extend((part.len() as u64).to_le_bytes());
        input.extend(*part);
    }
    blake3::derive_key(context, &input)
}

/// HKDF-SHA256 of the standard crate.
pub fn hkdf(salt: &str, secret: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let mut out = [0; 32];
    hkdf::Hkdf::<sha2::Sha256>::new(Some(salt.as_bytes()), secret).expand(&info.concat(), &mut out).unwrap();
    out
}

/// XChaCha20-Poly1305 of the standard crate.
pub fn decrypt(key: [u8; 32], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    let nonce: [u8; 24] = nonce.try_into().unwrap();
    let cipher = chacha20poly1305::XChaCha20Poly1305::new(&key.into());
    cipher.decrypt(&nonce.into(), Payload { msg: ciphertext, aad }).unwrap()
}

/// HPKE of the standard crate: opens what was sealed to the X-Wing key with this seed.
pub fn hpke_open(seed: &[u8], info: &[&[u8]], encapsulated: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    use hpke::{Deserializable, Kem, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
    let key = <XWing as Kem>::PrivateKey::from_bytes(seed).unwrap();
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).unwrap();
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &hpke::OpModeR::Base,
        &key,
        &encapsulated,
        &info.concat(),
        ciphertext,
        &[],
    )
    .unwrap()
}

/// Ed25519 of the standard crate.
pub fn signed(public: &[u8], hash: &[u8; 32], signature: &[u8]) {
    let key = ed25519_dalek::VerifyingKey::from_bytes(public.try_into().unwrap()).unwrap();
    key.verify_strict(hash, &ed25519_dalek::Signature::from_slice(signature).unwrap()).unwrap();
}

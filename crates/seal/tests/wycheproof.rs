//! Project Wycheproof's vectors for the primitives that everything here rests on, through the functions that are really
//! called: the cipher's own source is compiled into this test, signatures go through [`protocol::SignPublic`].
//!
//! Two of them take only shapes of ours, so part of their vectors goes to the primitive itself, in the very version and by
//! the very call that stands behind them:
//! - `SignPublic::verify` takes 32 bytes, a hash. Vectors with other messages go to `verify_strict` of `ed25519-dalek`.
//! - HPKE's KEM is X-Wing, which knows no bare X25519. `x-wing` calls `StaticSecret::diffie_hellman` of `x25519-dalek`;
//!   `Cargo.lock` holds one version of it, which is the one here. A share of small order gives an all-zero secret there, and
//!   X-Wing takes it on purpose: the secret is hashed together with that of ML-KEM, the share and the public key.
//!
//! `verify_strict` refuses more than RFC 8032 must: keys and nonces of small order. None of the vectors that are called
//! valid has such a key; a test says so, so that a later set of vectors that has one is noticed and not passed over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../src/cipher.rs"]
#[allow(dead_code, reason = "the whole of the cipher; vectors use what they need")]
mod cipher;

use protocol::{SignPublic, Signature};
use wycheproof::TestResult;

#[test]
fn xchacha20_poly1305_seals_and_opens_as_the_vectors_say() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::XChaCha20Poly1305).unwrap();
    let (mut held, mut refused, mut no_nonce) = (0, 0, 0);
    for (group, test) in set.test_groups.iter().flat_map(|g| g.tests.iter().map(move |t| (g, t))) {
        let name = format!("vector {}: {}", test.tc_id, test.comment);
        assert_eq!((group.key_size, group.tag_size), (256, 128), "{name}");
        let key: [u8; 32] = test.key[..].try_into().unwrap();
        // A nonce of another length cannot be written down: the functions take 24 bytes.
        let Ok(nonce) = <[u8; cipher::NONCE]>::try_from(&test.nonce[..]) else {
            assert_eq!(test.result, TestResult::Invalid, "{name}");
            no_nonce += 1;
            continue;
        };
        let sealed = [&test.ct[..], &test.tag[..]].concat();
        let opened = cipher::open(&key, nonce, &test.aad, &sealed);
        match test.result {
            TestResult::Valid => {
                assert_eq!(opened.unwrap(), test.pt[..], "{name}");
                assert_eq!(cipher::seal(&key, nonce, &test.aad, &test.pt).unwrap(), sealed, "{name}");
                held += 1;
            }
            TestResult::Invalid => {
                assert!(opened.is_err(), "{name}");
                refused += 1;
            }
            TestResult::Acceptable => panic!("{name}: nothing is said of those"),
        }
    }
    assert_eq!(held + refused + no_nonce, set.number_of_tests);
    assert!(held > 200 && refused > 50 && no_nonce > 0, "{held} {refused} {no_nonce}");
    assert_eq!(cipher::TAG, 16);
}

/// Whether the signature holds for those who check signatures here.
fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    // Keys and signatures of another length cannot be written down.
    let (Some(key), Some(signature)) = (SignPublic::from_slice(key), Signature::from_slice(signature)) else {
        return false;
    };
    if let Ok(hash) = <&[u8; 32]>::try_from(message) {
        return key.verify(hash, &signature).is_ok();
    }
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes())
        .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

#[test]
fn ed25519_verifies_strictly_and_refuses_none_of_the_valid_vectors() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let (mut held, mut refused, mut hashes) = (0, 0, 0);
    for (group, test) in set.test_groups.iter().flat_map(|g| g.tests.iter().map(move |t| (g, t))) {
        let name = format!("vector {}: {}", test.tc_id, test.comment);
        let holds = verify(&group.key.pk, &test.msg, &test.sig);
        hashes += usize::from(test.msg.len() == 32);
        match test.result {
            TestResult::Valid => {
                assert!(holds, "{name}");
                held += 1;
            }
            TestResult::Invalid => {
                assert!(!holds, "{name}");
                refused += 1;
            }
            TestResult::Acceptable => panic!("{name}: nothing is said of those"),
        }
    }
    assert_eq!(held + refused, set.number_of_tests);
    assert!(held > 50 && refused > 50 && hashes > 0, "{held} {refused} {hashes}");
}

#[test]
fn x25519_agrees_as_the_vectors_say_those_that_are_only_acceptable_among_them() {
    let set = wycheproof::xdh::TestSet::load(wycheproof::xdh::TestName::X25519).unwrap();
    let (mut valid, mut acceptable, mut zero) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        let name = format!("vector {}: {}", test.tc_id, test.comment);
        let private: [u8; 32] = test.private_key[..].try_into().unwrap();
        let Ok(public) = <[u8; 32]>::try_from(&test.public_key[..]) else {
            assert_ne!(test.result, TestResult::Valid, "{name}");
            continue;
        };
        let secret = x25519_dalek::StaticSecret::from(private);
        let shared = secret.diffie_hellman(&x25519_dalek::PublicKey::from(public));
        assert_eq!(shared.as_bytes()[..], test.shared_secret[..], "{name}");
        // It is told apart from all others, so that whoever must refuse it can.
        assert_eq!(shared.was_contributory(), shared.as_bytes() != &[0; 32], "{name}");
        match test.result {
            TestResult::Valid => valid += 1,
            TestResult::Acceptable => acceptable += 1,
            TestResult::Invalid => panic!("{name}: nothing is said of those"),
        }
        zero += usize::from(!shared.was_contributory());
    }
    assert!(valid > 200 && acceptable > 200 && zero > 10, "{valid} {acceptable} {zero}");
    assert_eq!(valid + acceptable, set.number_of_tests);
}

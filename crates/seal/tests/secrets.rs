//! Secrets stay secret: they are not copied, not printed, and come back only from what they were written to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod kit;

use kit::*;
use seal::*;

/// Fails to compile if a type implements `Clone`: then both implementations below apply and none can be chosen.
macro_rules! never_cloned {
    ($($secret:ty),+) => {$(
        const _: fn() = || {
            trait Ambiguous<A> { fn which() {} }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Cloned;
            impl<T: ?Sized + Clone> Ambiguous<Cloned> for T {}
            let _ = <$secret as Ambiguous<_>>::which;
        };
    )+};
}
never_cloned!(DeviceKeys, Phrase, EpochKey, KeyRing, StoreKey);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn debug_shows_no_byte_of_a_secret() {
    let mut rng = rng(1);
    let phrase = Phrase::generate(&mut rng);
    let device = DeviceKeys::generate(&mut rng);
    let mut ring = KeyRing::new();
    let key = EpochKey::generate(&mut rng);
    let shown_key = format!("{key:?}{key:#?}");
    ring.insert(key);
    let store = StoreKey::generate(&mut rng);
    let shown =
        format!("{phrase:?}{device:?}{device:#?}{shown_key}{ring:?}{ring:#?}{store:?}").to_lowercase();
    for word in phrase.words().split(' ') {
        assert!(!shown.contains(word) || "phrase(secret)".contains(word), "{word}");
    }
    let tag = store.tag(b"");
    for secret in [device.to_secret().as_slice(), &ring.to_secret(), &tag] {
        for bytes in secret.windows(4) {
            assert!(!shown.contains(&hex(bytes)), "{}", hex(bytes));
            assert!(!shown.contains(&format!("{}, {}, {}", bytes[0], bytes[1], bytes[2])));
        }
    }
}

#[test]
fn device_keys_come_back_from_their_secret_and_do_the_same() {
    let mut rng = rng(2);
    let keys = DeviceKeys::generate(&mut rng);
    let other = DeviceKeys::generate(&mut rng);
    let again = DeviceKeys::from_secret(&keys.to_secret()).unwrap();
    assert_eq!(again.public(), keys.public());
    assert_eq!(again.id(), keys.public().id());
    assert_eq!(again.sign(&[7; 32]), keys.sign(&[7; 32]));
    assert!(keys.public().sign.verify(&[7; 32], &again.sign(&[7; 32])).is_ok());
    assert!(other.public().sign.verify(&[7; 32], &keys.sign(&[7; 32])).is_err());
    assert!(keys.public().sign.verify(&[8; 32], &keys.sign(&[7; 32])).is_err());
    assert_ne!(other.id(), keys.id());
    assert_eq!((keys.public().kem.suite, keys.public().kem.bytes.len()), (1, 1_216));
    let wrap = RecoveryWrap::seal_to(&mut rng, keys.public(), &StoreKey::generate(&mut rng_of(3))).unwrap();
    let opened = RecoveryWrap::open_with(&again, &wrap).unwrap();
    assert_eq!(opened.tag(b"x"), StoreKey::generate(&mut rng_of(3)).tag(b"x"));
}

fn rng_of(seed: u64) -> impl rand_core::CryptoRng {
    rng(seed)
}

#[test]
fn secrets_fit_the_memory_that_was_reserved_for_them() {
    let secret = DeviceKeys::generate(&mut rng(4)).to_secret();
    assert_eq!(secret.len(), secret.capacity(), "grown once, it would have left a copy behind");
    let mut ring = KeyRing::new();
    for seed in 0..300 {
        ring.insert(EpochKey::generate(&mut rng(seed)));
    }
    let secret = ring.to_secret();
    assert_eq!(secret.capacity(), 16 + 300 * 34);
}

#[test]
fn damaged_and_newer_secrets_are_refused() {
    let keys = DeviceKeys::generate(&mut rng(5)).to_secret();
    let mut ring = KeyRing::new();
    ring.insert(EpochKey::generate(&mut rng(6)));
    let ring = ring.to_secret();
    for end in 0..keys.len() {
        assert_eq!(DeviceKeys::from_secret(&keys[..end]).unwrap_err(), SecretError::Malformed);
    }
    for end in 0..ring.len() {
        assert_eq!(KeyRing::from_secret(&ring[..end]).unwrap_err(), SecretError::Malformed);
    }
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert_eq!(DeviceKeys::from_secret(&longer(&keys)).unwrap_err(), SecretError::Malformed);
    assert_eq!(KeyRing::from_secret(&longer(&ring)).unwrap_err(), SecretError::Malformed);
    assert_eq!((keys[1], keys[2], ring[0], ring[1]), (0, 1, 0x82, 1), "where the versions stand");
    let (mut newer_keys, mut newer_ring) = (keys.to_vec(), ring.to_vec());
    (newer_keys[2], newer_ring[1]) = (2, 2);
    assert_eq!(DeviceKeys::from_secret(&newer_keys).unwrap_err(), SecretError::Version(2));
    assert_eq!(KeyRing::from_secret(&newer_ring).unwrap_err(), SecretError::Version(2));
}

#[test]
fn a_key_ring_comes_back_whole() {
    let mut ring = KeyRing::new();
    assert!(ring.is_empty() && KeyRing::from_secret(&ring.to_secret()).unwrap().is_empty());
    let ids: Vec<_> = (0..5).map(|seed| ring.insert(EpochKey::generate(&mut rng(seed)))).collect();
    assert_eq!(ring.insert(EpochKey::generate(&mut rng(0))), ids[0]);
    let again = KeyRing::from_secret(&ring.to_secret()).unwrap();
    assert_eq!(again.len(), 5);
    assert!(ids.iter().all(|id| again.get(id).is_some_and(|key| key.id() == *id)));
    assert_eq!(again.to_secret(), ring.to_secret());
}

#[test]
fn keys_depend_on_all_the_randomness_they_are_given() {
    let mut dynamic = rng(7);
    let dynamic: &mut dyn rand_core::CryptoRng = &mut dynamic;
    let first = DeviceKeys::generate(dynamic);
    let second = DeviceKeys::generate(dynamic);
    assert_eq!(first.id(), DeviceKeys::generate(&mut rng(7)).id());
    assert_ne!(first.public().sign, second.public().sign);
    assert_ne!(first.public().kem, second.public().kem);
}

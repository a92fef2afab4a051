//! At rest: what is sealed opens in its place with its key, and the key comes back from passphrase or phrase.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod kit;

use kit::*;
use proptest::prelude::*;
use seal::*;

fn same(a: &StoreKey, b: &StoreKey) -> bool {
    a.tag(b"compare") == b.tag(b"compare") && b.open(b"", &a.seal(&mut rng(1), b"", b"x")).is_ok()
}

#[test]
fn stored_bytes_open_only_with_their_key_in_their_place() {
    let (key, other) = (StoreKey::generate(&mut rng(1)), StoreKey::generate(&mut rng(2)));
    let sealed = key.seal(&mut rng(3), b"row 7", b"words");
    assert_eq!(sealed.len(), 5 + 41);
    assert_eq!(key.open(b"row 7", &sealed).unwrap(), b"words");
    assert_eq!(key.open(b"row 8", &sealed), Err(StoreOpenError::NotAuthentic));
    assert_eq!(other.open(b"row 7", &sealed), Err(StoreOpenError::NotAuthentic));
    assert_ne!(key.seal(&mut rng(4), b"row 7", b"words"), sealed);
    for end in 0..25 {
        assert_eq!(key.open(b"row 7", &sealed[..end]), Err(StoreOpenError::Truncated), "{end}");
    }
    for end in 25..sealed.len() {
        assert_eq!(key.open(b"row 7", &sealed[..end]), Err(StoreOpenError::NotAuthentic), "{end}");
    }
    let newer = [&[2], &sealed[1..]].concat();
    assert_eq!(key.open(b"row 7", &newer), Err(StoreOpenError::Version(2)));
}

#[test]
fn tags_are_stable_in_a_store_and_unrelated_between_stores() {
    let (key, other) = (StoreKey::generate(&mut rng(1)), StoreKey::generate(&mut rng(2)));
    assert_eq!(key.tag(b"habit"), StoreKey::generate(&mut rng(1)).tag(b"habit"));
    assert_ne!(key.tag(b"habit"), key.tag(b"task"));
    assert_ne!(key.tag(b"habit"), other.tag(b"habit"));
}

#[test]
fn a_passphrase_gives_the_key_back_and_another_does_not() {
    let key = StoreKey::generate(&mut rng(1));
    let wrap = PassphraseWrap::wrap(&mut rng(2), b"correct horse", KdfParams::MINIMUM, &key).unwrap();
    let wrap = PassphraseWrap::from_bytes(&wrap.to_bytes()).unwrap();
    assert_eq!(wrap.params(), KdfParams::MINIMUM);
    assert!(same(&wrap.unwrap(b"correct horse").unwrap(), &key));
    assert_eq!(wrap.unwrap(b"correct horsf").unwrap_err(), UnwrapError::WrongPassphrase);
    let again = PassphraseWrap::wrap(&mut rng(3), b"correct horse", KdfParams::MINIMUM, &key).unwrap();
    assert_ne!(again.to_bytes(), wrap.to_bytes());
}

/// Bytes of a wrap whose cost was changed by whoever can write the file.
fn with_params(wrap: &PassphraseWrap, params: KdfParams) -> PassphraseWrap {
    let number = |n: u32| protocol::codec::encode(&n);
    let cost = |p: KdfParams| {
        [&[0xa3, 0][..], &number(p.memory), &[1], &number(p.passes), &[2], &number(p.lanes)].concat()
    };
    let (bytes, old, new) = (wrap.to_bytes(), cost(wrap.params()), cost(params));
    let at = bytes.windows(old.len()).position(|w| w == old).unwrap();
    PassphraseWrap::from_bytes(&[&bytes[..at], &new, &bytes[at + old.len()..]].concat()).unwrap()
}

#[test]
fn a_cost_outside_the_pinned_range_is_refused_and_one_inside_is_bound_to_the_key() {
    let key = StoreKey::generate(&mut rng(1));
    let wrap = PassphraseWrap::wrap(&mut rng(2), b"pass", KdfParams::MINIMUM, &key).unwrap();
    let (low, high) = (KdfParams::MINIMUM, KdfParams::MAXIMUM);
    let weak = [
        KdfParams { memory: low.memory - 1, ..low },
        KdfParams { passes: low.passes - 1, ..low },
        KdfParams { lanes: 0, ..low },
    ];
    let costly = [
        KdfParams { memory: high.memory + 1, ..high },
        KdfParams { passes: high.passes + 1, ..high },
        KdfParams { lanes: high.lanes + 1, ..high },
        KdfParams { memory: u32::MAX, ..low },
    ];
    let cases = weak.map(|p| (p, KdfParamsError::TooWeak)).into_iter();
    for (params, error) in cases.chain(costly.map(|p| (p, KdfParamsError::TooCostly))) {
        assert_eq!(params.check(), Err(error));
        assert_eq!(with_params(&wrap, params).unwrap(b"pass").unwrap_err(), error.into());
        let made = PassphraseWrap::wrap(&mut rng(3), b"pass", params, &key);
        assert_eq!(made.unwrap_err(), error.into());
    }
    for fine in [KdfParams::MINIMUM, KdfParams::DEFAULT, KdfParams::MAXIMUM] {
        assert_eq!(fine.check(), Ok(()));
    }
    let dearer = with_params(&wrap, KdfParams { passes: 3, ..low });
    assert_eq!(dearer.unwrap(b"pass").unwrap_err(), UnwrapError::WrongPassphrase);
}

#[test]
fn damaged_and_newer_wraps_are_refused() {
    let key = StoreKey::generate(&mut rng(1));
    let wrap = PassphraseWrap::wrap(&mut rng(2), b"pass", KdfParams::MINIMUM, &key).unwrap();
    let bytes = wrap.to_bytes();
    for end in 0..bytes.len() {
        assert!(matches!(PassphraseWrap::from_bytes(&bytes[..end]), Err(WrapFormatError::Codec(_))));
    }
    assert_eq!(bytes[..3], [0xa5, 0, 1], "where the version stands");
    let mut newer = bytes.clone();
    newer[2] = 2;
    assert_eq!(PassphraseWrap::from_bytes(&newer).unwrap_err(), WrapFormatError::Version(2));
    let mut damaged = bytes;
    *damaged.last_mut().unwrap() ^= 1;
    let damaged = PassphraseWrap::from_bytes(&damaged).unwrap();
    assert_eq!(damaged.unwrap(b"pass").unwrap_err(), UnwrapError::WrongPassphrase);
}

#[test]
fn a_phrase_gives_the_key_back_and_another_does_not() {
    let key = StoreKey::generate(&mut rng(1));
    let (phrase, other) = (Phrase::generate(&mut rng(2)), Phrase::generate(&mut rng(3)));
    let wrap = RecoveryWrap::seal_to(&mut rng(4), phrase.device_keys().public(), &key).unwrap();
    let read = Phrase::parse(&phrase.words()).unwrap();
    assert!(same(&RecoveryWrap::open_with(&read.device_keys(), &wrap).unwrap(), &key));
    let opened = RecoveryWrap::open_with(&other.device_keys(), &wrap);
    assert_eq!(opened.unwrap_err(), RecoveryWrapError::OtherPhrase);
    let open = |bytes: &[u8]| RecoveryWrap::open_with(&phrase.device_keys(), bytes).unwrap_err();
    assert_eq!(open(&wrap[..wrap.len() - 1]), RecoveryWrapError::Malformed);
    let mut damaged = wrap.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(open(&damaged), RecoveryWrapError::NotAuthentic);
    assert_eq!(wrap[..3], [0xa4, 0, 1], "where the version stands");
    damaged[2] = 2;
    assert_eq!(open(&damaged), RecoveryWrapError::Version(2));
    let mut unusable = phrase.device_keys().public().clone();
    unusable.kem.suite = 9;
    let made = RecoveryWrap::seal_to(&mut rng(4), &unusable, &key);
    assert_eq!(made.unwrap_err(), RecoveryWrapError::Recipient);
}

proptest! {
    #[test]
    fn stored_bytes_round_trip_and_no_flipped_bit_passes(
        plaintext in proptest::collection::vec(any::<u8>(), 0..300),
        aad in proptest::collection::vec(any::<u8>(), 0..20),
        at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let key = StoreKey::generate(&mut rng(1));
        let mut sealed = key.seal(&mut rng(2), &aad, &plaintext);
        prop_assert_eq!(key.open(&aad, &sealed).unwrap(), plaintext);
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(key.open(&aad, &sealed).is_err());
    }
}

//! Keys that are none, and protections made weaker than they are allowed to be.

use super::house::{ALICE, House};
use super::insider::ring_of;
use protocol::{
    Chain, ChainError, DevicePublic, KemPublic, Keyboxes, Link, LinkBody, Purpose, Role, SignPublic,
    Signature, codec,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::{
    DeviceKeys, KdfParams, KdfParamsError, KeyRing, MembershipError, OpenBoxError, PassphraseWrap, StoreKey,
    UnwrapError,
};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(51)
}

/// The points whose order divides eight, and their other encodings: with them as a public key, a signature can be made up
/// that lax verification takes for any message.
fn small_order() -> Vec<[u8; 32]> {
    let mut points = vec![[0; 32]];
    for first in [1, 0xec, 0xed, 0xee] {
        for last in [0x00, 0x7f, 0x80, 0xff] {
            let mut point = [if first == 1 { 0 } else { 0xff }; 32];
            (point[0], point[31]) = (first, last);
            points.push(point);
        }
    }
    let torsion = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    for hex in torsion {
        let mut point: [u8; 32] = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap();
        points.push(point);
        point[31] |= 0x80;
        points.push(point);
    }
    points
}

/// A genesis by a founder whose key is `sign`, with a signature that lax verification would take under a key of small order:
/// the same point as nonce, and zero as scalar.
fn founded_by(sign: [u8; 32], nonce: [u8; 32]) -> Result<Chain, ChainError> {
    let mut rng = rng();
    let keys = DeviceKeys::generate(&mut rng);
    let (link, mut keyboxes, _) = seal::genesis(&mut rng, Purpose::Vault, &keys, None).unwrap();
    let (mut link, _) = link.read().unwrap();
    let weak = DevicePublic { sign: SignPublic::new(sign), kem: keys.public().kem.clone() };
    (link.author, keyboxes.boxes[0].recipient) = (weak.id(), weak.id());
    link.boxes = keyboxes.hash();
    if let LinkBody::Genesis { founder, .. } = &mut link.body {
        *founder = weak;
    }
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&nonce);
    let link = protocol::SignedLink {
        link: codec::encode(&link),
        signature: Signature::new(signature),
        counter: None,
    };
    Chain::begin(link, keyboxes)
}

#[test]
fn a_signing_key_of_small_order_signs_nothing() {
    let points = small_order();
    assert!(points.len() >= 20);
    for key in &points {
        for nonce in &points {
            assert_eq!(founded_by(*key, *nonce).unwrap_err(), ChainError::Signature, "{key:?}");
        }
    }
}

#[test]
fn an_all_zero_signing_key_signs_nothing() {
    assert_eq!(founded_by([0; 32], [0; 32]).unwrap_err(), ChainError::Signature);
}

/// A member of the vault whose encryption key is this is to be added by Alice's phrase.
fn adding(kem: KemPublic) -> Result<(), MembershipError> {
    let house = House::of(&[]);
    let (chain, paper) = (house.present_chain(), house.vault.phrase.device_keys());
    let ring = ring_of(&house, &chain);
    let sign = DeviceKeys::generate(&mut rng()).public().sign;
    let device = DevicePublic { sign, kem };
    seal::add_device(&mut rng(), &chain, &paper, &device, Role::Device, None, &ring).map(drop)
}

#[test]
fn a_key_of_another_suite_is_sealed_nothing() {
    let honest = DeviceKeys::generate(&mut rng()).public().kem.clone();
    assert_eq!(adding(honest.clone()), Ok(()));
    for suite in [0, 2, 255] {
        let downgraded = adding(KemPublic { suite, ..honest.clone() });
        assert!(matches!(downgraded, Err(MembershipError::Recipient(_))), "{suite}: {downgraded:?}");
    }
}

#[test]
fn an_encryption_key_that_is_cut_short_is_sealed_nothing() {
    let honest = DeviceKeys::generate(&mut rng()).public().kem.clone();
    for length in [0, 32, 1_184, 1_215] {
        let short = adding(KemPublic { suite: 1, bytes: honest.bytes[..length].to_vec() });
        assert!(matches!(short, Err(MembershipError::Recipient(_))), "{length}: {short:?}");
    }
}

#[test]
fn an_encryption_key_out_of_range_is_sealed_nothing() {
    let out_of_range = adding(KemPublic { suite: 1, bytes: vec![0xff; 1_216] });
    assert!(matches!(out_of_range, Err(MembershipError::Recipient(_))), "{out_of_range:?}");
}

/// The chain as the founder has it, whose own box is replaced by `change`, with a commitment to match.
fn opened_after(change: impl FnOnce(&mut protocol::Keybox)) -> Result<(), OpenBoxError> {
    let mut rng = rng();
    let keys = DeviceKeys::generate(&mut rng);
    let (link, mut keyboxes, _) = seal::genesis(&mut rng, Purpose::Vault, &keys, None).unwrap();
    change(&mut keyboxes.boxes[0]);
    let (mut link, _) = link.read().unwrap();
    link.boxes = keyboxes.hash();
    let space = protocol::SpaceId::from(Link::hash(&codec::encode(&link)));
    seal::open_keyboxes(&space, &link, &keyboxes, &keys, &mut KeyRing::new())
}

#[test]
fn an_encapsulated_key_that_is_all_zero_or_of_small_order_opens_nothing() {
    assert_eq!(opened_after(|_| {}), Ok(()));
    let mut points = vec![[0; 32], [0xff; 32]];
    points.push({
        let mut one = [0; 32];
        one[0] = 1;
        one
    });
    for point in points {
        // The last 32 bytes are the share of X25519.
        let changed = opened_after(|b| b.encapsulated[1_088..].copy_from_slice(&point));
        assert_eq!(changed, Err(OpenBoxError::Sealed), "{point:?}");
    }
    assert_eq!(opened_after(|b| b.encapsulated.fill(0)), Err(OpenBoxError::Sealed));
    assert_eq!(opened_after(|b| b.encapsulated.truncate(32)), Err(OpenBoxError::Sealed));
}

#[test]
fn a_keybox_of_another_link_is_served_with_this_one() {
    let house = House::of(&["bob"]);
    let chain = house.present_chain();
    let (first, second) = (&chain.links()[0], &chain.links()[1]);
    let paper = house.vault.phrase.device_keys();
    let opened =
        seal::open_keyboxes(&chain.space(), &second.link, &first.keyboxes, &paper, &mut KeyRing::new());
    assert_eq!(opened, Err(OpenBoxError::OtherKeyboxes));
    let none =
        seal::open_keyboxes(&chain.space(), &first.link, &Keyboxes::default(), &paper, &mut KeyRing::new());
    assert_eq!(none, Err(OpenBoxError::OtherKeyboxes));
    assert_eq!(house.rooms[ALICE].device.engine().unwrap().chain().len(), 2);
}

/// The cost of guessing stands in the file in clear, and whoever can write the file can write another.
#[test]
fn the_cost_of_guessing_a_passphrase_is_written_down_as_less_than_it_may_be() {
    let mut rng = rng();
    let key = StoreKey::generate(&mut rng);
    let wrap = PassphraseWrap::wrap(&mut rng, b"passphrase", KdfParams::MINIMUM, &key).unwrap();
    assert!(wrap.unwrap(b"passphrase").is_ok());
    let KdfParams { memory, passes, lanes } = KdfParams::MINIMUM;
    for weak in [
        KdfParams { memory: memory - 1, passes, lanes },
        KdfParams { memory, passes: passes - 1, lanes },
        KdfParams { memory, passes, lanes: 0 },
        KdfParams { memory: 0, passes: 0, lanes: 0 },
    ] {
        let refused = with_cost(&wrap, weak).unwrap(b"passphrase").unwrap_err();
        assert_eq!(refused, UnwrapError::Params(KdfParamsError::TooWeak), "{weak:?}");
    }
    let dear = KdfParams { memory: u32::MAX, passes: u32::MAX, lanes: u32::MAX };
    let refused = with_cost(&wrap, dear).unwrap(b"passphrase").unwrap_err();
    assert_eq!(refused, UnwrapError::Params(KdfParamsError::TooCostly));
}

/// The wrap with another cost written into it.
fn with_cost(wrap: &PassphraseWrap, cost: KdfParams) -> PassphraseWrap {
    let (bytes, old) = (wrap.to_bytes(), codec::encode(&KdfParams::MINIMUM));
    let at = bytes.windows(old.len()).position(|w| w == old).unwrap();
    let new = [&bytes[..at], &codec::encode(&cost), &bytes[at + old.len()..]].concat();
    PassphraseWrap::from_bytes(&new).unwrap()
}

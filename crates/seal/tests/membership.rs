//! A chain as people make it: every member opens everything with one box, and nobody else opens anything.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod kit;

use kit::*;
use proptest::prelude::*;
use protocol::link::{Cut, LinkBody};
use protocol::{Chain, ChainError, DeviceId, EntryHash, Keybox, LinkHash, Purpose, Role};
use seal::*;

#[test]
fn founder_and_phrase_open_the_first_key() {
    let v = vault(1);
    for device in [&v.alice, &v.paper] {
        let ring = v.open_at(0, device).unwrap();
        assert_eq!((ring.len(), ring.get(&v.chain.epoch()).is_some()), (1, true));
    }
    let stranger = DeviceKeys::generate(&mut rng(9));
    assert_eq!(v.open_at(0, &stranger).unwrap_err(), OpenBoxError::NoBox);
}

#[test]
fn a_space_without_a_phrase_has_one_box() {
    let alice = DeviceKeys::generate(&mut rng(1));
    let (link, boxes, _) = genesis(&mut rng(2), Purpose::Share, &alice, None).unwrap();
    assert_eq!(boxes.boxes.len(), 1);
    assert_eq!(link.counter, None);
    assert_eq!(Chain::begin(link, boxes).unwrap().purpose(), Purpose::Share);
}

/// Founds, adds a phone, revokes it, sets a new phrase, resolves, adds a tablet: four epochs.
fn long_chain(seed: u64) -> (Vault, DeviceKeys, DeviceKeys, DeviceKeys) {
    let mut v = vault(seed);
    let [phone, tablet, paper] = [1, 2, 3].map(|n| DeviceKeys::generate(&mut rng(seed + n)));
    let (link, boxes) =
        add_device(&mut v.rng, &v.chain, &v.paper, phone.public(), Role::Device, None, &v.ring).unwrap();
    v.extend(link, boxes);
    let cut = Cut { device: phone.id(), index: 3, hash: EntryHash::new([3; 32]) };
    let made = revoke(&mut v.rng, &v.chain, &v.alice, vec![cut], &v.ring).unwrap();
    v.extend_with(made);
    let made = set_recovery(&mut v.rng, &v.chain, &v.alice, &paper, &v.ring).unwrap();
    v.extend_with(made);
    let made = resolve(&mut v.rng, &v.chain, &v.alice, LinkHash::new([5; 32]), vec![], &v.ring).unwrap();
    v.extend_with(made);
    let (link, boxes) =
        add_device(&mut v.rng, &v.chain, &v.alice, tablet.public(), Role::Device, None, &v.ring).unwrap();
    v.extend(link, boxes);
    (v, phone, tablet, paper)
}

#[test]
fn one_box_opens_all_history() {
    let (v, _, tablet, paper) = long_chain(10);
    let tablet_ring = v.open_at(5, &tablet).unwrap();
    let paper_ring = v.open_at(4, &paper).unwrap();
    assert_eq!((tablet_ring.len(), paper_ring.len()), (4, 4));
    for link in v.chain.links() {
        assert!(tablet_ring.get(&link.link.epoch).is_some());
        assert!(paper_ring.get(&link.link.epoch).is_some());
    }
    assert_eq!(tablet_ring.to_secret(), v.ring.to_secret());
}

#[test]
fn who_is_revoked_or_replaced_gets_no_later_key() {
    let (v, phone, _, _) = long_chain(10);
    assert_eq!(v.open_at(1, &phone).unwrap().len(), 1);
    assert_eq!(v.open_at(2, &v.paper).unwrap().len(), 2);
    for height in 2..=5 {
        assert_eq!(v.open_at(height, &phone).unwrap_err(), OpenBoxError::NoBox);
    }
    for height in 3..=5 {
        assert_eq!(v.open_at(height, &v.paper).unwrap_err(), OpenBoxError::NoBox);
    }
}

#[test]
fn a_phrase_joins_with_its_keys_and_not_without() {
    let mut v = vault(20);
    let [paper, other] = [1, 2].map(|n| DeviceKeys::generate(&mut rng(n)));
    for with in [None, Some(&other)] {
        let made = add_device(&mut v.rng, &v.chain, &v.alice, paper.public(), Role::Paper, with, &v.ring);
        assert_eq!(made.unwrap_err(), MembershipError::Counter);
    }
    let (link, boxes) =
        add_device(&mut v.rng, &v.chain, &v.alice, paper.public(), Role::Paper, Some(&paper), &v.ring)
            .unwrap();
    v.extend(link, boxes);
    assert!(v.chain.vouched_by(&paper.id()));
}

#[test]
fn what_the_chain_would_refuse_is_not_made() {
    let mut v = vault(30);
    let phone = DeviceKeys::generate(&mut rng(1));
    let add = |v: &mut Vault, author: &DeviceKeys, role| {
        add_device(&mut v.rng, &v.chain, author, phone.public(), role, None, &v.ring).unwrap_err()
    };
    assert_eq!(add(&mut v, &phone, Role::Device), ChainError::NotAllowed.into());
    let alice = DeviceKeys::from_secret(&v.alice.to_secret()).unwrap();
    assert_eq!(add(&mut v, &alice, Role::Guest), ChainError::NotAllowed.into());
    let error = revoke(&mut v.rng, &v.chain, &alice, vec![cut(&alice)], &v.ring).unwrap_err();
    assert_eq!(error, ChainError::Cuts.into());
    let error = revoke(&mut v.rng, &v.chain, &alice, vec![], &v.ring).unwrap_err();
    assert_eq!(error, ChainError::Cuts.into());
    let (link, boxes) = close(&v.chain, &alice).unwrap();
    v.extend(link, boxes);
    assert_eq!(close(&v.chain, &alice).unwrap_err(), ChainError::Closed.into());
}

#[test]
fn keys_that_are_not_there_cannot_be_handed_on() {
    let mut v = vault(40);
    let phone = DeviceKeys::generate(&mut rng(1));
    let none = KeyRing::new();
    let missing = MembershipError::MissingKey(v.chain.epoch());
    let add = add_device(&mut v.rng, &v.chain, &v.alice, phone.public(), Role::Device, None, &none);
    assert_eq!(add.unwrap_err(), missing);
    assert_eq!(set_recovery(&mut v.rng, &v.chain, &v.alice, &phone, &none).unwrap_err(), missing);
}

#[test]
fn a_public_key_that_nothing_can_be_sealed_to_is_named() {
    let mut v = vault(50);
    for spoil in
        [|k: &mut protocol::KemPublic| k.suite = 2, |k: &mut protocol::KemPublic| k.bytes.truncate(9)]
    {
        let mut public = DeviceKeys::generate(&mut rng(1)).public().clone();
        spoil(&mut public.kem);
        let made = add_device(&mut v.rng, &v.chain, &v.alice, &public, Role::Device, None, &v.ring);
        assert_eq!(made.unwrap_err(), MembershipError::Recipient(public.id()));
    }
}

/// Opens the newest link after `spoil` changed its keyboxes, with a commitment that fits them.
fn open_spoilt(v: &Vault, device: &DeviceKeys, spoil: impl FnOnce(&mut protocol::Keyboxes)) -> OpenBoxError {
    let last = v.chain.links().last().unwrap();
    let (mut link, mut boxes) = (last.link.clone(), last.keyboxes.clone());
    spoil(&mut boxes);
    link.boxes = boxes.hash();
    let mut ring = KeyRing::new();
    let error = open_keyboxes(&v.chain.space(), &link, &boxes, device, &mut ring).unwrap_err();
    assert!(ring.is_empty(), "on an error nothing is added");
    error
}

#[test]
fn a_damaged_box_or_history_gives_nothing() {
    let (v, _, tablet, _) = long_chain(60);
    let error = open_spoilt(&v, &tablet, |b| b.boxes[0].ciphertext[0] ^= 1);
    assert_eq!(error, OpenBoxError::Sealed);
    let error = open_spoilt(&v, &tablet, |b| b.boxes[0].encapsulated[0] ^= 1);
    assert_eq!(error, OpenBoxError::Sealed);
    let error = open_spoilt(&v, &tablet, |b| b.boxes[0].encapsulated.truncate(9));
    assert_eq!(error, OpenBoxError::Sealed);
    let error = open_spoilt(&v, &tablet, |b| b.boxes.clear());
    assert_eq!(error, OpenBoxError::NoBox);
    for at in [0, 24, 100] {
        assert_eq!(open_spoilt(&v, &tablet, |b| b.history[at] ^= 1), OpenBoxError::History);
    }
    assert_eq!(open_spoilt(&v, &tablet, |b| b.history.truncate(20)), OpenBoxError::History);
    // Keyboxes that the link does not commit to.
    let last = v.chain.links().last().unwrap();
    let mut boxes = last.keyboxes.clone();
    boxes.history.clear();
    let opened = open_keyboxes(&v.chain.space(), &last.link, &boxes, &tablet, &mut KeyRing::new());
    assert_eq!(opened.unwrap_err(), OpenBoxError::OtherKeyboxes);
}

/// What any member could put into a box of the newest link: sealed as it must be, holding whatever they like.
fn forged_box(v: &Vault, recipient: &DeviceKeys, named: DeviceId, key: &[u8]) -> Keybox {
    use hpke::{Deserializable, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
    let (space, epoch) = (v.chain.space(), v.chain.epoch());
    let info = [&b"life-os v1 keybox\x01"[..], space.as_bytes(), epoch.as_bytes(), named.as_bytes()].concat();
    let to = <XWing as hpke::Kem>::PublicKey::from_bytes(&recipient.public().kem.bytes).unwrap();
    let mode = hpke::OpModeS::Base;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &mode,
        &to,
        &info,
        key,
        &[],
        &mut rng(1),
    )
    .unwrap();
    Keybox { recipient: recipient.id(), encapsulated: encapsulated.to_bytes().to_vec(), ciphertext }
}

/// The bytes of the newest epoch key.
fn newest_key(v: &Vault) -> Vec<u8> {
    let ring = v.ring.to_secret();
    let mut keys = ring[2..].chunks(34).map(|chunk| chunk[2..].to_vec());
    let salt = b"life-os v1 epoch key".as_slice();
    keys.find(|key| expand(salt, key, b"id") == *v.chain.epoch().as_bytes()).unwrap()
}

fn expand(salt: &[u8], key: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), key).expand(info, &mut out).unwrap();
    out
}

#[test]
fn a_box_with_another_key_than_the_link_commits_to_is_refused() {
    let (v, _, tablet, _) = long_chain(62);
    let key = newest_key(&v);
    let good = forged_box(&v, &tablet, tablet.id(), &key);
    let last = v.chain.links().last().unwrap();
    let (mut link, mut boxes) = (last.link.clone(), last.keyboxes.clone());
    boxes.boxes = vec![good];
    link.boxes = boxes.hash();
    let mut ring = KeyRing::new();
    open_keyboxes(&v.chain.space(), &link, &boxes, &tablet, &mut ring).unwrap();
    assert_eq!(ring.len(), 4);
    for other in [[7; 32].as_slice(), &key[..31], b""] {
        let forged = forged_box(&v, &tablet, tablet.id(), other);
        assert_eq!(open_spoilt(&v, &tablet, |b| b.boxes = vec![forged]), OpenBoxError::Commitment);
    }
    let for_another = forged_box(&v, &tablet, v.alice.id(), &key);
    assert_eq!(open_spoilt(&v, &tablet, |b| b.boxes = vec![for_another]), OpenBoxError::Sealed);
}

#[test]
fn an_earlier_key_under_another_keys_name_is_refused() {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    let (v, _, tablet, _) = long_chain(64);
    let (space, epoch) = (v.chain.space(), v.chain.epoch());
    let info = [b"history".as_slice(), space.as_bytes()].concat();
    let subkey = expand(b"life-os v1 epoch key", &newest_key(&v), &info);
    let aad = [b"life-os v1 history".as_slice(), space.as_bytes(), epoch.as_bytes()].concat();
    let sealed = |plaintext: &[u8]| {
        let cipher = chacha20poly1305::XChaCha20Poly1305::new(&subkey.into());
        let payload = Payload { msg: plaintext, aad: &aad };
        [&[5; 24][..], &cipher.encrypt(&[5; 24].into(), payload).unwrap()].concat()
    };
    let id = expand(b"life-os v1 epoch key", &[7; 32], b"id");
    for wrong in [[[8; 32], [7; 32]].concat(), [id, [8; 32]].concat(), id.to_vec(), vec![1]] {
        let history = sealed(&wrong);
        assert_eq!(open_spoilt(&v, &tablet, |b| b.history = history), OpenBoxError::History);
    }
    // The right name passes: what is refused above is refused for the name.
    let last = v.chain.links().last().unwrap();
    let (mut link, mut boxes) = (last.link.clone(), last.keyboxes.clone());
    boxes.history = sealed(&[id, [7; 32]].concat());
    link.boxes = boxes.hash();
    assert_eq!(open_keyboxes(&space, &link, &boxes, &tablet, &mut KeyRing::new()), Ok(()));
}

#[test]
fn a_box_opens_only_for_its_space_epoch_and_recipient() {
    let (v, _, tablet, _) = long_chain(70);
    let last = v.chain.links().last().unwrap();
    let open = |space: &protocol::SpaceId, link: &protocol::Link, device: &DeviceKeys| {
        open_keyboxes(space, link, &last.keyboxes, device, &mut KeyRing::new())
    };
    assert_eq!(open(&v.chain.space(), &last.link, &tablet), Ok(()));
    let other_space = protocol::SpaceId::new([1; 32]);
    assert_eq!(open(&other_space, &last.link, &tablet), Err(OpenBoxError::Sealed));
    let mut link = last.link.clone();
    link.epoch = v.chain.links()[0].link.epoch;
    assert_eq!(open(&v.chain.space(), &link, &tablet), Err(OpenBoxError::Sealed));
    let mut genesis = last.link.clone();
    genesis.body = v.chain.links()[0].link.body.clone();
    assert_eq!(open(&v.chain.space(), &genesis, &tablet), Err(OpenBoxError::Sealed));
    // Another's box under this device's name.
    let error = open_spoilt(&v, &v.alice, |b| b.boxes[0].recipient = v.alice.id());
    assert_eq!(error, OpenBoxError::Sealed);
}

#[test]
fn a_box_for_a_genesis_opens_only_with_its_salt() {
    let v = vault(80);
    let first = &v.chain.links()[0];
    let mut link = first.link.clone();
    if let LinkBody::Genesis { salt, .. } = &mut link.body {
        salt[0] ^= 1;
    }
    let opened = open_keyboxes(&v.chain.space(), &link, &first.keyboxes, &v.alice, &mut KeyRing::new());
    assert_eq!(opened, Err(OpenBoxError::Sealed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn after_any_history_exactly_the_active_members_open_the_newest_key(seed in any::<u64>(), steps in proptest::collection::vec(0_u8..4, 1..8)) {
        let mut v = vault(seed);
        let mut joined: Vec<DeviceKeys> = Vec::new();
        for step in steps {
            let active: Vec<_> = joined.iter().filter(|d| v.chain.active(&d.id()).is_some()).collect();
            match (step, active.first()) {
                (1, Some(gone)) => {
                    let made = revoke(&mut v.rng, &v.chain, &v.alice, vec![cut(gone)], &v.ring).unwrap();
                    v.extend_with(made);
                }
                (2, _) => {
                    let paper = DeviceKeys::generate(&mut v.rng);
                    let made = set_recovery(&mut v.rng, &v.chain, &v.alice, &paper, &v.ring).unwrap();
                    v.extend_with(made);
                    v.paper = paper;
                }
                (3, _) => {
                    let made = resolve(&mut v.rng, &v.chain, &v.paper, LinkHash::new([1; 32]), vec![], &v.ring);
                    v.extend_with(made.unwrap());
                }
                _ => {
                    let device = DeviceKeys::generate(&mut v.rng);
                    let made = add_device(
                        &mut v.rng, &v.chain, &v.alice, device.public(), Role::Device, None, &v.ring,
                    ).unwrap();
                    v.extend(made.0, made.1);
                    joined.push(device);
                }
            }
        }
        for device in joined.iter().chain([&v.alice, &v.paper]) {
            let newest = (0..v.chain.links().len()).rev().find_map(|h| v.open_at(h, device).ok()).unwrap();
            let has_newest = newest.get(&v.chain.epoch()).is_some();
            prop_assert_eq!(has_newest, v.chain.active(&device.id()).is_some());
            if has_newest {
                prop_assert_eq!(newest.to_secret(), v.ring.to_secret());
            }
        }
    }
}

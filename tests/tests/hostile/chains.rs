//! Links that are forged, stale or forked. The chain refuses each with its own error, and the device says so and hangs up.

use super::house::{ALICE, Alarm, BOB, House};
use super::insider::{Insider, nothing, ring_of};
use engine::Notice;
use engine::api::CloseReason;
use protocol::codec::CodecError;
use protocol::frame::LinkItem;
use protocol::link::recovery_hash;
use protocol::{
    BoxesHash, Chain, ChainError, DeviceId, EpochId, ErrorCode, Link, LinkBody, LinkHash, Role, Signature,
    SpaceId, codec,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::DeviceKeys;

/// A house, a member that works for the relay, and an honest link of it that adds a device.
struct Scene {
    house: House,
    insider: Insider,
    honest: LinkItem,
}

impl Scene {
    fn new() -> Self {
        let mut house = House::in_step();
        let insider = Insider::join(&mut house);
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let new = DeviceKeys::generate(&mut rng);
        let (chain, ring) = (&insider.chain, &insider.ring);
        let (link, keyboxes) =
            seal::add_device(&mut rng, chain, &insider.keys, new.public(), Role::Device, None, ring).unwrap();
        let honest = LinkItem { link, keyboxes };
        Self { house, insider, honest }
    }

    fn link(&self) -> Link {
        self.honest.link.read().unwrap().0
    }
    /// The honest link with something changed, and signed again by the member.
    fn signed(&self, change: impl FnOnce(&mut Link)) -> LinkItem {
        let mut item = self.unsigned(change);
        let hash = Link::hash(&item.link.link);
        item.link.signature = self.insider.keys.sign(hash.as_bytes());
        item
    }
    /// The honest link with something changed, under the signature that it had.
    fn unsigned(&self, change: impl FnOnce(&mut Link)) -> LinkItem {
        let (mut link, mut item) = (self.link(), self.honest.clone());
        change(&mut link);
        item.link.link = codec::encode(&link);
        item
    }
}

/// The relay pushes what `forge` makes.
#[track_caller]
fn refused(forge: impl FnOnce(&Scene) -> LinkItem, error: ChainError) {
    let mut honest = Scene::new();
    let item = honest.honest.clone();
    honest.house.push_links(BOB, vec![item]);
    assert_eq!(honest.house.alarms(BOB), Vec::new(), "the honest link is refused");

    let mut scene = Scene::new();
    let item = forge(&scene);
    let mut chain = scene.insider.chain.clone();
    assert_eq!(chain.extend(item.link.clone(), item.keyboxes.clone()), Err(error));
    scene.house.push_links(BOB, vec![item]);
    let closed = Alarm::Closed(CloseReason::Protocol(ErrorCode::BadLink));
    assert_eq!(scene.house.alarms(BOB), [Alarm::Told(Notice::MembershipForked), closed]);
    let known = scene.house.rooms[BOB].device.engine().unwrap().chain();
    assert_eq!(known.len(), scene.insider.chain.links().len(), "it was taken in");
    scene.house.reconnect_honestly(BOB);
    scene.house.write(ALICE, 2, "afterwards");
    scene.house.settle();
    scene.house.assert_sound(&[1, 2]);
}

/// One test a link.
macro_rules! links {
    ($($name:ident: $forge:expr => $error:expr;)*) => { $(#[test] fn $name() { refused($forge, $error) })* };
}

links! {
    a_link_of_a_version_that_does_not_exist_yet:
        |s| s.signed(|l| l.version = 2) => ChainError::Codec(CodecError::Version(2));
    a_link_of_a_version_before_the_first:
        |s| s.signed(|l| l.version = 0) => ChainError::Codec(CodecError::Version(0));
    a_link_of_another_space: |s| s.signed(|l| l.space = Some(SpaceId::new([9; 32]))) => ChainError::OtherSpace;
    a_second_genesis: |s| s.signed(|l| l.space = None) => ChainError::OtherSpace;
    a_link_that_extends_an_older_one:
        |s| s.signed(|l| l.previous = Some(s.insider.chain.links()[0].hash)) => ChainError::HeadMoved { named: 2, head: 2 };
    a_link_that_extends_one_nobody_knows:
        |s| s.signed(|l| l.previous = Some(LinkHash::new([9; 32]))) => ChainError::HeadMoved { named: 2, head: 2 };
    a_link_at_a_height_that_is_taken:
        |s| s.signed(|l| l.height = 2) => ChainError::HeadMoved { named: 1, head: 2 };
    a_link_by_a_stranger: |s| s.signed(|l| l.author = DeviceId::new([9; 16])) => ChainError::NotAllowed;
    a_link_in_the_name_of_another_member:
        |s| s.signed(|l| l.author = s.house.id(ALICE)) => ChainError::Signature;
    a_link_whose_signature_is_flipped:
        |s| { let mut i = s.honest.clone(); i.link.signature = Signature::new([0; 64]); i } => ChainError::Signature;
    a_link_whose_epoch_is_changed_on_the_way:
        |s| s.unsigned(|l| l.epoch = EpochId::new([9; 32])) => ChainError::Signature;
    a_link_whose_device_is_exchanged_on_the_way:
        |s| s.unsigned(|l| l.body = add(s.house.vault.phrase.device_keys().public())) => ChainError::Signature;
    a_link_whose_commitment_is_changed_on_the_way:
        |s| s.unsigned(|l| l.boxes = BoxesHash::new([9; 32])) => ChainError::Signature;
    a_link_whose_epoch_changes_without_a_reason:
        |s| s.signed(|l| l.epoch = EpochId::new([9; 32])) => ChainError::Epoch;
    a_link_whose_keyboxes_are_exchanged: |s| {
        let mut item = s.honest.clone();
        item.keyboxes.boxes[0].ciphertext[0] ^= 1;
        item
    } => ChainError::Keyboxes;
    a_link_whose_keyboxes_are_left_out: |s| {
        LinkItem { keyboxes: protocol::Keyboxes::default(), ..s.honest.clone() }
    } => ChainError::Keyboxes;
    a_link_that_adds_whoever_is_a_member_already:
        |s| s.signed(|l| l.body = add(s.insider.keys.public())) => ChainError::Known;
    a_link_that_lets_a_guest_into_a_vault: |s| s.signed(|l| {
        if let LinkBody::Add { role, .. } = &mut l.body { *role = Role::Guest; }
    }) => ChainError::NotAllowed;
    a_link_that_adds_a_phrase_without_its_word: |s| s.signed(as_paper) => ChainError::Signature;
    a_link_that_adds_a_phrase_on_the_word_of_another: |s| {
        let mut item = s.signed(as_paper);
        let hash = Link::hash(&item.link.link);
        item.link.counter = Some(s.house.vault.phrase.device_keys().sign(&recovery_hash(&s.house.space(), &hash)));
        item
    } => ChainError::Signature;
    a_link_with_a_word_of_a_phrase_that_it_does_not_add: |s| {
        let mut item = s.honest.clone();
        item.link.counter = Some(s.house.vault.phrase.device_keys().sign(&[0; 32]));
        item
    } => ChainError::Signature;
    a_revocation_of_its_own_author: |s| s.signed(|l| {
        l.epoch = EpochId::new([9; 32]);
        l.body = LinkBody::Revoke { cuts: vec![cut(s.insider.keys.id())] };
    }) => ChainError::Cuts;
    a_revocation_of_nobody: |s| s.signed(|l| {
        l.epoch = EpochId::new([9; 32]);
        l.body = LinkBody::Revoke { cuts: Vec::new() };
    }) => ChainError::Cuts;
    a_revocation_that_keeps_the_epoch: |s| s.signed(|l| {
        l.body = LinkBody::Revoke { cuts: vec![cut(s.house.id(ALICE))] };
    }) => ChainError::Epoch;
}

fn add(device: &protocol::DevicePublic) -> LinkBody {
    LinkBody::Add { device: device.clone(), role: Role::Device }
}

fn cut(device: DeviceId) -> protocol::link::Cut {
    protocol::link::Cut { device, index: 0, hash: protocol::Header::NO_PREVIOUS }
}

fn as_paper(link: &mut Link) {
    if let LinkBody::Add { role, .. } = &mut link.body {
        *role = Role::Paper;
    }
}

#[test]
fn a_revocation_goes_back_to_an_epoch_that_has_ended() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let first = insider.chain.epoch();
    let gone = engine::api::MemberChange::Revoke(vec![insider.keys.id()]);
    house.command(ALICE, engine::Command::ChangeMembers(gone)).unwrap();
    // A second insider, who joins under the new epoch and would have all written under the old one again.
    let chain = house.present_chain();
    insider.chain = chain.clone();
    let paper = house.vault.phrase.device_keys();
    let ring = ring_of(&house, &chain);
    let cuts = vec![cut(house.id(BOB))];
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let (link, keyboxes, _) = seal::revoke(&mut rng, &chain, &paper, cuts, &ring).unwrap();
    let mut honest = chain.clone();
    honest.extend(link.clone(), keyboxes.clone()).unwrap();
    let (mut back, _) = link.read().unwrap();
    back.epoch = first;
    let bytes = codec::encode(&back);
    let signature = paper.sign(Link::hash(&bytes).as_bytes());
    let link = protocol::SignedLink { link: bytes, signature, counter: None };
    assert_eq!(chain.clone().extend(link.clone(), keyboxes.clone()), Err(ChainError::Epoch));
    house.forget_alarms();
    house.push_links(ALICE, vec![LinkItem { link, keyboxes }]);
    let closed = Alarm::Closed(CloseReason::Protocol(ErrorCode::BadLink));
    assert_eq!(house.alarms(ALICE), [Alarm::Told(Notice::MembershipForked), closed]);
}

/// Both hold, and only one can be true. Whoever knows one does not take the other.
#[test]
fn two_links_extend_the_same_head() {
    let mut scene = Scene::new();
    let other = scene.signed(|l| {
        let mut rng = ChaCha20Rng::seed_from_u64(8);
        if let LinkBody::Add { device, .. } = &mut l.body {
            *device = DeviceKeys::generate(&mut rng).public().clone();
        }
    });
    // The boxes of the other are of no matter: the head is looked at first.
    let honest = scene.honest.clone();
    scene.house.push_links(BOB, vec![honest.clone()]);
    assert_eq!(scene.house.alarms(BOB), Vec::new());
    let mut chain = scene.insider.chain.clone();
    chain.extend(honest.link, honest.keyboxes).unwrap();
    let refused = chain.extend(other.link.clone(), other.keyboxes.clone());
    assert_eq!(refused, Err(ChainError::HeadMoved { named: 2, head: 3 }));
    scene.house.push_links(BOB, vec![other]);
    let closed = Alarm::Closed(CloseReason::Protocol(ErrorCode::BadLink));
    assert_eq!(scene.house.alarms(BOB), [Alarm::Told(Notice::MembershipForked), closed]);
}

#[test]
fn links_that_are_known_are_served_again_and_change_nothing() {
    let mut scene = Scene::new();
    let known = super::insider::items(&scene.insider.chain);
    scene.house.push_links(BOB, known);
    assert_eq!(scene.house.alarms(BOB), Vec::new());
    scene.house.write(BOB, 2, "afterwards");
    scene.house.settle();
    scene.house.assert_sound(&[1, 2]);
}

#[test]
fn a_member_hands_one_device_a_box_that_does_not_open() {
    let mut scene = Scene::new();
    let (chain, ring) = (&scene.insider.chain, &scene.insider.ring);
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let carol = DeviceKeys::generate(&mut rng);
    let mut chain: Chain = chain.clone();
    let (link, boxes) =
        seal::add_device(&mut rng, &chain, &scene.insider.keys, carol.public(), Role::Device, None, ring)
            .unwrap();
    chain.extend(link.clone(), boxes.clone()).unwrap();
    let mut links = vec![LinkItem { link, keyboxes: boxes }];
    let (link, mut keyboxes, key) =
        seal::revoke(&mut rng, &chain, &scene.insider.keys, vec![cut(carol.id())], ring).unwrap();
    let bob = scene.house.id(BOB);
    let own = keyboxes.boxes.iter_mut().find(|b| b.recipient == bob).unwrap();
    own.ciphertext.fill(0);
    let (mut link, _) = link.read().unwrap();
    link.boxes = keyboxes.hash();
    let bytes = codec::encode(&link);
    let signature = scene.insider.keys.sign(Link::hash(&bytes).as_bytes());
    let link = protocol::SignedLink { link: bytes, signature, counter: None };
    chain.extend(link.clone(), keyboxes.clone()).unwrap();
    links.push(LinkItem { link, keyboxes });
    scene.house.push_links(BOB, links);
    let epoch = chain.epoch();
    assert_eq!(scene.insider.ring.insert(key), epoch);
    scene.insider.chain = chain;
    let entry = scene.insider.write(&nothing());
    scene.house.deliver(BOB, vec![entry]);
    assert_eq!(scene.house.reasons(BOB), [seal::OpenError::UnknownEpoch(epoch).to_string()]);
}

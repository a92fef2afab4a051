//! Somebody in the middle of a pairing, who may read and change every message of the mailbox. What the two people compare is
//! the check code.

use super::house::{ALICE, House};
use super::insider::{Insider, items};
use engine::Command;
use engine::api::MemberChange;
use engine::pair::{Admission, AdmissionStep, Newcomer, PairError, Sponsor};
use protocol::codec::CodecError;
use protocol::frame::ServerFrame;
use protocol::pairing::{Answer, Commitment, Offer, PairingCode, Reveal, check_code, parse};
use protocol::{Chain, DevicePublic, LinkHash, SpaceId, codec, limits};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::DeviceKeys;

fn public(seed: u64) -> DevicePublic {
    DeviceKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed)).public().clone()
}

fn reveal(seed: u64) -> Reveal {
    Reveal { device: public(seed), nonce: [u8::try_from(seed).unwrap(); 32] }
}

fn offer(reveal: &Reveal) -> Offer {
    Offer { version: limits::PROTOCOL_VERSION, commitment: reveal.commitment() }
}

fn answer(seed: u64) -> Answer {
    let nonce = [u8::try_from(seed).unwrap(); 32];
    Answer { member: public(seed), space: SpaceId::new([3; 32]), head: LinkHash::new([4; 32]), nonce }
}

#[test]
fn both_devices_show_the_same_code_when_nobody_is_in_between() {
    let (new, member) = (reveal(1), answer(2));
    let carried: Reveal = parse(&codec::encode(&new)).unwrap();
    assert_eq!(carried.commitment(), offer(&new).commitment);
    assert_eq!(check_code(&offer(&new), &member, &new), check_code(&offer(&new), &member, &carried));
}

/// One exchange with each side, with keys of their own in both.
#[test]
fn the_keys_are_swapped_in_both_directions_and_the_codes_differ() {
    let (new, member, middle) = (reveal(1), answer(2), reveal(3));
    let to_new = Answer { member: public(4), ..member.clone() };
    let shown_by_new = check_code(&offer(&new), &to_new, &new);
    let shown_by_member = check_code(&offer(&middle), &member, &middle);
    assert_ne!(shown_by_new, shown_by_member);
}

#[test]
fn the_key_of_the_new_device_is_swapped_after_it_was_committed_to() {
    let (new, middle) = (reveal(1), reveal(3));
    let swapped = Reveal { nonce: new.nonce, ..middle };
    assert_ne!(swapped.commitment(), offer(&new).commitment, "the member would not see it");
    let other_nonce = Reveal { nonce: [9; 32], ..new.clone() };
    assert_ne!(other_nonce.commitment(), offer(&new).commitment);
}

#[test]
fn the_commitment_is_swapped_and_the_codes_differ() {
    let (new, member) = (reveal(1), answer(2));
    let swapped = Offer { commitment: Commitment::new([9; 32]), ..offer(&new) };
    assert_ne!(check_code(&swapped, &member, &new), check_code(&offer(&new), &member, &new));
}

#[test]
fn the_answer_is_swapped_in_any_of_its_parts_and_the_codes_differ() {
    let (new, member) = (reveal(1), answer(2));
    let right = check_code(&offer(&new), &member, &new);
    for swapped in [
        Answer { member: public(4), ..member.clone() },
        Answer { space: SpaceId::new([9; 32]), ..member.clone() },
        Answer { head: LinkHash::new([9; 32]), ..member.clone() },
        Answer { nonce: [9; 32], ..member.clone() },
    ] {
        assert_ne!(check_code(&offer(&new), &swapped, &new), right);
    }
}

#[test]
fn an_answer_is_replayed_into_another_pairing_and_the_codes_differ() {
    let member = answer(2);
    let (one, another) = (reveal(1), reveal(5));
    assert_ne!(check_code(&offer(&one), &member, &one), check_code(&offer(&another), &member, &another));
}

/// Whoever is in between must fix its own keys before it knows what the code will be: the commitment goes first. If it
/// tried keys until the codes agree, it would need a million tries a comparison; here it has a thousand, and none does.
#[test]
fn a_thousand_tries_of_the_one_in_between_hit_no_code() {
    let (new, member) = (reveal(1), answer(2));
    let right = check_code(&offer(&new), &member, &new);
    let middle = reveal(3);
    let hits = (0..1_000_u32).filter(|n| {
        let mut nonce = [0; 32];
        nonce[..4].copy_from_slice(&n.to_le_bytes());
        let tried = Reveal { nonce, device: middle.device.clone() };
        check_code(&offer(&tried), &member, &tried) == right
    });
    assert_eq!(hits.count(), 0);
}

#[test]
fn messages_that_are_none_are_refused() {
    let good = codec::encode(&reveal(1));
    assert!(parse::<Reveal>(&good).is_ok());
    let truncated = parse::<Reveal>(&good[..good.len() - 1]).unwrap_err();
    assert!(matches!(truncated, CodecError::Malformed(_)), "{truncated:?}");
    let trailing = parse::<Reveal>(&[&good[..], &[0]].concat()).unwrap_err();
    assert_eq!(trailing, CodecError::Trailing(1));
    let long = parse::<Reveal>(&vec![0; limits::PAIRING_MESSAGE_BYTES + 1]).unwrap_err();
    assert!(matches!(long, CodecError::TooLong { .. }), "{long:?}");
    let nested = parse::<Offer>(&vec![0x81; limits::PAIRING_MESSAGE_BYTES]).unwrap_err();
    assert!(matches!(nested, CodecError::Malformed(_)), "{nested:?}");
    // An unknown field: what the code covers has one way to be written.
    let mut offer = codec::encode(&offer(&reveal(1)));
    offer[0] += 1;
    offer.extend([0x18, 99, 0]);
    assert_eq!(parse::<Offer>(&offer).unwrap_err(), CodecError::NotCanonical);
}

#[test]
fn a_mailbox_of_another_code_is_another_mailbox() {
    let one = PairingCode::of_random(&[1; 7]);
    let other = PairingCode::of_random(&[2; 7]);
    assert_ne!(one.mailbox(), other.mailbox());
}

/// A vault whose member has answered a newcomer, and what the newcomer revealed.
struct Scene {
    house: House,
    newcomer: Newcomer,
    sponsor: Sponsor,
    answer: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let mut house = House::in_step();
        let newcomer = Newcomer::new(&mut ChaCha20Rng::seed_from_u64(61));
        let engine = house.rooms[ALICE].device.engine().unwrap();
        let (sponsor, answer) = engine.sponsor(&mut house.vault.rng, &newcomer.offer()).unwrap().unwrap();
        Self { house, newcomer, sponsor, answer }
    }

    /// Both people say that the digits are equal, and the member adds these keys.
    fn agreed(mut self, added: Option<DevicePublic>) -> (House, Admission) {
        let digits = self.newcomer.answered(&self.answer).unwrap();
        let (shown, device) = self.sponsor.revealed(&self.newcomer.reveal().unwrap()).unwrap();
        assert_eq!(digits, shown);
        let add = MemberChange::Add(added.unwrap_or(device));
        self.house.command(ALICE, Command::ChangeMembers(add)).unwrap();
        let admission = self.newcomer.agreed("https://relay.test".into()).unwrap();
        (self.house, admission)
    }
}

/// The relay serves this chain to the newcomer.
fn serve(admission: &mut Admission, chain: &Chain) -> Result<AdmissionStep, PairError> {
    let (space, height, head, links) = (chain.space(), chain.height(), chain.head(), items(chain));
    admission
        .on_frame(&ServerFrame::Links { request: 1, space, links, height, head, refusal: None }.to_bytes())
}

#[test]
fn an_honest_pairing_ends_with_a_new_member() {
    let (house, mut admission) = Scene::new().agreed(None);
    let done = serve(&mut admission, &house.present_chain());
    assert!(matches!(done, Ok(AdmissionStep::Done(_))));
}

#[test]
fn other_keys_are_revealed_than_were_announced() {
    let scene = Scene::new();
    let refused = scene.sponsor.revealed(&codec::encode(&reveal(3))).unwrap_err();
    assert!(matches!(refused, PairError::Commitment), "{refused:?}");
}

#[test]
fn both_sides_are_met_by_the_one_in_between_and_show_different_digits() {
    let mut scene = Scene::new();
    let mut rng = ChaCha20Rng::seed_from_u64(62);
    let mut middle = Newcomer::new(&mut rng);
    let engine = scene.house.rooms[ALICE].device.engine().unwrap();
    let (to_middle, answer) = engine.sponsor(&mut rng, &middle.offer()).unwrap().unwrap();
    middle.answered(&answer).unwrap();
    let (shown_by_member, _) = to_middle.revealed(&middle.reveal().unwrap()).unwrap();
    // To the newcomer it speaks as if it were the member, with the nonce that the member gave.
    let real: Answer = parse(&answer).unwrap();
    let forged = codec::encode(&Answer { member: public(7), ..real });
    let shown_by_newcomer = scene.newcomer.answered(&forged).unwrap();
    assert_ne!(shown_by_newcomer, shown_by_member);
}

#[test]
fn a_second_answer_comes_after_the_first_was_compared() {
    let mut scene = Scene::new();
    scene.newcomer.answered(&scene.answer).unwrap();
    let refused = scene.newcomer.answered(&scene.answer).unwrap_err();
    assert!(matches!(refused, PairError::Order), "{refused:?}");
}

#[test]
fn the_keys_are_asked_for_before_there_is_an_answer() {
    let scene = Scene::new();
    let refused = scene.newcomer.reveal().unwrap_err();
    assert!(matches!(refused, PairError::Order), "{refused:?}");
}

#[test]
fn an_offer_is_of_another_version() {
    let mut scene = Scene::new();
    for version in [0, 2] {
        let offer = codec::encode(&Offer { version, ..offer(&reveal(3)) });
        let engine = scene.house.rooms[ALICE].device.engine().unwrap();
        let refused = engine.sponsor(&mut scene.house.vault.rng, &offer).unwrap().err();
        assert!(matches!(refused, Some(PairError::Version)), "{refused:?}");
    }
}

#[test]
fn the_messages_of_a_pairing_are_garbage() {
    let mut scene = Scene::new();
    let garbage = vec![0x81; limits::PAIRING_MESSAGE_BYTES];
    assert!(matches!(scene.sponsor.revealed(&garbage), Err(PairError::Malformed)));
    assert!(matches!(scene.newcomer.answered(&garbage), Err(PairError::Malformed)));
    let engine = scene.house.rooms[ALICE].device.engine().unwrap();
    let refused = engine.sponsor(&mut scene.house.vault.rng, &garbage).unwrap().err();
    assert!(matches!(refused, Some(PairError::Malformed)), "{refused:?}");
}

#[test]
fn a_newcomer_is_served_another_vault_than_the_one_compared() {
    let (_, mut admission) = Scene::new().agreed(None);
    let other = tests::wire::Member::found(9);
    let refused = serve(&mut admission, other.chain()).err();
    assert!(matches!(refused, Some(PairError::OtherVault)), "{refused:?}");
}

#[test]
fn a_newcomer_is_served_a_chain_that_lacks_the_head_compared() {
    let scene = Scene::new();
    let mut rng = scene.house.vault.rng.clone();
    let genesis = scene.house.vault.chain.clone();
    let (house, mut admission) = scene.agreed(None);
    // On the genesis alone, by the phrase: a branch that the member never was on.
    let (paper, ring) = (house.vault.phrase.device_keys(), super::insider::ring_of(&house, &genesis));
    let other = DeviceKeys::generate(&mut rng);
    let mut branch = genesis;
    let role = protocol::Role::Device;
    let made = seal::add_device(&mut rng, &branch, &paper, other.public(), role, None, &ring).unwrap();
    branch.extend(made.0, made.1).unwrap();
    let refused = serve(&mut admission, &branch).err();
    assert!(matches!(refused, Some(PairError::OtherVault)), "{refused:?}");
}

#[test]
fn a_newcomer_is_added_by_somebody_else_than_the_one_compared_with() {
    let mut scene = Scene::new();
    scene.newcomer.answered(&scene.answer).unwrap();
    let (_, device) = scene.sponsor.revealed(&scene.newcomer.reveal().unwrap()).unwrap();
    let insider = Insider::join(&mut scene.house);
    let (mut chain, mut rng) = (insider.chain.clone(), scene.house.vault.rng.clone());
    let role = protocol::Role::Device;
    let made = seal::add_device(&mut rng, &chain, &insider.keys, &device, role, None, &insider.ring).unwrap();
    chain.extend(made.0, made.1).unwrap();
    let mut admission = scene.newcomer.agreed("https://relay.test".into()).unwrap();
    let refused = serve(&mut admission, &chain).err();
    assert!(matches!(refused, Some(PairError::OtherVault)), "{refused:?}");
}

#[test]
fn a_newcomer_is_told_that_it_was_added_and_was_not() {
    let (house, mut admission) = Scene::new().agreed(Some(public(8)));
    let step = serve(&mut admission, &house.present_chain());
    assert!(matches!(step, Ok(AdmissionStep::NotYet)));
}

#[test]
fn a_newcomer_is_served_a_chain_that_does_not_hold() {
    let (house, mut admission) = Scene::new().agreed(None);
    let chain = house.present_chain();
    let mut links = items(&chain);
    links[1].link.signature = protocol::Signature::new([0; 64]);
    let (space, height, head) = (chain.space(), chain.height(), chain.head());
    let frame = ServerFrame::Links { request: 1, space, links, height, head, refusal: None };
    let refused = admission.on_frame(&frame.to_bytes()).err();
    assert!(matches!(refused, Some(PairError::Chain(protocol::ChainError::Signature))), "{refused:?}");
}

#[test]
fn a_chain_that_never_ends_is_served_to_a_newcomer() {
    let (house, mut admission) = Scene::new().agreed(None);
    let links = vec![items(&house.vault.chain)[0].clone(); limits::LINKS_PER_FRAME];
    let (space, head) = (house.space(), LinkHash::new([1; 32]));
    let endless =
        ServerFrame::Links { request: 1, space, links, height: u32::MAX, head, refusal: None }.to_bytes();
    let most = limits::LINKS_PER_CHAIN / limits::LINKS_PER_FRAME;
    let refused = (0..most + 2).find_map(|_| admission.on_frame(&endless).err());
    assert!(matches!(refused, Some(PairError::Malformed)), "{refused:?}");
}

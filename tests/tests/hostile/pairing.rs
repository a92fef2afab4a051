//! Somebody in the middle of a pairing, who may read and change every message of the mailbox. What the two people compare is
//! the check code.

use protocol::codec::CodecError;
use protocol::pairing::{Answer, Commitment, Offer, PairingCode, Reveal, check_code, parse};
use protocol::{DevicePublic, LinkHash, SpaceId, codec, limits};
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

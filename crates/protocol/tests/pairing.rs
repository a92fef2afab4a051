//! What two devices say to each other before one of them is a member.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod kit;

use protocol::pairing::{Answer, Offer, PairingCode, Reveal, Slot, check_code, parse};
use protocol::{LinkHash, SpaceId, codec, limits};

fn exchange() -> (Offer, Answer, Reveal) {
    let device = kit::Device::new(2).public;
    let reveal = Reveal { device, nonce: [7; 32] };
    let offer = Offer { version: limits::PROTOCOL_VERSION, commitment: reveal.commitment() };
    let member = kit::Device::new(1).public;
    let answer =
        Answer { member, space: SpaceId::new([3; 32]), head: LinkHash::new([4; 32]), nonce: [5; 32] };
    (offer, answer, reveal)
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let code = PairingCode::of_random(&[0x08, 0x42, 0x10, 0x84, 0x21, 0x08, 0x42]);
    let text = code.to_string();
    assert_eq!(text, "1111-1111-11");
    for typed in ["1111111111", " 1l1i-IL11 - 1 1", "1111-1111-11"] {
        assert_eq!(PairingCode::parse(typed), Ok(code.clone()), "{typed}");
    }
    for wrong in ["", "1111-1111-1", "1111-1111-111", "1111-1111-1U", "1111-1111-1é", "1111\u{0}11111"] {
        assert!(PairingCode::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_bit_of_a_code_names_another_mailbox() {
    let base = [0x5a; 7];
    let mut seen = std::collections::BTreeSet::from([PairingCode::of_random(&base).mailbox()]);
    for bit in 0..50 {
        let mut other = base;
        other[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(seen.insert(PairingCode::of_random(&other).mailbox()), "bit {bit}");
    }
}

#[test]
fn the_check_code_covers_both_keys_the_vault_its_head_and_both_nonces() {
    let (offer, answer, reveal) = exchange();
    let right = check_code(&offer, &answer, &reveal);
    assert_eq!(right.len(), 7);
    assert_eq!(right, check_code(&offer.clone(), &answer.clone(), &reveal.clone()));
    let other = kit::Device::new(9).public;
    let others = [
        check_code(&Offer { version: 2, ..offer.clone() }, &answer, &reveal),
        check_code(&offer, &Answer { member: other.clone(), ..answer.clone() }, &reveal),
        check_code(&offer, &Answer { space: SpaceId::new([9; 32]), ..answer.clone() }, &reveal),
        check_code(&offer, &Answer { head: LinkHash::new([9; 32]), ..answer.clone() }, &reveal),
        check_code(&offer, &Answer { nonce: [9; 32], ..answer.clone() }, &reveal),
        check_code(&offer, &answer, &Reveal { device: other, ..reveal.clone() }),
        check_code(&offer, &answer, &Reveal { nonce: [9; 32], ..reveal.clone() }),
    ];
    for (place, code) in others.iter().enumerate() {
        assert_ne!(code, &right, "{place}");
    }
}

#[test]
fn a_commitment_holds_one_key_and_one_nonce() {
    let (offer, _, reveal) = exchange();
    assert_eq!(reveal.commitment(), offer.commitment);
    assert_ne!(Reveal { nonce: [8; 32], ..reveal.clone() }.commitment(), offer.commitment);
    assert_ne!(Reveal { device: kit::Device::new(9).public, ..reveal }.commitment(), offer.commitment);
}

#[test]
fn foreign_bytes_are_parsed_within_their_limit_and_in_one_form_only() {
    let (offer, answer, reveal) = exchange();
    assert_eq!(parse::<Offer>(&codec::encode(&offer)), Ok(offer));
    assert_eq!(parse::<Answer>(&codec::encode(&answer)), Ok(answer));
    let bytes = codec::encode(&reveal);
    assert_eq!(parse::<Reveal>(&bytes), Ok(reveal));
    for cut in 0..bytes.len() {
        assert!(parse::<Reveal>(&bytes[..cut]).is_err(), "{cut}");
    }
    assert!(parse::<Reveal>(&[bytes, vec![0]].concat()).is_err());
    assert!(parse::<Reveal>(&vec![0; limits::PAIRING_MESSAGE_BYTES + 1]).is_err());
}

#[test]
fn slots_are_found_by_their_names_alone() {
    for slot in Slot::ALL {
        assert_eq!(Slot::of_name(slot.name()), Some(slot));
    }
    assert_eq!(Slot::of_name("Offer"), None);
}

//! A device's proof of itself, carried by a relay to where it was not meant for.

use super::house::House;
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::{AccountId, ErrorCode, Signature};
use sync_server::identity::{Claim, verify_member};
use tests::simulation::device::ORIGIN;

const CHALLENGE: [u8; 32] = [6; 32];

/// What the first device signs when it is asked for a proof on a socket.
fn proof(house: &mut House) -> Signature {
    house.disconnect(0);
    house.rooms[0].sent.clear();
    house.rooms[0].down = Some(Box::new(|frame| match frame {
        ServerFrame::Challenge { .. } => vec![ServerFrame::Challenge { challenge: CHALLENGE }.to_bytes()],
        _ => Vec::new(),
    }));
    house.connect(0);
    house.settle();
    let hello = house.rooms[0].sent.iter().find_map(|frame| match frame {
        ClientFrame::Hello { signature, .. } => Some(*signature),
        _ => None,
    });
    hello.unwrap()
}

/// What a relay makes of the proof, for this origin, account, challenge and purpose.
fn shown(change: impl FnOnce(&mut Claim<'_>)) -> Result<(), ErrorCode> {
    let mut house = House::of(&[]);
    let signature = proof(&mut house);
    let (account, purpose, device) = (house.vault.account, AuthPurpose::Socket, house.id(0));
    let mut claim = Claim { origin: ORIGIN, account, challenge: CHALLENGE, purpose, device };
    change(&mut claim);
    verify_member(claim, &house.vault.chain, &signature)
}

#[test]
fn a_proof_holds_where_it_was_made_for() {
    assert_eq!(shown(|_| {}), Ok(()));
}

#[test]
fn a_proof_is_carried_to_another_relay() {
    assert_eq!(shown(|claim| claim.origin = "https://elsewhere.test"), Err(ErrorCode::Unauthorized));
}

#[test]
fn a_proof_is_replayed_under_another_challenge() {
    assert_eq!(shown(|claim| claim.challenge = [7; 32]), Err(ErrorCode::Unauthorized));
}

#[test]
fn a_proof_for_a_socket_is_used_for_a_ticket_a_passkey_or_a_session() {
    for purpose in [AuthPurpose::Ticket, AuthPurpose::Passkey, AuthPurpose::Session] {
        assert_eq!(shown(|claim| claim.purpose = purpose), Err(ErrorCode::Unauthorized), "{purpose:?}");
    }
}

#[test]
fn a_proof_is_shown_for_the_account_of_somebody_else() {
    assert_eq!(shown(|claim| claim.account = AccountId::new([9; 16])), Err(ErrorCode::UnknownDevice));
}

#[test]
fn a_proof_is_shown_in_the_name_of_another_member() {
    let mut house = House::of(&["bob"]);
    let signature = proof(&mut house);
    let chain = house.present_chain();
    let (account, purpose, device) = (house.vault.account, AuthPurpose::Socket, house.id(1));
    let claim = Claim { origin: ORIGIN, account, challenge: CHALLENGE, purpose, device };
    assert_eq!(verify_member(claim, &chain, &signature), Err(ErrorCode::Unauthorized));
}

#[test]
fn a_claim_with_an_origin_longer_than_any_is_not_looked_at() {
    let house = House::of(&[]);
    let keys = seal::Phrase::generate(&mut house.vault.rng.clone()).device_keys();
    let origin = "x".repeat(protocol::limits::ORIGIN_BYTES + 1);
    let purpose = AuthPurpose::Lookup;
    let claim = AuthClaim { origin, account: None, challenge: CHALLENGE, purpose, device: keys.id() };
    assert!(claim.verify(keys.public(), &keys.sign(&claim.signing_hash())).is_err());
}

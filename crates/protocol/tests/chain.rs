//! Who may extend a membership chain, and with what: every rule by the error that breaking it gives.

mod kit;

use kit::*;
use protocol::codec::CodecError;
use protocol::*;

const ALICE: u8 = 1;
const PAPER: u8 = 2;
const PHONE: u8 = 3;
const BOB: u8 = 4;

/// A vault of Alice's laptop and phrase.
fn vault() -> (Chain, Device, Device) {
    let (alice, paper) = (Device::new(ALICE), Device::new(PAPER));
    (begin(Purpose::Vault, &alice, Some(&paper)), alice, paper)
}

/// Alice's share, with Bob's phone as guest.
fn share() -> (Chain, Device, Device) {
    let (alice, bob) = (Device::new(ALICE), Device::new(BOB));
    let mut chain = begin(Purpose::Share, &alice, None);
    add(&mut chain, &alice, &bob, Role::Guest);
    (chain, alice, bob)
}

#[test]
fn a_genesis_makes_founder_and_phrase_members_and_names_the_space() {
    let (chain, alice, paper) = vault();
    assert_eq!(chain.space(), SpaceId::from(chain.head()));
    assert_eq!(chain.active(&alice.id()).unwrap().role, Role::Device);
    assert_eq!(chain.recovery().unwrap().0, &paper.id());
    assert!(chain.vouched_by(&paper.id()) && !chain.vouched_by(&alice.id()));
    assert_eq!(chain.account(), AccountId::of_vault(&chain.space()));
}

#[test]
fn a_whole_chain_verifies_again_from_its_links() {
    let (mut chain, alice, paper) = vault();
    let phone = Device::new(PHONE);
    add(&mut chain, &paper, &phone, Role::Device);
    let body = LinkBody::Revoke { cuts: vec![alice.cut()] };
    let link = rotate(&chain, &phone, body, &[&phone, &paper], 1).sign(&phone, None);
    extend(&mut chain, link);
    let links = chain.links().iter().map(|l| (l.signed.clone(), l.keyboxes.clone()));
    let again = Chain::verify(links).unwrap();
    assert_eq!(again.head(), chain.head());
    assert_eq!(again.members().collect::<Vec<_>>(), chain.members().collect::<Vec<_>>());
    assert!(again.active(&alice.id()).is_none());
}

#[test]
fn a_chain_that_does_not_begin_with_one_genesis_is_refused() {
    let (chain, alice, paper) = vault();
    assert_eq!(Chain::verify([]).unwrap_err(), ChainError::Genesis);
    let phone = Device::new(PHONE);
    let (link, keys) = next(&chain, &alice, add_body(&phone, Role::Device), &[&phone]).sign(&alice, None);
    assert_eq!(Chain::begin(link, keys).unwrap_err(), ChainError::Genesis);
    let second = genesis_draft(Purpose::Vault, &alice, None).link.body;
    let (link, keys) = next(&chain, &alice, second, &[&alice]).sign(&alice, None);
    assert_eq!(try_extend(&chain, (link, keys)).unwrap_err(), ChainError::Genesis);
    for spoil in [
        |l: &mut Link| l.height = 1,
        |l: &mut Link| l.space = Some(SpaceId::new([1; 32])),
        |l: &mut Link| l.previous = Some(LinkHash::new([1; 32])),
    ] {
        let mut draft = genesis_draft(Purpose::Vault, &alice, Some(&paper));
        spoil(&mut draft.link);
        let (link, keys) = draft.sign(&alice, Some(&paper));
        assert_eq!(Chain::begin(link, keys).unwrap_err(), ChainError::Genesis);
    }
    // Signed by somebody who is not the founder it names.
    let (link, keys) = genesis_draft(Purpose::Vault, &alice, None).sign(&paper, None);
    assert_eq!(Chain::begin(link, keys).unwrap_err(), ChainError::Genesis);
}

#[test]
fn a_genesis_whose_founder_is_its_own_phrase_is_refused() {
    let alice = Device::new(ALICE);
    let mut draft = genesis_draft(Purpose::Vault, &alice, Some(&alice));
    draft.keyboxes = boxes(&[&alice]);
    let (link, keys) = draft.commit().sign(&alice, Some(&alice));
    assert_eq!(Chain::begin(link, keys).unwrap_err(), ChainError::Known);
}

#[test]
fn bytes_that_are_no_canonical_link_are_refused() {
    let (chain, alice, _) = vault();
    let garbage = sign_bytes(vec![0xff, 0x00], None, Keyboxes::default(), &alice, None);
    assert!(matches!(try_extend(&chain, garbage), Err(ChainError::Codec(CodecError::Malformed(_)))));
    let mut draft = next(&chain, &alice, LinkBody::Close {}, &[]);
    draft.link.version = 2;
    let newer = draft.sign(&alice, None);
    assert_eq!(try_extend(&chain, newer).unwrap_err(), ChainError::Codec(CodecError::Version(2)));
    let long = sign_bytes(vec![0; limits::LINK_BYTES + 1], None, Keyboxes::default(), &alice, None);
    assert!(matches!(try_extend(&chain, long), Err(ChainError::Codec(CodecError::TooLong { .. }))));
}

#[test]
fn a_link_needs_its_authors_signature() {
    let (chain, alice, paper) = vault();
    let phone = Device::new(PHONE);
    let draft = || next(&chain, &alice, add_body(&phone, Role::Device), &[&phone]);
    let (mut link, keys) = draft().sign(&alice, None);
    link.signature = paper.sign(Link::hash(&link.link).as_bytes());
    assert_eq!(try_extend(&chain, (link, keys)).unwrap_err(), ChainError::Signature);
    let (mut link, keys) = genesis_draft(Purpose::Vault, &alice, Some(&paper)).sign(&alice, Some(&paper));
    link.signature = paper.sign(Link::hash(&link.link).as_bytes());
    assert_eq!(Chain::begin(link, keys).unwrap_err(), ChainError::Signature);
}

#[test]
fn a_phrase_joins_only_with_its_own_counter_signature() {
    let (chain, alice, paper) = vault();
    // A chain built around a public key that was seen somewhere.
    for counter in [None, Some(&alice)] {
        let (link, keys) = genesis_draft(Purpose::Vault, &alice, Some(&paper)).sign(&alice, counter);
        assert_eq!(Chain::begin(link, keys).unwrap_err(), ChainError::Signature);
    }
    let other = Device::new(PHONE);
    for counter in [None, Some(&alice)] {
        let link = next(&chain, &alice, add_body(&other, Role::Paper), &[&other]).sign(&alice, counter);
        assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Signature);
        let body = LinkBody::SetRecovery { recovery: other.public.clone() };
        let link = rotate(&chain, &alice, body, &[&alice, &other], 1).sign(&alice, counter);
        assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Signature);
    }
    // A counter-signature where nothing is introduced.
    let link = next(&chain, &alice, add_body(&other, Role::Device), &[&other]).sign(&alice, Some(&other));
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Signature);
}

#[test]
fn a_counter_signature_of_another_link_does_not_count() {
    let (chain, alice, _) = vault();
    let other = Device::new(PHONE);
    let draft = || next(&chain, &alice, add_body(&other, Role::Paper), &[&other]);
    let (good, keys) = draft().sign(&alice, Some(&other));
    let mut changed = draft();
    changed.keyboxes.history = vec![1];
    let (mut bad, bad_keys) = changed.commit().sign(&alice, Some(&other));
    bad.counter = good.counter;
    assert_eq!(try_extend(&chain, (bad, bad_keys)).unwrap_err(), ChainError::Signature);
    assert!(try_extend(&chain, (good, keys)).is_ok());
}

#[test]
fn a_link_of_another_space_is_refused() {
    let (chain, alice, _) = vault();
    for space in [None, Some(SpaceId::new([3; 32]))] {
        let mut draft = next(&chain, &alice, LinkBody::Close {}, &[]);
        draft.link.space = space;
        assert_eq!(try_extend(&chain, draft.sign(&alice, None)).unwrap_err(), ChainError::OtherSpace);
    }
}

#[test]
fn the_loser_of_two_links_on_one_head_is_told_where_the_head_is() {
    let (mut chain, alice, _) = vault();
    let (phone, bob) = (Device::new(PHONE), Device::new(BOB));
    let loser = next(&chain, &alice, add_body(&bob, Role::Device), &[&bob]).sign(&alice, None);
    add(&mut chain, &alice, &phone, Role::Device);
    let error = try_extend(&chain, loser).unwrap_err();
    assert_eq!(error, ChainError::HeadMoved { named: 0, head: 1 });
    // A fork: the right height on another head.
    let mut draft = next(&chain, &alice, LinkBody::Close {}, &[]);
    draft.link.previous = Some(LinkHash::new([1; 32]));
    let error = try_extend(&chain, draft.sign(&alice, None)).unwrap_err();
    assert_eq!(error, ChainError::HeadMoved { named: 1, head: 1 });
    // The right head with a wrong height is no better.
    let mut draft = next(&chain, &alice, LinkBody::Close {}, &[]);
    draft.link.height = 9;
    let error = try_extend(&chain, draft.sign(&alice, None)).unwrap_err();
    assert_eq!(error, ChainError::HeadMoved { named: 8, head: 1 });
}

#[test]
fn strangers_and_revoked_devices_sign_nothing() {
    let (mut chain, alice, paper) = vault();
    let (phone, bob) = (Device::new(PHONE), Device::new(BOB));
    let link = next(&chain, &bob, add_body(&bob, Role::Device), &[&bob]).sign(&bob, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::NotAllowed);
    add(&mut chain, &alice, &phone, Role::Device);
    let body = LinkBody::Revoke { cuts: vec![phone.cut()] };
    let link = rotate(&chain, &alice, body, &[&alice, &paper], 1).sign(&alice, None);
    extend(&mut chain, link);
    let link = next(&chain, &phone, add_body(&bob, Role::Device), &[&bob]).sign(&phone, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::NotAllowed);
}

#[test]
fn a_guest_adds_and_revokes_guests_and_nothing_else() {
    let (chain, alice, bob) = share();
    let (tablet, paper) = (Device::new(PHONE), Device::new(PAPER));
    let link = next(&chain, &bob, add_body(&tablet, Role::Guest), &[&tablet]).sign(&bob, None);
    let with_tablet = try_extend(&chain, link).unwrap();
    let body = LinkBody::Revoke { cuts: vec![tablet.cut()] };
    let link = rotate(&with_tablet, &bob, body, &[&alice, &bob], 1).sign(&bob, None);
    assert!(try_extend(&with_tablet, link).unwrap().active(&tablet.id()).is_none());

    let refused = |draft: Draft, paper: Option<&Device>| {
        assert_eq!(try_extend(&chain, draft.sign(&bob, paper)).unwrap_err(), ChainError::NotAllowed);
    };
    refused(next(&chain, &bob, add_body(&tablet, Role::Device), &[&tablet]), None);
    refused(next(&chain, &bob, add_body(&paper, Role::Paper), &[&paper]), Some(&paper));
    refused(next(&chain, &bob, LinkBody::Close {}, &[]), None);
    let body = LinkBody::SetRecovery { recovery: paper.public.clone() };
    refused(rotate(&chain, &bob, body, &[&alice, &bob, &paper], 1), Some(&paper));
    refused(rotate(&chain, &bob, LinkBody::Revoke { cuts: vec![alice.cut()] }, &[&bob], 1), None);
    let body = LinkBody::Resolve { dropped: LinkHash::new([1; 32]), cuts: Vec::new() };
    refused(rotate(&chain, &bob, body, &[&alice, &bob], 1), None);
}

#[test]
fn a_vault_has_no_guests() {
    let (chain, alice, paper) = vault();
    let bob = Device::new(BOB);
    for author in [&alice, &paper] {
        let link = next(&chain, author, add_body(&bob, Role::Guest), &[&bob]).sign(author, None);
        assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::NotAllowed);
    }
}

#[test]
fn nobody_joins_twice_not_even_after_a_revocation() {
    let (mut chain, alice, paper) = vault();
    let phone = Device::new(PHONE);
    add(&mut chain, &alice, &phone, Role::Device);
    let again = |chain: &Chain| {
        let link = next(chain, &alice, add_body(&phone, Role::Device), &[&phone]).sign(&alice, None);
        try_extend(chain, link).unwrap_err()
    };
    assert_eq!(again(&chain), ChainError::Known);
    let body = LinkBody::Revoke { cuts: vec![phone.cut()] };
    let link = rotate(&chain, &alice, body, &[&alice, &paper], 1).sign(&alice, None);
    extend(&mut chain, link);
    assert_eq!(again(&chain), ChainError::Known);
    let body = LinkBody::SetRecovery { recovery: paper.public.clone() };
    let link = rotate(&chain, &alice, body, &[&alice, &paper], 2).sign(&alice, Some(&paper));
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Known);
}

#[test]
fn a_revocation_names_active_members_other_than_its_author() {
    let (chain, alice, paper) = vault();
    let stranger = Device::new(BOB);
    let cases = [vec![], vec![stranger.cut()], vec![alice.cut()], vec![paper.cut(), paper.cut()]];
    for cuts in cases {
        let link = rotate(&chain, &alice, LinkBody::Revoke { cuts }, &[&alice, &paper], 1).sign(&alice, None);
        assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Cuts);
    }
    // A resolution may carry over none, but no wrong ones.
    let body = |cuts| LinkBody::Resolve { dropped: LinkHash::new([1; 32]), cuts };
    let link = rotate(&chain, &alice, body(vec![stranger.cut()]), &[&alice, &paper], 1).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Cuts);
    let link = rotate(&chain, &alice, body(vec![]), &[&alice, &paper], 1).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap().epoch(), epoch(1));
}

#[test]
fn a_new_phrase_ends_the_old_one() {
    let (mut chain, alice, paper) = vault();
    let new = Device::new(PHONE);
    let body = LinkBody::SetRecovery { recovery: new.public.clone() };
    let link = rotate(&chain, &alice, body, &[&alice, &new], 1).sign(&alice, Some(&new));
    extend(&mut chain, link);
    assert_eq!(chain.recovery().unwrap().0, &new.id());
    assert!(chain.active(&paper.id()).is_none() && !chain.vouched_by(&paper.id()));
    assert!(chain.member(&paper.id()).unwrap().active_at(0));
}

#[test]
fn the_epoch_changes_with_rotations_and_only_with_them() {
    let (mut chain, alice, paper) = vault();
    let phone = Device::new(PHONE);
    let body = add_body(&phone, Role::Device);
    let link = rotate(&chain, &alice, body, &[&phone], 1).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Epoch);
    let link = rotate(&chain, &alice, LinkBody::Close {}, &[], 1).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Epoch);
    add(&mut chain, &alice, &phone, Role::Device);
    let cuts = || LinkBody::Revoke { cuts: vec![phone.cut()] };
    let link = next(&chain, &alice, cuts(), &[&alice, &paper]).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Epoch);
    let link = rotate(&chain, &alice, cuts(), &[&alice, &paper], 1).sign(&alice, None);
    extend(&mut chain, link);
    // An epoch that was is not new either.
    let body = LinkBody::Resolve { dropped: LinkHash::new([1; 32]), cuts: Vec::new() };
    let link = rotate(&chain, &alice, body, &[&alice, &paper], 0).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Epoch);
}

#[test]
fn keyboxes_are_those_committed_to_and_for_exactly_those_who_need_them() {
    let (chain, alice, paper) = vault();
    let phone = Device::new(PHONE);
    let draft = || next(&chain, &alice, add_body(&phone, Role::Device), &[&phone]);
    let refused = |link| assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Keyboxes);
    // Other boxes than the link commits to.
    let (link, mut keys) = draft().sign(&alice, None);
    keys.boxes[0].ciphertext = vec![3];
    refused((link, keys));
    let (link, mut keys) = draft().sign(&alice, None);
    keys.history = vec![3];
    refused((link, keys));
    // One too few, one too many, one twice, unsorted.
    for to in [&[][..], &[&phone, &alice], &[&phone, &phone]] {
        refused(Draft { keyboxes: boxes(to), ..draft() }.commit().sign(&alice, None));
    }
    let body = || LinkBody::Resolve { dropped: LinkHash::new([1; 32]), cuts: Vec::new() };
    let mut unsorted = rotate(&chain, &alice, body(), &[&alice, &paper], 1);
    unsorted.keyboxes.boxes.reverse();
    refused(unsorted.commit().sign(&alice, None));
    refused(rotate(&chain, &alice, body(), &[&alice], 1).sign(&alice, None));
    // Over the limit of bytes.
    let mut large = draft();
    large.keyboxes.history = vec![0; limits::KEYBOXES_BYTES];
    refused(large.commit().sign(&alice, None));
    let (link, _) = genesis_draft(Purpose::Vault, &alice, Some(&paper)).sign(&alice, Some(&paper));
    assert_eq!(Chain::begin(link, boxes(&[&alice])).unwrap_err(), ChainError::Keyboxes);
}

#[test]
fn nothing_follows_the_end_of_a_space() {
    let (mut chain, alice, _) = vault();
    let link = next(&chain, &alice, LinkBody::Close {}, &[]).sign(&alice, None);
    extend(&mut chain, link);
    assert!(chain.is_closed());
    let phone = Device::new(PHONE);
    let link = next(&chain, &alice, add_body(&phone, Role::Device), &[&phone]).sign(&alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Closed);
}

#[test]
fn a_space_has_room_for_64_active_devices_and_a_revocation_makes_room() {
    let (mut chain, alice, paper) = vault();
    let devices: Vec<_> = (3..).take(limits::DEVICES_PER_SPACE - 1).map(Device::new).collect();
    let (last, fitting) = devices.split_last().unwrap();
    for device in fitting {
        add(&mut chain, &alice, device, Role::Device);
    }
    let link = |chain: &Chain| next(chain, &alice, add_body(last, Role::Device), &[last]).sign(&alice, None);
    assert_eq!(try_extend(&chain, link(&chain)).unwrap_err(), ChainError::Full);
    let stay: Vec<_> = fitting.iter().skip(1).chain([&alice, &paper]).collect();
    let body = LinkBody::Revoke { cuts: vec![fitting[0].cut()] };
    let revoke = rotate(&chain, &alice, body, &stay, 1).sign(&alice, None);
    extend(&mut chain, revoke);
    assert!(try_extend(&chain, link(&chain)).is_ok());
}

#[test]
fn a_chain_ends_at_its_limit_of_links() {
    let alice = Device::new(ALICE);
    let mut chain = begin(Purpose::Vault, &alice, None);
    let draft = |chain: &Chain| {
        let body = LinkBody::Resolve { dropped: LinkHash::new([1; 32]), cuts: Vec::new() };
        let mut draft = next(chain, &alice, body, &[&alice]);
        let mut epoch = [0xee; 32];
        epoch[..4].copy_from_slice(&chain.height().to_le_bytes());
        draft.link.epoch = EpochId::new(epoch);
        draft.sign(&alice, None)
    };
    while chain.links().len() < limits::LINKS_PER_CHAIN {
        let link = draft(&chain);
        extend(&mut chain, link);
    }
    let (link, keys) = draft(&chain);
    assert_eq!(chain.extend(link, keys).unwrap_err(), ChainError::Full);
}

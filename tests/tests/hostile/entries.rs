//! Entries that were changed, moved or signed by somebody else on their way.

use super::house::{ALICE, Alarm, BOB, House, broke, on_entries, with_header};
use super::insider::{Insider, append, nothing};
use engine::api::MemberChange;
use engine::{Command, Notice, Reply};
use protocol::chain::AdmitError;
use protocol::{DeviceId, EntryHash, EpochId, ErrorCode, Header, LinkHash, SealedEntry, Signature, SpaceId};

/// What an attack on an entry comes to.
enum End {
    /// It is refused and told of.
    Refused(AdmitError),
    /// The relay broke the protocol: the connection ends.
    Broken(ErrorCode),
}

/// Alice writes, and what passes to Bob is changed. Then nobody changes it any more, and Bob has everything.
#[track_caller]
fn changed_on_the_way(change: impl FnMut(SealedEntry) -> SealedEntry + 'static, end: &End) {
    let mut house = House::in_step();
    house.write(ALICE, 2, "honest");
    house.settle();
    assert_eq!((house.read(BOB, 2).as_deref(), house.alarms(BOB)), (Some("honest"), Vec::new()));
    let mut change = change;
    house.rooms[BOB].down = Some(on_entries(move |entries| entries.into_iter().map(&mut change).collect()));
    house.write(ALICE, 3, "attacked");
    house.settle();
    assert_eq!(house.read(BOB, 3), None, "it was taken in");
    match end {
        End::Refused(error) => house.assert_refused(BOB, *error),
        End::Broken(code) => assert_eq!(house.alarms(BOB), broke(*code)),
    }
    house.reconnect_honestly(BOB);
    house.write(ALICE, 4, "afterwards");
    house.settle();
    house.assert_sound(&[1, 2, 3, 4]);
}

/// One test a change.
macro_rules! changes {
    ($($name:ident: $change:expr => $end:expr;)*) => { $(#[test] fn $name() { changed_on_the_way($change, &$end) })* };
}

changes! {
    the_version_of_a_header_is_flipped:
        |e| with_header(e, |h| h.version ^= 2) => End::Broken(ErrorCode::UnsupportedVersion);
    the_version_of_a_header_is_downgraded:
        |e| with_header(e, |h| h.version = 0) => End::Broken(ErrorCode::UnsupportedVersion);
    the_kind_of_a_header_is_flipped:
        |e| with_header(e, |h| h.kind ^= 1) => End::Refused(AdmitError::Signature);
    the_space_of_a_header_is_flipped:
        |e| with_header(e, |h| h.space = SpaceId::new([7; 32])) => End::Refused(AdmitError::OtherSpace);
    the_device_of_a_header_is_flipped_to_a_stranger:
        |e| with_header(e, |h| h.device = DeviceId::new([7; 16])) => End::Refused(AdmitError::NotAMember);
    the_index_of_a_header_is_flipped_upwards:
        |e| with_header(e, |h| h.index += 1) => End::Refused(AdmitError::Signature);
    the_index_of_a_header_is_flipped_to_the_largest_number:
        |e| with_header(e, |h| h.index = u64::MAX) => End::Refused(AdmitError::Signature);
    the_index_of_a_header_is_flipped_downwards:
        |e| with_header(e, |h| h.index -= 1) => End::Refused(AdmitError::Signature);
    the_index_of_a_header_is_flipped_to_zero:
        |e| with_header(e, |h| h.index = 0) => End::Broken(ErrorCode::Malformed);
    the_previous_address_of_a_header_is_flipped:
        |e| with_header(e, |h| h.previous = EntryHash::new([7; 32])) => End::Refused(AdmitError::Signature);
    the_epoch_of_a_header_is_flipped:
        |e| with_header(e, |h| h.epoch = EpochId::new([7; 32])) => End::Refused(AdmitError::WrongEpoch);
    the_membership_head_of_a_header_is_flipped:
        |e| with_header(e, |h| h.membership = LinkHash::new([7; 32])) => End::Broken(ErrorCode::StaleMembershipHead);
    the_nonce_of_a_header_is_flipped:
        |e| with_header(e, |h| h.nonce[0] ^= 1) => End::Refused(AdmitError::Signature);
    the_length_of_a_header_is_flipped:
        |e| with_header(e, |h| h.length ^= 1) => End::Broken(ErrorCode::Malformed);
    a_bit_of_the_ciphertext_is_flipped:
        |mut e| { e.ciphertext[9] ^= 1; e } => End::Refused(AdmitError::Signature);
    a_bit_of_the_signature_is_flipped:
        |mut e| { e.signature = flipped(e.signature); e } => End::Refused(AdmitError::Signature);
    the_signature_is_made_all_zero:
        |mut e| { e.signature = Signature::new([0; 64]); e } => End::Refused(AdmitError::Signature);
    the_ciphertext_is_truncated:
        |mut e| { e.ciphertext.truncate(100); e } => End::Broken(ErrorCode::Malformed);
    the_ciphertext_is_truncated_and_its_length_adapted:
        |mut e| { e.ciphertext.truncate(100); with_header(e, |h| h.length = 100) } => End::Refused(AdmitError::Signature);
    the_ciphertext_is_extended:
        |mut e| { e.ciphertext.push(0); e } => End::Broken(ErrorCode::Malformed);
    the_ciphertext_is_made_longer_than_any_entry_may_be:
        |mut e| { e.ciphertext.resize(protocol::limits::ENTRY_BYTES + 1, 0); e } => End::Broken(ErrorCode::TooLarge);
    the_header_is_truncated:
        |mut e| { e.header.pop(); e } => End::Broken(ErrorCode::Malformed);
    the_header_is_written_in_another_way_that_means_the_same:
        |mut e| { e.header = not_canonical(&e.header); e } => End::Broken(ErrorCode::Malformed);
    the_header_is_made_longer_than_any_may_be:
        |mut e| { e.header.resize(protocol::limits::HEADER_BYTES + 1, 0); e } => End::Broken(ErrorCode::TooLarge);
}

fn flipped(signature: Signature) -> Signature {
    let mut bytes = *signature.as_bytes();
    bytes[0] ^= 1;
    Signature::new(bytes)
}

/// The version, which is the first value, as an integer of two bytes.
fn not_canonical(header: &[u8]) -> Vec<u8> {
    let at = header.iter().position(|b| *b == 0x01).unwrap();
    [&header[..at], &[0x18, 0x01], &header[at + 1..]].concat()
}

#[test]
fn the_ciphertext_of_another_entry_is_pasted_under_a_header() {
    let mut kept: Option<SealedEntry> = None;
    let paste = move |e: SealedEntry| match &kept {
        None => {
            kept = Some(e.clone());
            with_header(e, |h| h.nonce[0] ^= 1)
        }
        Some(first) => SealedEntry { ciphertext: first.ciphertext.clone(), ..e },
    };
    changed_on_the_way(paste, &End::Refused(AdmitError::Signature));
}

/// What follows an entry vouches for it. Taken alone no other relay would want it: it is given what came of it.
#[test]
fn the_signatures_of_all_entries_but_the_last_are_taken_away_and_the_relay_is_lost() {
    let mut house = House::of(&["bob", "carol"]);
    house.write(ALICE, 1, "before");
    house.settle();
    let empty = house.backup();
    house.disconnect(BOB);
    house.disconnect(2);
    for record in 2..6 {
        house.write(ALICE, record, "unsigned");
        house.settle();
    }
    house.rooms[BOB].down = Some(on_entries(|mut entries| {
        let all_but_one = entries.len().saturating_sub(1);
        entries.iter_mut().take(all_but_one).for_each(|e| e.signature = Signature::new([0; 64]));
        entries
    }));
    house.connect(BOB);
    house.settle();
    assert_eq!((house.read(BOB, 2).as_deref(), house.alarms(BOB)), (Some("unsigned"), Vec::new()));
    assert_eq!(house.problems(BOB), Vec::<String>::new());

    house.disconnect(ALICE);
    house.roll_back(&empty);
    house.reconnect_honestly(BOB);
    house.connect(2);
    house.settle();
    for record in 1..6 {
        assert!(house.read(2, record).is_some(), "{record}");
    }
    house.connect(ALICE);
    house.settle();
    house.assert_sound(&[1, 2, 3, 4, 5]);
}

#[test]
fn an_entry_is_replayed_under_the_name_of_another_device() {
    let mut house = House::in_step();
    let bob = house.id(BOB);
    house.rooms[ALICE].down = Some(on_entries(|e| e));
    house.rooms[BOB].down = Some(on_entries(move |entries| {
        entries.into_iter().map(|e| with_header(e, |h| h.device = bob)).collect()
    }));
    house.write(ALICE, 2, "of alice");
    house.settle();
    house.assert_refused(BOB, AdmitError::Signature);
    assert_eq!(house.read(BOB, 2), None);
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_entry_is_replayed_into_another_vault_of_the_same_device_owner() {
    // What another vault wrote, bytes untouched, so that its own signature holds.
    let mut other = tests::wire::Member::found(5);
    let entry = other.write(&nothing());
    let mut house = House::in_step();
    house.deliver(BOB, vec![entry]);
    house.assert_refused(BOB, AdmitError::OtherSpace);
}

#[test]
fn an_entry_is_delivered_a_second_time_under_the_next_number_and_counts_once() {
    let mut house = House::in_step();
    let seen: std::rc::Rc<std::cell::RefCell<Vec<SealedEntry>>> = std::rc::Rc::default();
    let keep = seen.clone();
    house.rooms[BOB].down = Some(on_entries(move |entries| {
        keep.borrow_mut().extend(entries.clone());
        entries
    }));
    house.write(ALICE, 2, "once");
    house.settle();
    let again = seen.borrow().clone();
    house.forget_alarms();
    house.deliver(BOB, again);
    assert_eq!(house.problems(BOB), Vec::<String>::new());
    // The log of the relay is now another than the one that was delivered: that shows when the device comes back.
    house.reconnect_honestly(BOB);
    let asked =
        house.rooms[BOB].sent.iter().any(|f| matches!(f, protocol::frame::ClientFrame::GetHeads { .. }));
    assert!(asked, "the chains were not compared");
    house.assert_sound(&[1, 2]);
}

#[test]
fn two_entries_are_served_at_one_address() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let [one, other] = [b"one", b"two"].map(|_| insider.entry_at(1, Header::NO_PREVIOUS, &nothing()));
    assert_ne!(one.hash(), other.hash());
    house.deliver(BOB, vec![one.into_sealed()]);
    assert_eq!(house.alarms(BOB), Vec::new());
    house.deliver(BOB, vec![other.into_sealed()]);
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::EntryForked { device: insider.keys.id() })]);
}

#[test]
fn an_own_entry_is_served_that_this_device_never_wrote() {
    let mut house = House::in_step();
    house.write(BOB, 2, "of bob");
    house.settle();
    house.forget_alarms();
    let bob = house.id(BOB);
    let mut insider = Insider::join(&mut house);
    let entry = insider.write(&nothing());
    let forged = with_header(entry, |h| (h.device, h.index) = (bob, 2));
    house.deliver(BOB, vec![insider.sign(forged)]);
    house.assert_refused(BOB, AdmitError::Signature);
}

#[test]
fn a_member_seals_what_is_no_payload() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let entry = insider.write(b"no payload at all");
    append(&house, &insider.keys, vec![entry]);
    house.settle();
    assert!(house.reasons(BOB)[0].starts_with("malformed"), "{:?}", house.alarms(BOB));
    assert_eq!(house.alarms(BOB).len(), 1);
    house.write(ALICE, 2, "afterwards");
    house.settle();
    assert_eq!(house.read(BOB, 2).as_deref(), Some("afterwards"));
}

#[test]
fn a_member_seals_a_payload_that_nests_without_end() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let entry = insider.write(&vec![0x81; 400_000]);
    house.deliver(BOB, vec![entry]);
    assert!(house.reasons(BOB)[0].starts_with("malformed"), "{:?}", house.alarms(BOB));
}

#[test]
fn a_member_seals_under_a_ciphertext_that_is_none() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let mut entry = insider.entry_at(1, Header::NO_PREVIOUS, &nothing()).into_sealed();
    entry.ciphertext.fill(0);
    let entry = insider.sign(entry);
    house.deliver(BOB, vec![entry]);
    assert_eq!(house.reasons(BOB), [seal::OpenError::NotAuthentic.to_string()]);
}

#[test]
fn a_member_names_an_older_membership_head_than_it_had_named() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    // It follows the chain one link further, and then names the link it had joined by again.
    let old = insider.chain.clone();
    insider.chain = Insider::join(&mut house).chain;
    let newer = insider.write(&nothing());
    insider.chain = old;
    let older = insider.write(&nothing());
    house.deliver(BOB, vec![newer]);
    assert_eq!(house.alarms(BOB), Vec::new());
    house.deliver(BOB, vec![older]);
    house.assert_refused(BOB, AdmitError::OlderHead);
}

#[test]
fn a_member_seals_under_an_epoch_that_has_ended() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let new = seal::Phrase::generate(&mut house.vault.rng);
    let change = MemberChange::SetRecovery(engine::api::NewPhrase::new(new.words()));
    assert_eq!(house.command(ALICE, Command::ChangeMembers(change)), Ok(Reply::MembersChanged));
    house.forget_alarms();
    // The key of before, under the head of now: what is written so would open for whoever was cut off.
    let head = house.present_chain().head();
    let entry = insider.write(&nothing());
    let downgraded = with_header(entry, |h| h.membership = head);
    house.deliver(BOB, vec![insider.sign(downgraded)]);
    house.assert_refused(BOB, AdmitError::WrongEpoch);
}

#[test]
fn a_phrase_writes_an_entry() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let paper = house.vault.phrase.device_keys();
    let entry = insider.write(&nothing());
    insider.keys = paper;
    let id = insider.keys.id();
    let entry = insider.sign(with_header(entry, |h| h.device = id));
    house.deliver(BOB, vec![entry]);
    house.assert_refused(BOB, AdmitError::NotAMember);
}

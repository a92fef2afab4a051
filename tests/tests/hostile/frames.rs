//! Frames that are no frames, or come when none of their kind can.

use super::house::{ALICE, Alarm, BOB, House, broke};
use engine::api::CloseReason;
use protocol::frame::{ClientFrame, ResumeOutcome, ServerFrame};
use protocol::{AccountId, ErrorCode, LinkHash, RunningHash, SpaceId, limits};

/// The relay sends these bytes to a device that is live. It hangs up for that reason, and nothing else came of it.
#[track_caller]
fn ended_by(bytes: impl FnOnce(&House) -> Vec<u8>, code: ErrorCode) {
    let mut house = House::in_step();
    let pong = ServerFrame::Pong { nonce: 1 }.to_bytes();
    house.say_bytes(BOB, pong);
    assert_eq!(house.alarms(BOB), Vec::new(), "an honest frame ended it");
    let bytes = bytes(&house);
    house.say_bytes(BOB, bytes);
    assert_eq!(house.alarms(BOB), broke(code));
    house.reconnect_honestly(BOB);
    house.write(ALICE, 2, "afterwards");
    house.settle();
    house.assert_sound(&[1, 2]);
}

/// One test a frame.
macro_rules! frames {
    ($($name:ident: $bytes:expr => $code:ident;)*) => { $(#[test] fn $name() { ended_by($bytes, ErrorCode::$code) })* };
}

frames! {
    an_empty_frame: |_| Vec::new() => Malformed;
    a_frame_of_a_version_that_does_not_exist_yet: |_| versioned(2) => UnsupportedVersion;
    a_frame_of_a_version_before_the_first: |_| versioned(0) => UnsupportedVersion;
    a_frame_that_is_truncated: |h| { let mut b = pushed(h); b.truncate(b.len() / 2); b } => Malformed;
    a_frame_with_something_behind_it: |h| { let mut b = pushed(h); b.push(0); b } => Malformed;
    a_frame_over_the_limit: |_| vec![limits::PROTOCOL_VERSION; limits::FRAME_BYTES + 1] => TooLarge;
    a_frame_that_nests_without_end: |_| nested(limits::FRAME_BYTES - 1, &[]) => Malformed;
    a_frame_that_nests_where_a_number_belongs: |_| nested(100_000, &[0x82, 9, 0xa1, 0]) => Malformed;
    a_frame_with_an_array_that_never_ends: |_| [&[1, 0x82, 4, 0xa1, 2, 0x9f][..], &[0xa0; 1_000]].concat() => Malformed;
    a_frame_with_a_text_that_never_ends: |_| [&[1, 0x82, 2, 0xa1, 1, 0x7f][..], &[0x60; 1_000]].concat() => Malformed;
    a_frame_that_announces_more_entries_than_there_are_bytes:
        |_| vec![1, 0x82, 4, 0xa1, 2, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => Malformed;
    a_frame_that_announces_more_bytes_than_there_are:
        |_| vec![1, 0x82, 1, 0xa1, 0, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => Malformed;
    a_frame_of_a_number_that_is_kept_for_later: |_| vec![1, 0x82, 16, 0xa0] => Malformed;
    a_frame_that_only_devices_send: |h| ClientFrame::GetHeads { request: 1, space: h.space() }.to_bytes() => Malformed;
    a_second_challenge: |_| ServerFrame::Challenge { challenge: [1; 32] }.to_bytes() => Malformed;
    a_second_welcome: |h| ServerFrame::Welcome { account: h.vault.account, software: String::new() }.to_bytes() => Malformed;
    entries_of_a_space_that_was_not_asked_for:
        |_| ServerFrame::Entries { space: FOREIGN, first: 1, entries: Vec::new() }.to_bytes() => UnknownSpace;
    links_of_a_space_that_was_not_asked_for: |_| foreign_links() => UnknownSpace;
    an_acknowledgement_in_a_space_that_was_not_asked_for:
        |_| ServerFrame::Appended { request: 1, space: FOREIGN, accepted: 1, refusal: None }.to_bytes() => UnknownSpace;
    heads_of_a_space_that_was_not_asked_for: |_| {
        let running = RunningHash::new([0; 32]);
        ServerFrame::Heads { request: 1, space: FOREIGN, heads: Vec::new(), seq: 9, running }.to_bytes()
    } => UnknownSpace;
    a_device_s_entries_of_a_space_that_was_not_asked_for:
        |_| ServerFrame::DeviceEntries { request: 1, space: FOREIGN, entries: Vec::new() }.to_bytes() => UnknownSpace;
    a_resumption_of_a_space_that_was_not_asked_for: |_| {
        let (outcome, membership) = (ResumeOutcome::Continues, Some(LinkHash::new([0; 32])));
        ServerFrame::Resumed { space: FOREIGN, outcome, seq: 9, height: 9, membership, manifest: None }.to_bytes()
    } => UnknownSpace;
}

const FOREIGN: SpaceId = SpaceId::new([9; 32]);

fn versioned(version: u8) -> Vec<u8> {
    let mut bytes = ServerFrame::Pong { nonce: 1 }.to_bytes();
    bytes[0] = version;
    bytes
}

fn pushed(house: &House) -> Vec<u8> {
    ServerFrame::Entries { space: house.space(), first: 99, entries: Vec::new() }.to_bytes()
}

fn nested(depth: usize, before: &[u8]) -> Vec<u8> {
    [&[limits::PROTOCOL_VERSION], before, &vec![0x81; depth - before.len()]].concat()
}

fn foreign_links() -> Vec<u8> {
    let (links, height, head, refusal) = (Vec::new(), 0, LinkHash::new([0; 32]), None);
    ServerFrame::Links { request: 0, space: FOREIGN, links, height, head, refusal }.to_bytes()
}

/// Unknown fields are passed over, however deep: what is in them harms nobody.
#[test]
fn a_field_of_a_later_version_that_nests_deeply_is_passed_over() {
    let mut house = House::in_step();
    let depth = 200_000;
    let deep = [&[1, 0x82, 9, 0xa2, 0, 1, 0x18, 99][..], &vec![0x81; depth], &[0]].concat();
    house.say_bytes(BOB, deep);
    assert_eq!(house.alarms(BOB), Vec::new());
    house.write(ALICE, 2, "afterwards");
    house.settle();
    house.assert_sound(&[1, 2]);
}

#[test]
fn a_device_is_welcomed_to_the_account_of_somebody_else() {
    let mut house = House::in_step();
    house.disconnect(BOB);
    house.rooms[BOB].down = Some(Box::new(|frame| {
        let frame = match frame {
            ServerFrame::Welcome { software, .. } => {
                ServerFrame::Welcome { account: AccountId::new([9; 16]), software }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    }));
    house.connect(BOB);
    house.settle();
    assert_eq!(house.alarms(BOB), broke(ErrorCode::UnknownAccount));
}

#[test]
fn entries_come_before_the_device_has_proved_itself() {
    let mut house = House::in_step();
    house.disconnect(BOB);
    let space = house.space();
    house.rooms[BOB].down = Some(Box::new(move |frame| {
        let entries = ServerFrame::Entries { space, first: 1, entries: Vec::new() };
        vec![entries.to_bytes(), frame.to_bytes()]
    }));
    house.connect(BOB);
    house.settle();
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
}

#[test]
fn a_relay_that_says_nothing_any_more_is_given_up() {
    let mut house = House::in_step();
    house.rooms[BOB].down = Some(Box::new(|_| Vec::new()));
    house.wait(BOB, 14);
    assert_eq!(house.alarms(BOB), Vec::new(), "too soon");
    house.wait(BOB, 2);
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
}

#[test]
fn a_relay_that_answers_pings_and_nothing_else_is_given_up() {
    let mut house = House::in_step();
    house.disconnect(BOB);
    house.rooms[BOB].down = Some(Box::new(|frame| match frame {
        ServerFrame::Resumed { .. } | ServerFrame::Entries { .. } => Vec::new(),
        other => vec![other.to_bytes()],
    }));
    house.connect(BOB);
    house.settle();
    house.wait(BOB, 32);
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
}

/// Always something, never what was asked for.
#[test]
fn a_relay_that_talks_without_end_and_never_comes_to_the_point_is_given_up() {
    let mut house = House::in_step();
    house.disconnect(BOB);
    house.rooms[BOB].down = Some(Box::new(|frame| match frame {
        ServerFrame::Resumed { space, outcome, height, membership, .. } => {
            vec![
                ServerFrame::Resumed { space, outcome, seq: u64::MAX, height, membership, manifest: None }
                    .to_bytes(),
            ]
        }
        other => vec![other.to_bytes()],
    }));
    house.connect(BOB);
    house.settle();
    let (space, chain) = (house.space(), house.present_chain());
    for _ in 0..12 {
        if house.rooms[BOB].connection.is_none() {
            break;
        }
        house.wait(BOB, 3);
        let (height, head) = (chain.height(), chain.head());
        house.say(
            BOB,
            &ServerFrame::Links { request: 0, space, links: Vec::new(), height, head, refusal: None },
        );
        house.say(BOB, &ServerFrame::Entries { space, first: 1, entries: Vec::new() });
    }
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
}

#[test]
fn a_relay_that_ends_the_connection_says_why() {
    let mut house = House::in_step();
    let message = String::new();
    house.say(BOB, &ServerFrame::Error { request: None, code: ErrorCode::Unavailable, message });
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Unavailable));
}

#[test]
fn a_device_is_told_that_it_was_revoked_and_shown_no_link_that_says_so() {
    let mut house = House::in_step();
    let message = String::new();
    house.say(BOB, &ServerFrame::Error { request: None, code: ErrorCode::Revoked, message });
    // The word of the relay alone ends a connection, and nothing else: only a signed link revokes.
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Revoked));
    assert_eq!(house.try_write(BOB, 2, "still a member"), Ok(()));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

//! Logs that were rolled back, forked, or are not given out.

use super::house::{ALICE, Alarm, BOB, House, broke, with_header};
use engine::Notice;
use futures_util::FutureExt as _;
use protocol::chain::AdmitError;
use protocol::entry::Head;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::{DeviceId, EntryHash, ErrorCode, SealedEntry};
use sync_server::memory::MemoryStore;
use sync_server::store::{Page, Store as _};
use tests::simulation::network::SimRelay;

fn backup(house: &House) -> MemoryStore {
    (*house.relay.store).clone()
}

#[test]
fn a_log_is_rolled_back_behind_what_was_acknowledged() {
    let mut house = House::in_step();
    let before = backup(&house);
    house.write(BOB, 2, "of bob");
    house.write(ALICE, 3, "of alice");
    house.settle();
    (0..2).for_each(|who| house.disconnect(who));
    house.relay.store.restore(&before);
    house.relay.restart();
    house.forget_alarms();
    house.connect(BOB);
    house.settle();
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 2 })]);
    house.connect(ALICE);
    house.settle();
    house.assert_sound(&[1, 2, 3]);
}

/// What the relay has of a device, from an index on.
fn served(house: &House, device: DeviceId, from: u64) -> Vec<SealedEntry> {
    let page = Page { count: 100, bytes: 1 << 20 };
    let space = house.space();
    house.relay.store.device_entries(&space, &device, from, page).now_or_never().unwrap().unwrap()
}

/// Each device is shown a log of its own. When both meet on one of them, what the other held is given to it.
#[test]
fn two_devices_are_shown_two_logs() {
    let mut house = House::in_step();
    let other = SimRelay::default();
    other.store.restore(&house.relay.store);
    let mine = std::mem::replace(&mut house.relay, other);
    house.disconnect(BOB);
    house.connect(BOB);
    house.settle();
    house.write(ALICE, 2, "on one");
    house.write(BOB, 3, "on the other");
    house.settle();
    assert_eq!((house.read(BOB, 2), house.read(ALICE, 3)), (None, None), "they do not sit on two logs");
    assert_eq!(house.alarms(BOB), Vec::new());
    house.relay = mine;
    house.reconnect_honestly(BOB);
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 1 })]);
    house.assert_sound(&[1, 2, 3]);
}

/// The relay says that it has more of a device, and gives the same again and again.
#[test]
fn a_chain_that_was_asked_for_never_ends() {
    let mut house = House::in_step();
    house.write(ALICE, 2, "two");
    house.settle();
    let (alice, space) = (house.id(ALICE), house.space());
    house.rooms[BOB].down = Some(Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Resumed { space, seq, height, membership, .. } => {
                let outcome = protocol::frame::ResumeOutcome::Diverged;
                ServerFrame::Resumed { space, outcome, seq, height, membership }
            }
            ServerFrame::Heads { request, space, seq, running, .. } => {
                let heads = vec![Head { device: alice, index: 1_000_000, hash: EntryHash::new([1; 32]) }];
                ServerFrame::Heads { request, space, heads, seq, running }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    }));
    // Whatever is asked for, the answer is the first entry.
    let stored = served(&house, alice, 1).remove(0);
    house.rooms[BOB].up = Some(Box::new(move |frame| match frame {
        ClientFrame::GetEntries { request, .. } => {
            let entries = vec![stored.clone()];
            (Vec::new(), vec![ServerFrame::DeviceEntries { request, space, entries }])
        }
        other => (vec![other], Vec::new()),
    }));
    house.disconnect(BOB);
    house.connect(BOB);
    house.settle();
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_index_beyond_all_numbers_is_served_when_a_chain_is_asked_for() {
    let mut house = House::in_step();
    house.write(ALICE, 2, "two");
    house.settle();
    let (alice, space) = (house.id(ALICE), house.space());
    let forged = with_header(served(&house, alice, 1).remove(0), |h| h.index = u64::MAX);
    house.rooms[BOB].down = Some(Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Resumed { space, seq, height, membership, .. } => {
                let outcome = protocol::frame::ResumeOutcome::Diverged;
                ServerFrame::Resumed { space, outcome, seq, height, membership }
            }
            ServerFrame::Heads { request, space, seq, running, .. } => {
                let heads = vec![Head { device: alice, index: u64::MAX, hash: EntryHash::new([1; 32]) }];
                ServerFrame::Heads { request, space, heads, seq, running }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    }));
    house.rooms[BOB].up = Some(Box::new(move |frame| match frame {
        ClientFrame::GetEntries { request, .. } => {
            let entries = vec![forged.clone()];
            (Vec::new(), vec![ServerFrame::DeviceEntries { request, space, entries }])
        }
        other => (vec![other], Vec::new()),
    }));
    house.disconnect(BOB);
    house.connect(BOB);
    house.settle();
    assert_eq!(house.reasons(BOB)[0], AdmitError::Signature.to_string());
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

/// The relay says that it has more of a device than it gives.
#[test]
fn a_chain_is_said_to_be_longer_than_what_is_given_of_it() {
    let mut house = House::in_step();
    let alice = house.id(ALICE);
    house.rooms[BOB].down = Some(Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Resumed { space, seq, height, membership, .. } => {
                let outcome = protocol::frame::ResumeOutcome::Diverged;
                ServerFrame::Resumed { space, outcome, seq, height, membership }
            }
            ServerFrame::Heads { request, space, seq, running, .. } => {
                let heads = vec![Head { device: alice, index: 9, hash: EntryHash::new([1; 32]) }];
                ServerFrame::Heads { request, space, heads, seq, running }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    }));
    house.disconnect(BOB);
    house.connect(BOB);
    house.settle();
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1]);
}

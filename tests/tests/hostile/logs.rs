//! Logs that were rolled back, forked, or are not given out.

use super::house::{ALICE, Alarm, BOB, Down, House, Up, broke, with_header};
use engine::Notice;
use futures_util::FutureExt as _;
use protocol::chain::AdmitError;
use protocol::entry::Head;
use protocol::frame::{ClientFrame, ResumeOutcome, ServerFrame};
use protocol::{DeviceId, EntryHash, ErrorCode, SealedEntry, SpaceId};
use sync_server::store::{Page, Store as _};
use tests::simulation::network::SimRelay;

/// The relay says that the logs parted, and that it has as much as this of a device.
fn claiming(device: DeviceId, index: u64) -> Down {
    Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Resumed { space, seq, height, membership, .. } => ServerFrame::Resumed {
                space,
                outcome: ResumeOutcome::Diverged,
                seq,
                height,
                membership,
                manifest: None,
            },
            ServerFrame::Heads { request, space, seq, running, .. } => {
                let heads = vec![Head { device, index, hash: EntryHash::new([1; 32]) }];
                ServerFrame::Heads { request, space, heads, seq, running }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    })
}

/// Whatever is asked for of a chain, the answer is this entry.
fn answering(space: SpaceId, entry: SealedEntry) -> Up {
    Box::new(move |frame| match frame {
        ClientFrame::GetEntries { request, .. } => {
            let entries = vec![entry.clone()];
            (Vec::new(), vec![ServerFrame::DeviceEntries { request, space, entries }])
        }
        other => (vec![other], Vec::new()),
    })
}

#[test]
fn a_log_is_rolled_back_behind_what_was_acknowledged() {
    let mut house = House::in_step();
    let before = house.backup();
    house.write(BOB, 2, "of bob");
    house.write(ALICE, 3, "of alice");
    house.settle();
    house.roll_back(&before);
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 2 })]);
    house.connect(ALICE);
    house.settle();
    house.assert_sound(&[1, 2, 3]);
}

/// What the relay has of a device, from an index on.
fn served(house: &House, device: DeviceId, from: u64) -> Vec<SealedEntry> {
    let page = Page { count: 100, bytes: 1 << 20 };
    let space = house.space();
    house.vault.relay.store.device_entries(&space, &device, from, page).now_or_never().unwrap().unwrap()
}

/// Each device is shown a log of its own. When both meet on one of them, what the other held is given to it.
#[test]
fn two_devices_are_shown_two_logs() {
    let mut house = House::in_step();
    let other = SimRelay::default();
    other.store.restore(&house.vault.relay.store);
    let mine = std::mem::replace(&mut house.vault.relay, other);
    house.reconnect(BOB);
    house.write(ALICE, 2, "on one");
    house.write(BOB, 3, "on the other");
    house.settle();
    assert_eq!((house.read(BOB, 2), house.read(ALICE, 3)), (None, None), "they do not sit on two logs");
    assert_eq!(house.alarms(BOB), Vec::new());
    house.vault.relay = mine;
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
    house.rooms[BOB].down = Some(claiming(alice, 1_000_000));
    let stored = served(&house, alice, 1).remove(0);
    house.rooms[BOB].up = Some(answering(space, stored));
    house.reconnect(BOB);
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
    house.rooms[BOB].down = Some(claiming(alice, u64::MAX));
    house.rooms[BOB].up = Some(answering(space, forged));
    house.reconnect(BOB);
    assert_eq!(house.reasons(BOB)[0], AdmitError::Signature.to_string());
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

/// The relay says that it has more of a device than it gives.
#[test]
fn a_chain_is_said_to_be_longer_than_what_is_given_of_it() {
    let mut house = House::in_step();
    let alice = house.id(ALICE);
    house.rooms[BOB].down = Some(claiming(alice, 9));
    house.reconnect(BOB);
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1]);
}

//! What a relay keeps from one device, and how that comes out: by what others say they have seen.

use super::house::{ALICE, Alarm, BOB, Down, House};
use engine::{Event, Notice};
use protocol::frame::ServerFrame;
use protocol::{DeviceId, Header, codec};

const CAROL: usize = 2;

/// Keeps all that a device wrote from whoever this sits on, and closes up the numbers, so that no hole shows. With `lies` it
/// also denies that there is anything when it is asked.
fn withholding(of: DeviceId, lies: bool) -> Down {
    let mut dropped = 0;
    Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Entries { space, first, mut entries } => {
                let first = first - dropped;
                let before = entries.len();
                entries.retain(|e| codec::decode_canonical::<Header>(&e.header).unwrap().device != of);
                dropped += (before - entries.len()) as u64;
                if entries.is_empty() {
                    return Vec::new();
                }
                ServerFrame::Entries { space, first, entries }
            }
            ServerFrame::Heads { request, space, mut heads, seq, running } => {
                if lies {
                    heads.retain(|h| h.device != of);
                }
                dropped = 0;
                ServerFrame::Heads { request, space, heads, seq, running }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    })
}

/// Alice writes, which is kept from Bob; Carol has seen it.
fn scene(lies: bool) -> House {
    let mut house = House::of(&["bob", "carol"]);
    house.forget_alarms();
    let alice = house.id(ALICE);
    house.rooms[BOB].down = Some(withholding(alice, lies));
    house.write(ALICE, 1, "kept from bob");
    house.settle();
    assert_eq!(house.read(CAROL, 1).as_deref(), Some("kept from bob"));
    assert_eq!(house.read(BOB, 1), None);
    house
}

/// Lets so much time pass for all that what is to be noticed is noticed.
fn let_pass(house: &mut House, seconds: i64, steps: i64) {
    for _ in 0..steps {
        house.vault.now += seconds * 1_000 / steps;
        for room in &mut house.rooms {
            room.device.send(Event::Tick);
        }
        house.settle();
    }
}

fn withheld(house: &House, claimed: u64) -> Vec<Alarm> {
    let (device, witness) = (house.id(ALICE), house.id(CAROL));
    vec![Alarm::Told(Notice::Withheld { device, have: 0, claimed, witness })]
}

#[test]
fn an_entry_is_withheld_from_one_device_until_the_next_message_of_another() {
    let mut house = scene(true);
    let_pass(&mut house, 120, 60);
    assert_eq!(house.alarms(BOB), Vec::new(), "nobody can have said anything yet");
    house.write(CAROL, 2, "has seen it");
    house.settle();
    let_pass(&mut house, 120, 60);
    assert_eq!(house.alarms(BOB), withheld(&house, 1));
    // On the next connection it is asked for again.
    house.reconnect_honestly(BOB);
    let_pass(&mut house, 60, 30);
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_entry_is_withheld_while_nobody_writes_and_shows_within_a_day() {
    let mut house = scene(true);
    // A socket is closed by both sides when nothing is said for long; here ticks and pings go on all day.
    let_pass(&mut house, 25 * 60 * 60, 25 * 60 * 60 / 4);
    // By then Alice has said herself that she is there, which was kept from Bob too.
    let (alice, carol) = (house.id(ALICE), house.id(CAROL));
    let told = |alarm: &Alarm| match alarm {
        Alarm::Told(Notice::Withheld { device, have, claimed, witness }) => {
            (*device, *have, *witness) == (alice, 0, carol) && (1..=2).contains(claimed)
        }
        _ => false,
    };
    let alarms = house.alarms(BOB);
    assert!(!alarms.is_empty() && alarms.iter().all(told), "{alarms:?}");
    house.reconnect_honestly(BOB);
    let_pass(&mut house, 60, 30);
    house.assert_sound(&[1]);
}

/// A relay that only forgot to deliver gives what is asked for, and nobody is alarmed.
#[test]
fn what_is_asked_for_and_given_raises_no_alarm() {
    let mut house = scene(false);
    house.rooms[BOB].down = None;
    house.write(CAROL, 2, "has seen it");
    house.settle();
    let_pass(&mut house, 120, 60);
    assert!(house.alarms(BOB).iter().all(|a| !matches!(a, Alarm::Told(Notice::Withheld { .. }))));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn nothing_is_noticed_when_nothing_is_withheld() {
    let mut house = House::of(&["bob", "carol"]);
    house.forget_alarms();
    house.write(ALICE, 1, "for all");
    house.settle();
    house.write(CAROL, 2, "has seen it");
    house.settle();
    let_pass(&mut house, 300, 150);
    assert_eq!(house.alarms(BOB), Vec::new());
    house.assert_sound(&[1, 2]);
}

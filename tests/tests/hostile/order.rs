//! Order, numbers and holes of what is delivered.

use super::house::{ALICE, BOB, Down, House, broke, on_entries};
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::{ErrorCode, RunningHash};

/// Whether a device compared its chains with the relay's, which it does when something is missing.
fn compared(house: &House, who: usize) -> bool {
    house.rooms[who].sent.iter().any(|f| matches!(f, ClientFrame::GetHeads { .. }))
}

/// A tampering on the log's frames alone, which counts them from 1.
fn on_frames(mut change: impl FnMut(u64, ServerFrame) -> Vec<ServerFrame> + 'static) -> Down {
    let mut count = 0;
    Box::new(move |frame| {
        if !matches!(frame, ServerFrame::Entries { .. }) {
            return vec![frame.to_bytes()];
        }
        count += 1;
        change(count, frame).iter().map(ServerFrame::to_bytes).collect()
    })
}

fn renumbered(frame: ServerFrame, by: impl FnOnce(u64) -> u64) -> ServerFrame {
    match frame {
        ServerFrame::Entries { space, first, entries } => {
            ServerFrame::Entries { space, first: by(first), entries }
        }
        other => other,
    }
}

/// Alice writes three times while this sits on Bob's connection.
fn under(down: Down) -> House {
    let mut house = House::in_step();
    house.rooms[BOB].down = Some(down);
    for record in [2, 3, 4] {
        house.write(ALICE, record, "written");
        house.settle();
    }
    house
}

#[test]
fn nothing_is_noticed_when_frames_pass_as_they_are() {
    let mut house = under(on_frames(|_, frame| vec![frame]));
    assert_eq!(house.alarms(BOB), Vec::new());
    assert!(!compared(&house, BOB));
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn a_frame_of_entries_is_dropped() {
    let mut house = under(on_frames(|n, frame| if n == 1 { Vec::new() } else { vec![frame] }));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn frames_of_entries_are_delivered_in_another_order() {
    let mut held = Vec::new();
    let mut house = under(on_frames(move |n, frame| {
        held.push(frame);
        if n == 2 { held.drain(..).rev().collect() } else { Vec::new() }
    }));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn an_entry_is_cut_out_and_the_numbers_are_closed_up_behind_it() {
    let mut house = under(on_frames(|n, frame| match n {
        1 => Vec::new(),
        _ => vec![renumbered(frame, |first| first - 1)],
    }));
    assert!(compared(&house, BOB), "the hole in the chain of its author was not noticed");
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn entries_of_one_frame_are_delivered_in_another_order() {
    let mut house = House::in_step();
    house.disconnect(BOB);
    for record in [2, 3, 4] {
        house.write(ALICE, record, "written");
        house.settle();
    }
    house.rooms[BOB].down = Some(on_entries(|mut entries| {
        entries.reverse();
        entries
    }));
    house.connect(BOB);
    house.settle();
    assert!(compared(&house, BOB), "the hole in the chain of its author was not noticed");
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn sequence_numbers_jump_ahead() {
    let mut house = under(on_frames(|_, frame| vec![renumbered(frame, |first| first + 1_000)]));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn sequence_numbers_jump_to_the_largest_number() {
    let mut house = under(on_frames(|_, frame| vec![renumbered(frame, |_| u64::MAX)]));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn sequence_numbers_are_repeated_with_other_entries() {
    // The number of the first is used for all: what comes under it a second time is not looked at, and is missed.
    let mut house = under(on_frames(|n, frame| match n {
        1 => vec![frame],
        2 => vec![renumbered(frame, |first| first - 1)],
        _ => vec![renumbered(frame, |first| first - 1)],
    }));
    assert!(compared(&house, BOB), "the hole in the chain of its author was not noticed");
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

#[test]
fn sequence_numbers_begin_at_zero() {
    let mut house = under(on_frames(|_, frame| vec![renumbered(frame, |_| 0)]));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 4]);
}

/// A relay whose log is said to end at the largest number there is, and who then numbers from there.
#[test]
fn the_log_is_said_to_end_at_the_largest_number_when_chains_are_compared() {
    let mut house = House::in_step();
    house.rooms[BOB].down = Some(Box::new(|frame| {
        let frame = match frame {
            ServerFrame::Resumed { space, height, membership, .. } => ServerFrame::Resumed {
                space,
                outcome: protocol::frame::ResumeOutcome::Diverged,
                seq: u64::MAX,
                height,
                membership,
                manifest: None,
            },
            ServerFrame::Heads { request, space, heads, .. } => ServerFrame::Heads {
                request,
                space,
                heads,
                seq: u64::MAX,
                running: RunningHash::new([1; 32]),
            },
            other => other,
        };
        vec![frame.to_bytes()]
    }));
    house.reconnect(BOB);
    // It compares again and again, and then has enough.
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.rooms[BOB].down = None;
    house.connect(BOB);
    house.settle();
    house.write(ALICE, 2, "afterwards");
    house.settle();
    house.assert_sound(&[1, 2]);
}

#[test]
fn entries_are_numbered_beyond_the_largest_number() {
    let mut house = House::in_step();
    house.rooms[BOB].down = Some(Box::new(|frame| match frame {
        ServerFrame::Resumed { space, height, membership, .. } => {
            let outcome = protocol::frame::ResumeOutcome::Diverged;
            vec![
                ServerFrame::Resumed { space, outcome, seq: 0, height, membership, manifest: None }
                    .to_bytes(),
            ]
        }
        ServerFrame::Heads { request, space, heads, .. } => {
            let (seq, running) = (u64::MAX, RunningHash::new([1; 32]));
            vec![ServerFrame::Heads { request, space, heads, seq, running }.to_bytes()]
        }
        ServerFrame::Entries { space, entries, .. } => {
            vec![ServerFrame::Entries { space, first: u64::MAX, entries }.to_bytes()]
        }
        other => vec![other.to_bytes()],
    }));
    house.disconnect(BOB);
    // The first comparison is believed, and then the log goes on.
    let mut compared_once = false;
    let mut down = house.rooms[BOB].down.take().unwrap();
    house.rooms[BOB].down = Some(Box::new(move |frame| match frame {
        ServerFrame::Resumed { .. } if compared_once => {
            let ServerFrame::Resumed { space, height, membership, .. } = frame else { return Vec::new() };
            let outcome = protocol::frame::ResumeOutcome::Continues;
            vec![
                ServerFrame::Resumed { space, outcome, seq: u64::MAX, height, membership, manifest: None }
                    .to_bytes(),
            ]
        }
        ServerFrame::Heads { .. } => {
            compared_once = true;
            down(frame)
        }
        other => down(other),
    }));
    house.connect(BOB);
    house.settle();
    house.write(ALICE, 2, "numbered");
    house.settle();
    house.deliver(BOB, Vec::new());
    assert_eq!(house.read(BOB, 2), None);
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

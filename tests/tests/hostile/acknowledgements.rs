//! Acknowledgements that are false, missing or out of place.

use super::house::{ALICE, Alarm, BOB, House, Up, broke};
use engine::api::{CloseReason, MemberChange};
use engine::{Command, EngineError, Notice, Reply};
use protocol::frame::{ClientFrame, Refusal, ServerFrame};
use protocol::{ErrorCode, Link, LinkHash};

/// The relay takes no append, and answers this instead. It is told the number of the request, and how many there were.
fn answering(mut answer: impl FnMut(u64, u32) -> Option<(u64, u32, Option<Refusal>)> + 'static) -> Up {
    Box::new(move |frame| match frame {
        ClientFrame::Append { request, space, entries } => {
            let made = answer(request, u32::try_from(entries.len()).unwrap());
            let made = made.map(|(request, accepted, refusal)| ServerFrame::Appended {
                request,
                space,
                accepted,
                refusal,
            });
            (Vec::new(), made.into_iter().collect())
        }
        other => (vec![other], Vec::new()),
    })
}

/// Bob writes while this sits on his connection.
fn under(up: Up) -> House {
    let mut house = House::in_step();
    house.rooms[BOB].up = Some(up);
    house.write(BOB, 2, "of bob");
    house.settle();
    house
}

fn refusal(code: ErrorCode) -> Option<Refusal> {
    Some(Refusal { code, hash: None, expected: None })
}

#[test]
fn nothing_is_noticed_when_acknowledgements_are_true() {
    let mut house = under(Box::new(|frame| (vec![frame], Vec::new())));
    assert_eq!(house.alarms(BOB), Vec::new());
    house.reconnect_honestly(BOB);
    assert_eq!(house.alarms(BOB), Vec::new());
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_append_is_never_acknowledged() {
    let mut house = under(answering(|_, _| None));
    assert_eq!(house.alarms(BOB), Vec::new());
    house.wait(BOB, 31);
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_append_is_acknowledged_and_was_thrown_away() {
    let mut house = under(answering(|request, count| Some((request, count, None))));
    assert_eq!(house.read(ALICE, 2), None);
    house.reconnect_honestly(BOB);
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 1 })]);
    house.assert_sound(&[1, 2]);
}

#[test]
fn more_is_acknowledged_than_was_offered() {
    let mut house = under(answering(|request, count| Some((request, count + 1_000, None))));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn less_is_acknowledged_than_was_offered_and_nothing_refused() {
    let mut house = under(answering(|request, _| Some((request, 0, None))));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn all_is_acknowledged_and_the_next_refused() {
    let mut house = under(answering(|request, n| Some((request, n, refusal(ErrorCode::Gap)))));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_append_is_acknowledged_that_was_never_made() {
    let mut house = under(answering(|request, count| Some((request + 1_000, count, None))));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Malformed));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn an_append_is_refused_for_a_reason_that_is_a_lie() {
    let mut house = under(answering(|request, _| Some((request, 0, refusal(ErrorCode::QuotaExceeded)))));
    let told = Alarm::Told(Notice::Refused(ErrorCode::QuotaExceeded));
    let closed = Alarm::Closed(CloseReason::Protocol(ErrorCode::QuotaExceeded));
    assert_eq!(house.alarms(BOB), [told, closed]);
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

/// Each time the device compares chains, finds nothing missing, and offers again.
#[test]
fn an_append_is_said_not_to_follow_again_and_again() {
    let mut house = under(answering(|request, _| Some((request, 0, refusal(ErrorCode::Gap)))));
    assert_eq!(house.alarms(BOB), broke(ErrorCode::Gap));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

/// Others' entries flow meanwhile, so the relay is not silent.
#[test]
fn an_append_is_never_acknowledged_while_everything_else_is_served() {
    let mut house = under(answering(|_, _| None));
    for record in 3..40 {
        house.write(ALICE, record, "served");
        house.wait(BOB, 1);
    }
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2, 3, 39]);
}

/// Bob revokes Alice while this answers what he appends to the chain.
fn revoking(mut answer: impl FnMut(ClientFrame) -> Vec<ServerFrame> + 'static) -> (House, u64) {
    let mut house = House::in_step();
    house.rooms[BOB].up = Some(Box::new(move |frame| match frame {
        ClientFrame::AppendLinks { .. } => (Vec::new(), answer(frame)),
        other => (vec![other], Vec::new()),
    }));
    let gone = MemberChange::Revoke(vec![house.id(ALICE)]);
    let request = house.rooms[BOB].device.command(Command::ChangeMembers(gone));
    house.settle();
    (house, request)
}

#[test]
fn a_revocation_is_never_acknowledged() {
    let (mut house, request) = revoking(|_| Vec::new());
    house.wait(BOB, 32);
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
    assert_eq!(house.rooms[BOB].device.reply(request), Some(Err(EngineError::Offline)));
}

/// It says that the device has written more, and never shows what.
#[test]
fn a_revocation_is_put_off_for_entries_that_never_come() {
    let (mut house, request) = revoking(|frame| {
        let ClientFrame::AppendLinks { request, space, .. } = frame else { return Vec::new() };
        let (links, head, refusal) = (Vec::new(), LinkHash::new([0; 32]), Some(ErrorCode::CutMoved));
        vec![ServerFrame::Links { request, space, links, height: 1, head, refusal }]
    });
    house.wait(BOB, 32);
    assert_eq!(house.alarms(BOB), [Alarm::Closed(CloseReason::Silence)]);
    assert_eq!(house.rooms[BOB].device.reply(request), Some(Err(EngineError::Offline)));
}

#[test]
fn a_revocation_is_said_to_come_too_late_again_and_again() {
    let (mut house, request) = revoking(|frame| {
        let ClientFrame::AppendLinks { request, space, .. } = frame else { return Vec::new() };
        let (links, head, refusal) = (Vec::new(), LinkHash::new([0; 32]), Some(ErrorCode::HeadMoved));
        vec![ServerFrame::Links { request, space, links, height: 1, head, refusal }]
    });
    assert_eq!(house.rooms[BOB].device.reply(request), Some(Err(EngineError::Busy)));
}

/// The relay says yes and keeps the link to itself: the one who revoked has it, and gives it back.
#[test]
fn a_revocation_is_acknowledged_and_was_thrown_away() {
    let (mut house, request) = revoking(|frame| {
        let ClientFrame::AppendLinks { request, space, links, .. } = frame else { return Vec::new() };
        let head = Link::hash(&links[0].link.link);
        vec![ServerFrame::Links { request, space, links, height: 2, head, refusal: None }]
    });
    assert_eq!(house.rooms[BOB].device.reply(request), Some(Ok(Reply::MembersChanged)));
    house.reconnect_honestly(BOB);
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 0 })]);
    assert_eq!(house.alarms(ALICE)[0], Alarm::Told(Notice::Revoked));
}

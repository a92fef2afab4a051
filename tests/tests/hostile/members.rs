//! Members that were revoked and are served on, and chains that are rolled back or hidden.

use super::house::{ALICE, Alarm, BOB, House, broke, with_header};
use super::insider::{Insider, append, nothing};
use engine::api::{CloseReason, MemberChange};
use engine::{Command, Notice, Reply};
use protocol::chain::AdmitError;
use protocol::frame::{ClientFrame, ResumeOutcome, ServerFrame};
use protocol::{ErrorCode, Header, LinkHash};

/// An insider who has written one entry that everybody has, and is revoked.
fn revoked() -> (House, Insider) {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    let first = insider.write(&nothing());
    append(&house, &insider.keys, vec![first]);
    house.settle();
    assert_eq!(house.alarms(BOB), Vec::new(), "it was no member");
    let gone = MemberChange::Revoke(vec![insider.keys.id()]);
    assert_eq!(house.command(ALICE, Command::ChangeMembers(gone)), Ok(Reply::MembersChanged));
    house.forget_alarms();
    (house, insider)
}

#[test]
fn a_revoked_device_is_served_on() {
    let (mut house, mut insider) = revoked();
    let entry = insider.write(&nothing());
    house.deliver(BOB, vec![entry]);
    house.assert_refused(BOB, AdmitError::BeyondCut);
}

#[test]
fn a_revoked_device_writes_its_last_entry_anew() {
    let (mut house, mut insider) = revoked();
    let other = insider.entry_at(1, Header::NO_PREVIOUS, b"another").into_sealed();
    house.deliver(BOB, vec![other]);
    house.assert_refused(BOB, AdmitError::BeyondCut);
}

#[test]
fn a_revoked_device_names_the_link_that_revoked_it() {
    let (mut house, mut insider) = revoked();
    let (head, epoch) = (house.present_chain().head(), house.present_chain().epoch());
    let entry = with_header(insider.write(&nothing()), |h| (h.membership, h.epoch) = (head, epoch));
    house.deliver(BOB, vec![insider.sign(entry)]);
    house.assert_refused(BOB, AdmitError::NotAMember);
}

#[test]
fn a_revocation_is_hidden_from_a_device_until_somebody_who_knows_of_it_writes() {
    let mut house = House::in_step();
    let mut insider = Insider::join(&mut house);
    house.rooms[BOB].down = Some(Box::new(|frame| match frame {
        ServerFrame::Links { .. } => Vec::new(),
        other => vec![other.to_bytes()],
    }));
    let gone = MemberChange::Revoke(vec![insider.keys.id()]);
    assert_eq!(house.command(ALICE, Command::ChangeMembers(gone)), Ok(Reply::MembersChanged));
    let beyond = insider.write(&nothing());
    house.deliver(BOB, vec![beyond]);
    assert_eq!(house.alarms(BOB), Vec::new(), "it could know of it");
    house.forget_alarms();
    house.write(ALICE, 2, "names the new head");
    house.settle();
    let seen = house.alarms(BOB);
    assert!(!seen.is_empty(), "nothing was noticed");
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

#[test]
fn the_links_that_entries_name_are_withheld() {
    let mut house = House::in_step();
    house.rooms[BOB].down = Some(Box::new(|frame| match frame {
        ServerFrame::Links { .. } => Vec::new(),
        other => vec![other.to_bytes()],
    }));
    let _insider = Insider::join(&mut house);
    house.write(ALICE, 2, "names the new head");
    house.settle();
    assert_eq!(house.alarms(BOB), broke(ErrorCode::StaleMembershipHead));
    house.reconnect_honestly(BOB);
    house.assert_sound(&[1, 2]);
}

/// What Bob notices if the relay says this of its chain when he comes back.
fn resumed_with(change: impl Fn(u32, Option<LinkHash>) -> (u32, Option<LinkHash>) + 'static) -> Vec<Alarm> {
    let mut house = House::in_step();
    let _insider = Insider::join(&mut house);
    house.disconnect(BOB);
    house.rooms[BOB].down = Some(Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Resumed { space, outcome, seq, height, membership, .. } => {
                let (height, membership) = change(height, membership);
                ServerFrame::Resumed { space, outcome, seq, height, membership, manifest: None }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    }));
    house.connect(BOB);
    house.settle();
    let alarms = house.alarms(BOB);
    house.reconnect_honestly(BOB);
    house.write(ALICE, 2, "afterwards");
    house.settle();
    house.assert_sound(&[1, 2]);
    alarms
}

fn forked() -> Vec<Alarm> {
    let closed = Alarm::Closed(CloseReason::Protocol(ErrorCode::BadLink));
    vec![Alarm::Told(Notice::MembershipForked), closed]
}

#[test]
fn nothing_is_noticed_when_the_head_is_what_it_is() {
    assert_eq!(resumed_with(|height, head| (height, head)), Vec::new());
}

#[test]
fn the_head_of_the_chain_is_said_to_be_another_of_the_same_height() {
    assert_eq!(resumed_with(|height, _| (height, Some(LinkHash::new([9; 32])))), forked());
}

#[test]
fn the_head_of_the_chain_is_said_to_be_another_further_down() {
    assert_eq!(resumed_with(|height, _| (height - 1, Some(LinkHash::new([9; 32])))), forked());
}

#[test]
fn the_head_is_said_to_stand_at_another_height_than_it_does() {
    assert_eq!(resumed_with(|height, head| (height - 1, head)), forked());
}

#[test]
fn the_relay_claims_not_to_know_the_vault() {
    assert_eq!(resumed_with(|height, _| (height, None)), [Alarm::Closed(CloseReason::UnknownSpace)]);
}

/// The relay goes back to before a member was added; whoever comes first gives the link back, and says so.
#[test]
fn the_chain_is_rolled_back() {
    let mut house = House::in_step();
    let before = house.backup();
    let _insider = Insider::join(&mut house);
    house.roll_back(&before);
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 0 })]);
    house.connect(ALICE);
    house.settle();
    house.write(ALICE, 2, "afterwards");
    house.settle();
    house.assert_sound(&[1, 2]);
}

/// Two logs and two chains: a relay that was restored in between, or that shows each device its own.
#[test]
fn two_devices_are_shown_two_chains() {
    let mut house = House::in_step();
    let before = house.backup();
    let _one = Insider::join(&mut house);
    house.disconnect(ALICE);
    house.disconnect(BOB);
    // The other branch: a phrase that Bob sets on the chain as it was.
    let mut lonely = House::in_step();
    lonely.vault.relay.store.restore(&before);
    let phrase = seal::Phrase::generate(&mut lonely.vault.rng);
    let change = MemberChange::SetRecovery(engine::api::NewPhrase::new(phrase.words()));
    assert_eq!(lonely.command(BOB, Command::ChangeMembers(change)), Ok(Reply::MembersChanged));
    lonely.forget_alarms();
    lonely.vault.relay.store.restore(&house.vault.relay.store);
    lonely.vault.relay.restart();
    lonely.reconnect(BOB);
    // Both hold, so the connection stays open for whoever resolves it; but nothing is sent on it.
    assert_eq!(lonely.alarms(BOB), [Alarm::Told(Notice::MembershipForked)]);
    let sent = lonely.vault.relay.log(lonely.vault.account).len();
    lonely.write(BOB, 3, "while there are two");
    lonely.settle();
    assert_eq!(lonely.vault.relay.log(lonely.vault.account).len(), sent);
}

#[test]
fn a_rolled_back_chain_is_served_as_if_it_went_on() {
    let mut house = House::in_step();
    let space = house.space();
    let (height, head) = (house.present_chain().height(), house.present_chain().head());
    let _insider = Insider::join(&mut house);
    house.disconnect(BOB);
    // It keeps saying that it has the older chain, whatever it is given.
    house.rooms[BOB].up = Some(Box::new(move |frame| match frame {
        ClientFrame::Resume { spaces } => {
            let (outcome, seq, membership) = (ResumeOutcome::Continues, spaces[0].cursor, Some(head));
            let resumed = ServerFrame::Resumed { space, outcome, seq, height, membership, manifest: None };
            (Vec::new(), vec![resumed])
        }
        ClientFrame::AppendLinks { .. } => (Vec::new(), Vec::new()),
        other => (vec![other], Vec::new()),
    }));
    house.connect(BOB);
    house.settle();
    assert_eq!(house.alarms(BOB), [Alarm::Told(Notice::RelayHealed { entries: 0 })]);
}

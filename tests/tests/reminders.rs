//! Reminders: scheduled by devices, put once at the relay under blind names, taken back by whoever is first, and opened by the
//! browsers that they are for. Engines, the relay's own logic, a store in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../crates/seal/tests/kit/browser.rs"]
mod browser;

use browser::Browser;
use engine::api::MemberChange;
use engine::{Command, EngineError, Notice, PushSubscription, Reminder, Reply, Schedule};
use protocol::notice::NoticeState;
use protocol::{ErrorCode, NoticeId, SubscriptionId};
use seal::{NoticeText, PushTarget};
use std::collections::{BTreeMap, BTreeSet};
use tests::simulation::house::House;
use tests::simulation::network::Pushing;

const ALICE: usize = 0;
const BOB: usize = 1;
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
const AUTH: [u8; 16] = [0x5e; 16];

fn browser(who: usize) -> Browser {
    Browser::new(&[u8::try_from(who).unwrap() + 1; 32], &AUTH)
}

fn subscription(who: usize) -> SubscriptionId {
    SubscriptionId::new([u8::try_from(who).unwrap() + 1; 16])
}

fn target(who: usize) -> (SubscriptionId, PushTarget) {
    (subscription(who), PushTarget::new(&browser(who).public(), &AUTH).unwrap())
}

fn now(house: &House) -> u64 {
    u64::try_from(house.vault.now).unwrap()
}

/// In so many minutes, over a minute later.
fn reminder(house: &House, what: &str, minutes: u64) -> Reminder {
    let at = now(house) + minutes * MINUTE;
    let text = NoticeText {
        title: what.into(),
        body: "Every day".into(),
        record: None,
        tag: what.into(),
        expires: at + MINUTE,
    };
    Reminder { reminder: what.into(), occurrence: b"today".to_vec(), at, text }
}

fn say(house: &mut House, who: usize, command: Command) -> Result<Reply, EngineError> {
    let request = house.rooms[who].device.command(command);
    house.settle();
    house.rooms[who].device.reply(request).expect("every command is answered")
}

fn subscribe(house: &mut House, who: usize) {
    let endpoint = format!("https://fcm.googleapis.com/{who}");
    let subscription = PushSubscription { id: subscription(who), endpoint };
    assert_eq!(say(house, who, Command::Subscribe(Some(subscription))), Ok(Reply::Subscribed));
}

/// Has these pushed to the browsers of those; how many were not known to be at the relay.
fn schedule(house: &mut House, who: usize, reminders: &[Reminder], to: &[usize]) -> u64 {
    let targets = to.iter().copied().map(target).collect();
    let schedule = Schedule { reminders: reminders.to_vec(), targets };
    match say(house, who, Command::Schedule(schedule)) {
        Ok(Reply::Scheduled { pending, refused: 0 }) => pending,
        other => panic!("{other:?}"),
    }
}

/// Alice and Bob, both with a browser that is subscribed.
fn house() -> House {
    let mut house = House::of(&["bob"]);
    subscribe(&mut house, ALICE);
    subscribe(&mut house, BOB);
    house
}

fn names(house: &House) -> BTreeSet<NoticeId> {
    let all = house.vault.relay.notices(house.vault.account);
    assert!(all.iter().all(|n| n.state == NoticeState::Pending));
    all.into_iter().map(|n| n.notice).collect()
}

/// What the relay has, as it is sealed.
fn bodies(house: &House) -> BTreeMap<NoticeId, Vec<u8>> {
    let due = house.vault.relay.due(now(house) + 40 * DAY);
    due.into_iter().map(|d| (d.claim.notice, d.body)).collect()
}

/// What a browser would show, if all were pushed now.
fn shown(house: &House, who: usize) -> BTreeSet<String> {
    let due = house.vault.relay.due(now(house) + 40 * DAY).into_iter();
    let mine = due.filter(|d| d.subscription == subscription(who));
    mine.map(|d| {
        let words = browser(who).open(&d.body).expect("sealed to this browser");
        let text = NoticeText::from_bytes(&words).unwrap();
        assert_eq!(i64::try_from(text.expires).unwrap(), d.expires.0);
        text.title
    })
    .collect()
}

fn titles(titles: &[&str]) -> BTreeSet<String> {
    titles.iter().map(|t| (*t).to_owned()).collect()
}

#[test]
fn what_two_devices_schedule_is_pushed_once_to_each_browser_that_opens_it() {
    let mut house = house();
    let both = [reminder(&house, "walk", 5), reminder(&house, "swim", 10)];
    assert_eq!(schedule(&mut house, ALICE, &both, &[ALICE, BOB]), 4);
    let put = names(&house);
    assert_eq!(put.len(), 4);
    assert_eq!(schedule(&mut house, BOB, &both, &[ALICE, BOB]), 4);
    assert_eq!(names(&house), put, "the second device named them otherwise");
    for who in [ALICE, BOB] {
        assert_eq!(shown(&house, who), titles(&["walk", "swim"]));
    }
    // At its time, and not before.
    assert_eq!(house.vault.relay.due(both[0].at - 1).len(), 0);
    assert_eq!(house.vault.relay.due(both[0].at).len(), 2);
}

#[test]
fn what_is_done_on_one_device_is_taken_back_for_all_of_them() {
    let mut house = house();
    let (walk, swim) = (reminder(&house, "walk", 5), reminder(&house, "swim", 10));
    let both = [walk.clone(), swim.clone()];
    for who in [ALICE, BOB] {
        schedule(&mut house, who, &both, &[ALICE, BOB]);
    }
    assert_eq!(schedule(&mut house, BOB, std::slice::from_ref(&swim), &[ALICE, BOB]), 2);
    assert_eq!((shown(&house, ALICE), shown(&house, BOB)), (titles(&["swim"]), titles(&["swim"])));
    // The other one hears of it later: there is nothing left to do, and nothing comes back.
    schedule(&mut house, ALICE, std::slice::from_ref(&swim), &[ALICE, BOB]);
    assert_eq!(shown(&house, ALICE), titles(&["swim"]));
    // Undone, it is there again.
    assert_eq!(schedule(&mut house, BOB, &both, &[ALICE, BOB]), 2);
    assert_eq!(shown(&house, BOB), titles(&["walk", "swim"]));
    // A browser that is nobody's any more is pushed nothing.
    schedule(&mut house, BOB, &both, &[BOB]);
    assert_eq!((shown(&house, ALICE), shown(&house, BOB)), (titles(&[]), titles(&["walk", "swim"])));
    schedule(&mut house, BOB, &[], &[BOB]);
    assert_eq!(names(&house).len(), 0);
}

#[test]
fn what_is_scheduled_offline_is_put_and_taken_back_at_the_next_connection() {
    let mut house = house();
    house.disconnect(ALICE);
    // More than go into one frame.
    let all: Vec<_> = (1..=300).map(|n| reminder(&house, &format!("walk {n}"), n)).collect();
    assert_eq!(schedule(&mut house, ALICE, &all, &[ALICE]), 300);
    assert_eq!(names(&house).len(), 0);
    house.connect(ALICE);
    house.settle();
    assert_eq!(names(&house).len(), 300);
    house.disconnect(ALICE);
    assert_eq!(schedule(&mut house, ALICE, &all[..1], &[ALICE]), 299);
    assert_eq!(names(&house).len(), 300);
    house.connect(ALICE);
    house.settle();
    assert_eq!(shown(&house, ALICE), titles(&["walk 1"]));
    assert_eq!(schedule(&mut house, ALICE, &all[..1], &[ALICE]), 0);
}

#[test]
fn what_the_relay_has_is_not_put_again_and_what_changed_is() {
    let mut house = house();
    let walk = reminder(&house, "walk", 5);
    schedule(&mut house, ALICE, std::slice::from_ref(&walk), &[ALICE]);
    let before = bodies(&house);
    assert_eq!(schedule(&mut house, ALICE, std::slice::from_ref(&walk), &[ALICE]), 0);
    house.disconnect(ALICE);
    house.connect(ALICE);
    house.settle();
    // Nor by the next process on the same store.
    house.disconnect(ALICE);
    house.rooms[ALICE].device.crash(0);
    house.connect(ALICE);
    house.settle();
    assert_eq!(schedule(&mut house, ALICE, std::slice::from_ref(&walk), &[ALICE]), 0);
    assert_eq!(bodies(&house), before, "it was sealed and put once more");

    let mut later = walk.clone();
    later.at += 1;
    assert_eq!(schedule(&mut house, ALICE, std::slice::from_ref(&later), &[ALICE]), 1);
    assert_eq!(house.vault.relay.due(walk.at).len(), 0);
    later.text.title = "run".into();
    assert_eq!(schedule(&mut house, ALICE, &[later], &[ALICE]), 1);
    assert_eq!((shown(&house, ALICE), names(&house)), (titles(&["run"]), before.into_keys().collect()));
}

#[test]
fn what_was_put_and_never_acknowledged_is_taken_back_after_a_crash() {
    let mut house = house();
    let walk = reminder(&house, "walk", 5);
    let schedule_of_one = Schedule { reminders: vec![walk], targets: vec![target(ALICE)] };
    house.rooms[ALICE].device.command(Command::Schedule(schedule_of_one));
    while names(&house).is_empty() {
        assert!(house.turn(), "it never came to the relay");
    }
    // The power goes before the answer is there.
    house.rooms[ALICE].connection = None;
    house.rooms[ALICE].device.crash(0);
    house.connect(ALICE);
    house.settle();
    assert_eq!(names(&house).len(), 1, "nobody has said yet that it is not wanted");
    assert_eq!(schedule(&mut house, ALICE, &[], &[ALICE]), 1);
    assert_eq!(names(&house).len(), 0);
}

#[test]
fn a_revoked_device_has_nothing_pushed_and_the_others_name_theirs_anew() {
    let mut house = house();
    let (walk, swim) = (reminder(&house, "walk", 5), reminder(&house, "swim", 10));
    schedule(&mut house, ALICE, std::slice::from_ref(&walk), &[ALICE, BOB]);
    schedule(&mut house, BOB, &[walk.clone(), swim.clone()], &[ALICE, BOB]);
    let before = names(&house);
    assert_eq!(before.len(), 4);
    let bob = house.id(BOB);
    house.change(ALICE, MemberChange::Revoke(vec![bob])).unwrap();
    house.settle();
    assert_eq!((shown(&house, ALICE), shown(&house, BOB)), (titles(&["walk"]), titles(&[])));
    assert!(names(&house).is_disjoint(&before), "a name that the revoked device can make");
    // Its browser is no subscription any more, and whoever pushes to it is told so.
    assert!(house.was_told(ALICE, &Notice::RemindersRefused { code: ErrorCode::NotFound, count: 1 }));
    let all = Schedule { reminders: vec![walk, swim], targets: vec![target(ALICE)] };
    assert_eq!(say(&mut house, BOB, Command::Schedule(all)), Err(EngineError::Revoked));
    assert_eq!(names(&house).len(), 1);
}

#[test]
fn a_relay_that_lost_notices_is_given_them_again() {
    let mut house = house();
    house.write(ALICE, 1, "title", "before").unwrap();
    house.settle();
    let backup = house.backup();
    house.write(ALICE, 1, "title", "after").unwrap();
    let walk = reminder(&house, "walk", 5);
    schedule(&mut house, ALICE, &[walk], &[ALICE, BOB]);
    let before = names(&house);
    house.restore(&backup);
    assert_eq!(names(&house).len(), 0);
    house.connect(ALICE);
    house.settle();
    assert_eq!((names(&house), before.len()), (before, 2));
}

#[test]
fn a_relay_that_pushes_nothing_or_knows_no_notices_keeps_nobody_from_syncing() {
    for pushing in [Pushing::Never, Pushing::Unheard] {
        let mut house = house();
        let walk = reminder(&house, "walk", 5);
        (0..2).for_each(|who| house.disconnect(who));
        house.vault.relay.become_one_that(pushing);
        (0..2).for_each(|who| house.connect(who));
        house.settle();
        assert_eq!(schedule(&mut house, ALICE, &[walk], &[ALICE]), 1);
        if house.rooms[ALICE].connection.is_none() {
            house.connect(ALICE);
            house.settle();
        }
        house.write(ALICE, 1, "title", "of alice").unwrap();
        house.settle();
        assert_eq!(house.read(BOB, 1, "title").as_deref(), Some("of alice"), "{pushing:?}");
        let refused = say(&mut house, ALICE, Command::Subscribe(None));
        let not_supported = EngineError::NotAllowed("the relay refuses it (not_supported)".into());
        match pushing {
            Pushing::Unheard => assert_eq!(refused, Err(not_supported)),
            _ => assert_eq!(refused, Ok(Reply::Subscribed), "what is not there can be removed"),
        }
        assert!(house.rooms[ALICE].connection.is_some(), "{pushing:?}");
        // Another one takes its place, and the vault is opened anew.
        house.disconnect(ALICE);
        house.rooms[ALICE].device.crash(0);
        house.vault.relay.become_one_that(Pushing::Keeps);
        house.connect(ALICE);
        house.settle();
        subscribe(&mut house, ALICE);
        let walk = reminder(&house, "walk", 5);
        schedule(&mut house, ALICE, &[walk], &[ALICE]);
        assert_eq!(shown(&house, ALICE), titles(&["walk"]), "{pushing:?}");
    }
}

#[test]
fn what_no_relay_takes_is_counted_and_what_is_over_is_not() {
    let mut house = house();
    let mut long = reminder(&house, "long", 5);
    long.text.body = "x".repeat(seal::MAX_CONTENT);
    let mut backwards = reminder(&house, "backwards", 5);
    backwards.text.expires = backwards.at;
    let far = reminder(&house, "far", 41 * DAY / MINUTE);
    let mut over = reminder(&house, "over", 0);
    over.at = now(&house) - 2 * MINUTE;
    over.text.expires = now(&house) - MINUTE;
    let walk = reminder(&house, "walk", 5);
    let reminders = vec![long, backwards, far, over, walk.clone(), walk];
    let all = Schedule { reminders, targets: vec![target(ALICE)] };
    let scheduled = Ok(Reply::Scheduled { pending: 1, refused: 3 });
    assert_eq!(say(&mut house, ALICE, Command::Schedule(all)), scheduled);
    assert_eq!(shown(&house, ALICE), titles(&["walk"]));
    // Nothing is asked back of what was pushed meanwhile.
    house.vault.now += i64::try_from(DAY).unwrap();
    assert_eq!(schedule(&mut house, ALICE, &[], &[ALICE]), 0);
}

#[test]
fn a_device_registers_and_removes_its_subscription_and_hears_why_not() {
    let mut house = house();
    let Ok(Reply::Push { key: Some(key), subscriptions }) = say(&mut house, ALICE, Command::GetPush) else {
        panic!("no answer")
    };
    assert_eq!(key.len(), 65);
    let devices: BTreeMap<_, _> = subscriptions.iter().map(|s| (s.device, s.subscription)).collect();
    let expected = [(house.id(ALICE), subscription(ALICE)), (house.id(BOB), subscription(BOB))];
    assert_eq!(devices, expected.into());
    for (endpoint, code) in
        [("https://127.0.0.1/x", "endpoint_refused"), ("http://fcm.googleapis.com/x", "endpoint_refused")]
    {
        let refused = PushSubscription { id: SubscriptionId::new([9; 16]), endpoint: endpoint.into() };
        let refused = say(&mut house, ALICE, Command::Subscribe(Some(refused)));
        assert_eq!(refused, Err(EngineError::NotAllowed(format!("the relay refuses it ({code})"))));
    }
    assert_eq!(say(&mut house, ALICE, Command::Subscribe(None)), Ok(Reply::Subscribed));
    let Ok(Reply::Push { subscriptions, .. }) = say(&mut house, BOB, Command::GetPush) else {
        panic!("no answer")
    };
    assert_eq!(subscriptions.iter().map(|s| s.device).collect::<Vec<_>>(), [house.id(BOB)]);
    house.disconnect(ALICE);
    for command in [Command::GetPush, Command::Subscribe(None)] {
        assert_eq!(say(&mut house, ALICE, command), Err(EngineError::Offline));
    }
    // The connection ends before the answer is there.
    house.connect(ALICE);
    house.settle();
    let request = house.rooms[ALICE].device.command(Command::GetPush);
    let room = &mut house.rooms[ALICE];
    room.device.settle(&mut house.vault.rng, house.vault.now);
    assert_eq!(room.device.reply(request), None);
    house.disconnect(ALICE);
    assert_eq!(house.rooms[ALICE].device.reply(request), Some(Err(EngineError::Offline)));
}

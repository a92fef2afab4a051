//! Notices are opened by a browser's keys alone, are all as long as each other, and have names that only the vault can make.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

#[path = "kit/browser.rs"]
mod browser;
mod kit;

use browser::Browser;
use kit::*;
use protocol::limits::NOTICE_BYTES;
use protocol::{SpaceId, SubscriptionId};
use seal::*;
use std::collections::BTreeSet;

const AUTH: [u8; 16] = [0x5e; 16];

/// A browser's subscription.
fn browser(seed: u8) -> (Browser, PushTarget) {
    let browser = Browser::new(&[seed; 32], &AUTH);
    let target = PushTarget::new(&browser.public(), &AUTH).unwrap();
    (browser, target)
}

fn text(title: &str) -> NoticeText {
    NoticeText {
        title: title.into(),
        body: "Now or never".into(),
        record: Some("habit/6c72aa66-c7b5-4158-9ce3-59ef4023669a".into()),
        tag: "walk".into(),
        expires: 1_800_000_000_000,
    }
}

#[test]
fn a_browser_opens_what_was_sealed_to_it_and_no_other_does() {
    let (key, target) = browser(7);
    let sealed = seal_notice(&mut rng(1), &target, &text("Walk")).unwrap();
    let content = key.open(&sealed).unwrap();
    assert_eq!(NoticeText::from_bytes(&content).unwrap(), text("Walk"));
    assert_eq!(browser(8).0.open(&sealed), None);
    for at in [0, 20, 30, 90, NOTICE_BYTES - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(key.open(&changed), None, "byte {at}");
    }
    // The words are nowhere in it.
    assert!(!sealed.windows(4).any(|w| w == b"Walk"));
}

#[test]
fn every_notice_is_as_long_as_every_other() {
    let (key, target) = browser(7);
    let room = MAX_CONTENT - text("").to_bytes().len();
    for length in [0, 1, 100, room - 1, room] {
        let long = text(&"x".repeat(length));
        let sealed = seal_notice(&mut rng(length as u64), &target, &long).unwrap();
        assert_eq!(sealed.len(), NOTICE_BYTES, "{length}");
        assert_eq!(NoticeText::from_bytes(&key.open(&sealed).unwrap()).unwrap(), long);
    }
    let too_long = seal_notice(&mut rng(1), &target, &text(&"x".repeat(room + 1)));
    assert_eq!(too_long, Err(SealNoticeError::TooLong { got: MAX_CONTENT + 1 }));
}

#[test]
fn no_two_notices_share_a_salt_or_a_sender() {
    let (_, target) = browser(7);
    let mut rng = rng(3);
    let heads = (0..64).map(|_| seal_notice(&mut rng, &target, &text("Walk")).unwrap());
    let heads: Vec<_> = heads.map(|sealed| (sealed[..16].to_vec(), sealed[21..86].to_vec())).collect();
    assert_eq!(heads.iter().map(|(salt, _)| salt).collect::<BTreeSet<_>>().len(), 64);
    assert_eq!(heads.iter().map(|(_, sender)| sender).collect::<BTreeSet<_>>().len(), 64);
}

#[test]
fn keys_that_are_none_are_refused_by_name() {
    let (key, _) = browser(7);
    let public = key.public();
    let off_the_curve = [&[4][..], &[9; 64]].concat();
    let compressed = [&[2 + public[64] % 2][..], &public[1..33]].concat();
    let all = [&[][..], &[0; 65], &off_the_curve, &compressed, &public[..64]];
    for point in all {
        assert_eq!(PushTarget::new(point, &AUTH).unwrap_err(), BadTarget::PublicKey, "{point:?}");
    }
    assert_eq!(PushTarget::new(&public, &AUTH[..15]).unwrap_err(), BadTarget::Auth(15));
}

#[test]
fn the_words_of_a_newer_version_are_refused_as_such() {
    let form = text("Walk").to_bytes();
    assert_eq!(NoticeText::from_bytes(&form).unwrap(), text("Walk"));
    let newer = String::from_utf8(form).unwrap().replace("\"v\":1", "\"v\":2");
    assert_eq!(NoticeText::from_bytes(newer.as_bytes()), Err(NoticeTextError::Version(2)));
    for bytes in [&b""[..], b"{}", b"{\"v\":1}", b"null", b"\xff"] {
        assert_eq!(NoticeText::from_bytes(bytes), Err(NoticeTextError::Malformed), "{bytes:?}");
    }
}

#[test]
fn a_notice_has_one_name_in_a_vault_and_epoch_and_another_elsewhere() {
    let vault = vault(5);
    let (space, phone) = (vault.chain.space(), SubscriptionId::new([1; 16]));
    let name = |key: &NoticeKey| key.name(b"walk", b"2026-11-22T08:00", &phone);
    let key = NoticeKey::of(vault.key(), &space);
    let ring = vault.open_at(0, &vault.paper).unwrap();
    let on_another_device = NoticeKey::of(ring.get(&vault.chain.epoch()).unwrap(), &space);
    assert_eq!(name(&key), name(&on_another_device));
    let others = [
        name(&NoticeKey::of(vault.key(), &SpaceId::new([9; 32]))),
        name(&NoticeKey::of(&EpochKey::generate(&mut rng(6)), &space)),
        key.name(b"run", b"2026-11-22T08:00", &phone),
        key.name(b"walk", b"2026-11-23T08:00", &phone),
        key.name(b"walk", b"2026-11-22T08:00", &SubscriptionId::new([2; 16])),
        // What stands at a border may not move over it.
        key.name(b"walk2", b"026-11-22T08:00", &phone),
    ];
    let all: BTreeSet<_> = others.into_iter().chain([name(&key)]).collect();
    assert_eq!(all.len(), 7);
    assert_eq!(format!("{key:?}"), "NoticeKey(secret)");
}

//! A notice: its name, its words, and they sealed to a browser.

use crate::browser::Browser;
use crate::{cast, frozen, hex, hkdf, tape::Tape, unhex};
use data_encoding::BASE64URL_NOPAD;
use protocol::{SpaceId, SubscriptionId};
use seal::{NoticeKey, NoticeText, PushTarget, seal_notice};
use serde_json::{Value, json};

const REMINDER: &[u8] = b"6c72aa66-c7b5-4158-9ce3-59ef4023669a morning";
const OCCURRENCE: &[u8] = b"2026-11-22T08:00";

/// The browser of RFC 8291, appendix A.
fn keys() -> [Vec<u8>; 3] {
    [
        "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    ]
    .map(|text| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap())
}

fn build() -> Value {
    let [private, public, auth] = keys();
    let (epoch, space) = ([0x6b; 32], SpaceId::new([0x5a; 32]));
    let subscription = SubscriptionId::new([0x7b; 16]);
    let (ring, id) = cast::epoch_key(epoch);
    let key = NoticeKey::of(ring.get(&id).unwrap(), &space);
    let text = NoticeText {
        title: "Walk".into(),
        body: "Every day".into(),
        record: Some("habit/6c72aa66-c7b5-4158-9ce3-59ef4023669a".into()),
        tag: "walk".into(),
        expires: 1_800_000_600_000,
    };
    let mut tape = Tape::new("notice");
    let sealed = seal_notice(&mut tape, &PushTarget::new(&public, &auth).unwrap(), &text).unwrap();
    json!({
        "epoch_key": hex(epoch),
        "space": space.to_string(),
        "notice_key": hex(hkdf("life-os v1 epoch key", &epoch, &[b"notice", space.as_bytes()])),
        "reminder": hex(REMINDER),
        "occurrence": hex(OCCURRENCE),
        "subscription": subscription.to_string(),
        "notice": key.name(REMINDER, OCCURRENCE, &subscription).to_string(),
        "p256dh_private": hex(private),
        "p256dh": hex(public),
        "auth": hex(auth),
        "words": String::from_utf8(text.to_bytes()).unwrap(),
        "random": tape.used(),
        "body": hex(sealed),
    })
}

#[test]
fn notices_are_frozen() {
    frozen("notices.json", &build());
}

#[test]
fn a_notice_follows_from_the_standards() {
    let v = build();
    let part = |name: &str| unhex(&v[name]);
    let (reminder, occurrence) = (part("reminder"), part("occurrence"));
    let mut input = Vec::new();
    for part in [reminder, occurrence, part("subscription")] {
        input.extend((part.len() as u64).to_le_bytes());
        input.extend(part);
    }
    // HMAC-SHA-256 is what the standard crate extracts with.
    let (mac, _) = hkdf::Hkdf::<sha2::Sha256>::extract(Some(&part("notice_key")), &input);
    assert_eq!(part("notice"), mac[..]);

    let body = part("body");
    assert_eq!((body.len(), &body[16..21]), (2_048, &[0, 0, 0x10, 0, 65][..]));
    assert_eq!(body[..16], part("random")[..16], "the salt comes first");
    let browser = Browser::new(&part("p256dh_private"), &part("auth"));
    assert_eq!(browser.public(), part("p256dh"));
    let record = browser.record(&body).unwrap();
    let words = v["words"].as_str().unwrap().as_bytes();
    assert_eq!(record[..words.len()], *words);
    assert_eq!(record[words.len()], 2, "the last record");
    assert!(record[words.len() + 1..].iter().all(|b| *b == 0));
    let words: Value = serde_json::from_slice(words).unwrap();
    assert_eq!((&words["v"], &words["title"]), (&json!(1), &json!("Walk")));
}

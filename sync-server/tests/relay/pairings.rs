//! Mailboxes in which a new device and a member meet: what every store promises, and the pages in front of them.

use crate::support::client::{Answer, Http};
use crate::support::page::Page;
use crate::support::server::Server;
use crate::support::stores::on_every_store;
use protocol::ErrorCode;
use protocol::api::{PairingMessage, to_text};
use protocol::limits::{PAIRING_MESSAGE_BYTES, PAIRING_SECONDS};
use protocol::pairing::{MailboxId, Slot};
use reqwest::Method;
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::store::{Letter, Store, Written};

const NOW: Millis = Millis(1_000_000);
const MOST: usize = 3;

fn letter(mailbox: u8, slot: Slot, message: &[u8]) -> Letter {
    Letter { mailbox: MailboxId::new([mailbox; 16]), slot, message: message.to_vec() }
}

async fn put(store: &Arc<dyn Store>, letter: Letter, now: Millis) -> Written {
    store.put_letter(letter, MOST, now).await.unwrap()
}

async fn got(store: &Arc<dyn Store>, mailbox: u8, slot: Slot, now: Millis) -> Option<Vec<u8>> {
    store.letter(&MailboxId::new([mailbox; 16]), slot, now).await.unwrap()
}

async fn slots_are_written_once_and_in_order(store: Arc<dyn Store>) {
    for (before, slot) in Slot::ALL.into_iter().zip(Slot::ALL.into_iter().skip(1)) {
        assert_eq!(put(&store, letter(1, slot, b"early"), NOW).await, Written::TooEarly, "{slot:?}");
        assert_eq!(put(&store, letter(1, before, before.name().as_bytes()), NOW).await, Written::Yes);
        assert_eq!(got(&store, 1, slot, NOW).await, None);
    }
    assert_eq!(put(&store, letter(1, Slot::Verdict, b"verdict"), NOW).await, Written::Yes);
    for slot in Slot::ALL {
        let message = slot.name().as_bytes();
        assert_eq!(put(&store, letter(1, slot, message), NOW).await, Written::Yes, "the same again");
        assert_eq!(put(&store, letter(1, slot, b"another"), NOW).await, Written::Taken, "{slot:?}");
        assert_eq!(got(&store, 1, slot, NOW).await.as_deref(), Some(message));
    }
    // Another mailbox knows nothing of this one.
    assert_eq!(put(&store, letter(2, Slot::Answer, b"x"), NOW).await, Written::TooEarly);
    assert_eq!(got(&store, 2, Slot::Offer, NOW).await, None);
}

async fn a_mailbox_ends_as_a_whole_ten_minutes_after_its_offer(store: Arc<dyn Store>) {
    let late = Millis(NOW.plus_seconds(PAIRING_SECONDS).0 - 1);
    let end = NOW.plus_seconds(PAIRING_SECONDS);
    assert_eq!(put(&store, letter(1, Slot::Offer, b"offer"), NOW).await, Written::Yes);
    assert_eq!(put(&store, letter(1, Slot::Answer, b"answer"), late).await, Written::Yes);
    assert_eq!(got(&store, 1, Slot::Answer, late).await, Some(b"answer".to_vec()));
    for slot in [Slot::Offer, Slot::Answer] {
        assert_eq!(got(&store, 1, slot, end).await, None, "{slot:?}");
    }
    assert_eq!(put(&store, letter(1, Slot::Reveal, b"reveal"), end).await, Written::TooEarly);
    // Then the name is free for another.
    assert_eq!(put(&store, letter(1, Slot::Offer, b"new"), end).await, Written::Yes);
    assert_eq!(got(&store, 1, Slot::Answer, end).await, None);
}

async fn no_more_pairings_go_on_than_may(store: Arc<dyn Store>) {
    for n in 1..=3 {
        assert_eq!(put(&store, letter(n, Slot::Offer, b"offer"), NOW).await, Written::Yes);
    }
    assert_eq!(put(&store, letter(4, Slot::Offer, b"offer"), NOW).await, Written::TooMany);
    assert_eq!(put(&store, letter(3, Slot::Offer, b"offer"), NOW).await, Written::Yes);
    assert_eq!(put(&store, letter(3, Slot::Answer, b"answer"), NOW).await, Written::Yes);
    let end = NOW.plus_seconds(PAIRING_SECONDS);
    assert_eq!(put(&store, letter(4, Slot::Offer, b"offer"), end).await, Written::Yes);
}

async fn of_two_that_write_a_slot_at_once_one_is_told_that_it_is_taken(store: Arc<dyn Store>) {
    for round in 0..16_u8 {
        let writing = [b"one", b"two"].map(|message| {
            let store = store.clone();
            tokio::spawn(async move { store.put_letter(letter(round, Slot::Offer, message), 99, NOW).await })
        });
        let mut written = Vec::new();
        for task in writing {
            written.push(task.await.unwrap().unwrap());
        }
        assert!(
            matches!(written[..], [Written::Yes, Written::Taken] | [Written::Taken, Written::Yes]),
            "{written:?}"
        );
    }
}

async fn two_devices_leave_messages_for_each_other(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let http = Http::new(&server.url);
    let mailbox = "5f".repeat(16);
    for slot in Slot::ALL {
        let message = to_text(slot.name().as_bytes());
        let path = format!("{mailbox}/{}", slot.name());
        let none = look(&http, &path).await;
        assert_eq!((none.status, none.code()), (404, ErrorCode::NotFound));
        for _ in 0..2 {
            let done = write(&http, &path, &message).await;
            assert_eq!((done.status, done.body.len()), (204, 0));
        }
        assert_eq!(look(&http, &path).await.json::<PairingMessage>(), PairingMessage { message });
        let other = write(&http, &path, &to_text(b"another")).await;
        assert_eq!((other.status, other.code()), (409, ErrorCode::AddressTaken));
    }
}

on_every_store!(
    slots_are_written_once_and_in_order,
    a_mailbox_ends_as_a_whole_ten_minutes_after_its_offer,
    no_more_pairings_go_on_than_may,
    of_two_that_write_a_slot_at_once_one_is_told_that_it_is_taken,
    two_devices_leave_messages_for_each_other,
);

async fn look(http: &Http, path: &str) -> Answer {
    http.get(&format!("/api/v1/pairings/{path}")).await
}

async fn write(http: &Http, path: &str, message: &str) -> Answer {
    let request = http.client.put(format!("{}/api/v1/pairings/{path}", http.url));
    Answer::of(request.json(&serde_json::json!({ "message": message })).send().await.unwrap()).await
}

#[tokio::test]
async fn what_is_no_mailbox_no_slot_or_no_message_is_refused() {
    let server = Server::start().await;
    let http = Http::new(&server.url);
    let mailbox = "5f".repeat(16);
    let largest = to_text(&vec![7; PAIRING_MESSAGE_BYTES]);
    let too_large = to_text(&vec![7; PAIRING_MESSAGE_BYTES + 1]);
    let early = write(&http, &format!("{mailbox}/answer"), &largest).await;
    assert_eq!((early.status, early.code()), (404, ErrorCode::NotFound));
    for (path, message, status, code) in [
        (format!("{mailbox}/offers"), largest.as_str(), 404, ErrorCode::NotFound),
        (format!("{}/offer", mailbox.to_uppercase()), &largest, 404, ErrorCode::NotFound),
        (format!("{}/offer", &mailbox[1..]), &largest, 404, ErrorCode::NotFound),
        (format!("{mailbox}/offer"), &too_large, 413, ErrorCode::TooLarge),
        (format!("{mailbox}/offer"), "no base64url!", 400, ErrorCode::Malformed),
    ] {
        let refused = write(&http, &path, message).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{path}");
    }
    assert_eq!(write(&http, &format!("{mailbox}/offer"), &largest).await.status, 204);
    // A page of another origin has no business here.
    let mut page = Page::new(&server.url);
    page.origin = Some("https://evil.example".into());
    let foreign = page.send(Method::GET, &format!("/pairings/{mailbox}/offer"), None::<&()>).await;
    assert_eq!((foreign.status, foreign.code()), (403, ErrorCode::WrongOrigin));
}

//! The pages of an account: sessions, passkeys, invitations, tickets.

use crate::support::client::{Answer, refused};
use crate::support::device::{Author, Device, Vault};
use crate::support::page::Page;
use crate::support::passkey::Key;
use crate::support::server::{Server, named};
use crate::support::stores::on_every_store;
use protocol::ErrorCode;
use protocol::account::{
    AccountInfo, InviteAnswer, InviteList, PasskeyList, SessionKind, SessionList, SessionTicketRequest,
};
use protocol::api::{SUBPROTOCOL, TICKET_PREFIX, TicketAnswer};
use protocol::frame::ClientFrame;
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use sync_server::store::{Admission, Store};

fn people() -> (Device, Vault) {
    let laptop = Device::named("laptop");
    let vault = Vault::begin(&laptop, &Device::named("paper"));
    (laptop, vault)
}

async fn sessions(page: &mut Page) -> Vec<protocol::account::SessionInfo> {
    page.get("/account/sessions").await.json::<SessionList>().sessions
}

async fn passkeys(page: &mut Page) -> Vec<protocol::account::PasskeyInfo> {
    page.get("/account/passkeys").await.json::<PasskeyList>().passkeys
}

async fn invitations(page: &mut Page) -> Vec<protocol::account::InviteInfo> {
    page.get("/account/invitations").await.json::<InviteList>().invitations
}

async fn an_account_sees_what_the_relay_keeps_of_it(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let (laptop, mut vault) = people();
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    let before: AccountInfo = page.get("/account").await.json();
    assert_eq!((before.account, before.devices, before.entries), (vault.account(), 1, 0));
    assert!(!before.passkeys && !before.may_invite);
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    page.http.register(&vault, None).await;
    let mut socket = page.http.connect(&laptop, vault.account()).await;
    let entries = vec![Author::new(&laptop, &vault).write(&[7; 1_000])];
    socket.ask(&ClientFrame::Append { request: 1, space: vault.space(), entries }).await;
    let after: AccountInfo = page.get("/account").await.json();
    assert_eq!((after.devices, after.entries, after.created), (2, 1, before.created));
    assert!(after.bytes > before.bytes + 1_000);
}

async fn sessions_are_listed_and_ended_one_by_one_or_all_but_this(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let (laptop, vault) = people();
    let mut here = Page::of(&server.url, &laptop, &vault).await;
    let mut second = Page::of(&server.url, &laptop, &vault).await;
    let mut third = Page::of(&server.url, &laptop, &vault).await;
    let all = sessions(&mut here).await;
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|s| s.kind == SessionKind::Device && s.expires > s.seen && s.seen >= s.created));
    let this: Vec<_> = all.iter().filter(|s| s.this).collect();
    assert_eq!(this.len(), 1);
    let theirs = sessions(&mut second).await.into_iter().find(|s| s.this).unwrap().session;
    assert_eq!(here.delete(&format!("/account/sessions/{theirs}")).await.status, 204);
    assert_eq!(second.get("/account").await.code(), ErrorCode::SessionRequired);
    let gone = here.delete(&format!("/account/sessions/{theirs}")).await;
    assert_eq!((gone.status, gone.code()), (404, ErrorCode::NotFound));
    assert_eq!(here.delete("/account/sessions/nonsense").await.code(), ErrorCode::NotFound);
    assert_eq!(here.delete("/account/sessions").await.status, 204);
    assert_eq!(third.get("/account").await.code(), ErrorCode::SessionRequired);
    let own = sessions(&mut here).await;
    assert_eq!(own.len(), 1);
    // Signing out takes the cookie along.
    let out = here.delete(&format!("/account/sessions/{}", own[0].session)).await;
    let cookie = out.headers["set-cookie"].to_str().unwrap();
    assert_eq!(cookie, "lifeos=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

async fn what_belongs_to_another_account_is_not_there(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |c| {
        named("")(c);
        c.admission = Admission::First;
    })
    .await;
    let (laptop, vault) = people();
    let mut ada = Page::of(&server.url, &laptop, &vault).await;
    ada.bind(&mut Key::new(&server.url), &laptop, vault.account()).await;
    let invite: InviteAnswer = ada.post("/account/invitations", &json!({ "days": 7 })).await.json();
    let spent: InviteAnswer = ada.post("/account/invitations", &json!({ "days": 7 })).await.json();
    let desk = Device::named("desk");
    let theirs = Vault::begin(&desk, &Device::named("slip"));
    let mut bob = Page::new(&server.url);
    assert_eq!(bob.http.register(&theirs, Some(&spent.invite)).await.status, 201);
    assert_eq!(bob.sign_in_by_device(&desk, theirs.account()).await.status, 201);
    let session = sessions(&mut ada).await.remove(0).session;
    let passkey = passkeys(&mut ada).await.remove(0).passkey;
    for path in [
        format!("/account/sessions/{session}"),
        format!("/account/passkeys/{passkey}"),
        format!("/account/invitations/{}", invite.info.invitation),
    ] {
        let refused = bob.delete(&path).await;
        assert_eq!((refused.status, refused.code()), (404, ErrorCode::NotFound), "{path}");
    }
    let (path, name) = (format!("/account/passkeys/{passkey}"), json!({ "name": "mine" }));
    assert_eq!(bob.send(Method::PATCH, &path, Some(&name)).await.code(), ErrorCode::NotFound);
    let ticket = SessionTicketRequest { device: laptop.id() };
    assert_eq!(bob.post("/account/tickets", &ticket).await.code(), ErrorCode::UnknownDevice);
    assert!(passkeys(&mut bob).await.is_empty() && invitations(&mut bob).await.is_empty());
    assert_eq!(bob.delete("/account/sessions").await.status, 204);
    assert_eq!(sessions(&mut ada).await.len(), 1);
    assert_eq!(passkeys(&mut ada).await[0].name, "laptop");
    assert_eq!(invitations(&mut ada).await, [invite.info]);
}

async fn a_passkey_is_renamed_and_removed_with_its_sessions(store: Arc<dyn Store>) {
    let server = Server::start_over(store, named("")).await;
    let (laptop, vault) = people();
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    let mut key = Key::new(&server.url);
    page.bind(&mut key, &laptop, vault.account()).await;
    let mut by_passkey = Page::new(&server.url);
    assert_eq!(by_passkey.sign_in(&mut key).await.status, 201);
    let path = format!("/account/passkeys/{}", passkeys(&mut page).await[0].passkey);
    for (name, status) in [("  Kitchen  ", 204), ("", 204), ("a\tb", 400), (&"é".repeat(51), 400)] {
        let answer = page.send(Method::PATCH, &path, Some(&json!({ "name": name }))).await;
        assert_eq!(answer.status, status, "{name}");
        if status == 204 {
            assert_eq!(passkeys(&mut page).await[0].name, name.trim());
        }
    }
    assert_eq!(page.delete(&path).await.status, 204);
    assert_eq!(page.delete(&path).await.code(), ErrorCode::NotFound);
    assert_eq!(by_passkey.get("/account").await.code(), ErrorCode::SessionRequired);
    assert_eq!(by_passkey.sign_in(&mut key).await.code(), ErrorCode::PasskeyRefused);
    assert_eq!(page.get("/account").await.status, 200);
}

async fn the_first_account_invites_and_nobody_else(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |c| c.admission = Admission::Invite).await;
    let now = sync_server::clock::Millis::now();
    let by_operator = sync_server::identity::SecretHash::of(b"operator");
    server.store.put_invite(by_operator, now.plus_seconds(60), now).await.unwrap();
    let (laptop, vault) = people();
    let mut ada = Page::new(&server.url);
    assert_eq!(ada.http.register(&vault, Some("operator")).await.status, 201);
    ada.sign_in_by_device(&laptop, vault.account()).await;
    assert!(ada.get("/account").await.json::<AccountInfo>().may_invite);
    for days in [0, 31, u64::MAX] {
        assert_eq!(invite(&mut ada, days).await.code(), ErrorCode::Malformed, "{days}");
    }
    let made = invite(&mut ada, 30).await;
    assert_eq!(made.status, 201);
    let made: InviteAnswer = made.json();
    assert_eq!(made.info.expires - made.info.created, 30 * 24 * 60 * 60 * 1_000);
    assert_eq!(invitations(&mut ada).await, std::slice::from_ref(&made.info));
    let desk = Device::named("desk");
    let theirs = Vault::begin(&desk, &Device::named("slip"));
    let mut bob = Page::new(&server.url);
    assert_eq!(bob.http.register(&theirs, Some(&made.invite)).await.status, 201);
    assert_eq!(invitations(&mut ada).await, []);
    bob.sign_in_by_device(&desk, theirs.account()).await;
    assert!(!bob.get("/account").await.json::<AccountInfo>().may_invite);
    let refused = invite(&mut bob, 7).await;
    assert_eq!((refused.status, refused.code()), (403, ErrorCode::NotAllowed));
    let withdrawn: InviteAnswer = invite(&mut ada, 1).await.json();
    let path = format!("/account/invitations/{}", withdrawn.info.invitation);
    assert_eq!(ada.delete(&path).await.status, 204);
    let cleo = Vault::begin(&Device::named("cleo"), &Device::named("slip"));
    let answer = ada.http.register(&cleo, Some(&withdrawn.invite)).await;
    assert_eq!(answer.code(), ErrorCode::InviteInvalid);
    for _ in 0..protocol::limits::INVITES_PER_ACCOUNT {
        assert_eq!(invite(&mut ada, 1).await.status, 201);
    }
    assert_eq!(invite(&mut ada, 1).await.code(), ErrorCode::QuotaExceeded);
}

async fn invite(page: &mut Page, days: u64) -> Answer {
    page.post("/account/invitations", &json!({ "days": days })).await
}

async fn a_ticket_of_a_session_opens_a_socket_that_still_asks_for_the_key(store: Arc<dyn Store>) {
    let server = Server::start_over(store, |_| {}).await;
    let (laptop, vault) = people();
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    for device in [Device::named("paper"), Device::named("stranger")] {
        let request = SessionTicketRequest { device: device.id() };
        assert_eq!(page.post("/account/tickets", &request).await.code(), ErrorCode::UnknownDevice);
    }
    let ask = SessionTicketRequest { device: laptop.id() };
    let ticket = async |page: &mut Page| {
        let ticket = page.post("/account/tickets", &ask).await.json::<TicketAnswer>().ticket;
        format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}")
    };
    let protocols = ticket(&mut page).await;
    assert_eq!(refused(page.http.open(&protocols, None).await), (403, ErrorCode::WrongOrigin));
    let protocols = ticket(&mut page).await;
    let socket = page.http.open(&protocols, Some(&server.url)).await.unwrap();
    page.http.prove(socket, &laptop, vault.account()).await;
    let protocols = ticket(&mut page).await;
    let mut socket = page.http.open(&protocols, Some(&server.url)).await.unwrap();
    let _challenge = socket.next().await;
    let signature = Device::named("stranger").sign(&[1; 32]);
    let answer = socket.ask(&ClientFrame::Hello { device: laptop.id(), signature }).await;
    assert!(
        matches!(answer, protocol::frame::ServerFrame::Error { code: ErrorCode::Unauthorized, .. }),
        "{answer:?}"
    );
}

on_every_store!(
    an_account_sees_what_the_relay_keeps_of_it,
    sessions_are_listed_and_ended_one_by_one_or_all_but_this,
    what_belongs_to_another_account_is_not_there,
    a_passkey_is_renamed_and_removed_with_its_sessions,
    the_first_account_invites_and_nobody_else,
    a_ticket_of_a_session_opens_a_socket_that_still_asks_for_the_key,
);

#[tokio::test]
async fn where_anybody_may_register_nobody_invites() {
    let server = Server::start().await;
    let (laptop, vault) = people();
    let mut page = Page::of(&server.url, &laptop, &vault).await;
    assert!(!page.get("/account").await.json::<AccountInfo>().may_invite);
    assert_eq!(invite(&mut page, 7).await.code(), ErrorCode::NotAllowed);
}

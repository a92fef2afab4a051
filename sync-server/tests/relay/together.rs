//! Writes that share a transaction, and appends that came together: each has the outcome that it would have alone.

use crate::support::device::{Author, Device, Vault};
use crate::support::stores::on_every_store;
use protocol::frame::{ClientFrame, ResumeOutcome, ResumeSpace, ServerFrame};
use protocol::{ErrorCode, RunningHash, SealedEntry};
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::committer::Committer;
use sync_server::hints::Hints;
use sync_server::relay::Relay;
use sync_server::rules::{admit, judge_links};
use sync_server::session::{AppendFrame, Session};
use sync_server::store::{Admission, Append, Extend, Outcome, Page, SqliteStore, Store, Write};

const ALL: Page = Page { count: 1_000, bytes: 1 << 20 };

struct World {
    relay: Relay,
    laptop: Device,
    vault: Vault,
}

impl World {
    async fn new(store: Arc<dyn Store>) -> Self {
        let laptop = Device::named("laptop");
        let vault = Vault::begin(&laptop, &Device::named("paper"));
        let relay = Relay::new(store);
        relay.register(&vault.items, Admission::Open, None, Millis(1)).await.unwrap();
        Self { relay, laptop, vault }
    }
    fn session(&self) -> Session {
        Session::new(self.relay.clone(), self.vault.account(), self.laptop.id())
    }
    fn frame(&self, request: u64, entries: &[SealedEntry]) -> AppendFrame {
        AppendFrame { request, space: self.vault.space(), entries: entries.to_vec() }
    }
    async fn add(&mut self, relay: &Relay, device: &Device) {
        let link = self.vault.adding(&self.laptop, device);
        relay
            .extend(&self.vault.space(), std::slice::from_ref(&link), false)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        self.vault.take(link);
    }
}

fn append(vault: &Vault, entries: &[SealedEntry]) -> Write {
    let entries = entries.iter().map(|e| admit(&vault.chain, e.clone()).unwrap()).collect();
    Write::Append(Append { space: vault.space(), judged_on: vault.chain.head(), entries })
}

fn outcome(outcome: &Outcome) -> (usize, usize, Option<ErrorCode>) {
    match outcome {
        Outcome::Appended { accepted, new, refusal } => (*accepted, *new, refusal.as_ref().map(|r| r.code)),
        other => panic!("{other:?}"),
    }
}

async fn a_refused_append_is_nothing_to_the_others_of_its_commit(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let phone = Device::named("phone");
    let relay = world.relay.clone();
    world.add(&relay, &phone).await;
    let (mut one, mut two) = (Author::new(&world.laptop, &world.vault), Author::new(&phone, &world.vault));
    let first: Vec<_> = (0..70_u8).map(|n| one.write(&[n])).collect();
    let second: Vec<_> = (0..70_u8).map(|n| two.write(&[n, n])).collect();
    let clone = Author::new(&phone, &world.vault).draft(b"clone");
    let before = store.space(&world.vault.space()).await.unwrap().unwrap();
    // A link in the midst of them, and an entry that was judged on the chain with it.
    let link = world.vault.adding(&world.laptop, &Device::named("watch"));
    let judged = judge_links(&world.vault.chain, std::slice::from_ref(&link)).unwrap();
    let extend = Write::Extend(Extend {
        space: world.vault.space(),
        judged_on: world.vault.chain.head(),
        after: Arc::new(judged.after),
        restores: false,
    });
    let old = append(&world.vault, &first[69..]);
    let mut writes = vec![
        append(&world.vault, &first[..40]),
        append(&world.vault, &second[..69]),
        append(&world.vault, &first[41..]),
        append(&world.vault, std::slice::from_ref(&clone)),
        append(&world.vault, &first[40..69]),
        append(&world.vault, &first[..41]),
        extend,
        old,
    ];
    world.vault.take(link);
    writes.push(append(&world.vault, &first[68..]));
    writes.push(append(&world.vault, &second[68..]));
    let outcomes = store.commit(&writes).await.unwrap();
    assert_eq!((&outcomes[6], &outcomes[7]), (&Outcome::Extended, &Outcome::HeadMoved));
    let of = [0, 1, 2, 3, 4, 5, 8, 9].map(|n: usize| outcome(&outcomes[n]));
    let gap = Some(ErrorCode::Gap);
    let taken = Some(ErrorCode::AddressTaken);
    let expected =
        [(40, 40, None), (69, 69, None), (0, 0, gap), (0, 0, taken), (29, 29, None), (41, 0, None)];
    assert_eq!(of[..6], expected);
    assert_eq!(of[6..], [(2, 1, None), (2, 1, None)]);

    let log = [&first[..40], &second[..69], &first[40..], &second[69..]].concat();
    let space = world.vault.space();
    assert_eq!(store.entries(&space, 0, ALL).await.unwrap(), log);
    let state = store.space(&space).await.unwrap().unwrap();
    let hash = |e: &SealedEntry| e.clone().read().unwrap().hash();
    let running = log.iter().fold(RunningHash::start(&space), |running, e| running.then(&hash(e)));
    assert_eq!((state.seq, state.running, state.head), (140, running, world.vault.chain.head()));
    let bytes: usize = log.iter().map(SealedEntry::size).sum();
    assert!(state.bytes_used >= before.bytes_used + bytes as u64, "{state:?}");
    assert_eq!(store.evidence(&space).await.unwrap(), [clone]);
    let mut heads = [one.last.unwrap(), two.last.unwrap()];
    heads.sort_by_key(|head| head.device);
    assert_eq!(store.heads(&space).await.unwrap().unwrap().heads, heads);
}

async fn appends_that_come_together_are_answered_as_if_one_by_one(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    // Another relay's work on the same database: what this one has in memory is an old chain.
    let other = Relay::new(store.clone());
    world.relay.chain(&world.vault.space()).await.unwrap().unwrap();
    let laptop = Device::named("laptop");
    let mut author = Author::new(&laptop, &world.vault);
    let early: Vec<_> = (0..3_u8).map(|n| author.write(&[n])).collect();
    world.add(&other, &Device::named("phone")).await;
    author.membership = world.vault.chain.head();
    let late: Vec<_> = (3..6_u8).map(|n| author.write(&[n])).collect();
    let mut forged = late[1].clone();
    forged.signature = protocol::Signature::new([1; 64]);
    let appends = [
        world.frame(1, &early[..2]),
        world.frame(2, &early[1..]),
        world.frame(3, &late[..1]),
        world.frame(4, &[forged]),
        world.frame(5, &late[1..]),
    ];
    let mut session = world.session();
    let gone = AppendFrame {
        space: Vault::begin(&Device::named("x"), &Device::named("y")).space(),
        ..world.frame(6, &early)
    };
    let answers =
        session.on_appends(&[&appends[..], &[gone, world.frame(7, &late[2..])]].concat(), Millis(2)).await;
    let of = answers.iter().map(|answer| match answer {
        ServerFrame::Appended { request, accepted, refusal, .. } => {
            (*request, *accepted, refusal.as_ref().map(|r| r.code))
        }
        ServerFrame::Error { request, code, .. } => (request.unwrap(), 0, Some(*code)),
        other => panic!("{other:?}"),
    });
    let expected = [
        (1, 2, None),
        (2, 2, None),
        (3, 1, None),
        (4, 0, Some(ErrorCode::BadSignature)),
        (5, 2, None),
        (6, 0, Some(ErrorCode::UnknownSpace)),
        (7, 1, None),
    ];
    assert_eq!(of.collect::<Vec<_>>(), expected);
    let log = [early, late].concat();
    assert_eq!(store.entries(&world.vault.space(), 0, ALL).await.unwrap(), log);
}

async fn who_was_revoked_elsewhere_is_told_so_by_the_first_of_its_appends(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let phone = Device::named("phone");
    let other = Relay::new(store.clone());
    world.add(&other, &phone).await;
    let mut author = Author::new(&phone, &world.vault);
    let mut session = Session::new(world.relay.clone(), world.vault.account(), phone.id());
    let sent = author.write(b"before");
    let frame = ClientFrame::Append { request: 1, space: world.vault.space(), entries: vec![sent] };
    assert!(matches!(
        &session.on_frame(frame, Millis(2)).await[..],
        [ServerFrame::Appended { refusal: None, .. }]
    ));
    let link = world.vault.revoking_at(&world.laptop, &phone, author.last);
    let space = world.vault.space();
    other.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap();
    let late = [author.write(b"after"), author.write(b"and after")];
    let answers =
        session.on_appends(&[world.frame(2, &late[..1]), world.frame(3, &late[1..])], Millis(3)).await;
    assert!(
        matches!(&answers[..], [ServerFrame::Error { request: None, code: ErrorCode::Revoked, .. }]),
        "{answers:?}"
    );
    assert_eq!(store.space(&space).await.unwrap().unwrap().seq, 1);
}

async fn whatever_a_revoked_device_asks_is_answered_with_the_link_that_revoked_it(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let phone = Device::named("phone");
    let other = Relay::new(store);
    world.add(&other, &phone).await;
    let space = world.vault.space();
    let (running, membership) = (RunningHash::start(&space), world.vault.chain.head());
    let place = ResumeSpace { space, cursor: 0, running, height: 1, membership };
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let mut session = Session::new(world.relay.clone(), world.vault.account(), phone.id());
        let resumed = session.on_frame(ClientFrame::Resume { spaces: vec![place.clone()] }, Millis(2)).await;
        assert!(matches!(resumed[..], [ServerFrame::Resumed { outcome: ResumeOutcome::Continues, .. }]));
        sessions.push(session);
    }
    let entry = Author::new(&phone, &world.vault).write(b"too late");
    let link = world.vault.revoking(&world.laptop, &phone);
    other.extend(&space, std::slice::from_ref(&link), false).await.unwrap().unwrap().unwrap();
    // Before any of them has looked at what is new.
    let mut answers = Vec::new();
    for (session, frame) in sessions.iter_mut().zip([
        ClientFrame::Append { request: 1, space, entries: vec![entry.clone()] },
        ClientFrame::GetHeads { request: 1, space },
        ClientFrame::GetPush { request: 1 },
    ]) {
        answers.push(session.on_frame(frame, Millis(3)).await);
    }
    let last = sessions.last_mut().unwrap();
    answers.push(last.on_appends(&[world.frame(2, std::slice::from_ref(&entry))], Millis(3)).await);
    for answer in answers {
        let [ServerFrame::Links { links, height: 2, .. }, ServerFrame::Error { request: None, code, .. }] =
            &answer[..]
        else {
            panic!("{answer:?}")
        };
        assert_eq!((&links[..], *code), (std::slice::from_ref(&link), ErrorCode::Revoked));
    }
    for session in &mut sessions {
        assert_eq!(session.pump_all().await.unwrap(), [], "it hears more");
    }
}

on_every_store!(
    a_refused_append_is_nothing_to_the_others_of_its_commit,
    appends_that_come_together_are_answered_as_if_one_by_one,
    who_was_revoked_elsewhere_is_told_so_by_the_first_of_its_appends,
    whatever_a_revoked_device_asks_is_answered_with_the_link_that_revoked_it,
);

#[tokio::test]
async fn a_space_that_is_damaged_fails_alone_in_a_shared_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap());
    let shared: Arc<dyn Store> = store.clone();
    let (committer, _task) = Committer::start(shared.clone(), Arc::new(Hints::default()));
    let relay = Relay::with_writer(shared, Arc::new(committer));
    let devices = [Device::named("laptop"), Device::named("desk")];
    let vaults = [0, 1].map(|n: usize| Vault::begin(&devices[n], &Device::named("paper")));
    for vault in &vaults {
        relay.register(&vault.items, Admission::Open, None, Millis(1)).await.unwrap();
        relay.chain(&vault.space()).await.unwrap().unwrap();
    }
    sqlx::query("update space set running = x'00' where space_id = $1")
        .bind(vaults[0].space().as_bytes().as_slice())
        .execute(store.writer())
        .await
        .unwrap();
    let entries = [0, 1].map(|n: usize| [Author::new(&devices[n], &vaults[n]).write(b"x")]);
    let append = async |n: usize| {
        let by = (vaults[n].account(), devices[n].id());
        relay.append_known(by, &vaults[n].space(), &[&entries[n]]).await.pop().flatten().unwrap()
    };
    let (damaged, whole) = tokio::join!(append(0), append(1));
    assert_eq!(damaged.unwrap_err().code(), ErrorCode::Internal);
    assert_eq!(whole.unwrap().accepted, 1);
    assert_eq!(relay.store().space(&vaults[1].space()).await.unwrap().unwrap().seq, 1);
}

//! Packs and manifests on a connection, polled once and without a runtime, as the simulator does.

use crate::support::device::{Author, Device, Vault};
use crate::support::manifest::{ack, hash_of, manifest, pack_ref};
use futures_util::FutureExt as _;
use protocol::entry::Head;
use protocol::frame::{ClientFrame, ResumeOutcome, ResumeSpace, ServerFrame};
use protocol::manifest::SealedManifest;
use protocol::{ErrorCode, ManifestHash, PackHash, RunningHash, SealedEntry, limits};
use std::sync::Arc;
use std::time::Duration;
use sync_server::clock::Millis;
use sync_server::memory::MemoryStore;
use sync_server::relay::Relay;
use sync_server::session::{Session, ends_connection};
use sync_server::store::Admission;

const NOW: Millis = Millis(1_000_000_000_000);

struct World {
    store: Arc<MemoryStore>,
    relay: Relay,
    laptop: Device,
    vault: Vault,
    entries: Vec<SealedEntry>,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("memory is always ready")
}

fn head(entry: &SealedEntry) -> Head {
    entry.clone().read().unwrap().head()
}

fn days(count: u64) -> Millis {
    NOW.plus_seconds(count * 24 * 60 * 60)
}

impl World {
    /// A laptop's vault with five entries.
    fn new() -> Self {
        let laptop = Device::named("laptop");
        let vault = Vault::begin(&laptop, &Device::named("paper"));
        let store = Arc::new(MemoryStore::new());
        let relay = Relay::new(store.clone());
        now(relay.register(&vault.items, Admission::First, None, NOW)).unwrap();
        let mut author = Author::new(&laptop, &vault);
        let entries: Vec<_> = (0..5_u8).map(|n| author.write(&[n])).collect();
        now(relay.append(&vault.space(), &entries)).unwrap();
        Self { store, relay, laptop, vault, entries }
    }
    fn session(&self) -> Session {
        Session::new(self.relay.clone(), self.vault.account(), self.laptop.id())
    }
    fn running(&self, cursor: usize) -> RunningHash {
        let start = RunningHash::start(&self.vault.space());
        self.entries[..cursor].iter().fold(start, |r, e| r.then(&head(e).hash))
    }
    fn place(&self, cursor: usize) -> ResumeSpace {
        let (space, membership) = (self.vault.space(), self.vault.chain.head());
        ResumeSpace { space, cursor: cursor as u64, running: self.running(cursor), height: 0, membership }
    }
    fn resume(&self, session: &mut Session, place: ResumeSpace) -> (ResumeOutcome, Option<ManifestHash>) {
        match one(session, ClientFrame::Resume { spaces: vec![place] }) {
            ServerFrame::Resumed { outcome, manifest, seq: 5, .. } => (outcome, manifest),
            other => panic!("{other:?}"),
        }
    }
    /// The laptop's manifest over its first `count` entries.
    fn over(&self, count: usize, parent: Option<ManifestHash>) -> SealedManifest {
        manifest(&self.laptop, &self.vault, parent, &[], &[head(&self.entries[count - 1])])
    }
    fn put(
        &self,
        session: &mut Session,
        manifest: &SealedManifest,
    ) -> (Option<ErrorCode>, Option<ManifestHash>) {
        let frame =
            ClientFrame::PutManifest { request: 3, space: self.vault.space(), manifest: manifest.clone() };
        match one(session, frame) {
            ServerFrame::ManifestStored { request: 3, refusal, current, .. } => (refusal, current),
            other => panic!("{other:?}"),
        }
    }
    /// Compacts the first `count` entries and drops them.
    fn drop_first(&self, count: usize) -> ManifestHash {
        let new = self.over(count, None);
        assert_eq!(self.put(&mut self.session(), &new), (None, Some(hash_of(&new))));
        assert_eq!(now(self.relay.keep(NOW, Duration::ZERO)).unwrap().dropped.entries, count);
        hash_of(&new)
    }
}

fn at(session: &mut Session, frame: ClientFrame, when: Millis) -> ServerFrame {
    let mut frames = now(session.on_frame(frame, when));
    assert_eq!(frames.len(), 1, "{frames:?}");
    frames.remove(0)
}

fn one(session: &mut Session, frame: ClientFrame) -> ServerFrame {
    at(session, frame, NOW)
}

#[test]
fn a_resume_names_the_manifest_and_others_are_told_when_it_moves() {
    let world = World::new();
    let space = world.vault.space();
    let (mut writer, mut reader) = (world.session(), world.session());
    for session in [&mut writer, &mut reader] {
        assert_eq!(world.resume(session, world.place(5)), (ResumeOutcome::Continues, None));
    }
    let new = world.over(3, None);
    let hash = hash_of(&new);
    assert_eq!(world.put(&mut writer, &new), (None, Some(hash)));
    let moved = ServerFrame::ManifestMoved { space, manifest: hash };
    assert_eq!(now(reader.pump_all()).unwrap(), [moved]);
    assert_eq!(now(reader.pump_all()).unwrap(), []);
    assert_eq!(now(writer.pump_all()).unwrap(), [], "the answer said so");
    let mut fresh = world.session();
    assert_eq!(world.resume(&mut fresh, world.place(5)), (ResumeOutcome::Continues, Some(hash)));
    assert_eq!(now(fresh.pump_all()).unwrap(), []);
    // One that is told at its refusal is not told again.
    assert_eq!(world.put(&mut reader, &world.over(2, None)), (Some(ErrorCode::ManifestMoved), Some(hash)));
    assert_eq!(now(reader.pump_all()).unwrap(), []);
}

#[test]
fn a_client_behind_what_was_dropped_takes_the_manifest_and_goes_on_from_there() {
    let world = World::new();
    let space = world.vault.space();
    let hash = world.drop_first(3);
    for cursor in 0..3 {
        let mut session = world.session();
        let compacted = (ResumeOutcome::Compacted, Some(hash));
        assert_eq!(world.resume(&mut session, world.place(cursor)), compacted);
        assert_eq!(now(session.pump_all()).unwrap(), [], "nothing is sent of it");
    }
    let mut session = world.session();
    let asked = ClientFrame::GetManifest { request: 7, space };
    let ServerFrame::Manifest { request: 7, manifest: Some(found), seq: 3, running, .. } =
        one(&mut session, asked)
    else {
        panic!("not the manifest")
    };
    assert_eq!((hash_of(&found), running), (hash, world.running(3)));
    for cursor in 3..=5 {
        let mut session = world.session();
        assert_eq!(world.resume(&mut session, world.place(cursor)).0, ResumeOutcome::Continues);
        let entries = world.entries[cursor..].to_vec();
        let first = cursor as u64 + 1;
        let rest = (!entries.is_empty()).then_some(ServerFrame::Entries { space, first, entries });
        assert_eq!(now(session.pump_all()).unwrap(), Vec::from_iter(rest));
    }
    for cursor in [3, 4, 5] {
        let other = ResumeSpace { running: RunningHash::new([1; 32]), ..world.place(cursor) };
        assert_eq!(world.resume(&mut world.session(), other).0, ResumeOutcome::Diverged);
    }
}

#[test]
fn a_connection_that_stands_where_nothing_is_any_more_is_ended() {
    let world = World::new();
    let mut session = world.session();
    world.resume(&mut session, world.place(2));
    world.drop_first(3);
    let frames = now(session.pump_all()).unwrap();
    assert!(
        matches!(&frames[..], [ServerFrame::Error { request: None, code: ErrorCode::Compacted, .. }]),
        "{frames:?}"
    );
    assert!(ends_connection(&frames[0]));
    assert_eq!(now(session.pump_all()).unwrap(), []);
    let mut at_the_floor = world.session();
    world.resume(&mut at_the_floor, world.place(3));
    assert_eq!(now(at_the_floor.pump_all()).unwrap().len(), 1);
}

#[test]
fn packs_and_manifests_are_asked_for_by_name() {
    let world = World::new();
    let space = world.vault.space();
    let mut session = world.session();
    let none = ServerFrame::Manifest { request: 1, space, manifest: None, seq: 0, running: world.running(0) };
    assert_eq!(one(&mut session, ClientFrame::GetManifest { request: 1, space }), none);
    let put = |session: &mut Session, bytes: Vec<u8>| {
        one(session, ClientFrame::PutPack { request: 2, space, bytes: bytes.into() })
    };
    let stored = |refusal| ServerFrame::PackStored { request: 2, space, refusal };
    assert_eq!(put(&mut session, b"a pack".to_vec()), stored(None));
    assert_eq!(put(&mut session, vec![0; limits::PACK_BYTES + 1]), stored(Some(ErrorCode::TooLarge)));
    for (pack, bytes) in
        [(pack_ref(b"a pack").hash, Some(b"a pack".to_vec())), (PackHash::new([1; 32]), None)]
    {
        let answer = ServerFrame::Pack { request: 4, space, bytes: bytes.map(Into::into) };
        assert_eq!(one(&mut session, ClientFrame::GetPack { request: 4, space, pack }), answer);
    }
    let missing = manifest(&world.laptop, &world.vault, None, &[b"another"], &[]);
    assert_eq!(world.put(&mut session, &missing), (Some(ErrorCode::PackMissing), None));
    let new = world.over(5, None);
    let word = |session: &mut Session| {
        let ack = ack(&world.laptop, space, hash_of(&new));
        one(session, ClientFrame::PutAck { request: 5, space, ack })
    };
    let taken = |refusal| ServerFrame::AckStored { request: 5, space, refusal };
    assert_eq!(word(&mut session), taken(Some(ErrorCode::ManifestMoved)));
    assert_eq!(world.put(&mut session, &new), (None, Some(hash_of(&new))));
    assert_eq!(word(&mut session), taken(None));
}

#[test]
fn a_device_that_never_hangs_up_counts_as_there() {
    let mut world = World::new();
    let phone = Device::named("phone");
    let add = world.vault.adding(&world.laptop, &phone);
    let space = world.vault.space();
    now(world.relay.extend(&space, std::slice::from_ref(&add), false)).unwrap().unwrap().unwrap();
    world.vault.take(add);
    let new = world.over(5, None);
    world.put(&mut world.session(), &new);
    let mut laptop = world.session();
    let mut idle = Session::new(world.relay.clone(), world.vault.account(), phone.id());
    world.resume(&mut idle, world.place(5));
    for day in 0..200 {
        at(&mut idle, ClientFrame::Ping { nonce: day }, days(day));
    }
    at(&mut laptop, ClientFrame::Resume { spaces: vec![world.place(5)] }, days(250));
    let drops = |day| now(world.relay.keep(days(day), Duration::ZERO)).unwrap().dropped.entries;
    assert_eq!((drops(288), drops(289)), (0, 5), "it was heard last on day 199");
}

#[test]
fn nothing_of_packs_is_answered_while_the_store_fails() {
    let world = World::new();
    let space = world.vault.space();
    let mut session = world.session();
    world.store.set_failing(true);
    let frames = [
        ClientFrame::PutPack { request: 9, space, bytes: b"a pack".to_vec().into() },
        ClientFrame::PutManifest { request: 9, space, manifest: world.over(1, None) },
        ClientFrame::PutAck { request: 9, space, ack: ack(&world.laptop, space, ManifestHash::new([1; 32])) },
    ];
    for frame in frames {
        let answer = one(&mut session, frame);
        assert!(
            matches!(answer, ServerFrame::Error { request: Some(9), code: ErrorCode::Unavailable, .. }),
            "{answer:?}"
        );
    }
    // Who resumes is served, even if it cannot be written down that it was there.
    assert_eq!(world.resume(&mut session, world.place(5)), (ResumeOutcome::Continues, None));
    assert!(now(world.relay.keep(NOW, Duration::ZERO)).is_ok());
}

#[test]
fn a_backup_holds_packs_and_manifests_too() {
    let world = World::new();
    let space = world.vault.space();
    let backup = (*world.store).clone();
    let hash = world.drop_first(3);
    let later = (*world.store).clone();
    world.store.restore(&backup);
    let mut session = world.session();
    assert_eq!(world.resume(&mut session, world.place(0)), (ResumeOutcome::Continues, None));
    world.store.restore(&later);
    let mut session = world.session();
    assert_eq!(world.resume(&mut session, world.place(0)), (ResumeOutcome::Compacted, Some(hash)));
    assert!(matches!(
        one(&mut session, ClientFrame::GetManifest { request: 1, space }),
        ServerFrame::Manifest { manifest: Some(_), .. }
    ));
}

//! One connection's protocol on a store in memory, polled once and without a runtime, as the simulator does.

use crate::support::device::{Author, Device, Vault};
use crate::support::manifest::{ack, manifest};
use futures_util::FutureExt as _;
use protocol::frame::{ClientFrame, ResumeOutcome, ResumeSpace, ServerFrame};
use protocol::{ErrorCode, LinkHash, ManifestHash, RunningHash, SealedEntry, limits};
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::memory::MemoryStore;
use sync_server::relay::Relay;
use sync_server::session::{Session, ends_connection};
use sync_server::store::Admission;

struct World {
    store: Arc<MemoryStore>,
    relay: Relay,
    laptop: Device,
    paper: Device,
    vault: Vault,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("memory is always ready")
}

impl World {
    fn new() -> Self {
        let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
        let vault = Vault::begin(&laptop, &paper);
        let store = Arc::new(MemoryStore::new());
        let relay = Relay::new(store.clone());
        now(relay.register(&vault.items, Admission::First, None, Millis(1))).unwrap();
        Self { store, relay, laptop, paper, vault }
    }
    fn session(&self) -> Session {
        Session::new(self.relay.clone(), self.vault.account(), self.laptop.id())
    }
    fn place(&self, cursor: u64, running: RunningHash) -> ResumeSpace {
        let (space, membership) = (self.vault.space(), self.vault.chain.head());
        ResumeSpace { space, cursor, running, height: self.vault.chain.height(), membership }
    }
    fn start(&self) -> ResumeSpace {
        self.place(0, RunningHash::start(&self.vault.space()))
    }
    fn append(&self, session: &mut Session, entries: Vec<SealedEntry>) -> ServerFrame {
        one(session, ClientFrame::Append { request: 1, space: self.vault.space(), entries })
    }
    fn resume(&self, session: &mut Session, place: ResumeSpace) -> (ResumeOutcome, u64, u32) {
        match one(session, ClientFrame::Resume { spaces: vec![place] }) {
            ServerFrame::Resumed { outcome, seq, height, .. } => (outcome, seq, height),
            other => panic!("{other:?}"),
        }
    }
}

fn one(session: &mut Session, frame: ClientFrame) -> ServerFrame {
    let mut frames = now(session.on_frame(frame, Millis(1)));
    assert_eq!(frames.len(), 1, "{frames:?}");
    frames.remove(0)
}

fn appended(frame: ServerFrame) -> (u32, Option<ErrorCode>) {
    match frame {
        ServerFrame::Appended { accepted, refusal, .. } => (accepted, refusal.map(|r| r.code)),
        other => panic!("{other:?}"),
    }
}

fn running(entries: &[SealedEntry], world: &World) -> RunningHash {
    let start = RunningHash::start(&world.vault.space());
    entries.iter().fold(start, |r, e| r.then(&e.clone().read().unwrap().hash()))
}

#[test]
fn an_idle_resume_is_one_frame_each_way() {
    let world = World::new();
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..3_u8).map(|n| author.write(&[n])).collect();
    let mut session = world.session();
    assert_eq!(appended(world.append(&mut session, entries.clone())), (3, None));
    let place = world.place(3, running(&entries, &world));
    assert_eq!(world.resume(&mut session, place), (ResumeOutcome::Continues, 3, 0));
    assert_eq!(now(session.pump_all()).unwrap(), []);
}

#[test]
fn a_resume_is_followed_by_what_came_after_the_cursor() {
    let world = World::new();
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..5_u8).map(|n| author.write(&[n])).collect();
    let mut session = world.session();
    world.append(&mut session, entries.clone());
    let place = world.place(2, running(&entries[..2], &world));
    assert_eq!(world.resume(&mut session, place), (ResumeOutcome::Continues, 5, 0));
    let space = world.vault.space();
    let rest = ServerFrame::Entries { space, first: 3, entries: entries[2..].to_vec() };
    assert_eq!(now(session.pump(&space)).unwrap(), [rest]);
    assert_eq!(now(session.pump(&space)).unwrap(), []);
}

#[test]
fn a_log_longer_than_a_frame_arrives_in_frames_without_gaps() {
    let world = World::new();
    let mut author = Author::new(&world.laptop, &world.vault);
    let mut session = world.session();
    let mut all = Vec::new();
    for n in 0..7_u8 {
        let large = author.write(&vec![n; 300 << 10]);
        all.push(large.clone());
        assert_eq!(appended(world.append(&mut session, vec![large])), (1, None));
    }
    world.resume(&mut session, world.start());
    let mut got = Vec::new();
    for frame in now(session.pump_all()).unwrap() {
        assert!(frame.to_bytes().len() <= limits::FRAME_BYTES);
        let ServerFrame::Entries { first, entries, .. } = frame else { panic!("{frame:?}") };
        assert_eq!(first, got.len() as u64 + 1);
        got.extend(entries);
    }
    assert_eq!(got, all);
}

#[test]
fn a_client_that_was_sent_another_log_is_told_so_and_sent_nothing() {
    let world = World::new();
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..3_u8).map(|n| author.write(&[n])).collect();
    let mut session = world.session();
    world.append(&mut session, entries.clone());
    let ahead = world.place(4, running(&entries, &world));
    let other = world.place(2, RunningHash::new([8; 32]));
    for place in [ahead, other] {
        assert_eq!(world.resume(&mut session, place), (ResumeOutcome::Diverged, 3, 0));
        assert_eq!(now(session.pump_all()).unwrap(), []);
    }
}

#[test]
fn a_restored_relay_is_filled_again_by_comparing_heads() {
    let world = World::new();
    let space = world.vault.space();
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..4_u8).map(|n| author.write(&[n])).collect();
    let mut session = world.session();
    world.append(&mut session, entries[..2].to_vec());
    let backup = (*world.store).clone();
    world.append(&mut session, entries[2..].to_vec());
    world.store.restore(&backup);
    let mut session = world.session();
    let place = world.place(4, running(&entries, &world));
    assert_eq!(world.resume(&mut session, place).0, ResumeOutcome::Diverged);
    let ServerFrame::Heads { heads, .. } = one(&mut session, ClientFrame::GetHeads { request: 9, space })
    else {
        panic!("not heads")
    };
    assert_eq!(heads, [entries[1].clone().read().unwrap().head()]);
    assert_eq!(appended(world.append(&mut session, entries[2..].to_vec())), (2, None));
    let place = world.place(4, running(&entries, &world));
    assert_eq!(world.resume(&mut session, place).0, ResumeOutcome::Continues);
}

#[test]
fn what_one_connection_appends_another_is_sent_and_its_author_too() {
    let world = World::new();
    let space = world.vault.space();
    let (mut writer, mut reader) = (world.session(), world.session());
    world.resume(&mut writer, world.start());
    world.resume(&mut reader, world.start());
    let entry = Author::new(&world.laptop, &world.vault).write(b"hello");
    world.append(&mut writer, vec![entry.clone()]);
    let frame = ServerFrame::Entries { space, first: 1, entries: vec![entry] };
    for session in [&mut reader, &mut writer] {
        assert_eq!(now(session.pump_all()).unwrap(), std::slice::from_ref(&frame));
    }
}

#[test]
fn links_are_sent_before_the_entries_that_name_them() {
    let mut world = World::new();
    let space = world.vault.space();
    let mut session = world.session();
    let mut late = world.session();
    world.resume(&mut late, world.start());
    let start = world.start();
    let phone = Device::named("phone");
    let add = world.vault.adding(&world.paper, &phone);
    let frame = ClientFrame::AppendLinks { request: 4, space, links: vec![add.clone()], restores: None };
    let ServerFrame::Links { request: 4, height: 1, refusal: None, .. } = one(&mut session, frame) else {
        panic!("not taken")
    };
    world.vault.take(add.clone());
    let entry = Author::new(&phone, &world.vault).write(b"from the phone");
    assert_eq!(appended(world.append(&mut session, vec![entry.clone()])), (1, None));
    let mut fresh = world.session();
    world.resume(&mut fresh, start);
    for session in [&mut late, &mut fresh] {
        let frames = now(session.pump_all()).unwrap();
        let head = world.vault.chain.head();
        let links = ServerFrame::Links {
            request: 0,
            space,
            links: vec![add.clone()],
            height: 1,
            head,
            refusal: None,
        };
        let entries = ServerFrame::Entries { space, first: 1, entries: vec![entry.clone()] };
        assert_eq!(frames, [links, entries]);
    }
}

#[test]
fn a_client_on_another_branch_is_sent_no_links_of_this_one() {
    let mut world = World::new();
    let add = world.vault.adding(&world.laptop, &Device::named("phone"));
    now(world.relay.extend(&world.vault.space(), std::slice::from_ref(&add), false))
        .unwrap()
        .unwrap()
        .unwrap();
    let mut place = world.start();
    place.membership = LinkHash::new([6; 32]);
    world.vault.take(add);
    let mut session = world.session();
    assert_eq!(world.resume(&mut session, place), (ResumeOutcome::Continues, 0, 1));
    assert_eq!(now(session.pump_all()).unwrap(), []);
}

#[test]
fn the_second_of_two_links_on_one_head_is_told_that_the_head_moved() {
    let world = World::new();
    let space = world.vault.space();
    let mut session = world.session();
    let links = ["phone", "tablet"].map(|n| world.vault.adding(&world.laptop, &Device::named(n)));
    let won = links[0].clone();
    let answers = links.map(|link| {
        let frame = ClientFrame::AppendLinks { request: 1, space, links: vec![link], restores: None };
        let ServerFrame::Links { refusal, height, links, .. } = one(&mut session, frame) else {
            panic!("not links")
        };
        assert_eq!(height, 1);
        (refusal, links)
    });
    // The loser is told what it lacks, so that it can sign anew.
    assert_eq!(answers, [(None, vec![]), (Some(ErrorCode::HeadMoved), vec![won])]);
}

#[test]
fn links_and_entries_are_read_by_place() {
    let world = World::new();
    let space = world.vault.space();
    let mut session = world.session();
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..3_u8).map(|n| author.write(&[n])).collect();
    world.append(&mut session, entries.clone());
    let device = world.laptop.id();
    let asked = ClientFrame::GetEntries { request: 2, space, device, from: 2 };
    let expected = ServerFrame::DeviceEntries { request: 2, space, entries: entries[1..].to_vec() };
    assert_eq!(one(&mut session, asked), expected);
    let asked = ClientFrame::GetLinks { request: 3, space, from: 0 };
    let head = world.vault.chain.head();
    let links = world.vault.items.clone();
    let expected = ServerFrame::Links { request: 3, space, links, height: 0, head, refusal: None };
    assert_eq!(one(&mut session, asked), expected);
    assert_eq!(one(&mut session, ClientFrame::Ping { nonce: 77 }), ServerFrame::Pong { nonce: 77 });
}

#[test]
fn another_accounts_space_is_as_unknown_as_none() {
    let world = World::new();
    let (desk, slip) = (Device::named("desk"), Device::named("slip"));
    let other = Vault::begin(&desk, &slip);
    now(world.relay.register(&other.items, Admission::Open, None, Millis(1))).unwrap();
    let nobody = Vault::begin(&slip, &desk);
    let mut session = world.session();
    for vault in [&other, &nobody] {
        let space = vault.space();
        let running = RunningHash::start(&space);
        let place = ResumeSpace { space, cursor: 0, running, height: 0, membership: vault.chain.head() };
        assert_eq!(world.resume(&mut session, place), (ResumeOutcome::Unknown, 0, 0));
        let entries = vec![Author::new(&desk, &other).write(b"x")];
        for frame in [
            ClientFrame::Append { request: 5, space, entries },
            ClientFrame::AppendLinks { request: 5, space, links: vec![], restores: None },
            ClientFrame::GetLinks { request: 5, space, from: 0 },
            ClientFrame::GetHeads { request: 5, space },
            ClientFrame::GetEntries { request: 5, space, device: desk.id(), from: 1 },
            ClientFrame::GetManifest { request: 5, space },
            ClientFrame::GetPack { request: 5, space, pack: protocol::PackHash::new([1; 32]) },
            ClientFrame::PutPack { request: 5, space, bytes: b"a pack".to_vec().into() },
            ClientFrame::PutManifest { request: 5, space, manifest: manifest(&desk, &other, None, &[], &[]) },
            ClientFrame::PutAck { request: 5, space, ack: ack(&desk, space, ManifestHash::new([1; 32])) },
        ] {
            let ServerFrame::Error { request: Some(5), code: ErrorCode::UnknownSpace, .. } =
                one(&mut session, frame)
            else {
                panic!("served")
            };
        }
    }
    assert_eq!(now(session.pump_all()).unwrap(), []);
}

#[test]
fn too_much_in_one_frame_is_refused() {
    let world = World::new();
    let mut session = world.session();
    let entry = Author::new(&world.laptop, &world.vault).write(b"x");
    let many = vec![entry; limits::ENTRIES_PER_FRAME + 1];
    let ServerFrame::Error { request: Some(1), code: ErrorCode::TooLarge, .. } =
        world.append(&mut session, many)
    else {
        panic!("served")
    };
    let spaces = vec![world.start(); limits::SPACES_PER_RESUME + 1];
    let answer = one(&mut session, ClientFrame::Resume { spaces });
    assert!(ends_connection(&answer), "{answer:?}");
}

#[test]
fn an_append_stops_at_the_first_entry_that_is_refused() {
    let world = World::new();
    let mut session = world.session();
    let mut author = Author::new(&world.laptop, &world.vault);
    let mut entries: Vec<_> = (0..3_u8).map(|n| author.write(&[n])).collect();
    entries[1].signature = protocol::Signature::new([1; 64]);
    assert_eq!(appended(world.append(&mut session, entries)), (1, Some(ErrorCode::BadSignature)));
}

#[test]
fn nothing_is_acknowledged_while_the_store_fails() {
    let world = World::new();
    let mut session = world.session();
    let entry = Author::new(&world.laptop, &world.vault).write(b"x");
    world.store.set_failing(true);
    let ServerFrame::Error { request: Some(1), code: ErrorCode::Unavailable, .. } =
        world.append(&mut session, vec![entry.clone()])
    else {
        panic!("acknowledged")
    };
    world.store.set_failing(false);
    assert_eq!(appended(world.append(&mut session, vec![entry])), (1, None));
}

#[test]
fn a_device_proves_itself_once() {
    let world = World::new();
    let mut session = world.session();
    let signature = protocol::Signature::new([0; 64]);
    let answer = one(&mut session, ClientFrame::Hello { device: world.laptop.id(), signature });
    assert!(ends_connection(&answer), "{answer:?}");
}

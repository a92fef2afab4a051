//! Members that pack for everybody and leave something out, and relays that give other packs than they were given.
//!
//! Invariant: such a manifest is told by its own alarm and acknowledged by nobody, so nothing that it stands for is dropped;
//! and whoever has nothing else reads the log.

use super::house::{ALICE, Alarm, BOB, House};
use super::insider::{Insider, append, ask, nothing};
use engine::pack::{ManifestBody, PackedDocument, PackedDocuments, PackedRows};
use engine::{Command, DocKey, Notice, RecordId, Reply};
use futures_util::FutureExt as _;
use protocol::entry::Head;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::manifest::{ManifestHeader, PackRef, SealedManifest};
use protocol::{Header, SealedEntry, codec};
use seal::ManifestDraft;
use std::time::Duration;
use sync_server::store::Store as _;

/// Alice and Bob, whose first records are packed, and an insider.
fn packed() -> (House, Insider, ManifestHeader) {
    let mut house = House::in_step();
    for record in 2..6 {
        house.write(ALICE, record, "packed");
        house.settle();
    }
    let insider = Insider::join(&mut house);
    assert_eq!(house.command(ALICE, Command::Compact), Ok(Reply::Compacted));
    house.settle();
    house.vault.relay.keep(house.vault.now, Duration::ZERO);
    house.forget_alarms();
    let first = in_force(&house);
    (house, insider, first)
}

fn in_force(house: &House) -> ManifestHeader {
    house.vault.relay.manifest(house.vault.account).unwrap()
}

/// How far the relay has everybody.
fn heads(house: &House) -> Vec<Head> {
    house.vault.relay.store.heads(&house.space()).now_or_never().unwrap().unwrap().unwrap().heads
}

impl Insider {
    /// Puts a pair of packs with these documents, and no rows.
    fn put(&mut self, house: &House, documents: Vec<PackedDocument>) -> [PackRef; 2] {
        let rows = codec::encode(&PackedRows { version: 1, projection: 0, rows: Vec::new() });
        let documents = codec::encode(&PackedDocuments { version: 1, documents });
        [rows, documents].map(|plain| {
            let (space, bytes) = (house.space(), self.seal_pack(&plain));
            let pack = PackRef { hash: PackRef::address(&bytes), size: bytes.len() as u64 };
            let stored =
                ask(house, &self.keys, ClientFrame::PutPack { request: 1, space, bytes: bytes.into() });
            assert_eq!(stored, ServerFrame::PackStored { request: 1, space, refusal: None });
            pack
        })
    }

    /// Puts a manifest of these pairs in force that claims to hold all that there is.
    fn compact(&mut self, house: &mut House, pairs: &[[PackRef; 2]]) {
        let before = in_force(house);
        let count = before.packs.len() / 2;
        let mut packs: Vec<PackRef> = before.packs[..count].to_vec();
        packs.extend(pairs.iter().map(|p| p[0]));
        packs.extend(&before.packs[count..]);
        packs.extend(pairs.iter().map(|p| p[1]));
        let parent = house.vault.relay.manifest_hash(house.vault.account);
        let (space, membership) = (house.space(), self.chain.head());
        let draft = ManifestDraft { space, parent, membership, packs, coverage: heads(house) };
        let body = ManifestBody { version: 1, pairs: u32::try_from(count + pairs.len()).unwrap() };
        let manifest = self.seal_manifest(draft, &codec::encode(&body));
        let current = Some(SealedManifest::hash(&manifest.header, &manifest.body));
        let stored = ask(house, &self.keys, ClientFrame::PutManifest { request: 1, space, manifest });
        assert_eq!(stored, ServerFrame::ManifestStored { request: 1, space, refusal: None, current });
        // Its own word counts as that of anybody else.
        let word = self.write(&nothing());
        append(house, &self.keys, vec![word]);
        house.settle();
    }
}

fn document(record: u8, bytes: Vec<u8>) -> PackedDocument {
    PackedDocument { key: DocKey::thing("thing", RecordId::new([record; 16])), bytes: bytes.into() }
}

/// Exactly one thing was noticed on a device: that a manifest is not used, for a reason that says this.
#[track_caller]
fn assert_refused(house: &House, who: usize, part: &str) {
    match house.alarms(who).as_slice() {
        [Alarm::Told(Notice::ManifestRefused { reason })] if reason.contains(part) => {}
        other => panic!("device {who}: {other:?}"),
    }
}

/// Nothing of the log behind the first manifest, which all have checked, is dropped; and all is there.
#[track_caller]
fn assert_nothing_is_lost(house: &mut House, first: &ManifestHeader, records: &[u8]) {
    let log = |house: &House| house.vault.relay.log(house.vault.account).into_iter();
    let read = |sealed: SealedEntry| sealed.read().unwrap().header().clone();
    let behind = |header: &Header| header.index > first.covered(&header.device);
    let before: Vec<Header> = log(house).map(read).filter(behind).collect();
    assert!(!before.is_empty());
    house.vault.now += 24 * 3_600 * 1_000 * 2;
    house.vault.relay.keep(house.vault.now, Duration::ZERO);
    let after: Vec<Header> = log(house).map(read).collect();
    assert!(before.iter().all(|header| after.contains(header)), "{before:?} {after:?}");
    house.assert_sound(records);
}

#[test]
fn a_member_packs_and_leaves_a_document_out() {
    let (mut house, mut insider, first) = packed();
    house.write(ALICE, 7, "not packed");
    house.settle();
    insider.compact(&mut house, &[]);
    assert_refused(&house, ALICE, "is missing in its packs");
    assert_refused(&house, BOB, "is missing in its packs");
    assert_nothing_is_lost(&mut house, &first, &[1, 2, 5, 7]);
}

#[test]
fn a_member_packs_a_document_without_its_last_change() {
    let (mut house, mut insider, first) = packed();
    let genesis = engine::Genesis::of(&tests::simulation::schema::THING).bytes();
    let changes = genesis.into_iter().map(|c| automerge::Change::from_bytes(c).unwrap());
    let mut empty = automerge::Automerge::new();
    empty.apply_changes(changes).unwrap();
    house.write(ALICE, 7, "not packed");
    house.settle();
    let pair = insider.put(&house, vec![document(7, empty.save())]);
    insider.compact(&mut house, &[pair]);
    assert_refused(&house, ALICE, "are missing in its packs");
    assert_refused(&house, BOB, "are missing in its packs");
    // Nor on another connection, though its packs were merged on this one.
    house.forget_alarms();
    house.reconnect(BOB);
    assert_refused(&house, BOB, "are missing in its packs");
    assert_nothing_is_lost(&mut house, &first, &[1, 2, 5, 7]);
}

#[test]
fn a_member_packs_something_that_is_no_document() {
    let (mut house, mut insider, first) = packed();
    house.write(ALICE, 7, "not packed");
    house.settle();
    let pair = insider.put(&house, vec![document(7, b"no document".to_vec())]);
    insider.compact(&mut house, &[pair]);
    assert_refused(&house, BOB, "thing 07070707");
    assert_nothing_is_lost(&mut house, &first, &[1, 2, 5, 7]);
}

/// What the relay gives for every pack.
fn gives(house: &mut House, who: usize, bytes: Option<Vec<u8>>) {
    house.rooms[who].down = Some(Box::new(move |frame| {
        let frame = match frame {
            ServerFrame::Pack { request, space, .. } => {
                ServerFrame::Pack { request, space, bytes: bytes.clone().map(Into::into) }
            }
            other => other,
        };
        vec![frame.to_bytes()]
    }));
}

#[test]
fn a_pack_is_kept_from_a_device_that_would_check_it() {
    let (mut house, _, first) = packed();
    gives(&mut house, BOB, None);
    house.write(ALICE, 7, "packed later");
    house.settle();
    assert_eq!(house.command(ALICE, Command::Compact), Ok(Reply::Compacted));
    house.settle();
    assert_refused(&house, BOB, "the relay does not have it");
    assert_nothing_is_lost(&mut house, &first, &[1, 2, 5, 7]);
}

#[test]
fn another_pack_is_given_than_the_manifest_names() {
    let (mut house, _, first) = packed();
    let other = house.vault.relay.pack(house.vault.account, &in_force(&house).packs[0]).unwrap();
    gives(&mut house, BOB, Some(other));
    house.write(ALICE, 7, "packed later");
    house.settle();
    assert_eq!(house.command(ALICE, Command::Compact), Ok(Reply::Compacted));
    house.settle();
    assert_refused(&house, BOB, "it is not what its address says");
    assert_nothing_is_lost(&mut house, &first, &[1, 2, 5, 7]);
}

#[test]
fn a_pack_is_given_back_changed_to_the_device_that_put_it() {
    let (mut house, _, first) = packed();
    gives(&mut house, ALICE, Some(b"another".to_vec()));
    house.write(ALICE, 7, "not packed");
    house.settle();
    let request = house.rooms[ALICE].device.command(Command::Compact);
    house.settle();
    assert_eq!(house.rooms[ALICE].device.reply(request), None, "it is answered when it is done");
    assert_refused(&house, ALICE, "gives back another pack");
    assert_eq!(in_force(&house), first);
    house.reconnect(ALICE);
    assert_nothing_is_lost(&mut house, &first, &[1, 2, 5, 7]);
}

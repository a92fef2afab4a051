//! What the stories of purging are told with.

use engine::{Command, DocKey, Edit, EditOp, Expect, Origin, Query, RecordId, Reply, Row, Value};
use minicbor::bytes::ByteVec;
use protocol::manifest::PackRef;
use seal::KeyRing;
use tests::simulation::clock::YEAR;
use tests::simulation::house::House;

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CAROL: usize = 2;
pub(crate) const DAY: i64 = 24 * 3_600 * 1_000;
/// The record that is put in the trash.
pub(crate) const OLD: u8 = 10;
/// One that is not.
pub(crate) const KEPT: u8 = 11;
pub(crate) const WORDS: &str = "words that nobody else wrote";

pub(crate) fn thing(record: u8) -> DocKey {
    DocKey::thing("thing", RecordId::new([record; 16]))
}

#[derive(minicbor::Encode)]
#[cbor(map)]
pub(crate) struct Stone {
    #[n(0)]
    pub(crate) version: u8,
    #[n(1)]
    pub(crate) seen: Vec<Last>,
}

#[derive(minicbor::Encode)]
#[cbor(map)]
pub(crate) struct Last {
    #[n(0)]
    pub(crate) actor: ByteVec,
    #[n(1)]
    pub(crate) last: u64,
}

pub(crate) fn hashed(context: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&u64::try_from(part.len()).unwrap().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().as_bytes()[..16].try_into().unwrap()
}

/// Where the tombstone of the old record belongs, as the protocol says.
pub(crate) fn document_of_tombstones() -> DocKey {
    let shard = hashed("life-os v1 shard of a tombstone", &[b"thing", &[OLD; 16]])[0] % 16;
    DocKey::thing("purged", RecordId::new(hashed("life-os v1 document of tombstones", &[&[shard]])))
}

pub(crate) fn log(record: u8) -> DocKey {
    DocKey::stream("log", RecordId::new([record; 16]), "2026", 0)
}

/// Two devices, or more, and two records that they know.
pub(crate) fn lived(others: &[&'static str]) -> House {
    let mut house = House::of(others);
    house.write(ALICE, OLD, "title", WORDS).unwrap();
    house.write(ALICE, KEPT, "title", "kept").unwrap();
    house.settle();
    house
}

pub(crate) fn order(house: &mut House, who: usize, edit: Edit) -> Result<Reply, engine::EngineError> {
    let done = house.rooms[who].device.run(&mut house.vault.rng, house.vault.now, Command::Edit(vec![edit]));
    house.settle();
    done
}

pub(crate) fn edit(key: DocKey, op: EditOp) -> Edit {
    Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand }
}

/// Puts the old record in the trash: years ago, by the clock of who did it.
pub(crate) fn trash(house: &mut House, who: usize) {
    let time = Some(house.vault.now - 3 * YEAR);
    order(house, who, Edit { time, ..edit(thing(OLD), EditOp::Trash) }).unwrap();
}

/// Days pass, for those who are online.
pub(crate) fn days(house: &mut House, days: usize) {
    for _ in 0..days {
        house.wait(DAY);
    }
}

pub(crate) fn ask(house: &mut House, who: usize, query: Query) -> Reply {
    house.rooms[who].device.ask(&mut house.vault.rng, house.vault.now, query).unwrap()
}

pub(crate) fn row(house: &mut House, who: usize, key: DocKey) -> Option<Row> {
    match ask(house, who, Query::Get(vec![key])) {
        Reply::Rows(mut rows) => rows.remove(0),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn list(house: &mut House, who: usize, kind: &str) -> Vec<Row> {
    let query = Query::List { kind: kind.into(), parent: None, after: None, limit: 1_000 };
    match ask(house, who, query) {
        Reply::Page(rows, None) => rows,
        other => panic!("{other:?}"),
    }
}

/// Whether a record is there, and in the trash.
pub(crate) fn in_trash(house: &mut House, who: usize) -> Option<bool> {
    row(house, who, thing(OLD)).map(|row| row.deleted)
}

#[track_caller]
pub(crate) fn assert_gone(house: &mut House, who: usize) {
    assert_eq!(in_trash(house, who), None, "device {who}");
    let query = Query::History(thing(OLD));
    let history = house.rooms[who].device.ask(&mut house.vault.rng, house.vault.now, query);
    assert!(history.is_err(), "{history:?}");
    assert_eq!(house.read(who, KEPT, "title").as_deref(), Some("kept"));
    assert_eq!(house.problems(who), Vec::<String>::new());
}

/// The record that goes on with the words of the old one, the same on these.
#[track_caller]
pub(crate) fn heir(house: &mut House, who: &[usize]) -> Row {
    let mut found = Vec::new();
    for who in who {
        let title = Some(Value::Text(WORDS.into()));
        let rows = list(house, *who, "thing").into_iter();
        let heirs: Vec<Row> = rows.filter(|row| row.fields.get("title") == title.as_ref()).collect();
        assert_eq!(heirs.len(), 1, "on {who}: {heirs:?}");
        assert_eq!(house.problems(*who), Vec::<String>::new());
        found.extend(heirs);
    }
    assert!(found.iter().all(|row| *row == found[0]), "{found:?}");
    let id = RecordId::new(hashed("life-os v1 record that came back", &[b"thing", &[OLD; 16]]));
    assert_eq!(found[0].key, DocKey::thing("thing", id));
    found.remove(0)
}

/// The keys that the phrase opens.
pub(crate) fn ring(house: &House) -> KeyRing {
    let chain = house.vault.relay.chain(house.vault.account).unwrap();
    let paper = house.vault.phrase.device_keys();
    let link = chain.links().iter().rev().find(|l| l.keyboxes.of(&paper.id()).is_some()).unwrap();
    let mut ring = KeyRing::new();
    seal::open_keyboxes(&chain.space(), &link.link, &link.keyboxes, &paper, &mut ring).unwrap();
    ring
}

/// What the packs of the manifest in force say, opened with the phrase.
pub(crate) fn packed(house: &House) -> Vec<u8> {
    let (relay, account, ring) = (&house.vault.relay, house.vault.account, ring(house));
    let space = relay.chain(account).unwrap().space();
    let open = |pack: &PackRef| seal::open_pack(&relay.pack(account, pack).unwrap(), &space, &ring).unwrap();
    relay.manifest(account).unwrap().packs.iter().flat_map(open).collect()
}

pub(crate) fn says(packed: &[u8], what: &str) -> bool {
    packed.windows(what.len()).any(|w| w == what.as_bytes())
}

/// Keys of documents in a store: what is kept of them, and marks.
pub(crate) fn bytes_kept(house: &House, who: usize) -> usize {
    house.rooms[who].device.disk.keys(b"d").len()
}

/// All have seen the delete, and said so; it is about to be purged. `rested` days it lay there.
pub(crate) fn about_to_be_purged(others: &[&'static str]) -> House {
    let mut house = lived(others);
    trash(&mut house, ALICE);
    days(&mut house, 27);
    house.compact(ALICE);
    days(&mut house, 2);
    house
}

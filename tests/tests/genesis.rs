//! What every document of a kind begins with is frozen: vectors under `tests/vectors/genesis` pin the bytes.
//! `LIFEOS_WRITE_VECTORS=1 cargo test -p tests --test genesis` writes those of kinds and steps that have none yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use automerge::{Change, ChangeHash, ObjType, ROOT, ReadDoc as _};
use data_encoding::HEXLOWER;
use engine::{Container, Genesis, Kind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/genesis")
}

/// The containers of each constant change, in order.
fn steps(kind: &'static Kind) -> Vec<&'static [(&'static str, Container)]> {
    [kind.containers].into_iter().chain(kind.extensions.iter().copied()).collect()
}

fn vector(kind: &'static Kind) -> Value {
    let changes = Genesis::of(kind).bytes();
    let changes: Vec<Value> = steps(kind)
        .into_iter()
        .zip(&changes)
        .map(|(containers, bytes)| {
            let form = |container| if container == Container::Text { "text" } else { "map" };
            let containers: Vec<Value> =
                containers.iter().map(|(name, container)| json!([name, form(*container)])).collect();
            json!({ "containers": containers, "bytes": HEXLOWER.encode(bytes) })
        })
        .collect();
    json!({ "kind": kind.name, "changes": changes })
}

fn pinned() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(folder()).into_iter().flatten().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
    };
    files.map(read).collect()
}

#[test]
fn what_documents_begin_with_is_what_it_was_when_it_was_released() {
    let writing = std::env::var_os("LIFEOS_WRITE_VECTORS").is_some_and(|v| v == "1");
    let pinned = pinned();
    let schema = life::schema();
    for kind in schema.kinds() {
        let now = vector(kind);
        match pinned.get(kind.name) {
            Some(then) if *then == now => {}
            // Nothing that was released is ever written anew; a later extension is added.
            Some(then) if writing && extends(&now, then) => write(kind.name, &now),
            None if writing => write(kind.name, &now),
            Some(then) => panic!("{} began with {then} and would now begin with {now}", kind.name),
            None => panic!("{} has no vector; LIFEOS_WRITE_VECTORS=1 writes one", kind.name),
        }
    }
    let lost: Vec<&String> = pinned.keys().filter(|name| schema.get(name).is_none()).collect();
    assert!(lost.is_empty(), "kinds that were released are gone: {lost:?}");
}

fn extends(now: &Value, then: &Value) -> bool {
    let changes = |vector: &Value| vector["changes"].as_array().unwrap().clone();
    changes(now).starts_with(&changes(then))
}

fn write(name: &str, vector: &Value) {
    std::fs::create_dir_all(folder()).unwrap();
    let text = serde_json::to_string_pretty(vector).unwrap() + "\n";
    std::fs::write(folder().join(format!("{name}.json")), text).unwrap();
}

#[test]
fn the_pinned_changes_are_what_every_device_can_make_again() {
    let pinned = pinned();
    assert!(!pinned.is_empty());
    let mut actors = BTreeMap::new();
    for (name, vector) in &pinned {
        let mut genesis: Option<ChangeHash> = None;
        for (step, change) in vector["changes"].as_array().unwrap().iter().enumerate() {
            let bytes = HEXLOWER.decode(change["bytes"].as_str().unwrap().as_bytes()).unwrap();
            let parsed = Change::from_bytes(bytes).unwrap();
            let place = format!("{name}, step {step}");
            // Nothing in it depends on who made it, when, or on anything but the genesis.
            assert_eq!((parsed.timestamp(), parsed.message(), parsed.seq()), (0, None, 1), "{place}");
            assert_eq!(parsed.deps(), genesis.as_slice(), "{place}");
            assert_eq!(parsed.actor_id().to_bytes(), actor(name, step), "{place}");
            let other = actors.insert(parsed.actor_id().to_bytes().to_vec(), place.clone());
            assert_eq!(other, None, "{place} has the same actor");
            assert_containers(&place, &parsed, &vector["changes"][0], change, genesis.is_some());
            genesis.get_or_insert(parsed.hash());
        }
    }
}

/// BLAKE3 of kind and step, cut to 16 bytes, as the vectors' own words say it.
fn actor(kind: &str, step: usize) -> Vec<u8> {
    let step = u32::try_from(step).unwrap().to_le_bytes();
    let mut hasher = blake3::Hasher::new_derive_key("life-os v1 genesis actor");
    for part in [kind.as_bytes(), &step] {
        hasher.update(&u64::try_from(part.len()).unwrap().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().as_bytes()[..16].to_vec()
}

/// The change makes its containers at the root, empty, in the order declared, and nothing else.
fn assert_containers(place: &str, change: &Change, first: &Value, declared: &Value, extension: bool) {
    let mut doc = automerge::Automerge::new();
    if extension {
        let genesis = HEXLOWER.decode(first["bytes"].as_str().unwrap().as_bytes()).unwrap();
        doc.apply_changes([Change::from_bytes(genesis).unwrap()]).unwrap();
    }
    let before: Vec<String> = doc.keys(ROOT).collect();
    doc.apply_changes([change.clone()]).unwrap();
    let declared: Vec<(String, String)> = serde_json::from_value(declared["containers"].clone()).unwrap();
    // One operation each: nothing is put anywhere else.
    assert_eq!(change.len(), declared.len(), "{place}");
    let mut made = Vec::new();
    for name in doc.keys(ROOT).filter(|name| !before.contains(name)) {
        let (value, id) = doc.get(ROOT, &name).unwrap().unwrap();
        assert_eq!(doc.length(&id), 0, "{place}: {name}");
        let form = match value {
            automerge::Value::Object(ObjType::Map) => "map",
            automerge::Value::Object(ObjType::Text) => "text",
            other => panic!("{place}: {name} is {other:?}"),
        };
        made.push((id, (name, form.to_owned())));
    }
    // Ids of objects made by one actor are in the order of their making.
    made.sort_by_key(|(id, _)| match id {
        automerge::ObjId::Id(counter, ..) => *counter,
        automerge::ObjId::Root => 0,
    });
    assert_eq!(made.into_iter().map(|(_, made)| made).collect::<Vec<_>>(), declared, "{place}");
}

#[test]
fn the_same_bytes_are_made_every_time() {
    let schema = life::schema();
    for kind in schema.kinds() {
        let once = Genesis::of(kind).bytes();
        assert_eq!(once.len(), 1 + kind.extensions.len(), "{}", kind.name);
        assert_eq!(once, Genesis::of(kind).bytes(), "{}", kind.name);
    }
}

//! Search: what is found, in which order, and what it costs. Engines on a store in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "search/keeping.rs"]
mod keeping;
#[path = "search/size.rs"]
mod size;
#[path = "search/words.rs"]
mod words;

use engine::{
    Command, Config, DocKey, Edit, EditOp, EngineError, Expect, Found, Origin, Path, Query, RecordId, Reply,
    Value,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tests::simulation::device::Device;

const NOW: i64 = 1_763_700_000_000;

/// One device without a relay.
struct Alone {
    rng: ChaCha20Rng,
    now: i64,
    device: Device,
}

fn thing(n: u32) -> DocKey {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&n.to_be_bytes());
    DocKey::thing("thing", RecordId::new(id))
}

fn log(parent: u8) -> DocKey {
    DocKey::stream("log", RecordId::new([parent; 16]), "2026", 0)
}

fn put(field: &str, value: &str) -> EditOp {
    EditOp::Put(Path::Field(field.into()), Value::Text(value.into()))
}

fn edit(key: DocKey, ops: Vec<EditOp>) -> Edit {
    Edit { key, expect: Expect::Any, ops, time: None, origin: Origin::Hand }
}

impl Alone {
    fn new() -> Self {
        Self::with(Config::default())
    }
    fn with(config: Config) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let mut device = Device::found("alice", config, &mut rng).device;
        device.open(&mut rng);
        device.settle(&mut rng, NOW);
        Self { rng, now: NOW, device }
    }
    fn make(&mut self, edits: Vec<Edit>) {
        self.now += 1;
        self.device.run(&mut self.rng, self.now, Command::Edit(edits)).unwrap();
    }
    fn write(&mut self, n: u32, field: &str, value: &str) {
        self.make(vec![edit(thing(n), vec![put(field, value)])]);
    }
    fn search(
        &mut self,
        text: &str,
        kinds: &[&str],
        trash: bool,
        limit: usize,
    ) -> Result<Found, EngineError> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let query = Query::Search { text: text.into(), kinds, trash, limit };
        match self.device.ask(&mut self.rng, self.now, query)? {
            Reply::Found(found) => Ok(found),
            other => panic!("{other:?}"),
        }
    }
    /// Numbers of the things found, best first.
    fn find(&mut self, text: &str) -> Vec<u32> {
        let found = self.search(text, &["thing"], false, 20).unwrap();
        assert!(found.ready);
        found.hits.iter().map(|hit| number(&hit.key)).collect()
    }
    fn problems(&mut self) -> Vec<String> {
        match self.device.run(&mut self.rng, self.now, Command::Verify).unwrap() {
            Reply::Verified(found) => found.problems,
            other => panic!("{other:?}"),
        }
    }
    fn rebuild(&mut self) {
        self.device.run(&mut self.rng, self.now, Command::Rebuild).unwrap();
    }
    fn reopen(&mut self) {
        self.device.crash(0);
        self.device.open(&mut self.rng);
        self.device.settle(&mut self.rng, self.now);
    }
}

fn number(key: &DocKey) -> u32 {
    u32::from_be_bytes(key.id.as_bytes()[12..].try_into().unwrap())
}

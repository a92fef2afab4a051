//! Two devices of one vault that do things apart and come together over a relay.

use super::device::{Device, ORIGIN};
use super::joining::join;
use super::network::{Connection, SimRelay, flush};
use super::schema::schema;
use engine::{
    Command, Config, DocKey, Edit, EditOp, Event, Expect, Notice, Origin, Path, Query, Reply, Row, Schema,
    Value,
};
use protocol::{AccountId, Chain};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::Phrase;
use std::collections::BTreeSet;

/// What every clock says, in milliseconds since 1970.
pub const NOW: i64 = 1_763_700_000_000;
/// The first device.
pub const ALICE: usize = 0;
/// The second.
pub const BOB: usize = 1;
/// More rounds than any story here needs.
const ROUNDS: usize = 1_000;

/// Two devices of one vault, and a relay.
pub struct Story {
    /// All chance in it.
    pub rng: ChaCha20Rng,
    /// The relay.
    pub relay: SimRelay,
    /// The vault's account.
    pub account: AccountId,
    /// The vault's phrase.
    pub phrase: Phrase,
    /// The vault's chain at its beginning.
    pub chain: Chain,
    /// The devices, Alice's and Bob's first.
    pub devices: Vec<Device>,
}

impl Default for Story {
    fn default() -> Self {
        Self::new()
    }
}

impl Story {
    /// Both are there and in sync, and keep things of the simulation's own schema.
    pub fn new() -> Self {
        Self::keeping(schema)
    }

    /// Both are there and in sync, and keep records of this schema.
    pub fn keeping(schema: fn() -> Schema) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        let founded = Device::found("alice", Config::default(), &mut rng);
        let mut alice = founded.device.keeping(schema);
        alice.open(&mut rng);
        alice.settle(&mut rng, NOW);
        let mut relay = SimRelay::default();
        relay.register(&alice.engine().unwrap().chain(), NOW).unwrap();
        let paper = founded.phrase.device_keys();
        let bob = join("bob", &mut relay, paper, &founded.chain, Config::default(), &mut rng);
        let bob = bob.keeping(schema);
        let (account, phrase, chain) = (founded.chain.account(), founded.phrase, founded.chain);
        let mut story = Self { rng, relay, account, phrase, chain, devices: vec![alice, bob] };
        story.open(BOB);
        story.sync();
        story
    }

    /// Opens a device's store.
    pub fn open(&mut self, who: usize) {
        let mut rng = self.rng.clone();
        self.devices[who].open(&mut rng);
        self.rng = rng;
        self.devices[who].settle(&mut self.rng, NOW);
    }

    /// One device connects, until nothing moves any more.
    pub fn connect(&mut self, who: usize) {
        for _ in 0..ROUNDS {
            let ended = self.talk(who);
            if std::mem::take(&mut self.devices[who].register) {
                let chain = self.devices[who].engine().unwrap().chain();
                self.relay.register(&chain, NOW).unwrap();
            } else if !ended {
                return;
            }
        }
        panic!("no end of talking");
    }

    /// One connection. Whether it was closed by either side.
    fn talk(&mut self, who: usize) -> bool {
        let device = &mut self.devices[who];
        let mut connection = Connection::new(&self.relay, self.account, [3; 32]);
        device.send(Event::SocketOpened { origin: ORIGIN.into() });
        let closed = loop {
            device.settle(&mut self.rng, NOW);
            flush(device, &mut connection);
            if device.close || connection.ended.is_some() {
                // A relay that does not know the account says so before there is a session.
                device.register |= connection.ended.is_some();
                break true;
            }
            if connection.up.is_empty() && connection.down.is_empty() {
                break false;
            }
            while !connection.up.is_empty() {
                connection.serve(0);
            }
            connection.down.drain(..).for_each(|frame| device.send(Event::SocketFrame(frame)));
        };
        device.hang_up();
        device.settle(&mut self.rng, NOW);
        closed
    }

    /// Both connect in turn until both have everything.
    pub fn sync(&mut self) {
        for who in [ALICE, BOB, ALICE, BOB, ALICE] {
            self.connect(who);
        }
    }

    /// One edit of a document, which may not be there yet.
    pub fn edit(&mut self, who: usize, key: &DocKey, ops: Vec<EditOp>) {
        self.carry_out(
            who,
            Edit { key: key.clone(), expect: Expect::Any, ops, time: None, origin: Origin::Hand },
        );
    }

    /// One edit as it stands.
    pub fn carry_out(&mut self, who: usize, edit: Edit) {
        let done = self.devices[who].run(&mut self.rng, NOW, Command::Edit(vec![edit]));
        assert!(matches!(done, Ok(Reply::Edited(_))), "{done:?}");
    }

    /// Gives a field a text.
    pub fn set(&mut self, who: usize, key: &DocKey, field: &str, value: &str) {
        self.edit(who, key, vec![EditOp::Put(Path::Field(field.into()), Value::Text(value.into()))]);
    }

    /// Answers a query.
    pub fn ask(&mut self, who: usize, query: Query) -> Reply {
        self.devices[who].ask(&mut self.rng, NOW, query).unwrap()
    }

    /// A document as a device shows it.
    pub fn row(&mut self, who: usize, key: &DocKey) -> Option<Row> {
        match self.ask(who, Query::Get(vec![key.clone()])) {
            Reply::Rows(mut rows) => rows.remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// What both show; they must show the same, and their stores must verify.
    pub fn both(&mut self, key: &DocKey) -> Row {
        let row = self.row(ALICE, key);
        assert_eq!(self.row(BOB, key), row);
        for who in [ALICE, BOB] {
            match self.devices[who].run(&mut self.rng, NOW, Command::Verify) {
                Ok(Reply::Verified(found)) => assert_eq!(found.problems, Vec::<String>::new()),
                other => panic!("{other:?}"),
            }
        }
        row.expect("a record")
    }

    /// Every text that was ever written to a record.
    pub fn history(&mut self, who: usize, key: &DocKey) -> BTreeSet<String> {
        let Reply::History(items) = self.ask(who, Query::History(key.clone())) else { panic!("no history") };
        let values = items.into_iter().flat_map(|item| item.fields).filter_map(|field| field.after);
        values.filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None }).collect()
    }

    /// Where a device stands.
    pub fn status(&mut self, who: usize) -> engine::api::Status {
        match self.ask(who, Query::Status) {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// Whether a device was told something like this since it was last asked.
    pub fn was_told(&mut self, who: usize, wanted: impl Fn(&Notice) -> bool) -> bool {
        std::mem::take(&mut self.devices[who].notices).iter().any(wanted)
    }
}

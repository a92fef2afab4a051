//! What the devices of one vault share: their relay, the clock, all chance, and what the vault was made with.

use super::device::{Device, ORIGIN};
use super::joining::join;
use super::network::{Connection, SimRelay};
use engine::{
    Command, Config, DocKey, Edit, EditOp, EngineError, Event, Expect, Origin, Path, Query, RecordId, Reply,
    Value,
};
use protocol::{AccountId, Chain};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use seal::Phrase;

/// When everything begins.
const START: i64 = 1_763_700_000_000;

/// A vault, without its devices.
pub struct Vault {
    /// All chance there is.
    pub rng: ChaCha20Rng,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The relay.
    pub relay: SimRelay,
    /// The account.
    pub account: AccountId,
    /// The vault's first link.
    pub chain: Chain,
    /// The words it was made with.
    pub phrase: Phrase,
}

impl Vault {
    /// A new vault, and its devices: the founder and `others` that joined by phrase. None is online yet.
    pub fn found(seed: u64, others: &[&'static str]) -> (Self, Vec<Device>) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let founded = Device::found("alice", Config::default(), &mut rng);
        let mut alice = founded.device;
        alice.open(&mut rng);
        alice.settle(&mut rng, START);
        let relay = SimRelay::default();
        relay.register(&alice.engine().unwrap().chain(), START).unwrap();
        let (account, chain, phrase) = (founded.chain.account(), founded.chain, founded.phrase);
        let mut vault = Self { rng, now: START, relay, account, chain, phrase };
        let mut devices = vec![alice];
        devices.extend(others.iter().map(|name| vault.join(name)));
        (vault, devices)
    }

    /// A further device joins by the vault's first words, at the relay as it is.
    pub fn join(&mut self, name: &'static str) -> Device {
        let paper = self.phrase.device_keys();
        join(name, &mut self.relay, paper, &self.chain, Config::default(), &mut self.rng)
    }

    /// A device goes online.
    pub fn connect(&mut self, device: &mut Device) -> Connection {
        device.open(&mut self.rng);
        device.settle(&mut self.rng, self.now);
        let mut challenge = [0; 32];
        self.rng.fill_bytes(&mut challenge);
        let connection = Connection::new(&self.relay, self.account, challenge);
        device.send(Event::SocketOpened { origin: ORIGIN.into() });
        connection
    }
    /// A device hears that it is offline.
    pub fn hang_up(&mut self, device: &mut Device) {
        device.hang_up();
        device.settle(&mut self.rng, self.now);
    }

    /// Writes a field of a record.
    pub fn write(
        &mut self,
        device: &mut Device,
        record: u8,
        field: &str,
        value: &str,
    ) -> Result<(), EngineError> {
        let op = EditOp::Put(Path::Field(field.into()), Value::Text(value.into()));
        let edit =
            Edit { key: key(record), expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand };
        device.run(&mut self.rng, self.now, Command::Edit(vec![edit])).map(|_| ())
    }
    /// Reads a field of a record.
    pub fn read(&mut self, device: &mut Device, record: u8, field: &str) -> Option<String> {
        match device.ask(&mut self.rng, self.now, Query::Get(vec![key(record)])).unwrap() {
            Reply::Rows(rows) => match rows[0].as_ref()?.fields.get(field)? {
                Value::Text(text) => Some(text.clone()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    /// What a check of a device's whole store finds wrong.
    pub fn problems(&mut self, device: &mut Device) -> Vec<String> {
        match device.run(&mut self.rng, self.now, Command::Verify).unwrap() {
            Reply::Verified(found) => found.problems,
            other => panic!("{other:?}"),
        }
    }
}

fn key(record: u8) -> DocKey {
    DocKey::thing("thing", RecordId::new([record; 16]))
}

/// Lets everything take turns until nothing moves, which must be within so many.
pub fn until_at_rest(most: usize, mut turn: impl FnMut() -> bool) {
    assert!((0..most).any(|_| !turn()), "it does not come to rest");
}

//! Devices, a relay and everything that can go wrong between them, in the order that one seed decides.
//!
//! Invariant: what happens is a function of the seed. A [storm](super::storm) comes first; then the world is left alone
//! until it is [calm](super::calm), and the [oracle](super::oracle) says whether all is as it should be.

use super::clock::Clock;
use super::device::{Device, ORIGIN};
use super::member::{Member, Saved};
use super::network::{Connection, SimRelay};
use engine::api::CloseReason;
use engine::{Config, Event, Notice};
use protocol::{AccountId, EntryHash, ErrorCode, ReadEntry, SpaceId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use seal::Phrase;
use std::collections::BTreeMap;
use sync_server::memory::MemoryStore;

/// How much happens before the world is left alone.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    /// Edits, crashes, cuts and the like.
    pub events: usize,
    /// Whether stores are copied and restored, and relays restored and wiped.
    pub copies: bool,
    /// Whether devices come and go.
    pub members: bool,
    /// Whether two branches of membership may come about, where devices come and go and relays are restored.
    pub branches: bool,
    /// Whether everybody is there for a while, before the relay drops what it need not keep: else it can drop little.
    pub drops: bool,
    /// Whether days are so short that records lie in the trash for thirty of them.
    pub purges: bool,
}

/// The world.
pub struct World {
    pub(super) rng: ChaCha20Rng,
    pub(super) now: i64,
    pub(super) account: AccountId,
    pub(super) space: SpaceId,
    pub(super) relay: SimRelay,
    pub(super) backup: Option<MemoryStore>,
    pub(super) members: Vec<Member>,
    /// All phrases that the vault had or may have.
    pub(super) phrases: Vec<Phrase>,
    /// The one whose store may be restored or copied. If all were, a change could be gone for good.
    pub(super) frail: usize,
    /// It was copied.
    pub(super) twin: bool,
    /// The relay kept an entry back from somebody; it is noticed at the next message or connection.
    pub(super) withheld: bool,
    /// Whether two branches of membership may come about in this world, once.
    pub(super) may_branch: bool,
    /// They have.
    pub(super) branched: bool,
    /// And nobody was left who could have resolved them: there is nothing to agree on.
    pub(super) unresolved: bool,
    /// The relay's disk is full.
    pub(super) relay_is_full: bool,
    pub(super) saved: Vec<Saved>,
    /// What was wrong already during the storm.
    pub(super) faults: Vec<Failure>,
    /// How many entries the relay has dropped, because packs hold them.
    pub dropped: usize,
    /// Every entry that the relay ever had.
    pub(super) archive: BTreeMap<EntryHash, ReadEntry>,
    pub(super) tokens: u64,
    /// How many records were purged.
    pub purged: usize,
    day: i64,
    log: Vec<String>,
}

/// Why a seed failed.
pub type Failure = String;

/// Devices are called by their place.
const NAMES: [&str; 6] = ["alice", "bob", "carol", "dora", "emil", "fritz"];

impl World {
    /// Two members of one vault, or a few more, and a relay.
    pub fn new(seed: u64, storm: Storm) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let day = if storm.purges { SHORT_DAY } else { Config::default().day };
        let config = config(&mut rng, day);
        let founded = Device::found(NAMES[0], config, &mut rng);
        let relay = SimRelay::default();
        let mut alice = founded.device;
        alice.open(&mut rng);
        alice.settle(&mut rng, 0);
        relay.register(&alice.engine().unwrap().chain(), 0).unwrap();
        let mut world = Self {
            frail: pick(&mut rng, 2),
            rng,
            now: 1_763_700_000_000,
            account: founded.chain.account(),
            space: founded.chain.space(),
            relay,
            backup: None,
            members: vec![Member::new(alice, Clock::default())],
            phrases: vec![founded.phrase],
            twin: false,
            withheld: false,
            may_branch: false,
            branched: false,
            unresolved: false,
            relay_is_full: false,
            saved: Vec::new(),
            faults: Vec::new(),
            dropped: 0,
            archive: BTreeMap::new(),
            tokens: 0,
            purged: 0,
            day,
            log: Vec::new(),
        };
        // Few devices are the most of what people have, and the fastest.
        let others = [1, 1, 1, 1, 1, 2, 2, 2, 3, 4][world.pick(10)];
        for _ in 0..others {
            world.join(false).unwrap();
        }
        world
    }

    /// What happened, for whoever looks into a failure.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Runs one seed to its end.
    pub fn run(seed: u64, storm: Storm) -> Result<Self, Failure> {
        let mut world = Self::new(seed, storm);
        world.storm(storm);
        let checked = world.calm().and_then(|()| world.check());
        checked.map_err(|e| {
            let tail = world.log.iter().rev().take(60).rev().cloned().collect::<Vec<_>>().join("\n  ");
            format!("seed {seed}: {e}\n  {tail}")
        })?;
        Ok(world)
    }

    pub(super) fn pick(&mut self, below: usize) -> usize {
        pick(&mut self.rng, below)
    }

    pub(super) fn note(&mut self, text: String) {
        self.log.push(text);
    }

    /// The members on which something may happen.
    pub(super) fn present(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|who| self.members[*who].is_present()).collect()
    }

    /// One of them.
    pub(super) fn anyone(&mut self) -> usize {
        let present = self.present();
        let at = self.pick(present.len());
        present[at]
    }

    /// The name of the next device.
    pub(super) fn next_name(&self) -> &'static str {
        NAMES[self.members.len() % NAMES.len()]
    }

    /// Small limits, so that work is cut into pieces and documents leave memory.
    pub(super) fn config(&mut self) -> Config {
        config(&mut self.rng, self.day)
    }

    pub(super) fn challenge(&mut self) -> [u8; 32] {
        let mut challenge = [0; 32];
        self.rng.fill_bytes(&mut challenge);
        challenge
    }

    pub(super) fn disconnect_all(&mut self) {
        self.members.iter_mut().for_each(Member::disconnect);
    }

    fn connect(&mut self, who: usize) {
        let challenge = self.challenge();
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
        if member.device.id().is_none() {
            return;
        }
        if std::mem::take(&mut member.device.register) {
            let chain = member.device.engine().unwrap().chain();
            if self.relay.register(&chain, self.now).is_err() {
                member.device.register = true;
                return;
            }
        }
        member.connection = Some(Connection::new(&self.relay, self.account, challenge));
        member.device.send(Event::SocketOpened { origin: ORIGIN.into() });
    }

    /// One small thing goes on: a transaction, an event, a frame.
    pub(super) fn move_something(&mut self) {
        let who = self.anyone();
        self.now += 1 + i64::try_from(self.pick(50)).unwrap();
        match self.pick(6) {
            0 => self.members[who].device.sync_disk(),
            1 | 2 => {
                self.step(who);
                self.take_replies(who);
            }
            3 => self.serve(who),
            4 => {
                if let Some(connection) = &mut self.members[who].connection
                    && let Some(frame) = connection.down.pop_front()
                {
                    self.members[who].device.send(Event::SocketFrame(frame));
                }
            }
            _ => {
                self.members[who].device.send(Event::Tick);
                self.tend(who);
            }
        }
    }

    /// The next event of a device.
    pub(super) fn step(&mut self, who: usize) {
        let member = &mut self.members[who];
        member.device.step(&mut self.rng, member.clock.at(self.now));
    }

    /// The relay works on a connection, and tells the others if it stored something.
    pub(super) fn serve(&mut self, who: usize) {
        let member = &mut self.members[who];
        member.flush();
        let Some(connection) = &mut member.connection else { return };
        connection.serve(self.now);
        self.tell_all();
    }

    /// Whoever is connected hears what is new.
    pub(super) fn tell_all(&mut self) {
        self.members.iter_mut().filter_map(|m| m.connection.as_mut()).for_each(Connection::pump);
    }

    /// Ends and begins processes and connections as the device and the relay want it.
    pub(super) fn tend(&mut self, who: usize) {
        self.bury(who);
        let member = &mut self.members[who];
        // What it said before it ended is heard first.
        let heard = !member.device.has_frame();
        let ended = member.connection.as_ref().filter(|c| heard && c.down.is_empty()).and_then(|c| c.ended);
        if matches!(ended, Some(ErrorCode::UnknownAccount | ErrorCode::UnknownDevice)) {
            member.device.register = true;
        }
        if ended.is_some() || member.device.close {
            member.disconnect();
        }
        let member = &self.members[who];
        if member.connection.is_none() && member.is_present() && member.online && self.wants_relay(who) {
            self.connect(who);
        }
    }

    /// A device that was told that it is no member stays away from the relay, unless the relay knows less than it.
    pub(super) fn wants_relay(&self, who: usize) -> bool {
        let member = &self.members[who];
        let knows_more = || match (member.head(), self.relay.chain(self.account)) {
            // One that has it revoked takes nothing of it.
            (Some((height, _)), Some(chain)) => {
                height > chain.height() && member.device.id().is_some_and(|id| chain.active(&id).is_some())
            }
            (own, _) => own.is_some(),
        };
        // On a branch that was dropped it may know links that nobody takes.
        !member.device.revoked && !self.is_cut_off_elsewhere(who) || !self.branched && knows_more()
    }

    /// Whether a device stands on a branch of its own, was told so, and is none of the vault by the relay's: a person sees
    /// the alarm, and this device cannot end it.
    pub(super) fn is_cut_off_elsewhere(&self, who: usize) -> bool {
        let device = &self.members[who].device;
        let told = device.notices.contains(&Notice::MembershipForked);
        let refused = device.closings.last() == Some(&CloseReason::Protocol(ErrorCode::Revoked));
        let out = || match (self.relay.chain(self.account), device.id()) {
            (Some(chain), Some(id)) => chain.active(&id).is_none() && self.members[who].is_apart(&chain),
            _ => false,
        };
        self.branched && told && refused && out()
    }

    /// A process whose transaction failed ends. The person begins another, unless there is one already.
    fn bury(&mut self, who: usize) {
        if !self.members[who].device.died {
            return;
        }
        while self.members[who].device.has_event() {
            self.step(who);
        }
        self.take_replies(who);
        let outdated = self.members[who].process_of.is_some();
        self.note(format!("{who} could not save"));
        self.stop(who, 0);
        if outdated {
            self.members[who].gone = true;
        } else {
            self.members[who].device.open(&mut self.rng);
        }
    }

    /// A process ends without warning. Of the transactions on their way the first `durable` reach the disk.
    pub(super) fn stop(&mut self, who: usize, durable: usize) {
        let member = &mut self.members[who];
        member.device.crash(durable);
        member.asked.clear();
        member.changing.clear();
        member.connection = None;
    }

    pub(super) fn take_replies(&mut self, who: usize) {
        let saved = self.members[who].take_replies();
        // What a process had written before another opened its store is on that disk all the same.
        if let Some(machine) = self.members[who].process_of {
            let promised = std::mem::take(&mut self.members[who].promised);
            self.members[machine].promised.extend(promised);
            self.members[machine].since_copy.extend(saved.iter().cloned());
        }
        self.saved.extend(saved);
    }
}

/// A day where much is purged, in milliseconds: thirty of them are a part of a storm.
pub(super) const SHORT_DAY: i64 = 3_000;

fn config(rng: &mut ChaCha20Rng, day: i64) -> Config {
    Config {
        batch: 1 + pick(rng, 40),
        resident: 1 + pick(rng, 12),
        compact_after: 2 + pick(rng, 10) as u64,
        day,
        ..Config::default()
    }
}

fn pick(rng: &mut ChaCha20Rng, below: usize) -> usize {
    usize::try_from(rng.next_u64() % u64::try_from(below).unwrap()).unwrap()
}

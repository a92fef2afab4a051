//! Histories of a vault's members: five devices and a phrase add, revoke and rotate, often at the same moment and on an
//! old head, answers get lost, and the relay compares and swaps. Whatever happens, all who are members in the end agree
//! with the relay on chain, members and epoch and hold every key; who was cut off holds none from later.
//!
//! Ten thousand of them with keyboxes of which only the recipients are true, since sealing is most of the time; and some
//! with true ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use protocol::chain::ChainError;
use protocol::link::{Cut, recovery_hash};
use protocol::{
    Chain, DeviceId, EpochId, Header, Keybox, Keyboxes, Link, LinkBody, Purpose, Role, SignedLink, codec,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use seal::{DeviceKeys, KeyRing, MembershipError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use tests::dice::Dice;

type Made = (SignedLink, Keyboxes);

/// A change of membership that somebody wants.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Add(usize),
    Revoke(usize),
    Rephrase(usize),
}

/// How links and keyboxes are made and opened.
trait Craft {
    type Ring: Default;
    fn genesis(rng: &mut ChaCha20Rng, founder: &DeviceKeys, paper: &DeviceKeys) -> Made;
    fn make(
        rng: &mut ChaCha20Rng,
        chain: &Chain,
        author: &DeviceKeys,
        wish: Wish,
        ring: &Self::Ring,
    ) -> Result<Made, ChainError>;
    /// Takes what the boxes of a link hold for `device`.
    fn open(chain: &Chain, link: &Link, boxes: &Keyboxes, device: &DeviceKeys, ring: &mut Self::Ring);
    fn holds(ring: &Self::Ring, epoch: &EpochId) -> bool;
}

/// Keys are costly to make, so all histories share some. Number 0 to 39 are devices', the others phrases'.
fn keys(number: usize) -> &'static DeviceKeys {
    static KEYS: OnceLock<Vec<DeviceKeys>> = OnceLock::new();
    let make = || {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        (0..80).map(|_| DeviceKeys::generate(&mut rng)).collect()
    };
    &KEYS.get_or_init(make)[number]
}

const PHRASES: usize = 40;

fn cut(device: usize) -> Cut {
    Cut { device: keys(device).id(), index: 0, hash: Header::NO_PREVIOUS }
}

/// What `seal` makes.
struct Sealed;

impl Craft for Sealed {
    type Ring = KeyRing;

    fn genesis(rng: &mut ChaCha20Rng, founder: &DeviceKeys, paper: &DeviceKeys) -> Made {
        let (link, boxes, _) = seal::genesis(rng, Purpose::Vault, founder, Some(paper)).unwrap();
        (link, boxes)
    }

    fn make(
        rng: &mut ChaCha20Rng,
        chain: &Chain,
        author: &DeviceKeys,
        wish: Wish,
        ring: &KeyRing,
    ) -> Result<Made, ChainError> {
        let made = match wish {
            Wish::Add(device) => {
                seal::add_device(rng, chain, author, keys(device).public(), Role::Device, None, ring)
            }
            Wish::Revoke(device) => {
                seal::revoke(rng, chain, author, vec![cut(device)], ring).map(|(l, b, _)| (l, b))
            }
            Wish::Rephrase(paper) => {
                seal::set_recovery(rng, chain, author, keys(paper), ring).map(|(l, b, _)| (l, b))
            }
        };
        made.map_err(|e| match e {
            MembershipError::Chain(error) => error,
            // Whoever was cut off lacks the keys of what came later, and is refused for that or for the other.
            MembershipError::MissingKey(_) => ChainError::NotAllowed,
            other => panic!("{other}"),
        })
    }

    fn open(chain: &Chain, link: &Link, boxes: &Keyboxes, device: &DeviceKeys, ring: &mut KeyRing) {
        if boxes.of(&device.id()).is_some() {
            seal::open_keyboxes(&chain.space(), link, boxes, device, ring).unwrap();
        } else {
            assert!(seal::open_keyboxes(&chain.space(), link, boxes, device, ring).is_err());
        }
    }

    fn holds(ring: &KeyRing, epoch: &EpochId) -> bool {
        ring.get(epoch).is_some()
    }
}

/// Boxes that are for the right ones and hold nothing; their history names the earlier epochs.
struct Hollow;

impl Craft for Hollow {
    type Ring = BTreeSet<EpochId>;

    fn genesis(rng: &mut ChaCha20Rng, founder: &DeviceKeys, paper: &DeviceKeys) -> Made {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        let body = LinkBody::Genesis {
            purpose: Purpose::Vault,
            salt,
            founder: founder.public().clone(),
            recovery: Some(paper.public().clone()),
        };
        hollow(None, founder, Some(paper), fresh(rng), body, &[founder.id(), paper.id()])
    }

    fn make(
        rng: &mut ChaCha20Rng,
        chain: &Chain,
        author: &DeviceKeys,
        wish: Wish,
        _: &Self::Ring,
    ) -> Result<Made, ChainError> {
        let active = chain.members().filter(|(id, _)| chain.active(id).is_some());
        let active: Vec<(DeviceId, Role)> = active.map(|(id, m)| (*id, m.role)).collect();
        let of = |keep: &dyn Fn(&(DeviceId, Role)) -> bool| -> Vec<DeviceId> {
            active.iter().filter(|m| keep(m)).map(|(id, _)| *id).collect()
        };
        let made = match wish {
            Wish::Add(device) => {
                let device = keys(device).public();
                let body = LinkBody::Add { device: device.clone(), role: Role::Device };
                hollow(Some(chain), author, None, chain.epoch(), body, &[device.id()])
            }
            Wish::Revoke(device) => {
                let stay = of(&|(id, _)| *id != keys(device).id());
                let body = LinkBody::Revoke { cuts: vec![cut(device)] };
                hollow(Some(chain), author, None, fresh(rng), body, &stay)
            }
            Wish::Rephrase(paper) => {
                let paper = keys(paper);
                let mut stay = of(&|(_, role)| *role != Role::Paper);
                stay.push(paper.id());
                let body = LinkBody::SetRecovery { recovery: paper.public().clone() };
                hollow(Some(chain), author, Some(paper), fresh(rng), body, &stay)
            }
        };
        chain.clone().extend(made.0.clone(), made.1.clone()).map(|_| made)
    }

    fn open(_: &Chain, link: &Link, boxes: &Keyboxes, device: &DeviceKeys, ring: &mut Self::Ring) {
        if boxes.of(&device.id()).is_some() {
            ring.insert(link.epoch);
            ring.extend(boxes.history.chunks_exact(32).map(|id| EpochId::from_slice(id).unwrap()));
        }
    }

    fn holds(ring: &Self::Ring, epoch: &EpochId) -> bool {
        ring.contains(epoch)
    }
}

fn fresh(rng: &mut ChaCha20Rng) -> EpochId {
    let mut id = [0; 32];
    rng.fill_bytes(&mut id);
    EpochId::new(id)
}

fn hollow(
    chain: Option<&Chain>,
    author: &DeviceKeys,
    paper: Option<&DeviceKeys>,
    epoch: EpochId,
    body: LinkBody,
    to: &[DeviceId],
) -> Made {
    let boxes: BTreeSet<DeviceId> = to.iter().copied().collect();
    let boxes = boxes.into_iter().map(|recipient| Keybox {
        recipient,
        encapsulated: Vec::new(),
        ciphertext: Vec::new(),
    });
    let earlier = chain.map(|c| c.links().iter().map(|l| l.link.epoch).collect::<BTreeSet<_>>());
    let history = earlier.unwrap_or_default().iter().flat_map(|e| e.as_bytes().to_vec()).collect();
    let keyboxes = Keyboxes { history, boxes: boxes.collect() };
    let link = Link {
        version: 1,
        space: chain.map(Chain::space),
        height: chain.map_or(0, |c| c.height() + 1),
        previous: chain.map(Chain::head),
        author: author.id(),
        epoch,
        boxes: keyboxes.hash(),
        body,
    };
    let bytes = codec::encode(&link);
    let hash = Link::hash(&bytes);
    let space = link.space.unwrap_or(hash.into());
    let counter = paper.map(|p| p.sign(&recovery_hash(&space, &hash)));
    (SignedLink { link: bytes, signature: author.sign(hash.as_bytes()), counter }, keyboxes)
}

/// Somebody with a view of the chain: a device, or a person with a phrase at hand.
struct Party<C: Craft> {
    number: usize,
    chain: Chain,
    ring: C::Ring,
}

impl<C: Craft> Party<C> {
    /// Verifies the relay's chain from the beginning, as far as `height`.
    fn new(number: usize, relay: &Chain, height: u32) -> Self {
        let genesis = &relay.links()[0];
        let chain = Chain::begin(genesis.signed.clone(), genesis.keyboxes.clone()).unwrap();
        let mut party = Self { number, chain, ring: C::Ring::default() };
        C::open(&party.chain, &genesis.link, &genesis.keyboxes, keys(number), &mut party.ring);
        party.read(relay, height);
        party
    }

    /// Takes in the relay's links up to `height`; none beyond its own revocation, because it is served none.
    fn read(&mut self, relay: &Chain, height: u32) {
        for link in &relay.links()[self.chain.height() as usize + 1..] {
            let out = self.chain.member(&keys(self.number).id()).is_some_and(|m| m.revoked.is_some());
            if out || link.link.height > height {
                return;
            }
            self.chain.extend(link.signed.clone(), link.keyboxes.clone()).expect("the relay's links hold");
            C::open(&self.chain, &link.link, &link.keyboxes, keys(self.number), &mut self.ring);
        }
    }
}

/// A history as it goes.
struct History<C: Craft> {
    rng: ChaCha20Rng,
    dice: Dice,
    relay: Chain,
    parties: Vec<Party<C>>,
    /// What must be so: who is a member, by what was taken in which order.
    devices: BTreeSet<usize>,
    paper: usize,
    rotations: usize,
    next_device: usize,
    next_paper: usize,
    /// How often somebody was too late.
    lost: usize,
}

impl<C: Craft> History<C> {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (link, boxes) = C::genesis(&mut rng, keys(0), keys(PHRASES));
        let relay = Chain::begin(link, boxes).unwrap();
        let parties = vec![Party::new(0, &relay, 0), Party::new(PHRASES, &relay, 0)];
        Self {
            rng,
            dice: Dice::new(seed ^ 0x5eed),
            relay,
            parties,
            devices: BTreeSet::from([0]),
            paper: PHRASES,
            rotations: 0,
            next_device: 1,
            next_paper: PHRASES + 1,
            lost: 0,
        }
    }

    /// Something that a party may want, by what it knows.
    fn wish(&mut self, who: usize) -> Wish {
        let room = self.devices.len() < 5 && self.next_device < PHRASES;
        match self.dice.below(10) {
            0..=3 if room => {
                self.next_device += 1;
                Wish::Add(self.next_device - 1)
            }
            4..=5 if self.next_paper < 2 * PHRASES => {
                self.next_paper += 1;
                Wish::Rephrase(self.next_paper - 1)
            }
            _ => {
                let others: Vec<usize> = (0..self.next_device).filter(|d| *d != who).collect();
                Wish::Revoke(if others.is_empty() { who } else { *self.dice.pick(&others) })
            }
        }
    }

    /// The relay compares and swaps.
    fn offer(&mut self, wish: Wish, (link, boxes): Made) -> Result<(), ChainError> {
        self.relay.extend(link, boxes)?;
        match wish {
            Wish::Add(device) => drop(self.devices.insert(device)),
            Wish::Revoke(device) => drop(self.devices.remove(&device)),
            Wish::Rephrase(paper) => self.paper = paper,
        }
        self.rotations += usize::from(!matches!(wish, Wish::Add(_)));
        let newcomer = match wish {
            Wish::Add(number) | Wish::Rephrase(number) => number,
            Wish::Revoke(_) => return Ok(()),
        };
        self.parties.push(Party::new(newcomer, &self.relay, u32::MAX));
        Ok(())
    }

    /// Some parties want something at the same moment, each on the head it knows; losers read, decide again and retry.
    fn race(&mut self) {
        let mut wishes = BTreeMap::new();
        for _ in 0..=self.dice.below(3) {
            let at = self.dice.below(self.parties.len());
            let number = self.parties[at].number;
            wishes.insert(at, self.wish(number));
        }
        let mut drafts: Vec<(usize, Wish, Option<Made>)> = Vec::new();
        for (at, wish) in wishes {
            drafts.push((at, wish, self.draft(at, wish)));
        }
        for (at, wish, mut draft) in drafts {
            for _ in 0..4 {
                let Some(made) = draft else { break };
                let answered = self.dice.below(4) > 0;
                match self.offer(wish, made) {
                    Err(ChainError::HeadMoved { .. }) => self.lost += 1,
                    other => other.expect("a link that holds for its author holds at the head it names"),
                }
                if !answered {
                    break;
                }
                let known = self.parties[at].chain.height();
                self.parties[at].read(&self.relay, u32::MAX);
                if self.parties[at].chain.height() == known + 1 && self.is_done(wish) {
                    break;
                }
                draft = self.draft(at, wish);
            }
        }
    }

    fn is_done(&self, wish: Wish) -> bool {
        match wish {
            Wish::Add(device) | Wish::Rephrase(device) => self.relay.member(&keys(device).id()).is_some(),
            Wish::Revoke(device) => self.relay.active(&keys(device).id()).is_none(),
        }
    }

    /// The link that a party would sign now; none if its own view of the chain does not allow it.
    fn draft(&mut self, at: usize, wish: Wish) -> Option<Made> {
        let party = &self.parties[at];
        let made = C::make(&mut self.rng, &party.chain, keys(party.number), wish, &party.ring);
        let member = party.chain.active(&keys(party.number).id()).is_some();
        assert!(member || made.is_err(), "who is no member may sign nothing");
        made.ok()
    }

    /// Somebody reads some of what is new.
    fn read_on(&mut self) {
        let at = self.dice.below(self.parties.len());
        let height = self.parties[at].chain.height() + u32::try_from(self.dice.below(4)).unwrap();
        self.parties[at].read(&self.relay, height);
    }

    fn check(mut self, seed: u64) -> usize {
        let relay = self.relay.clone();
        let epochs: BTreeSet<EpochId> = relay.links().iter().map(|l| l.link.epoch).collect();
        assert_eq!(epochs.len(), self.rotations + 1, "seed {seed}: an epoch for each rotation");
        let members: BTreeSet<usize> = self.devices.iter().copied().chain([self.paper]).collect();
        let active: BTreeSet<DeviceId> =
            relay.members().filter(|(id, _)| relay.active(id).is_some()).map(|(id, _)| *id).collect();
        let expected: BTreeSet<DeviceId> = members.iter().map(|n| keys(*n).id()).collect();
        assert_eq!(active, expected, "seed {seed}: the members are others than those whose links were taken");
        for party in &mut self.parties {
            party.read(&relay, u32::MAX);
            let name = format!("seed {seed}, party {}", party.number);
            if members.contains(&party.number) {
                assert_eq!(party.chain.head(), relay.head(), "{name}");
                assert_eq!(party.chain.epoch(), relay.epoch(), "{name}");
                assert!(party.chain.members().eq(relay.members()), "{name}");
                assert!(epochs.iter().all(|e| C::holds(&party.ring, e)), "{name} lacks a key");
                continue;
            }
            let (height, _) = party.chain.member(&keys(party.number).id()).unwrap().revoked.clone().unwrap();
            assert_eq!(party.chain.height(), height, "{name} was served what came after it was cut off");
            // Even with all that the relay has.
            for link in relay.links() {
                C::open(&relay, &link.link, &link.keyboxes, keys(party.number), &mut party.ring);
            }
            let later = relay.links().iter().filter(|l| l.link.height >= height);
            assert!(
                later.clone().count() > 0 && later.map(|l| l.link.epoch).all(|e| !C::holds(&party.ring, &e))
            );
        }
        self.lost
    }
}

/// Runs histories. Returns how often somebody was too late.
fn run<C: Craft>(seeds: std::ops::Range<u64>, steps: usize) -> usize {
    let history = |seed| {
        let mut history = History::<C>::new(seed);
        for _ in 0..steps {
            if history.dice.below(2) == 0 { history.race() } else { history.read_on() }
        }
        history.check(seed)
    };
    seeds.map(history).sum()
}

#[test]
fn the_first_five_thousand_histories_agree_on_members_and_epoch() {
    assert!(run::<Hollow>(0..5_000, 12) > 1_000, "hardly anybody was ever too late");
}

#[test]
fn the_next_five_thousand_histories_agree_on_members_and_epoch() {
    assert!(run::<Hollow>(5_000..10_000, 12) > 1_000, "hardly anybody was ever too late");
}

#[test]
fn histories_with_true_keyboxes_agree_and_who_was_cut_off_opens_nothing_later() {
    assert!(run::<Sealed>(0..150, 16) > 20, "hardly anybody was ever too late");
}

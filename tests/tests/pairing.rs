//! A device becomes a member because a person compared six digits. Engines, the relay's own logic; the mailbox is whatever
//! the test carries from one to the other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::MemberChange;
use engine::pair::{Admission, AdmissionStep, Newcomer, PairError, Sponsor};
use engine::{Command, Config, Reply};
use protocol::frame::ServerFrame;
use protocol::pairing::{Answer, Offer, Reveal, parse};
use protocol::{Chain, codec};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use seal::DeviceKeys;
use tests::simulation::device::{Device, Founded, ORIGIN};
use tests::simulation::network::{Connection, SimRelay, flush};

/// A vault of one device that is online.
struct Home {
    rng: ChaCha20Rng,
    relay: SimRelay,
    device: Device,
    connection: Connection,
    chain: Chain,
}

impl Home {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let Founded { mut device, chain, .. } = Device::found("old", Config::default(), &mut rng);
        device.open(&mut rng);
        device.settle(&mut rng, 0);
        let relay = SimRelay::default();
        relay.register(&device.engine().unwrap().chain(), 0).unwrap();
        let connection = Connection::new(&relay, chain.account(), [1; 32]);
        device.send(engine::Event::SocketOpened { origin: ORIGIN.into() });
        let mut home = Self { rng, relay, device, connection, chain };
        home.settle();
        home
    }

    fn settle(&mut self) {
        loop {
            self.device.settle(&mut self.rng, 0);
            flush(&mut self.device, &mut self.connection);
            let quiet = self.connection.up.is_empty();
            while !self.connection.up.is_empty() {
                self.connection.serve(0);
            }
            let none = self.connection.down.is_empty();
            while let Some(frame) = self.connection.down.pop_front() {
                self.device.send(engine::Event::SocketFrame(frame));
            }
            if quiet && none && !self.device.is_busy() {
                return;
            }
        }
    }

    fn sponsor(&mut self, offer: &[u8]) -> Result<(Sponsor, Vec<u8>), PairError> {
        self.device.engine().unwrap().sponsor(&mut self.rng, offer).unwrap()
    }

    fn add(&mut self, keys: protocol::DevicePublic) -> Reply {
        let request = self.device.command(Command::ChangeMembers(MemberChange::Add(keys)));
        self.settle();
        self.device.reply(request).expect("it is answered").unwrap()
    }

    /// Whatever the newcomer is told on a socket in its own name.
    fn admit(&mut self, admission: &mut Admission) -> Result<AdmissionStep, PairError> {
        let mut connection = Connection::new(&self.relay, self.chain.account(), [2; 32]);
        loop {
            while let Some(frame) = connection.down.pop_front() {
                match admission.on_frame(&frame)? {
                    AdmissionStep::Send(frames) => connection.up.extend(frames),
                    other => return Ok(other),
                }
            }
            if let Some(code) = connection.ended {
                let refusal = ServerFrame::Error { request: None, code, message: String::new() };
                return admission.on_frame(&refusal.to_bytes());
            }
            assert!(!connection.up.is_empty(), "nobody says anything");
            connection.serve(0);
        }
    }
}

#[test]
fn a_device_that_was_paired_is_a_member_and_opens_the_vault() {
    let mut home = Home::new(1);
    let mut newcomer = Newcomer::new(&mut home.rng);
    let (sponsor, answer) = home.sponsor(&newcomer.offer()).unwrap();
    let shown_there = newcomer.answered(&answer).unwrap();
    let (shown_here, keys) = sponsor.revealed(&newcomer.reveal().unwrap()).unwrap();
    assert_eq!(shown_here, shown_there);
    assert_eq!(home.add(keys.clone()), Reply::MembersChanged);
    // Said twice, it is done once.
    assert_eq!(home.add(keys.clone()), Reply::MembersChanged);
    let mut admission = newcomer.agreed(ORIGIN.into()).unwrap();
    let AdmissionStep::Done(joined) = home.admit(&mut admission).unwrap() else { panic!("not admitted") };
    assert_eq!(joined.device.id(), keys.id());
    assert_eq!(joined.chain.height(), 1);
    assert!(joined.ring.get(&joined.chain.epoch()).is_some());
}

#[test]
fn a_device_that_nobody_has_added_yet_is_told_to_ask_again() {
    let mut home = Home::new(2);
    let mut newcomer = Newcomer::new(&mut home.rng);
    let (_, answer) = home.sponsor(&newcomer.offer()).unwrap();
    newcomer.answered(&answer).unwrap();
    let mut admission = newcomer.agreed(ORIGIN.into()).unwrap();
    assert!(matches!(home.admit(&mut admission), Ok(AdmissionStep::NotYet)));
}

#[test]
fn who_swaps_keys_in_between_makes_the_digits_differ() {
    let mut home = Home::new(3);
    let mut victim = Newcomer::new(&mut home.rng);
    let mut thief = Newcomer::new(&mut home.rng);
    // The thief offers itself to the member, and a vault of its own to the new device.
    let (sponsor, answer) = home.sponsor(&thief.offer()).unwrap();
    thief.answered(&answer).unwrap();
    let (shown_to_member, _) = sponsor.revealed(&thief.reveal().unwrap()).unwrap();
    let mut own = Home::new(4);
    let (_, false_answer) = own.sponsor(&victim.offer()).unwrap();
    assert_ne!(victim.answered(&false_answer).unwrap(), shown_to_member);
}

#[test]
fn keys_that_were_not_committed_to_are_refused() {
    let mut home = Home::new(5);
    let mut newcomer = Newcomer::new(&mut home.rng);
    let (sponsor, answer) = home.sponsor(&newcomer.offer()).unwrap();
    newcomer.answered(&answer).unwrap();
    let mut reveal: Reveal = parse(&newcomer.reveal().unwrap()).unwrap();
    reveal.device = DeviceKeys::generate(&mut home.rng).public().clone();
    let refused = sponsor.revealed(&codec::encode(&reveal));
    assert!(matches!(refused, Err(PairError::Commitment)));
}

#[test]
fn nothing_is_revealed_before_the_answer_and_no_second_answer_is_taken() {
    let mut home = Home::new(6);
    let mut newcomer = Newcomer::new(&mut home.rng);
    assert!(matches!(newcomer.reveal(), Err(PairError::Order)));
    let (_, answer) = home.sponsor(&newcomer.offer()).unwrap();
    newcomer.answered(&answer).unwrap();
    assert!(matches!(newcomer.answered(&answer), Err(PairError::Order)));
    assert!(matches!(Newcomer::new(&mut home.rng).agreed(ORIGIN.into()), Err(PairError::Order)));
}

#[test]
fn an_offer_of_another_version_or_of_no_shape_is_refused_by_name() {
    let mut home = Home::new(7);
    let mut offer: Offer = parse(&Newcomer::new(&mut home.rng).offer()).unwrap();
    offer.version = 2;
    assert!(matches!(home.sponsor(&codec::encode(&offer)), Err(PairError::Version)));
    assert!(matches!(home.sponsor(b"\xff"), Err(PairError::Malformed)));
}

#[test]
fn a_vault_other_than_the_compared_one_and_a_stranger_s_addition_are_refused() {
    let mut home = Home::new(8);
    let mut newcomer = Newcomer::new(&mut home.rng);
    let (sponsor, answer) = home.sponsor(&newcomer.offer()).unwrap();
    let mut answer: Answer = parse(&answer).unwrap();
    // The digits cover another member than the one who then adds it.
    answer.member = DeviceKeys::generate(&mut home.rng).public().clone();
    newcomer.answered(&codec::encode(&answer)).unwrap();
    let (_, keys) = sponsor.revealed(&newcomer.reveal().unwrap()).unwrap();
    home.add(keys);
    let mut admission = newcomer.agreed(ORIGIN.into()).unwrap();
    assert!(matches!(home.admit(&mut admission), Err(PairError::OtherVault)));
}

//! Joining by phrase, at a relay that serves what it likes.

use super::house::House;
use super::insider::items;
use engine::join::{Join, JoinError, JoinStep};
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::link::recovery_hash;
use protocol::{
    Chain, ChainError, DevicePublic, ErrorCode, Link, LinkBody, LinkHash, Purpose, SpaceId, codec,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use seal::{DeviceKeys, Phrase};
use tests::simulation::device::ORIGIN;

/// A chain as it is served.
struct Served {
    space: SpaceId,
    links: Vec<LinkItem>,
}

impl Served {
    fn of(chain: &Chain) -> Self {
        Self { space: chain.space(), links: items(chain) }
    }
}

/// Somebody joins with the phrase. The relay takes what is appended, or answers as `append` says.
fn join(phrase: &Phrase, served: &Served, append: Option<ErrorCode>) -> Result<(), JoinError> {
    let mut rng = ChaCha20Rng::seed_from_u64(31);
    let device = DeviceKeys::generate(&mut rng);
    let mut join = Join::new(phrase.device_keys(), device, served.space, ORIGIN.into());
    let mut frames = vec![ServerFrame::Welcome {
        account: protocol::AccountId::of_vault(&served.space),
        software: String::new(),
    }];
    for _ in 0..10_000 {
        let Some(frame) = frames.pop() else { panic!("nothing is said any more") };
        match join.on_frame(&mut rng, &frame.to_bytes())? {
            JoinStep::Done(_) => return Ok(()),
            JoinStep::Send(sent) => {
                frames.extend(
                    sent.iter().map(|b| answer(served, &ClientFrame::from_bytes(b).unwrap(), append)),
                );
            }
        }
    }
    panic!("it does not come to an end")
}

fn answer(served: &Served, frame: &ClientFrame, append: Option<ErrorCode>) -> ServerFrame {
    let (space, last) = (served.space, served.links.last().unwrap());
    let height = u32::try_from(served.links.len()).unwrap() - 1;
    match frame {
        ClientFrame::GetLinks { request, from, .. } => {
            let links = served.links.iter().skip(*from as usize).cloned().collect();
            let head = Link::hash(&last.link.link);
            ServerFrame::Links { request: *request, space, links, height, head, refusal: None }
        }
        ClientFrame::AppendLinks { request, links, .. } => {
            let (head, links) = (Link::hash(&links[0].link.link), Vec::new());
            ServerFrame::Links { request: *request, space, links, height: height + 1, head, refusal: append }
        }
        other => panic!("{other:?}"),
    }
}

fn phrase_of(seed: u64) -> Phrase {
    Phrase::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

/// A vault of the relay's own making around a public key it has seen. It has no word of the phrase's, so it takes another's.
fn made_up(
    around: &DevicePublic,
    counter: impl Fn(&SpaceId, &LinkHash) -> Option<protocol::Signature>,
) -> Served {
    let mut rng = ChaCha20Rng::seed_from_u64(41);
    let relay = DeviceKeys::generate(&mut rng);
    let own_phrase = Phrase::generate(&mut rng).device_keys();
    let (link, mut keyboxes, key) =
        seal::genesis(&mut rng, Purpose::Vault, &relay, Some(&own_phrase)).unwrap();
    let (mut link, _) = link.read().unwrap();
    keyboxes
        .boxes
        .iter_mut()
        .filter(|b| b.recipient == own_phrase.id())
        .for_each(|b| b.recipient = around.id());
    keyboxes.boxes.sort_by_key(|b| b.recipient);
    (link.epoch, link.boxes) = (key.id(), keyboxes.hash());
    if let LinkBody::Genesis { recovery, .. } = &mut link.body {
        *recovery = Some(around.clone());
    }
    let bytes = codec::encode(&link);
    let hash = Link::hash(&bytes);
    let space = SpaceId::from(hash);
    let signature = relay.sign(hash.as_bytes());
    let link = protocol::SignedLink { link: bytes, signature, counter: counter(&space, &hash) };
    Served { space, links: vec![LinkItem { link, keyboxes }] }
}

#[test]
fn the_vault_of_the_phrase_is_joined() {
    let house = House::of(&[]);
    assert!(join(&house.vault.phrase, &Served::of(&house.vault.chain), None).is_ok());
}

#[test]
fn a_chain_is_made_up_around_the_public_key_of_the_phrase() {
    let phrase = phrase_of(1);
    let served = made_up(phrase.device_keys().public(), |_, _| None);
    let refused = join(&phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::Chain(ChainError::Signature))), "{refused:?}");
}

#[test]
fn a_chain_is_made_up_with_the_word_that_the_phrase_gave_to_another_vault() {
    let house = House::of(&[]);
    let word = house.vault.chain.links()[0].signed.counter;
    let served = made_up(house.vault.phrase.device_keys().public(), move |_, _| word);
    let refused = join(&house.vault.phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::Chain(ChainError::Signature))), "{refused:?}");
}

#[test]
fn a_chain_is_made_up_with_the_word_of_another_phrase() {
    let (phrase, other) = (phrase_of(1), phrase_of(2).device_keys());
    let served =
        made_up(phrase.device_keys().public(), |space, hash| Some(other.sign(&recovery_hash(space, hash))));
    let refused = join(&phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::Chain(ChainError::Signature))), "{refused:?}");
}

#[test]
fn the_vault_of_somebody_else_is_served() {
    let house = House::of(&[]);
    let refused = join(&phrase_of(1), &Served::of(&house.vault.chain), None);
    assert!(matches!(refused, Err(JoinError::NotVouched)), "{refused:?}");
}

#[test]
fn another_vault_of_the_same_phrase_is_served_than_was_looked_up() {
    let house = House::of(&[]);
    let served = Served { space: SpaceId::new([9; 32]), ..Served::of(&house.vault.chain) };
    let refused = join(&house.vault.phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::NotVouched)), "{refused:?}");
}

#[test]
fn a_chain_is_served_without_its_beginning() {
    let house = House::of(&["bob"]);
    let mut served = Served::of(&house.present_chain());
    served.links.remove(0);
    let refused = join(&house.vault.phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::Chain(ChainError::Genesis))), "{refused:?}");
}

#[test]
fn the_keyboxes_of_a_chain_are_exchanged() {
    let house = House::of(&["bob"]);
    let mut served = Served::of(&house.present_chain());
    served.links[0].keyboxes.boxes[0].ciphertext.fill(0);
    let refused = join(&house.vault.phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::Chain(ChainError::Keyboxes))), "{refused:?}");
}

#[test]
fn a_chain_that_never_ends_is_served_to_somebody_who_joins() {
    let house = House::of(&[]);
    let served = Served::of(&house.vault.chain);
    let mut rng = ChaCha20Rng::seed_from_u64(31);
    let device = DeviceKeys::generate(&mut rng);
    let mut join = Join::new(house.vault.phrase.device_keys(), device, served.space, ORIGIN.into());
    let links = vec![served.links[0].clone(); protocol::limits::LINKS_PER_FRAME];
    let (space, head) = (served.space, LinkHash::new([1; 32]));
    let endless = ServerFrame::Links { request: 1, space, links, height: u32::MAX, head, refusal: None };
    let bytes = endless.to_bytes();
    let most = protocol::limits::LINKS_PER_CHAIN / protocol::limits::LINKS_PER_FRAME;
    let refused = (0..most + 2).find_map(|_| join.on_frame(&mut rng, &bytes).err());
    assert!(matches!(refused, Some(JoinError::Malformed)), "{refused:?}");
}

#[test]
fn a_chain_is_served_that_always_has_moved_on() {
    let house = House::of(&[]);
    let refused = join(&house.vault.phrase, &Served::of(&house.vault.chain), Some(ErrorCode::HeadMoved));
    assert!(matches!(refused, Err(JoinError::Busy)), "{refused:?}");
}

#[test]
fn joining_is_refused_by_the_relay() {
    let house = House::of(&[]);
    let refused = join(&house.vault.phrase, &Served::of(&house.vault.chain), Some(ErrorCode::QuotaExceeded));
    assert!(matches!(refused, Err(JoinError::Refused(ErrorCode::QuotaExceeded))), "{refused:?}");
}

#[test]
fn a_phrase_that_was_replaced_joins_no_more() {
    let mut house = House::of(&[]);
    let new = Phrase::generate(&mut house.vault.rng);
    let change = engine::api::MemberChange::SetRecovery(engine::api::NewPhrase::new(new.words()));
    house.command(super::house::ALICE, engine::Command::ChangeMembers(change)).unwrap();
    let served = Served::of(&house.present_chain());
    assert!(join(&new, &served, None).is_ok());
    let refused = join(&house.vault.phrase, &served, None);
    assert!(matches!(refused, Err(JoinError::NotVouched)), "{refused:?}");
}

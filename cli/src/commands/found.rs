//! `init` and `join`: how a home comes to be. Nothing is left behind unless all of it worked.

use super::Context;
use crate::args;
use crate::driver::Driver;
use crate::error::{Error, Kind, Result};
use crate::home::{Draft, Header};
use crate::net::{Address, Relay, RelayError, Socket};
use crate::output::{Answer, Note};
use crate::secret::{self, Passphrase};
use crate::store::{Missing, Store};
use crate::sync;
use crate::vault::Vault;
use engine::join::{Join, JoinError, JoinStep, Joined};
use protocol::frame::LinkItem;
use protocol::{AccountId, Chain, DeviceId, DevicePublic, ErrorCode, Purpose};
use rand_chacha::ChaCha20Rng;
use seal::{DeviceKeys, KeyRing, Phrase, RecoveryWrap, StoreKey};
use serde_json::json;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest name of a device, in characters.
const NAME_CHARS: usize = 100;
/// A join that hears nothing for this long is over.
const JOIN_TIMEOUT: Duration = Duration::from_secs(30);

/// What a new home is made of.
pub(super) struct Founding<'a> {
    pub relay: &'a Relay,
    pub name: String,
    pub device: DeviceKeys,
    pub paper: DevicePublic,
    pub chain: Chain,
    pub ring: KeyRing,
}

/// Makes a vault.
pub async fn init(context: &Context, args: &args::Init) -> Result<Answer> {
    let relay = Relay::new(Address::parse(&args.relay)?);
    let name = name_of(&args.name)?;
    let draft = context.place.draft()?;
    let passphrase = Passphrase::choose()?;
    relay.greet().await.map_err(|error| error.report(relay.address()))?;
    let mut rng = secret::rng()?;
    let phrase = Phrase::generate(&mut rng);
    let paper = phrase.device_keys();
    let device = DeviceKeys::generate(&mut rng);
    let internal = |error: String| Error::failed("internal", format!("the vault could not be made: {error}"));
    let (link, keyboxes, key) = seal::genesis(&mut rng, Purpose::Vault, &device, Some(&paper))
        .map_err(|error| internal(error.to_string()))?;
    let links = [LinkItem { link: link.clone(), keyboxes: keyboxes.clone() }];
    let chain = Chain::begin(link, keyboxes).map_err(|error| internal(error.to_string()))?;
    let mut ring = KeyRing::new();
    ring.insert(key);
    let id = device.id();
    let account = AccountId::of_vault(&chain.space());
    let founding = Founding { relay: &relay, name, device, paper: paper.public().clone(), chain, ring };
    let header = founding.write(&draft, &passphrase, &mut rng).await?;
    // Last: until here nobody but this process knows of the vault.
    let report = |error: RelayError| error.report(relay.address());
    relay.register(&links, args.invite.clone()).await.map_err(report)?;
    draft.finish(&header)?;
    let words = phrase.words();
    let json = json!({ "account": account, "device": id, "phrase": words.as_str() });
    Ok(Answer::new(json, welcome(context, &relay, &words)))
}

fn welcome(context: &Context, relay: &Relay, words: &Zeroizing<String>) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let row = |(row, words): (usize, &[&str])| {
        let cells = words.iter().zip(row * 6 + 1..).map(|(word, number)| format!("{number:>2} {word:<8}"));
        format!("    {}", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let phrase = words.chunks(6).enumerate().map(row).collect::<Vec<_>>().join("\n");
    format!(
        "Your vault is in {} and known to {}.\n\n\
         Write these 24 words down, on paper, and keep them where nobody else looks:\n\n{phrase}\n\n\
         They bring your records to another device, and back if this one is lost. Whoever has them can read\n\
         everything; without them and without a device, nobody can. They are not shown again.\n\n\
         Begin with:  lifeos add task title=\"Write the words down\"",
        context.place.path().display(),
        relay.address(),
    )
}

/// Brings a vault here.
pub async fn join(context: &Context, args: &args::Join) -> Result<Answer> {
    let relay = Relay::new(Address::parse(&args.relay)?);
    let name = name_of(args.name.as_deref().unwrap_or(&machine()))?;
    let draft = context.place.draft()?;
    let paper = secret::phrase_of(&args.phrase_file)?.device_keys();
    let public = paper.public().clone();
    let passphrase = Passphrase::choose()?;
    let mut rng = secret::rng()?;
    let report = |error: RelayError| error.report(relay.address());
    let found = relay
        .look_up(&public, |claim| Some(paper.sign(&claim.signing_hash())))
        .await
        .map_err(|error| if error.is_unknown() { unknown_phrase(&relay) } else { report(error) })?;
    let socket = relay
        .open(found.account, paper.id(), |claim| Some(paper.sign(&claim.signing_hash())))
        .await
        .map_err(report)?;
    let device = DeviceKeys::generate(&mut rng);
    let join = Join::new(paper, device, found.space, relay.address().origin().to_owned());
    let Joined { chain, ring, device } = run(join, socket, &relay, &mut rng).await?;
    let id = device.id();
    let founding = Founding { relay: &relay, name, device, paper: public, chain, ring };
    let header = founding.write(&draft, &passphrase, &mut rng).await?;
    draft.finish(&header)?;

    arrive(context, &relay, &header, &passphrase, id).await
}

/// The first sync of a home that has come to be.
pub(super) async fn arrive(
    context: &Context,
    relay: &Relay,
    header: &Header,
    passphrase: &Passphrase,
    device: DeviceId,
) -> Result<Answer> {
    let home = context.place.open()?;
    let key = passphrase.unwrap(&protocol::api::from_text(&header.passphrase).map_err(Error::damaged)?)?;
    let driver = Driver::open(&home.store(), key, context.clock.clone()).await?;
    let mut vault = Vault::new(home, driver, context.form);
    let outcome = sync::sync(&mut vault, None).await.map_err(|error| {
        error.hint("this device has joined; bring the records with `lifeos sync` when the relay answers")
    })?;
    vault.close().await?;
    let notes: Vec<_> = outcome.notes.iter().map(Note::json).collect();
    let json = json!({
        "account": header.account, "device": device,
        "pushed": outcome.pushed, "pulled": outcome.pulled, "pending": outcome.pending, "notes": notes,
    });
    let text = format!(
        "This device has joined your vault; {} entries came from {}.",
        outcome.pulled,
        relay.address()
    );
    Ok(Answer::new(json, text))
}

/// Feeds the joining machine until it is done.
async fn run(mut join: Join, mut socket: Socket, relay: &Relay, rng: &mut ChaCha20Rng) -> Result<Joined> {
    let lost = |why: &str| RelayError::Unreachable(why.into()).report(relay.address());
    loop {
        let frame = match tokio::time::timeout(JOIN_TIMEOUT, socket.next()).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return Err(lost("the connection broke")),
            Err(_) => return Err(lost("it fell silent")),
        };
        match join.on_frame(rng, &frame).map_err(|error| refused_join(&error))? {
            JoinStep::Send(frames) => {
                if !frames.into_iter().all(|frame| socket.send(frame)) {
                    return Err(lost("the connection broke"));
                }
            }
            JoinStep::Done(joined) => {
                socket.close().await;
                return Ok(*joined);
            }
        }
    }
}

fn refused_join(error: &JoinError) -> Error {
    Error::new(Kind::Integrity, "join_refused", format!("this vault cannot be joined: {error}"))
        .hint("nothing was made here. If the words and the relay are right, do not trust this relay")
}

fn unknown_phrase(relay: &Relay) -> Error {
    let message = format!("the relay {} knows no vault of this recovery phrase", relay.address());
    Error::new(Kind::Locked, ErrorCode::UnknownAccount.name(), message)
        .hint("check the words, their order, and the address of the relay")
}

impl Founding<'_> {
    /// Makes the store of the new home, sealed under a key of its own, and gives its header.
    pub async fn write(
        &self,
        draft: &Draft,
        passphrase: &Passphrase,
        rng: &mut ChaCha20Rng,
    ) -> Result<Header> {
        let key = StoreKey::generate(rng);
        let writes = engine::store::found(rng, &key, &self.device, &self.chain, &self.ring);
        let mut store = Store::open(&draft.store(), Missing::Make).await?;
        store.commit(&writes).await?;
        store.close().await?;
        let recovery = RecoveryWrap::seal_to(rng, &self.paper, &key)
            .map_err(|error| Error::failed("internal", error.to_string()))?;
        let wrapped = passphrase.wrap(rng, &key)?;
        let account = AccountId::of_vault(&self.chain.space());
        Ok(Header::new(self.relay.address().to_string(), self.name.clone(), account, &wrapped, &recovery))
    }
}

pub(super) fn name_of(text: &str) -> Result<String> {
    let name = text.trim();
    let fits = (1..=NAME_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let message = format!("the name of a device has 1 to {NAME_CHARS} characters");
    Err(Error::usage("invalid_name", message))
}

/// What the machine is called; there is no harm in a wrong answer.
pub(super) fn machine() -> String {
    let file = std::fs::read_to_string("/etc/hostname").ok();
    let name = file.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    name.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "desktop".into())
}

//! Our side: a vault at a real relay, its devices, and the host that the command line uses.
//!
//! Invariant: nothing is left out. A device has a store on disk with `synchronous = full`, keys of its own, and a socket
//! that it opened with its own proof; what it sends is sealed and signed, what it takes is verified.

use crate::lived::Change;
use anyhow::{Context as _, Result, bail};
use engine::join::{Join, JoinStep, Joined};
use engine::{Command, Edit, Notice, Query, Reply};
use lifeos::clock::Clock;
use lifeos::driver::Driver;
use lifeos::net::{Address, Relay};
use lifeos::store::{Missing, Store};
use protocol::frame::LinkItem;
use protocol::{AccountId, Chain, Purpose, SpaceId};
use rand_chacha::ChaCha20Rng;
use seal::{DeviceKeys, KeyRing, Phrase, RecoveryWrap, StoreKey};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// Rows asked for at once.
const PAGE: usize = 1_000;

/// A vault: its phrase, and what its founder knows.
pub struct Vault {
    rng: ChaCha20Rng,
    phrase: Rc<Phrase>,
    relay: Relay,
    space: SpaceId,
}

/// What makes a device a member. A store can be founded on it again and again, empty each time.
pub struct Member {
    device: DeviceKeys,
    chain: Chain,
    ring: KeyRing,
}

/// A store on disk, closed.
#[derive(Clone)]
pub struct Place {
    path: PathBuf,
    wrap: Vec<u8>,
    paper: Rc<DeviceKeys>,
}

impl Vault {
    /// Makes a vault and registers it; its first device.
    pub async fn found(url: &str) -> Result<(Self, Member)> {
        let (vault, founder) = Self::at(url)?;
        let links = founder.chain.links().iter();
        let items: Vec<LinkItem> =
            links.map(|l| LinkItem { link: l.signed.clone(), keyboxes: l.keyboxes.clone() }).collect();
        vault.relay.register(&items, None).await?;
        Ok((vault, founder))
    }

    /// Makes a vault that no relay knows.
    pub fn alone() -> Result<(Self, Member)> {
        Self::at("http://127.0.0.1:1")
    }

    fn at(url: &str) -> Result<(Self, Member)> {
        let mut rng = lifeos::secret::rng()?;
        let (phrase, device) = (Phrase::generate(&mut rng), DeviceKeys::generate(&mut rng));
        let (link, keyboxes, key) =
            seal::genesis(&mut rng, Purpose::Vault, &device, Some(&phrase.device_keys()))?;
        let chain = Chain::begin(link, keyboxes)?;
        let mut ring = KeyRing::new();
        ring.insert(key);
        let (relay, space) = (Relay::new(Address::parse(url)?), chain.space());
        Ok((Self { rng, phrase: Rc::new(phrase), relay, space }, Member { device, chain, ring }))
    }

    /// The same vault, at a relay that has a copy of what the first one had.
    pub fn at_copy(&self, url: &str) -> Result<Self> {
        let (rng, relay) = (lifeos::secret::rng()?, Relay::new(Address::parse(url)?));
        Ok(Self { rng, phrase: self.phrase.clone(), relay, space: self.space })
    }
    /// Its recovery phrase.
    pub fn words(&self) -> String {
        self.phrase.words().to_string()
    }
    /// Its name at a relay.
    pub fn space(&self) -> SpaceId {
        self.space
    }

    /// Adds a device by the phrase.
    pub async fn join(&mut self) -> Result<Member> {
        let (paper, device) = (self.phrase.device_keys(), DeviceKeys::generate(&mut self.rng));
        let account = AccountId::of_vault(&self.space);
        let sign = |claim: &protocol::auth::AuthClaim| Some(paper.sign(&claim.signing_hash()));
        let mut socket = self.relay.open(account, paper.id(), sign).await?;
        let origin = self.relay.address().origin().to_owned();
        let mut join = Join::new(self.phrase.device_keys(), device, self.space, origin);
        loop {
            let frame = socket.next().await.context("the relay hung up")?;
            match join.on_frame(&mut self.rng, &frame)? {
                JoinStep::Send(frames) => {
                    for frame in frames {
                        socket.send(frame);
                    }
                }
                JoinStep::Done(joined) => {
                    let Joined { chain, ring, device } = *joined;
                    return Ok(Member { device, chain, ring });
                }
            }
        }
    }

    /// Makes an empty store for a member.
    pub async fn settle(&mut self, member: &Member, path: &Path) -> Result<Place> {
        let key = StoreKey::generate(&mut self.rng);
        let writes = engine::store::found(&mut self.rng, &key, &member.device, &member.chain, &member.ring);
        let mut store = Store::open(path, Missing::Make).await?;
        store.commit(&writes).await?;
        store.close().await?;
        let paper = Phrase::generate(&mut self.rng).device_keys();
        let wrap = RecoveryWrap::seal_to(&mut self.rng, paper.public(), &key)?;
        Ok(Place { path: path.to_owned(), wrap, paper: Rc::new(paper) })
    }

    /// Gives the engine a socket of its own.
    pub async fn connect(&self, device: &mut Device) -> Result<()> {
        let engine = device.driver.engine();
        let (account, id) = (engine.account().context("an account")?, engine.device().context("a device")?);
        let socket = self.relay.open(account, id, |claim| engine.sign(claim)).await?;
        device.driver.connect(socket, self.relay.address().origin().to_owned());
        Ok(())
    }
}

impl Place {
    /// Unlocks the store, which is no part of what is measured: whoever does it with a passphrase waits on purpose.
    pub fn key(&self) -> Result<StoreKey> {
        Ok(RecoveryWrap::open_with(&self.paper, &self.wrap)?)
    }

    /// Opens the engine on it.
    pub async fn open(&self, key: StoreKey) -> Result<Device> {
        self.open_with(key, engine::Config::default()).await
    }
    /// The same, with an engine that does as much at a time, and packs as early, as `config` says.
    pub async fn open_with(&self, key: StoreKey, config: engine::Config) -> Result<Device> {
        Ok(Device { driver: Driver::open_with(&self.path, key, Clock::new(None)?, config).await? })
    }
    /// A copy of the store; it must be closed.
    pub fn copied(&self, path: &Path) -> Result<Self> {
        std::fs::copy(&self.path, path)?;
        Ok(Self { path: path.to_owned(), ..self.clone() })
    }
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// An engine that packs nothing by itself.
pub fn never_packing() -> engine::Config {
    engine::Config { compact_after: u64::MAX, ..engine::Config::default() }
}

/// An open device.
pub struct Device {
    /// The command line's own host.
    pub driver: Driver,
}

impl Device {
    /// Runs until everything was received and everything was acknowledged.
    pub async fn sync(&mut self) -> Result<()> {
        let mut told = true;
        loop {
            self.work_and_hear().await?;
            while let Some(notice) = self.driver.take_notice() {
                match notice {
                    Notice::Synced => told = true,
                    Notice::Trouble(error) => return Err(error.into()),
                    Notice::Refused(code) => bail!("the relay refused: {code}"),
                    _ => {}
                }
            }
            // Asked once, for it may have been told before, and then only when it is told.
            if std::mem::take(&mut told) {
                let status = self.driver.status().await?;
                if status.live && status.pending == 0 {
                    return Ok(());
                }
            }
            if let Some(closed) = self.driver.take_closed() {
                bail!("the connection ended: {closed:?}");
            }
            self.driver.idle().await;
        }
    }

    /// One change, durable here when this returns, and offered to the relay if there is one.
    pub async fn edit(&mut self, edit: Edit) -> Result<()> {
        match self.driver.run(Command::Edit(vec![edit])).await? {
            Reply::Edited(_) => Ok(()),
            other => bail!("not an edit: {other:?}"),
        }
    }

    /// Does what can be done without waiting for anybody.
    pub async fn work(&mut self) -> Result<()> {
        while self.driver.has_work() {
            self.driver.work().await?;
        }
        Ok(())
    }

    /// The same, while the relay is heard: what is long under way without that, like sealing, ends the connection.
    async fn work_and_hear(&mut self) -> Result<()> {
        while self.driver.has_work() {
            for _ in 0..64 {
                if self.driver.has_work() {
                    self.driver.work().await?;
                }
            }
            // Not waited for: done when nothing is there.
            let _nothing = tokio::time::timeout(Duration::ZERO, self.driver.idle()).await;
        }
        Ok(())
    }

    /// Takes in what the relay has said meanwhile, without waiting for more. Who never listens is dropped.
    pub async fn listen(&mut self) -> Result<()> {
        while tokio::time::timeout(Duration::ZERO, self.driver.idle()).await.is_ok() {
            self.work().await?;
        }
        while self.driver.take_notice().is_some() {}
        Ok(())
    }

    /// Changes handed over as fast as they are taken, as `lifeos batch` does: many share a transaction.
    pub async fn edit_all<'a>(&mut self, changes: impl Iterator<Item = &'a Change>) -> Result<()> {
        let mut owed = std::collections::VecDeque::new();
        for change in changes {
            let edit = Edit { time: Some(change.now), ..change.edit.clone() };
            owed.push_back(self.driver.submit(Command::Edit(vec![edit])));
            if owed.len() >= 512 {
                let answered: Vec<_> = owed.drain(..256).collect();
                for id in answered {
                    self.driver.answer(id).await?;
                }
                self.listen().await?;
            }
        }
        for id in owed {
            self.driver.answer(id).await?;
        }
        Ok(())
    }

    /// Records that can be asked for, logs not counted.
    pub async fn count(&mut self) -> Result<usize> {
        let kinds: Vec<_> = lifeos::records::thing_kinds().collect();
        let mut count = 0;
        for kind in kinds {
            count += self.list(kind).await?.len();
        }
        Ok(count)
    }

    /// All rows of a kind.
    pub async fn list(&mut self, kind: &str) -> Result<Vec<engine::Row>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let query = Query::List { kind: kind.to_owned(), parent: None, after, limit: PAGE };
            let Reply::Page(rows, next) = self.driver.ask(query).await? else { bail!("not a page") };
            all.extend(rows);
            after = next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}

//! Vaults that were lived once and are copied by whoever measures on them: a store, and the relay's database.
//!
//! Invariant: a kept vault is closed and complete. What is measured works on copies, so that every round and every row
//! begins with the same bytes.

use crate::lived::Lived;
use crate::relay::{DATABASE, Running};
use crate::vault::{Place, Vault, never_packing};
use anyhow::{Context as _, Result, bail, ensure};
use engine::{Command, Reply};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};
use sync_server::clock::Millis;
use sync_server::store::{DatabaseUrl, OpenStore, Page, open};
use tempfile::TempDir;

/// How the changes of a life came to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// Every change is an entry of its own, as when it is made online.
    Alone,
    /// What had gathered shares entries.
    Gathered,
    /// As [`Sent::Alone`]; then it was compacted, and the relay dropped the log.
    Compacted,
    /// As [`Sent::Gathered`]; then likewise. The packs are the same, and a long life is there sooner.
    Packed,
}

/// What was lived so far in this run, by what it is of.
pub struct Stock {
    lived: RefCell<BTreeMap<Of, Rc<Kept>>>,
    folder: TempDir,
}

/// The name of a life, its changes, and how they came.
type Of = (&'static str, usize, Sent);

impl Stock {
    /// Nothing yet.
    pub fn new() -> Result<Self> {
        Ok(Self { lived: RefCell::default(), folder: tempfile::tempdir()? })
    }

    /// The changes of a life of that name as peers read them. What peers keep beside them is kept as long as this.
    pub fn changes(&self, name: &str, life: &Lived) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        if !path.exists() {
            life.write(&path)?;
        }
        Ok(path)
    }

    /// The vault of a life of that name and of so many changes. It is lived if it was not yet.
    pub async fn get(&self, name: &'static str, life: &Lived, sent: Sent) -> Result<Rc<Kept>> {
        let of = |sent| (name, life.changes.len(), sent);
        let kept = |sent| self.lived.borrow().get(&of(sent)).cloned();
        if let Some(kept) = kept(sent) {
            return Ok(kept);
        }
        let before = match sent {
            Sent::Gathered | Sent::Packed => Sent::Gathered,
            Sent::Alone | Sent::Compacted => Sent::Alone,
        };
        let first = match kept(before) {
            Some(first) => first,
            None => Rc::new(Kept::lived(life, before).await?),
        };
        self.lived.borrow_mut().insert(of(before), first.clone());
        if sent != before {
            let compacted = Rc::new(first.compacted().await?);
            self.lived.borrow_mut().insert(of(sent), compacted.clone());
            return Ok(compacted);
        }
        Ok(first)
    }
}

/// A vault at rest.
pub struct Kept {
    folder: TempDir,
    vault: Vault,
    founder: Place,
}

impl Kept {
    /// Lives the life on one device without a relay, and then gives it all to one.
    async fn lived(life: &Lived, sent: Sent) -> Result<Self> {
        let relay = Running::within(in_memory()?, None)?;
        let (mut vault, founder) = Vault::found(&relay.url()).await?;
        let place = vault.settle(&founder, &relay.folder().join("founder.db")).await?;
        let mut device = place.open(place.key()?).await?;
        let began = Instant::now();
        device.edit_all(life.changes.iter()).await?;
        device.driver.close().await?;
        let made = began.elapsed().as_secs_f64();
        let mut config = never_packing();
        if sent == Sent::Alone {
            config.changes_per_entry = 1;
        }
        let mut device = place.open_with(place.key()?, config).await?;
        vault.connect(&mut device).await?;
        device.sync().await?;
        let pushed = device.driver.status().await?.pushed;
        let expected = u64::try_from(life.changes.len())?;
        let all = began.elapsed().as_secs_f64();
        eprintln!(
            "          lived {expected} changes: made after {made:.1} s, at the relay after {all:.1} s"
        );
        ensure!(sent != Sent::Alone || pushed == expected, "{pushed} entries instead of {expected}");
        device.driver.close().await?;
        Ok(Self { folder: relay.stop()?, vault, founder: place })
    }

    /// Packs everything, and lets the relay drop what is covered.
    async fn compacted(&self) -> Result<Self> {
        let copy = self.copy(in_memory()?, None)?;
        let mut device = copy.founder.open_with(copy.founder.key()?, never_packing()).await?;
        copy.vault.connect(&mut device).await?;
        device.sync().await?;
        let began = Instant::now();
        pack(&mut device).await?;
        device.driver.close().await?;
        eprintln!("          packed it: {:.1} s", began.elapsed().as_secs_f64());
        let kept = Self { folder: copy.relay.stop()?, vault: copy.vault, founder: copy.founder };
        let store = kept.store().await?;
        sync_server::relay::Relay::new(store.clone()).keep(Millis::now(), Duration::ZERO).await?;
        let left = store.entries(&kept.vault.space(), 0, Page { count: 1, bytes: 1 << 20 }).await;
        store.close().await;
        ensure!(left?.is_empty(), "the relay kept entries that are covered");
        Ok(kept)
    }

    /// A relay and the founder's store with all of this. Dialled at `url`, if one is named.
    pub fn copy(&self, folder: TempDir, url: Option<&str>) -> Result<Copied> {
        self.copy_relay(folder.path())?;
        let founder = self.founder.copied(&folder.path().join("founder.db"))?;
        let relay = Running::within(folder, url)?;
        let vault = self.vault.at_copy(&url.map_or_else(|| relay.url(), str::to_owned))?;
        Ok(Copied { relay, vault, founder })
    }

    /// A relay with all of this, dialled at `url`, that serves the app built in `web`.
    pub fn serving(&self, url: &str, web: &Path) -> Result<Running> {
        let folder = tempfile::tempdir()?;
        self.copy_relay(folder.path())?;
        Running::serving(folder, url, web)
    }

    fn copy_relay(&self, folder: &Path) -> Result<()> {
        for name in ["", "-wal"].map(|end| format!("{DATABASE}{end}")) {
            let from = self.folder.path().join(&name);
            if from.exists() {
                std::fs::copy(from, folder.join(name))?;
            }
        }
        Ok(())
    }

    /// What the relay holds, looked at without the relay.
    pub async fn store(&self) -> Result<OpenStore> {
        Ok(open(&DatabaseUrl::Sqlite(self.folder.path().join(DATABASE))).await?)
    }
    /// Its vault.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// A relay that runs, and a store that is closed.
pub struct Copied {
    /// The relay, with all that it had.
    pub relay: Running,
    /// The vault, at that relay.
    pub vault: Vault,
    /// The store of the device that wrote everything.
    pub founder: Place,
}

/// Packs whatever is not packed. Returns when the relay has put the manifest in force.
pub async fn pack(device: &mut crate::vault::Device) -> Result<()> {
    match device.driver.run(Command::Compact).await? {
        Reply::Compacted => Ok(()),
        other => bail!("not compacted: {other:?}"),
    }
}

/// A folder for what is prepared and not measured: it need not be written to a disk.
fn in_memory() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).context("a folder")
}

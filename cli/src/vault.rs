//! An unlocked home with its engine running: what every command but `init` and `join` works on.

use crate::clock::Clock;
use crate::driver::{Driver, unexpected};
use crate::error::{Error, Kind, Result};
use crate::home::{Header, Home, Place};
use crate::net::{Address, Relay};
use crate::output::{Form, Note};
use crate::records;
use crate::secret::Passphrase;
use engine::{Command, DocKey, EngineError, Notice, Query, RecordId, Reply, Row};
use seal::RecoveryWrap;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Most documents that are remembered between the commands of one process.
const REMEMBERED: usize = 1_024;

/// An open vault.
pub struct Vault {
    /// Its folder, held by this process.
    pub home: Home,
    /// Its engine.
    pub driver: Driver,
    /// How notes are printed.
    pub form: Form,
    /// Documents as they are now, so that a batch need not ask for each of them again and again.
    rows: HashMap<DocKey, Row>,
}

impl Vault {
    /// An open vault of its parts.
    pub fn new(home: Home, driver: Driver, form: Form) -> Self {
        Self { home, driver, form, rows: HashMap::new() }
    }

    /// Takes the home's lock, asks for the passphrase and starts the engine.
    pub async fn open(place: &Place, clock: Clock, form: Form) -> Result<Self> {
        let home = place.open()?;
        let wrap = protocol::api::from_text(&home.header().passphrase).map_err(Error::damaged)?;
        let key = Passphrase::ask()?.unwrap(&wrap)?;
        let driver = Driver::open(&home.store(), key, clock).await?;
        Ok(Self::new(home, driver, form))
    }

    /// What is known without the passphrase.
    pub fn header(&self) -> &Header {
        self.home.header()
    }

    /// The relay this home belongs to.
    pub fn relay(&self) -> Result<Relay> {
        Address::parse(&self.header().relay).map(Relay::new).map_err(|error| Error::damaged(error.message))
    }

    /// Seals the store's key to the phrase that is in force, if it was sealed to another: somebody may have changed it on
    /// another device.
    pub fn keep_recovery(&mut self) -> Result<()> {
        let header = self.header().clone();
        let wrap = protocol::api::from_text(&header.recovery).map_err(Error::damaged)?;
        let Some(paper) = self.driver.engine().paper() else { return Ok(()) };
        if RecoveryWrap::recipient(&wrap).map_err(Error::damaged)? == paper.id() {
            return Ok(());
        }
        let Some(sealed) = self.driver.recovery_wrap() else { return Ok(()) };
        let sealed = sealed.map_err(|error| Error::failed("internal", error.to_string()))?;
        self.home.rewrite(Header { recovery: protocol::api::to_text(&sealed), ..header })
    }

    /// The thing called `id`, of whatever kind, in the trash or not.
    pub async fn find(&mut self, id: RecordId) -> Result<Option<Row>> {
        let keys = records::thing_kinds().map(|kind| DocKey::thing(kind, id));
        self.first_of(keys.collect()).await
    }

    /// A document as it is now.
    pub async fn document(&mut self, key: &DocKey) -> Result<Option<Row>> {
        self.first_of(vec![key.clone()]).await
    }

    async fn first_of(&mut self, keys: Vec<DocKey>) -> Result<Option<Row>> {
        if let Some(row) = keys.iter().find_map(|key| self.rows.get(key)) {
            return Ok(Some(row.clone()));
        }
        match self.driver.ask(Query::Get(keys)).await? {
            Reply::Rows(rows) => {
                let found = rows.into_iter().flatten().next();
                self.remember(found.as_slice());
                Ok(found)
            }
            other => Err(unexpected(&other)),
        }
    }

    /// The thing that a person names.
    pub async fn row(&mut self, name: &str) -> Result<Row> {
        let id = records::parse_id(name)?;
        self.find(id).await?.ok_or_else(|| {
            Error::new(Kind::NotFound, "not_found", format!("there is no record {name}"))
                .hint("`lifeos list TYPE` shows the ids of your records")
        })
    }

    /// Keeps documents as they are now.
    pub fn remember(&mut self, rows: &[Row]) {
        if self.rows.len() > REMEMBERED {
            self.rows.clear();
        }
        self.rows.extend(rows.iter().map(|row| (row.key.clone(), row.clone())));
    }

    /// Forgets what is remembered: something else than this process may have changed it.
    pub fn forget(&mut self) {
        self.rows.clear();
    }

    /// Runs a command that takes long to its reply, and tells how far it is.
    pub async fn run_telling(&mut self, command: Command) -> Result<Reply> {
        let id = self.driver.submit(command);
        let mut told = Instant::now();
        loop {
            if let Some(reply) = self.driver.take_reply(id) {
                return reply;
            }
            if !self.driver.has_work() {
                return self.driver.answer(id).await;
            }
            self.driver.work().await?;
            let mut progress = None;
            self.notices(|notice| {
                if let Notice::Progress { done, .. } = notice {
                    progress = Some(*done);
                }
            });
            if let Some(done) = progress.filter(|_| told.elapsed() >= TELL_EVERY) {
                self.form.note(&Note::new("progress", format!("{done} done")));
                told = Instant::now();
            }
        }
    }

    /// Prints what the engine wants said, and gives the rest to `seen`.
    pub fn notices(&mut self, mut seen: impl FnMut(&Notice)) -> Vec<Note> {
        let mut notes = Vec::new();
        while let Some(notice) = self.driver.take_notice() {
            seen(&notice);
            if let Some(note) = note_of(&notice) {
                self.form.note(&note);
                notes.push(note);
            }
        }
        notes
    }

    /// Leaves the home tidy.
    pub async fn close(self) -> Result<()> {
        self.driver.close().await
    }
}

/// What the person is told of a notice; none if it is for programs alone.
fn note_of(notice: &Notice) -> Option<Note> {
    Some(match notice {
        // Progress is told while it is made, or not at all.
        Notice::Ready
        | Notice::Changed(_)
        | Notice::Synced
        | Notice::Refused(_)
        // It has nothing pushed.
        | Notice::RemindersRefused { .. }
        | Notice::Progress { .. } => return None,
        Notice::RelayHealed { entries } => Note::new(
            "relay_healed",
            format!("the relay had lost something; this device gave {entries} entries back to it"),
        ),
        Notice::StoreCloned => Note::new(
            "store_cloned",
            "another copy of this home has written under its name. Nothing is lost; join again in one of the \
             copies, so that each has a key of its own",
        ),
        Notice::EntryForked { device } => Note::new(
            "entry_forked",
            format!("the relay shows other entries of device {device} than before; nothing here is lost"),
        ),
        Notice::MembershipForked => Note::new(
            "membership_forked",
            "the relay shows a list of devices that contradicts the one known here; nothing more is sent to it",
        ),
        Notice::EntryRefused { device, index, reason } => Note::new(
            "entry_refused",
            format!("entry {index} of device {device} cannot be used and is kept aside: {reason}"),
        ),
        Notice::Withheld { device, have, claimed, witness } => Note::new(
            "withheld",
            format!(
                "device {witness} has seen {claimed} entries of device {device}, and the relay shows {have}: it withholds \
                 some, or has lost them. What is here is safe"
            ),
        ),
        Notice::ManifestRefused { reason } => Note::new(
            "manifest_refused",
            format!("what the relay keeps packed is not used, because it is not as it should be: {reason}"),
        ),
        Notice::Revoked => Note::new(
            "revoked",
            "this device was revoked by another one of the vault; it can be read and exported, and written no more",
        ),
        Notice::Trouble(error) => Note::new("trouble", trouble(error)),
    })
}

fn trouble(error: &EngineError) -> String {
    format!("something in the background failed and changed nothing: {error}")
}

//! A home: the folder that holds one device's vault, its store and its lock.
//!
//! Invariants: a home is whole or not there (it is built beside its place and renamed into it); nothing in it is
//! secret in the clear; and one process at a time holds its lock.

use crate::error::{Error, Kind, Result};
use crate::files::{make_private, private_file, sync_dir, sync_file, write_atomically, write_durably};
use protocol::AccountId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Version of [`Header`] that this program writes.
const FORMAT: u32 = 1;
/// Largest header that is read, in bytes.
const HEADER_BYTES: u64 = 64 << 10;
/// Variable that names the home.
pub const HOME_VARIABLE: &str = "LIFEOS_HOME";

/// What can be known of a home without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of this file.
    pub format: u32,
    /// The relay, as the person typed it.
    pub relay: String,
    /// What the person calls this device.
    pub name: String,
    /// The account, for `status` and support.
    pub account: AccountId,
    /// The store key under the passphrase, base64url.
    pub passphrase: String,
    /// The store key sealed to the recovery phrase, base64url.
    pub recovery: String,
}

/// Where a home is, whether or not there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(PathBuf);

impl Place {
    /// The folder given, else `LIFEOS_HOME`, else `lifeos` in the data folder of the person.
    pub fn choose(given: Option<PathBuf>) -> Result<Self> {
        let env = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let chosen = given
            .or_else(|| env(HOME_VARIABLE))
            .or_else(|| env("XDG_DATA_HOME").filter(|dir| dir.is_absolute()).map(|dir| dir.join("lifeos")))
            .or_else(|| env("HOME").map(|home| home.join(".local/share/lifeos")));
        match chosen {
            Some(path) if !path.as_os_str().is_empty() => {
                std::path::absolute(&path).map(Self).map_err(|error| Error::io("find", &path, &error))
            }
            _ => Err(Error::usage("no_home", "there is no home folder; name one with --home or LIFEOS_HOME")),
        }
    }
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
    fn header(&self) -> PathBuf {
        self.0.join("vault.json")
    }

    /// Refuses a place where a home, or anything else, is already.
    pub fn must_be_free(&self) -> Result<()> {
        if self.header().exists() {
            return Err(Error::failed(
                "home_exists",
                format!("there is a vault in {} already", self.0.display()),
            )
            .hint("choose another folder with --home, or use the one that is there"));
        }
        match fs::read_dir(&self.0) {
            Ok(mut entries) => match entries.next() {
                Some(_) => Err(Error::failed("home_not_empty", format!("{} is not empty", self.0.display()))
                    .hint("choose an empty or new folder with --home")),
                None => Ok(()),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io("look into", &self.0, &error)),
        }
    }

    /// Starts a home beside its place. It is gone again unless [`Draft::finish`] is called.
    pub fn draft(&self) -> Result<Draft> {
        self.must_be_free()?;
        let parent = self.0.parent().unwrap_or(Path::new("/")).to_path_buf();
        fs::create_dir_all(&parent).map_err(|error| Error::io("make", &parent, &error))?;
        let name = self.0.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.new-");
        sweep(&parent, &prefix);
        let path = parent.join(format!("{prefix}{}", std::process::id()));
        make_private(&path)?;
        let mut draft = Draft { place: self.clone(), path, parent, finished: false, lock: None };
        draft.lock = Some(Lock::take(&draft.path.join("lock"))?);
        // Made here, so that what the database makes beside it takes over who may read it.
        write_durably(&draft.store(), &[])?;
        Ok(draft)
    }

    /// Opens the home for this process alone.
    pub fn open(&self) -> Result<Home> {
        if !self.header().exists() {
            return Err(Error::new(
                Kind::NotFound,
                "no_vault",
                format!("there is no vault in {}", self.0.display()),
            )
            .hint(
                "make one with `lifeos init`, or bring yours with `lifeos join`; --home names another folder",
            ));
        }
        let lock = Lock::take(&self.0.join("lock"))?;
        Ok(Home { header: read_header(&self.header())?, path: self.0.clone(), _lock: lock })
    }
}

/// A home being built.
#[derive(Debug)]
pub struct Draft {
    place: Place,
    path: PathBuf,
    parent: PathBuf,
    finished: bool,
    /// Tells it from one whose process did not live to finish it. It goes with the folder to its place.
    lock: Option<Lock>,
}

/// Removes drafts that no process holds.
fn sweep(parent: &Path, prefix: &str) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        // One that is being made just now has no lock yet; it is not touched.
        let free = File::open(entry.path().join("lock")).is_ok_and(|lock| lock.try_lock().is_ok());
        if free {
            // A leftover does no harm, and the next draft tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Draft {
    /// Where to make the store.
    pub fn store(&self) -> PathBuf {
        self.path.join("store.db")
    }
    /// Writes the header and moves the home to its place. The store must be closed.
    pub fn finish(mut self, header: &Header) -> Result<()> {
        let text = serde_json::to_string_pretty(header)
            .map_err(|error| Error::failed("internal", format!("the header cannot be written: {error}")))?;
        write_durably(&self.path.join("vault.json"), text.as_bytes())?;
        sync_file(&self.store())?;
        sync_dir(&self.path)?;
        // Renaming over a folder works where it is empty; removing it first is what other systems need.
        if cfg!(windows) && self.place.path().exists() {
            let _ = fs::remove_dir(self.place.path());
        }
        fs::rename(&self.path, self.place.path())
            .map_err(|error| Error::io("move the new vault to", self.place.path(), &error))?;
        self.finished = true;
        sync_dir(&self.parent)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            // A leftover does no harm; there is nobody to tell.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A home that this process holds.
#[derive(Debug)]
pub struct Home {
    header: Header,
    path: PathBuf,
    _lock: Lock,
}

impl Home {
    /// What is known without the passphrase.
    pub fn header(&self) -> &Header {
        &self.header
    }
    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.path.join("store.db")
    }
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Replaces the header, at once or not at all.
    pub fn rewrite(&mut self, header: Header) -> Result<()> {
        let text = serde_json::to_string_pretty(&header)
            .map_err(|error| Error::failed("internal", format!("the header cannot be written: {error}")))?;
        write_atomically(&self.path.join("vault.json"), text.as_bytes())?;
        self.header = header;
        Ok(())
    }
}

fn read_header(path: &Path) -> Result<Header> {
    let file = File::open(path).map_err(|error| Error::io("open", path, &error))?;
    let mut text = String::new();
    file.take(HEADER_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| Error::damaged(format_args!("{}: {error}", path.display())))?;
    // The version first, so that a header of another shape is called newer and not damaged.
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let damaged = |error: serde_json::Error| Error::damaged(format_args!("{}: {error}", path.display()));
    let version: Versioned = serde_json::from_str(&text).map_err(damaged)?;
    if version.format > FORMAT {
        let message = format!("this home was made by a newer lifeos (home version {})", version.format);
        return Err(Error::failed("newer_version", message).hint("update lifeos on this machine"));
    }
    serde_json::from_str(&text).map_err(damaged)
}

impl Header {
    /// A header of this version.
    pub fn new(relay: String, name: String, account: AccountId, passphrase: &[u8], recovery: &[u8]) -> Self {
        let text = protocol::api::to_text;
        Self { format: FORMAT, relay, name, account, passphrase: text(passphrase), recovery: text(recovery) }
    }
}

/// Held by the one process that has the home open; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
struct Lock {
    _file: File,
}

impl Lock {
    fn take(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private_file(&mut options);
        let mut file = options.open(path).map_err(|error| Error::io("open", path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&mut file)),
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path, &error)),
        }
        // For the message of whoever comes second; nothing depends on it.
        let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        Ok(Self { _file: file })
    }
}

fn held(file: &mut File) -> Error {
    let mut holder = String::new();
    let _ = file.rewind().and_then(|()| file.take(20).read_to_string(&mut holder));
    let by = match holder.trim().parse::<u32>() {
        Ok(pid) => format!("process {pid}"),
        Err(_) => "another process".into(),
    };
    Error::new(Kind::InUse, "store_in_use", format!("{by} has this home open"))
        .hint("wait for it to end, or stop it; `lifeos watch` and `lifeos batch` keep a home open")
}

#[cfg(test)]
mod tests;

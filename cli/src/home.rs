//! A home: the folder that holds one device's vault, its store and its lock.
//!
//! Invariants: a home is whole or not there (it is built beside its place and renamed into it); nothing in it is
//! secret in the clear; and one process at a time holds its lock.

use crate::error::{Error, Kind, Result};
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
        let path = parent.join(format!(".{name}.new-{}", std::process::id()));
        // A folder of a process with this number, which did not live to finish it.
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|error| Error::io("remove", &path, &error))?;
        }
        make_private(&path)?;
        let draft = Draft { place: self.clone(), path, parent, finished: false };
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

/// Writes a new file that only the person can read, and waits until it is on the disk.
fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private_file(&mut options);
    options
        .open(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|error| Error::io("write", path, &error))
}

/// Replaces `path` by `bytes`, at once or not at all. The file is readable by the person alone.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = std::path::absolute(path).map_err(|error| Error::io("find", path, &error))?;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::usage("invalid_path", format!("{} is not a file", path.display())));
    };
    let beside = parent.join(format!(".{}.new-{}", name.to_string_lossy(), std::process::id()));
    let done = write_durably(&beside, bytes)
        .and_then(|()| fs::rename(&beside, &path).map_err(|error| Error::io("write", &path, &error)));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done.and_then(|()| sync_dir(parent))
}

fn sync_file(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| Error::io("sync", path, &error))
}

fn sync_dir(path: &Path) -> Result<()> {
    // Only Unix can sync a folder; elsewhere a rename is as durable as it gets.
    if cfg!(unix) { sync_file(path) } else { Ok(()) }
}

#[cfg(unix)]
fn private_file(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}
#[cfg(not(unix))]
fn private_file(_: &mut OpenOptions) {}

fn make_private(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| Error::io("make", path, &error))
}

#[cfg(test)]
mod tests;

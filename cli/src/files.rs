//! Files that are the person's alone, and that are whole or not there.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Writes a new file that only the person can read, and waits until it is on the disk.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
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

/// Waits until a file is on the disk.
pub(crate) fn sync_file(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| Error::io("sync", path, &error))
}

/// Waits until what was renamed in a folder is on the disk.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    // Only Unix can sync a folder; elsewhere a rename is as durable as it gets.
    if cfg!(unix) { sync_file(path) } else { Ok(()) }
}

/// Makes whatever `options` creates the person's alone.
#[cfg(unix)]
pub(crate) fn private_file(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}
#[cfg(not(unix))]
pub(crate) fn private_file(_: &mut OpenOptions) {}

/// Makes a folder that only the person can look into.
pub(crate) fn make_private(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| Error::io("make", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("export.json");
        write_atomically(&path, b"first").expect("writes");
        write_atomically(&path, b"second").expect("writes");
        assert_eq!(fs::read(&path).expect("reads"), b"second");
        assert_eq!(fs::read_dir(dir.path()).expect("reads").count(), 1);
    }
}

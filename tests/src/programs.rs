//! Where the workspace's own programs are: beside the program that runs, made by the same build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program `name`, as in `lifeos`. It is built if it is not there yet; `cargo test --workspace` has built it.
pub fn program(name: &str) -> PathBuf {
    let folder = folder();
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        build(&folder);
    }
    assert!(path.is_file(), "{} is not there: cargo build -p lifeos -p sync-server", path.display());
    path
}

/// The folder of programs of this build: tests run from `deps` in it.
pub fn folder() -> PathBuf {
    let here = std::env::current_exe().expect("where this program is");
    let folder = here.parent().expect("a folder");
    if folder.ends_with("deps") { folder.parent().expect("a folder").to_owned() } else { folder.to_owned() }
}

/// Both programs, once a process.
fn build(folder: &Path) {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "-p", "lifeos", "-p", "sync-server"]);
        command.arg("--manifest-path").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"));
        command.arg("--target-dir").arg(folder.parent().expect("a target folder"));
        if folder.ends_with("release") {
            command.arg("--release");
        }
        let status = command.status().expect("cargo");
        assert!(status.success(), "{command:?} failed");
    });
}

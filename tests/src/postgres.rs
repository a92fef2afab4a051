//! A private PostgreSQL cluster in a temporary folder on a free port, for tests. It ends with the last one who holds it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A running cluster.
pub struct Postgres {
    folder: PathBuf,
    options: String,
    port: u16,
    databases: AtomicU64,
}

static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());

impl Postgres {
    /// The cluster that tests of this process share, started if nobody holds it.
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return running;
        }
        let started = Arc::new(Self::start(&[]));
        *shared = Arc::downgrade(&started);
        started
    }

    /// A cluster of one's own, with settings as in `fsync=off`.
    pub fn start(settings: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("lifeos-pg-{}-{}", std::process::id(), free_port()));
        std::fs::create_dir(&folder).expect("a folder for PostgreSQL");
        if is_root() {
            must(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data");
        must(
            as_postgres("initdb").args(["--no-sync", "--auth=trust", "--username=postgres", "-D"]).arg(&data),
        );
        let port = free_port();
        let mut options = format!("-p {port} -h 127.0.0.1 -k {}", folder.display());
        for setting in settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let cluster = Self { folder, options, port, databases: AtomicU64::new(0) };
        cluster.recover();
        cluster
    }

    /// Ends the server at once, as a power cut would: nothing is written back, connections break.
    pub fn crash(&self) {
        must(as_postgres("pg_ctl").args(["-w", "-m", "immediate", "-D"]).arg(self.data()).arg("stop"));
    }

    /// Starts the server again; it recovers what was committed from its log.
    pub fn recover(&self) {
        let mut start = as_postgres("pg_ctl");
        start.args(["-w", "-t", "60", "-o", &self.options, "-D"]).arg(self.data());
        must(start.arg("-l").arg(self.folder.join("log")).arg("start"));
    }

    /// Where its files are.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A dump of the database with this URL, as text.
    pub fn dump(&self, url: &str) -> Vec<u8> {
        let output = as_postgres("pg_dump").arg(url).output().expect("pg_dump");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        must(as_postgres("createdb").args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", &name]));
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = as_postgres("pg_ctl");
        let _ended = stop.args(["-m", "immediate", "-D"]).arg(self.data()).arg("stop").output();
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

/// Debian keeps the programs of each version in a folder of its own; the newest is taken.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|v| Some((v.file_name().to_str()?.parse::<u32>().ok()?, v.path())))
        .max_by_key(|(version, _)| *version);
    match newest {
        Some((_, folder)) => folder.join("bin").join(name),
        None => Path::new(name).to_path_buf(),
    }
}

/// initdb and the server refuse to run as root.
fn as_postgres(name: &str) -> Command {
    let program = program(name);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").env_remove("PGDATA").env_remove("PGHOST").env_remove("PGUSER");
    command
}

fn must(command: &mut Command) {
    // Not `output()`: the server inherits the pipes and would keep them open.
    let log = std::env::temp_dir().join(format!("lifeos-pg-{}.log", std::process::id()));
    let file = std::fs::File::create(&log).expect("a log for PostgreSQL");
    let errors = file.try_clone().expect("a log for PostgreSQL");
    let status = command.stdin(std::process::Stdio::null()).stdout(file).stderr(errors).status();
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "{command:?} failed ({status:?}); PostgreSQL must be installed (apt-get install postgresql):\n{said}"
    );
    let _left = std::fs::remove_file(&log);
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a free port").port()
}

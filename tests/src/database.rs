//! The database of a relay in a test, and its backups: SQLite in a file, or PostgreSQL in a private cluster. Whoever
//! saves, restores or wipes it has stopped the relay.

use crate::postgres::Postgres;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A relay's database.
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A database of a cluster that lives as long as this.
    Postgres(Arc<Postgres>, String),
}

/// A backup of a database.
pub struct Backup(String);

/// What SQLite keeps in files beside the database.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

impl Database {
    /// A new file in `folder`.
    pub fn sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join("relay.sqlite"))
    }

    /// A new database in the cluster that the tests of this process share.
    pub fn postgres() -> Self {
        let cluster = Postgres::shared();
        let url = cluster.database();
        Self::Postgres(cluster, url)
    }

    /// As `sync-server --database` takes it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{}", file.display()),
            Self::Postgres(_, url) => url.clone(),
        }
    }

    /// Entries that are committed; the relay may be running.
    pub fn entries(&self) -> i64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let count = "select count(*) from entry";
            match self {
                Self::Sqlite(file) => {
                    let options = SqliteConnectOptions::new().filename(file);
                    let mut db =
                        SqliteConnection::connect_with(&options).await.expect("the relay's database");
                    sqlx::query_scalar(count).fetch_one(&mut db).await.expect("a count")
                }
                Self::Postgres(_, url) => {
                    let mut db = PgConnection::connect(url).await.expect("the relay's database");
                    sqlx::query_scalar(count).fetch_one(&mut db).await.expect("a count")
                }
            }
        })
    }

    /// A copy of it as it is.
    pub fn save(&self) -> Backup {
        static BACKUPS: AtomicU64 = AtomicU64::new(0);
        let number = BACKUPS.fetch_add(1, Ordering::Relaxed);
        match self {
            Self::Sqlite(file) => {
                let backup = format!("{}.backup-{number}", file.display());
                copy_files(&file.display().to_string(), &backup);
                Backup(backup)
            }
            Self::Postgres(_, url) => {
                let backup = format!("backup_{number}");
                sql(url, &[format!("create database {backup} template {}", name_of(url))]);
                Backup(backup)
            }
        }
    }

    /// Makes it what it was.
    pub fn restore(&self, backup: &Backup) {
        match self {
            Self::Sqlite(file) => copy_files(&backup.0, &file.display().to_string()),
            Self::Postgres(_, url) => replace(url, &backup.0),
        }
    }

    /// Leaves nothing in it.
    pub fn wipe(&self) {
        match self {
            Self::Sqlite(file) => remove_files(&file.display().to_string()),
            Self::Postgres(_, url) => replace(url, "template1"),
        }
    }
}

fn copy_files(from: &str, to: &str) {
    remove_files(to);
    for end in BESIDE {
        let from = format!("{from}{end}");
        if Path::new(&from).exists() {
            std::fs::copy(&from, format!("{to}{end}")).expect("copies a database");
        }
    }
}

fn remove_files(file: &str) {
    for end in BESIDE {
        let path = format!("{file}{end}");
        if Path::new(&path).exists() {
            std::fs::remove_file(&path).expect("removes a database");
        }
    }
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().expect("a name")
}

fn replace(url: &str, template: &str) {
    let name = name_of(url);
    let statements =
        [format!("drop database {name} with (force)"), format!("create database {name} template {template}")];
    sql(url, &statements);
}

/// Runs statements in the cluster of `url`, beside its databases.
fn sql(url: &str, statements: &[String]) {
    let server = url.strip_suffix(name_of(url)).expect("a URL ends with the database");
    let mut command = Command::new(psql());
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &format!("{server}postgres")]);
    for statement in statements {
        command.args(["-c", statement]);
    }
    let output = command.output().expect("psql; install postgresql");
    assert!(output.status.success(), "{statements:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// On the path, as Debian has it, or beside the server's programs.
fn psql() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin/psql")).filter(|path| path.exists()).max();
    newest.unwrap_or_else(|| "psql".into())
}

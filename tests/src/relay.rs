//! The real `sync-server` program on a free port: started, killed, stopped and started again on the same database.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A relay that runs, or ran.
pub struct Relay {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    port: u16,
    ready: String,
    child: Child,
}

impl Relay {
    /// Starts `program` on a free port with `database`; what it logs goes to `relay.log` in `folder`. Returns when it
    /// has said that it is ready. Its public URL is that port's, unless `arguments` name another.
    pub fn start(program: &Path, folder: &Path, database: &str, arguments: &[&str]) -> Self {
        Self::start_in(program, folder, database, arguments, &[])
    }

    /// As [`Relay::start`], with these variables of the environment besides.
    pub fn start_in(
        program: &Path,
        folder: &Path,
        database: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let mut all =
            vec!["serve".to_owned(), format!("--listen=127.0.0.1:{port}"), format!("--database={database}")];
        if !arguments.iter().any(|a| a.starts_with("--public-url")) {
            all.push(format!("--public-url=http://127.0.0.1:{port}"));
        }
        all.extend(arguments.iter().map(|a| (*a).to_owned()));
        let log = folder.join("relay.log");
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, ready) = spawn(program, &all, &environment, &log);
        Self { program: program.to_owned(), arguments: all, environment, log, port, ready, child }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where devices dial it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The line it said when it was ready.
    pub fn ready_line(&self) -> &str {
        &self.ready
    }

    /// What it has logged so far, over all its starts.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).expect("the relay's log")).into_owned()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        let _gone = self.child.kill();
        self.child.wait().expect("the relay's end");
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.is_ok_and(|s| s.success()), "SIGTERM could not be sent");
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the relay's end")
    }

    /// Starts it again, at the same address and on the same database.
    pub fn restart(&mut self) {
        let (child, ready) = spawn(&self.program, &self.arguments, &self.environment, &self.log);
        self.child = child;
        self.ready = ready;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn spawn(
    program: &Path,
    arguments: &[String],
    environment: &[(String, String)],
    log: &Path,
) -> (Child, String) {
    let errors = File::options().append(true).create(true).open(log).expect("a log for the relay");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors);
    let mut child = command.spawn().expect("the relay's program");
    let out = child.stdout.take().expect("the relay's standard output");
    let mut ready = String::new();
    BufReader::new(out).read_line(&mut ready).expect("the relay's ready line");
    if !ready.starts_with("sync-server ready") {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        let ended = child.wait();
        panic!("the relay did not start ({ended:?}): {ready}{said}");
    }
    (child, ready.trim_end().to_owned())
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a free port").port()
}

//! What the stories share: a home in a temporary folder, the real program run on it, and a relay that does nothing
//! but take registrations.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

pub const PASSPHRASE: &str = "correct horse battery";

/// The program on one home.
pub struct Lifeos {
    pub dir: tempfile::TempDir,
}

/// What a run said.
pub struct Said {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            exit: output.status.code().expect("it exits by itself"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
    /// The answer; the run must have succeeded.
    pub fn json(&self) -> Value {
        assert_eq!(self.exit, 0, "{} {}", self.out, self.err);
        serde_json::from_str(&self.out).expect("one JSON value")
    }
    /// Exit code and name of the failure; nothing may be on standard output.
    pub fn failure(&self) -> (i32, String) {
        assert_eq!(self.out, "", "a failure says nothing on standard output");
        let line = self.err.lines().last().expect("a failure says why");
        let json: Value = serde_json::from_str(line).expect("JSON");
        let error = &json["error"];
        assert_eq!(error["exit"], self.exit, "{json}");
        (self.exit, error["code"].as_str().expect("a code").to_owned())
    }
}

impl Lifeos {
    /// A place without a home.
    pub fn nowhere() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder") }
    }
    /// A new vault, registered at a relay that is gone by now.
    pub fn init() -> Self {
        let lifeos = Self::nowhere();
        let relay = Registrar::start();
        lifeos.run(&["init", "--relay", &relay.url, "--name", "desk"]).json();
        lifeos
    }
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeos"));
        command
            .arg("--home")
            .arg(self.home())
            .arg("--json")
            .args(words)
            .env_clear()
            .env("LIFEOS_PASSPHRASE", PASSPHRASE)
            .env("LIFEOS_NOW", "2026-11-21T09:00:00+01:00[Europe/Berlin]")
            .stdin(Stdio::null());
        command
    }
    pub fn run(&self, words: &[&str]) -> Said {
        Said::of(self.command(words).output().expect("it runs"))
    }
    /// Runs a batch to its end: exit code and answers.
    pub fn batch(&self, lines: &[&str]) -> (i32, Vec<Value>) {
        let mut child = self.spawn_batch();
        let mut stdin = child.stdin.take().expect("piped");
        let text = lines.join("\n");
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let said = Said::of(child.wait_with_output().expect("it ends"));
        writer.join().expect("writes").expect("writes");
        let answers = said.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (said.exit, answers)
    }
    pub fn spawn_batch(&self) -> Child {
        let mut command = self.command(&["batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    }
    /// Adds a record and gives its id.
    pub fn add(&self, words: &[&str]) -> String {
        let words: Vec<&str> = ["add"].iter().chain(words).copied().collect();
        self.run(&words).json()["id"].as_str().expect("an id").to_owned()
    }
}

/// Says yes to every registration.
pub struct Registrar {
    pub url: String,
}

impl Registrar {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        // A challenge and a registration; then the port is closed, and the relay is down.
        let origin = url.clone();
        std::thread::spawn(move || {
            for (stream, _) in std::iter::repeat_with(|| listener.accept().expect("a connection")).take(2) {
                Self::serve(stream, &origin);
            }
        });
        Self { url }
    }

    fn serve(mut stream: TcpStream, origin: &str) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let (mut length, mut path) = (0, String::new());
        for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
            if line.starts_with("POST ") {
                path.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        reader.take(length).read_to_end(&mut Vec::new()).expect("the body");
        let body = match path.split(' ').nth(1) {
            Some("/api/v1/challenges") => {
                format!(r#"{{"challenge":"{}","origin":"{origin}"}}"#, "A".repeat(43))
            }
            Some("/api/v1/accounts") => {
                format!(r#"{{"account":"{}","created":true,"height":0}}"#, "00".repeat(16))
            }
            other => format!("not served here: {other:?}"),
        };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("answers");
    }
}

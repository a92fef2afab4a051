//! A TCP proxy of the tests' own, between devices and a relay: it records what crosses it, and refuses, holds or cuts
//! connections. Networks are cut here and not in a client, whose own idea of being offline leaves open sockets working.
//!
//! Invariant: bytes are recorded before they are passed on, so whatever the other side was sent is in the record.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes moved at once.
const CHUNK: usize = 16 << 10;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Passing,
    Holding,
    Refusing,
}

/// What crossed one connection.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// From the device to the relay.
    pub up: Vec<u8>,
    /// From the relay to the device.
    pub down: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Up,
    Down,
}

struct Connection {
    record: Recorded,
    ends: [TcpStream; 2],
    cut: bool,
}

struct State {
    mode: Mode,
    target: Option<SocketAddr>,
    listening: bool,
    ended: bool,
    connections: Vec<Connection>,
    passed: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// A proxy on a port of its own. It ends when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy that leads nowhere yet: a relay must know where it is dialled before it starts. See [`Proxy::aim`].
    #[expect(clippy::new_without_default, reason = "it opens a port and starts a thread")]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = State {
            mode: Mode::Passing,
            target: None,
            listening: true,
            ended: false,
            connections: Vec::new(),
            passed: 0,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let door = shared.clone();
        std::thread::spawn(move || keep_door(&door, listener, address));
        Self { address, shared }
    }

    /// Where devices dial it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on who dials gets to `127.0.0.1:port`, if somebody listens there by then.
    pub fn aim(&self, port: u16) {
        self.shared.lock().target = Some(SocketAddr::from(([127, 0, 0, 1], port)));
    }

    /// Passes everything on: what was held goes on, and who dials gets through.
    pub fn pass(&self) {
        self.set(Mode::Passing);
        let mut state = self.shared.lock();
        while !state.listening {
            state = self.shared.wait(state);
        }
    }

    /// A black hole: connections stay open, new ones come about, and nothing arrives.
    pub fn hold(&self) {
        self.set(Mode::Holding);
    }

    /// Nobody listens here: who dials is refused. Connections that are open stay so; see [`Proxy::cut`].
    pub fn refuse(&self) {
        self.set(Mode::Refusing);
        // Wakes the listener, which waits for somebody to dial.
        let _woken = TcpStream::connect(self.address);
        let mut state = self.shared.lock();
        while state.listening {
            state = self.shared.wait(state);
        }
    }

    /// Closes every open connection, in both directions and at once.
    pub fn cut(&self) {
        let mut state = self.shared.lock();
        state.connections.iter_mut().for_each(Connection::close);
        self.shared.changed.notify_all();
    }

    /// Waits until so many bytes more have passed in either direction. False if they did not in that time.
    pub fn wait_for(&self, bytes: u64, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = self.shared.lock();
        let wanted = state.passed + bytes;
        while state.passed < wanted {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Bytes passed so far.
    pub fn passed(&self) -> u64 {
        self.shared.lock().passed
    }

    /// What crossed each connection so far, oldest first.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.shared.lock().connections.iter().map(|c| c.record.clone()).collect()
    }

    fn set(&self, mode: Mode) {
        self.shared.lock().mode = mode;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.cut();
        let _woken = TcpStream::connect(self.address);
    }
}

impl Connection {
    fn close(&mut self) {
        self.cut = true;
        for end in &self.ends {
            // It may be closed already.
            let _closed = end.shutdown(Shutdown::Both);
        }
    }
}

/// Accepts as long as the mode says so; the port stays the same.
fn keep_door(shared: &Arc<Shared>, listener: TcpListener, address: SocketAddr) {
    let mut door = Some(listener);
    loop {
        let accepted = door.as_ref().and_then(|listener| listener.accept().ok());
        let mut state = shared.lock();
        if state.ended {
            return;
        }
        if state.mode == Mode::Refusing {
            drop((door.take(), accepted));
            state.listening = false;
            shared.changed.notify_all();
            while state.mode == Mode::Refusing && !state.ended {
                state = shared.wait(state);
            }
            door = Some(TcpListener::bind(address).expect("the same port again"));
            state.listening = true;
            shared.changed.notify_all();
            continue;
        }
        let target = state.target;
        drop(state);
        // Who comes while there is nowhere to go finds the connection closed.
        if let (Some((client, _)), Some(target)) = (accepted, target) {
            let shared = shared.clone();
            std::thread::spawn(move || TcpStream::connect(target).map(|relay| join(&shared, client, relay)));
        }
    }
}

fn join(shared: &Arc<Shared>, client: TcpStream, relay: TcpStream) {
    let copy = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    for stream in [&client, &relay] {
        stream.set_nodelay(true).expect("no delay");
    }
    let index = {
        let mut state = shared.lock();
        let ends = [copy(&client), copy(&relay)];
        state.connections.push(Connection { record: Recorded::default(), ends, cut: false });
        state.connections.len() - 1
    };
    let (from_relay, to_client, down) = (copy(&relay), copy(&client), shared.clone());
    std::thread::spawn(move || pump(&down, index, Direction::Down, from_relay, to_client));
    pump(shared, index, Direction::Up, client, relay);
}

fn pump(shared: &Shared, index: usize, direction: Direction, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = from.read(&mut buffer);
        let Ok(count @ 1..) = read else { break };
        if !admit(shared, index, direction, &buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
        shared.lock().passed += u64::try_from(count).expect("a length");
        shared.changed.notify_all();
    }
    // One side has said all it had to say, or is gone.
    let _closed = to.shutdown(Shutdown::Write);
    let _closed = from.shutdown(Shutdown::Read);
}

/// Waits while everything is held, then records. False if the connection was cut meanwhile.
fn admit(shared: &Shared, index: usize, direction: Direction, bytes: &[u8]) -> bool {
    let mut state = shared.lock();
    while state.mode == Mode::Holding && !state.connections[index].cut {
        state = shared.wait(state);
    }
    let connection = &mut state.connections[index];
    if connection.cut {
        return false;
    }
    match direction {
        Direction::Up => connection.record.up.extend_from_slice(bytes),
        Direction::Down => connection.record.down.extend_from_slice(bytes),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    /// Says back whatever it hears.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut back = stream.try_clone().expect("a second handle");
                std::thread::spawn(move || std::io::copy(&mut stream, &mut back));
            }
        });
        port
    }

    fn say(stream: &mut TcpStream, text: &str) {
        stream.write_all(text.as_bytes()).expect("sends");
    }

    fn hear(stream: &mut TcpStream, count: usize) -> std::io::Result<String> {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes)?;
        Ok(String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn a_network_passes_holds_is_cut_and_refuses_as_it_is_told() {
        let proxy = Proxy::new();
        proxy.aim(echo());
        let mut stream = TcpStream::connect(proxy.address).expect("connects");
        say(&mut stream, "one");
        assert_eq!(hear(&mut stream, 3).expect("an echo"), "one");
        // A black hole: nothing comes, and nothing is lost.
        proxy.hold();
        say(&mut stream, "two");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a time limit");
        let silence = hear(&mut stream, 3).expect_err("nothing arrives").kind();
        assert!(matches!(silence, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence:?}");
        stream.set_read_timeout(None).expect("no time limit");
        proxy.pass();
        assert_eq!(hear(&mut stream, 3).expect("an echo"), "two");
        proxy.refuse();
        let refused = TcpStream::connect(proxy.address).expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        say(&mut stream, "six");
        assert_eq!(hear(&mut stream, 3).expect("it is still open"), "six");
        proxy.cut();
        hear(&mut stream, 1).expect_err("it is cut");
        proxy.pass();
        let mut again = TcpStream::connect(proxy.address).expect("connects");
        say(&mut again, "four");
        assert_eq!(hear(&mut again, 4).expect("an echo"), "four");
        let recorded = proxy.recorded();
        let texts = recorded.iter().map(|c| (c.up.as_slice(), c.down.as_slice())).collect::<Vec<_>>();
        assert_eq!(texts, [(&b"onetwosix"[..], &b"onetwosix"[..]), (b"four", b"four")]);
    }
}

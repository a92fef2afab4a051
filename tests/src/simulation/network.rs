//! The relay's own logic on a store in memory, and connections to it that misbehave as the seed decides.

use super::device::{Device, ORIGIN};
use futures_util::FutureExt as _;
use protocol::auth::AuthPurpose;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::manifest::{ManifestHeader, PackRef};
use protocol::{AccountId, Chain, ErrorCode, ManifestHash, SealedEntry, codec};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use sync_server::clock::Millis;
use sync_server::identity::{Claim, verify_member};
use sync_server::memory::MemoryStore;
use sync_server::relay::{Relay, Tidied};
use sync_server::session::{Session, ends_connection};
use sync_server::store::{Admission, PackStore as _, Page, Store as _};

/// A relay and its store.
pub struct SimRelay {
    /// What it remembers.
    pub store: Arc<MemoryStore>,
    relay: Relay,
}

impl Default for SimRelay {
    fn default() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }
}

impl SimRelay {
    fn on(store: Arc<MemoryStore>) -> Self {
        Self { relay: Relay::new(store.clone()), store }
    }

    /// The process ends and starts again on the same store.
    pub fn restart(&mut self) {
        *self = Self::on(self.store.clone());
    }

    /// Makes or extends an account. In memory every future is ready at once.
    pub fn register(&self, chain: &[LinkItem], now: i64) -> Result<(), String> {
        let registered = self.relay.register(chain, Admission::Open, None, Millis(now));
        registered.now_or_never().unwrap().map(|_| ()).map_err(|e| e.to_string())
    }

    /// Erases and drops what the relay need not keep any more.
    pub fn keep(&self, now: i64, retention: Duration) -> Tidied {
        self.relay.keep(Millis(now), retention).now_or_never().unwrap().unwrap()
    }

    /// The membership chain of an account's vault, if it knows the account.
    pub fn chain(&self, account: AccountId) -> Option<Arc<Chain>> {
        let space = self.store.vault(&account).now_or_never().unwrap().unwrap()?;
        self.relay.chain(&space).now_or_never().unwrap().unwrap()
    }

    /// Gives it entries, as any connection of the account could.
    pub fn give(&self, account: AccountId, entries: &[SealedEntry]) {
        let space = self.store.vault(&account).now_or_never().unwrap().unwrap().unwrap();
        let appended = self.relay.append(&space, entries).now_or_never().unwrap().unwrap().unwrap();
        assert_eq!(appended.accepted, entries.len(), "{:?}", appended.refusal);
    }

    /// Another relay, with all that this one has.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self::on(Arc::new((*self.store).clone()))
    }

    /// The manifest in force of an account's vault.
    pub fn manifest(&self, account: AccountId) -> Option<ManifestHeader> {
        let space = self.store.vault(&account).now_or_never().unwrap().unwrap()?;
        let held = self.store.manifest(&space).now_or_never().unwrap().unwrap()?;
        Some(codec::decode(&held.manifest.header).unwrap())
    }

    /// The name of the manifest in force of an account's vault.
    pub fn manifest_hash(&self, account: AccountId) -> Option<ManifestHash> {
        let space = self.store.vault(&account).now_or_never().unwrap().unwrap()?;
        self.store.manifest(&space).now_or_never().unwrap().unwrap().map(|held| held.hash)
    }

    /// A pack of an account's vault.
    pub fn pack(&self, account: AccountId, pack: &PackRef) -> Option<Vec<u8>> {
        let space = self.store.vault(&account).now_or_never().unwrap().unwrap()?;
        self.store.pack(&space, &pack.hash).now_or_never().unwrap().unwrap()
    }

    /// All entries of an account's vault, in the order of their delivery.
    pub fn log(&self, account: AccountId) -> Vec<SealedEntry> {
        let Some(space) = self.store.vault(&account).now_or_never().unwrap().unwrap() else {
            return Vec::new();
        };
        let all = Page { count: usize::MAX, bytes: usize::MAX };
        self.store.entries(&space, 0, all).now_or_never().unwrap().unwrap()
    }
}

/// One connection of one device.
pub struct Connection {
    relay: Relay,
    session: Option<Session>,
    challenge: [u8; 32],
    account: AccountId,
    /// Frames on their way to the relay.
    pub up: VecDeque<Vec<u8>>,
    /// Frames on their way to the device.
    pub down: VecDeque<Vec<u8>>,
    /// The relay ended it.
    pub ended: Option<ErrorCode>,
}

impl Connection {
    /// A new connection, on which the relay has asked its question.
    pub fn new(relay: &SimRelay, account: AccountId, challenge: [u8; 32]) -> Self {
        let down = VecDeque::from([ServerFrame::Challenge { challenge }.to_bytes()]);
        let relay = relay.relay.clone();
        Self { relay, session: None, challenge, account, up: VecDeque::new(), down, ended: None }
    }

    /// The relay takes the next frame.
    pub fn serve(&mut self, now: i64) {
        let Some(bytes) = self.up.pop_front() else { return };
        let frame = match ClientFrame::from_bytes(&bytes) {
            Ok(frame) => frame,
            Err(_) => return self.end(ErrorCode::Malformed),
        };
        let Some(session) = &mut self.session else {
            return self.prove(&frame);
        };
        let mut frames = session.on_frame(frame, Millis(now)).now_or_never().unwrap();
        if frames.iter().any(ends_connection) {
            self.ended = Some(ErrorCode::Malformed);
        }
        frames.extend(session.pump_all().now_or_never().unwrap().unwrap());
        self.down.extend(frames.iter().map(ServerFrame::to_bytes));
    }

    /// Something was stored: the relay looks whether this connection wants it.
    pub fn pump(&mut self) {
        if let Some(session) = &mut self.session {
            let frames = session.pump_all().now_or_never().unwrap().unwrap();
            if frames.iter().any(ends_connection) {
                self.ended = Some(ErrorCode::Revoked);
            }
            self.down.extend(frames.iter().map(ServerFrame::to_bytes));
        }
    }

    fn prove(&mut self, frame: &ClientFrame) {
        let ClientFrame::Hello { device, signature } = frame else {
            return self.end(ErrorCode::Malformed);
        };
        let vault = self.relay.store().vault(&self.account).now_or_never().unwrap().unwrap();
        let chain = vault.and_then(|space| self.relay.chain(&space).now_or_never().unwrap().unwrap());
        let Some(chain) = chain else { return self.end(ErrorCode::UnknownAccount) };
        let (account, challenge, device) = (self.account, self.challenge, *device);
        let claim = Claim { origin: ORIGIN, account, challenge, purpose: AuthPurpose::Socket, device };
        match verify_member(claim, &chain, signature) {
            Ok(()) => {
                self.session = Some(Session::new(self.relay.clone(), account, device));
                let welcome = ServerFrame::Welcome { account, software: "simulated".into() };
                self.down.push_back(welcome.to_bytes());
            }
            Err(code) => self.end(code),
        }
    }

    fn end(&mut self, code: ErrorCode) {
        self.ended = Some(code);
    }
}

/// Whether a frame, of either side, says no more than that its sender is there.
pub fn is_sign_of_life(frame: &[u8]) -> bool {
    matches!(ClientFrame::from_bytes(frame), Ok(ClientFrame::Ping { .. }))
        || matches!(ServerFrame::from_bytes(frame), Ok(ServerFrame::Pong { .. }))
}

/// Moves what a device sent into its connection.
pub fn flush(device: &mut Device, connection: &mut Connection) {
    connection.up.extend(device.outgoing.drain(..));
}

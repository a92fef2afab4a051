//! The relay's own logic on a store in memory, and connections to it that misbehave as the seed decides.

use super::device::{Device, ORIGIN};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use protocol::auth::AuthPurpose;
use protocol::frame::{ClientFrame, LinkItem, ServerFrame};
use protocol::manifest::{ManifestHeader, PackRef};
use protocol::notice::NoticeStatus;
use protocol::{AccountId, Chain, ErrorCode, ManifestHash, SealedEntry, codec};
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use sync_server::clock::Millis;
use sync_server::identity::{Claim, verify_member};
use sync_server::memory::MemoryStore;
use sync_server::push::{PushDesk, Resolve};
use sync_server::relay::{Relay, Tidied};
use sync_server::rules::PushServices;
use sync_server::session::{Session, ends_connection};
use sync_server::store::{Admission, DueNotice, NoticeStore as _, PackStore as _, Page, Store as _};
use tokio::sync::Notify;

/// What a relay does with frames about notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushing {
    /// It keeps them, and would push what is due.
    Keeps,
    /// It pushes nothing, and says so.
    Never,
    /// It is of a release that knew no such frames.
    Unheard,
}

/// Every push service is somewhere on the internet.
#[derive(Debug)]
struct Somewhere;

#[async_trait]
impl Resolve for Somewhere {
    async fn resolve(&self, _host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::new(Ipv4Addr::new(8, 8, 8, 8).into(), port)])
    }
}

/// A relay and its store.
pub struct SimRelay {
    /// What it remembers.
    pub store: Arc<MemoryStore>,
    relay: Relay,
    pushing: Pushing,
}

impl Default for SimRelay {
    fn default() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }
}

impl SimRelay {
    fn on(store: Arc<MemoryStore>) -> Self {
        let (services, wake) = (PushServices::default(), Arc::new(Notify::new()));
        let desk = PushDesk::new(vec![4; 65], services, Arc::new(Somewhere), wake);
        let relay = Relay::new(store.clone()).with_push(desk);
        Self { relay, store, pushing: Pushing::Keeps }
    }

    /// The process ends and another release or set-up of it starts on the same store.
    pub fn become_one_that(&mut self, pushing: Pushing) {
        *self = Self::on(self.store.clone());
        self.pushing = pushing;
        if pushing != Pushing::Keeps {
            self.relay = Relay::new(self.store.clone());
        }
    }

    /// What it has to push for an account, and had.
    pub fn notices(&self, account: AccountId) -> Vec<NoticeStatus> {
        self.store.notices(&account, None, usize::MAX).now_or_never().unwrap().unwrap()
    }

    /// What it would push then. Nothing is changed by looking.
    pub fn due(&self, at: u64) -> Vec<DueNotice> {
        let (store, at) = ((*self.store).clone(), Millis(i64::try_from(at).unwrap()));
        store.claim_notices(at, at, usize::MAX).now_or_never().unwrap().unwrap()
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
    pushing: Pushing,
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
        let (relay, pushing) = (relay.relay.clone(), relay.pushing);
        Self { relay, pushing, session: None, challenge, account, up: VecDeque::new(), down, ended: None }
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
        if self.pushing == Pushing::Unheard && is_of_notices(&frame) {
            let (code, message) = (ErrorCode::Malformed, "the frame does not decode".into());
            self.down.push_back(ServerFrame::Error { request: None, code, message }.to_bytes());
            return self.end(code);
        }
        let mut frames = session.on_frame(frame, Millis(now)).now_or_never().unwrap();
        if frames.iter().any(ends_connection) {
            self.ended = Some(ErrorCode::Malformed);
        } else {
            frames.extend(session.pump_all().now_or_never().unwrap().unwrap());
        }
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

/// Whether a frame is one of those that came with notices.
fn is_of_notices(frame: &ClientFrame) -> bool {
    matches!(
        frame,
        ClientFrame::GetPush { .. }
            | ClientFrame::PutSubscription { .. }
            | ClientFrame::DropSubscription { .. }
            | ClientFrame::PutNotices { .. }
            | ClientFrame::CancelNotices { .. }
            | ClientFrame::GetNotices { .. }
    )
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

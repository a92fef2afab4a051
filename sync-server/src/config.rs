//! How one relay is set up. Read from flags and environment in [`crate::commands`], nowhere else.

use crate::limits::RETENTION_DAYS;
use crate::origin::{Origin, PublicUrl};
use crate::passkeys::Passkeys;
use crate::push::{Resolve, SystemResolver};
use crate::rules::PushServices;
use crate::store::Admission;
use ipnet::IpNet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How one relay is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where devices and browsers find it.
    pub public_url: PublicUrl,
    /// How passkeys are checked; none where browsers have none, as when it is dialled by an address.
    pub passkeys: Option<Passkeys>,
    /// Where people move to from here: the app that is served here may reach those relays.
    pub moves_to: Vec<Origin>,
    /// Where people move here from: the app that is served there may reach this relay.
    pub moved_from: Vec<Origin>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may make an account.
    pub admission: Admission,
    /// How long what a manifest covers is kept beside it.
    pub retention: Duration,
    /// What is pushed, and by whose name.
    pub push: PushConfig,
    /// Files served beside the interface.
    pub web_dir: Option<PathBuf>,
    /// Requests a client may make.
    pub rates: Rates,
    /// Sockets held open.
    pub sockets: SocketLimits,
}

impl Config {
    /// The defaults for a relay found at `public_url`.
    pub fn new(public_url: PublicUrl) -> Self {
        Self {
            passkeys: Passkeys::new(&public_url, None).unwrap_or_default(),
            moves_to: Vec::new(),
            moved_from: Vec::new(),
            trusted_proxies: Vec::new(),
            admission: Admission::First,
            retention: days(RETENTION_DAYS),
            push: PushConfig::new(&public_url),
            web_dir: None,
            public_url,
            rates: Rates::default(),
            sockets: SocketLimits::default(),
        }
    }

    /// Its origin, as devices sign it.
    pub fn origin(&self) -> &Origin {
        self.public_url.origin()
    }
}

/// How notices are pushed.
#[derive(Clone)]
pub struct PushConfig {
    /// Push services beside the known ones.
    pub services: PushServices,
    /// Where the people who run a push service reach who runs this relay: an address of `mailto:` or `https:`.
    pub subject: String,
    /// The relay's private key, where its database does not keep it.
    pub key: Option<[u8; 32]>,
    /// Finds the hosts of push services.
    pub resolver: Arc<dyn Resolve>,
}

/// Without the key.
impl std::fmt::Debug for PushConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (services, subject) = (&self.services, &self.subject);
        f.debug_struct("PushConfig")
            .field("services", services)
            .field("subject", subject)
            .finish_non_exhaustive()
    }
}

impl PushConfig {
    /// The defaults of a relay found at `public_url`, which is its subject: told as `https:`, because push services take no
    /// other, and a relay without TLS is one that somebody tries out.
    pub fn new(public_url: &PublicUrl) -> Self {
        Self {
            services: PushServices::default(),
            subject: public_url.origin().as_str().replacen("http://", "https://", 1),
            key: None,
            resolver: Arc::new(SystemResolver),
        }
    }
}

/// So many days.
pub fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 60 * 60)
}

/// So many requests at once, and so many more in each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests at once.
    pub burst: NonZeroU32,
    /// The time in which a whole burst comes back.
    pub per: Duration,
}

impl Rate {
    const fn new(burst: u32, per: Duration) -> Self {
        let burst = match NonZeroU32::new(burst) {
            Some(burst) => burst,
            None => NonZeroU32::MIN,
        };
        Self { burst, per }
    }
    fn times(self, factor: NonZeroU32) -> Self {
        Self { burst: self.burst.saturating_mul(factor), per: self.per }
    }
}

/// Requests that one client address (an IPv6 network of 64 bits counts as one) may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// `POST /accounts`.
    pub accounts: Rate,
    /// `POST /challenges`.
    pub challenges: Rate,
    /// `POST /tickets`.
    pub tickets: Rate,
    /// `POST /lookups`.
    pub lookups: Rate,
    /// `GET /socket`.
    pub sockets: Rate,
    /// Making passkeys: `POST /passkeys/…`.
    pub passkeys: Rate,
    /// Signing in: `POST /sessions/…`.
    pub sessions: Rate,
    /// The pages of an account: `/account…`.
    pub account: Rate,
    /// Mailboxes of pairings, which both sides look into again and again: `/pairings/…`.
    pub pairings: Rate,
    /// `/deletions`.
    pub deletions: Rate,
    /// Everything else.
    pub pages: Rate,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

impl Default for Rates {
    fn default() -> Self {
        Self {
            accounts: Rate::new(60, HOUR),
            challenges: Rate::new(240, MINUTE),
            tickets: Rate::new(240, MINUTE),
            lookups: Rate::new(30, HOUR),
            sockets: Rate::new(240, MINUTE),
            passkeys: Rate::new(60, HOUR),
            sessions: Rate::new(60, MINUTE),
            account: Rate::new(240, MINUTE),
            pairings: Rate::new(300, MINUTE),
            deletions: Rate::new(30, HOUR),
            pages: Rate::new(600, MINUTE),
        }
    }
}

impl Rates {
    /// All of them, so many times: for a household behind one address, and for tests.
    #[must_use]
    pub fn times(self, factor: NonZeroU32) -> Self {
        Self {
            accounts: self.accounts.times(factor),
            challenges: self.challenges.times(factor),
            tickets: self.tickets.times(factor),
            lookups: self.lookups.times(factor),
            sockets: self.sockets.times(factor),
            passkeys: self.passkeys.times(factor),
            sessions: self.sessions.times(factor),
            account: self.account.times(factor),
            pairings: self.pairings.times(factor),
            deletions: self.deletions.times(factor),
            pages: self.pages.times(factor),
        }
    }
}

/// Sockets held open at one time, and how long they may let the relay wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketLimits {
    /// In all.
    pub total: usize,
    /// From one client address.
    pub per_address: usize,
    /// Of one account.
    pub per_account: usize,
    /// How long a device has for its first frame.
    pub hello_timeout: Duration,
    /// How long a socket may be silent: a client pings twice in that time.
    pub idle_timeout: Duration,
    /// How long one frame may take to leave before the socket is dropped.
    pub send_timeout: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            total: 10_000,
            per_address: 256,
            per_account: 64,
            hello_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(2 * protocol::limits::SILENCE_SECONDS),
            send_timeout: Duration::from_secs(15),
        }
    }
}

//! The relay's own bounds, with their units, in one place. Those of the wire are in `protocol::limits`.

use std::time::Duration;

/// Writes that share one commit.
pub const WRITES_PER_COMMIT: usize = 256;
/// Writes that wait for the committer before connections are held back.
pub const WRITES_WAITING: usize = 256;
/// Times a write is judged again because the membership head moved meanwhile.
pub const JUDGE_ATTEMPTS: usize = 8;
/// Refused entries kept a space.
pub const EVIDENCE_PER_SPACE: usize = 64;
/// Membership chains kept verified in memory.
pub const CHAINS_CACHED: usize = 1_024;
/// Answers that wait for a slow connection before it is dropped.
pub const ANSWERS_WAITING: usize = 8;
/// Appends of one connection that are under way together, if they have come together; of no more bytes than a frame and one
/// frame more.
pub const APPENDS_TOGETHER: usize = 16;
/// How long a close frame may wait for its answer.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a device that was revoked has for the links that say so, once they are stored; together with the time for
/// its close this is under two seconds.
pub const FAREWELL_TIMEOUT: Duration = Duration::from_millis(500);
/// Hints for other relays that wait for the database; what is beyond them is found at the next ping.
pub const HINTS_WAITING: usize = 4_096;
/// How long listening to other relays rests after it failed.
pub const BULLETIN_PAUSE: Duration = Duration::from_secs(1);
/// Entries of a deleted account that are erased in one transaction, so that others need not wait long.
pub const ENTRIES_PER_ERASURE: usize = 256;
/// Deleted accounts that are looked up at once.
pub const ACCOUNTS_PER_ERASURE: usize = 64;
/// How often it is looked what need not be kept any more.
pub const KEEPING_PERIOD: Duration = Duration::from_secs(60 * 60);
/// How long a pack is kept that no manifest names: whoever put it has that long to name it.
pub const PACK_GRACE: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is written down that a device of a space was there, in seconds.
pub const SEEN_SECONDS: u64 = 24 * 60 * 60;
/// Spaces that are looked up at once to drop what they need not keep.
pub const SPACES_PER_PAGE: usize = 64;
/// Entries that are dropped in one transaction because a manifest covers them.
pub const ENTRIES_PER_STEP: usize = 256;
/// Manifests that are dropped in one transaction.
pub const MANIFESTS_PER_STEP: usize = 8;
/// Packs that are dropped or erased in one transaction; each may have a megabyte.
pub const PACKS_PER_STEP: usize = 16;
/// How long what a manifest covers is kept beside it, unless the operator says otherwise, in days.
pub const RETENTION_DAYS: u32 = 3_650;
/// Pushes under way at one time.
pub const PUSHES_AT_ONCE: usize = 32;
/// How long one push may take, from the look for its host to the answer; less than a shutdown may take.
pub const PUSH_TIMEOUT: Duration = Duration::from_secs(8);
/// For how long a notice is this relay's to push. If that dies meanwhile, another one, or it itself, pushes it then.
pub const PUSH_LEASE: Duration = Duration::from_secs(60);
/// How often it is looked for notices that other relays have put or left behind.
pub const PUSH_POLL: Duration = Duration::from_secs(15);
/// How long pushing rests after the database failed.
pub const PUSH_PAUSE: Duration = Duration::from_secs(1);
/// What is waited after the first push that failed for now; twice as long after every other.
pub const PUSH_BACKOFF: Duration = Duration::from_secs(2);
/// What is waited at most.
pub const PUSH_BACKOFF_MOST: Duration = Duration::from_secs(60 * 60);
/// The longest wait that a push service may ask for.
pub const RETRY_AFTER_MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// Bytes of the head of a push service's answer.
pub const PUSH_ANSWER_BYTES: usize = 16 << 10;
/// How long the host of a subscription is looked for.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(3);
/// Notices that are forgotten in one transaction.
pub const NOTICES_PER_STEP: usize = 256;
/// How long a browser remembers what pages of a former address may ask for.
pub const PREFLIGHT_REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// How long a shutdown may take.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of a request may take, the wait for the next one included.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that are no open socket (yet).
pub const CONNECTIONS: usize = 4_096;
/// How long accepting rests after it failed, as it does while no file descriptor is free.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long `/readyz` waits for the database.
pub const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// Read buffer of a socket, in bytes: it is held for every idle connection.
pub const SOCKET_READ_BUFFER: usize = 4_096;
/// Answers are given to the system together until they are that many bytes.
pub const SOCKET_WRITES_TOGETHER: usize = 4_096;
/// Bytes that tungstenite may hold unsent for one socket.
pub const SOCKET_WRITE_BUFFER: usize = 2 * protocol::limits::FRAME_BYTES;
/// A message over the protocol's limit is answered with close code 1009; one over this is not even read.
pub const SOCKET_MESSAGE_BYTES: usize = 2 * protocol::limits::FRAME_BYTES;
/// Life of an invitation, in seconds.
pub const INVITE_SECONDS: u64 = 7 * 24 * 60 * 60;
/// How often it is written down that a session was used, in seconds.
pub const SESSION_TOUCH_SECONDS: u64 = 60 * 60;
/// Connections of the pool that reads SQLite; writing has one of its own.
pub const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL.
pub const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a connection to the database is waited for.
pub const DATABASE_TIMEOUT: Duration = Duration::from_secs(5);
/// Client addresses that a rate limit remembers before it forgets those that are quiet.
pub const ADDRESSES_REMEMBERED: usize = 65_536;
/// How often it may look for those.
pub const TIDY_PERIOD: Duration = Duration::from_secs(10);

//! What goes into the engine and what comes out of it. This is the whole surface between the engine and the world.

use crate::alarm::Alarm;
use crate::bucket::BucketPage;
use crate::record::{DocKey, Edit, HistoryItem, RecordId, Row};
use crate::reminder::{PushSubscription, Schedule};
use crate::search::Found;
use core::fmt;
use protocol::notice::SubscriptionInfo;
use protocol::{DeviceId, DevicePublic, ErrorCode, Role, SpaceId};
use zeroize::Zeroizing;

/// Milliseconds since 1970 by the host's clock. No rule of correctness rests on it.
pub type Millis = i64;

/// Chosen by the caller of a command or query; comes back with the answer.
pub type RequestId = u64;

/// Chosen by the engine for a read or a commit; comes back with the result.
pub type Token = u64;

/// What the host tells the engine.
#[derive(Debug, Clone)]
pub enum Event {
    /// Somebody wants something changed.
    Command(RequestId, Command),
    /// Somebody wants to know something.
    Query(RequestId, Query),
    /// Answers [`Effect::Read`]: for each read, the pairs found, in key order.
    Read(Token, Vec<Vec<(Vec<u8>, Vec<u8>)>>),
    /// Answers [`Effect::Commit`]: the transaction is durable.
    Committed(Token),
    /// Answers [`Effect::Commit`]: nothing of the transaction was stored; or [`Effect::Read`]: the store cannot be read, or
    /// is another process's now. The engine is dead after this: drop it, tell the person "not saved", and open it again
    /// from the store.
    CommitFailed(Token),
    /// A socket to the relay is open; `origin` is what was dialled, as in `https://relay.example`.
    SocketOpened {
        /// Scheme, host and port.
        origin: String,
    },
    /// One binary message came.
    SocketFrame(Vec<u8>),
    /// The socket is gone.
    SocketClosed,
    /// Some time has passed: about once a second while a socket is open.
    Tick,
}

/// What the engine asks of the host. Effects are carried out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read from the store; answer with [`Event::Read`].
    Read(Token, Vec<Read>),
    /// Write all of this in one durable transaction; answer with [`Event::Committed`] or [`Event::CommitFailed`].
    /// Commits are carried out in the order in which they are asked for.
    Commit(Token, Vec<Write>),
    /// Send one binary message.
    Send(Vec<u8>),
    /// Close the socket.
    CloseSocket(CloseReason),
    /// Answers a command or query.
    Reply(RequestId, Result<Reply, EngineError>),
    /// Something a person or a program may want to know.
    Notice(Notice),
}

/// One read of the store. Keys and values are opaque bytes; keys sort as bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// One key.
    Get(Vec<u8>),
    /// Keys that begin with `prefix`, after `after` if given, at most `limit`.
    Scan {
        /// First bytes of all keys wanted.
        prefix: Vec<u8>,
        /// Only keys after this one.
        after: Option<Vec<u8>>,
        /// Most pairs wanted.
        limit: usize,
    },
}

/// One write to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets a key.
    Put(Vec<u8>, Vec<u8>),
    /// Removes a key if it is there.
    Delete(Vec<u8>),
}

/// Why the engine closes a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// Nothing was heard for too long.
    Silence,
    /// The relay broke the protocol or refused the device.
    Protocol(ErrorCode),
    /// The relay does not know the account or space: register the chain again, then reconnect.
    UnknownSpace,
}

/// A change somebody wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// All of these or none, in one transaction. Answered with [`Reply::Edited`] once durable.
    Edit(Vec<Edit>),
    /// Makes the read model anew from the documents. Answered with [`Reply::Rebuilt`]; progress by notice.
    Rebuild,
    /// Checks chain, signatures, documents and read model. Answered with [`Reply::Verified`]; changes nothing.
    Verify,
    /// Changes who is a member. Needs the relay: answered with [`Reply::MembersChanged`] once it has taken the link, with
    /// [`EngineError::Offline`] while it is out of reach. If the connection breaks in between, what became of it shows
    /// in [`Status::members`] after the next sync.
    ChangeMembers(MemberChange),
    /// Packs what is not packed yet, whether that is due or not. Needs the relay. Answered with [`Reply::Compacted`], with
    /// [`EngineError::Offline`] if the connection breaks before; what was begun goes on by itself.
    Compact,
    /// From now on this is to be pushed, and nothing that was scheduled before. Answered with [`Reply::Scheduled`], online or
    /// not; the relay is told when it is there. What is scheduled is not kept when the engine is closed, but what the relay
    /// was given is: whoever opens the engine schedules again.
    Schedule(Schedule),
    /// Asks the relay what a browser needs to subscribe. Answered with [`Reply::Push`], with [`EngineError::Offline`] while
    /// it is out of reach.
    GetPush,
    /// Registers this device's push subscription at the relay, in place of the one before, or removes it. Answered with
    /// [`Reply::Subscribed`], with [`EngineError::Offline`] while the relay is out of reach.
    Subscribe(Option<PushSubscription>),
    /// Writes lazily kept positions (cursor, acknowledgements). Answered with [`Reply::Flushed`].
    Flush,
}

/// A change of membership. All but an addition begin a new epoch: what is written from then on opens with none of the
/// old keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// Adds a device, whose keys a person has vouched for by comparing digits.
    Add(DevicePublic),
    /// Cuts other devices off. What they had written and given to the relay stays.
    Revoke(Vec<DeviceId>),
    /// Replaces the recovery phrase.
    SetRecovery(NewPhrase),
    /// Where the relay's list of devices and the one here part ([`Status::fork`]) and both hold: goes on from the relay's.
    /// Whom either had revoked stays revoked; whom the one here had added is not a member. `revoke` is cut off as well.
    Resolve {
        /// Devices that the relay's list has and that a person does not know.
        revoke: Vec<DeviceId>,
    },
}

/// The words of a new recovery phrase.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPhrase(Zeroizing<String>);

impl NewPhrase {
    /// 24 words.
    pub fn new(words: Zeroizing<String>) -> Self {
        Self(words)
    }
    pub(crate) fn words(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPhrase(secret)")
    }
}

/// Something somebody wants to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Rows by key. Answered with [`Reply::Rows`], absent ones as `None`.
    Get(Vec<DocKey>),
    /// Rows of a kind in key order, trashed ones included. Answered with [`Reply::Page`].
    List {
        /// The kind.
        kind: String,
        /// For a stream, only rows of this parent.
        parent: Option<RecordId>,
        /// Go on after this cursor.
        after: Option<Vec<u8>>,
        /// Most rows wanted.
        limit: usize,
    },
    /// The last rows of a bucket, by the order that [`crate::BucketsOf`] gives them. Answered with [`Reply::Bucket`].
    Bucket {
        /// The kind; of no account for a bucket of all kinds ([`crate::is_shared`]).
        kind: String,
        /// The bucket's name.
        bucket: String,
        /// Only rows whose order is this or before it.
        until: Option<String>,
        /// Only rows before this cursor.
        before: Option<Vec<u8>>,
        /// Most rows wanted; at most [`crate::limits::PAGE_ROWS`] are given.
        limit: usize,
    },
    /// All rows of a bucket, a page after another, in the order of nothing: a page reads as many items as it holds rows, however
    /// many stand there. It may hold fewer than wanted though more follow. Answered with [`Reply::Page`].
    BucketRows {
        /// The kind; of no account for a bucket of all kinds ([`crate::is_shared`]).
        kind: String,
        /// The bucket's name.
        bucket: String,
        /// Go on after this cursor.
        after: Option<Vec<u8>>,
        /// Most rows wanted; at most [`crate::limits::PAGE_ROWS`] are given.
        limit: usize,
    },
    /// Records and rows of streams in which all words of `text` stand, or such as begin so or are one or two slips away.
    /// Answered with [`Reply::Found`].
    Search {
        /// What a person typed.
        text: String,
        /// Only of these kinds; of all if there are none.
        kinds: Vec<String>,
        /// Also in the trash.
        trash: bool,
        /// Most hits wanted.
        limit: usize,
    },
    /// All changes of a document, oldest first. Answered with [`Reply::History`]. Loads the document.
    History(DocKey),
    /// The last changes of a document, oldest first, each behind all that it builds on. Answered with [`Reply::History`].
    /// Loads the document.
    LastChanges {
        /// The document.
        key: DocKey,
        /// Most changes wanted.
        limit: usize,
    },
    /// A record as it was at a moment, by its authors' clocks: without the changes made later, but for such as an earlier
    /// one builds on. Answered with one of [`Reply::Rows`]: `None` if it was not there yet. Loads the document.
    AsOf {
        /// The record.
        key: DocKey,
        /// The moment; what was made in that very millisecond counts.
        at: Millis,
    },
    /// Where sync stands. Answered with [`Reply::Status`].
    Status,
    /// What was noticed that a person should know. Answered with [`Reply::Alarms`].
    Alarms,
}

/// Answers to commands and queries.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The edits are durable on this device; the rows as they are now.
    Edited(Vec<Row>),
    /// Rows asked for by key.
    Rows(Vec<Option<Row>>),
    /// A page of rows, and the cursor of the next.
    Page(Vec<Row>, Option<Vec<u8>>),
    /// A page of a bucket.
    Bucket(BucketPage),
    /// What a search found.
    Found(Found),
    /// Changes of a document.
    History(Vec<HistoryItem>),
    /// Where sync stands.
    Status(Status),
    /// What was noticed, the newest last; at most [`crate::limits::ALARMS`].
    Alarms(Vec<Alarm>),
    /// Documents read.
    Rebuilt(u64),
    /// What was checked and found.
    Verified(Verified),
    /// The relay has taken the link.
    MembersChanged,
    /// Positions are durable.
    Flushed,
    /// A manifest is in force that holds all that was here.
    Compacted,
    /// What is to be pushed is known.
    Scheduled {
        /// Notices that the relay has yet to be given, or to be asked back.
        pending: u64,
        /// Reminders that no relay takes: too long, too far ahead, over before they begin, or more than there may be.
        refused: u64,
    },
    /// What a browser needs to subscribe.
    Push {
        /// The relay's public key (P-256, 65 bytes): a browser's `applicationServerKey`. None where the relay pushes nothing.
        key: Option<Vec<u8>>,
        /// Which devices have a subscription there.
        subscriptions: Vec<SubscriptionInfo>,
    },
    /// The relay has this device's subscription, or none.
    Subscribed,
}

/// Where sync stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// This device.
    pub device: DeviceId,
    /// The vault.
    pub space: SpaceId,
    /// Changes made here that the relay has not acknowledged: queued, and offered.
    pub pending: u64,
    /// Entries received that wait for others they depend on.
    pub waiting: u64,
    /// Whether a socket is open, proved, and everything the relay had was received.
    pub live: bool,
    /// Entries of this device acknowledged since the engine was opened.
    pub pushed: u64,
    /// Entries of other devices received since the engine was opened.
    pub pulled: u64,
    /// Devices and recovery phrases that are or were members.
    pub members: Vec<MemberStatus>,
    /// The relay's list of devices parts from the one here, and both hold. Nothing is sent until that is resolved.
    pub fork: Option<Fork>,
}

/// Two lists of devices that both hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Height of the last link that both have.
    pub height: u32,
    /// What came after that here.
    pub here: Branch,
    /// What came after that at the relay.
    pub relay: Branch,
}

/// Who came and went on one of two lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Branch {
    /// Devices and phrases added.
    pub added: Vec<DeviceId>,
    /// Devices and phrases revoked.
    pub revoked: Vec<DeviceId>,
}

/// A member of the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberStatus {
    /// Its name.
    pub device: DeviceId,
    /// What it may do.
    pub role: Role,
    /// Whether it is still a member.
    pub active: bool,
    /// Entries of it that are here.
    pub entries: u64,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Membership links checked.
    pub links: u64,
    /// Entries whose place, signature and content were checked.
    pub entries: u64,
    /// Documents loaded.
    pub documents: u64,
    /// Rows compared.
    pub rows: u64,
    /// What is wrong; empty if all is well.
    pub problems: Vec<String>,
}

/// Something worth knowing that nobody asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The engine has read its state and takes commands.
    Ready,
    /// Rows changed by hand or by sync, as they are now.
    Changed(Vec<Row>),
    /// Everything the relay had was received and everything of this device was acknowledged.
    Synced,
    /// The relay had lost entries or links; this device gave back so many. The person should be told.
    RelayHealed {
        /// Entries given back.
        entries: u64,
    },
    /// Another copy of this device's store has written under its name. Nothing is lost; the person should give one
    /// of the copies a new key (forget it and join again).
    StoreCloned,
    /// The relay holds other entries of a device than those it handed out before. Nothing here is lost.
    EntryForked {
        /// Whose chain.
        device: DeviceId,
    },
    /// The relay serves a membership chain that contradicts the one known here. Nothing more is sent to it.
    MembershipForked,
    /// An entry cannot be used; it is kept.
    EntryRefused {
        /// Its author.
        device: DeviceId,
        /// Its index.
        index: u64,
        /// Why.
        reason: String,
    },
    /// A manifest of the relay is not what it should be. It is not used, and nothing that it stands for is dropped.
    ManifestRefused {
        /// Why.
        reason: String,
    },
    /// A member's signed entry says that it had seen entries of `device` up to `claimed`, and the relay shows fewer.
    Withheld {
        /// Whose entries are missing.
        device: DeviceId,
        /// How far they are here.
        have: u64,
        /// How far the witness had them.
        claimed: u64,
        /// Who says so.
        witness: DeviceId,
    },
    /// This device was revoked by a signed link. It can read what it has, and writes nothing more.
    Revoked,
    /// The relay refused what was offered; it stays in the outbox.
    Refused(ErrorCode),
    /// The relay refused notices; they are not offered again before something else is scheduled. With
    /// [`ErrorCode::NotFound`] it does not know the subscription: it has ended, and the browser has to subscribe again.
    RemindersRefused {
        /// Why.
        code: ErrorCode,
        /// How many.
        count: u64,
    },
    /// Work that nobody waits for failed; what it would have changed is as it was.
    Trouble(EngineError),
    /// Long work goes on.
    Progress {
        /// What is worked on.
        job: Job,
        /// Items done.
        done: u64,
        /// Of so many, where that is known.
        total: Option<u64>,
    },
}

/// Long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Making the read model anew.
    Rebuild,
    /// Checking everything.
    Verify,
    /// Packing documents.
    Compact,
    /// Taking in packs.
    Intake,
}

/// Why a command or query was not carried out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The kind is not in the schema.
    #[error("there is no kind of record called {0:?}")]
    UnknownKind(String),
    /// The record does not exist.
    #[error("there is no {0} {1}")]
    NotFound(String, RecordId),
    /// The record exists already.
    #[error("the {0} {1} exists already")]
    Exists(String, RecordId),
    /// The edit writes where the kind has no such container, or a map where a scalar belongs.
    #[error("{0} has no place for {1:?}")]
    NoPlace(String, String),
    /// One edit holds more than an entry may.
    #[error("the change is {0} bytes; at most {max} fit one entry: split it", max = crate::limits::EDIT_BYTES)]
    TooLarge(usize),
    /// What was asked for needs the relay, and that is out of reach now.
    #[error("the relay is out of reach, and this needs it")]
    Offline,
    /// The change of membership is not allowed.
    #[error("{0}")]
    NotAllowed(String),
    /// This device was revoked.
    #[error("this device was revoked; it can be read and exported, and written no more")]
    Revoked,
    /// Too many commands or queries are waiting.
    #[error("too many requests are waiting; try again")]
    Busy,
    /// The store holds something that cannot be read back. Nothing more is written until it is mended.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A commit failed before; the engine must be opened again.
    #[error("the last transaction was not stored; open the vault again")]
    Dead,
}

//! The socket. Every binary message is one frame: a version byte, then CBOR `[number, {fields}]`.
//!
//! The relay speaks first ([`ServerFrame::Challenge`]), the device proves itself ([`ClientFrame::Hello`]), and from
//! then on one connection carries every space. An idle reconnect is one [`ClientFrame::Resume`] and one
//! [`ServerFrame::Resumed`]. Numbers from 16 on are packs, manifests and their acknowledgements; those from 32 on are
//! notices to be pushed, which are of the account and of no space.

use crate::codec::{self, CodecError};
use crate::entry::{Head, SealedEntry};
use crate::error::ErrorCode;
use crate::id::{
    AccountId, DeviceId, EntryHash, LinkHash, ManifestHash, NoticeId, PackHash, RunningHash, SpaceId,
    SubscriptionId,
};
use crate::key::Signature;
use crate::limits;
use crate::link::{Keyboxes, SignedLink};
use crate::manifest::{ManifestAck, SealedManifest};
use crate::notice::{Notice, NoticeStatus, RefusedNotice, SubscriptionInfo};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// Chosen by the client; comes back in the answer.
pub type RequestId = u64;

/// Where a client stands in a space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ResumeSpace {
    /// The space.
    #[n(0)]
    pub space: SpaceId,
    /// Sequence number of the last entry the client was sent; 0 for none.
    #[n(1)]
    pub cursor: u64,
    /// The client's own hash over everything it was sent up to there.
    #[n(2)]
    pub running: RunningHash,
    /// Height of the client's membership head.
    #[n(3)]
    pub height: u32,
    /// The client's membership head.
    #[n(4)]
    pub membership: LinkHash,
}

/// How a space resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ResumeOutcome {
    /// The relay agrees on everything sent so far and sends what came after.
    #[n(0)]
    Continues,
    /// The relay's log is not the one the client was sent (restored from a backup, or forked): compare heads.
    #[n(1)]
    Diverged,
    /// No such space here for this account.
    #[n(2)]
    Unknown,
    /// Entries after the cursor are kept in packs only: take the manifest, then resume from where it ends.
    #[n(3)]
    Compacted,
}

/// A link with its keyboxes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LinkItem {
    /// The link.
    #[n(0)]
    pub link: SignedLink,
    /// Its keyboxes.
    #[n(1)]
    pub keyboxes: Keyboxes,
}

/// Why the next entry of an append was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// The reason.
    #[n(0)]
    pub code: ErrorCode,
    /// With [`ErrorCode::AddressTaken`]: what stands there. With [`ErrorCode::Gap`]: the device's last address.
    #[n(1)]
    pub hash: Option<EntryHash>,
    /// With [`ErrorCode::Gap`]: the index that would follow.
    #[n(2)]
    pub expected: Option<u64>,
}

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ClientFrame {
    /// Answers the challenge. First frame of a connection.
    #[n(1)]
    #[cbor(map)]
    Hello {
        /// Who.
        #[n(0)]
        device: DeviceId,
        /// Over [`crate::auth::AuthClaim`] with purpose `Socket`.
        #[n(1)]
        signature: Signature,
    },
    /// Subscribes to spaces from where the client stands.
    #[n(2)]
    #[cbor(map)]
    Resume {
        /// At most [`limits::SPACES_PER_RESUME`].
        #[n(0)]
        spaces: Vec<ResumeSpace>,
    },
    /// Offers entries, each author's in chain order.
    #[n(3)]
    #[cbor(map)]
    Append {
        /// Comes back in [`ServerFrame::Appended`].
        #[n(0)]
        request: RequestId,
        /// The space of all of them.
        #[n(1)]
        space: SpaceId,
        /// At most [`limits::ENTRIES_PER_FRAME`] and [`limits::ENTRY_BYTES_PER_FRAME`].
        #[n(2)]
        entries: Vec<SealedEntry>,
    },
    /// Extends the membership chain.
    #[n(4)]
    #[cbor(map)]
    AppendLinks {
        /// Comes back in [`ServerFrame::Links`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// In order; at most [`limits::LINKS_PER_FRAME`]. Links that the relay has already are passed over.
        #[n(2)]
        links: Vec<LinkItem>,
        /// Whether the links were in force before and this relay lost them, or never had them. Then what they cut off
        /// is not compared with what the relay has taken since.
        #[n(3)]
        restores: Option<bool>,
    },
    /// Asks for links from a height on.
    #[n(5)]
    #[cbor(map)]
    GetLinks {
        /// Comes back in [`ServerFrame::Links`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// First height wanted.
        #[n(2)]
        from: u32,
    },
    /// Asks how far the relay has each device's chain.
    #[n(6)]
    #[cbor(map)]
    GetHeads {
        /// Comes back in [`ServerFrame::Heads`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
    },
    /// Asks for entries by address.
    #[n(7)]
    #[cbor(map)]
    GetEntries {
        /// Comes back in [`ServerFrame::DeviceEntries`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Whose.
        #[n(2)]
        device: DeviceId,
        /// First index wanted.
        #[n(3)]
        from: u64,
    },
    /// Asks whether the relay is there.
    #[n(8)]
    #[cbor(map)]
    Ping {
        /// Comes back in [`ServerFrame::Pong`].
        #[n(0)]
        nonce: u64,
    },
    /// Asks for the manifest in force.
    #[n(16)]
    #[cbor(map)]
    GetManifest {
        /// Comes back in [`ServerFrame::Manifest`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
    },
    /// Asks for a pack. Several may be asked for before the first came.
    #[n(17)]
    #[cbor(map)]
    GetPack {
        /// Comes back in [`ServerFrame::Pack`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Its address.
        #[n(2)]
        pack: PackHash,
    },
    /// Stores a pack, under the hash of its bytes. One that no manifest names soon is dropped again.
    #[n(18)]
    #[cbor(map)]
    PutPack {
        /// Comes back in [`ServerFrame::PackStored`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// The sealed pack; at most [`limits::PACK_BYTES`].
        #[n(2)]
        bytes: ByteVec,
    },
    /// Puts a manifest in the place of the one that it names as its parent.
    #[n(19)]
    #[cbor(map)]
    PutManifest {
        /// Comes back in [`ServerFrame::ManifestStored`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// The manifest.
        #[n(2)]
        manifest: SealedManifest,
    },
    /// Says that this device has checked the manifest in force.
    #[n(20)]
    #[cbor(map)]
    PutAck {
        /// Comes back in [`ServerFrame::AckStored`].
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// The device's word.
        #[n(2)]
        ack: ManifestAck,
    },
    /// Asks what a browser needs to subscribe, and which subscriptions the account has.
    #[n(32)]
    #[cbor(map)]
    GetPush {
        /// Comes back in [`ServerFrame::Push`].
        #[n(0)]
        request: RequestId,
    },
    /// Registers the subscription of this device, in place of the one it had, whose notices are dropped. The same again
    /// changes nothing.
    #[n(33)]
    #[cbor(map)]
    PutSubscription {
        /// Comes back in [`ServerFrame::SubscriptionStored`].
        #[n(0)]
        request: RequestId,
        /// Its name.
        #[n(1)]
        subscription: SubscriptionId,
        /// The push service's address of it; at most [`limits::ENDPOINT_BYTES`]. Its keys stay on the devices.
        #[n(2)]
        endpoint: String,
    },
    /// Removes the subscription of this device, with its notices.
    #[n(34)]
    #[cbor(map)]
    DropSubscription {
        /// Comes back in [`ServerFrame::SubscriptionStored`].
        #[n(0)]
        request: RequestId,
    },
    /// Has notices pushed when their time comes. One that is there already is replaced until it is first sent.
    #[n(35)]
    #[cbor(map)]
    PutNotices {
        /// Comes back in [`ServerFrame::NoticesStored`].
        #[n(0)]
        request: RequestId,
        /// At most [`limits::NOTICES_PER_FRAME`].
        #[n(1)]
        notices: Vec<Notice>,
    },
    /// Takes notices back.
    #[n(36)]
    #[cbor(map)]
    CancelNotices {
        /// Comes back in [`ServerFrame::NoticesCancelled`].
        #[n(0)]
        request: RequestId,
        /// At most [`limits::NOTICE_NAMES_PER_FRAME`].
        #[n(1)]
        notices: Vec<NoticeId>,
    },
    /// Asks what became of notices, in the order of their names.
    #[n(37)]
    #[cbor(map)]
    GetNotices {
        /// Comes back in [`ServerFrame::NoticeStates`].
        #[n(0)]
        request: RequestId,
        /// The last name of the page before; none for the first page.
        #[n(1)]
        after: Option<NoticeId>,
    },
}

/// What a relay says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ServerFrame {
    /// Asks the device to prove itself. First frame of a connection.
    #[n(1)]
    #[cbor(map)]
    Challenge {
        /// To be signed.
        #[cbor(n(0), with = "minicbor::bytes")]
        challenge: [u8; 32],
    },
    /// The device is who it says.
    #[n(2)]
    #[cbor(map)]
    Welcome {
        /// Its account here.
        #[n(0)]
        account: AccountId,
        /// The relay's software, for people.
        #[n(1)]
        software: String,
    },
    /// Where the relay stands in a space; entries follow if `outcome` is `Continues` and `seq` is past the cursor.
    #[n(3)]
    #[cbor(map)]
    Resumed {
        /// The space.
        #[n(0)]
        space: SpaceId,
        /// How it resumes.
        #[n(1)]
        outcome: ResumeOutcome,
        /// Sequence number of the relay's newest entry.
        #[n(2)]
        seq: u64,
        /// Height of the relay's membership head.
        #[n(3)]
        height: u32,
        /// The relay's membership head; none if the space is unknown.
        #[n(4)]
        membership: Option<LinkHash>,
        /// The manifest in force, if there is one.
        #[n(5)]
        manifest: Option<ManifestHash>,
    },
    /// Entries in delivery order, without gaps.
    #[n(4)]
    #[cbor(map)]
    Entries {
        /// The space.
        #[n(0)]
        space: SpaceId,
        /// Sequence number of the first.
        #[n(1)]
        first: u64,
        /// The entries.
        #[n(2)]
        entries: Vec<SealedEntry>,
    },
    /// The first `accepted` entries of an append are durable.
    #[n(5)]
    #[cbor(map)]
    Appended {
        /// Of the append.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// How many, from the first on. Entries that were there already count.
        #[n(2)]
        accepted: u32,
        /// Why the next one was not, if not all were.
        #[n(3)]
        refusal: Option<Refusal>,
    },
    /// Links, from a height on, and where the chain stands; also sent unasked when a chain grew (`request` 0).
    #[n(6)]
    #[cbor(map)]
    Links {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// In order; at most [`limits::LINKS_PER_FRAME`].
        #[n(2)]
        links: Vec<LinkItem>,
        /// Height of the relay's head.
        #[n(3)]
        height: u32,
        /// The relay's head.
        #[n(4)]
        head: LinkHash,
        /// Why links were not taken, when the question was to append some.
        #[n(5)]
        refusal: Option<ErrorCode>,
    },
    /// How far the relay has each device's chain, at one moment.
    #[n(7)]
    #[cbor(map)]
    Heads {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Sorted by device.
        #[n(2)]
        heads: Vec<Head>,
        /// Sequence number of the newest entry at that moment.
        #[n(3)]
        seq: u64,
        /// Running hash up to there.
        #[n(4)]
        running: RunningHash,
    },
    /// Entries of one device, from an index on.
    #[n(8)]
    #[cbor(map)]
    DeviceEntries {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// As many as fit a frame; none when there are no more.
        #[n(2)]
        entries: Vec<SealedEntry>,
    },
    /// The relay is there.
    #[n(9)]
    #[cbor(map)]
    Pong {
        /// Of the ping.
        #[n(0)]
        nonce: u64,
    },
    /// A frame could not be served. Without `request` the connection ends.
    #[n(10)]
    #[cbor(map)]
    Error {
        /// Of the question, if it had one.
        #[n(0)]
        request: Option<RequestId>,
        /// The reason.
        #[n(1)]
        code: ErrorCode,
        /// For people; holds nothing internal.
        #[n(2)]
        message: String,
    },
    /// The manifest in force.
    #[n(16)]
    #[cbor(map)]
    Manifest {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// None if there is none.
        #[n(2)]
        manifest: Option<SealedManifest>,
        /// Sequence number up to which every entry is covered; 0 if not even the first is, or without a manifest.
        #[n(3)]
        seq: u64,
        /// Running hash up to there.
        #[n(4)]
        running: RunningHash,
    },
    /// A pack.
    #[n(17)]
    #[cbor(map)]
    Pack {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Its bytes; none if it is not here.
        #[n(2)]
        bytes: Option<ByteVec>,
    },
    /// A pack is durable, or was refused.
    #[n(18)]
    #[cbor(map)]
    PackStored {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Why not, if not.
        #[n(2)]
        refusal: Option<ErrorCode>,
    },
    /// A manifest is in force and durable, or was refused.
    #[n(19)]
    #[cbor(map)]
    ManifestStored {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Why not, if not.
        #[n(2)]
        refusal: Option<ErrorCode>,
        /// The manifest in force now.
        #[n(3)]
        current: Option<ManifestHash>,
    },
    /// A device's word on the manifest in force is durable, or was refused.
    #[n(20)]
    #[cbor(map)]
    AckStored {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The space.
        #[n(1)]
        space: SpaceId,
        /// Why not, if not.
        #[n(2)]
        refusal: Option<ErrorCode>,
    },
    /// Another manifest is in force; said unasked.
    #[n(21)]
    #[cbor(map)]
    ManifestMoved {
        /// The space.
        #[n(0)]
        space: SpaceId,
        /// The manifest in force.
        #[n(1)]
        manifest: ManifestHash,
    },
    /// What a browser needs to subscribe, and which subscriptions there are.
    #[n(32)]
    #[cbor(map)]
    Push {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// The relay's public key as push services know it (P-256, 65 bytes uncompressed): a browser's
        /// `applicationServerKey`. None where the relay pushes nothing. Subscriptions made with another one are of no use.
        #[n(1)]
        key: Option<ByteVec>,
        /// The account's, sorted by device.
        #[n(2)]
        subscriptions: Vec<SubscriptionInfo>,
    },
    /// The subscription of this device is as was asked, or that was refused.
    #[n(33)]
    #[cbor(map)]
    SubscriptionStored {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// Why not, if not.
        #[n(1)]
        refusal: Option<ErrorCode>,
        /// With a refusal, for people: what is wrong and what to do.
        #[n(2)]
        message: Option<String>,
    },
    /// Notices are durable, but for those that are named.
    #[n(35)]
    #[cbor(map)]
    NoticesStored {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// Those that were not taken.
        #[n(1)]
        refused: Vec<RefusedNotice>,
    },
    /// Notices were taken back.
    #[n(36)]
    #[cbor(map)]
    NoticesCancelled {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// How many of those named were to come.
        #[n(1)]
        cancelled: u32,
    },
    /// What became of notices.
    #[n(37)]
    #[cbor(map)]
    NoticeStates {
        /// Of the question.
        #[n(0)]
        request: RequestId,
        /// Sorted by name; at most [`limits::NOTICE_NAMES_PER_FRAME`].
        #[n(1)]
        notices: Vec<NoticeStatus>,
        /// Whether there are more after the last.
        #[n(2)]
        more: bool,
    },
}

fn to_bytes<T: Encode<()>>(frame: &T) -> Vec<u8> {
    let mut out = vec![limits::PROTOCOL_VERSION];
    let _infallible = minicbor::encode(frame, &mut out);
    out
}

fn from_bytes<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, CodecError> {
    codec::within(bytes, limits::FRAME_BYTES)?;
    match bytes.split_first() {
        Some((&limits::PROTOCOL_VERSION, body)) => codec::decode(body),
        Some((version, _)) => Err(CodecError::Version(*version)),
        None => Err(CodecError::Malformed("empty frame".into())),
    }
}

impl ClientFrame {
    /// The bytes of one WebSocket message.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_bytes(self)
    }
    /// Parses one WebSocket message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        from_bytes(bytes)
    }
}

impl ServerFrame {
    /// The bytes of one WebSocket message.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_bytes(self)
    }
    /// Parses one WebSocket message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        from_bytes(bytes)
    }
}

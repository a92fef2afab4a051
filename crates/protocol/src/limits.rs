//! Every bound of the wire, with its unit, in one place. Both sides enforce them; neither trusts the other to.

/// Version of frames, headers and links that this crate speaks.
pub const PROTOCOL_VERSION: u8 = 1;
/// Largest WebSocket frame, in bytes, in either direction.
pub const FRAME_BYTES: usize = 1 << 20;
/// Largest ciphertext of one entry, in bytes.
pub const ENTRY_BYTES: usize = 512 << 10;
/// Largest canonical entry header, in bytes. A header of version 1 is under 256 bytes.
pub const HEADER_BYTES: usize = 512;
/// Most entries in one frame.
pub const ENTRIES_PER_FRAME: usize = 1_024;
/// Bytes of entries (header, ciphertext and signature) put into one frame; leaves room for the frame's own fields.
pub const ENTRY_BYTES_PER_FRAME: usize = FRAME_BYTES - (64 << 10);
/// Largest membership link, in bytes, keyboxes not counted.
pub const LINK_BYTES: usize = 64 << 10;
/// Most links in one membership chain.
pub const LINKS_PER_CHAIN: usize = 4_096;
/// Most links (with their keyboxes) in one frame or request.
pub const LINKS_PER_FRAME: usize = 64;
/// Largest set of keyboxes of one link, in bytes.
pub const KEYBOXES_BYTES: usize = 512 << 10;
/// Most devices active in a space at one time, paper devices included.
pub const DEVICES_PER_SPACE: usize = 64;
/// Most spaces one connection resumes.
pub const SPACES_PER_RESUME: usize = 256;
/// Largest manifest header, in bytes.
pub const MANIFEST_HEADER_BYTES: usize = 256 << 10;
/// Largest sealed body of a manifest, in bytes; with the largest header it fits one frame.
pub const MANIFEST_BODY_BYTES: usize = 512 << 10;
/// Largest sealed pack, in bytes; it fits one frame.
pub const PACK_BYTES: usize = FRAME_BYTES - (64 << 10);
/// Most packs that one manifest names.
pub const PACKS_PER_MANIFEST: usize = 4_096;
/// A device that was not seen for this long is not waited for before what a manifest holds is dropped, in seconds.
pub const LIVE_DEVICE_SECONDS: u64 = 90 * DAY_SECONDS;
/// Longest relay origin that is signed, in bytes.
pub const ORIGIN_BYTES: usize = 512;
/// Largest body of an HTTP request to `/api/v1`, in bytes.
pub const HTTP_BODY_BYTES: usize = 2 << 20;
/// Life of a challenge or of a socket ticket, in seconds.
pub const TICKET_SECONDS: u64 = 30;
/// A connection on which nothing was heard for this long is dead, in seconds.
pub const SILENCE_SECONDS: u64 = 15;
/// Life of a passkey ceremony, in seconds.
pub const CEREMONY_SECONDS: u64 = 5 * 60;
/// A session that was not used for this long has ended, in seconds.
pub const SESSION_IDLE_SECONDS: u64 = 30 * DAY_SECONDS;
/// A session ends after this long, used or not, in seconds.
pub const SESSION_SECONDS: u64 = 90 * DAY_SECONDS;
/// Sessions of an account; another one ends the one that was quiet for longest.
pub const SESSIONS_PER_ACCOUNT: usize = 64;
/// Passkeys of an account.
pub const PASSKEYS_PER_ACCOUNT: usize = 32;
/// Longest name of a passkey, in bytes.
pub const PASSKEY_NAME_BYTES: usize = 100;
/// Invitations of an account that nobody has used yet.
pub const INVITES_PER_ACCOUNT: usize = 32;
/// Longest life of an invitation, in seconds.
pub const INVITE_SECONDS: u64 = 30 * DAY_SECONDS;
/// Largest message of a pairing, in bytes.
pub const PAIRING_MESSAGE_BYTES: usize = 4 << 10;
/// Life of a pairing's mailbox, in seconds.
pub const PAIRING_SECONDS: u64 = 10 * 60;
/// Pairings that may go on at a relay at one time.
pub const PAIRINGS: usize = 10_000;
/// Time in which the deletion of an account can be taken back, in seconds.
pub const DELETION_SECONDS: u64 = 7 * DAY_SECONDS;
/// Length of every notice as it is pushed, in bytes: all have the same, so that none says how much it has to say. Push
/// services take 4,096.
pub const NOTICE_BYTES: usize = 2_048;
/// Most notices put in one frame.
pub const NOTICES_PER_FRAME: usize = 128;
/// Most names of notices, or states of them, in one frame.
pub const NOTICE_NAMES_PER_FRAME: usize = 1_024;
/// Notices of an account that a relay keeps: those to come, and those of which it still says what became.
pub const NOTICES_PER_ACCOUNT: usize = 4_096;
/// How far ahead a notice may be put, in seconds.
pub const NOTICE_AHEAD_SECONDS: u64 = 40 * DAY_SECONDS;
/// For how long it is said what became of a notice, in seconds.
pub const NOTICE_KEPT_SECONDS: u64 = 7 * DAY_SECONDS;
/// Push subscriptions of an account.
pub const SUBSCRIPTIONS_PER_ACCOUNT: usize = 32;
/// Longest address of a push subscription, in bytes.
pub const ENDPOINT_BYTES: usize = 1_024;

const DAY_SECONDS: u64 = 24 * 60 * 60;
